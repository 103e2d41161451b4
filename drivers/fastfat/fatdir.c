/* SPDX-License-Identifier: MIT */
/*
 * fatdir.c - IRP_MN_QUERY_DIRECTORY: the entries of a directory that match a pattern, as many as fit.
 *
 * The pattern of a handle is fixed by its first query.  Names are listed in order (fatsort.c), and the place in a listing is the name listed last,
 * so that what is made or deleted meanwhile moves nothing.  An entry's FileIndex is 2 + its offset in the directory; "." and "..", which the root
 * has not, are 0 and 1.
 * All classes begin alike (NextEntryOffset, FileIndex, times, sizes, attributes, FileNameLength) and differ in what stands between
 * that and the name, except FileNamesInformation, which has only the name.
 */
#include "fat.h"

/* Where the parts of a class lie. */
typedef struct _ENTRY_FORM {
    ULONG NameOffset, NameLengthOffset;
    ULONG EaSizeOffset, ShortNameOffset, FileIdOffset; /* 0: the class has none */
    BOOLEAN NamesOnly;
} ENTRY_FORM;

static BOOLEAN GetForm(FILE_INFORMATION_CLASS Class, ENTRY_FORM *Form)
{
    RtlZeroMemory(Form, sizeof *Form);
    Form->NameLengthOffset = FIELD_OFFSET(FILE_DIRECTORY_INFORMATION, FileNameLength);
    switch (Class) {
    case FileDirectoryInformation:
        Form->NameOffset = FIELD_OFFSET(FILE_DIRECTORY_INFORMATION, FileName);
        return TRUE;
    case FileFullDirectoryInformation:
        Form->NameOffset = FIELD_OFFSET(FILE_FULL_DIR_INFORMATION, FileName);
        Form->EaSizeOffset = FIELD_OFFSET(FILE_FULL_DIR_INFORMATION, EaSize);
        return TRUE;
    case FileIdFullDirectoryInformation:
        Form->NameOffset = FIELD_OFFSET(FILE_ID_FULL_DIR_INFORMATION, FileName);
        Form->EaSizeOffset = FIELD_OFFSET(FILE_ID_FULL_DIR_INFORMATION, EaSize);
        Form->FileIdOffset = FIELD_OFFSET(FILE_ID_FULL_DIR_INFORMATION, FileId);
        return TRUE;
    case FileBothDirectoryInformation:
        Form->NameOffset = FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, FileName);
        Form->EaSizeOffset = FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, EaSize);
        Form->ShortNameOffset = FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, ShortNameLength);
        return TRUE;
    case FileIdBothDirectoryInformation:
        Form->NameOffset = FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, FileName);
        Form->EaSizeOffset = FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, EaSize);
        Form->ShortNameOffset = FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, ShortNameLength);
        Form->FileIdOffset = FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, FileId);
        return TRUE;
    case FileNamesInformation:
        Form->NameOffset = FIELD_OFFSET(FILE_NAMES_INFORMATION, FileName);
        Form->NameLengthOffset = FIELD_OFFSET(FILE_NAMES_INFORMATION, FileNameLength);
        Form->NamesOnly = TRUE;
        return TRUE;
    default:
        return FALSE;
    }
}

/* In both classes with a short name the text follows its length byte, aligned to 2, and has room for 12 units. */
static void PutShortName(PUCHAR At, const FAT_NAME *ShortName)
{
    USHORT Length = ShortName->Length <= 12 * sizeof(WCHAR) ? ShortName->Length : 12 * sizeof(WCHAR);

    *(PCHAR)At = (CHAR)Length;
    RtlCopyMemory(At + 2, ShortName->Buffer, Length);
}

/* The fixed part; the buffer is zeroed. */
static void PutFixedPart(const FAT_VCB *Vcb, const FAT_NODE *Node, const ENTRY_FORM *Form, ULONG Index, BOOLEAN IsDot, PUCHAR Entry)
{
    PFILE_DIRECTORY_INFORMATION Common = (PFILE_DIRECTORY_INFORMATION)Entry;

    Common->FileIndex = Index;
    if (Form->NamesOnly)
        return;
    Common->CreationTime.QuadPart = Node->CreationTime;
    Common->LastAccessTime.QuadPart = Node->LastAccessTime;
    Common->LastWriteTime.QuadPart = Node->LastWriteTime;
    Common->EndOfFile.QuadPart = Node->Size;
    Common->AllocationSize.QuadPart = FatAllocationSize(Vcb, Node);
    Common->FileAttributes = FatAttributes(Node);
    if (Form->ShortNameOffset != 0 && !IsDot)
        PutShortName(Entry + Form->ShortNameOffset, &Node->ShortName);
    if (Form->FileIdOffset != 0)
        ((PLARGE_INTEGER)(Entry + Form->FileIdOffset))->QuadPart = FatFileId(Node);
}

