/* SPDX-License-Identifier: MIT */
/*
 * mount.c - file systems, volumes, and how one finds the other.
 *
 * A disk-like device has a volume parameter block (VPB).  The first open through it asks the registered
 * file systems of its kind, newest first, whether they know the volume (IRP_MN_MOUNT_VOLUME); the one that
 * does puts its volume device into the VPB.  The device's DeviceLock makes that happen once.  If nobody
 * knows it, the raw file system takes it for opens of the whole volume, and for names the open fails with
 * STATUS_UNRECOGNIZED_VOLUME. Order: IopFileSystemLock is not held across a mount (a mount may load the
 * file system); DeviceLock, then IopDatabaseLock.
 */
#include "iop.h"

typedef struct _IOP_FILE_SYSTEM
{
    LIST_ENTRY Link;
    PDEVICE_OBJECT Device;
} IOP_FILE_SYSTEM;

static LIST_ENTRY IopFileSystems = {&IopFileSystems, &IopFileSystems};
static FAST_MUTEX IopFileSystemLock;
static PDEVICE_OBJECT IopRawVolumeSystem; /* the raw file system's control device */

PVPB IopCreateVpb(PDEVICE_OBJECT Device)
{
    PVPB Vpb = ExAllocatePoolWithTag(NonPagedPool, sizeof(VPB), IOP_TAG_VPB);
    if (Vpb != NULL) {
        RtlZeroMemory(Vpb, sizeof(*Vpb));
        Vpb->Type = IO_TYPE_VPB;
        Vpb->Size = sizeof(VPB);
        Vpb->RealDevice = Device;
    }
    return Vpb;
}

void IopFreeVpb(PVPB Vpb)
{
    ExFreePoolWithTag(Vpb, IOP_TAG_VPB);
}

void IopReferenceVpb(PVPB Vpb)
{
    KIRQL Irql;
    KeAcquireSpinLock(&IopDatabaseLock, &Irql);
    Vpb->ReferenceCount++;
    KeReleaseSpinLock(&IopDatabaseLock, Irql);
}

/* A dismounted VPB that its device has given up lives until its last file is closed. */
void IopDereferenceVpb(PVPB Vpb)
{
    BOOLEAN Free;
    KIRQL Irql;
    KeAcquireSpinLock(&IopDatabaseLock, &Irql);
    ASSERT(Vpb->ReferenceCount != 0);
    Free = --Vpb->ReferenceCount == 0 && Vpb->RealDevice->Vpb != Vpb && (Vpb->Flags & VPB_PERSISTENT) == 0;
    KeReleaseSpinLock(&IopDatabaseLock, Irql);
    if (Free) {
        IopFreeVpb(Vpb);
    }
}

VOID NTAPI IoAcquireVpbSpinLock(PKIRQL Irql)
{
    KeAcquireSpinLock(&IopDatabaseLock, Irql);
}

VOID NTAPI IoReleaseVpbSpinLock(KIRQL Irql)
{
    KeReleaseSpinLock(&IopDatabaseLock, Irql);
}

VOID NTAPI IoRegisterFileSystem(PDEVICE_OBJECT DeviceObject)
{
    IOP_FILE_SYSTEM *Entry = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Entry), IOP_TAG_MISC);
    KIRQL Irql;
    if (Entry == NULL) {
        KdPrint_("Io: no memory to register a file system\n");
        return;
    }
    Entry->Device = DeviceObject;
    DeviceObject->Flags &= ~DO_DEVICE_INITIALIZING;
    KeAcquireSpinLock(&IopDatabaseLock, &Irql);
    DeviceObject->ReferenceCount++;
    KeReleaseSpinLock(&IopDatabaseLock, Irql);
    ExAcquireFastMutex(&IopFileSystemLock);
    if ((DeviceObject->Flags & DO_LOW_PRIORITY_FILESYSTEM) != 0) {
        InsertTailList(&IopFileSystems, &Entry->Link);
    } else {
        InsertHeadList(&IopFileSystems, &Entry->Link);
    }
    ExReleaseFastMutex(&IopFileSystemLock);
}

VOID NTAPI IoUnregisterFileSystem(PDEVICE_OBJECT DeviceObject)
{
    IOP_FILE_SYSTEM *Found = NULL;
    ExAcquireFastMutex(&IopFileSystemLock);
    for (PLIST_ENTRY Entry = IopFileSystems.Flink; Entry != &IopFileSystems; Entry = Entry->Flink) {
        IOP_FILE_SYSTEM *Item = CONTAINING_RECORD(Entry, IOP_FILE_SYSTEM, Link);
        if (Item->Device == DeviceObject) {
            Found = Item;
            RemoveEntryList(Entry);
            break;
        }
    }
    ExReleaseFastMutex(&IopFileSystemLock);
    if (Found != NULL) {
        IopDereferenceDevice(DeviceObject);
        ExFreePoolWithTag(Found, IOP_TAG_MISC);
    }
}

