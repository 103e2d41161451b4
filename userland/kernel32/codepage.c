/* SPDX-License-Identifier: MIT */
/*
 * codepage.c - which code pages there are, and what is known of each.  multibyte.c converts.
 *
 * The system is an English one: ANSI 1252, OEM 437, whose tables are ntdll's.  Other single-byte pages are tables here (nlsdata.c); UTF-8,
 * UTF-7 and the symbol page are algorithms; double-byte pages are not there (ERROR_INVALID_PARAMETER, as on a Windows where they are not
 * installed).
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
    return NULL;
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

    if (Info == NULL || (Real != CP_UTF8 && Real != CP_UTF7 && NlsFindPage(Real) == NULL)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    memset(Info, 0, sizeof(*Info));
    Info->MaxCharSize = Real == CP_UTF8 ? 4 : Real == CP_UTF7 ? 5 : 1;
    Info->DefaultChar[0] = '?';
    return TRUE;
}

/* The names Windows shows. */
static LPCWSTR PageName(UINT Page)
{
    static const struct { UINT Page; LPCWSTR Name; } Names[] = {
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
    Info->UnicodeDefaultChar = Info->CodePage == CP_UTF8 || Info->CodePage == CP_UTF7 ? 0xFFFD : L'?';
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
    UNUSED(CodePage);
    UNUSED(Byte);
    return FALSE; /* no double-byte page is there */
}

BOOL WINAPI IsDBCSLeadByte(BYTE Byte)
{
    UNUSED(Byte);
    return FALSE;
}
