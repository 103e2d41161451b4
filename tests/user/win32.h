/* SPDX-License-Identifier: MIT */
/*
 * win32.h - what many test programs do with Win32: calls that must fail, threads and their codes, handles with few rights, the rights of a handle.
 */
#ifndef NASCENT_TEST_WIN32_H
#define NASCENT_TEST_WIN32_H

#include <windows.h>
#include "tap.h"

#define LONG_TIME 60000 /* ms: what takes longer hangs */

/* The call that was made last failed with this error. */
__attribute__((unused)) static int Fails(BOOL Result, DWORD Error, const char *What)
{
    DWORD Got = GetLastError();

    if (!Ok(!Result && Got == Error, "%s", What)) {
        printf("#   result %d, error %lu, expected %lu\n", Result, Got, Error);
    }
    return 0;
}

__attribute__((unused)) static HANDLE StartThread(LPTHREAD_START_ROUTINE Routine, void *Parameter)
{
    return CreateThread(NULL, 0, Routine, Parameter, 0, NULL);
}

/* Waits for a thread; its exit code.  The handle is closed. */
__attribute__((unused)) static DWORD Join(HANDLE Thread)
{
    DWORD Code = 0xDEAD;

    if (WaitForSingleObject(Thread, LONG_TIME) == WAIT_OBJECT_0) {
        GetExitCodeThread(Thread, &Code);
    }
    CloseHandle(Thread);
    return Code;
}

/* A handle to the same object with these rights only. */
__attribute__((unused)) static HANDLE Limited(HANDLE Handle, DWORD Rights)
{
    HANDLE Copy = NULL;

    DuplicateHandle(GetCurrentProcess(), Handle, GetCurrentProcess(), &Copy, Rights, FALSE, 0);
    return Copy;
}

/* The rights a handle has; by NtQueryObject. */
__attribute__((unused)) static ULONG Granted(HANDLE Handle)
{
    NTSTATUS(NTAPI * Query)(HANDLE, int, PVOID, ULONG, PULONG) = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtQueryObject");
    ULONG Basic[14] = {0};

    Query(Handle, 0, Basic, sizeof(Basic), NULL);
    return Basic[1];
}

/*
 * Waits until who has ended cannot be opened by its id any more; the error of opening it then.  A thread and its process are signalled before the thread
 * has left its stack, and until then the system itself refers to both.
 */
__attribute__((unused)) static DWORD WhenGone(HANDLE(WINAPI *Open)(DWORD Access, BOOL Inherit, DWORD Id), DWORD Id)
{
    HANDLE Handle;

    for (ULONGLONG End = GetTickCount64() + LONG_TIME; (Handle = Open(SYNCHRONIZE, FALSE, Id)) != NULL && GetTickCount64() < End; Sleep(1)) {
        CloseHandle(Handle);
    }
    return Handle == NULL ? GetLastError() : 0;
}
#endif
