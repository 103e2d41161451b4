/* SPDX-License-Identifier: MIT */
/*
 * ob.h - the object manager: types, headers, names, handles.  Windows Internals, 7th ed., part 2, chapter 8 "Object Manager".
 */
#ifndef NASCENT_OB_H
#define NASCENT_OB_H

#include "pstypes.h"

typedef enum _OB_OPEN_REASON
{
    ObCreateHandle,
    ObOpenHandle,
    ObDuplicateHandle,
    ObInheritHandle,
    ObMaxOpenReason
} OB_OPEN_REASON;

typedef void (*OB_DUMP_METHOD)(PVOID Object);
typedef NTSTATUS (*OB_OPEN_METHOD)(OB_OPEN_REASON Reason, KPROCESSOR_MODE AccessMode, PEPROCESS Process, PVOID Object,
                                   PACCESS_MASK GrantedAccess, ULONG HandleCount);
typedef void (*OB_CLOSE_METHOD)(PEPROCESS Process, PVOID Object, ULONG_PTR ProcessHandleCount, ULONG_PTR SystemHandleCount);
typedef void (*OB_DELETE_METHOD)(PVOID Object); /* PASSIVE_LEVEL, no handle and no reference left */
/*
 * As NT's: returns the object (referenced); or STATUS_REPARSE with *CompleteName replaced by an absolute name in a new pool buffer, which
 * ob frees (ob frees the old one too); or a failure.  RemainingName points into CompleteName's buffer.  AccessState is NULL for references
 * from kernel mode that check nothing.
 */
typedef NTSTATUS (*OB_PARSE_METHOD)(PVOID ParseObject, PVOID ObjectType, PACCESS_STATE AccessState, KPROCESSOR_MODE AccessMode,
                                    ULONG Attributes, PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID Context,
                                    PSECURITY_QUALITY_OF_SERVICE Qos, PVOID *Object);
typedef NTSTATUS (*OB_SECURITY_METHOD)(PVOID Object, SECURITY_OPERATION_CODE Operation, PSECURITY_INFORMATION Information,
                                       PSECURITY_DESCRIPTOR Descriptor, PULONG CapturedLength, PSECURITY_DESCRIPTOR *ObjectsDescriptor,
                                       POOL_TYPE PoolType, PGENERIC_MAPPING Mapping);
typedef NTSTATUS (*OB_QUERYNAME_METHOD)(PVOID Object, BOOLEAN HasObjectName, POBJECT_NAME_INFORMATION Information, ULONG Length,
                                        PULONG ReturnLength, KPROCESSOR_MODE Mode);
typedef BOOLEAN (*OB_OKAYTOCLOSE_METHOD)(PEPROCESS Process, PVOID Object, HANDLE Handle, KPROCESSOR_MODE PreviousMode);

typedef struct _OBJECT_TYPE_INITIALIZER
{
    USHORT Length;
    BOOLEAN CaseInsensitive, UnnamedObjectsOnly, UseDefaultObject, SecurityRequired, MaintainHandleCount, MaintainTypeList;
    ULONG InvalidAttributes;
    GENERIC_MAPPING GenericMapping;
    ULONG ValidAccessMask;
    ULONG RetainAccess;
    POOL_TYPE PoolType;
    ULONG DefaultPagedPoolCharge, DefaultNonPagedPoolCharge;
    OB_DUMP_METHOD DumpProcedure;
    OB_OPEN_METHOD OpenProcedure;
    OB_CLOSE_METHOD CloseProcedure;
    OB_DELETE_METHOD DeleteProcedure;
    OB_PARSE_METHOD ParseProcedure;
    OB_SECURITY_METHOD SecurityProcedure; /* NULL: SeDefaultObjectMethod */
    OB_QUERYNAME_METHOD QueryNameProcedure;
    OB_OKAYTOCLOSE_METHOD OkayToCloseProcedure;
    /* Where a wait on the object waits: offset of a DISPATCHER_HEADER in the body; negative: not waitable (NtWait... gives
     * STATUS_OBJECT_TYPE_MISMATCH); file objects: offset of FILE_OBJECT.Event. */
    LONG WaitObjectFlagOffset;
} OBJECT_TYPE_INITIALIZER, *POBJECT_TYPE_INITIALIZER;

typedef struct _OBJECT_TYPE
{
    LIST_ENTRY TypeList;
    UNICODE_STRING Name;
    PVOID DefaultObject;
    UCHAR Index;
    volatile ULONG TotalNumberOfObjects, TotalNumberOfHandles, HighWaterNumberOfObjects, HighWaterNumberOfHandles;
    OBJECT_TYPE_INITIALIZER TypeInfo;
    EX_PUSH_LOCK_ TypeLock;
    ULONG Key; /* pool tag of its objects */
} OBJECT_TYPE;

