/* SPDX-License-Identifier: MIT */
/*
 * objectdir.c - object directories and types as a program sees them: enumeration in every way, permanent and temporary objects, exclusive ones, symbolic
 * links, counts; and Win32's names on top of them.  Would pass on Windows for an administrator who holds SeCreatePermanentPrivilege; without it those checks
 * are left out.
 */
#define _WIN32_WINNT 0x0A00
#include "native.h"
#include "names.h"
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "tap.h"

NATIVE(NtCreateEvent, (PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, int Type, BOOLEAN State), (Handle, Access, Attributes, Type, State))
NATIVE(NtOpenEvent, (PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes), (Handle, Access, Attributes))
NATIVE(NtCreateDirectoryObject, (PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes), (Handle, Access, Attributes))
NATIVE(NtOpenDirectoryObject, (PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes), (Handle, Access, Attributes))
NATIVE(NtQueryDirectoryObject, (HANDLE Directory, PVOID Buffer, ULONG Length, BOOLEAN Single, BOOLEAN Restart, PULONG Context, PULONG Returned),
     (Directory, Buffer, Length, Single, Restart, Context, Returned))
NATIVE(NtCreateSymbolicLinkObject, (PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, PUNICODE_STRING Target),
     (Handle, Access, Attributes, Target))
NATIVE(NtOpenSymbolicLinkObject, (PHANDLE Handle, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes), (Handle, Access, Attributes))
NATIVE(NtQuerySymbolicLinkObject, (HANDLE Link, PUNICODE_STRING Target, PULONG Returned), (Link, Target, Returned))
NATIVE(NtMakeTemporaryObject, (HANDLE Handle), (Handle))
NATIVE(NtMakePermanentObject, (HANDLE Handle), (Handle))

static NTSTATUS QueryObject(HANDLE Handle, int Class, PVOID Buffer, ULONG Length, PULONG Returned)
{
    NTSTATUS(NTAPI * Real)(HANDLE, int, PVOID, ULONG, PULONG) = (void *)GetProcAddress(GetModuleHandleA("ntdll"), "NtQueryObject");

    return Real(Handle, Class, Buffer, Length, Returned);
}

#define S(x) ((unsigned)(x))
#define COLLISION 0xC0000035u
#define NOT_FOUND 0xC0000034u
#define DENIED 0xC0000022u
#define TOO_SMALL 0xC0000023u
#define LENGTH_MISMATCH 0xC0000004u
#define NO_MORE 0x8000001Au
#define MORE 0x105u

typedef struct _ENTRY
{
    UNICODE_STRING Name, Type;
} ENTRY;

static UNICODE_STRING Text(const WCHAR *Source)
{
    return (UNICODE_STRING){(USHORT)(wcslen(Source) * 2), (USHORT)(wcslen(Source) * 2), (PWSTR)Source};
}

/* How many entries a list has; -1 if one is not one of x0 ... x9, an Event. */
static int Entries(const ENTRY *Entry, unsigned *Seen)
{
    int Count = 0;

    for (; Entry->Name.Buffer != NULL; Entry++, Count++) {
        if (Entry->Name.Length != 4 || Entry->Name.Buffer[0] != L'x' || Entry->Name.Buffer[2] != 0 || wcscmp(Entry->Type.Buffer, L"Event") != 0) {
            return -1;
        }
        *Seen |= 1u << (Entry->Name.Buffer[1] - L'0');
    }
    return Count;
}

