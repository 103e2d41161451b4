/* SPDX-License-Identifier: MIT */
/*
 * idn.c - internationalised host names (RFC 3490, IDNA 2003): RtlIdnToAscii, RtlIdnToUnicode, RtlIdnToNameprepUnicode.
 *
 * A name is labels with dots of any script between them; dots come out as U+002E.  A label beyond ASCII is prepared (RFC 3491: characters mapped or
 * dropped, form KC, nothing forbidden, not written in both directions) and then, for ToAscii, written as "xn--" and Punycode.  The way back takes only
 * labels that ToAscii would have made.  A name that is none is STATUS_INVALID_IDN_NORMALIZATION, whatever is wrong with it.
 *
 * IDN_EMAIL_ADDRESS is not there: STATUS_NOT_SUPPORTED.
 */
#include "normal.h"

#ifndef IDN_EMAIL_ADDRESS
#define IDN_EMAIL_ADDRESS 4
#endif
#ifndef IDN_RAW_PUNYCODE
#define IDN_RAW_PUNYCODE 8
#endif
#define MOST_OF_LABEL 63u
#define MOST_OF_NAME 253u
#define PREFIX L"xn--"
#define PREFIX_LENGTH 4u

/* ---- RFC 3491 ---------------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS MapCharacters(ULONG Flags, PCWSTR Label, ULONG Length, NORMAL_TEXT *Mapped, PULONG Bad)
{
    NTSTATUS Status = STATUS_SUCCESS;

    for (ULONG Index = 0; Index < Length && NT_SUCCESS(Status);) {
        *Bad = Index;
        ULONG Character = RtlpNextCharacter(Label, Length, &Index);
        if (Character == UINT32_MAX || (RtlpNormalRecord(Character)->Flags & NORMAL_NO_CHARACTER))
            return STATUS_NO_UNICODE_TRANSLATION;
        const NORMAL_RECORD *Record = RtlpNormalRecord(Character);
        if ((Record->NameFlags & NAME_UNASSIGNED) && !(Flags & IDN_ALLOW_UNASSIGNED))
            return STATUS_INVALID_IDN_NORMALIZATION;
        if (Record->NameFlags & NAME_DELETED)
            continue;
        const USHORT *String = RtlpNormalString(Record->Mapping);
        Status = Record->Mapping != 0 ? RtlpAppendText(Mapped, (PCWSTR)String + 1, String[0]) : RtlpAppendCharacter(Mapped, Character);
    }
    return Status;
}

/* Nothing that names may not have; if anything goes from right to left, all does, from the first to the last. */
static NTSTATUS CheckPrepared(const NORMAL_TEXT *Text)
{
    ULONG All = 0, First = 0, Last = 0;

    for (ULONG Index = 0; Index < Text->Length;) {
        bool Start = Index == 0;
        Last = RtlpNormalRecord(RtlpNextCharacter(Text->Text, Text->Length, &Index))->NameFlags;
        First = Start ? Last : First;
        All |= Last;
    }
    if (All & NAME_PROHIBITED)
        return STATUS_INVALID_IDN_NORMALIZATION;
    bool Mixed = (All & NAME_RIGHT_TO_LEFT) && ((All & NAME_LEFT_TO_RIGHT) || !(First & Last & NAME_RIGHT_TO_LEFT));
    return Mixed ? STATUS_INVALID_IDN_NORMALIZATION : STATUS_SUCCESS;
}

NTSTATUS RtlpNameprep(ULONG Flags, PCWSTR Label, ULONG Length, NORMAL_TEXT *Result, PULONG Bad)
{
    NORMAL_TEXT Mapped = {0}, Prepared = {0};
    ULONG Ignored;

    NTSTATUS Status = RtlpOpenNormalTables();
    if (NT_SUCCESS(Status))
        Status = MapCharacters(Flags, Label, Length, &Mapped, Bad);
    if (NT_SUCCESS(Status))
        Status = RtlpNormalize(NORMAL_KC, Mapped.Text, Mapped.Length, &Prepared, &Ignored);
    if (NT_SUCCESS(Status))
        Status = CheckPrepared(&Prepared);
    if (NT_SUCCESS(Status))
        Status = RtlpAppendText(Result, Prepared.Text, Prepared.Length);
    RtlpFreeText(&Prepared);
    RtlpFreeText(&Mapped);
    return Status;
}

/* ---- labels ------------------------------------------------------------------------------------------------------------------------------ */

static bool IsAscii(PCWSTR Text, ULONG Length)
{
    for (ULONG Index = 0; Index < Length; Index++) {
        if (Text[Index] >= 0x80)
            return false;
    }
    return true;
}

