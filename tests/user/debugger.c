/* SPDX-License-Identifier: MIT */
/*
 * debugger.c - a debugger and its debuggee: the events of a birth in their order, exceptions asked about twice, output as text, attaching and leaving, what
 * becomes of the debugged when the debugger ends.
 */
#include "native.h"
#include <string.h>
#include <wchar.h>
#include "child.h"
#include "tap.h"

#define SELF ((HANDLE)-1)
#define HANDLED 0xE0001111
#define FIXED 0xE0002222

NATIVE(NtCreateDebugObject, (PHANDLE H, ACCESS_MASK A, PVOID O, ULONG F), (H, A, O, F))
NATIVE(NtDebugActiveProcess, (HANDLE P, HANDLE D), (P, D))
NATIVE(NtDebugContinue, (HANDLE D, PVOID C, NTSTATUS S), (D, C, S))
NATIVE(NtRemoveProcessDebug, (HANDLE P, HANDLE D), (P, D))
NATIVE(NtWaitForDebugEvent, (HANDLE D, BOOLEAN A, PLARGE_INTEGER T, PVOID C), (D, A, T, C))

/* winternl.h declares it, but kernel32's import library has it not. */
static NTSTATUS QueryProcess(HANDLE Process, ULONG Class, PVOID Buffer, ULONG Length, PULONG Returned)
{
    NTSTATUS(NTAPI * Query)(HANDLE, ULONG, PVOID, ULONG, PULONG) = (void *)GetProcAddress(GetModuleHandleA("ntdll"), "NtQueryInformationProcess");

    return Query(Process, Class, Buffer, Length, Returned);
}

static void Same(NTSTATUS Got, NTSTATUS Expected, const char *What)
{
    Is((ULONG)Got, (ULONG)Expected, What);
}

static int Failed(BOOL Result, DWORD Error)
{
    return !Result && GetLastError() == Error;
}

/* ---- the debugged ---------------------------------------------------------------------------------------------------------------------- */

static LONG CALLBACK Handler(PEXCEPTION_POINTERS Info)
{
    return Info->ExceptionRecord->ExceptionCode == HANDLED ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}

static DWORD WINAPI Five(LPVOID Parameter)
{
    (void)Parameter;
    return 5;
}

/* Every kind of event once, in this order. */
static int Everything(void)
{
    int Good = IsDebuggerPresent();
    volatile int After = 0;

    OutputDebugStringA("narrow text");
    OutputDebugStringW(L"wide text");
    FreeLibrary(LoadLibraryA("version.dll"));
    HANDLE Thread = CreateThread(NULL, 0, Five, NULL, 0, NULL);
    WaitForSingleObject(Thread, INFINITE);
    AddVectoredExceptionHandler(1, Handler);
    RaiseException(HANDLED, 0, 0, NULL);
    DebugBreak();
    RaiseException(FIXED, 0, 0, NULL);
    __asm__ volatile("movl $1, %%eax\n\tmovl $7, 0\n\tmovl %%eax, %0" : "=m"(After) : : "rax", "memory"); /* C7 04 25 00000000 07000000 */
    return Good && After == 1 ? 42 : 1;
}

static int Crash(void)
{
    *(volatile int *)NULL = 1;
    return 1;
}

static int WaitForEnd(void)
{
    HANDLE Event = OpenEventA(SYNCHRONIZE, FALSE, "debugger-end");
    DWORD Result = WaitForSingleObject(Event, 30000);

    return Result == WAIT_OBJECT_0 ? 9 + IsDebuggerPresent() : 1;
}

static int Grandparent(void)
{
    return (int)RunSelf(FALSE, 0, NULL, "child end");
}

static int Debuggee(const char *What)
{
    if (strcmp(What, "all") == 0) {
        return Everything();
    }
    if (strcmp(What, "crash") == 0) {
        return Crash();
    }
    if (strcmp(What, "wait") == 0) {
        return WaitForEnd();
    }
    if (strcmp(What, "parent") == 0) {
        return Grandparent();
    }
    return 7;
}

/* ---- the debugger ------------------------------------------------------------------------------------------------------------------------ */

static char Self[MAX_PATH];
static PROCESS_INFORMATION Child;

