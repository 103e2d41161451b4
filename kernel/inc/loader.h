/* SPDX-License-Identifier: MIT */
/*
 * loader.h - what the boot loader hands to the kernel.
 *
 * Two loaders fill this block: boot/efi (the product: UEFI, GNU-EFI) and boot/mb (multiboot, tests and benchmarks only).  The kernel
 * cannot tell them apart but for the Firmware field.  The name is NT's; the content is ours, because NT's block carries what a registry
 * and an ARC firmware once needed (Windows Internals, 7th ed., part 2, chapter 12 "Startup and shutdown").
 *
 * The file is plain C with fixed-width types, so that the EFI loader (gnu-efi headers), the 32-bit-entered multiboot loader and the kernel
 * (ntifs.h) can all include it.
 *
 * State of the machine at KiSystemStartup(LOADER_PARAMETER_BLOCK *Block), Microsoft calling convention, Block in RCX:
 *  - long mode, interrupts off, CPL 0, PIC masked, firmware left (ExitBootServices done);
 *  - EFER.NXE, CR0.WP set; CR4.PAE set; everything else is the kernel's to turn on;
 *  - CR3 holds page tables built by the loader from pages of type LoaderPageTable:
 *      * [DirectMapBase, DirectMapBase + DirectMapSize): all physical memory from 0 to DirectMapSize (RAM and the holes up to 4 GiB at
 *        least), read/write, NX, supervisor, global off; large pages.  Device memory above RAM but below 4 GiB is mapped
 *        uncached (PCD|PWT); the framebuffer too;
 *      * the kernel image and each driver image at its VirtualBase, 4 KiB pages, W^X by section (headers read-only), relocated to that base;
 *      * the boot stack (BootStackTop), reached through the direct map; this block and all that it points to: direct map addresses;
 *      * a low identity mapping of the loader's own switch code, which the kernel drops;
 *  - a GDT of the loader's with flat 64-bit CS/DS; the IDT is undefined.
 * All pointers in the block are direct-map virtual addresses (64-bit).  Strings are UTF-8, zero-terminated.
 */
#ifndef NASCENT_LOADER_H
#define NASCENT_LOADER_H

#include <stdint.h>

#define LOADER_BLOCK_SIGNATURE 0x4B4C424C544E434EULL /* "NCNTLBLK" */
#define LOADER_BLOCK_VERSION 1u

#define LOADER_MAX_MODULES 32u
#define LOADER_MAX_MEMORY 256u
#define LOADER_MAX_OPTIONS 1024u

typedef enum _LOADER_MEMORY_TYPE
{
    LoaderFree = 1,         /* usable at once */
    LoaderFirmwareReclaim,  /* boot services data and the like: usable once the kernel runs on its own tables */
    LoaderImage,            /* pages of kernel and driver images */
    LoaderPageTable,        /* the tables CR3 points to */
    LoaderBlock,            /* this block, stack, strings: in use until phase 1 has ended, then free */
    LoaderRamDisk,          /* the RAM disk image: in use for ever */
    LoaderAcpi,             /* ACPI tables: keep, read-only */
    LoaderReserved,         /* firmware run-time, bad memory: never touch */
} LOADER_MEMORY_TYPE;

/* Sorted by BasePage, not overlapping.  Pages of 4096 bytes. */
typedef struct _LOADER_MEMORY
{
    uint64_t BasePage;
    uint64_t PageCount;
    uint32_t Type; /* LOADER_MEMORY_TYPE */
    uint32_t Reserved;
} LOADER_MEMORY;

/* A loaded image.  Module 0 is ntoskrnl.exe; the others are boot drivers in the order of the boot configuration, which is their
 * DriverEntry order.  Imports are not bound: the kernel does that (kernel/ldr), with the same PE code. */
typedef struct _LOADER_MODULE
{
    char Name[32];          /* "ramdisk.sys" */
    uint64_t VirtualBase;   /* where it runs */
    uint64_t PhysicalBase;  /* contiguous */
    uint64_t SizeOfImage;   /* bytes, multiple of 4096 */
    uint64_t EntryPoint;    /* virtual address, 0 if none */
} LOADER_MODULE;

typedef struct _LOADER_FRAMEBUFFER
{
    uint64_t PhysicalBase;  /* 0: no framebuffer */
    uint64_t Size;          /* bytes */
    uint32_t Width, Height; /* pixels */
    uint32_t PixelsPerScanLine;
    uint32_t Format;        /* 0: 32-bit BGRX (blue in the lowest byte), 1: 32-bit RGBX */
} LOADER_FRAMEBUFFER;

typedef enum _LOADER_FIRMWARE { LoaderFirmwareUefi = 1, LoaderFirmwareMultiboot = 2 } LOADER_FIRMWARE;

typedef struct _LOADER_PARAMETER_BLOCK
{
    uint64_t Signature;
    uint32_t Version;
    uint32_t Size;             /* sizeof this structure */
    uint32_t Firmware;         /* LOADER_FIRMWARE */
    uint32_t ModuleCount;
    uint32_t MemoryCount;
    uint32_t Reserved;
    uint64_t DirectMapBase;    /* 0xFFFF800000000000 today; the kernel always reads it from here */
    uint64_t DirectMapSize;    /* bytes, at least 4 GiB */
    uint64_t KernelRegionBase; /* images lie in [KernelRegionBase, KernelRegionBase + KernelRegionSize) */
    uint64_t KernelRegionSize; /* 1 GiB */
    uint64_t BootStackTop;     /* 16-byte aligned; 32 KiB lie below it */
    uint64_t PageTableRoot;    /* physical address in CR3 */
    uint64_t RamDiskPhysical;  /* 0: none */
    uint64_t RamDiskSize;      /* bytes */
    uint64_t AcpiRsdp;         /* physical, 0: unknown */
    uint64_t EfiSystemTable;   /* physical, 0 under multiboot */
    uint64_t RandomSeed[4];    /* RDRAND/RDSEED or TSC mixed; the kernel's first entropy */
    int64_t BootTime;          /* UTC in 100 ns since 1601-01-01, 0: unknown */
    LOADER_FRAMEBUFFER Framebuffer;
    char Options[LOADER_MAX_OPTIONS]; /* the OPTIONS line of boot.cfg, e.g. "FIXEDBASE DEBUG LOADSNAPS": NT's SystemStartOptions */
    LOADER_MODULE Module[LOADER_MAX_MODULES];
    LOADER_MEMORY Memory[LOADER_MAX_MEMORY];
} LOADER_PARAMETER_BLOCK;

#endif
