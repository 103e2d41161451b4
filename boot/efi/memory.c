/* SPDX-License-Identifier: MIT */
/*
 * memory.c - the firmware's memory map in the kernel's terms.
 *
 * GetMemoryMap and ExitBootServices are a pair: any allocation between them changes the map and the second fails, so the pair is repeated
 * with a buffer that is never allocated in between.
 */
#include "efiboot.h"

#define MAP_CAPACITY 0x10000

static uint8_t map[MAP_CAPACITY] __attribute__((aligned(16)));

static uint32_t memory_type(UINT32 type)
{
    switch (type) {
    case EfiConventionalMemory:
        return LoaderFree;
    case EfiLoaderCode:
    case EfiLoaderData:
    case EfiBootServicesCode:
    case EfiBootServicesData:
        return LoaderFirmwareReclaim;
    case EfiACPIReclaimMemory:
        return LoaderAcpi;
    default:
        return LoaderReserved;
    }
}

static int is_device(const EFI_MEMORY_DESCRIPTOR *entry)
{
    return entry->Type == EfiMemoryMappedIO || entry->Type == EfiMemoryMappedIOPortSpace || !(entry->Attribute & EFI_MEMORY_WB);
}

/* Neighbours of one type are joined here already: firmware maps have hundreds of entries. */
static void append(struct range *ranges, uint32_t *count, uint64_t base, uint64_t size, uint32_t type)
{
    struct range *last = *count > 0 ? &ranges[*count - 1] : NULL;

    if (last && last->type == type && last->base + last->size == base) {
        last->size += size;
        return;
    }
    if (*count == MAX_RAM_RANGES) {
        boot_fail("memory", "the firmware's memory map has too many ranges", *count);
    }
    ranges[(*count)++] = (struct range){ base, size, type };
}

uint32_t memory_read(struct range *all, struct range *ram, uint32_t *ram_count, UINTN *key)
{
    UINTN size = sizeof map, entry_size;
    UINT32 version, count = 0;
    EFI_STATUS status = efi->BootServices->GetMemoryMap(&size, (EFI_MEMORY_DESCRIPTOR *)map, key, &entry_size, &version);

    if (EFI_ERROR(status)) {
        boot_fail("memory map", efi_status_text(status), status);
    }
    *ram_count = 0;
    for (UINTN offset = 0; offset < size; offset += entry_size) {
        const EFI_MEMORY_DESCRIPTOR *entry = (const void *)(map + offset);
        uint64_t bytes = entry->NumberOfPages * PAGE_SIZE;
        if (is_device(entry)) {
            continue;
        }
        append(all, &count, entry->PhysicalStart, bytes, memory_type(entry->Type));
        append(ram, ram_count, entry->PhysicalStart, bytes, LoaderFree);
    }
    return count;
}

void memory_leave_firmware(struct range *all, uint32_t *count)
{
    static struct range ram[MAX_RAM_RANGES];
    EFI_STATUS status = EFI_SUCCESS;
    uint32_t ram_count;
    UINTN key;

    for (int tries = 0; tries < 4; tries++) {
        *count = memory_read(all, ram, &ram_count, &key);
        status = efi->BootServices->ExitBootServices(efi_image, key);
        if (!EFI_ERROR(status)) {
            __asm__ volatile("cli");
            firmware_left = 1;
            return;
        }
    }
    boot_fail("ExitBootServices", efi_status_text(status), status);
}
