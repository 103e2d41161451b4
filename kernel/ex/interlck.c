/* SPDX-License-Identifier: MIT */
/*
 * interlck.c - interlocked lists: sequenced singly-linked lists (SLists), and lists under a caller's spin lock.
 *
 * An SList header is 16 bytes and changes as a whole by CMPXCHG16B:
 *
 *      63......16 15....0     63.........4 3..1 0
 *      Sequence   Depth       NextEntry    0    HeaderType (1)
 *
 * The sequence number makes a pop fail that read a stale next pointer (the ABA problem).  A pop reads the next pointer of an entry
 * that another processor may have popped and freed meanwhile: pool pages stay mapped, so the read is harmless and its result discarded.
 * Any IRQL, as on NT.
 */
#include "exp.h"

static_assert(sizeof(SLIST_HEADER) == 16, "SLIST_HEADER is ABI");

#define SLIST_DEPTH_MASK 0xFFFFULL
#define SLIST_SEQUENCE_ONE 0x10000ULL
#define SLIST_HEADER_TYPE 1ULL
#define SLIST_NEXT_MASK (~0xFULL)

static inline BOOLEAN ExpExchangeSList(PSLIST_HEADER Head, ULONG64 *SeenLow, ULONG64 *SeenHigh, ULONG64 NewLow, ULONG64 NewHigh)
{
    BOOLEAN Done;

    __asm__ volatile("lock cmpxchg16b %[target]"
                     : [target] "+m"(*(volatile __int128 *)Head), "+a"(*SeenLow), "+d"(*SeenHigh), "=@ccz"(Done)
                     : "b"(NewLow), "c"(NewHigh)
                     : "memory");
    return Done;
}

static inline void ExpReadSList(PSLIST_HEADER Head, ULONG64 *Low, ULONG64 *High)
{
    *Low = *(volatile ULONG64 *)&Head->Alignment;
    *High = *(volatile ULONG64 *)&Head->Region;
}

/* ntoskrnl exports it as a function on x64; the headers declare it so. */
VOID InitializeSListHead(PSLIST_HEADER SListHead)
{
    SListHead->Alignment = 0;
    SListHead->Region = 0;
}

USHORT ExQueryDepthSList(PSLIST_HEADER Head)
{
    return (USHORT)(Head->Alignment & SLIST_DEPTH_MASK);
}


PSLIST_ENTRY ExpInterlockedPushEntrySList(PSLIST_HEADER Head, PSLIST_ENTRY Entry)
{
    ULONG64 Low, High;

    ASSERT(((ULONG_PTR)Entry & 0xF) == 0);
    ExpReadSList(Head, &Low, &High);
    do {
        Entry->Next = (PSLIST_ENTRY)(High & SLIST_NEXT_MASK);
    } while (!ExpExchangeSList(Head, &Low, &High, ((Low + SLIST_SEQUENCE_ONE) & ~SLIST_DEPTH_MASK) | ((Low + 1) & SLIST_DEPTH_MASK),
                               (ULONG64)Entry | SLIST_HEADER_TYPE));
    return (PSLIST_ENTRY)(High & SLIST_NEXT_MASK);
}

PSLIST_ENTRY ExpInterlockedPopEntrySList(PSLIST_HEADER Head)
{
    ULONG64 Low, High;
    PSLIST_ENTRY First;

    ExpReadSList(Head, &Low, &High);
    do {
        First = (PSLIST_ENTRY)(High & SLIST_NEXT_MASK);
        if (First == NULL) {
            return NULL;
        }
    } while (!ExpExchangeSList(Head, &Low, &High, ((Low + SLIST_SEQUENCE_ONE) & ~SLIST_DEPTH_MASK) | ((Low - 1) & SLIST_DEPTH_MASK),
                               (ULONG64)*(PSLIST_ENTRY volatile *)&First->Next | SLIST_HEADER_TYPE));
    return First;
}

PSLIST_ENTRY ExpInterlockedFlushSList(PSLIST_HEADER Head)
{
    ULONG64 Low, High;

    ExpReadSList(Head, &Low, &High);
    do {
        if ((High & SLIST_NEXT_MASK) == 0) {
            return NULL;
        }
    } while (!ExpExchangeSList(Head, &Low, &High, (Low + SLIST_SEQUENCE_ONE) & ~SLIST_DEPTH_MASK, SLIST_HEADER_TYPE));
    return (PSLIST_ENTRY)(High & SLIST_NEXT_MASK);
}

