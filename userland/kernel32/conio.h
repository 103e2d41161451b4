/* SPDX-License-Identifier: MIT */
/*
 * conio.h - what the console's files share: the control call on a handle, and on the console as a whole.
 */
#ifndef NASCENT_K32_CONIO_H
#define NASCENT_K32_CONIO_H

#include "k32.h"

NTSTATUS BaseConsoleCall(HANDLE Handle, ULONG Code, const void *Input, ULONG InputLength, PVOID Output, ULONG OutputLength,
                         PULONG Returned);
BOOL BaseConsole(HANDLE Handle, ULONG Code, const void *Input, ULONG InputLength, PVOID Output, ULONG OutputLength, PULONG Returned);
BOOL BaseOnConsole(BOOL Output, ULONG Code, const void *Input, ULONG InputLength, PVOID Result, ULONG ResultLength, PULONG Returned);
/* A file of the console driver; INVALID_HANDLE_VALUE and the last error if it cannot be opened. */
HANDLE BaseOpenConsoleFile(LPCWSTR File, DWORD Access, BOOL Inherit, DWORD Share);

#endif
