/* SPDX-License-Identifier: MIT */
/*
 * exobj.c - what the services of ex's object types have in common.
 */
#include "exp.h"
#include "exobj.h"

NTSTATUS ExpCreateType(PCWSTR Name, const OBJECT_TYPE_INITIALIZER *Initializer, POBJECT_TYPE *Type)
{
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Name);
    return ObCreateObjectType(&String, Initializer, NULL, Type);
}

NTSTATUS ExpCheckQuery(KPROCESSOR_MODE Mode, ULONG Class, ULONG Size, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
    NTSTATUS Status;

    if (Class != 0) {
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Length != Size) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = KiProbeForWrite(Mode, Buffer, Length, 1);
    if (NT_SUCCESS(Status) && ReturnLength != NULL) {
        Status = KiProbeForWrite(Mode, ReturnLength, sizeof(ULONG), 1);
    }
    return Status;
}

NTSTATUS ExpReturnQuery(KPROCESSOR_MODE Mode, const VOID *Information, ULONG Size, PVOID Buffer, PULONG ReturnLength)
{
    NTSTATUS Status = CopyToMode(Mode, Buffer, Information, Size);

    if (NT_SUCCESS(Status) && ReturnLength != NULL) {
        Status = CopyToMode(Mode, ReturnLength, &Size, sizeof(Size));
    }
    return Status;
}

NTSTATUS ExpCaptureTimeout(KPROCESSOR_MODE Mode, PLARGE_INTEGER Timeout, PLARGE_INTEGER Storage, PLARGE_INTEGER *Captured)
{
    *Captured = NULL;
    if (Timeout == NULL) {
        return STATUS_SUCCESS;
    }
    *Captured = Storage;
    return CopyFromMode(Mode, Storage, Timeout, sizeof(*Storage));
}
