/* SPDX-License-Identifier: MIT */
/*
 * smss.h - the parts of the session manager: the namespace that user mode expects, the environment, the first program.
 */
#ifndef NASCENT_SMSS_H
#define NASCENT_SMSS_H

#define WIN32_LEAN_AND_MEAN
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>
#include <stdbool.h>
#include <string.h>
#include <wchar.h>

#include "ntapi.h"

#ifndef COUNT_OF
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#endif

/* namespace.c */
void SmpCreateDosDevices(void);
void SmpCreateObjectDirectories(void);
void SmpCreateKnownDlls(void);

/* environment.c: a block for RtlCreateProcessParametersEx. */
NTSTATUS SmpCreateEnvironment(PWSTR *Environment);

/* session.c */
typedef struct _SMP_HANDLES
{
    HANDLE Console; /* the connection; null: none */
    HANDLE Input, Output, Error;
} SMP_HANDLES;

NTSTATUS SmpOpen(PCWSTR Name, ACCESS_MASK Access, BOOLEAN Inherit, PHANDLE Handle);
bool SmpFileExists(PCWSTR Name);
NTSTATUS SmpOpenConsole(SMP_HANDLES *Handles);
NTSTATUS SmpOpenHost(SMP_HANDLES *Handles);
/* Starts cmd.exe with the handles and waits for its end; *ExitStatus is set on success. */
NTSTATUS SmpRunShell(PCWSTR CommandLine, const SMP_HANDLES *Handles, PWSTR Environment, NTSTATUS *ExitStatus);
void SmpReport(const char *Verdict, NTSTATUS Status);

#endif
