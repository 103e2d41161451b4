/* SPDX-License-Identifier: MIT */
/*
 * ldrtls.dll - static thread-local storage and TLS callbacks in a DLL that is loaded late.  gcc emulates __thread, so the variables stand in
 * the .tls section and are reached as other compilers do it: TEB, vector, slot.
 */
#include "ldrlog.h"

extern ULONG _tls_index;
extern char _tls_start;

__attribute__((section(".tls$B"), used)) static int Number = 41;
__attribute__((section(".tls$C"), used)) static int Zero = 0;

static int *Local(int *Variable)
{
    char **Vector;

    __asm__("movq %%gs:0x58, %0" : "=r"(Vector));
    return (int *)(Vector[_tls_index] + ((char *)Variable - &_tls_start));
}

__declspec(dllexport) int *TlsNumber(void)
{
    return Local(&Number);
}

__declspec(dllexport) int *TlsZero(void)
{
    return Local(&Zero);
}

static void NTAPI Callback(void *Module, DWORD Reason, void *Reserved)
{
    LogReason("tls", Reason, Reserved);
}

__attribute__((section(".CRT$XLM"), used)) static PIMAGE_TLS_CALLBACK Entry = Callback;

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, void *Reserved)
{
    LogReason("main", Reason, Reserved);
    return TRUE;
}