static WCHAR Lower(WCHAR Unit)
{
    return Unit >= L'A' && Unit <= L'Z' ? Unit + (L'a' - L'A') : Unit;
}

static bool SameName(PCWSTR A, ULONG LengthA, PCWSTR B, ULONG LengthB)
{
    for (ULONG Index = 0; LengthA == LengthB && Index < LengthA; Index++) {
        if (Lower(A[Index]) != Lower(B[Index]))
            return false;
    }
    return LengthA == LengthB;
}

static bool HasPrefix(PCWSTR Label, ULONG Length)
{
    return Length >= PREFIX_LENGTH && SameName(Label, PREFIX_LENGTH, PREFIX, PREFIX_LENGTH);
}

/* STD 3: letters, digits, hyphens, these not at an end.  Blanks and controls are in no name at all. */
static NTSTATUS CheckAscii(ULONG Flags, PCWSTR Label, ULONG Length)
{
    bool Strict = (Flags & IDN_USE_STD3_ASCII_RULES) != 0;

    for (ULONG Index = 0; Index < Length; Index++) {
        WCHAR Unit = Lower(Label[Index]);
        bool Letter = (Unit >= L'a' && Unit <= L'z') || (Unit >= L'0' && Unit <= L'9') || Unit == L'-' || Unit >= 0x80;
        if (Unit <= L' ' || Unit == 0x7F || (Strict && !Letter))
            return STATUS_INVALID_IDN_NORMALIZATION;
    }
    if (Length == 0 || (Strict && (Label[0] == L'-' || Label[Length - 1] == L'-')))
        return STATUS_INVALID_IDN_NORMALIZATION;
    return STATUS_SUCCESS;
}

/* Appends the label as it is prepared; ASCII alone needs nothing, and keeps its case, but where Lowered is wanted. */
static NTSTATUS PrepareLabel(ULONG Flags, PCWSTR Label, ULONG Length, bool Lowered, NORMAL_TEXT *Result, PULONG Bad)
{
    ULONG Start = Result->Length, Inside = 0;
    NTSTATUS Status;

    if ((Flags & IDN_RAW_PUNYCODE) || (!Lowered && IsAscii(Label, Length)))
        Status = RtlpAppendText(Result, Label, Length);
    else
        Status = RtlpNameprep(Flags, Label, Length, Result, &Inside);
    if (!NT_SUCCESS(Status)) {
        *Bad += Inside;
        return Status;
    }
    return CheckAscii(Flags, Result->Text + Start, Result->Length - Start);
}

static NTSTATUS LabelToAscii(ULONG Flags, PCWSTR Label, ULONG Length, NORMAL_TEXT *Result, PULONG Bad)
{
    NORMAL_TEXT Prepared = {0};
    ULONG Start = Result->Length;

    NTSTATUS Status = PrepareLabel(Flags, Label, Length, false, &Prepared, Bad);
    if (!NT_SUCCESS(Status))
        goto Cleanup;
    if (IsAscii(Prepared.Text, Prepared.Length)) {
        Status = RtlpAppendText(Result, Prepared.Text, Prepared.Length);
    } else if (HasPrefix(Prepared.Text, Prepared.Length)) {
        Status = STATUS_INVALID_IDN_NORMALIZATION;
    } else {
        Status = RtlpAppendText(Result, PREFIX, PREFIX_LENGTH);
        if (NT_SUCCESS(Status))
            Status = RtlpPunycodeEncode(Prepared.Text, Prepared.Length, Result);
    }
    if (NT_SUCCESS(Status) && Result->Length - Start > MOST_OF_LABEL)
        Status = STATUS_INVALID_IDN_NORMALIZATION;

Cleanup:
    RtlpFreeText(&Prepared);
    return Status;
}

static NTSTATUS LabelToUnicode(ULONG Flags, PCWSTR Label, ULONG Length, NORMAL_TEXT *Result, PULONG Bad)
{
    NORMAL_TEXT Prepared = {0}, Again = {0};
    ULONG Start = Result->Length, Ignored = 0;

    NTSTATUS Status = PrepareLabel(Flags, Label, Length, false, &Prepared, Bad);
    if (!NT_SUCCESS(Status))
        goto Cleanup;
    if (!HasPrefix(Prepared.Text, Prepared.Length)) {
        Status = RtlpAppendText(Result, Prepared.Text, Prepared.Length);
        goto Cleanup;
    }
    Status = RtlpPunycodeDecode(Prepared.Text + PREFIX_LENGTH, Prepared.Length - PREFIX_LENGTH, Result);
    if (NT_SUCCESS(Status))
        Status = LabelToAscii(Flags, Result->Text + Start, Result->Length - Start, &Again, &Ignored);
    if (NT_SUCCESS(Status) && !SameName(Again.Text, Again.Length, Prepared.Text, Prepared.Length))
        Status = STATUS_INVALID_IDN_NORMALIZATION;
    if (Status == STATUS_NO_UNICODE_TRANSLATION)
        Status = STATUS_INVALID_IDN_NORMALIZATION; /* the text given was a text */

Cleanup:
    RtlpFreeText(&Again);
    RtlpFreeText(&Prepared);
    return Status;
}

