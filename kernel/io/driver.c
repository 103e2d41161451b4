/* SPDX-License-Identifier: MIT */
/*
 * driver.c - driver objects: from a loaded image to a started driver, and back.
 *
 * ldr maps and binds the image; here it gets its object in \Driver or \FileSystem and its DriverEntry runs.
 * A driver object fresh from IoStartDriverImage answers everything with STATUS_INVALID_DEVICE_REQUEST;
 * DriverEntry replaces what it can do. Differs from NT: a driver with open devices is not unloaded later
 * but refuses (STATUS_DEVICE_BUSY).
 */
#include "iop.h"

typedef struct _IOP_CLIENT_EXTENSION
{
    struct _IOP_CLIENT_EXTENSION *Next;
    PVOID Id;
    ULONG64 Data[1];
} IOP_CLIENT_EXTENSION;

/* DRIVER_EXTENSION is its head. */
typedef struct _IOP_DRIVER_EXTENSION
{
    DRIVER_EXTENSION Public;
    IOP_CLIENT_EXTENSION *Clients; /* IopDatabaseLock */
} IOP_DRIVER_EXTENSION;

typedef struct _IOP_REINIT
{
    LIST_ENTRY Link;
    PDRIVER_OBJECT Driver;
    PDRIVER_REINITIALIZE Routine;
    PVOID Context;
} IOP_REINIT;

static LIST_ENTRY IopReinitList = {&IopReinitList, &IopReinitList}; /* IopDatabaseLock */
static const UNICODE_STRING IopHardwareDatabase = RTL_CONSTANT_STRING(L"\\REGISTRY\\MACHINE\\HARDWARE\\DESCRIPTION\\SYSTEM");

static NTSTATUS NTAPI IopInvalidDeviceRequest(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    Irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_INVALID_DEVICE_REQUEST;
}

