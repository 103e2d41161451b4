/* SPDX-License-Identifier: MIT */
/*
 * nls.c - code pages, character types, comparison, locale data, dates, messages, environment, modules.
 */
#include <windows.h>
#include <string.h>
#include "tap.h"

static void CodePages(void)
{
    WCHAR Wide[32];
    char Bytes[32];
    BOOL Used = FALSE;

    Is((ULONG)MultiByteToWideChar(CP_UTF8, 0, "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", -1, Wide, 32), 6, "UTF-8 decoded");
    Ok(Wide[1] == 0xE9 && Wide[2] == 0x20AC && Wide[3] == 0xD83D && Wide[4] == 0xDE00, "its characters");
    Is((ULONG)WideCharToMultiByte(CP_UTF8, 0, Wide, -1, Bytes, 32, NULL, NULL), 11, "UTF-8 encoded");
    Is(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "\xC0\x80", 2, Wide, 32) || GetLastError() != ERROR_NO_UNICODE_TRANSLATION, 0,
       "an overlong form is an error");
    Is((ULONG)MultiByteToWideChar(CP_UTF8, 0, "\xE2\x82", 2, Wide, 32), 1, "a cut sequence is one replacement");
    Is(Wide[0], 0xFFFD, "U+FFFD");
    Is(MultiByteToWideChar(1252, 0, "\x80\xE9", 2, Wide, 1) || GetLastError() != ERROR_INSUFFICIENT_BUFFER, 0, "too small");
    MultiByteToWideChar(1252, 0, "\x80\xE9", 2, Wide, 32);
    Ok(Wide[0] == 0x20AC && Wide[1] == 0xE9, "1252");
    MultiByteToWideChar(437, 0, "\x82\xDB", 2, Wide, 32);
    Ok(Wide[0] == 0xE9 && Wide[1] == 0x2588, "437");
    WideCharToMultiByte(1252, 0, L"\x4E2D", 1, Bytes, 32, "#", &Used);
    Ok(Bytes[0] == '#' && Used, "the default character");
    Is(GetACP(), 1252, "the ANSI code page");
    Is(GetOEMCP(), 437, "the OEM code page");
    Is(IsValidCodePage(12345), 0, "no such page");
}

static void Strings(void)
{
    WORD Types[4];
    WCHAR Upper[16];

    GetStringTypeW(CT_CTYPE1, L"aZ5 ", 4, Types);
    Ok((Types[0] & C1_LOWER) && (Types[1] & C1_UPPER) && (Types[2] & C1_DIGIT) && (Types[3] & C1_SPACE), "types");
    Is((ULONG)CompareStringW(LOCALE_USER_DEFAULT, 0, L"abc", -1, L"abd", -1), CSTR_LESS_THAN, "abc < abd");
    Is((ULONG)CompareStringW(LOCALE_USER_DEFAULT, 0, L"a", -1, L"B", -1), CSTR_LESS_THAN, "a < B");
    Is((ULONG)CompareStringW(LOCALE_USER_DEFAULT, 0, L"a", -1, L"A", -1), CSTR_LESS_THAN, "a < A");
    Is((ULONG)CompareStringW(LOCALE_USER_DEFAULT, NORM_IGNORECASE, L"straSSe", -1, L"STRAsse", -1), CSTR_EQUAL, "ignoring case");
    Is((ULONG)CompareStringW(LOCALE_USER_DEFAULT, 0, L"co-op", -1, L"coop", -1), CSTR_GREATER_THAN, "co-op beside coop");
    LCMapStringW(LOCALE_USER_DEFAULT, LCMAP_UPPERCASE, L"\xE4" L"b\x3B1", -1, Upper, 16);
    Ok(Upper[0] == 0xC4 && Upper[1] == L'B' && Upper[2] == 0x391, "upper case");
}

static void Locale(void)
{
    SYSTEMTIME Time = {.wYear = 2026, .wMonth = 11, .wDay = 3, .wHour = 14, .wMinute = 5, .wSecond = 9};
    FILETIME FileTime;
    char Buffer[64];

    GetLocaleInfoA(LOCALE_USER_DEFAULT, LOCALE_SDECIMAL, Buffer, sizeof(Buffer));
    Is(strcmp(Buffer, "."), 0, "the decimal point");
    GetLocaleInfoA(LOCALE_USER_DEFAULT, LOCALE_SDAYNAME1, Buffer, sizeof(Buffer));
    Is(strcmp(Buffer, "Monday"), 0, "the first day");
    GetDateFormatA(LOCALE_USER_DEFAULT, DATE_LONGDATE, &Time, NULL, Buffer, sizeof(Buffer));
    Is(strcmp(Buffer, "Tuesday, November 3, 2026"), 0, "a long date");
    GetTimeFormatA(LOCALE_USER_DEFAULT, 0, &Time, NULL, Buffer, sizeof(Buffer));
    Is(strcmp(Buffer, "2:05:09 PM"), 0, "a time");
    GetTimeFormatA(LOCALE_USER_DEFAULT, 0, &Time, "HH'h'mm", Buffer, sizeof(Buffer));
    Is(strcmp(Buffer, "14h05"), 0, "a time with a picture");
    Ok(SystemTimeToFileTime(&Time, &FileTime) && FileTimeToSystemTime(&FileTime, &Time) && Time.wDayOfWeek == 2 && Time.wHour == 14, "file time");
    Time.wMonth = 13;
    Is(SystemTimeToFileTime(&Time, &FileTime) || GetLastError() != ERROR_INVALID_PARAMETER, 0, "month 13");
}

