/* SPDX-License-Identifier: MIT */
/*
 * dir.c - object directories: 37 hash buckets of entries, one push lock; their services.
 *
 * An entry holds a reference to its object, and the object's name header one to the directory, so neither disappears under the other.
 * A name goes when the object's last handle is closed, unless the object is permanent (ObpDeleteNameCheck) or somebody is about to make another handle
 * (ObpPinName).
 * NameInfo->Directory changes only with both the directory's lock and ObpNameLock held exclusively; holding either makes it stable.
 */
#include "obp.h"
#include "rtl.h"

POBJECT_TYPE ObpDirectoryObjectType;
EX_PUSH_LOCK_ ObpNameLock;
volatile LONG64 ObpPathGeneration = 1; /* interlocked; counts changes of directories on the paths that links remember */

static ULONG ObpHashName(const UNICODE_STRING *Name)
{
    ULONG Hash = 0;

    for (USHORT i = 0; i < Name->Length / sizeof(WCHAR); i++) {
        WCHAR c = Name->Buffer[i];

        if (c >= L'a') {
            c = c <= L'z' ? (WCHAR)(c - L'a' + L'A') : c < 0x80 ? c : RtlUpcaseUnicodeChar(c);
        }
        Hash += (Hash << 1) + (Hash >> 1) + c;
    }
    return Hash;
}

PVOID ObpLookupDirectoryEntry(POBJECT_DIRECTORY Directory, const UNICODE_STRING *Name, BOOLEAN CaseInsensitive)
{
    ULONG Hash = ObpHashName(Name);
    OBJECT_DIRECTORY_ENTRY *Entry = Directory->HashBuckets[Hash % OB_DIRECTORY_BUCKETS];

    for (; Entry != NULL; Entry = Entry->ChainLink) {
        if (Entry->HashValue == Hash) {
            OBJECT_HEADER_NAME_INFO *Info = OBJECT_HEADER_TO_NAME_INFO(OBJECT_TO_OBJECT_HEADER(Entry->Object));

            if (RtlEqualUnicodeString(&Info->Name, Name, CaseInsensitive)) {
                return Entry->Object;
            }
        }
    }
    return NULL;
}

/* Directory is locked exclusively, and its entries change. */
static void ObpNoteChange(POBJECT_DIRECTORY Directory)
{
    if (Directory->OnRememberedPath) {
        InterlockedIncrement64(&ObpPathGeneration);
    }
}

/* The name header gets a copy of the last component, unless it holds exactly that already (types). */
static NTSTATUS ObpSetComponentName(OBJECT_HEADER_NAME_INFO *Info, const UNICODE_STRING *Name)
{
    PWCH Buffer;

    if (Info->Name.Length == Name->Length && RtlEqualMemory(Info->Name.Buffer, Name->Buffer, Name->Length)) {
        return STATUS_SUCCESS;
    }
    Buffer = ExAllocatePoolWithTag(PagedPool, Name->Length, TAG_OB_NAME);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyMemory(Buffer, Name->Buffer, Name->Length);
    if (Info->Name.Buffer != NULL) {
        ExFreePoolWithTag(Info->Name.Buffer, TAG_OB_NAME);
    }
    Info->Name.Buffer = Buffer;
    Info->Name.Length = Info->Name.MaximumLength = Name->Length;
    return STATUS_SUCCESS;
}

NTSTATUS ObpInsertDirectoryEntry(POBJECT_DIRECTORY Directory, PVOID Object, const UNICODE_STRING *Name)
{
    OBJECT_HEADER_NAME_INFO *Info = OBJECT_HEADER_TO_NAME_INFO(OBJECT_TO_OBJECT_HEADER(Object));
    OBJECT_DIRECTORY_ENTRY *Entry;
    NTSTATUS Status;

    ASSERT(ExIsPushLockHeldExclusive_(&Directory->Lock));
    ASSERT(Info != NULL && Info->Directory == NULL);
    Entry = ExAllocatePoolWithTag(PagedPool, sizeof(*Entry), TAG_OB_DIRECTORY);
    if (Entry == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Entry->HashValue = ObpHashName(Name); /* Name may lie in the buffer that is replaced next */
    Status = ObpSetComponentName(Info, Name);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Entry, TAG_OB_DIRECTORY);
        return Status;
    }
    Entry->Object = Object;
    Entry->ChainLink = Directory->HashBuckets[Entry->HashValue % OB_DIRECTORY_BUCKETS];
    Directory->HashBuckets[Entry->HashValue % OB_DIRECTORY_BUCKETS] = Entry;
    Directory->Count++;
    ObpNoteChange(Directory);
    ObfReferenceObject(Object);
    ObfReferenceObject(Directory);
    ExAcquirePushLockExclusive_(&ObpNameLock);
    Info->Directory = Directory;
    ExReleasePushLockExclusive_(&ObpNameLock);
    return STATUS_SUCCESS;
}

