/* SPDX-License-Identifier: MIT */
/*
 * capture.c - the caller's SIDs, ACLs, privileges and descriptors, copied once and validated.
 *
 * Each variable part is read in two steps, head then whole; after the second the head's size field is set back to what was seen first, so
 * that a caller who changes memory meanwhile gains nothing.
 */
#include "sep.h"

NTSTATUS SepCaptureSid(KPROCESSOR_MODE Mode, PSID Source, PSID *Captured)
{
    UCHAR Head[8];
    ULONG Length;
    SID *Sid;
    NTSTATUS Status = CopyFromMode(Mode, Head, Source, sizeof(Head));

    *Captured = NULL;
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Head[0] != SID_REVISION || Head[1] > SID_MAX_SUB_AUTHORITIES) {
        return STATUS_INVALID_SID;
    }
    Length = 8 + 4u * Head[1];
    Sid = ExAllocatePoolWithTag(PagedPool, Length, TAG_SE);
    if (Sid == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = CopyFromMode(Mode, Sid, Source, Length);
    Sid->Revision = Head[0];
    Sid->SubAuthorityCount = Head[1];
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Sid, TAG_SE);
        return Status;
    }
    *Captured = Sid;
    return STATUS_SUCCESS;
}

/* One block: the array, then room for each SID at its largest. */
NTSTATUS SepCaptureSidArray(KPROCESSOR_MODE Mode, const SID_AND_ATTRIBUTES *Source, ULONG Count, SID_AND_ATTRIBUTES **Captured)
{
    const ULONG Room = 8 + 4 * SID_MAX_SUB_AUTHORITIES;
    SID_AND_ATTRIBUTES *Array;
    NTSTATUS Status;
    PUCHAR Place;

    *Captured = NULL;
    if (Count == 0) {
        return STATUS_SUCCESS;
    }
    if (Count > SEP_MAXIMUM_SIDS) {
        return STATUS_INVALID_PARAMETER;
    }
    Array = ExAllocatePoolWithTag(PagedPool, Count * (sizeof(*Array) + Room), TAG_SE);
    if (Array == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = CopyFromMode(Mode, Array, Source, Count * sizeof(*Array));
    Place = (PUCHAR)(Array + Count);
    for (ULONG i = 0; NT_SUCCESS(Status) && i < Count; i++, Place += Room) {
        Status = CopyFromMode(Mode, Place, Array[i].Sid, 8);
        if (NT_SUCCESS(Status) && (Place[0] != SID_REVISION || Place[1] > SID_MAX_SUB_AUTHORITIES)) {
            Status = STATUS_INVALID_SID;
        }
        if (NT_SUCCESS(Status) && Place[1] != 0) {
            Status = CopyFromMode(Mode, Place + 8, (PUCHAR)Array[i].Sid + 8, 4u * Place[1]);
        }
        Array[i].Sid = Place;
    }
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Array, TAG_SE);
        return Status;
    }
    *Captured = Array;
    return STATUS_SUCCESS;
}

NTSTATUS SepCapturePrivileges(KPROCESSOR_MODE Mode, const LUID_AND_ATTRIBUTES *Source, ULONG Count, LUID_AND_ATTRIBUTES **Captured)
{
    LUID_AND_ATTRIBUTES *Array;
    NTSTATUS Status;

    *Captured = NULL;
    if (Count == 0) {
        return STATUS_SUCCESS;
    }
    if (Count > SEP_MAXIMUM_SIDS) {
        return STATUS_INVALID_PARAMETER;
    }
    Array = ExAllocatePoolWithTag(PagedPool, Count * sizeof(*Array), TAG_SE);
    if (Array == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = CopyFromMode(Mode, Array, Source, Count * sizeof(*Array));
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Array, TAG_SE);
        return Status;
    }
    *Captured = Array;
    return STATUS_SUCCESS;
}

NTSTATUS SepCaptureAcl(KPROCESSOR_MODE Mode, PACL Source, PACL *Captured)
{
    NTSTATUS Status;
    ACL Head;
    PACL Acl;

    *Captured = NULL;
    Status = CopyFromMode(Mode, &Head, Source, sizeof(Head));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Head.AclSize < sizeof(ACL)) {
        return STATUS_INVALID_ACL;
    }
    Acl = ExAllocatePoolWithTag(PagedPool, Head.AclSize, TAG_SE_DACL);
    if (Acl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = CopyFromMode(Mode, Acl, Source, Head.AclSize);
    Acl->AclSize = Head.AclSize;
    if (NT_SUCCESS(Status) && !RtlValidAcl(Acl)) {
        Status = STATUS_INVALID_ACL;
    }
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Acl, TAG_SE_DACL);
        return Status;
    }
    *Captured = Acl;
    return STATUS_SUCCESS;
}

