/* SPDX-License-Identifier: MIT */
/*
 * bstr.c - BSTR: a UTF-16 string with its length in bytes in the four bytes before it and a zero behind it.
 *
 * Windows keeps freed strings in a cache, which programs do not see; here each is a heap block that begins eight bytes before the text, so that
 * the text is aligned.  A null BSTR is an empty string everywhere.
 */
#include "smalldll.h"
#include <oleauto.h>

#define PREFIX 8u

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved)
{
    UNUSED(Module);
    UNUSED(Reason);
    UNUSED(Reserved);
    return TRUE;
}

static UINT *LengthOf(BSTR Text)
{
    return (UINT *)((PUCHAR)Text - sizeof(UINT));
}

BSTR WINAPI SysAllocStringByteLen(LPCSTR Source, UINT Bytes)
{
    if (Bytes > 0x7FFFFFF0u) {
        return NULL;
    }
    PUCHAR Block = Allocate((SIZE_T)Bytes + PREFIX + sizeof(WCHAR) + 1);
    if (Block == NULL) {
        return NULL;
    }
    BSTR Text = (BSTR)(Block + PREFIX);
    *LengthOf(Text) = Bytes;
    if (Source != NULL) {
        memcpy(Text, Source, Bytes);
    }
    memset((PUCHAR)Text + Bytes, 0, sizeof(WCHAR) + 1);
    return Text;
}

BSTR WINAPI SysAllocStringLen(const OLECHAR *Source, UINT Length)
{
    return Length > 0x3FFFFFF8u ? NULL : SysAllocStringByteLen((LPCSTR)(const void *)Source, Length * (UINT)sizeof(WCHAR));
}

BSTR WINAPI SysAllocString(const OLECHAR *Source)
{
    return Source == NULL ? NULL : SysAllocStringLen(Source, (UINT)wcslen(Source));
}

void WINAPI SysFreeString(BSTR Text)
{
    if (Text != NULL) {
        Release((PUCHAR)Text - PREFIX);
    }
}

INT WINAPI SysReAllocStringLen(BSTR *Text, const OLECHAR *Source, UINT Length)
{
    BSTR New = SysAllocStringLen(NULL, Length);

    if (New == NULL) {
        return FALSE;
    }
    if (Source != NULL) { /* which may lie inside the old one */
        memcpy(New, Source, Length * sizeof(WCHAR));
    }
    SysFreeString(*Text);
    *Text = New;
    return TRUE;
}

INT WINAPI SysReAllocString(BSTR *Text, const OLECHAR *Source)
{
    if (Source == NULL) {
        SysFreeString(*Text);
        *Text = NULL;
        return TRUE;
    }
    return SysReAllocStringLen(Text, Source, (UINT)wcslen(Source));
}

UINT WINAPI SysStringByteLen(BSTR Text)
{
    return Text == NULL ? 0 : *LengthOf(Text);
}

UINT WINAPI SysStringLen(BSTR Text)
{
    return SysStringByteLen(Text) / sizeof(WCHAR);
}
