/* SPDX-License-Identifier: MIT */
/*
 * sd.c - reading and changing the descriptors of objects.
 *
 * SeDefaultObjectMethod serves all types whose descriptors lie in the object header (ob/security.c keeps them).  Changes build a new descriptor
 * from the old one and what is set; one change at a time in the whole system, they are rare.
 */
#include "sep.h"

static EX_PUSH_LOCK_ SepSetSecurityLock;

static ULONG SepAlign4(ULONG Length)
{
    return (Length + 3) & ~3u;
}

ULONG SepRelativeLength(const SEP_SD_PARTS *Parts)
{
    return sizeof(SECURITY_DESCRIPTOR_RELATIVE) + (Parts->Owner != NULL ? SeLengthSid(Parts->Owner) : 0) +
           (Parts->Group != NULL ? SeLengthSid(Parts->Group) : 0) + (Parts->Sacl != NULL ? SepAlign4(Parts->Sacl->AclSize) : 0) +
           (Parts->Dacl != NULL ? SepAlign4(Parts->Dacl->AclSize) : 0);
}

static ULONG SepPutPart(PUCHAR Base, ULONG *Offset, const VOID *Part, ULONG Length)
{
    ULONG At = *Offset, Padded = SepAlign4(Length);

    if (Part == NULL) {
        return 0;
    }
    RtlCopyMemory(Base + At, Part, Length);
    RtlZeroMemory(Base + At + Length, Padded - Length);
    *Offset += Padded;
    return At;
}

/* Header, then SACL, DACL, owner, group: the order Windows writes. */
void SepFillRelative(const SEP_SD_PARTS *Parts, PVOID Buffer)
{
    SECURITY_DESCRIPTOR_RELATIVE *Head = Buffer;
    ULONG Offset = sizeof(*Head);

    Head->Revision = SECURITY_DESCRIPTOR_REVISION;
    Head->Sbz1 = 0;
    Head->Control = Parts->Control | SE_SELF_RELATIVE;
    Head->Sacl = SepPutPart(Buffer, &Offset, Parts->Sacl, Parts->Sacl != NULL ? Parts->Sacl->AclSize : 0);
    Head->Dacl = SepPutPart(Buffer, &Offset, Parts->Dacl, Parts->Dacl != NULL ? Parts->Dacl->AclSize : 0);
    Head->Owner = SepPutPart(Buffer, &Offset, Parts->Owner, Parts->Owner != NULL ? SeLengthSid(Parts->Owner) : 0);
    Head->Group = SepPutPart(Buffer, &Offset, Parts->Group, Parts->Group != NULL ? SeLengthSid(Parts->Group) : 0);
}

