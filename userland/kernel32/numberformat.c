/* SPDX-License-Identifier: MIT */
/*
 * numberformat.c - GetNumberFormat and GetCurrencyFormat: "-1234567.891" as "-1,234,567.89" and "($1,234,567.89)".
 *
 * The number comes as plain text: an optional minus sign, digits, an optional point and digits; anything else is ERROR_INVALID_PARAMETER.  It is
 * rounded half up in text, because it may be longer than any number.  How it is shown is either the locale's way or the caller's structure, never
 * both.  LCTYPE items give the defaults.
 */
#include "k32.h"

#define MAX_DIGITS 512

typedef struct _STYLE
{
    UINT Digits, LeadingZero, Grouping, Negative, Positive;
    LPCWSTR Decimal, Thousand, Symbol; /* Symbol: null for plain numbers */
} STYLE;

typedef struct _PARTS
{
    BOOL Negative;
    int WholeLength;
    WCHAR Whole[MAX_DIGITS + 1];
    WCHAR Fraction[MAX_DIGITS];
} PARTS;

/* Takes the text apart and rounds it to the wanted digits. */
static BOOL Split(LPCWSTR Value, UINT Digits, PARTS *Parts)
{
    int Length = 0, Count = 0;
    WCHAR Next = 0;

    Parts->Negative = *Value == L'-';
    Value += Parts->Negative;
    while (*Value == L'0' && Value[1] >= L'0' && Value[1] <= L'9') {
        Value++;
    }
    for (; *Value >= L'0' && *Value <= L'9'; Value++) {
        if (Length == MAX_DIGITS) {
            return FALSE;
        }
        Parts->Whole[Length++] = *Value;
    }
    if (*Value == L'.') {
        for (Value++; *Value >= L'0' && *Value <= L'9'; Value++, Count++) {
            if (Count < (int)Digits) {
                Parts->Fraction[Count] = *Value;
            } else if (Count == (int)Digits) {
                Next = *Value;
            }
        }
    }
    if (*Value != 0 || (Length == 0 && Count == 0)) {
        return FALSE;
    }
    for (; Count < (int)Digits; Count++) {
        Parts->Fraction[Count] = L'0';
    }
    if (Length == 0) {
        Parts->Whole[Length++] = L'0';
    }
    if (Next >= L'5') {
        int i = (int)Digits - 1, j = Length - 1;
        for (; i >= 0 && Parts->Fraction[i] == L'9'; i--) {
            Parts->Fraction[i] = L'0';
        }
        if (i >= 0) {
            Parts->Fraction[i]++;
        } else {
            for (; j >= 0 && Parts->Whole[j] == L'9'; j--) {
                Parts->Whole[j] = L'0';
            }
            if (j >= 0) {
                Parts->Whole[j]++;
            } else {
                memmove(Parts->Whole + 1, Parts->Whole, (SIZE_T)Length++ * sizeof(WCHAR));
                Parts->Whole[0] = L'1';
            }
        }
    }
    Parts->WholeLength = Length;
    return TRUE;
}

/* Whether a separator stands before the digit that has this many digits behind it. "32" means a group of 3, then groups of 2; "30" 3, then none. */
static BOOL IsGroupEnd(UINT Grouping, int Behind)
{
    UINT Groups[10], Count = 0;
    int Sum = 0;

    for (; Grouping != 0 && Count < 10; Grouping /= 10) {
        Groups[Count++] = Grouping % 10;
    }
    if (Count == 0) {
        return FALSE;
    }
    for (UINT i = Count; i-- > 0;) { /* the first digit of the number is the group next to the point */
        if (Groups[i] == 0) {
            return FALSE;
        }
        Sum += (int)Groups[i];
        if (Behind == Sum) {
            return TRUE;
        }
        if (Behind < Sum) {
            return FALSE;
        }
    }
    return (Behind - Sum) % (int)Groups[0] == 0;
}

typedef struct _WRITER
{
    LPWSTR Target;
    int Size, Length;
} WRITER;

static void Put(WRITER *Writer, WCHAR c)
{
    if (Writer->Length < Writer->Size) {
        Writer->Target[Writer->Length] = c;
    }
    Writer->Length++;
}

static void PutText(WRITER *Writer, LPCWSTR Text)
{
    while (*Text != 0) {
        Put(Writer, *Text++);
    }
}

static void PutDigits(WRITER *Writer, const STYLE *Style, const PARTS *Parts)
{
    BOOL Skip = Parts->WholeLength == 1 && Parts->Whole[0] == L'0' && Style->LeadingZero == 0 && Style->Digits != 0;

    for (int i = 0; i < Parts->WholeLength && !Skip; i++) {
        Put(Writer, Parts->Whole[i]);
        int Behind = Parts->WholeLength - 1 - i;
        if (Behind > 0 && IsGroupEnd(Style->Grouping, Behind)) {
            PutText(Writer, Style->Thousand);
        }
    }
    if (Style->Digits != 0) {
        PutText(Writer, Style->Decimal);
        for (UINT i = 0; i < Style->Digits; i++) {
            Put(Writer, Parts->Fraction[i]);
        }
    }
}

