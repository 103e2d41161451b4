/* SPDX-License-Identifier: MIT */
/*
 * secobj.c - security descriptors of objects that a program keeps itself: made, asked, changed, converted, freed.
 *
 * A server protects its own objects as the kernel protects its: RtlNewSecurityObject is SeAssignSecurityEx for a token handle, and the lists come from the
 * same code (rtl/inherit.c).  Descriptors are self-relative and lie in the process heap.
 */
#include "ntdllp.h"
#include "secapi.h"
#include "inherit.h"

#define SEF_DACL_AUTO_INHERIT_ 0x01u
#define SEF_SACL_AUTO_INHERIT_ 0x02u
#define SEF_DEFAULT_DESCRIPTOR_FOR_OBJECT_ 0x04u
#define SEF_AVOID_PRIVILEGE_CHECK_ 0x08u
#define SEF_AVOID_OWNER_CHECK_ 0x10u
#define SEF_DEFAULT_OWNER_FROM_PARENT_ 0x20u
#define SEF_DEFAULT_GROUP_FROM_PARENT_ 0x40u
#define DACL_BITS (SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_AUTO_INHERITED | SE_DACL_PROTECTED)
#define SACL_BITS (SE_SACL_PRESENT | SE_SACL_DEFAULTED | SE_SACL_AUTO_INHERITED | SE_SACL_PROTECTED)
#define SE_RESTORE_PRIVILEGE_ 18
#define SE_SECURITY_PRIVILEGE_ 8

/* An absolute descriptor that points into whatever the parts came from. */
static void PartsOf(PSECURITY_DESCRIPTOR Descriptor, SECURITY_DESCRIPTOR *Parts)
{
    BOOLEAN Flag, Present;
    ULONG Revision;

    RtlCreateSecurityDescriptor(Parts, SECURITY_DESCRIPTOR_REVISION);
    if (Descriptor == NULL)
        return;
    RtlGetControlSecurityDescriptor(Descriptor, &Parts->Control, &Revision);
    Parts->Control &= (SECURITY_DESCRIPTOR_CONTROL)~SE_SELF_RELATIVE;
    RtlGetOwnerSecurityDescriptor(Descriptor, &Parts->Owner, &Flag);
    RtlGetGroupSecurityDescriptor(Descriptor, &Parts->Group, &Flag);
    RtlGetDaclSecurityDescriptor(Descriptor, &Present, &Parts->Dacl, &Flag);
    RtlGetSaclSecurityDescriptor(Descriptor, &Present, &Parts->Sacl, &Flag);
}

/* A self-relative copy in the process heap. */
static NTSTATUS Finish(SECURITY_DESCRIPTOR *Parts, PSECURITY_DESCRIPTOR *Descriptor)
{
    ULONG Length = 0;

    RtlAbsoluteToSelfRelativeSD(Parts, NULL, &Length);
    *Descriptor = AllocateZero(Length);
    if (*Descriptor == NULL)
        return STATUS_NO_MEMORY;
    NTSTATUS Status = RtlAbsoluteToSelfRelativeSD(Parts, *Descriptor, &Length);
    if (!NT_SUCCESS(Status))
        RtlDeleteSecurityObject(Descriptor);
    return Status;
}

static NTSTATUS QueryToken(HANDLE Token, TOKEN_INFORMATION_CLASS Class, PVOID *Information)
{
    ULONG Length = 0;
    NTSTATUS Status = NtQueryInformationToken(Token, Class, NULL, 0, &Length);

    if (Status != STATUS_BUFFER_TOO_SMALL)
        return Status;
    *Information = AllocateZero(Length);
    return *Information != NULL ? NtQueryInformationToken(Token, Class, *Information, Length, &Length) : STATUS_NO_MEMORY;
}

static bool HasPrivilege(HANDLE Token, ULONG Number)
{
    PRIVILEGE_SET Set = {1, PRIVILEGE_SET_ALL_NECESSARY, {{{Number, 0}, 0}}};
    BOOLEAN Held = FALSE;

    return Token != NULL && NT_SUCCESS(NtPrivilegeCheck(Token, &Set, &Held)) && Held;
}

