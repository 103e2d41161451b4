/* SPDX-License-Identifier: MIT */
/*
 * driver.c - loading and unloading drivers.
 *
 * Boot drivers were laid out and protected by the boot loader; here their imports are bound and their DriverEntry called, in the order of
 * boot.cfg.  A driver loaded later comes from \SystemRoot\System32\drivers: read, validated, laid out in system image space, relocated, bound, and only
 * then protected section by section (W^X), so its import table is never writable while its code can run.
 *
 * Differs from Windows: there is no registry yet, so the last component of a service's key names the image file.  Boot images stay in memory
 * when their driver is unloaded.  Windows Internals, 7th ed., part 1, chapter 6 "Driver loading".
 */
#include "ldrp.h"
#include "se.h"

#define LDRP_MAX_DRIVER_SIZE (64u << 20)

/* "\Registry\Machine\System\CurrentControlSet\Services\null" or "ramdisk.sys" -> the bare name. */
static UNICODE_STRING LdrpServiceName(const UNICODE_STRING *Path)
{
    UNICODE_STRING Name = *Path;

    for (USHORT i = Path->Length / sizeof(WCHAR); i > 0; i--) {
        if (Path->Buffer[i - 1] == L'\\') {
            Name.Buffer = Path->Buffer + i;
            Name.Length = (USHORT)(Path->Length - i * sizeof(WCHAR));
            break;
        }
    }
    if (Name.Length > 4 * sizeof(WCHAR) && Name.Buffer[Name.Length / sizeof(WCHAR) - 4] == L'.') {
        Name.Length -= 4 * sizeof(WCHAR);
    }
    Name.MaximumLength = Name.Length;
    return Name;
}

static NTSTATUS LdrpStartDriver(PKLDR_DATA_TABLE_ENTRY Entry, const UNICODE_STRING *ServiceName)
{
    PDRIVER_OBJECT Driver = NULL;
    NTSTATUS Status;

    if (Entry->EntryPoint == NULL) {
        return STATUS_SUCCESS; /* an export driver without an entry point */
    }
    /* The object's one reference stands for the driver being loaded; IoStopDriver drops it. */
    Status = IoStartDriverImage(ServiceName, Entry->DllBase, Entry->SizeOfImage, (PDRIVER_INITIALIZE)(ULONG_PTR)Entry->EntryPoint, Entry, &Driver);
    return Status;
}

NTSTATUS LdrStartBootDrivers(void)
{
    PLIST_ENTRY Link = PsLoadedModuleList.Flink->Flink; /* past the kernel */

    PAGED_CODE();
    /* Bind all first: a boot driver may import from one that stands later in the list. */
    for (; Link != &PsLoadedModuleList; Link = Link->Flink) {
        PKLDR_DATA_TABLE_ENTRY Entry = CONTAINING_RECORD(Link, KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks);
        NTSTATUS Status = LdrpBindImports(Entry, Entry->SectionPointer);
        if (!NT_SUCCESS(Status)) {
            KdBootStep("Ldr: cannot bind %wZ: 0x%08X", &Entry->BaseDllName, (ULONG)Status);
            return Status;
        }
        Entry->Flags |= LDRP_ENTRY_PROCESSED_;
    }
    for (Link = PsLoadedModuleList.Flink->Flink; Link != &PsLoadedModuleList; Link = Link->Flink) {
        PKLDR_DATA_TABLE_ENTRY Entry = CONTAINING_RECORD(Link, KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks);
        UNICODE_STRING Name = LdrpServiceName(&Entry->BaseDllName);
        NTSTATUS Status = LdrpStartDriver(Entry, &Name);

        KdBootStep("Io: %wZ at %p%s", &Entry->BaseDllName, Entry->DllBase, NT_SUCCESS(Status) ? "" : " failed");
        if (!NT_SUCCESS(Status)) {
            KdBootStep("Io: DriverEntry of %wZ returned 0x%08X", &Entry->BaseDllName, (ULONG)Status);
        }
    }
    return STATUS_SUCCESS;
}

