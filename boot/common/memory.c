/* SPDX-License-Identifier: MIT */
/*
 * memory.c - the kernel's memory map: the firmware's ranges, sorted, with this loader's claims cut out of them.
 *
 * The result is sorted by page, does not overlap, and neighbours of one type are joined.  Where firmware ranges overlap each other (some
 * BIOSes do that) the less usable type wins.  Page 0 is never given away: a NULL physical address should stay one.
 */
#include "boot.h"

static struct range pieces[2 * (MAX_RAM_RANGES + MAX_CLAIMS)];
static uint32_t piece_count;

static void add_piece(uint64_t base, uint64_t end, uint32_t type)
{
    if (base >= end) {
        return;
    }
    if (piece_count == sizeof pieces / sizeof pieces[0]) {
        boot_fail("memory", "the memory map has too many ranges", piece_count);
    }
    pieces[piece_count++] = (struct range){ base, end - base, type };
}

/* Makes [base, end) free of pieces, splitting those that stick out. */
static void cut(uint64_t base, uint64_t end)
{
    uint32_t i = 0;

    while (i < piece_count) {
        struct range piece = pieces[i];
        uint64_t piece_end = piece.base + piece.size;
        if (piece.base >= end || piece_end <= base) {
            i++;
            continue;
        }
        /* What remains goes to the end of the list and is met again there, outside [base, end) by then. */
        pieces[i] = pieces[--piece_count];
        if (piece.base < base) {
            add_piece(piece.base, base, piece.type);
        }
        if (piece_end > end) {
            add_piece(end, piece_end, piece.type);
        }
    }
}

static void sort_pieces(void)
{
    for (uint32_t i = 1; i < piece_count; i++) {
        struct range piece = pieces[i];
        uint32_t j = i;
        for (; j > 0 && pieces[j - 1].base > piece.base; j--) {
            pieces[j] = pieces[j - 1];
        }
        pieces[j] = piece;
    }
}

static void store(const struct range *piece)
{
    LOADER_PARAMETER_BLOCK *block = boot.block;
    uint64_t page = piece->base / PAGE_SIZE, count = piece->size / PAGE_SIZE;

    if (block->MemoryCount > 0) {
        LOADER_MEMORY *last = &block->Memory[block->MemoryCount - 1];
        if (last->Type == piece->type && last->BasePage + last->PageCount == page) {
            last->PageCount += count;
            return;
        }
    }
    if (block->MemoryCount == LOADER_MAX_MEMORY) {
        boot_fail("memory", "the memory map has too many ranges", block->MemoryCount);
    }
    block->Memory[block->MemoryCount++] = (LOADER_MEMORY){ page, count, piece->type, 0 };
}

/* Ranges of one pass: the usable ones first, so that a later, less usable one cuts them. */
static void add_ranges(const struct range *ram, uint32_t count, int usable)
{
    for (uint32_t i = 0; i < count; i++) {
        int is_usable = ram[i].type == LoaderFree;
        if (is_usable == usable) {
            cut(ram[i].base, ram[i].base + ram[i].size);
            add_piece(ram[i].base, ram[i].base + ram[i].size, ram[i].type);
        }
    }
}

void boot_finish_memory(const struct range *ram, uint32_t count)
{
    add_ranges(ram, count, 1);
    add_ranges(ram, count, 0);
    for (uint32_t i = 0; i < boot.claim_count; i++) {
        cut(boot.claim[i].base, boot.claim[i].base + boot.claim[i].size);
        add_piece(boot.claim[i].base, boot.claim[i].base + boot.claim[i].size, boot.claim[i].type);
    }
    cut(0, PAGE_SIZE);
    add_piece(0, PAGE_SIZE, LoaderReserved);
    sort_pieces();
    for (uint32_t i = 0; i < piece_count; i++) {
        store(&pieces[i]);
    }
}