/* Directory locked exclusively. */
static void ObpUnlinkEntry(POBJECT_DIRECTORY Directory, PVOID Object)
{
    OBJECT_HEADER_NAME_INFO *Info = OBJECT_HEADER_TO_NAME_INFO(OBJECT_TO_OBJECT_HEADER(Object));
    OBJECT_DIRECTORY_ENTRY **Link = &Directory->HashBuckets[ObpHashName(&Info->Name) % OB_DIRECTORY_BUCKETS], *Entry;

    while ((Entry = *Link) != NULL && Entry->Object != Object) {
        Link = &Entry->ChainLink;
    }
    ASSERT(Entry != NULL);
    *Link = Entry->ChainLink;
    Directory->Count--;
    ObpNoteChange(Directory);
    ExFreePoolWithTag(Entry, TAG_OB_DIRECTORY);
    ExAcquirePushLockExclusive_(&ObpNameLock);
    Info->Directory = NULL;
    ExReleasePushLockExclusive_(&ObpNameLock);
}

/* The directory Object is in, referenced, or NULL. */
static POBJECT_DIRECTORY ObpReferenceParent(OBJECT_HEADER_NAME_INFO *Info)
{
    POBJECT_DIRECTORY Directory;

    ExAcquirePushLockShared_(&ObpNameLock);
    Directory = Info->Directory;
    if (Directory != NULL) {
        ObfReferenceObject(Directory);
    }
    ExReleasePushLockShared_(&ObpNameLock);
    return Directory;
}

/*
 * Directory locked exclusively, so no pin is added meanwhile; who drops the last one finds OB_NAME_CLOSED and asks again.  The pins are looked at before
 * the handles: whoever has unpinned has counted his handle, whereas handles that were counted first may have become one more since.
 */
static BOOLEAN ObpNameIsUnused(OBJECT_HEADER *Header, OBJECT_HEADER_NAME_INFO *Info)
{
    if ((InterlockedOr(&Info->ReferenceCount, OB_NAME_CLOSED) & ~OB_NAME_CLOSED) != 0) {
        return FALSE;
    }
    if (Header->HandleCount == 0 && (Header->Flags & OB_FLAG_PERMANENT_OBJECT) == 0) {
        return TRUE;
    }
    InterlockedAnd(&Info->ReferenceCount, ~OB_NAME_CLOSED);
    return FALSE;
}

static void ObpTakeNameAway(PVOID Object, BOOLEAN Always)
{
    OBJECT_HEADER *Header = OBJECT_TO_OBJECT_HEADER(Object);
    OBJECT_HEADER_NAME_INFO *Info = OBJECT_HEADER_TO_NAME_INFO(Header);
    POBJECT_DIRECTORY Directory;
    BOOLEAN Unlinked = FALSE;

    if (Info == NULL || (Directory = ObpReferenceParent(Info)) == NULL) {
        return;
    }
    ExAcquirePushLockExclusive_(&Directory->Lock);
    if (Info->Directory == Directory && (Always || ObpNameIsUnused(Header, Info))) {
        ObpUnlinkEntry(Directory, Object);
        Unlinked = TRUE;
    }
    ExReleasePushLockExclusive_(&Directory->Lock);
    ObfDereferenceObject(Directory);
    if (Unlinked) {
        ObfDereferenceObject(Directory); /* the name header's */
        ObfDereferenceObject(Object);    /* the entry's */
    }
}

void ObpDeleteNameCheck(PVOID Object)
{
    ObpTakeNameAway(Object, FALSE);
}

