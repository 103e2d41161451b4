/* SPDX-License-Identifier: MIT */
/*
 * smalldll.h - what the small libraries beside kernel32 share: the headers in the right order and the few helpers each would write again.
 *
 * They link with kernel32 and ntdll only and have no C run-time; memcpy, wcslen and the like are ntdll's.
 */
#ifndef NASCENT_SMALLDLL_H
#define NASCENT_SMALLDLL_H

#define DECLSPEC_IMPORT /* the headers would have what a library defines imported; a call through a thunk is as good */
#define WIN32_NO_STATUS
#ifdef SMALLDLL_SOCKETS /* these want to come first */
#include <winsock2.h>
#include <ws2tcpip.h>
#endif
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>
#include <stdint.h>
#include <stddef.h>
#include <stdbool.h>
#include <string.h>
#include <wchar.h>

#include "pebteb.h"
#include "ntapi.h"

#define UNUSED(x) ((void)(x))
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static inline BOOL Fail(DWORD Error)
{
    SetLastError(Error);
    return FALSE;
}

static inline PVOID Allocate(SIZE_T Size)
{
    return HeapAlloc(GetProcessHeap(), 0, Size);
}

static inline void Release(PVOID Block)
{
    if (Block != NULL) {
        DWORD Error = GetLastError();
        HeapFree(GetProcessHeap(), 0, Block);
        SetLastError(Error);
    }
}

/* An ANSI string as UTF-16 from the heap; null for null, and null with a last error for a failure. */
static inline LPWSTR WideOf(LPCSTR Text)
{
    int Length = Text == NULL ? 0 : MultiByteToWideChar(CP_ACP, 0, Text, -1, NULL, 0);
    LPWSTR Wide = Length == 0 ? NULL : Allocate((SIZE_T)Length * sizeof(WCHAR));

    if (Wide != NULL) {
        MultiByteToWideChar(CP_ACP, 0, Text, -1, Wide, Length);
    }
    return Wide;
}

#endif
