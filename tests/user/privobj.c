/* SPDX-License-Identifier: MIT */
/*
 * privobj.c - descriptors of a program's own objects, which shows the rules by which any object gets its own: what is inherited and how, creators,
 * defaults, protection, types of objects; reading, changing and converting them; ntdll's RTL_RESOURCE and small security routines.
 */
#define _WIN32_WINNT 0x0A00
#include "native.h"
#include <aclapi.h>
#include <sddl.h>
#include <stdlib.h>
#include <string.h>
#include "win32.h"

#ifndef SEF_DACL_AUTO_INHERIT
#define SEF_DACL_AUTO_INHERIT 1
#define SEF_SACL_AUTO_INHERIT 2
#define SEF_DEFAULT_DESCRIPTOR_FOR_OBJECT 4
#define SEF_AVOID_PRIVILEGE_CHECK 8
#define SEF_AVOID_OWNER_CHECK 0x10
#define SEF_DEFAULT_OWNER_FROM_PARENT 0x20
#define SEF_DEFAULT_GROUP_FROM_PARENT 0x40
#endif
#define OWNER_GROUP "O:S-1-5-99G:S-1-5-98"
#define TYPE1 "00000001-0002-0003-0000-000000000000"
#define TYPE2 "00000002-0002-0003-0000-000000000000"

static GENERIC_MAPPING Mapping = {0x1, 0x2, 0x4, 0x1F0007};
static HANDLE Token;

static PSECURITY_DESCRIPTOR Sd(const char *Text)
{
    PSECURITY_DESCRIPTOR Value = NULL;

    if (Text != NULL && !ConvertStringSecurityDescriptorToSecurityDescriptorA(Text, 1, &Value, NULL)) {
        printf("# %s: error %lu\n", Text, GetLastError());
    }
    return Value;
}

static const char *Text(PSECURITY_DESCRIPTOR Descriptor, SECURITY_INFORMATION Information)
{
    static char *Last;

    LocalFree(Last);
    Last = NULL;
    ConvertSecurityDescriptorToStringSecurityDescriptorA(Descriptor, 1, Information, &Last, NULL);
    return Last != NULL ? Last : "(none)";
}

static void Same(PSECURITY_DESCRIPTOR Descriptor, SECURITY_INFORMATION Information, const char *Expected, const char *What)
{
    const char *Got = Text(Descriptor, Information);

    if (!Ok(strcmp(Got, Expected) == 0, "%s", What)) {
        printf("#   got      %s\n#   expected %s\n", Got, Expected);
    }
}

/* A new object below Parent (its DACL in SDDL) by Creator: its DACL shall be Expected. */
static void Child(const char *Parent, const char *Creator, BOOL Container, ULONG Flags, const char *Expected, const char *What)
{
    PSECURITY_DESCRIPTOR New = NULL, ParentSd = Sd(Parent), CreatorSd = Sd(Creator);

    if (!CreatePrivateObjectSecurityEx(ParentSd, CreatorSd, &New, NULL, Container, Flags | SEF_AVOID_OWNER_CHECK, Token, &Mapping)) {
        Ok(0, "%s: error %lu", What, GetLastError());
        return;
    }
    Same(New, DACL_SECURITY_INFORMATION, Expected, What);
    DestroyPrivateObjectSecurity(&New);
    LocalFree(ParentSd);
    LocalFree(CreatorSd);
}

