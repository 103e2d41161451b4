/* SPDX-License-Identifier: MIT */
/*
 * image.c - the kernel and the boot drivers: from a PE file in memory to pages at their final addresses.
 *
 * Each image gets contiguous pages, is laid out, relocated and mapped W^X: headers and read-only sections RO+NX, code RX, data
 * RW+NX.  Imports stay unbound: the kernel binds them (kernel/ldr) with the same PE code that is used here (kernel/rtl/pe*.c).
 * Bases go upward through the kernel region from a random start with random gaps; FIXEDBASE packs them at its bottom.
 */
#include "boot.h"
#include "kernel/inc/pe.h"

#define IMAGE_GRANULE 0x10000ull /* as NT's allocation granularity */

static const char *base_name(const char *path)
{
    const char *name = path;

    for (; *path; path++) {
        if (*path == '\\' || *path == '/') {
            name = path + 1;
        }
    }
    return name;
}

static uint64_t choose_base(const char *path, uint64_t size)
{
    uint64_t base = boot.next_base;

    if (!boot.fixed_base && boot.block->ModuleCount > 0) {
        base += random_below(64) * IMAGE_GRANULE;
    }
    if (base + size > KERNEL_REGION_BASE + KERNEL_REGION_SIZE) {
        boot_fail(path, "no room left in the kernel region", size);
    }
    boot.next_base = (base + size + 2 * IMAGE_GRANULE - 1) & ~(IMAGE_GRANULE - 1); /* at least one granule stays unmapped */
    return base;
}

static uint64_t section_flags(const char *path, const PE_SECTION *section)
{
    uint64_t flags = 0;

    if (section->Characteristics & PE_SECTION_WRITE) {
        flags |= MAP_WRITE;
    }
    if (!(section->Characteristics & PE_SECTION_EXECUTE)) {
        flags |= MAP_NOEXECUTE;
    }
    if (flags == MAP_WRITE) {
        boot_fail(path, "a section is both writable and executable", section->VirtualAddress);
    }
    return flags;
}

static void map_range(const LOADER_MODULE *module, uint64_t rva, uint64_t size, uint64_t flags)
{
    for (uint64_t offset = rva; offset < rva + size; offset += PAGE_SIZE) {
        map_page(module->VirtualBase + offset, module->PhysicalBase + offset, flags);
    }
}

static void map_image(const char *path, const void *file, const PE_INFO *info, const LOADER_MODULE *module)
{
    PE_SECTION section;

    map_range(module, 0, PAGE_ROUND(info->SizeOfHeaders), MAP_NOEXECUTE);
    for (uint32_t i = 0; i < info->NumberOfSections; i++) {
        RtlPeSection(file, info, i, &section);
        map_range(module, section.VirtualAddress, PAGE_ROUND(section.VirtualSize), section_flags(path, &section));
    }
}

static void parse(const char *path, const void *file, uint64_t size, PE_INFO *info)
{
    PE_STATUS status = RtlPeParse(file, size < PE_MAX_HEADER_BYTES ? size : PE_MAX_HEADER_BYTES, size, info);

    if (status < 0) {
        boot_fail(path, "not a usable PE32+ image", (uint32_t)status);
    }
    if (info->Flat || info->Machine != PE_MACHINE_AMD64) {
        boot_fail(path, "section alignment below a page, or another processor", info->Machine);
    }
}

void boot_add_image(const char *path, const void *file, uint64_t size)
{
    LOADER_PARAMETER_BLOCK *block = boot.block;
    PE_INFO info;

    if (block->ModuleCount == LOADER_MAX_MODULES) {
        boot_fail(path, "too many images", LOADER_MAX_MODULES);
    }
    boot.subject = path;
    parse(path, file, size, &info);

    LOADER_MODULE *module = &block->Module[block->ModuleCount];
    const char *name = base_name(path);
    for (size_t i = 0; i < sizeof module->Name - 1 && name[i]; i++) {
        module->Name[i] = name[i];
    }
    module->SizeOfImage = PAGE_ROUND(info.SizeOfImage);
    module->PhysicalBase = boot_claim(module->SizeOfImage / PAGE_SIZE, LoaderImage);
    module->VirtualBase = choose_base(path, module->SizeOfImage);
    module->EntryPoint = info.EntryPoint ? module->VirtualBase + info.EntryPoint : 0;

    PE_STATUS status = RtlPeLayout(file, size, &info, at(module->PhysicalBase));
    if (status >= 0) {
        status = RtlPeRelocateImage(at(module->PhysicalBase), &info, module->VirtualBase - info.ImageBase);
    }
    if (status < 0) {
        boot_fail(path, "cannot be laid out or relocated", (uint32_t)status);
    }
    map_image(path, file, &info, module);
    block->ModuleCount++;
    boot_print("Loaded %s at 0x%llx, 0x%llx bytes\n", module->Name, (unsigned long long)module->VirtualBase,
               (unsigned long long)module->SizeOfImage);
}