void ObInitSystemPhase0(void); /* types Type, Directory, SymbolicLink; needs pool */
void ObInitSystemPhase1(void); /* namespace: \ \Device \Driver \FileSystem \GLOBAL?? \?? \BaseNamedObjects \KnownDlls \ObjectTypes \Sessions
                                  \Callback \Security ...; PASSIVE, handle table of the system process there */

NTSTATUS ObCreateObjectType(const UNICODE_STRING *Name, const OBJECT_TYPE_INITIALIZER *Initializer, PSECURITY_DESCRIPTOR Descriptor,
                            POBJECT_TYPE *Type) NODISCARD;
/*
 * NTAPI ObCreateObject, ObInsertObject, ObReferenceObjectByHandle, ObfDereferenceObject, ObOpenObjectByPointer, ObReferenceObjectByName:
 * <ntifs.h>.
 *
 * References of ObInsertObject.  ObCreateObject returns one reference, which ObInsertObject consumes whether it succeeds or not.  On
 * success the handle, if one is asked for, holds one, and the caller gets ObjectPointerBias ones more.  Only when neither a handle nor a
 * bias is asked for, the caller's one reference stays his. On failure the object is gone.  With OBJ_OPENIF the object opened may be
 * another: STATUS_OBJECT_NAME_EXISTS (a success code); *NewObject tells.
 */
/* An object without a name and without attributes of its maker's, for types whose parse procedure makes the objects: less work than ObCreateObject. */
NTSTATUS ObCreateBareObject_(POBJECT_TYPE Type, KPROCESSOR_MODE OwnershipMode, SIZE_T BodySize, PVOID *Object) NODISCARD;
NTSTATUS NTAPI ObOpenObjectByName(POBJECT_ATTRIBUTES ObjectAttributes, POBJECT_TYPE Type, KPROCESSOR_MODE AccessMode,
                                  PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess, PVOID ParseContext, PHANDLE Handle);
POBJECT_TYPE NTAPI ObGetObjectType(PVOID Object);
PVOID ObGetWaitObject_(PVOID Object); /* the dispatcher object that is waited for in its stead; NULL: this type cannot be waited for */
/* Takes a reference unless the last one is gone already.  For tables that do not hold references (process ids). */
BOOLEAN NTAPI ObReferenceObjectSafe(PVOID Object);
/* A reference unless the count is zero already (the object is on its way out): FALSE then. Any IRQL. */
BOOLEAN NTAPI ObReferenceObjectSafe(PVOID Object);
POBJECT_NAME_INFORMATION ObQueryNameInfo_(PVOID Object); /* pool; NULL */
NTSTATUS NTAPI ObWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
/* The handle table of Process: new and empty (Parent NULL; the first such one is the system process' and also holds the kernel's handles),
 * or with Parent's inheritable handles at the same values (HandleList/Count non-NULL: only those).  Process->ObjectTable set. */
NTSTATUS ObInitProcess(PEPROCESS Parent, PEPROCESS Process, const HANDLE *HandleList, ULONG HandleCount) NODISCARD;
/* Closes every handle of Process (rundown already taken); afterwards ObjectTable is NULL. */
void ObKillProcess(PEPROCESS Process);
/*
 * What most NtOpen... and NtCreate... services consist of.  Open: probes UserHandle, opens by name with the previous mode, gives the
 * handle. Insert: ObInsertObject of a new object, then the handle to UserHandle (probed already); a handle that cannot be given is closed.
 */
NTSTATUS ObOpenObjectService(PHANDLE UserHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, POBJECT_TYPE Type);
NTSTATUS ObInsertObjectService(PVOID Object, ACCESS_MASK DesiredAccess, PHANDLE UserHandle, KPROCESSOR_MODE Mode);
NTSTATUS ObDuplicateObject(PEPROCESS SourceProcess, HANDLE SourceHandle, PEPROCESS TargetProcess, PHANDLE TargetHandle,
                           ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Options, KPROCESSOR_MODE PreviousMode);
BOOLEAN ObCloseHandleInProcess_(PEPROCESS Process, HANDLE Handle);
NTSTATUS NTAPI ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode);
/* Walks all handles of Process: Routine gets the object (not referenced, but safe during the call) and stops the walk with TRUE.  Must not
 * close or reference by handle. */