static BOOL StartDebugged(const char *What, DWORD Flags)
{
    char Line[200];

    snprintf(Line, sizeof(Line), "debugger child %s", What);
    return Start(Self, Line, FALSE, Flags, NULL, NULL, NULL, &Child) == 0;
}

static BOOL Next(DEBUG_EVENT *Event)
{
    memset(Event, 0xCC, sizeof(*Event));
    return WaitForDebugEvent(Event, 20000);
}

static void Go(const DEBUG_EVENT *Event, DWORD Status)
{
    ContinueDebugEvent(Event->dwProcessId, Event->dwThreadId, Status);
}

/* The next event that is not the loading of a DLL; those are continued. */
static DWORD NextOther(DEBUG_EVENT *Event)
{
    while (Next(Event) && Event->dwDebugEventCode == LOAD_DLL_DEBUG_EVENT) {
        CloseHandle(Event->u.LoadDll.hFile);
        Go(Event, DBG_CONTINUE);
    }
    return Event->dwDebugEventCode;
}

static void Text(const void *Address, void *Buffer, SIZE_T Size)
{
    SIZE_T Read = 0;

    memset(Buffer, 0, Size);
    ReadProcessMemory(Child.hProcess, Address, Buffer, Size, &Read);
}

static BOOL NameOfFile(HANDLE File, const char *Expected)
{
    char Name[MAX_PATH] = "";
    DWORD Length = GetFinalPathNameByHandleA(File, Name, sizeof(Name), 0);

    return Length > strlen(Expected) && Length < sizeof(Name) && _stricmp(Name + Length - strlen(Expected), Expected) == 0;
}

/* CREATE_PROCESS, ntdll, the other DLLs, the breakpoint; nothing is left to be continued then but that. */
static BOOL Birth(DEBUG_EVENT *Event)
{
    WCHAR Name[16];
    PVOID Where;
    int Dlls = 0, Kernel32 = 0;

    Ok(Next(Event) && Event->dwDebugEventCode == CREATE_PROCESS_DEBUG_EVENT && Event->dwProcessId == Child.dwProcessId && Event->dwThreadId == Child.dwThreadId,
       "a process is born");
    Ok(Event->u.CreateProcessInfo.hProcess != NULL && GetProcessId(Event->u.CreateProcessInfo.hProcess) == Child.dwProcessId &&
       GetThreadId(Event->u.CreateProcessInfo.hThread) == Child.dwThreadId, "with handles on it and its thread");
    Ok(NameOfFile(Event->u.CreateProcessInfo.hFile, "debugger.exe"), "and its file");
    Ok(Event->u.CreateProcessInfo.lpBaseOfImage == GetModuleHandleA(NULL) && Event->u.CreateProcessInfo.lpThreadLocalBase != NULL, "where it lies");
    CloseHandle(Event->u.CreateProcessInfo.hFile);
    Go(Event, DBG_CONTINUE);
    Ok(Next(Event) && Event->dwDebugEventCode == LOAD_DLL_DEBUG_EVENT && Event->u.LoadDll.lpBaseOfDll == GetModuleHandleA("ntdll"), "ntdll is the first DLL");
    Text(Event->u.LoadDll.lpImageName, &Where, sizeof(Where));
    Text(Where, Name, sizeof(Name));
    Ok(Event->u.LoadDll.fUnicode && wcscmp(Name, L"ntdll.dll") == 0, "by its name");
    while (Event->dwDebugEventCode == LOAD_DLL_DEBUG_EVENT) {
        Dlls++;
        Kernel32 |= NameOfFile(Event->u.LoadDll.hFile, "kernel32.dll");
        CloseHandle(Event->u.LoadDll.hFile);
        Go(Event, DBG_CONTINUE);
        if (!Next(Event)) {
            return FALSE;
        }
    }
    Ok(Dlls > 2 && Kernel32, "then the others: %d", Dlls);
    return Ok(Event->dwDebugEventCode == EXCEPTION_DEBUG_EVENT && Event->u.Exception.ExceptionRecord.ExceptionCode == EXCEPTION_BREAKPOINT &&
              Event->u.Exception.dwFirstChance, "everything is loaded, nothing has run: a breakpoint");
}

