/* SPDX-License-Identifier: MIT */
/*
 * exobj.h - for ex's files that make object types.  They stand above ob, unlike the rest of ex (docs/LAYERS).
 */
#ifndef NASCENT_EXOBJ_H
#define NASCENT_EXOBJ_H

#include "ob.h"

NTSTATUS ExpCreateType(PCWSTR Name, const OBJECT_TYPE_INITIALIZER *Initializer, POBJECT_TYPE *Type) NODISCARD;
/* The beginning of an NtQueryXxx service with one class, 0, of a fixed size: STATUS_INVALID_INFO_CLASS, STATUS_INFO_LENGTH_MISMATCH, bad pointers. */
NTSTATUS ExpCheckQuery(KPROCESSOR_MODE Mode, ULONG Class, ULONG Size, PVOID Buffer, ULONG Length, PULONG ReturnLength) NODISCARD;
/* And its end. */
NTSTATUS ExpReturnQuery(KPROCESSOR_MODE Mode, const VOID *Information, ULONG Size, PVOID Buffer, PULONG ReturnLength) NODISCARD;
/* A time-out of the caller: *Captured is NULL (for ever) or Storage. */
NTSTATUS ExpCaptureTimeout(KPROCESSOR_MODE Mode, PLARGE_INTEGER Timeout, PLARGE_INTEGER Storage, PLARGE_INTEGER *Captured) NODISCARD;

#endif
