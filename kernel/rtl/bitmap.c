/* SPDX-License-Identifier: MIT */
/*
 * bitmap.c - RTL_BITMAP: arrays of bits that somebody else owns.  Bit n is bit n%32 of ULONG n/32.  No locks here.
 *
 * Searches go bit-run by bit-run with whole-word steps: NextBit finds the next bit of a wanted value; everything else stands on it.
 */
#include "rtlp.h"

#define NOT_FOUND MAXULONG

/* The first bit at or after Start that equals Set; SizeOfBitMap if there is none. */
static ULONG NextBit(const RTL_BITMAP *BitMap, ULONG Start, BOOLEAN Set)
{
    ULONG Size = BitMap->SizeOfBitMap;

    while (Start < Size) {
        ULONG Word = BitMap->Buffer[Start / 32];
        Word = (Set ? Word : ~Word) >> Start % 32;
        if (Word != 0) {
            Start += (ULONG)__builtin_ctz(Word);
            return Start < Size ? Start : Size;
        }
        Start = (Start | 31) + 1;
        if (Start == 0)
            return Size;
    }
    return Size;
}

static ULONG RangeMask(ULONG First, ULONG Count)
{
    return (Count >= 32 ? MAXULONG : (1u << Count) - 1) << First;
}

static void WriteRange(PRTL_BITMAP BitMap, ULONG Start, ULONG Count, BOOLEAN Set)
{
    ASSERT(Start <= BitMap->SizeOfBitMap && Count <= BitMap->SizeOfBitMap - Start);
    while (Count != 0) {
        ULONG First = Start % 32, Here = 32 - First < Count ? 32 - First : Count;
        if (Set)
            BitMap->Buffer[Start / 32] |= RangeMask(First, Here);
        else
            BitMap->Buffer[Start / 32] &= ~RangeMask(First, Here);
        Start += Here;
        Count -= Here;
    }
}

/* The first run of Count bits of value Set that begins in [From, To). */
static ULONG FindInRange(const RTL_BITMAP *BitMap, ULONG From, ULONG To, ULONG Count, BOOLEAN Set)
{
    while (From < To) {
        ULONG Start = NextBit(BitMap, From, Set);
        if (Start >= To || Count > BitMap->SizeOfBitMap - Start)
            return NOT_FOUND;
        ULONG End = NextBit(BitMap, Start, !Set);
        if (End - Start >= Count)
            return Start;
        From = End;
    }
    return NOT_FOUND;
}

/* From the hint to the end, then from the beginning; a count of zero finds the hint rounded down to a byte, as NT does. */
static ULONG Find(const RTL_BITMAP *BitMap, ULONG Count, ULONG Hint, BOOLEAN Set)
{
    if (Hint >= BitMap->SizeOfBitMap)
        Hint = 0;
    if (Count == 0)
        return Hint & ~7u;
    ULONG Found = FindInRange(BitMap, Hint, BitMap->SizeOfBitMap, Count, Set);
    if (Found == NOT_FOUND && Hint != 0)
        Found = FindInRange(BitMap, 0, BitMap->SizeOfBitMap, Count, Set);
    return Found;
}

VOID NTAPI RtlInitializeBitMap(PRTL_BITMAP BitMap, PULONG Buffer, ULONG SizeOfBitMap)
{
    BitMap->SizeOfBitMap = SizeOfBitMap;
    BitMap->Buffer = Buffer;
}

VOID NTAPI RtlClearAllBits(PRTL_BITMAP BitMap)
{
    memset(BitMap->Buffer, 0, (SIZE_T)(BitMap->SizeOfBitMap + 31ULL) / 32 * sizeof(ULONG));
}

VOID NTAPI RtlSetAllBits(PRTL_BITMAP BitMap)
{
    memset(BitMap->Buffer, 0xFF, (SIZE_T)(BitMap->SizeOfBitMap + 31ULL) / 32 * sizeof(ULONG));
}

VOID NTAPI RtlClearBits(PRTL_BITMAP BitMap, ULONG Start, ULONG Count)
{
    WriteRange(BitMap, Start, Count, FALSE);
}

VOID NTAPI RtlSetBits(PRTL_BITMAP BitMap, ULONG Start, ULONG Count)
{
    WriteRange(BitMap, Start, Count, TRUE);
}

VOID NTAPI RtlClearBit(PRTL_BITMAP BitMap, ULONG Bit)
{
    WriteRange(BitMap, Bit, 1, FALSE);
}

VOID NTAPI RtlSetBit(PRTL_BITMAP BitMap, ULONG Bit)
{
    WriteRange(BitMap, Bit, 1, TRUE);
}

BOOLEAN NTAPI RtlTestBit(PRTL_BITMAP BitMap, ULONG Bit)
{
    ASSERT(Bit < BitMap->SizeOfBitMap);
    return (BitMap->Buffer[Bit / 32] >> Bit % 32) & 1;
}

BOOLEAN NTAPI RtlAreBitsClear(PRTL_BITMAP BitMap, ULONG Start, ULONG Length)
{
    if (Length == 0 || Start >= BitMap->SizeOfBitMap || Length > BitMap->SizeOfBitMap - Start)
        return FALSE;
    return NextBit(BitMap, Start, TRUE) - Start >= Length;
}

