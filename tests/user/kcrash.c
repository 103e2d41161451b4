/* SPDX-License-Identifier: MIT */
/*
 * kcrash.c - asks kcrash.sys to stop the system.
 *
 * usage: kcrash write | bugcheck       does not come back
 */
#include <windows.h>
#include <winioctl.h>
#include <winternl.h>
#include <stdio.h>
#include <string.h>

int main(int Count, char **Arguments)
{
    static WCHAR Service[] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\kcrash";
    UNICODE_STRING Name = { sizeof(Service) - sizeof(WCHAR), sizeof(Service), Service };
    NTSTATUS (NTAPI *LoadDriver)(PUNICODE_STRING) = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtLoadDriver");
    DWORD Function = Count > 1 && strcmp(Arguments[1], "bugcheck") == 0 ? 0x802 : 0x801;
    NTSTATUS Status = LoadDriver(&Name);
    DWORD Returned;
    HANDLE Device;

    if (Status < 0) {
        printf("NtLoadDriver: 0x%08lX\n", Status);
        return 1;
    }
    Device = CreateFileA("\\\\.\\KCrash", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    DeviceIoControl(Device, CTL_CODE(FILE_DEVICE_UNKNOWN, Function, METHOD_NEITHER, FILE_ANY_ACCESS), NULL, 0, NULL, 0, &Returned, NULL);
    printf("still here\n");
    return 2;
}