typedef BOOLEAN (*OB_ENUMERATE_ROUTINE)(HANDLE Handle, PVOID Object, ACCESS_MASK GrantedAccess, ULONG Attributes, PVOID Context);
BOOLEAN ObEnumerateHandles(PEPROCESS Process, OB_ENUMERATE_ROUTINE Routine, PVOID Context);
extern POBJECT_TYPE ObpTypeObjectType, ObpDirectoryObjectType, ObpSymbolicLinkObjectType;
/* All types in the order of their indices, for system information: NULL past the end.  Index from 2, as NT's. */
POBJECT_TYPE ObGetTypeByIndex(ULONG Index);
#define OB_FIRST_TYPE_INDEX 2
ULONG ObGetProcessHandleCount(PEPROCESS Process);
ULONG ObGetProcessHandlePeak(PEPROCESS Process);
void ObQueryCounts_(PVOID Object, ULONG_PTR *Handles, ULONG_PTR *Pointers);
PDEVICE_OBJECT ObpDeviceOfFile_(PVOID Object);
/*
 * ---- upcalls to se (docs/LAYERS) ---------------------------------------------------------------------------------------------------
 * An open carries its caller's security context in an ACCESS_STATE; AuxData is an AUX_ACCESS_DATA.
 */
typedef struct _AUX_ACCESS_DATA
{
    PPRIVILEGE_SET PrivilegesUsed;
    GENERIC_MAPPING GenericMapping;
    ACCESS_MASK AccessesToAudit;
    ACCESS_MASK MaximumAuditMask;
    ULONG64 Reserved[24]; /* drivers reserve Windows' size */
} AUX_ACCESS_DATA, *PAUX_ACCESS_DATA;
static_assert(sizeof(AUX_ACCESS_DATA) == 0xE0, "AUX_ACCESS_DATA");
NTSTATUS NTAPI SeCreateAccessState(PACCESS_STATE AccessState, PVOID AuxData, ACCESS_MASK DesiredAccess, PGENERIC_MAPPING Mapping);
void NTAPI SeDeleteAccessState(PACCESS_STATE AccessState);
/* Whether the subject's token has Sid, enabled; Integrity: whether its integrity level is at least that of the label Sid. */
BOOLEAN SeSubjectHasSid_(PSECURITY_SUBJECT_CONTEXT Context, PSID Sid, BOOLEAN Integrity);
/* Default SecurityProcedure of objects whose descriptor lies in the object header. */
NTSTATUS SeDefaultObjectMethod(PVOID Object, SECURITY_OPERATION_CODE Operation, PSECURITY_INFORMATION Information,
                               PSECURITY_DESCRIPTOR Descriptor, PULONG CapturedLength, PSECURITY_DESCRIPTOR *ObjectsDescriptor,
                               POOL_TYPE PoolType, PGENERIC_MAPPING Mapping);
/* Captures a descriptor from Mode into pool, self-relative and validated; NULL in, NULL out. */
NTSTATUS SeCaptureSecurityDescriptor_(PSECURITY_DESCRIPTOR Source, KPROCESSOR_MODE Mode, PSECURITY_DESCRIPTOR *Captured) NODISCARD;
void SeReleaseCapturedSecurityDescriptor_(PSECURITY_DESCRIPTOR Captured);
/* Ready-made descriptors, self-relative: everybody reads (Default) or also writes (Open); administrators and the system do all;
 * Unrestricted: restricted tokens too. */
extern PSECURITY_DESCRIPTOR SePublicDefaultSd, SePublicDefaultUnrestrictedSd, SePublicOpenSd, SePublicOpenUnrestrictedSd, SeSystemDefaultSd;
/* And back: the descriptor in an object's header, shared and counted.  ObQuery... references what it returns;
 * ObDereferenceSecurityDescriptor gives it back. */
PSECURITY_DESCRIPTOR ObpReferenceSecurityDescriptor(PVOID Object);
VOID NTAPI ObDereferenceSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Count);
VOID NTAPI ObReferenceSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Count);
/*
 * What a subject's token makes of an object of Type without a parent or a creator's descriptor is always the same: the token remembers it.
 * Recall returns it referenced, or NULL; Remember takes its own reference.
 */
PSECURITY_DESCRIPTOR SepRecallDefaultDescriptor(PSECURITY_SUBJECT_CONTEXT Context, POBJECT_TYPE Type);
void SepRememberDefaultDescriptor(PSECURITY_SUBJECT_CONTEXT Context, POBJECT_TYPE Type, PSECURITY_DESCRIPTOR Descriptor);
/* Makes Descriptor (copied) the object's; NULL takes it away. */
NTSTATUS ObpSetObjectSecurityDescriptor(PVOID Object, PSECURITY_DESCRIPTOR Descriptor) NODISCARD;

/* Registered by ps: how ob finds processes by handle without knowing ps (NtDuplicateObject's process handles): type to reference by. */
extern POBJECT_TYPE ObpProcessType, ObpThreadType;
#endif