BOOLEAN NTAPI RtlAreBitsSet(PRTL_BITMAP BitMap, ULONG Start, ULONG Length)
{
    if (Length == 0 || Start >= BitMap->SizeOfBitMap || Length > BitMap->SizeOfBitMap - Start)
        return FALSE;
    return NextBit(BitMap, Start, FALSE) - Start >= Length;
}

ULONG NTAPI RtlFindClearBits(PRTL_BITMAP BitMap, ULONG Count, ULONG Hint)
{
    return Find(BitMap, Count, Hint, FALSE);
}

ULONG NTAPI RtlFindSetBits(PRTL_BITMAP BitMap, ULONG Count, ULONG Hint)
{
    return Find(BitMap, Count, Hint, TRUE);
}

ULONG NTAPI RtlFindClearBitsAndSet(PRTL_BITMAP BitMap, ULONG Count, ULONG Hint)
{
    ULONG Found = Find(BitMap, Count, Hint, FALSE);

    if (Found != NOT_FOUND)
        WriteRange(BitMap, Found, Count, TRUE);
    return Found;
}

ULONG NTAPI RtlFindSetBitsAndClear(PRTL_BITMAP BitMap, ULONG Count, ULONG Hint)
{
    ULONG Found = Find(BitMap, Count, Hint, TRUE);

    if (Found != NOT_FOUND)
        WriteRange(BitMap, Found, Count, FALSE);
    return Found;
}

ULONG NTAPI RtlNumberOfSetBits(PRTL_BITMAP BitMap)
{
    ULONG Count = 0, Size = BitMap->SizeOfBitMap;

    for (ULONG Start = 0; Start < Size; Start += 32) {
        ULONG Here = Size - Start < 32 ? Size - Start : 32;
        Count += (ULONG)__builtin_popcount(BitMap->Buffer[Start / 32] & RangeMask(0, Here));
        if (Size - Start <= 32)
            break;
    }
    return Count;
}

ULONG NTAPI RtlNumberOfClearBits(PRTL_BITMAP BitMap)
{
    return BitMap->SizeOfBitMap - RtlNumberOfSetBits(BitMap);
}

ULONG NTAPI RtlFindNextForwardRunClear(PRTL_BITMAP BitMap, ULONG From, PULONG Start)
{
    ULONG First = NextBit(BitMap, From, FALSE);

    *Start = First;
    return First < BitMap->SizeOfBitMap ? NextBit(BitMap, First, TRUE) - First : 0;
}

ULONG NTAPI RtlFindFirstRunClear(PRTL_BITMAP BitMap, PULONG Start)
{
    return RtlFindNextForwardRunClear(BitMap, 0, Start);
}

ULONG NTAPI RtlFindLastBackwardRunClear(PRTL_BITMAP BitMap, ULONG From, PULONG Start)
{
    ULONG At = From < BitMap->SizeOfBitMap ? From : BitMap->SizeOfBitMap - 1, Count = 0;

    if (BitMap->SizeOfBitMap == 0)
        return 0;
    while (At != 0 && RtlTestBit(BitMap, At))
        At--;
    *Start = At;
    if (RtlTestBit(BitMap, At))
        return 0;
    for (Count = 1; At != 0 && !RtlTestBit(BitMap, At - 1); Count++)
        At--;
    *Start = At;
    return Count;
}

ULONG NTAPI RtlFindLongestRunClear(PRTL_BITMAP BitMap, PULONG Start)
{
    ULONG Best = 0, First, Length;

    *Start = 0;
    for (ULONG From = 0; (Length = RtlFindNextForwardRunClear(BitMap, From, &First)) != 0; From = First + Length) {
        if (Length > Best) {
            Best = Length;
            *Start = First;
        }
    }
    return Best;
}

/* Up to Count runs, in order of place, or of length (longest first) if LocateLongestRuns. */
ULONG NTAPI RtlFindClearRuns(PRTL_BITMAP BitMap, PRTL_BITMAP_RUN Runs, ULONG Count, BOOLEAN LocateLongestRuns)
{
    ULONG Filled = 0, First, Length;

    for (ULONG From = 0; (Length = RtlFindNextForwardRunClear(BitMap, From, &First)) != 0; From = First + Length) {
        ULONG Slot = Filled;
        if (!LocateLongestRuns && Filled == Count)
            break;
        while (LocateLongestRuns && Slot != 0 && Runs[Slot - 1].NumberOfBits < Length) {
            if (Slot < Count)
                Runs[Slot] = Runs[Slot - 1];
            Slot--;
        }
        if (Slot < Count) {
            Runs[Slot].StartingIndex = First;
            Runs[Slot].NumberOfBits = Length;
            Filled += Filled < Count;
        }
    }
    return Filled;
}

CCHAR NTAPI RtlFindMostSignificantBit(ULONGLONG Set)
{
    return Set == 0 ? -1 : (CCHAR)(63 - __builtin_clzll(Set));
}

CCHAR NTAPI RtlFindLeastSignificantBit(ULONGLONG Set)
{
    return Set == 0 ? -1 : (CCHAR)__builtin_ctzll(Set);
}

ULONG NTAPI RtlNumberOfSetBitsUlongPtr(ULONG_PTR Target)
{
    return (ULONG)__builtin_popcountll(Target);
}
