/* SPDX-License-Identifier: MIT */
/*
 * file.c - the end of a file object, its name and its security.
 *
 * Two ends: the last handle goes (IRP_MJ_CLEANUP: locks, share modes, cached data), and the last reference
 * goes (IRP_MJ_CLOSE).  Between them a section may keep the file, or a request still under way.
 */
#include "iop.h"

/* No memory: wait for some; a close must not fail. */
static PIRP IopMakeEndingIrp(CCHAR StackSize, IOP_OWN_IRP *Own)
{
    LARGE_INTEGER Pause = {.QuadPart = -500000};
    PIRP Irp;
    while ((Irp = IopMakeOwnIrp(StackSize, Own)) == NULL) {
        KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    }
    return Irp;
}

/* Sends a request nobody can refuse or cancel. */
static NTSTATUS IopSendEnding(PFILE_OBJECT File, UCHAR Major, UCHAR Minor)
{
    PDEVICE_OBJECT Device = IoGetRelatedDeviceObject(File);
    IOP_OWN_IRP Own;
    PIRP Irp = IopMakeEndingIrp(Device->StackSize, &Own);
    PIO_STACK_LOCATION Stack;
    IO_STATUS_BLOCK Iosb;
    NTSTATUS Status;
    KEVENT Event;
    KeInitializeEvent(&Event, SynchronizationEvent, FALSE);
    Irp->Tail.Overlay.OriginalFileObject = File;
    Irp->Tail.Overlay.Thread = PsCurrentThread_();
    Irp->RequestorMode = KernelMode;
    Irp->Flags = IRP_CLOSE_OPERATION | IRP_SYNCHRONOUS_API;
    Irp->UserIosb = &Iosb;
    Irp->UserEvent = &Event;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = Major;
    Stack->MinorFunction = Minor;
    Stack->FileObject = File;
    Status = IofCallDriver(Device, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    }
    IoFreeIrp(Irp);
    return Status;
}

/* A handle was closed.  A process that took byte-range locks loses them with its last handle. */
void IopCloseFile(PEPROCESS Process, PVOID Object, ULONG_PTR ProcessHandleCount, ULONG_PTR SystemHandleCount)
{
    PFILE_OBJECT File = Object;
    BOOLEAN Locked = FALSE;
    (void)Process;
    if (File->DeviceObject == NULL || (SystemHandleCount != 1 && !(File->LockOperation && ProcessHandleCount == 1))) {
        return;
    }
    if (IopIsSynchronous(File)) {
        Locked = IopAcquireFileLock(File, KernelMode) == STATUS_SUCCESS;
    }
    if (File->LockOperation && ProcessHandleCount == 1) {
        PDEVICE_OBJECT Device = IoGetRelatedDeviceObject(File);
        PFAST_IO_DISPATCH Fast = IopFastIo(Device);
        IO_STATUS_BLOCK Iosb;
        if (!IOP_HAS_FAST_IO(Fast, FastIoUnlockAll) || !Fast->FastIoUnlockAll(File, PsCurrentProcess_(), &Iosb, Device)) {
            IopSendEnding(File, IRP_MJ_LOCK_CONTROL, IRP_MN_UNLOCK_ALL);
        }
    }
    if (SystemHandleCount == 1) {
        InterlockedOr((volatile LONG *)&File->Flags, FO_HANDLE_CREATED);
        IopSendEnding(File, IRP_MJ_CLEANUP, 0);
    }
    if (Locked) {
        IopReleaseFileLock(File);
    }
}

void IopDeleteFile(PVOID Object)
{
    PFILE_OBJECT File = Object;
    PDEVICE_OBJECT Device = File->DeviceObject;
    PVPB Vpb = File->Vpb;
    if (Device != NULL && (File->Flags & FO_FILE_OPEN_CANCELLED) == 0) {
        if ((File->Flags & (FO_HANDLE_CREATED | FO_STREAM_FILE)) == 0) {
            IopCloseFile(NULL, File, 0, 1); /* opened, but its handle never came to be */
        }
        IopSendEnding(File, IRP_MJ_CLOSE, 0);
    }
    if (File->FileName.Buffer != NULL) {
        ExFreePool(File->FileName.Buffer); /* a file system may have replaced it: no tag */
    }
    if (File->CompletionContext != NULL) {
        ObfDereferenceObject(File->CompletionContext->Port);
        ExFreePoolWithTag(File->CompletionContext, IOP_TAG_MISC);
    }
    if (Vpb != NULL) {
        IopDereferenceVpb(Vpb);
    }
    if (Device != NULL) {
        IopDereferenceDevice(Device);
    }
}

