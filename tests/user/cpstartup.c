/* SPDX-License-Identifier: MIT */
/*
 * cpstartup.c - what a child finds when it starts: the start-up information, the C runtime's files, the environment, its standard handles in every
 * combination of inheritance, STARTF_USESTDHANDLES, handle list and console; the rights on the handles of the creator.
 */
#define _WIN32_WINNT 0x0A00
#include "child.h"
#include "win32.h"
#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <stdlib.h>
#include <winternl.h>

static const BYTE Reserved2[] = {0, 0, 0, 0, 1, 2, 3, 250, 0, 7}; /* the first four: the runtime's count of files, none */

/* A bit for each field that is not as expected. */
static int CheckStartup(void)
{
    STARTUPINFOW Info;
    STARTUPINFOA Ansi;
    int Wrong = 0;

    memset(&Info, 0xCC, sizeof(Info));
    GetStartupInfoW(&Info);
    GetStartupInfoA(&Ansi);
    Wrong |= (Info.cb != sizeof(Info)) << 0;
    Wrong |= (wcscmp(Info.lpDesktop, L"WinSta0\\Default") != 0) << 1;
    Wrong |= (wcscmp(Info.lpTitle, L"a title") != 0 || strcmp(Ansi.lpTitle, "a title") != 0) << 2;
    Wrong |= (Info.dwX != 11 || Info.dwY != 12 || Info.dwXSize != 13 || Info.dwYSize != 14) << 3;
    Wrong |= (Info.dwXCountChars != 15 || Info.dwYCountChars != 16 || Info.dwFillAttribute != 17) << 4;
    Wrong |= (Info.dwFlags != (STARTF_USEPOSITION | STARTF_USESIZE | STARTF_USESHOWWINDOW | STARTF_FORCEOFFFEEDBACK)) << 5;
    Wrong |= (Info.wShowWindow != SW_SHOWMINIMIZED) << 6;
    Wrong |= (Info.cbReserved2 != sizeof(Reserved2) || memcmp(Info.lpReserved2, Reserved2, sizeof(Reserved2)) != 0) << 7;
    Wrong |= (wcscmp(Info.lpReserved, L"") != 0) << 8;
    return Wrong;
}

static int CheckDefaults(void)
{
    STARTUPINFOA Info;
    char Image[MAX_PATH];
    int Wrong = 0;

    GetModuleFileNameA(NULL, Image, sizeof(Image));
    GetStartupInfoA(&Info);
    Wrong |= (Info.lpTitle == NULL || _stricmp(Info.lpTitle, Image) != 0) << 0;
    Wrong |= (Info.lpDesktop == NULL || _stricmp(Info.lpDesktop, "WinSta0\\Default") != 0) << 1;
    Wrong |= (Info.dwFlags != 0) << 2;
    Wrong |= (Info.dwX | Info.dwY | Info.dwXSize | Info.dwYSize) != 0 ? 8 : 0;
    Wrong |= (Info.cbReserved2 != 0 || Info.lpReserved2 != NULL) << 4;
    return Wrong;
}

/*
 * One decimal digit a standard handle of a child that has not run yet: 0 none, 1 a pipe, 2 something else that is open, 3 not open.  Read from its
 * parameters, because a C runtime in the child would change them.
 */
static DWORD Standard(HANDLE Process)
{
    static NTSTATUS(NTAPI * Query)(HANDLE, int, PVOID, ULONG, PULONG);
    PROCESS_BASIC_INFORMATION Basic;
    BYTE *Parameters = NULL;
    HANDLE Handles[3] = {0}, Copy;
    DWORD Code = 0;

    Query = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtQueryInformationProcess");
    Query(Process, 0, &Basic, sizeof(Basic), NULL);
    ReadProcessMemory(Process, (BYTE *)Basic.PebBaseAddress + 0x20, &Parameters, sizeof(Parameters), NULL);
    ReadProcessMemory(Process, Parameters + 0x20, Handles, sizeof(Handles), NULL);
    for (int i = 0; i < 3; i++) {
        DWORD Digit = Handles[i] == NULL ? 0 : 3;
        if (Digit != 0 && DuplicateHandle(Process, Handles[i], GetCurrentProcess(), &Copy, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
            Digit = GetFileType(Copy) == FILE_TYPE_PIPE ? 1 : 2;
            CloseHandle(Copy);
        }
        Code = Code * 10 + Digit;
    }
    return Code;
}

static DWORD StandardOf(BOOL Inherit, DWORD Flags, STARTUPINFOA *Startup)
{
    PROCESS_INFORMATION Process;
    DWORD Code = Start(NULL, "exitcode.exe 0", Inherit, Flags | CREATE_SUSPENDED, NULL, NULL, Startup, &Process);

    if (Code == 0) {
        Code = Standard(Process.hProcess);
        TerminateProcess(Process.hProcess, 0);
        Finish(&Process);
    }
    return Code;
}

static int Child(int Count, char **Arguments)
{
    const char *What = Count > 2 ? Arguments[2] : "";
    char Text[16] = "";

    if (strcmp(What, "startup") == 0) {
        return CheckStartup();
    }
    if (strcmp(What, "defaults") == 0) {
        return CheckDefaults();
    }
    if (strcmp(What, "console") == 0) {
        DWORD Mode;
        return GetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), &Mode) && GetConsoleMode(GetStdHandle(STD_OUTPUT_HANDLE), &Mode) &&
               GetConsoleMode(GetStdHandle(STD_ERROR_HANDLE), &Mode) ? 1 : 2;
    }
    if (strcmp(What, "read") == 0) { /* a file of the C runtime by its number */
        int Got = _read(atoi(Arguments[3]), Text, sizeof(Text) - 1);
        return Got == 5 && strcmp(Text, "hello") == 0 ? 1 : 2;
    }
    if (strcmp(What, "environment") == 0) {
        LPWCH Block = GetEnvironmentStringsW();
        return Block[0] == 0 ? 1 : 2;
    }
    if (strcmp(What, "drive") == 0) {
        return GetEnvironmentVariableA("=Q:", Text, sizeof(Text)) == 6 && strcmp(Text, "Q:\\dir") == 0 ? 1 : 2;
    }
    if (strcmp(What, "umlaut") == 0) {
        WCHAR Wide[8];
        return GetEnvironmentVariableW(L"UML", Wide, 8) == 2 && Wide[0] == 0xE4 && Wide[1] == 0x20AC ? 1 : 2;
    }
    return 99;
}

