/* SPDX-License-Identifier: MIT */
/*
 * sddl.c - SIDs and security descriptors as text, well-known SIDs, ACLs built and edited, descriptors in both forms, account and privilege names.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <sddl.h>
#include <aclapi.h>
#include <string.h>
#include "win32.h"

#define ALL_PARTS (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)

/* ---- SIDs ---- */

static void Sid(const char *Text, const char *Back)
{
    PSID Value = NULL;
    char *Again = NULL;

    if (Ok(ConvertStringSidToSidA(Text, &Value) && ConvertSidToStringSidA(Value, &Again) && strcmp(Again, Back) == 0, "%s is %s", Text, Back)) {
        LocalFree(Again);
    } else {
        printf("#   %s, error %lu\n", Again != NULL ? Again : "none", GetLastError());
    }
    LocalFree(Value);
}

static void NoSid(const char *Text)
{
    PSID Value;

    Fails(ConvertStringSidToSidA(Text, &Value), ERROR_INVALID_SID, Text);
}

static void Sids(void)
{
    SID_IDENTIFIER_AUTHORITY Nt = {SECURITY_NT_AUTHORITY};
    UCHAR Buffer[SECURITY_MAX_SID_SIZE], Small[8];
    PSID Admins, Text = NULL;
    DWORD Size = sizeof(Buffer);

    Sid("S-1-5-32-544", "S-1-5-32-544");
    Sid("BA", "S-1-5-32-544");
    Sid("wd", "S-1-1-0");
    Sid("S-1-5-18", "S-1-5-18");
    Sid("SY", "S-1-5-18");
    Sid("S-1-0x5-0x20-0x220", "S-1-5-32-544");
    Sid("S-1-5-21-1-2-3-4294967295", "S-1-5-21-1-2-3-4294967295");
    Sid("S-1-0x123456789ABC-7", "S-1-0x123456789ABC-7");
    Sid("S-1-4294967295-7", "S-1-4294967295-7");
    NoSid("");
    NoSid("S-1");
    NoSid("S-2-5-18");
    NoSid("S-1-5-");
    NoSid("S-1-5-4294967296");
    NoSid("S-1-5-18x");
    NoSid("ZZ");
    NoSid("BAX");
    NoSid("S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16");
    Fails(ConvertStringSidToSidA(NULL, &Text), ERROR_INVALID_PARAMETER, "no text");
    Fails(ConvertSidToStringSidA(NULL, (LPSTR *)&Text), ERROR_INVALID_SID, "no SID");
    Ok(AllocateAndInitializeSid(&Nt, 2, 32, 544, 0, 0, 0, 0, 0, 0, &Admins), "a SID by parts");
    Ok(GetLengthSid(Admins) == 16 && GetSidLengthRequired(2) == 16, "8 + 4 * 2 bytes");
    Ok(*GetSidSubAuthorityCount(Admins) == 2 && *GetSidSubAuthority(Admins, 1) == 544, "its parts");
    Ok(CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, Buffer, &Size) && EqualSid(Buffer, Admins) && Size == 16, "well known");
    Ok(IsWellKnownSid(Admins, WinBuiltinAdministratorsSid) && !IsWellKnownSid(Admins, WinBuiltinUsersSid), "recognised");
    Size = 8;
    Fails(CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, Small, &Size), ERROR_INSUFFICIENT_BUFFER, "too small");
    Is(Size, 16, "what it takes");
    Size = sizeof(Buffer);
    Fails(CreateWellKnownSid(WinAccountAdministratorSid, NULL, Buffer, &Size), ERROR_INVALID_PARAMETER, "an account needs a domain");
    Fails(CopySid(8, Small, Admins), ERROR_INSUFFICIENT_BUFFER, "a copy needs room");
    Ok(EqualPrefixSid(Admins, Admins), "equal prefixes");
    *GetSidSubAuthority(Buffer, 1) = 545;
    Ok(EqualPrefixSid(Admins, Buffer) && !EqualSid(Admins, Buffer), "of siblings");
    *(UCHAR *)Buffer = 9;
    Ok(!IsValidSid(Buffer), "a revision there is not");
    FreeSid(Admins);
    for (int Type = 0; Type < 120; Type++) {
        UCHAR Domain[] = {1, 4, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0};
        Size = sizeof(Buffer);
        if (CreateWellKnownSid((WELL_KNOWN_SID_TYPE)Type, Domain, Buffer, &Size) && !IsWellKnownSid(Buffer, (WELL_KNOWN_SID_TYPE)Type)) {
            Ok(0, "well-known SID %d is not recognised", Type);
        }
    }
}

