/* SPDX-License-Identifier: MIT */
/*
 * init.c - starting the I/O manager: object types, the built-in devices, the links that make a C: of the
 * boot disk.
 */
#include "iop.h"

POBJECT_TYPE IopFileObjectType, IopDeviceObjectType, IopDriverObjectType, IopCompletionObjectType;
static POBJECT_TYPE IopAdapterObjectType, IopControllerObjectType;
/*
 * Exported under the names drivers know.  Windows exports POBJECT_TYPE variables, mingw's headers declare
 * them one pointer deeper; an object type begins with an empty list head, which points to itself, so that
 * both ways of reading end at the type.
 */
POBJECT_TYPE *IoFileObjectType, *IoDeviceObjectType, *IoDriverObjectType, *IoAdapterObjectType;
PSECURITY_DESCRIPTOR IopPublicDescriptor;
LOADER_PARAMETER_BLOCK *IopLoaderBlock;
ULONG IoReadOperationCount, IoWriteOperationCount, IoOtherOperationCount;

/* What is left of the loader's block, which is freed after start-up. */
static PHYSICAL_ADDRESS IopRamDiskBase;
static LARGE_INTEGER IopRamDiskSize;

const GENERIC_MAPPING IopFileMapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};
static const GENERIC_MAPPING IopCompletionMapping = {STANDARD_RIGHTS_READ | IO_COMPLETION_QUERY_STATE_, STANDARD_RIGHTS_WRITE | IO_COMPLETION_MODIFY_STATE_,
                                                     STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, IO_COMPLETION_ALL_ACCESS_};

static void IopCreateType(PCWSTR Text, OBJECT_TYPE_INITIALIZER *Initializer, POBJECT_TYPE *Type)
{
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, Text);
    Initializer->Length = sizeof(*Initializer);
    Initializer->InvalidAttributes = 0;
    Initializer->PoolType = NonPagedPool;
    if (!NT_SUCCESS(ObCreateObjectType(&Name, Initializer, NULL, Type))) {
        KeBugCheckEx(PHASE1_INITIALIZATION_FAILED, (ULONG_PTR)Text, 0, 0, 0);
    }
}

static void IopCreateTypes(void)
{
    OBJECT_TYPE_INITIALIZER Plain = {.CaseInsensitive = TRUE, .GenericMapping = IopFileMapping, .ValidAccessMask = FILE_ALL_ACCESS,
                                     .WaitObjectFlagOffset = -1};
    OBJECT_TYPE_INITIALIZER Device = Plain, Driver = Plain, File = Plain, Completion = Plain, Packet = Plain;
    POBJECT_TYPE *WaitPacket;

    IopCreateType(L"Adapter", &Plain, &IopAdapterObjectType);
    IopCreateType(L"Controller", &Plain, &IopControllerObjectType);
    Device.ParseProcedure = IopParseDevice;
    Device.DeleteProcedure = IopDeleteDevice;
    Device.SecurityProcedure = IopGetSetSecurity;
    IopCreateType(L"Device", &Device, &IopDeviceObjectType);
    Driver.DeleteProcedure = IopDeleteDriver;
    IopCreateType(L"Driver", &Driver, &IopDriverObjectType);
    File.ParseProcedure = IopParseFile;
    File.CloseProcedure = IopCloseFile;
    File.DeleteProcedure = IopDeleteFile;
    File.SecurityProcedure = IopGetSetSecurity;
    File.QueryNameProcedure = IopQueryFileName;
    File.MaintainHandleCount = TRUE;
    File.UseDefaultObject = FALSE;
    File.WaitObjectFlagOffset = offsetof(FILE_OBJECT, Event);
    IopCreateType(L"File", &File, &IopFileObjectType);
    Completion.GenericMapping = IopCompletionMapping;
    Completion.ValidAccessMask = IO_COMPLETION_ALL_ACCESS_;
    Completion.CloseProcedure = IopCloseIoCompletion;
    Completion.DeleteProcedure = IopDeleteIoCompletion;
    Completion.WaitObjectFlagOffset = 0;
    IopCreateType(L"IoCompletion", &Completion, &IopCompletionObjectType);
    WaitPacket = IopDescribeWaitPackets(&Packet);
    IopCreateType(L"WaitCompletionPacket", &Packet, WaitPacket);
    IoFileObjectType = (POBJECT_TYPE *)IopFileObjectType;
    IoDeviceObjectType = (POBJECT_TYPE *)IopDeviceObjectType;
    IoDriverObjectType = (POBJECT_TYPE *)IopDriverObjectType;
    IoAdapterObjectType = (POBJECT_TYPE *)IopAdapterObjectType;
}

/* Devices that do not say otherwise: Everyone reads, writes and executes; the system and administrators may
 * all. */
