/* SPDX-License-Identifier: MIT */
/*
 * nsapi.h - private namespaces: the services and ntdll's calls on boundaries.
 */
#ifndef NASCENT_NSAPI_H
#define NASCENT_NSAPI_H

#include "ntapi.h"

NTCALL NtCreatePrivateNamespace(PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, PVOID Boundary);
NTCALL NtOpenPrivateNamespace(PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, PVOID Boundary);
NTCALL NtDeletePrivateNamespace(HANDLE Handle);
NTSYSAPI PVOID NTAPI RtlCreateBoundaryDescriptor(PUNICODE_STRING Name, ULONG Flags);
NTSYSAPI VOID NTAPI RtlDeleteBoundaryDescriptor(PVOID Boundary);
NTCALL RtlAddSIDToBoundaryDescriptor(PVOID *Boundary, PSID Sid);
NTCALL RtlAddIntegrityLabelToBoundaryDescriptor(PVOID *Boundary, PSID Label);

#endif
