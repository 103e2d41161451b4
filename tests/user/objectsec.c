/* SPDX-License-Identifier: MIT */
/*
 * objectsec.c - who owns what is made, and who may use it: the descriptor of a new object of each type, from the creator's token, the creator's wish, and the
 * directory it is made in; changed afterwards.
 */
#define _WIN32_WINNT 0x0A00
#include "tokens.h"
#include "names.h"

NATIVE(NtCreateIoCompletion, (PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, ULONG Threads), (Handle, Access, Attributes, Threads))
NATIVE(NtCreateKeyedEvent, (PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, ULONG Flags), (Handle, Access, Attributes, Flags))
NATIVE(NtCreateDirectoryObject, (PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes), (Handle, Access, Attributes))
NATIVE(NtCreateSymbolicLinkObject, (PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, PUNICODE_STRING Target),
       (Handle, Access, Attributes, Target))
NATIVE(NtCreateEvent, (PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, ULONG Type, BOOLEAN State), (Handle, Access, Attributes, Type, State))

/* The descriptor's owner and DACL; freed by the caller. */
static PSECURITY_DESCRIPTOR DescriptorOf(HANDLE Handle, PSID *Owner, PACL *Dacl)
{
    SECURITY_INFORMATION What = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    BOOL Present, Defaulted;
    DWORD Length = 0;

    *Owner = NULL;
    *Dacl = NULL;
    GetKernelObjectSecurity(Handle, What, NULL, 0, &Length);
    PSECURITY_DESCRIPTOR Descriptor = calloc(1, Length + 1);
    if (GetKernelObjectSecurity(Handle, What, Descriptor, Length, &Length)) {
        GetSecurityDescriptorOwner(Descriptor, Owner, &Defaulted);
        GetSecurityDescriptorDacl(Descriptor, &Present, Dacl, &Defaulted);
    }
    return Descriptor;
}

static ACCESS_ALLOWED_ACE *Entry(PACL Dacl, DWORD Index)
{
    PVOID Ace = NULL;

    return Dacl != NULL && GetAce(Dacl, Index, &Ace) ? Ace : NULL;
}

/* ---- by the creator's token ---------------------------------------------------------------------------------------------------------------- */

static PSID User;

/* A token whose objects are its user's, who may do all with them, while everybody may read. */
static HANDLE Creator(void)
{
    TOKEN_DEFAULT_DACL Default;
    TOKEN_OWNER Owner;
    HANDLE Own, Client;
    UCHAR Room[256];

    OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &Own);
    Client = Copy(Own, SecurityImpersonation, TokenImpersonation);
    CloseHandle(Own);
    User = ((TOKEN_USER *)Query(Client, TokenUser))->User.Sid;
    Owner.Owner = User;
    SetTokenInformation(Client, TokenOwner, &Owner, sizeof(Owner));
    InitializeAcl((PACL)Room, sizeof(Room), ACL_REVISION);
    AddAccessAllowedAce((PACL)Room, ACL_REVISION, GENERIC_ALL, User);
    AddAccessAllowedAce((PACL)Room, ACL_REVISION, GENERIC_READ, Sid("S-1-1-0"));
    Default.DefaultDacl = (PACL)Room;
    Ok(SetTokenInformation(Client, TokenDefaultDacl, &Default, sizeof(Default)), "a token with a default DACL of its own");
    return Client;
}

/* Handle was opened for all there is. */
static void IsTheCreators(const char *Type, HANDLE Handle)
{
    PSID Owner;
    PACL Dacl;
    PSECURITY_DESCRIPTOR Descriptor = DescriptorOf(Handle, &Owner, &Dacl);
    ACCESS_ALLOWED_ACE *All = Entry(Dacl, 0), *Read = Entry(Dacl, 1);
    ULONG Rights = Granted(Handle);

    Ok(Owner != NULL && EqualSid(Owner, User), "%s: belongs to the user", Type);
    if (!Ok(All != NULL && Dacl->AceCount == 2 && EqualSid(&All->SidStart, User) && All->Mask == Rights, "%s: who may do 0x%lx", Type, Rights) && All != NULL) {
        printf("#   entry: 0x%lx, %u entries\n", All->Mask, Dacl->AceCount);
    }
    Ok(Read != NULL && EqualSid(&Read->SidStart, Sid("S-1-1-0")) && (Read->Mask & READ_CONTROL) && (Read->Mask & ~Rights) == 0 && Read->Mask != Rights,
       "%s: everybody may read: 0x%lx", Type, Read != NULL ? Read->Mask : 0);
    free(Descriptor);
    CloseHandle(Handle);
}