static void Enumeration(void)
{
    static UCHAR Buffer[4096] __attribute__((aligned(8)));
    HANDLE Directory, Events[10], Weak;
    ULONG Context = 0, Returned = 0, Total = 0, Rounds = 0;
    unsigned Seen = 0;
    NTSTATUS Status;

    Is(S(NtCreateDirectoryObject(&Directory, 0xF000F, Named(NULL, L"\\BaseNamedObjects\\enum", 0))), 0, "a directory");
    Is(S(NtQueryDirectoryObject(Directory, Buffer, sizeof(Buffer), FALSE, TRUE, &Context, &Returned)), NO_MORE, "an empty one");
    for (int i = 0; i < 10; i++) {
        WCHAR Name[] = {L'x', (WCHAR)(L'0' + i), 0};
        NtCreateEvent(&Events[i], EVENT_ALL_ACCESS, Named(Directory, Name, 0), 0, FALSE);
    }
    Is(S(NtQueryDirectoryObject(Directory, Buffer, sizeof(Buffer), FALSE, TRUE, &Context, &Returned)), 0, "all at once");
    Ok(Entries((ENTRY *)Buffer, &Seen) == 10 && Seen == 0x3FF, "ten, each once");
    Is(Context, 10, "the context counts them");
    ULONG All = Returned;
    Is(S(NtQueryDirectoryObject(Directory, Buffer, sizeof(Buffer), FALSE, FALSE, &Context, NULL)), NO_MORE, "that was all");
    Seen = 0;
    Context = 3;
    Is(S(NtQueryDirectoryObject(Directory, Buffer, sizeof(Buffer), FALSE, FALSE, &Context, NULL)), 0, "from the third on");
    Ok(Entries((ENTRY *)Buffer, &Seen) == 7, "seven");
    Seen = 0;
    do {
        Status = NtQueryDirectoryObject(Directory, Buffer, 200, FALSE, Rounds == 0, &Context, &Returned);
        Total += NT_SUCCESS(Status) ? (ULONG)Entries((ENTRY *)Buffer, &Seen) : 0;
        Rounds++;
    } while (S(Status) == MORE);
    Ok(Status == 0 && Total == 10 && Seen == 0x3FF && Rounds > 2, "a small buffer: %lu rounds", Rounds);
    Seen = Total = 0;
    for (Rounds = 0; NtQueryDirectoryObject(Directory, Buffer, sizeof(Buffer), TRUE, Rounds == 0, &Context, NULL) == 0; Rounds++) {
        Total += (ULONG)Entries((ENTRY *)Buffer, &Seen);
    }
    Ok(Rounds == 10 && Total == 10 && Seen == 0x3FF, "one at a time");
    Context = 0;
    Is(S(NtQueryDirectoryObject(Directory, Buffer, 64, TRUE, FALSE, &Context, &Returned)), TOO_SMALL, "no room for one");
    Ok(Returned > 64 && Returned < All && Context == 0, "how much one needs, and it is not skipped");
    Is(S(NtQueryDirectoryObject(Directory, Buffer, Returned, TRUE, FALSE, &Context, NULL)), 0, "is enough");
    Is(S(NtQueryDirectoryObject(Directory, Buffer, sizeof(Buffer), FALSE, TRUE, NULL, NULL)), 0xC0000005, "no context");
    Is(S(NtQueryDirectoryObject(Directory, (PVOID)16, 4096, FALSE, TRUE, &Context, NULL)), 0xC0000005, "a bad buffer");
    DuplicateHandle(GetCurrentProcess(), Directory, GetCurrentProcess(), &Weak, 2 /* DIRECTORY_TRAVERSE */, FALSE, 0);
    Is(S(NtQueryDirectoryObject(Weak, Buffer, sizeof(Buffer), FALSE, TRUE, &Context, NULL)), DENIED, "DIRECTORY_QUERY is needed");
    CloseHandle(Weak);
    Is(S(NtQueryDirectoryObject(Events[0], Buffer, sizeof(Buffer), FALSE, TRUE, &Context, NULL)), 0xC0000024, "an event is no directory");
    for (int i = 0; i < 10; i++) {
        CloseHandle(Events[i]);
    }
    Is(S(NtQueryDirectoryObject(Directory, Buffer, sizeof(Buffer), FALSE, TRUE, &Context, NULL)), NO_MORE, "empty again");
    CloseHandle(Directory);
}