static BOOL IsException(DEBUG_EVENT *Event, DWORD Code, DWORD FirstChance)
{
    return NextOther(Event) == EXCEPTION_DEBUG_EVENT && Event->u.Exception.ExceptionRecord.ExceptionCode == Code &&
           Event->u.Exception.dwFirstChance == FirstChance;
}

static void Strings(DEBUG_EVENT *Event)
{
    char Buffer[32];

    Ok(NextOther(Event) == OUTPUT_DEBUG_STRING_EVENT && !Event->u.DebugString.fUnicode && Event->u.DebugString.nDebugStringLength == 12, "text comes");
    Text(Event->u.DebugString.lpDebugStringData, Buffer, 12);
    Ok(strcmp(Buffer, "narrow text") == 0, "as it was written");
    Go(Event, DBG_CONTINUE);
    Ok(NextOther(Event) == OUTPUT_DEBUG_STRING_EVENT && !Event->u.DebugString.fUnicode && Event->u.DebugString.nDebugStringLength == 10, "wide text, too");
    Text(Event->u.DebugString.lpDebugStringData, Buffer, 10);
    Ok(strcmp(Buffer, "wide text") == 0, "in narrow characters for who asks so");
    Go(Event, DBG_CONTINUE);
}

static void Libraries(DEBUG_EVENT *Event)
{
    PVOID Base = NULL, Where;
    WCHAR Name[MAX_PATH];

    while (Next(Event) && Event->dwDebugEventCode == LOAD_DLL_DEBUG_EVENT) { /* version.dll, and what it may need */
        if (NameOfFile(Event->u.LoadDll.hFile, "version.dll")) {
            Base = Event->u.LoadDll.lpBaseOfDll;
            Text(Event->u.LoadDll.lpImageName, &Where, sizeof(Where));
            Text(Where, Name, sizeof(Name) - 2);
            Name[MAX_PATH - 1] = 0;
        }
        CloseHandle(Event->u.LoadDll.hFile);
        Go(Event, DBG_CONTINUE);
    }
    Ok(Base != NULL && wcslen(Name) > 11 && _wcsicmp(Name + wcslen(Name) - 11, L"version.dll") == 0, "a DLL is loaded, with its path");
    BOOL Unloaded = FALSE;
    while (Event->dwDebugEventCode == UNLOAD_DLL_DEBUG_EVENT) {
        Unloaded |= Event->u.UnloadDll.lpBaseOfDll == Base;
        Go(Event, DBG_CONTINUE);
        Next(Event);
    }
    Ok(Unloaded, "and unloaded");
}

static void Threads(DEBUG_EVENT *Event)
{
    DWORD Thread = Event->dwThreadId;

    Ok(Event->dwDebugEventCode == CREATE_THREAD_DEBUG_EVENT && Thread != Child.dwThreadId && GetThreadId(Event->u.CreateThread.hThread) == Thread &&
       Event->u.CreateThread.lpThreadLocalBase != NULL, "a thread begins");
    Ok(SuspendThread(Child.hThread) == 0 && ResumeThread(Child.hThread) == 1, "others are stopped, which does not show in their counts");
    Go(Event, DBG_CONTINUE);
    Ok(NextOther(Event) == EXIT_THREAD_DEBUG_EVENT && Event->dwThreadId == Thread && Event->u.ExitThread.dwExitCode == 5, "and ends");
    Go(Event, DBG_CONTINUE);
}

static void Exceptions(DEBUG_EVENT *Event)
{
    CONTEXT Context = {.ContextFlags = CONTEXT_FULL};

    Ok(IsException(Event, HANDLED, 1), "an exception is the debugger's first");
    Go(Event, DBG_EXCEPTION_NOT_HANDLED);
    Ok(IsException(Event, EXCEPTION_BREAKPOINT, 1), "the program has handled it: the next is a breakpoint");
    GetThreadContext(Child.hThread, &Context);
    Is(Context.Rip, (ULONG_PTR)Event->u.Exception.ExceptionRecord.ExceptionAddress + 1, "which the thread has passed");
    Go(Event, DBG_CONTINUE);
    Ok(IsException(Event, FIXED, 1), "one that only the debugger handles");
    Go(Event, DBG_CONTINUE);
    Ok(IsException(Event, EXCEPTION_ACCESS_VIOLATION, 1), "a violation");
    GetThreadContext(Child.hThread, &Context);
    Is(Context.Rip, (ULONG_PTR)Event->u.Exception.ExceptionRecord.ExceptionAddress, "at its instruction");
    Is(Context.Rax, 1, "with its registers");
    Context.Rip += 11;
    Ok(SetThreadContext(Child.hThread, &Context), "stepped over");
    Go(Event, DBG_CONTINUE);
}

