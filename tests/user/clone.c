/* SPDX-License-Identifier: MIT */
/*
 * clone.c - a process as the copy of another: NtCreateProcess without a section, and RtlCloneUserProcess, which returns twice.
 */
#include "native.h"
#include <stdlib.h>
#include <string.h>
#include "tap.h"

#define SELF ((HANDLE)-1)
#define PAGE 0x1000
#define SUSPENDED 1u
#define INHERIT 2u

typedef struct _INFORMATION /* RTL_USER_PROCESS_INFORMATION */
{
    ULONG Length;
    HANDLE Process, Thread;
    CLIENT_ID Id;
    UCHAR Image[64];
} INFORMATION;

NATIVE(NtCreateProcess, (PHANDLE H, ACCESS_MASK A, PVOID O, HANDLE P, BOOLEAN I, HANDLE S, HANDLE D, HANDLE E), (H, A, O, P, I, S, D, E))
NATIVE(NtMapViewOfSection, (HANDLE S, HANDLE P, PVOID *B, ULONG_PTR Z, SIZE_T C, PLARGE_INTEGER O, PSIZE_T V, ULONG I, ULONG T, ULONG A),
       (S, P, B, Z, C, O, V, I, T, A))
NATIVE(RtlCloneUserProcess, (ULONG F, PVOID P, PVOID T, HANDLE D, INFORMATION *I), (F, P, T, D, I))

static void Same(NTSTATUS Got, NTSTATUS Expected, const char *What)
{
    Is((ULONG)Got, (ULONG)Expected, What);
}

static int Initialised = 1234;
static int Uninitialised;
static char *Private, *Shared, *Unmapped, *Guarded;
static HANDLE Section;

static char Peek(HANDLE Process, const void *Address)
{
    char Byte = 0;
    SIZE_T Read;

    return ReadProcessMemory(Process, Address, &Byte, 1, &Read) ? Byte : (char)0xEE;
}

static int PeekInt(HANDLE Process, const int *Address)
{
    int Value = -1;
    SIZE_T Read;

    ReadProcessMemory(Process, Address, &Value, sizeof(Value), &Read);
    return Value;
}

static void Prepare(void)
{
    LARGE_INTEGER Offset = {.QuadPart = 0};
    SIZE_T Size = PAGE;
    PVOID Base = NULL;
    DWORD Old;

    Initialised = 77;
    Uninitialised = 88;
    Private = VirtualAlloc(NULL, 0x100000, MEM_RESERVE, PAGE_READWRITE);
    VirtualAlloc(Private, 3 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    Private[0] = 'p';
    Private[2 * PAGE] = 'q';
    VirtualProtect(Private + 2 * PAGE, PAGE, PAGE_READONLY, &Old);
    Guarded = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    Guarded[0] = 'g';
    VirtualProtect(Guarded, PAGE, PAGE_READWRITE | PAGE_GUARD, &Old);
    Section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, NULL);
    Shared = MapViewOfFile(Section, FILE_MAP_WRITE, 0, 0, 0);
    memset(Shared, 0, PAGE);
    Shared[0] = 's';
    NtMapViewOfSection(Section, SELF, &Base, 0, 0, &Offset, &Size, 2 /* ViewUnmap */, 0, PAGE_READWRITE);
    Unmapped = Base;
}

