/* SPDX-License-Identifier: MIT */
/*
 * obp.h - what the files of kernel/ob share: the object header, directories, lookups.
 *
 * Every object body is preceded by its header, and the header by those optional headers that its InfoMask names, in this order from low to
 * high addresses (Windows 10's layout):
 *
 *      process info | quota info | handle info | name info | creator info | OBJECT_HEADER | body
 *
 * Lock order: a directory's lock, then ObpNameLock, then an object's header lock; handle-table entry locks come before header locks.
 * No lock of ob is held while a type's procedure other than Open runs.
 */
#ifndef NASCENT_OBP_H
#define NASCENT_OBP_H

#include "ob.h"
#include "arch.h"
#include "kd.h"

/* ---- optional headers --------------------------------------------------------------------------------------------------------- */
struct _OBJECT_DIRECTORY;

typedef struct _OBJECT_HEADER_CREATOR_INFO
{
    LIST_ENTRY TypeList; /* OBJECT_TYPE.TypeLock */
    PVOID CreatorUniqueProcess;
    USHORT CreatorBackTraceIndex;
    USHORT Reserved;
} OBJECT_HEADER_CREATOR_INFO;

typedef struct _OBJECT_HEADER_NAME_INFO
{
    struct _OBJECT_DIRECTORY *Directory; /* ObpNameLock; NULL: not in the namespace (any more) */
    UNICODE_STRING Name;                 /* pool; the last component once inserted; constant from then on */
    volatile LONG ReferenceCount;        /* interlocked; pins (ObpPinName), and OB_NAME_CLOSED */
} OBJECT_HEADER_NAME_INFO;

#define OB_NAME_CLOSED 0x40000000 /* a last handle was closed while the name was pinned: the last pin's owner looks again */

typedef struct _OBJECT_HANDLE_COUNT_ENTRY
{
    PEPROCESS Process;
    ULONG HandleCount;
} OBJECT_HANDLE_COUNT_ENTRY;

typedef struct _OBJECT_HANDLE_COUNT_DATABASE
{
    ULONG CountEntries;
    OBJECT_HANDLE_COUNT_ENTRY Entries[];
} OBJECT_HANDLE_COUNT_DATABASE;

typedef struct _OBJECT_HEADER_HANDLE_INFO
{
    union
    {
        OBJECT_HANDLE_COUNT_DATABASE *Database; /* header lock; OB_FLAG_SINGLE_PROCESS clear */
        OBJECT_HANDLE_COUNT_ENTRY SingleEntry;  /* header lock; OB_FLAG_SINGLE_PROCESS set */
    };
} OBJECT_HEADER_HANDLE_INFO;

typedef struct _OBJECT_HEADER_PROCESS_INFO
{
    PEPROCESS ExclusiveProcess; /* header lock */
    PVOID Reserved;
} OBJECT_HEADER_PROCESS_INFO;

#define OB_INFO_CREATOR 0x01
#define OB_INFO_NAME 0x02
#define OB_INFO_HANDLE 0x04
#define OB_INFO_QUOTA 0x08
#define OB_INFO_PROCESS 0x10

/* ---- the header ---------------------------------------------------------------------------------------------------------------- */
/* What the creator asked for, from ObCreateObject to ObInsertObject. */
typedef struct _OBJECT_CREATE_INFORMATION
{
    ULONG Attributes;
    HANDLE RootDirectory;
    KPROCESSOR_MODE ProbeMode;
    PVOID ParseContext;
    PSECURITY_DESCRIPTOR SecurityDescriptor; /* captured */
    SECURITY_QUALITY_OF_SERVICE QosStorage;
    PSECURITY_QUALITY_OF_SERVICE Qos;
} OBJECT_CREATE_INFORMATION;