NTSTATUS SepMakeRelativeDescriptor(const SEP_SD_PARTS *Parts, POOL_TYPE PoolType, PSECURITY_DESCRIPTOR *Descriptor)
{
    *Descriptor = ExAllocatePoolWithTag(PoolType, SepRelativeLength(Parts), TAG_SE_SD);
    if (*Descriptor == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    SepFillRelative(Parts, *Descriptor);
    return STATUS_SUCCESS;
}

static void SepPartsOf(PSECURITY_DESCRIPTOR Descriptor, SEP_SD_PARTS *Parts)
{
    SEP_OBJECT Object;

    SepObjectFromDescriptor(Descriptor, &Object);
    Parts->Control = ((SECURITY_DESCRIPTOR *)Descriptor)->Control & ~SE_SELF_RELATIVE;
    Parts->Owner = Object.Owner;
    Parts->Group = Object.Group;
    Parts->Sacl = Object.Sacl;
    Parts->Dacl = Object.Dacl;
}

/* ---- query ----------------------------------------------------------------------------------------------------------------------------- */

/* A copy of a SACL with its labels only, or without them. */
static NTSTATUS SepFilterSacl(PACL Sacl, BOOLEAN Labels, PACL *Filtered)
{
    ACE_HEADER *Ace = (ACE_HEADER *)(Sacl + 1);
    PACL New = ExAllocatePoolWithTag(PagedPool, Sacl->AclSize, TAG_SE_DACL);
    PUCHAR End;

    *Filtered = New;
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *New = *Sacl;
    New->AceCount = 0;
    End = (PUCHAR)(New + 1);
    for (USHORT i = 0; i < Sacl->AceCount; i++, Ace = (ACE_HEADER *)((PUCHAR)Ace + Ace->AceSize)) {
        if ((Ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE) == Labels) {
            RtlCopyMemory(End, Ace, Ace->AceSize);
            End += Ace->AceSize;
            New->AceCount++;
        }
    }
    New->AclSize = (USHORT)(End - (PUCHAR)New);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI SeQuerySecurityDescriptorInfo(PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Buffer, PULONG Length,
                                             PSECURITY_DESCRIPTOR *ObjectsDescriptor)
{
    const SECURITY_INFORMATION BothSacls = SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION;
    SEP_SD_PARTS Old = {0}, Parts = {0};
    PACL Filtered = NULL;
    ULONG Needed;
    NTSTATUS Status = STATUS_SUCCESS;

    if (*ObjectsDescriptor != NULL) {
        SepPartsOf(*ObjectsDescriptor, &Old);
    }
    if (*Information & OWNER_SECURITY_INFORMATION) {
        Parts.Owner = Old.Owner;
        Parts.Control |= Old.Control & SE_OWNER_DEFAULTED;
    }
    if (*Information & GROUP_SECURITY_INFORMATION) {
        Parts.Group = Old.Group;
        Parts.Control |= Old.Control & SE_GROUP_DEFAULTED;
    }
    if (*Information & DACL_SECURITY_INFORMATION) {
        Parts.Dacl = Old.Dacl;
        Parts.Control |= Old.Control & (SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_AUTO_INHERITED | SE_DACL_PROTECTED);
    }
    if (*Information & BothSacls) {
        Parts.Sacl = Old.Sacl;
        Parts.Control |= Old.Control & (SE_SACL_PRESENT | SE_SACL_DEFAULTED | SE_SACL_AUTO_INHERITED | SE_SACL_PROTECTED);
        if (Old.Sacl != NULL && (*Information & BothSacls) != BothSacls) {
            Status = SepFilterSacl(Old.Sacl, (*Information & LABEL_SECURITY_INFORMATION) != 0, &Filtered);
            if (!NT_SUCCESS(Status)) {
                return Status;
            }
            Parts.Sacl = Filtered->AceCount != 0 || (*Information & SACL_SECURITY_INFORMATION) ? Filtered : NULL;
        }
    }
    Needed = SepRelativeLength(&Parts);
    if (*Length < Needed) {
        Status = STATUS_BUFFER_TOO_SMALL;
    } else {
        SepFillRelative(&Parts, Buffer);
    }
    *Length = Needed;
    if (Filtered != NULL) {
        ExFreePoolWithTag(Filtered, TAG_SE_DACL);
    }
    return Status;
}

/* ---- set -------------------------------------------------------------------------------------------------------------------------------- */

BOOLEAN SepValidOwner(PTOKEN Token, PSID Owner)
{
    for (ULONG i = 0; i < Token->UserAndGroupCount; i++) {
        const SID_AND_ATTRIBUTES *Group = &Token->UserAndGroups[i];

        if (SepEqualSid(Group->Sid, Owner)) {
            if (Group->Attributes & SE_GROUP_USE_FOR_DENY_ONLY) {
                return FALSE;
            }
            return i == 0 || (Group->Attributes & SE_GROUP_OWNER) != 0;
        }
    }
    return FALSE;
}

static NTSTATUS SepCheckNewOwner(PSID Owner)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    SECURITY_SUBJECT_CONTEXT Context;
    PTOKEN Token;
    BOOLEAN Valid;

    if (Owner == NULL) {
        return STATUS_INVALID_OWNER;
    }
    if (Mode == KernelMode) {
        return STATUS_SUCCESS;
    }
    SeCaptureSubjectContext(&Context);
    Token = SepEffectiveToken(&Context);
    Valid = Token != NULL && (SepValidOwner(Token, Owner) || SepTokenHasPrivilege(Token, SepExports.SeRestorePrivilege));
    SeReleaseSubjectContext(&Context);
    return Valid ? STATUS_SUCCESS : STATUS_INVALID_OWNER;
}

/* Generic rights in the new DACL become the type's.  The ACL is ours to change: the caller captured it. */
static void SepMapAcl(PACL Acl, PGENERIC_MAPPING Mapping)
{
    ACE_HEADER *Ace = (ACE_HEADER *)(Acl + 1);

    for (USHORT i = 0; i < Acl->AceCount; i++, Ace = (ACE_HEADER *)((PUCHAR)Ace + Ace->AceSize)) {
        if ((Ace->AceFlags & INHERIT_ONLY_ACE) == 0 && Ace->AceType != SYSTEM_MANDATORY_LABEL_ACE_TYPE) {
            RtlMapGenericMask(&((ACCESS_ALLOWED_ACE *)Ace)->Mask, Mapping);
        }
    }
}

/* The label a caller may give: not above his own level, without SeRelabelPrivilege. */
static NTSTATUS SepCheckNewLabel(PACL Sacl)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    ACE_HEADER *Ace = (ACE_HEADER *)(Sacl + 1);
    SECURITY_SUBJECT_CONTEXT Context;
    NTSTATUS Status = STATUS_SUCCESS;
    PTOKEN Token;

    if (Mode == KernelMode) {
        return STATUS_SUCCESS;
    }
    SeCaptureSubjectContext(&Context);
    Token = SepEffectiveToken(&Context);
    for (USHORT i = 0; i < Sacl->AceCount; i++, Ace = (ACE_HEADER *)((PUCHAR)Ace + Ace->AceSize)) {
        SID *Sid = (SID *)&((SYSTEM_MANDATORY_LABEL_ACE *)Ace)->SidStart;

        if (Ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE && Sid->SubAuthority[0] > SepTokenIntegrityLevel(Token) &&
            !SepTokenHasPrivilege(Token, SepExports.SeRelabelPrivilege)) {
            Status = STATUS_INVALID_LABEL;
        }
    }
    SeReleaseSubjectContext(&Context);
    return Status;
}