static void Inheritance(void)
{
    static const char Parent[] = "D:(A;OICI;GA;;;BA)(A;CIIO;GR;;;CO)(A;OI;GW;;;WD)(A;CINP;CC;;;SY)(D;;DC;;;AN)";

    Child(Parent, OWNER_GROUP, TRUE, SEF_DACL_AUTO_INHERIT,
          "D:AI(A;ID;0x1f0007;;;BA)(A;OICIIOID;GA;;;BA)(A;ID;CC;;;S-1-5-99)(A;CIIOID;GR;;;CO)(A;OIIOID;GW;;;WD)(A;ID;CC;;;SY)",
          "a container: what counts and what goes on");
    Child(Parent, OWNER_GROUP, FALSE, SEF_DACL_AUTO_INHERIT, "D:AI(A;ID;0x1f0007;;;BA)(A;ID;DC;;;WD)", "a leaf: what counts");
    Child(Parent, OWNER_GROUP, FALSE, 0, "D:(A;;0x1f0007;;;BA)(A;;DC;;;WD)", "without automatic inheritance it is not marked");
    Child("D:(A;OICI;CC;;;BA)(A;CI;DC;;;WD)", OWNER_GROUP, TRUE, 0, "D:(A;OICI;CC;;;BA)(A;CI;DC;;;WD)", "specific rights need no second entry");
    Child("D:(A;OICINP;CC;;;BA)", OWNER_GROUP, TRUE, 0, "D:(A;;CC;;;BA)", "no propagation: one level");
    Child("D:(A;OI;CC;;;CG)(A;OI;CC;;;CO)", OWNER_GROUP, FALSE, 0, "D:(A;;CC;;;S-1-5-98)(A;;CC;;;S-1-5-99)", "CREATOR GROUP and CREATOR OWNER");
    Child(Parent, OWNER_GROUP "D:(A;;GA;;;SY)", FALSE, 0, "D:(A;;0x1f0007;;;SY)", "what the creator says is all");
    Child(Parent, OWNER_GROUP "D:(A;;GR;;;SY)", FALSE, SEF_DACL_AUTO_INHERIT, "D:AI(A;;CC;;;SY)(A;ID;0x1f0007;;;BA)(A;ID;DC;;;WD)",
          "but automatic inheritance puts the parent's behind it");
    Child(Parent, OWNER_GROUP "D:P(A;;GR;;;SY)", FALSE, SEF_DACL_AUTO_INHERIT, "D:P(A;;CC;;;SY)", "unless it is protected");
    Child(Parent, OWNER_GROUP "D:(A;;GR;;;SY)(A;ID;GR;;;WD)", FALSE, SEF_DACL_AUTO_INHERIT, "D:AI(A;;CC;;;SY)(A;ID;0x1f0007;;;BA)(A;ID;DC;;;WD)",
          "what the creator calls inherited is dropped then");
    Child("D:(A;;GA;;;BA)", OWNER_GROUP "D:(A;;GR;;;SY)", FALSE, SEF_DEFAULT_DESCRIPTOR_FOR_OBJECT, "D:(A;;CC;;;SY)", "a default where nothing is inherited");
    Child(Parent, OWNER_GROUP "D:(A;;GR;;;SY)", FALSE, SEF_DEFAULT_DESCRIPTOR_FOR_OBJECT, "D:(A;;0x1f0007;;;BA)(A;;DC;;;WD)",
          "a default gives way to what is inherited");
    Child(NULL, OWNER_GROUP "D:(A;OICI;GA;;;CO)", TRUE, 0, "D:(A;;0x1f0007;;;S-1-5-99)(A;OICIIO;GA;;;CO)", "a creator's entry is split, too");
}

static void ObjectTypes(void)
{
    GUID One = {1, 2, 3, {0}}, Two = {2, 2, 3, {0}}, *Both[2] = {&One, &Two};
    PSECURITY_DESCRIPTOR Parent = Sd("D:(OA;CI;CC;" TYPE1 ";;WD)(OA;CI;CC;;" TYPE1 ";BA)(OA;CI;DC;;" TYPE2 ";SY)"), Creator = Sd(OWNER_GROUP), New = NULL;

    Ok(CreatePrivateObjectSecurityEx(Parent, Creator, &New, &One, TRUE, SEF_AVOID_OWNER_CHECK, Token, &Mapping), "an object of a type");
    Same(New, DACL_SECURITY_INFORMATION, "D:(OA;CI;CC;" TYPE1 ";;WD)(OA;CI;CC;;" TYPE1 ";BA)(OA;CIIO;DC;;" TYPE2 ";SY)",
         "entries for another type only pass through");
    DestroyPrivateObjectSecurity(&New);
    CreatePrivateObjectSecurityEx(Parent, Creator, &New, NULL, FALSE, SEF_AVOID_OWNER_CHECK, Token, &Mapping);
    Ok(New != NULL, "an object without a type");
    DestroyPrivateObjectSecurity(&New);
    CreatePrivateObjectSecurityWithMultipleInheritance(Parent, Creator, &New, Both, 2, TRUE, SEF_AVOID_OWNER_CHECK, Token, &Mapping);
    Same(New, DACL_SECURITY_INFORMATION, "D:(OA;CI;CC;" TYPE1 ";;WD)(OA;CI;CC;;" TYPE1 ";BA)(OA;CI;DC;;" TYPE2 ";SY)", "an object of two types");
    DestroyPrivateObjectSecurity(&New);
    LocalFree(Parent);
    LocalFree(Creator);
}

