/* SPDX-License-Identifier: MIT */
/*
 * npdir.c - the root directory as a list: what FindFirstFile(\\.\pipe\*) shows.
 *
 * An entry is a pipe: its end of file is the number of its instances, its allocation size the most there may be (-1: as many as you like).
 * The handle's scan remembers an expression and how many names it has given; pipes that come and go meanwhile may be missed or repeated.
 */
#include "np.h"

static ULONG NpNameOffset(ULONG Class)
{
    switch (Class) {
    case FileDirectoryInformation: return FIELD_OFFSET(FILE_DIRECTORY_INFORMATION, FileName);
    case FileFullDirectoryInformation: return FIELD_OFFSET(FILE_FULL_DIR_INFORMATION, FileName);
    case FileBothDirectoryInformation: return FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, FileName);
    case FileNamesInformation: return FIELD_OFFSET(FILE_NAMES_INFORMATION, FileName);
    case FileIdBothDirectoryInformation: return FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, FileName);
    case FileIdFullDirectoryInformation: return FIELD_OFFSET(FILE_ID_FULL_DIR_INFORMATION, FileName);
    default: return 0;
    }
}

/* The first query's expression holds for the whole scan. */
static NTSTATUS NpBeginScan(NP_DIRECTORY *Scan, PCUNICODE_STRING Expression)
{
    Scan->Scanning = TRUE;
    if (Expression == NULL || Expression->Length == 0) {
        return STATUS_SUCCESS;
    }
    Scan->Expression.Buffer = ExAllocatePoolWithTag(PagedPool, Expression->Length, NP_TAG);
    if (Scan->Expression.Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Scan->Expression.Length = Scan->Expression.MaximumLength = Expression->Length;
    for (ULONG Index = 0; Index < Expression->Length / sizeof(WCHAR); Index++) {
        Scan->Expression.Buffer[Index] = RtlUpcaseUnicodeChar(Expression->Buffer[Index]);
    }
    return STATUS_SUCCESS;
}

/* One entry at Buffer + Offset; 0 if it does not fit. */
static ULONG NpPutEntry(PUCHAR Buffer, ULONG Room, ULONG Class, NP_PIPE *Pipe, ULONG Index, NTSTATUS *Status)
{
    ULONG Head = NpNameOffset(Class), NameLength = Pipe->Name.Length - (ULONG)sizeof(WCHAR), Part = NameLength;
    FILE_DIRECTORY_INFORMATION *Entry = (PVOID)Buffer;
    if (Room < Head) {
        return 0;
    }
    if (Room < Head + NameLength) {
        *Status = STATUS_BUFFER_OVERFLOW;
        Part = Room - Head;
    }
    RtlZeroMemory(Buffer, Head);
    Entry->FileIndex = Index;
    if (Class == FileNamesInformation) {
        ((FILE_NAMES_INFORMATION *)Entry)->FileNameLength = NameLength;
    } else { /* all the others begin alike */
        Entry->EndOfFile.QuadPart = Pipe->InstanceCount;
        Entry->AllocationSize.QuadPart = (LONG)Pipe->MaximumInstances;
        Entry->FileAttributes = FILE_ATTRIBUTE_NORMAL;
        Entry->FileNameLength = NameLength;
    }
    RtlCopyMemory(Buffer + Head, Pipe->Name.Buffer + 1, Part);
    return Head + Part;
}

static NTSTATUS NpFill(NP_DIRECTORY *Scan, PUCHAR Buffer, ULONG Length, ULONG Class, BOOLEAN Single, ULONG *Used)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Index = 0, Offset = 0, Size, *Previous = NULL;
    BOOLEAN First = Scan->Next == 0;
    *Used = 0;
    for (NP_PIPE *Pipe = NpNextPipe(NULL); Pipe != NULL; Pipe = NpNextPipe(Pipe), Index++) {
        UNICODE_STRING Name = {Pipe->Name.Length - sizeof(WCHAR), Pipe->Name.Length - sizeof(WCHAR), Pipe->Name.Buffer + 1};
        if (Index < Scan->Next) {
            continue;
        }
        if (Scan->Expression.Length == 0 || FsRtlIsNameInExpression(&Scan->Expression, &Name, TRUE, NULL)) {
            NTSTATUS Fit = STATUS_SUCCESS;
            Size = Offset <= Length ? NpPutEntry(Buffer + Offset, Length - Offset, Class, Pipe, Index, &Fit) : 0;
            if (Size == 0 || (Fit != STATUS_SUCCESS && Previous != NULL)) {
                return STATUS_SUCCESS; /* the rest next time; an entry that was begun is cut off by *Used */
            }
            if (Previous != NULL) {
                *Previous = (ULONG)(Buffer + Offset - (PUCHAR)Previous);
            }
            Previous = (ULONG *)(Buffer + Offset);
            *Used = Offset + Size;
            Offset = (*Used + 7) & ~7u;
            Status = Fit;
        }
        Scan->Next = Index + 1;
        if (Previous != NULL && (Single || Status != STATUS_SUCCESS)) {
            return Status;
        }
    }
    return Previous != NULL ? Status : First ? STATUS_NO_SUCH_FILE : STATUS_NO_MORE_FILES;
}

NTSTATUS NpDirectory(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    PFILE_OBJECT File = Stack->FileObject;
    ULONG Class = Stack->Parameters.QueryDirectory.FileInformationClass, Used = 0;
    NP_DIRECTORY *Scan = File->FsContext;
    NTSTATUS Status = STATUS_SUCCESS;
    if (NpTypeOf(File) != NpTypeRoot || Stack->MinorFunction != IRP_MN_QUERY_DIRECTORY) {
        return NpComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    if (NpNameOffset(Class) == 0) {
        return NpComplete(Irp, STATUS_INVALID_INFO_CLASS, 0);
    }
    ExAcquireFastMutex(&NpNames);
    if (!Scan->Scanning) {
        Status = NpBeginScan(Scan, Stack->Parameters.QueryDirectory.FileName);
    }
    if (NT_SUCCESS(Status)) {
        if ((Stack->Flags & SL_RESTART_SCAN) != 0) {
            Scan->Next = 0;
        }
        Status = NpFill(Scan, Irp->AssociatedIrp.SystemBuffer, Stack->Parameters.QueryDirectory.Length, Class,
                        (Stack->Flags & SL_RETURN_SINGLE_ENTRY) != 0, &Used);
    }
    ExReleaseFastMutex(&NpNames);
    return NpComplete(Irp, Status, NT_ERROR(Status) ? 0 : Used);
}