typedef struct _OBJECT_HEADER
{
    volatile LONG64 PointerCount; /* interlocked */
    union
    {
        volatile LONG64 HandleCount; /* interlocked; header lock for those who need it to stay */
        PVOID NextToFree;            /* ObpRemoveObjectList, once both counts are 0 */
    };
    EX_PUSH_LOCK_ Lock;
    UCHAR TypeIndex;
    UCHAR TraceFlags;
    UCHAR InfoMask;
    volatile UCHAR Flags; /* OB_FLAG_*; header lock, or before the object is inserted */
    ULONG Reserved;
    union
    {
        OBJECT_CREATE_INFORMATION *ObjectCreateInfo; /* OB_FLAG_NEW_OBJECT set */
        PVOID QuotaBlockCharged;
    };
    PSECURITY_DESCRIPTOR SecurityDescriptor; /* header lock; counted by the cache of security.c */
    UCHAR Body[];
} OBJECT_HEADER;

static_assert(offsetof(OBJECT_HEADER, Lock) == 0x10 && offsetof(OBJECT_HEADER, TypeIndex) == 0x18, "OBJECT_HEADER");
static_assert(offsetof(OBJECT_HEADER, InfoMask) == 0x1A && offsetof(OBJECT_HEADER, Flags) == 0x1B, "OBJECT_HEADER");
static_assert(offsetof(OBJECT_HEADER, SecurityDescriptor) == 0x28 && offsetof(OBJECT_HEADER, Body) == 0x30, "OBJECT_HEADER");
static_assert(sizeof(OBJECT_HEADER_CREATOR_INFO) == 0x20 && sizeof(OBJECT_HEADER_NAME_INFO) == 0x20, "optional headers");
static_assert(sizeof(OBJECT_HEADER_HANDLE_INFO) == 0x10 && sizeof(OBJECT_HEADER_PROCESS_INFO) == 0x10, "optional headers");

#define OB_FLAG_NEW_OBJECT 0x01       /* created, not inserted */
#define OB_FLAG_KERNEL_OBJECT 0x02
#define OB_FLAG_KERNEL_ONLY_ACCESS 0x04
#define OB_FLAG_EXCLUSIVE_OBJECT 0x08
#define OB_FLAG_PERMANENT_OBJECT 0x10
#define OB_FLAG_DEFAULT_SECURITY_QUOTA 0x20
#define OB_FLAG_SINGLE_PROCESS 0x40
#define OB_FLAG_DEFER_DELETE 0x80

#define OBJECT_TO_OBJECT_HEADER(o) CONTAINING_RECORD((o), OBJECT_HEADER, Body)

extern const UCHAR ObpInfoMaskToOffset[32];
/* The optional header Bit of Header, or NULL. */
static inline PVOID ObpOptionalHeader(OBJECT_HEADER *Header, UCHAR Bit)
{
    if ((Header->InfoMask & Bit) == 0) {
        return NULL;
    }
    return (PUCHAR)Header - ObpInfoMaskToOffset[Header->InfoMask & (Bit | (Bit - 1))];
}
#define OBJECT_HEADER_TO_NAME_INFO(h) ((OBJECT_HEADER_NAME_INFO *)ObpOptionalHeader((h), OB_INFO_NAME))
#define OBJECT_HEADER_TO_HANDLE_INFO(h) ((OBJECT_HEADER_HANDLE_INFO *)ObpOptionalHeader((h), OB_INFO_HANDLE))
#define OBJECT_HEADER_TO_CREATOR_INFO(h) ((OBJECT_HEADER_CREATOR_INFO *)ObpOptionalHeader((h), OB_INFO_CREATOR))
#define OBJECT_HEADER_TO_PROCESS_INFO(h) ((OBJECT_HEADER_PROCESS_INFO *)ObpOptionalHeader((h), OB_INFO_PROCESS))

/* ---- types (type.c) ------------------------------------------------------------------------------------------------------------ */
#define OB_MAXIMUM_TYPES 64
extern POBJECT_TYPE ObTypeIndexTable[OB_MAXIMUM_TYPES]; /* slots are filled once, in order */
static inline POBJECT_TYPE ObpHeaderType(OBJECT_HEADER *Header)
{
    return ObTypeIndexTable[Header->TypeIndex];
}
void ObpCreateTypeType(void);
void ObpPublishTypes(void); /* into \ObjectTypes, once it is there */

