/* SPDX-License-Identifier: MIT */
/*
 * address.c - IPv4 and IPv6 addresses as text (RFC 4291, RFC 5952), which need no network.
 */
#include "smalldll.h"
#include "ws2.h"

/* ---- from text -------------------------------------------------------------------------------------------------------------------------- */

static BOOL TakePart(LPCSTR *At, BOOL Short, ULONG *Value)
{
    LPCSTR s = *At;
    ULONG Base = 10;
    ULONGLONG Sum = 0;

    if (Short && s[0] == '0' && (s[1] | 0x20) == 'x') {
        Base = 16;
        s += 2;
    } else if (Short && s[0] == '0') {
        Base = 8;
    }
    LPCSTR Start = s;
    for (;; s++) {
        ULONG Digit = *s >= '0' && *s <= '9' ? (ULONG)(*s - '0') : (*s | 0x20) >= 'a' && (*s | 0x20) <= 'f' ? (ULONG)((*s | 0x20) - 'a' + 10) : 99;
        if (Digit >= Base) {
            break;
        }
        Sum = Sum * Base + Digit;
        if (Sum > 0xFFFFFFFFu || (!Short && s - Start >= 3)) {
            return FALSE;
        }
    }
    *At = s;
    *Value = (ULONG)Sum;
    return s != Start;
}

BOOL Ws2ParseV4(LPCSTR Text, ULONG *Address, BOOL Short)
{
    ULONG Parts[4];
    int Count = 0;

    for (;;) {
        if (Count == 4 || !TakePart(&Text, Short, &Parts[Count++])) {
            return FALSE;
        }
        if (*Text != '.') {
            break;
        }
        Text++;
    }
    if (*Text != 0 || (!Short && Count != 4)) {
        return FALSE;
    }
    ULONG Sum = Parts[Count - 1]; /* the last part fills what is left */
    if (Count > 1 && (ULONGLONG)Sum >= 1ull << (8 * (5 - Count))) {
        return FALSE;
    }
    for (int i = 0; i < Count - 1; i++) {
        if (Parts[i] > 255) {
            return FALSE;
        }
        Sum |= Parts[i] << (24 - 8 * i);
    }
    *Address = __builtin_bswap32(Sum);
    return TRUE;
}

static BOOL TakeGroup(LPCSTR *At, USHORT *Value)
{
    ULONG Sum = 0;
    int Digits = 0;

    for (;; (*At)++, Digits++) {
        CHAR c = **At, l = c | 0x20;
        if (c >= '0' && c <= '9') {
            Sum = Sum << 4 | (ULONG)(c - '0');
        } else if (l >= 'a' && l <= 'f') {
            Sum = Sum << 4 | (ULONG)(l - 'a' + 10);
        } else {
            break;
        }
    }
    *Value = (USHORT)Sum;
    return Digits > 0 && Digits <= 4;
}

BOOL Ws2ParseV6(LPCSTR Text, IN6_ADDR *Address)
{
    USHORT Groups[8] = {0};
    int Count = 0, Gap = -1;

    if (Text[0] == ':' && Text[1] == ':') {
        Gap = 0;
        Text += 2;
    }
    while (*Text != 0 && Count < 8) {
        ULONG V4;
        if (Count <= 6 && strchr(Text, '.') != NULL && strchr(Text, ':') == NULL) {
            if (!Ws2ParseV4(Text, &V4, FALSE)) {
                return FALSE;
            }
            V4 = __builtin_bswap32(V4);
            Groups[Count++] = (USHORT)(V4 >> 16);
            Groups[Count++] = (USHORT)V4;
            Text = "";
            break;
        }
        if (!TakeGroup(&Text, &Groups[Count++])) {
            return FALSE;
        }
        if (*Text == ':' && Text[1] == ':' && Gap < 0) {
            Gap = Count;
            Text += 2;
        } else if (*Text == ':' && Text[1] != 0) {
            Text++;
        } else if (*Text != 0) {
            return FALSE;
        }
    }
    if (*Text != 0 || (Gap < 0 ? Count != 8 : Count > 7)) {
        return FALSE;
    }
    if (Gap >= 0) {
        memmove(&Groups[8 - (Count - Gap)], &Groups[Gap], (SIZE_T)(Count - Gap) * sizeof(USHORT));
        memset(&Groups[Gap], 0, (SIZE_T)(8 - Count) * sizeof(USHORT));
    }
    for (int i = 0; i < 8; i++) {
        Address->u.Byte[2 * i] = (UCHAR)(Groups[i] >> 8);
        Address->u.Byte[2 * i + 1] = (UCHAR)Groups[i];
    }
    return TRUE;
}