static void Information(void)
{
    STARTUPINFOA Startup = {
        .cb = sizeof(Startup), .lpDesktop = "WinSta0\\Default", .lpTitle = "a title", .dwX = 11, .dwY = 12, .dwXSize = 13, .dwYSize = 14,
        .dwXCountChars = 15, .dwYCountChars = 16, .dwFillAttribute = 17, .wShowWindow = SW_SHOWMINIMIZED,
        .dwFlags = STARTF_USEPOSITION | STARTF_USESIZE | STARTF_USESHOWWINDOW | STARTF_FORCEOFFFEEDBACK,
        .cbReserved2 = sizeof(Reserved2), .lpReserved2 = (LPBYTE)Reserved2,
    };

    Is(RunSelf(FALSE, 0, &Startup, "startup"), 0, "every field of the start-up information");
    Is(RunSelf(FALSE, 0, NULL, "defaults"), 0, "and what it is without");
}

static void RuntimeFiles(void)
{
    char Self[MAX_PATH], Quoted[MAX_PATH + 2], Number[8];
    int Pipe[2];

    GetModuleFileNameA(NULL, Self, sizeof(Self));
    snprintf(Quoted, sizeof(Quoted), "\"%s\"", Self);
    Is((DWORD)_pipe(Pipe, 512, _O_BINARY), 0, "a pipe of the C runtime");
    Is((DWORD)_write(Pipe[1], "hello", 5), 5, "written to");
    snprintf(Number, sizeof(Number), "%d", Pipe[0]);
    Is((DWORD)_spawnl(_P_WAIT, Self, Quoted, "child", "read", Number, NULL), 1, "its number means the same in a child");
    close(Pipe[0]);
    close(Pipe[1]);
}

static void Environments(void)
{
    static WCHAR Empty[] = L"\0", Drive[] = L"=Q:=Q:\\dir\0SystemRoot=C:\\Windows\0", Unsorted[] = L"SystemRoot=C:\\Windows\0zz=1\0=Q:=Q:\\dir\0aa=2\0";
    static char Umlaut[] = "SystemRoot=C:\\Windows\0UML=\xE4\x80\0";
    char Self[MAX_PATH], Line[MAX_PATH + 40];

    GetModuleFileNameA(NULL, Self, sizeof(Self));
    snprintf(Line, sizeof(Line), "\"%s\" child environment", Self);
    Is(RunWith(NULL, Line, FALSE, CREATE_UNICODE_ENVIRONMENT, Empty, NULL, NULL), 1, "an empty environment");
    snprintf(Line, sizeof(Line), "\"%s\" child drive", Self);
    Is(RunWith(NULL, Line, FALSE, CREATE_UNICODE_ENVIRONMENT, Drive, NULL, NULL), 1, "a drive's directory in a block");
    Is(RunWith(NULL, Line, FALSE, CREATE_UNICODE_ENVIRONMENT, Unsorted, NULL, NULL), 1, "a block that is not sorted");
    SetEnvironmentVariableA("=Q:", "Q:\\dir");
    Is(RunSelf(FALSE, 0, NULL, "drive"), 1, "a drive's directory is inherited");
    SetEnvironmentVariableA("=Q:", NULL);
    Is(RunSelf(FALSE, 0, NULL, "drive"), 2, "unless it is gone");
    snprintf(Line, sizeof(Line), "\"%s\" child umlaut", Self);
    Is(RunWith(NULL, Line, FALSE, 0, Umlaut, NULL, NULL), 1, "an ANSI block is in the ANSI code page");
}

