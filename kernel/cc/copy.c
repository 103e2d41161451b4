/* SPDX-License-Identifier: MIT */
/*
 * copy.c - copying between a caller's buffer and the cache.
 *
 * The copy itself faults the pages in: a page that cannot be read ends it with the disk's status,
 * a bad user buffer with STATUS_ACCESS_VIOLATION.  A buffer below the
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

/* From here on (a whole page) the file has no valid data: what is not in memory need not be read to be written over. */
static LONGLONG CcpFirstInvalidPage(CCP_MAP *Map)
{
    PFSRTL_COMMON_FCB_HEADER Header = Map->FileObject->FsContext;
    LONGLONG Valid = Header != NULL ? Header->ValidDataLength.QuadPart : MAXLONGLONG;
    return Valid < MAXLONGLONG - PAGE_SIZE ? (LONGLONG)ROUND_TO_PAGES(Valid) : MAXLONGLONG;
}

/* *Done counts what was copied, also on failure. */
static NTSTATUS CcpCopy(CCP_MAP *Map, LONGLONG Offset, PUCHAR Buffer, ULONG Length, BOOLEAN Write, ULONG *Done)
{
    LONGLONG Fresh = Write ? CcpFirstInvalidPage(Map) : MAXLONGLONG;
    NTSTATUS Status = STATUS_SUCCESS;
    *Done = 0;
    while (Length != 0) {
        CCP_VIEW *View;
        ULONG Part;
        PUCHAR Cached;
        Status = CcpAcquireView(Map, Offset, &View, &Part);
        if (!NT_SUCCESS(Status)) {
            break;
        }
        Part = min(Part, Length);
        Cached = View->Base + Offset % CCP_VIEW_SIZE;
        if (Offset + Part > Fresh) {
            Status = MmZeroSystemView_(Offset < Fresh ? Cached + (Fresh - Offset) : Cached, Offset < Fresh ? Part - (ULONG)(Fresh - Offset) : Part);
        }
        if (NT_SUCCESS(Status)) {
            Status = Write ? CcpCopyIn(Cached, Buffer, Part) : CcpCopyOut(Buffer, Cached, Part);
        }
        CcpReleaseView(View);
        if (!NT_SUCCESS(Status)) {
            break;
        }
        Offset += Part;
        Buffer += Part;
        Length -= Part;
        *Done += Part;
    }
    return Status;
}

/* A write that failed in the middle may have changed pages all the same. */
static NTSTATUS CcpCopyWrite(CCP_MAP *Map, LONGLONG Offset, PUCHAR Buffer, ULONG Length, ULONG *Done)
{
    NTSTATUS Status = CcpCopy(Map, Offset, Buffer, Length, TRUE, Done);
    CcpMarkDirty(Map, *Done);
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
    CcpReadAhead(Map, FileOffset->QuadPart, FileOffset->QuadPart + Length);
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

/* CcCopyWrite with its status; *Done: bytes written, also on failure. */
NTSTATUS NTAPI CcCopyWriteEx_(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, PVOID Buffer, PULONG Done)
{
    PAGED_CODE();
    return CcpCopyWrite(CcpMapOf(FileObject), FileOffset->QuadPart, Buffer, Length, Done);
}

BOOLEAN NTAPI CcCopyWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, PVOID Buffer)
{
    ULONG Done;
    PAGED_CODE();
    return Wait && NT_SUCCESS(CcpCopyWrite(CcpMapOf(FileObject), FileOffset->QuadPart, Buffer, Length, &Done));
}

VOID NTAPI CcFastCopyWrite(PFILE_OBJECT FileObject, ULONG FileOffset, ULONG Length, PVOID Buffer)
{
    LARGE_INTEGER Offset = {.QuadPart = FileOffset};
    (void)CcCopyWrite(FileObject, &Offset, Length, TRUE, Buffer);
}

BOOLEAN NTAPI CcZeroData(PFILE_OBJECT FileObject, PLARGE_INTEGER StartOffset, PLARGE_INTEGER EndOffset, BOOLEAN Wait)
{
    static const UCHAR Zeroes[PAGE_SIZE];
    LONGLONG At = StartOffset->QuadPart;
    while (Wait && At < EndOffset->QuadPart) {
        ULONG Done, Part = (ULONG)min((LONGLONG)PAGE_SIZE - At % PAGE_SIZE, EndOffset->QuadPart - At);
        if (!NT_SUCCESS(CcpCopyWrite(CcpMapOf(FileObject), At, (PUCHAR)Zeroes, Part, &Done))) {
            return FALSE;
        }
        At += Part;
    }
    return Wait;
}