/* ---- objects (object.c, delete.c) ------------------------------------------------------------------------------------------------ */
NTSTATUS ObpAllocateObject(POBJECT_TYPE Type, ULONG Attributes, const UNICODE_STRING *Name, SIZE_T BodySize, OBJECT_HEADER **Header) NODISCARD;
void ObpFreeObject(OBJECT_HEADER *Header);
void ObpFreeObjectCreateInformation(OBJECT_CREATE_INFORMATION *Info);
void ObpInitializeCreateInfo(void);
void ObpReferenceObjectHeader(OBJECT_HEADER *Header);
/*
 * A copy of the name Source: in Room, of RoomBytes, if it fits, else in pool (tag ObNm), which is then the caller's to free.  Room may be NULL.  An empty name
 * has no buffer.
 */
NTSTATUS ObpCaptureObjectName(KPROCESSOR_MODE Mode, const UNICODE_STRING *Source, PWCH Room, ULONG RoomBytes, UNICODE_STRING *Name) NODISCARD;

/* ---- directories (dir.c) --------------------------------------------------------------------------------------------------------- */
#define OB_DIRECTORY_BUCKETS 37
typedef struct _OBJECT_DIRECTORY_ENTRY
{
    struct _OBJECT_DIRECTORY_ENTRY *ChainLink;
    PVOID Object; /* referenced */
    ULONG HashValue;
} OBJECT_DIRECTORY_ENTRY;

typedef struct _OBJECT_DIRECTORY
{
    OBJECT_DIRECTORY_ENTRY *HashBuckets[OB_DIRECTORY_BUCKETS]; /* Lock */
    EX_PUSH_LOCK_ Lock;
    ULONG Count;   /* Lock; entries */
    BOOLEAN OnRememberedPath; /* Lock; set with it shared: a change of entries changes ObpPathGeneration */
    struct _OBP_NAMESPACE *Namespace; /* ObpNamespaceLock; what a private namespace is found by; NULL: it is none */
} OBJECT_DIRECTORY, *POBJECT_DIRECTORY;

extern POBJECT_DIRECTORY ObpRootDirectoryObject, ObpGlobalDosDevices, ObpTypeDirectoryObject;
extern EX_PUSH_LOCK_ ObpNameLock;
void ObpInitializeDirectory(POBJECT_DIRECTORY Directory);
/* namespace.c: the procedures of directories: with the last handle, at the latest with the last reference, a private namespace is found no more. */
void ObpDeleteDirectory(PVOID Object);
void ObpCloseDirectory(PEPROCESS Process, PVOID Object, ULONG_PTR ProcessHandleCount, ULONG_PTR SystemHandleCount);
/* Callers hold Directory->Lock (shared is enough for the lookup).  The lookup's object is not referenced. */
PVOID ObpLookupDirectoryEntry(POBJECT_DIRECTORY Directory, const UNICODE_STRING *Name, BOOLEAN CaseInsensitive);
/* Object, whose header has a name header, becomes Directory\Name; references of entry and name header are taken.  Directory locked exclusively. */
NTSTATUS ObpInsertDirectoryEntry(POBJECT_DIRECTORY Directory, PVOID Object, const UNICODE_STRING *Name) NODISCARD;
/* Takes Object out of its directory, if it is in one and Condition still holds: not permanent, no handle.  No lock held. */
void ObpDeleteNameCheck(PVOID Object);
/* The same whatever its counts are (undoing an insertion). */
void ObpRemoveName(PVOID Object);
/*
 * From finding a name to having the handle, an opening (or an insertion) pins it: were the last handle closed meanwhile, the name would go, and the new
 * handle be to an object nobody else can find.  Pin with the object's directory locked (shared is enough), unpin with no lock held.
 */
void ObpPinName(PVOID Object);
void ObpUnpinName(PVOID Object);

