/* SPDX-License-Identifier: MIT */
/*
 * codepage.c - which code pages there are, and what is known of each.  multibyte.c converts.
 *
 * The system is an English one: ANSI 1252, OEM 437, whose tables are ntdll's.  The single-byte pages that are used most are tables here (nlsdata.c);
 * UTF-8, UTF-7 and the symbol page are algorithms.  All others, and all double-byte pages, are files c_NUMBER.nls of System32, which are mapped when they
 * are asked for and then stay.  A page whose file is not there is ERROR_INVALID_PARAMETER, as on a Windows where it is not installed.
 */
#include "k32.h"
#include <ntnls.h>
#include "nls.h"

VOID NTAPI RtlInitCodePageTable(PUSHORT Base, PCPTABLEINFO Table);

#define ANSI_PAGE 1252u
#define OEM_PAGE 437u

static UINT RealPage(UINT CodePage)
{
    switch (CodePage) {
    case CP_ACP:
    case CP_THREAD_ACP:
        return ANSI_PAGE;
    case CP_OEMCP:
        return OEM_PAGE;
    case CP_MACCP:
        return 10000;
    default:
        return CodePage;
    }
}

/* The system's own two are ntdll's, where the PEB points. */
static const NLS_CODE_PAGE *SystemPage(UINT Number)
{
    static NLS_CODE_PAGE Pages[2];
    NLS_CODE_PAGE *Page = &Pages[Number == OEM_PAGE];
    CPTABLEINFO Table;

    if (*(const uint8_t *const volatile *)&Page->Bytes == NULL) {
        RtlInitCodePageTable(Number == OEM_PAGE ? BasePeb()->OemCodePageData : BasePeb()->AnsiCodePageData, &Table);
        Page->Number = Number;
        Page->High = Table.MultiByteTable + 128;
        *(const uint8_t *volatile *)&Page->Bytes = Table.WideCharTable; /* last: another thread may be looking */
    }
    return Page;
}

/* ---- files ------------------------------------------------------------------------------------------------------------------------------- */

typedef struct _FILE_PAGE
{
    struct _FILE_PAGE *Next;
    NLS_CODE_PAGE Page;
    CPTABLEINFO Table;
} FILE_PAGE;

static FILE_PAGE *volatile FilePages; /* only grows; a page that two threads wanted at once may be there twice */

static BOOL IsAsciiBelow(const uint16_t *Characters)
{
    for (uint16_t i = 0; i < 0x80; i++) {
        if (Characters[i] != i) {
            return FALSE;
        }
    }
    return TRUE;
}

static const NLS_CODE_PAGE *EnterPage(FILE_PAGE *File, UINT Number, PVOID View)
{
    NLS_CODE_PAGE *Page = &File->Page;

    RtlInitCodePageTable(View, &File->Table);
    *Page = (NLS_CODE_PAGE){.Number = Number, .High = File->Table.MultiByteTable + 128, .Default = File->Table.DefaultChar};
    Page->Double = File->Table.DBCSCodePage ? &File->Table : NULL;
    Page->Bytes = Page->Double == NULL ? File->Table.WideCharTable : NULL;
    Page->All = Page->Double == NULL && !IsAsciiBelow(File->Table.MultiByteTable) ? File->Table.MultiByteTable : NULL;
    do {
        File->Next = FilePages;
    } while (InterlockedCompareExchangePointer((PVOID volatile *)&FilePages, File, File->Next) != File->Next);
    return Page;
}

static const NLS_CODE_PAGE *LoadPage(UINT Number)
{
    DWORD Error = GetLastError();
    const NLS_CODE_PAGE *Page = NULL;
    WCHAR Name[24];
    PVOID View;
    SIZE_T Size;

    for (FILE_PAGE *File = FilePages; File != NULL; File = File->Next) {
        if (File->Page.Number == Number) {
            return &File->Page;
        }
    }
    _snwprintf(Name, COUNT_OF(Name), L"c_%03u.nls", Number);
    if (Number <= 0xFFFF && NT_SUCCESS(RtlMapNlsFile_(Name, &View, &Size))) {
        FILE_PAGE *File = ((const uint16_t *)View)[1] == Number ? BaseAllocate(sizeof(*File)) : NULL;
        Page = File != NULL ? EnterPage(File, Number, View) : NULL;
    }
    BaseFail(Error); /* to find none is no failure */
    return Page;
}

const NLS_CODE_PAGE *NlsFindPage(UINT CodePage)
{
    UINT Real = RealPage(CodePage);

    if (Real == ANSI_PAGE || Real == OEM_PAGE) {
        return SystemPage(Real);
    }
    for (uint32_t i = 0; i < NlsCodePageCount; i++) {
        if (NlsCodePages[i].Number == Real) {
            return &NlsCodePages[i];
        }
    }
    return Real == CP_UTF8 || Real == CP_UTF7 || Real == CP_SYMBOL ? NULL : LoadPage(Real);
}