/* The whole file in pool. */
static NTSTATUS LdrpReadFile(PUNICODE_STRING Path, PVOID *Buffer, ULONG *Size)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    FILE_STANDARD_INFORMATION Standard;
    HANDLE File = NULL;
    PVOID Bytes = NULL;
    LARGE_INTEGER Offset = {.QuadPart = 0};
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwOpenFile(&File, FILE_READ_DATA | SYNCHRONIZE, &Attributes, &Iosb, FILE_SHARE_READ | FILE_SHARE_DELETE,
                        FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ZwQueryInformationFile(File, &Iosb, &Standard, sizeof(Standard), FileStandardInformation);
    if (!NT_SUCCESS(Status)) {
        goto Cleanup;
    }
    if (Standard.EndOfFile.QuadPart == 0 || Standard.EndOfFile.QuadPart > LDRP_MAX_DRIVER_SIZE) {
        Status = STATUS_INVALID_IMAGE_FORMAT;
        goto Cleanup;
    }
    Bytes = ExAllocatePoolWithTag(PagedPool, Standard.EndOfFile.LowPart, LDRP_TAG);
    if (Bytes == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto Cleanup;
    }
    Status = ZwReadFile(File, NULL, NULL, NULL, &Iosb, Bytes, Standard.EndOfFile.LowPart, &Offset, NULL);
    if (NT_SUCCESS(Status) && Iosb.Information != Standard.EndOfFile.LowPart) {
        Status = STATUS_END_OF_FILE;
    }
    if (NT_SUCCESS(Status)) {
        *Buffer = Bytes;
        *Size = Standard.EndOfFile.LowPart;
        Bytes = NULL;
    }
Cleanup:
    if (Bytes != NULL) {
        ExFreePoolWithTag(Bytes, LDRP_TAG);
    }
    ZwClose(File);
    return Status;
}

/* File bytes -> a laid-out, relocated image in system image space, still writable. */
static NTSTATUS LdrpLayoutDriver(const VOID *File, ULONG FileSize, PE_INFO *Info, PVOID *Image)
{
    NTSTATUS Status = RtlPeParse(File, min(FileSize, PE_MAX_HEADER_BYTES), FileSize, Info);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Info->Subsystem != PE_SUBSYSTEM_NATIVE || Info->Flat || (Info->Characteristics & PE_FILE_RELOCS_STRIPPED)) {
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    *Image = MmAllocateSystemImage(Info->SizeOfImage);
    if (*Image == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = RtlPeLayout(File, FileSize, Info, *Image);
    if (NT_SUCCESS(Status)) {
        Status = RtlPeRelocateImage(*Image, Info, (ULONG_PTR)*Image - Info->ImageBase);
    }
    if (!NT_SUCCESS(Status)) {
        MmFreeSystemImage(*Image);
        *Image = NULL;
    }
    return Status;
}

static PKLDR_DATA_TABLE_ENTRY LdrpCreateEntry(const UNICODE_STRING *Path, PVOID Image, const PE_INFO *Info)
{
    PKLDR_DATA_TABLE_ENTRY Entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Entry) + Path->Length + sizeof(WCHAR), LDRP_TAG);
    USHORT BaseAt;

    if (Entry == NULL) {
        return NULL;
    }
    RtlZeroMemory(Entry, sizeof(*Entry));
    Entry->DllBase = Image;
    Entry->EntryPoint = Info->EntryPoint != 0 ? (PUCHAR)Image + Info->EntryPoint : NULL;
    Entry->SizeOfImage = Info->SizeOfImage;
    Entry->CheckSum = Info->CheckSum;
    Entry->TimeDateStamp = Info->TimeDateStamp;
    Entry->LoadCount = 1;
    Entry->FullDllName.Buffer = (PWSTR)(Entry + 1);
    Entry->FullDllName.Length = Path->Length;
    Entry->FullDllName.MaximumLength = (USHORT)(Path->Length + sizeof(WCHAR));
    RtlCopyMemory(Entry->FullDllName.Buffer, Path->Buffer, Path->Length);
    Entry->FullDllName.Buffer[Path->Length / sizeof(WCHAR)] = 0;
    for (BaseAt = Path->Length / sizeof(WCHAR); BaseAt > 0 && Path->Buffer[BaseAt - 1] != L'\\'; BaseAt--) {
    }
    Entry->BaseDllName.Buffer = Entry->FullDllName.Buffer + BaseAt;
    Entry->BaseDllName.Length = (USHORT)(Path->Length - BaseAt * sizeof(WCHAR));
    Entry->BaseDllName.MaximumLength = (USHORT)(Entry->BaseDllName.Length + sizeof(WCHAR));
    return Entry;
}

