/* SPDX-License-Identifier: MIT */
/*
 * entries.c - ACLs edited by trustee: SetEntriesInAcl, GetExplicitEntriesFromAcl, the builders of trustees and explicit accesses, effective rights.
 *
 * SetEntriesInAcl takes the old list apart and puts the new one together in canonical order: explicit denials, explicit grants, then what was
 * inherited.  GRANT adds to what the trustee has and takes the rights out of its denials; SET replaces all its entries; DENY adds a denial and takes the
 * rights out of its grants; REVOKE takes all its entries away.  An entry counts as the trustee's only with the same inheritance flags.
 */
#include "adv.h"

#define INHERIT_BITS (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE | NO_PROPAGATE_INHERIT_ACE | INHERIT_ONLY_ACE)

/* ---- trustees --------------------------------------------------------------------------------------------------------------------------- */

static VOID Build(PTRUSTEE_W Trustee, TRUSTEE_FORM Form, PVOID Name)
{
    memset(Trustee, 0, sizeof(*Trustee));
    Trustee->MultipleTrusteeOperation = NO_MULTIPLE_TRUSTEE;
    Trustee->TrusteeForm = Form;
    Trustee->TrusteeType = TRUSTEE_IS_UNKNOWN;
    Trustee->ptstrName = Name;
}

VOID WINAPI BuildTrusteeWithSidW(PTRUSTEE_W Trustee, PSID Sid)
{
    Build(Trustee, TRUSTEE_IS_SID, Sid);
}

VOID WINAPI BuildTrusteeWithSidA(PTRUSTEE_A Trustee, PSID Sid)
{
    Build((PTRUSTEE_W)Trustee, TRUSTEE_IS_SID, Sid);
}

VOID WINAPI BuildTrusteeWithNameW(PTRUSTEE_W Trustee, LPWSTR Name)
{
    Build(Trustee, TRUSTEE_IS_NAME, Name);
}

VOID WINAPI BuildTrusteeWithNameA(PTRUSTEE_A Trustee, LPSTR Name)
{
    Build((PTRUSTEE_W)Trustee, TRUSTEE_IS_NAME, Name);
}

VOID WINAPI BuildExplicitAccessWithNameW(PEXPLICIT_ACCESS_W Access, LPWSTR Name, DWORD Rights, ACCESS_MODE Mode, DWORD Inheritance)
{
    Access->grfAccessPermissions = Rights;
    Access->grfAccessMode = Mode;
    Access->grfInheritance = Inheritance;
    BuildTrusteeWithNameW(&Access->Trustee, Name);
}

VOID WINAPI BuildExplicitAccessWithNameA(PEXPLICIT_ACCESS_A Access, LPSTR Name, DWORD Rights, ACCESS_MODE Mode, DWORD Inheritance)
{
    Access->grfAccessPermissions = Rights;
    Access->grfAccessMode = Mode;
    Access->grfInheritance = Inheritance;
    BuildTrusteeWithNameA(&Access->Trustee, Name);
}

LPWSTR WINAPI GetTrusteeNameW(PTRUSTEE_W Trustee)
{
    return Trustee != NULL ? Trustee->ptstrName : NULL;
}

LPSTR WINAPI GetTrusteeNameA(PTRUSTEE_A Trustee)
{
    return Trustee != NULL ? Trustee->ptstrName : NULL;
}

TRUSTEE_TYPE WINAPI GetTrusteeTypeW(PTRUSTEE_W Trustee)
{
    return Trustee != NULL ? Trustee->TrusteeType : TRUSTEE_IS_UNKNOWN;
}

TRUSTEE_TYPE WINAPI GetTrusteeTypeA(PTRUSTEE_A Trustee)
{
    return GetTrusteeTypeW((PTRUSTEE_W)Trustee);
}

TRUSTEE_FORM WINAPI GetTrusteeFormW(PTRUSTEE_W Trustee)
{
    return Trustee != NULL ? Trustee->TrusteeForm : TRUSTEE_BAD_FORM;
}

TRUSTEE_FORM WINAPI GetTrusteeFormA(PTRUSTEE_A Trustee)
{
    return GetTrusteeFormW((PTRUSTEE_W)Trustee);
}

