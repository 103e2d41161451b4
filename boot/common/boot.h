/* SPDX-License-Identifier: MIT */
/*
 * boot.h - what the two boot loaders share.
 *
 * boot/efi (UEFI, the product) and boot/mb (multiboot, tests) differ in where memory and files come from.  Everything after that is
 * here: reading images, choosing their addresses, building the page tables, describing memory, and the jump.  A loader runs
 * with memory identity-mapped, so a physical address is a pointer; it fills a `struct boot` and calls, in order:
 *
 *      boot_begin         allocates the parameter block, stack and top-level table
 *      boot_add_image     for the kernel, then for each driver in DriverEntry order
 *      boot_set_ramdisk   where the volume lies
 *      boot_build_tables  once memory is described well enough to know where RAM is
 *      boot_finish_memory the final memory map, after the firmware's last word
 *      boot_handoff       never returns
 *
 * snake_case marks code that is not the kernel's.
 */
#ifndef NASCENT_BOOT_H
#define NASCENT_BOOT_H

#include <stddef.h>
#include <stdint.h>
#include "kernel/inc/loader.h"

#define PAGE_SIZE 4096ull
#define PAGE_ROUND(x) (((x) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1))
#define GIB (1ull << 30)
#define LARGE_PAGE (1ull << 21)

#define DIRECT_MAP_BASE 0xFFFF800000000000ull
#define DIRECT_MAP_MAX (64ull << 40)
#define KERNEL_REGION_BASE 0xFFFFF80000000000ull
#define KERNEL_REGION_SIZE GIB
#define BOOT_STACK_SIZE 0x8000ull
#define MAX_CLAIMS 128
#define MAX_RAM_RANGES LOADER_MAX_MEMORY

/* A range of RAM as the firmware tells it, or one this loader took for itself (a claim overrides what lies below it). */
struct range
{
    uint64_t base; /* bytes, whole pages */
    uint64_t size;
    uint32_t type; /* LOADER_MEMORY_TYPE */
};

struct boot
{
    LOADER_PARAMETER_BLOCK *block; /* identity address; the kernel sees it in the direct map */
    uint64_t root;                 /* top-level page table */
    uint64_t next_base;            /* the next image's lowest address */
    uint64_t random[4];
    int fixed_base;
    const char *subject;           /* the file being loaded, for a message that memory is short; NULL: none */
    uint32_t claim_count;
    struct range claim[MAX_CLAIMS];
};

extern struct boot boot;

/* The loader supplies these. */
void boot_write(const char *text, size_t length);        /* to the screen and the log */
uint64_t boot_allocate(uint64_t pages);                  /* physical address; does not return on failure */
__attribute__((noreturn)) void boot_stop(void);          /* after an error was printed */

/* print.c */
size_t strlen(const char *text);
void boot_print(const char *format, ...) __attribute__((format(ms_printf, 1, 2)));
/* "Nascent boot: NAME: REASON (0x...)", then boot_stop. */
__attribute__((noreturn)) void boot_fail(const char *name, const char *reason, uint64_t status);
void serial_begin(void);
void serial_write(const char *text, size_t length);
void debugcon_write(const char *text, size_t length);

/* setup.c */
void boot_begin(const char *options, uint32_t firmware);
uint64_t boot_claim(uint64_t pages, uint32_t type);      /* boot_allocate, zeroed, and recorded in the memory map */
void boot_record_claim(uint64_t base, uint64_t size, uint32_t type);
void boot_set_ramdisk(uint64_t base, uint64_t size);
int boot_has_option(const char *name);

/* image.c */
void boot_add_image(const char *path, const void *file, uint64_t size);

/* paging.c */
#define MAP_WRITE 2ull
#define MAP_UNCACHED 0x18ull
#define MAP_NOEXECUTE (1ull << 63)
void map_page(uint64_t virtual_address, uint64_t physical_address, uint64_t flags);
void boot_build_tables(const struct range *ram, uint32_t count);

/* memory.c */
void boot_finish_memory(const struct range *ram, uint32_t count);

/* random.c */
void random_begin(void);
uint64_t random_below(uint64_t limit);
int64_t time_from_date(unsigned year, unsigned month, unsigned day, unsigned hour, unsigned minute, unsigned second);

/* handoff.asm */
extern const char handoff_begin[], handoff_end[];
__attribute__((noreturn)) void boot_handoff(uint64_t root, uint64_t entry, uint64_t stack_top, uint64_t block);

/* The empty assembly keeps the compiler from reasoning about addresses such as 0x40E as if they were mistakes. */
static inline void *at(uint64_t physical_address)
{
    __asm__("" : "+r"(physical_address));
    return (void *)(uintptr_t)physical_address;
}
static inline uint64_t direct(uint64_t physical_address)
{
    return DIRECT_MAP_BASE + physical_address;
}
static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}
static inline uint8_t in8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

#endif
