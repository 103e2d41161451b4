/* SPDX-License-Identifier: MIT */
/*
 * fatinit.c - DriverEntry, and the one door through which every IRP comes in and is completed.
 */
#include "fat.h"

PDEVICE_OBJECT FatControlDevice;

NTSTATUS FatComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, NT_SUCCESS(Status) ? IO_DISK_INCREMENT : IO_NO_INCREMENT);
    return Status;
}

PVOID FatGetBuffer(PIRP Irp)
{
    if (Irp->MdlAddress != NULL)
        return MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    if (Irp->AssociatedIrp.SystemBuffer != NULL)
        return Irp->AssociatedIrp.SystemBuffer;
    return Irp->UserBuffer;
}

BOOLEAN FatIsVolumeOpen(PFILE_OBJECT File)
{
    FAT_FCB *Fcb = File->FsContext;
    return Fcb == NULL || Fcb->Node == NULL;
}

static FAT_REQUEST FatNoEas;
static NTSTATUS FatNoEas(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    UNREFERENCED_PARAMETER(Vcb);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Stack);
    UNREFERENCED_PARAMETER(Information);
    return STATUS_EAS_NOT_SUPPORTED;
}

/* By major function; NULL: STATUS_INVALID_DEVICE_REQUEST. */
static FAT_REQUEST *const Requests[IRP_MJ_MAXIMUM_FUNCTION + 1] = {
    [IRP_MJ_CREATE] = FatCreate,
    [IRP_MJ_CLEANUP] = FatCleanup,
    [IRP_MJ_CLOSE] = FatClose,
    [IRP_MJ_READ] = FatRead,
    [IRP_MJ_WRITE] = FatWrite,
    [IRP_MJ_QUERY_INFORMATION] = FatQueryInformation,
    [IRP_MJ_SET_INFORMATION] = FatSetInformation,
    [IRP_MJ_QUERY_EA] = FatNoEas,
    [IRP_MJ_SET_EA] = FatNoEas,
    [IRP_MJ_FLUSH_BUFFERS] = FatFlush,
    [IRP_MJ_QUERY_VOLUME_INFORMATION] = FatQueryVolume,
    [IRP_MJ_SET_VOLUME_INFORMATION] = FatSetVolume,
    [IRP_MJ_DIRECTORY_CONTROL] = FatDirectoryControl,
    [IRP_MJ_FILE_SYSTEM_CONTROL] = FatFsControl,
    [IRP_MJ_LOCK_CONTROL] = FatLockControl,
    [IRP_MJ_SHUTDOWN] = FatShutdown,
};

/* \Fat, the device the file system is registered by: it mounts, and otherwise only can be opened. */
static NTSTATUS ControlDeviceRequest(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE:
        return FatComplete(Irp, STATUS_SUCCESS, FILE_OPENED);
    case IRP_MJ_SHUTDOWN:
        FatFlushAllVolumes();
        return FatComplete(Irp, STATUS_SUCCESS, 0);
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE:
        return FatComplete(Irp, STATUS_SUCCESS, 0);
    case IRP_MJ_FILE_SYSTEM_CONTROL:
        if (Stack->MinorFunction == IRP_MN_MOUNT_VOLUME)
            return FatComplete(Irp, FatMountVolume(Stack->Parameters.MountVolume.DeviceObject, Stack->Parameters.MountVolume.Vpb), 0);
        break;
    }
    return FatComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

static NTSTATUS NTAPI FatDispatch(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG_PTR Information = 0;
    NTSTATUS Status;

    FsRtlEnterFileSystem();
    if (Device == FatControlDevice) {
        Status = ControlDeviceRequest(Irp, Stack);
    } else if (Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
        IoSkipCurrentIrpStackLocation(Irp);
        Status = IoCallDriver(FatVcbOf(Device)->Target, Irp);
    } else if (Requests[Stack->MajorFunction] == NULL) {
        Status = FatComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    } else {
        Status = Requests[Stack->MajorFunction](FatVcbOf(Device), Irp, Stack, &Information);
        if (Information != FAT_NOT_MINE)
            FatComplete(Irp, Status, Information);
    }
    FsRtlExitFileSystem();
    return Status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name;

    UNREFERENCED_PARAMETER(RegistryPath);
    RtlInitUnicodeString(&Name, L"\\Fat");
    ExInitializeNPagedLookasideList(&FatCcbs, NULL, NULL, 0, sizeof(FAT_CCB), FAT_TAG_CCB, 0);
    NTSTATUS Status = FatStartWriter();
    if (!NT_SUCCESS(Status))
        return Status;
    Status = IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &FatControlDevice);
    if (!NT_SUCCESS(Status))
        return Status;
    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++)
        Driver->MajorFunction[Major] = FatDispatch;
    Driver->FastIoDispatch = &FatFastIo;
    FatControlDevice->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    IoRegisterFileSystem(FatControlDevice);
    return STATUS_SUCCESS;
}