/* ---- descriptors ---- */

static void Sd(const char *Text, const char *Back)
{
    PSECURITY_DESCRIPTOR Value = NULL;
    char *Again = NULL;
    ULONG Size = 0, Length = 0;

    if (!Ok(ConvertStringSecurityDescriptorToSecurityDescriptorA(Text, SDDL_REVISION_1, &Value, &Size) && IsValidSecurityDescriptor(Value) &&
                Size == GetSecurityDescriptorLength(Value) &&
                ConvertSecurityDescriptorToStringSecurityDescriptorA(Value, SDDL_REVISION_1, ALL_PARTS, &Again, &Length) && strcmp(Again, Back) == 0,
            "%s", Text)) {
        printf("#   %s, error %lu\n", Again != NULL ? Again : "none", GetLastError());
    }
    LocalFree(Again);
    LocalFree(Value);
}

static void NoSd(const char *Text, DWORD Error)
{
    PSECURITY_DESCRIPTOR Value;

    Fails(ConvertStringSecurityDescriptorToSecurityDescriptorA(Text, SDDL_REVISION_1, &Value, NULL), Error, Text);
}

static void Descriptors(void)
{
    PSECURITY_DESCRIPTOR Value;

    Sd("O:BAG:SYD:", "O:BAG:SYD:");
    Sd("O:S-1-5-32-544G:S-1-5-18", "O:BAG:SY");
    Sd("D:(A;;GA;;;WD)", "D:(A;;GA;;;WD)");
    Sd("D:P(D;OICI;0x1f0003;;;S-1-5-21-1-2-3-1000)(A;OICIIO;GXGR;;;AU)", "D:P(D;OICI;0x1f0003;;;S-1-5-21-1-2-3-1000)(A;OICIIO;GXGR;;;AU)");
    Sd("D:PARAI(A;ID;FA;;;BA)(A;NP;FR;;;BU)(A;;FW;;;BU)(A;;FX;;;BU)", "D:PARAI(A;ID;FA;;;BA)(A;NP;FR;;;BU)(A;;FW;;;BU)(A;;FX;;;BU)");
    Sd("D:(A;;KA;;;BA)(A;;KR;;;BU)", "D:(A;;KA;;;BA)(A;;KR;;;BU)");
    Sd("D:(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;SY)", "D:(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;SY)");
    Sd("S:(ML;;NW;;;LW)", "S:(ML;;NW;;;LW)");
    Sd("S:(ML;;NWNRNX;;;HI)(AU;SAFA;GA;;;WD)", "S:(ML;;NWNRNX;;;HI)(AU;SAFA;GA;;;WD)");
    Sd("D:(OA;;CR;00112233-4455-6677-8899-aabbccddeeff;;PS)", "D:(OA;;CR;00112233-4455-6677-8899-aabbccddeeff;;PS)");
    Sd("D:(OD;CI;RP;;00112233-4455-6677-8899-aabbccddeeff;WD)", "D:(OD;CI;RP;;00112233-4455-6677-8899-aabbccddeeff;WD)");
    Sd("D:NO_ACCESS_CONTROL", "D:NO_ACCESS_CONTROL");
    Sd(" O:SY D: (A ; OI CI ; GA ; ; ; BA) ", "O:SYD:(A;OICI;GA;;;BA)");
    Sd("", "");
    NoSd("X:", ERROR_INVALID_PARAMETER);
    NoSd("D:(A;;GA;;;WD", ERROR_INVALID_ACL);
    NoSd("D:(Q;;GA;;;WD)", ERROR_INVALID_ACL);
    NoSd("D:(A;ZZ;GA;;;WD)", ERROR_INVALID_ACL);
    NoSd("D:(A;;ZZ;;;WD)", ERROR_INVALID_ACL);
    NoSd("D:(A;;GA;;;QQ)", ERROR_INVALID_SID);
    NoSd("D:(A;;GA;;WD)", ERROR_INVALID_ACL);
    Fails(ConvertStringSecurityDescriptorToSecurityDescriptorA("D:", 2, &Value, NULL), ERROR_UNKNOWN_REVISION, "another revision");
    Fails(ConvertStringSecurityDescriptorToSecurityDescriptorA(NULL, 1, &Value, NULL), ERROR_INVALID_PARAMETER, "no text");
}

