/* SPDX-License-Identifier: MIT */
/*
 * native.c - processes and threads through the native interface: NtCreateUserProcess and what it says when it fails, RtlCreateUserProcess, processes
 * from sections, threads with a context of the caller's, suspension, walks, ids.
 */
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>
#include <stdio.h>
#include <string.h>

#include "../../userland/inc/ntapi.h"
#include "tap.h"

#define NATIVE(name) static __typeof__(name) *P##name
NATIVE(NtCreateUserProcess);
NATIVE(NtCreateProcessEx);
static NTSTATUS(NTAPI *PNtCreateProcess)(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, HANDLE, BOOLEAN, HANDLE, HANDLE, HANDLE);
NATIVE(NtCreateThread);
NATIVE(NtCreateThreadEx);
NATIVE(NtCreateSection);
NATIVE(NtResumeThread);
NATIVE(NtSuspendThread);
NATIVE(NtSuspendProcess);
NATIVE(NtResumeProcess);
NATIVE(NtTerminateProcess);
NATIVE(NtTerminateThread);
NATIVE(NtGetNextProcess);
NATIVE(NtGetNextThread);
NATIVE(RtlCreateProcessParametersEx);
NATIVE(RtlDestroyProcessParameters);
NATIVE(RtlCreateUserProcess);
NATIVE(RtlCreateUserThread);
NATIVE(RtlInitUnicodeString);
static NTSTATUS(NTAPI *PNtQueryInformationProcess)(HANDLE, ULONG, PVOID, ULONG, PULONG);

#define BIND(name) P##name = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), #name)

static const WCHAR Program[] = L"\\??\\C:\\Programs\\exitcode.exe";

static NPROCESS_PARAMETERS *Parameters(const WCHAR *Line)
{
    UNICODE_STRING Image, Command;
    NPROCESS_PARAMETERS *Result = NULL;

    PRtlInitUnicodeString(&Image, L"C:\\Programs\\exitcode.exe");
    PRtlInitUnicodeString(&Command, Line);
    PRtlCreateProcessParametersEx(&Result, &Image, NULL, NULL, &Command, NULL, NULL, NULL, NULL, NULL, 1 /* normalised */);
    return Result;
}

static DWORD Finish(HANDLE Process, HANDLE Thread)
{
    DWORD Code = 0x12345;

    PNtResumeThread(Thread, NULL);
    if (WaitForSingleObject(Process, 20000) == WAIT_OBJECT_0) {
        GetExitCodeProcess(Process, &Code);
    }
    CloseHandle(Thread);
    CloseHandle(Process);
    return Code;
}

static NTSTATUS Create(const WCHAR *Image, PS_CREATE_INFO *Info, ULONG Flags, HANDLE *Process, HANDLE *Thread)
{
    NPROCESS_PARAMETERS *Block = Parameters(L"exitcode 6");
    PS_ATTRIBUTE_LIST List = {sizeof(List), {{PS_ATTRIBUTE_IMAGE_NAME, wcslen(Image) * sizeof(WCHAR), {(ULONG_PTR)Image}, NULL}}};
    NTSTATUS Status;

    memset(Info, 0, sizeof(*Info));
    Info->Size = sizeof(*Info);
    *Process = *Thread = NULL;
    Status = PNtCreateUserProcess(Process, Thread, MAXIMUM_ALLOWED, MAXIMUM_ALLOWED, NULL, NULL, Flags,
        THREAD_CREATE_FLAGS_CREATE_SUSPENDED, Block, Info, &List);
    PRtlDestroyProcessParameters(Block);
    return Status;
}