/* The driver refused after the open went through: no cleanup, no close. */
VOID NTAPI IoCancelFileOpen(PDEVICE_OBJECT DeviceObject, PFILE_OBJECT FileObject)
{
    (void)DeviceObject;
    if ((FileObject->Flags & FO_HANDLE_CREATED) == 0) {
        IopSendEnding(FileObject, IRP_MJ_CLEANUP, 0);
        IopSendEnding(FileObject, IRP_MJ_CLOSE, 0);
        FileObject->Flags |= FO_FILE_OPEN_CANCELLED;
    }
}

static NTSTATUS IopCreateStream(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject, PFILE_OBJECT *Result)
{
    PDEVICE_OBJECT Device = FileObject != NULL ? FileObject->DeviceObject : DeviceObject;
    PFILE_OBJECT File;
    KIRQL Irql;
    NTSTATUS Status = IopCreateFileObject(Device, KernelMode, &File);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KeAcquireSpinLock(&IopDatabaseLock, &Irql);
    Device->ReferenceCount++; /* no check: a file system makes streams while its volume is being mounted */
    KeReleaseSpinLock(&IopDatabaseLock, Irql);
    File->Flags = FO_STREAM_FILE;
    if (FileObject != NULL && FileObject->Vpb != NULL) {
        File->Vpb = FileObject->Vpb;
    } else if (Device->Vpb != NULL) {
        File->Vpb = Device->Vpb;
    }
    if (File->Vpb != NULL) {
        IopReferenceVpb(File->Vpb);
    }
    *Result = File;
    return STATUS_SUCCESS;
}

PFILE_OBJECT NTAPI IoCreateStreamFileObjectLite(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject)
{
    PFILE_OBJECT File;
    return NT_SUCCESS(IopCreateStream(FileObject, DeviceObject, &File)) ? File : NULL;
}

PFILE_OBJECT NTAPI IoCreateStreamFileObjectEx(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject, PHANDLE FileHandle)
{
    PFILE_OBJECT File;
    HANDLE Handle;
    if (!NT_SUCCESS(IopCreateStream(FileObject, DeviceObject, &File))) {
        return NULL;
    }
    ObfReferenceObject(File);
    if (!NT_SUCCESS(ObOpenObjectByPointer(File, OBJ_KERNEL_HANDLE, NULL, FILE_READ_DATA, IopFileObjectType, KernelMode, &Handle))) {
        ObfDereferenceObject(File);
        ObfDereferenceObject(File);
        return NULL;
    }
    File->Flags |= FO_HANDLE_CREATED;
    if (FileHandle != NULL) {
        *FileHandle = Handle;
    } else {
        ZwClose(Handle);
    }
    ObfDereferenceObject(File);
    return File;
}

PFILE_OBJECT NTAPI IoCreateStreamFileObject(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject)
{
    return IoCreateStreamFileObjectEx(FileObject, DeviceObject, NULL);
}

/* The name below the device, in pool: what the file system says, else the name it was opened by. */
static NTSTATUS IopGetFileSystemName(PFILE_OBJECT File, UNICODE_STRING *Name, PVOID *Pool)
{
    ULONG Length = sizeof(FILE_NAME_INFORMATION) + 600 * sizeof(WCHAR), Returned;
    PFILE_NAME_INFORMATION Information;
    NTSTATUS Status;
    *Pool = NULL;
    *Name = File->FileName;
    if ((File->Flags & FO_DIRECT_DEVICE_OPEN) != 0 || (File->Vpb == NULL && File->FileName.Length == 0)) {
        return STATUS_SUCCESS;
    }
    for (;;) {
        Information = ExAllocatePoolWithTag(PagedPool, Length, IOP_TAG_NAME);
        if (Information == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        Status = IopQueryFile(File, FileNameInformation, Information, Length, &Returned);
        if (Status != STATUS_BUFFER_OVERFLOW || Information->FileNameLength > UNICODE_STRING_MAX_BYTES) {
            break;
        }
        Length = sizeof(FILE_NAME_INFORMATION) + Information->FileNameLength;
        ExFreePoolWithTag(Information, IOP_TAG_NAME);
    }
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Information, IOP_TAG_NAME);
        return Status == STATUS_INVALID_DEVICE_REQUEST || Status == STATUS_INVALID_PARAMETER || Status == STATUS_NOT_IMPLEMENTED ||
                       Status == STATUS_INVALID_INFO_CLASS
                   ? STATUS_SUCCESS
                   : Status;
    }
    *Pool = Information;
    Name->Buffer = Information->FileName;
    Name->Length = Name->MaximumLength = (USHORT)Information->FileNameLength;
    return STATUS_SUCCESS;
}

