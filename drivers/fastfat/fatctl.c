/* SPDX-License-Identifier: MIT */
/*
 * fatctl.c - IRP_MJ_FILE_SYSTEM_CONTROL: locking and dismounting a volume, whether it is in order, refusing oplocks; where files lie is in
 * fatwhere.c.
 *
 * A volume is locked by one handle while no other is open; then nothing can be opened, and its sectors may be written.  What was read into memory
 * before is not believed afterwards: an unlock of a volume that was written to needs a dismount first, which every such program does.
 */
#include "fat.h"

#define TAG_VPB 0x20627056u /* "Vpb ": the I/O manager frees it */

static FAT_FCB *FcbOf(PIO_STACK_LOCATION Stack)
{
    return Stack->FileObject->FsContext;
}

static NTSTATUS LockVolume(FAT_VCB *Vcb, PIO_STACK_LOCATION Stack)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (FcbOf(Stack)->Node != NULL)
        return STATUS_INVALID_PARAMETER;
    (void)FatFlushVolume(Vcb);
    ExAcquireResourceExclusiveLite(&Vcb->Resource, TRUE);
    if (Vcb->LockedBy != NULL || Vcb->OpenCount != 1)
        Status = STATUS_ACCESS_DENIED;
    else
        Vcb->LockedBy = Stack->FileObject;
    ExReleaseResourceLite(&Vcb->Resource);
    return Status;
}

static NTSTATUS UnlockVolume(FAT_VCB *Vcb, PIO_STACK_LOCATION Stack)
{
    NTSTATUS Status = STATUS_NOT_LOCKED;

    if (FcbOf(Stack)->Node != NULL)
        return STATUS_INVALID_PARAMETER;
    ExAcquireResourceExclusiveLite(&Vcb->Resource, TRUE);
    if (Vcb->LockedBy != NULL) {
        Vcb->LockedBy = NULL;
        Status = STATUS_SUCCESS;
    }
    ExReleaseResourceLite(&Vcb->Resource);
    return Status;
}

/* The disk gets a fresh VPB, so that the next open mounts again; this volume stays for the handles it has. */
static NTSTATUS DismountVolume(FAT_VCB *Vcb, PIO_STACK_LOCATION Stack)
{
    KIRQL Irql;

    if (FcbOf(Stack)->Node != NULL)
        return STATUS_INVALID_PARAMETER;
    if (Vcb->LockedBy != Stack->FileObject)
        return STATUS_ACCESS_DENIED; /* handles of programs would go stale; nobody may do that to the volume the system runs from */
    PVPB Fresh = ExAllocatePoolWithTag(NonPagedPool, sizeof *Fresh, TAG_VPB);
    if (Fresh == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Fresh, sizeof *Fresh);
    Fresh->Type = IO_TYPE_VPB;
    Fresh->Size = sizeof *Fresh;
    Fresh->RealDevice = Vcb->Vpb->RealDevice;
    (void)FatFlushVolume(Vcb);
    ExAcquireResourceExclusiveLite(&Vcb->Resource, TRUE);
    (void)FatMarkClean(&Vcb->Volume);
    Vcb->Dismounted = TRUE;
    IoAcquireVpbSpinLock(&Irql);
    Fresh->RealDevice->Vpb = Fresh;
    IoReleaseVpbSpinLock(Irql);
    ExReleaseResourceLite(&Vcb->Resource);
    FatRemoveVolume(Vcb);
    return STATUS_SUCCESS;
}

static NTSTATUS VolumeDirty(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    if (FcbOf(Stack)->Node != NULL)
        return STATUS_INVALID_PARAMETER;
    if (Stack->Parameters.FileSystemControl.OutputBufferLength < sizeof(ULONG))
        return STATUS_INVALID_PARAMETER;
    *(PULONG)Irp->AssociatedIrp.SystemBuffer = Vcb->Volume.Dirty ? VOLUME_IS_DIRTY : 0;
    *Information = sizeof(ULONG);
    return STATUS_SUCCESS;
}

/*
 * Oplocks are not granted: a program that asks for one works without (it has to: whoever has the file open already makes Windows refuse, too).  As
 * there never is one to be broken, nothing is to be acknowledged, and who waits for the end of a break need not wait.
 */
static NTSTATUS OplockControl(PIO_STACK_LOCATION Stack)
{
    FAT_FCB *Fcb = FcbOf(Stack);

    if (Fcb->Node == NULL || FatIsDirectory(Fcb->Node))
        return STATUS_INVALID_PARAMETER;
    switch (Stack->Parameters.FileSystemControl.FsControlCode) {
    case FSCTL_OPLOCK_BREAK_NOTIFY: return STATUS_SUCCESS;
    case FSCTL_OPLOCK_BREAK_ACKNOWLEDGE:
    case FSCTL_OPLOCK_BREAK_ACK_NO_2:
    case FSCTL_OPBATCH_ACK_CLOSE_PENDING: return STATUS_INVALID_OPLOCK_PROTOCOL;
    default: return STATUS_OPLOCK_NOT_GRANTED;
    }
}

NTSTATUS FatFsControl(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    if (Stack->MinorFunction == IRP_MN_VERIFY_VOLUME)
        return STATUS_SUCCESS;
    if (Stack->MinorFunction != IRP_MN_USER_FS_REQUEST && Stack->MinorFunction != IRP_MN_KERNEL_CALL)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (Vcb->Dismounted)
        return Stack->Parameters.FileSystemControl.FsControlCode == FSCTL_UNLOCK_VOLUME ? UnlockVolume(Vcb, Stack) : STATUS_VOLUME_DISMOUNTED;
    switch (Stack->Parameters.FileSystemControl.FsControlCode) {
    case FSCTL_IS_VOLUME_MOUNTED: return STATUS_SUCCESS;
    case FSCTL_IS_PATHNAME_VALID: return STATUS_SUCCESS;
    case FSCTL_LOCK_VOLUME: return LockVolume(Vcb, Stack);
    case FSCTL_UNLOCK_VOLUME: return UnlockVolume(Vcb, Stack);
    case FSCTL_DISMOUNT_VOLUME: return DismountVolume(Vcb, Stack);
    case FSCTL_GET_RETRIEVAL_POINTERS: return FatGetRetrievalPointers(Vcb, Irp, Stack, Information);
    case FSCTL_GET_VOLUME_BITMAP: return FatGetVolumeBitmap(Vcb, Irp, Stack, Information);
    case FSCTL_IS_VOLUME_DIRTY: return VolumeDirty(Vcb, Irp, Stack, Information);
    case FSCTL_MARK_VOLUME_DIRTY: return FcbOf(Stack)->Node != NULL ? STATUS_INVALID_PARAMETER : FatMarkDirty(&Vcb->Volume);
    case FSCTL_REQUEST_OPLOCK_LEVEL_1:
    case FSCTL_REQUEST_OPLOCK_LEVEL_2:
    case FSCTL_REQUEST_BATCH_OPLOCK:
    case FSCTL_REQUEST_FILTER_OPLOCK:
    case FSCTL_OPLOCK_BREAK_ACKNOWLEDGE:
    case FSCTL_OPLOCK_BREAK_ACK_NO_2:
    case FSCTL_OPBATCH_ACK_CLOSE_PENDING:
    case FSCTL_OPLOCK_BREAK_NOTIFY:
    case FSCTL_REQUEST_OPLOCK: return OplockControl(Stack);
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
}