static void UserProcess(void)
{
    PS_CREATE_INFO Info;
    HANDLE Process, Thread;
    DWORD Flags;
    FILE *File;

    Is((ULONG)Create(Program, &Info, 0, &Process, &Thread), 0, "NtCreateUserProcess");
    Is(Info.State, PsCreateSuccess, "state: success");
    Ok(Info.SuccessState.PebAddressNative != 0 && Info.SuccessState.UserProcessParametersNative != 0, "PEB and parameters");
    Ok(GetHandleInformation(Info.SuccessState.FileHandle, &Flags) && GetHandleInformation(Info.SuccessState.SectionHandle, &Flags), "file and section");
    CloseHandle(Info.SuccessState.FileHandle);
    CloseHandle(Info.SuccessState.SectionHandle);
    Is(Finish(Process, Thread), 6, "it runs");
    Is((ULONG)Create(L"\\??\\C:\\Programs\\nosuch.exe", &Info, 0, &Process, &Thread), (ULONG)STATUS_OBJECT_NAME_NOT_FOUND, "no such file");
    Is(Info.State, PsCreateFailOnFileOpen, "state: file open");
    File = fopen("C:\\Temp\\text.exe", "wb");
    fputs("this is no program, but it is long enough to have a header: 0123456789012345678901234567890123456789", File);
    fclose(File);
    Is((ULONG)Create(L"\\??\\C:\\Temp\\text.exe", &Info, 0, &Process, &Thread), (ULONG)STATUS_INVALID_IMAGE_NOT_MZ, "a text");
    Is(Info.State, PsCreateFailOnSectionCreate, "state: section");
    Ok(GetHandleInformation(Info.FailSection.FileHandle, &Flags), "with the file");
    CloseHandle(Info.FailSection.FileHandle);
    DeleteFileA("C:\\Temp\\text.exe");
    Is((ULONG)Create(L"\\??\\C:\\Windows\\System32\\ntdll.dll", &Info, 0, &Process, &Thread), (ULONG)STATUS_INVALID_IMAGE_FORMAT, "a DLL");
    Is(Info.State, PsCreateFailExeFormat, "state: format");
    Is((ULONG)Create(L"\\??\\C:\\Windows", &Info, 0, &Process, &Thread), (ULONG)STATUS_FILE_IS_A_DIRECTORY, "a directory");
    Is((ULONG)Create(Program, &Info, 0x80000000, &Process, &Thread), (ULONG)STATUS_INVALID_PARAMETER, "no such flag");
    Is((ULONG)PNtCreateUserProcess((PHANDLE)16, &Thread, MAXIMUM_ALLOWED, MAXIMUM_ALLOWED, NULL, NULL, 0, 0, NULL, &Info, NULL), (ULONG)STATUS_ACCESS_VIOLATION,
       "a bad pointer");
}

static DWORD WINAPI Return(void *Argument)
{
    return (DWORD)(ULONG_PTR)Argument;
}

static volatile LONG Reached;

static void ContextStart(ULONG_PTR Argument)
{
    Reached = (LONG)Argument;
    ExitThread(0x77);
}

/* RtlCreateUserProcessEx with what its version 1 can be given. */
static void Extended(void)
{
    static NTSTATUS(NTAPI * CreateEx)(PUNICODE_STRING, NPROCESS_PARAMETERS *, BOOLEAN, PVOID, RTL_USER_PROCESS_INFORMATION *);
    struct
    {
        USHORT Version, NodeNumber;
        PSECURITY_DESCRIPTOR ProcessSecurity, ThreadSecurity;
        HANDLE Parent, DebugPort, Token, Job;
    } More = {.Version = 1, .Job = CreateJobObjectA(NULL, NULL)};
    RTL_USER_PROCESS_INFORMATION Information = {.Length = sizeof(Information)};
    NPROCESS_PARAMETERS *Block = Parameters(L"exitcode 8");
    UNICODE_STRING Image;
    BOOL In = FALSE;

    CreateEx = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "RtlCreateUserProcessEx");
    PRtlInitUnicodeString(&Image, Program);
    Is((ULONG)CreateEx(&Image, Block, FALSE, NULL, &Information), 0, "RtlCreateUserProcessEx with nothing more");
    Is(Finish(Information.ProcessHandle, Information.ThreadHandle), 8, "runs");
    Is((ULONG)CreateEx(&Image, Block, FALSE, &More, &Information), 0, "with a job");
    Ok(IsProcessInJob(Information.ProcessHandle, More.Job, &In) && In, "is in it");
    Is(Finish(Information.ProcessHandle, Information.ThreadHandle), 8, "runs");
    More.Version = 9;
    Is((ULONG)CreateEx(&Image, Block, FALSE, &More, &Information), (ULONG)STATUS_INVALID_PARAMETER, "no such version");
    PRtlDestroyProcessParameters(Block);
    CloseHandle(More.Job);
}