/* "\Device\RamDisk0" + "\Windows\x.exe". */
NTSTATUS IopQueryFileName(PVOID Object, BOOLEAN HasObjectName, POBJECT_NAME_INFORMATION Information, ULONG Length, PULONG ReturnLength,
                          KPROCESSOR_MODE Mode)
{
    PFILE_OBJECT File = Object;
    UNICODE_STRING Name;
    PVOID Pool = NULL;
    ULONG Needed = 0;
    NTSTATUS Status, DeviceStatus;
    (void)HasObjectName, (void)Mode;
    DeviceStatus = ObQueryNameString(File->DeviceObject, Information, Length, &Needed);
    if (!NT_SUCCESS(DeviceStatus) && DeviceStatus != STATUS_INFO_LENGTH_MISMATCH && DeviceStatus != STATUS_BUFFER_OVERFLOW &&
        DeviceStatus != STATUS_BUFFER_TOO_SMALL) {
        return DeviceStatus;
    }
    Status = IopGetFileSystemName(File, &Name, &Pool);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    *ReturnLength = Needed + Name.Length;
    if (!NT_SUCCESS(DeviceStatus) || Length < *ReturnLength) {
        Status = Length < sizeof(OBJECT_NAME_INFORMATION) ? STATUS_INFO_LENGTH_MISMATCH : STATUS_BUFFER_OVERFLOW;
    } else if (Name.Length != 0) {
        PWCHAR End = (PWCHAR)((PUCHAR)Information->Name.Buffer + Information->Name.Length);
        RtlCopyMemory(End, Name.Buffer, Name.Length);
        Information->Name.Length += Name.Length;
        Information->Name.MaximumLength = Information->Name.Length + sizeof(WCHAR);
        Information->Name.Buffer[Information->Name.Length / sizeof(WCHAR)] = 0;
    }
    if (Pool != NULL) {
        ExFreePoolWithTag(Pool, IOP_TAG_NAME);
    }
    return Status;
}

/* C:\..., for the few who need a DOS name: volumes are \??\X: links, looked through in order. */
NTSTATUS NTAPI IoQueryFileDosDeviceName(PFILE_OBJECT FileObject, POBJECT_NAME_INFORMATION *ObjectNameInformation)
{
    UNICODE_STRING Volume, Name;
    POBJECT_NAME_INFORMATION Result;
    PVOID Pool;
    NTSTATUS Status = IoVolumeDeviceToDosName(FileObject->DeviceObject, &Volume);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopGetFileSystemName(FileObject, &Name, &Pool);
    if (NT_SUCCESS(Status)) {
        USHORT Length = Volume.Length + Name.Length;
        Result = ExAllocatePoolWithTag(PagedPool, sizeof(*Result) + Length + sizeof(WCHAR), IOP_TAG_NAME);
        if (Result == NULL) {
            Status = STATUS_INSUFFICIENT_RESOURCES;
        } else {
            RtlInitEmptyUnicodeString(&Result->Name, (PWCHAR)(Result + 1), Length + sizeof(WCHAR));
            RtlAppendUnicodeStringToString(&Result->Name, &Volume);
            RtlAppendUnicodeStringToString(&Result->Name, &Name);
            *ObjectNameInformation = Result;
        }
        if (Pool != NULL) {
            ExFreePoolWithTag(Pool, IOP_TAG_NAME);
        }
    }
    ExFreePool(Volume.Buffer);
    return Status;
}

