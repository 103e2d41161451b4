/* SPDX-License-Identifier: MIT */
/*
 * ktest.c - loads ktest.sys, runs its self-tests, and is the user-mode partner of the tests that need one.  TAP on standard output.
 *
 * usage: ktest [TEST...]      with names, only those self-tests and no partner tests
 */
#include <windows.h>
#include <winioctl.h>
#include <winternl.h>
#include <string.h>
#include "ktest.h"
#include "tap.h"

#define STATUS_CANCELLED_ ((NTSTATUS)0xC0000120)
#define STATUS_IMAGE_ALREADY_LOADED_ ((NTSTATUS)0xC000010E)

static NTSTATUS (NTAPI *LoadDriver)(PUNICODE_STRING Service);
static NTSTATUS (NTAPI *UnloadDriver)(PUNICODE_STRING Service);
static NTSTATUS (NTAPI *CancelIoFile)(HANDLE File, PIO_STATUS_BLOCK Iosb);
static NTSTATUS (NTAPI *ControlFile)(HANDLE File, HANDLE Event, PVOID ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK Iosb, ULONG Code,
                                     PVOID In, ULONG InSize, PVOID Out, ULONG OutSize);
static HANDLE Device;

static void FindRoutines(void)
{
    HMODULE Ntdll = GetModuleHandleA("ntdll.dll");

    LoadDriver = (void *)GetProcAddress(Ntdll, "NtLoadDriver");
    UnloadDriver = (void *)GetProcAddress(Ntdll, "NtUnloadDriver");
    CancelIoFile = (void *)GetProcAddress(Ntdll, "NtCancelIoFile");
    ControlFile = (void *)GetProcAddress(Ntdll, "NtDeviceIoControlFile");
}

static UNICODE_STRING Service(void)
{
    static WCHAR Name[] = KTEST_SERVICE;

    return (UNICODE_STRING){ sizeof(Name) - sizeof(WCHAR), sizeof(Name), Name };
}

/* The last error, or 0. */
static DWORD Control(DWORD Code, void *In, DWORD InSize, void *Out, DWORD OutSize, DWORD *Returned)
{
    DWORD Ignored;

    return DeviceIoControl(Device, Code, In, InSize, Out, OutSize, Returned ? Returned : &Ignored, NULL) ? 0 : GetLastError();
}

static void RunSelfTests(int Count, char **Names)
{
    ULONG Tests = 0;

    Is(Control(IOCTL_KTEST_COUNT, NULL, 0, &Tests, sizeof(Tests), NULL), 0, "the driver answers");
    for (ULONG i = 0; i < Tests; i++) {
        KTEST_RESULT Result = { "" };
        int Wanted = Count == 0;
        DWORD Error = Control(IOCTL_KTEST_RUN, &i, sizeof(i), &Result, sizeof(Result), NULL);
        for (int n = 0; n < Count; n++) {
            Wanted |= strcmp(Names[n], Result.Name) == 0;
        }
        if (!Wanted) {
            continue;
        }
        Ok(Error == 0 && Result.Failures == 0 && Result.Checks != 0, "%s (%lu checks)", Result.Name, Result.Checks);
        if (Result.Failures != 0) {
            printf("#   %s\n", Result.Message);
        }
        fflush(stdout);
    }
}

