/* SPDX-License-Identifier: MIT */
/*
 * commdcb.c - BuildCommDCB: the settings of a serial line as the command `mode` takes them, which is only text.
 *
 *      COM1: baud=9600 parity=n data=8 stop=1 to=off xon=off odsr=off octs=off dtr=on rts=on idsr=off     the words in any order, none twice
 *      COM1:9600,n,8,1,x                                                                               the old form, by place
 *
 * The port may be left out.  A rate may be written by its first two digits (11, 15, 30, 60, 12, 24, 48, 96, 19).  The old form always sets flow control: none,
 * XON/XOFF (x), the lines' handshakes (p).  Only what the text names is changed, but that a rate of 110 wants two stop bits, and that nothing which
 * holds the data back stays on unsaid.
 */
#include "k32.h"

/* Dcb is the caller's, changed as far as the text was read.  Timeout: what `to` says, if it was there. */
typedef struct _DCB_TEXT
{
    LPCWSTR At;
    DCB Dcb;
    BOOL StopGiven, TimeoutGiven, Timeout;
    ULONG Seen; /* a bit for each word that was there */
} DCB_TEXT;

static BOOL IsBlank(WCHAR Character)
{
    return Character == L' ' || Character == L'\t';
}

static void SkipBlanks(DCB_TEXT *Text)
{
    while (IsBlank(*Text->At)) {
        Text->At++;
    }
}

/* Word in lower case.  Moves on behind it. */
static BOOL TakeWord(DCB_TEXT *Text, LPCWSTR Word)
{
    SIZE_T Length = wcslen(Word);

    for (SIZE_T Index = 0; Index < Length; Index++) {
        if (RtlDowncaseUnicodeChar(Text->At[Index]) != Word[Index]) {
            return FALSE;
        }
    }
    Text->At += Length;
    return TRUE;
}

static BOOL TakeNumber(DCB_TEXT *Text, ULONG *Number)
{
    LPCWSTR Start = Text->At;

    *Number = 0;
    for (; *Text->At >= L'0' && *Text->At <= L'9'; Text->At++) {
        if (*Number > (UINT32_MAX - 9) / 10) {
            return FALSE;
        }
        *Number = *Number * 10 + (ULONG)(*Text->At - L'0');
    }
    return Text->At != Start;
}

/* "com7:" and blanks, if there; the port must be, too. */
static BOOL TakePort(DCB_TEXT *Text)
{
    WCHAR Name[16], Target[64];
    UNICODE_STRING Link = {0, sizeof(Target), Target};
    ULONG Port;

    SkipBlanks(Text);
    if (!TakeWord(Text, L"com")) {
        return TRUE;
    }
    if (!TakeNumber(Text, &Port) || Port == 0 || Port > 255) {
        return FALSE;
    }
    _snwprintf(Name, COUNT_OF(Name), L"COM%u", Port);
    if (!NT_SUCCESS(BaseQueryLink(Name, &Link))) {
        return FALSE;
    }
    SkipBlanks(Text);
    if (*Text->At == L':') {
        Text->At++;
    }
    SkipBlanks(Text);
    return TRUE;
}

/* ---- values ------------------------------------------------------------------------------------------------------------------------------ */

static BOOL TakeRate(DCB_TEXT *Text)
{
    static const USHORT Short[][2] = {{11, 110}, {15, 150}, {30, 300}, {60, 600}, {12, 1200}, {24, 2400}, {48, 4800}, {96, 9600}, {19, 19200}};

    if (!TakeNumber(Text, &Text->Dcb.BaudRate)) {
        return FALSE;
    }
    for (ULONG Index = 0; Index < COUNT_OF(Short); Index++) {
        if (Text->Dcb.BaudRate == Short[Index][0]) {
            Text->Dcb.BaudRate = Short[Index][1];
            break;
        }
    }
    return TRUE;
}

