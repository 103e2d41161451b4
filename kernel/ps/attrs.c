/* SPDX-License-Identifier: MIT */
/*
 * attrs.c - PS_ATTRIBUTE_LIST: capture and validation.
 *
 * The list says its own length; each entry is a number with three flag bits that must be the ones this attribute has, a size and a value
 * or pointer.  Values are captured once, here; outputs are only remembered.  An attribute may come once (the additive ones may be
 * repeated on Windows; here they too come once).  Unknown numbers are refused with STATUS_INVALID_PARAMETER, known ones that this system cannot honour
 * with STATUS_NOT_SUPPORTED and a line in the log.
 */
#include "psp.h"

#define PSP_MAX_ATTRIBUTES 32u

static NTSTATUS PspCaptureArray(KPROCESSOR_MODE Mode, const PS_ATTRIBUTE *Attribute, HANDLE **Array, ULONG *Count)
{
    NTSTATUS Status;

    if (Attribute->Size == 0 || Attribute->Size % sizeof(HANDLE) != 0 || Attribute->Size / sizeof(HANDLE) > PSP_MAX_HANDLE_LIST) {
        return STATUS_INVALID_PARAMETER;
    }
    *Array = ExAllocatePoolWithTag(PagedPool, Attribute->Size, PSP_TAG);
    if (*Array == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *Count = (ULONG)(Attribute->Size / sizeof(HANDLE));
    Status = CopyFromMode(Mode, *Array, Attribute->ValuePtr, Attribute->Size);
    return Status;
}

/* The image name is a counted string without a UNICODE_STRING around it. */
static NTSTATUS PspCaptureImageName(KPROCESSOR_MODE Mode, const PS_ATTRIBUTE *Attribute, UNICODE_STRING *Name)
{
    UNICODE_STRING Source;

    if (Attribute->Size == 0 || Attribute->Size > 0xFFFC || (Attribute->Size & 1)) {
        return STATUS_INVALID_PARAMETER;
    }
    Source.Buffer = Attribute->ValuePtr;
    Source.Length = Source.MaximumLength = (USHORT)Attribute->Size;
    Name->Buffer = ExAllocatePoolWithTag(PagedPool, Source.Length, PSP_TAG);
    if (Name->Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Name->Length = Name->MaximumLength = Source.Length;
    return CopyFromMode(Mode, Name->Buffer, Source.Buffer, Source.Length);
}

static NTSTATUS PspCaptureAffinity(KPROCESSOR_MODE Mode, const PS_ATTRIBUTE *Attribute, PSP_ATTRIBUTES *Out)
{
    GROUP_AFFINITY Affinity;
    NTSTATUS Status;

    if (Attribute->Size != sizeof(Affinity)) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = CopyFromMode(Mode, &Affinity, Attribute->ValuePtr, sizeof(Affinity));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Affinity.Group != 0 || Affinity.Mask == 0 || (Affinity.Mask & ~KeQueryActiveProcessors()) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Out->Affinity = Affinity.Mask;
    return STATUS_SUCCESS;
}

static NTSTATUS PspCaptureScalar(KPROCESSOR_MODE Mode, const PS_ATTRIBUTE *Attribute, PVOID Value, SIZE_T Size)
{
    if (Attribute->Size != Size) {
        return STATUS_INVALID_PARAMETER;
    }
    return CopyFromMode(Mode, Value, Attribute->ValuePtr, Size);
}

static NTSTATUS PspCaptureChildPolicy(KPROCESSOR_MODE Mode, const PS_ATTRIBUTE *Attribute, ULONG *Policy)
{
    NTSTATUS Status = PspCaptureScalar(Mode, Attribute, Policy, sizeof(ULONG));

    if (NT_SUCCESS(Status) && (*Policy & ~(ULONG)(PSP_CHILD_RESTRICTED | PSP_CHILD_OVERRIDE | PSP_CHILD_RESTRICTED_UNLESS_SECURE))) {
        return STATUS_INVALID_PARAMETER;
    }
    return Status;
}

static NTSTATUS PspCaptureProcessAttribute(KPROCESSOR_MODE Mode, const PS_ATTRIBUTE *Attribute, PSP_ATTRIBUTES *Out)
{
    switch (Attribute->Attribute) {
    case PS_ATTRIBUTE_PARENT_PROCESS:
        Out->HasParentProcess = TRUE;
        Out->ParentProcess = (HANDLE)Attribute->Value;
        return Attribute->Size == sizeof(HANDLE) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case PS_ATTRIBUTE_DEBUG_OBJECT:
        Out->DebugObject = (HANDLE)Attribute->Value;
        return Attribute->Size == sizeof(HANDLE) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case PS_ATTRIBUTE_TOKEN:
        Out->Token = (HANDLE)Attribute->Value;
        return Attribute->Size == sizeof(HANDLE) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case PS_ATTRIBUTE_IMAGE_NAME:
        return Out->ImageName.Buffer == NULL ? PspCaptureImageName(Mode, Attribute, &Out->ImageName) : STATUS_INVALID_PARAMETER;
    case PS_ATTRIBUTE_IMAGE_INFO:
        Out->UserImageInfo = Attribute->ValuePtr;
        Out->UserImageInfoLength = Attribute->ReturnLength;
        return Attribute->Size == sizeof(SECTION_IMAGE_INFORMATION) ? KiProbeForWrite(Mode, Attribute->ValuePtr, Attribute->Size, 8) : STATUS_INVALID_PARAMETER;
    case PS_ATTRIBUTE_PRIORITY_CLASS:
        Out->HasPriorityClass = TRUE;
        return PspCaptureScalar(Mode, Attribute, &Out->PriorityClass, sizeof(UCHAR));
    case PS_ATTRIBUTE_ERROR_MODE:
        Out->HasErrorMode = TRUE;
        return PspCaptureScalar(Mode, Attribute, &Out->ErrorMode, sizeof(ULONG));
    case PS_ATTRIBUTE_STD_HANDLE_INFO:
        Out->HasStdHandleInfo = TRUE;
        return PspCaptureScalar(Mode, Attribute, &Out->StdHandleInfo, sizeof(PS_STD_HANDLE_INFO));
    case PS_ATTRIBUTE_HANDLE_LIST:
        Out->HasHandleList = TRUE;
        return Out->HandleList == NULL ? PspCaptureArray(Mode, Attribute, &Out->HandleList, &Out->HandleCount) : STATUS_INVALID_PARAMETER;
    case PS_ATTRIBUTE_CHILD_PROCESS_POLICY:
        return PspCaptureChildPolicy(Mode, Attribute, &Out->ChildPolicy);
    case PS_ATTRIBUTE_JOB_LIST:
        return Out->JobList == NULL ? PspCaptureArray(Mode, Attribute, &Out->JobList, &Out->JobCount) : STATUS_INVALID_PARAMETER;
    default:
        if ((Attribute->Attribute & PS_ATTRIBUTE_NUMBER_MASK) >= PsAttributeMax) {
            return STATUS_INVALID_PARAMETER;
        }
        KdPrint_("Ps: process attribute %#Ix is not supported\n", Attribute->Attribute);
        return STATUS_NOT_SUPPORTED;
    }
}

static NTSTATUS PspCaptureAttribute(KPROCESSOR_MODE Mode, const PS_ATTRIBUTE *Attribute, BOOLEAN ForProcess, PSP_ATTRIBUTES *Out)
{
    PROCESSOR_NUMBER Ideal;
    NTSTATUS Status;

    switch (Attribute->Attribute) {
    case PS_ATTRIBUTE_CLIENT_ID:
        Out->UserClientId = Attribute->ValuePtr;
        Out->UserClientIdLength = Attribute->ReturnLength;
        return Attribute->Size == sizeof(CLIENT_ID) ? KiProbeForWrite(Mode, Attribute->ValuePtr, Attribute->Size, 8) : STATUS_INVALID_PARAMETER;
    case PS_ATTRIBUTE_TEB_ADDRESS:
        Out->UserTeb = Attribute->ValuePtr;
        return Attribute->Size == sizeof(PVOID) ? KiProbeForWrite(Mode, Attribute->ValuePtr, Attribute->Size, 8) : STATUS_INVALID_PARAMETER;
    case PS_ATTRIBUTE_GROUP_AFFINITY:
        return PspCaptureAffinity(Mode, Attribute, Out);
    case PS_ATTRIBUTE_IDEAL_PROCESSOR:
        Status = PspCaptureScalar(Mode, Attribute, &Ideal, sizeof(Ideal));
        if (NT_SUCCESS(Status) && (Ideal.Group != 0 || Ideal.Number >= KeQueryActiveProcessorCount(NULL))) {
            Status = STATUS_INVALID_PARAMETER;
        }
        Out->HasIdealProcessor = TRUE;
        Out->IdealProcessor = NT_SUCCESS(Status) ? Ideal.Number : 0;
        return Status;
    default:
        return ForProcess ? PspCaptureProcessAttribute(Mode, Attribute, Out) : STATUS_INVALID_PARAMETER;
    }
}

NTSTATUS PspCaptureAttributes(KPROCESSOR_MODE Mode, const PS_ATTRIBUTE_LIST *List, BOOLEAN ForProcess, PSP_ATTRIBUTES *Attributes)
{
    SIZE_T Total, Count;
    NTSTATUS Status = KiProbeForRead(Mode, List, sizeof(SIZE_T), sizeof(SIZE_T));

    if (NT_SUCCESS(Status)) {
        Status = CopyFromMode(Mode, &Total, &List->TotalLength, sizeof(Total));
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Total < sizeof(SIZE_T) || (Total - sizeof(SIZE_T)) % sizeof(PS_ATTRIBUTE) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Count = (Total - sizeof(SIZE_T)) / sizeof(PS_ATTRIBUTE);
    if (Count > PSP_MAX_ATTRIBUTES) {
        return STATUS_INVALID_PARAMETER;
    }
    for (SIZE_T i = 0; NT_SUCCESS(Status) && i < Count; i++) {
        PS_ATTRIBUTE Attribute;
        Status = CopyFromMode(Mode, &Attribute, &List->Attributes[i], sizeof(Attribute));
        if (NT_SUCCESS(Status)) {
            Status = PspCaptureAttribute(Mode, &Attribute, ForProcess, Attributes);
        }
    }
    return Status; /* the caller releases what was captured, also after a failure */
}

void PspReleaseAttributes(PSP_ATTRIBUTES *Attributes)
{
    if (Attributes->ImageName.Buffer != NULL) {
        ExFreePoolWithTag(Attributes->ImageName.Buffer, PSP_TAG);
    }
    if (Attributes->HandleList != NULL) {
        ExFreePoolWithTag(Attributes->HandleList, PSP_TAG);
    }
    if (Attributes->JobList != NULL) {
        ExFreePoolWithTag(Attributes->JobList, PSP_TAG);
    }
    RtlZeroMemory(Attributes, sizeof(*Attributes));
}
