/* SPDX-License-Identifier: MIT */
/*
 * se.h - security: tokens, access checks, security of new objects.  Windows Internals, 7th ed., part 1, chapter 7.
 */
#ifndef NASCENT_SE_H
#define NASCENT_SE_H

#include "ob.h"

void SeInitSystemPhase0(void); /* well-known SIDs, default descriptors (SePublicDefaultSd...), privileges; needs pool */
void SeInitSystemPhase1(void); /* token object type; \Security */
extern POBJECT_TYPE SeTokenObjectType_;
/* The system's first token: SYSTEM, all privileges; referenced. */
PACCESS_TOKEN SeMakeSystemToken(void);
/* Token of a new process: a duplicate of Parent's primary token (or of Explicit, which must be a primary token); referenced. */
NTSTATUS SeSubProcessToken(PEPROCESS Parent, PACCESS_TOKEN Explicit, PACCESS_TOKEN *Token) NODISCARD;
void SeAssignPrimaryToken(PEPROCESS Process, PACCESS_TOKEN Token); /* takes over the reference */
void SeDeassignPrimaryToken(PEPROCESS Process);
/*
 * Whether who runs with Token may start processes; documented for drivers.  Set makes it stricter: not at all, none but secure ones (there are none here), or
 * only watched.  Allow, which Windows does not export, forgets all of it, for a token that no process has yet.  PASSIVE_LEVEL.
 */
VOID NTAPI SeTokenSetNoChildProcessRestricted(PACCESS_TOKEN Token, BOOLEAN UnlessSecure, BOOLEAN AuditOnly);
VOID NTAPI SeTokenGetNoChildProcessRestricted(PACCESS_TOKEN Token, PBOOLEAN Enforced, PBOOLEAN UnlessSecure, PBOOLEAN AuditOnly);
void SeAllowChildProcesses_(PACCESS_TOKEN Token);
/* SeCreateAccessState, SeDeleteAccessState: ob.h (ob calls them). */
#define SeCreateAccessState_ SeCreateAccessState
#define SeDeleteAccessState_ SeDeleteAccessState
/* Whether the current subject holds Privilege (enabled) when Mode is UserMode; always TRUE for KernelMode. */
BOOLEAN NTAPI SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode);
/* Level of an impersonation token; exported by Windows. */
SECURITY_IMPERSONATION_LEVEL NTAPI SeTokenImpersonationLevel(PACCESS_TOKEN Token);
#endif
