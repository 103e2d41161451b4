/* SPDX-License-Identifier: MIT */
/*
 * native.h - native services for test programs that link with kernel32 only: a function of the service's name that finds it in ntdll when first called.
 *
 *      NATIVE(NtTestAlert, (void), ())
 *      NATIVE(NtSetEvent, (HANDLE Event, PLONG Previous), (Event, Previous))
 */
#ifndef NASCENT_TEST_NATIVE_H
#define NASCENT_TEST_NATIVE_H

#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>

#define NATIVE(Name, Parameters, Arguments)                                                    \
    __attribute__((unused)) static NTSTATUS Name Parameters                                    \
    {                                                                                          \
        static NTSTATUS(NTAPI * Real) Parameters;                                              \
                                                                                               \
        if (Real == NULL) {                                                                    \
            Real = (void *)GetProcAddress(GetModuleHandleA("ntdll"), #Name);                   \
        }                                                                                      \
        return Real != NULL ? Real Arguments : (NTSTATUS)0xC0000139 /* ENTRYPOINT_NOT_FOUND */; \
    }

#endif