static DWORD WINAPI Nothing(void *Unused)
{
    (void)Unused;
    return 0;
}

static void EachType(void)
{
    UNICODE_STRING Target = {2, 4, L"\\"};
    HANDLE Client = Creator(), Handle, Ports[4] = {NULL};
    PROCESS_INFORMATION Process = {0};
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    char Command[] = "exitcode.exe 0";

    SetThreadToken(NULL, Client);
    HANDLE Made[] = {CreateEventA(NULL, TRUE, FALSE, "objsec-event"), CreateMutexA(NULL, FALSE, "objsec-mutex"), CreateSemaphoreA(NULL, 0, 1, "objsec-sem"),
                     CreateWaitableTimerA(NULL, TRUE, "objsec-timer"),
                     CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_EXECUTE_READWRITE, 0, 4096, "objsec-section"),
                     CreateJobObjectA(NULL, "objsec-job"), CreateThread(NULL, 0, Nothing, NULL, 0, NULL)};
    NtCreateIoCompletion(&Ports[0], 0x1F0003, Named(NULL, L"\\BaseNamedObjects\\objsec-port", 0), 0);
    NtCreateKeyedEvent(&Ports[1], 0xF0003, Named(NULL, L"\\BaseNamedObjects\\objsec-keyed", 0), 0);
    NtCreateDirectoryObject(&Ports[2], 0xF000F, Named(NULL, L"\\BaseNamedObjects\\objsec-directory", 0));
    NtCreateSymbolicLinkObject(&Ports[3], 0xF0001, Named(NULL, L"\\BaseNamedObjects\\objsec-link", 0), &Target);
    Handle = Copy(Client, SecurityImpersonation, TokenPrimary);
    CreateProcessA(NULL, Command, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &Startup, &Process);
    RevertToSelf();

    static const char *const Names[] = {"event", "mutex", "semaphore", "timer", NULL, "job", "thread"};
    static const char *const Native[] = {"completion port", "keyed event", "directory", "symbolic link"};
    for (unsigned i = 0; i < sizeof(Made) / sizeof(HANDLE); i++) {
        if (Names[i] != NULL) {
            IsTheCreators(Names[i], Made[i]);
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        IsTheCreators(Native[i], Ports[i]);
    }
    IsTheCreators("token", Handle);
    PSID Owner;
    PACL Dacl;
    PSECURITY_DESCRIPTOR Descriptor = DescriptorOf(Made[4], &Owner, &Dacl); /* its handle has not every right: it cannot be extended */
    Ok(Owner != NULL && EqualSid(Owner, User) && Dacl != NULL && Dacl->AceCount == 2 && Entry(Dacl, 0)->Mask == SECTION_ALL_ACCESS,
       "section: the user's, as well");
    free(Descriptor);
    CloseHandle(Made[4]);
    Descriptor = DescriptorOf(Process.hProcess, &Owner, &Dacl);
    Ok(Owner != NULL && EqualSid(Owner, User) && Dacl != NULL && Dacl->AceCount == 2 && Entry(Dacl, 0)->Mask == PROCESS_ALL_ACCESS, "process: the user's");
    free(Descriptor);
    TerminateProcess(Process.hProcess, 0);
    CloseHandle(Process.hProcess);
    CloseHandle(Process.hThread);
    CloseHandle(Client);
}

/* ---- by the directory, and later ------------------------------------------------------------------------------------------------------------- */