static void Forms(void)
{
    PSECURITY_DESCRIPTOR Relative;
    UCHAR Absolute[64], Again[256];
    UCHAR Dacl[256], Sacl[256], Owner[64], Group[64];
    DWORD AbsoluteSize = sizeof(Absolute), DaclSize = sizeof(Dacl), SaclSize = sizeof(Sacl), OwnerSize = sizeof(Owner), GroupSize = sizeof(Group), Size = 0;
    SECURITY_DESCRIPTOR_CONTROL Control;
    BOOL Present, Defaulted;
    DWORD Revision;
    PACL Acl;
    PSID Sid_;

    ConvertStringSecurityDescriptorToSecurityDescriptorA("O:BAG:SYD:P(A;;GA;;;WD)", 1, &Relative, &Size);
    Ok(GetSecurityDescriptorControl(Relative, &Control, &Revision) && Control == (SE_SELF_RELATIVE | SE_DACL_PRESENT | SE_DACL_PROTECTED), "control bits");
    Ok(MakeAbsoluteSD(Relative, Absolute, &AbsoluteSize, (PACL)Dacl, &DaclSize, (PACL)Sacl, &SaclSize, Owner, &OwnerSize, Group, &GroupSize), "absolute");
    Ok(GetSecurityDescriptorOwner(Absolute, &Sid_, &Defaulted) && Sid_ == (PSID)Owner && !Defaulted, "its owner is where it was put");
    Ok(GetSecurityDescriptorDacl(Absolute, &Present, &Acl, &Defaulted) && Present && Acl->AceCount == 1, "its DACL");
    DWORD Small = 4;
    Fails(MakeSelfRelativeSD(Absolute, Again, &Small), ERROR_INSUFFICIENT_BUFFER, "too small for the relative form");
    Is(Small, Size, "what it takes");
    Small = sizeof(Again);
    Ok(MakeSelfRelativeSD(Absolute, Again, &Small) && memcmp(Again, Relative, Size) == 0, "and back: the same bytes");
    Fails(MakeSelfRelativeSD(Relative, Again, &Small), ERROR_BAD_DESCRIPTOR_FORMAT, "a relative one is not made relative");
    Ok(SetSecurityDescriptorControl(Absolute, SE_DACL_PROTECTED, 0) && GetSecurityDescriptorControl(Absolute, &Control, &Revision) &&
           !(Control & SE_DACL_PROTECTED), "a control bit cleared");
    LocalFree(Relative);
}

/* ---- ACLs ---- */