static BOOLEAN Matches(const FAT_CCB *Ccb, PUNICODE_STRING Name)
{
    return Ccb->MatchAll || (Name->Length != 0 && FsRtlIsNameInExpression((PUNICODE_STRING)&Ccb->Pattern, Name, TRUE, NULL));
}

#define LAST_ROOM (FAT_MAX_NAME * sizeof(WCHAR))

/* Where a listing stands: 0 and 1 the dots, then 2 + an index into the sorted names. */
static ULONG FindPosition(const FAT_NODE *Directory, const FAT_CCB *Ccb)
{
    if (Ccb->Position < 2 && Directory->Parent != NULL)
        return Ccb->Position;
    return 2 + (Ccb->Last.Length == 0 ? 0 : FatSortedFrom(Directory->Table, &Ccb->Last, 1));
}

static FAT_NODE *EntryAt(FAT_NODE *Directory, ULONG Position, PUNICODE_STRING Name)
{
    if (Position < 2) {
        RtlInitUnicodeString(Name, Position == 0 ? L"." : L"..");
        return Position == 0 ? Directory : Directory->Parent;
    }
    if (Position - 2 >= Directory->Table->Count)
        return NULL;
    FAT_NODE *Node = Directory->Table->Sorted[Position - 2];
    *Name = *FatString(&Node->Name);
    return Node;
}

/* The listing goes on behind this entry. */
static void PassEntry(FAT_CCB *Ccb, ULONG Position, PCUNICODE_STRING Name)
{
    Ccb->Position = Position < 2 ? Position + 1 : 2;
    if (Position >= 2) {
        ASSERT(Name->Length <= LAST_ROOM);
        RtlCopyMemory(Ccb->Last.Buffer, Name->Buffer, Name->Length);
        Ccb->Last.Length = Name->Length;
    }
}

/* Behind the entry that was given this FileIndex; if it is gone, from the start. */
static void SeekIndex(const FAT_NODE *Directory, FAT_CCB *Ccb, ULONG FileIndex)
{
    FAT_NODE *Node = FileIndex < 2 ? NULL : FatNodeFrom(Directory->Table, FileIndex - 2);

    Ccb->Last.Length = 0;
    Ccb->Position = FileIndex < 2 ? FileIndex + 1 : 2;
    if (Node != NULL && Node->Offset == FileIndex - 2)
        PassEntry(Ccb, 2, FatString(&Node->Name));
}