static void Threads(void)
{
    RTL_USER_PROCESS_INFORMATION Information = {.Length = sizeof(Information)};
    NPROCESS_PARAMETERS *Block = Parameters(L"exitcode 9");
    UNICODE_STRING Image;
    HANDLE Thread = NULL;
    CLIENT_ID Id = {0};
    INITIAL_TEB Stack = {0};
    CONTEXT *Context = VirtualAlloc(NULL, sizeof(CONTEXT), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    BYTE *Base = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    ULONG Previous = 99;
    DWORD Code = 0;

    PRtlInitUnicodeString(&Image, Program);
    Is((ULONG)PRtlCreateUserProcess(&Image, 0x40, Block, NULL, NULL, NULL, FALSE, NULL, NULL, &Information), 0, "RtlCreateUserProcess");
    Ok(Information.ImageInformation.SubSystemType == IMAGE_SUBSYSTEM_WINDOWS_CUI && Information.ClientId.UniqueProcess != NULL, "says what it made");
    Is(Finish(Information.ProcessHandle, Information.ThreadHandle), 9, "its first thread waits to be resumed");
    PRtlDestroyProcessParameters(Block);
    Is((ULONG)PRtlCreateUserThread(GetCurrentProcess(), NULL, FALSE, 0, 0, 0, (PUSER_THREAD_START_ROUTINE)(PVOID)Return, (PVOID)0x31,
       &Thread, &Id), 0, "RtlCreateUserThread");
    WaitForSingleObject(Thread, INFINITE);
    Ok(GetExitCodeThread(Thread, &Code) && Code == 0x31, "runs");
    CloseHandle(Thread);

    Stack.StackBase = Base + 0x10000;
    Stack.StackLimit = Base;
    Stack.StackAllocationBase = Base;
    Context->ContextFlags = CONTEXT_FULL;
    Context->Rip = (ULONG_PTR)ContextStart;
    Context->Rcx = 0x4242;
    Context->Rsp = (ULONG_PTR)Base + 0x10000 - 0x28;
    Context->EFlags = 0x202;
    Context->SegCs = 0x33;
    Context->SegDs = Context->SegEs = Context->SegSs = Context->SegGs = 0x2B;
    Context->SegFs = 0x53;
    Context->MxCsr = Context->FltSave.MxCsr = 0x1F80;
    Context->FltSave.ControlWord = 0x27F;
    Is((ULONG)PNtCreateThread(&Thread, THREAD_ALL_ACCESS, NULL, GetCurrentProcess(), &Id, Context, &Stack, TRUE), 0, "NtCreateThread, suspended");
    Is((ULONG)PNtResumeThread(Thread, &Previous), 0, "resumed");
    Is(Previous, 1, "it was suspended once");
    WaitForSingleObject(Thread, INFINITE);
    Ok(GetExitCodeThread(Thread, &Code) && Code == 0x77 && Reached == 0x4242, "it began with our context");
    CloseHandle(Thread);
    Is((ULONG)PNtCreateThreadEx(&Thread, THREAD_ALL_ACCESS, NULL, GetCurrentProcess(), (PVOID)Return, NULL, 0x80000000, 0, 0, 0, NULL),
       (ULONG)STATUS_INVALID_PARAMETER,
       "NtCreateThreadEx: no such flag");
}

static void Suspension(void)
{
    HANDLE Thread = CreateThread(NULL, 0, Return, NULL, CREATE_SUSPENDED, NULL);
    ULONG Previous = 0;
    NTSTATUS Status = 0;
    int Count = 1;

    while (Count < 200 && (Status = PNtSuspendThread(Thread, &Previous)) >= 0) {
        Count++;
    }
    Is(Count, 127, "a thread can be suspended 127 times");
    Is((ULONG)Status, (ULONG)STATUS_SUSPEND_COUNT_EXCEEDED, "and then not");
    Is(SuspendThread(Thread) != (DWORD)-1 || GetLastError() != ERROR_SIGNAL_REFUSED, 0, "which Win32 calls refused");
    while (ResumeThread(Thread) > 1) {
    }
    Is(WaitForSingleObject(Thread, 10000), WAIT_OBJECT_0, "resumed as often it runs");
    Is((ULONG)PNtSuspendThread(Thread, &Previous), (ULONG)STATUS_THREAD_IS_TERMINATING, "a thread that ended");
    CloseHandle(Thread);
}

/* The image's section, mapped and given a process by hand; its thread too. */
static void FromSection(void)
{
    PROCESS_BASIC_INFORMATION Basic;
    DWORD Handles = 0xDEAD;
    HANDLE Section, Process, Thread, File = CreateFileA("C:\\Programs\\exitcode.exe", GENERIC_READ | GENERIC_EXECUTE, FILE_SHARE_READ, NULL,
        OPEN_EXISTING, 0, NULL);

    Is((ULONG)PNtCreateSection(&Section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_EXECUTE, 0x1000000 /* SEC_IMAGE */, File), 0, "an image section");
    Is((ULONG)PNtCreateProcessEx(&Process, PROCESS_ALL_ACCESS, NULL, GetCurrentProcess(), 0, Section, NULL, NULL, 0), 0, "NtCreateProcessEx");
    Ok(PNtQueryInformationProcess(Process, 0, &Basic, sizeof(Basic), NULL) == 0 && Basic.PebBaseAddress != NULL, "it has a PEB");
    Is(WaitForSingleObject(Process, 0), WAIT_TIMEOUT, "without a thread it lives");
    Is((ULONG)PNtCreateThreadEx(&Thread, THREAD_ALL_ACCESS, NULL, Process, (PVOID)Return, NULL, THREAD_CREATE_FLAGS_CREATE_SUSPENDED, 0, 0,
       0, NULL), 0, "a thread for it");
    Is((ULONG)PNtTerminateProcess(Process, 3), 0, "ended");
    Is(WaitForSingleObject(Process, 10000), WAIT_OBJECT_0, "with its thread");
    Is((ULONG)PNtTerminateProcess(Process, 4), (ULONG)STATUS_PROCESS_IS_TERMINATING, "once only");
    CloseHandle(Thread);
    CloseHandle(Process);
    PNtCreateProcessEx(&Process, PROCESS_ALL_ACCESS, NULL, GetCurrentProcess(), 0, Section, NULL, NULL, 0);
    Is((ULONG)PNtTerminateProcess(Process, 5), 0, "one that never had a thread");
    Is(WaitForSingleObject(Process, 10000), WAIT_OBJECT_0, "ends too");
    CloseHandle(Process);
    Is((ULONG)PNtCreateProcess(&Process, PROCESS_ALL_ACCESS, NULL, GetCurrentProcess(), FALSE, Section, NULL, NULL), 0, "NtCreateProcess");
    Ok(GetProcessHandleCount(Process, &Handles) && Handles == 0, "it has none of our handles");
    PNtTerminateProcess(Process, 6);
    Is(WaitForSingleObject(Process, 10000), WAIT_OBJECT_0, "ends as well");
    CloseHandle(Process);
    SetHandleInformation(Section, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    Is((ULONG)PNtCreateProcess(&Process, PROCESS_ALL_ACCESS, NULL, GetCurrentProcess(), TRUE, Section, NULL, NULL), 0, "one that inherits");
    Ok(GetProcessHandleCount(Process, &Handles) && Handles >= 1, "has what may be inherited");
    PNtTerminateProcess(Process, 7);
    CloseHandle(Process);
    Is((ULONG)PNtCreateProcess(&Process, PROCESS_ALL_ACCESS, NULL, GetCurrentProcess(), FALSE, File, NULL, NULL), (ULONG)STATUS_OBJECT_TYPE_MISMATCH,
       "a file is no section");
    Is((ULONG)PNtCreateProcess(&Process, PROCESS_ALL_ACCESS, NULL, Section, FALSE, Section, NULL, NULL), (ULONG)STATUS_OBJECT_TYPE_MISMATCH,
       "a section is no parent");
    Is((ULONG)PNtCreateProcessEx(&Process, PROCESS_ALL_ACCESS, NULL, GetCurrentProcess(), 0x80000000, Section, NULL, NULL, 0),
       (ULONG)STATUS_INVALID_PARAMETER, "no such flag");
    CloseHandle(Section);
    CloseHandle(File);
}

static void WalksAndIds(void)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    HANDLE At = NULL, Next;
    char Line[] = "exitcode.exe 4";
    int Me = 0, Threads = 0;
    NTSTATUS Status;
    HANDLE Opened;

    while ((Status = PNtGetNextProcess(At, PROCESS_QUERY_LIMITED_INFORMATION, 0, 0, &Next)) >= 0) {
        Me += GetProcessId(Next) == GetCurrentProcessId();
        if (At != NULL) {
            CloseHandle(At);
        }
        At = Next;
    }
    CloseHandle(At);
    Is((ULONG)Status, (ULONG)STATUS_NO_MORE_ENTRIES, "the walk over processes ends");
    Is(Me, 1, "and meets us once");
    for (At = NULL; PNtGetNextThread(GetCurrentProcess(), At, THREAD_QUERY_LIMITED_INFORMATION, 0, 0, &Next) >= 0; At = Next) {
        Threads += GetThreadId(Next) == GetCurrentThreadId();
        if (At != NULL) {
            CloseHandle(At);
        }
    }
    CloseHandle(At);
    Is(Threads, 1, "our thread is met once");
    CreateProcessA(NULL, Line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &Startup, &Process);
    Is((ULONG)PNtSuspendProcess(Process.hProcess), 0, "NtSuspendProcess");
    Is(ResumeThread(Process.hThread), 2, "counts on top of the thread's own");
    Is((ULONG)PNtResumeProcess(Process.hProcess), 0, "NtResumeProcess");
    Is(WaitForSingleObject(Process.hProcess, 20000), WAIT_OBJECT_0, "it runs to its end");
    CloseHandle(Process.hThread);
    Opened = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, Process.dwProcessId);
    Ok(Opened != NULL, "while somebody holds it, its id is its own");
    CloseHandle(Opened);
    CloseHandle(Process.hProcess);
    for (int Try = 0; Try < 100 && (Opened = OpenProcess(SYNCHRONIZE, FALSE, Process.dwProcessId)) != NULL; Try++) {
        CloseHandle(Opened);
        Sleep(10); /* the last thread's own reference goes a moment later */
    }
    Ok(Opened == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "then the id is nobody's");
}

int main(void)
{
    BIND(NtCreateUserProcess);
    BIND(NtCreateProcess);
    BIND(NtCreateProcessEx);
    BIND(NtCreateThread);
    BIND(NtCreateThreadEx);
    BIND(NtCreateSection);
    BIND(NtResumeThread);
    BIND(NtSuspendThread);
    BIND(NtSuspendProcess);
    BIND(NtResumeProcess);
    BIND(NtTerminateProcess);
    BIND(NtTerminateThread);
    BIND(NtGetNextProcess);
    BIND(NtGetNextThread);
    BIND(NtQueryInformationProcess);
    BIND(RtlCreateProcessParametersEx);
    BIND(RtlDestroyProcessParameters);
    BIND(RtlCreateUserProcess);
    BIND(RtlCreateUserThread);
    BIND(RtlInitUnicodeString);
    UserProcess();
    Extended();
    Threads();
    Suspension();
    FromSection();
    WalksAndIds();
    return Done();
}