void ObpRemoveName(PVOID Object)
{
    ObpTakeNameAway(Object, TRUE);
}

void ObpPinName(PVOID Object)
{
    InterlockedIncrement(&OBJECT_HEADER_TO_NAME_INFO(OBJECT_TO_OBJECT_HEADER(Object))->ReferenceCount);
}

void ObpUnpinName(PVOID Object)
{
    if (InterlockedDecrement(&OBJECT_HEADER_TO_NAME_INFO(OBJECT_TO_OBJECT_HEADER(Object))->ReferenceCount) == OB_NAME_CLOSED) {
        ObpDeleteNameCheck(Object);
    }
}

/* ---- services ------------------------------------------------------------------------------------------------------------------ */

void ObpInitializeDirectory(POBJECT_DIRECTORY Directory)
{
    RtlZeroMemory(Directory, sizeof(*Directory));
    ExInitializePushLock_(&Directory->Lock);
}

NTSTATUS NTAPI NtCreateDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    POBJECT_DIRECTORY Directory;
    NTSTATUS Status;

    PAGED_CODE();
    Status = KiProbeForWrite(Mode, DirectoryHandle, sizeof(HANDLE), 1);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObCreateObject(Mode, ObpDirectoryObjectType, ObjectAttributes, Mode, NULL, sizeof(*Directory), 0, 0, (PVOID *)&Directory);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ObpInitializeDirectory(Directory);
    return ObInsertObjectService(Directory, DesiredAccess, DirectoryHandle, Mode);
}

NTSTATUS NTAPI NtOpenDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ObOpenObjectService(DirectoryHandle, DesiredAccess, ObjectAttributes, ObpDirectoryObjectType);
}

typedef struct _OBJECT_DIRECTORY_INFORMATION
{
    UNICODE_STRING Name;
    UNICODE_STRING TypeName;
} OBJECT_DIRECTORY_INFORMATION;

/* The n-th entry in bucket order; NULL: no more.  Directory locked. */
static PVOID ObpDirectoryEntryAt(POBJECT_DIRECTORY Directory, ULONG Number)
{
    for (ULONG Bucket = 0; Bucket < OB_DIRECTORY_BUCKETS; Bucket++) {
        for (OBJECT_DIRECTORY_ENTRY *Entry = Directory->HashBuckets[Bucket]; Entry != NULL; Entry = Entry->ChainLink) {
            if (Number-- == 0) {
                return Entry->Object;
            }
        }
    }
    return NULL;
}

typedef struct _OBP_DIRECTORY_QUERY
{
    PUCHAR Buffer;       /* kernel copy of the answer */
    PUCHAR UserBuffer;   /* addresses in the answer are relative to it */
    ULONG Length;
    ULONG Fixed, Text;   /* bytes used by records and by names */
    BOOLEAN Single;
} OBP_DIRECTORY_QUERY;

static ULONG ObpEntrySize(PVOID Object)
{
    OBJECT_HEADER *Header = OBJECT_TO_OBJECT_HEADER(Object);

    return sizeof(OBJECT_DIRECTORY_INFORMATION) + OBJECT_HEADER_TO_NAME_INFO(Header)->Name.Length + sizeof(WCHAR) + ObpHeaderType(Header)->Name.Length +
           sizeof(WCHAR);
}

/* How many entries from First fit; the sizes are summed.  The records end with an empty one. */
static ULONG ObpCountFittingEntries(POBJECT_DIRECTORY Directory, ULONG First, OBP_DIRECTORY_QUERY *Query, ULONG *Needed)
{
    ULONG Size = sizeof(OBJECT_DIRECTORY_INFORMATION), Count = 0;
    PVOID Object;

    while ((Object = ObpDirectoryEntryAt(Directory, First + Count)) != NULL) {
        ULONG NewSize = Size + ObpEntrySize(Object);

        *Needed = NewSize;
        if (NewSize > Query->Length) {
            break;
        }
        Size = NewSize;
        Count++;
        if (Query->Single) {
            break;
        }
    }
    return Count;
}

