/* SPDX-License-Identifier: MIT */
/*
 * text.c - binary data as text and back: base64 with and without a header, and hexadecimal; and the closing calls of objects that cannot
 * have been opened, which accept null.
 */
#include "smalldll.h"
#include <wincrypt.h>

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved)
{
    UNUSED(Module);
    UNUSED(Reason);
    UNUSED(Reserved);
    return TRUE;
}

static const CHAR Digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* A sink that counts, and stores while there is room. */
typedef struct _SINK
{
    LPSTR Text; /* null: count only */
    DWORD Size, Length;
} SINK;

static void Put(SINK *Sink, CHAR c)
{
    if (Sink->Text != NULL && Sink->Length < Sink->Size) {
        Sink->Text[Sink->Length] = c;
    }
    Sink->Length++;
}

static void PutText(SINK *Sink, LPCSTR Text)
{
    while (*Text != 0) {
        Put(Sink, *Text++);
    }
}

static void PutLineEnd(SINK *Sink, DWORD Flags)
{
    if (Flags & CRYPT_STRING_NOCRLF) {
        return;
    }
    PutText(Sink, Flags & CRYPT_STRING_NOCR ? "\n" : "\r\n");
}

static void PutBase64(SINK *Sink, const BYTE *Data, DWORD Length, DWORD Flags)
{
    DWORD Column = 0;

    for (DWORD i = 0; i < Length; i += 3) {
        DWORD Left = Length - i, Bits = (DWORD)Data[i] << 16 | (Left > 1 ? Data[i + 1] << 8 : 0) | (Left > 2 ? Data[i + 2] : 0);
        Put(Sink, Digits[Bits >> 18]);
        Put(Sink, Digits[(Bits >> 12) & 63]);
        Put(Sink, Left > 1 ? Digits[(Bits >> 6) & 63] : '=');
        Put(Sink, Left > 2 ? Digits[Bits & 63] : '=');
        Column += 4;
        if (Column == 64 && Left > 3) {
            PutLineEnd(Sink, Flags);
            Column = 0;
        }
    }
    if (Length != 0) {
        PutLineEnd(Sink, Flags);
    }
}

static void PutHex(SINK *Sink, const BYTE *Data, DWORD Length, DWORD Flags, BOOL Raw)
{
    for (DWORD i = 0; i < Length; i++) {
        Put(Sink, "0123456789abcdef"[Data[i] >> 4]);
        Put(Sink, "0123456789abcdef"[Data[i] & 15]);
        if (!Raw && i + 1 < Length) {
            if ((i & 15) == 15) {
                PutLineEnd(Sink, Flags);
            } else {
                PutText(Sink, (i & 7) == 7 ? "  " : " ");
            }
        }
    }
    PutLineEnd(Sink, Flags);
}

static BOOL Encode(const BYTE *Data, DWORD Length, DWORD Flags, SINK *Sink)
{
    static const LPCSTR Labels[] = {"CERTIFICATE", NULL, NULL, "NEW CERTIFICATE REQUEST"};

    switch (Flags & 0xFFFF) {
    case CRYPT_STRING_BASE64:
        PutBase64(Sink, Data, Length, Flags);
        return TRUE;
    case CRYPT_STRING_BASE64HEADER:
    case CRYPT_STRING_BASE64REQUESTHEADER:
    case CRYPT_STRING_BASE64X509CRLHEADER: {
        LPCSTR Label = (Flags & 0xFFFF) == CRYPT_STRING_BASE64X509CRLHEADER ? "X509 CRL" : Labels[Flags & 3];
        PutText(Sink, "-----BEGIN ");
        PutText(Sink, Label);
        PutText(Sink, "-----");
        PutLineEnd(Sink, Flags);
        PutBase64(Sink, Data, Length, Flags);
        PutText(Sink, "-----END ");
        PutText(Sink, Label);
        PutText(Sink, "-----");
        PutLineEnd(Sink, Flags);
        return TRUE;
    }
    case CRYPT_STRING_HEX:
        PutHex(Sink, Data, Length, Flags, FALSE);
        return TRUE;
    case CRYPT_STRING_HEXRAW:
        PutHex(Sink, Data, Length, Flags, TRUE);
        return TRUE;
    default:
        return Fail(ERROR_INVALID_PARAMETER);
    }
}

static BOOL IsBinary(DWORD Flags)
{
    return (Flags & 0xFFFF) == CRYPT_STRING_BINARY;
}

