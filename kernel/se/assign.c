/* SPDX-License-Identifier: MIT */
/*
 * assign.c - the descriptor of a new object: SeAssignSecurity(Ex).
 *
 * Owner and group come from the creator's descriptor, else from the token; the lists by the rules of rtl/inherit.c.  A creator below medium
 * integrity leaves its label.
 * Windows Internals, 7th ed., part 1, chapter 7 "Security descriptors and access control"; [MS-DTYP] 2.5.3.4.
 */
#include "sep.h"
#include "inherit.h"

#ifndef SEF_DACL_AUTO_INHERIT
#define SEF_DACL_AUTO_INHERIT 0x01
#define SEF_SACL_AUTO_INHERIT 0x02
#define SEF_DEFAULT_DESCRIPTOR_FOR_OBJECT 0x04
#define SEF_AVOID_PRIVILEGE_CHECK 0x08
#define SEF_AVOID_OWNER_CHECK 0x10
#define SEF_DEFAULT_OWNER_FROM_PARENT 0x20
#define SEF_DEFAULT_GROUP_FROM_PARENT 0x40
#endif

/* ---- the parts ------------------------------------------------------------------------------------------------------------------------- */

typedef struct _SEP_ASSIGN
{
    PTOKEN Token; /* NULL: before there is any */
    const SEP_SD_PARTS *Parent, *Explicit; /* all NULL parts if not given */
    RTLP_INHERIT Inherit;
    ULONG Flags; /* SEF_* */
    SEP_SD_PARTS Parts;
    PACL Dacl, Sacl; /* RtlpFree */
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
    Assign->Inherit.Owner = Assign->Parts.Owner;
    Assign->Inherit.Group = Assign->Parts.Group;
    return STATUS_SUCCESS;
}

static NTSTATUS SepAssignDacl(SEP_ASSIGN *Assign)
{
    SECURITY_DESCRIPTOR_CONTROL Result;
    NTSTATUS Status;

    Assign->Inherit.AutoInherit = (Assign->Flags & SEF_DACL_AUTO_INHERIT) != 0;
    Status = RtlpInheritDacl(&Assign->Inherit, Assign->Explicit->Control, Assign->Explicit->Dacl, Assign->Parent->Dacl,
                             Assign->Token != NULL ? Assign->Token->DefaultDacl : NULL, &Assign->Dacl, &Result);
    Assign->Parts.Control |= Result;
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

void SepMakeLabelAcl(ULONG Level, SEP_LABEL_ACL *Label)
{
    SID Sid = {SID_REVISION, 1, {SECURITY_MANDATORY_LABEL_AUTHORITY}, {Level}};
    NTSTATUS Status;

    static_assert(sizeof(*Label) == sizeof(ACL) + offsetof(SYSTEM_MANDATORY_LABEL_ACE, SidStart) + sizeof(SID), "one label fits exactly");
    Status = RtlCreateAcl(&Label->Acl, sizeof(*Label), ACL_REVISION);
    if (NT_SUCCESS(Status)) {
        Status = RtlAddMandatoryAce(&Label->Acl, ACL_REVISION, 0, &Sid, SYSTEM_MANDATORY_LABEL_ACE_TYPE, SYSTEM_MANDATORY_LABEL_NO_WRITE_UP);
    }
    ASSERT(NT_SUCCESS(Status));
    (void)Status;
}

/* The creator's SACL needs a privilege for audits; without one, the label of a creator below medium. */
static NTSTATUS SepAssignSacl(SEP_ASSIGN *Assign)
{
    PTOKEN Token = Assign->Token;
    PACL Sacl = Assign->Explicit->Sacl;
    ULONG Level = Token != NULL ? SepTokenIntegrityLevel(Token) : SECURITY_MANDATORY_SYSTEM_RID;
    SECURITY_DESCRIPTOR_CONTROL Result;
    NTSTATUS Status;

    if (Sacl != NULL && ExGetPreviousMode() != KernelMode && (Assign->Flags & SEF_AVOID_PRIVILEGE_CHECK) == 0 && SepSaclHasAudits(Sacl) &&
        !SepTokenHasPrivilege(Token, SepExports.SeSecurityPrivilege)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    Assign->Inherit.AutoInherit = (Assign->Flags & SEF_SACL_AUTO_INHERIT) != 0;
    Status = RtlpInheritSacl(&Assign->Inherit, Assign->Explicit->Control, Sacl, Assign->Parent->Sacl, &Assign->Sacl, &Result);
    if (NT_SUCCESS(Status) && Assign->Sacl == NULL && Level < SECURITY_MANDATORY_MEDIUM_RID) {
        /* Without a label the object would stand above its creator. */
        Assign->Sacl = RtlpAllocate(sizeof(SEP_LABEL_ACL));
        if (Assign->Sacl == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        SepMakeLabelAcl(Level, (SEP_LABEL_ACL *)Assign->Sacl);
        Result |= SE_SACL_PRESENT;
    }
    Assign->Parts.Control |= Result;
    Assign->Parts.Sacl = Assign->Sacl;
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
        .Inherit = {.Mapping = Mapping, .ObjectTypes = &ObjectType, .ObjectTypeCount = ObjectType != NULL, .Container = IsDirectoryObject},
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
        RtlpFree(Assign.Dacl);
    }
    if (Assign.Sacl != NULL) {
        RtlpFree(Assign.Sacl);
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
