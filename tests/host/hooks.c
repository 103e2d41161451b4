/* SPDX-License-Identifier: MIT */
/*
 * hooks.c - rtlp.h's hooks for the host tests: the C library's heap, so that the sanitizer sees every leak and overrun.
 */
#include <stdlib.h>
#include "shim/nt.h"
#include "rtlp.h"

PRUNTIME_FUNCTION TestFunctionTable;
ULONG TestFunctionCount;
ULONG64 TestImageBase, TestImageSize;

PVOID RtlpAllocate(SIZE_T Size)
{
    return malloc(Size);
}

void RtlpFree(PVOID Block)
{
    free(Block);
}

BOOLEAN RtlpFindFunctionTable(ULONG64 Pc, PULONG64 ImageBase, PRUNTIME_FUNCTION *Table, PULONG Count)
{
    if (Pc < TestImageBase || Pc - TestImageBase >= TestImageSize)
        return FALSE;
    *ImageBase = TestImageBase;
    *Table = TestFunctionTable;
    *Count = TestFunctionCount;
    return TRUE;
}

PRUNTIME_FUNCTION RtlpFindDynamicFunction(ULONG64 Pc, PULONG64 ImageBase)
{
    (void)Pc;
    *ImageBase = 0;
    return NULL;
}