/* ---- descriptors ---------------------------------------------------------------------------------------------------------------------- */

/* Addresses of a descriptor's parts, in the caller's memory. */
static NTSTATUS SepReadDescriptorHead(PSECURITY_DESCRIPTOR Source, KPROCESSOR_MODE Mode, SECURITY_DESCRIPTOR *Head)
{
    SECURITY_DESCRIPTOR_RELATIVE Relative;
    NTSTATUS Status = CopyFromMode(Mode, &Relative, Source, sizeof(Relative));
    PUCHAR Base = Source;

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Relative.Revision != SECURITY_DESCRIPTOR_REVISION) {
        return STATUS_UNKNOWN_REVISION;
    }
    if ((Relative.Control & SE_SELF_RELATIVE) == 0) {
        Status = CopyFromMode(Mode, Head, Source, sizeof(*Head));
        Head->Control = Relative.Control;
    } else {
        Head->Revision = Relative.Revision;
        Head->Sbz1 = Relative.Sbz1;
        Head->Control = Relative.Control;
        Head->Owner = Relative.Owner != 0 ? Base + Relative.Owner : NULL;
        Head->Group = Relative.Group != 0 ? Base + Relative.Group : NULL;
        Head->Sacl = Relative.Sacl != 0 ? (PACL)(Base + Relative.Sacl) : NULL;
        Head->Dacl = Relative.Dacl != 0 ? (PACL)(Base + Relative.Dacl) : NULL;
    }
    if ((Head->Control & SE_DACL_PRESENT) == 0) {
        Head->Dacl = NULL;
    }
    if ((Head->Control & SE_SACL_PRESENT) == 0) {
        Head->Sacl = NULL;
    }
    return Status;
}

NTSTATUS SeCaptureSecurityDescriptor_(PSECURITY_DESCRIPTOR Source, KPROCESSOR_MODE Mode, PSECURITY_DESCRIPTOR *Captured)
{
    SECURITY_DESCRIPTOR Head;
    SEP_SD_PARTS Parts = {0};
    NTSTATUS Status;

    PAGED_CODE();
    *Captured = NULL;
    if (Source == NULL) {
        return STATUS_SUCCESS;
    }
    Status = SepReadDescriptorHead(Source, Mode, &Head);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Parts.Control = Head.Control;
    if (Head.Owner != NULL) {
        Status = SepCaptureSid(Mode, Head.Owner, &Parts.Owner);
    }
    if (NT_SUCCESS(Status) && Head.Group != NULL) {
        Status = SepCaptureSid(Mode, Head.Group, &Parts.Group);
    }
    if (NT_SUCCESS(Status) && Head.Sacl != NULL) {
        Status = SepCaptureAcl(Mode, Head.Sacl, &Parts.Sacl);
    }
    if (NT_SUCCESS(Status) && Head.Dacl != NULL) {
        Status = SepCaptureAcl(Mode, Head.Dacl, &Parts.Dacl);
    }
    if (NT_SUCCESS(Status)) {
        Status = SepMakeRelativeDescriptor(&Parts, PagedPool, Captured);
    }
    if (Parts.Owner != NULL) {
        ExFreePoolWithTag(Parts.Owner, TAG_SE);
    }
    if (Parts.Group != NULL) {
        ExFreePoolWithTag(Parts.Group, TAG_SE);
    }
    if (Parts.Sacl != NULL) {
        ExFreePoolWithTag(Parts.Sacl, TAG_SE_DACL);
    }
    if (Parts.Dacl != NULL) {
        ExFreePoolWithTag(Parts.Dacl, TAG_SE_DACL);
    }
    return Status;
}

void SeReleaseCapturedSecurityDescriptor_(PSECURITY_DESCRIPTOR Captured)
{
    if (Captured != NULL) {
        ExFreePoolWithTag(Captured, TAG_SE_SD);
    }
}