static void Story(void)
{
    DEBUG_EVENT Event;
    BOOL Present = FALSE;
    DWORD Handles, Code = 0;

    GetProcessHandleCount(SELF, &Handles);
    if (!Ok(StartDebugged("all", DEBUG_ONLY_THIS_PROCESS), "a debugged child") || !Birth(&Event)) {
        return;
    }
    Ok(CheckRemoteDebuggerPresent(Child.hProcess, &Present) && Present, "it has a debugger");
    Ok(Failed(WaitForDebugEvent(&Event, 0), ERROR_SEM_TIMEOUT), "it stands still");
    Go(&(DEBUG_EVENT){.dwProcessId = Child.dwProcessId, .dwThreadId = Child.dwThreadId}, DBG_CONTINUE);
    Strings(&Event);
    Libraries(&Event);
    Threads(&Event);
    Exceptions(&Event);
    while (NextOther(&Event) == EXIT_THREAD_DEBUG_EVENT || Event.dwDebugEventCode == UNLOAD_DLL_DEBUG_EVENT) {
        Go(&Event, DBG_CONTINUE);
    }
    Ok(Event.dwDebugEventCode == EXIT_PROCESS_DEBUG_EVENT && Event.u.ExitProcess.dwExitCode == 42, "the end, with the code of success");
    Ok(WaitForSingleObject(Child.hProcess, 0) == WAIT_TIMEOUT, "which waits to be continued");
    Go(&Event, DBG_CONTINUE);
    Code = Finish(&Child);
    Is(Code, 42, "then it is over");
    GetProcessHandleCount(SELF, &Code);
    Ok(Code <= Handles + 1, "no handles are left but the debug object's (%lu, %lu)", Handles, Code);
}

static void SecondChance(void)
{
    DEBUG_EVENT Event;

    StartDebugged("crash", DEBUG_PROCESS);
    while (NextOther(&Event) == CREATE_PROCESS_DEBUG_EVENT || Event.u.Exception.ExceptionRecord.ExceptionCode == EXCEPTION_BREAKPOINT) {
        Go(&Event, DBG_CONTINUE);
    }
    Ok(Event.dwDebugEventCode == EXCEPTION_DEBUG_EVENT && Event.u.Exception.ExceptionRecord.ExceptionCode == EXCEPTION_ACCESS_VIOLATION &&
       Event.u.Exception.dwFirstChance, "a crash");
    Go(&Event, DBG_EXCEPTION_NOT_HANDLED);
    Ok(IsException(&Event, EXCEPTION_ACCESS_VIOLATION, 0), "is told a second time, when nobody has handled it");
    Go(&Event, DBG_EXCEPTION_NOT_HANDLED);
    Ok(NextOther(&Event) == EXIT_PROCESS_DEBUG_EVENT && Event.u.ExitProcess.dwExitCode == (DWORD)STATUS_ACCESS_VIOLATION, "and ends the process");
    Go(&Event, DBG_CONTINUE);
    Finish(&Child);
}

/* With DEBUG_PROCESS children are debugged, too. */
static int Births(DWORD Flags, DWORD *Code)
{
    DEBUG_EVENT Event;
    int Count = 0, Alive = 0;

    StartDebugged("parent", Flags);
    do {
        if (!Next(&Event)) {
            break;
        }
        if (Event.dwDebugEventCode == CREATE_PROCESS_DEBUG_EVENT) {
            Count++;
            Alive++;
            CloseHandle(Event.u.CreateProcessInfo.hFile);
        } else if (Event.dwDebugEventCode == LOAD_DLL_DEBUG_EVENT) {
            CloseHandle(Event.u.LoadDll.hFile);
        } else if (Event.dwDebugEventCode == EXIT_PROCESS_DEBUG_EVENT) {
            Alive--;
        }
        Go(&Event, DBG_CONTINUE);
    } while (Alive != 0);
    *Code = Finish(&Child);
    return Count;
}