/* ---- to text ---------------------------------------------------------------------------------------------------------------------------- */

static int PutDecimal(LPSTR Text, ULONG Value)
{
    CHAR Digits[12];
    int Count = 0, Length = 0;

    do {
        Digits[Count++] = (CHAR)('0' + Value % 10);
        Value /= 10;
    } while (Value != 0);
    while (Count > 0) {
        Text[Length++] = Digits[--Count];
    }
    Text[Length] = 0;
    return Length;
}

int Ws2PrintV4(ULONG Address, LPSTR Text)
{
    int Length = 0;

    for (int i = 0; i < 4; i++) {
        Length += PutDecimal(Text + Length, (Address >> (8 * i)) & 0xFF);
        Text[Length++] = '.';
    }
    Text[--Length] = 0;
    return Length;
}

static int PutGroup(LPSTR Text, USHORT Value)
{
    int Length = 0;

    for (int Shift = 12; Shift >= 0; Shift -= 4) {
        if (Length != 0 || Shift == 0 || (Value >> Shift) != 0) {
            Text[Length++] = "0123456789abcdef"[(Value >> Shift) & 15];
        }
    }
    return Length;
}

/* The longest run of two or more zero groups, the first of equals, is written as two colons. */
int Ws2PrintV6(const IN6_ADDR *Address, LPSTR Text)
{
    USHORT Groups[8];
    int Best = -1, BestLength = 1, Length = 0;

    for (int i = 0; i < 8; i++) {
        Groups[i] = (USHORT)(Address->u.Byte[2 * i] << 8 | Address->u.Byte[2 * i + 1]);
    }
    for (int i = 0; i < 8; i++) {
        int Run = 0;
        while (i + Run < 8 && Groups[i + Run] == 0) {
            Run++;
        }
        if (Run > BestLength) {
            Best = i;
            BestLength = Run;
        }
    }
    BOOL Mapped = Best == 0 && ((BestLength == 5 && Groups[5] == 0xFFFF) || (BestLength == 6 && Groups[6] != 0));
    for (int i = 0; i < 8; i++) {
        if (i == Best) {
            Text[Length++] = ':';
            if (i == 0) {
                Text[Length++] = ':';
            }
            i += BestLength - 1;
            if (i == 7) {
                break;
            }
            continue;
        }
        if (Mapped && i == 6) {
            Length += Ws2PrintV4(*(const ULONG *)&Address->u.Byte[12], Text + Length);
            break;
        }
        Length += PutGroup(Text + Length, Groups[i]);
        if (i < 7) {
            Text[Length++] = ':';
        }
    }
    Text[Length] = 0;
    return Length;
}

/* ---- the calls -------------------------------------------------------------------------------------------------------------------------- */

unsigned long WINAPI inet_addr(const char *Text)
{
    ULONG Address;

    return Text == NULL || !Ws2ParseV4(Text[0] == ' ' && Text[1] == 0 ? "0" : Text, &Address, TRUE) ? INADDR_NONE : Address;
}

/* The text lives in the thread's own buffer until its next call. */
char *WINAPI inet_ntoa(struct in_addr Address)
{
    static DWORD Slot = TLS_OUT_OF_INDEXES;

    if (Slot == TLS_OUT_OF_INDEXES) {
        DWORD New = TlsAlloc();
        if (InterlockedCompareExchange((LONG *)&Slot, (LONG)New, (LONG)TLS_OUT_OF_INDEXES) != (LONG)TLS_OUT_OF_INDEXES) {
            TlsFree(New);
        }
    }
    LPSTR Text = TlsGetValue(Slot);
    if (Text == NULL) {
        Text = Allocate(WS2_TEXT);
        if (Text == NULL) {
            return NULL;
        }
        TlsSetValue(Slot, Text);
    }
    Ws2PrintV4(Address.s_addr, Text);
    return Text;
}