static PSECURITY_DESCRIPTOR From(const char *Sddl)
{
    PSECURITY_DESCRIPTOR Descriptor = NULL;

    ConvertStringSecurityDescriptorToSecurityDescriptorA(Sddl, 1, &Descriptor, NULL);
    return Descriptor;
}

static void ByTheDirectory(void)
{
    POBJECT_ATTRIBUTES Attributes = Named(NULL, L"\\BaseNamedObjects\\objsec-parent", 0);
    HANDLE Parent = NULL, Event = NULL, Child = NULL;
    PSECURITY_DESCRIPTOR Descriptor;
    PSID Owner;
    PACL Dacl;

    Attributes->SecurityDescriptor = From("D:(A;;GA;;;SY)(A;;GA;;;BA)(A;OIIO;GR;;;WD)(A;CIIO;GX;;;AU)");
    Is((ULONG)NtCreateDirectoryObject(&Parent, 0xF000F, Attributes), 0, "a directory that hands something on");
    NtCreateEvent(&Event, EVENT_ALL_ACCESS, Named(Parent, L"event", 0), 0, FALSE);
    Descriptor = DescriptorOf(Event, &Owner, &Dacl);
    Ok(Dacl != NULL && Dacl->AceCount == 1 && EqualSid(&Entry(Dacl, 0)->SidStart, Sid("S-1-1-0")) && Entry(Dacl, 0)->Mask == (READ_CONTROL | 1) &&
           Entry(Dacl, 0)->Header.AceFlags == 0, "an event in it has what is for objects, and not the token's default");
    free(Descriptor);
    NtCreateDirectoryObject(&Child, 0xF000F, Named(Parent, L"child", 0));
    Descriptor = DescriptorOf(Child, &Owner, &Dacl);
    int Effective = 0, ForObjects = 0;
    for (DWORD i = 0; Dacl != NULL && i < Dacl->AceCount; i++) {
        ACCESS_ALLOWED_ACE *Ace = Entry(Dacl, i);
        if (EqualSid(&Ace->SidStart, Sid("S-1-5-11"))) {
            Effective += !(Ace->Header.AceFlags & INHERIT_ONLY_ACE);
        } else {
            ForObjects += (Ace->Header.AceFlags & (INHERIT_ONLY_ACE | OBJECT_INHERIT_ACE)) == (INHERIT_ONLY_ACE | OBJECT_INHERIT_ACE);
        }
    }
    Ok(Effective == 1 && ForObjects == 1, "a directory in it has what is for directories, and hands the rest on");
    free(Descriptor);
    CloseHandle(Child);
    CloseHandle(Event);
    CloseHandle(Parent);
}

static void Later(void)
{
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, "objsec-later"), Weak, Opened;

    Weak = Limited(Event, EVENT_MODIFY_STATE);
    Fails(SetKernelObjectSecurity(Weak, DACL_SECURITY_INFORMATION, From("D:(A;;GA;;;WD)")), ERROR_ACCESS_DENIED, "to change a DACL needs WRITE_DAC");
    CloseHandle(Weak);
    Ok(SetKernelObjectSecurity(Event, DACL_SECURITY_INFORMATION, From("D:(A;;GR;;;WD)")), "the DACL is changed");
    Fails(OpenEventA(EVENT_MODIFY_STATE, FALSE, "objsec-later") != NULL, ERROR_ACCESS_DENIED, "who opens it now may not set it");
    Opened = OpenEventA(1 /* EVENT_QUERY_STATE */, FALSE, "objsec-later");
    Ok(Opened != NULL, "but look");
    Ok(SetEvent(Event), "an old handle keeps its rights");
    Without("SeRestorePrivilege");
    Fails(SetKernelObjectSecurity(Event, OWNER_SECURITY_INFORMATION, From("O:S-1-5-99")), ERROR_INVALID_OWNER, "not anybody can be made the owner");
    RevertToSelf();
    CloseHandle(Opened);
    CloseHandle(Event);
}

int main(void)
{
    EachType();
    ByTheDirectory();
    Later();
    return Done();
}
