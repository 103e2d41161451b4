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
 * Callback and compound entries count for nothing.
 *
 * Object types (AccessCheckByType): the caller gives a tree of types, and every node of it is decided on its own.  A plain entry speaks for all nodes; an
 * object entry for the node of its type and those below.  What all children of a node grant, the node grants; what one of them is denied, the node is
 * denied.  The answer is the root's.  Without a tree there is one node: then an allowing entry for some type is not for the whole object, and a
 * denying one is.
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
#define OBJECT_TYPE_PRESENT 1u
#define INHERITED_TYPE_PRESENT 2u

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

/* What Ace does in an access check, for whom, and for which object type (NULL: for all). */
static SEP_ACE_KIND SepClassifyAce(ACE_HEADER *Ace, PSID *Sid, const GUID **Type)
{
    SEP_OBJECT_ACE *Object = (SEP_OBJECT_ACE *)Ace;

    *Sid = ACE_SID(Ace);
    *Type = NULL;
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
        if (Object->Flags & OBJECT_TYPE_PRESENT) {
            *Type = (const GUID *)&Object->Rest;
        }
        *Sid = (PUCHAR)&Object->Rest + (Object->Flags & OBJECT_TYPE_PRESENT ? sizeof(GUID) : 0) +
               (Object->Flags & INHERITED_TYPE_PRESENT ? sizeof(GUID) : 0);
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
    SEP_TYPE_NODE *Nodes;
    ULONG Count;
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
    const GUID *Type;
    PSID Sid;

    for (USHORT i = 0; i < Dacl->AceCount; i++, Ace = SepNextAce(Ace)) {
        if (SepClassifyAce(Ace, &Sid, &Type) != SepAceOther && SepEqualSid(Sid, &SepOwnerRights)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The rights of Mask that all children of Node grant. */
static ACCESS_MASK SepGrantedByChildren(const SEP_PASS *Pass, ULONG Node, ACCESS_MASK Mask)
{
    for (ULONG i = Node + 1; i < Pass->Count && Pass->Nodes[i].Level > Pass->Nodes[Node].Level; i++) {
        if (Pass->Nodes[i].Parent == Node) {
            Mask &= Pass->Nodes[i].Granted;
        }
    }
    return Mask;
}

/* An entry decides Mask for Node and all below it, as far as nothing before has; and for those above, what follows from that. */
static void SepDecide(SEP_PASS *Pass, ULONG Node, ACCESS_MASK Mask, BOOLEAN Allow)
{
    SEP_TYPE_NODE *Nodes = Pass->Nodes;

    for (ULONG i = Node; i < Pass->Count && (i == Node || Nodes[i].Level > Nodes[Node].Level); i++) {
        *(Allow ? &Nodes[i].Granted : &Nodes[i].Denied) |= Mask & ~(Nodes[i].Granted | Nodes[i].Denied);
    }
    while (Node != 0 && Mask != 0) {
        Node = Nodes[Node].Parent;
        Mask &= ~(Nodes[Node].Granted | Nodes[Node].Denied);
        if (Allow) {
            Mask = SepGrantedByChildren(Pass, Node, Mask);
            Nodes[Node].Granted |= Mask;
        } else {
            Nodes[Node].Denied |= Mask;
        }
    }
}

/* The node an entry for Type speaks for; Count: for none. */
static ULONG SepFindNode(const SEP_PASS *Pass, const GUID *Type, SEP_ACE_KIND Kind)
{
    ULONG Node = 0;

    if (Type == NULL) {
        return 0;
    }
    if (Pass->Count == 1 && !Pass->Nodes[0].HasType) {
        return Kind == SepAceDeny ? 0 : 1;
    }
    while (Node < Pass->Count && memcmp(&Pass->Nodes[Node].Type, Type, sizeof(*Type)) != 0) {
        Node++;
    }
    return Node;
}

/* The rights of Wanted that the pass grants, in each node's Granted.  Each right is decided by the first entry that names it. */
static void SepCheckDacl(SEP_PASS *Pass, ACCESS_MASK Wanted)
{
    PACL Dacl = Pass->Object->Dacl;
    ACCESS_MASK AtOnce = 0;
    ACE_HEADER *Ace;

    Pass->Owner = Pass->Object->Owner != NULL && SepSidInSubject(Pass->Subject, Pass->Object->Owner, FALSE, Pass->Restricted);
    if (Dacl == NULL) {
        AtOnce = Wanted;
    } else if (Pass->Owner && (Wanted & (READ_CONTROL | WRITE_DAC)) && !SepDaclNamesOwnerRights(Dacl)) {
        AtOnce = Wanted & (READ_CONTROL | WRITE_DAC);
    }
    for (ULONG i = 0; i < Pass->Count; i++) {
        Pass->Nodes[i].Granted = AtOnce;
        Pass->Nodes[i].Denied = ~Wanted;
    }
    if (Dacl == NULL) {
        return;
    }
    Ace = SepFirstAce(Dacl);
    for (USHORT i = 0; i < Dacl->AceCount; i++, Ace = SepNextAce(Ace)) {
        SEP_ACE_KIND Kind;
        const GUID *Type;
        ULONG Node;
        PSID Sid;

        if (Pass->Count == 1 && (Pass->Nodes[0].Granted | Pass->Nodes[0].Denied) == ALL_ACCESSES) {
            return;
        }
        if ((ACE_MASK(Ace) & Wanted) == 0 || (Kind = SepClassifyAce(Ace, &Sid, &Type)) == SepAceOther ||
            (Node = SepFindNode(Pass, Type, Kind)) >= Pass->Count || !SepSidMatches(Pass, Sid, Kind == SepAceDeny)) {
            continue;
        }
        SepDecide(Pass, Node, ACE_MASK(Ace) & Wanted, Kind == SepAceAllow);
    }
}

/*
 * The usual end of a check, found with less work: allowing entries alone grant all of Wanted, before an entry of any other kind comes.  The owner's
 * rights need not be known then.  FALSE says nothing.
 */
static BOOLEAN SepGrantsPlainly(const SEP_SUBJECT *Subject, PACL Dacl, ACCESS_MASK Wanted)
{
    ACE_HEADER *Ace = SepFirstAce(Dacl);

    for (USHORT i = 0; i < Dacl->AceCount; i++, Ace = SepNextAce(Ace)) {
        const SID *Sid = ACE_SID(Ace);

        if (Ace->AceFlags & INHERIT_ONLY_ACE) {
            continue;
        }
        if (Ace->AceType != ACCESS_ALLOWED_ACE_TYPE || (Sid->SubAuthorityCount == 1 && (Sid->SubAuthority[0] == SepOwnerRights.Sub ||
                                                                                          Sid->SubAuthority[0] == SepPrincipalSelf.Sub))) {
            return FALSE; /* also SIDs that stand for another */
        }
        if ((ACE_MASK(Ace) & Wanted) != 0 && SepSidInSubject(Subject, (PSID)Sid, FALSE, FALSE)) {
            Wanted &= ~ACE_MASK(Ace);
            if (Wanted == 0) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* Both passes of a restricted token.  Each node's Granted is the result. */
static void SepCheckDiscretionary(SEP_PASS *Pass, const GENERIC_MAPPING *Mapping, ACCESS_MASK Wanted)
{
    const SEP_SUBJECT *Subject = Pass->Subject;
    ACCESS_MASK Subjected = ALL_ACCESSES;

    SepCheckDacl(Pass, Wanted);
    if (Subject->RestrictedCount == 0) {
        return;
    }
    if (Subject->WriteRestricted) {
        Subjected = (Mapping->GenericWrite & ~(Mapping->GenericRead | Mapping->GenericExecute)) | DELETE | WRITE_DAC | WRITE_OWNER;
    }
    for (ULONG i = 0; i < Pass->Count; i++) {
        Pass->Nodes[i].First = Pass->Nodes[i].Granted;
    }
    Pass->Restricted = TRUE;
    SepCheckDacl(Pass, Wanted & Subjected);
    for (ULONG i = 0; i < Pass->Count; i++) {
        Pass->Nodes[i].Granted = Pass->Nodes[i].First & (Pass->Nodes[i].Granted | ~Subjected);
    }
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

NTSTATUS SepAccessCheckByType(const SEP_SUBJECT *Subject, const SEP_OBJECT *Object, PSID PrincipalSelf, ACCESS_MASK Desired,
                              ACCESS_MASK PreviouslyGranted, const GENERIC_MAPPING *Mapping, SEP_TYPE_NODE *Nodes, ULONG Count, ULONG64 *PrivilegesUsed)
{
    SEP_PASS Pass = {Subject, Object, PrincipalSelf, Nodes, Count, FALSE, FALSE};
    ACCESS_MASK Mandatory = SepMandatoryAllowed(Subject, Object, Mapping), Remaining, Given = PreviouslyGranted;
    BOOLEAN Maximum = (Desired & MAXIMUM_ALLOWED) != 0;
    NTSTATUS Status = STATUS_SUCCESS;

    *PrivilegesUsed = 0;
    Remaining = Desired & ~(MAXIMUM_ALLOWED | PreviouslyGranted);
    if (Remaining & ~Mandatory) {
        Status = STATUS_ACCESS_DENIED;
    } else {
        Status = SepCheckPrivileges(Subject, Remaining, &Given, PrivilegesUsed);
    }
    if (!NT_SUCCESS(Status)) {
        for (ULONG i = 0; i < Count; i++) {
            Nodes[i].Granted = 0;
            Nodes[i].Status = Status;
        }
        return Status;
    }
    Remaining &= ~Given;
    if (Maximum) {
        SepCheckDiscretionary(&Pass, Mapping, (Mapping->GenericAll | Remaining) & Mandatory & ~ACCESS_SYSTEM_SECURITY);
    } else if (Count == 1 && !Nodes[0].HasType && Subject->RestrictedCount == 0 && Object->Dacl != NULL && Remaining != 0 &&
               SepGrantsPlainly(Subject, Object->Dacl, Remaining)) {
        Nodes[0].Granted = Remaining;
    } else {
        SepCheckDiscretionary(&Pass, Mapping, Remaining);
    }
    for (ULONG i = 0; i < Count; i++) {
        Nodes[i].Granted |= Given;
        Nodes[i].Status = (Remaining & ~Nodes[i].Granted) != 0 || Nodes[i].Granted == 0 ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
        if (Nodes[i].Status != STATUS_SUCCESS) {
            Nodes[i].Granted = 0;
        }
    }
    return Nodes[0].Status;
}

NTSTATUS SepAccessCheck(const SEP_SUBJECT *Subject, const SEP_OBJECT *Object, PSID PrincipalSelf, ACCESS_MASK Desired, ACCESS_MASK PreviouslyGranted,
                        const GENERIC_MAPPING *Mapping, ACCESS_MASK *Granted, ULONG64 *PrivilegesUsed)
{
    SEP_TYPE_NODE Whole = {0};
    NTSTATUS Status = SepAccessCheckByType(Subject, Object, PrincipalSelf, Desired, PreviouslyGranted, Mapping, &Whole, 1, PrivilegesUsed);

    *Granted = Whole.Granted;
    return Status;
}
