/* SPDX-License-Identifier: MIT */
/*
 * uuid.c - UUIDs. UuidCreate makes random ones (version 4); UuidCreateSequential asks the kernel, whose node number is a random one because
 * there is no network adapter: RPC_S_UUID_LOCAL_ONLY, as documented for that case.  And RpcRaiseException.
 */
/* Newer headers of mingw-w64 (windows.h includes rpc.h) say const where older ones do not. */
#define UuidToStringA UuidToStringA_of_the_header
#define UuidToStringW UuidToStringW_of_the_header
#include "smalldll.h"
#include <rpc.h>
#undef UuidToStringA
#undef UuidToStringW
#include "random.h"

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved)
{
    UNUSED(Module);
    UNUSED(Reason);
    UNUSED(Reserved);
    return TRUE;
}

/* How MIDL's stubs report a failure: it must not return to them. */
void WINAPI RpcRaiseException(RPC_STATUS Exception)
{
    RaiseException((DWORD)Exception, EXCEPTION_NONCONTINUABLE, 0, NULL);
    ExitProcess((UINT)Exception);
}

RPC_STATUS WINAPI UuidCreate(UUID *Uuid)
{
    if (!RandomBytes(Uuid, sizeof(*Uuid))) {
        return RPC_S_UUID_NO_ADDRESS;
    }
    Uuid->Data3 = (USHORT)((Uuid->Data3 & 0x0FFF) | 0x4000);
    Uuid->Data4[0] = (UCHAR)((Uuid->Data4[0] & 0x3F) | 0x80);
    return RPC_S_OK;
}

/* Version 1: 100 ns since 1582-10-15, a clock sequence, a node with the multicast bit, which no adapter has. */
RPC_STATUS WINAPI UuidCreateSequential(UUID *Uuid)
{
    static volatile LONGLONG Last;
    static volatile LONG Made;
    static UCHAR Node[8];
    FILETIME Now;

    if (InterlockedCompareExchange(&Made, 1, 0) == 0) {
        if (!RandomBytes(Node, sizeof(Node))) {
            return RPC_S_UUID_NO_ADDRESS;
        }
        Node[2] |= 1;
        Node[0] = (UCHAR)((Node[0] & 0x3F) | 0x80);
        Made = 2;
    }
    while (Made != 2) {
        SwitchToThread();
    }
    GetSystemTimePreciseAsFileTime(&Now);
    LONGLONG Time = ((LONGLONG)Now.dwHighDateTime << 32 | Now.dwLowDateTime) + 0x146BF33E42C000ll /* from 1582 to 1601 */;
    for (;;) { /* never the same twice */
        LONGLONG Old = Last, New = Time > Old ? Time : Old + 1;
        if (InterlockedCompareExchange64(&Last, New, Old) == Old) {
            Time = New;
            break;
        }
    }
    Uuid->Data1 = (ULONG)Time;
    Uuid->Data2 = (USHORT)(Time >> 32);
    Uuid->Data3 = (USHORT)((Time >> 48 & 0x0FFF) | 0x1000);
    memcpy(Uuid->Data4, Node, sizeof(Node));
    return RPC_S_UUID_LOCAL_ONLY;
}

RPC_STATUS WINAPI UuidCreateNil(UUID *Uuid)
{
    memset(Uuid, 0, sizeof(*Uuid));
    return RPC_S_OK;
}

static const UUID *OrNil(const UUID *Uuid)
{
    static const UUID Nil;

    return Uuid != NULL ? Uuid : &Nil;
}

signed int WINAPI UuidCompare(UUID *First, UUID *Second, RPC_STATUS *Status)
{
    const UUID *A = OrNil(First), *B = OrNil(Second);

    *Status = RPC_S_OK;
    if (A->Data1 != B->Data1) {
        return A->Data1 < B->Data1 ? -1 : 1;
    }
    if (A->Data2 != B->Data2) {
        return A->Data2 < B->Data2 ? -1 : 1;
    }
    if (A->Data3 != B->Data3) {
        return A->Data3 < B->Data3 ? -1 : 1;
    }
    int Order = memcmp(A->Data4, B->Data4, 8);
    return Order < 0 ? -1 : Order > 0;
}

int WINAPI UuidEqual(UUID *First, UUID *Second, RPC_STATUS *Status)
{
    return UuidCompare(First, Second, Status) == 0;
}

int WINAPI UuidIsNil(UUID *Uuid, RPC_STATUS *Status)
{
    return UuidCompare(Uuid, NULL, Status) == 0;
}