/* LdrpLoadLock held.  The image is in PsLoadedModuleList when it succeeds. */
static NTSTATUS LdrpLoadImageLocked(PUNICODE_STRING Path, PKLDR_DATA_TABLE_ENTRY *EntryOut)
{
    PKLDR_DATA_TABLE_ENTRY Entry = NULL;
    PVOID File = NULL, Image = NULL;
    ULONG FileSize;
    PE_INFO Info;
    NTSTATUS Status = LdrpReadFile(Path, &File, &FileSize);

    if (NT_SUCCESS(Status)) {
        Status = LdrpLayoutDriver(File, FileSize, &Info, &Image);
    }
    if (!NT_SUCCESS(Status)) {
        goto Cleanup;
    }
    Entry = LdrpCreateEntry(Path, Image, &Info);
    Status = Entry != NULL ? LdrpBindImports(Entry, Image) : STATUS_INSUFFICIENT_RESOURCES;
    if (NT_SUCCESS(Status)) {
        Status = LdrpProtectImage(Image, &Info);
    }
    if (NT_SUCCESS(Status)) {
        Entry->Flags |= LDRP_ENTRY_PROCESSED_;
        LdrpInsertModule(Entry);
        *EntryOut = Entry;
        Entry = NULL;
        Image = NULL;
    }
Cleanup:
    if (Entry != NULL) {
        ExFreePoolWithTag(Entry, LDRP_TAG);
    }
    if (Image != NULL) {
        MmFreeSystemImage(Image);
    }
    if (File != NULL) {
        ExFreePoolWithTag(File, LDRP_TAG);
    }
    return Status;
}

/* LdrpLoadLock held: no one can be in the image any more. */
static void LdrpUnloadImageLocked(PKLDR_DATA_TABLE_ENTRY Entry)
{
    if (Entry->Flags & LDRP_BOOT_IMAGE_) {
        return;
    }
    LdrpRemoveModule(Entry);
    MmFreeSystemImage(Entry->DllBase);
    ExFreePoolWithTag(Entry, LDRP_TAG);
}

static NTSTATUS LdrpLoadDriverByService(const UNICODE_STRING *ServicePath)
{
    UNICODE_STRING Name = LdrpServiceName(ServicePath);
    static const WCHAR Folder[] = L"\\SystemRoot\\System32\\drivers\\";
    WCHAR Buffer[160];
    UNICODE_STRING Path = {.Length = 0, .MaximumLength = sizeof(Buffer), .Buffer = Buffer};
    PKLDR_DATA_TABLE_ENTRY Entry = NULL;
    NTSTATUS Status;

    if (Name.Length == 0 || Name.Length + sizeof(Folder) + 4 * sizeof(WCHAR) > sizeof(Buffer)) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    (void)RtlAppendUnicodeToString(&Path, Folder);
    (void)RtlAppendUnicodeStringToString(&Path, &Name);
    (void)RtlAppendUnicodeToString(&Path, L".sys");
    ExAcquirePushLockExclusive_(&LdrpLoadLock);
    for (PLIST_ENTRY Link = PsLoadedModuleList.Flink; Link != &PsLoadedModuleList; Link = Link->Flink) {
        PKLDR_DATA_TABLE_ENTRY Loaded = CONTAINING_RECORD(Link, KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks);
        UNICODE_STRING LoadedName = LdrpServiceName(&Loaded->BaseDllName);
        if (RtlEqualUnicodeString(&LoadedName, &Name, TRUE) && !(Loaded->Flags & LDRP_BOOT_IMAGE_)) {
            Status = STATUS_IMAGE_ALREADY_LOADED;
            goto Cleanup;
        }
    }
    Status = LdrpLoadImageLocked(&Path, &Entry);
    if (NT_SUCCESS(Status)) {
        Status = LdrpStartDriver(Entry, &Name);
        if (!NT_SUCCESS(Status)) {
            LdrpUnloadImageLocked(Entry);
        }
    }
Cleanup:
    ExReleasePushLockExclusive_(&LdrpLoadLock);
    KdPrint_("Io: load %wZ: 0x%08X\n", &Path, (ULONG)Status);
    return Status;
}

