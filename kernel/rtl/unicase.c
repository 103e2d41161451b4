/* SPDX-License-Identifier: MIT */
/*
 * unicase.c - upper and lower case of a UTF-16 unit, as NT maps it: unit by unit, independent of language (tools/gen-unicase).  On Windows
 * the table comes from l_intl.nls; ours is compiled in.
 */
#include "rtlp.h"
#include "unicase_table.h"

WCHAR RtlpUpcase(WCHAR Character)
{
    if (Character < 0x80)
        return Character >= 'a' && Character <= 'z' ? (WCHAR)(Character - 32) : Character;
    return (WCHAR)(Character + UpcaseDelta[UpcaseBlock[Character >> 8]][Character & 0xFF]);
}

WCHAR RtlpDowncase(WCHAR Character)
{
    if (Character < 0x80)
        return Character >= 'A' && Character <= 'Z' ? (WCHAR)(Character + 32) : Character;
    return (WCHAR)(Character + DowncaseDelta[DowncaseBlock[Character >> 8]][Character & 0xFF]);
}

WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR Character)
{
    return RtlpUpcase(Character);
}

WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR Character)
{
    return RtlpDowncase(Character);
}
