/* SPDX-License-Identifier: MIT */
/*
 * adv.h - what the files of advapi32 share.
 *
 * advapi32 is the Win32 face of security: SIDs, ACLs and descriptors are ntdll's Rtl routines with last errors, tokens and checks are the kernel's
 * services.  What is made here: the text form of descriptors (sddl.c), names of accounts and privileges (lookup.c, privilege.c), editing of ACLs by
 * trustee (entries.c).  Results a caller frees with LocalFree come from LocalAlloc.
 */
#ifndef NASCENT_ADV_H
#define NASCENT_ADV_H

#define WIN32_LEAN_AND_MEAN
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>
#include <accctrl.h>
#include <aclapi.h>
#include <sddl.h>
#include <stdint.h>
#include <stdbool.h>
#include <string.h>
#include <wchar.h>

#include "ntapi.h"
#include "secapi.h"

#define UNUSED(x) ((void)(x))
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#define LONGEST_SID ((DWORD)SECURITY_MAX_SID_SIZE)

/* util.c */
BOOL AdvResult(NTSTATUS Status);             /* sets the last error of a failure */
BOOL AdvFail(DWORD Error);                   /* sets it, FALSE */
DWORD AdvError(NTSTATUS Status);             /* for calls that return the error itself */
void AdvNotThere(const char *Name);          /* names what is not there in the kernel's log, once a process */
LPWSTR AdvWide(LPCSTR Text);                 /* free with AdvFree; NULL in, NULL out */
/* Copies Source (Length characters without its zero) to an ANSI buffer of *Size bytes as Win32 does: *Size is what was copied or is needed. */
BOOL AdvCopyAnsi(LPCWSTR Source, LPSTR Target, LPDWORD Size);
PVOID AdvAllocate(SIZE_T Size);              /* zeroed */
void AdvFree(PVOID Block);
PVOID AdvQueryToken(HANDLE Token, TOKEN_INFORMATION_CLASS Class); /* free with AdvFree; NULL with the last error */

/* sidtext.c */
/* entries.c: the SID of a trustee by name or SID; Sid has LONGEST_SID bytes.  Returns an error. */
DWORD AdvTrusteeSid(const TRUSTEE_W *Trustee, bool Ansi, PSID Sid);
/* A SID at the beginning of Text: S-1-... or a two-letter alias.  Sid has LONGEST_SID bytes.  Returns what follows, NULL: none. */
LPCWSTR AdvParseSid(LPCWSTR Text, PSID Sid);
void AdvSidText(PSID Sid, LPWSTR Text);      /* S-1-...; 200 characters are enough */
LPCWSTR AdvSidAlias(PSID Sid);               /* two letters or NULL */
PSID AdvMachineSid(void);                    /* the domain of this machine's accounts */

#endif