static void Children(void)
{
    DWORD Code;

    Is(Births(DEBUG_PROCESS, &Code), 2, "the child and its child are debugged");
    Is(Code, 7, "and ran");
    Is(Births(DEBUG_PROCESS | DEBUG_ONLY_THIS_PROCESS, &Code), 1, "or the child only");
    Is(Code, 7, "which ran");
}

static void Attaching(void)
{
    HANDLE End = CreateEventA(NULL, TRUE, FALSE, "debugger-end");
    DEBUG_EVENT Event;
    int Dlls = 0;
    DWORD Break = 0;

    Start(Self, "debugger child wait", FALSE, 0, NULL, NULL, NULL, &Child);
    Sleep(200);
    Ok(Failed(DebugActiveProcess(GetCurrentProcessId()), ERROR_ACCESS_DENIED), "nobody debugs himself");
    Ok(Failed(DebugActiveProcess(0x7FFFFFF0), ERROR_INVALID_PARAMETER), "nor what is not there");
    Ok(DebugActiveProcess(Child.dwProcessId), "attached to a process that runs");
    Ok(Failed(DebugActiveProcess(Child.dwProcessId), ERROR_INVALID_PARAMETER) || GetLastError() == ERROR_ACCESS_DENIED, "one debugger is enough");
    Ok(Next(&Event) && Event.dwDebugEventCode == CREATE_PROCESS_DEBUG_EVENT && Event.dwThreadId == Child.dwThreadId &&
       NameOfFile(Event.u.CreateProcessInfo.hFile, "debugger.exe"), "it is told of the birth");
    CloseHandle(Event.u.CreateProcessInfo.hFile);
    Go(&Event, DBG_CONTINUE);
    while (Next(&Event) && (Event.dwDebugEventCode == LOAD_DLL_DEBUG_EVENT || Event.dwDebugEventCode == CREATE_THREAD_DEBUG_EVENT)) {
        if (Event.dwDebugEventCode == LOAD_DLL_DEBUG_EVENT) {
            Dlls++;
            CloseHandle(Event.u.LoadDll.hFile);
        } else {
            Break = Event.dwThreadId;
        }
        Go(&Event, DBG_CONTINUE);
    }
    Ok(Dlls > 2, "of its DLLs: %d", Dlls);
    Ok(Event.dwDebugEventCode == EXCEPTION_DEBUG_EVENT && Event.u.Exception.ExceptionRecord.ExceptionCode == EXCEPTION_BREAKPOINT && Event.dwThreadId == Break,
       "and a thread of its own breaks in");
    Go(&Event, DBG_CONTINUE);
    Ok(Next(&Event) && Event.dwDebugEventCode == EXIT_THREAD_DEBUG_EVENT && Event.dwThreadId == Break, "which ends");
    Go(&Event, DBG_CONTINUE);
    Ok(DebugActiveProcessStop(Child.dwProcessId), "the debugger leaves");
    Ok(!DebugActiveProcessStop(Child.dwProcessId), "once");
    SetEvent(End);
    Is(Finish(&Child), 9, "and the process goes on without it");

    /* and one that is attached to and left in the middle of its events */
    ResetEvent(End);
    Start(Self, "debugger child wait", FALSE, 0, NULL, NULL, NULL, &Child);
    Sleep(200);
    Ok(DebugActiveProcess(Child.dwProcessId) && Next(&Event) && Event.dwDebugEventCode == CREATE_PROCESS_DEBUG_EVENT, "attached to another");
    CloseHandle(Event.u.CreateProcessInfo.hFile);
    Ok(DebugActiveProcessStop(Child.dwProcessId), "left with events that nobody has continued");
    SetEvent(End);
    Is(Finish(&Child), 9, "it goes on");
    CloseHandle(End);
}

/* Debugs in a thread of its own, which ends without continuing anything. */
static DWORD WINAPI BadDebugger(LPVOID Keep)
{
    DEBUG_EVENT Event;

    StartDebugged("end", DEBUG_PROCESS);
    Next(&Event);
    if (Keep != NULL) {
        DebugSetProcessKillOnExit(FALSE);
    }
    CloseHandle(*(HANDLE *)((PUCHAR)NtCurrentTeb() + 0x16A8)); /* TEB.DbgSsReserved[1]: the debug object */
    *(HANDLE *)((PUCHAR)NtCurrentTeb() + 0x16A8) = NULL;
    return 0;
}

