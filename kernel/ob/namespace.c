/* SPDX-License-Identifier: MIT */
/*
 * namespace.c - private namespaces: object directories that are found by a boundary, not by a name.
 *
 * A boundary descriptor is a name and a set of SIDs.  A process can create the namespace of a boundary only if its token has all those SIDs (and at least
 * the integrity level it names), so nobody outside can squat there; who may open it says the directory's own descriptor.  The objects in it have names like
 * any other, relative to the directory's handle; kernel32 keeps the prefixes programs use for it (userland/kernel32/namespace.c).
 *
 *      boundary: version 1 | items | bytes | flags | item ...      item: kind, bytes, data; each begins at a multiple of 8
 *
 * A namespace ends with the last handle to its directory, or when somebody deletes it: then nobody finds it any more, and who has it open goes on.
 *
 * ObpNamespaceLock guards the list and OBJECT_DIRECTORY.Namespace; it is a leaf.  The list holds no reference: an entry goes before its directory does, at
 * the latest in the directory's delete procedure (a handle can be closed, by a guess, before its namespace is in the list).
 * Windows Internals, 7th ed., part 2, chapter 8, "Private namespaces".
 */
#include "obp.h"

#define OBP_BOUNDARY_MAXIMUM 0x10000u

typedef enum _BOUNDARY_ENTRY_TYPE
{
    OBNS_Name = 1,
    OBNS_SID,
    OBNS_IntegrityLabel
} BOUNDARY_ENTRY_TYPE;

typedef struct _OBJECT_BOUNDARY_ENTRY
{
    ULONG EntryType;
    ULONG EntrySize; /* bytes with this header, not rounded */
    UCHAR Data[];
} OBJECT_BOUNDARY_ENTRY;

typedef struct _OBJECT_BOUNDARY_DESCRIPTOR
{
    ULONG Version;
    ULONG Items;
    ULONG TotalSize;
    ULONG Flags;
} OBJECT_BOUNDARY_DESCRIPTOR;
static_assert(sizeof(OBJECT_BOUNDARY_DESCRIPTOR) == 16 && offsetof(OBJECT_BOUNDARY_ENTRY, Data) == 8, "as ntdll builds them");

struct _OBP_NAMESPACE
{
    LIST_ENTRY Link;                    /* ObpNamespaceLock */
    POBJECT_DIRECTORY Directory;        /* not referenced */
    OBJECT_BOUNDARY_DESCRIPTOR Boundary; /* with its items */
};

static EX_PUSH_LOCK_ ObpNamespaceLock;
static LIST_ENTRY ObpNamespaces = {&ObpNamespaces, &ObpNamespaces};

/* ---- boundaries ---------------------------------------------------------------------------------------------------------------------- */

static const OBJECT_BOUNDARY_ENTRY *ObpBoundaryItem(const OBJECT_BOUNDARY_DESCRIPTOR *Boundary, SIZE_T Offset)
{
    return (const OBJECT_BOUNDARY_ENTRY *)((const UCHAR *)Boundary + Offset);
}

static BOOLEAN ObpIsSidItem(const OBJECT_BOUNDARY_ENTRY *Item, SIZE_T Size)
{
    const SID *Sid = (const SID *)Item->Data;

    return Size >= 8 && Sid->Revision == SID_REVISION && Sid->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES && Size == 8 + 4 * (SIZE_T)Sid->SubAuthorityCount;
}

/* One name, any number of SIDs, one integrity label at most; the sizes add up. */
static BOOLEAN ObpIsBoundary(const OBJECT_BOUNDARY_DESCRIPTOR *Boundary)
{
    ULONG Kinds[OBNS_IntegrityLabel + 1] = {0}, Items = 0;
    SIZE_T At = sizeof(*Boundary);

    while (At + sizeof(OBJECT_BOUNDARY_ENTRY) <= Boundary->TotalSize) {
        const OBJECT_BOUNDARY_ENTRY *Item = ObpBoundaryItem(Boundary, At);
        SIZE_T Size = Item->EntrySize - sizeof(*Item);

        if (Item->EntrySize <= sizeof(*Item) || Item->EntrySize > Boundary->TotalSize - At || Item->EntryType < OBNS_Name ||
            Item->EntryType > OBNS_IntegrityLabel) {
            return FALSE;
        }
        if (Item->EntryType == OBNS_Name ? (Size & 1) != 0 : !ObpIsSidItem(Item, Size)) {
            return FALSE;
        }
        Kinds[Item->EntryType]++;
        Items++;
        At += ALIGN_UP_BY(Item->EntrySize, 8);
    }
    return Boundary->Version == 1 && Boundary->Flags <= 1 && Items == Boundary->Items && Kinds[OBNS_Name] == 1 && Kinds[OBNS_IntegrityLabel] <= 1;
}

