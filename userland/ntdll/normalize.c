/* SPDX-License-Identifier: MIT */
/*
 * normalize.c - the normal forms of Unicode (Standard Annex 15): RtlNormalizeString, RtlIsNormalizedString.
 *
 * A text is taken apart into characters that cannot be taken apart further, by canonical decompositions (forms C and D) or compatible ones as well (KC, KD);
 * marks that do not touch each other are put in the order of their classes; for C and KC what a pair composes is put together again, from the left.
 * Most texts are in form C already: a look at each character's flags tells (QuickCheck), and they are copied.
 *
 * Each character of the work lies in 32 bits, with its class in the upper eight.  The tables are mapped when the first character beyond ASCII comes.
 */
#include "normal.h"

#define CLASS_SHIFT 24
#define CODE_MASK 0x1FFFFFu
#define LAST_CHARACTER 0x10FFFFu

/* Hangul syllables are arithmetic: chapter 3.12. */
#define S_BASE 0xAC00u
#define L_BASE 0x1100u
#define V_BASE 0x1161u
#define T_BASE 0x11A7u
#define L_COUNT 19u
#define V_COUNT 21u
#define T_COUNT 28u
#define S_COUNT (L_COUNT * V_COUNT * T_COUNT)

typedef struct _NORMAL_PART
{
    ULONG Offset, Count;
} NORMAL_PART;

typedef struct _NORMAL_HEADER
{
    UCHAR Signature[4];
    UCHAR Version[4];
    NORMAL_PART Blocks, Indices, Records, Texts, Pairs;
} NORMAL_HEADER;

typedef struct _NORMAL_PAIR
{
    ULONG First, Second, Composed;
} NORMAL_PAIR;

static const NORMAL_HEADER *Tables; /* set once */

/* ---- tables ------------------------------------------------------------------------------------------------------------------------------ */

NTSTATUS RtlpOpenNormalTables(void)
{
    PVOID View;
    SIZE_T Size;

    if (__atomic_load_n(&Tables, __ATOMIC_ACQUIRE) != NULL)
        return STATUS_SUCCESS;
    NTSTATUS Status = RtlMapNlsFile_(L"normalize.nls", &View, &Size);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Size < sizeof(*Tables) || memcmp(View, "NORM", 4) != 0 || InterlockedCompareExchangePointer((PVOID *)&Tables, View, NULL) != NULL)
        NtUnmapViewOfSection(NtCurrentProcess(), View);
    return Tables != NULL ? STATUS_SUCCESS : STATUS_FILE_INVALID;
}

static const VOID *Part(const NORMAL_PART *Part)
{
    return (const UCHAR *)Tables + Part->Offset;
}

const NORMAL_RECORD *RtlpNormalRecord(ULONG Character)
{
    const USHORT *Blocks = Part(&Tables->Blocks), *Indices = Part(&Tables->Indices);

    return (const NORMAL_RECORD *)Part(&Tables->Records) + Indices[Blocks[Character >> 7] * 128u + (Character & 127)];
}

const USHORT *RtlpNormalString(USHORT Place)
{
    return (const USHORT *)Part(&Tables->Texts) + Place;
}

/* 0: they compose nothing. */
static ULONG Compose(ULONG First, ULONG Second)
{
    const NORMAL_PAIR *Pairs = Part(&Tables->Pairs);

    if (First - L_BASE < L_COUNT && Second - V_BASE < V_COUNT)
        return S_BASE + ((First - L_BASE) * V_COUNT + (Second - V_BASE)) * T_COUNT;
    if (First - S_BASE < S_COUNT && (First - S_BASE) % T_COUNT == 0 && Second - T_BASE - 1 < T_COUNT - 1)
        return First + (Second - T_BASE);
    for (ULONG Low = 0, High = Tables->Pairs.Count; Low < High;) {
        ULONG Middle = Low + (High - Low) / 2;
        const NORMAL_PAIR *Pair = &Pairs[Middle];
        if (Pair->First == First && Pair->Second == Second)
            return Pair->Composed;
        if (Pair->First < First || (Pair->First == First && Pair->Second < Second))
            Low = Middle + 1;
        else
            High = Middle;
    }
    return 0;
}

