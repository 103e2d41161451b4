/* SPDX-License-Identifier: MIT */
/*
 * access.c - may this subject do this to that object?
 *
 * The order of Windows' check (Windows Internals, 7th ed., part 1, chapter 7 "Access checks"; [MS-DTYP] 2.5.3):
 *
 *  1. mandatory integrity: below the object's label only what the label's policy leaves;
 *  2. privileges: SeSecurity grants, and alone grants, ACCESS_SYSTEM_SECURITY; SeTakeOwnership grants WRITE_OWNER;
 *  3. the owner has READ_CONTROL and WRITE_DAC, unless the DACL speaks of OWNER RIGHTS;
 *  4. the DACL, entry by entry in its order: a right is decided by the first entry that names it for one of the subject's SIDs; what no entry
 *     decides is denied.  No DACL grants all, an empty one nothing;
 *  5. a restricted token takes step 3 and 4 a second time with its restricting SIDs; both must grant.
 *
 * A group counts for allowing entries if enabled, for denying ones also if it is for deny only.  Inherit-only entries are no part of the check.
 * Object entries count if they name no object type; callback and compound entries count for nothing.
 */
#include "access.h"

#define ACE_SID(a) ((PSID) & ((ACCESS_ALLOWED_ACE *)(a))->SidStart)
#define ACE_MASK(a) (((ACCESS_ALLOWED_ACE *)(a))->Mask)
#define ALL_ACCESSES 0xFFFFFFFFu

typedef struct _SEP_OBJECT_ACE
{
    ACE_HEADER Header;
    ACCESS_MASK Mask;
    ULONG Flags; /* 1: an object type follows, 2: an inherited object type follows */
    ULONG Rest;
} SEP_OBJECT_ACE;

static const struct
{
    UCHAR Revision, Count, Authority[6];
    ULONG Sub;
} SepOwnerRights = {1, 1, {0, 0, 0, 0, 0, 3}, 4}, SepPrincipalSelf = {1, 1, {0, 0, 0, 0, 0, 5}, 10};

BOOLEAN SepEqualSid(const VOID *LeftSid, const VOID *RightSid)
{
    const SID *Left = LeftSid, *Right = RightSid;

    return *(const USHORT *)Left == *(const USHORT *)Right && memcmp(Left, Right, 8 + 4 * (size_t)Left->SubAuthorityCount) == 0;
}

BOOLEAN SepSidInSubject(const SEP_SUBJECT *Subject, PSID Sid, BOOLEAN Deny, BOOLEAN Restricted)
{
    const SID_AND_ATTRIBUTES *Sids = Restricted ? Subject->Restricted : Subject->Sids;
    ULONG Count = Restricted ? Subject->RestrictedCount : Subject->SidCount;

    for (ULONG i = 0; i < Count; i++) {
        if (SepEqualSid(Sids[i].Sid, Sid)) {
            BOOLEAN User = i == 0 && !Restricted; /* the user is enabled unless it is for deny only */

            if (Sids[i].Attributes & SE_GROUP_USE_FOR_DENY_ONLY) {
                return Deny;
            }
            return User || (Sids[i].Attributes & SE_GROUP_ENABLED);
        }
    }
    return FALSE;
}

void SepObjectFromDescriptor(PSECURITY_DESCRIPTOR Descriptor, SEP_OBJECT *Object)
{
    SECURITY_DESCRIPTOR *Absolute = Descriptor;
    SECURITY_DESCRIPTOR_RELATIVE *Relative = Descriptor;

    if (Absolute->Control & SE_SELF_RELATIVE) {
        PUCHAR Base = Descriptor;

        Object->Owner = Relative->Owner != 0 ? Base + Relative->Owner : NULL;
        Object->Group = Relative->Group != 0 ? Base + Relative->Group : NULL;
        Object->Dacl = Relative->Dacl != 0 ? (PACL)(Base + Relative->Dacl) : NULL;
        Object->Sacl = Relative->Sacl != 0 ? (PACL)(Base + Relative->Sacl) : NULL;
    } else {
        Object->Owner = Absolute->Owner;
        Object->Group = Absolute->Group;
        Object->Dacl = Absolute->Dacl;
        Object->Sacl = Absolute->Sacl;
    }
    if ((Absolute->Control & SE_DACL_PRESENT) == 0) {
        Object->Dacl = NULL;
    }
    if ((Absolute->Control & SE_SACL_PRESENT) == 0) {
        Object->Sacl = NULL;
    }
}

/* ---- walking an ACL ---- */

static inline ACE_HEADER *SepFirstAce(PACL Acl)
{
    return (ACE_HEADER *)(Acl + 1);
}

static inline ACE_HEADER *SepNextAce(ACE_HEADER *Ace)
{
    return (ACE_HEADER *)((PUCHAR)Ace + Ace->AceSize);
}

typedef enum _SEP_ACE_KIND { SepAceOther, SepAceAllow, SepAceDeny } SEP_ACE_KIND;