PSLIST_ENTRY FASTCALL InterlockedPushListSList(PSLIST_HEADER Head, PSLIST_ENTRY List, PSLIST_ENTRY ListEnd, ULONG Count)
{
    ULONG64 Low, High;

    ExpReadSList(Head, &Low, &High);
    do {
        ListEnd->Next = (PSLIST_ENTRY)(High & SLIST_NEXT_MASK);
    } while (!ExpExchangeSList(Head, &Low, &High, ((Low + SLIST_SEQUENCE_ONE) & ~SLIST_DEPTH_MASK) | ((Low + Count) & SLIST_DEPTH_MASK),
                               (ULONG64)List | SLIST_HEADER_TYPE));
    return (PSLIST_ENTRY)(High & SLIST_NEXT_MASK);
}

/* ---- under a spin lock, which the caller must use for nothing else.  IRQL <= HIGH_LEVEL: interrupts are off meanwhile, as on NT. ---- */
static inline ULONG64 ExpLockList(PKSPIN_LOCK Lock)
{
    ULONG64 Flags;

    __asm__ volatile("pushfq; popq %0; cli" : "=r"(Flags) : : "memory");
    while (__atomic_exchange_n(Lock, 1, __ATOMIC_ACQUIRE) != 0) {
        while (*(volatile KSPIN_LOCK *)Lock != 0) {
            __builtin_ia32_pause();
        }
    }
    return Flags;
}

static inline void ExpUnlockList(PKSPIN_LOCK Lock, ULONG64 Flags)
{
    __atomic_store_n(Lock, 0, __ATOMIC_RELEASE);
    __asm__ volatile("pushq %0; popfq" : : "r"(Flags) : "memory", "cc");
}

PLIST_ENTRY FASTCALL ExInterlockedInsertHeadList(PLIST_ENTRY Head, PLIST_ENTRY Entry, PKSPIN_LOCK Lock)
{
    ULONG64 Flags = ExpLockList(Lock);
    PLIST_ENTRY First = IsListEmpty(Head) ? NULL : Head->Flink;

    InsertHeadList(Head, Entry);
    ExpUnlockList(Lock, Flags);
    return First;
}

PLIST_ENTRY FASTCALL ExInterlockedInsertTailList(PLIST_ENTRY Head, PLIST_ENTRY Entry, PKSPIN_LOCK Lock)
{
    ULONG64 Flags = ExpLockList(Lock);
    PLIST_ENTRY Last = IsListEmpty(Head) ? NULL : Head->Blink;

    InsertTailList(Head, Entry);
    ExpUnlockList(Lock, Flags);
    return Last;
}

PLIST_ENTRY FASTCALL ExInterlockedRemoveHeadList(PLIST_ENTRY Head, PKSPIN_LOCK Lock)
{
    ULONG64 Flags = ExpLockList(Lock);
    PLIST_ENTRY First = IsListEmpty(Head) ? NULL : RemoveHeadList(Head);

    ExpUnlockList(Lock, Flags);
    return First;
}

PSINGLE_LIST_ENTRY FASTCALL ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY Head, PKSPIN_LOCK Lock)
{
    ULONG64 Flags = ExpLockList(Lock);
    PSINGLE_LIST_ENTRY First = Head->Next;

    if (First != NULL) {
        Head->Next = First->Next;
    }
    ExpUnlockList(Lock, Flags);
    return First;
}

PSINGLE_LIST_ENTRY FASTCALL ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY Head, PSINGLE_LIST_ENTRY Entry, PKSPIN_LOCK Lock)
{
    ULONG64 Flags = ExpLockList(Lock);
    PSINGLE_LIST_ENTRY First = Head->Next;

    Entry->Next = First;
    Head->Next = Entry;
    ExpUnlockList(Lock, Flags);
    return First;
}

LARGE_INTEGER NTAPI ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment, PKSPIN_LOCK Lock)
{
    ULONG64 Flags = ExpLockList(Lock);
    LARGE_INTEGER Before = *Addend;

    Addend->QuadPart += Increment.QuadPart;
    ExpUnlockList(Lock, Flags);
    return Before;
}

ULONG FASTCALL ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK Lock)
{
    ULONG64 Flags = ExpLockList(Lock);
    ULONG Before = *Addend;

    *Addend += Increment;
    ExpUnlockList(Lock, Flags);
    return Before;
}
