/* SPDX-License-Identifier: MIT */
/*
 * capture.c - strings of the caller, copied once; the caller's processor mode.
 */
#include "exp.h"

#define TAG_CAPTURED POOL_TAG('N', 'S', 't', 'r')

KPROCESSOR_MODE NTAPI ExGetPreviousMode(VOID)
{
    return (KPROCESSOR_MODE)KeGetCurrentThread()->PreviousMode;
}

NTSTATUS ExCaptureUnicodeString(KPROCESSOR_MODE Mode, const UNICODE_STRING *Source, UNICODE_STRING *Destination)
{
    UNICODE_STRING Header;
    NTSTATUS Status;
    PWCH Buffer;

    PAGED_CODE();
    RtlZeroMemory(Destination, sizeof(*Destination));
    if (Mode != KernelMode && ((ULONG_PTR)Source & 3) != 0) {
        return STATUS_DATATYPE_MISALIGNMENT;
    }
    Status = CopyFromMode(Mode, &Header, Source, sizeof(Header));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Header.Length & 1) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Header.Length == 0) {
        return STATUS_SUCCESS;
    }
    if (Mode != KernelMode && ((ULONG_PTR)Header.Buffer & 1) != 0) {
        return STATUS_DATATYPE_MISALIGNMENT;
    }
    /* A terminating zero is added for those who print it; Length does not count it. */
    Buffer = ExAllocatePoolWithTag(PagedPool, (SIZE_T)Header.Length + sizeof(WCHAR), TAG_CAPTURED);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = CopyFromMode(Mode, Buffer, Header.Buffer, Header.Length);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Buffer, TAG_CAPTURED);
        return Status;
    }
    Buffer[Header.Length / sizeof(WCHAR)] = 0;
    Destination->Buffer = Buffer;
    Destination->Length = Header.Length;
    Destination->MaximumLength = Header.Length == 0xFFFE ? Header.Length : (USHORT)(Header.Length + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

void ExFreeCapturedString(UNICODE_STRING *String)
{
    if (String->Buffer != NULL) {
        ExFreePoolWithTag(String->Buffer, TAG_CAPTURED);
        String->Buffer = NULL;
    }
    String->Length = String->MaximumLength = 0;
}