static BOOL TakeParity(DCB_TEXT *Text)
{
    static const WCHAR Letters[] = L"noems"; /* NOPARITY ... SPACEPARITY */

    for (BYTE Index = 0; Letters[Index] != 0; Index++) {
        if (RtlDowncaseUnicodeChar(*Text->At) == Letters[Index]) {
            Text->At++;
            Text->Dcb.Parity = Index;
            return TRUE;
        }
    }
    return FALSE;
}

static BOOL TakeData(DCB_TEXT *Text)
{
    ULONG Bits;

    if (!TakeNumber(Text, &Bits) || Bits < 5 || Bits > 8) {
        return FALSE;
    }
    Text->Dcb.ByteSize = (BYTE)Bits;
    return TRUE;
}

static BOOL TakeStop(DCB_TEXT *Text)
{
    Text->StopGiven = TRUE;
    if (TakeWord(Text, L"1.5")) {
        Text->Dcb.StopBits = ONE5STOPBITS;
        return TRUE;
    }
    if (TakeWord(Text, L"1")) {
        Text->Dcb.StopBits = ONESTOPBIT;
        return TRUE;
    }
    Text->Dcb.StopBits = TWOSTOPBITS;
    return TakeWord(Text, L"2");
}

/* Which of these words: its number, -1 for none. */
static int TakeOneOf(DCB_TEXT *Text, const LPCWSTR *Words, int Count)
{
    for (int Index = 0; Index < Count; Index++) {
        if (TakeWord(Text, Words[Index])) {
            return Index;
        }
    }
    return -1;
}

static const LPCWSTR Switches[] = {L"off", L"on", L"hs", L"tg"}; /* the values of fDtrControl and fRtsControl */

static BOOL TakeSwitch(DCB_TEXT *Text, ULONG Word)
{
    enum { To, Xon, Odsr, Octs, Dtr, Rts, Idsr };
    int Value = TakeOneOf(Text, Switches, Word == Rts ? 4 : Word == Dtr ? 3 : 2);

    if (Value < 0) {
        return FALSE;
    }
    switch (Word) {
    case To:
        Text->TimeoutGiven = TRUE;
        Text->Timeout = Value;
        break;
    case Xon: Text->Dcb.fInX = Text->Dcb.fOutX = (DWORD)Value; break;
    case Odsr: Text->Dcb.fOutxDsrFlow = (DWORD)Value; break;
    case Octs: Text->Dcb.fOutxCtsFlow = (DWORD)Value; break;
    case Dtr: Text->Dcb.fDtrControl = (DWORD)Value; break;
    case Rts: Text->Dcb.fRtsControl = (DWORD)Value; break;
    default: Text->Dcb.fDsrSensitivity = (DWORD)Value; break;
    }
    return TRUE;
}

/* ---- the two forms ----------------------------------------------------------------------------------------------------------------------- */

static BOOL TakeAssignment(DCB_TEXT *Text)
{
    static const LPCWSTR Words[] = {L"baud=", L"parity=", L"data=", L"stop=", L"to=", L"xon=", L"odsr=", L"octs=", L"dtr=", L"rts=", L"idsr="};
    int Word = TakeOneOf(Text, Words, COUNT_OF(Words));

    if (Word < 0 || (Text->Seen & 1u << Word)) {
        return FALSE;
    }
    Text->Seen |= 1u << Word;
    switch (Word) {
    case 0: return TakeRate(Text);
    case 1: return TakeParity(Text);
    case 2: return TakeData(Text);
    case 3: return TakeStop(Text);
    default: return TakeSwitch(Text, (ULONG)Word - 4);
    }
}

static BOOL TakeAssignments(DCB_TEXT *Text)
{
    Text->Dcb.fInX = Text->Dcb.fOutX = Text->Dcb.fOutxDsrFlow = Text->Dcb.fOutxCtsFlow = FALSE;
    while (*Text->At != 0) {
        if (!TakeAssignment(Text) || (*Text->At != 0 && !IsBlank(*Text->At))) {
            return FALSE;
        }
        SkipBlanks(Text);
    }
    return TRUE;
}