static void WithoutThreads(void)
{
    MEMORY_BASIC_INFORMATION Region = {0};
    HANDLE Process = NULL;
    DWORD Code = 0;

    Same(NtCreateProcess(&Process, PROCESS_ALL_ACCESS, NULL, SELF, FALSE, NULL, NULL, NULL), 0, "a process without a section");
    Ok(GetProcessId(Process) != 0 && GetProcessId(Process) != GetCurrentProcessId(), "is another process");
    Is((ULONG)PeekInt(Process, &Initialised), 77, "with our variables");
    Is((ULONG)PeekInt(Process, &Uninitialised), 88, "all of them");
    Ok(Peek(Process, Private) == 'p' && Peek(Process, Private + 2 * PAGE) == 'q', "and our memory");
    Ok(VirtualQueryEx(Process, Private, &Region, sizeof(Region)) && Region.RegionSize == 2 * PAGE && Region.State == MEM_COMMIT &&
       Region.Protect == PAGE_READWRITE, "committed as it is");
    Ok(VirtualQueryEx(Process, Private + 2 * PAGE, &Region, sizeof(Region)) && Region.Protect == PAGE_READONLY && Region.RegionSize == PAGE,
       "protected as it is");
    Ok(VirtualQueryEx(Process, Private + 3 * PAGE, &Region, sizeof(Region)) && Region.State == MEM_RESERVE, "reserved as it is");
    Ok(VirtualQueryEx(Process, Guarded, &Region, sizeof(Region)) && Region.Protect == (PAGE_READWRITE | PAGE_GUARD), "guarded as it is");
    Ok(VirtualQueryEx(Process, GetModuleHandleA("kernel32"), &Region, sizeof(Region)) && Region.Type == MEM_IMAGE, "images are images");
    Ok(VirtualQueryEx(Process, Unmapped, &Region, sizeof(Region)) && Region.State == MEM_FREE, "a view that is not inherited is not there");
    Initialised = 78;
    Private[0] = 'P';
    Shared[0] = 'S';
    Ok(PeekInt(Process, &Initialised) == 77 && Peek(Process, Private) == 'p', "what we write afterwards is ours");
    Is((UCHAR)Peek(Process, Shared), 'S', "but what is shared stays shared");
    char New = 'n';
    SIZE_T Written;
    Ok(WriteProcessMemory(Process, Private + PAGE, &New, 1, &Written) && Private[PAGE] == 0, "what is written there is its");
    Ok(TerminateProcess(Process, 5) && WaitForSingleObject(Process, 10000) == WAIT_OBJECT_0 && GetExitCodeProcess(Process, &Code) && Code == 5, "ended");
    CloseHandle(Process);
    Initialised = 77;
    Private[0] = 'p';
    Shared[0] = 's';
}

/* In the clone: what it finds, as the bits that are right. */
static DWORD LookAround(DWORD Parent, DWORD ParentThread, HANDLE Event, double Number)
{
    DWORD Good = 0;
    char *Block = malloc(100000);

    Good |= GetCurrentProcessId() != Parent && GetCurrentThreadId() != ParentThread ? 1 : 0;
    Good |= Initialised == 77 && Private[0] == 'p' ? 2 : 0;
    Initialised = 500;
    Private[0] = 'c';
    Good |= Block != NULL ? 4 : 0;
    memset(Block, 1, 100000);
    free(Block);
    Good |= SetEvent(Event) ? 8 : 0;
    Good |= Number == 2.5 ? 16 : 0;
    Good |= CreateEventA(NULL, FALSE, FALSE, NULL) != NULL ? 32 : 0;
    Shared[1] = 'c';
    return Good;
}

static void Twice(void)
{
    SECURITY_ATTRIBUTES Inherited = {sizeof(Inherited), NULL, TRUE};
    HANDLE Event = CreateEventA(&Inherited, TRUE, FALSE, NULL), Own = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD Parent = GetCurrentProcessId(), ParentThread = GetCurrentThreadId(), Code = 0, Flags;
    volatile double Number = 2.5;
    INFORMATION Information;

    fflush(stdout);
    NTSTATUS Status = RtlCloneUserProcess(INHERIT, NULL, NULL, NULL, &Information);
    if (Status == STATUS_PROCESS_CLONED) {
        Code = LookAround(Parent, ParentThread, Event, Number);
        Code |= GetHandleInformation(Own, &Flags) ? 0 : 64;
        TerminateProcess(SELF, 1000 + Code);
    }
    Same(Status, 0, "cloned");
    Ok((DWORD)(ULONG_PTR)Information.Id.UniqueProcess == GetProcessId(Information.Process) && GetProcessId(Information.Process) != Parent &&
       (DWORD)(ULONG_PTR)Information.Id.UniqueThread == GetThreadId(Information.Thread), "the clone's ids");
    Ok(WaitForSingleObject(Information.Process, 20000) == WAIT_OBJECT_0 && GetExitCodeProcess(Information.Process, &Code),
       "it came back from the call, and ended");
    Is(Code, 1000 + 127, "it found all that it should");
    Ok(WaitForSingleObject(Event, 0) == WAIT_OBJECT_0, "its handle was on our event");
    Ok(Initialised == 77 && Private[0] == 'p', "its memory was its own");
    Is((UCHAR)Shared[1], 'c', "its view was of our section");
    CloseHandle(Information.Thread);
    CloseHandle(Information.Process);
    CloseHandle(Event);
    CloseHandle(Own);
}