/* The kind of file system that looks at a kind of device. */
static DEVICE_TYPE IopFileSystemTypeOf(DEVICE_TYPE Type)
{
    switch (Type) {
    case FILE_DEVICE_CD_ROM: return FILE_DEVICE_CD_ROM_FILE_SYSTEM;
    case FILE_DEVICE_TAPE: return FILE_DEVICE_TAPE_FILE_SYSTEM;
    default: return FILE_DEVICE_DISK_FILE_SYSTEM;
    }
}

/* The file system after Previous in the list (NULL: the first) that matches; referenced through the list
 * for ever, as file systems stay registered. */
static IOP_FILE_SYSTEM *IopNextFileSystem(IOP_FILE_SYSTEM *Previous, DEVICE_TYPE Type)
{
    IOP_FILE_SYSTEM *Found = NULL;
    ExAcquireFastMutex(&IopFileSystemLock);
    for (PLIST_ENTRY Entry = Previous != NULL ? Previous->Link.Flink : IopFileSystems.Flink; Entry != &IopFileSystems; Entry = Entry->Flink) {
        IOP_FILE_SYSTEM *Item = CONTAINING_RECORD(Entry, IOP_FILE_SYSTEM, Link);
        if (Item->Device->DeviceType == Type) {
            Found = Item;
            break;
        }
    }
    ExReleaseFastMutex(&IopFileSystemLock);
    return Found;
}