static SECURITY_DESCRIPTOR_CONTROL SepNewControl(SECURITY_INFORMATION Information, SECURITY_DESCRIPTOR_CONTROL Old, SECURITY_DESCRIPTOR_CONTROL New)
{
    SECURITY_DESCRIPTOR_CONTROL Control = Old;

    if (Information & OWNER_SECURITY_INFORMATION) {
        Control = (Control & ~SE_OWNER_DEFAULTED) | (New & SE_OWNER_DEFAULTED);
    }
    if (Information & GROUP_SECURITY_INFORMATION) {
        Control = (Control & ~SE_GROUP_DEFAULTED) | (New & SE_GROUP_DEFAULTED);
    }
    if (Information & DACL_SECURITY_INFORMATION) {
        Control = (Control & ~(SE_DACL_DEFAULTED | SE_DACL_PROTECTED | SE_DACL_AUTO_INHERITED)) | SE_DACL_PRESENT |
                  (New & (SE_DACL_DEFAULTED | SE_DACL_PROTECTED));
        if ((New & (SE_DACL_AUTO_INHERIT_REQ | SE_DACL_AUTO_INHERITED)) == (SE_DACL_AUTO_INHERIT_REQ | SE_DACL_AUTO_INHERITED)) {
            Control |= SE_DACL_AUTO_INHERITED;
        }
    }
    if (Information & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)) {
        Control = (Control & ~(SE_SACL_DEFAULTED | SE_SACL_PROTECTED)) | SE_SACL_PRESENT | (New & (SE_SACL_DEFAULTED | SE_SACL_PROTECTED));
    }
    if (Information & PROTECTED_DACL_SECURITY_INFORMATION) {
        Control |= SE_DACL_PROTECTED;
    }
    if (Information & UNPROTECTED_DACL_SECURITY_INFORMATION) {
        Control &= ~SE_DACL_PROTECTED;
    }
    return Control;
}