static void Leaving(void)
{
    HANDLE Thread = CreateThread(NULL, 0, BadDebugger, NULL, 0, NULL);

    WaitForSingleObject(Thread, 20000);
    CloseHandle(Thread);
    Is(Finish(&Child), (DWORD)0xC0000354, "the end of the debugger is the end of the debugged");
    Thread = CreateThread(NULL, 0, BadDebugger, (LPVOID)1, 0, NULL);
    WaitForSingleObject(Thread, 20000);
    CloseHandle(Thread);
    Is(Finish(&Child), 7, "unless it is not to be");
}

static void Terminating(void)
{
    DEBUG_EVENT Event;

    StartDebugged("end", DEBUG_PROCESS);
    Next(&Event);
    CloseHandle(Event.u.CreateProcessInfo.hFile);
    Ok(TerminateProcess(Child.hProcess, 99), "killed while it waits for its debugger");
    Ok(WaitForSingleObject(Child.hProcess, 50) == WAIT_TIMEOUT, "it still waits");
    Go(&Event, DBG_CONTINUE);
    while (Next(&Event) && Event.dwDebugEventCode != EXIT_PROCESS_DEBUG_EVENT) {
        Go(&Event, DBG_CONTINUE);
    }
    Is(Event.u.ExitProcess.dwExitCode, 99, "then it ends");
    Go(&Event, DBG_CONTINUE);
    Is(Finish(&Child), 99, "by that code");
}

static void Services(void)
{
    HANDLE Object = NULL, Weak;
    ULONG_PTR Port = 7;
    ULONG Flags = 7;
    CLIENT_ID Nobody = {(HANDLE)4, (HANDLE)8};
    LARGE_INTEGER Now = {.QuadPart = 0};
    char Change[184];

    Same(NtCreateDebugObject(&Object, 0x1F000F, NULL, 2), STATUS_INVALID_PARAMETER, "a flag that is not there");
    Same(NtCreateDebugObject(&Object, 0x1F000F, NULL, 1), 0, "a debug object");
    Same(NtWaitForDebugEvent(Object, FALSE, &Now, Change), STATUS_TIMEOUT, "without events");
    Is(WaitForSingleObject(Object, 0), WAIT_TIMEOUT, "not signalled");
    Same(NtDebugContinue(Object, &Nobody, DBG_CONTINUE), STATUS_INVALID_PARAMETER, "nothing to continue");
    Same(NtDebugContinue(Object, &Nobody, 5), STATUS_INVALID_PARAMETER, "no answer");
    Same(NtDebugActiveProcess(SELF, Object), STATUS_ACCESS_DENIED, "oneself");
    DuplicateHandle(SELF, Object, SELF, &Weak, 8, FALSE, 0);
    Same(NtWaitForDebugEvent(Weak, FALSE, &Now, Change), STATUS_ACCESS_DENIED, "reading events is a right");
    CloseHandle(Weak);
    Same(NtRemoveProcessDebug(SELF, Object), STATUS_PORT_NOT_SET, "not debugged by it");
    Same(QueryProcess(SELF, 7, &Port, 8, NULL), 0, "the debug port");
    Is(Port, 0, "none");
    Same(QueryProcess(SELF, 30, &Port, 8, NULL), STATUS_PORT_NOT_SET, "no debug object");
    Same(QueryProcess(SELF, 31, &Flags, 4, NULL), 0, "debug flags");
    Is(Flags, 1, "children would be debugged with us");
    CloseHandle(Object);
    Ok(Failed(ContinueDebugEvent(4, 8, DBG_CONTINUE), ERROR_INVALID_HANDLE) || GetLastError() == ERROR_INVALID_PARAMETER, "nothing to continue");
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "child") == 0) {
        return Debuggee(argv[2]);
    }
    GetModuleFileNameA(NULL, Self, sizeof(Self));
    OutputDebugStringA("debugger.exe: nobody listens\n");
    OutputDebugStringW(L"debugger.exe: nor to this\n");
    Services();
    Story();
    SecondChance();
    Children();
    Attaching();
    Leaving();
    Terminating();
    return Done();
}
