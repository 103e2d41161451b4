/* SPDX-License-Identifier: MIT */
/*
 * utf7.c - UTF-7 (RFC 2152) and the symbol page, where bytes from 0x20 on are U+F020 to U+F0FF.
 */
#include "convert.h"

static int Base64Value(UCHAR c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/*
 * Bits that do not fill a character go with the ASCII character that ends a run.  A byte from 0x80 on ends it, too, but keeps them for the
 * next run: so does Windows.
 */
BOOL NlsFromUtf7(const UCHAR *Source, int Length, SINK *Sink)
{
    ULONG Bits = 0;
    int Count = 0;

    for (int i = 0; i < Length; i++) {
        if (Source[i] != '+') {
            PutWide(Sink, Source[i]);
            continue;
        }
        if (i + 1 < Length && Source[i + 1] == '-') {
            PutWide(Sink, L'+');
            i++;
            continue;
        }
        while (i + 1 < Length && Base64Value(Source[i + 1]) >= 0) {
            Bits = (Bits << 6) | (ULONG)Base64Value(Source[++i]);
            Count += 6;
            if (Count >= 16) {
                Count -= 16;
                PutWide(Sink, (WCHAR)(Bits >> Count));
            }
        }
        if (i + 1 < Length && Source[i + 1] < 0x80) {
            Count = 0;
            i += Source[i + 1] == '-';
        }
    }
    return TRUE;
}

static BOOL IsUtf7Direct(WCHAR c)
{
    return (c >= L'A' && c <= L'Z') || (c >= L'a' && c <= L'z') || (c >= L'0' && c <= L'9') || c == 0 || c == L' ' || c == L'\t' ||
           c == L'\r' || c == L'\n' || (c < 0x80 && strchr("'(),-./:?", c) != NULL);
}

BOOL NlsToUtf7(LPCWSTR Source, int Length, SINK *Sink)
{
    static const char Digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (int i = 0; i < Length;) {
        if (IsUtf7Direct(Source[i])) {
            PutByte(Sink, (UCHAR)Source[i++]);
            continue;
        }
        PutByte(Sink, '+');
        if (Source[i] == L'+') {
            PutByte(Sink, '-');
            i++;
            continue;
        }
        ULONG Bits = 0;
        int Count = 0;
        for (; i < Length && Source[i] != L'+' && !IsUtf7Direct(Source[i]); i++) {
            Bits = (Bits << 16) | Source[i];
            for (Count += 16; Count >= 6; Count -= 6) {
                PutByte(Sink, (UCHAR)Digits[(Bits >> (Count - 6)) & 63]);
            }
        }
        if (Count > 0) {
            PutByte(Sink, (UCHAR)Digits[(Bits << (6 - Count)) & 63]);
        }
        PutByte(Sink, '-');
    }
    return TRUE;
}

BOOL NlsFromSymbol(const UCHAR *Source, int Length, SINK *Sink)
{
    for (int i = 0; i < Length; i++) {
        PutWide(Sink, Source[i] < 0x20 ? Source[i] : (WCHAR)(0xF000 + Source[i]));
    }
    return TRUE;
}

BOOL NlsToSymbol(LPCWSTR Source, int Length, SINK *Sink)
{
    for (int i = 0; i < Length; i++) {
        if (Source[i] >= 0x20 && (Source[i] < 0xF020 || Source[i] > 0xF0FF)) {
            return BaseFail(ERROR_NO_UNICODE_TRANSLATION);
        }
        PutByte(Sink, (UCHAR)Source[i]);
    }
    return TRUE;
}