/* The user of the token, and those of its groups that are marked so. */
static NTSTATUS CheckOwner(HANDLE Token, PSID Owner)
{
    PTOKEN_USER User = NULL;
    PTOKEN_GROUPS Groups = NULL;
    NTSTATUS Status = Token != NULL ? QueryToken(Token, TokenUser, (PVOID *)&User) : STATUS_NO_TOKEN;

    if (NT_SUCCESS(Status))
        Status = QueryToken(Token, TokenGroups, (PVOID *)&Groups);
    bool Valid = NT_SUCCESS(Status) && RtlEqualSid(User->User.Sid, Owner);
    for (ULONG i = 0; NT_SUCCESS(Status) && !Valid && i < Groups->GroupCount; i++) {
        Valid = RtlEqualSid(Groups->Groups[i].Sid, Owner) && (Groups->Groups[i].Attributes & SE_GROUP_OWNER) &&
                !(Groups->Groups[i].Attributes & SE_GROUP_USE_FOR_DENY_ONLY);
    }
    Free(User);
    Free(Groups);
    if (!NT_SUCCESS(Status))
        return Status;
    return Valid || HasPrivilege(Token, SE_RESTORE_PRIVILEGE_) ? STATUS_SUCCESS : STATUS_INVALID_OWNER;
}

static NTSTATUS CheckSacl(HANDLE Token, PACL Sacl)
{
    PACE_HEADER Ace = (PACE_HEADER)(Sacl + 1);

    for (USHORT i = 0; i < Sacl->AceCount; i++, Ace = (PACE_HEADER)((PUCHAR)Ace + Ace->AceSize)) {
        if (Ace->AceType != SYSTEM_MANDATORY_LABEL_ACE_TYPE)
            return HasPrivilege(Token, SE_SECURITY_PRIVILEGE_) ? STATUS_SUCCESS : STATUS_PRIVILEGE_NOT_HELD;
    }
    return STATUS_SUCCESS;
}

/* What the token gives where nobody else says. */
typedef struct _DEFAULTS {
    PTOKEN_OWNER Owner;
    PTOKEN_PRIMARY_GROUP Group;
    PTOKEN_DEFAULT_DACL Dacl;
} DEFAULTS;

static NTSTATUS QueryDefaults(HANDLE Token, DEFAULTS *Defaults)
{
    NTSTATUS Status;

    if (Token == NULL)
        return STATUS_SUCCESS; /* then nothing may be missing */
    Status = QueryToken(Token, TokenOwner, (PVOID *)&Defaults->Owner);
    if (NT_SUCCESS(Status))
        Status = QueryToken(Token, TokenPrimaryGroup, (PVOID *)&Defaults->Group);
    if (NT_SUCCESS(Status))
        Status = QueryToken(Token, TokenDefaultDacl, (PVOID *)&Defaults->Dacl);
    return Status;
}

static NTSTATUS ChooseOwner(const SECURITY_DESCRIPTOR *Parent, const SECURITY_DESCRIPTOR *Creator, const DEFAULTS *Defaults, ULONG Flags, HANDLE Token,
                            SECURITY_DESCRIPTOR *New)
{
    New->Owner = Creator->Owner;
    New->Group = Creator->Group;
    if (New->Owner == NULL && (Flags & SEF_DEFAULT_OWNER_FROM_PARENT_))
        New->Owner = Parent->Owner;
    else if (New->Owner == NULL && Defaults->Owner != NULL)
        New->Owner = Defaults->Owner->Owner;
    if (New->Group == NULL && (Flags & SEF_DEFAULT_GROUP_FROM_PARENT_))
        New->Group = Parent->Group;
    else if (New->Group == NULL && Defaults->Group != NULL)
        New->Group = Defaults->Group->PrimaryGroup;
    if (New->Owner == NULL || New->Group == NULL)
        return New->Owner == NULL ? (Token == NULL ? STATUS_NO_TOKEN : STATUS_INVALID_OWNER)
                                  : (Token == NULL ? STATUS_NO_TOKEN : STATUS_INVALID_PRIMARY_GROUP);
    return Creator->Owner == NULL || (Flags & SEF_AVOID_OWNER_CHECK_) ? STATUS_SUCCESS : CheckOwner(Token, Creator->Owner);
}

