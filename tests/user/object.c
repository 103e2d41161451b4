/* SPDX-License-Identifier: MIT */
/*
 * object.c - the object manager and the executive's objects through the native interface: handles, duplication, names, directories, symbolic
 * links, types, events, mutants, semaphores, timers, keyed events, alerts.  Would pass on Windows but for the checks of \BaseNamedObjects' session.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <winternl.h>
#include "names.h"
#include "tap.h"

#define S(x) ((unsigned)(x))
#define OK 0u
#define HANDLE_INVALID 0xC0000008u
#define DENIED 0xC0000022u
#define TYPE_MISMATCH 0xC0000024u
#define NAME_INVALID 0xC0000033u
#define NOT_FOUND 0xC0000034u
#define COLLISION 0xC0000035u
#define PATH_NOT_FOUND 0xC000003Au
#define SYNTAX_BAD 0xC000003Bu
#define EXISTS 0x40000000u
#define TOO_SMALL 0xC0000023u
#define LENGTH_MISMATCH 0xC0000004u
#define NOT_CLOSABLE 0xC0000235u

#define NATIVE(name, ...) static NTSTATUS(NTAPI *name)(__VA_ARGS__)
NATIVE(Close, HANDLE);
NATIVE(CreateEvent_, PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, int, BOOLEAN);
NATIVE(OpenEvent_, PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NATIVE(SetEvent_, HANDLE, PLONG);
NATIVE(ResetEvent_, HANDLE, PLONG);
NATIVE(PulseEvent_, HANDLE, PLONG);
NATIVE(QueryEvent, HANDLE, int, PVOID, ULONG, PULONG);
NATIVE(CreateMutant, PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, BOOLEAN);
NATIVE(ReleaseMutant, HANDLE, PLONG);
NATIVE(QueryMutant, HANDLE, int, PVOID, ULONG, PULONG);
NATIVE(CreateSemaphore_, PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, LONG, LONG);
NATIVE(ReleaseSemaphore_, HANDLE, LONG, PLONG);
NATIVE(CreateTimer, PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, int);
NATIVE(SetTimer_, HANDLE, PLARGE_INTEGER, PVOID, PVOID, BOOLEAN, LONG, PBOOLEAN);
NATIVE(CancelTimer, HANDLE, PBOOLEAN);
NATIVE(CreateDirectory_, PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NATIVE(OpenDirectory, PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NATIVE(QueryDirectory, HANDLE, PVOID, ULONG, BOOLEAN, BOOLEAN, PULONG, PULONG);
NATIVE(CreateLink, PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PUNICODE_STRING);
NATIVE(OpenLink, PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NATIVE(QueryLink, HANDLE, PUNICODE_STRING, PULONG);
NATIVE(QueryObject, HANDLE, int, PVOID, ULONG, PULONG);
NATIVE(SetObject, HANDLE, int, PVOID, ULONG);
NATIVE(Duplicate, HANDLE, HANDLE, HANDLE, PHANDLE, ACCESS_MASK, ULONG, ULONG);
NATIVE(Compare, HANDLE, HANDLE);
NATIVE(MakeTemporary, HANDLE);
NATIVE(WaitSingle, HANDLE, BOOLEAN, PLARGE_INTEGER);
NATIVE(WaitMultiple, ULONG, HANDLE *, int, BOOLEAN, PLARGE_INTEGER);
NATIVE(SignalAndWait, HANDLE, HANDLE, BOOLEAN, PLARGE_INTEGER);
NATIVE(CreateKeyedEvent, PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG);
NATIVE(WaitKeyed, HANDLE, PVOID, BOOLEAN, PLARGE_INTEGER);
NATIVE(ReleaseKeyed, HANDLE, PVOID, BOOLEAN, PLARGE_INTEGER);
NATIVE(WaitAlert, PVOID, PLARGE_INTEGER);
NATIVE(AlertThread, HANDLE);
NATIVE(QuerySystem, int, PVOID, ULONG, PULONG);

static void Bind(void)
{
    HMODULE Ntdll = GetModuleHandleA("ntdll.dll");
    const struct
    {
        void *Pointer;
        const char *Name;
    } Table[] = {
        {&Close, "NtClose"}, {&CreateEvent_, "NtCreateEvent"}, {&OpenEvent_, "NtOpenEvent"}, {&SetEvent_, "NtSetEvent"},
        {&ResetEvent_, "NtResetEvent"}, {&PulseEvent_, "NtPulseEvent"}, {&QueryEvent, "NtQueryEvent"}, {&CreateMutant, "NtCreateMutant"},
        {&ReleaseMutant, "NtReleaseMutant"}, {&QueryMutant, "NtQueryMutant"}, {&CreateSemaphore_, "NtCreateSemaphore"},
        {&ReleaseSemaphore_, "NtReleaseSemaphore"}, {&CreateTimer, "NtCreateTimer"}, {&SetTimer_, "NtSetTimer"}, {&CancelTimer, "NtCancelTimer"},
        {&CreateDirectory_, "NtCreateDirectoryObject"}, {&OpenDirectory, "NtOpenDirectoryObject"}, {&QueryDirectory, "NtQueryDirectoryObject"},
        {&CreateLink, "NtCreateSymbolicLinkObject"}, {&OpenLink, "NtOpenSymbolicLinkObject"}, {&QueryLink, "NtQuerySymbolicLinkObject"},
        {&QueryObject, "NtQueryObject"}, {&SetObject, "NtSetInformationObject"}, {&Duplicate, "NtDuplicateObject"}, {&Compare, "NtCompareObjects"},
        {&MakeTemporary, "NtMakeTemporaryObject"}, {&WaitSingle, "NtWaitForSingleObject"}, {&WaitMultiple, "NtWaitForMultipleObjects"},
        {&SignalAndWait, "NtSignalAndWaitForSingleObject"}, {&CreateKeyedEvent, "NtCreateKeyedEvent"}, {&WaitKeyed, "NtWaitForKeyedEvent"},
        {&ReleaseKeyed, "NtReleaseKeyedEvent"}, {&WaitAlert, "NtWaitForAlertByThreadId"}, {&AlertThread, "NtAlertThreadByThreadId"},
        {&QuerySystem, "NtQuerySystemInformation"},
    };

    for (unsigned i = 0; i < sizeof(Table) / sizeof(*Table); i++) {
        *(FARPROC *)Table[i].Pointer = GetProcAddress(Ntdll, Table[i].Name);
    }
}

static void Handles(void)
{
    HANDLE First, Second, Third;
    LONG State = 77;

    Is(S(CreateEvent_(&First, EVENT_ALL_ACCESS, NULL, 0, FALSE)), OK, "an event without a name");
    Is((ULONG_PTR)First & 3, 0, "handles are multiples of 4");
    Is(S(SetEvent_((HANDLE)((ULONG_PTR)First | 3), &State)), OK, "their two low bits are the caller's");
    Is(State, 0, "its old state");
    CreateEvent_(&Second, EVENT_ALL_ACCESS, NULL, 0, FALSE);
    Close(First);
    CreateEvent_(&Third, EVENT_ALL_ACCESS, NULL, 1, FALSE);
    Is((ULONG_PTR)Third, (ULONG_PTR)First, "the value closed last is used again");
    Close(Third);
    Is(S(Close(Third)), HANDLE_INVALID, "closing twice");
    Is(S(Close(NULL)), HANDLE_INVALID, "closing NULL");
    Is(S(Close((HANDLE)(LONG_PTR)0x7FFFFFF0)), HANDLE_INVALID, "closing a value that never was");
    Is(S(SetEvent_((HANDLE)(LONG_PTR)0xFFFFFFFF80000004, NULL)), HANDLE_INVALID, "the kernel's handles are not for user mode");
    Is(S(ReleaseMutant(Second, NULL)), TYPE_MISMATCH, "a handle of another type");
    Is(S(CreateEvent_((PHANDLE)8, EVENT_ALL_ACCESS, NULL, 0, FALSE)), 0xC0000005, "a bad pointer for the handle");
    Is(S(CreateEvent_(&First, EVENT_ALL_ACCESS, NULL, 2, FALSE)), 0xC000000D, "a bad event type");
    Is(S(SetEvent_(Second, (PLONG)16)), 0xC0000005, "a bad pointer for the state");
    Close(Second);
}

static void Duplicates(void)
{
    HANDLE Self = (HANDLE)(LONG_PTR)-1, Event, Other;
    struct
    {
        BOOLEAN Inherit, Protect;
    } Flags = {TRUE, TRUE};
    struct
    {
        ULONG Attributes, Access, Handles, Pointers;
        ULONG Rest[10];
    } Basic;

    CreateEvent_(&Event, EVENT_ALL_ACCESS, NULL, 0, FALSE);
    Is(S(Duplicate(Self, Event, Self, &Other, SYNCHRONIZE, 0, 0)), OK, "duplicate with less access");
    Is(S(SetEvent_(Other, NULL)), DENIED, "which it then has");
    Is(S(Compare(Event, Other)), OK, "both are one object");
    Is(S(QueryObject(Other, 0, &Basic, sizeof(Basic), NULL)), OK, "basic information");
    Is(Basic.Access, SYNCHRONIZE, "granted access");
    Is(Basic.Handles, 2, "two handles");
    Is(S(Duplicate(Self, Event, Self, &Other, 0, OBJ_INHERIT, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE)), OK, "duplicate and close the source");
    Is(S(SetEvent_(Event, NULL)), HANDLE_INVALID, "the source is closed");
    QueryObject(Other, 0, &Basic, sizeof(Basic), NULL);
    Is(Basic.Attributes & OBJ_INHERIT, OBJ_INHERIT, "inheritable as asked");
    Is(S(SetObject(Other, 4, &Flags, sizeof(Flags))), OK, "protect it");
    Is(S(Close(Other)), NOT_CLOSABLE, "from being closed");
    Flags.Protect = FALSE;
    SetObject(Other, 4, &Flags, sizeof(Flags));
    Is(S(Close(Other)), OK, "and no longer");
    Is(S(Duplicate(Self, (HANDLE)0x7FFC, Self, &Other, 0, 0, 2)), HANDLE_INVALID, "no such source");
    Is(S(Duplicate(Self, Self, Self, &Other, 0, 0, DUPLICATE_SAME_ACCESS)), OK, "a pseudo handle becomes a real one");
    Is(S(Compare(Self, Other)), OK, "of this process");
    Is(S(QueryObject(Self, 99, NULL, 0, NULL)), 0xC0000003, "no such class");
    Close(Other);
}

static void Names(void)
{
    HANDLE Event, Again, Mutant, Directory;
    UCHAR Buffer[256];
    UNICODE_STRING *Name = (UNICODE_STRING *)Buffer;
    ULONG Needed = 0;

    Is(S(CreateEvent_(&Event, EVENT_ALL_ACCESS, Named(NULL, L"\\BaseNamedObjects\\obj-a", 0), 0, FALSE)), OK, "a named event");
    Is(S(CreateEvent_(&Again, EVENT_ALL_ACCESS, Named(NULL, L"\\BaseNamedObjects\\obj-a", 0), 0, FALSE)), COLLISION, "the name is taken");
    Is(S(CreateEvent_(&Again, EVENT_ALL_ACCESS, Named(NULL, L"\\BaseNamedObjects\\obj-a", OBJ_OPENIF), 0, FALSE)), EXISTS, "OBJ_OPENIF opens it");
    Is(S(Compare(Event, Again)), OK, "the same one");
    Close(Again);
    Is(S(CreateMutant(&Mutant, MUTANT_ALL_ACCESS, Named(NULL, L"\\BaseNamedObjects\\obj-a", OBJ_OPENIF), FALSE)), TYPE_MISMATCH, "not as another type");
    Is(S(CreateMutant(&Mutant, MUTANT_ALL_ACCESS, Named(NULL, L"\\BaseNamedObjects\\obj-a", 0), FALSE)), COLLISION, "nor create");
    Is(S(OpenEvent_(&Again, SYNCHRONIZE, Named(NULL, L"\\BaseNamedObjects\\OBJ-A", 0))), NOT_FOUND, "case counts for events");
    Is(S(OpenEvent_(&Again, SYNCHRONIZE, Named(NULL, L"\\BaseNamedObjects\\OBJ-A", OBJ_CASE_INSENSITIVE))), OK, "unless OBJ_CASE_INSENSITIVE");
    Close(Again);
    Is(S(QueryObject(Event, 1, Buffer, sizeof(Buffer), &Needed)), OK, "its name");
    Ok(Name->Length == 46 && wcscmp(Name->Buffer, L"\\BaseNamedObjects\\obj-a") == 0, "is the full path: %ls", Name->Buffer);
    Is(Needed, sizeof(*Name) + Name->Length + 2, "with the length needed");
    Is(S(QueryObject(Event, 1, Buffer, 8, &Needed)), LENGTH_MISMATCH, "a buffer too small for anything");
    Is(S(QueryObject(Event, 1, Buffer, 20, &Needed)), 0x80000005, "a buffer too small for the name");
    Close(Event);
    Is(S(OpenEvent_(&Again, SYNCHRONIZE, Named(NULL, L"\\BaseNamedObjects\\obj-a", 0))), NOT_FOUND, "the name goes with the last handle");
    Is(S(OpenEvent_(&Again, SYNCHRONIZE, Named(NULL, L"\\NoSuchDirectory\\x", 0))), PATH_NOT_FOUND, "no such directory");
    Is(S(OpenEvent_(&Again, SYNCHRONIZE, Named(NULL, L"BaseNamedObjects\\x", 0))), SYNTAX_BAD, "a relative name without a root");
    Is(S(OpenEvent_(&Again, SYNCHRONIZE, Named(NULL, L"\\BaseNamedObjects\\\\x", 0))), NAME_INVALID, "an empty component");
    Is(S(OpenEvent_(&Again, SYNCHRONIZE, Named(NULL, L"\\BaseNamedObjects", 0))), TYPE_MISMATCH, "a directory is no event");
    OpenDirectory(&Directory, 3, Named(NULL, L"\\BaseNamedObjects", 0));
    Is(S(CreateEvent_(&Event, EVENT_ALL_ACCESS, Named(Directory, L"obj-b", 0), 0, FALSE)), OK, "relative to a directory");
    Is(S(OpenEvent_(&Again, SYNCHRONIZE, Named(Directory, L"\\obj-b", 0))), SYNTAX_BAD, "where a leading separator is wrong");
    Close(Event);
    Close(Directory);
}

static void Directories(void)
{
    HANDLE Directory, Link, Event, Again;
    struct
    {
        UNICODE_STRING Name, Type;
    } *Entries;
    UCHAR Buffer[1024];
    WCHAR Target[64];
    UNICODE_STRING Text = {0, sizeof(Target), Target};
    UNICODE_STRING To = {2 * 22, 2 * 22, L"\\BaseNamedObjects\\dir1"};
    ULONG Context = 0, Length, Count = 0;

    Is(S(CreateDirectory_(&Directory, 0xF000F, Named(NULL, L"\\BaseNamedObjects\\dir1", 0))), OK, "a directory");
    Is(S(CreateLink(&Link, 0xF0001, Named(NULL, L"\\BaseNamedObjects\\link1", 0), &To)), OK, "a link to it");
    Is(S(CreateEvent_(&Event, EVENT_ALL_ACCESS, Named(NULL, L"\\BaseNamedObjects\\link1\\ev", 0), 0, FALSE)), OK, "an event through the link");
    Is(S(OpenEvent_(&Again, SYNCHRONIZE, Named(NULL, L"\\BaseNamedObjects\\dir1\\ev", 0))), OK, "lies in the directory");
    Is(S(Compare(Event, Again)), OK, "the same");
    Close(Again);
    Is(S(QueryLink(Link, &Text, &Length)), OK, "the link's target");
    Is(Text.Length, 44, "its length");
    Is(Length, 46, "and with the zero");
    Text.MaximumLength = 10;
    Is(S(QueryLink(Link, &Text, &Length)), TOO_SMALL, "too small for it");
    Is(S(QueryDirectory(Directory, Buffer, sizeof(Buffer), FALSE, TRUE, &Context, &Length)), OK, "list the directory");
    Entries = (void *)Buffer;
    while (Entries[Count].Name.Buffer != NULL) {
        Count++;
    }
    Is(Count, 1, "one entry");
    Ok(wcscmp(Entries[0].Name.Buffer, L"ev") == 0 && wcscmp(Entries[0].Type.Buffer, L"Event") == 0, "named ev, an Event");
    Is(S(QueryDirectory(Directory, Buffer, sizeof(Buffer), TRUE, FALSE, &Context, &Length)), 0x8000001A, "no more");
    Is(S(QueryDirectory(Directory, Buffer, 20, TRUE, TRUE, &Context, &Length)), TOO_SMALL, "a small buffer");
    Close(Link);
    Is(S(OpenLink(&Link, 1, Named(NULL, L"\\BaseNamedObjects\\link1", 0))), NOT_FOUND, "a temporary link goes too");
    Close(Event);
    Close(Directory);
    Is(S(OpenLink(&Link, 1, Named(NULL, L"\\??\\C:", 0))), OK, "the drive is a link");
    Close(Link);
    Is(S(OpenLink(&Link, 1, Named(NULL, L"\\DosDevices\\C:", 0))), OK, "also by its old name");
    Close(Link);
    Is(S(OpenDirectory(&Directory, 1, Named(NULL, L"\\", 0))), OK, "the root itself");
    Close(Directory);
    Is(S(OpenDirectory(&Directory, 1, Named(NULL, L"\\ObjectTypes", 0))), OK, "\\ObjectTypes");
    Context = 0;
    for (Count = 0; QueryDirectory(Directory, Buffer, sizeof(Buffer), TRUE, FALSE, &Context, &Length) == 0; Count++) {
    }
    Ok(Count > 12, "%lu object types", Count);
    Close(Directory);
}

static void Types(void)
{
    UCHAR Buffer[4096], *Record = Buffer + 8;
    ULONG Length;
    HANDLE Event;

    CreateEvent_(&Event, EVENT_ALL_ACCESS, NULL, 0, FALSE);
    Is(S(QueryObject(Event, 2, Buffer, sizeof(Buffer), &Length)), OK, "type information");
    Ok(wcscmp(((UNICODE_STRING *)Buffer)->Buffer, L"Event") == 0, "of an Event");
    Is(*(ULONG *)(Buffer + 0x54), EVENT_ALL_ACCESS, "its valid access");
    Is(S(QueryObject(NULL, 3, Buffer, 16, &Length)), LENGTH_MISMATCH, "all types: too small");
    Is(S(QueryObject(NULL, 3, Buffer, sizeof(Buffer), &Length)), OK, "all types");
    Ok(wcscmp(((UNICODE_STRING *)Record)->Buffer, L"Type") == 0, "the first is Type");
    Close(Event);
}

static HANDLE Keyed;
static volatile LONG Woken;

static DWORD WINAPI KeyedWaiter(void *Key)
{
    NTSTATUS Status = WaitKeyed(Keyed, Key, FALSE, NULL);

    InterlockedIncrement(&Woken);
    return Status;
}

static DWORD WINAPI AlertWaiter(void *Unused)
{
    return WaitAlert(NULL, NULL);
}

static void KeyedEvents(void)
{
    LARGE_INTEGER Short = {.QuadPart = -100000};
    DWORD Code, Id;
    HANDLE Thread;

    Is(S(CreateKeyedEvent(&Keyed, 0xF0003, NULL, 0)), OK, "a keyed event");
    Is(S(WaitKeyed(Keyed, (PVOID)0x1001, FALSE, &Short)), 0xC00000EF, "keys are even");
    Is(S(WaitKeyed(Keyed, (PVOID)0x1000, FALSE, &Short)), 0x102, "nobody comes");
    Is(S(ReleaseKeyed(Keyed, (PVOID)0x1000, FALSE, &Short)), 0x102, "nobody waits");
    Thread = CreateThread(NULL, 0, KeyedWaiter, (PVOID)0x2000, 0, NULL);
    Is(S(ReleaseKeyed(Keyed, (PVOID)0x3000, FALSE, &Short)), 0x102, "another key");
    Is(S(ReleaseKeyed(Keyed, (PVOID)0x2000, FALSE, NULL)), OK, "they meet");
    WaitForSingleObject(Thread, INFINITE);
    GetExitCodeThread(Thread, &Code);
    Is(Code, OK, "the waiter goes on");
    CloseHandle(Thread);
    Thread = CreateThread(NULL, 0, KeyedWaiter, (PVOID)0x4000, CREATE_SUSPENDED, NULL);
    ResumeThread(Thread);
    Is(S(ReleaseKeyed(Keyed, (PVOID)0x4000, FALSE, NULL)), OK, "whoever comes first");
    WaitForSingleObject(Thread, INFINITE);
    CloseHandle(Thread);
    Is(Woken, 2, "two were woken");
    Close(Keyed);

    Is(S(WaitAlert(NULL, &Short)), 0x102, "no alert");
    Is(S(AlertThread((HANDLE)(ULONG_PTR)GetCurrentThreadId())), OK, "an alert for oneself");
    Is(S(WaitAlert(NULL, NULL)), 0x101, "is kept until waited for");
    Is(S(WaitAlert(NULL, &Short)), 0x102, "and consumed");
    Is(S(AlertThread((HANDLE)(ULONG_PTR)0x7FFF0)), 0xC000000B, "no such thread");
    Thread = CreateThread(NULL, 0, AlertWaiter, NULL, 0, &Id);
    AlertThread((HANDLE)(ULONG_PTR)Id);
    WaitForSingleObject(Thread, INFINITE);
    GetExitCodeThread(Thread, &Code);
    Is(Code, 0x101, "an alert for another thread");
    CloseHandle(Thread);
}

static int ApcRan;

static void NTAPI TimerApc(PVOID Context, ULONG Low, LONG High)
{
    ApcRan += *(int *)Context;
}

static void Synchronisation(void)
{
    LARGE_INTEGER Zero = {.QuadPart = 0}, Soon = {.QuadPart = -50000}, Long = {.QuadPart = -20000000};
    HANDLE Mutant, Semaphore, Timer, Event, All[2];
    struct
    {
        LONG Count;
        BOOLEAN Owned, Abandoned;
    } MutantInfo;
    BOOLEAN State;
    LONG Count;
    int One = 1;

    CreateMutant(&Mutant, MUTANT_ALL_ACCESS, NULL, TRUE);
    Is(S(WaitSingle(Mutant, FALSE, &Zero)), OK, "a mutant is recursive");
    QueryMutant(Mutant, 0, &MutantInfo, sizeof(MutantInfo), NULL);
    Is((ULONG)MutantInfo.Count, (ULONG)-1, "held twice");
    Is(MutantInfo.Owned, 1, "by the caller");
    Is(S(ReleaseMutant(Mutant, &Count)), OK, "release");
    Is((ULONG)Count, (ULONG)-1, "old count");
    ReleaseMutant(Mutant, NULL);
    Is(S(ReleaseMutant(Mutant, NULL)), 0xC0000046, "not owned any more");
    Is(S(CreateSemaphore_(&Semaphore, SEMAPHORE_ALL_ACCESS, NULL, 2, 1)), 0xC000000D, "a semaphore above its limit");
    CreateSemaphore_(&Semaphore, SEMAPHORE_ALL_ACCESS, NULL, 1, 2);
    Is(S(ReleaseSemaphore_(Semaphore, 2, NULL)), 0xC0000047, "limit exceeded");
    Is(S(ReleaseSemaphore_(Semaphore, 1, &Count)), OK, "release one");
    Is(Count, 1, "old count");
    CreateEvent_(&Event, EVENT_ALL_ACCESS, NULL, 1, FALSE);
    All[0] = Event;
    All[1] = Semaphore;
    Is(S(WaitMultiple(2, All, 1, FALSE, &Zero)), 1, "wait for any: the second");
    Is(S(WaitMultiple(2, All, 0, FALSE, &Zero)), 0x102, "wait for all: not yet");
    SetEvent_(Event, NULL);
    Is(S(WaitMultiple(2, All, 0, FALSE, &Zero)), OK, "wait for all");
    Is(S(WaitSingle(Semaphore, FALSE, &Zero)), 0x102, "took the semaphore's last");
    All[1] = Event;
    Is(S(WaitMultiple(2, All, 0, FALSE, &Zero)), 0xC0000030, "all of the same twice");
    Is(S(WaitMultiple(0, All, 1, FALSE, &Zero)), 0xC00000EF, "none");
    Is(S(WaitMultiple(65, All, 1, FALSE, &Zero)), 0xC00000EF, "too many");
    Is(S(SignalAndWait(Event, Event, FALSE, &Zero)), OK, "signal and wait");
    Is(S(SignalAndWait(Mutant, Event, FALSE, &Zero)), 0xC0000046, "a mutant not owned");
    CreateTimer(&Timer, TIMER_ALL_ACCESS, NULL, 1);
    Is(S(SetTimer_(Timer, &Soon, NULL, NULL, FALSE, 0, &State)), OK, "a timer");
    Is(S(WaitSingle(Timer, FALSE, &Long)), OK, "expires");
    SetTimer_(Timer, &Soon, TimerApc, &One, FALSE, 0, NULL);
    Is(S(WaitSingle(Event, TRUE, &Long)), 0xC0, "its APC ends an alertable wait");
    Is(ApcRan, 1, "and ran");
    SetTimer_(Timer, &Long, NULL, NULL, FALSE, 0, NULL);
    Is(S(CancelTimer(Timer, &State)), OK, "cancel");
    Is(S(SetTimer_(Timer, &Long, NULL, NULL, FALSE, -1, NULL)), 0xC00000F4, "a negative period");
    Close(Timer);
    Close(Event);
    Close(Semaphore);
    Close(Mutant);
}

static void ManyHandles(void)
{
    enum { COUNT = 200000 };
    HANDLE *All = malloc(COUNT * sizeof(HANDLE)), Event;
    ULONG Made = 0;

    CreateEvent_(&Event, EVENT_ALL_ACCESS, NULL, 0, FALSE);
    while (Made < COUNT && Duplicate((HANDLE)(LONG_PTR)-1, Event, (HANDLE)(LONG_PTR)-1, &All[Made], 0, 0, DUPLICATE_SAME_ACCESS) == 0) {
        Made++;
    }
    Is(Made, COUNT, "200,000 handles");
    Is(S(SetEvent_(All[COUNT - 1], NULL)), OK, "the last one works");
    for (ULONG i = 0; i < Made; i++) {
        Close(All[i]);
    }
    Is(S(SetEvent_(All[COUNT / 2], NULL)), HANDLE_INVALID, "all closed");
    Close(Event);
    free(All);
}

static void System(void)
{
    static UCHAR Buffer[1 << 20];
    ULONG Length = 0, Here = 0, At = 0;

    Is(S(QuerySystem(0, Buffer, 0x40, &Length)), OK, "basic information");
    Is(*(ULONG *)(Buffer + 8), 4096, "pages of 4096 bytes");
    Is(S(QuerySystem(0, Buffer, 0x41, &Length)), LENGTH_MISMATCH, "only in its size");
    Is(S(QuerySystem(5, Buffer, 16, &Length)), LENGTH_MISMATCH, "processes: too small");
    Ok(Length > 0x200, "%lu bytes needed", Length);
    Is(S(QuerySystem(5, Buffer, sizeof(Buffer), &Length)), OK, "processes");
    for (;;) {
        Here += *(ULONG_PTR *)(Buffer + At + 0x50) == GetCurrentProcessId() && *(ULONG *)(Buffer + At + 4) >= 1;
        if (*(ULONG *)(Buffer + At) == 0) {
            break;
        }
        At += *(ULONG *)(Buffer + At);
    }
    Is(Here, 1, "this one is among them");
    Is(S(QuerySystem(64, Buffer, sizeof(Buffer), &Length)), OK, "handles");
    Ok(*(ULONG64 *)Buffer > 20, "%llu of them", *(ULONG64 *)Buffer);
    Is(S(QuerySystem(11, Buffer, sizeof(Buffer), &Length)), OK, "modules");
    Is(S(QuerySystem(22, Buffer, sizeof(Buffer), &Length)), OK, "pool tags");
    Is(S(QuerySystem(0x7777, Buffer, sizeof(Buffer), &Length)), 0xC0000003, "no such class");
}

int main(void)
{
    Bind();
    Handles();
    Duplicates();
    Names();
    Directories();
    Types();
    KeyedEvents();
    Synchronisation();
    ManyHandles();
    System();
    return Done();
}