PCSTR WINAPI inet_ntop(INT Family, LPCVOID Address, LPSTR Text, size_t Size)
{
    CHAR Buffer[WS2_TEXT];
    int Length;

    if (Family == AF_INET) {
        Length = Ws2PrintV4(*(const ULONG *)Address, Buffer);
    } else if (Family == AF_INET6) {
        Length = Ws2PrintV6(Address, Buffer);
    } else {
        SetLastError(WSAEAFNOSUPPORT);
        return NULL;
    }
    if (Text == NULL || (size_t)Length + 1 > Size) {
        SetLastError(WSAEINVAL);
        return NULL;
    }
    memcpy(Text, Buffer, (size_t)Length + 1);
    return Text;
}

INT WINAPI inet_pton(INT Family, LPCSTR Text, PVOID Address)
{
    if (Text == NULL || Address == NULL) {
        SetLastError(WSAEFAULT);
        return -1;
    }
    if (Family == AF_INET) {
        ULONG Parsed;
        if (!Ws2ParseV4(Text, &Parsed, FALSE)) {
            return 0;
        }
        memcpy(Address, &Parsed, sizeof(Parsed));
        return 1;
    }
    if (Family == AF_INET6) {
        return Ws2ParseV6(Text, Address);
    }
    SetLastError(WSAEAFNOSUPPORT);
    return -1;
}

PCWSTR WINAPI InetNtopW(INT Family, LPCVOID Address, LPWSTR Text, size_t Size)
{
    CHAR Buffer[WS2_TEXT];

    if (inet_ntop(Family, Address, Buffer, sizeof(Buffer)) == NULL) {
        return NULL;
    }
    if (Text == NULL || strlen(Buffer) + 1 > Size) {
        SetLastError(WSAEINVAL);
        return NULL;
    }
    MultiByteToWideChar(CP_ACP, 0, Buffer, -1, Text, (int)Size);
    return Text;
}

INT WINAPI InetPtonW(INT Family, LPCWSTR Text, PVOID Address)
{
    CHAR Buffer[WS2_TEXT];

    if (Text == NULL) {
        SetLastError(WSAEFAULT);
        return -1;
    }
    if (wcslen(Text) >= WS2_TEXT) {
        return 0;
    }
    WideCharToMultiByte(CP_ACP, 0, Text, -1, Buffer, sizeof(Buffer), NULL, NULL);
    return inet_pton(Family, Buffer, Address);
}

INT WINAPI WSAAddressToStringA(LPSOCKADDR Address, DWORD Length, LPWSAPROTOCOL_INFOA Info, LPSTR Text, LPDWORD Size)
{
    CHAR Buffer[WS2_TEXT];
    int At = 0;
    USHORT Port = 0;

    UNUSED(Info);
    if (Address == NULL || Size == NULL) {
        SetLastError(WSAEFAULT);
        return SOCKET_ERROR;
    }
    if (Address->sa_family == AF_INET && Length >= sizeof(SOCKADDR_IN)) {
        At = Ws2PrintV4(((SOCKADDR_IN *)Address)->sin_addr.s_addr, Buffer);
        Port = ntohs(((SOCKADDR_IN *)Address)->sin_port);
    } else if (Address->sa_family == AF_INET6 && Length >= sizeof(SOCKADDR_IN6)) {
        Port = ntohs(((SOCKADDR_IN6 *)Address)->sin6_port);
        Buffer[0] = '[';
        At = Port != 0;
        At += Ws2PrintV6(&((SOCKADDR_IN6 *)Address)->sin6_addr, Buffer + At);
        if (((SOCKADDR_IN6 *)Address)->sin6_scope_id != 0) {
            Buffer[At++] = '%';
            At += PutDecimal(Buffer + At, ((SOCKADDR_IN6 *)Address)->sin6_scope_id);
        }
        if (Port != 0) {
            Buffer[At++] = ']';
        }
    } else {
        SetLastError(WSAEINVAL);
        return SOCKET_ERROR;
    }
    if (Port != 0) {
        Buffer[At++] = ':';
        At += PutDecimal(Buffer + At, Port);
    }
    Buffer[At++] = 0;
    DWORD Room = *Size;
    *Size = (DWORD)At;
    if (Text == NULL || Room < (DWORD)At) {
        SetLastError(WSAEFAULT);
        return SOCKET_ERROR;
    }
    memcpy(Text, Buffer, (SIZE_T)At);
    return 0;
}

