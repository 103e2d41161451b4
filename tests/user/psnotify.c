/* SPDX-License-Identifier: MIT */
/*
 * psnotify.c - loads psnotify.sys and sees what it is told of births, threads, images and handles, and that it can refuse a birth.
 */
#include <windows.h>
#include <winioctl.h>
#include <winternl.h>
#include <string.h>

#include "../kernel/psnotify/psnotify.h"
#include "tap.h"

#ifndef ERROR_VIRUS_INFECTED
#define ERROR_VIRUS_INFECTED 225
#endif

static HANDLE Device;

static int Control(DWORD Code, DWORD In, void *Out, DWORD OutSize)
{
    DWORD Returned;

    return DeviceIoControl(Device, Code, &In, sizeof(In), Out, OutSize, &Returned, NULL);
}

static DWORD Run(const char *Command, DWORD *Error, DWORD *Id, DWORD *ThreadId)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    char Line[128];
    DWORD Code = 0;

    strcpy(Line, Command);
    *Error = 0;
    if (!CreateProcessA(NULL, Line, NULL, NULL, FALSE, 0, NULL, NULL, &Startup, &Process)) {
        *Error = GetLastError();
        return 0;
    }
    *Id = Process.dwProcessId;
    *ThreadId = Process.dwThreadId;
    WaitForSingleObject(Process.hProcess, INFINITE);
    GetExitCodeProcess(Process.hProcess, &Code);
    CloseHandle(Process.hThread);
    CloseHandle(Process.hProcess);
    return Code;
}

static int EndsWith(const wchar_t *Text, const wchar_t *End)
{
    size_t Length = wcslen(Text), Tail = wcslen(End);

    return Length >= Tail && _wcsicmp(Text + Length - Tail, End) == 0;
}

static void Births(void)
{
    PSN_REPORT Report;
    DWORD Error, Id = 0, Thread = 0;

    Ok(Control(IOCTL_PSN_WATCH, GetCurrentProcessId(), NULL, 0), "watch our children");
    Is(Run("exitcode.exe 7", &Error, &Id, &Thread), 7, "a child runs");
    Ok(Control(IOCTL_PSN_REPORT, 0, &Report, sizeof(Report)), "the report");
    Is(Report.Created, 1, "one birth");
    Is(Report.OldCreated, 1, "told to the old routine too");
    Is(Report.Exited, 1, "one death");
    Is(Report.OldExited, 1, "told to both");
    Is(Report.LastParent, GetCurrentProcessId(), "our id");
    Is(Report.LastChild, Id, "the child's");
    Is(Report.CreatingThread, GetCurrentThreadId(), "the thread that made it");
    Is(Report.ThreadsCreated, 1, "one thread");
    Is(Report.ThreadsExited, 1, "which ended");
    Is(Report.LastThread, Thread, "its id");
    Ok(Report.OpenNameAvailable, "the name is the one the file was opened by");
    Ok(EndsWith(Report.Image, L"\\exitcode.exe"), "the image: %ls", Report.Image);
    Ok(wcscmp(Report.CommandLine, L"exitcode.exe 7") == 0, "the command line: %ls", Report.CommandLine);
    Ok(Report.Images >= 4 && Report.ImagesInOrder == Report.Images, "%lu images", Report.Images);
    Ok(EndsWith(Report.FirstImage, L"\\exitcode.exe"), "the program first");
    Ok(EndsWith(Report.SecondImage, L"\\ntdll.dll"), "ntdll second");
}

static void Refusal(void)
{
    PSN_REPORT Report;
    DWORD Error, Id = 0, Thread = 0;

    Control(IOCTL_PSN_WATCH, GetCurrentProcessId(), NULL, 0);
    Run("exitcode.exe psnotify-refuse", &Error, &Id, &Thread);
    Is(Error, ERROR_VIRUS_INFECTED, "a birth is refused with the driver's status");
    Control(IOCTL_PSN_REPORT, 0, &Report, sizeof(Report));
    Is(Report.Created, 1, "it was announced");
    Is(Report.ThreadsCreated, 0, "no thread began");
    Ok(OpenProcess(SYNCHRONIZE, FALSE, Report.LastChild) == NULL, "and nobody is there");
    Is(Run("exitcode.exe 8", &Error, &Id, &Thread), 8, "the next one runs");
}

static void HandleCallbacks(void)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    PSN_REPORT Report;
    char Line[] = "exitcode.exe 9";
    HANDLE Opened, Copy = NULL;

    Control(IOCTL_PSN_WATCH, 0, NULL, 0);
    CreateProcessA(NULL, Line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &Startup, &Process);
    Ok(Control(IOCTL_PSN_PROTECT, Process.dwProcessId, NULL, 0), "protect a process");
    Opened = OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, Process.dwProcessId);
    Ok(Opened != NULL, "it can be opened");
    Is(TerminateProcess(Opened, 1) || GetLastError() != ERROR_ACCESS_DENIED, 0, "but the right to end it was taken off");
    Ok(DuplicateHandle(GetCurrentProcess(), Process.hProcess, GetCurrentProcess(), &Copy, 0, FALSE, DUPLICATE_SAME_ACCESS), "a handle with it");
    Is(TerminateProcess(Copy, 1) || GetLastError() != ERROR_ACCESS_DENIED, 0, "loses it when it is duplicated");
    Control(IOCTL_PSN_REPORT, 0, &Report, sizeof(Report));
    Is(Report.PreCreate, 1, "one open was seen");
    Is(Report.PreDuplicate, 1, "one duplication");
    Is(Report.Post, 2, "and the results of both");
    Control(IOCTL_PSN_PROTECT, 0, NULL, 0);
    CloseHandle(Opened);
    Opened = OpenProcess(PROCESS_TERMINATE, FALSE, Process.dwProcessId);
    Ok(TerminateProcess(Opened, 1), "not protected any more");
    CloseHandle(Opened);
    CloseHandle(Copy);
    CloseHandle(Process.hThread);
    CloseHandle(Process.hProcess);
}

int main(void)
{
    static WCHAR Service[] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\psnotify";
    UNICODE_STRING Name = {sizeof(Service) - sizeof(WCHAR), sizeof(Service), Service};
    NTSTATUS(NTAPI *LoadDriver)(PUNICODE_STRING) = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtLoadDriver");
    NTSTATUS(NTAPI *UnloadDriver)(PUNICODE_STRING) = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtUnloadDriver");
    ULONG Failed = 999;

    Is((ULONG)LoadDriver(&Name), 0, "the driver is loaded");
    Device = CreateFileA("\\\\.\\PsNotify", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    Ok(Device != INVALID_HANDLE_VALUE, "and answers");
    Births();
    Refusal();
    HandleCallbacks();
    Ok(Control(IOCTL_PSN_SELFTEST, GetCurrentProcessId(), &Failed, sizeof(Failed)), "its own tests");
    Is(Failed, 0, "system threads in the system's and in our process, Zw calls, routines registered twice");
    CloseHandle(Device);
    Is((ULONG)UnloadDriver(&Name), 0, "unloaded");
    return Done();
}
