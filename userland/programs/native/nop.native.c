/* SPDX-License-Identifier: MIT */
/*
 * nop.native.c - the smallest process: a native program that ends at once with the status 42.  What process_native measures, and what
 * stress10k starts ten thousand times.
 */
#define WIN32_LEAN_AND_MEAN
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>

#include "ntapi.h"

void NTAPI NtProcessStartup(PNPEB Peb)
{
    (void)Peb;
    NtTerminateProcess(NtCurrentProcess(), 42);
}
