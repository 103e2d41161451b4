/* SPDX-License-Identifier: MIT */
/*
 * parse.c - from a name to a file object: the parse procedures of Device and File objects.
 *
 * ob walks "\Device\RamDisk0\Windows\hello.exe" up to the device object and hands the rest of the name
 * here.  The steps of an open:
 *   1. the device may be opened (not going away, not exclusively open), and the caller may open it;
 *   2. if it holds a volume and the open is not of the bare device, the volume is mounted and its file system's stack is the target;
 *   3. a file object is made and an IRP_MJ_CREATE sent; the driver decides.
 * The result is a file object that ob makes a handle for.  A failed open leaves no trace: the file object
 * never sees a close, because its DeviceObject is taken away first.  Windows Internals, 7th ed., part 1,
 * chapter 6 "Opening devices".
 */
#include "iop.h"

/* Opens that only look at the device itself: no mount, the file object talks to the disk driver. */
static BOOLEAN IopIsDirectOpen(const IOP_OPEN_PACKET *Packet, PFILE_OBJECT Related, PUNICODE_STRING Name, ACCESS_MASK Access)
{
    return Related == NULL && Name->Length == 0 && Packet->CreateFileType == CreateFileTypeNone &&
           (Access & ~(SYNCHRONIZE | FILE_READ_ATTRIBUTES | READ_CONTROL | ACCESS_SYSTEM_SECURITY | WRITE_OWNER | WRITE_DAC)) == 0;
}

/* The check on the device object.  Files below a volume are the file system's to protect; traversing the device needs no more than
 * SeChangeNotifyPrivilege, which everyone holds. */
static NTSTATUS IopCheckDeviceAccess(PDEVICE_OBJECT Device, PFILE_OBJECT Related, PUNICODE_STRING Name, PACCESS_STATE AccessState,
                                     KPROCESSOR_MODE Mode)
{
    PPRIVILEGE_SET Privileges = NULL;
    ACCESS_MASK Granted;
    NTSTATUS Status = STATUS_SUCCESS;
    if (Mode == KernelMode || Related != NULL ||
        (Name->Length != 0 && (Device->Characteristics & FILE_DEVICE_SECURE_OPEN) == 0)) {
        return STATUS_SUCCESS;
    }
    SeLockSubjectContext(&AccessState->SubjectSecurityContext);
    if (SeAccessCheck(Device->SecurityDescriptor, &AccessState->SubjectSecurityContext, TRUE, AccessState->RemainingDesiredAccess, 0, &Privileges,
                      (PGENERIC_MAPPING)&IopFileMapping, Mode, &Granted, &Status)) {
        if (Privileges != NULL) {
            (void)SeAppendPrivileges(AccessState, Privileges);
            SeFreePrivileges(Privileges);
        }
        AccessState->PreviouslyGrantedAccess |= Granted;
        AccessState->RemainingDesiredAccess &= ~(Granted | MAXIMUM_ALLOWED);
        Status = STATUS_SUCCESS;
    }
    SeUnlockSubjectContext(&AccessState->SubjectSecurityContext);
    return Status;
}

static ULONG IopFlagsOfOptions(const IOP_OPEN_PACKET *Packet, ULONG Attributes)
{
    static const struct { ULONG Option, Flag; } Map[] = {
        {FILE_SYNCHRONOUS_IO_ALERT, FO_SYNCHRONOUS_IO | FO_ALERTABLE_IO},
        {FILE_SYNCHRONOUS_IO_NONALERT, FO_SYNCHRONOUS_IO},
        {FILE_NO_INTERMEDIATE_BUFFERING, FO_NO_INTERMEDIATE_BUFFERING},
        {FILE_WRITE_THROUGH, FO_WRITE_THROUGH},
        {FILE_SEQUENTIAL_ONLY, FO_SEQUENTIAL_ONLY},
        {FILE_RANDOM_ACCESS, FO_RANDOM_ACCESS},
    };
    ULONG Flags = (Attributes & OBJ_CASE_INSENSITIVE) == 0 ? FO_OPENED_CASE_SENSITIVE : 0;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Map); Index++) {
        if ((Packet->CreateOptions & Map[Index].Option) != 0) {
            Flags |= Map[Index].Flag;
        }
    }
    return Flags;
}

NTSTATUS IopCreateFileObject(PDEVICE_OBJECT Device, KPROCESSOR_MODE Mode, PFILE_OBJECT *Result)
{
    PFILE_OBJECT File;
    NTSTATUS Status = ObCreateBareObject_(IopFileObjectType, Mode, sizeof(FILE_OBJECT), (PVOID *)&File);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlZeroMemory(File, sizeof(*File));
    File->Type = IO_TYPE_FILE;
    File->Size = sizeof(FILE_OBJECT);
    File->DeviceObject = Device;
    KeInitializeEvent(&File->Lock, SynchronizationEvent, FALSE);
    KeInitializeEvent(&File->Event, NotificationEvent, FALSE);
    KeInitializeSpinLock(&File->IrpListLock);
    InitializeListHead(&File->IrpList);
    *Result = File;
    return STATUS_SUCCESS;
}

