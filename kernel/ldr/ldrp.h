/* SPDX-License-Identifier: MIT */
/* ldrp.h - private to kernel/ldr. */
#ifndef NASCENT_LDRP_H
#define NASCENT_LDRP_H
#include "ex.h"
#include "io.h"
#include "kd.h"
#include "ldr.h"
#include "mm.h"
#include "pe.h"

#define LDRP_TAG POOL_TAG('M', 'm', 'L', 'd')

/* KLDR_DATA_TABLE_ENTRY.Flags */
#define LDRP_ENTRY_PROCESSED_ 0x00004000u
#define LDRP_BOOT_IMAGE_ 0x00010000u /* came with the boot loader: its pages are not ours to free */

extern EX_PUSH_LOCK_ LdrpLoadLock; /* serialises loading and unloading; taken before PsLoadedModuleSpinLock */
extern KSPIN_LOCK PsLoadedModuleSpinLock;

void LdrpInsertModule(PKLDR_DATA_TABLE_ENTRY Entry);
void LdrpRemoveModule(PKLDR_DATA_TABLE_ENTRY Entry);
PKLDR_DATA_TABLE_ENTRY LdrpFindModuleByName(const char *Name);
/* Writes the addresses of Entry's imports.  WriteAlias: where the image's RVA 0 can be written (the image itself before it is protected, or the
 * direct map).  STATUS_DLL_NOT_FOUND, STATUS_DRIVER_ENTRYPOINT_NOT_FOUND, STATUS_DRIVER_ORDINAL_NOT_FOUND, STATUS_INVALID_IMAGE_FORMAT: each with a line in the
 * log that says who lacks what. */
NTSTATUS LdrpBindImports(PKLDR_DATA_TABLE_ENTRY Entry, PVOID WriteAlias) NODISCARD;
/* W^X by section. */
NTSTATUS LdrpProtectImage(PVOID Base, const PE_INFO *Info) NODISCARD;
#endif
