/* SPDX-License-Identifier: MIT */
/*
 * volume.c - NtQueryVolumeInformationFile, NtSetVolumeInformationFile: what a file lies on.
 *
 * FileFsDeviceInformation is answered here, from the device object; the rest is the file system's, through a system buffer.
 */
#include "iop.h"

typedef struct _IOP_FS_CLASS
{
    UCHAR Class, QueryLength, SetLength;
    ACCESS_MASK QueryAccess, SetAccess;
} IOP_FS_CLASS;

static const IOP_FS_CLASS IopFsClasses[] = {
    {FileFsVolumeInformation, sizeof(FILE_FS_VOLUME_INFORMATION), 0, 0, 0},
    {FileFsLabelInformation, 0, sizeof(FILE_FS_LABEL_INFORMATION), 0, FILE_WRITE_DATA},
    {FileFsSizeInformation, sizeof(FILE_FS_SIZE_INFORMATION), 0, 0, 0},
    {FileFsDeviceInformation, sizeof(FILE_FS_DEVICE_INFORMATION), 0, 0, 0},
    {FileFsAttributeInformation, sizeof(FILE_FS_ATTRIBUTE_INFORMATION), 0, 0, 0},
    {FileFsControlInformation, sizeof(FILE_FS_CONTROL_INFORMATION), sizeof(FILE_FS_CONTROL_INFORMATION), FILE_READ_DATA, FILE_WRITE_DATA},
    {FileFsFullSizeInformation, sizeof(FILE_FS_FULL_SIZE_INFORMATION), 0, 0, 0},
    {FileFsObjectIdInformation, sizeof(FILE_FS_OBJECTID_INFORMATION), sizeof(FILE_FS_OBJECTID_INFORMATION), 0, FILE_WRITE_DATA},
    {11 /* FileFsSectorSizeInformation */, 28, 0, 0, 0},
};

static const IOP_FS_CLASS *IopFindFsClass(ULONG Class)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(IopFsClasses); Index++) {
        if (IopFsClasses[Index].Class == Class) {
            return &IopFsClasses[Index];
        }
    }
    return NULL;
}

/* What the file lies on: GetFileType asks this. */
static void IopQueryDeviceInformation(PFILE_OBJECT File, FILE_FS_DEVICE_INFORMATION *Information)
{
    PDEVICE_OBJECT Device = File->DeviceObject;
    Information->DeviceType = Device->DeviceType;
    Information->Characteristics = Device->Characteristics;
    if (Device->Vpb != NULL && (Device->Vpb->Flags & VPB_MOUNTED) != 0) {
        Information->Characteristics |= FILE_DEVICE_IS_MOUNTED;
    }
}

static NTSTATUS IopVolumeRequest(IOP_REQUEST *Request, UCHAR Major, FS_INFORMATION_CLASS Class, PVOID Buffer, ULONG Length, PIO_STATUS_BLOCK Iosb)
{
    PIO_STACK_LOCATION Stack;
    NTSTATUS Status = IopAllocateRequestIrp(Request, Major, 0);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Request->Irp->AssociatedIrp.SystemBuffer = Buffer;
    Request->Irp->Flags |= IRP_BUFFERED_IO;
    Stack = IoGetNextIrpStackLocation(Request->Irp);
    Stack->Parameters.QueryVolume.Length = Length; /* SetVolume is laid out alike */
    Stack->Parameters.QueryVolume.FsInformationClass = Class;
    return IopCallSynchronously(Request, Iosb);
}

static NTSTATUS IopQueryVolume(IOP_REQUEST *Request, FS_INFORMATION_CLASS Class, PVOID Buffer, ULONG Length, PIO_STATUS_BLOCK Iosb)
{
    if (Class == FileFsDeviceInformation) {
        IopQueryDeviceInformation(Request->File, Buffer);
        Iosb->Information = sizeof(FILE_FS_DEVICE_INFORMATION);
        return STATUS_SUCCESS;
    }
    return IopVolumeRequest(Request, IRP_MJ_QUERY_VOLUME_INFORMATION, Class, Buffer, Length, Iosb);
}