/* The length without the zero is what a successful call returns; the length with it is what it asks for. */
BOOL WINAPI CryptBinaryToStringA(const BYTE *Data, DWORD Length, DWORD Flags, LPSTR Text, DWORD *Size)
{
    SINK Sink = {Text, Size != NULL ? *Size : 0, 0};

    if (Data == NULL || Size == NULL) {
        return Fail(ERROR_INVALID_PARAMETER);
    }
    if (IsBinary(Flags)) {
        for (DWORD i = 0; i < Length; i++) {
            Put(&Sink, (CHAR)Data[i]);
        }
    } else if (!Encode(Data, Length, Flags, &Sink)) {
        return FALSE;
    } else {
        Put(&Sink, 0);
    }
    DWORD Room = *Size;
    *Size = Sink.Length;
    if (Text == NULL) {
        return TRUE;
    }
    if (Sink.Length > Room) {
        return Fail(ERROR_MORE_DATA);
    }
    *Size = IsBinary(Flags) ? Sink.Length : Sink.Length - 1;
    return TRUE;
}

BOOL WINAPI CryptBinaryToStringW(const BYTE *Data, DWORD Length, DWORD Flags, LPWSTR Text, DWORD *Size)
{
    DWORD Need = 0;

    if (Size == NULL || !CryptBinaryToStringA(Data, Length, Flags, NULL, &Need)) {
        return Size == NULL ? Fail(ERROR_INVALID_PARAMETER) : FALSE;
    }
    if (Text == NULL) {
        *Size = Need;
        return TRUE;
    }
    if (*Size < Need) {
        *Size = Need;
        return Fail(ERROR_MORE_DATA);
    }
    LPSTR Narrow = Allocate(Need + 1);
    if (Narrow == NULL) {
        return Fail(ERROR_NOT_ENOUGH_MEMORY);
    }
    DWORD Got = Need;
    CryptBinaryToStringA(Data, Length, Flags, Narrow, &Got);
    for (DWORD i = 0; i < Need; i++) {
        Text[i] = (WCHAR)(UCHAR)Narrow[i];
    }
    *Size = Got;
    Release(Narrow);
    return TRUE;
}

/* ---- back ------------------------------------------------------------------------------------------------------------------------------- */

static int DigitValue(CHAR c)
{
    const CHAR *At = c != 0 ? strchr(Digits, c) : NULL;

    return At != NULL ? (int)(At - Digits) : -1;
}