/* ---- names (name.c, symlink.c) ----------------------------------------------------------------------------------------------------- */
typedef struct _OBP_LOOKUP
{
    /* in */
    HANDLE RootDirectory;
    const UNICODE_STRING *Name;
    ULONG Attributes;
    POBJECT_TYPE Type;          /* NULL: any */
    KPROCESSOR_MODE Mode;
    PVOID ParseContext;
    PSECURITY_QUALITY_OF_SERVICE Qos;
    PVOID InsertObject;         /* goes where nothing is found */
    PACCESS_STATE AccessState;  /* NULL: kernel mode, nothing is checked on the way */
    /* out */
    PVOID Object;               /* referenced */
    POBJECT_DIRECTORY Parent;   /* InsertObject was inserted: its directory, still locked exclusively */
    BOOLEAN Pinned;             /* Object's name is; ObpFinishLookup unpins it */
} OBP_LOOKUP;
NTSTATUS ObpLookupObjectName(OBP_LOOKUP *Lookup) NODISCARD;
/* The handle is made, or will not be: unpins the name.  The reference to Object remains the caller's; it must still be held.  No lock held. */
void ObpFinishLookup(OBP_LOOKUP *Lookup);
/*
 * Where links lead is remembered if the target is the name of a device: every open of a file by a drive letter would walk the same two directories again.
 * Target was found as the whole target of Object, a link, in Directory, which is locked; Generation is what ObpPathGeneration was before the walk.  Names
 * without case only.
 */
extern volatile LONG64 ObpPathGeneration;
void ObpRememberTarget(PVOID Object, POBJECT_DIRECTORY Directory, PVOID Target, LONG64 Generation);
/* The device Link leads to, referenced, if that is remembered and no directory on the way has changed since; else NULL.  No directory locked. */
PVOID ObpReferenceRememberedTarget(PVOID Link);
NTSTATUS ObpParseSymbolicLink(PVOID ParseObject, PVOID ObjectType, PACCESS_STATE AccessState, KPROCESSOR_MODE AccessMode, ULONG Attributes,
                              PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID Context, PSECURITY_QUALITY_OF_SERVICE Qos,
                              PVOID *Object);

void ObpDeleteSymbolicLink(PVOID Object);
NTSTATUS NTAPI NtCreateDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NTAPI NtCreateSymbolicLinkObject(PHANDLE LinkHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PUNICODE_STRING LinkTarget);

/* Services capture OBJECT_ATTRIBUTES once, with this. */
typedef struct _OBP_CAPTURED_ATTRIBUTES
{
    ULONG Attributes;
    HANDLE RootDirectory;
    UNICODE_STRING Name; /* in NameRoom or pool; Buffer NULL: none */
    PWCH NameRoom;
    PSECURITY_DESCRIPTOR SecurityDescriptor;
    SECURITY_QUALITY_OF_SERVICE QosStorage;
    PSECURITY_QUALITY_OF_SERVICE Qos;
} OBP_CAPTURED_ATTRIBUTES;
/* NameRoom (NULL: none), of RoomBytes, is for a name that need not outlive the call: who opens something does without pool. */
NTSTATUS ObpCaptureObjectAttributes(KPROCESSOR_MODE Mode, const OBJECT_ATTRIBUTES *Source, BOOLEAN WithSecurity, PWCH NameRoom, ULONG RoomBytes,
                                    OBP_CAPTURED_ATTRIBUTES *Captured) NODISCARD;
void ObpReleaseObjectAttributes(OBP_CAPTURED_ATTRIBUTES *Captured);
ULONG ObpSanitizeHandleAttributes(ULONG Attributes, KPROCESSOR_MODE Mode);

