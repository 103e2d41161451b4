/* SPDX-License-Identifier: MIT */
/*
 * sidtext.c - SIDs as text: S-1-5-32-544, and SDDL's two-letter names for many of them ([MS-DTYP] 2.4.2.1, 2.5.1.1).
 *
 * The identifier authority is decimal below 2^32 and hexadecimal above.  Aliases that stand for accounts of the domain (LA, DA...) mean this machine's.
 */
#include "adv.h"

/* The same as kernel/se gives its accounts. */
static struct
{
    UCHAR Revision, Count, Authority[6];
    ULONG Sub[4];
} MachineSid = {1, 4, {0, 0, 0, 0, 0, 5}, {21, 0x4E617363, 0x656E7421, 0x00004E54}};

PSID AdvMachineSid(void)
{
    return &MachineSid;
}

#define MACHINE 0xFF

static const struct
{
    WCHAR Name[3];
    UCHAR Authority;
    USHORT First, Second; /* sub-authorities; Second 0: none */
} Aliases[] = {
    {L"AN", 5, 7, 0}, {L"AO", 5, 32, 548}, {L"AU", 5, 11, 0}, {L"BA", 5, 32, 544}, {L"BG", 5, 32, 546}, {L"BO", 5, 32, 551},
    {L"BU", 5, 32, 545}, {L"CA", MACHINE, 517, 0}, {L"CD", 5, 32, 574}, {L"CG", 3, 1, 0}, {L"CO", 3, 0, 0}, {L"CY", 5, 32, 569},
    {L"DA", MACHINE, 512, 0}, {L"DC", MACHINE, 515, 0}, {L"DD", MACHINE, 516, 0}, {L"DG", MACHINE, 514, 0}, {L"DU", MACHINE, 513, 0},
    {L"EA", MACHINE, 519, 0}, {L"ED", 5, 9, 0}, {L"ER", 5, 32, 573}, {L"HI", 16, 12288, 0}, {L"IS", 5, 32, 568}, {L"IU", 5, 4, 0},
    {L"LA", MACHINE, 500, 0}, {L"LG", MACHINE, 501, 0}, {L"LS", 5, 19, 0}, {L"LU", 5, 32, 559}, {L"LW", 16, 4096, 0}, {L"ME", 16, 8192, 0},
    {L"MP", 16, 8448, 0}, {L"MU", 5, 32, 558}, {L"NO", 5, 32, 556}, {L"NS", 5, 20, 0}, {L"NU", 5, 2, 0}, {L"OW", 3, 4, 0},
    {L"PA", MACHINE, 520, 0}, {L"PO", 5, 32, 550}, {L"PS", 5, 10, 0}, {L"PU", 5, 32, 547}, {L"RC", 5, 12, 0}, {L"RD", 5, 32, 555},
    {L"RE", 5, 32, 552}, {L"RO", MACHINE, 498, 0}, {L"RS", MACHINE, 553, 0}, {L"RU", 5, 32, 554}, {L"SA", MACHINE, 518, 0},
    {L"SI", 16, 16384, 0}, {L"SO", 5, 32, 549}, {L"SU", 5, 6, 0}, {L"SY", 5, 18, 0}, {L"UD", 5, 84, 0}, {L"WD", 1, 0, 0},
    {L"WR", 5, 33, 0}, {L"AC", 15, 2, 1}, {L"AA", 5, 32, 579}, {L"HA", 5, 32, 578}, {L"MS", 5, 32, 577}, {L"RA", 5, 32, 575},
    {L"ES", 5, 32, 576}, {L"RM", 5, 32, 580},
};

static void AliasSid(ULONG Index, SID *Sid)
{
    if (Aliases[Index].Authority == MACHINE) {
        memcpy(Sid, &MachineSid, sizeof(MachineSid));
        Sid->SubAuthority[Sid->SubAuthorityCount++] = Aliases[Index].First;
        return;
    }
    memset(Sid, 0, sizeof(*Sid));
    Sid->Revision = SID_REVISION;
    Sid->IdentifierAuthority.Value[5] = Aliases[Index].Authority;
    Sid->SubAuthorityCount = Aliases[Index].Second != 0 ? 2 : 1;
    Sid->SubAuthority[0] = Aliases[Index].First;
    if (Aliases[Index].Second != 0) {
        *GetSidSubAuthority(Sid, 1) = Aliases[Index].Second;
    }
}

static int Digit(WCHAR Character, ULONG Base)
{
    int Value = Character >= '0' && Character <= '9' ? Character - '0' : -1;

    if (Base == 16 && (Character | 0x20) >= 'a' && (Character | 0x20) <= 'f') {
        Value = (Character | 0x20) - 'a' + 10;
    }
    return Value;
}

/* A number up to Limit; NULL: none, or too large. */
static LPCWSTR ParseNumber(LPCWSTR Text, ULONG64 Limit, ULONG64 *Value)
{
    ULONG Base = 10;
    LPCWSTR First;

    if (Text[0] == '0' && (Text[1] | 0x20) == 'x') {
        Base = 16;
        Text += 2;
    }
    *Value = 0;
    for (First = Text; Digit(*Text, Base) >= 0; Text++) {
        *Value = *Value * Base + (ULONG64)Digit(*Text, Base);
        if (*Value > Limit) {
            return NULL;
        }
    }
    return Text != First ? Text : NULL;
}

