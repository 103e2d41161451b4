/* SPDX-License-Identifier: MIT */
/*
 * cplist.c - the list of code pages: tables of kernel32, of ntdll, algorithms, and the files c_NUMBER.nls that lie in System32.
 */
#include "convert.h"

/* The pages that are ntdll's tables or algorithms. */
static const USHORT MorePages[] = {437, 1252, CP_UTF7, CP_UTF8};

/* FALSE: the routine does not want any more. */
typedef BOOL PAGE_ROUTINE(ULONG Number, PVOID Context);

static BOOL EachFile(PAGE_ROUTINE *Routine, PVOID Context)
{
    WCHAR Pattern[MAX_PATH];
    WIN32_FIND_DATAW Found;
    BOOL More = TRUE;

    GetSystemDirectoryW(Pattern, MAX_PATH - 16);
    wcscat(Pattern, L"\\c_*.nls");
    HANDLE Search = FindFirstFileW(Pattern, &Found);
    while (Search != INVALID_HANDLE_VALUE && More) {
        UNICODE_STRING Digits = {.Buffer = Found.cFileName + 2};
        ULONG Number;
        while (Digits.Buffer[Digits.Length / sizeof(WCHAR)] >= L'0' && Digits.Buffer[Digits.Length / sizeof(WCHAR)] <= L'9') {
            Digits.Length += sizeof(WCHAR);
        }
        More = (Digits.Length == 0 || !NT_SUCCESS(RtlUnicodeStringToInteger(&Digits, 10, &Number)) || Routine(Number, Context)) &&
               FindNextFileW(Search, &Found);
    }
    if (Search != INVALID_HANDLE_VALUE) {
        FindClose(Search);
    }
    return More;
}

static void EachPage(PAGE_ROUTINE *Routine, PVOID Context)
{
    for (uint32_t i = 0; i < NlsCodePageCount; i++) {
        if (!Routine(NlsCodePages[i].Number, Context)) {
            return;
        }
    }
    for (uint32_t i = 0; i < COUNT_OF(MorePages); i++) {
        if (!Routine(MorePages[i], Context)) {
            return;
        }
    }
    (void)EachFile(Routine, Context);
}

static BOOL CallWide(ULONG Number, PVOID Procedure)
{
    WCHAR Text[12];

    _snwprintf(Text, COUNT_OF(Text), L"%lu", Number);
    return ((CODEPAGE_ENUMPROCW)Procedure)(Text);
}

static BOOL CallNarrow(ULONG Number, PVOID Procedure)
{
    CHAR Text[12];

    _snprintf(Text, COUNT_OF(Text), "%lu", Number);
    return ((CODEPAGE_ENUMPROCA)Procedure)(Text);
}

static BOOL Enumerate(PAGE_ROUTINE *Routine, PVOID Procedure, DWORD Flags)
{
    if (Procedure == NULL || (Flags != CP_INSTALLED && Flags != CP_SUPPORTED)) {
        return BaseFail(Procedure == NULL ? ERROR_INVALID_PARAMETER : ERROR_INVALID_FLAGS);
    }
    EachPage(Routine, Procedure);
    return TRUE;
}

BOOL WINAPI EnumSystemCodePagesW(CODEPAGE_ENUMPROCW Procedure, DWORD Flags)
{
    return Enumerate(CallWide, (PVOID)Procedure, Flags);
}

BOOL WINAPI EnumSystemCodePagesA(CODEPAGE_ENUMPROCA Procedure, DWORD Flags)
{
    return Enumerate(CallNarrow, (PVOID)Procedure, Flags);
}

BOOL WINAPI GetCPInfoExA(UINT CodePage, DWORD Flags, LPCPINFOEXA Info)
{
    CPINFOEXW Wide;

    if (Info == NULL || !GetCPInfoExW(CodePage, Flags, &Wide)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    memcpy(Info, &Wide, offsetof(CPINFOEXA, CodePageName));
    WideCharToMultiByte(CP_ACP, 0, Wide.CodePageName, -1, Info->CodePageName, sizeof(Info->CodePageName), NULL, NULL);
    return TRUE;
}
