/* SPDX-License-Identifier: MIT */
/*
 * startup.c - kernel32's DllMain, and the frame at the bottom of every Win32 thread.
 *
 * ntdll's RtlUserThreadStart calls BaseThreadInitThunk, which it finds by name; the thread's function runs under ntdll's exception filter
 * and its result is the thread's exit status (of the process, if it was the last thread).
 */
#include "k32.h"

__attribute__((noreturn)) void WINAPI BaseThreadInitThunk(ULONG Reason, LPTHREAD_START_ROUTINE Start, PVOID Parameter)
{
    UNUSED(Reason);
    RtlExitUserThread((NTSTATUS)Start(Parameter));
    __builtin_unreachable();
}

/* Where a process without the thunk would start; kept for debuggers that look for it. */
__attribute__((noreturn)) void WINAPI BaseProcessStart(LPTHREAD_START_ROUTINE Start)
{
    BaseThreadInitThunk(0, Start, BasePeb());
}

BOOL WINAPI DllMain(HINSTANCE Instance, DWORD Reason, LPVOID Reserved)
{
    UNUSED(Reserved);
    if (Reason == DLL_PROCESS_ATTACH) {
        LdrDisableThreadCalloutsForDll(Instance);
        RtlSetUnhandledExceptionFilter((PVECTORED_EXCEPTION_HANDLER)UnhandledExceptionFilter);
        BaseInitializeConsole();
    }
    return TRUE;
}
