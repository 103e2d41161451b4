/* SPDX-License-Identifier: MIT */
/*
 * punycode.c - RFC 3492: a label of any characters in letters, digits and hyphens.
 *
 * The ASCII characters come first, then a hyphen, then the others, each by how many states a decoder must count on from the last: a state is a character
 * and a place to put it.  The numbers are written in base 36 with digits whose weights adapt to the numbers so far (section 3.3, 3.4, 6).
 */
#include "normal.h"

#define BASE 36u
#define T_MIN 1u
#define T_MAX 26u
#define SKEW 38u
#define DAMP 700u
#define INITIAL_BIAS 72u
#define INITIAL_CHARACTER 0x80u
#define MOST_CHARACTERS 512u /* a label has 63; so no number overflows */

static ULONG Adapt(ULONG Delta, ULONG Points, bool First)
{
    ULONG Digits = 0;

    Delta = First ? Delta / DAMP : Delta / 2;
    Delta += Delta / Points;
    for (; Delta > (BASE - T_MIN) * T_MAX / 2; Digits += BASE)
        Delta /= BASE - T_MIN;
    return Digits + (BASE - T_MIN + 1) * Delta / (Delta + SKEW);
}

static ULONG Threshold(ULONG Place, ULONG Bias)
{
    return Place <= Bias + T_MIN ? T_MIN : Place >= Bias + T_MAX ? T_MAX : Place - Bias;
}

static NTSTATUS PutDigit(NORMAL_TEXT *Result, ULONG Digit)
{
    return RtlpAppendCharacter(Result, Digit < 26 ? 'a' + Digit : '0' + (Digit - 26));
}

static NTSTATUS PutNumber(NORMAL_TEXT *Result, ULONG Number, ULONG Bias)
{
    for (ULONG Place = BASE;; Place += BASE) {
        ULONG Least = Threshold(Place, Bias);
        if (Number < Least)
            return PutDigit(Result, Number);
        NTSTATUS Status = PutDigit(Result, Least + (Number - Least) % (BASE - Least));
        if (!NT_SUCCESS(Status))
            return Status;
        Number = (Number - Least) / (BASE - Least);
    }
}

/* The characters of a label, one each; UINT32_MAX: it is no label. */
static ULONG TakeApart(PCWSTR Label, ULONG Length, ULONG *Characters)
{
    ULONG Count = 0;

    for (ULONG Index = 0; Index < Length;) {
        ULONG Character = RtlpNextCharacter(Label, Length, &Index);
        if (Character == UINT32_MAX || Count == MOST_CHARACTERS)
            return UINT32_MAX;
        Characters[Count++] = Character;
    }
    return Count;
}

static ULONG SmallestFrom(const ULONG *Characters, ULONG Count, ULONG From)
{
    ULONG Smallest = UINT32_MAX;

    for (ULONG Index = 0; Index < Count; Index++) {
        if (Characters[Index] >= From && Characters[Index] < Smallest)
            Smallest = Characters[Index];
    }
    return Smallest;
}

static NTSTATUS EncodeCharacters(const ULONG *Characters, ULONG Count, NORMAL_TEXT *Result)
{
    ULONG Current = INITIAL_CHARACTER, Delta = 0, Bias = INITIAL_BIAS, Basic = 0, Done;
    NTSTATUS Status = STATUS_SUCCESS;

    for (ULONG Index = 0; Index < Count && NT_SUCCESS(Status); Index++) {
        if (Characters[Index] < 0x80) {
            Status = RtlpAppendCharacter(Result, Characters[Index]);
            Basic++;
        }
    }
    if (Basic != 0 && NT_SUCCESS(Status))
        Status = RtlpAppendCharacter(Result, '-');
    for (Done = Basic; Done < Count && NT_SUCCESS(Status); Delta++, Current++) {
        ULONG Next = SmallestFrom(Characters, Count, Current);
        Delta += (Next - Current) * (Done + 1); /* at most 0x110000 * 513 */
        Current = Next;
        for (ULONG Index = 0; Index < Count && NT_SUCCESS(Status); Index++) {
            Delta += Characters[Index] < Current;
            if (Characters[Index] == Current) {
                Status = PutNumber(Result, Delta, Bias);
                Bias = Adapt(Delta, Done + 1, Done == Basic);
                Delta = 0;
                Done++;
            }
        }
    }
    return Status;
}

NTSTATUS RtlpPunycodeEncode(PCWSTR Label, ULONG Length, NORMAL_TEXT *Result)
{
    ULONG Characters[MOST_CHARACTERS];
    ULONG Count = TakeApart(Label, Length, Characters);

    return Count != UINT32_MAX ? EncodeCharacters(Characters, Count, Result) : STATUS_INVALID_IDN_NORMALIZATION;
}

/* -1: no digit. */
static int DigitOf(WCHAR Unit)
{
    return Unit >= L'0' && Unit <= L'9' ? Unit - L'0' + 26 : Unit >= L'a' && Unit <= L'z' ? Unit - L'a' : Unit >= L'A' && Unit <= L'Z' ? Unit - L'A' : -1;
}

static bool TakeNumber(PCWSTR Label, ULONG Length, PULONG At, ULONG Bias, PULONG Number)
{
    ULONG64 Sum = 0, Weight = 1;

    for (ULONG Place = BASE;; Place += BASE) {
        int Digit = *At < Length ? DigitOf(Label[(*At)++]) : -1;
        ULONG Least = Threshold(Place, Bias);
        if (Digit < 0)
            return false;
        Sum += (ULONG)Digit * Weight;
        if (Sum > UINT32_MAX)
            return false;
        if ((ULONG)Digit < Least) {
            *Number = (ULONG)Sum;
            return true;
        }
        Weight *= BASE - Least;
        if (Weight > UINT32_MAX)
            return false;
    }
}

NTSTATUS RtlpPunycodeDecode(PCWSTR Label, ULONG Length, NORMAL_TEXT *Result)
{
    ULONG Characters[MOST_CHARACTERS], Count = 0, At = Length, Bias = INITIAL_BIAS, Current = INITIAL_CHARACTER, Position = 0, Number;
    NTSTATUS Status = STATUS_SUCCESS;

    while (At > 0 && Label[At - 1] != L'-')
        At--;
    At = At == 1 ? 0 : At; /* a hyphen with nothing before it is no end of anything */
    for (ULONG Index = 0; Index + 1 < At; Index++) {
        if (Label[Index] >= 0x80 || Count == MOST_CHARACTERS)
            return STATUS_INVALID_IDN_NORMALIZATION;
        Characters[Count++] = Label[Index];
    }
    for (bool First = true; At < Length; First = false) {
        if (Count == MOST_CHARACTERS || !TakeNumber(Label, Length, &At, Bias, &Number))
            return STATUS_INVALID_IDN_NORMALIZATION;
        Bias = Adapt(Number, Count + 1, First);
        ULONG64 State = (ULONG64)Position + Number, Character = Current + State / (Count + 1);
        if (Character > 0x10FFFF || (Character >= 0xD800 && Character <= 0xDFFF))
            return STATUS_INVALID_IDN_NORMALIZATION;
        Current = (ULONG)Character;
        Position = (ULONG)(State % (Count + 1));
        memmove(Characters + Position + 1, Characters + Position, (Count - Position) * sizeof(ULONG));
        Characters[Position++] = Current;
        Count++;
    }
    for (ULONG Index = 0; Index < Count && NT_SUCCESS(Status); Index++)
        Status = RtlpAppendCharacter(Result, Characters[Index]);
    return Status;
}