static NTSTATUS ObpCaptureBoundary(KPROCESSOR_MODE Mode, const VOID *User, struct _OBP_NAMESPACE **Captured)
{
    OBJECT_BOUNDARY_DESCRIPTOR Head;
    struct _OBP_NAMESPACE *New;
    NTSTATUS Status = CopyFromMode(Mode, &Head, User, sizeof(Head));

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Head.TotalSize < sizeof(Head) || Head.TotalSize > OBP_BOUNDARY_MAXIMUM) {
        return STATUS_INVALID_PARAMETER;
    }
    New = ExAllocatePoolWithTag(PagedPool, offsetof(struct _OBP_NAMESPACE, Boundary) + Head.TotalSize, TAG_OB_DIRECTORY);
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = CopyFromMode(Mode, &New->Boundary, User, Head.TotalSize);
    New->Boundary.TotalSize = Head.TotalSize; /* as it was when the block was made for it */
    if (NT_SUCCESS(Status) && !ObpIsBoundary(&New->Boundary)) {
        Status = STATUS_INVALID_PARAMETER;
    }
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(New, TAG_OB_DIRECTORY);
        return Status;
    }
    New->Directory = NULL;
    *Captured = New;
    return STATUS_SUCCESS;
}

static BOOLEAN ObpHasItem(const OBJECT_BOUNDARY_DESCRIPTOR *Boundary, const OBJECT_BOUNDARY_ENTRY *Wanted)
{
    for (SIZE_T At = sizeof(*Boundary); At < Boundary->TotalSize; At += ALIGN_UP_BY(ObpBoundaryItem(Boundary, At)->EntrySize, 8)) {
        const OBJECT_BOUNDARY_ENTRY *Item = ObpBoundaryItem(Boundary, At);

        if (Item->EntryType == Wanted->EntryType && Item->EntrySize == Wanted->EntrySize && RtlEqualMemory(Item, Wanted, Item->EntrySize)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Boundaries are sets: the order in which SIDs were added does not count. */
static BOOLEAN ObpEqualBoundaries(const OBJECT_BOUNDARY_DESCRIPTOR *Left, const OBJECT_BOUNDARY_DESCRIPTOR *Right)
{
    BOOLEAN Equal = Left->Items == Right->Items && Left->Flags == Right->Flags;

    for (SIZE_T At = sizeof(*Left); Equal && At < Left->TotalSize; At += ALIGN_UP_BY(ObpBoundaryItem(Left, At)->EntrySize, 8)) {
        Equal = ObpHasItem(Right, ObpBoundaryItem(Left, At));
    }
    return Equal;
}

static BOOLEAN ObpSubjectInBoundary(PSECURITY_SUBJECT_CONTEXT Subject, const OBJECT_BOUNDARY_DESCRIPTOR *Boundary)
{
    for (SIZE_T At = sizeof(*Boundary); At < Boundary->TotalSize; At += ALIGN_UP_BY(ObpBoundaryItem(Boundary, At)->EntrySize, 8)) {
        const OBJECT_BOUNDARY_ENTRY *Item = ObpBoundaryItem(Boundary, At);

        if (Item->EntryType != OBNS_Name && !SeSubjectHasSid_(Subject, (PSID)Item->Data, Item->EntryType == OBNS_IntegrityLabel)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- the list ------------------------------------------------------------------------------------------------------------------------ */

/* ObpNamespaceLock held. */
static struct _OBP_NAMESPACE *ObpFindNamespace(const OBJECT_BOUNDARY_DESCRIPTOR *Boundary)
{
    for (PLIST_ENTRY Link = ObpNamespaces.Flink; Link != &ObpNamespaces; Link = Link->Flink) {
        struct _OBP_NAMESPACE *Namespace = CONTAINING_RECORD(Link, struct _OBP_NAMESPACE, Link);

        if (ObpEqualBoundaries(&Namespace->Boundary, Boundary)) {
            return Namespace;
        }
    }
    return NULL;
}

static BOOLEAN ObpAddNamespace(struct _OBP_NAMESPACE *New, POBJECT_DIRECTORY Directory)
{
    BOOLEAN Added;

    ExAcquirePushLockExclusive_(&ObpNamespaceLock);
    Added = ObpFindNamespace(&New->Boundary) == NULL;
    if (Added) {
        New->Directory = Directory;
        Directory->Namespace = New;
        InsertTailList(&ObpNamespaces, &New->Link);
    }
    ExReleasePushLockExclusive_(&ObpNamespaceLock);
    return Added;
}

/* Whether Directory was one that could be found. */
static BOOLEAN ObpRemoveNamespace(POBJECT_DIRECTORY Directory)
{
    struct _OBP_NAMESPACE *Namespace;

    ExAcquirePushLockExclusive_(&ObpNamespaceLock);
    Namespace = Directory->Namespace;
    if (Namespace != NULL) {
        Directory->Namespace = NULL;
        RemoveEntryList(&Namespace->Link);
    }
    ExReleasePushLockExclusive_(&ObpNamespaceLock);
    if (Namespace != NULL) {
        ExFreePoolWithTag(Namespace, TAG_OB_DIRECTORY);
    }
    return Namespace != NULL;
}

void ObpCloseDirectory(PEPROCESS Process, PVOID Object, ULONG_PTR ProcessHandleCount, ULONG_PTR SystemHandleCount)
{
    POBJECT_DIRECTORY Directory = Object;

    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(ProcessHandleCount);
    if (SystemHandleCount == 1 && Directory->Namespace != NULL) {
        (void)ObpRemoveNamespace(Directory);
    }
}

void ObpDeleteDirectory(PVOID Object)
{
    POBJECT_DIRECTORY Directory = Object;

    if (Directory->Namespace != NULL) {
        (void)ObpRemoveNamespace(Directory);
    }
}

/* ---- services ------------------------------------------------------------------------------------------------------------------------ */

/* An unnamed directory with the descriptor its creator asked for, or the default one: unlike other unnamed objects it can be opened by others. */
static NTSTATUS ObpMakeNamespaceDirectory(KPROCESSOR_MODE Mode, POBJECT_ATTRIBUTES ObjectAttributes, PACCESS_STATE AccessState, POBJECT_DIRECTORY *Result)
{
    POBJECT_DIRECTORY Directory;
    OBJECT_HEADER *Header;
    NTSTATUS Status = ObCreateObject(Mode, ObpDirectoryObjectType, ObjectAttributes, Mode, NULL, sizeof(*Directory), 0, 0, (PVOID *)&Directory);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ObpInitializeDirectory(Directory);
    Header = OBJECT_TO_OBJECT_HEADER(Directory);
    Status = OBJECT_HEADER_TO_NAME_INFO(Header) != NULL && OBJECT_HEADER_TO_NAME_INFO(Header)->Name.Length != 0
                 ? STATUS_OBJECT_NAME_INVALID
                 : ObpAssignSecurity(Directory, Header->ObjectCreateInfo->SecurityDescriptor, NULL, AccessState);
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(Directory);
        return Status;
    }
    *Result = Directory;
    return STATUS_SUCCESS;
}

/*
 * Boundary: as RtlCreateBoundaryDescriptor and its kin make it.  ObjectAttributes: no name; security as for any object.
 * STATUS_ACCESS_DENIED: the caller is not inside the boundary; STATUS_OBJECT_NAME_COLLISION: the namespace is there; STATUS_INVALID_PARAMETER: no boundary.
 */
NTSTATUS NTAPI NtCreatePrivateNamespace(PHANDLE NamespaceHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PVOID BoundaryDescriptor)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    struct _OBP_NAMESPACE *New = NULL;
    POBJECT_DIRECTORY Directory = NULL;
    ACCESS_STATE AccessState;
    AUX_ACCESS_DATA AuxData;
    HANDLE Handle;
    NTSTATUS Status = KiProbeForWrite(Mode, NamespaceHandle, sizeof(HANDLE), 1);

    PAGED_CODE();
    if (NT_SUCCESS(Status)) {
        Status = ObpCaptureBoundary(Mode, BoundaryDescriptor, &New);
    }
    if (NT_SUCCESS(Status)) {
        Status = SeCreateAccessState(&AccessState, &AuxData, DesiredAccess, &ObpDirectoryObjectType->TypeInfo.GenericMapping);
        if (NT_SUCCESS(Status)) {
            Status = ObpSubjectInBoundary(&AccessState.SubjectSecurityContext, &New->Boundary)
                         ? ObpMakeNamespaceDirectory(Mode, ObjectAttributes, &AccessState, &Directory)
                         : STATUS_ACCESS_DENIED;
            SeDeleteAccessState(&AccessState);
        }
    }
    if (NT_SUCCESS(Status)) {
        ObfReferenceObject(Directory); /* the insertion takes one over */
        Status = ObInsertObject(Directory, NULL, DesiredAccess, 0, NULL, &Handle);
        if (NT_SUCCESS(Status)) {
            if (ObpAddNamespace(New, Directory)) {
                New = NULL; /* the directory's from here on */
                Status = CopyToMode(Mode, NamespaceHandle, &Handle, sizeof(Handle));
            } else {
                Status = STATUS_OBJECT_NAME_COLLISION;
            }
            if (!NT_SUCCESS(Status)) {
                ObCloseHandle(Handle, KernelMode);
            }
        }
        ObfDereferenceObject(Directory);
    }
    if (New != NULL) {
        ExFreePoolWithTag(New, TAG_OB_DIRECTORY);
    }
    return Status;
}

/* The caller need not be inside the boundary: the directory's descriptor decides.  STATUS_OBJECT_NAME_NOT_FOUND: there is no such namespace. */
NTSTATUS NTAPI NtOpenPrivateNamespace(PHANDLE NamespaceHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PVOID BoundaryDescriptor)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    OBP_CAPTURED_ATTRIBUTES Captured;
    struct _OBP_NAMESPACE *Wanted, *Found;
    POBJECT_DIRECTORY Directory = NULL;
    HANDLE Handle;
    NTSTATUS Status = KiProbeForWrite(Mode, NamespaceHandle, sizeof(HANDLE), 1);

    PAGED_CODE();
    if (NT_SUCCESS(Status)) {
        Status = ObpCaptureObjectAttributes(Mode, ObjectAttributes, FALSE, NULL, 0, &Captured);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObpCaptureBoundary(Mode, BoundaryDescriptor, &Wanted);
    if (!NT_SUCCESS(Status)) {
        goto Cleanup;
    }
    ExAcquirePushLockShared_(&ObpNamespaceLock);
    Found = ObpFindNamespace(&Wanted->Boundary);
    if (Found != NULL && ObReferenceObjectSafe(Found->Directory)) {
        Directory = Found->Directory;
    }
    ExReleasePushLockShared_(&ObpNamespaceLock);
    ExFreePoolWithTag(Wanted, TAG_OB_DIRECTORY);
    if (Directory == NULL) {
        Status = STATUS_OBJECT_NAME_NOT_FOUND;
        goto Cleanup;
    }
    Status = ObOpenObjectByPointer(Directory, Captured.Attributes, NULL, DesiredAccess, ObpDirectoryObjectType, Mode, &Handle);
    if (NT_SUCCESS(Status)) {
        Status = CopyToMode(Mode, NamespaceHandle, &Handle, sizeof(Handle));
        if (!NT_SUCCESS(Status)) {
            ObCloseHandle(Handle, KernelMode);
        }
    }
    ObfDereferenceObject(Directory);
Cleanup:
    ObpReleaseObjectAttributes(&Captured);
    return Status;
}

/* Nobody finds it from here on; who has a handle, and the objects in it, stay.  STATUS_INVALID_PARAMETER: the directory is no namespace (any more). */
NTSTATUS NTAPI NtDeletePrivateNamespace(HANDLE NamespaceHandle)
{
    POBJECT_DIRECTORY Directory;
    NTSTATUS Status = ObReferenceObjectByHandle(NamespaceHandle, DELETE, ObpDirectoryObjectType, ExGetPreviousMode(), (PVOID *)&Directory, NULL);

    PAGED_CODE();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObpRemoveNamespace(Directory) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    ObfDereferenceObject(Directory);
    return Status;
}