/* What Ace does in an access check, and for whom. */
static SEP_ACE_KIND SepClassifyAce(ACE_HEADER *Ace, PSID *Sid)
{
    SEP_OBJECT_ACE *Object = (SEP_OBJECT_ACE *)Ace;

    *Sid = ACE_SID(Ace);
    if (Ace->AceFlags & INHERIT_ONLY_ACE) {
        return SepAceOther;
    }
    switch (Ace->AceType) {
    case ACCESS_ALLOWED_ACE_TYPE:
        return SepAceAllow;
    case ACCESS_DENIED_ACE_TYPE:
        return SepAceDeny;
    case ACCESS_ALLOWED_OBJECT_ACE_TYPE:
    case ACCESS_DENIED_OBJECT_ACE_TYPE:
        if (Object->Flags & 1) {
            return SepAceOther;
        }
        *Sid = (PUCHAR)&Object->Rest + (Object->Flags & 2 ? sizeof(GUID) : 0);
        return Ace->AceType == ACCESS_ALLOWED_OBJECT_ACE_TYPE ? SepAceAllow : SepAceDeny;
    default:
        return SepAceOther;
    }
}

/* ---- mandatory policy ---- */

static ULONG SepSidRid(const SID *Sid)
{
    return Sid->SubAuthorityCount != 0 ? Sid->SubAuthority[Sid->SubAuthorityCount - 1] : 0;
}

ACCESS_MASK SepMandatoryAllowed(const SEP_SUBJECT *Subject, const SEP_OBJECT *Object, const GENERIC_MAPPING *Mapping)
{
    ULONG Level = SECURITY_MANDATORY_MEDIUM_RID, Policy = SYSTEM_MANDATORY_LABEL_NO_WRITE_UP;
    ACCESS_MASK Allowed = 0;

    if ((Subject->MandatoryPolicy & TOKEN_MANDATORY_POLICY_NO_WRITE_UP) == 0) {
        return ALL_ACCESSES;
    }
    if (Object->Sacl != NULL) {
        ACE_HEADER *Ace = SepFirstAce(Object->Sacl);

        for (USHORT i = 0; i < Object->Sacl->AceCount; i++, Ace = SepNextAce(Ace)) {
            if (Ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE && (Ace->AceFlags & INHERIT_ONLY_ACE) == 0) {
                Level = SepSidRid(ACE_SID(Ace));
                Policy = ACE_MASK(Ace);
                break;
            }
        }
    }
    if (Subject->IntegrityLevel >= Level) {
        return ALL_ACCESSES;
    }
    if ((Policy & SYSTEM_MANDATORY_LABEL_NO_READ_UP) == 0) {
        Allowed |= Mapping->GenericRead;
    }
    if ((Policy & SYSTEM_MANDATORY_LABEL_NO_WRITE_UP) == 0) {
        Allowed |= Mapping->GenericWrite;
    }
    if ((Policy & SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP) == 0) {
        Allowed |= Mapping->GenericExecute;
    }
    if (Subject->Privileges & SEP_PRIVILEGE(SE_RELABEL_PRIVILEGE)) {
        Allowed |= WRITE_OWNER;
    }
    return Allowed | ACCESS_SYSTEM_SECURITY | MAXIMUM_ALLOWED;
}

/* ---- the DACL ---- */

typedef struct _SEP_PASS
{
    const SEP_SUBJECT *Subject;
    const SEP_OBJECT *Object;
    PSID PrincipalSelf;
    BOOLEAN Restricted; /* with the restricting SIDs */
    BOOLEAN Owner;      /* the subject owns the object */
} SEP_PASS;

/* An entry's SID may stand for the object's own principal or its owner. */
static BOOLEAN SepSidMatches(const SEP_PASS *Pass, PSID Sid, BOOLEAN Deny)
{
    if (SepEqualSid(Sid, &SepPrincipalSelf)) {
        if (Pass->PrincipalSelf == NULL) {
            return FALSE;
        }
        Sid = Pass->PrincipalSelf;
    } else if (SepEqualSid(Sid, &SepOwnerRights)) {
        return Pass->Owner;
    }
    return SepSidInSubject(Pass->Subject, Sid, Deny, Pass->Restricted);
}

