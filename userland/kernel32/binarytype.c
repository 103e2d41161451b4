/* SPDX-License-Identifier: MIT */
/*
 * binarytype.c - GetBinaryType: what kind of program a file is, by its headers; languages by their names.
 */
#include "k32.h"

BOOL WINAPI GetBinaryTypeW(LPCWSTR Name, LPDWORD Type)
{
    IMAGE_DOS_HEADER Dos;
    DWORD Got, Signature[6]; /* the signature and the file header */
    HANDLE File = CreateFileW(Name, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);

    if (File == INVALID_HANDLE_VALUE) {
        return FALSE;
    }
    BOOL HasDos = ReadFile(File, &Dos, sizeof(Dos), &Got, NULL) && Got == sizeof(Dos) && Dos.e_magic == IMAGE_DOS_SIGNATURE;
    BOOL HasNew = HasDos && SetFilePointer(File, Dos.e_lfanew, NULL, FILE_BEGIN) != INVALID_SET_FILE_POINTER &&
                  ReadFile(File, Signature, sizeof(Signature), &Got, NULL) && Got == sizeof(Signature);
    CloseHandle(File);
    if (!HasDos) {
        LPCWSTR Dot = wcsrchr(Name, L'.');
        if (Dot != NULL && (_wcsicmp(Dot, L".com") == 0 || _wcsicmp(Dot, L".pif") == 0)) {
            *Type = _wcsicmp(Dot, L".com") == 0 ? SCS_DOS_BINARY : SCS_PIF_BINARY;
            return TRUE;
        }
        return BaseFail(ERROR_BAD_EXE_FORMAT);
    }
    if (!HasNew || Signature[0] != IMAGE_NT_SIGNATURE) {
        *Type = HasNew && (WORD)Signature[0] == IMAGE_OS2_SIGNATURE ? SCS_WOW_BINARY : SCS_DOS_BINARY;
        return TRUE;
    }
    const IMAGE_FILE_HEADER *Header = (const IMAGE_FILE_HEADER *)&Signature[1];
    if (Header->Characteristics & IMAGE_FILE_DLL) {
        return BaseFail(ERROR_BAD_EXE_FORMAT);
    }
    *Type = Header->Machine == IMAGE_FILE_MACHINE_I386 ? SCS_32BIT_BINARY : SCS_64BIT_BINARY;
    return TRUE;
}

BOOL WINAPI GetBinaryTypeA(LPCSTR Name, LPDWORD Type)
{
    LPWSTR Wide;

    if (!BaseFileToWide(Name, &Wide)) {
        return FALSE;
    }
    BOOL Result = GetBinaryTypeW(Wide, Type);
    BaseFree(Wide);
    return Result;
}

/* The name of a language; every one the system does not know is "Language Neutral", as documented. */
DWORD WINAPI VerLanguageNameW(DWORD Language, LPWSTR Name, DWORD Size)
{
    WCHAR Text[80] = L"Language Neutral";

    if ((Language & 0xFFFF) != 0) {
        GetLocaleInfoW(Language & 0xFFFF, LOCALE_SLANGUAGE, Text, COUNT_OF(Text));
    }
    DWORD Length = (DWORD)wcslen(Text);
    if (Size == 0) {
        return Length;
    }
    lstrcpynW(Name, Text, (int)Size);
    return Length;
}

DWORD WINAPI VerLanguageNameA(DWORD Language, LPSTR Name, DWORD Size)
{
    WCHAR Text[80];
    CHAR Narrow[80];

    VerLanguageNameW(Language, Text, COUNT_OF(Text));
    DWORD Length = (DWORD)WideCharToMultiByte(CP_ACP, 0, Text, -1, Narrow, sizeof(Narrow), NULL, NULL) - 1;
    if (Size != 0) {
        lstrcpynA(Name, Narrow, (int)Size);
    }
    return Length;
}