static PVOID Query(TOKEN_INFORMATION_CLASS Class)
{
    DWORD Length = 0;

    GetTokenInformation(Token, Class, NULL, 0, &Length);
    PVOID Block = calloc(1, Length);
    GetTokenInformation(Token, Class, Block, Length, &Length);
    return Block;
}

static void SetPrivilege(const char *Name, BOOL On)
{
    TOKEN_PRIVILEGES New = {1, {{{0, 0}, On ? SE_PRIVILEGE_ENABLED : 0}}};

    LookupPrivilegeValueA(NULL, Name, &New.Privileges[0].Luid);
    AdjustTokenPrivileges(Token, FALSE, &New, 0, NULL, NULL);
}

static void OwnersAndDefaults(void)
{
    PSECURITY_DESCRIPTOR New = NULL, Stranger = Sd(OWNER_GROUP), Audited = Sd("S:(AU;SA;GA;;;WD)"), Parent = Sd("O:S-1-5-97G:S-1-5-96");
    TOKEN_OWNER *Owner = Query(TokenOwner);
    TOKEN_PRIMARY_GROUP *Group = Query(TokenPrimaryGroup);
    TOKEN_DEFAULT_DACL *Default = Query(TokenDefaultDacl);
    BOOL Present, Defaulted;
    PSID Sid = NULL;
    PACL Acl = NULL;

    Ok(CreatePrivateObjectSecurity(NULL, NULL, &New, FALSE, Token, &Mapping), "neither parent nor creator");
    Ok(IsValidSecurityDescriptor(New) && GetSecurityDescriptorOwner(New, &Sid, &Defaulted) && EqualSid(Sid, Owner->Owner), "the token's owner");
    Ok(GetSecurityDescriptorGroup(New, &Sid, &Defaulted) && EqualSid(Sid, Group->PrimaryGroup), "its primary group");
    Ok(GetSecurityDescriptorDacl(New, &Present, &Acl, &Defaulted) && Present && Acl->AceCount == Default->DefaultDacl->AceCount, "its default DACL");
    Ok(((SECURITY_DESCRIPTOR *)New)->Control & SE_SELF_RELATIVE, "in one block");
    Ok(DestroyPrivateObjectSecurity(&New) && New == NULL, "destroyed");
    SetPrivilege("SeRestorePrivilege", FALSE);
    SetPrivilege("SeSecurityPrivilege", FALSE);
    Fails(CreatePrivateObjectSecurity(NULL, Stranger, &New, FALSE, Token, &Mapping), ERROR_INVALID_OWNER, "somebody else cannot be the owner");
    SetPrivilege("SeRestorePrivilege", TRUE);
    Ok(CreatePrivateObjectSecurity(NULL, Stranger, &New, FALSE, Token, &Mapping), "but with SeRestorePrivilege");
    DestroyPrivateObjectSecurity(&New);
    SetPrivilege("SeRestorePrivilege", FALSE);
    Fails(CreatePrivateObjectSecurity(NULL, Audited, &New, FALSE, Token, &Mapping), ERROR_PRIVILEGE_NOT_HELD, "audits need SeSecurityPrivilege");
    Ok(CreatePrivateObjectSecurityEx(NULL, Audited, &New, NULL, FALSE, SEF_AVOID_PRIVILEGE_CHECK, Token, &Mapping), "unless the caller says not");
    Same(New, SACL_SECURITY_INFORMATION, "S:(AU;SA;0x1f0007;;;WD)", "mapped like the rest");
    DestroyPrivateObjectSecurity(&New);
    Ok(CreatePrivateObjectSecurityEx(Parent, NULL, &New, NULL, FALSE, SEF_DEFAULT_OWNER_FROM_PARENT | SEF_DEFAULT_GROUP_FROM_PARENT, Token, &Mapping),
       "owner and group of the parent");
    Same(New, OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION, "O:S-1-5-97G:S-1-5-96", "as asked");
    DestroyPrivateObjectSecurity(&New);
    Fails(CreatePrivateObjectSecurityEx(NULL, NULL, &New, NULL, FALSE, 0, NULL, &Mapping), ERROR_NO_TOKEN, "no token to take defaults from");
    SetPrivilege("SeRestorePrivilege", TRUE);
    SetPrivilege("SeSecurityPrivilege", TRUE);
    LocalFree(Stranger);
    LocalFree(Audited);
    LocalFree(Parent);
}