/* Stops the driver and unloads its image; if it is in use, later. */
static NTSTATUS LdrpStopDriver(PDRIVER_OBJECT Driver);
static void LdrpDriverIsIdle(PDRIVER_OBJECT Driver)
{
    (void)LdrpStopDriver(Driver);
}

static NTSTATUS LdrpStopDriver(PDRIVER_OBJECT Driver)
{
    PKLDR_DATA_TABLE_ENTRY Entry = Driver->DriverSection;
    NTSTATUS Status;

    ExAcquirePushLockExclusive_(&LdrpLoadLock);
    Status = IoStopDriver(Driver, LdrpDriverIsIdle);
    if (Status == STATUS_SUCCESS && Entry != NULL) {
        LdrpUnloadImageLocked(Entry);
    }
    ExReleasePushLockExclusive_(&LdrpLoadLock);
    return Status == STATUS_PENDING ? STATUS_SUCCESS : Status;
}

static NTSTATUS LdrpUnloadDriverByService(const UNICODE_STRING *ServicePath)
{
    UNICODE_STRING Name = LdrpServiceName(ServicePath);
    WCHAR Buffer[160];
    UNICODE_STRING ObjectName = {.Length = 0, .MaximumLength = sizeof(Buffer), .Buffer = Buffer};
    PDRIVER_OBJECT Driver;
    NTSTATUS Status;

    if (Name.Length == 0 || Name.Length > 128) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    (void)RtlAppendUnicodeToString(&ObjectName, L"\\Driver\\");
    (void)RtlAppendUnicodeStringToString(&ObjectName, &Name);
    Status = ObReferenceObjectByName(&ObjectName, OBJ_CASE_INSENSITIVE, NULL, 0, *IoDriverObjectType, KernelMode, NULL, (PVOID *)&Driver);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = LdrpStopDriver(Driver);
    ObDereferenceObject(Driver);
    return Status;
}

static NTSTATUS LdrpDriverService(PUNICODE_STRING ServiceName, NTSTATUS (*Act)(const UNICODE_STRING *))
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    UNICODE_STRING Captured;
    NTSTATUS Status;

    PAGED_CODE();
    if (!SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_LOAD_DRIVER_PRIVILEGE), Mode)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    Status = ExCaptureUnicodeString(Mode, ServiceName, &Captured);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = Act(&Captured);
    ExFreeCapturedString(&Captured);
    return Status;
}

/* DriverServiceName: the service's registry key.  STATUS_PRIVILEGE_NOT_HELD, STATUS_IMAGE_ALREADY_LOADED, the file's, the image's or DriverEntry's status. */
NTSTATUS NTAPI NtLoadDriver(PUNICODE_STRING DriverServiceName)
{
    return LdrpDriverService(DriverServiceName, LdrpLoadDriverByService);
}

/* STATUS_INVALID_DEVICE_REQUEST: the driver has no unload routine. */
NTSTATUS NTAPI NtUnloadDriver(PUNICODE_STRING DriverServiceName)
{
    return LdrpDriverService(DriverServiceName, LdrpUnloadDriverByService);
}
