/* SPDX-License-Identifier: MIT */
/*
 * profiles.c - where the profile of the one user is, and an environment block made from the one this program has.
 */
#include "smalldll.h"
#include <userenv.h>

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved)
{
    UNUSED(Module);
    UNUSED(Reason);
    UNUSED(Reserved);
    return TRUE;
}

static BOOL Give(LPCWSTR Variable, LPCWSTR Default, LPWSTR Path, LPDWORD Size)
{
    WCHAR Buffer[MAX_PATH];

    if (Size == NULL) {
        return Fail(ERROR_INVALID_PARAMETER);
    }
    DWORD Length = Variable != NULL ? GetEnvironmentVariableW(Variable, Buffer, MAX_PATH) : 0;
    if (Length == 0 || Length >= MAX_PATH) {
        wcscpy(Buffer, Default);
        Length = (DWORD)wcslen(Buffer);
    }
    if (Path == NULL || *Size <= Length) {
        *Size = Length + 1;
        return Fail(ERROR_INSUFFICIENT_BUFFER);
    }
    memcpy(Path, Buffer, (Length + 1) * sizeof(WCHAR));
    *Size = Length + 1;
    return TRUE;
}

static BOOL GiveAnsi(BOOL (*Call)(LPWSTR, LPDWORD), LPSTR Path, LPDWORD Size)
{
    WCHAR Wide[MAX_PATH];
    DWORD Length = MAX_PATH;

    if (Size == NULL) {
        return Fail(ERROR_INVALID_PARAMETER);
    }
    if (!Call(Wide, &Length)) {
        return FALSE;
    }
    DWORD Need = (DWORD)WideCharToMultiByte(CP_ACP, 0, Wide, -1, NULL, 0, NULL, NULL);
    if (Path == NULL || *Size < Need) {
        *Size = Need;
        return Fail(ERROR_INSUFFICIENT_BUFFER);
    }
    *Size = (DWORD)WideCharToMultiByte(CP_ACP, 0, Wide, -1, Path, (int)*Size, NULL, NULL);
    return TRUE;
}

static BOOL UserProfile(LPWSTR Path, LPDWORD Size)
{
    return Give(L"USERPROFILE", L"C:\\Users\\Administrator", Path, Size);
}

static BOOL Profiles(LPWSTR Path, LPDWORD Size)
{
    return Give(NULL, L"C:\\Users", Path, Size);
}

static BOOL AllUsers(LPWSTR Path, LPDWORD Size)
{
    return Give(L"ProgramData", L"C:\\ProgramData", Path, Size);
}

BOOL WINAPI GetUserProfileDirectoryW(HANDLE Token, LPWSTR Path, LPDWORD Size)
{
    UNUSED(Token);
    return UserProfile(Path, Size);
}

BOOL WINAPI GetUserProfileDirectoryA(HANDLE Token, LPSTR Path, LPDWORD Size)
{
    UNUSED(Token);
    return GiveAnsi(UserProfile, Path, Size);
}

BOOL WINAPI GetProfilesDirectoryW(LPWSTR Path, LPDWORD Size)
{
    return Profiles(Path, Size);
}

BOOL WINAPI GetProfilesDirectoryA(LPSTR Path, LPDWORD Size)
{
    return GiveAnsi(Profiles, Path, Size);
}

BOOL WINAPI GetAllUsersProfileDirectoryW(LPWSTR Path, LPDWORD Size)
{
    return AllUsers(Path, Size);
}

BOOL WINAPI GetAllUsersProfileDirectoryA(LPSTR Path, LPDWORD Size)
{
    return GiveAnsi(AllUsers, Path, Size);
}

BOOL WINAPI GetDefaultUserProfileDirectoryW(LPWSTR Path, LPDWORD Size)
{
    return Give(NULL, L"C:\\Users\\Default", Path, Size);
}

BOOL WINAPI GetProfileType(LPDWORD Flags)
{
    if (Flags == NULL) {
        return Fail(ERROR_INVALID_PARAMETER);
    }
    *Flags = 0;
    return TRUE;
}

/* What a logon would set is what smss set for everybody, so the block is this program's environment whether or not it is to be inherited. */
BOOL WINAPI CreateEnvironmentBlock(LPVOID *Block, HANDLE Token, BOOL Inherit)
{
    UNUSED(Token);
    UNUSED(Inherit);
    if (Block == NULL) {
        return Fail(ERROR_INVALID_PARAMETER);
    }
    *Block = GetEnvironmentStringsW();
    return *Block != NULL;
}

BOOL WINAPI DestroyEnvironmentBlock(LPVOID Block)
{
    return Block == NULL ? Fail(ERROR_INVALID_PARAMETER) : FreeEnvironmentStringsW(Block);
}

BOOL WINAPI ExpandEnvironmentStringsForUserW(HANDLE Token, LPCWSTR Source, LPWSTR Target, DWORD Size)
{
    UNUSED(Token);
    DWORD Need = ExpandEnvironmentStringsW(Source, Target, Size);
    return Need == 0 ? FALSE : Need <= Size ? TRUE : Fail(ERROR_INSUFFICIENT_BUFFER);
}
