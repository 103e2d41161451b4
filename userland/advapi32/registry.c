/* SPDX-License-Identifier: MIT */
/*
 * registry.c - the registry of a system that has none yet: the predefined keys exist, nothing is below them, and nothing can be written.
 *
 * That is a state a program must cope with on Windows too: what it looks for is not there (ERROR_FILE_NOT_FOUND), an enumeration is over at
 * once (ERROR_NO_MORE_ITEMS).  What would create or change something fails with ERROR_CALL_NOT_IMPLEMENTED and names itself.  Arguments are
 * checked first, in Windows' order.
 */
#define DECLSPEC_IMPORT
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <winternl.h>
#include <string.h>
#include "ntapi.h"

#define UNUSED(x) ((void)(x))

/* HKEY_CLASSES_ROOT to HKEY_CURRENT_USER_LOCAL_SETTINGS, and the two for performance texts. */
static BOOL IsPredefined(HKEY Key)
{
    ULONG_PTR Value = (ULONG_PTR)(ULONG)(ULONG_PTR)Key;

    return (Value >= 0x80000000u && Value <= 0x80000007u) || Value == 0x80000050u || Value == 0x80000060u;
}

static LSTATUS CheckKey(HKEY Key)
{
    return IsPredefined(Key) ? ERROR_SUCCESS : ERROR_INVALID_HANDLE;
}

static LSTATUS NotThere(const char *Name)
{
    static const char *volatile Said[16];

    for (ULONG i = 0; i < sizeof(Said) / sizeof(Said[0]); i++) {
        const char *Old = InterlockedCompareExchangePointer((PVOID volatile *)&Said[i], (PVOID)Name, NULL);
        if (Old == Name) {
            break;
        }
        if (Old == NULL) {
            DbgPrint("advapi32!%s: there is no registry yet\n", Name);
            break;
        }
    }
    return ERROR_CALL_NOT_IMPLEMENTED;
}

LSTATUS WINAPI RegCloseKey(HKEY Key)
{
    return CheckKey(Key);
}

LSTATUS WINAPI RegFlushKey(HKEY Key)
{
    return CheckKey(Key);
}

/* ---- opening ---------------------------------------------------------------------------------------------------------------------------- */