static void Messages(void)
{
    char Buffer[128], *Allocated = NULL;
    const char *Inserts[] = {"one", "two"};

    FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, ERROR_FILE_NOT_FOUND, 0, Buffer, sizeof(Buffer), NULL);
    Is(strcmp(Buffer, "The system cannot find the file specified.\r\n"), 0, "error 2");
    FormatMessageA(FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY, "%2 %1!5s!%n%%", 0, 0, Buffer, sizeof(Buffer), (va_list *)Inserts);
    Is(strcmp(Buffer, "two   one\r\n%"), 0, "inserts");
    Is(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL, 5, 0, (char *)&Allocated, 0, NULL), 19, "allocated");
    LocalFree(Allocated);
    Is(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0x2FFFFFFF, 0, Buffer, sizeof(Buffer), NULL) || GetLastError() != ERROR_MR_MID_NOT_FOUND, 0,
       "no such message");
}

static void Environment(void)
{
    char Buffer[64];

    Ok(SetEnvironmentVariableA("T1", "value"), "set");
    Ok(GetEnvironmentVariableA("t1", Buffer, sizeof(Buffer)) == 5 && strcmp(Buffer, "value") == 0, "read, in any case");
    Is(GetEnvironmentVariableA("T1", Buffer, 3), 6, "too small: the size needed");
    Ok(ExpandEnvironmentStringsA("<%T1%%NOSUCH%>", Buffer, sizeof(Buffer)) == 16 && strcmp(Buffer, "<value%NOSUCH%>") == 0, "expanded");
    SetEnvironmentVariableA("T1", NULL);
    Is(GetEnvironmentVariableA("T1", Buffer, sizeof(Buffer)) || GetLastError() != ERROR_ENVVAR_NOT_FOUND, 0, "gone");
}

static void Modules(void)
{
    HMODULE Kernel = GetModuleHandleA("kernel32"), Found = NULL;
    char Name[MAX_PATH];

    Ok(Kernel != NULL && Kernel == GetModuleHandleA("KERNEL32.DLL"), "a module, with and without .dll");
    Ok(GetProcAddress(Kernel, "CreateFileA") == (FARPROC)CreateFileA, "an address");
    Ok(GetProcAddress(Kernel, "HeapAlloc") == GetProcAddress(GetModuleHandleA("ntdll"), "RtlAllocateHeap"), "a forwarder");
    Is(GetProcAddress(Kernel, "NoSuchFunction") != NULL || GetLastError() != ERROR_PROC_NOT_FOUND, 0, "no such function");
    Is(LoadLibraryA("nosuch.dll") != NULL || GetLastError() != ERROR_MOD_NOT_FOUND, 0, "no such DLL");
    Ok(GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, (LPCSTR)(void *)Modules, &Found) &&
       Found == GetModuleHandleA(NULL), "a module from an address");
    Ok(GetModuleFileNameA(NULL, Name, sizeof(Name)) != 0 && strstr(Name, "nls") != NULL, "our own name");
    Ok(GetModuleFileNameA(Kernel, Name, sizeof(Name)) != 0 && _stricmp(Name, "C:\\Windows\\System32\\kernel32.dll") == 0, "kernel32's");
}

/* ntdll's conversions, which know no locale. */
static void NativeStrings(void)
{
    HMODULE Ntdll = GetModuleHandleW(L"ntdll.dll");
    size_t(__cdecl *Widen)(WCHAR *, const char *, size_t) = (PVOID)GetProcAddress(Ntdll, "mbstowcs");
    size_t(__cdecl *Narrow)(char *, const WCHAR *, size_t) = (PVOID)GetProcAddress(Ntdll, "wcstombs");
    WCHAR Wide[8];
    char Text[8];

    Is(Widen(NULL, "four", 0), 4, "mbstowcs counts");
    Ok(Widen(Wide, "\xe9t\xe9", 8) == 3 && wcscmp(Wide, L"\u00e9t\u00e9") == 0, "and converts by the ANSI code page");
    Wide[2] = L'!';
    Ok(Widen(Wide, "longer", 2) == 2 && Wide[1] == L'o' && Wide[2] == L'!', "no more than there is room for");
    Ok(Narrow(Text, L"\u20ac5", 8) == 2 && strcmp(Text, "\x80" "5") == 0, "wcstombs");
}

static int Places;

static BOOL CALLBACK CountPlace(GEOID Location)
{
    Places += Location == 244;
    return TRUE;
}

static void Geography(void)
{
    WCHAR Text[40];
    char Narrow[8];

    Is((unsigned)GetGeoInfoW(244, GEO_ISO2, NULL, 0, 0), 3, "the size of a country's code");
    Ok(GetGeoInfoW(244, GEO_ISO3, Text, 40, 0) == 4 && wcscmp(Text, L"USA") == 0, "GetGeoInfo");
    Ok(GetGeoInfoA(244, GEO_ISO2, Narrow, 8, 0) == 3 && strcmp(Narrow, "US") == 0, "GetGeoInfoA");
    Ok(GetGeoInfoW(244, GEO_FRIENDLYNAME, Text, 5, 0) == 0 && GetLastError() == ERROR_INSUFFICIENT_BUFFER, "too small");
    Ok(GetGeoInfoW(0x7FFFFFF, GEO_ISO2, Text, 40, 0) == 0 && GetLastError() == ERROR_INVALID_PARAMETER, "no such place");
    Ok(GetGeoInfoW(244, 99, Text, 40, 0) == 0 && GetLastError() == ERROR_INVALID_FLAGS, "no such fact");
    Ok(EnumSystemGeoID(GEOCLASS_NATION, 0, CountPlace) && Places == 1, "EnumSystemGeoID");
}

int main(void)
{
    CodePages();
    Strings();
    Locale();
    Geography();
    NativeStrings();
    Messages();
    Environment();
    Modules();
    return Done();
}