/* Labels from one SACL, the other entries from another. */
static NTSTATUS SepMergeSacls(PACL Labels, PACL Others, PACL *Merged)
{
    ULONG Size = sizeof(ACL) + (Labels != NULL ? Labels->AclSize : 0) + (Others != NULL ? Others->AclSize : 0);
    PACL New = ExAllocatePoolWithTag(PagedPool, Size, TAG_SE_DACL), From[2] = {Others, Labels};
    PUCHAR End;

    *Merged = New;
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCreateAcl(New, Size & ~3u, ACL_REVISION);
    End = (PUCHAR)(New + 1);
    for (ULONG Which = 0; Which < 2; Which++) {
        ACE_HEADER *Ace = (ACE_HEADER *)(From[Which] + 1);

        for (USHORT i = 0; From[Which] != NULL && i < From[Which]->AceCount; i++, Ace = (ACE_HEADER *)((PUCHAR)Ace + Ace->AceSize)) {
            if ((Ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE) == (Which == 1)) {
                RtlCopyMemory(End, Ace, Ace->AceSize);
                End += Ace->AceSize;
                New->AceCount++;
            }
        }
    }
    New->AclSize = (USHORT)(End - (PUCHAR)New);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI SeSetSecurityDescriptorInfo(PVOID Object, PSECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR Modification,
                                           PSECURITY_DESCRIPTOR *ObjectsDescriptor, POOL_TYPE PoolType, PGENERIC_MAPPING Mapping)
{
    SECURITY_INFORMATION Information = *SecurityInformation;
    SEP_SD_PARTS Old = {0}, New, Parts;
    PACL Merged = NULL;
    NTSTATUS Status = STATUS_SUCCESS;

    PAGED_CODE();
    if (*ObjectsDescriptor == NULL) {
        return STATUS_NO_SECURITY_ON_OBJECT;
    }
    SepPartsOf(*ObjectsDescriptor, &Old);
    SepPartsOf(Modification, &New);
    Parts = Old;
    Parts.Control = SepNewControl(Information, Old.Control, New.Control);
    if (Information & OWNER_SECURITY_INFORMATION) {
        Status = SepCheckNewOwner(New.Owner);
        Parts.Owner = New.Owner;
    }
    if (NT_SUCCESS(Status) && (Information & GROUP_SECURITY_INFORMATION)) {
        Parts.Group = New.Group;
        Status = New.Group != NULL ? STATUS_SUCCESS : STATUS_INVALID_PRIMARY_GROUP;
    }
    if (NT_SUCCESS(Status) && (Information & DACL_SECURITY_INFORMATION)) {
        Parts.Dacl = New.Dacl;
        if (New.Dacl != NULL) {
            SepMapAcl(New.Dacl, Mapping);
        }
    }
    if (NT_SUCCESS(Status) && (Information & LABEL_SECURITY_INFORMATION) && New.Sacl != NULL) {
        Status = SepCheckNewLabel(New.Sacl);
    }
    if (NT_SUCCESS(Status) && (Information & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION))) {
        Status = SepMergeSacls(Information & LABEL_SECURITY_INFORMATION ? New.Sacl : Old.Sacl, Information & SACL_SECURITY_INFORMATION ? New.Sacl : Old.Sacl,
                               &Merged);
        Parts.Sacl = Merged;
    }
    if (NT_SUCCESS(Status)) {
        Status = SepMakeRelativeDescriptor(&Parts, PoolType, ObjectsDescriptor);
    }
    if (Merged != NULL) {
        ExFreePoolWithTag(Merged, TAG_SE_DACL);
    }
    return Status;
}

NTSTATUS NTAPI SeSetSecurityDescriptorInfoEx(PVOID Object, PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Modification,
                                             PSECURITY_DESCRIPTOR *ObjectsDescriptor, ULONG AutoInheritFlags, POOL_TYPE PoolType,
                                             PGENERIC_MAPPING Mapping)
{
    return SeSetSecurityDescriptorInfo(Object, Information, Modification, ObjectsDescriptor, PoolType, Mapping);
}

/* ---- the default method ---------------------------------------------------------------------------------------------------------------- */

static NTSTATUS SepSetHeaderSecurity(PVOID Object, PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Modification, POOL_TYPE PoolType,
                                     PGENERIC_MAPPING Mapping)
{
    PSECURITY_DESCRIPTOR Old, New;
    NTSTATUS Status;

    ExAcquirePushLockExclusive_(&SepSetSecurityLock);
    Old = New = ObpReferenceSecurityDescriptor(Object);
    Status = SeSetSecurityDescriptorInfo(Object, Information, Modification, &New, PoolType, Mapping);
    if (NT_SUCCESS(Status)) {
        Status = ObpSetObjectSecurityDescriptor(Object, New);
        ExFreePoolWithTag(New, TAG_SE_SD);
    }
    ExReleasePushLockExclusive_(&SepSetSecurityLock);
    if (Old != NULL) {
        ObDereferenceSecurityDescriptor(Old, 1);
    }
    return Status;
}

NTSTATUS SeDefaultObjectMethod(PVOID Object, SECURITY_OPERATION_CODE Operation, PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor,
                               PULONG Length, PSECURITY_DESCRIPTOR *ObjectsDescriptor, POOL_TYPE PoolType, PGENERIC_MAPPING Mapping)
{
    PSECURITY_DESCRIPTOR Current;
    NTSTATUS Status;

    switch (Operation) {
    case SetSecurityDescriptor:
        return SepSetHeaderSecurity(Object, Information, Descriptor, PoolType, Mapping);
    case QuerySecurityDescriptor:
        Current = ObpReferenceSecurityDescriptor(Object);
        Status = SeQuerySecurityDescriptorInfo(Information, Descriptor, Length, &Current);
        if (Current != NULL) {
            ObDereferenceSecurityDescriptor(Current, 1);
        }
        return Status;
    case DeleteSecurityDescriptor:
        return ObpSetObjectSecurityDescriptor(Object, NULL);
    case AssignSecurityDescriptor:
        return ObpSetObjectSecurityDescriptor(Object, Descriptor);
    default:
        KeBugCheckEx(0x29 /* SECURITY_SYSTEM */, 0, (ULONG)STATUS_INVALID_PARAMETER, 0, 0);
    }
}