static void Suspending(void)
{
    INFORMATION Information;
    DWORD Code = 0;
    int Depth = 0;

    Same(RtlCloneUserProcess(8, NULL, NULL, NULL, &Information), STATUS_INVALID_PARAMETER, "a flag that is not there");
    NTSTATUS Status = RtlCloneUserProcess(SUSPENDED, NULL, NULL, NULL, &Information);
    if (Status == STATUS_PROCESS_CLONED) {
        Depth++;
        Status = RtlCloneUserProcess(0, NULL, NULL, NULL, &Information); /* a clone of the clone */
        if (Status == STATUS_PROCESS_CLONED) {
            TerminateProcess(SELF, 40 + Depth + Initialised);
        }
        WaitForSingleObject(Information.Process, 20000);
        GetExitCodeProcess(Information.Process, &Code);
        TerminateProcess(SELF, Code + 1);
    }
    Same(Status, 0, "cloned, suspended");
    Ok(WaitForSingleObject(Information.Process, 100) == WAIT_TIMEOUT, "it does not run");
    ULONG Value = 100;
    SIZE_T Written;
    WriteProcessMemory(Information.Process, &Initialised, &Value, sizeof(Value), &Written);
    Ok(ResumeThread(Information.Thread) == 1, "now it does");
    Ok(WaitForSingleObject(Information.Process, 20000) == WAIT_OBJECT_0 && GetExitCodeProcess(Information.Process, &Code), "to its end");
    Is(Code, 142, "and had a clone of its own");
    CloseHandle(Information.Thread);
    CloseHandle(Information.Process);
}

/* Threads of the original go on, and are not in the clone. */
static volatile LONG Turns, Stop;
static DWORD WINAPI Turn(LPVOID Parameter)
{
    while (!Stop) {
        InterlockedIncrement(&Turns);
        free(malloc(100));
    }
    return Parameter != NULL;
}

static void WithThreads(void)
{
    HANDLE Threads[3];
    INFORMATION Information;
    DWORD Code = 0;
    int Good = 1;

    for (int i = 0; i < 3; i++) {
        Threads[i] = CreateThread(NULL, 0, Turn, NULL, 0, NULL);
    }
    for (int i = 0; i < 10; i++) {
        NTSTATUS Status = RtlCloneUserProcess(0, NULL, NULL, NULL, &Information);
        if (Status == STATUS_PROCESS_CLONED) {
            LONG Before = Turns;
            void *Block = HeapAlloc(GetProcessHeap(), 0, 1000);
            Sleep(5);
            TerminateProcess(SELF, Before == Turns && Block != NULL ? 3 : 4);
        }
        Good &= Status == 0 && WaitForSingleObject(Information.Process, 20000) == WAIT_OBJECT_0 && GetExitCodeProcess(Information.Process, &Code) && Code == 3;
        CloseHandle(Information.Thread);
        CloseHandle(Information.Process);
    }
    Ok(Good, "ten clones of a process with threads that use the heap have one thread each, and a heap");
    Stop = 1;
    WaitForMultipleObjects(3, Threads, TRUE, 20000);
    for (int i = 0; i < 3; i++) {
        CloseHandle(Threads[i]);
    }
}

int main(void)
{
    Prepare();
    WithoutThreads();
    Twice();
    Suspending();
    WithThreads();
    return Done();
}
