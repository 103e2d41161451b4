/* SPDX-License-Identifier: MIT */
/*
 * sort.c - qsort and bsearch.  Heap sort: no recursion and no worst case, which is what a kernel stack wants.
 */
#include "rtlp.h"

typedef int(__cdecl *COMPARE)(const void *, const void *);

static void Swap(UCHAR *Left, UCHAR *Right, size_t Size)
{
    for (size_t Index = 0; Index < Size; Index++) {
        UCHAR Saved = Left[Index];
        Left[Index] = Right[Index];
        Right[Index] = Saved;
    }
}

/* Moves element Root down until neither child in [0, Count) is greater. */
static void SiftDown(UCHAR *Base, size_t Root, size_t Count, size_t Size, COMPARE Compare)
{
    for (;;) {
        size_t Child = Root * 2 + 1;
        if (Child >= Count)
            return;
        if (Child + 1 < Count && Compare(Base + Child * Size, Base + (Child + 1) * Size) < 0)
            Child++;
        if (Compare(Base + Root * Size, Base + Child * Size) >= 0)
            return;
        Swap(Base + Root * Size, Base + Child * Size, Size);
        Root = Child;
    }
}

void __cdecl qsort(void *Base, size_t Count, size_t Size, COMPARE Compare)
{
    for (size_t Index = Count / 2; Index != 0; Index--)
        SiftDown(Base, Index - 1, Count, Size, Compare);
    for (size_t Index = Count; Index > 1; Index--) {
        Swap(Base, (UCHAR *)Base + (Index - 1) * Size, Size);
        SiftDown(Base, 0, Index - 1, Size, Compare);
    }
}

void *__cdecl bsearch(const void *Key, const void *Base, size_t Count, size_t Size, COMPARE Compare)
{
    size_t Low = 0, High = Count;

    while (Low < High) {
        size_t Middle = Low + (High - Low) / 2;
        const UCHAR *Element = (const UCHAR *)Base + Middle * Size;
        int Order = Compare(Key, Element);
        if (Order == 0)
            return (void *)Element;
        if (Order < 0)
            High = Middle;
        else
            Low = Middle + 1;
    }
    return NULL;
}