static void ObpPutName(OBP_DIRECTORY_QUERY *Query, UNICODE_STRING *Target, const UNICODE_STRING *Name)
{
    Target->Length = Name->Length;
    Target->MaximumLength = (USHORT)(Name->Length + sizeof(WCHAR));
    Target->Buffer = (PWCH)(Query->UserBuffer + Query->Text);
    RtlCopyMemory(Query->Buffer + Query->Text, Name->Buffer, Name->Length);
    *(PWCH)(Query->Buffer + Query->Text + Name->Length) = 0;
    Query->Text += Target->MaximumLength;
}

static void ObpFillDirectoryAnswer(POBJECT_DIRECTORY Directory, ULONG First, ULONG Count, OBP_DIRECTORY_QUERY *Query)
{
    OBJECT_DIRECTORY_INFORMATION *Record = (OBJECT_DIRECTORY_INFORMATION *)Query->Buffer;

    Query->Text = (Count + 1) * sizeof(*Record);
    for (ULONG i = 0; i < Count; i++, Record++) {
        OBJECT_HEADER *Header = OBJECT_TO_OBJECT_HEADER(ObpDirectoryEntryAt(Directory, First + i));

        ObpPutName(Query, &Record->Name, &OBJECT_HEADER_TO_NAME_INFO(Header)->Name);
        ObpPutName(Query, &Record->TypeName, &ObpHeaderType(Header)->Name);
    }
    RtlZeroMemory(Record, sizeof(*Record));
}

NTSTATUS NTAPI NtQueryDirectoryObject(HANDLE DirectoryHandle, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry, BOOLEAN RestartScan,
                                      PULONG Context, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    OBP_DIRECTORY_QUERY Query = {.UserBuffer = Buffer, .Length = Length, .Single = ReturnSingleEntry};
    POBJECT_DIRECTORY Directory = NULL;
    ULONG First = 0, Count, Needed = 0;
    NTSTATUS Status;

    PAGED_CODE();
    Status = KiProbeForWrite(Mode, Buffer, Length, 1);
    if (NT_SUCCESS(Status)) {
        Status = CopyFromMode(Mode, &First, Context, sizeof(First));
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (RestartScan) {
        First = 0;
    }
    Status = ObReferenceObjectByHandle(DirectoryHandle, DIRECTORY_QUERY, ObpDirectoryObjectType, Mode, (PVOID *)&Directory, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ExAcquirePushLockShared_(&Directory->Lock);
    Count = ObpCountFittingEntries(Directory, First, &Query, &Needed);
    if (Count == 0) {
        Status = Needed != 0 ? STATUS_BUFFER_TOO_SMALL : STATUS_NO_MORE_ENTRIES;
    } else {
        Query.Buffer = ExAllocatePoolWithTag(PagedPool, Length, TAG_OB_DIRECTORY);
        if (Query.Buffer == NULL) {
            Status = STATUS_INSUFFICIENT_RESOURCES;
        } else {
            ObpFillDirectoryAnswer(Directory, First, Count, &Query);
            if (!ReturnSingleEntry && ObpDirectoryEntryAt(Directory, First + Count) != NULL) {
                Status = STATUS_MORE_ENTRIES;
            }
        }
    }
    ExReleasePushLockShared_(&Directory->Lock);
    ObfDereferenceObject(Directory);
    First += Count;
    if (NT_SUCCESS(Status)) {
        NTSTATUS CopyStatus = CopyToMode(Mode, Buffer, Query.Buffer, Query.Text);

        if (NT_SUCCESS(CopyStatus)) {
            CopyStatus = CopyToMode(Mode, Context, &First, sizeof(First));
        }
        Needed = Query.Text;
        Status = NT_SUCCESS(CopyStatus) ? Status : CopyStatus;
    }
    if (ReturnLength != NULL && (NT_SUCCESS(Status) || Status == STATUS_BUFFER_TOO_SMALL)) {
        NTSTATUS CopyStatus = CopyToMode(Mode, ReturnLength, &Needed, sizeof(Needed));

        Status = NT_SUCCESS(CopyStatus) ? Status : CopyStatus;
    }
    if (Query.Buffer != NULL) {
        ExFreePoolWithTag(Query.Buffer, TAG_OB_DIRECTORY);
    }
    return Status;
}