/* ---- texts that grow --------------------------------------------------------------------------------------------------------------------- */

NTSTATUS RtlpAppendText(NORMAL_TEXT *Text, PCWSTR More, ULONG Length)
{
    if (Length > Text->Room - Text->Length) {
        ULONG Room = (Text->Length + Length) * 2 + 32;
        PWSTR Larger = Room <= UINT32_MAX / sizeof(WCHAR) ? RtlAllocateHeap(ProcessHeap(), 0, Room * sizeof(WCHAR)) : NULL;
        if (Larger == NULL)
            return STATUS_NO_MEMORY;
        if (Text->Text != NULL) {
            memcpy(Larger, Text->Text, Text->Length * sizeof(WCHAR));
            RtlFreeHeap(ProcessHeap(), 0, Text->Text);
        }
        Text->Text = Larger;
        Text->Room = Room;
    }
    memcpy(Text->Text + Text->Length, More, Length * sizeof(WCHAR));
    Text->Length += Length;
    return STATUS_SUCCESS;
}

NTSTATUS RtlpAppendCharacter(NORMAL_TEXT *Text, ULONG Character)
{
    WCHAR Units[2] = {(WCHAR)Character, 0};

    if (Character >= 0x10000) {
        Units[0] = (WCHAR)(0xD800 + ((Character - 0x10000) >> 10));
        Units[1] = (WCHAR)(0xDC00 + (Character & 0x3FF));
    }
    return RtlpAppendText(Text, Units, Character >= 0x10000 ? 2 : 1);
}

void RtlpFreeText(NORMAL_TEXT *Text)
{
    if (Text->Text != NULL)
        RtlFreeHeap(ProcessHeap(), 0, Text->Text);
    *Text = (NORMAL_TEXT){0};
}

