/* SPDX-License-Identifier: MIT */
/*
 * paging.c - the page tables the kernel starts on.
 *
 * Four levels.  Three kinds of mapping: 4 KiB pages for images (image.c), 2 MiB pages for the direct map of physical memory, and the
 * identity mapping of the few pages that hold the switch code.  The direct map covers all RAM and at least 4 GiB; a large page that holds
 * no RAM at all is device memory and uncached.  Nothing is global: the kernel builds its own tables soon.
 */
#include "boot.h"

#define TABLE_CHUNK 32 /* pages */

#define PTE_PRESENT 1ull
#define PTE_LARGE 0x80ull
#define PTE_ADDRESS 0x000FFFFFFFFFF000ull

static uint64_t *table_entry(uint64_t table, uint64_t address, int level)
{
    return (uint64_t *)at(table) + ((address >> (12 + 9 * level)) & 511);
}

/* Tables come from the firmware a chunk at a time: the direct map of a large machine has hundreds, and each allocation is recorded. */
static uint64_t new_table(void)
{
    static uint64_t next, left;

    if (left == 0) {
        left = TABLE_CHUNK;
        next = boot_claim(left, LoaderPageTable);
    }
    left--;
    next += PAGE_SIZE;
    return next - PAGE_SIZE;
}

/* The entry for `address` at `level` (0: page, 1: 2 MiB), with the tables above it made as needed.  Protection is in the last level only. */
static uint64_t *walk(uint64_t address, int level)
{
    uint64_t table = boot.root;

    for (int above = 3; above > level; above--) {
        uint64_t *entry = table_entry(table, address, above);
        if (!(*entry & PTE_PRESENT)) {
            *entry = new_table() | PTE_PRESENT | MAP_WRITE;
        }
        table = *entry & PTE_ADDRESS;
    }
    return table_entry(table, address, level);
}

void map_page(uint64_t virtual_address, uint64_t physical_address, uint64_t flags)
{
    *walk(virtual_address, 0) = physical_address | flags | PTE_PRESENT;
}

static int holds_ram(const struct range *ram, uint32_t count, uint64_t base)
{
    for (uint32_t i = 0; i < count; i++) {
        if (ram[i].base < base + LARGE_PAGE && base < ram[i].base + ram[i].size) {
            return 1;
        }
    }
    return 0;
}

static uint64_t direct_map_size(const struct range *ram, uint32_t count)
{
    const LOADER_FRAMEBUFFER *screen = &boot.block->Framebuffer;
    uint64_t top = 4 * GIB;

    for (uint32_t i = 0; i < count; i++) {
        if (ram[i].base + ram[i].size > top) {
            top = ram[i].base + ram[i].size;
        }
    }
    if (screen->PhysicalBase + screen->Size > top) {
        top = screen->PhysicalBase + screen->Size;
    }
    return (top + GIB - 1) & ~(GIB - 1);
}

/* `ram`: everything that is memory of whatever use; the rest of the address space is devices or nothing. */
void boot_build_tables(const struct range *ram, uint32_t count)
{
    uint64_t size = direct_map_size(ram, count);
    uint64_t first = (uint64_t)(uintptr_t)handoff_begin & ~(PAGE_SIZE - 1);

    if (size > DIRECT_MAP_MAX) {
        boot_fail("memory", "more physical address space than the direct map holds", size);
    }
    boot.block->DirectMapSize = size;
    for (uint64_t base = 0; base < size; base += LARGE_PAGE) {
        uint64_t flags = PTE_PRESENT | PTE_LARGE | MAP_WRITE | MAP_NOEXECUTE;
        if (!holds_ram(ram, count, base)) {
            flags |= MAP_UNCACHED;
        }
        *walk(direct(base), 1) = base | flags;
    }
    for (uint64_t page = first; page < (uint64_t)(uintptr_t)handoff_end; page += PAGE_SIZE) {
        map_page(page, page, 0);
    }
}