static NTSTATUS IopSetFileName(PFILE_OBJECT File, PUNICODE_STRING Name)
{
    if (Name->Length == 0) {
        return STATUS_SUCCESS;
    }
    File->FileName.MaximumLength = ALIGN_UP_BY(Name->Length + (USHORT)sizeof(WCHAR), 8);
    if (File->FileName.MaximumLength < Name->Length) {
        return STATUS_NAME_TOO_LONG;
    }
    File->FileName.Buffer = ExAllocatePoolWithTag(PagedPool, File->FileName.MaximumLength, IOP_TAG_NAME);
    if (File->FileName.Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyUnicodeString(&File->FileName, Name);
    return STATUS_SUCCESS;
}

/* Sends IRP_MJ_CREATE (or its pipe and mailslot forms) and waits. */
static NTSTATUS IopSendCreate(PDEVICE_OBJECT Target, PFILE_OBJECT File, IOP_OPEN_PACKET *Packet, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode,
                              ULONG Attributes, PSECURITY_QUALITY_OF_SERVICE Qos, IO_STATUS_BLOCK *Iosb)
{
    static const UCHAR Major[] = {IRP_MJ_CREATE, IRP_MJ_CREATE_NAMED_PIPE, IRP_MJ_CREATE_MAILSLOT};
    IO_SECURITY_CONTEXT Security = {Qos, AccessState, AccessState->RemainingDesiredAccess | AccessState->PreviouslyGrantedAccess,
                                    Packet->CreateOptions};
    IOP_OWN_IRP Own;
    PIRP Irp = IopMakeOwnIrp(Target->StackSize, &Own);
    PIO_STACK_LOCATION Stack;
    KEVENT Event;
    if (Irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeInitializeEvent(&Event, SynchronizationEvent, FALSE);
    Irp->Tail.Overlay.Thread = PsCurrentThread_();
    Irp->RequestorMode = Mode;
    Irp->Flags = IRP_CREATE_OPERATION | IRP_SYNCHRONOUS_API | IRP_DEFER_IO_COMPLETION;
    Irp->UserIosb = Iosb;
    Irp->UserEvent = &Event;
    Irp->Overlay.AllocationSize = Packet->AllocationSize;
    Irp->AssociatedIrp.SystemBuffer = Packet->EaBuffer;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = Major[Packet->CreateFileType];
    Stack->Flags = (Packet->Options & IO_FORCE_ACCESS_CHECK) != 0 ? SL_FORCE_ACCESS_CHECK : 0;
    Stack->Flags |= (Attributes & OBJ_CASE_INSENSITIVE) == 0 ? SL_CASE_SENSITIVE : 0;
    Stack->Flags |= Packet->TargetDirectory ? SL_OPEN_TARGET_DIRECTORY : 0;
    Stack->FileObject = File;
    Stack->Parameters.Create.SecurityContext = &Security;
    Stack->Parameters.Create.Options = Packet->Disposition << 24 | (Packet->CreateOptions & 0xFFFFFF);
    Stack->Parameters.Create.ShareAccess = Packet->ShareAccess;
    if (Packet->CreateFileType == CreateFileTypeNone) {
        Stack->Parameters.Create.FileAttributes = Packet->FileAttributes;
        Stack->Parameters.Create.EaLength = Packet->EaLength;
    } else {
        Stack->Parameters.CreatePipe.Parameters = Packet->CreateParameters;
    }
    return IopIssueAndWait(Target, Irp, &Event, Iosb);
}

/* A driver that was opened with MAXIMUM_ALLOWED and did not say what that is has no protection of its own. */
static void IopGrantRest(PACCESS_STATE AccessState)
{
    if ((AccessState->RemainingDesiredAccess & MAXIMUM_ALLOWED) != 0) {
        AccessState->PreviouslyGrantedAccess |= FILE_ALL_ACCESS;
    }
    AccessState->PreviouslyGrantedAccess |= AccessState->RemainingDesiredAccess & ~MAXIMUM_ALLOWED;
    AccessState->RemainingDesiredAccess = 0;
}

/* The file system followed a link: the new name is in the file object.  ob takes over and frees the buffer
 * given here. */
static NTSTATUS IopTakeReparseName(PFILE_OBJECT File, PUNICODE_STRING CompleteName)
{
    PWCH Buffer = ExAllocatePoolWithTag(PagedPool, max(File->FileName.Length, 8), IOP_TAG_NAME);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyMemory(Buffer, File->FileName.Buffer, File->FileName.Length);
    CompleteName->Buffer = Buffer;
    CompleteName->Length = CompleteName->MaximumLength = File->FileName.Length;
    return STATUS_REPARSE;
}

static NTSTATUS IopOpen(PDEVICE_OBJECT Device, PFILE_OBJECT Related, IOP_OPEN_PACKET *Packet, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode,
                        ULONG Attributes, PUNICODE_STRING CompleteName, PUNICODE_STRING Name, PSECURITY_QUALITY_OF_SERVICE Qos, PVOID *Object)
{
    IO_STATUS_BLOCK Iosb = {0};
    PFILE_OBJECT File = NULL;
    PVPB Vpb = NULL;
    PDEVICE_OBJECT Target = Device;
    BOOLEAN Direct;
    NTSTATUS Status = IopReferenceDevice(Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlMapGenericMask(&AccessState->RemainingDesiredAccess, (PGENERIC_MAPPING)&IopFileMapping);
    RtlMapGenericMask(&AccessState->OriginalDesiredAccess, (PGENERIC_MAPPING)&IopFileMapping);
    SeSetAccessStateGenericMapping(AccessState, (PGENERIC_MAPPING)&IopFileMapping);
    Direct = IopIsDirectOpen(Packet, Related, Name, AccessState->RemainingDesiredAccess);
    Status = IopCheckDeviceAccess(Device, Related, Name, AccessState, Mode);
    if (!NT_SUCCESS(Status)) {
        goto Fail;
    }
    if (Related != NULL && Related->Vpb != NULL) {
        Vpb = Related->Vpb;
        IopReferenceVpb(Vpb);
    } else if (Related == NULL ? !Direct && Device->Vpb != NULL : FALSE) {
        Status = IopReferenceMountedVpb(Device, Name->Length == 0, &Vpb);
        if (!NT_SUCCESS(Status)) {
            goto Fail;
        }
    }
    if (Vpb != NULL) {
        Target = Vpb->DeviceObject;
    }
    Target = Packet->DeviceHint != NULL ? Packet->DeviceHint : IoGetAttachedDevice(Target);
    Status = IopCreateFileObject(Device, Mode, &File);
    if (!NT_SUCCESS(Status)) {
        goto Fail;
    }
    File->Vpb = Vpb;
    File->RelatedFileObject = Related;
    File->Flags = IopFlagsOfOptions(Packet, Attributes) | (Direct ? FO_DIRECT_DEVICE_OPEN : 0);
    File->Flags |= Vpb != NULL && Name->Length == 0 && Related == NULL ? FO_VOLUME_OPEN : 0;
    Status = IopSetFileName(File, Name);
    if (NT_SUCCESS(Status)) {
        Status = IopSendCreate(Target, File, Packet, AccessState, Mode, Attributes, Qos, &Iosb);
        Packet->Information = Iosb.Information;
    }
    File->RelatedFileObject = NULL;
    if (NT_SUCCESS(Status) && Status != STATUS_REPARSE) {
        IopGrantRest(AccessState);
        Packet->FileObject = File;
        Packet->Parsed = TRUE;
        *Object = File;
        RtlInitEmptyUnicodeString(Name, Name->Buffer, Name->MaximumLength); /* consumed */
        return Status;
    }
    if (Status == STATUS_REPARSE) {
        Status = IopTakeReparseName(File, CompleteName);
    }
Fail:
    if (File != NULL) {
        File->Vpb = NULL;
        File->DeviceObject = NULL; /* never open: no cleanup, no close */
        ObfDereferenceObject(File);
    }
    if (Vpb != NULL) {
        IopDereferenceVpb(Vpb);
    }
    IopDereferenceDevice(Device);
    return Status;
}

NTSTATUS IopParseDevice(PVOID ParseObject, PVOID ObjectType, PACCESS_STATE AccessState, KPROCESSOR_MODE AccessMode, ULONG Attributes,
                        PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID Context, PSECURITY_QUALITY_OF_SERVICE Qos, PVOID *Object)
{
    IOP_OPEN_PACKET *Packet = Context;
    *Object = NULL;
    if (Packet == NULL && RemainingName->Length == 0 && (ObjectType == NULL || ObjectType == IopDeviceObjectType)) {
        ObfReferenceObject(ParseObject); /* somebody inside the kernel wants the device object itself */
        *Object = ParseObject;
        return STATUS_SUCCESS;
    }
    if (Packet == NULL || Packet->Type != IO_TYPE_OPEN_PACKET_) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    Packet->FinalStatus = IopOpen(ParseObject, NULL, Packet, AccessState, AccessMode, Attributes, CompleteName, RemainingName, Qos, Object);
    return Packet->FinalStatus;
}

/* Relative to an open file or directory: RootDirectory of the object attributes. */
NTSTATUS IopParseFile(PVOID ParseObject, PVOID ObjectType, PACCESS_STATE AccessState, KPROCESSOR_MODE AccessMode, ULONG Attributes,
                      PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName, PVOID Context, PSECURITY_QUALITY_OF_SERVICE Qos, PVOID *Object)
{
    IOP_OPEN_PACKET *Packet = Context;
    PFILE_OBJECT Related = ParseObject;
    (void)ObjectType;
    *Object = NULL;
    if (Packet == NULL || Packet->Type != IO_TYPE_OPEN_PACKET_) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    Packet->FinalStatus = IopOpen(Related->DeviceObject, Related, Packet, AccessState, AccessMode, Attributes, CompleteName, RemainingName, Qos, Object);
    return Packet->FinalStatus;
}
