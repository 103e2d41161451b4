/* SPDX-License-Identifier: MIT */
/*
 * memory.c - copying, filling and comparing bytes.
 *
 * The compiler itself calls these four, so they exist in every image we link.  No SSE: in the kernel the vector registers belong to user mode.
 * Blocks go by `rep movsq`: on the emulator's instruction clock one count is eight bytes, and on real processors it is the microcoded
 * fast path.  Fewer than sixteen bytes go by two overlapping loads and stores, which is right for overlapping areas too.
 */
#include "rtlp.h"

typedef ULONG64 __attribute__((may_alias, aligned(1))) UNALIGNED_QUAD;
typedef ULONG __attribute__((may_alias, aligned(1))) UNALIGNED_LONG;
typedef USHORT __attribute__((may_alias, aligned(1))) UNALIGNED_SHORT;

/* Count < 16; reads everything before it writes anything. */
static inline void CopyShort(UCHAR *To, const UCHAR *From, size_t Count)
{
    if (Count >= 8) {
        ULONG64 First = *(const UNALIGNED_QUAD *)From, Last = *(const UNALIGNED_QUAD *)(From + Count - 8);
        *(UNALIGNED_QUAD *)To = First;
        *(UNALIGNED_QUAD *)(To + Count - 8) = Last;
    } else if (Count >= 4) {
        ULONG First = *(const UNALIGNED_LONG *)From, Last = *(const UNALIGNED_LONG *)(From + Count - 4);
        *(UNALIGNED_LONG *)To = First;
        *(UNALIGNED_LONG *)(To + Count - 4) = Last;
    } else if (Count >= 2) {
        USHORT First = *(const UNALIGNED_SHORT *)From, Last = *(const UNALIGNED_SHORT *)(From + Count - 2);
        *(UNALIGNED_SHORT *)To = First;
        *(UNALIGNED_SHORT *)(To + Count - 2) = Last;
    } else if (Count != 0) {
        *To = *From;
    }
}

/* Ascending; also right when To < From and they overlap, because each step reads ahead of what it has written. */
static inline void CopyUp(UCHAR *To, const UCHAR *From, size_t Count)
{
    ULONG64 Last = *(const UNALIGNED_QUAD *)(From + Count - 8);
    UCHAR *Tail = To + Count - 8;
    size_t Quads = Count / 8;

    __asm__ volatile("rep movsq" : "+D"(To), "+S"(From), "+c"(Quads) : : "memory");
    *(UNALIGNED_QUAD *)Tail = Last;
}

void *__cdecl memcpy(void *To, const void *From, size_t Count)
{
    if (Count < 16)
        CopyShort(To, From, Count);
    else
        CopyUp(To, From, Count);
    return To;
}

void *__cdecl memmove(void *To, const void *From, size_t Count)
{
    UCHAR *Destination = To;
    const UCHAR *Source = From;

    if (Count < 16) {
        CopyShort(Destination, Source, Count);
    } else if ((ULONG_PTR)Destination - (ULONG_PTR)Source >= Count) {
        CopyUp(Destination, Source, Count);
    } else {
        ULONG64 First = *(const UNALIGNED_QUAD *)Source;
        while (Count > 8) {
            Count -= 8;
            *(UNALIGNED_QUAD *)(Destination + Count) = *(const UNALIGNED_QUAD *)(Source + Count);
        }
        *(UNALIGNED_QUAD *)Destination = First;
    }
    return To;
}

void *__cdecl memset(void *To, int Value, size_t Count)
{
    UCHAR *Destination = To;
    ULONG64 Pattern = (UCHAR)Value * 0x0101010101010101ULL;

    if (Count >= 16) {
        UCHAR *At = Destination;
        size_t Quads = Count / 8;
        *(UNALIGNED_QUAD *)(Destination + Count - 8) = Pattern;
        __asm__ volatile("rep stosq" : "+D"(At), "+c"(Quads) : "a"(Pattern) : "memory");
    } else if (Count >= 8) {
        *(UNALIGNED_QUAD *)Destination = Pattern;
        *(UNALIGNED_QUAD *)(Destination + Count - 8) = Pattern;
    } else if (Count >= 4) {
        *(UNALIGNED_LONG *)Destination = (ULONG)Pattern;
        *(UNALIGNED_LONG *)(Destination + Count - 4) = (ULONG)Pattern;
    } else {
        for (size_t Index = 0; Index < Count; Index++)
            ((volatile UCHAR *)Destination)[Index] = (UCHAR)Value;
    }
    return To;
}

int __cdecl memcmp(const void *Left, const void *Right, size_t Count)
{
    const UCHAR *A = Left, *B = Right;

    for (; Count >= 8; Count -= 8, A += 8, B += 8) {
        ULONG64 First = *(const UNALIGNED_QUAD *)A, Second = *(const UNALIGNED_QUAD *)B;
        if (First != Second)
            return __builtin_bswap64(First) < __builtin_bswap64(Second) ? -1 : 1;
    }
    for (; Count != 0; Count--, A++, B++) {
        if (*A != *B)
            return *A < *B ? -1 : 1;
    }
    return 0;
}

void *__cdecl memchr(const void *Buffer, int Value, size_t Count)
{
    const UCHAR *At = Buffer;

    for (; Count != 0; Count--, At++) {
        if (*At == (UCHAR)Value)
            return (void *)At;
    }
    return NULL;
}

#undef RtlCompareMemory
SIZE_T NTAPI RtlCompareMemory(const VOID *Left, const VOID *Right, SIZE_T Length)
{
    const UCHAR *A = Left, *B = Right;
    SIZE_T Index = 0;

    while (Index + 8 <= Length && *(const UNALIGNED_QUAD *)(A + Index) == *(const UNALIGNED_QUAD *)(B + Index))
        Index += 8;
    while (Index < Length && A[Index] == B[Index])
        Index++;
    return Index;
}

SIZE_T NTAPI RtlCompareMemoryUlong(PVOID Source, SIZE_T Length, ULONG Pattern)
{
    const ULONG *At = Source;
    SIZE_T Index = 0;

    while (Index < Length / sizeof(ULONG) && At[Index] == Pattern)
        Index++;
    return Index * sizeof(ULONG);
}

#undef RtlMoveMemory
#undef RtlCopyMemory
#undef RtlFillMemory
#undef RtlZeroMemory
VOID NTAPI RtlMoveMemory(VOID *Destination, const VOID *Source, SIZE_T Length)
{
    memmove(Destination, Source, Length);
}

VOID NTAPI RtlCopyMemory(VOID *Destination, const VOID *Source, SIZE_T Length)
{
    memcpy(Destination, Source, Length);
}

VOID NTAPI RtlCopyMemoryNonTemporal(VOID *Destination, const VOID *Source, SIZE_T Length)
{
    memcpy(Destination, Source, Length);
}

VOID NTAPI RtlFillMemory(VOID *Destination, SIZE_T Length, UCHAR Fill)
{
    memset(Destination, Fill, Length);
}

VOID NTAPI RtlZeroMemory(VOID *Destination, SIZE_T Length)
{
    memset(Destination, 0, Length);
}

VOID NTAPI RtlFillMemoryUlong(PVOID Destination, SIZE_T Length, ULONG Pattern)
{
    for (SIZE_T Index = 0; Index < Length / sizeof(ULONG); Index++)
        ((volatile ULONG *)Destination)[Index] = Pattern;
}