static BOOL IsSpace(CHAR c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static BOOL DecodeBase64(LPCSTR Text, DWORD Length, SINK *Sink)
{
    DWORD Bits = 0, Count = 0, Pads = 0;

    for (DWORD i = 0; i < Length && Text[i] != 0; i++) {
        if (IsSpace(Text[i])) {
            continue;
        }
        if (Text[i] == '=') {
            Pads++;
            continue;
        }
        int Value = DigitValue(Text[i]);
        if (Value < 0 || Pads != 0) {
            return Fail(ERROR_INVALID_DATA);
        }
        Bits = Bits << 6 | (DWORD)Value;
        if (++Count % 4 == 0) {
            Put(Sink, (CHAR)(Bits >> 16));
            Put(Sink, (CHAR)(Bits >> 8));
            Put(Sink, (CHAR)Bits);
        }
    }
    DWORD Rest = Count % 4;
    if (Rest == 1 || (Rest != 0 && Rest + Pads != 4) || (Rest == 0 && Pads != 0)) {
        return Fail(ERROR_INVALID_DATA);
    }
    if (Rest >= 2) {
        Put(Sink, (CHAR)(Bits >> (Rest == 2 ? 4 : 10)));
    }
    if (Rest == 3) {
        Put(Sink, (CHAR)(Bits >> 2));
    }
    return TRUE;
}

/* What lies between a BEGIN and an END line; FALSE if there is none. */
static BOOL InsideHeader(LPCSTR *Text, DWORD *Length, DWORD *Skip)
{
    LPCSTR Begin = NULL, Body = NULL, End = NULL;

    for (DWORD i = 0; i + 11 <= *Length; i++) {
        if (Begin == NULL && memcmp(*Text + i, "-----BEGIN ", 11) == 0) {
            Begin = *Text + i;
            for (DWORD j = i + 11; j + 5 <= *Length; j++) {
                if (memcmp(*Text + j, "-----", 5) == 0) {
                    Body = *Text + j + 5;
                    i = j + 4;
                    break;
                }
            }
        } else if (Body != NULL && memcmp(*Text + i, "-----END ", 9) == 0) {
            End = *Text + i;
            break;
        }
    }
    if (Body == NULL || End == NULL) {
        return Fail(ERROR_INVALID_DATA);
    }
    *Skip = (DWORD)(Begin - *Text);
    *Text = Body;
    *Length = (DWORD)(End - Body);
    return TRUE;
}

static BOOL DecodeHex(LPCSTR Text, DWORD Length, SINK *Sink)
{
    DWORD Value = 0, Nibbles = 0;

    for (DWORD i = 0; i < Length && Text[i] != 0; i++) {
        CHAR c = Text[i], l = c | 0x20;
        if (IsSpace(c)) {
            continue;
        }
        int Digit = c >= '0' && c <= '9' ? c - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
        if (Digit < 0) {
            return Fail(ERROR_INVALID_DATA);
        }
        Value = Value << 4 | (DWORD)Digit;
        if (++Nibbles % 2 == 0) {
            Put(Sink, (CHAR)Value);
        }
    }
    return Nibbles % 2 == 0 ? TRUE : Fail(ERROR_INVALID_DATA);
}

static BOOL Decode(LPCSTR Text, DWORD Length, DWORD Format, SINK *Sink, DWORD *Skip, DWORD *Used)
{
    *Skip = 0;
    *Used = Format;
    Sink->Length = 0;
    switch (Format) {
    case CRYPT_STRING_BASE64HEADER:
    case CRYPT_STRING_BASE64REQUESTHEADER:
    case CRYPT_STRING_BASE64X509CRLHEADER:
        return InsideHeader(&Text, &Length, Skip) && DecodeBase64(Text, Length, Sink);
    case CRYPT_STRING_BASE64:
        return DecodeBase64(Text, Length, Sink);
    case CRYPT_STRING_BINARY:
        for (DWORD i = 0; i < Length; i++) {
            Put(Sink, Text[i]);
        }
        return TRUE;
    case CRYPT_STRING_HEX:
    case CRYPT_STRING_HEXRAW:
        return DecodeHex(Text, Length, Sink);
    case CRYPT_STRING_BASE64_ANY:
        return Decode(Text, Length, CRYPT_STRING_BASE64HEADER, Sink, Skip, Used) ||
               Decode(Text, Length, CRYPT_STRING_BASE64, Sink, Skip, Used);
    case CRYPT_STRING_ANY:
        return Decode(Text, Length, CRYPT_STRING_BASE64_ANY, Sink, Skip, Used) ||
               Decode(Text, Length, CRYPT_STRING_BINARY, Sink, Skip, Used);
    default:
        return Fail(ERROR_INVALID_DATA);
    }
}

BOOL WINAPI CryptStringToBinaryA(LPCSTR Text, DWORD Length, DWORD Flags, BYTE *Data, DWORD *Size, DWORD *Skipped, DWORD *UsedFlags)
{
    SINK Sink = {(LPSTR)Data, Size != NULL ? *Size : 0, 0};
    DWORD Skip, Used;

    if (Text == NULL || Size == NULL) {
        return Fail(ERROR_INVALID_PARAMETER);
    }
    if (!Decode(Text, Length != 0 ? Length : (DWORD)strlen(Text), Flags & 0xFFFF, &Sink, &Skip, &Used)) {
        return FALSE;
    }
    if (Skipped != NULL) {
        *Skipped = Skip;
    }
    if (UsedFlags != NULL) {
        *UsedFlags = Used;
    }
    DWORD Room = *Size;
    *Size = Sink.Length;
    return Data == NULL || Sink.Length <= Room ? TRUE : Fail(ERROR_MORE_DATA);
}

BOOL WINAPI CryptStringToBinaryW(LPCWSTR Text, DWORD Length, DWORD Flags, BYTE *Data, DWORD *Size, DWORD *Skipped, DWORD *UsedFlags)
{
    if (Text == NULL || Size == NULL) {
        return Fail(ERROR_INVALID_PARAMETER);
    }
    Length = Length != 0 ? Length : (DWORD)wcslen(Text);
    LPSTR Narrow = Allocate((SIZE_T)Length + 1);
    if (Narrow == NULL) {
        return Fail(ERROR_NOT_ENOUGH_MEMORY);
    }
    for (DWORD i = 0; i < Length; i++) {
        Narrow[i] = Text[i] < 0x80 ? (CHAR)Text[i] : '\x7F';
    }
    Narrow[Length] = 0;
    BOOL Result = CryptStringToBinaryA(Narrow, Length, Flags, Data, Size, Skipped, UsedFlags);
    Release(Narrow);
    return Result;
}

/* ---- memory, and what null may be passed to --------------------------------------------------------------------------------------------- */

LPVOID WINAPI CryptMemAlloc(ULONG Size)
{
    return Allocate(Size);
}

LPVOID WINAPI CryptMemRealloc(LPVOID Block, ULONG Size)
{
    return Block == NULL ? Allocate(Size) : HeapReAlloc(GetProcessHeap(), 0, Block, Size);
}

VOID WINAPI CryptMemFree(LPVOID Block)
{
    Release(Block);
}

BOOL WINAPI CertFreeCertificateContext(PCCERT_CONTEXT Context)
{
    UNUSED(Context);
    return TRUE; /* documented: always */
}

BOOL WINAPI CertFreeCRLContext(PCCRL_CONTEXT Context)
{
    UNUSED(Context);
    return TRUE;
}

VOID WINAPI CertFreeCertificateChain(PCCERT_CHAIN_CONTEXT Chain)
{
    UNUSED(Chain);
}

BOOL WINAPI CertCompareCertificateName(DWORD Encoding, PCERT_NAME_BLOB First, PCERT_NAME_BLOB Second)
{
    UNUSED(Encoding);
    return First->cbData == Second->cbData && memcmp(First->pbData, Second->pbData, First->cbData) == 0;
}
