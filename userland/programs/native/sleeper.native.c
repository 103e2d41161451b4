/* SPDX-License-Identifier: MIT */
/*
 * sleeper.native.c - the smallest process that stays: a native program that waits for ever.  What process_memory counts, and of which
 * growth_4000 has four thousand.
 */
#define WIN32_LEAN_AND_MEAN
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <limits.h>
#include <winternl.h>

#include "ntapi.h"

void NTAPI NtProcessStartup(PNPEB Peb)
{
    LARGE_INTEGER Never = {.QuadPart = LLONG_MIN};

    (void)Peb;
    NtDelayExecution(FALSE, &Never);
    NtTerminateProcess(NtCurrentProcess(), STATUS_TIMEOUT);
}