static void TestBuffers(void)
{
    unsigned char Small[5] = { 0, 1, 2, 0xF0, 0xFF }, *Big = VirtualAlloc(NULL, 200000, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    unsigned char Fill = 0xA7;
    ULONG64 Sum = 0;
    DWORD Returned = 0;
    int Right = 1;

    Is(Control(IOCTL_KTEST_INVERT, Small, 5, Small, 5, &Returned), 0, "buffered: succeeds");
    Ok(Returned == 5 && Small[0] == 0xFF && Small[3] == 0x0F && Small[4] == 0, "buffered: bytes come back");
    Is(Control(IOCTL_KTEST_RUN, Small, 1, Small, 5, NULL), ERROR_INSUFFICIENT_BUFFER, "buffered: too small");
    Is(Control(IOCTL_KTEST_FILL, &Fill, 1, Big + 33, 150000, &Returned), 0, "out direct: succeeds");
    for (int i = 0; i < 150000; i++) {
        Right &= Big[33 + i] == 0xA7;
    }
    Ok(Right && Returned == 150000 && Big[32] == 0 && Big[33 + 150000] == 0, "out direct: exactly the buffer is filled");
    for (int i = 0; i < 70000; i++) {
        Big[i] = (unsigned char)(i * 13);
        Sum += Big[i];
    }
    Is(Control(IOCTL_KTEST_SUM, &Sum, sizeof(Sum), Big, 70000, NULL), 0, "in direct: the driver reads our pages");
    Is(Control(IOCTL_KTEST_FILL, &Fill, 1, (void *)0x10, 16, NULL), ERROR_NOACCESS, "out direct: bad pointer");
    Is(Control(IOCTL_KTEST_INVERT, (void *)0x10, 16, Small, 5, NULL), ERROR_NOACCESS, "buffered: bad pointer");
    Is(Control(IOCTL_KTEST_FILL, &Fill, 1, (void *)0xFFFFF80000000000, 16, NULL), ERROR_NOACCESS, "out direct: kernel pointer");
    VirtualFree(Big, 0, MEM_RELEASE);
}

static void TestStatus(void)
{
    static const struct { LONG Status; DWORD Error; } Pairs[] = {
        { (LONG)0xC0000001, ERROR_GEN_FAILURE }, { (LONG)0xC0000022, ERROR_ACCESS_DENIED }, { (LONG)0xC000009A, ERROR_NO_SYSTEM_RESOURCES },
        { (LONG)0xC0000034, ERROR_FILE_NOT_FOUND }, { (LONG)0xC0000010, ERROR_INVALID_FUNCTION },
    };

    for (unsigned i = 0; i < sizeof(Pairs) / sizeof(Pairs[0]); i++) {
        LONG Status = Pairs[i].Status;
        Is(Control(IOCTL_KTEST_STATUS, &Status, sizeof(Status), NULL, 0, NULL), Pairs[i].Error, "a driver's status becomes the last error");
    }
}

static void TestPending(void)
{
    HANDLE File = CreateFileA("\\\\.\\KTest", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, NULL);
    IO_STATUS_BLOCK Iosb = { .Status = (NTSTATUS)0x103 }, CancelIosb;
    ULONG Count = 99;

    if (!Ok(File != INVALID_HANDLE_VALUE && Event != NULL, "opened for overlapped use")) {
        return;
    }
    Is((ULONG)ControlFile(File, Event, NULL, NULL, &Iosb, IOCTL_KTEST_PEND, NULL, 0, NULL, 0), 0x103, "a request pends");
    Is(WaitForSingleObject(Event, 0), WAIT_TIMEOUT, "its event is not set");
    Is(Control(IOCTL_KTEST_RELEASE, NULL, 0, &Count, sizeof(Count), NULL), 0, "another request releases it");
    Is(Count, 1, "one was pending");
    Is(WaitForSingleObject(Event, 5000), WAIT_OBJECT_0, "its event is set");
    Is((ULONG)Iosb.Status, 0, "it succeeded");

    Iosb.Status = (NTSTATUS)0x103;
    Is((ULONG)ControlFile(File, Event, NULL, NULL, &Iosb, IOCTL_KTEST_PEND, NULL, 0, NULL, 0), 0x103, "again pending");
    Is((ULONG)CancelIoFile(File, &CancelIosb), 0, "NtCancelIoFile");
    Is(WaitForSingleObject(Event, 5000), WAIT_OBJECT_0, "cancelling ends it");
    Is((ULONG)Iosb.Status, (ULONG)STATUS_CANCELLED_, "with STATUS_CANCELLED");
    CloseHandle(File);
    CloseHandle(Event);
}

static DWORD WINAPI PendAndDie(void *Unused)
{
    (void)Unused;
    Control(IOCTL_KTEST_PEND, NULL, 0, NULL, 0, NULL);
    return 0;
}

/* A thread that waits in a driver is ended: its request is cancelled. */
static void TestTerminatePending(void)
{
    HANDLE Keep = Device, Thread;
    ULONG Count = 99;

    Device = CreateFileA("\\\\.\\KTest", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    Thread = CreateThread(NULL, 0, PendAndDie, NULL, 0, NULL);
    Sleep(50);
    Ok(TerminateThread(Thread, 5), "TerminateThread of a thread with a pending request");
    Is(WaitForSingleObject(Thread, 5000), WAIT_OBJECT_0, "it ends");
    CloseHandle(Thread);
    CloseHandle(Device);
    Device = Keep;
    Is(Control(IOCTL_KTEST_RELEASE, NULL, 0, &Count, sizeof(Count), NULL), 0, "release");
    Is(Count, 0, "nothing is pending any more");
}

static volatile ULONG64 ApcSum;

static void NTAPI ApcRoutine(PVOID Context, PVOID Argument1, PVOID Argument2)
{
    ApcSum += (ULONG64)Context + (ULONG64)Argument1 + (ULONG64)Argument2;
}

static void TestUserApc(void)
{
    KTEST_APC Apc = { (ULONG64)ApcRoutine, 1, 20, 300 };

    Is(Control(IOCTL_KTEST_USER_APC, &Apc, sizeof(Apc), NULL, 0, NULL), 0, "a driver queues a user APC");
    Is(ApcSum, 0, "it does not run before an alertable wait");
    Is(SleepEx(5000, TRUE), WAIT_IO_COMPLETION, "SleepEx is interrupted");
    Is(ApcSum, 321, "the routine ran with its three arguments");
    Is(SleepEx(0, TRUE), 0, "only once");
}

static void TestPeek(void)
{
    KTEST_PEEK Peek;
    volatile ULONG64 Secret = 0x1122334455667788;
    ULONG64 Value = 0;
    ULONG ProcessId = 0;

    Peek.Address = (ULONG64)&Secret;
    Is(Control(IOCTL_KTEST_PEEK, &Peek, sizeof(Peek), &Value, sizeof(Value), NULL), 0, "a system thread attaches to us");
    Is(Value, Secret, "and sees our memory");
    Is(Control(IOCTL_KTEST_THREAD_HERE, NULL, 0, &ProcessId, sizeof(ProcessId), NULL), 0, "a system thread in our process");
    Is(ProcessId, GetCurrentProcessId(), "has our process id");
}

/* GetLastError of CreateProcess, or 0 after the child has ended; its id in *Id. */
static DWORD Start(const char *CommandLine, DWORD *Id)
{
    STARTUPINFOA Startup = { .cb = sizeof(Startup) };
    PROCESS_INFORMATION Process;
    char Copy[200];

    strcpy(Copy, CommandLine);
    if (!CreateProcessA(NULL, Copy, NULL, NULL, FALSE, 0, NULL, NULL, &Startup, &Process)) {
        return GetLastError();
    }
    WaitForSingleObject(Process.hProcess, INFINITE);
    *Id = Process.dwProcessId;
    CloseHandle(Process.hThread);
    CloseHandle(Process.hProcess);
    return 0;
}

static void Watch(const WCHAR *Suffix, LONG Refuse)
{
    KTEST_WATCH Request = { Suffix != NULL ? sizeof(Request) : 0, Refuse, L"" };

    if (Suffix != NULL) {
        lstrcpynW(Request.Suffix, Suffix, 32);
    }
    Is(Control(IOCTL_KTEST_WATCH, &Request, sizeof(Request), NULL, 0, NULL), 0, Suffix != NULL ? "watch" : "end the watch");
}

static void TestNotify(void)
{
    KTEST_WATCHED Seen = { 0 };
    DWORD Id = 0;

    Watch(L"\\ktest.exe", 0);
    Is(Start("ktest.exe /child", &Id), 0, "a child under watch");
    Is(Control(IOCTL_KTEST_WATCHED, NULL, 0, &Seen, sizeof(Seen), NULL), 0, "what was seen");
    Is(Seen.Created, 1, "process notify: one creation");
    Is(Seen.Exited, 1, "process notify: one exit");
    Is(Seen.ProcessId, Id, "process notify: its id");
    Is(Seen.ParentId, GetCurrentProcessId(), "process notify: its parent");
    Ok(lstrcmpW(Seen.CommandLine, L"ktest.exe /child") == 0, "process notify: its command line, %ls", Seen.CommandLine);
    Is(Seen.ThreadsCreated, 1, "thread notify: created");
    Is(Seen.ThreadsExited, 1, "thread notify: exited");
    Ok(Seen.Images >= 4, "image notify: the program, ntdll, kernel32, msvcrt at least: %lu", Seen.Images);
    Ok(wcsstr(Seen.FirstImage, L"ktest.exe") != NULL, "image notify: the program first, %ls", Seen.FirstImage);

    Watch(L"\\ktest.exe", (LONG)0xC0000022);
    Is(Start("ktest.exe /child", &Id), ERROR_ACCESS_DENIED, "a refused process: CreateProcess fails with the routine's status");
    Is(Control(IOCTL_KTEST_WATCHED, NULL, 0, &Seen, sizeof(Seen), NULL), 0, "what was seen");
    Is(Seen.Refused, 1, "process notify: refused once");
    Is(Seen.ThreadsExited, Seen.ThreadsCreated, "thread notify: as many ended as began");
    Watch(NULL, 0);
    Is(Start("ktest.exe /child", &Id), 0, "after the watch all is as before");
}

int main(int Count, char **Arguments)
{
    UNICODE_STRING Name = Service();
    NTSTATUS Status;

    if (Count > 1 && strcmp(Arguments[1], "/child") == 0) {
        return 0;
    }
    FindRoutines();
    Status = LoadDriver(&Name);
    if (!Ok(Status >= 0, "NtLoadDriver: 0x%08lX", Status)) {
        return Done();
    }
    Is((ULONG)LoadDriver(&Name), (ULONG)STATUS_IMAGE_ALREADY_LOADED_, "loading it twice");
    Device = CreateFileA("\\\\.\\KTest", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (Ok(Device != INVALID_HANDLE_VALUE, "CreateFile(\\\\.\\KTest)")) {
        RunSelfTests(Count - 1, Arguments + 1);
        if (Count == 1) {
            TestBuffers();
            TestStatus();
            TestPending();
            TestTerminatePending();
            TestUserApc();
            TestPeek();
            TestNotify();
        }
        CloseHandle(Device);
    }
    Is((ULONG)UnloadDriver(&Name), 0, "NtUnloadDriver");
    Device = CreateFileA("\\\\.\\KTest", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    Ok(Device == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND, "the device is gone");
    return Done();
}