static NTSTATUS ChooseLists(const SECURITY_DESCRIPTOR *Parent, const SECURITY_DESCRIPTOR *Creator, const DEFAULTS *Defaults, RTLP_INHERIT *Inherit,
                            ULONG Flags, HANDLE Token, SECURITY_DESCRIPTOR *New)
{
    SECURITY_DESCRIPTOR_CONTROL Given = Creator->Control, DaclBits, SaclBits = 0;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Flags & SEF_DEFAULT_DESCRIPTOR_FOR_OBJECT_)
        Given |= SE_DACL_DEFAULTED | SE_SACL_DEFAULTED;
    Inherit->AutoInherit = (Flags & SEF_DACL_AUTO_INHERIT_) != 0;
    Status = RtlpInheritDacl(Inherit, Given, Creator->Dacl, Parent->Dacl, Defaults->Dacl != NULL ? Defaults->Dacl->DefaultDacl : NULL, &New->Dacl,
                             &DaclBits);
    if (NT_SUCCESS(Status) && Creator->Sacl != NULL && !(Flags & SEF_AVOID_PRIVILEGE_CHECK_))
        Status = CheckSacl(Token, Creator->Sacl);
    if (NT_SUCCESS(Status)) {
        Inherit->AutoInherit = (Flags & SEF_SACL_AUTO_INHERIT_) != 0;
        Status = RtlpInheritSacl(Inherit, Given, Creator->Sacl, Parent->Sacl, &New->Sacl, &SaclBits);
    }
    New->Control = DaclBits | SaclBits | (Given & (SE_OWNER_DEFAULTED | SE_GROUP_DEFAULTED));
    return Status;
}

NTSTATUS NTAPI RtlNewSecurityObjectWithMultipleInheritance(PSECURITY_DESCRIPTOR ParentDescriptor, PSECURITY_DESCRIPTOR CreatorDescriptor,
                                                           PSECURITY_DESCRIPTOR *NewDescriptor, GUID **ObjectTypes, ULONG GuidCount,
                                                           BOOLEAN IsDirectoryObject, ULONG AutoInheritFlags, HANDLE Token, PGENERIC_MAPPING Mapping)
{
    RTLP_INHERIT Inherit = {.Mapping = Mapping, .ObjectTypes = ObjectTypes, .ObjectTypeCount = ObjectTypes != NULL ? GuidCount : 0,
                            .Container = IsDirectoryObject};
    SECURITY_DESCRIPTOR Parent, Creator, New;
    DEFAULTS Defaults = {0};
    NTSTATUS Status;

    *NewDescriptor = NULL;
    PartsOf(ParentDescriptor, &Parent);
    PartsOf(CreatorDescriptor, &Creator);
    RtlCreateSecurityDescriptor(&New, SECURITY_DESCRIPTOR_REVISION);
    Status = QueryDefaults(Token, &Defaults);
    if (NT_SUCCESS(Status))
        Status = ChooseOwner(&Parent, &Creator, &Defaults, AutoInheritFlags, Token, &New);
    if (NT_SUCCESS(Status)) {
        Inherit.Owner = New.Owner;
        Inherit.Group = New.Group;
        Status = ChooseLists(&Parent, &Creator, &Defaults, &Inherit, AutoInheritFlags, Token, &New);
    }
    if (NT_SUCCESS(Status))
        Status = Finish(&New, NewDescriptor);
    RtlpFree(New.Dacl);
    RtlpFree(New.Sacl);
    Free(Defaults.Owner);
    Free(Defaults.Group);
    Free(Defaults.Dacl);
    return Status;
}

NTSTATUS NTAPI RtlNewSecurityObjectEx(PSECURITY_DESCRIPTOR ParentDescriptor, PSECURITY_DESCRIPTOR CreatorDescriptor, PSECURITY_DESCRIPTOR *NewDescriptor,
                                      GUID *ObjectType, BOOLEAN IsDirectoryObject, ULONG AutoInheritFlags, HANDLE Token, PGENERIC_MAPPING Mapping)
{
    return RtlNewSecurityObjectWithMultipleInheritance(ParentDescriptor, CreatorDescriptor, NewDescriptor, &ObjectType, ObjectType != NULL,
                                                       IsDirectoryObject, AutoInheritFlags, Token, Mapping);
}

