/* SPDX-License-Identifier: MIT */
/*
 * ldr.h - kernel images: the list of loaded modules, driver loading, import binding.
 */
#ifndef NASCENT_LDR_H
#define NASCENT_LDR_H
#include "nt.h"
#include "loader.h"
/* One entry of PsLoadedModuleList: NT's KLDR_DATA_TABLE_ENTRY, x64 offsets (checked in ldr/module.c). */
typedef struct _KLDR_DATA_TABLE_ENTRY
{
    LIST_ENTRY InLoadOrderLinks;
    PVOID ExceptionTable;
    ULONG ExceptionTableSize;
    PVOID GpValue;
    PVOID NonPagedDebugInfo;
    PVOID DllBase;
    PVOID EntryPoint;
    ULONG SizeOfImage;
    UNICODE_STRING FullDllName;
    UNICODE_STRING BaseDllName;
    ULONG Flags;
    USHORT LoadCount;
    USHORT SignatureAndType;
    PVOID SectionPointer;
    ULONG CheckSum;
    ULONG CoverageSectionSize;
    PVOID CoverageSection;
    PVOID LoadedImports;
    PVOID Spare;
    ULONG SizeOfImageNotRounded;
    ULONG TimeDateStamp;
} KLDR_DATA_TABLE_ENTRY, *PKLDR_DATA_TABLE_ENTRY;
extern LIST_ENTRY PsLoadedModuleList; /* PsLoadedModuleSpinLock for writers; never shrinks while a reader at HIGH_LEVEL (bugcheck) walks it */
/* Phase 0: entries for the kernel and the loader's drivers, in static storage: backtraces work from here on.  No pool. */
void LdrInitModulesPhase0(LOADER_PARAMETER_BLOCK *Block);
/* Binds the boot drivers' imports and starts them in the boot configuration's order. */
NTSTATUS LdrStartBootDrivers(void) NODISCARD;
/* The module that Address lies in, or NULL.  Any IRQL. */
PKLDR_DATA_TABLE_ENTRY LdrFindModule(const VOID *Address);
#endif