/* Which combination gives what, after the published experiments of R. Prichard for Windows 8 and later. */
static void StandardHandles(void)
{
    SECURITY_ATTRIBUTES Inheritable = {sizeof(Inheritable), NULL, TRUE};
    HANDLE Old[3] = {GetStdHandle(STD_INPUT_HANDLE), GetStdHandle(STD_OUTPUT_HANDLE), GetStdHandle(STD_ERROR_HANDLE)};
    HANDLE Read, Write, Private, Other;
    STARTUPINFOEXA Startup = {.StartupInfo = {.cb = sizeof(STARTUPINFOA), .dwFlags = STARTF_USESTDHANDLES}};
    char List[256];
    SIZE_T Size = sizeof(List);

    CreatePipe(&Read, &Write, &Inheritable, 0);
    CreatePipe(&Private, &Other, NULL, 0);
    SetStdHandle(STD_INPUT_HANDLE, Read);
    SetStdHandle(STD_OUTPUT_HANDLE, Other);
    SetStdHandle(STD_ERROR_HANDLE, NULL);
    DWORD Duplicated = StandardOf(FALSE, 0, NULL), Inherited = StandardOf(TRUE, 0, NULL);
    DWORD Detached = StandardOf(FALSE, DETACHED_PROCESS, NULL), DetachedInherit = StandardOf(TRUE, DETACHED_PROCESS, NULL);
    DWORD New = RunSelf(FALSE, CREATE_NEW_CONSOLE, NULL, "console"), NewInherit = RunSelf(TRUE, CREATE_NEW_CONSOLE, NULL, "console");

    Startup.StartupInfo.hStdInput = Private;
    Startup.StartupInfo.hStdOutput = Write;
    DWORD Given = StandardOf(TRUE, 0, &Startup.StartupInfo), GivenWithout = StandardOf(FALSE, 0, &Startup.StartupInfo);
    DWORD GivenDetached = StandardOf(TRUE, DETACHED_PROCESS, &Startup.StartupInfo);

    Startup.StartupInfo.dwFlags = 0;
    Startup.StartupInfo.cb = sizeof(Startup);
    Startup.lpAttributeList = (PVOID)List;
    HANDLE Null = NULL;
    InitializeProcThreadAttributeList(Startup.lpAttributeList, 1, 0, &Size);
    UpdateProcThreadAttribute(Startup.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &Null, sizeof(Null), NULL, NULL);
    DWORD Listed = StandardOf(TRUE, EXTENDED_STARTUPINFO_PRESENT, &Startup.StartupInfo);

    SetStdHandle(STD_INPUT_HANDLE, Old[0]);
    SetStdHandle(STD_OUTPUT_HANDLE, Old[1]);
    SetStdHandle(STD_ERROR_HANDLE, Old[2]);
    Is(Duplicated, 110, "without inheritance they are duplicated, whatever their flags");
    Is(Inherited, 130, "with it they are as they stand, and one that is not inheritable is not there");
    Is(Detached, 0, "none without a console");
    Is(DetachedInherit, 0, "nor with inheritance");
    Is(New, 1, "a console of its own: three new ones");
    Is(NewInherit, 1, "also with inheritance");
    Is(Given, 310, "the three that are given, as they stand");
    Is(GivenWithout, 0, "given without inheritance they are none");
    Is(GivenDetached, 310, "given ones come also without a console");
    Is(Listed, 110, "with a handle list they are duplicated");
    CloseHandle(Read);
    CloseHandle(Write);
    CloseHandle(Private);
    CloseHandle(Other);
}

static void Rights(void)
{
    SECURITY_ATTRIBUTES Inheritable = {sizeof(Inheritable), NULL, TRUE};
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    char Line[] = "exitcode.exe 0";
    DWORD Flags = 99;

    Ok(CreateProcessA(NULL, Line, &Inheritable, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &Startup, &Process), "a child");
    Is(Granted(Process.hProcess), PROCESS_ALL_ACCESS, "every right to the process");
    Is(Granted(Process.hThread), THREAD_ALL_ACCESS, "and to the thread");
    Ok(GetHandleInformation(Process.hProcess, &Flags) && Flags == HANDLE_FLAG_INHERIT, "the process handle is inheritable as asked");
    Ok(GetHandleInformation(Process.hThread, &Flags) && Flags == 0, "the thread's is not");
    Is(ResumeThread(Process.hThread), 1, "suspended once");
    Is(Finish(&Process), 0, "it runs");
}

int main(int Count, char **Arguments)
{
    if (Count > 1 && strcmp(Arguments[1], "child") == 0) {
        return Child(Count, Arguments);
    }
    Information();
    RuntimeFiles();
    Environments();
    StandardHandles();
    Rights();
    return Done();
}
