/* SPDX-License-Identifier: MIT */
/*
 * whydenied.c - explains an access check, entry by entry.
 *
 *      whydenied NAME RIGHTS [PID]      NAME: a file, a named object, pid:N, tid:N, or handle:0xN (inherited)
 *                                       RIGHTS: 0x... or names joined by |, as GENERIC_READ|WRITE_DAC, or read, write, execute, all, max
 *                                       PID: ask for that process's token instead of our own
 *
 * The steps are the kernel's (docs/security.md): label, privileges, owner, the DACL in its order, and the same once more with the restricting SIDs of a
 * restricted token.  At the end the kernel itself is asked (AccessCheck); should the two disagree, that is said too.  Exit code 0: granted, 5: denied.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <winternl.h>
#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
    UNICODE_STRING TypeName;
    ULONG Counts[12];
    ULONG InvalidAttributes;
    GENERIC_MAPPING Mapping;
    ULONG ValidAccess;
    UCHAR Rest[64];
} TYPE_INFORMATION;

static const struct
{
    const char *Name;
    DWORD Value;
} Rights[] = {
    {"GENERIC_READ", GENERIC_READ}, {"GENERIC_WRITE", GENERIC_WRITE}, {"GENERIC_EXECUTE", GENERIC_EXECUTE}, {"GENERIC_ALL", GENERIC_ALL},
    {"READ", GENERIC_READ}, {"WRITE", GENERIC_WRITE}, {"EXECUTE", GENERIC_EXECUTE}, {"ALL", GENERIC_ALL}, {"MAX", MAXIMUM_ALLOWED},
    {"MAXIMUM_ALLOWED", MAXIMUM_ALLOWED}, {"DELETE", DELETE}, {"READ_CONTROL", READ_CONTROL}, {"WRITE_DAC", WRITE_DAC},
    {"WRITE_OWNER", WRITE_OWNER}, {"SYNCHRONIZE", SYNCHRONIZE}, {"ACCESS_SYSTEM_SECURITY", ACCESS_SYSTEM_SECURITY},
};

static union
{
    TYPE_INFORMATION Information;
    UCHAR Bytes[1024];
} Type;
static HANDLE Token;
static TOKEN_GROUPS *Groups, *Restricting;
static TOKEN_USER *User;
static TOKEN_PRIVILEGES *Privileges;
static DWORD Level;

static void Die(const char *What)
{
    printf("whydenied: %s (error %lu)\n", What, GetLastError());
    exit(2);
}

static void *Query(TOKEN_INFORMATION_CLASS Class)
{
    DWORD Length = 0;
    void *Buffer;

    GetTokenInformation(Token, Class, NULL, 0, &Length);
    Buffer = calloc(1, Length + 8);
    if (Buffer == NULL || !GetTokenInformation(Token, Class, Buffer, Length, &Length)) {
        Die("the token cannot be read");
    }
    return Buffer;
}

/* NAME\WHO, or S-1-... */
static const char *Who(PSID Sid)
{
    static char Text[4][160];
    static int Next;
    char Name[64], Domain[64], *Out = Text[Next++ & 3], *Numbers;
    DWORD NameSize = sizeof(Name), DomainSize = sizeof(Domain);
    SID_NAME_USE Use;

    if (LookupAccountSidA(NULL, Sid, Name, &NameSize, Domain, &DomainSize, &Use)) {
        snprintf(Out, sizeof(Text[0]), "%s%s%s", Domain, Domain[0] ? "\\" : "", Name);
    } else if (ConvertSidToStringSidA(Sid, &Numbers)) {
        snprintf(Out, sizeof(Text[0]), "%s", Numbers);
        LocalFree(Numbers);
    }
    return Out;
}

static DWORD ParseRights(char *Text)
{
    DWORD Mask = 0;

    for (char *Part = strtok(Text, "|,+"); Part != NULL; Part = strtok(NULL, "|,+")) {
        unsigned i = 0;
        if (Part[0] >= '0' && Part[0] <= '9') {
            Mask |= strtoul(Part, NULL, 0);
            continue;
        }
        while (i < sizeof(Rights) / sizeof(Rights[0]) && _stricmp(Rights[i].Name, Part) != 0) {
            i++;
        }
        if (i == sizeof(Rights) / sizeof(Rights[0])) {
            printf("whydenied: %s is no right\n", Part);
            exit(2);
        }
        Mask |= Rights[i].Value;
    }
    return Mask;
}

