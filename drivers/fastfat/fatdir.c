/* SPDX-License-Identifier: MIT */
/*
 * fatdir.c - IRP_MN_QUERY_DIRECTORY: the entries of a directory that match a pattern, as many as fit.
 *
 * The pattern of a handle is fixed by its first query.  The place in the directory is a number: 0 and 1 are "." and "..", which the root has not;
 * then 2 + the offset of an entry, so that what is made or deleted meanwhile moves nothing.
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

/* The entry at *Position, or the next one, to which *Position moves; NULL at the end.  *Name is what it is called here. */
static FAT_NODE *EntryAt(FAT_NODE *Directory, PULONG Position, PUNICODE_STRING Name)
{
    if (*Position < 2 && Directory->Parent != NULL) {
        RtlInitUnicodeString(Name, *Position == 0 ? L"." : L"..");
        return *Position == 0 ? Directory : Directory->Parent;
    }
    FAT_NODE *Node = FatNodeFrom(Directory->Table, *Position < 2 ? 0 : *Position - 2);
    if (Node != NULL) {
        *Position = Node->Offset + 2;
        *Name = *FatString(&Node->Name);
    }
    return Node;
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

/* Fills the buffer from Ccb->Position on. */
static NTSTATUS FillEntries(FAT_VCB *Vcb, FAT_NODE *Directory, FAT_CCB *Ccb, const ENTRY_FORM *Form, BOOLEAN Single, PUCHAR Buffer, ULONG Length,
                            PULONG_PTR Information)
{
    ULONG At = 0, Previous = 0;
    BOOLEAN Any = FALSE;
    UNICODE_STRING Name;
    FAT_NODE *Node;

    for (; (Node = EntryAt(Directory, &Ccb->Position, &Name)) != NULL; Ccb->Position++) {
        BOOLEAN IsDot = Ccb->Position < 2;
        if (!Matches(Ccb, &Name) && (IsDot || !Matches(Ccb, FatString(&Node->ShortName))))
            continue;
        ULONG Start = (At + 7) & ~7u, Room = Start < Length ? Length - Start : 0;
        BOOLEAN Cut = Room < Form->NameOffset || Name.Length > Room - Form->NameOffset;
        if (Cut && (Any || Room < Form->NameOffset))
            return Any ? STATUS_SUCCESS : STATUS_INFO_LENGTH_MISMATCH;
        USHORT Copied = Cut ? (USHORT)((Room - Form->NameOffset) & ~1u) : Name.Length;
        RtlZeroMemory(Buffer + At, Start - At + Form->NameOffset);
        PutFixedPart(Vcb, Node, Form, Ccb->Position, IsDot, Buffer + Start);
        *(PULONG)(Buffer + Start + Form->NameLengthOffset) = Name.Length;
        RtlCopyMemory(Buffer + Start + Form->NameOffset, Name.Buffer, Copied);
        if (Any)
            *(PULONG)(Buffer + Previous) = Start - Previous;
        Any = TRUE;
        Previous = Start;
        At = Start + Form->NameOffset + Copied;
        *Information = At;
        if (Cut || Single) {
            Ccb->Position++;
            return Cut ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
        }
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
    if (Stack->Flags & SL_INDEX_SPECIFIED)
        Ccb->Position = Stack->Parameters.QueryDirectory.FileIndex + 1;
    else if (Stack->Flags & SL_RESTART_SCAN)
        Ccb->Position = 0;
    Status = Directory->Deleted ? STATUS_NO_MORE_FILES : FatLoadDirectory(&Vcb->Volume, Directory);
    if (!NT_SUCCESS(Status))
        return Status;
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