NTSTATUS RtlpReturnText(const NORMAL_TEXT *Text, PWSTR Target, PLONG Size)
{
    LONG Room = *Size;

    *Size = (LONG)Text->Length;
    if (Room == 0)
        return STATUS_SUCCESS;
    if ((ULONG)Room < Text->Length)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(Target, Text->Text, Text->Length * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

/* ---- the work ---------------------------------------------------------------------------------------------------------------------------- */

ULONG RtlpNextCharacter(PCWSTR Text, ULONG Length, PULONG Index)
{
    ULONG Unit = Text[(*Index)++];

    if (Unit < 0xD800 || Unit > 0xDFFF)
        return Unit;
    if (Unit >= 0xDC00 || *Index == Length || Text[*Index] < 0xDC00 || Text[*Index] > 0xDFFF)
        return UINT32_MAX;
    return 0x10000 + ((Unit - 0xD800) << 10) + (Text[(*Index)++] - 0xDC00u);
}

static bool IsAscii(PCWSTR Text, ULONG Length)
{
    for (ULONG Index = 0; Index < Length; Index++) {
        if (Text[Index] >= 0x80)
            return false;
    }
    return true;
}

typedef enum _ANSWER { No, Maybe, Yes } ANSWER;

/* Whether the text is in that form already, if that can be told character by character; or where it is no text. */
static NTSTATUS QuickCheck(ULONG Form, PCWSTR Text, ULONG Length, ANSWER *Answer, PULONG Bad)
{
    UCHAR Class = 0;

    *Answer = Yes;
    for (ULONG Index = 0; Index < Length;) {
        *Bad = Index;
        ULONG Character = RtlpNextCharacter(Text, Length, &Index);
        const NORMAL_RECORD *Record = Character <= LAST_CHARACTER ? RtlpNormalRecord(Character) : NULL;
        if (Record == NULL || (Record->Flags & NORMAL_NO_CHARACTER))
            return STATUS_NO_UNICODE_TRANSLATION;
        bool Not = Form == NORMAL_C    ? (Record->Flags & NORMAL_NOT_C) != 0
                   : Form == NORMAL_KC ? (Record->Flags & NORMAL_NOT_KC) != 0
                   : Form == NORMAL_D  ? Record->Canonical != 0 || Character - S_BASE < S_COUNT
                                       : Record->Compatible != 0 || Character - S_BASE < S_COUNT;
        bool Perhaps = (Form == NORMAL_C && (Record->Flags & NORMAL_MAYBE_C)) || (Form == NORMAL_KC && (Record->Flags & NORMAL_MAYBE_KC));
        if (Not || (Record->Class != 0 && Record->Class < Class))
            *Answer = No;
        else if (Perhaps && *Answer == Yes)
            *Answer = Maybe;
        Class = Record->Class;
    }
    return STATUS_SUCCESS;
}

static ULONG WithClass(ULONG Character)
{
    return Character | (ULONG)RtlpNormalRecord(Character)->Class << CLASS_SHIFT;
}

/* Appends to Codes, if that is not null; how many in any case. */
static ULONG Decompose(ULONG Character, bool Compatible, ULONG *Codes)
{
    ULONG Syllable = Character - S_BASE, Count = 0;

    if (Syllable < S_COUNT) {
        ULONG Parts[] = {L_BASE + Syllable / (V_COUNT * T_COUNT), V_BASE + Syllable % (V_COUNT * T_COUNT) / T_COUNT, T_BASE + Syllable % T_COUNT};
        Count = Parts[2] != T_BASE ? 3 : 2;
        if (Codes != NULL)
            memcpy(Codes, Parts, Count * sizeof(ULONG));
        return Count;
    }
    const NORMAL_RECORD *Record = RtlpNormalRecord(Character);
    USHORT Place = Compatible ? Record->Compatible : Record->Canonical;
    if (Place == 0) {
        if (Codes != NULL)
            *Codes = WithClass(Character);
        return 1;
    }
    const USHORT *String = RtlpNormalString(Place);
    for (ULONG Index = 0; Index < String[0]; Count++) {
        ULONG Part = RtlpNextCharacter((PCWSTR)String + 1, String[0], &Index);
        if (Codes != NULL)
            Codes[Count] = WithClass(Part);
    }
    return Count;
}

static ULONG DecomposeText(PCWSTR Text, ULONG Length, bool Compatible, ULONG *Codes)
{
    ULONG Count = 0;

    for (ULONG Index = 0; Index < Length;)
        Count += Decompose(RtlpNextCharacter(Text, Length, &Index), Compatible, Codes != NULL ? Codes + Count : NULL);
    return Count;
}

/* Marks behind their letter in the order of their classes; those of one class as they came. */
static void OrderMarks(ULONG *Codes, ULONG Count)
{
    for (ULONG Index = 1; Index < Count; Index++) {
        ULONG Code = Codes[Index], At = Index;
        for (; Code >> CLASS_SHIFT != 0 && At > 0 && Codes[At - 1] >> CLASS_SHIFT > Code >> CLASS_SHIFT; At--)
            Codes[At] = Codes[At - 1];
        Codes[At] = Code;
    }
}

/* A mark goes to the letter before it unless one of its own class, or of a higher one, stands between.  Returns how many characters are left. */
static ULONG ComposeAll(ULONG *Codes, ULONG Count)
{
    ULONG *Letter = NULL, Left = 0, Class = 0;

    for (ULONG Index = 0; Index < Count; Index++) {
        ULONG Code = Codes[Index], Own = Code >> CLASS_SHIFT;
        ULONG Composed = Letter != NULL && (Letter == &Codes[Left] - 1 || Class < Own) ? Compose(*Letter & CODE_MASK, Code & CODE_MASK) : 0;
        if (Composed != 0) {
            *Letter = Composed;
            continue;
        }
        if (Own == 0)
            Letter = &Codes[Left];
        Class = Own;
        Codes[Left++] = Code;
    }
    return Left;
}

NTSTATUS RtlpNormalize(ULONG Form, PCWSTR Text, ULONG Length, NORMAL_TEXT *Result, PULONG Bad)
{
    bool Compatible = Form == NORMAL_KC || Form == NORMAL_KD;
    ANSWER Answer;

    if (IsAscii(Text, Length))
        return RtlpAppendText(Result, Text, Length);
    NTSTATUS Status = RtlpOpenNormalTables();
    if (NT_SUCCESS(Status))
        Status = QuickCheck(Form, Text, Length, &Answer, Bad);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Answer == Yes)
        return RtlpAppendText(Result, Text, Length);
    ULONG Count = DecomposeText(Text, Length, Compatible, NULL);
    ULONG *Codes = RtlAllocateHeap(ProcessHeap(), 0, (SIZE_T)Count * sizeof(ULONG));
    if (Codes == NULL)
        return STATUS_NO_MEMORY;
    DecomposeText(Text, Length, Compatible, Codes);
    OrderMarks(Codes, Count);
    if (Form == NORMAL_C || Form == NORMAL_KC)
        Count = ComposeAll(Codes, Count);
    for (ULONG Index = 0; Index < Count && NT_SUCCESS(Status); Index++)
        Status = RtlpAppendCharacter(Result, Codes[Index] & CODE_MASK);
    RtlFreeHeap(ProcessHeap(), 0, Codes);
    return Status;
}

static NTSTATUS NormalizeAny(ULONG Form, PCWSTR Text, ULONG Length, NORMAL_TEXT *Result, PULONG Bad)
{
    switch (Form) {
    case NORMAL_C:
    case NORMAL_D:
    case NORMAL_KC:
    case NORMAL_KD:
        return RtlpNormalize(Form, Text, Length, Result, Bad);
    case NORMAL_IDNA:
    case NORMAL_IDNA_ASSIGNED:
        return RtlpNameprep(Form == NORMAL_IDNA ? IDN_ALLOW_UNASSIGNED : 0, Text, Length, Result, Bad);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/* ---- the calls --------------------------------------------------------------------------------------------------------------------------- */

/* SourceLength -1: up to the zero, which is part of the result then. */
NTSTATUS NTAPI RtlNormalizeString(ULONG Form, PCWSTR Source, LONG SourceLength, PWSTR Target, PLONG TargetLength)
{
    NORMAL_TEXT Result = {0};
    ULONG Bad = 0;

    if (Source == NULL || TargetLength == NULL || SourceLength < -1 || *TargetLength < 0 || (Target == NULL && *TargetLength != 0))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = NormalizeAny(Form, Source, SourceLength < 0 ? (ULONG)wcslen(Source) + 1 : (ULONG)SourceLength, &Result, &Bad);
    if (NT_SUCCESS(Status))
        Status = RtlpReturnText(&Result, Target, TargetLength);
    else if (Status == STATUS_NO_UNICODE_TRANSLATION)
        *TargetLength = (LONG)Bad;
    RtlpFreeText(&Result);
    return Status;
}

NTSTATUS NTAPI RtlIsNormalizedString(ULONG Form, PCWSTR Source, LONG SourceLength, PBOOLEAN Normalized)
{
    NORMAL_TEXT Result = {0};
    ULONG Bad;

    if (Source == NULL || Normalized == NULL || SourceLength < -1)
        return STATUS_INVALID_PARAMETER;
    ULONG Length = SourceLength < 0 ? (ULONG)wcslen(Source) : (ULONG)SourceLength;
    NTSTATUS Status = NormalizeAny(Form, Source, Length, &Result, &Bad);
    if (NT_SUCCESS(Status))
        *Normalized = Result.Length == Length && memcmp(Result.Text, Source, Length * sizeof(WCHAR)) == 0;
    RtlpFreeText(&Result);
    return Status;
}