static BOOL Privilege(const char *Name)
{
    TOKEN_PRIVILEGES New = {.PrivilegeCount = 1, .Privileges = {{.Attributes = SE_PRIVILEGE_ENABLED}}};
    HANDLE Token;
    BOOL Has;

    OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &Token);
    LookupPrivilegeValueA(NULL, Name, &New.Privileges[0].Luid);
    Has = AdjustTokenPrivileges(Token, FALSE, &New, 0, NULL, NULL) && GetLastError() == ERROR_SUCCESS;
    CloseHandle(Token);
    return Has;
}

static void Permanence(void)
{
    HANDLE Event, Again;

    if (!Privilege("SeCreatePermanentPrivilege")) {
        Is(S(NtCreateEvent(&Event, EVENT_ALL_ACCESS, Named(NULL, L"\\BaseNamedObjects\\perm", OBJ_PERMANENT), 0, FALSE)), 0xC0000061,
           "a permanent object needs a privilege");
        return;
    }
    Is(S(NtCreateEvent(&Event, EVENT_ALL_ACCESS, Named(NULL, L"\\BaseNamedObjects\\perm", OBJ_PERMANENT), 0, FALSE)), 0, "a permanent object");
    CloseHandle(Event);
    Is(S(NtOpenEvent(&Event, EVENT_ALL_ACCESS, Named(NULL, L"\\BaseNamedObjects\\perm", 0))), 0, "stays without a handle");
    Is(S(NtMakeTemporaryObject(Event)), 0, "made temporary");
    Is(S(NtOpenEvent(&Again, EVENT_ALL_ACCESS, Named(NULL, L"\\BaseNamedObjects\\perm", 0))), 0, "it is there while somebody has it");
    CloseHandle(Again);
    CloseHandle(Event);
    Is(S(NtOpenEvent(&Again, EVENT_ALL_ACCESS, Named(NULL, L"\\BaseNamedObjects\\perm", 0))), NOT_FOUND, "and goes with the last handle");
    NtCreateEvent(&Event, EVENT_ALL_ACCESS, Named(NULL, L"\\BaseNamedObjects\\perm", 0), 0, FALSE);
    Is(S(NtMakePermanentObject(Event)), 0, "made permanent");
    CloseHandle(Event);
    Is(S(NtOpenEvent(&Event, SYNCHRONIZE, Named(NULL, L"\\BaseNamedObjects\\perm", 0))), 0, "stays");
    Is(S(NtMakeTemporaryObject(Event)), DENIED, "DELETE is needed to make it temporary");
    CloseHandle(Event);
    NtOpenEvent(&Event, DELETE, Named(NULL, L"\\BaseNamedObjects\\perm", 0));
    Is(S(NtMakeTemporaryObject(Event)), 0, "with it");
    CloseHandle(Event);
    Is(S(NtOpenEvent(&Event, SYNCHRONIZE, Named(NULL, L"\\BaseNamedObjects\\perm", 0))), NOT_FOUND, "it goes");
}