static BOOLEAN IopIsFileSystemName(const UNICODE_STRING *Name)
{
    static const UNICODE_STRING Names[] = {
        RTL_CONSTANT_STRING(L"fastfat"), RTL_CONSTANT_STRING(L"ntfs"),   RTL_CONSTANT_STRING(L"npfs"),
        RTL_CONSTANT_STRING(L"msfs"),    RTL_CONSTANT_STRING(L"fltmgr"),
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Names); Index++) {
        if (RtlEqualUnicodeString(Name, &Names[Index], TRUE)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Prefix and Name joined, in pool, terminated. */
static NTSTATUS IopJoinName(PCWSTR Prefix, const UNICODE_STRING *Name, UNICODE_STRING *Joined)
{
    SIZE_T Length = wcslen(Prefix) * sizeof(WCHAR) + Name->Length;
    if (Length > UNICODE_STRING_MAX_BYTES - sizeof(WCHAR)) {
        return STATUS_NAME_TOO_LONG;
    }
    Joined->Buffer = ExAllocatePoolWithTag(NonPagedPool, Length + sizeof(WCHAR), IOP_TAG_NAME);
    if (Joined->Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Joined->Length = 0;
    Joined->MaximumLength = (USHORT)(Length + sizeof(WCHAR));
    RtlAppendUnicodeToString(Joined, Prefix);
    RtlAppendUnicodeStringToString(Joined, Name);
    Joined->Buffer[Length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

static void IopFreeName(UNICODE_STRING *Name)
{
    if (Name->Buffer != NULL) {
        ExFreePoolWithTag(Name->Buffer, IOP_TAG_NAME);
        Name->Buffer = NULL;
    }
}

/* Publishes a blank driver object; two references: the name's (permanent until stopped) is ob's, one is the
 * caller's. */
static NTSTATUS IopCreateDriverObject(const UNICODE_STRING *ObjectName, const UNICODE_STRING *ServiceName, PDRIVER_INITIALIZE Entry,
                                      PDRIVER_OBJECT *Result)
{
    OBJECT_ATTRIBUTES Attributes;
    PDRIVER_OBJECT Driver;
    IOP_DRIVER_EXTENSION *Extension;
    HANDLE Handle;
    NTSTATUS Status;
    InitializeObjectAttributes(&Attributes, (PUNICODE_STRING)ObjectName, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ObCreateObject(KernelMode, IopDriverObjectType, &Attributes, KernelMode, NULL, sizeof(DRIVER_OBJECT) + sizeof(IOP_DRIVER_EXTENSION), 0,
                            0, (PVOID *)&Driver);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlZeroMemory(Driver, sizeof(DRIVER_OBJECT) + sizeof(IOP_DRIVER_EXTENSION));
    Extension = (IOP_DRIVER_EXTENSION *)(Driver + 1);
    Driver->Type = IO_TYPE_DRIVER;
    Driver->Size = sizeof(DRIVER_OBJECT);
    Driver->DriverExtension = &Extension->Public;
    Extension->Public.DriverObject = Driver;
    Driver->DriverInit = Entry;
    Driver->HardwareDatabase = (PUNICODE_STRING)&IopHardwareDatabase;
    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++) {
        Driver->MajorFunction[Major] = IopInvalidDeviceRequest;
    }
    Status = IopJoinName(L"", ObjectName, &Driver->DriverName);
    if (NT_SUCCESS(Status)) {
        Status = IopJoinName(L"", ServiceName, &Extension->Public.ServiceKeyName);
    }
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(Driver);
        return Status;
    }
    ObfReferenceObject(Driver);
    Status = ObInsertObject(Driver, NULL, FILE_READ_DATA, 0, NULL, &Handle);
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(Driver);
        return Status;
    }
    ZwClose(Handle);
    *Result = Driver;
    return STATUS_SUCCESS;
}

static void IopDevicesAreReady(PDRIVER_OBJECT Driver)
{
    KIRQL Irql;
    KeAcquireSpinLock(&IopDatabaseLock, &Irql);
    for (PDEVICE_OBJECT Device = Driver->DeviceObject; Device != NULL; Device = Device->NextDevice) {
        Device->Flags &= ~DO_DEVICE_INITIALIZING;
    }
    KeReleaseSpinLock(&IopDatabaseLock, Irql);
}

static void IopRunReinitRoutines(PDRIVER_OBJECT Driver)
{
    for (;;) {
        IOP_REINIT *Found = NULL;
        KIRQL Irql;
        KeAcquireSpinLock(&IopDatabaseLock, &Irql);
        for (PLIST_ENTRY Entry = IopReinitList.Flink; Entry != &IopReinitList && Found == NULL; Entry = Entry->Flink) {
            IOP_REINIT *Item = CONTAINING_RECORD(Entry, IOP_REINIT, Link);
            if (Item->Driver == Driver) {
                RemoveEntryList(&Item->Link);
                Found = Item;
            }
        }
        KeReleaseSpinLock(&IopDatabaseLock, Irql);
        if (Found == NULL) {
            return;
        }
        Found->Routine(Driver, Found->Context, ++Driver->DriverExtension->Count);
        ExFreePoolWithTag(Found, IOP_TAG_MISC);
    }
}

static void IopDropDriver(PDRIVER_OBJECT Driver)
{
    ObMakeTemporaryObject(Driver);
    ObfDereferenceObject(Driver);
}

static NTSTATUS IopInitializeDriver(PDRIVER_OBJECT Driver, const UNICODE_STRING *ServiceName)
{
    UNICODE_STRING RegistryPath;
    NTSTATUS Status = IopJoinName(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\", ServiceName, &RegistryPath);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = Driver->DriverInit(Driver, &RegistryPath);
    IopFreeName(&RegistryPath);
    ASSERT_IRQL_EQ(PASSIVE_LEVEL);
    if (NT_SUCCESS(Status)) {
        Driver->Flags |= DRVO_INITIALIZED_;
        IopDevicesAreReady(Driver);
        IopRunReinitRoutines(Driver);
    } else {
        KdPrint_("Io: driver %wZ did not start: status 0x%08X\n", &Driver->DriverName, (ULONG)Status);
    }
    return Status;
}

NTSTATUS IoStartDriverImage(const UNICODE_STRING *ServiceName, PVOID ImageBase, SIZE_T ImageSize, PDRIVER_INITIALIZE Entry, PVOID DriverSection,
                            PDRIVER_OBJECT *Result)
{
    UNICODE_STRING ObjectName;
    PDRIVER_OBJECT Driver;
    NTSTATUS Status;
    PAGED_CODE();
    Status = IopJoinName(IopIsFileSystemName(ServiceName) ? L"\\FileSystem\\" : L"\\Driver\\", ServiceName, &ObjectName);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopCreateDriverObject(&ObjectName, ServiceName, Entry, &Driver);
    IopFreeName(&ObjectName);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Driver->DriverStart = ImageBase;
    Driver->DriverSize = (ULONG)ImageSize;
    Driver->DriverSection = DriverSection;
    Status = IopInitializeDriver(Driver, ServiceName);
    if (!NT_SUCCESS(Status)) {
        IopDropDriver(Driver);
        return Status;
    }
    *Result = Driver;
    return STATUS_SUCCESS;
}

/* A driver without an image: the kernel's own (\Driver\Null, raw). */
NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING DriverName, PDRIVER_INITIALIZE InitializationFunction)
{
    USHORT Last = DriverName->Length / sizeof(WCHAR);
    UNICODE_STRING ServiceName;
    PDRIVER_OBJECT Driver;
    NTSTATUS Status;
    while (Last != 0 && DriverName->Buffer[Last - 1] != L'\\') {
        Last--;
    }
    ServiceName.Buffer = DriverName->Buffer + Last;
    ServiceName.Length = ServiceName.MaximumLength = DriverName->Length - Last * sizeof(WCHAR);
    Status = IopCreateDriverObject(DriverName, &ServiceName, InitializationFunction, &Driver);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IopInitializeDriver(Driver, &ServiceName);
    if (!NT_SUCCESS(Status)) {
        IopDropDriver(Driver);
    }
    return Status;
}

/* What ldr wants to hear when a driver that could not be unloaded at once has nothing open any more. */
static IO_DRIVER_IDLE_ROUTINE *IopDriverIdle;

/* IopDatabaseLock held. */
static BOOLEAN IopDevicesAreIdle(PDRIVER_OBJECT Driver)
{
    for (PDEVICE_OBJECT Device = Driver->DeviceObject; Device != NULL; Device = Device->NextDevice) {
        if (Device->ReferenceCount != 0 || Device->AttachedDevice != NULL) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Marks every device so that no open can begin; whether nothing is open or attached. */
static BOOLEAN IopBlockDevices(PDRIVER_OBJECT Driver)
{
    BOOLEAN Idle;
    KIRQL Irql;
    KeAcquireSpinLock(&IopDatabaseLock, &Irql);
    for (PDEVICE_OBJECT Device = Driver->DeviceObject; Device != NULL; Device = Device->NextDevice) {
        IopExtension(Device)->ExtensionFlags |= DOE_UNLOAD_PENDING;
    }
    Idle = IopDevicesAreIdle(Driver);
    KeReleaseSpinLock(&IopDatabaseLock, Irql);
    return Idle;
}

typedef struct _IOP_IDLE_ITEM
{
    WORK_QUEUE_ITEM Item;
    PDRIVER_OBJECT Driver; /* referenced */
} IOP_IDLE_ITEM;

static VOID NTAPI IopReportIdle(PVOID Parameter)
{
    IOP_IDLE_ITEM *Item = Parameter;
    IopDriverIdle(Item->Driver);
    ObfDereferenceObject(Item->Driver);
    ExFreePoolWithTag(Item, IOP_TAG_DRIVER);
}

/* The last file on a device whose driver is to be unloaded is closed.  IopDatabaseLock held, so the driver cannot go before it is referenced. */
void IopDeviceIsIdle(PDEVICE_OBJECT Device)
{
    PDRIVER_OBJECT Driver = Device->DriverObject;
    IOP_IDLE_ITEM *Item;
    if (IopDriverIdle == NULL || (Driver->Flags & DRVO_UNLOAD_INVOKED_) != 0 || !IopDevicesAreIdle(Driver)) {
        return;
    }
    Item = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Item), IOP_TAG_DRIVER);
    if (Item == NULL) {
        return; /* it stays; another NtUnloadDriver tries again */
    }
    Item->Driver = Driver;
    ObfReferenceObject(Driver);
    ExInitializeWorkItem(&Item->Item, IopReportIdle, Item);
    ExQueueWorkItem(&Item->Item, DelayedWorkQueue);
}

NTSTATUS IoStopDriver(PDRIVER_OBJECT Driver, IO_DRIVER_IDLE_ROUTINE *WhenIdle)
{
    PAGED_CODE();
    if (Driver->DriverUnload == NULL || (Driver->Flags & DRVO_UNLOAD_INVOKED_) != 0) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    IopDriverIdle = WhenIdle;
    if (!IopBlockDevices(Driver)) {
        return STATUS_PENDING;
    }
    Driver->Flags |= DRVO_UNLOAD_INVOKED_;
    Driver->DriverUnload(Driver);
    if (Driver->DeviceObject != NULL) {
        KdPrint_("Io: driver %wZ was unloaded and left device %p\n", &Driver->DriverName, Driver->DeviceObject);
    }
    IopDropDriver(Driver);
    return STATUS_SUCCESS;
}

void IopDeleteDriver(PVOID Object)
{
    PDRIVER_OBJECT Driver = Object;
    IOP_DRIVER_EXTENSION *Extension = (IOP_DRIVER_EXTENSION *)Driver->DriverExtension;
    IOP_CLIENT_EXTENSION *Client;
    if (Extension == NULL) {
        return;
    }
    while ((Client = Extension->Clients) != NULL) {
        Extension->Clients = Client->Next;
        ExFreePoolWithTag(Client, IOP_TAG_DRIVER);
    }
    IopFreeName(&Extension->Public.ServiceKeyName);
    IopFreeName(&Driver->DriverName);
}

NTSTATUS NTAPI IoAllocateDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress, ULONG Size, PVOID *DriverObjectExtension)
{
    IOP_DRIVER_EXTENSION *Extension = (IOP_DRIVER_EXTENSION *)DriverObject->DriverExtension;
    IOP_CLIENT_EXTENSION *New, *Old;
    KIRQL Irql;
    *DriverObjectExtension = NULL;
    New = ExAllocatePoolWithTag(NonPagedPool, offsetof(IOP_CLIENT_EXTENSION, Data) + (SIZE_T)Size, IOP_TAG_DRIVER);
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(New, offsetof(IOP_CLIENT_EXTENSION, Data) + (SIZE_T)Size);
    New->Id = ClientIdentificationAddress;
    KeAcquireSpinLock(&IopDatabaseLock, &Irql);
    for (Old = Extension->Clients; Old != NULL && Old->Id != New->Id; Old = Old->Next) {
    }
    if (Old == NULL) {
        New->Next = Extension->Clients;
        Extension->Clients = New;
    }
    KeReleaseSpinLock(&IopDatabaseLock, Irql);
    if (Old != NULL) {
        ExFreePoolWithTag(New, IOP_TAG_DRIVER);
        return STATUS_OBJECT_NAME_COLLISION;
    }
    *DriverObjectExtension = New->Data;
    return STATUS_SUCCESS;
}

PVOID NTAPI IoGetDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress)
{
    IOP_CLIENT_EXTENSION *Client;
    KIRQL Irql;
    KeAcquireSpinLock(&IopDatabaseLock, &Irql);
    Client = ((IOP_DRIVER_EXTENSION *)DriverObject->DriverExtension)->Clients;
    while (Client != NULL && Client->Id != ClientIdentificationAddress) {
        Client = Client->Next;
    }
    KeReleaseSpinLock(&IopDatabaseLock, Irql);
    return Client != NULL ? Client->Data : NULL;
}

static void IopAddReinit(PDRIVER_OBJECT Driver, PDRIVER_REINITIALIZE Routine, PVOID Context)
{
    IOP_REINIT *Item = ExAllocatePoolWithTag(NonPagedPool, sizeof(IOP_REINIT), IOP_TAG_MISC);
    if (Item != NULL) {
        *Item = (IOP_REINIT){.Driver = Driver, .Routine = Routine, .Context = Context};
        ExInterlockedInsertTailList(&IopReinitList, &Item->Link, &IopDatabaseLock);
    }
}

VOID NTAPI IoRegisterDriverReinitialization(PDRIVER_OBJECT DriverObject, PDRIVER_REINITIALIZE DriverReinitializationRoutine, PVOID Context)
{
    IopAddReinit(DriverObject, DriverReinitializationRoutine, Context);
}

VOID NTAPI IoRegisterBootDriverReinitialization(PDRIVER_OBJECT DriverObject, PDRIVER_REINITIALIZE DriverReinitializationRoutine, PVOID Context)
{
    IopAddReinit(DriverObject, DriverReinitializationRoutine, Context);
}
