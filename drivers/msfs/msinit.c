/* SPDX-License-Identifier: MIT */
/*
 * msinit.c - DriverEntry, dispatch; making and opening mailslots, and closing them.
 */
#include "ms.h"

DRIVER_INITIALIZE DriverEntry;
FAST_MUTEX MsNames;
static LIST_ENTRY Slots = {&Slots, &Slots};

NTSTATUS MsComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, NT_SUCCESS(Status) ? IO_MAILSLOT_INCREMENT : IO_NO_INCREMENT);
    return Status;
}

/* MsNames held. */
static MS_SLOT *MsFind(PCUNICODE_STRING Name)
{
    for (PLIST_ENTRY Link = Slots.Flink; Link != &Slots; Link = Link->Flink) {
        MS_SLOT *Slot = CONTAINING_RECORD(Link, MS_SLOT, Link);
        if (RtlEqualUnicodeString(&Slot->Name, Name, TRUE)) {
            return Slot;
        }
    }
    return NULL;
}

static void MsFree(MS_SLOT *Slot)
{
    if (Slot->Security != NULL) {
        SeDeassignSecurity(&Slot->Security);
    }
    ExFreePoolWithTag(Slot->Name.Buffer, MS_TAG);
    ExFreePoolWithTag(Slot, MS_TAG);
}