/* The documented patterns of LOCALE_INEGNUMBER, LOCALE_ICURRENCY and LOCALE_INEGCURR: n the number, $ the symbol, the rest as it is. */
static LPCWSTR Pattern(const STYLE *Style, BOOL Negative)
{
    static const LPCWSTR Numbers[] = {L"(n)", L"-n", L"- n", L"n-", L"n -"};
    static const LPCWSTR Positives[] = {L"$n", L"n$", L"$ n", L"n $"};
    static const LPCWSTR Negatives[] = {L"($n)", L"-$n", L"$-n", L"$n-", L"(n$)", L"-n$", L"n-$", L"n$-", L"-n $", L"-$ n", L"n $-", L"$ n-",
                                        L"$ -n", L"n- $", L"($ n)", L"(n $)"};

    if (Style->Symbol == NULL) {
        return Negative ? Numbers[Style->Negative] : L"n";
    }
    return Negative ? Negatives[Style->Negative] : Positives[Style->Positive];
}

static int Format(const STYLE *Style, LPCWSTR Value, LPWSTR Target, int Size)
{
    WRITER Writer = {Target, Size, 0};
    PARTS *Parts = BaseAllocate(sizeof(*Parts));

    if (Parts == NULL) {
        return 0;
    }
    if (Style->Digits > 9 || !Split(Value, Style->Digits, Parts)) {
        BaseFree(Parts);
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    BOOL Zero = Parts->WholeLength == 1 && Parts->Whole[0] == L'0';
    for (UINT i = 0; i < Style->Digits; i++) {
        Zero = Zero && Parts->Fraction[i] == L'0';
    }
    for (LPCWSTR p = Pattern(Style, Parts->Negative && !Zero); *p != 0; p++) {
        if (*p == L'n') {
            PutDigits(&Writer, Style, Parts);
        } else if (*p == L'$') {
            PutText(&Writer, Style->Symbol);
        } else {
            Put(&Writer, *p);
        }
    }
    Put(&Writer, 0);
    BaseFree(Parts);
    return Size != 0 && Writer.Length > Size ? BaseFail(ERROR_INSUFFICIENT_BUFFER) : Writer.Length;
}

/* ---- where the style comes from ---------------------------------------------------------------------------------------------------------- */

static UINT ItemNumber(LCID Locale, LCTYPE Type)
{
    DWORD Number = 0;

    GetLocaleInfoW(Locale, Type | LOCALE_RETURN_NUMBER, (LPWSTR)&Number, sizeof(Number) / sizeof(WCHAR));
    return Number;
}

/* "3;0" is 3, "3;2;0" is 32, "3" is 30. */
static UINT ItemGrouping(LCID Locale, LCTYPE Type)
{
    WCHAR Text[16] = L"";
    UINT Grouping = 0, Last = 0;

    GetLocaleInfoW(Locale, Type, Text, COUNT_OF(Text));
    for (LPCWSTR s = Text; *s != 0; s++) {
        if (*s >= L'0' && *s <= L'9') {
            Last = (UINT)(*s - L'0');
            if (Last != 0) {
                Grouping = Grouping * 10 + Last;
            }
        }
    }
    return Last != 0 ? Grouping * 10 : Grouping;
}

typedef struct _TEXTS
{
    WCHAR Decimal[8], Thousand[8], Symbol[16];
} TEXTS;

static void LocaleStyle(LCID Locale, BOOL Currency, TEXTS *Texts, STYLE *Style)
{
    GetLocaleInfoW(Locale, Currency ? LOCALE_SMONDECIMALSEP : LOCALE_SDECIMAL, Texts->Decimal, COUNT_OF(Texts->Decimal));
    GetLocaleInfoW(Locale, Currency ? LOCALE_SMONTHOUSANDSEP : LOCALE_STHOUSAND, Texts->Thousand, COUNT_OF(Texts->Thousand));
    GetLocaleInfoW(Locale, LOCALE_SCURRENCY, Texts->Symbol, COUNT_OF(Texts->Symbol));
    *Style = (STYLE){.Digits = ItemNumber(Locale, Currency ? LOCALE_ICURRDIGITS : LOCALE_IDIGITS),
                     .LeadingZero = ItemNumber(Locale, LOCALE_ILZERO),
                     .Grouping = ItemGrouping(Locale, Currency ? LOCALE_SMONGROUPING : LOCALE_SGROUPING),
                     .Negative = ItemNumber(Locale, Currency ? LOCALE_INEGCURR : LOCALE_INEGNUMBER),
                     .Positive = Currency ? ItemNumber(Locale, LOCALE_ICURRENCY) : 0,
                     .Decimal = Texts->Decimal, .Thousand = Texts->Thousand, .Symbol = Currency ? Texts->Symbol : NULL};
}

static BOOL CheckArguments(LPCWSTR Value, const void *Target, int Size, DWORD Flags, BOOL HasStyle)
{
    if (Size < 0 || (Size > 0 && Target == NULL) || Value == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    return Flags & ~(DWORD)LOCALE_NOUSEROVERRIDE || (HasStyle && Flags != 0) ? BaseFail(ERROR_INVALID_FLAGS) : TRUE;
}

int WINAPI GetNumberFormatW(LCID Locale, DWORD Flags, LPCWSTR Value, const NUMBERFMTW *Given, LPWSTR Target, int Size)
{
    STYLE Style;
    TEXTS Texts;

    if (!CheckArguments(Value, Target, Size, Flags, Given != NULL)) {
        return 0;
    }
    if (!IsValidLocale(Locale, 0)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Given == NULL) {
        LocaleStyle(Locale, FALSE, &Texts, &Style);
    } else if (Given->lpDecimalSep == NULL || Given->lpThousandSep == NULL || Given->NegativeOrder > 4 || Given->LeadingZero > 1) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    } else {
        Style = (STYLE){Given->NumDigits, Given->LeadingZero, Given->Grouping, Given->NegativeOrder, 0, Given->lpDecimalSep,
                        Given->lpThousandSep, NULL};
    }
    return Format(&Style, Value, Target, Size);
}

int WINAPI GetCurrencyFormatW(LCID Locale, DWORD Flags, LPCWSTR Value, const CURRENCYFMTW *Given, LPWSTR Target, int Size)
{
    STYLE Style;
    TEXTS Texts;

    if (!CheckArguments(Value, Target, Size, Flags, Given != NULL)) {
        return 0;
    }
    if (!IsValidLocale(Locale, 0)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Given == NULL) {
        LocaleStyle(Locale, TRUE, &Texts, &Style);
    } else if (Given->lpDecimalSep == NULL || Given->lpThousandSep == NULL || Given->lpCurrencySymbol == NULL || Given->NegativeOrder > 15 ||
               Given->PositiveOrder > 3 || Given->LeadingZero > 1) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    } else {
        Style = (STYLE){Given->NumDigits, Given->LeadingZero, Given->Grouping, Given->NegativeOrder, Given->PositiveOrder,
                        Given->lpDecimalSep, Given->lpThousandSep, Given->lpCurrencySymbol};
    }
    return Format(&Style, Value, Target, Size);
}