static BOOL TakeComma(DCB_TEXT *Text)
{
    SkipBlanks(Text);
    if (*Text->At != L',') {
        return FALSE;
    }
    Text->At++;
    SkipBlanks(Text);
    return TRUE;
}

/* Rate, parity, data, stop, flow: the last may be left out, any may be empty; an empty one has mode's own value (even, seven bits). */
static BOOL TakeOldForm(DCB_TEXT *Text)
{
    BOOL Xon = FALSE, Lines = FALSE;

    if (!TakeRate(Text)) {
        return FALSE;
    }
    Text->Dcb.Parity = EVENPARITY;
    Text->Dcb.ByteSize = 7;
    for (ULONG Place = 1; TakeComma(Text); Place++) {
        if (*Text->At == L',' || *Text->At == 0) {
            continue;
        }
        Xon = Place == 4 && TakeWord(Text, L"x");
        Lines = Place == 4 && !Xon && TakeWord(Text, L"p");
        if (Place > 4 || (Place == 1 && !TakeParity(Text)) || (Place == 2 && !TakeData(Text)) || (Place == 3 && !TakeStop(Text)) ||
            (Place == 4 && !Xon && !Lines)) {
            return FALSE;
        }
    }
    Text->Dcb.fInX = Text->Dcb.fOutX = (DWORD)Xon;
    Text->Dcb.fOutxDsrFlow = Text->Dcb.fOutxCtsFlow = (DWORD)Lines;
    Text->Dcb.fDtrControl = Lines ? DTR_CONTROL_HANDSHAKE : DTR_CONTROL_ENABLE;
    Text->Dcb.fRtsControl = Lines ? RTS_CONTROL_HANDSHAKE : RTS_CONTROL_ENABLE;
    SkipBlanks(Text);
    return *Text->At == 0;
}

/* Timeouts may be null: what the text says of them is then for nobody. */
BOOL WINAPI BuildCommDCBAndTimeoutsW(LPCWSTR Definition, LPDCB Dcb, LPCOMMTIMEOUTS Timeouts)
{
    DCB_TEXT Text = {.At = Definition, .Dcb = *Dcb};
    BOOL Old = FALSE, Good = TakePort(&Text);

    if (Good) {
        Old = *Text.At >= L'0' && *Text.At <= L'9';
        Good = Old ? TakeOldForm(&Text) : TakeAssignments(&Text);
    }
    if (!Good) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (!Text.StopGiven && (Old || (Text.Seen & 1))) {
        Text.Dcb.StopBits = Text.Dcb.BaudRate == CBR_110 ? TWOSTOPBITS : Old ? ONESTOPBIT : Text.Dcb.StopBits;
    }
    *Dcb = Text.Dcb;
    if (Text.TimeoutGiven && Timeouts != NULL) {
        *Timeouts = (COMMTIMEOUTS){.WriteTotalTimeoutConstant = Text.Timeout ? 60000 : 0};
    }
    return TRUE;
}

BOOL WINAPI BuildCommDCBW(LPCWSTR Definition, LPDCB Dcb)
{
    return BuildCommDCBAndTimeoutsW(Definition, Dcb, NULL);
}

BOOL WINAPI BuildCommDCBAndTimeoutsA(LPCSTR Definition, LPDCB Dcb, LPCOMMTIMEOUTS Timeouts)
{
    LPWSTR Wide;
    BOOL Result = BaseToWide(Definition, &Wide) && BuildCommDCBAndTimeoutsW(Wide, Dcb, Timeouts);

    BaseFree(Wide);
    return Result;
}

BOOL WINAPI BuildCommDCBA(LPCSTR Definition, LPDCB Dcb)
{
    return BuildCommDCBAndTimeoutsA(Definition, Dcb, NULL);
}
