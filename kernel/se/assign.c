/* SPDX-License-Identifier: MIT */
/*
 * assign.c - the descriptor of a new object: SeAssignSecurity(Ex).
 *
 * Owner and group come from the creator's descriptor, else from the token.  The DACL comes from
 *
 *      the creator's descriptor, if it has one that is not a default (with automatic inheritance: the parent's inheritable entries behind it);
 *      else the parent's inheritable entries, if there are any;
 *      else the creator's default;
 *      else the token's default DACL.
 *
 * Entries that take effect on the object have generic rights mapped and CREATOR OWNER / CREATOR GROUP replaced.  Where the same entry
 * also goes on to children of a container, the untouched entry follows, inherit-only.  A creator below medium integrity leaves its label.
 * Windows Internals, 7th ed., part 1, chapter 7 "Security descriptors and access control"; [MS-DTYP] 2.5.3.4.
 */
#include "sep.h"

#ifndef SEF_DACL_AUTO_INHERIT
#define SEF_DACL_AUTO_INHERIT 0x01
#define SEF_SACL_AUTO_INHERIT 0x02
#define SEF_DEFAULT_DESCRIPTOR_FOR_OBJECT 0x04
#define SEF_AVOID_PRIVILEGE_CHECK 0x08
#define SEF_AVOID_OWNER_CHECK 0x10
#define SEF_DEFAULT_OWNER_FROM_PARENT 0x20
#define SEF_DEFAULT_GROUP_FROM_PARENT 0x40
#endif
#define GENERIC_BITS (GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL)
#define PROPAGATE_FLAGS (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE | NO_PROPAGATE_INHERIT_ACE)
#define LONGEST_SID (8 + 4 * SID_MAX_SUB_AUTHORITIES)

/* An ACL being built. */
typedef struct _SEP_ACL_BUILDER
{
    PACL Acl;
    PUCHAR End;
    PSID Owner, Group;
    PGENERIC_MAPPING Mapping;
    BOOLEAN Container;
    BOOLEAN MarkInherited; /* entries from the parent get INHERITED_ACE */
} SEP_ACL_BUILDER;

static BOOLEAN SepHasPlainSid(UCHAR Type)
{
    return Type <= SYSTEM_ALARM_ACE_TYPE || Type == SYSTEM_MANDATORY_LABEL_ACE_TYPE;
}

static void SepPutAce(SEP_ACL_BUILDER *Builder, const ACE_HEADER *Ace, UCHAR Flags)
{
    ACE_HEADER *New = (ACE_HEADER *)Builder->End;

    RtlCopyMemory(New, Ace, Ace->AceSize);
    New->AceFlags = Flags | (Ace->AceFlags & (SUCCESSFUL_ACCESS_ACE_FLAG | FAILED_ACCESS_ACE_FLAG));
    Builder->End += Ace->AceSize;
    Builder->Acl->AceCount++;
    if (Ace->AceType >= ACCESS_ALLOWED_OBJECT_ACE_TYPE && Ace->AceType <= SYSTEM_ALARM_OBJECT_ACE_TYPE) {
        Builder->Acl->AclRevision = ACL_REVISION_DS;
    }
}

/* Who CREATOR OWNER or CREATOR GROUP is; other SIDs are themselves. */
static PSID SepReplaceCreator(SEP_ACL_BUILDER *Builder, PSID Sid)
{
    if (SepEqualSid(Sid, SepExports.SeCreatorOwnerSid)) {
        return Builder->Owner;
    }
    if (SepEqualSid(Sid, SepExports.SeCreatorGroupSid)) {
        return Builder->Group;
    }
    return Sid;
}

/* An entry in effect on the object itself. */
static void SepPutEffectiveAce(SEP_ACL_BUILDER *Builder, const ACE_HEADER *Ace, UCHAR Flags)
{
    ACCESS_ALLOWED_ACE *New = (ACCESS_ALLOWED_ACE *)Builder->End;

    SepPutAce(Builder, Ace, Flags);
    if (Ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE) {
        return;
    }
    RtlMapGenericMask(&New->Mask, Builder->Mapping);
    if (SepHasPlainSid(Ace->AceType)) {
        PSID Sid = SepReplaceCreator(Builder, &New->SidStart);

        if (Sid != (PSID)&New->SidStart) {
            RtlCopyMemory(&New->SidStart, Sid, SeLengthSid(Sid));
            New->Header.AceSize = (USHORT)(offsetof(ACCESS_ALLOWED_ACE, SidStart) + SeLengthSid(Sid));
            Builder->End = (PUCHAR)New + New->Header.AceSize;
        }
    }
}