static DWORD NameToSid(LPCWSTR Name, PSID Sid)
{
    WCHAR Domain[64];
    DWORD SidSize = LONGEST_SID, DomainSize = COUNT_OF(Domain);
    SID_NAME_USE Use;

    if (_wcsicmp(Name, L"CURRENT_USER") == 0) {
        HANDLE Token;
        if (!NT_SUCCESS(NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &Token)) &&
            !NT_SUCCESS(NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &Token))) {
            return ERROR_ACCESS_DENIED;
        }
        TOKEN_USER *User = AdvQueryToken(Token, TokenUser);
        NtClose(Token);
        if (User == NULL) {
            return RtlGetLastWin32Error();
        }
        RtlCopySid(LONGEST_SID, Sid, User->User.Sid);
        AdvFree(User);
        return ERROR_SUCCESS;
    }
    return LookupAccountNameW(NULL, Name, Sid, &SidSize, Domain, &DomainSize, &Use) ? ERROR_SUCCESS : RtlGetLastWin32Error();
}

DWORD AdvTrusteeSid(const TRUSTEE_W *Trustee, bool Ansi, PSID Sid)
{
    if (Trustee->MultipleTrusteeOperation != NO_MULTIPLE_TRUSTEE) {
        return ERROR_INVALID_PARAMETER;
    }
    if (Trustee->TrusteeForm == TRUSTEE_IS_SID) {
        return Trustee->ptstrName != NULL && RtlValidSid(Trustee->ptstrName) ? AdvError(RtlCopySid(LONGEST_SID, Sid, Trustee->ptstrName))
                                                                             : ERROR_INVALID_PARAMETER;
    }
    if (Trustee->TrusteeForm != TRUSTEE_IS_NAME || Trustee->ptstrName == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    LPWSTR Wide = Ansi ? AdvWide((LPCSTR)Trustee->ptstrName) : NULL;
    DWORD Error = Ansi && Wide == NULL ? ERROR_NOT_ENOUGH_MEMORY : NameToSid(Ansi ? Wide : Trustee->ptstrName, Sid);
    AdvFree(Wide);
    return Error;
}

/* ---- editing ---------------------------------------------------------------------------------------------------------------------------- */

typedef struct _ENTRY
{
    struct _ENTRY *Next;
    ACE_HEADER *Ace; /* a copy in Room; its mask may shrink */
    DWORD Room[];
} ENTRY;

typedef struct _EDITED
{
    ENTRY *First, **Last;
    DWORD Size;
} EDITED;

static DWORD *MaskOf(ACE_HEADER *Ace)
{
    return (DWORD *)(Ace + 1);
}

static PSID SidOf(ACE_HEADER *Ace)
{
    return (PSID)(MaskOf(Ace) + 1);
}

static bool IsPlain(const ACE_HEADER *Ace)
{
    return Ace->AceType <= SYSTEM_AUDIT_ACE_TYPE;
}

static DWORD Append(EDITED *List, const ACE_HEADER *Ace)
{
    ENTRY *Entry = AdvAllocate(sizeof(*Entry) + Ace->AceSize);

    if (Entry == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    Entry->Ace = (ACE_HEADER *)Entry->Room;
    memcpy(Entry->Room, Ace, Ace->AceSize);
    *List->Last = Entry;
    List->Last = &Entry->Next;
    return ERROR_SUCCESS;
}

static DWORD AppendNew(EDITED *List, UCHAR Type, DWORD Flags, DWORD Mask, PSID Sid)
{
    struct
    {
        ACE_HEADER Header;
        DWORD Mask;
        UCHAR Sid[SECURITY_MAX_SID_SIZE];
    } Ace = {.Header = {Type, (BYTE)Flags, (USHORT)(8 + RtlLengthSid(Sid))}, .Mask = Mask};

    memcpy(Ace.Sid, Sid, RtlLengthSid(Sid));
    return Append(List, &Ace.Header);
}

static UCHAR TypeFor(ACCESS_MODE Mode)
{
    if (Mode == SET_AUDIT_SUCCESS || Mode == SET_AUDIT_FAILURE) {
        return SYSTEM_AUDIT_ACE_TYPE;
    }
    return Mode == DENY_ACCESS ? ACCESS_DENIED_ACE_TYPE : ACCESS_ALLOWED_ACE_TYPE;
}

/* What Mode does to the entries the trustee has. */
static DWORD Apply(EDITED *List, ACCESS_MODE Mode, DWORD Mask, DWORD Inheritance, PSID Sid)
{
    DWORD Flags = Inheritance & INHERIT_BITS;
    UCHAR Type = TypeFor(Mode);
    bool Audit = Type == SYSTEM_AUDIT_ACE_TYPE;

    if (Mode == NOT_USED_ACCESS || Mode > SET_AUDIT_FAILURE) {
        return ERROR_INVALID_PARAMETER;
    }
    for (ENTRY *Entry = List->First; Entry != NULL; Entry = Entry->Next) {
        ACE_HEADER *Ace = Entry->Ace;
        if (!IsPlain(Ace) || (Ace->AceFlags & INHERITED_ACE) || !RtlEqualSid(SidOf(Ace), Sid) || (Ace->AceType == SYSTEM_AUDIT_ACE_TYPE) != Audit) {
            continue;
        }
        if (Mode == SET_ACCESS || Mode == REVOKE_ACCESS) {
            *MaskOf(Ace) = 0;
        } else if ((Ace->AceFlags & INHERIT_BITS) == Flags && Ace->AceType != Type) {
            *MaskOf(Ace) &= ~Mask;
        } else if ((Ace->AceFlags & INHERIT_BITS) == Flags && Mode == GRANT_ACCESS) {
            Mask |= *MaskOf(Ace); /* one entry for both */
            *MaskOf(Ace) = 0;
        }
    }
    if (Mode == REVOKE_ACCESS) {
        return ERROR_SUCCESS;
    }
    if (Audit) {
        Flags |= Mode == SET_AUDIT_SUCCESS ? SUCCESSFUL_ACCESS_ACE_FLAG : FAILED_ACCESS_ACE_FLAG;
    }
    return AppendNew(List, Type, Flags, Mask, Sid);
}

/* Where an entry stands: 0 explicit denials, 1 explicit grants and the rest, 2 inherited. */
static int PlaceOf(const ACE_HEADER *Ace)
{
    if (Ace->AceFlags & INHERITED_ACE) {
        return 2;
    }
    return Ace->AceType == ACCESS_DENIED_ACE_TYPE || Ace->AceType == ACCESS_DENIED_OBJECT_ACE_TYPE ? 0 : 1;
}

/* New entries before old ones of the same place, as Windows puts them. */
static DWORD Assemble(EDITED *New, EDITED *Old, PACL *Result)
{
    EDITED *Both[2] = {New, Old};
    DWORD Size = sizeof(ACL);
    UCHAR Revision = ACL_REVISION;
    USHORT Count = 0;

    for (int i = 0; i < 2; i++) {
        for (ENTRY *Entry = Both[i]->First; Entry != NULL; Entry = Entry->Next) {
            if (*MaskOf(Entry->Ace) != 0) {
                Size += Entry->Ace->AceSize;
                Count++;
                Revision = Entry->Ace->AceType >= ACCESS_ALLOWED_OBJECT_ACE_TYPE && Entry->Ace->AceType <= SYSTEM_ALARM_OBJECT_ACE_TYPE ? ACL_REVISION_DS
                                                                                                                                      : Revision;
            }
        }
    }
    if (Size > 0xFFFC) {
        return ERROR_INVALID_ACL;
    }
    *Result = AdvAllocate(Size);
    if (*Result == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    **Result = (ACL){Revision, 0, (USHORT)Size, Count, 0};
    UCHAR *To = (UCHAR *)(*Result + 1);
    for (int Place = 0; Place < 3; Place++) {
        for (int i = 0; i < 2; i++) {
            for (ENTRY *Entry = Both[i]->First; Entry != NULL; Entry = Entry->Next) {
                if (*MaskOf(Entry->Ace) != 0 && PlaceOf(Entry->Ace) == Place) {
                    memcpy(To, Entry->Ace, Entry->Ace->AceSize);
                    To += Entry->Ace->AceSize;
                }
            }
        }
    }
    return ERROR_SUCCESS;
}

static void FreeList(EDITED *List)
{
    for (ENTRY *Entry = List->First, *Next; Entry != NULL; Entry = Next) {
        Next = Entry->Next;
        AdvFree(Entry);
    }
}

static DWORD SetEntries(ULONG Count, const EXPLICIT_ACCESS_W *Entries, bool Ansi, PACL OldAcl, PACL *NewAcl)
{
    EDITED New = {NULL, &New.First, 0}, Old = {NULL, &Old.First, 0};
    DWORD Error = ERROR_SUCCESS;

    if (NewAcl == NULL || (Count != 0 && Entries == NULL)) {
        return ERROR_INVALID_PARAMETER;
    }
    *NewAcl = NULL;
    if (Count == 0 && OldAcl == NULL) {
        return ERROR_SUCCESS;
    }
    if (OldAcl != NULL && !RtlValidAcl(OldAcl)) {
        return ERROR_INVALID_ACL;
    }
    ACE_HEADER *Ace = OldAcl != NULL ? (ACE_HEADER *)(OldAcl + 1) : NULL;
    for (USHORT i = 0; OldAcl != NULL && i < OldAcl->AceCount && Error == ERROR_SUCCESS; i++, Ace = (ACE_HEADER *)((UCHAR *)Ace + Ace->AceSize)) {
        Error = Append(&Old, Ace);
    }
    for (ULONG i = 0; i < Count && Error == ERROR_SUCCESS; i++) {
        UCHAR Sid[LONGEST_SID + 8] __attribute__((aligned(8)));
        Error = AdvTrusteeSid(&Entries[i].Trustee, Ansi, Sid);
        EDITED All = New;
        if (Error == ERROR_SUCCESS) {
            /* the entries made so far count too: chained before the old ones for this one step */
            *New.Last = Old.First;
            All.First = New.First != NULL ? New.First : Old.First;
            EDITED Added = {NULL, &Added.First, 0};
            All.Last = &Added.First;
            Error = Apply(&All, Entries[i].grfAccessMode, Entries[i].grfAccessPermissions, Entries[i].grfInheritance, Sid);
            *New.Last = NULL;
            if (Added.First != NULL) {
                *New.Last = Added.First;
                New.Last = &Added.First->Next;
            }
        }
    }
    if (Error == ERROR_SUCCESS) {
        Error = Assemble(&New, &Old, NewAcl);
    }
    FreeList(&New);
    FreeList(&Old);
    return Error;
}

DWORD WINAPI SetEntriesInAclW(ULONG Count, PEXPLICIT_ACCESS_W Entries, PACL OldAcl, PACL *NewAcl)
{
    return SetEntries(Count, Entries, false, OldAcl, NewAcl);
}

DWORD WINAPI SetEntriesInAclA(ULONG Count, PEXPLICIT_ACCESS_A Entries, PACL OldAcl, PACL *NewAcl)
{
    return SetEntries(Count, (PEXPLICIT_ACCESS_W)Entries, true, OldAcl, NewAcl);
}

/* ---- reading ---------------------------------------------------------------------------------------------------------------------------- */

/* Explicit entries only; the SIDs lie behind the array, in one block. */
DWORD WINAPI GetExplicitEntriesFromAclW(PACL Acl, PULONG Count, PEXPLICIT_ACCESS_W *Entries)
{
    ULONG Number = 0;
    SIZE_T Sids = 0;
    ACE_HEADER *Ace;

    if (Acl == NULL || Count == NULL || Entries == NULL || !RtlValidAcl(Acl)) {
        return ERROR_INVALID_PARAMETER;
    }
    Ace = (ACE_HEADER *)(Acl + 1);
    for (USHORT i = 0; i < Acl->AceCount; i++, Ace = (ACE_HEADER *)((UCHAR *)Ace + Ace->AceSize)) {
        if (IsPlain(Ace) && !(Ace->AceFlags & INHERITED_ACE)) {
            Number++;
            Sids += RtlLengthSid(SidOf(Ace));
        }
    }
    *Count = Number;
    *Entries = NULL;
    if (Number == 0) {
        return ERROR_SUCCESS;
    }
    EXPLICIT_ACCESS_W *Result = AdvAllocate(Number * sizeof(*Result) + Sids);
    if (Result == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    *Entries = Result;
    UCHAR *Sid = (UCHAR *)(Result + Number);
    Ace = (ACE_HEADER *)(Acl + 1);
    for (USHORT i = 0; i < Acl->AceCount; i++, Ace = (ACE_HEADER *)((UCHAR *)Ace + Ace->AceSize)) {
        if (!IsPlain(Ace) || (Ace->AceFlags & INHERITED_ACE)) {
            continue;
        }
        ACCESS_MODE Mode = Ace->AceType == ACCESS_ALLOWED_ACE_TYPE ? GRANT_ACCESS : DENY_ACCESS;
        if (Ace->AceType == SYSTEM_AUDIT_ACE_TYPE) {
            Mode = Ace->AceFlags & SUCCESSFUL_ACCESS_ACE_FLAG ? SET_AUDIT_SUCCESS : SET_AUDIT_FAILURE;
        }
        memcpy(Sid, SidOf(Ace), RtlLengthSid(SidOf(Ace)));
        Result->grfAccessPermissions = *MaskOf(Ace);
        Result->grfAccessMode = Mode;
        Result->grfInheritance = Ace->AceFlags & INHERIT_BITS;
        BuildTrusteeWithSidW(&Result->Trustee, Sid);
        Sid += RtlLengthSid(Sid);
        Result++;
    }
    return ERROR_SUCCESS;
}

DWORD WINAPI GetExplicitEntriesFromAclA(PACL Acl, PULONG Count, PEXPLICIT_ACCESS_A *Entries)
{
    return GetExplicitEntriesFromAclW(Acl, Count, (PEXPLICIT_ACCESS_W *)Entries); /* SIDs have no A and W */
}

/* What the list gives the trustee alone: memberships of an account that is not logged on are not known here. */
static DWORD EffectiveRights(PACL Acl, const TRUSTEE_W *Trustee, bool Ansi, PACCESS_MASK Rights)
{
    UCHAR Sid[LONGEST_SID + 8] __attribute__((aligned(8))), World[12] __attribute__((aligned(8))) = {1, 1, 0, 0, 0, 0, 0, 1};
    DWORD Decided = 0, Error = AdvTrusteeSid(Trustee, Ansi, Sid);

    *Rights = 0;
    if (Error != ERROR_SUCCESS || Acl == NULL || !RtlValidAcl(Acl)) {
        return Error != ERROR_SUCCESS ? Error : ERROR_INVALID_ACL;
    }
    ACE_HEADER *Ace = (ACE_HEADER *)(Acl + 1);
    for (USHORT i = 0; i < Acl->AceCount; i++, Ace = (ACE_HEADER *)((UCHAR *)Ace + Ace->AceSize)) {
        if (Ace->AceType <= ACCESS_DENIED_ACE_TYPE && !(Ace->AceFlags & INHERIT_ONLY_ACE) &&
            (RtlEqualSid(SidOf(Ace), Sid) || RtlEqualSid(SidOf(Ace), World))) {
            *Rights |= Ace->AceType == ACCESS_ALLOWED_ACE_TYPE ? *MaskOf(Ace) & ~Decided : 0;
            Decided |= *MaskOf(Ace);
        }
    }
    return ERROR_SUCCESS;
}

DWORD WINAPI GetEffectiveRightsFromAclW(PACL Acl, PTRUSTEE_W Trustee, PACCESS_MASK Rights)
{
    return EffectiveRights(Acl, Trustee, false, Rights);
}

DWORD WINAPI GetEffectiveRightsFromAclA(PACL Acl, PTRUSTEE_A Trustee, PACCESS_MASK Rights)
{
    return EffectiveRights(Acl, (PTRUSTEE_W)Trustee, true, Rights);
}
