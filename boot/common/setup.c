/* SPDX-License-Identifier: MIT */
/*
 * setup.c - the parameter block, the boot stack, and the record of memory this loader took.
 */
#include "boot.h"

struct boot boot;

void boot_record_claim(uint64_t base, uint64_t size, uint32_t type)
{
    if (boot.claim_count == MAX_CLAIMS) {
        boot_fail("memory", "too many allocations", MAX_CLAIMS);
    }
    boot.claim[boot.claim_count++] = (struct range){ base, PAGE_ROUND(size), type };
}

uint64_t boot_claim(uint64_t pages, uint32_t type)
{
    uint64_t base = boot_allocate(pages);

    __builtin_memset(at(base), 0, pages * PAGE_SIZE);
    boot_record_claim(base, pages * PAGE_SIZE, type);
    return base;
}

static int same_letter(char a, char b)
{
    return (a >= 'a' && a <= 'z' ? a - 32 : a) == (b >= 'a' && b <= 'z' ? b - 32 : b);
}

/* A whole word of the options; "NAME=value" counts as NAME. */
int boot_has_option(const char *name)
{
    const char *text = boot.block->Options;

    while (*text) {
        size_t i = 0;
        while (*text == ' ') {
            text++;
        }
        while (name[i] && text[i] && same_letter(name[i], text[i])) {
            i++;
        }
        if (name[i] == 0 && (text[i] == 0 || text[i] == ' ' || text[i] == '=')) {
            return 1;
        }
        while (*text && *text != ' ') {
            text++;
        }
    }
    return 0;
}

static void copy_options(const char *options)
{
    size_t i;

    for (i = 0; options[i]; i++) {
        if (i == LOADER_MAX_OPTIONS - 1) {
            boot_fail("options", "line too long", i);
        }
        boot.block->Options[i] = options[i];
    }
}

void boot_begin(const char *options, uint32_t firmware)
{
    LOADER_PARAMETER_BLOCK *block = at(boot_claim(PAGE_ROUND(sizeof *block) / PAGE_SIZE, LoaderBlock));

    boot.block = block;
    block->Signature = LOADER_BLOCK_SIGNATURE;
    block->Version = LOADER_BLOCK_VERSION;
    block->Size = sizeof *block;
    block->Firmware = firmware;
    block->DirectMapBase = DIRECT_MAP_BASE;
    block->KernelRegionBase = KERNEL_REGION_BASE;
    block->KernelRegionSize = KERNEL_REGION_SIZE;
    block->BootStackTop = direct(boot_claim(BOOT_STACK_SIZE / PAGE_SIZE, LoaderBlock)) + BOOT_STACK_SIZE;
    copy_options(options);

    boot.root = boot_claim(1, LoaderPageTable);
    block->PageTableRoot = boot.root;
    boot.fixed_base = boot_has_option("FIXEDBASE");
    random_begin();
    for (int i = 0; i < 4; i++) {
        block->RandomSeed[i] = boot.random[i];
    }
    boot.next_base = KERNEL_REGION_BASE;
    if (!boot.fixed_base) {
        boot.next_base += random_below(KERNEL_REGION_SIZE / 2 / LARGE_PAGE) * LARGE_PAGE;
    }
}

void boot_set_ramdisk(uint64_t base, uint64_t size)
{
    boot.block->RamDiskPhysical = base;
    boot.block->RamDiskSize = size;
    boot_record_claim(base, size, LoaderRamDisk);
}