NTSTATUS NTAPI RtlNewSecurityObject(PSECURITY_DESCRIPTOR ParentDescriptor, PSECURITY_DESCRIPTOR CreatorDescriptor, PSECURITY_DESCRIPTOR *NewDescriptor,
                                    BOOLEAN IsDirectoryObject, HANDLE Token, PGENERIC_MAPPING Mapping)
{
    return RtlNewSecurityObjectEx(ParentDescriptor, CreatorDescriptor, NewDescriptor, NULL, IsDirectoryObject, 0, Token, Mapping);
}

NTSTATUS NTAPI RtlDeleteSecurityObject(PSECURITY_DESCRIPTOR *Descriptor)
{
    Free(*Descriptor);
    *Descriptor = NULL;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlQuerySecurityObject(PSECURITY_DESCRIPTOR Descriptor, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Result, ULONG Length,
                                      PULONG ReturnLength)
{
    SECURITY_DESCRIPTOR Parts;

    PartsOf(Descriptor, &Parts);
    if (!(Information & OWNER_SECURITY_INFORMATION)) {
        Parts.Owner = NULL;
        Parts.Control &= (SECURITY_DESCRIPTOR_CONTROL)~SE_OWNER_DEFAULTED;
    }
    if (!(Information & GROUP_SECURITY_INFORMATION)) {
        Parts.Group = NULL;
        Parts.Control &= (SECURITY_DESCRIPTOR_CONTROL)~SE_GROUP_DEFAULTED;
    }
    if (!(Information & DACL_SECURITY_INFORMATION)) {
        Parts.Dacl = NULL;
        Parts.Control &= (SECURITY_DESCRIPTOR_CONTROL)~DACL_BITS;
    }
    if (!(Information & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION))) {
        Parts.Sacl = NULL;
        Parts.Control &= (SECURITY_DESCRIPTOR_CONTROL)~SACL_BITS;
    }
    *ReturnLength = Length;
    return RtlAbsoluteToSelfRelativeSD(&Parts, Result, ReturnLength);
}

/* Those entries of From that are inherited, or that are not, added to To. */
static void CopyAces(PACL To, PACL From, bool Inherited)
{
    PVOID Ace;

    for (ULONG i = 0; From != NULL && NT_SUCCESS(RtlGetAce(From, i, &Ace)); i++) {
        if (((((PACE_HEADER)Ace)->AceFlags & INHERITED_ACE) != 0) == Inherited)
            RtlAddAce(To, From->AclRevision, MAXDWORD, Ace, ((PACE_HEADER)Ace)->AceSize);
    }
}

/* The explicit entries of one list and the inherited ones of another. */
static NTSTATUS JoinLists(PACL Explicit, PACL Inherited, PACL *Result)
{
    ULONG Size = sizeof(ACL) + (Explicit != NULL ? Explicit->AclSize : 0) + (Inherited != NULL ? Inherited->AclSize : 0);
    ULONG Used[3];
    PACL Joined = Size <= MAXWORD ? RtlpAllocate(Size) : NULL;

    *Result = Joined;
    if (Joined == NULL)
        return Size > MAXWORD ? STATUS_BAD_INHERITANCE_ACL : STATUS_NO_MEMORY;
    RtlCreateAcl(Joined, Size, ACL_REVISION);
    CopyAces(Joined, Explicit, false);
    CopyAces(Joined, Inherited, true);
    RtlQueryInformationAcl(Joined, Used, sizeof Used, AclSizeInformation);
    Joined->AclSize = (USHORT)Used[1];
    return STATUS_SUCCESS;
}

/* A list that replaces Old: with automatic inheritance the entries that Old has inherited stay. */
static NTSTATUS ReplaceList(PACL New, PACL Old, bool KeepInherited, PGENERIC_MAPPING Mapping, PACL *Result)
{
    RTLP_INHERIT Inherit = {.Mapping = Mapping};
    SECURITY_DESCRIPTOR_CONTROL Bits;
    PACL Mapped = NULL;
    NTSTATUS Status = RtlpInheritDacl(&Inherit, SE_DACL_PRESENT, New, NULL, NULL, &Mapped, &Bits);

    *Result = Mapped;
    if (NT_SUCCESS(Status) && KeepInherited && Mapped != NULL) {
        Status = JoinLists(Mapped, Old, Result);
        RtlpFree(Mapped);
    }
    return Status;
}

