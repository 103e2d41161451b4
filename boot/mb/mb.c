/* SPDX-License-Identifier: MIT */
/*
 * mb.c - the multiboot test loader.
 *
 * It exists because QEMU gets here in 0.1 s where UEFI firmware takes 4 s; it hands the kernel the same block as boot/efi.  QEMU's
 * command line stands for the boot configuration:
 *
 *      -kernel mb.bin -append "OPTIONS" -initrd "ntoskrnl.exe,ramdisk.sys,fastfat.sys,system.img"
 *
 * A module's string ends in its file's name: *.exe is the kernel, *.sys a driver (in order), *.img the RAM disk.  There is no
 * framebuffer, and no firmware to ask: the memory map is the BIOS' own, RSDP is searched for, the date comes from the CMOS clock.
 */
#include "boot/common/boot.h"

struct mb_module
{
    uint32_t start, end, string, reserved;
};

struct mb_memory
{
    uint32_t size;
    uint64_t base, length;
    uint32_t type;
} __attribute__((packed));

struct mb_info
{
    uint32_t flags, mem_lower, mem_upper, boot_device, command_line, module_count, modules;
    uint32_t symbols[4];
    uint32_t map_length, map;
};

#define MB_HAS_COMMAND_LINE (1u << 2)
#define MB_HAS_MODULES (1u << 3)
#define MB_HAS_MAP (1u << 6)
#define ISA_DEBUG_EXIT 0xF4
#define EXIT_BOOT_FAILED 20 /* QEMU then exits with 41 */

extern const char image_begin[], image_end[];

static struct range ram[MAX_RAM_RANGES];
static uint32_t ram_count;
static uint64_t next_free, free_end;

void boot_write(const char *text, size_t length)
{
    serial_write(text, length);
    debugcon_write(text, length);
}

void boot_stop(void)
{
    out8(ISA_DEBUG_EXIT, EXIT_BOOT_FAILED);
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

/* Upwards behind the last module, in the same range of RAM. */
uint64_t boot_allocate(uint64_t pages)
{
    uint64_t base = next_free;

    if (pages * PAGE_SIZE > free_end - next_free) {
        boot_fail(boot.subject ? boot.subject : "memory", "out of memory, bytes wanted", pages * PAGE_SIZE);
    }
    next_free += pages * PAGE_SIZE;
    return base;
}

static uint32_t memory_type(uint32_t bios_type)
{
    switch (bios_type) {
    case 1:
        return LoaderFree;
    case 3:
        return LoaderAcpi;
    default:
        return LoaderReserved;
    }
}

static void read_map(const struct mb_info *info)
{
    uint32_t offset = 0;

    if (!(info->flags & MB_HAS_MAP)) {
        boot_fail("multiboot", "no memory map", info->flags);
    }
    while (offset < info->map_length && ram_count < MAX_RAM_RANGES) {
        const struct mb_memory *entry = at(info->map + offset);
        uint64_t base = entry->base, end = entry->base + entry->length;
        uint32_t type = memory_type(entry->type);
        /* Usable memory shrinks to whole pages, other memory grows to them. */
        base = type == LoaderFree ? PAGE_ROUND(base) : base & ~(PAGE_SIZE - 1);
        end = type == LoaderFree ? end & ~(PAGE_SIZE - 1) : PAGE_ROUND(end);
        if (base < end && (type == LoaderFree || base < 4 * GIB)) {
            ram[ram_count++] = (struct range){ base, end - base, type };
        }
        offset += entry->size + 4;
    }
}

/* What the BIOS calls reserved need not be memory (flash, PCI configuration space): only what is known as RAM is mapped cached. */
static uint32_t only_ram(struct range *out)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < ram_count; i++) {
        if (ram[i].type != LoaderReserved) {
            out[count++] = ram[i];
        }
    }
    return count;
}

static void begin_allocation(const struct mb_info *info)
{
    const struct mb_module *module = at(info->modules);
    uint64_t end = (uint64_t)(uintptr_t)image_end;

    for (uint32_t i = 0; i < info->module_count; i++) {
        if (module[i].end > end) {
            end = module[i].end;
        }
    }
    next_free = PAGE_ROUND(end);
    for (uint32_t i = 0; i < ram_count; i++) {
        if (ram[i].type == LoaderFree && ram[i].base <= next_free && next_free < ram[i].base + ram[i].size) {
            free_end = ram[i].base + ram[i].size;
        }
    }
    if (free_end == 0) {
        boot_fail("modules", "do not fit into memory", next_free); /* QEMU puts them behind its end without a word */
    }
}

