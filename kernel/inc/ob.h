/* SPDX-License-Identifier: MIT */
/*
 * ob.h - the object manager: types, headers, names, handles.  Windows Internals, 7th ed., part 2, chapter 8 "Object Manager".
 */
#ifndef NASCENT_OB_H
#define NASCENT_OB_H

#include "pstypes.h"

typedef enum _OB_OPEN_REASON { ObCreateHandle, ObOpenHandle, ObDuplicateHandle, ObInheritHandle, ObMaxOpenReason } OB_OPEN_REASON;

typedef void (*OB_DUMP_METHOD)(PVOID Object);
typedef NTSTATUS (*OB_OPEN_METHOD)(OB_OPEN_REASON Reason, KPROCESSOR_MODE AccessMode, PEPROCESS Process, PVOID Object, PACCESS_MASK GrantedAccess, ULONG HandleCount);
typedef void (*OB_CLOSE_METHOD)(PEPROCESS Process, PVOID Object, ULONG_PTR ProcessHandleCount, ULONG_PTR SystemHandleCount);
typedef void (*OB_DELETE_METHOD)(PVOID Object); /* PASSIVE_LEVEL, no handle and no reference left */
/* As NT's: may return STATUS_REPARSE with a new CompleteName, STATUS_REPARSE_OBJECT, or the object (referenced) with RemainingName consumed. */
typedef NTSTATUS (*OB_PARSE_METHOD)(PVOID ParseObject, PVOID ObjectType, PACCESS_STATE AccessState, KPROCESSOR_MODE AccessMode, ULONG Attributes,
                                    PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID Context, PSECURITY_QUALITY_OF_SERVICE Qos, PVOID *Object);
typedef NTSTATUS (*OB_SECURITY_METHOD)(PVOID Object, SECURITY_OPERATION_CODE Operation, PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor,
                                       PULONG CapturedLength, PSECURITY_DESCRIPTOR *ObjectsDescriptor, POOL_TYPE PoolType, PGENERIC_MAPPING Mapping);
typedef NTSTATUS (*OB_QUERYNAME_METHOD)(PVOID Object, BOOLEAN HasObjectName, POBJECT_NAME_INFORMATION Information, ULONG Length, PULONG ReturnLength, KPROCESSOR_MODE Mode);
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
    /* Where a wait on the object waits: offset of a DISPATCHER_HEADER in the body; negative: not waitable (NtWait... gives STATUS_OBJECT_TYPE_MISMATCH);
     * file objects: offset of FILE_OBJECT.Event. */
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
void ObInitSystemPhase1(void); /* namespace: \ \Device \Driver \FileSystem \GLOBAL?? \?? \BaseNamedObjects \KnownDlls \ObjectTypes \Sessions \Callback \Security ...; PASSIVE, handle table of the system process there */

NTSTATUS ObCreateObjectType(const UNICODE_STRING *Name, const OBJECT_TYPE_INITIALIZER *Initializer, PSECURITY_DESCRIPTOR Descriptor, POBJECT_TYPE *Type) NODISCARD;
/* NTAPI ObCreateObject, ObInsertObject, ObReferenceObjectByHandle, ObfDereferenceObject, ObOpenObjectByPointer, ObReferenceObjectByName: <ntifs.h>. */
NTSTATUS NTAPI ObOpenObjectByName(POBJECT_ATTRIBUTES ObjectAttributes, POBJECT_TYPE Type, KPROCESSOR_MODE AccessMode, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess,
                                  PVOID ParseContext, PHANDLE Handle);
POBJECT_TYPE NTAPI ObGetObjectType(PVOID Object);
POBJECT_NAME_INFORMATION ObQueryNameInfo_(PVOID Object); /* pool; NULL */
/* The handle table of Process: new and empty, or with Parent's inheritable handles at the same values (HandleList/Count non-NULL: only those).  Process->ObjectTable set. */
NTSTATUS ObInitProcess(PEPROCESS Parent, PEPROCESS Process, const HANDLE *HandleList, ULONG HandleCount) NODISCARD;
/* Closes every handle of Process (rundown already taken); afterwards ObjectTable is NULL. */
void ObKillProcess(PEPROCESS Process);
NTSTATUS ObDuplicateObject(PEPROCESS SourceProcess, HANDLE SourceHandle, PEPROCESS TargetProcess, PHANDLE TargetHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes,
                           ULONG Options, KPROCESSOR_MODE PreviousMode);
BOOLEAN ObCloseHandleInProcess_(PEPROCESS Process, HANDLE Handle);
ULONG ObGetProcessHandleCount(PEPROCESS Process);
PDEVICE_OBJECT ObpDeviceOfFile_(PVOID Object);
/* Registered by ps: how ob finds processes by handle without knowing ps (NtDuplicateObject's process handles): type to reference by. */
extern POBJECT_TYPE ObpProcessType;
#endif