NTSTATUS NTAPI RtlSetSecurityObjectEx(SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Modification, PSECURITY_DESCRIPTOR *ObjectsDescriptor,
                                      ULONG AutoInheritFlags, PGENERIC_MAPPING Mapping, HANDLE Token)
{
    SECURITY_DESCRIPTOR Old, New, Parts;
    PACL Dacl = NULL, Sacl = NULL;
    PSECURITY_DESCRIPTOR Result = NULL;
    NTSTATUS Status = STATUS_SUCCESS;

    PartsOf(*ObjectsDescriptor, &Old);
    PartsOf(Modification, &New);
    Parts = Old;
    if (Information & OWNER_SECURITY_INFORMATION) {
        Parts.Owner = New.Owner;
        Parts.Control = (Parts.Control & ~SE_OWNER_DEFAULTED) | (New.Control & SE_OWNER_DEFAULTED);
        Status = New.Owner == NULL                                  ? STATUS_INVALID_OWNER
                 : AutoInheritFlags & SEF_AVOID_OWNER_CHECK_ ? STATUS_SUCCESS
                                                                    : CheckOwner(Token, New.Owner);
    }
    if (NT_SUCCESS(Status) && (Information & GROUP_SECURITY_INFORMATION)) {
        Parts.Group = New.Group;
        Parts.Control = (Parts.Control & ~SE_GROUP_DEFAULTED) | (New.Control & SE_GROUP_DEFAULTED);
        Status = New.Group != NULL ? STATUS_SUCCESS : STATUS_INVALID_PRIMARY_GROUP;
    }
    if (NT_SUCCESS(Status) && (Information & DACL_SECURITY_INFORMATION)) {
        bool Auto = (AutoInheritFlags & SEF_DACL_AUTO_INHERIT_) && !(New.Control & SE_DACL_PROTECTED);
        Status = ReplaceList(New.Dacl, Old.Dacl, Auto, Mapping, &Dacl);
        Parts.Dacl = Dacl;
        Parts.Control = (Parts.Control & ~DACL_BITS) | SE_DACL_PRESENT | (New.Control & (SE_DACL_DEFAULTED | SE_DACL_PROTECTED)) |
                        (Auto ? SE_DACL_AUTO_INHERITED : 0);
    }
    if (NT_SUCCESS(Status) && (Information & SACL_SECURITY_INFORMATION)) {
        bool Auto = (AutoInheritFlags & SEF_SACL_AUTO_INHERIT_) && !(New.Control & SE_SACL_PROTECTED);
        Status = ReplaceList(New.Sacl, Old.Sacl, Auto, Mapping, &Sacl);
        Parts.Sacl = Sacl;
        Parts.Control = (Parts.Control & ~SACL_BITS) | SE_SACL_PRESENT | (New.Control & (SE_SACL_DEFAULTED | SE_SACL_PROTECTED)) |
                        (Auto ? SE_SACL_AUTO_INHERITED : 0);
    }
    if (NT_SUCCESS(Status))
        Status = Finish(&Parts, &Result);
    if (NT_SUCCESS(Status)) {
        Free(*ObjectsDescriptor);
        *ObjectsDescriptor = Result;
    }
    RtlpFree(Dacl);
    RtlpFree(Sacl);
    return Status;
}

NTSTATUS NTAPI RtlSetSecurityObject(SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Modification, PSECURITY_DESCRIPTOR *ObjectsDescriptor,
                                    PGENERIC_MAPPING Mapping, HANDLE Token)
{
    return RtlSetSecurityObjectEx(Information, Modification, ObjectsDescriptor, 0, Mapping, Token);
}

/* ---- conversion ------------------------------------------------------------------------------------------------------------------- */

static bool SameAce(const ACE_HEADER *Left, const ACE_HEADER *Right)
{
    return Left->AceType == Right->AceType && Left->AceSize == Right->AceSize && !((Left->AceFlags ^ Right->AceFlags) & ~INHERITED_ACE) &&
           memcmp(Left + 1, Right + 1, Left->AceSize - sizeof *Left) == 0;
}