static BOOLEAN SepDaclNamesOwnerRights(PACL Dacl)
{
    ACE_HEADER *Ace = SepFirstAce(Dacl);
    PSID Sid;

    for (USHORT i = 0; i < Dacl->AceCount; i++, Ace = SepNextAce(Ace)) {
        if (SepClassifyAce(Ace, &Sid) != SepAceOther && SepEqualSid(Sid, &SepOwnerRights)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The rights of Wanted that the pass grants.  Each right is decided by the first entry that names it. */
static ACCESS_MASK SepCheckDacl(SEP_PASS *Pass, ACCESS_MASK Wanted)
{
    PACL Dacl = Pass->Object->Dacl;
    ACCESS_MASK Granted = 0, Undecided = Wanted;
    ACE_HEADER *Ace;

    if (Dacl == NULL) {
        return Wanted;
    }
    Pass->Owner = Pass->Object->Owner != NULL && SepSidInSubject(Pass->Subject, Pass->Object->Owner, FALSE, Pass->Restricted);
    if (Pass->Owner && (Wanted & (READ_CONTROL | WRITE_DAC)) && !SepDaclNamesOwnerRights(Dacl)) {
        Granted = Wanted & (READ_CONTROL | WRITE_DAC);
        Undecided &= ~Granted;
    }
    Ace = SepFirstAce(Dacl);
    for (USHORT i = 0; i < Dacl->AceCount && Undecided != 0; i++, Ace = SepNextAce(Ace)) {
        ACCESS_MASK Mask = ACE_MASK(Ace) & Undecided;
        SEP_ACE_KIND Kind;
        PSID Sid;

        if (Mask == 0 || (Kind = SepClassifyAce(Ace, &Sid)) == SepAceOther || !SepSidMatches(Pass, Sid, Kind == SepAceDeny)) {
            continue;
        }
        Undecided &= ~Mask;
        if (Kind == SepAceAllow) {
            Granted |= Mask;
        }
    }
    return Granted;
}

/* Both passes of a restricted token. */
static ACCESS_MASK SepCheckDiscretionary(const SEP_SUBJECT *Subject, const SEP_OBJECT *Object, PSID PrincipalSelf, const GENERIC_MAPPING *Mapping,
                                         ACCESS_MASK Wanted)
{
    SEP_PASS Pass = {Subject, Object, PrincipalSelf, FALSE, FALSE};
    ACCESS_MASK Granted = SepCheckDacl(&Pass, Wanted), Subjected = ALL_ACCESSES;

    if (Subject->RestrictedCount == 0 || Granted == 0) {
        return Granted;
    }
    if (Subject->WriteRestricted) {
        Subjected = (Mapping->GenericWrite & ~(Mapping->GenericRead | Mapping->GenericExecute)) | DELETE | WRITE_DAC | WRITE_OWNER;
    }
    Pass.Restricted = TRUE;
    return (Granted & ~Subjected) | (SepCheckDacl(&Pass, Granted & Subjected) & Subjected);
}

/* ---- the whole check ---- */

/* Rights that privileges grant, out of Wanted; MAXIMUM_ALLOWED does not ask for them. */
static NTSTATUS SepCheckPrivileges(const SEP_SUBJECT *Subject, ACCESS_MASK Wanted, ACCESS_MASK *Granted, ULONG64 *Used)
{
    if (Wanted & ACCESS_SYSTEM_SECURITY) {
        if ((Subject->Privileges & SEP_PRIVILEGE(SE_SECURITY_PRIVILEGE)) == 0) {
            return STATUS_PRIVILEGE_NOT_HELD;
        }
        *Granted |= ACCESS_SYSTEM_SECURITY;
        *Used |= SEP_PRIVILEGE(SE_SECURITY_PRIVILEGE);
    }
    if ((Wanted & WRITE_OWNER) && (Subject->Privileges & SEP_PRIVILEGE(SE_TAKE_OWNERSHIP_PRIVILEGE))) {
        *Granted |= WRITE_OWNER;
        *Used |= SEP_PRIVILEGE(SE_TAKE_OWNERSHIP_PRIVILEGE);
    }
    return STATUS_SUCCESS;
}

NTSTATUS SepAccessCheck(const SEP_SUBJECT *Subject, const SEP_OBJECT *Object, PSID PrincipalSelf, ACCESS_MASK Desired, ACCESS_MASK PreviouslyGranted,
                        const GENERIC_MAPPING *Mapping, ACCESS_MASK *Granted, ULONG64 *PrivilegesUsed)
{
    ACCESS_MASK Mandatory, Remaining, Given = PreviouslyGranted;
    BOOLEAN Maximum = (Desired & MAXIMUM_ALLOWED) != 0;
    NTSTATUS Status;

    *Granted = 0;
    *PrivilegesUsed = 0;
    Mandatory = SepMandatoryAllowed(Subject, Object, Mapping);
    Remaining = Desired & ~(MAXIMUM_ALLOWED | PreviouslyGranted);
    if (Remaining & ~Mandatory) {
        return STATUS_ACCESS_DENIED;
    }
    Status = SepCheckPrivileges(Subject, Remaining, &Given, PrivilegesUsed);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Remaining &= ~Given;
    if (Maximum) {
        Given |= SepCheckDiscretionary(Subject, Object, PrincipalSelf, Mapping, (Mapping->GenericAll | Remaining) & Mandatory & ~ACCESS_SYSTEM_SECURITY);
    } else if (Remaining != 0) {
        Given |= SepCheckDiscretionary(Subject, Object, PrincipalSelf, Mapping, Remaining);
    }
    if ((Remaining & ~Given) != 0 || Given == 0) {
        return STATUS_ACCESS_DENIED;
    }
    *Granted = Given;
    return STATUS_SUCCESS;
}