static NTSTATUS IopAskToMount(PDEVICE_OBJECT FileSystem, PVPB Vpb, PDEVICE_OBJECT Device, BOOLEAN AllowRaw)
{
    PDEVICE_OBJECT Target = IoGetAttachedDevice(FileSystem);
    PIRP Irp = IoAllocateIrp(Target->StackSize, FALSE);
    IO_STATUS_BLOCK Iosb;
    KEVENT Event;
    PIO_STACK_LOCATION Stack;
    if (Irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp->UserIosb = &Iosb;
    Irp->UserEvent = &Event;
    Irp->Flags = IRP_MOUNT_COMPLETION | IRP_SYNCHRONOUS_PAGING_IO;
    Irp->Tail.Overlay.Thread = PsCurrentThread_();
    Irp->RequestorMode = KernelMode;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = IRP_MJ_FILE_SYSTEM_CONTROL;
    Stack->MinorFunction = IRP_MN_MOUNT_VOLUME;
    Stack->Flags = AllowRaw ? SL_ALLOW_RAW_MOUNT : 0;
    Stack->Parameters.MountVolume.Vpb = Vpb;
    Stack->Parameters.MountVolume.DeviceObject = IoGetAttachedDevice(Device);
    if (IofCallDriver(Target, Irp) == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    }
    return Iosb.Status;
}

/* DeviceLock held. */
static NTSTATUS IopMountVolume(PDEVICE_OBJECT Device, BOOLEAN AllowRaw)
{
    PVPB Vpb = Device->Vpb;
    DEVICE_TYPE Type = IopFileSystemTypeOf(Device->DeviceType);
    NTSTATUS Status = STATUS_UNRECOGNIZED_VOLUME;
    for (IOP_FILE_SYSTEM *Item = IopNextFileSystem(NULL, Type); Item != NULL; Item = IopNextFileSystem(Item, Type)) {
        NTSTATUS Tried;
        if (Item->Device == IopRawVolumeSystem && !AllowRaw) {
            continue;
        }
        Tried = IopAskToMount(Item->Device, Vpb, Device, AllowRaw);
        if (NT_SUCCESS(Tried)) {
            KIRQL Irql;
            KeAcquireSpinLock(&IopDatabaseLock, &Irql);
            Vpb->Flags |= VPB_MOUNTED;
            KeReleaseSpinLock(&IopDatabaseLock, Irql);
            return STATUS_SUCCESS;
        }
        if (Tried != STATUS_UNRECOGNIZED_VOLUME) {
            Status = Tried; /* it knows the volume and cannot mount it: say so, but let others try */
        }
    }
    return Status;
}

NTSTATUS IopReferenceMountedVpb(PDEVICE_OBJECT Device, BOOLEAN AllowRaw, PVPB *Vpb)
{
    NTSTATUS Status = STATUS_SUCCESS;
    PAGED_CODE();
    if ((Device->Vpb->Flags & VPB_MOUNTED) == 0) {
        KeWaitForSingleObject(&Device->DeviceLock, Executive, KernelMode, FALSE, NULL);
        if ((Device->Vpb->Flags & VPB_MOUNTED) == 0) {
            Status = IopMountVolume(Device, AllowRaw);
        }
        KeSetEvent(&Device->DeviceLock, 0, FALSE);
    }
    if (NT_SUCCESS(Status) && (Device->Vpb->Flags & VPB_LOCKED) != 0) {
        Status = STATUS_ACCESS_DENIED;
    }
    if (NT_SUCCESS(Status)) {
        *Vpb = Device->Vpb;
        IopReferenceVpb(*Vpb);
    }
    return Status;
}

NTSTATUS NTAPI IoVerifyVolume(PDEVICE_OBJECT DeviceObject, BOOLEAN AllowRawMount)
{
    (void)AllowRawMount;
    KdPrint_("Io: IoVerifyVolume of device %p: removable media are not supported\n", DeviceObject);
    return STATUS_NOT_SUPPORTED;
}

/* ---- raw: the volume as one file
 * ------------------------------------------------------------------------------------------------ */

typedef struct _IOP_RAW_VOLUME
{
    PDEVICE_OBJECT Disk; /* top of the disk's stack; NULL: the control device */
} IOP_RAW_VOLUME;

static NTSTATUS IopRawDone(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS IopRawMount(PDEVICE_OBJECT ControlDevice, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PDEVICE_OBJECT Disk = Stack->Parameters.MountVolume.DeviceObject, Volume;
    NTSTATUS Status;
    if (Stack->MinorFunction != IRP_MN_MOUNT_VOLUME || (Stack->Flags & SL_ALLOW_RAW_MOUNT) == 0) {
        return IopRawDone(Irp, STATUS_UNRECOGNIZED_VOLUME, 0);
    }
    Status = IoCreateDevice(ControlDevice->DriverObject, sizeof(IOP_RAW_VOLUME), NULL, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &Volume);
    if (NT_SUCCESS(Status)) {
        ((IOP_RAW_VOLUME *)Volume->DeviceExtension)->Disk = Disk;
        Volume->StackSize = Disk->StackSize + 1;
        Volume->Flags |= Disk->Flags & (DO_DIRECT_IO | DO_BUFFERED_IO);
        Volume->AlignmentRequirement = Disk->AlignmentRequirement;
        Volume->SectorSize = Disk->SectorSize;
        Volume->Flags &= ~DO_DEVICE_INITIALIZING;
        Stack->Parameters.MountVolume.Vpb->DeviceObject = Volume;
    }
    return IopRawDone(Irp, Status, 0);
}

static NTSTATUS NTAPI IopRawDispatch(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PDEVICE_OBJECT Disk = ((IOP_RAW_VOLUME *)Device->DeviceExtension)->Disk;
    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE:
        if (Stack->FileObject->FileName.Length != 0 || Stack->FileObject->RelatedFileObject != NULL) {
            return IopRawDone(Irp, STATUS_OBJECT_PATH_NOT_FOUND, 0);
        }
        return IopRawDone(Irp, STATUS_SUCCESS, FILE_OPENED);
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE:
        return IopRawDone(Irp, STATUS_SUCCESS, 0);
    case IRP_MJ_FILE_SYSTEM_CONTROL:
        return Disk == NULL ? IopRawMount(Device, Irp) : IopRawDone(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
    case IRP_MJ_DEVICE_CONTROL:
        if (Disk != NULL) {
            IoSkipCurrentIrpStackLocation(Irp);
            return IofCallDriver(Disk, Irp);
        }
        /* fall through */
    default:
        return IopRawDone(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static NTSTATUS NTAPI IopRawEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\RawDisk");
    NTSTATUS Status;
    (void)RegistryPath;
    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++) {
        Driver->MajorFunction[Major] = IopRawDispatch;
    }
    Status = IoCreateDevice(Driver, sizeof(IOP_RAW_VOLUME), &Name, FILE_DEVICE_DISK_FILE_SYSTEM, 0, FALSE, &IopRawVolumeSystem);
    if (NT_SUCCESS(Status)) {
        IopRawVolumeSystem->Flags |= DO_LOW_PRIORITY_FILESYSTEM;
        IoRegisterFileSystem(IopRawVolumeSystem);
    }
    return Status;
}

NTSTATUS IopInitRawFileSystem(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\FileSystem\\RAW");
    ExInitializeFastMutex(&IopFileSystemLock);
    return IoCreateDriver(&Name, IopRawEntry);
}

/* At shutdown every file system flushes what it has.  The list only grows: it is walked without its lock,
 * which would hold back completion APCs. */
void IopShutdownFileSystems(void)
{
    for (PLIST_ENTRY Entry = IopFileSystems.Flink; Entry != &IopFileSystems; Entry = Entry->Flink) {
        IopSendShutdown(CONTAINING_RECORD(Entry, IOP_FILE_SYSTEM, Link)->Device);
    }
}