UINT WINAPI GetACP(void)
{
    return ANSI_PAGE;
}

UINT WINAPI GetOEMCP(void)
{
    return OEM_PAGE;
}

BOOL WINAPI IsValidCodePage(UINT CodePage)
{
    if (CodePage == CP_ACP || CodePage == CP_OEMCP || CodePage == CP_MACCP || CodePage == CP_THREAD_ACP) {
        return FALSE;
    }
    return CodePage == CP_UTF8 || CodePage == CP_UTF7 || NlsFindPage(CodePage) != NULL;
}

BOOL WINAPI GetCPInfo(UINT CodePage, LPCPINFO Info)
{
    UINT Real = RealPage(CodePage);
    const NLS_CODE_PAGE *Page = NlsFindPage(Real);

    if (Info == NULL || (Real != CP_UTF8 && Real != CP_UTF7 && Page == NULL)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    memset(Info, 0, sizeof(*Info));
    Info->MaxCharSize = Real == CP_UTF8 ? 4 : Real == CP_UTF7 ? 5 : Page->Double != NULL ? Page->Double->MaximumCharacterSize : 1;
    Info->DefaultChar[0] = Page != NULL && Page->Default != 0 ? (BYTE)Page->Default : '?';
    if (Page != NULL && Page->Double != NULL) {
        memcpy(Info->LeadByte, Page->Double->LeadByte, sizeof(Info->LeadByte));
    }
    return TRUE;
}

/* The names Windows shows. */
static LPCWSTR PageName(UINT Page)
{
    static const struct { UINT Page; LPCWSTR Name; } Names[] = {
        {874, L"874   (ANSI/OEM - Thai)"}, {932, L"932   (ANSI/OEM - Japanese Shift-JIS)"}, {936, L"936   (ANSI/OEM - Simplified Chinese GBK)"},
        {949, L"949   (ANSI/OEM - Korean)"}, {950, L"950   (ANSI/OEM - Traditional Chinese Big5)"}, {54936, L"54936 (GB18030 Simplified Chinese)"},
        {437, L"437   (OEM - United States)"}, {850, L"850   (OEM - Multilingual Latin I)"}, {852, L"852   (OEM - Latin II)"},
        {866, L"866   (OEM - Russian)"}, {1250, L"1250  (ANSI - Central Europe)"}, {1251, L"1251  (ANSI - Cyrillic)"},
        {1252, L"1252  (ANSI - Latin I)"}, {1253, L"1253  (ANSI - Greek)"}, {1254, L"1254  (ANSI - Turkish)"},
        {1255, L"1255  (ANSI - Hebrew)"}, {1256, L"1256  (ANSI - Arabic)"}, {1257, L"1257  (ANSI - Baltic)"},
        {1258, L"1258  (ANSI/OEM - Viet Nam)"}, {20127, L"20127 (US-ASCII)"}, {28591, L"28591 (ISO 8859-1 Latin I)"},
        {28605, L"28605 (ISO 8859-15 Latin 9)"}, {CP_UTF7, L"65000 (UTF-7)"}, {CP_UTF8, L"65001 (UTF-8)"},
    };

    for (ULONG i = 0; i < COUNT_OF(Names); i++) {
        if (Names[i].Page == Page) {
            return Names[i].Name;
        }
    }
    return NULL;
}

/* Behind the name's end nothing is written: callers exist whose structure is shorter (.NET's has half the room for it). */
BOOL WINAPI GetCPInfoExW(UINT CodePage, DWORD Flags, LPCPINFOEXW Info)
{
    CPINFO Plain;

    if (Flags != 0 || Info == NULL || !GetCPInfo(CodePage, &Plain)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    memcpy(Info, &Plain, offsetof(CPINFO, LeadByte) + sizeof(Plain.LeadByte));
    Info->CodePage = RealPage(CodePage);
    const NLS_CODE_PAGE *Page = NlsFindPage(Info->CodePage);
    Info->UnicodeDefaultChar = Page == NULL ? 0xFFFD : Page->Double != NULL ? Page->Double->UniDefaultChar : L'?';
    LPCWSTR Name = PageName(Info->CodePage);
    if (Name != NULL) {
        wcscpy(Info->CodePageName, Name);
    } else {
        _snwprintf(Info->CodePageName, COUNT_OF(Info->CodePageName), L"%u", Info->CodePage);
    }
    return TRUE;
}

BOOL WINAPI IsDBCSLeadByteEx(UINT CodePage, BYTE Byte)
{
    const NLS_CODE_PAGE *Page = NlsFindPage(CodePage);

    return Page != NULL && Page->Double != NULL && Page->Double->MaximumCharacterSize == 2 && Page->Double->DBCSOffsets[Byte] != 0;
}

/* Of the ANSI page, which has none. */
BOOL WINAPI IsDBCSLeadByte(BYTE Byte)
{
    return IsDBCSLeadByteEx(CP_ACP, Byte);
}