static void Acls(void)
{
    UCHAR Buffer[128], World[] = {1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0};
    PACL Acl = (PACL)Buffer;
    ACL_SIZE_INFORMATION Size;
    ACCESS_ALLOWED_ACE *Ace;

    Fails(InitializeAcl(Acl, 4, ACL_REVISION), ERROR_INSUFFICIENT_BUFFER, "an ACL of four bytes");
    Fails(InitializeAcl(Acl, sizeof(Buffer), 9), ERROR_INVALID_PARAMETER, "a revision there is not");
    Ok(InitializeAcl(Acl, sizeof(Buffer), ACL_REVISION), "an ACL");
    Ok(AddAccessAllowedAce(Acl, ACL_REVISION, GENERIC_READ, World), "an entry");
    Ok(AddAccessDeniedAceEx(Acl, ACL_REVISION, OBJECT_INHERIT_ACE, GENERIC_WRITE, World), "another, with flags");
    Ok(GetAclInformation(Acl, &Size, sizeof(Size), AclSizeInformation) && Size.AceCount == 2 && Size.AclBytesInUse == 8 + 2 * 20, "their size");
    Ok(GetAce(Acl, 1, (void **)&Ace) && Ace->Header.AceType == ACCESS_DENIED_ACE_TYPE && Ace->Header.AceFlags == OBJECT_INHERIT_ACE, "the second");
    Fails(GetAce(Acl, 2, (void **)&Ace), ERROR_INVALID_PARAMETER, "there is no third");
    Fails(DeleteAce(Acl, 2), ERROR_INVALID_PARAMETER, "nor one to delete");
    Ok(DeleteAce(Acl, 0) && GetAce(Acl, 0, (void **)&Ace) && Ace->Header.AceType == ACCESS_DENIED_ACE_TYPE, "the first deleted");
    while (AddAccessAllowedAce(Acl, ACL_REVISION, 1, World)) {
    }
    Is(GetLastError(), ERROR_ALLOTTED_SPACE_EXCEEDED, "until it is full");
    Fails(AddAccessAllowedAce(Acl, ACL_REVISION, 1, "\3"), ERROR_INVALID_SID, "no SID");
    Fails(AddAccessAllowedAceEx(Acl, ACL_REVISION, 0xE0, 1, World), ERROR_INVALID_PARAMETER, "no such flags");
    Acl->AclSize = 20;
    Ok(!IsValidAcl(Acl), "entries outside the list");
}

static void Show(PACL Acl, const char *Expected, const char *What)
{
    SECURITY_DESCRIPTOR Descriptor;
    char *Text = NULL;

    InitializeSecurityDescriptor(&Descriptor, SECURITY_DESCRIPTOR_REVISION);
    SetSecurityDescriptorDacl(&Descriptor, TRUE, Acl, FALSE);
    ConvertSecurityDescriptorToStringSecurityDescriptorA(&Descriptor, 1, DACL_SECURITY_INFORMATION, &Text, NULL);
    if (!Ok(Text != NULL && strcmp(Text, Expected) == 0, "%s: %s", What, Expected)) {
        printf("#   %s\n", Text != NULL ? Text : "none");
    }
    LocalFree(Text);
}

static void Entries(void)
{
    UCHAR World[] = {1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}, System[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};
    EXPLICIT_ACCESS_A Access[2];
    PEXPLICIT_ACCESS_A List;
    PACL First, Second;
    ULONG Count;

    memset(Access, 0, sizeof(Access));
    Access[0].grfAccessPermissions = GENERIC_READ;
    Access[0].grfAccessMode = GRANT_ACCESS;
    BuildTrusteeWithSidA(&Access[0].Trustee, World);
    Access[1].grfAccessPermissions = GENERIC_ALL;
    Access[1].grfAccessMode = SET_ACCESS;
    BuildTrusteeWithNameA(&Access[1].Trustee, "SYSTEM");
    Is(SetEntriesInAclA(2, Access, NULL, &First), ERROR_SUCCESS, "two entries");
    Show(First, "D:(A;;GR;;;WD)(A;;GA;;;SY)", "as given");
    Access[0].grfAccessPermissions = GENERIC_WRITE;
    Is(SetEntriesInAclA(1, Access, First, &Second), ERROR_SUCCESS, "granted more");
    Show(Second, "D:(A;;GWGR;;;WD)(A;;GA;;;SY)", "one entry for both");
    LocalFree(First);
    Access[0].grfAccessPermissions = GENERIC_READ;
    Access[0].grfAccessMode = DENY_ACCESS;
    Is(SetEntriesInAclA(1, Access, Second, &First), ERROR_SUCCESS, "denied some");
    Show(First, "D:(D;;GR;;;WD)(A;;GW;;;WD)(A;;GA;;;SY)", "denials stand first, and are taken out of the grants");
    LocalFree(Second);
    Access[0].grfAccessMode = REVOKE_ACCESS;
    BuildTrusteeWithSidA(&Access[0].Trustee, World);
    Is(SetEntriesInAclA(1, Access, First, &Second), ERROR_SUCCESS, "revoked");
    Show(Second, "D:(A;;GA;;;SY)", "the trustee is gone");
    Is(GetExplicitEntriesFromAclA(Second, &Count, &List), ERROR_SUCCESS, "taken apart");
    Ok(Count == 1 && List[0].grfAccessPermissions == GENERIC_ALL && List[0].grfAccessMode == GRANT_ACCESS && EqualSid(List[0].Trustee.ptstrName, System),
       "what is in it");
    LocalFree(List);
    BuildTrusteeWithNameA(&Access[0].Trustee, "no such account");
    Access[0].grfAccessMode = GRANT_ACCESS;
    LocalFree(First);
    Is(SetEntriesInAclA(1, Access, Second, &First), ERROR_NONE_MAPPED, "an account that is not there");
    LocalFree(Second);
}

