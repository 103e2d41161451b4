/* SPDX-License-Identifier: MIT */
/*
 * inherit.c - the access lists of a new object: what its creator says, what its parent hands on, what the token has ready.
 *
 * A DACL comes from
 *
 *      the creator's descriptor, if it has one that is not a default (with automatic inheritance: the parent's inheritable entries behind it);
 *      else the parent's inheritable entries, if there are any;
 *      else the creator's default;
 *      else the token's default DACL.
 *
 * Entries that take effect on the object have generic rights mapped and CREATOR OWNER / CREATOR GROUP replaced.  Where the same entry
 * also goes on to children of a container, the untouched entry follows, inherit-only.  An entry for one type of object takes effect on objects of
 * that type only.  [MS-DTYP] 2.5.3.4; Windows Internals, 7th ed., part 1, chapter 7 "Security descriptors and access control".
 */
#include "rtlp.h"
#include "inherit.h"

#define GENERIC_BITS (GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL)
#define PROPAGATE_FLAGS (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE | NO_PROPAGATE_INHERIT_ACE)
#define INHERIT_FLAGS (PROPAGATE_FLAGS | INHERIT_ONLY_ACE | INHERITED_ACE)
#define AUDIT_FLAGS (SUCCESSFUL_ACCESS_ACE_FLAG | FAILED_ACCESS_ACE_FLAG)
#define ACE_OBJECT_TYPE_PRESENT_ 1u
#define ACE_INHERITED_OBJECT_TYPE_PRESENT_ 2u
#define LONGEST_SID (8 + 4 * SID_MAX_SUB_AUTHORITIES)
#define LONGEST_ACL 0xFFFCu

static const SID CreatorOwner = {1, 1, {{0, 0, 0, 0, 0, 3}}, {0}}, CreatorGroup = {1, 1, {{0, 0, 0, 0, 0, 3}}, {1}};

/* ACCESS_ALLOWED_OBJECT_ACE and its kin, which <ntifs.h> lacks: up to two GUIDs, as Flags say, stand before the SID. */
typedef struct _OBJECT_ACE {
    ACE_HEADER Header;
    ACCESS_MASK Mask;
    ULONG Flags;
    UCHAR Guids[];
} OBJECT_ACE;

/* A list being built. */
typedef struct _ACL_BUILDER {
    const RTLP_INHERIT *Inherit;
    PACL Acl;
    PUCHAR End;
} ACL_BUILDER;

static BOOLEAN IsObjectType(UCHAR Type)
{
    return Type >= ACCESS_ALLOWED_OBJECT_ACE_TYPE && Type <= SYSTEM_ALARM_OBJECT_ACE_TYPE;
}

/* Where the entry's SID lies; NULL: an entry without one that might be replaced. */
static PSID SidOf(const ACE_HEADER *Ace)
{
    OBJECT_ACE *Object = (OBJECT_ACE *)Ace;

    if (Ace->AceType <= SYSTEM_ALARM_ACE_TYPE)
        return &((ACCESS_ALLOWED_ACE *)Ace)->SidStart;
    if (!IsObjectType(Ace->AceType))
        return NULL;
    return Object->Guids + (Object->Flags & ACE_OBJECT_TYPE_PRESENT_ ? sizeof(GUID) : 0) +
           (Object->Flags & ACE_INHERITED_OBJECT_TYPE_PRESENT_ ? sizeof(GUID) : 0);
}

/* For which type of object the entry is inherited; NULL: for all. */
static const GUID *InheritedTypeOf(const ACE_HEADER *Ace)
{
    OBJECT_ACE *Object = (OBJECT_ACE *)Ace;

    if (!IsObjectType(Ace->AceType) || !(Object->Flags & ACE_INHERITED_OBJECT_TYPE_PRESENT_))
        return NULL;
    return (const GUID *)(Object->Guids + (Object->Flags & ACE_OBJECT_TYPE_PRESENT_ ? sizeof(GUID) : 0));
}

static BOOLEAN IsOfType(const RTLP_INHERIT *Inherit, const GUID *Type)
{
    for (ULONG i = 0; i < Inherit->ObjectTypeCount; i++) {
        if (Inherit->ObjectTypes[i] != NULL && memcmp(Inherit->ObjectTypes[i], Type, sizeof(GUID)) == 0)
            return TRUE;
    }
    return FALSE;
}

static PSID ReplaceCreator(const RTLP_INHERIT *Inherit, PSID Sid)
{
    if (Inherit->Owner != NULL && RtlEqualSid(Sid, (PSID)&CreatorOwner))
        return Inherit->Owner;
    if (Inherit->Group != NULL && RtlEqualSid(Sid, (PSID)&CreatorGroup))
        return Inherit->Group;
    return Sid;
}

