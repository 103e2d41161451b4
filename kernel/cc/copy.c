/* SPDX-License-Identifier: MIT */
/*
 * copy.c - copying between a caller's buffer and the cache.
 *
 * The copy itself faults the pages in: a page that cannot be read ends it with mm's status
 * (STATUS_IN_PAGE_ERROR or the disk's), a bad user buffer with STATUS_ACCESS_VIOLATION.  A buffer below the
 * user boundary is the current process'; file systems without buffered or direct I/O hand it on as it came.
 */
#include "ccp.h"

static BOOLEAN CcpIsUser(const VOID *Buffer)
{
    return (ULONG_PTR)Buffer <= MM_USER_HIGHEST;
}

static NTSTATUS CcpCopyOut(PVOID Buffer, const VOID *Cached, SIZE_T Length)
{
    return CcpIsUser(Buffer) ? KiCopyToUser(Buffer, Cached, Length) : KiCopyMemoryGuarded(Buffer, Cached, Length);
}

static NTSTATUS CcpCopyIn(PVOID Cached, const VOID *Buffer, SIZE_T Length)
{
    return CcpIsUser(Buffer) ? KiCopyFromUser(Cached, Buffer, Length) : KiCopyMemoryGuarded(Cached, Buffer, Length);
}

/* *Done counts what was copied, also on failure. */
static NTSTATUS CcpCopy(CCP_MAP *Map, LONGLONG Offset, PUCHAR Buffer, ULONG Length, BOOLEAN Write, ULONG *Done)
{
    NTSTATUS Status = STATUS_SUCCESS;
    *Done = 0;
    while (Length != 0) {
        CCP_VIEW *View;
        ULONG Part;
        PUCHAR Cached;
        Status = CcpAcquireView(Map, Offset, &View, &Part);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Part = min(Part, Length);
        Cached = View->Base + Offset % CCP_VIEW_SIZE;
        Status = Write ? CcpCopyIn(Cached, Buffer, Part) : CcpCopyOut(Buffer, Cached, Part);
        CcpReleaseView(View);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Offset += Part;
        Buffer += Part;
        Length -= Part;
        *Done += Part;
    }
    return Status;
}

/* The caller has cut Length at the end of the file.  FALSE: it may not wait, and whether the pages are
 * there is not known without touching them. */
BOOLEAN NTAPI CcCopyRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, PVOID Buffer, PIO_STATUS_BLOCK IoStatus)
{
    CCP_MAP *Map = CcpMapOf(FileObject);
    ULONG Done;
    PAGED_CODE();
    if (!Wait) {
        return FALSE;
    }
    if (FileOffset->QuadPart >= Map->SectionSize) {
        IoStatus->Status = Length == 0 ? STATUS_SUCCESS : STATUS_END_OF_FILE;
        IoStatus->Information = 0;
        return TRUE;
    }
    Length = (ULONG)min((LONGLONG)Length, Map->SectionSize - FileOffset->QuadPart);
    IoStatus->Status = CcpCopy(Map, FileOffset->QuadPart, Buffer, Length, FALSE, &Done);
    IoStatus->Information = Done;
    return TRUE;
}

VOID NTAPI CcFastCopyRead(PFILE_OBJECT FileObject, ULONG FileOffset, ULONG Length, ULONG PageCount, PVOID Buffer, PIO_STATUS_BLOCK IoStatus)
{
    LARGE_INTEGER Offset = {.QuadPart = FileOffset};
    (void)PageCount;
    (void)CcCopyRead(FileObject, &Offset, Length, TRUE, Buffer, IoStatus);
}

BOOLEAN NTAPI CcCopyWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, PVOID Buffer)
{
    ULONG Done;
    PAGED_CODE();
    return Wait && NT_SUCCESS(CcpCopy(CcpMapOf(FileObject), FileOffset->QuadPart, Buffer, Length, TRUE, &Done));
}

VOID NTAPI CcFastCopyWrite(PFILE_OBJECT FileObject, ULONG FileOffset, ULONG Length, PVOID Buffer)
{
    LARGE_INTEGER Offset = {.QuadPart = FileOffset};
    (void)CcCopyWrite(FileObject, &Offset, Length, TRUE, Buffer);
}

/* No limit on modified pages yet: they are written when the file is flushed. */
BOOLEAN NTAPI CcCanIWrite(PFILE_OBJECT FileObject, ULONG BytesToWrite, BOOLEAN Wait, UCHAR Retrying)
{
    (void)FileObject, (void)BytesToWrite, (void)Wait, (void)Retrying;
    return TRUE;
}

BOOLEAN NTAPI CcZeroData(PFILE_OBJECT FileObject, PLARGE_INTEGER StartOffset, PLARGE_INTEGER EndOffset, BOOLEAN Wait)
{
    static const UCHAR Zeroes[PAGE_SIZE];
    LONGLONG At = StartOffset->QuadPart;
    while (Wait && At < EndOffset->QuadPart) {
        ULONG Done, Part = (ULONG)min((LONGLONG)PAGE_SIZE - At % PAGE_SIZE, EndOffset->QuadPart - At);
        if (!NT_SUCCESS(CcpCopy(CcpMapOf(FileObject), At, (PUCHAR)Zeroes, Part, TRUE, &Done))) {
            return FALSE;
        }
        At += Part;
    }
    return Wait;
}