static LSTATUS Open(HKEY Key, BOOL Nameless, PHKEY Result)
{
    if (Result == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    LSTATUS Error = CheckKey(Key);
    *Result = NULL;
    if (Error == ERROR_SUCCESS && Nameless) {
        *Result = Key;
        return ERROR_SUCCESS;
    }
    return Error != ERROR_SUCCESS ? Error : ERROR_FILE_NOT_FOUND;
}

LSTATUS WINAPI RegOpenKeyExW(HKEY Key, LPCWSTR Name, DWORD Options, REGSAM Access, PHKEY Result)
{
    UNUSED(Options);
    UNUSED(Access);
    return Open(Key, Name == NULL || Name[0] == 0, Result);
}

LSTATUS WINAPI RegOpenKeyExA(HKEY Key, LPCSTR Name, DWORD Options, REGSAM Access, PHKEY Result)
{
    UNUSED(Options);
    UNUSED(Access);
    return Open(Key, Name == NULL || Name[0] == 0, Result);
}

LSTATUS WINAPI RegOpenKeyW(HKEY Key, LPCWSTR Name, PHKEY Result)
{
    return RegOpenKeyExW(Key, Name, 0, MAXIMUM_ALLOWED, Result);
}

LSTATUS WINAPI RegOpenKeyA(HKEY Key, LPCSTR Name, PHKEY Result)
{
    return RegOpenKeyExA(Key, Name, 0, MAXIMUM_ALLOWED, Result);
}

LSTATUS WINAPI RegOpenCurrentUser(REGSAM Access, PHKEY Result)
{
    UNUSED(Access);
    return Open(HKEY_CURRENT_USER, TRUE, Result);
}

LSTATUS WINAPI RegConnectRegistryW(LPCWSTR Machine, HKEY Key, PHKEY Result)
{
    return Machine != NULL && Machine[0] != 0 ? ERROR_BAD_NETPATH : Open(Key, TRUE, Result);
}

LSTATUS WINAPI RegCreateKeyExW(HKEY Key, LPCWSTR Name, DWORD Reserved, LPWSTR Class, DWORD Options, REGSAM Access,
                               const LPSECURITY_ATTRIBUTES Security, PHKEY Result, LPDWORD Disposition)
{
    UNUSED(Class);
    UNUSED(Options);
    UNUSED(Access);
    UNUSED(Security);
    if (Reserved != 0 || Result == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    if (CheckKey(Key) != ERROR_SUCCESS || Name == NULL) {
        return Name == NULL ? ERROR_BADKEY : ERROR_INVALID_HANDLE;
    }
    if (Name[0] == 0) {
        if (Disposition != NULL) {
            *Disposition = REG_OPENED_EXISTING_KEY;
        }
        *Result = Key;
        return ERROR_SUCCESS;
    }
    *Result = NULL;
    return NotThere("RegCreateKeyEx");
}

LSTATUS WINAPI RegCreateKeyExA(HKEY Key, LPCSTR Name, DWORD Reserved, LPSTR Class, DWORD Options, REGSAM Access,
                               const LPSECURITY_ATTRIBUTES Security, PHKEY Result, LPDWORD Disposition)
{
    UNUSED(Class);
    return RegCreateKeyExW(Key, Name == NULL ? NULL : Name[0] == 0 ? L"" : L"?", Reserved, NULL, Options, Access, Security, Result, Disposition);
}

LSTATUS WINAPI RegCreateKeyW(HKEY Key, LPCWSTR Name, PHKEY Result)
{
    return RegCreateKeyExW(Key, Name == NULL ? L"" : Name, 0, NULL, 0, MAXIMUM_ALLOWED, NULL, Result, NULL);
}

LSTATUS WINAPI RegCreateKeyA(HKEY Key, LPCSTR Name, PHKEY Result)
{
    return RegCreateKeyExA(Key, Name == NULL ? "" : Name, 0, NULL, 0, MAXIMUM_ALLOWED, NULL, Result, NULL);
}

/* ---- reading ---------------------------------------------------------------------------------------------------------------------------- */

static LSTATUS Query(HKEY Key, BOOL SizeMissing)
{
    LSTATUS Error = CheckKey(Key);

    return Error != ERROR_SUCCESS ? Error : SizeMissing ? ERROR_INVALID_PARAMETER : ERROR_FILE_NOT_FOUND;
}

LSTATUS WINAPI RegQueryValueExW(HKEY Key, LPCWSTR Name, LPDWORD Reserved, LPDWORD Type, LPBYTE Data, LPDWORD Size)
{
    UNUSED(Name);
    UNUSED(Type);
    return Reserved != NULL ? ERROR_INVALID_PARAMETER : Query(Key, Data != NULL && Size == NULL);
}

LSTATUS WINAPI RegQueryValueExA(HKEY Key, LPCSTR Name, LPDWORD Reserved, LPDWORD Type, LPBYTE Data, LPDWORD Size)
{
    UNUSED(Name);
    UNUSED(Type);
    return Reserved != NULL ? ERROR_INVALID_PARAMETER : Query(Key, Data != NULL && Size == NULL);
}

LSTATUS WINAPI RegQueryValueW(HKEY Key, LPCWSTR SubKey, LPWSTR Data, PLONG Size)
{
    UNUSED(SubKey);
    return Query(Key, Data != NULL && Size == NULL);
}

LSTATUS WINAPI RegQueryValueA(HKEY Key, LPCSTR SubKey, LPSTR Data, PLONG Size)
{
    UNUSED(SubKey);
    return Query(Key, Data != NULL && Size == NULL);
}

LSTATUS WINAPI RegGetValueW(HKEY Key, LPCWSTR SubKey, LPCWSTR Name, DWORD Flags, LPDWORD Type, PVOID Data, LPDWORD Size)
{
    UNUSED(SubKey);
    UNUSED(Name);
    UNUSED(Flags);
    UNUSED(Type);
    return Data != NULL && Size == NULL ? ERROR_INVALID_PARAMETER : Query(Key, FALSE);
}

LSTATUS WINAPI RegGetValueA(HKEY Key, LPCSTR SubKey, LPCSTR Name, DWORD Flags, LPDWORD Type, PVOID Data, LPDWORD Size)
{
    UNUSED(SubKey);
    UNUSED(Name);
    UNUSED(Flags);
    UNUSED(Type);
    return Data != NULL && Size == NULL ? ERROR_INVALID_PARAMETER : Query(Key, FALSE);
}

static LSTATUS Enumerate(HKEY Key, const void *Name, const void *Size)
{
    LSTATUS Error = CheckKey(Key);

    return Error != ERROR_SUCCESS ? Error : Name == NULL || Size == NULL ? ERROR_INVALID_PARAMETER : ERROR_NO_MORE_ITEMS;
}

LSTATUS WINAPI RegEnumKeyExW(HKEY Key, DWORD Index, LPWSTR Name, LPDWORD Size, LPDWORD Reserved, LPWSTR Class, LPDWORD ClassSize,
                             PFILETIME Written)
{
    UNUSED(Index);
    UNUSED(Class);
    UNUSED(ClassSize);
    UNUSED(Written);
    return Reserved != NULL ? ERROR_INVALID_PARAMETER : Enumerate(Key, Name, Size);
}

LSTATUS WINAPI RegEnumKeyExA(HKEY Key, DWORD Index, LPSTR Name, LPDWORD Size, LPDWORD Reserved, LPSTR Class, LPDWORD ClassSize,
                             PFILETIME Written)
{
    UNUSED(Class);
    return RegEnumKeyExW(Key, Index, (LPWSTR)(PVOID)Name, Size, Reserved, NULL, ClassSize, Written);
}

LSTATUS WINAPI RegEnumKeyW(HKEY Key, DWORD Index, LPWSTR Name, DWORD Size)
{
    UNUSED(Index);
    return Enumerate(Key, Name, &Size);
}

LSTATUS WINAPI RegEnumKeyA(HKEY Key, DWORD Index, LPSTR Name, DWORD Size)
{
    UNUSED(Index);
    return Enumerate(Key, Name, &Size);
}

LSTATUS WINAPI RegEnumValueW(HKEY Key, DWORD Index, LPWSTR Name, LPDWORD NameSize, LPDWORD Reserved, LPDWORD Type, LPBYTE Data, LPDWORD Size)
{
    UNUSED(Index);
    UNUSED(Type);
    if (Reserved != NULL || (Data != NULL && Size == NULL)) {
        return ERROR_INVALID_PARAMETER;
    }
    return Enumerate(Key, Name, NameSize);
}

LSTATUS WINAPI RegEnumValueA(HKEY Key, DWORD Index, LPSTR Name, LPDWORD NameSize, LPDWORD Reserved, LPDWORD Type, LPBYTE Data, LPDWORD Size)
{
    return RegEnumValueW(Key, Index, (LPWSTR)(PVOID)Name, NameSize, Reserved, Type, Data, Size);
}

LSTATUS WINAPI RegQueryInfoKeyW(HKEY Key, LPWSTR Class, LPDWORD ClassSize, LPDWORD Reserved, LPDWORD SubKeys, LPDWORD LongestKey,
                                LPDWORD LongestClass, LPDWORD Values, LPDWORD LongestName, LPDWORD LongestData, LPDWORD Descriptor,
                                PFILETIME Written)
{
    LPDWORD Zeros[] = {SubKeys, LongestKey, LongestClass, Values, LongestName, LongestData, Descriptor};
    LSTATUS Error = CheckKey(Key);

    if (Error != ERROR_SUCCESS || Reserved != NULL || (Class != NULL && ClassSize == NULL)) {
        return Error != ERROR_SUCCESS ? Error : ERROR_INVALID_PARAMETER;
    }
    for (ULONG i = 0; i < sizeof(Zeros) / sizeof(Zeros[0]); i++) {
        if (Zeros[i] != NULL) {
            *Zeros[i] = 0;
        }
    }
    if (Class != NULL && *ClassSize != 0) {
        Class[0] = 0;
    }
    if (ClassSize != NULL) {
        *ClassSize = 0;
    }
    if (Written != NULL) {
        *Written = (FILETIME){0, 0};
    }
    return ERROR_SUCCESS;
}

LSTATUS WINAPI RegQueryInfoKeyA(HKEY Key, LPSTR Class, LPDWORD ClassSize, LPDWORD Reserved, LPDWORD SubKeys, LPDWORD LongestKey,
                                LPDWORD LongestClass, LPDWORD Values, LPDWORD LongestName, LPDWORD LongestData, LPDWORD Descriptor,
                                PFILETIME Written)
{
    if (Class != NULL && ClassSize == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    if (Class != NULL && *ClassSize != 0) {
        Class[0] = 0;
    }
    return RegQueryInfoKeyW(Key, NULL, ClassSize, Reserved, SubKeys, LongestKey, LongestClass, Values, LongestName, LongestData, Descriptor,
                            Written);
}

/* ---- writing ---------------------------------------------------------------------------------------------------------------------------- */

static LSTATUS Change(HKEY Key, const char *Name)
{
    LSTATUS Error = CheckKey(Key);

    return Error != ERROR_SUCCESS ? Error : NotThere(Name);
}

LSTATUS WINAPI RegSetValueExW(HKEY Key, LPCWSTR Name, DWORD Reserved, DWORD Type, const BYTE *Data, DWORD Size)
{
    UNUSED(Name);
    UNUSED(Reserved);
    UNUSED(Type);
    UNUSED(Data);
    UNUSED(Size);
    return Change(Key, "RegSetValueEx");
}

LSTATUS WINAPI RegSetValueExA(HKEY Key, LPCSTR Name, DWORD Reserved, DWORD Type, const BYTE *Data, DWORD Size)
{
    UNUSED(Name);
    return RegSetValueExW(Key, NULL, Reserved, Type, Data, Size);
}

LSTATUS WINAPI RegSetKeyValueW(HKEY Key, LPCWSTR SubKey, LPCWSTR Name, DWORD Type, LPCVOID Data, DWORD Size)
{
    UNUSED(SubKey);
    return RegSetValueExW(Key, Name, 0, Type, Data, Size);
}

/* There is nothing to delete. */
LSTATUS WINAPI RegDeleteValueW(HKEY Key, LPCWSTR Name)
{
    UNUSED(Name);
    return Query(Key, FALSE);
}

LSTATUS WINAPI RegDeleteValueA(HKEY Key, LPCSTR Name)
{
    UNUSED(Name);
    return Query(Key, FALSE);
}

LSTATUS WINAPI RegDeleteKeyW(HKEY Key, LPCWSTR Name)
{
    return Query(Key, Name == NULL);
}

LSTATUS WINAPI RegDeleteKeyA(HKEY Key, LPCSTR Name)
{
    return Query(Key, Name == NULL);
}

LSTATUS WINAPI RegDeleteKeyExW(HKEY Key, LPCWSTR Name, REGSAM Access, DWORD Reserved)
{
    UNUSED(Access);
    UNUSED(Reserved);
    return Query(Key, Name == NULL);
}

LSTATUS WINAPI RegDeleteKeyExA(HKEY Key, LPCSTR Name, REGSAM Access, DWORD Reserved)
{
    UNUSED(Access);
    UNUSED(Reserved);
    return Query(Key, Name == NULL);
}

LSTATUS WINAPI RegDeleteKeyValueW(HKEY Key, LPCWSTR SubKey, LPCWSTR Name)
{
    UNUSED(SubKey);
    UNUSED(Name);
    return Query(Key, FALSE);
}

LSTATUS WINAPI RegDeleteTreeW(HKEY Key, LPCWSTR Name)
{
    return Name == NULL ? Change(Key, "RegDeleteTree") : Query(Key, FALSE);
}

LSTATUS WINAPI RegDeleteTreeA(HKEY Key, LPCSTR Name)
{
    return Name == NULL ? Change(Key, "RegDeleteTree") : Query(Key, FALSE);
}

LSTATUS WINAPI RegNotifyChangeKeyValue(HKEY Key, BOOL Subtree, DWORD Filter, HANDLE Event, BOOL Asynchronous)
{
    UNUSED(Subtree);
    UNUSED(Filter);
    UNUSED(Event);
    UNUSED(Asynchronous);
    return Change(Key, "RegNotifyChangeKeyValue");
}

LSTATUS WINAPI RegGetKeySecurity(HKEY Key, SECURITY_INFORMATION What, PSECURITY_DESCRIPTOR Descriptor, LPDWORD Size)
{
    UNUSED(What);
    UNUSED(Descriptor);
    UNUSED(Size);
    return Change(Key, "RegGetKeySecurity");
}

LSTATUS WINAPI RegSetKeySecurity(HKEY Key, SECURITY_INFORMATION What, PSECURITY_DESCRIPTOR Descriptor)
{
    UNUSED(What);
    UNUSED(Descriptor);
    return Change(Key, "RegSetKeySecurity");
}

LSTATUS WINAPI RegLoadMUIStringW(HKEY Key, LPCWSTR Name, LPWSTR Text, DWORD Size, LPDWORD Needed, DWORD Flags, LPCWSTR Directory)
{
    UNUSED(Name);
    UNUSED(Text);
    UNUSED(Size);
    UNUSED(Needed);
    UNUSED(Flags);
    UNUSED(Directory);
    return Query(Key, FALSE);
}

LSTATUS WINAPI RegOverridePredefKey(HKEY Key, HKEY New)
{
    UNUSED(New);
    return Change(Key, "RegOverridePredefKey");
}

LSTATUS WINAPI RegDisablePredefinedCache(void)
{
    return ERROR_SUCCESS; /* nothing is cached */
}
