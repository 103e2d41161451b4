/* SPDX-License-Identifier: MIT */
/*
 * echodrv.c - loads echo.sys and talks to it: the pair shows a driver built against <ntddk.h> alone at work.
 *
 * usage: echodrv TEXT      prints TEXT as the driver gives it back
 */
#include <windows.h>
#include <winioctl.h>
#include <winternl.h>
#include <stdio.h>
#include <string.h>

#define IOCTL_ECHO CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)

int main(int Count, char **Arguments)
{
    static WCHAR Service[] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\echo";
    UNICODE_STRING Name = { sizeof(Service) - sizeof(WCHAR), sizeof(Service), Service };
    NTSTATUS (NTAPI *LoadDriver)(PUNICODE_STRING) = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtLoadDriver");
    NTSTATUS (NTAPI *UnloadDriver)(PUNICODE_STRING) = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtUnloadDriver");
    const char *Text = Count > 1 ? Arguments[1] : "hello, driver";
    char Answer[256] = "";
    DWORD Returned = 0;
    NTSTATUS Status = LoadDriver(&Name);
    HANDLE Device;
    int Good;

    if (Status < 0) {
        printf("NtLoadDriver: 0x%08lX\n", Status);
        return 1;
    }
    Device = CreateFileA("\\\\.\\Echo", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (Device == INVALID_HANDLE_VALUE) {
        printf("CreateFile: %lu\n", GetLastError());
        return 2;
    }
    Good = DeviceIoControl(Device, IOCTL_ECHO, (void *)Text, (DWORD)strlen(Text), Answer, sizeof(Answer) - 1, &Returned, NULL);
    printf("%.*s\n", (int)Returned, Answer);
    CloseHandle(Device);
    Status = UnloadDriver(&Name);
    return Good && Status >= 0 ? 0 : 3;
}
