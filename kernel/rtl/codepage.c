/* SPDX-License-Identifier: MIT */
/*
 * codepage.c - the ANSI and the OEM code page: 1252 and 437, an English system's.
 *
 * The tables are made by tools/gen-codepage in the form of Windows' .nls files.  They are the one truth: rtl's conversions in the kernel and
 * in ntdll read them here, kernel32 and programs through PEB->AnsiCodePageData and OemCodePageData.  The table from UTF-16 is dense (64 KiB);
 * only the pages that are touched take memory.
 */
#include "rtlp.h"

static const USHORT AnsiData[] = {
#include "c_1252.inc"
};

static const USHORT OemData[] = {
#include "c_437.inc"
};

BOOLEAN NlsMbCodePageTag = FALSE;
BOOLEAN NlsMbOemCodePageTag = FALSE;
USHORT NlsAnsiCodePage = 1252;
USHORT NlsOemCodePage = 437;

#define MULTI_BYTE_TABLE 14
#define WIDE_CHAR_TABLE 273

static_assert(sizeof(AnsiData) == 66082 && sizeof(OemData) == 66082, "the size of a single-byte .nls file");

const RTLP_CODE_PAGE RtlpAnsiPage = { AnsiData + MULTI_BYTE_TABLE, (const UCHAR *)(AnsiData + WIDE_CHAR_TABLE) };
const RTLP_CODE_PAGE RtlpOemPage = { OemData + MULTI_BYTE_TABLE, (const UCHAR *)(OemData + WIDE_CHAR_TABLE) };

const USHORT *RtlpAnsiCodePageData(void)
{
    return AnsiData;
}

const USHORT *RtlpOemCodePageData(void)
{
    return OemData;
}

/* Reads the head of an .nls file. */
VOID NTAPI RtlInitCodePageTable(PUSHORT Base, PCPTABLEINFO Table)
{
    PUSHORT At = Base + Base[0];

    memset(Table, 0, sizeof *Table);
    Table->CodePage = Base[1];
    Table->MaximumCharacterSize = Base[2];
    Table->DefaultChar = Base[3];
    Table->UniDefaultChar = Base[4];
    Table->TransDefaultChar = Base[5];
    Table->TransUniDefaultChar = Base[6];
    memcpy(Table->LeadByte, Base + 7, sizeof Table->LeadByte);
    Table->WideCharTable = At + At[0] + 1;
    Table->MultiByteTable = At + 1;
    At += 1 + 256;
    if (*At++ != 0) /* glyphs */
        At += 256;
    Table->DBCSRanges = At;
    Table->DBCSCodePage = *At != 0;
    if (*At != 0)
        Table->DBCSOffsets = At + 1;
}

/* A lead byte that nothing follows is the character 0, as on NT. */
static ULONG DoubleToUnicode(const CPTABLEINFO *Table, PWCH Unicode, ULONG UnicodeSize, const UCHAR *Source, ULONG Size)
{
    ULONG Room = UnicodeSize / sizeof(WCHAR), Count = 0;

    for (ULONG Index = 0; Index < Size && Count < Room; Count++) {
        UCHAR Lead = Source[Index++];
        USHORT Place = Table->DBCSOffsets[Lead];
        if (Place == 0)
            Unicode[Count] = Table->MultiByteTable[Lead];
        else
            Unicode[Count] = Index < Size ? Table->DBCSOffsets[Place + Source[Index++]] : 0;
    }
    return Count * (ULONG)sizeof(WCHAR);
}

static ULONG DoubleFromUnicode(const CPTABLEINFO *Table, PUCHAR Bytes, ULONG ByteSize, PCWCH Source, ULONG Size)
{
    const USHORT *Codes = Table->WideCharTable;
    ULONG Count = 0;

    for (ULONG Index = 0; Index < Size / sizeof(WCHAR); Index++) {
        USHORT Code = Codes[Source[Index]];
        if (ByteSize - Count < (Code >= 0x100 ? 2u : 1u))
            break; /* no character is cut */
        if (Code >= 0x100)
            Bytes[Count++] = (UCHAR)(Code >> 8);
        Bytes[Count++] = (UCHAR)Code;
    }
    return Count;
}

NTSTATUS NTAPI RtlCustomCPToUnicodeN(PCPTABLEINFO Table, PWCH Unicode, ULONG UnicodeSize, PULONG Result, PCHAR Source, ULONG Size)
{
    RTLP_CODE_PAGE Page = { Table->MultiByteTable, Table->WideCharTable };
    ULONG Bytes = Table->DBCSCodePage ? DoubleToUnicode(Table, Unicode, UnicodeSize, (const UCHAR *)Source, Size)
                                      : RtlpPageToUnicode(&Page, Unicode, UnicodeSize, Source, Size);

    if (Result != NULL)
        *Result = Bytes;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeToCustomCPN(PCPTABLEINFO Table, PCHAR Bytes, ULONG ByteSize, PULONG Result, PWCH Source, ULONG Size)
{
    RTLP_CODE_PAGE Page = { Table->MultiByteTable, Table->WideCharTable };
    ULONG Length = Table->DBCSCodePage ? DoubleFromUnicode(Table, (PUCHAR)Bytes, ByteSize, Source, Size)
                                       : RtlpPageFromUnicode(&Page, Bytes, ByteSize, Source, Size, FALSE);

    if (Result != NULL)
        *Result = Length;
    return STATUS_SUCCESS;
}

/* Bytes written.  Both cut what does not fit. */
ULONG RtlpPageToUnicode(const RTLP_CODE_PAGE *Page, PWCH Unicode, ULONG UnicodeSize, PCCH Source, ULONG Size)
{
    ULONG Count = UnicodeSize / sizeof(WCHAR) < Size ? UnicodeSize / (ULONG)sizeof(WCHAR) : Size;

    for (ULONG Index = 0; Index < Count; Index++)
        Unicode[Index] = Page->MultiByte[(UCHAR)Source[Index]];
    return Count * (ULONG)sizeof(WCHAR);
}

/* Upper case is that of the character the page knows, as on NT. */
ULONG RtlpPageFromUnicode(const RTLP_CODE_PAGE *Page, PCHAR Bytes, ULONG ByteSize, PCWCH Source, ULONG Size, BOOLEAN Upcase)
{
    ULONG Count = Size / sizeof(WCHAR) < ByteSize ? Size / (ULONG)sizeof(WCHAR) : ByteSize;

    for (ULONG Index = 0; Index < Count; Index++) {
        UCHAR Byte = Page->WideChar[Source[Index]];
        if (Upcase)
            Byte = Page->WideChar[RtlpUpcase(Page->MultiByte[Byte])];
        Bytes[Index] = (CHAR)Byte;
    }
    return Count;
}
