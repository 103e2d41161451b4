/* SPDX-License-Identifier: MIT */
/*
 * platform.c - the run-time library's hooks (rtlp.h) in the kernel.  ntdll has its own.
 *
 * This is the one file of rtl that looks upwards: at the list of modules (ldr), the current thread's stack (ke) and the pool (ex).
 */
#ifndef RTL_USER_MODE
#include "rtlp.h"
#include "ke.h"
#include "ldr.h"

#define RTL_TAG POOL_TAG('R', 't', 'l', 'S')

PVOID RtlpAllocate(SIZE_T Size)
{
    return ExAllocatePoolWithTag(PagedPool, Size, RTL_TAG);
}

void RtlpFree(PVOID Block)
{
    ExFreePoolWithTag(Block, 0);
}

BOOLEAN RtlpFindFunctionTable(ULONG64 Pc, PULONG64 ImageBase, PRUNTIME_FUNCTION *Table, PULONG Count)
{
    PKLDR_DATA_TABLE_ENTRY Module = LdrFindModule((PVOID)Pc);

    if (Module == NULL)
        return FALSE;
    *ImageBase = (ULONG64)Module->DllBase;
    *Table = Module->ExceptionTable;
    *Count = Module->ExceptionTable == NULL ? 0 : Module->ExceptionTableSize / (ULONG)sizeof(RUNTIME_FUNCTION);
    return TRUE;
}

PRUNTIME_FUNCTION RtlpFindDynamicFunction(ULONG64 Pc, PULONG64 ImageBase)
{
    UNREFERENCED_PARAMETER(Pc);
    *ImageBase = 0;
    return NULL;
}

BOOLEAN RtlpStackLimits(ULONG64 Sp, PULONG64 Low, PULONG64 High)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();

    if (Thread == NULL)
        return FALSE;
    *Low = (ULONG64)Thread->StackLimit;
    *High = (ULONG64)Thread->StackBase;
    /* The stacks of NMI, double fault and machine check: an exception there is the end anyway. */
    return Sp >= *Low && Sp < *High;
}

NORETURN void RtlpUnhandled(PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    KeBugCheckEx(KMODE_EXCEPTION_NOT_HANDLED, (ULONG_PTR)(LONG_PTR)Record->ExceptionCode, (ULONG_PTR)Record->ExceptionAddress,
                 (ULONG_PTR)Record, (ULONG_PTR)Context);
}

void RtlpRaiseToDebugger(PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    UNREFERENCED_PARAMETER(Record);
    UNREFERENCED_PARAMETER(Context);
}

BOOLEAN RtlpCallVectoredExceptionHandlers(PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    UNREFERENCED_PARAMETER(Record);
    UNREFERENCED_PARAMETER(Context);
    return FALSE;
}

void RtlpCallVectoredContinueHandlers(PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    UNREFERENCED_PARAMETER(Record);
    UNREFERENCED_PARAMETER(Context);
}

PVOID NTAPI RtlPcToFileHeader(PVOID Pc, PVOID *Base)
{
    PKLDR_DATA_TABLE_ENTRY Module = LdrFindModule(Pc);

    *Base = Module == NULL ? NULL : Module->DllBase;
    return *Base;
}
NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW Version)
{
    Version->dwMajorVersion = 10;
    Version->dwMinorVersion = 0;
    Version->dwBuildNumber = 19045;
    Version->dwPlatformId = VER_PLATFORM_WIN32_NT;
    Version->szCSDVersion[0] = 0;
    if (Version->dwOSVersionInfoSize == sizeof(RTL_OSVERSIONINFOEXW)) {
        PRTL_OSVERSIONINFOEXW Extended = (PRTL_OSVERSIONINFOEXW)Version;
        Extended->wServicePackMajor = Extended->wServicePackMinor = 0;
        Extended->wSuiteMask = 0;
        Extended->wProductType = VER_NT_WORKSTATION;
        Extended->wReserved = 0;
    }
    return STATUS_SUCCESS;
}
#else
typedef int RtlPlatformIsNtdlls;
#endif