static int ends_with(const char *text, const char *suffix)
{
    size_t length = __builtin_strlen(text), tail = __builtin_strlen(suffix);

    return length >= tail && __builtin_memcmp(text + length - tail, suffix, tail) == 0;
}

static void load_modules(const struct mb_info *info)
{
    const struct mb_module *module = at(info->modules);

    for (uint32_t i = 0; i < info->module_count; i++) {
        const char *name = at(module[i].string);
        uint64_t size = module[i].end - module[i].start;
        if (ends_with(name, ".img")) {
            if (module[i].start % PAGE_SIZE) {
                boot_fail(name, "module is not page-aligned", module[i].start);
            }
            boot_set_ramdisk(module[i].start, size);
        } else if (ends_with(name, i == 0 ? ".exe" : ".sys")) {
            boot_add_image(name, at(module[i].start), size);
        } else {
            boot_fail(name, "the first module must be *.exe, others *.sys or *.img", i);
        }
    }
    if (boot.block->ModuleCount == 0) {
        boot_fail("multiboot", "no modules: the kernel must be the first", info->module_count);
    }
}

static uint64_t find_rsdp(void)
{
    uint64_t extended = (uint64_t)*(volatile uint16_t *)at(0x40E) << 4;
    const uint64_t start[2] = { extended, 0xE0000 }, size[2] = { 0x400, 0x20000 };

    for (int i = 0; i < 2; i++) {
        for (uint64_t address = start[i]; address < start[i] + size[i]; address += 16) {
            if (address != 0 && __builtin_memcmp(at(address), "RSD PTR ", 8) == 0) {
                return address;
            }
        }
    }
    return 0;
}

static unsigned cmos(uint8_t index)
{
    out8(0x70, index);
    return in8(0x71);
}

static unsigned from_bcd(unsigned value, unsigned status_b)
{
    return status_b & 4 ? value : (value >> 4) * 10 + (value & 15);
}

/* QEMU's clock is UTC, 24 hours.  Read until two readings agree, so that an update in between does not matter. */
static int64_t read_clock(void)
{
    unsigned first[7], second[7], b = cmos(0x0B);
    static const uint8_t index[7] = { 0x00, 0x02, 0x04, 0x07, 0x08, 0x09, 0x32 };

    do {
        while (cmos(0x0A) & 0x80) {
        }
        for (int i = 0; i < 7; i++) {
            first[i] = from_bcd(cmos(index[i]), b);
        }
        for (int i = 0; i < 7; i++) {
            second[i] = from_bcd(cmos(index[i]), b);
        }
    } while (__builtin_memcmp(first, second, sizeof first) != 0);
    return time_from_date(first[6] * 100 + first[5], first[4], first[3], first[2], first[1], first[0]);
}

static void mask_pic(void)
{
    out8(0x21, 0xFF);
    out8(0xA1, 0xFF);
}

/* QEMU puts the kernel's file name in front of the options. */
static const char *options(const struct mb_info *info)
{
    const char *text = info->flags & MB_HAS_COMMAND_LINE ? at(info->command_line) : "";

    while (*text && *text != ' ') {
        text++;
    }
    while (*text == ' ') {
        text++;
    }
    return text;
}

void mb_main(const struct mb_info *info)
{
    static struct range memory[MAX_RAM_RANGES];

    mask_pic();
    serial_begin();
    boot_print("Nascent boot: multiboot\n");
    read_map(info);
    begin_allocation(info);
    boot_begin(options(info), LoaderFirmwareMultiboot);
    load_modules(info);
    boot.block->AcpiRsdp = find_rsdp();
    boot.block->BootTime = read_clock();
    boot_build_tables(memory, only_ram(memory));
    boot_record_claim((uint64_t)(uintptr_t)image_begin, (uint64_t)(image_end - image_begin), LoaderFirmwareReclaim);
    boot_finish_memory(ram, ram_count);
    boot_print("Starting the kernel\n");
    boot_handoff(boot.root, boot.block->Module[0].EntryPoint, boot.block->BootStackTop, direct((uint64_t)(uintptr_t)boot.block));
}
