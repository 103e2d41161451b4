/* SPDX-License-Identifier: MIT */
/* pathw.c - the path and string functions for UTF-16, and those that exist for it alone. */
#include "smalldll.h"
/* mingw declares these two without their results. */
#define PathQuoteSpacesW PathQuoteSpaces_
#define PathUnquoteSpacesW PathUnquoteSpaces_
#include <shlwapi.h>
#undef PathQuoteSpacesW
#undef PathUnquoteSpacesW

#undef T
#define T(c) ((WCHAR)(c))
#define TEXTCHAR WCHAR
#define UTEXTCHAR WCHAR
#define LPTEXT LPWSTR
#define LPCTEXT LPCWSTR
#define TLEN wcslen
#define NAME(n) n##W
#include "path.inc"
#include "string.inc"

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved)
{
    UNUSED(Module);
    UNUSED(Reason);
    UNUSED(Reserved);
    return TRUE;
}

/* FALSE: the same but for case. */
BOOL WINAPI ChrCmpIW(WCHAR First, WCHAR Second)
{
    return FoldW(First) != FoldW(Second);
}

int WINAPI StrCmpW(LPCWSTR First, LPCWSTR Second)
{
    return lstrcmpW(First, Second);
}

int WINAPI StrCmpIW(LPCWSTR First, LPCWSTR Second)
{
    return lstrcmpiW(First, Second);
}

LPWSTR WINAPI StrCpyW(LPWSTR Target, LPCWSTR Source)
{
    return Target != NULL && Source != NULL ? wcscpy(Target, Source) : Target;
}

LPWSTR WINAPI StrCpyNW(LPWSTR Target, LPCWSTR Source, int Size)
{
    return lstrcpynW(Target, Source, Size);
}

LPWSTR WINAPI StrCatW(LPWSTR Target, LPCWSTR Source)
{
    return Target != NULL && Source != NULL ? wcscat(Target, Source) : Target;
}

LPWSTR WINAPI StrCatBuffW(LPWSTR Target, LPCWSTR Source, int Size)
{
    int Length = (int)wcslen(Target);

    if (Length < Size) {
        lstrcpynW(Target + Length, Source, Size - Length);
    }
    return Target;
}

/* Runs of digits count as numbers: "a2" is before "a10". */
int WINAPI StrCmpLogicalW(LPCWSTR First, LPCWSTR Second)
{
    while (*First != 0 && *Second != 0) {
        BOOL A = *First >= L'0' && *First <= L'9', B = *Second >= L'0' && *Second <= L'9';
        if (A && B) {
            while (*First == L'0' && First[1] >= L'0' && First[1] <= L'9') {
                First++;
            }
            while (*Second == L'0' && Second[1] >= L'0' && Second[1] <= L'9') {
                Second++;
            }
            int LengthA = StrSpnW(First, L"0123456789"), LengthB = StrSpnW(Second, L"0123456789");
            int Order = LengthA != LengthB ? (LengthA < LengthB ? -1 : 1) : StrCmpNW(First, Second, LengthA);
            if (Order != 0) {
                return Order;
            }
            First += LengthA;
            Second += LengthB;
            continue;
        }
        if (A != B) {
            return A ? -1 : 1;
        }
        int Order = CompareStringW(LOCALE_USER_DEFAULT, NORM_IGNORECASE, First, 1, Second, 1) - CSTR_EQUAL;
        if (Order != 0) {
            return Order;
        }
        First++;
        Second++;
    }
    return *First != 0 ? 1 : *Second != 0 ? -1 : 0;
}

HRESULT WINAPI SHStrDupW(LPCWSTR Text, LPWSTR *Copy)
{
    SIZE_T Bytes = Text == NULL ? 0 : (wcslen(Text) + 1) * sizeof(WCHAR);

    *Copy = NULL;
    if (Text == NULL) {
        return E_INVALIDARG;
    }
    *Copy = Allocate(Bytes); /* the process heap is CoTaskMem's */
    if (*Copy == NULL) {
        return E_OUTOFMEMORY;
    }
    memcpy(*Copy, Text, Bytes);
    return S_OK;
}

BOOL WINAPI UrlIsW(LPCWSTR Url, URLIS What)
{
    switch (What) {
    case URLIS_URL:
        return PathIsURLW(Url);
    case URLIS_FILEURL:
        return Url != NULL && _wcsnicmp(Url, L"file:", 5) == 0;
    case URLIS_OPAQUE:
        return PathIsURLW(Url) && (_wcsnicmp(Url, L"mailto:", 7) == 0 || _wcsnicmp(Url, L"javascript:", 11) == 0 ||
                                   _wcsnicmp(Url, L"about:", 6) == 0);
    default:
        return FALSE;
    }
}

/* file:///C:/a%20b and file://server/share */
HRESULT WINAPI PathCreateFromUrlW(LPCWSTR Url, LPWSTR Path, LPDWORD Size, DWORD Flags)
{
    WCHAR Result[MAX_PATH];
    DWORD Length = 0;

    if (Url == NULL || Path == NULL || Size == NULL || *Size == 0 || Flags != 0) {
        return E_INVALIDARG;
    }
    if (_wcsnicmp(Url, L"file:", 5) != 0) {
        return E_INVALIDARG;
    }
    Url += 5;
    int Slashes = 0;
    while (*Url == L'/' || *Url == L'\\') {
        Slashes++;
        Url++;
    }
    BOOL Drive = ((*Url | 0x20) >= L'a' && (*Url | 0x20) <= L'z') && (Url[1] == L':' || Url[1] == L'|');
    for (int i = Drive || Slashes == 0 ? 0 : Slashes == 2 || Slashes > 3 ? 2 : 1; i > 0; i--) {
        Result[Length++] = L'\\';
    }
    for (; *Url != 0 && *Url != L'?' && *Url != L'#'; Url++) {
        int Value = 0;
        WCHAR c = *Url == L'/' ? L'\\' : *Url;
        if (c == L'%' && StrSpnW(Url + 1, L"0123456789abcdefABCDEF") >= 2) {
            for (int i = 1; i <= 2; i++) {
                Value = Value * 16 + (Url[i] <= L'9' ? Url[i] - L'0' : (Url[i] | 0x20) - L'a' + 10);
            }
            c = (WCHAR)Value;
            Url += 2;
        } else if (c == L'|' && Length == 1) {
            c = L':';
        }
        if (Length + 1 >= MAX_PATH) {
            return E_FAIL;
        }
        Result[Length++] = c;
    }
    Result[Length] = 0;
    if (*Size <= Length) {
        *Size = Length + 1;
        return E_POINTER;
    }
    memcpy(Path, Result, (Length + 1) * sizeof(WCHAR));
    *Size = Length;
    return S_OK;
}