/* What a listing needs in memory. */
static NTSTATUS PrepareListing(FAT_VCB *Vcb, FAT_NODE *Directory, FAT_CCB *Ccb)
{
    if (Ccb->Last.Buffer == NULL)
        Ccb->Last.Buffer = ExAllocatePoolWithTag(PagedPool, LAST_ROOM, FAT_TAG_CCB);
    if (Ccb->Last.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = FatLoadDirectory(&Vcb->Volume, Directory);
    return NT_SUCCESS(Status) ? FatSortTable(Directory->Table) : Status;
}

static BOOLEAN IsLegalPattern(PCUNICODE_STRING Pattern)
{
    for (ULONG Index = 0; Index < Pattern->Length / sizeof(WCHAR); Index++) {
        WCHAR Unit = Pattern->Buffer[Index];
        if (Unit < L' ' || Unit == L'/' || Unit == L':' || Unit == L'\\' || Unit == L'|')
            return FALSE;
    }
    return TRUE;
}

/* The first query of a handle, or one that starts again with a new pattern, sets the pattern. */
static NTSTATUS SetPattern(FAT_CCB *Ccb, PCUNICODE_STRING FileName)
{
    if (FileName != NULL && !IsLegalPattern(FileName))
        return STATUS_OBJECT_NAME_INVALID;
    Ccb->HasPattern = TRUE;
    Ccb->MatchAll = FileName == NULL || FileName->Length == 0 || (FileName->Length == sizeof(WCHAR) && FileName->Buffer[0] == L'*');
    if (Ccb->MatchAll)
        return STATUS_SUCCESS;
    PWCH Buffer = ExAllocatePoolWithTag(PagedPool, FileName->Length, FAT_TAG_CCB);
    if (Buffer == NULL) {
        Ccb->HasPattern = FALSE;
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (ULONG Index = 0; Index < FileName->Length / sizeof(WCHAR); Index++)
        Buffer[Index] = RtlUpcaseUnicodeChar(FileName->Buffer[Index]);
    if (Ccb->Pattern.Buffer != NULL)
        ExFreePoolWithTag(Ccb->Pattern.Buffer, FAT_TAG_CCB);
    Ccb->Pattern.Buffer = Buffer;
    Ccb->Pattern.Length = Ccb->Pattern.MaximumLength = FileName->Length;
    return STATUS_SUCCESS;
}

/* Fills the buffer from where the handle's listing stands. */
static NTSTATUS FillEntries(FAT_VCB *Vcb, FAT_NODE *Directory, FAT_CCB *Ccb, const ENTRY_FORM *Form, BOOLEAN Single, PUCHAR Buffer, ULONG Length,
                            PULONG_PTR Information)
{
    ULONG At = 0, Previous = 0;
    BOOLEAN Any = FALSE;
    UNICODE_STRING Name;
    FAT_NODE *Node;

    for (ULONG Position = FindPosition(Directory, Ccb); (Node = EntryAt(Directory, Position, &Name)) != NULL; Position++) {
        BOOLEAN IsDot = Position < 2;
        if (!Matches(Ccb, &Name) && (IsDot || !Matches(Ccb, FatString(&Node->ShortName))))
            continue;
        ULONG Start = (At + 7) & ~7u, Room = Start < Length ? Length - Start : 0;
        BOOLEAN Cut = Room < Form->NameOffset || Name.Length > Room - Form->NameOffset;
        if (Cut && (Any || Room < Form->NameOffset))
            return Any ? STATUS_SUCCESS : STATUS_INFO_LENGTH_MISMATCH;
        USHORT Copied = Cut ? (USHORT)((Room - Form->NameOffset) & ~1u) : Name.Length;
        RtlZeroMemory(Buffer + At, Start - At + Form->NameOffset);
        PutFixedPart(Vcb, Node, Form, IsDot ? Position : Node->Offset + 2, IsDot, Buffer + Start);
        *(PULONG)(Buffer + Start + Form->NameLengthOffset) = Name.Length;
        RtlCopyMemory(Buffer + Start + Form->NameOffset, Name.Buffer, Copied);
        if (Any)
            *(PULONG)(Buffer + Previous) = Start - Previous;
        Any = TRUE;
        Previous = Start;
        At = Start + Form->NameOffset + Copied;
        *Information = At;
        PassEntry(Ccb, Position, &Name);
        if (Cut || Single)
            return Cut ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
    }
    return Any ? STATUS_SUCCESS : STATUS_NO_MORE_FILES;
}

static NTSTATUS QueryDirectory(FAT_VCB *Vcb, FAT_NODE *Directory, FAT_CCB *Ccb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    ENTRY_FORM Form;
    PUNICODE_STRING FileName = (PUNICODE_STRING)Stack->Parameters.QueryDirectory.FileName;
    BOOLEAN First = !Ccb->HasPattern;
    NTSTATUS Status;

    if (!GetForm(Stack->Parameters.QueryDirectory.FileInformationClass, &Form))
        return STATUS_INVALID_INFO_CLASS;
    PUCHAR Buffer = FatGetBuffer(Irp);
    if (Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (First || ((Stack->Flags & SL_RESTART_SCAN) && FileName != NULL && FileName->Length != 0)) {
        Status = SetPattern(Ccb, FileName);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    if (Stack->Flags & SL_RESTART_SCAN)
        Ccb->Position = Ccb->Last.Length = 0;
    Status = Directory->Deleted ? STATUS_NO_MORE_FILES : PrepareListing(Vcb, Directory, Ccb);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Stack->Flags & SL_INDEX_SPECIFIED)
        SeekIndex(Directory, Ccb, Stack->Parameters.QueryDirectory.FileIndex);
    Status = FillEntries(Vcb, Directory, Ccb, &Form, (Stack->Flags & SL_RETURN_SINGLE_ENTRY) != 0, Buffer, Stack->Parameters.QueryDirectory.Length,
                         Information);
    return Status == STATUS_NO_MORE_FILES && First ? STATUS_NO_SUCH_FILE : Status;
}

NTSTATUS FatDirectoryControl(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    FAT_FCB *Fcb = Stack->FileObject->FsContext;
    FAT_CCB *Ccb = Stack->FileObject->FsContext2;

    if (Vcb->Dismounted)
        return STATUS_VOLUME_DISMOUNTED;
    if (Fcb->Node == NULL || Ccb == NULL || !FatIsDirectory(Fcb->Node))
        return STATUS_INVALID_PARAMETER;
    if (Stack->MinorFunction == IRP_MN_NOTIFY_CHANGE_DIRECTORY)
        return FatNotify(Vcb, Irp, Stack, Information);
    if (Stack->MinorFunction != IRP_MN_QUERY_DIRECTORY)
        return STATUS_INVALID_DEVICE_REQUEST;
    /* Exclusive: it also guards the handle's position. */
    ExAcquireResourceExclusiveLite(&Vcb->Resource, TRUE);
    NTSTATUS Status = QueryDirectory(Vcb, Fcb->Node, Ccb, Irp, Stack, Information);
    ExReleaseResourceLite(&Vcb->Resource);
    return Status;
}