static void Links(void)
{
    static WCHAR Buffer[64];
    UNICODE_STRING Target = Text(L"\\BaseNamedObjects\\lnk2"), Loop = Text(L"\\BaseNamedObjects\\lnk1"), Odd = {3, 4, Buffer};
    UNICODE_STRING Nowhere = Text(L"\\NoSuch\\place"), Got = {0, sizeof(Buffer), Buffer};
    HANDLE First, Second, Event;
    ULONG Returned = 0;

    Is(S(NtCreateSymbolicLinkObject(&First, 0xF0001, Named(NULL, L"\\BaseNamedObjects\\lnk1", 0), &Target)), 0, "a link to something that is not there yet");
    Is(S(NtOpenEvent(&Event, SYNCHRONIZE, Named(NULL, L"\\BaseNamedObjects\\lnk1", 0))), NOT_FOUND, "leads nowhere");
    Is(S(NtCreateSymbolicLinkObject(&Second, 0xF0001, Named(NULL, L"\\BaseNamedObjects\\lnk2", 0), &Loop)), 0, "a link back to it");
    Is(S(NtOpenEvent(&Event, SYNCHRONIZE, Named(NULL, L"\\BaseNamedObjects\\lnk1", 0))), NOT_FOUND, "a circle ends");
    CloseHandle(Second);
    NtCreateEvent(&Event, EVENT_ALL_ACCESS, Named(NULL, L"\\BaseNamedObjects\\lnk2", 0), 0, FALSE);
    Is(S(NtOpenEvent(&Second, SYNCHRONIZE, Named(NULL, L"\\BaseNamedObjects\\lnk1", 0))), 0, "now it leads to an event");
    CloseHandle(Second);
    Is(S(NtCreateEvent(&Second, EVENT_ALL_ACCESS, Named(NULL, L"\\BaseNamedObjects\\lnk1", OBJ_OPENIF), 0, FALSE)), 0x40000000, "also for who creates");
    CloseHandle(Second);
    Is(S(NtCreateSymbolicLinkObject(&Second, 0xF0001, Named(NULL, L"\\BaseNamedObjects\\LNK1", 0), &Target)), COLLISION, "case never counts for links");
    Is(S(NtOpenSymbolicLinkObject(&Second, 1, Named(NULL, L"\\BaseNamedObjects\\LNK1", 0))), 0, "when opened, too");
    Is(S(NtQuerySymbolicLinkObject(Second, &Got, &Returned)), 0, "its target");
    Ok(Got.Length == Target.Length && wcsncmp(Buffer, Target.Buffer, Got.Length / 2) == 0, "as given");
    Got.MaximumLength = 4;
    Is(S(NtQuerySymbolicLinkObject(Second, &Got, &Returned)), TOO_SMALL, "no room for it");
    Ok(Returned >= Target.Length, "how much it needs");
    CloseHandle(Second);
    CloseHandle(Event);
    CloseHandle(First);
    Is(S(NtCreateSymbolicLinkObject(&First, 0xF0001, Named(NULL, L"\\BaseNamedObjects\\lnk1", 0), &Odd)), 0xC000000D, "a target of half a character");
    NtCreateSymbolicLinkObject(&First, 0xF0001, Named(NULL, L"\\BaseNamedObjects\\lnk1", 0), &Nowhere);
    Is(S(NtOpenEvent(&Event, SYNCHRONIZE, Named(NULL, L"\\BaseNamedObjects\\lnk1\\x", 0))), 0xC000003A, "a directory that is not there");
    CloseHandle(First);
}

typedef struct _TYPE_COUNTS
{
    UNICODE_STRING Name;
    ULONG Objects, Handles;
} TYPE_COUNTS;

static void Types(void)
{
    static UCHAR Buffer[512] __attribute__((aligned(8))), All[32768] __attribute__((aligned(8)));
    TYPE_COUNTS *Type = (PVOID)Buffer;
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, NULL), More[5];
    ULONG Returned = 0, Objects, Handles, Found = 0;

    Is(S(QueryObject(Event, 2, Buffer, sizeof(Buffer), &Returned)), 0, "an event's type");
    Objects = Type->Objects;
    Handles = Type->Handles;
    for (int i = 0; i < 5; i++) {
        More[i] = CreateEventA(NULL, TRUE, FALSE, NULL);
    }
    QueryObject(Event, 2, Buffer, sizeof(Buffer), &Returned);
    Ok(Type->Objects >= Objects + 5 && Type->Handles >= Handles + 5, "five events more are counted");
    for (int i = 0; i < 5; i++) {
        CloseHandle(More[i]);
    }
    Is(S(QueryObject(Event, 2, Buffer, 8, &Returned)), LENGTH_MISMATCH, "no room for a type");
    Ok(Returned > 0x68, "how much it needs: %lu", Returned);
    Is(S(QueryObject(NULL, 3, All, 8, &Returned)), LENGTH_MISMATCH, "no room for all types");
    ULONG Needed = Returned;
    Is(S(QueryObject(NULL, 3, All, sizeof(All), &Returned)), 0, "all types");
    Ok(Needed >= 1000 && Returned <= sizeof(All), "%lu bytes", Returned);
    UCHAR *At = All + 8;
    for (ULONG i = 0; i < *(ULONG *)All; i++) {
        UNICODE_STRING *Name = (PVOID)At;
        Found += wcscmp(Name->Buffer, L"Process") == 0 || wcscmp(Name->Buffer, L"Thread") == 0 || wcscmp(Name->Buffer, L"Event") == 0 ||
                 wcscmp(Name->Buffer, L"Job") == 0 || wcscmp(Name->Buffer, L"Section") == 0 || wcscmp(Name->Buffer, L"File") == 0;
        At += 0x68 + ((Name->MaximumLength + 7u) & ~7u);
    }
    Is(Found, 6, "with processes, threads, events, jobs, sections and files");
    Is(S(QueryObject(NULL, 0, All, 56, NULL)), 0xC0000008, "basic information of no handle");
    Is(S(QueryObject(Event, 0, All, 55, &Returned)), LENGTH_MISMATCH, "a byte too few");
    Is(S(QueryObject(Event, 1, All, 512, &Returned)), 0, "the name of an object without one");
    Ok(((UNICODE_STRING *)All)->Length == 0 && Returned == 16, "is empty");
    CloseHandle(Event);
}