static NTSTATUS LabelToNameprep(ULONG Flags, PCWSTR Label, ULONG Length, NORMAL_TEXT *Result, PULONG Bad)
{
    return PrepareLabel(Flags, Label, Length, true, Result, Bad);
}

/* ---- names ------------------------------------------------------------------------------------------------------------------------------- */

typedef NTSTATUS LABEL_ROUTINE(ULONG Flags, PCWSTR Label, ULONG Length, NORMAL_TEXT *Result, PULONG Bad);

static bool IsDot(WCHAR Unit)
{
    return Unit == L'.' || Unit == 0x3002 || Unit == 0xFF0E || Unit == 0xFF61;
}

/* The last label may be the root's, which is empty. */
static NTSTATUS ConvertName(LABEL_ROUTINE *Convert, ULONG Flags, PCWSTR Name, ULONG Length, NORMAL_TEXT *Result, PULONG Bad)
{
    for (ULONG Start = 0, End; Start < Length; Start = End + 1) {
        for (End = Start; End < Length && !IsDot(Name[End]); End++)
            ;
        *Bad = Start;
        NTSTATUS Status = Convert(Flags, Name + Start, End - Start, Result, Bad);
        if (NT_SUCCESS(Status) && End < Length)
            Status = RtlpAppendCharacter(Result, '.');
        if (!NT_SUCCESS(Status))
            return Status;
    }
    ULONG Whole = Result->Length != 0 && Result->Text[Result->Length - 1] == L'.' ? Result->Length - 1 : Result->Length;
    return Whole == 0 || (Convert == LabelToAscii && Whole > MOST_OF_NAME) ? STATUS_INVALID_IDN_NORMALIZATION : STATUS_SUCCESS;
}

static NTSTATUS Convert(LABEL_ROUTINE *Routine, ULONG Flags, PCWSTR Source, LONG SourceLength, PWSTR Target, PLONG TargetLength)
{
    NORMAL_TEXT Result = {0};
    ULONG Bad = 0;

    if (Source == NULL || TargetLength == NULL || SourceLength == 0 || SourceLength < -1 || *TargetLength < 0 || (Target == NULL && *TargetLength != 0) ||
        (Flags & ~(ULONG)(IDN_ALLOW_UNASSIGNED | IDN_USE_STD3_ASCII_RULES | IDN_EMAIL_ADDRESS | IDN_RAW_PUNYCODE)))
        return STATUS_INVALID_PARAMETER;
    if (Flags & IDN_EMAIL_ADDRESS)
        return STATUS_NOT_SUPPORTED;
    ULONG Length = SourceLength < 0 ? (ULONG)wcslen(Source) + 1 : (ULONG)SourceLength;
    bool Terminated = Source[Length - 1] == 0;
    NTSTATUS Status = ConvertName(Routine, Flags, Source, Terminated ? Length - 1 : Length, &Result, &Bad);
    if (NT_SUCCESS(Status) && Terminated)
        Status = RtlpAppendCharacter(&Result, 0);
    if (NT_SUCCESS(Status))
        Status = RtlpReturnText(&Result, Target, TargetLength);
    else if (Status == STATUS_NO_UNICODE_TRANSLATION)
        *TargetLength = (LONG)Bad;
    RtlpFreeText(&Result);
    return Status;
}

NTSTATUS NTAPI RtlIdnToAscii(ULONG Flags, PCWSTR Source, LONG SourceLength, PWSTR Target, PLONG TargetLength)
{
    return Convert(LabelToAscii, Flags, Source, SourceLength, Target, TargetLength);
}

NTSTATUS NTAPI RtlIdnToUnicode(ULONG Flags, PCWSTR Source, LONG SourceLength, PWSTR Target, PLONG TargetLength)
{
    return Convert(LabelToUnicode, Flags, Source, SourceLength, Target, TargetLength);
}

NTSTATUS NTAPI RtlIdnToNameprepUnicode(ULONG Flags, PCWSTR Source, LONG SourceLength, PWSTR Target, PLONG TargetLength)
{
    return Convert(LabelToNameprep, Flags, Source, SourceLength, Target, TargetLength);
}
