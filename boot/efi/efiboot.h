/* SPDX-License-Identifier: MIT */
/*
 * efiboot.h - inside the UEFI loader.
 *
 *      main.c    the order of events       config.c  boot.cfg
 *      file.c    reading the ESP           screen.c  graphics mode, and printing until the firmware is gone
 *      memory.c  the firmware's memory map
 *
 * Built with GNU-EFI's headers by the cross compiler: the calling convention is the firmware's, no wrappers are needed.
 */
#ifndef NASCENT_EFIBOOT_H
#define NASCENT_EFIBOOT_H

#include <efi.h>
#include "boot/common/boot.h"

#define NASCENT_DIRECTORY "\\EFI\\NASCENT\\"
#define MAX_PATH_LENGTH 128
#define MAX_DRIVERS (LOADER_MAX_MODULES - 1)

struct file
{
    void *data;
    uint64_t size;
};

struct config
{
    char kernel[MAX_PATH_LENGTH];
    char ramdisk[MAX_PATH_LENGTH];
    char driver[MAX_DRIVERS][MAX_PATH_LENGTH];
    unsigned driver_count;
    unsigned video_width, video_height;
    char options[LOADER_MAX_OPTIONS];
};

extern EFI_HANDLE efi_image;
extern EFI_SYSTEM_TABLE *efi;
extern int firmware_left;

const char *efi_status_text(EFI_STATUS status);

void file_begin(void);
struct file file_read(const char *path); /* whole pages, never freed; does not return on failure */

void config_read(struct config *config, const char *path);

void screen_begin(unsigned width, unsigned height);

/* Everything the firmware calls memory, and of that what is RAM (mapped cached).  `key` is for ExitBootServices. */
uint32_t memory_read(struct range *all, struct range *ram, uint32_t *ram_count, UINTN *key);
void memory_leave_firmware(struct range *all, uint32_t *count);

#endif
