/* SPDX-License-Identifier: MIT */
/*
 * profilea.c - the A forms of profile.c: names in, a string or a list of strings out, each through the ANSI code page.
 */
#include "k32.h"

typedef struct _NAMES
{
    LPWSTR Section, Key, Value, File;
} NAMES;

static BOOL Widen(NAMES *Names, LPCSTR Section, LPCSTR Key, LPCSTR Value, LPCSTR File)
{
    return BaseToWide(Section, &Names->Section) && BaseToWide(Key, &Names->Key) && BaseToWide(Value, &Names->Value) &&
           BaseFileToWide(File, &Names->File);
}

static void Free(NAMES *Names)
{
    BaseFree(Names->File);
    BaseFree(Names->Value);
    BaseFree(Names->Key);
    BaseFree(Names->Section);
}

/* Length characters, which may hold zeros.  List: two zeros at the end. */
static DWORD Narrow(LPCWSTR Wide, DWORD Length, LPSTR Buffer, DWORD Size, BOOL List)
{
    DWORD Reserve = List ? 2 : 1, Need = (DWORD)WideCharToMultiByte(CP_ACP, 0, Wide, (int)Length, NULL, 0, NULL, NULL);

    if (Length == 0) {
        Need = 0;
    }
    if (Need + 1 > Size) {
        LPSTR All = BaseAllocate(Need + 1);
        DWORD Fit = Size >= Reserve ? Size - Reserve : 0;
        if (All == NULL) {
            Buffer[0] = 0;
            return 0;
        }
        WideCharToMultiByte(CP_ACP, 0, Wide, (int)Length, All, (int)Need, NULL, NULL);
        memcpy(Buffer, All, Fit);
        memset(Buffer + Fit, 0, Size - Fit);
        BaseFree(All);
        BaseFail(ERROR_MORE_DATA);
        return Fit;
    }
    if (Need != 0) {
        WideCharToMultiByte(CP_ACP, 0, Wide, (int)Length, Buffer, (int)Size, NULL, NULL);
    }
    Buffer[Need] = 0;
    if (List && Need + 1 < Size) {
        Buffer[Need + 1] = 0;
    }
    return Need;
}

DWORD WINAPI GetPrivateProfileStringA(LPCSTR Section, LPCSTR Key, LPCSTR Default, LPSTR Buffer, DWORD Size, LPCSTR File)
{
    NAMES Names = {0};
    DWORD Result = 0;

    if (Buffer == NULL || Size == 0) {
        return 0;
    }
    LPWSTR Wide = BaseAllocate(((SIZE_T)Size + 2) * sizeof(WCHAR));
    if (Wide != NULL && Widen(&Names, Section, Key, Default, File)) {
        DWORD Length = GetPrivateProfileStringW(Names.Section, Names.Key, Names.Value, Wide, Size, Names.File);
        Result = Narrow(Wide, Length, Buffer, Size, Section == NULL || Key == NULL);
    }
    Free(&Names);
    BaseFree(Wide);
    return Result;
}

DWORD WINAPI GetPrivateProfileSectionA(LPCSTR Section, LPSTR Buffer, DWORD Size, LPCSTR File)
{
    NAMES Names = {0};
    DWORD Result = 0;

    if (Section == NULL || Buffer == NULL || Size < 2) {
        return (DWORD)BaseFail(ERROR_INVALID_PARAMETER);
    }
    LPWSTR Wide = BaseAllocate(((SIZE_T)Size + 2) * sizeof(WCHAR));
    if (Wide != NULL && Widen(&Names, Section, NULL, NULL, File)) {
        Result = Narrow(Wide, GetPrivateProfileSectionW(Names.Section, Wide, Size, Names.File), Buffer, Size, TRUE);
    }
    Free(&Names);
    BaseFree(Wide);
    return Result;
}

DWORD WINAPI GetPrivateProfileSectionNamesA(LPSTR Buffer, DWORD Size, LPCSTR File)
{
    return GetPrivateProfileStringA(NULL, NULL, NULL, Buffer, Size, File);
}

UINT WINAPI GetPrivateProfileIntA(LPCSTR Section, LPCSTR Key, INT Default, LPCSTR File)
{
    NAMES Names = {0};
    UINT Result = (UINT)Default;

    if (Widen(&Names, Section, Key, NULL, File)) {
        Result = GetPrivateProfileIntW(Names.Section, Names.Key, Default, Names.File);
    }
    Free(&Names);
    return Result;
}

BOOL WINAPI WritePrivateProfileStringA(LPCSTR Section, LPCSTR Key, LPCSTR Value, LPCSTR File)
{
    NAMES Names = {0};
    BOOL Result = Widen(&Names, Section, Key, Value, File) && WritePrivateProfileStringW(Names.Section, Names.Key, Names.Value, Names.File);

    Free(&Names);
    return Result;
}

BOOL WINAPI WritePrivateProfileSectionA(LPCSTR Section, LPCSTR Text, LPCSTR File)
{
    NAMES Names = {0};
    LPWSTR Wide = NULL;
    SIZE_T Length = 0, WideLength;
    BOOL Result = FALSE;

    if (Text != NULL) {
        while (Text[Length] != 0) {
            Length += strlen(Text + Length) + 1;
        }
        if (!BaseBytesToWide(CP_ACP, Text, Length + 1, &Wide, &WideLength)) {
            return FALSE;
        }
    }
    if (Widen(&Names, Section, NULL, NULL, File)) {
        Result = WritePrivateProfileSectionW(Names.Section, Wide, Names.File);
    }
    Free(&Names);
    BaseFree(Wide);
    return Result;
}

BOOL WINAPI WritePrivateProfileStructA(LPCSTR Section, LPCSTR Key, LPVOID Data, UINT Size, LPCSTR File)
{
    NAMES Names = {0};
    BOOL Result = Widen(&Names, Section, Key, NULL, File) && WritePrivateProfileStructW(Names.Section, Names.Key, Data, Size, Names.File);

    Free(&Names);
    return Result;
}

BOOL WINAPI GetPrivateProfileStructA(LPCSTR Section, LPCSTR Key, LPVOID Data, UINT Size, LPCSTR File)
{
    NAMES Names = {0};
    BOOL Result = Widen(&Names, Section, Key, NULL, File) && GetPrivateProfileStructW(Names.Section, Names.Key, Data, Size, Names.File);

    Free(&Names);
    return Result;
}

DWORD WINAPI GetProfileStringA(LPCSTR Section, LPCSTR Key, LPCSTR Default, LPSTR Buffer, DWORD Size)
{
    return GetPrivateProfileStringA(Section, Key, Default, Buffer, Size, "win.ini");
}

UINT WINAPI GetProfileIntA(LPCSTR Section, LPCSTR Key, INT Default)
{
    return GetPrivateProfileIntA(Section, Key, Default, "win.ini");
}

DWORD WINAPI GetProfileSectionA(LPCSTR Section, LPSTR Buffer, DWORD Size)
{
    return GetPrivateProfileSectionA(Section, Buffer, Size, "win.ini");
}

BOOL WINAPI WriteProfileStringA(LPCSTR Section, LPCSTR Key, LPCSTR Value)
{
    return WritePrivateProfileStringA(Section, Key, Value, "win.ini");
}

BOOL WINAPI WriteProfileSectionA(LPCSTR Section, LPCSTR Text)
{
    return WritePrivateProfileSectionA(Section, Text, "win.ini");
}
