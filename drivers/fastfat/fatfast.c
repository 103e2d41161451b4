/* SPDX-License-Identifier: MIT */
/*
 * fatfast.c - fast I/O: the requests that need no IRP because the answer is in memory.  TRUE: answered.
 */
#include "fat.h"

static FAT_FCB *FileFcb(PFILE_OBJECT File)
{
    FAT_FCB *Fcb = File->FsContext;
    return Fcb != NULL && Fcb->Node != NULL ? Fcb : NULL;
}

static BOOLEAN NTAPI FastCheckIfPossible(PFILE_OBJECT File, PLARGE_INTEGER Offset, ULONG Length, BOOLEAN Wait, ULONG LockKey, BOOLEAN CheckForRead,
                                         PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT Device)
{
    UNREFERENCED_PARAMETER(Offset);
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Wait);
    UNREFERENCED_PARAMETER(LockKey);
    UNREFERENCED_PARAMETER(IoStatus);
    UNREFERENCED_PARAMETER(Device);
    FAT_FCB *Fcb = FileFcb(File);
    return CheckForRead && Fcb != NULL && !FatIsDirectory(Fcb->Node);
}

static BOOLEAN NTAPI FastQueryBasic(PFILE_OBJECT File, BOOLEAN Wait, PFILE_BASIC_INFORMATION Buffer, PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT Device)
{
    FAT_FCB *Fcb = FileFcb(File);

    UNREFERENCED_PARAMETER(Wait);
    UNREFERENCED_PARAMETER(Device);
    if (Fcb == NULL)
        return FALSE;
    FatFillBasic(Fcb->Node, Buffer);
    IoStatus->Status = STATUS_SUCCESS;
    IoStatus->Information = sizeof *Buffer;
    return TRUE;
}

static BOOLEAN NTAPI FastQueryStandard(PFILE_OBJECT File, BOOLEAN Wait, PFILE_STANDARD_INFORMATION Buffer, PIO_STATUS_BLOCK IoStatus,
                                       PDEVICE_OBJECT Device)
{
    FAT_FCB *Fcb = FileFcb(File);

    UNREFERENCED_PARAMETER(Wait);
    UNREFERENCED_PARAMETER(Device);
    if (Fcb == NULL)
        return FALSE;
    FatFillStandard(Fcb->Vcb, Fcb->Node, Buffer);
    IoStatus->Status = STATUS_SUCCESS;
    IoStatus->Information = sizeof *Buffer;
    return TRUE;
}

static BOOLEAN NTAPI FastQueryNetworkOpen(PFILE_OBJECT File, BOOLEAN Wait, PFILE_NETWORK_OPEN_INFORMATION Buffer, PIO_STATUS_BLOCK IoStatus,
                                          PDEVICE_OBJECT Device)
{
    FAT_FCB *Fcb = FileFcb(File);

    UNREFERENCED_PARAMETER(Wait);
    UNREFERENCED_PARAMETER(Device);
    if (Fcb == NULL)
        return FALSE;
    FatFillNetworkOpen(Fcb->Vcb, Fcb->Node, Buffer);
    IoStatus->Status = STATUS_SUCCESS;
    IoStatus->Information = sizeof *Buffer;
    return TRUE;
}

FAST_IO_DISPATCH FatFastIo = {
    .SizeOfFastIoDispatch = sizeof(FAST_IO_DISPATCH),
    .FastIoCheckIfPossible = FastCheckIfPossible,
    .FastIoRead = FsRtlCopyRead,
    .FastIoQueryBasicInfo = FastQueryBasic,
    .FastIoQueryStandardInfo = FastQueryStandard,
    .FastIoQueryNetworkOpenInfo = FastQueryNetworkOpen,
};