static NTSTATUS IopMakePublicDescriptor(void)
{
    struct { ACL Acl; UCHAR Room[256]; } List;
    SECURITY_DESCRIPTOR Absolute;
    ULONG Length = 0;
    NTSTATUS Status = RtlCreateAcl(&List.Acl, sizeof(List), ACL_REVISION);
    if (NT_SUCCESS(Status)) {
        Status = RtlAddAccessAllowedAce(&List.Acl, ACL_REVISION, FILE_GENERIC_READ | FILE_GENERIC_WRITE | FILE_GENERIC_EXECUTE, SeExports->SeWorldSid);
    }
    if (NT_SUCCESS(Status)) {
        Status = RtlAddAccessAllowedAce(&List.Acl, ACL_REVISION, FILE_ALL_ACCESS, SeExports->SeLocalSystemSid);
    }
    if (NT_SUCCESS(Status)) {
        Status = RtlAddAccessAllowedAce(&List.Acl, ACL_REVISION, FILE_ALL_ACCESS, SeExports->SeAliasAdminsSid);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    (void)RtlCreateSecurityDescriptor(&Absolute, SECURITY_DESCRIPTOR_REVISION);
    (void)RtlSetDaclSecurityDescriptor(&Absolute, TRUE, &List.Acl, FALSE);
    (void)RtlSetOwnerSecurityDescriptor(&Absolute, SeExports->SeAliasAdminsSid, FALSE);
    (void)RtlSetGroupSecurityDescriptor(&Absolute, SeExports->SeLocalSystemSid, FALSE);
    Status = RtlAbsoluteToSelfRelativeSD(&Absolute, NULL, &Length);
    if (Status != STATUS_BUFFER_TOO_SMALL) {
        return Status;
    }
    IopPublicDescriptor = ExAllocatePoolWithTag(PagedPool, Length, IOP_TAG_MISC);
    return IopPublicDescriptor != NULL ? RtlAbsoluteToSelfRelativeSD(&Absolute, IopPublicDescriptor, &Length) : STATUS_INSUFFICIENT_RESOURCES;
}

void IoInitSystem(LOADER_PARAMETER_BLOCK *Block)
{
    NTSTATUS Status;
    PAGED_CODE();
    IopLoaderBlock = Block;
    IopRamDiskBase.QuadPart = (LONGLONG)Block->RamDiskPhysical;
    IopRamDiskSize.QuadPart = (LONGLONG)Block->RamDiskSize;
    IopInitNames();
    IopInitIrps();
    IopCreateTypes();
    Status = IopMakePublicDescriptor();
    if (NT_SUCCESS(Status)) {
        Status = IopInitRawFileSystem();
    }
    if (NT_SUCCESS(Status)) {
        Status = IopCreateNullDevice();
    }
    if (!NT_SUCCESS(Status)) {
        KeBugCheckEx(IO1_INITIALIZATION_FAILED, (ULONG_PTR)Status, 0, 0, 0);
    }
}

static void IopLink(PCWSTR From, PCWSTR To)
{
    UNICODE_STRING Name, Target;
    NTSTATUS Status;
    RtlInitUnicodeString(&Name, From);
    RtlInitUnicodeString(&Target, To);
    Status = IoCreateSymbolicLink(&Name, &Target);
    if (!NT_SUCCESS(Status) && Status != STATUS_OBJECT_NAME_COLLISION) {
        KdPrint_("Io: link %ls: status 0x%08X\n", From, (ULONG)Status);
    }
}

/* Opening the root directory mounts the boot volume. */
static NTSTATUS IopMountBootVolume(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\SystemRoot");
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle;
    NTSTATUS Status;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwOpenFile(&Handle, FILE_LIST_DIRECTORY | SYNCHRONIZE, &Attributes, &Iosb, FILE_SHARE_READ | FILE_SHARE_WRITE,
                        FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT);
    if (NT_SUCCESS(Status)) {
        ZwClose(Handle);
    }
    return Status;
}

NTSTATUS IoCreateSystemLinks(void)
{
    static const struct { PCWSTR From, To; } Links[] = {
        {L"\\DosDevices", L"\\??"},
        {L"\\ArcName\\ramdisk(0)", L"\\Device\\RamDisk0"},
        {L"\\GLOBAL\?\?\\C:", L"\\Device\\RamDisk0"},
        {L"\\GLOBAL\?\?\\Volume{6e617363-656e-7400-0000-100000000000}", L"\\Device\\RamDisk0"},
        {L"\\SystemRoot", L"\\GLOBAL\?\?\\C:\\Windows"},
        {L"\\GLOBAL\?\?\\NUL", L"\\Device\\Null"},
        {L"\\GLOBAL\?\?\\CON", L"\\Device\\ConDrv\\Console"},
        {L"\\GLOBAL\?\?\\CONIN$", L"\\Device\\ConDrv\\CurrentIn"},
        {L"\\GLOBAL\?\?\\CONOUT$", L"\\Device\\ConDrv\\CurrentOut"},
        {L"\\GLOBAL\?\?\\PIPE", L"\\Device\\NamedPipe"},
        {L"\\GLOBAL\?\?\\MAILSLOT", L"\\Device\\Mailslot"},
    };
    NTSTATUS Status;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Links); Index++) {
        IopLink(Links[Index].From, Links[Index].To); /* C: is taken already if there is no RAM disk: virtblk gave it to a disk */
    }
    Status = IopMountBootVolume();
    if (NT_SUCCESS(Status)) {
        if (IopRamDiskSize.QuadPart != 0) {
            KdBootStep("Io: C: is \\Device\\RamDisk0, %u MiB, mounted", (unsigned)(IopRamDiskSize.QuadPart >> 20));
        } else {
            KdBootStep("Io: C: is on a disk, mounted");
        }
    } else {
        KdBootStep("Io: \\SystemRoot cannot be opened: status 0x%08X", (unsigned)Status);
    }
    return Status;
}

/* Ours, found by ramdisk.sys through MmGetSystemRoutineAddress: there is no registry that could carry the
 * parameters (docs/nt-differences.md). */
NTSTATUS NTAPI IoGetBootRamDisk(PPHYSICAL_ADDRESS Base, PLARGE_INTEGER Size)
{
    if (IopRamDiskSize.QuadPart == 0) {
        return STATUS_NOT_FOUND;
    }
    *Base = IopRamDiskBase;
    *Size = IopRamDiskSize;
    return STATUS_SUCCESS;
}