/* Marks in Current what Inherited holds, too.  FALSE: something that would be inherited is not there. */
static bool MarkInherited(PACL Current, PACL Inherited)
{
    PVOID Ace, Own;

    for (ULONG i = 0; NT_SUCCESS(RtlGetAce(Inherited, i, &Ace)); i++) {
        bool Found = false;
        for (ULONG k = 0; !Found && NT_SUCCESS(RtlGetAce(Current, k, &Own)); k++) {
            Found = !(((PACE_HEADER)Own)->AceFlags & INHERITED_ACE) && SameAce(Ace, Own);
            if (Found)
                ((PACE_HEADER)Own)->AceFlags |= INHERITED_ACE;
        }
        if (!Found)
            return false;
    }
    return true;
}

/* A list made before there was automatic inheritance: which of its entries are the parent's?  If they are not all there, it is protected. */
static NTSTATUS ConvertList(const RTLP_INHERIT *Inherit, PACL Current, PACL Parent, PACL *Result, bool *Protected)
{
    SECURITY_DESCRIPTOR_CONTROL Bits;
    PACL Inherited = NULL, Marked = NULL;
    NTSTATUS Status = RtlpInheritDacl(Inherit, 0, NULL, Parent, NULL, &Inherited, &Bits);

    *Result = NULL;
    if (NT_SUCCESS(Status) && (Marked = RtlpAllocate(Current->AclSize)) == NULL)
        Status = STATUS_NO_MEMORY;
    if (NT_SUCCESS(Status)) {
        memcpy(Marked, Current, Current->AclSize);
        *Protected = Inherited != NULL && !MarkInherited(Marked, Inherited);
        PACL Whole = *Protected ? Current : Marked;
        Status = JoinLists(Whole, Whole, Result); /* which brings the inherited entries to the end */
    }
    RtlpFree(Inherited);
    RtlpFree(Marked);
    return Status;
}

NTSTATUS NTAPI RtlConvertToAutoInheritSecurityObject(PSECURITY_DESCRIPTOR ParentDescriptor, PSECURITY_DESCRIPTOR CurrentDescriptor,
                                                     PSECURITY_DESCRIPTOR *NewDescriptor, GUID *ObjectType, BOOLEAN IsDirectoryObject,
                                                     PGENERIC_MAPPING Mapping)
{
    SECURITY_DESCRIPTOR Parent, Current;
    RTLP_INHERIT Inherit = {.Mapping = Mapping, .ObjectTypes = &ObjectType, .ObjectTypeCount = ObjectType != NULL, .Container = IsDirectoryObject,
                            .AutoInherit = TRUE};
    PACL Dacl = NULL, Sacl = NULL;
    bool Protected = false;
    NTSTATUS Status = STATUS_SUCCESS;

    *NewDescriptor = NULL;
    PartsOf(ParentDescriptor, &Parent);
    PartsOf(CurrentDescriptor, &Current);
    Inherit.Owner = Current.Owner;
    Inherit.Group = Current.Group;
    if (Current.Dacl != NULL && !(Current.Control & (SE_DACL_AUTO_INHERITED | SE_DACL_PROTECTED))) {
        Status = ConvertList(&Inherit, Current.Dacl, Parent.Dacl, &Dacl, &Protected);
        Current.Control |= Protected ? SE_DACL_PROTECTED : 0;
    }
    if (NT_SUCCESS(Status) && Current.Sacl != NULL && !(Current.Control & (SE_SACL_AUTO_INHERITED | SE_SACL_PROTECTED))) {
        Status = ConvertList(&Inherit, Current.Sacl, Parent.Sacl, &Sacl, &Protected);
        Current.Control |= Protected ? SE_SACL_PROTECTED : 0;
    }
    if (NT_SUCCESS(Status)) {
        Current.Control |= SE_DACL_AUTO_INHERITED | (Current.Control & SE_SACL_PRESENT ? SE_SACL_AUTO_INHERITED : 0);
        Current.Dacl = Dacl != NULL ? Dacl : Current.Dacl;
        Current.Sacl = Sacl != NULL ? Sacl : Current.Sacl;
        Status = Finish(&Current, NewDescriptor);
    }
    RtlpFree(Dacl);
    RtlpFree(Sacl);
    return Status;
}