static void PutAce(ACL_BUILDER *Builder, const ACE_HEADER *Ace, UCHAR Flags)
{
    ACE_HEADER *New = (ACE_HEADER *)Builder->End;

    memcpy(New, Ace, Ace->AceSize);
    New->AceFlags = Flags | (Ace->AceFlags & AUDIT_FLAGS);
    Builder->End += Ace->AceSize;
    Builder->Acl->AceCount++;
    if (IsObjectType(Ace->AceType))
        Builder->Acl->AclRevision = ACL_REVISION_DS;
}

/* An entry of a type that is not known need not have a mask, and the mask of a label is no access mask. */
static BOOLEAN HasAccessMask(const ACE_HEADER *Ace)
{
    return Ace->AceType != SYSTEM_MANDATORY_LABEL_ACE_TYPE && Ace->AceSize >= FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart);
}

/* An entry in effect on the object itself. */
static void PutEffectiveAce(ACL_BUILDER *Builder, const ACE_HEADER *Ace, UCHAR Flags)
{
    ACCESS_ALLOWED_ACE *New = (ACCESS_ALLOWED_ACE *)Builder->End;

    PutAce(Builder, Ace, Flags);
    if (!HasAccessMask(Ace))
        return;
    if (Builder->Inherit->Mapping != NULL)
        RtlMapGenericMask(&New->Mask, Builder->Inherit->Mapping);
    PSID Old = SidOf(&New->Header), Sid = Old != NULL ? ReplaceCreator(Builder->Inherit, Old) : NULL;
    if (Sid != Old) {
        memcpy(Old, Sid, RtlLengthSid(Sid));
        New->Header.AceSize = (USHORT)((PUCHAR)Old + RtlLengthSid(Sid) - (PUCHAR)New);
        Builder->End = (PUCHAR)New + New->Header.AceSize;
    }
}

static BOOLEAN NeedsSplit(const RTLP_INHERIT *Inherit, const ACE_HEADER *Ace)
{
    if (!HasAccessMask(Ace))
        return FALSE;
    PSID Sid = SidOf(Ace);
    return (((const ACCESS_ALLOWED_ACE *)Ace)->Mask & GENERIC_BITS) || (Sid != NULL && ReplaceCreator(Inherit, Sid) != Sid);
}

/* Effective: it counts for the object.  Propagate: flags with which it goes on to the object's children. */
static void AddEntry(ACL_BUILDER *Builder, const ACE_HEADER *Ace, BOOLEAN Effective, UCHAR Propagate, UCHAR Mark)
{
    BOOLEAN Goes = (Propagate & (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE)) != 0;
    BOOLEAN Split = Effective && Goes && NeedsSplit(Builder->Inherit, Ace);

    if (Effective)
        PutEffectiveAce(Builder, Ace, (Split ? 0 : Propagate) | Mark);
    if (Goes && (Split || !Effective))
        PutAce(Builder, Ace, Propagate | INHERIT_ONLY_ACE | Mark);
}

/* The creator's own entries. */
static void AddExplicit(ACL_BUILDER *Builder, PACL Acl, BOOLEAN SkipInherited)
{
    ACE_HEADER *Ace = (ACE_HEADER *)(Acl + 1);

    for (USHORT i = 0; i < Acl->AceCount; i++, Ace = (ACE_HEADER *)((PUCHAR)Ace + Ace->AceSize)) {
        if (SkipInherited && (Ace->AceFlags & INHERITED_ACE))
            continue;
        if (Builder->Inherit->Container) {
            AddEntry(Builder, Ace, (Ace->AceFlags & INHERIT_ONLY_ACE) == 0, Ace->AceFlags & PROPAGATE_FLAGS, Ace->AceFlags & INHERITED_ACE);
        } else if (Ace->AceFlags & INHERIT_ONLY_ACE) {
            PutAce(Builder, Ace, Ace->AceFlags); /* flags mean nothing on an object without children, and stay as given */
        } else {
            PutEffectiveAce(Builder, Ace, Ace->AceFlags & INHERIT_FLAGS);
        }
    }
}

/* What the parent's entries give; returns whether anything did. */
static BOOLEAN AddInherited(ACL_BUILDER *Builder, PACL Parent)
{
    ACE_HEADER *Ace = (ACE_HEADER *)(Parent + 1);
    USHORT Before = Builder->Acl->AceCount;
    UCHAR Mark = Builder->Inherit->AutoInherit ? INHERITED_ACE : 0;

    for (USHORT i = 0; i < Parent->AceCount; i++, Ace = (ACE_HEADER *)((PUCHAR)Ace + Ace->AceSize)) {
        const GUID *Type = InheritedTypeOf(Ace);
        UCHAR Flags = Ace->AceFlags, Propagate = 0;
        BOOLEAN Effective = (Flags & (Builder->Inherit->Container ? CONTAINER_INHERIT_ACE : OBJECT_INHERIT_ACE)) != 0;

        if (Builder->Inherit->Container && (Flags & NO_PROPAGATE_INHERIT_ACE) == 0)
            Propagate = Flags & (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE);
        Effective = Effective && (Type == NULL || IsOfType(Builder->Inherit, Type));
        if (Effective || Propagate != 0)
            AddEntry(Builder, Ace, Effective, Propagate, Mark);
    }
    return Builder->Acl->AceCount != Before;
}