static BOOLEAN SepAceNeedsSplit(SEP_ACL_BUILDER *Builder, const ACE_HEADER *Ace)
{
    ACCESS_ALLOWED_ACE *Allowed = (ACCESS_ALLOWED_ACE *)Ace;

    if (Ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE) {
        return FALSE;
    }
    return (Allowed->Mask & GENERIC_BITS) || (SepHasPlainSid(Ace->AceType) && SepReplaceCreator(Builder, &Allowed->SidStart) != (PSID)&Allowed->SidStart);
}

/* Effective: it counts for the object.  Propagate: flags with which it goes on to the object's children. */
static void SepAddAce(SEP_ACL_BUILDER *Builder, const ACE_HEADER *Ace, BOOLEAN Effective, UCHAR Propagate, UCHAR Mark)
{
    BOOLEAN Goes = (Propagate & (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE)) != 0;
    BOOLEAN Split = Effective && Goes && SepAceNeedsSplit(Builder, Ace);

    if (Effective) {
        SepPutEffectiveAce(Builder, Ace, (Split ? 0 : Propagate) | Mark);
    }
    if (Goes && (Split || !Effective)) {
        SepPutAce(Builder, Ace, Propagate | INHERIT_ONLY_ACE | Mark);
    }
}

/* The creator's own entries. */
static void SepAddExplicit(SEP_ACL_BUILDER *Builder, PACL Acl, BOOLEAN SkipInherited)
{
    ACE_HEADER *Ace = (ACE_HEADER *)(Acl + 1);

    for (USHORT i = 0; i < Acl->AceCount; i++, Ace = (ACE_HEADER *)((PUCHAR)Ace + Ace->AceSize)) {
        if (SkipInherited && (Ace->AceFlags & INHERITED_ACE)) {
            continue;
        }
        if (!Builder->Container) {
            /* Flags mean nothing on an object without children, and stay as given. */
            if (Ace->AceFlags & INHERIT_ONLY_ACE) {
                SepPutAce(Builder, Ace, Ace->AceFlags);
            } else {
                SepPutEffectiveAce(Builder, Ace, Ace->AceFlags & VALID_INHERIT_FLAGS);
            }
        } else {
            SepAddAce(Builder, Ace, (Ace->AceFlags & INHERIT_ONLY_ACE) == 0, Ace->AceFlags & PROPAGATE_FLAGS, Ace->AceFlags & INHERITED_ACE);
        }
    }
}

/* What the parent's entries give; returns whether anything did. */
static BOOLEAN SepAddInherited(SEP_ACL_BUILDER *Builder, PACL Parent)
{
    ACE_HEADER *Ace = (ACE_HEADER *)(Parent + 1);
    USHORT Before = Builder->Acl->AceCount;
    UCHAR Mark = Builder->MarkInherited ? INHERITED_ACE : 0;

    for (USHORT i = 0; i < Parent->AceCount; i++, Ace = (ACE_HEADER *)((PUCHAR)Ace + Ace->AceSize)) {
        UCHAR Flags = Ace->AceFlags, Propagate = 0;
        BOOLEAN Effective;

        if (!Builder->Container) {
            Effective = (Flags & OBJECT_INHERIT_ACE) != 0;
        } else {
            Effective = (Flags & CONTAINER_INHERIT_ACE) != 0;
            if ((Flags & NO_PROPAGATE_INHERIT_ACE) == 0) {
                Propagate = Flags & (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE);
            }
        }
        if (Effective || Propagate != 0) {
            SepAddAce(Builder, Ace, Effective, Propagate, Mark);
        }
    }
    return Builder->Acl->AceCount != Before;
}

/* Room for each entry twice, with the longest SID. */
static ULONG SepAclBound(PACL Acl)
{
    return Acl != NULL ? 2 * (ULONG)Acl->AclSize + (ULONG)Acl->AceCount * LONGEST_SID : 0;
}