/* What Win32 makes of names. */
static void Names(void)
{
    HANDLE Event, Again;
    char Long[300];

    Event = CreateEventA(NULL, TRUE, FALSE, "name-a");
    Ok(Event != NULL && GetLastError() == ERROR_SUCCESS, "a new one clears the last error");
    Again = CreateEventA(NULL, FALSE, TRUE, "name-a");
    Ok(Again != NULL && GetLastError() == ERROR_ALREADY_EXISTS, "the same one: ERROR_ALREADY_EXISTS");
    SetEvent(Event);
    Ok(WaitForSingleObject(Again, 0) == WAIT_OBJECT_0 && WaitForSingleObject(Again, 0) == WAIT_OBJECT_0, "as it was made first");
    CloseHandle(Again);
    SetLastError(0);
    Ok(CreateMutexA(NULL, FALSE, "name-a") == NULL && GetLastError() == ERROR_INVALID_HANDLE, "another type: ERROR_INVALID_HANDLE");
    Ok(OpenMutexA(SYNCHRONIZE, FALSE, "name-a") == NULL && GetLastError() == ERROR_INVALID_HANDLE, "opened, too");
    Ok(OpenEventA(SYNCHRONIZE, FALSE, "NAME-A") == NULL && GetLastError() == ERROR_FILE_NOT_FOUND, "case counts");
    Again = OpenEventA(SYNCHRONIZE, FALSE, "Local\\name-a");
    Ok(Again != NULL, "Local\\");
    CloseHandle(Again);
    Ok(OpenEventA(SYNCHRONIZE, FALSE, "NoSuch\\name-a") == NULL && GetLastError() == ERROR_PATH_NOT_FOUND, "no such directory");
    Ok(CreateEventA(NULL, TRUE, FALSE, "a\\b") == NULL && GetLastError() == ERROR_PATH_NOT_FOUND, "a backslash");
    Ok(OpenEventA(SYNCHRONIZE, FALSE, NULL) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "nothing to open");
    memset(Long, 'x', sizeof(Long) - 1);
    Long[sizeof(Long) - 1] = 0;
    Ok(CreateEventA(NULL, TRUE, FALSE, Long) == NULL && GetLastError() == ERROR_FILENAME_EXCED_RANGE, "too long for the A form");
    Again = CreateEventA(NULL, TRUE, FALSE, "");
    Ok(Again != NULL, "an empty name is none");
    CloseHandle(Again);
    CloseHandle(Event);
    Event = CreateEventA(NULL, TRUE, FALSE, "Global\\name-b");
    Ok(Event != NULL && CloseHandle(Event), "Global\\");
}

int main(void)
{
    Enumeration();
    Permanence();
    Links();
    Types();
    Names();
    return Done();
}
