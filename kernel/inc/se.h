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
NTSTATUS SeCreateAccessState_(PACCESS_STATE AccessState, PVOID AuxData, ACCESS_MASK DesiredAccess, PGENERIC_MAPPING Mapping);
void SeDeleteAccessState_(PACCESS_STATE AccessState);
/* Default SecurityProcedure of objects whose descriptor lies in the object header. */
NTSTATUS SeDefaultObjectMethod(PVOID Object, SECURITY_OPERATION_CODE Operation, PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor, PULONG CapturedLength,
                               PSECURITY_DESCRIPTOR *ObjectsDescriptor, POOL_TYPE PoolType, PGENERIC_MAPPING Mapping);
/* Captures a descriptor from Mode into pool, self-relative and validated; NULL in, NULL out. */
NTSTATUS SeCaptureSecurityDescriptor_(PSECURITY_DESCRIPTOR Source, KPROCESSOR_MODE Mode, PSECURITY_DESCRIPTOR *Captured) NODISCARD;
void SeReleaseCapturedSecurityDescriptor_(PSECURITY_DESCRIPTOR Captured);
/* Whether the current subject holds Privilege (enabled) when Mode is UserMode; always TRUE for KernelMode. */
BOOLEAN NTAPI SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode);
#endif