/* Room for each entry twice, with the longest SID. */
static ULONG Bound(PACL Acl)
{
    return Acl != NULL ? 2 * (ULONG)Acl->AclSize + (ULONG)Acl->AceCount * LONGEST_SID : 0;
}

/* A list of Explicit, if given, and of what Parent hands on.  *Result NULL: nothing was inherited and nothing explicit given. */
static NTSTATUS ComputeAcl(const RTLP_INHERIT *Inherit, PACL Explicit, PACL Parent, PACL *Result)
{
    ACL_BUILDER Builder = {.Inherit = Inherit};
    BOOLEAN Any = Explicit != NULL;

    *Result = NULL;
    if (Explicit == NULL && Parent == NULL)
        return STATUS_SUCCESS;
    Builder.Acl = RtlpAllocate(sizeof(ACL) + Bound(Explicit) + Bound(Parent));
    if (Builder.Acl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Builder.Acl = (ACL){.AclRevision = Explicit != NULL ? Explicit->AclRevision : ACL_REVISION};
    Builder.End = (PUCHAR)(Builder.Acl + 1);
    if (Explicit != NULL)
        AddExplicit(&Builder, Explicit, Inherit->AutoInherit && Parent != NULL);
    if (Parent != NULL && AddInherited(&Builder, Parent))
        Any = TRUE;
    SIZE_T Size = (SIZE_T)(Builder.End - (PUCHAR)Builder.Acl);
    if (!Any || Size > LONGEST_ACL) {
        RtlpFree(Builder.Acl);
        return Any ? STATUS_BAD_INHERITANCE_ACL : STATUS_SUCCESS;
    }
    Builder.Acl->AclSize = (USHORT)Size;
    *Result = Builder.Acl;
    return STATUS_SUCCESS;
}

NTSTATUS RtlpInheritDacl(const RTLP_INHERIT *Inherit, SECURITY_DESCRIPTOR_CONTROL Control, PACL Explicit, PACL Parent, PACL Default, PACL *Dacl,
                         SECURITY_DESCRIPTOR_CONTROL *Result)
{
    RTLP_INHERIT Plain = *Inherit;
    BOOLEAN Given = (Control & SE_DACL_PRESENT) && !(Control & SE_DACL_DEFAULTED);
    NTSTATUS Status;

    Plain.AutoInherit = Inherit->AutoInherit && !(Control & SE_DACL_PROTECTED);
    *Dacl = NULL;
    *Result = SE_DACL_PRESENT | (Control & SE_DACL_PROTECTED);
    if (Given && Explicit == NULL)
        return STATUS_SUCCESS; /* a NULL DACL: no protection asked for */
    if (Control & SE_DACL_PROTECTED || (Given && !Plain.AutoInherit))
        Parent = NULL;
    if (Plain.AutoInherit)
        *Result |= SE_DACL_AUTO_INHERITED;
    Status = ComputeAcl(&Plain, Given ? Explicit : NULL, Parent, Dacl);
    if (!NT_SUCCESS(Status) || *Dacl != NULL)
        return Status;
    Plain.AutoInherit = FALSE;
    *Result |= SE_DACL_DEFAULTED;
    Status = ComputeAcl(&Plain, Control & SE_DACL_PRESENT ? Explicit : Default, NULL, Dacl);
    if (NT_SUCCESS(Status) && *Dacl == NULL && !(Control & SE_DACL_PRESENT))
        *Result &= (SECURITY_DESCRIPTOR_CONTROL) ~(SE_DACL_PRESENT | SE_DACL_DEFAULTED);
    return Status;
}

NTSTATUS RtlpInheritSacl(const RTLP_INHERIT *Inherit, SECURITY_DESCRIPTOR_CONTROL Control, PACL Explicit, PACL Parent, PACL *Sacl,
                         SECURITY_DESCRIPTOR_CONTROL *Result)
{
    RTLP_INHERIT Plain = *Inherit;
    BOOLEAN Given = (Control & SE_SACL_PRESENT) && !(Control & SE_SACL_DEFAULTED);
    NTSTATUS Status;

    Plain.AutoInherit = Inherit->AutoInherit && !(Control & SE_SACL_PROTECTED);
    if (Control & SE_SACL_PROTECTED || (Given && !Plain.AutoInherit))
        Parent = NULL;
    *Result = 0;
    Status = ComputeAcl(&Plain, Given ? Explicit : NULL, Parent, Sacl);
    if (NT_SUCCESS(Status) && *Sacl == NULL && (Control & SE_SACL_PRESENT) && !Given) {
        *Result |= SE_SACL_DEFAULTED;
        Status = ComputeAcl(&Plain, Explicit, NULL, Sacl);
    }
    if (Given || *Sacl != NULL)
        *Result |= SE_SACL_PRESENT | (Control & SE_SACL_PROTECTED) | (Plain.AutoInherit ? SE_SACL_AUTO_INHERITED : 0);
    return Status;
}
