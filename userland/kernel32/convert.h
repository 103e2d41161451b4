/* SPDX-License-Identifier: MIT */
/*
 * convert.h - what the converters of code pages share (multibyte.c, utf7.c): where characters or bytes go.
 */
#ifndef NASCENT_K32_CONVERT_H
#define NASCENT_K32_CONVERT_H

#include "k32.h"
#include "nls.h"

typedef struct _SINK
{
    PVOID Target;
    int Size;   /* elements; 0: count only */
    int Length;
    BOOL Full;
} SINK;

static inline void PutWide(SINK *Sink, WCHAR Character)
{
    if (Sink->Size != 0) {
        if (Sink->Length >= Sink->Size) {
            Sink->Full = TRUE;
            return;
        }
        ((WCHAR *)Sink->Target)[Sink->Length] = Character;
    }
    Sink->Length++;
}

static inline void PutByte(SINK *Sink, UCHAR Byte)
{
    if (Sink->Size != 0) {
        if (Sink->Length >= Sink->Size) {
            Sink->Full = TRUE;
            return;
        }
        ((UCHAR *)Sink->Target)[Sink->Length] = Byte;
    }
    Sink->Length++;
}

/* Two bytes, or none of them. */
static inline void PutTwoBytes(SINK *Sink, UCHAR First, UCHAR Second)
{
    if (Sink->Size != 0 && Sink->Length + 1 >= Sink->Size) {
        Sink->Full = TRUE;
        return;
    }
    PutByte(Sink, First);
    PutByte(Sink, Second);
}

/* A letter with marks as the letter and its marks. */
void NlsPutDecomposed(SINK *Sink, WCHAR Letter);

/* doublebyte.c: Default may be two bytes, if the first is a lead byte; null: the page's. */
BOOL NlsFromDouble(const NLS_CODE_PAGE *Page, const UCHAR *Source, int Length, DWORD Flags, SINK *Sink);
void NlsPutDouble(const NLS_CODE_PAGE *Page, WCHAR Character, DWORD Flags, LPCSTR Default, SINK *Sink, BOOL *Lossy);

/* gb18030.c */
#define CP_GB18030 54936u
BOOL NlsFromGb18030(const NLS_CODE_PAGE *Page, const UCHAR *Source, int Length, DWORD Flags, SINK *Sink);
BOOL NlsToGb18030(const NLS_CODE_PAGE *Page, LPCWSTR Source, int Length, DWORD Flags, LPCSTR Default, SINK *Sink, BOOL *Lossy);

/* kana.c: LCMAP_HALFWIDTH, LCMAP_FULLWIDTH, LCMAP_HIRAGANA, LCMAP_KATAKANA. */
void NlsMapKana(DWORD Flags, LPCWSTR Source, int Length, SINK *Sink);
#define NLS_KIND_WIDE 4
#define NLS_KIND_KATAKANA 8
WCHAR NlsPlainKana(WCHAR c, UCHAR *Kind);

/* nlscompare.c: the key as LCMAP_SORTKEY wants it.  0: ERROR_INSUFFICIENT_BUFFER. */
int NlsSortKey(DWORD Flags, LPCWSTR Source, int Length, UCHAR *Target, int Size);
#define COMPARE_FLAGS (NORM_IGNORECASE | NORM_IGNORENONSPACE | NORM_IGNORESYMBOLS | SORT_STRINGSORT | NORM_IGNOREKANATYPE | \
                       NORM_IGNOREWIDTH | SORT_DIGITSASNUMBERS | NORM_LINGUISTIC_CASING | LINGUISTIC_IGNORECASE | LINGUISTIC_IGNOREDIACRITIC | \
                       0x10000000 /* LOCALE_USE_CP_ACP */ | 0x40000000)

/* Each returns FALSE with the last error set; a target that is full is noted in the sink. */
BOOL NlsFromUtf7(const UCHAR *Source, int Length, SINK *Sink);
BOOL NlsToUtf7(LPCWSTR Source, int Length, SINK *Sink);
BOOL NlsFromSymbol(const UCHAR *Source, int Length, SINK *Sink);
BOOL NlsToSymbol(LPCWSTR Source, int Length, SINK *Sink);

#endif