unsigned short WINAPI UuidHash(UUID *Uuid, RPC_STATUS *Status)
{
    const UCHAR *Bytes = (const UCHAR *)OrNil(Uuid);
    SHORT c0 = 0, c1 = 0;

    for (int i = 0; i < 16; i++) { /* the two check sums of the DCE specification */
        c0 = (SHORT)(c0 + Bytes[i]);
        c1 = (SHORT)(c1 + c0);
    }
    SHORT x = (SHORT)(-c1 % 255), y = (SHORT)((c1 - c0) % 255);
    *Status = RPC_S_OK;
    return (unsigned short)((y < 0 ? y + 255 : y) * 256 + (x < 0 ? x + 255 : x));
}

/* ---- text ------------------------------------------------------------------------------------------------------------------------------- */

#define UUID_TEXT 37

static void Print(const UUID *Uuid, LPWSTR Text)
{
    static const BYTE Shape[] = {3, 2, 1, 0, 255, 5, 4, 255, 7, 6, 255, 8, 9, 255, 10, 11, 12, 13, 14, 15};
    const UCHAR *Bytes = (const UCHAR *)Uuid;

    for (ULONG i = 0; i < COUNT_OF(Shape); i++) {
        if (Shape[i] == 255) {
            *Text++ = L'-';
        } else {
            *Text++ = L"0123456789abcdef"[Bytes[Shape[i]] >> 4];
            *Text++ = L"0123456789abcdef"[Bytes[Shape[i]] & 15];
        }
    }
    *Text = 0;
}

static BOOL Parse(LPCWSTR Text, UUID *Uuid)
{
    static const BYTE Shape[] = {3, 2, 1, 0, 255, 5, 4, 255, 7, 6, 255, 8, 9, 255, 10, 11, 12, 13, 14, 15};
    UCHAR Bytes[16];

    for (ULONG i = 0; i < COUNT_OF(Shape); i++) {
        if (Shape[i] == 255) {
            if (*Text++ != L'-') {
                return FALSE;
            }
            continue;
        }
        UCHAR Value = 0;
        for (int j = 0; j < 2; j++, Text++) {
            WCHAR l = *Text | 0x20;
            if (*Text >= L'0' && *Text <= L'9') {
                Value = (UCHAR)(Value << 4 | (*Text - L'0'));
            } else if (l >= L'a' && l <= L'f') {
                Value = (UCHAR)(Value << 4 | (l - L'a' + 10));
            } else {
                return FALSE;
            }
        }
        Bytes[Shape[i]] = Value;
    }
    memcpy(Uuid, Bytes, sizeof(Bytes));
    return *Text == 0;
}

RPC_STATUS WINAPI UuidToStringW(const UUID *Uuid, RPC_WSTR *Text)
{
    *Text = Allocate(UUID_TEXT * sizeof(WCHAR));
    if (*Text == NULL) {
        return RPC_S_OUT_OF_MEMORY;
    }
    Print(OrNil(Uuid), (LPWSTR)*Text);
    return RPC_S_OK;
}

RPC_STATUS WINAPI UuidToStringA(const UUID *Uuid, RPC_CSTR *Text)
{
    WCHAR Wide[UUID_TEXT];

    *Text = Allocate(UUID_TEXT);
    if (*Text == NULL) {
        return RPC_S_OUT_OF_MEMORY;
    }
    Print(OrNil(Uuid), Wide);
    for (int i = 0; i < UUID_TEXT; i++) {
        (*Text)[i] = (UCHAR)Wide[i];
    }
    return RPC_S_OK;
}

RPC_STATUS WINAPI UuidFromStringW(RPC_WSTR Text, UUID *Uuid)
{
    if (Text == NULL) {
        return UuidCreateNil(Uuid);
    }
    return Parse((LPCWSTR)Text, Uuid) ? RPC_S_OK : RPC_S_INVALID_STRING_UUID;
}

RPC_STATUS WINAPI UuidFromStringA(RPC_CSTR Text, UUID *Uuid)
{
    WCHAR Wide[UUID_TEXT + 1];

    if (Text == NULL) {
        return UuidCreateNil(Uuid);
    }
    if (strlen((LPCSTR)Text) != UUID_TEXT - 1) {
        return RPC_S_INVALID_STRING_UUID;
    }
    for (int i = 0; i < UUID_TEXT; i++) {
        Wide[i] = Text[i];
    }
    return UuidFromStringW((RPC_WSTR)Wide, Uuid);
}

RPC_STATUS WINAPI RpcStringFreeW(RPC_WSTR *Text)
{
    Release(*Text);
    *Text = NULL;
    return RPC_S_OK;
}

RPC_STATUS WINAPI RpcStringFreeA(RPC_CSTR *Text)
{
    Release(*Text);
    *Text = NULL;
    return RPC_S_OK;
}