static LPCWSTR ParseNumericSid(LPCWSTR Text, SID *Sid)
{
    ULONG64 Value;

    Text = ParseNumber(Text, 255, &Value);
    if (Text == NULL || Value != SID_REVISION || *Text != '-') {
        return NULL;
    }
    Text = ParseNumber(Text + 1, 0xFFFFFFFFFFFFULL, &Value);
    if (Text == NULL) {
        return NULL;
    }
    Sid->Revision = SID_REVISION;
    Sid->SubAuthorityCount = 0;
    for (int i = 0; i < 6; i++) {
        Sid->IdentifierAuthority.Value[i] = (UCHAR)(Value >> (8 * (5 - i)));
    }
    while (*Text == '-' && Digit(Text[1], 10) >= 0) {
        Text = ParseNumber(Text + 1, MAXDWORD, &Value);
        if (Text == NULL || Sid->SubAuthorityCount == SID_MAX_SUB_AUTHORITIES) {
            return NULL;
        }
        Sid->SubAuthority[Sid->SubAuthorityCount++] = (ULONG)Value;
    }
    return Sid->SubAuthorityCount != 0 ? Text : NULL;
}

LPCWSTR AdvParseSid(LPCWSTR Text, PSID Sid)
{
    if ((Text[0] | 0x20) == 's' && Text[1] == '-') {
        return ParseNumericSid(Text + 2, Sid);
    }
    for (ULONG i = 0; i < COUNT_OF(Aliases) && Text[0] != 0; i++) {
        if ((Text[0] & ~0x20) == Aliases[i].Name[0] && (Text[1] & ~0x20) == Aliases[i].Name[1]) {
            AliasSid(i, Sid);
            return Text + 2;
        }
    }
    return NULL;
}

LPCWSTR AdvSidAlias(PSID Sid)
{
    UCHAR Buffer[LONGEST_SID] __attribute__((aligned(8)));

    for (ULONG i = 0; i < COUNT_OF(Aliases); i++) {
        AliasSid(i, (SID *)Buffer);
        if (RtlEqualSid(Buffer, Sid)) {
            return Aliases[i].Name;
        }
    }
    return NULL;
}

static LPWSTR PutNumber(LPWSTR Text, ULONG64 Value, ULONG Base)
{
    WCHAR Digits[24];
    ULONG Count = 0;

    do {
        Digits[Count++] = L"0123456789ABCDEF"[Value % Base];
        Value /= Base;
    } while (Value != 0);
    while (Count != 0) {
        *Text++ = Digits[--Count];
    }
    return Text;
}

void AdvSidText(PSID Pointer, LPWSTR Text)
{
    const SID *Sid = Pointer;
    ULONG64 Authority = 0;

    for (int i = 0; i < 6; i++) {
        Authority = Authority << 8 | Sid->IdentifierAuthority.Value[i];
    }
    *Text++ = 'S';
    *Text++ = '-';
    Text = PutNumber(Text, Sid->Revision, 10);
    *Text++ = '-';
    if (Authority > MAXDWORD) {
        *Text++ = '0';
        *Text++ = 'x';
    }
    Text = PutNumber(Text, Authority, Authority > MAXDWORD ? 16 : 10);
    for (ULONG i = 0; i < Sid->SubAuthorityCount; i++) {
        *Text++ = '-';
        Text = PutNumber(Text, Sid->SubAuthority[i], 10);
    }
    *Text = 0;
}

BOOL WINAPI ConvertSidToStringSidW(PSID Sid, LPWSTR *Text)
{
    WCHAR Buffer[200];

    if (Text == NULL) {
        return AdvFail(ERROR_INVALID_PARAMETER);
    }
    if (Sid == NULL || !RtlValidSid(Sid)) {
        return AdvFail(ERROR_INVALID_SID);
    }
    AdvSidText(Sid, Buffer);
    *Text = AdvAllocate((wcslen(Buffer) + 1) * sizeof(WCHAR));
    if (*Text != NULL) {
        wcscpy(*Text, Buffer);
    }
    return *Text != NULL;
}

BOOL WINAPI ConvertSidToStringSidA(PSID Sid, LPSTR *Text)
{
    LPWSTR Wide;

    if (Text == NULL) {
        return AdvFail(ERROR_INVALID_PARAMETER);
    }
    if (!ConvertSidToStringSidW(Sid, &Wide)) {
        return FALSE;
    }
    DWORD Size = (DWORD)wcslen(Wide) + 1;
    *Text = AdvAllocate(Size);
    if (*Text != NULL) {
        AdvCopyAnsi(Wide, *Text, &Size);
    }
    AdvFree(Wide);
    return *Text != NULL;
}

BOOL WINAPI ConvertStringSidToSidW(LPCWSTR Text, PSID *Sid)
{
    UCHAR Buffer[LONGEST_SID + 8] __attribute__((aligned(8)));

    if (Text == NULL || Sid == NULL) {
        return AdvFail(ERROR_INVALID_PARAMETER);
    }
    LPCWSTR End = AdvParseSid(Text, Buffer);
    if (End == NULL || *End != 0) {
        return AdvFail(ERROR_INVALID_SID);
    }
    *Sid = AdvAllocate(RtlLengthSid(Buffer));
    if (*Sid != NULL) {
        memcpy(*Sid, Buffer, RtlLengthSid(Buffer));
    }
    return *Sid != NULL;
}

BOOL WINAPI ConvertStringSidToSidA(LPCSTR Text, PSID *Sid)
{
    LPWSTR Wide = AdvWide(Text);
    BOOL Done = Text == NULL || Wide != NULL ? ConvertStringSidToSidW(Wide, Sid) : FALSE;

    AdvFree(Wide);
    return Done;
}