static unsigned AceCount(PSECURITY_DESCRIPTOR Descriptor)
{
    BOOL Present = FALSE, Defaulted;
    PACL Acl = NULL;

    return GetSecurityDescriptorDacl(Descriptor, &Present, &Acl, &Defaulted) && Present && Acl != NULL ? Acl->AceCount : 0;
}

static void Changes(void)
{
    PSECURITY_DESCRIPTOR New = NULL, Converted = NULL, Creator = Sd(OWNER_GROUP "D:(A;;GR;;;SY)"), Other = Sd("D:(D;;GW;;;AN)");
    PSECURITY_DESCRIPTOR Parent = Sd("D:(A;OI;GA;;;BA)"), Old = Sd(OWNER_GROUP "D:(A;;CC;;;SY)(A;;0x1f0007;;;BA)");
    PSECURITY_DESCRIPTOR Marked = Sd(OWNER_GROUP "D:(A;;GR;;;SY)(A;ID;CC;;;AN)");
    UCHAR Buffer[256], Manager = 7;
    DWORD Length = 0;

    CreatePrivateObjectSecurityEx(Parent, Creator, &New, NULL, FALSE, SEF_DACL_AUTO_INHERIT | SEF_AVOID_OWNER_CHECK, Token, &Mapping);
    Fails(GetPrivateObjectSecurity(New, OWNER_SECURITY_INFORMATION, Buffer, 0, &Length), ERROR_INSUFFICIENT_BUFFER, "the owner: how long?");
    Is(Length, 20 + 12, "a head and a SID");
    Ok(GetPrivateObjectSecurity(New, OWNER_SECURITY_INFORMATION, Buffer, sizeof(Buffer), &Length) && Length == 32, "read");
    Same(Buffer, 0xF, "O:S-1-5-99", "the owner alone");
    Ok(SetPrivateObjectSecurityEx(DACL_SECURITY_INFORMATION, Other, &New, SEF_DACL_AUTO_INHERIT, &Mapping, Token), "another DACL");
    Same(New, DACL_SECURITY_INFORMATION, "D:AI(D;;DC;;;AN)(A;ID;0x1f0007;;;BA)", "what was inherited stays");
    Ok(SetPrivateObjectSecurity(DACL_SECURITY_INFORMATION, Other, &New, &Mapping, Token), "once more, plainly");
    Same(New, DACL_SECURITY_INFORMATION, "D:(D;;DC;;;AN)", "nothing else stays");
    Same(New, OWNER_SECURITY_INFORMATION, "O:S-1-5-99", "the owner is as he was");
    Fails(SetPrivateObjectSecurity(OWNER_SECURITY_INFORMATION, Other, &New, &Mapping, Token), ERROR_INVALID_OWNER, "an owner that is not given");
    DestroyPrivateObjectSecurity(&New);
    Ok(ConvertToAutoInheritPrivateObjectSecurity(Parent, Old, &Converted, NULL, FALSE, &Mapping), "a descriptor of old times");
    Same(Converted, DACL_SECURITY_INFORMATION, "D:AI(A;;CC;;;SY)(A;ID;0x1f0007;;;BA)", "what is the parent's is marked");
    DestroyPrivateObjectSecurity(&Converted);
    Ok(ConvertToAutoInheritPrivateObjectSecurity(Parent, Creator, &Converted, NULL, FALSE, &Mapping), "one that lacks what it would inherit");
    Same(Converted, DACL_SECURITY_INFORMATION, "D:PAI(A;;GR;;;SY)", "is protected");
    DestroyPrivateObjectSecurity(&Converted);
    Ok(ConvertToAutoInheritPrivateObjectSecurity(Parent, Marked, &Converted, NULL, FALSE, &Mapping) && AceCount(Converted) == 2,
       "and keeps what is marked as inherited");
    Ok(GetSecurityDescriptorRMControl(Converted, Buffer) == ERROR_INVALID_DATA && Buffer[0] == 0, "no byte of the resource manager");
    SetSecurityDescriptorRMControl(Converted, &Manager);
    Ok(GetSecurityDescriptorRMControl(Converted, Buffer) == ERROR_SUCCESS && Buffer[0] == 7, "then one");
    DestroyPrivateObjectSecurity(&Converted);
}

