/* SPDX-License-Identifier: MIT */
/*
 * bcryptprimitives.c - ProcessPrng, the generator that Rust's and Go's run-times take their seeds from.
 *
 * On Windows it cannot fail: a process that cannot be given random bytes is not allowed to go on, and so here.
 */
#include "smalldll.h"
#include "random.h"

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved)
{
    UNUSED(Module);
    UNUSED(Reason);
    UNUSED(Reserved);
    return TRUE;
}

BOOL WINAPI ProcessPrng(PBYTE Buffer, SIZE_T Length)
{
    if (!RandomBytes(Buffer, Length)) {
        RaiseFailFastException(NULL, NULL, 0);
    }
    return TRUE;
}

/* A random GUID of version 4. */
BOOL WINAPI ProcessPrngGuid(GUID *Guid)
{
    ProcessPrng((PBYTE)Guid, sizeof(*Guid));
    Guid->Data3 = (USHORT)((Guid->Data3 & 0x0FFF) | 0x4000);
    Guid->Data4[0] = (UCHAR)((Guid->Data4[0] & 0x3F) | 0x80);
    return TRUE;
}