NTSTATUS NTAPI IoVolumeDeviceToDosName(PVOID VolumeDeviceObject, PUNICODE_STRING DosName)
{
    WCHAR Link[] = L"\\??\\A:";
    PDEVICE_OBJECT Wanted = VolumeDeviceObject, Device;
    for (WCHAR Letter = L'A'; Letter <= L'Z'; Letter++) {
        UNICODE_STRING Name;
        PFILE_OBJECT File;
        Link[4] = Letter;
        RtlInitUnicodeString(&Name, Link);
        if (!NT_SUCCESS(IoGetDeviceObjectPointer(&Name, FILE_READ_ATTRIBUTES, &File, &Device))) {
            continue;
        }
        Device = File->DeviceObject;
        ObfDereferenceObject(File);
        if (Device == Wanted) {
            DosName->Buffer = ExAllocatePoolWithTag(PagedPool, 3 * sizeof(WCHAR), IOP_TAG_NAME);
            if (DosName->Buffer == NULL) {
                return STATUS_INSUFFICIENT_RESOURCES;
            }
            DosName->Length = 2 * sizeof(WCHAR);
            DosName->MaximumLength = 3 * sizeof(WCHAR);
            DosName->Buffer[0] = Letter;
            DosName->Buffer[1] = L':';
            DosName->Buffer[2] = 0;
            return STATUS_SUCCESS;
        }
    }
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

/* A descriptor that lies with the device object (or the file is the device itself); files of a volume have
 * the file system's. */
static NTSTATUS IopDeviceSecurity(PDEVICE_OBJECT Device, SECURITY_OPERATION_CODE Operation, PSECURITY_INFORMATION Information,
                                  PSECURITY_DESCRIPTOR Descriptor, PULONG CapturedLength, POOL_TYPE PoolType, PGENERIC_MAPPING Mapping)
{
    PSECURITY_DESCRIPTOR Old = Device->SecurityDescriptor, New = Old;
    NTSTATUS Status;
    switch (Operation) {
    case QuerySecurityDescriptor:
        return SeQuerySecurityDescriptorInfo(Information, Descriptor, CapturedLength, &Device->SecurityDescriptor);
    case SetSecurityDescriptor:
        Status = SeSetSecurityDescriptorInfo(NULL, Information, Descriptor, &New, PoolType, Mapping);
        if (NT_SUCCESS(Status)) {
            Device->SecurityDescriptor = New;
            if (Old != IopPublicDescriptor && Old != New) {
                ExFreePool(Old);
            }
        }
        return Status;
    default:
        return STATUS_SUCCESS; /* assigned at creation, deleted with the device */
    }
}

NTSTATUS IopGetSetSecurity(PVOID Object, SECURITY_OPERATION_CODE Operation, PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor,
                           PULONG CapturedLength, PSECURITY_DESCRIPTOR *ObjectsDescriptor, POOL_TYPE PoolType, PGENERIC_MAPPING Mapping)
{
    PFILE_OBJECT File = Object;
    IOP_REQUEST Request;
    IO_STATUS_BLOCK Iosb = {0};
    PIO_STACK_LOCATION Stack;
    PDEVICE_OBJECT Device = Object;
    NTSTATUS Status;
    (void)ObjectsDescriptor;
    if (((PDEVICE_OBJECT)Object)->Type == IO_TYPE_FILE) {
        Device = File->DeviceObject;
    }
    if (Operation == AssignSecurityDescriptor || Operation == DeleteSecurityDescriptor || Device == Object ||
        (File->Vpb == NULL && (File->Flags & (FO_NAMED_PIPE | FO_MAILSLOT)) == 0) || (File->FileName.Length == 0 && (File->Flags & FO_VOLUME_OPEN) != 0)) {
        return IopDeviceSecurity(Device, Operation, Information, Descriptor, CapturedLength, PoolType, Mapping);
    }
    (void)!IopBeginKernelRequest(&Request, File);
    Status = IopAllocateRequestIrp(&Request, Operation == QuerySecurityDescriptor ? IRP_MJ_QUERY_SECURITY : IRP_MJ_SET_SECURITY, 0);
    if (NT_SUCCESS(Status)) {
        Stack = IoGetNextIrpStackLocation(Request.Irp);
        if (Operation == QuerySecurityDescriptor) {
            Stack->Parameters.QuerySecurity.SecurityInformation = *Information;
            Stack->Parameters.QuerySecurity.Length = *CapturedLength;
            Request.Irp->UserBuffer = Descriptor;
        } else {
            Stack->Parameters.SetSecurity.SecurityInformation = *Information;
            Stack->Parameters.SetSecurity.SecurityDescriptor = Descriptor;
        }
        Status = IopCallSynchronously(&Request, &Iosb);
        if (Status == STATUS_INVALID_DEVICE_REQUEST && Operation == QuerySecurityDescriptor) {
            /* A file system without security (FAT): everybody may do everything, and that is what the
             * descriptor says. */
            Status = SeQuerySecurityDescriptorInfo(Information, Descriptor, CapturedLength, &IopPublicDescriptor);
        } else if (Status == STATUS_INVALID_DEVICE_REQUEST) {
            Status = STATUS_SUCCESS;
        } else if (Operation == QuerySecurityDescriptor) {
            *CapturedLength = (ULONG)Iosb.Information;
            Status = Status == STATUS_BUFFER_OVERFLOW ? STATUS_BUFFER_TOO_SMALL : Status;
        }
    }
    IopEndRequest(&Request);
    return Status;
}
