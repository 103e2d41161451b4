/* SPDX-License-Identifier: MIT */
/*
 * fsname.c - FsRtl: file names and wildcards.
 *
 * Besides * and ? an expression may have the three characters that RtlInitUnicodeString callers in kernel32
 * make of DOS wildcards:
 *   DOS_STAR <  matches any run of characters up to the last dot (or to the end, if the name has no dot left)
 *   DOS_QM   >  matches one character, or nothing before a dot or at the end
 *   DOS_DOT  "  matches a dot, or nothing at the end
 * The match is a simulation of the expression as a non-deterministic automaton, all positions at once in a
 * bit set: time is the product of the lengths, whatever the stars.
 */
#include "iop.h"

#define IOP_EXPRESSION_LIMIT 512 /* characters; file names have at most 255, kernel32 passes one component */

BOOLEAN NTAPI FsRtlDoesNameContainWildCards(PUNICODE_STRING Name)
{
    for (ULONG Index = Name->Length / sizeof(WCHAR); Index != 0; Index--) {
        WCHAR Character = Name->Buffer[Index - 1];
        if (Character == L'\\') {
            return FALSE; /* only the last component counts */
        }
        if (FsRtlIsUnicodeCharacterWild(Character)) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN NTAPI FsRtlAreNamesEqual(PCUNICODE_STRING Name1, PCUNICODE_STRING Name2, BOOLEAN IgnoreCase, PCWCH UpcaseTable)
{
    if (Name1->Length != Name2->Length) {
        return FALSE;
    }
    for (ULONG Index = 0; Index < Name1->Length / sizeof(WCHAR); Index++) {
        WCHAR A = Name1->Buffer[Index], B = Name2->Buffer[Index];
        if (IgnoreCase && A != B) {
            A = UpcaseTable != NULL ? UpcaseTable[A] : RtlUpcaseUnicodeChar(A);
            B = UpcaseTable != NULL ? UpcaseTable[B] : RtlUpcaseUnicodeChar(B);
        }
        if (A != B) {
            return FALSE;
        }
    }
    return TRUE;
}

VOID NTAPI FsRtlDissectName(UNICODE_STRING Name, PUNICODE_STRING FirstPart, PUNICODE_STRING RemainingPart)
{
    ULONG Length = Name.Length / sizeof(WCHAR), Begin = 0, End;
    if (Length != 0 && Name.Buffer[0] == L'\\') {
        Begin = 1;
    }
    for (End = Begin; End < Length && Name.Buffer[End] != L'\\'; End++) {
    }
    FirstPart->Buffer = Name.Buffer + Begin;
    FirstPart->Length = FirstPart->MaximumLength = (USHORT)((End - Begin) * sizeof(WCHAR));
    if (End < Length) {
        End++;
    }
    RemainingPart->Buffer = Name.Buffer + End;
    RemainingPart->Length = RemainingPart->MaximumLength = (USHORT)((Length - End) * sizeof(WCHAR));
}

typedef struct _IOP_MATCH
{
    PUNICODE_STRING Expression;
    ULONG64 Set[(IOP_EXPRESSION_LIMIT + 64) / 64]; /* bit n: the first n characters of the expression have matched */
} IOP_MATCH;

static BOOLEAN IopHas(const ULONG64 *Set, ULONG Position)
{
    return (Set[Position / 64] >> (Position % 64)) & 1;
}

/* Adds Position and what can be reached from it without a character of the name.  Next: that character, 0
 * at the end. */
static void IopReach(const IOP_MATCH *Match, ULONG64 *Set, ULONG Position, WCHAR Next)
{
    ULONG Length = Match->Expression->Length / sizeof(WCHAR);
    for (;;) {
        WCHAR Character;
        Set[Position / 64] |= 1ull << (Position % 64);
        if (Position == Length) {
            return;
        }
        Character = Match->Expression->Buffer[Position];
        if (Character != L'*' && Character != DOS_STAR && !(Character == DOS_QM && (Next == 0 || Next == L'.')) && !(Character == DOS_DOT && Next == 0)) {
            return;
        }
        Position++;
    }
}

/* Whether a dot comes after position Index of the name: what < asks. */
static BOOLEAN IopDotFollows(PUNICODE_STRING Name, ULONG Index)
{
    for (ULONG At = Index + 1; At < Name->Length / sizeof(WCHAR); At++) {
        if (Name->Buffer[At] == L'.') {
            return TRUE;
        }
    }
    return FALSE;
}

/* One character of the name. */
static BOOLEAN IopStep(IOP_MATCH *Match, PUNICODE_STRING Name, ULONG Index, BOOLEAN IgnoreCase, PWCHAR Upcase)
{
    ULONG64 Following[RTL_NUMBER_OF(Match->Set)] = {0};
    ULONG Length = Match->Expression->Length / sizeof(WCHAR);
    WCHAR Character = Name->Buffer[Index], Next = Index + 1 < Name->Length / sizeof(WCHAR) ? Name->Buffer[Index + 1] : 0;
    WCHAR Upper = !IgnoreCase ? Character : Upcase != NULL ? Upcase[Character] : RtlUpcaseUnicodeChar(Character);
    BOOLEAN Any = FALSE;
    for (ULONG Position = 0; Position < Length; Position++) {
        WCHAR Wanted = Match->Expression->Buffer[Position];
        if (!IopHas(Match->Set, Position)) {
            continue;
        }
        if (Wanted == L'*' || (Wanted == DOS_STAR && (Character != L'.' || IopDotFollows(Name, Index)))) {
            IopReach(Match, Following, Position, Next);
            Any = TRUE;
        } else if (Wanted == L'?' || (Wanted == DOS_QM && Character != L'.') || (Wanted == DOS_DOT && Character == L'.') || Wanted == Upper) {
            IopReach(Match, Following, Position + 1, Next);
            Any = TRUE;
        }
    }
    RtlCopyMemory(Match->Set, Following, sizeof(Following));
    return Any;
}

/* With IgnoreCase the expression has to be in upper case already, as on NT. */
BOOLEAN NTAPI FsRtlIsNameInExpression(PUNICODE_STRING Expression, PUNICODE_STRING Name, BOOLEAN IgnoreCase, PWCHAR UpcaseTable)
{
    IOP_MATCH Match = {.Expression = Expression};
    ULONG Length = Name->Length / sizeof(WCHAR), ExpressionLength = Expression->Length / sizeof(WCHAR);
    if (ExpressionLength == 1 && Expression->Buffer[0] == L'*') {
        return TRUE;
    }
    if (Length == 0 || ExpressionLength == 0) {
        return Length == ExpressionLength;
    }
    if (ExpressionLength >= IOP_EXPRESSION_LIMIT) {
        return FALSE;
    }
    IopReach(&Match, Match.Set, 0, Name->Buffer[0]);
    for (ULONG Index = 0; Index < Length; Index++) {
        if (!IopStep(&Match, Name, Index, IgnoreCase, UpcaseTable)) {
            return FALSE;
        }
    }
    return IopHas(Match.Set, ExpressionLength);
}

/* Legality of 8-bit names: bit 0 FAT, 1 OS/2 (HPFS), 2 NTFS, 3 wildcard, 4 NTFS stream. */
static UCHAR IopLegalOf(UCHAR Character)
{
    static const char FatForbidden[] = "\"*+,/:;<=>?[\\]|";
    static const char Forbidden[] = "\"*/:<>?\\|";
    UCHAR Flags = FSRTL_FAT_LEGAL | FSRTL_HPFS_LEGAL | FSRTL_NTFS_LEGAL | FSRTL_OLE_LEGAL;
    if (Character < 32) {
        return Character != 0 ? FSRTL_OLE_LEGAL : 0;
    }
    for (const char *At = FatForbidden; *At != 0; At++) {
        Flags &= (UCHAR)*At == Character ? (UCHAR)~FSRTL_FAT_LEGAL : 0xFF;
    }
    for (const char *At = Forbidden; *At != 0; At++) {
        Flags &= (UCHAR)*At == Character ? (UCHAR) ~(FSRTL_HPFS_LEGAL | FSRTL_NTFS_LEGAL) : 0xFF;
    }
    if (Character == '*' || Character == '?' || Character == '<' || Character == '>' || Character == '"') {
        Flags |= FSRTL_WILD_CHARACTER;
    }
    return Flags;
}

static UCHAR IopLegalTable[128];
const UCHAR *const FsRtlLegalAnsiCharacterArray = IopLegalTable;

void IopInitNames(void)
{
    for (ULONG Character = 0; Character < RTL_NUMBER_OF(IopLegalTable); Character++) {
        IopLegalTable[Character] = IopLegalOf((UCHAR)Character);
    }
}