static NTSTATUS MsMake(PFILE_OBJECT File, const MAILSLOT_CREATE_PARAMETERS *Parameters, PACCESS_STATE AccessState)
{
    MS_SLOT *Slot = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Slot), MS_TAG);
    NTSTATUS Status;
    if (Slot == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(Slot, sizeof(*Slot));
    InitializeListHead(&Slot->Messages);
    InitializeListHead(&Slot->Readers);
    Slot->Name.MaximumLength = File->FileName.Length;
    Slot->Name.Buffer = ExAllocatePoolWithTag(PagedPool, File->FileName.Length, MS_TAG);
    if (Slot->Name.Buffer == NULL) {
        ExFreePoolWithTag(Slot, MS_TAG);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyUnicodeString(&Slot->Name, &File->FileName);
    Status = SeAssignSecurity(NULL, AccessState->SecurityDescriptor, &Slot->Security, FALSE, &AccessState->SubjectSecurityContext,
                              IoGetFileObjectGenericMapping(), PagedPool);
    if (!NT_SUCCESS(Status)) {
        Slot->Security = NULL;
        MsFree(Slot);
        return Status;
    }
    Slot->MaximumMessage = Parameters->MaximumMessageSize;
    Slot->Quota = Parameters->MailslotQuota;
    Slot->ReadTimeout.QuadPart = Parameters->TimeoutSpecified ? Parameters->ReadTimeout.QuadPart : MS_FOREVER;
    Slot->Open = TRUE;
    Slot->References = 1;
    InsertTailList(&Slots, &Slot->Link);
    File->FsContext = File->FsContext2 = Slot;
    File->Flags |= FO_MAILSLOT;
    return STATUS_SUCCESS;
}

static NTSTATUS MsCreate(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    const MAILSLOT_CREATE_PARAMETERS *Parameters = Stack->Parameters.CreateMailslot.Parameters;
    PFILE_OBJECT File = Stack->FileObject;
    NTSTATUS Status;
    if (File->RelatedFileObject != NULL || File->FileName.Length <= sizeof(WCHAR)) {
        return MsComplete(Irp, STATUS_OBJECT_NAME_INVALID, 0);
    }
    if (Parameters->TimeoutSpecified && Parameters->ReadTimeout.QuadPart > 0) {
        return MsComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    }
    ExAcquireFastMutex(&MsNames);
    Status = MsFind(&File->FileName) != NULL ? STATUS_OBJECT_NAME_COLLISION
                                             : MsMake(File, Parameters, Stack->Parameters.CreateMailslot.SecurityContext->AccessState);
    ExReleaseFastMutex(&MsNames);
    return MsComplete(Irp, Status, NT_SUCCESS(Status) ? FILE_CREATED : 0);
}

static NTSTATUS MsCheckAccess(MS_SLOT *Slot, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode)
{
    PPRIVILEGE_SET Privileges = NULL;
    ACCESS_MASK Granted = 0;
    NTSTATUS Status = STATUS_SUCCESS;
    SeLockSubjectContext(&AccessState->SubjectSecurityContext);
    if (SeAccessCheck(Slot->Security, &AccessState->SubjectSecurityContext, TRUE, AccessState->RemainingDesiredAccess,
                      AccessState->PreviouslyGrantedAccess, &Privileges, IoGetFileObjectGenericMapping(), Mode, &Granted, &Status)) {
        if (Privileges != NULL) {
            SeFreePrivileges(Privileges);
        }
        AccessState->PreviouslyGrantedAccess |= Granted;
        AccessState->RemainingDesiredAccess &= ~(Granted | MAXIMUM_ALLOWED);
        Status = STATUS_SUCCESS;
    }
    SeUnlockSubjectContext(&AccessState->SubjectSecurityContext);
    return Status;
}

/* The device, or a writer's end of a slot: only the one who made it reads. */
static NTSTATUS MsOpen(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    PIO_SECURITY_CONTEXT Security = Stack->Parameters.Create.SecurityContext;
    PFILE_OBJECT File = Stack->FileObject;
    NTSTATUS Status;
    MS_SLOT *Slot;
    if (File->RelatedFileObject == NULL && File->FileName.Length <= sizeof(WCHAR)) {
        return MsComplete(Irp, STATUS_SUCCESS, FILE_OPENED);
    }
    if ((Stack->Parameters.Create.Options & FILE_DIRECTORY_FILE) != 0) {
        return MsComplete(Irp, STATUS_NOT_A_DIRECTORY, 0);
    }
    ExAcquireFastMutex(&MsNames);
    Slot = File->RelatedFileObject == NULL ? MsFind(&File->FileName) : NULL;
    Status = Slot == NULL ? STATUS_OBJECT_NAME_NOT_FOUND : MsCheckAccess(Slot, Security->AccessState, Irp->RequestorMode);
    if (NT_SUCCESS(Status) && (Security->DesiredAccess & FILE_READ_DATA) != 0) {
        Status = STATUS_ACCESS_DENIED;
    }
    if (NT_SUCCESS(Status)) {
        Slot->References++;
        File->FsContext = Slot;
        File->Flags |= FO_MAILSLOT;
    }
    ExReleaseFastMutex(&MsNames);
    return MsComplete(Irp, Status, NT_SUCCESS(Status) ? FILE_OPENED : 0);
}

static NTSTATUS MsCleanup(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    MS_SLOT *Slot = MsSlotOf(Stack->FileObject);
    if (Slot != NULL && MsIsReader(Stack->FileObject)) {
        ExAcquireFastMutex(&MsNames);
        RemoveEntryList(&Slot->Link);
        InitializeListHead(&Slot->Link);
        ExReleaseFastMutex(&MsNames);
        MsEmpty(Slot);
    }
    return MsComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS MsClose(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    MS_SLOT *Slot = MsSlotOf(Stack->FileObject);
    BOOLEAN Last;
    if (Slot != NULL) {
        ExAcquireFastMutex(&MsNames);
        Last = --Slot->References == 0;
        ExReleaseFastMutex(&MsNames);
        if (Last) {
            MsFree(Slot);
        }
    }
    return MsComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS MsQuerySecurity(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    MS_SLOT *Slot = MsSlotOf(Stack->FileObject);
    ULONG Length = Stack->Parameters.QuerySecurity.Length;
    NTSTATUS Status;
    if (Slot == NULL) {
        return MsComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    ExAcquireFastMutex(&MsNames);
    Status = SeQuerySecurityDescriptorInfo(&Stack->Parameters.QuerySecurity.SecurityInformation, Irp->UserBuffer, &Length, &Slot->Security);
    ExReleaseFastMutex(&MsNames);
    return MsComplete(Irp, Status == STATUS_BUFFER_TOO_SMALL ? STATUS_BUFFER_OVERFLOW : Status, Length);
}

static NTSTATUS MsSetSecurity(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    MS_SLOT *Slot = MsSlotOf(Stack->FileObject);
    PSECURITY_DESCRIPTOR Old, New;
    NTSTATUS Status;
    if (Slot == NULL) {
        return MsComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    ExAcquireFastMutex(&MsNames);
    Old = New = Slot->Security;
    Status = SeSetSecurityDescriptorInfo(NULL, &Stack->Parameters.SetSecurity.SecurityInformation, Stack->Parameters.SetSecurity.SecurityDescriptor,
                                         &New, PagedPool, IoGetFileObjectGenericMapping());
    if (NT_SUCCESS(Status)) {
        Slot->Security = New;
        if (New != Old) {
            SeDeassignSecurity(&Old);
        }
    }
    ExReleaseFastMutex(&MsNames);
    return MsComplete(Irp, Status, 0);
}

typedef NTSTATUS MS_REQUEST(PIRP Irp, PIO_STACK_LOCATION Stack);

/* By major function; NULL: STATUS_INVALID_DEVICE_REQUEST. */
static MS_REQUEST *const Requests[IRP_MJ_MAXIMUM_FUNCTION + 1] = {
    [IRP_MJ_CREATE] = MsOpen,
    [IRP_MJ_CREATE_MAILSLOT] = MsCreate,
    [IRP_MJ_CLEANUP] = MsCleanup,
    [IRP_MJ_CLOSE] = MsClose,
    [IRP_MJ_READ] = MsRead,
    [IRP_MJ_WRITE] = MsWrite,
    [IRP_MJ_QUERY_INFORMATION] = MsQueryInformation,
    [IRP_MJ_SET_INFORMATION] = MsSetInformation,
    [IRP_MJ_QUERY_SECURITY] = MsQuerySecurity,
    [IRP_MJ_SET_SECURITY] = MsSetSecurity,
};

static NTSTATUS NTAPI MsDispatch(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status;
    UNREFERENCED_PARAMETER(Device);
    if (Requests[Stack->MajorFunction] == NULL) {
        return MsComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    FsRtlEnterFileSystem();
    Status = Requests[Stack->MajorFunction](Irp, Stack);
    FsRtlExitFileSystem();
    return Status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name, Link;
    PDEVICE_OBJECT Device;
    NTSTATUS Status;
    UNREFERENCED_PARAMETER(RegistryPath);
    ExInitializeFastMutex(&MsNames);
    KeInitializeSpinLock(&MsLock);
    RtlInitUnicodeString(&Name, L"\\Device\\Mailslot");
    RtlInitUnicodeString(&Link, L"\\??\\MAILSLOT");
    Status = IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_MAILSLOT, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++) {
        Driver->MajorFunction[Major] = MsDispatch;
    }
    Device->Flags |= DO_BUFFERED_IO;
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}