/* An ACL of Explicit (if Use) and what Parent gives.  *Result NULL: nothing was inherited and nothing explicit given. */
static NTSTATUS SepComputeAcl(SEP_ACL_BUILDER *Builder, PACL Explicit, PACL Parent, BOOLEAN AutoInherit, PACL *Result)
{
    ULONG Bound = sizeof(ACL) + SepAclBound(Explicit) + SepAclBound(Parent);
    PACL Acl;

    *Result = NULL;
    if (Explicit == NULL && Parent == NULL) {
        return STATUS_SUCCESS;
    }
    Bound = min(Bound, 0xFFFCu * 3);
    Acl = ExAllocatePoolWithTag(PagedPool, Bound, TAG_SE_DACL);
    if (Acl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *Acl = (ACL){.AclRevision = Explicit != NULL ? Explicit->AclRevision : ACL_REVISION};
    Builder->Acl = Acl;
    Builder->End = (PUCHAR)(Acl + 1);
    Builder->MarkInherited = AutoInherit;
    if (Explicit != NULL) {
        SepAddExplicit(Builder, Explicit, AutoInherit && Parent != NULL);
    }
    if (Parent != NULL && (Explicit == NULL || AutoInherit)) {
        BOOLEAN Inherited = SepAddInherited(Builder, Parent);

        if (Explicit == NULL && !Inherited) {
            ExFreePoolWithTag(Acl, TAG_SE_DACL);
            return STATUS_SUCCESS;
        }
    }
    if (Builder->End - (PUCHAR)Acl > 0xFFFC) {
        ExFreePoolWithTag(Acl, TAG_SE_DACL);
        return STATUS_BAD_INHERITANCE_ACL;
    }
    Acl->AclSize = (USHORT)(Builder->End - (PUCHAR)Acl);
    *Result = Acl;
    return STATUS_SUCCESS;
}

/* ---- the parts ------------------------------------------------------------------------------------------------------------------------- */

typedef struct _SEP_ASSIGN
{
    PTOKEN Token; /* NULL: before there is any */
    const SEP_SD_PARTS *Parent, *Explicit; /* all NULL parts if not given */
    SEP_ACL_BUILDER Builder;
    ULONG Flags; /* SEF_* */
    SEP_SD_PARTS Parts;
    PACL Dacl, Sacl; /* pool */
} SEP_ASSIGN;

static NTSTATUS SepAssignOwner(SEP_ASSIGN *Assign)
{
    PTOKEN Token = Assign->Token;

    Assign->Parts.Owner = Assign->Explicit->Owner;
    Assign->Parts.Group = Assign->Explicit->Group;
    if (Assign->Parts.Owner != NULL) {
        if (ExGetPreviousMode() != KernelMode && (Assign->Flags & SEF_AVOID_OWNER_CHECK) == 0 && !SepValidOwner(Token, Assign->Parts.Owner) &&
            !SepTokenHasPrivilege(Token, SepExports.SeRestorePrivilege)) {
            return STATUS_INVALID_OWNER;
        }
    } else if ((Assign->Flags & SEF_DEFAULT_OWNER_FROM_PARENT) && Assign->Parent->Owner != NULL) {
        Assign->Parts.Owner = Assign->Parent->Owner;
    } else {
        Assign->Parts.Owner = Token != NULL ? Token->UserAndGroups[Token->DefaultOwnerIndex].Sid : SepExports.SeAliasAdminsSid;
    }
    if (Assign->Parts.Group == NULL) {
        if ((Assign->Flags & SEF_DEFAULT_GROUP_FROM_PARENT) && Assign->Parent->Group != NULL) {
            Assign->Parts.Group = Assign->Parent->Group;
        } else {
            Assign->Parts.Group = Token != NULL ? Token->PrimaryGroup : SepExports.SeLocalSystemSid;
        }
    }
    Assign->Builder.Owner = Assign->Parts.Owner;
    Assign->Builder.Group = Assign->Parts.Group;
    return STATUS_SUCCESS;
}

static NTSTATUS SepAssignDacl(SEP_ASSIGN *Assign)
{
    SECURITY_DESCRIPTOR_CONTROL Given = Assign->Explicit->Control;
    BOOLEAN HasExplicit = (Given & SE_DACL_PRESENT) && !(Given & SE_DACL_DEFAULTED);
    BOOLEAN Auto = (Assign->Flags & SEF_DACL_AUTO_INHERIT) && !(Given & SE_DACL_PROTECTED);
    PACL Parent = Given & SE_DACL_PROTECTED ? NULL : Assign->Parent->Dacl;
    PACL Default;
    NTSTATUS Status;

    Assign->Parts.Control |= SE_DACL_PRESENT | (Given & SE_DACL_PROTECTED);
    if (HasExplicit && Assign->Explicit->Dacl == NULL) {
        return STATUS_SUCCESS; /* a NULL DACL: no protection asked for */
    }
    Status = SepComputeAcl(&Assign->Builder, HasExplicit ? Assign->Explicit->Dacl : NULL, HasExplicit && !Auto ? NULL : Parent, Auto, &Assign->Dacl);
    if (NT_SUCCESS(Status) && Assign->Dacl == NULL) {
        Default = (Given & SE_DACL_PRESENT) ? Assign->Explicit->Dacl : Assign->Token != NULL ? Assign->Token->DefaultDacl : NULL;
        Assign->Parts.Control |= SE_DACL_DEFAULTED;
        Status = SepComputeAcl(&Assign->Builder, Default, NULL, FALSE, &Assign->Dacl);
        if (NT_SUCCESS(Status) && Assign->Dacl == NULL && !(Given & SE_DACL_PRESENT)) {
            Assign->Parts.Control &= ~(SE_DACL_PRESENT | SE_DACL_DEFAULTED);
        }
    }
    if (Auto && NT_SUCCESS(Status)) {
        Assign->Parts.Control |= SE_DACL_AUTO_INHERITED;
    }
    Assign->Parts.Dacl = Assign->Dacl;
    return Status;
}

static BOOLEAN SepSaclHasAudits(PACL Sacl)
{
    ACE_HEADER *Ace = (ACE_HEADER *)(Sacl + 1);

    for (USHORT i = 0; i < Sacl->AceCount; i++, Ace = (ACE_HEADER *)((PUCHAR)Ace + Ace->AceSize)) {
        if (Ace->AceType != SYSTEM_MANDATORY_LABEL_ACE_TYPE) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The creator's SACL needs a privilege for audits; without one, the label of a creator below medium. */
static NTSTATUS SepAssignSacl(SEP_ASSIGN *Assign)
{
    PTOKEN Token = Assign->Token;
    PACL Sacl = Assign->Explicit->Sacl;
    ULONG Level = Token != NULL ? SepTokenIntegrityLevel(Token) : SECURITY_MANDATORY_SYSTEM_RID;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Sacl != NULL) {
        if (ExGetPreviousMode() != KernelMode && (Assign->Flags & SEF_AVOID_PRIVILEGE_CHECK) == 0 && SepSaclHasAudits(Sacl) &&
            !SepTokenHasPrivilege(Token, SepExports.SeSecurityPrivilege)) {
            return STATUS_PRIVILEGE_NOT_HELD;
        }
        Status = SepComputeAcl(&Assign->Builder, Sacl, NULL, FALSE, &Assign->Sacl);
    } else if (Assign->Parent->Sacl != NULL) {
        Status = SepComputeAcl(&Assign->Builder, NULL, Assign->Parent->Sacl, (Assign->Flags & SEF_SACL_AUTO_INHERIT) != 0, &Assign->Sacl);
    }
    if (NT_SUCCESS(Status) && Assign->Sacl == NULL && Level < SECURITY_MANDATORY_MEDIUM_RID) {
        SID_AND_ATTRIBUTES Integrity;

        SeQueryTokenIntegrity(Token, &Integrity);
        Assign->Sacl = ExAllocatePoolWithTag(PagedPool, sizeof(ACL) + sizeof(SYSTEM_MANDATORY_LABEL_ACE) + LONGEST_SID, TAG_SE_DACL);
        if (Assign->Sacl == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        RtlCreateAcl(Assign->Sacl, sizeof(ACL) + offsetof(SYSTEM_MANDATORY_LABEL_ACE, SidStart) + SeLengthSid(Integrity.Sid), ACL_REVISION);
        Status = RtlAddMandatoryAce(Assign->Sacl, ACL_REVISION, 0, Integrity.Sid, SYSTEM_MANDATORY_LABEL_ACE_TYPE,
                                    SYSTEM_MANDATORY_LABEL_NO_WRITE_UP);
    }
    if (Assign->Sacl != NULL) {
        Assign->Parts.Control |= SE_SACL_PRESENT | (Assign->Explicit->Control & SE_SACL_PROTECTED);
        Assign->Parts.Sacl = Assign->Sacl;
    }
    return Status;
}

static void SepPartsFrom(PSECURITY_DESCRIPTOR Descriptor, SEP_SD_PARTS *Parts)
{
    SEP_OBJECT Object;

    RtlZeroMemory(Parts, sizeof(*Parts));
    if (Descriptor != NULL) {
        SepObjectFromDescriptor(Descriptor, &Object);
        *Parts = (SEP_SD_PARTS){((SECURITY_DESCRIPTOR *)Descriptor)->Control, Object.Owner, Object.Group, Object.Sacl, Object.Dacl};
    }
}

NTSTATUS NTAPI SeAssignSecurityEx(PSECURITY_DESCRIPTOR ParentDescriptor, PSECURITY_DESCRIPTOR ExplicitDescriptor, PSECURITY_DESCRIPTOR *NewDescriptor,
                                  GUID *ObjectType, BOOLEAN IsDirectoryObject, ULONG AutoInheritFlags, PSECURITY_SUBJECT_CONTEXT Context,
                                  PGENERIC_MAPPING Mapping, POOL_TYPE PoolType)
{
    SEP_SD_PARTS Parent, Explicit;
    SEP_ASSIGN Assign = {
        .Token = SepEffectiveToken(Context),
        .Parent = &Parent,
        .Explicit = &Explicit,
        .Builder = {.Mapping = Mapping, .Container = IsDirectoryObject},
        .Flags = AutoInheritFlags,
    };
    NTSTATUS Status;

    PAGED_CODE();
    *NewDescriptor = NULL;
    SepPartsFrom(ParentDescriptor, &Parent);
    SepPartsFrom(ExplicitDescriptor, &Explicit);
    SeLockSubjectContext(Context);
    Status = SepAssignOwner(&Assign);
    if (NT_SUCCESS(Status)) {
        Status = SepAssignDacl(&Assign);
    }
    if (NT_SUCCESS(Status)) {
        Status = SepAssignSacl(&Assign);
    }
    if (NT_SUCCESS(Status)) {
        Status = SepMakeRelativeDescriptor(&Assign.Parts, PoolType, NewDescriptor);
    }
    SeUnlockSubjectContext(Context);
    if (Assign.Dacl != NULL) {
        ExFreePoolWithTag(Assign.Dacl, TAG_SE_DACL);
    }
    if (Assign.Sacl != NULL) {
        ExFreePoolWithTag(Assign.Sacl, TAG_SE_DACL);
    }
    return Status;
}

NTSTATUS NTAPI SeAssignSecurity(PSECURITY_DESCRIPTOR ParentDescriptor, PSECURITY_DESCRIPTOR ExplicitDescriptor, PSECURITY_DESCRIPTOR *NewDescriptor,
                                BOOLEAN IsDirectoryObject, PSECURITY_SUBJECT_CONTEXT Context, PGENERIC_MAPPING Mapping, POOL_TYPE PoolType)
{
    return SeAssignSecurityEx(ParentDescriptor, ExplicitDescriptor, NewDescriptor, NULL, IsDirectoryObject, 0, Context, Mapping, PoolType);
}

NTSTATUS NTAPI SeDeassignSecurity(PSECURITY_DESCRIPTOR *SecurityDescriptor)
{
    if (*SecurityDescriptor != NULL) {
        ExFreePoolWithTag(*SecurityDescriptor, TAG_SE_SD);
        *SecurityDescriptor = NULL;
    }
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI SeValidSecurityDescriptor(ULONG Length, PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    return RtlValidRelativeSecurityDescriptor(SecurityDescriptor, Length, 0);
}