/* ---- names ---- */

static void Names(void)
{
    char Name[64], Domain[64];
    DWORD NameSize = sizeof(Name), DomainSize = sizeof(Domain), SidSize;
    UCHAR Buffer[SECURITY_MAX_SID_SIZE], System[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0}, Stranger[] = {1, 1, 0, 0, 0, 0, 0, 5, 99, 0, 0, 0};
    SID_NAME_USE Use;
    LUID Luid;

    Ok(LookupAccountSidA(NULL, System, Name, &NameSize, Domain, &DomainSize, &Use) && strcmp(Name, "SYSTEM") == 0 &&
           strcmp(Domain, "NT AUTHORITY") == 0 && Use == SidTypeWellKnownGroup && NameSize == 6, "NT AUTHORITY\\SYSTEM");
    NameSize = DomainSize = 0;
    Fails(LookupAccountSidA(NULL, System, NULL, &NameSize, NULL, &DomainSize, &Use), ERROR_INSUFFICIENT_BUFFER, "how long are the names?");
    Ok(NameSize == 7 && DomainSize == 13, "with their zeros");
    NameSize = DomainSize = 64;
    Fails(LookupAccountSidA(NULL, Stranger, Name, &NameSize, Domain, &DomainSize, &Use), ERROR_NONE_MAPPED, "nobody");
    SidSize = sizeof(Buffer);
    Ok(LookupAccountNameA(NULL, "BUILTIN\\Administrators", Buffer, &SidSize, Domain, &DomainSize, &Use) &&
           IsWellKnownSid(Buffer, WinBuiltinAdministratorsSid) && Use == SidTypeAlias && strcmp(Domain, "BUILTIN") == 0, "an account by name");
    DomainSize = 64;
    SidSize = 0;
    Fails(LookupAccountNameA(NULL, "Everyone", NULL, &SidSize, Domain, &DomainSize, &Use), ERROR_INSUFFICIENT_BUFFER, "how long is its SID?");
    Is(SidSize, 12, "twelve bytes");
    Fails(LookupAccountNameA(NULL, "nobody at all", Buffer, &SidSize, Domain, &DomainSize, &Use), ERROR_NONE_MAPPED, "no such name");
    Ok(LookupPrivilegeValueA(NULL, "SeDebugPrivilege", &Luid) && Luid.LowPart == 20 && Luid.HighPart == 0, "SeDebugPrivilege is 20");
    NameSize = sizeof(Name);
    Ok(LookupPrivilegeNameA(NULL, &Luid, Name, &NameSize) && strcmp(Name, "SeDebugPrivilege") == 0 && NameSize == 16, "and back");
    DWORD Language;
    NameSize = sizeof(Name);
    Ok(LookupPrivilegeDisplayNameA(NULL, "SeDebugPrivilege", Name, &NameSize, &Language) && strcmp(Name, "Debug programs") == 0, "in words");
    Fails(LookupPrivilegeValueA(NULL, "SeNothingPrivilege", &Luid), ERROR_NO_SUCH_PRIVILEGE, "no such privilege");
    Luid.LowPart = 99;
    Fails(LookupPrivilegeNameA(NULL, &Luid, Name, &NameSize), ERROR_NO_SUCH_PRIVILEGE, "nor by number");
    NameSize = sizeof(Name);
    Ok(GetUserNameA(Name, &NameSize) && NameSize == strlen(Name) + 1, "our own name, counted with its zero");
    NameSize = 1;
    Fails(GetUserNameA(Name, &NameSize), ERROR_INSUFFICIENT_BUFFER, "which needs room");
}

int main(void)
{
    Sids();
    Descriptors();
    Forms();
    Acls();
    Entries();
    Names();
    return Done();
}
