/* SPDX-License-Identifier: MIT */
/*
 * util.c - last errors, memory, ANSI text.
 */
#include "adv.h"

BOOL WINAPI DllMain(HINSTANCE Instance, DWORD Reason, LPVOID Reserved)
{
    UNUSED(Reserved);
    if (Reason == DLL_PROCESS_ATTACH) {
        LdrDisableThreadCalloutsForDll(Instance);
    }
    return TRUE;
}

BOOL AdvFail(DWORD Error)
{
    RtlSetLastWin32Error(Error);
    return FALSE;
}

DWORD AdvError(NTSTATUS Status)
{
    return NT_SUCCESS(Status) ? ERROR_SUCCESS : RtlNtStatusToDosError(Status);
}

BOOL AdvResult(NTSTATUS Status)
{
    return NT_SUCCESS(Status) || AdvFail(RtlNtStatusToDosError(Status));
}

void AdvNotThere(const char *Name)
{
    static const char *volatile Seen[128];

    for (ULONG i = 0; i < COUNT_OF(Seen); i++) {
        const char *Old = InterlockedCompareExchangePointer((PVOID volatile *)&Seen[i], (PVOID)Name, NULL);
        if (Old == Name) {
            return;
        }
        if (Old == NULL) {
            DbgPrint("advapi32: %s is not there yet\n", Name);
            return;
        }
    }
}

PVOID AdvAllocate(SIZE_T Size)
{
    PVOID Block = LocalAlloc(LMEM_FIXED | LMEM_ZEROINIT, Size);

    if (Block == NULL) {
        AdvFail(ERROR_NOT_ENOUGH_MEMORY);
    }
    return Block;
}

void AdvFree(PVOID Block)
{
    DWORD Error = RtlGetLastWin32Error();

    if (Block != NULL) {
        LocalFree(Block);
    }
    RtlSetLastWin32Error(Error);
}

LPWSTR AdvWide(LPCSTR Text)
{
    if (Text == NULL) {
        return NULL;
    }
    int Length = MultiByteToWideChar(CP_ACP, 0, Text, -1, NULL, 0);
    LPWSTR Wide = AdvAllocate((SIZE_T)Length * sizeof(WCHAR));
    if (Wide != NULL) {
        MultiByteToWideChar(CP_ACP, 0, Text, -1, Wide, Length);
    }
    return Wide;
}

BOOL AdvCopyAnsi(LPCWSTR Source, LPSTR Target, LPDWORD Size)
{
    DWORD Needed = (DWORD)WideCharToMultiByte(CP_ACP, 0, Source, -1, NULL, 0, NULL, NULL);

    if (*Size < Needed) {
        *Size = Needed;
        return FALSE;
    }
    WideCharToMultiByte(CP_ACP, 0, Source, -1, Target, (int)*Size, NULL, NULL);
    *Size = Needed - 1;
    return TRUE;
}

PVOID AdvQueryToken(HANDLE Token, TOKEN_INFORMATION_CLASS Class)
{
    ULONG Length = 0;

    NtQueryInformationToken(Token, Class, NULL, 0, &Length);
    if (Length == 0) {
        AdvFail(ERROR_INVALID_HANDLE);
        return NULL;
    }
    PVOID Block = AdvAllocate(Length);
    if (Block == NULL) {
        return NULL;
    }
    NTSTATUS Status = NtQueryInformationToken(Token, Class, Block, Length, &Length);
    if (!AdvResult(Status)) {
        AdvFree(Block);
        return NULL;
    }
    return Block;
}