INT WINAPI WSAAddressToStringW(LPSOCKADDR Address, DWORD Length, LPWSAPROTOCOL_INFOW Info, LPWSTR Text, LPDWORD Size)
{
    CHAR Buffer[WS2_TEXT];
    DWORD Need = sizeof(Buffer);

    UNUSED(Info);
    if (Size == NULL) {
        SetLastError(WSAEFAULT);
        return SOCKET_ERROR;
    }
    if (WSAAddressToStringA(Address, Length, NULL, Buffer, &Need) != 0) {
        return SOCKET_ERROR;
    }
    DWORD Room = *Size;
    *Size = Need;
    if (Text == NULL || Room < Need) {
        SetLastError(WSAEFAULT);
        return SOCKET_ERROR;
    }
    MultiByteToWideChar(CP_ACP, 0, Buffer, (int)Need, Text, (int)Room);
    return 0;
}

/* ADDRESS, ADDRESS:PORT for IPv4; ADDRESS, [ADDRESS], [ADDRESS]:PORT for IPv6. */
INT WINAPI WSAStringToAddressA(LPSTR Text, INT Family, LPWSAPROTOCOL_INFOA Info, LPSOCKADDR Address, LPINT Size)
{
    CHAR Buffer[WS2_TEXT];
    ULONG Port = 0;
    LPSTR Host = Buffer, Colon;
    int Need = Family == AF_INET ? (int)sizeof(SOCKADDR_IN) : (int)sizeof(SOCKADDR_IN6);

    UNUSED(Info);
    if (Size == NULL || Address == NULL) {
        SetLastError(WSAEFAULT);
        return SOCKET_ERROR;
    }
    if (Text == NULL || strlen(Text) >= WS2_TEXT || (Family != AF_INET && Family != AF_INET6)) {
        SetLastError(WSAEINVAL);
        return SOCKET_ERROR;
    }
    if (*Size < Need) {
        *Size = Need;
        SetLastError(WSAEFAULT);
        return SOCKET_ERROR;
    }
    strcpy(Buffer, Text);
    Colon = Family == AF_INET ? strchr(Buffer, ':') : NULL;
    if (Family == AF_INET6 && Buffer[0] == '[') {
        LPSTR End = strchr(Buffer, ']');
        if (End == NULL || (End[1] != 0 && End[1] != ':')) {
            SetLastError(WSAEINVAL);
            return SOCKET_ERROR;
        }
        Colon = End[1] == ':' ? End + 1 : NULL;
        *End = 0;
        Host++;
    }
    if (Colon != NULL) {
        *Colon = 0;
        for (LPSTR s = Colon + 1; *s != 0; s++) {
            Port = *s >= '0' && *s <= '9' && Port <= 65535 ? Port * 10 + (ULONG)(*s - '0') : 99999;
        }
    }
    memset(Address, 0, (SIZE_T)Need);
    Address->sa_family = (USHORT)Family;
    ((SOCKADDR_IN *)Address)->sin_port = htons((USHORT)Port); /* both kinds have it there */
    BOOL Good = Port <= 65535 && (Family == AF_INET ? Ws2ParseV4(Host, &((SOCKADDR_IN *)Address)->sin_addr.s_addr, TRUE)
                                                    : Ws2ParseV6(Host, &((SOCKADDR_IN6 *)Address)->sin6_addr));
    if (!Good) {
        SetLastError(WSAEINVAL);
        return SOCKET_ERROR;
    }
    *Size = Need;
    return 0;
}

INT WINAPI WSAStringToAddressW(LPWSTR Text, INT Family, LPWSAPROTOCOL_INFOW Info, LPSOCKADDR Address, LPINT Size)
{
    CHAR Buffer[WS2_TEXT];

    UNUSED(Info);
    if (Text == NULL || wcslen(Text) >= WS2_TEXT) {
        SetLastError(WSAEINVAL);
        return SOCKET_ERROR;
    }
    WideCharToMultiByte(CP_ACP, 0, Text, -1, Buffer, sizeof(Buffer), NULL, NULL);
    return WSAStringToAddressA(Buffer, Family, NULL, Address, Size);
}
