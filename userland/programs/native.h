/* SPDX-License-Identifier: MIT */
/*
 * native.h - the native calls that a plain program (kernel32 and msvcrt only) finds in ntdll by name.
 *
 * The structures are those of x64 Windows 10; what is named here is public in the WDK or in the symbols of ntdll.
 */
#ifndef NASCENT_PROGRAMS_NATIVE_H
#define NASCENT_PROGRAMS_NATIVE_H

#include <windows.h>
#include <winternl.h>

typedef struct _NATIVE_IMAGE_INFORMATION
{
    PVOID TransferAddress;
    ULONG ZeroBits;
    SIZE_T MaximumStackSize, CommittedStackSize;
    ULONG SubSystemType;
    USHORT Rest[14];
} NATIVE_IMAGE_INFORMATION;

typedef struct _NATIVE_PROCESS
{
    ULONG Length;
    HANDLE Process, Thread;
    CLIENT_ID ClientId;
    NATIVE_IMAGE_INFORMATION Image;
} NATIVE_PROCESS;

typedef struct _NATIVE
{
    NTSTATUS(NTAPI *CreateParameters)(PVOID *Parameters, PUNICODE_STRING Image, PUNICODE_STRING DllPath, PUNICODE_STRING Directory,
                                      PUNICODE_STRING CommandLine, PVOID Environment, PUNICODE_STRING Title, PUNICODE_STRING Desktop,
                                      PUNICODE_STRING Shell, PUNICODE_STRING Runtime, ULONG Flags);
    NTSTATUS(NTAPI *DestroyParameters)(PVOID Parameters);
    NTSTATUS(NTAPI *CreateUserProcess)(PUNICODE_STRING Image, ULONG Attributes, PVOID Parameters, PVOID ProcessSecurity,
                                       PVOID ThreadSecurity, HANDLE Parent, BOOLEAN Inherit, HANDLE Debug, HANDLE Token,
                                       NATIVE_PROCESS *Process);
    NTSTATUS(NTAPI *ResumeThread)(HANDLE Thread, PULONG Count);
    NTSTATUS(NTAPI *QuerySystem)(ULONG Class, PVOID Information, ULONG Length, PULONG Returned);
    NTSTATUS(NTAPI *TraceControl)(ULONG Code, PVOID Input, ULONG InputLength, PVOID Output, ULONG OutputLength, PULONG Returned);
    ULONG(NTAPI *ProcessorNumber)(VOID);
    NTSTATUS(NTAPI *CreateSection)(PHANDLE Section, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes, PLARGE_INTEGER Size, ULONG Protect,
                                   ULONG Kind, HANDLE File);
} NATIVE;

/* 0 if one of them is missing. */
static inline int NativeLoad(NATIVE *Native)
{
    static const char *const Names[] = {
        "RtlCreateProcessParametersEx", "RtlDestroyProcessParameters", "RtlCreateUserProcess", "NtResumeThread",
        "NtQuerySystemInformation", "NtTraceControl", "NtGetCurrentProcessorNumber", "NtCreateSection",
    };
    FARPROC *Slot = (FARPROC *)(void *)Native;
    HMODULE Ntdll = GetModuleHandleA("ntdll.dll");

    for (unsigned i = 0; i < sizeof(Names) / sizeof(Names[0]); i++) {
        Slot[i] = GetProcAddress(Ntdll, Names[i]);
        if (Slot[i] == NULL) {
            return 0;
        }
    }
    return 1;
}

/* Creates the native program at a native path, suspended. */
static inline NTSTATUS NativeCreate(const NATIVE *Native, const WCHAR *NativePath, const WCHAR *DosPath, NATIVE_PROCESS *Process)
{
    UNICODE_STRING Image = {(USHORT)(lstrlenW(NativePath) * 2), (USHORT)(lstrlenW(NativePath) * 2 + 2), (PWSTR)NativePath};
    UNICODE_STRING Dos = {(USHORT)(lstrlenW(DosPath) * 2), (USHORT)(lstrlenW(DosPath) * 2 + 2), (PWSTR)DosPath};
    PVOID Parameters = NULL;
    NTSTATUS Status = Native->CreateParameters(&Parameters, &Dos, NULL, NULL, &Dos, NULL, NULL, NULL, NULL, NULL, 1);

    if (Status >= 0) {
        Process->Length = sizeof(*Process);
        Status = Native->CreateUserProcess(&Image, 0x40, Parameters, NULL, NULL, NULL, FALSE, NULL, NULL, Process);
        Native->DestroyParameters(Parameters);
    }
    return Status;
}

/* What a leak would change. */
typedef struct _NATIVE_USAGE
{
    unsigned long long AvailablePages, CommittedPages, PagedPool, NonPagedPool; /* pages */
    unsigned long long OwnHandles, Processes, Threads, AllHandles;
    unsigned long long OwnPrivate; /* bytes committed by the caller itself */
} NATIVE_USAGE;

static inline int NativeUsage(const NATIVE *Native, NATIVE_USAGE *Usage)
{
    static unsigned char Buffer[0x40000];
    ULONG Performance[86] = {0}, Returned = 0;
    DWORD Own = 0;

    ZeroMemory(Usage, sizeof(*Usage));
    if (Native->QuerySystem(2, Performance, sizeof(Performance), &Returned) < 0) { /* SystemPerformanceInformation */
        return 0;
    }
    Usage->AvailablePages = Performance[11];
    Usage->CommittedPages = Performance[12];
    Usage->PagedPool = Performance[28];
    Usage->NonPagedPool = Performance[29];
    GetProcessHandleCount(GetCurrentProcess(), &Own);
    Usage->OwnHandles = Own;
    if (Native->QuerySystem(5, Buffer, sizeof(Buffer), &Returned) < 0) { /* SystemProcessInformation */
        return 0;
    }
    for (unsigned char *p = Buffer;;) {
        Usage->Processes++;
        Usage->Threads += *(ULONG *)(p + 4);
        Usage->AllHandles += *(ULONG *)(p + 0x60);
        if (*(ULONG_PTR *)(p + 0x50) == GetCurrentProcessId()) {
            Usage->OwnPrivate = *(ULONG_PTR *)(p + 0xC8);
        }
        if (*(ULONG *)p == 0) {
            return 1;
        }
        p += *(ULONG *)p;
    }
}

#endif
