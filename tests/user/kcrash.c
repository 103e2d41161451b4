/* SPDX-License-Identifier: MIT */
/*
 * kcrash.c - asks kcrash.sys to stop the system.
 *
 * usage: kcrash write | bugcheck | busy       does not come back; busy: a bugcheck while the other processors run user code
 */
#include <windows.h>
#include <winioctl.h>
#include <winternl.h>
#include <stdio.h>
#include <string.h>

/* The stack pointer is worth nothing and the frame pointer neither, as in code that nobody can unwind. */
static DWORD WINAPI Spin(PVOID Started)
{
    *(volatile LONG *)Started = 1;
    __asm__ volatile("movl $0x12340, %%esp\n1:\tpause\n\tjmp 1b" ::: "memory");
    return 0;
}

static void KeepOthersBusy(void)
{
    SYSTEM_INFO Info;

    GetSystemInfo(&Info);
    SetThreadAffinityMask(GetCurrentThread(), 1);
    for (DWORD i = 1; i < Info.dwNumberOfProcessors; i++) {
        volatile LONG Started = 0;
        HANDLE Thread = CreateThread(NULL, 0, Spin, (PVOID)&Started, CREATE_SUSPENDED, NULL);
        SetThreadAffinityMask(Thread, (DWORD_PTR)1 << i);
        ResumeThread(Thread);
        while (!Started) {
            SwitchToThread();
        }
    }
}

int main(int Count, char **Arguments)
{
    static WCHAR Service[] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\kcrash";
    UNICODE_STRING Name = { sizeof(Service) - sizeof(WCHAR), sizeof(Service), Service };
    NTSTATUS (NTAPI *LoadDriver)(PUNICODE_STRING) = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtLoadDriver");
    DWORD Function = Count > 1 && strcmp(Arguments[1], "write") != 0 ? 0x802 : 0x801;
    NTSTATUS Status = LoadDriver(&Name);
    DWORD Returned;
    HANDLE Device;

    if (Status < 0) {
        printf("NtLoadDriver: 0x%08lX\n", Status);
        return 1;
    }
    if (Count > 1 && strcmp(Arguments[1], "busy") == 0) {
        KeepOthersBusy();
    }
    Device = CreateFileA("\\\\.\\KCrash", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    DeviceIoControl(Device, CTL_CODE(FILE_DEVICE_UNKNOWN, Function, METHOD_NEITHER, FILE_ANY_ACCESS), NULL, 0, NULL, 0, &Returned, NULL);
    printf("still here\n");
    return 2;
}
