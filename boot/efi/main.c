/* SPDX-License-Identifier: MIT */
/*
 * main.c - BOOTX64.EFI: from the firmware to the kernel.
 *
 * Reads \EFI\NASCENT\boot.cfg from the volume it was itself loaded from, then the files named there; fills the parameter block; leaves the
 * firmware; jumps.  Every step prints one line.  A failure names the file and the status, waits for a key, and returns to the firmware, which
 * then tries its next boot option.
 */
#include "efiboot.h"

EFI_HANDLE efi_image;
EFI_SYSTEM_TABLE *efi;
int firmware_left;

static struct config config;
static struct range all[MAX_RAM_RANGES], ram[MAX_RAM_RANGES];

const char *efi_status_text(EFI_STATUS status)
{
    switch (status) {
    case EFI_LOAD_ERROR:
        return "load error";
    case EFI_INVALID_PARAMETER:
        return "invalid parameter";
    case EFI_UNSUPPORTED:
        return "unsupported";
    case EFI_DEVICE_ERROR:
        return "device error";
    case EFI_OUT_OF_RESOURCES:
        return "out of memory";
    case EFI_VOLUME_CORRUPTED:
        return "volume corrupted";
    case EFI_NO_MEDIA:
        return "no medium";
    case EFI_NOT_FOUND:
        return "not found";
    case EFI_ACCESS_DENIED:
        return "access denied";
    case EFI_SECURITY_VIOLATION:
        return "security violation";
    default:
        return "firmware error";
    }
}

uint64_t boot_allocate(uint64_t pages)
{
    EFI_PHYSICAL_ADDRESS base = 0;
    EFI_STATUS status = efi->BootServices->AllocatePages(AllocateAnyPages, EfiLoaderData, pages, &base);

    if (EFI_ERROR(status)) {
        boot_fail(boot.subject ? boot.subject : "memory", efi_status_text(status), status);
    }
    return base;
}

void boot_stop(void)
{
    if (!firmware_left) {
        UINTN index;
        boot_print("Press a key to return to the firmware.\n");
        efi->BootServices->WaitForEvent(1, &efi->ConIn->WaitForKey, &index);
        efi->BootServices->Exit(efi_image, EFI_LOAD_ERROR, 0, NULL);
    }
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

static int same_guid(const EFI_GUID *a, const EFI_GUID *b)
{
    return __builtin_memcmp(a, b, sizeof *a) == 0;
}

static uint64_t find_rsdp(void)
{
    static const EFI_GUID acpi_2 = ACPI_20_TABLE_GUID, acpi_1 = ACPI_TABLE_GUID;
    uint64_t found = 0;

    for (UINTN i = 0; i < efi->NumberOfTableEntries; i++) {
        EFI_CONFIGURATION_TABLE *table = &efi->ConfigurationTable[i];
        if (same_guid(&table->VendorGuid, &acpi_2)) {
            return (uint64_t)(uintptr_t)table->VendorTable;
        }
        if (same_guid(&table->VendorGuid, &acpi_1)) {
            found = (uint64_t)(uintptr_t)table->VendorTable;
        }
    }
    return found;
}

static int64_t read_clock(void)
{
    EFI_TIME time;

    if (EFI_ERROR(efi->RuntimeServices->GetTime(&time, NULL))) {
        return 0;
    }
    int64_t now = time_from_date(time.Year, time.Month, time.Day, time.Hour, time.Minute, time.Second);
    if (time.TimeZone != EFI_UNSPECIFIED_TIMEZONE) {
        now += (int64_t)time.TimeZone * 60 * 10000000; /* local time = UTC - zone */
    }
    return now;
}

/* The paging modes this loader builds are four levels; a processor left in five cannot change that in long mode. */
static void check_processor(void)
{
    uint64_t cr4;

    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    if (cr4 & (1u << 12)) {
        boot_fail("processor", "the firmware uses five-level paging", cr4);
    }
}

static void load_everything(void)
{
    struct file file = file_read(config.kernel);

    boot_add_image(config.kernel, file.data, file.size);
    for (unsigned i = 0; i < config.driver_count; i++) {
        file = file_read(config.driver[i]);
        boot_add_image(config.driver[i], file.data, file.size);
    }
    if (config.ramdisk[0]) {
        file = file_read(config.ramdisk);
        boot_set_ramdisk((uint64_t)(uintptr_t)file.data, file.size);
        boot_print("Loaded %s, %llu KiB\n", config.ramdisk, (unsigned long long)file.size / 1024);
    }
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
    uint32_t count, ram_count;
    UINTN key;

    efi_image = image;
    efi = table;
    efi->BootServices->SetWatchdogTimer(0, 0, 0, NULL);
    serial_begin();
    boot_print("Nascent boot: UEFI\n");
    check_processor();
    file_begin();
    config_read(&config, NASCENT_DIRECTORY "boot.cfg");
    boot_begin(config.options, LoaderFirmwareUefi);
    screen_begin(config.video_width, config.video_height);
    load_everything();
    boot.block->AcpiRsdp = find_rsdp();
    boot.block->EfiSystemTable = (uint64_t)(uintptr_t)efi;
    boot.block->BootTime = read_clock();
    memory_read(all, ram, &ram_count, &key);
    boot_build_tables(ram, ram_count);
    boot_print("Leaving the firmware\n");
    memory_leave_firmware(all, &count);
    boot_finish_memory(all, count);
    boot_print("Starting the kernel\n");
    boot_handoff(boot.root, boot.block->Module[0].EntryPoint, boot.block->BootStackTop, direct((uint64_t)(uintptr_t)boot.block));
}