static void Trustees(void)
{
    EXPLICIT_ACCESS_W Access = {0x3, GRANT_ACCESS, 0, {0}}, *List;
    UCHAR Everyone[SECURITY_MAX_SID_SIZE];
    DWORD Size = sizeof(Everyone);
    TRUSTEE_W Owner, *GotOwner, *GotGroup;
    PSECURITY_DESCRIPTOR New = NULL, None = NULL;
    ULONG Count = 9, Audits = 9;

    CreateWellKnownSid(WinWorldSid, NULL, Everyone, &Size);
    BuildTrusteeWithSidW(&Access.Trustee, Everyone);
    BuildTrusteeWithNameW(&Owner, (LPWSTR)L"SYSTEM");
    Is(BuildSecurityDescriptorW(&Owner, NULL, 1, &Access, 0, NULL, NULL, &Size, &New), 0, "a descriptor from trustees");
    Owner.ptstrName = NULL;
    Ok(BuildSecurityDescriptorW(&Owner, NULL, 1, &Access, 0, NULL, NULL, &Size, &None) != 0, "not for a name that is none");
    Same(New, 0x7, "O:SYD:(A;;CCDC;;;WD)", "by name and by SID");
    Is(LookupSecurityDescriptorPartsW(&GotOwner, &GotGroup, &Count, &List, &Audits, NULL, New), 0, "and back");
    Ok(GotOwner != NULL && GotGroup == NULL && Count == 1 && List->grfAccessPermissions == 3 && EqualSid(List->Trustee.ptstrName, Everyone), "the same");
    Ok(IsWellKnownSid((PSID)GotOwner->ptstrName, WinLocalSystemSid), "owner");
    LocalFree(New);
    LocalFree(List);
    LocalFree(GotOwner);
}

/* ---- RTL_RESOURCE --------------------------------------------------------------------------------------------------------------------------- */

typedef struct
{
    RTL_CRITICAL_SECTION Section;
    HANDLE Shared;
    ULONG WaitingShared;
    HANDLE Exclusive;
    ULONG WaitingExclusive;
    LONG Active;
    HANDLE Owner;
    ULONG Flags;
    PVOID Debug;
} RESOURCE;

static void(NTAPI *Initialize)(RESOURCE *), (NTAPI *Delete)(RESOURCE *), (NTAPI *Release)(RESOURCE *), (NTAPI *ToShared)(RESOURCE *),
    (NTAPI *ToExclusive)(RESOURCE *);