static HANDLE Open(const char *Name)
{
    HANDLE Object = NULL;

    if (strncmp(Name, "handle:", 7) == 0) {
        return (HANDLE)(ULONG_PTR)strtoull(Name + 7, NULL, 0);
    }
    if (strncmp(Name, "pid:", 4) == 0) {
        return OpenProcess(READ_CONTROL, FALSE, strtoul(Name + 4, NULL, 0));
    }
    if (strncmp(Name, "tid:", 4) == 0) {
        return OpenThread(READ_CONTROL, FALSE, strtoul(Name + 4, NULL, 0));
    }
    if (Object == NULL) {
        Object = OpenEventA(READ_CONTROL, FALSE, Name);
    }
    if (Object == NULL && GetLastError() == ERROR_INVALID_HANDLE) {
        Object = OpenMutexA(READ_CONTROL, FALSE, Name);
    }
    if (Object == NULL && GetLastError() == ERROR_INVALID_HANDLE) {
        Object = OpenSemaphoreA(READ_CONTROL, FALSE, Name);
    }
    if (Object == NULL && GetLastError() == ERROR_INVALID_HANDLE) {
        Object = OpenWaitableTimerA(READ_CONTROL, FALSE, Name);
    }
    if (Object == NULL && GetLastError() == ERROR_INVALID_HANDLE) {
        Object = OpenFileMappingA(READ_CONTROL, FALSE, Name);
    }
    if (Object == NULL && GetLastError() != ERROR_ACCESS_DENIED) {
        Object = CreateFileA(Name, READ_CONTROL, 7, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
        Object = Object == INVALID_HANDLE_VALUE ? NULL : Object;
    }
    return Object;
}

static int Holds(DWORD Privilege)
{
    for (DWORD i = 0; i < Privileges->PrivilegeCount; i++) {
        if (Privileges->Privileges[i].Luid.LowPart == Privilege && (Privileges->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED)) {
            return 1;
        }
    }
    return 0;
}

/* Why a SID counts or does not; NULL: the token does not have it. */
static const char *Has(PSID Sid, int Deny, int Second, int *Counts)
{
    *Counts = 0;
    if (Second) {
        for (DWORD i = 0; i < Restricting->GroupCount; i++) {
            if (EqualSid(Restricting->Groups[i].Sid, Sid)) {
                *Counts = 1;
                return "a restricting SID";
            }
        }
        return NULL;
    }
    if (EqualSid(User->User.Sid, Sid)) {
        *Counts = Deny || !(User->User.Attributes & SE_GROUP_USE_FOR_DENY_ONLY);
        return *Counts ? "you" : "you, but for deny only";
    }
    for (DWORD i = 0; i < Groups->GroupCount; i++) {
        DWORD Attributes = Groups->Groups[i].Attributes;
        if (!EqualSid(Groups->Groups[i].Sid, Sid)) {
            continue;
        }
        if (Attributes & SE_GROUP_USE_FOR_DENY_ONLY) {
            *Counts = Deny;
            return Deny ? "your group, for deny only" : "your group, but for deny only";
        }
        *Counts = (Attributes & SE_GROUP_ENABLED) != 0;
        return *Counts ? "your group" : "your group, but disabled";
    }
    return NULL;
}

/* ---- the steps ---- */

static DWORD AllowedByLabel(PACL Sacl)
{
    DWORD Object = SECURITY_MANDATORY_MEDIUM_RID, Policy = SYSTEM_MANDATORY_LABEL_NO_WRITE_UP, Allowed = ACCESS_SYSTEM_SECURITY;
    const GENERIC_MAPPING *Mapping = &Type.Information.Mapping;
    ACCESS_ALLOWED_ACE *Ace;

    for (DWORD i = 0; Sacl != NULL && GetAce(Sacl, i, (void **)&Ace); i++) {
        if (Ace->Header.AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE && !(Ace->Header.AceFlags & INHERIT_ONLY_ACE)) {
            Object = *GetSidSubAuthority(&Ace->SidStart, 0);
            Policy = Ace->Mask;
            break;
        }
    }
    printf("label      the object's is 0x%lx, yours 0x%lx: ", Object, Level);
    if (Level >= Object) {
        printf("no restriction\n");
        return 0xFFFFFFFF;
    }
    Allowed |= Policy & SYSTEM_MANDATORY_LABEL_NO_READ_UP ? 0 : Mapping->GenericRead;
    Allowed |= Policy & SYSTEM_MANDATORY_LABEL_NO_WRITE_UP ? 0 : Mapping->GenericWrite;
    Allowed |= Policy & SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP ? 0 : Mapping->GenericExecute;
    printf("only 0x%lx is left\n", Allowed & ~ACCESS_SYSTEM_SECURITY);
    return Allowed;
}

static int IsOwnerRights(PSID Sid)
{
    static const UCHAR OwnerRights[] = {1, 1, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0};

    return EqualSid(Sid, (PSID)OwnerRights);
}

static DWORD WalkDacl(PACL Dacl, PSID Owner, DWORD Wanted, int Second)
{
    DWORD Granted = 0, Open_ = Wanted;
    int Counts, Named = 0;
    ACCESS_ALLOWED_ACE *Ace;

    if (Dacl == NULL) {
        printf("DACL       there is none: everybody may do everything\n");
        return Wanted;
    }
    for (DWORD i = 0; GetAce(Dacl, i, (void **)&Ace); i++) {
        Named |= Ace->Header.AceType <= ACCESS_DENIED_ACE_TYPE && !(Ace->Header.AceFlags & INHERIT_ONLY_ACE) && IsOwnerRights(&Ace->SidStart);
    }
    Has(Owner, 0, Second, &Counts);
    int Owns = Counts;
    if (Owns && !Named && (Open_ & (READ_CONTROL | WRITE_DAC))) {
        Granted = Open_ & (READ_CONTROL | WRITE_DAC);
        Open_ &= ~Granted;
        printf("owner      you own it: 0x%lx granted\n", Granted);
    }
    for (DWORD i = 0; GetAce(Dacl, i, (void **)&Ace); i++) {
        int Deny = Ace->Header.AceType == ACCESS_DENIED_ACE_TYPE;
        const char *Why;
        printf("entry %-4lu %s 0x%lx %s %s: ", i, Deny ? "denies" : Ace->Header.AceType == ACCESS_ALLOWED_ACE_TYPE ? "allows" : "type ?", Ace->Mask,
               Deny ? "to" : "for", Who(&Ace->SidStart));
        if (Ace->Header.AceType > ACCESS_DENIED_ACE_TYPE) {
            printf("no part of this check (type %u)\n", Ace->Header.AceType);
            continue;
        }
        if (Ace->Header.AceFlags & INHERIT_ONLY_ACE) {
            printf("for children only\n");
            continue;
        }
        if (IsOwnerRights(&Ace->SidStart)) {
            Counts = Owns;
            Why = Owns ? "you own it" : NULL;
        } else {
            Why = Has(&Ace->SidStart, Deny, Second, &Counts);
        }
        if (!Counts) {
            printf("%s\n", Why != NULL ? Why : "not you");
        } else if (!(Ace->Mask & Wanted)) {
            printf("%s; nothing you ask for\n", Why);
        } else if (!(Ace->Mask & Open_)) {
            printf("%s; decided before\n", Why);
        } else {
            printf("%s; 0x%lx %s\n", Why, Ace->Mask & Open_, Deny ? "DENIED" : "granted");
            Granted |= Deny ? 0 : Ace->Mask & Open_;
            Open_ &= ~Ace->Mask;
        }
    }
    if (Open_ != 0) {
        printf("end        nothing speaks of 0x%lx: denied\n", Open_);
    }
    return Granted;
}

static DWORD Explain(PSECURITY_DESCRIPTOR Descriptor, DWORD Desired)
{
    DWORD Wanted = Desired & ~MAXIMUM_ALLOWED, Granted = 0, Asked;
    BOOL Present, Defaulted;
    PACL Dacl = NULL, Sacl = NULL;
    PSID Owner = NULL;

    GetSecurityDescriptorOwner(Descriptor, &Owner, &Defaulted);
    GetSecurityDescriptorDacl(Descriptor, &Present, &Dacl, &Defaulted);
    GetSecurityDescriptorSacl(Descriptor, &Present, &Sacl, &Defaulted);
    printf("owner      %s\n", Who(Owner));
    DWORD Allowed = AllowedByLabel(Sacl);
    if (Wanted & ~Allowed) {
        printf("verdict    denied by the label: 0x%lx\n", Wanted & ~Allowed);
        return 0;
    }
    if (Wanted & ACCESS_SYSTEM_SECURITY) {
        printf("privilege  SeSecurityPrivilege for ACCESS_SYSTEM_SECURITY: %s\n", Holds(8) ? "held" : "NOT HELD");
        if (!Holds(8)) {
            return 0;
        }
        Granted |= ACCESS_SYSTEM_SECURITY;
    }
    if ((Wanted & WRITE_OWNER) && Holds(9)) {
        printf("privilege  SeTakeOwnershipPrivilege gives WRITE_OWNER\n");
        Granted |= WRITE_OWNER;
    }
    Asked = Wanted & ~Granted;
    if (Desired & MAXIMUM_ALLOWED) {
        Asked = (Asked | Type.Information.Mapping.GenericAll) & Allowed & ~ACCESS_SYSTEM_SECURITY;
    }
    DWORD First = WalkDacl(Dacl, Owner, Asked, 0);
    if (Restricting->GroupCount != 0) {
        printf("restricted the token has restricting SIDs: all once more with them alone\n");
        First &= WalkDacl(Dacl, Owner, First, 1);
    }
    Granted |= First;
    return (Wanted & ~Granted) != 0 ? 0 : Granted;
}

int main(int Count, char **Arguments)
{
    NTSTATUS(NTAPI * QueryObject)(HANDLE, int, PVOID, ULONG, PULONG) = (void *)GetProcAddress(GetModuleHandleA("ntdll"), "NtQueryObject");
    static UCHAR Descriptor[65536];
    PRIVILEGE_SET Set;
    DWORD Needed, SetSize = sizeof(Set), Kernel = 0;
    BOOL Allowed = FALSE;
    HANDLE Process = GetCurrentProcess(), Primary;

    if (Count < 3) {
        printf("usage: whydenied NAME|pid:N|tid:N|handle:N RIGHTS [PID]\n");
        return 2;
    }
    HANDLE Object = Open(Arguments[1]);
    if (Object == NULL) {
        Die(GetLastError() == ERROR_ACCESS_DENIED ? "the object may not even be asked for its descriptor (READ_CONTROL)" : "there is no such object");
    }
    if (Count > 3) {
        Process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, strtoul(Arguments[3], NULL, 0));
    }
    if (Process == NULL || !OpenProcessToken(Process, TOKEN_QUERY | TOKEN_DUPLICATE, &Primary) || !DuplicateToken(Primary, SecurityIdentification, &Token)) {
        Die("no token");
    }
    if (QueryObject(Object, 2, &Type, sizeof(Type), NULL) < 0 ||
        !GetKernelObjectSecurity(Object, OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION,
                                 Descriptor, sizeof(Descriptor), &Needed)) {
        Die("the descriptor cannot be read");
    }
    User = Query(TokenUser);
    Groups = Query(TokenGroups);
    Restricting = Query(TokenRestrictedSids);
    Privileges = Query(TokenPrivileges);
    TOKEN_MANDATORY_LABEL *Label = Query(TokenIntegrityLevel);
    Level = *GetSidSubAuthority(Label->Label.Sid, 0);
    DWORD Desired = ParseRights(Arguments[2]);
    MapGenericMask(&Desired, &Type.Information.Mapping);
    printf("object     %s, a %ls\nyou        %s\nyou want   0x%lx\n", Arguments[1], Type.Information.TypeName.Buffer, Who(User->User.Sid), Desired);
    DWORD Mine = Explain(Descriptor, Desired);
    if (!AccessCheck(Descriptor, Token, Desired, &Type.Information.Mapping, &Set, &SetSize, &Kernel, &Allowed)) {
        Die("the kernel could not be asked");
    }
    printf("verdict    %s", Allowed ? "granted" : "DENIED");
    if (Allowed) {
        printf(": 0x%lx", Kernel);
    }
    printf("%s\n", (Mine != 0) != (Allowed != FALSE) || (Allowed && Mine != Kernel) ? "  (says the kernel; the steps above say otherwise: a bug)" : "");
    return Allowed ? 0 : ERROR_ACCESS_DENIED;
}
