/* SPDX-License-Identifier: MIT */
/*
 * loadstring.c - string tables: sixteen counted strings a resource.  Windows has LoadString in kernelbase, reached through
 * api-ms-win-core-libraryloader as well as through user32.
 */
#define _USER32_ /* the header would have it imported */
#include "k32.h"

static LPCWSTR FindString(HINSTANCE Module, UINT Id, int *Length)
{
    HRSRC Found = FindResourceW(Module, MAKEINTRESOURCEW(((Id & 0xFFFF) >> 4) + 1), (LPCWSTR)RT_STRING);
    HGLOBAL Loaded = Found != NULL ? LoadResource(Module, Found) : NULL;
    LPCWSTR At = Loaded != NULL ? LockResource(Loaded) : NULL;

    if (At == NULL) {
        return NULL;
    }
    for (UINT i = 0; i < (Id & 15); i++) {
        At += *At + 1;
    }
    *Length = *At;
    return At + 1;
}

/* A size of zero asks for a pointer to the resource itself, not ended by a zero. */
int WINAPI LoadStringW(HINSTANCE Module, UINT Id, LPWSTR Target, int Size)
{
    int Length = 0;
    LPCWSTR Text = Target == NULL ? NULL : FindString(Module, Id, &Length);

    if (Text == NULL) {
        if (Target != NULL && Size > 0) {
            Target[0] = 0;
        }
        return 0;
    }
    if (Size == 0) {
        *(LPCWSTR *)Target = Text;
        return Length;
    }
    Length = Length < Size - 1 ? Length : Size - 1;
    memcpy(Target, Text, (SIZE_T)Length * sizeof(WCHAR));
    Target[Length] = 0;
    return Length;
}

int WINAPI LoadStringA(HINSTANCE Module, UINT Id, LPSTR Target, int Size)
{
    int Length = 0;
    LPCWSTR Text = Target == NULL || Size <= 0 ? NULL : FindString(Module, Id, &Length);

    if (Text == NULL || Length == 0) {
        if (Target != NULL && Size > 0) {
            Target[0] = 0;
        }
        return 0;
    }
    int Need = WideCharToMultiByte(CP_ACP, 0, Text, Length, NULL, 0, NULL, NULL);
    LPSTR Copy = BaseAllocate((SIZE_T)Need);
    if (Copy == NULL) {
        return 0;
    }
    WideCharToMultiByte(CP_ACP, 0, Text, Length, Copy, Need, NULL, NULL);
    Need = Need < Size - 1 ? Need : Size - 1;
    memcpy(Target, Copy, (SIZE_T)Need);
    Target[Need] = 0;
    BaseFree(Copy);
    return Need;
}