static BOOLEAN(NTAPI *Share)(RESOURCE *, BOOLEAN), (NTAPI *Own)(RESOURCE *, BOOLEAN);
static RESOURCE Resource;
static volatile LONG Writers, Readers, Broken;

static DWORD WINAPI TryBoth(void *Unused)
{
    DWORD Answer = 0;

    (void)Unused;
    if (Share(&Resource, FALSE)) {
        Answer |= 1;
        Release(&Resource);
    }
    if (Own(&Resource, FALSE)) {
        Answer |= 2;
        Release(&Resource);
    }
    return Answer;
}

static DWORD WINAPI ReadAndWrite(void *Number)
{
    for (int i = 0; i < 300; i++) {
        if ((i + (int)(LONG_PTR)Number) % 4 == 0) {
            Own(&Resource, TRUE);
            if (InterlockedIncrement(&Writers) != 1 || Readers != 0) {
                Broken = 1;
            }
            if (i % 16 == 0) {
                Sleep(0);
            }
            InterlockedDecrement(&Writers);
        } else {
            Share(&Resource, TRUE);
            InterlockedIncrement(&Readers);
            if (Writers != 0) {
                Broken = 1;
            }
            if (i % 16 == 1) {
                Sleep(0);
            }
            InterlockedDecrement(&Readers);
        }
        Release(&Resource);
    }
    return 0;
}

static DWORD Run(LPTHREAD_START_ROUTINE Routine, void *Parameter)
{
    DWORD Code = 0xDEAD;
    HANDLE Thread = CreateThread(NULL, 0, Routine, Parameter, 0, NULL);

    WaitForSingleObject(Thread, 60000);
    GetExitCodeThread(Thread, &Code);
    CloseHandle(Thread);
    return Code;
}

static void Resources(void)
{
    HMODULE Ntdll = GetModuleHandleA("ntdll");
    HANDLE Threads[4];

    Initialize = (void *)GetProcAddress(Ntdll, "RtlInitializeResource");
    Delete = (void *)GetProcAddress(Ntdll, "RtlDeleteResource");
    Release = (void *)GetProcAddress(Ntdll, "RtlReleaseResource");
    ToShared = (void *)GetProcAddress(Ntdll, "RtlConvertExclusiveToShared");
    ToExclusive = (void *)GetProcAddress(Ntdll, "RtlConvertSharedToExclusive");
    Share = (void *)GetProcAddress(Ntdll, "RtlAcquireResourceShared");
    Own = (void *)GetProcAddress(Ntdll, "RtlAcquireResourceExclusive");
    Initialize(&Resource);
    Ok(Own(&Resource, FALSE) && Resource.Active == -1 && Resource.Owner == (HANDLE)(ULONG_PTR)GetCurrentThreadId(), "a resource is owned");
    Is(Run(TryBoth, NULL), 0, "by nobody else then");
    Ok(Share(&Resource, FALSE) && Own(&Resource, FALSE) && Resource.Active == -3, "its owner may have it again, either way");
    Release(&Resource);
    Release(&Resource);
    ToShared(&Resource);
    Ok(Resource.Active == 1, "and share it");
    Is(Run(TryBoth, NULL), 1, "with readers only");
    ToExclusive(&Resource);
    Is(Run(TryBoth, NULL), 0, "and take it back");
    Release(&Resource);
    Is(Run(TryBoth, NULL), 3, "free");
    for (int i = 0; i < 4; i++) {
        Threads[i] = CreateThread(NULL, 0, ReadAndWrite, (void *)(LONG_PTR)i, 0, NULL);
    }
    Is(WaitForMultipleObjects(4, Threads, TRUE, 60000), WAIT_OBJECT_0, "four threads read and write");
    Ok(!Broken && Resource.Active == 0, "never together with a writer");
    Delete(&Resource);
    for (int i = 0; i < 4; i++) {
        CloseHandle(Threads[i]);
    }
}

int main(void)
{
    OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &Token);
    Inheritance();
    ObjectTypes();
    OwnersAndDefaults();
    Changes();
    Trustees();
    Resources();
    return Done();
}