NTSTATUS NTAPI IoQueryVolumeInformation(PFILE_OBJECT FileObject, FS_INFORMATION_CLASS FsInformationClass, ULONG Length, PVOID FsInformation,
                                        PULONG ReturnedLength)
{
    IO_STATUS_BLOCK Iosb = {0};
    IOP_REQUEST Request;
    NTSTATUS Status = IopBeginKernelRequest(&Request, FileObject);
    if (NT_SUCCESS(Status)) {
        Status = IopQueryVolume(&Request, FsInformationClass, FsInformation, Length, &Iosb);
        *ReturnedLength = (ULONG)Iosb.Information;
        IopEndRequest(&Request);
    }
    return Status;
}

NTSTATUS NTAPI NtQueryVolumeInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FsInformation, ULONG Length,
                                            FS_INFORMATION_CLASS FsInformationClass)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    const IOP_FS_CLASS *Class = IopFindFsClass(FsInformationClass);
    IO_STATUS_BLOCK Iosb = {0};
    IOP_REQUEST Request;
    PVOID Buffer;
    NTSTATUS Status, CopyStatus;
    if (Class == NULL || Class->QueryLength == 0) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Length < Class->QueryLength) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = KiProbeForWrite(Mode, IoStatusBlock, sizeof(IO_STATUS_BLOCK), sizeof(ULONG));
    if (NT_SUCCESS(Status)) {
        Status = KiProbeForWrite(Mode, FsInformation, Length, sizeof(ULONG));
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Buffer = ExAllocatePoolWithTag(NonPagedPool, Length, IOP_TAG_BUFFER);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(Buffer, Length);
    Status = IopBeginRequest(&Request, FileHandle, Class->QueryAccess, NULL);
    if (NT_SUCCESS(Status)) {
        Status = IopQueryVolume(&Request, FsInformationClass, Buffer, Length, &Iosb);
        IopEndRequest(&Request);
    }
    if (!NT_ERROR(Status)) {
        Iosb.Status = Status;
        CopyStatus = CopyToMode(Mode, FsInformation, Buffer, min(Iosb.Information, Length));
        if (NT_SUCCESS(CopyStatus)) {
            CopyStatus = CopyToMode(Mode, IoStatusBlock, &Iosb, sizeof(Iosb));
        }
        Status = NT_SUCCESS(CopyStatus) ? Status : CopyStatus;
    }
    ExFreePoolWithTag(Buffer, IOP_TAG_BUFFER);
    return Status;
}

NTSTATUS NTAPI NtSetVolumeInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FsInformation, ULONG Length,
                                          FS_INFORMATION_CLASS FsInformationClass)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    const IOP_FS_CLASS *Class = IopFindFsClass(FsInformationClass);
    IO_STATUS_BLOCK Iosb = {0};
    IOP_REQUEST Request;
    PVOID Buffer;
    NTSTATUS Status;
    if (Class == NULL || Class->SetLength == 0) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Length < Class->SetLength) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = KiProbeForWrite(Mode, IoStatusBlock, sizeof(IO_STATUS_BLOCK), sizeof(ULONG));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Buffer = ExAllocatePoolWithTag(NonPagedPool, Length, IOP_TAG_BUFFER);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = CopyFromMode(Mode, Buffer, FsInformation, Length);
    if (NT_SUCCESS(Status)) {
        Status = IopBeginRequest(&Request, FileHandle, Class->SetAccess, NULL);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopVolumeRequest(&Request, IRP_MJ_SET_VOLUME_INFORMATION, FsInformationClass, Buffer, Length, &Iosb);
        IopEndRequest(&Request);
        if (!NT_ERROR(Status)) {
            Iosb.Status = Status;
            NTSTATUS CopyStatus = CopyToMode(Mode, IoStatusBlock, &Iosb, sizeof(Iosb));
            Status = NT_SUCCESS(CopyStatus) ? Status : CopyStatus;
        }
    }
    ExFreePoolWithTag(Buffer, IOP_TAG_BUFFER);
    return Status;
}
