/* SPDX-License-Identifier: MIT */
/* guid.c - GUIDs: new ones, and as the text {xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}. */
#include "smalldll.h"
#include "random.h"
#include <objbase.h>

#define GUID_TEXT 39 /* characters with the zero */

HRESULT WINAPI CoCreateGuid(GUID *Guid)
{
    if (Guid == NULL) {
        return E_INVALIDARG;
    }
    if (!RandomBytes(Guid, sizeof(*Guid))) {
        return HRESULT_FROM_WIN32(RPC_S_UUID_NO_ADDRESS);
    }
    Guid->Data3 = (USHORT)((Guid->Data3 & 0x0FFF) | 0x4000);
    Guid->Data4[0] = (UCHAR)((Guid->Data4[0] & 0x3F) | 0x80);
    return S_OK;
}

static LPWSTR PutHex(LPWSTR At, ULONG Value, int Digits)
{
    while (Digits-- > 0) {
        *At++ = L"0123456789ABCDEF"[(Value >> (4 * Digits)) & 15];
    }
    return At;
}

int WINAPI StringFromGUID2(REFGUID Guid, LPOLESTR Text, int Size)
{
    LPWSTR At = Text;

    if (Size < GUID_TEXT) {
        return 0;
    }
    *At++ = L'{';
    At = PutHex(At, Guid->Data1, 8);
    *At++ = L'-';
    At = PutHex(At, Guid->Data2, 4);
    *At++ = L'-';
    At = PutHex(At, Guid->Data3, 4);
    *At++ = L'-';
    for (int i = 0; i < 8; i++) {
        if (i == 2) {
            *At++ = L'-';
        }
        At = PutHex(At, Guid->Data4[i], 2);
    }
    *At++ = L'}';
    *At = 0;
    return GUID_TEXT;
}

HRESULT WINAPI StringFromCLSID(REFCLSID Class, LPOLESTR *Text)
{
    *Text = CoTaskMemAlloc(GUID_TEXT * sizeof(WCHAR));
    if (*Text == NULL) {
        return E_OUTOFMEMORY;
    }
    StringFromGUID2(Class, *Text, GUID_TEXT);
    return S_OK;
}

HRESULT WINAPI StringFromIID(REFIID Interface, LPOLESTR *Text)
{
    return StringFromCLSID(Interface, Text);
}

static BOOL TakeHex(LPCWSTR *At, int Digits, ULONG *Value)
{
    *Value = 0;
    for (; Digits > 0; Digits--, (*At)++) {
        WCHAR c = **At | 0x20;
        if (**At >= L'0' && **At <= L'9') {
            *Value = *Value << 4 | (ULONG)(**At - L'0');
        } else if (c >= L'a' && c <= L'f') {
            *Value = *Value << 4 | (ULONG)(c - L'a' + 10);
        } else {
            return FALSE;
        }
    }
    return TRUE;
}

static BOOL ParseGuid(LPCWSTR Text, GUID *Guid)
{
    ULONG Value;
    LPCWSTR At = Text + 1;

    if (Text[0] != L'{' || !TakeHex(&At, 8, &Guid->Data1) || *At++ != L'-' || !TakeHex(&At, 4, &Value)) {
        return FALSE;
    }
    Guid->Data2 = (USHORT)Value;
    if (*At++ != L'-' || !TakeHex(&At, 4, &Value) || *At++ != L'-') {
        return FALSE;
    }
    Guid->Data3 = (USHORT)Value;
    for (int i = 0; i < 8; i++) {
        if ((i == 2 && *At++ != L'-') || !TakeHex(&At, 2, &Value)) {
            return FALSE;
        }
        Guid->Data4[i] = (UCHAR)Value;
    }
    return At[0] == L'}' && At[1] == 0;
}

/* Text that is no GUID could be the name of a class; none is registered. */
HRESULT WINAPI CLSIDFromString(LPCOLESTR Text, LPCLSID Class)
{
    if (Class == NULL) {
        return E_INVALIDARG;
    }
    memset(Class, 0, sizeof(*Class));
    if (Text == NULL) {
        return S_OK;
    }
    GUID Parsed;
    if (!ParseGuid(Text, &Parsed)) {
        return CO_E_CLASSSTRING;
    }
    *Class = Parsed;
    return S_OK;
}

HRESULT WINAPI IIDFromString(LPCOLESTR Text, LPIID Interface)
{
    HRESULT Result = CLSIDFromString(Text, Interface);

    return Result == CO_E_CLASSSTRING ? (wcslen(Text) == GUID_TEXT - 1 ? CO_E_IIDSTRING : E_INVALIDARG) : Result;
}