/* ---- handles (handle.c, close.c) ---------------------------------------------------------------------------------------------------- */
#define OB_PROTECT_CLOSE 0x1u /* in HANDLE_TABLE_ENTRY.Attributes, beside OBJ_INHERIT (2) */
#define OB_AUDIT_CLOSE 0x4u
#define OB_KERNEL_HANDLE_BITS 0xFFFFFFFF80000000ULL
static inline BOOLEAN ObpIsKernelHandleValue(HANDLE Handle)
{
    return ((ULONG_PTR)Handle & OB_KERNEL_HANDLE_BITS) == OB_KERNEL_HANDLE_BITS && Handle != NtCurrentProcess() && Handle != NtCurrentThread() &&
           (LONG_PTR)Handle < -16;
}
extern PHANDLE_TABLE ObpKernelHandleTable;
/* The table Handle lies in, and the handle's value in that table; NULL: none. */
PHANDLE_TABLE ObpTableForHandle(HANDLE *Handle, KPROCESSOR_MODE Mode);
/*
 * Counts a new handle (open procedure, exclusive rule, database) and puts it into the current process' table or the kernel's.  GrantedAccess is final.
 * The handle takes its own reference.  PASSIVE or APC level.
 */
NTSTATUS ObpCreateHandle(OB_OPEN_REASON Reason, PVOID Object, ACCESS_MASK GrantedAccess, ULONG HandleAttributes, KPROCESSOR_MODE Mode,
                         PHANDLE Handle) NODISCARD;
/* Of an open: checks AccessState's remaining access against Object's descriptor; GrantedAccess gets all. */
NTSTATUS ObpCheckObjectAccess(PVOID Object, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode, ACCESS_MASK DesiredAccess,
                              PACCESS_MASK GrantedAccess) NODISCARD;
BOOLEAN ObpCheckDirectoryAccess(POBJECT_DIRECTORY Directory, ACCESS_MASK Access, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode, NTSTATUS *Status);
NTSTATUS ObpIncrementHandleCount(OB_OPEN_REASON Reason, PVOID Object, PEPROCESS Process, ULONG Attributes, KPROCESSOR_MODE Mode,
                                 PACCESS_MASK GrantedAccess) NODISCARD;
void ObpDecrementHandleCount(PEPROCESS Process, PVOID Object);
/* A handle's attributes as entries keep them. */
static inline PVOID ObpEntryBody(PHANDLE_TABLE_ENTRY Entry)
{
    return ((OBJECT_HEADER *)EX_HANDLE_ENTRY_OBJECT(Entry))->Body;
}

/* ---- drivers' callbacks (callback.c) -------------------------------------------------------------------------------------------------- */
struct _OB_REGISTRATION;
typedef struct _OBP_CALLBACK_STATE
{
    ULONG Count; /* post routines owed, each with a protected registration */
    struct
    {
        struct _OB_REGISTRATION *Registration;
        POB_POST_OPERATION_CALLBACK Routine;
        PVOID CallContext;
    } Post[32];
} OBP_CALLBACK_STATE;
extern volatile LONG ObpCallbackCount;
void ObpCallPreCallbacks(OBP_CALLBACK_STATE *State, OB_OPERATION Operation, PVOID Object, BOOLEAN Kernel, PACCESS_MASK Access, PEPROCESS Source,
                         PEPROCESS Target);
void ObpCallPostCallbacks(OBP_CALLBACK_STATE *State, OB_OPERATION Operation, PVOID Object, BOOLEAN Kernel, ACCESS_MASK Access, NTSTATUS Status);

/* ---- security (security.c) ---------------------------------------------------------------------------------------------------------- */
void ObpInitializeSecurityCache(void);
/* Gives a new object its descriptor: from what the creator asked for, the parent's inheritable entries and the creator's token. */
NTSTATUS ObpAssignSecurity(PVOID Object, PSECURITY_DESCRIPTOR Explicit, PVOID Parent, PACCESS_STATE AccessState) NODISCARD;

#define TAG_OB_NAME POOL_TAG('O', 'b', 'N', 'm')
#define TAG_OB_DIRECTORY POOL_TAG('O', 'b', 'D', 'i')
#define TAG_OB_SECURITY POOL_TAG('O', 'b', 'S', 'd')
#define TAG_OB_INFO POOL_TAG('O', 'b', 'C', 'i')
#endif