int WINAPI GetNumberFormatEx(LPCWSTR Locale, DWORD Flags, LPCWSTR Value, const NUMBERFMTW *Given, LPWSTR Target, int Size)
{
    LCID Id = LocaleNameToLCID(Locale, 0);

    return Id == 0 ? 0 : GetNumberFormatW(Id, Flags, Value, Given, Target, Size);
}

int WINAPI GetCurrencyFormatEx(LPCWSTR Locale, DWORD Flags, LPCWSTR Value, const CURRENCYFMTW *Given, LPWSTR Target, int Size)
{
    LCID Id = LocaleNameToLCID(Locale, 0);

    return Id == 0 ? 0 : GetCurrencyFormatW(Id, Flags, Value, Given, Target, Size);
}

int WINAPI GetNumberFormatA(LCID Locale, DWORD Flags, LPCSTR Value, const NUMBERFMTA *Given, LPSTR Target, int Size)
{
    LPWSTR WideValue = NULL, Decimal = NULL, Thousand = NULL;
    WCHAR Wide[MAX_DIGITS];
    NUMBERFMTW Style;
    int Result = 0;

    if (BaseToWide(Value, &WideValue) && (Given == NULL || (BaseToWide(Given->lpDecimalSep, &Decimal) &&
                                                            BaseToWide(Given->lpThousandSep, &Thousand)))) {
        if (Given != NULL) {
            Style = (NUMBERFMTW){Given->NumDigits, Given->LeadingZero, Given->Grouping, Decimal, Thousand, Given->NegativeOrder};
        }
        int Length = GetNumberFormatW(Locale, Flags & ~(DWORD)LOCALE_USE_CP_ACP, WideValue, Given != NULL ? &Style : NULL, Wide, COUNT_OF(Wide));
        if (Length != 0) {
            Result = WideCharToMultiByte(CP_ACP, 0, Wide, Length, Target, Size, NULL, NULL);
        }
    }
    BaseFree(Thousand);
    BaseFree(Decimal);
    BaseFree(WideValue);
    return Result;
}
