/* SPDX-License-Identifier: MIT */
/*
 * locks.c - the checked build's lock checker: who holds what, and in which order locks may be taken.
 *
 * locktable.h lists every lock of the system with its rank; docs/locking.md is made from it.  A processor notes the spin locks it holds, a
 * thread its sleeping locks; a new one must rank above all of them.  A lock whose class says KI_NESTS may be taken while another one of the
 * class is held: then the order of the two is by something else, which the table names.  lockcheck.h tells how a place in the source becomes a
 * class.  Each pair of classes is reported once.
 */
#include "kep.h"
#include "rtl.h"

#ifndef FREE_BUILD

enum
{
    KI_NESTS = 1
};

typedef struct _KI_LOCK_CLASS
{
    const char *Name, *Folder;
    UCHAR Kind, Rank, Flags;
} KI_LOCK_CLASS;

#define NESTS KI_NESTS
#define LOCK(Rank, Name, Folder, Kind, Flags, Irql, Guards) { Name, Folder, Kind, Rank, Flags },
static const KI_LOCK_CLASS KiLockClass[] = { { "", "", 0, 0, 0 },
#include "locktable.h"
};
#undef LOCK
#undef NESTS

#define KI_CLASSES (sizeof(KiLockClass) / sizeof(KiLockClass[0]))
static_assert(KI_CLASSES <= 128, "KiReported's rows");

unsigned char KeLockChecking_;
volatile LONG KeLockProblems_;
static volatile LONG64 KiReported[128][2];

static BOOLEAN KiIsNamePart(char Character)
{
    return Character == '_' || (Character >= '0' && Character <= '9') || ((Character | 0x20) >= 'a' && (Character | 0x20) <= 'z');
}

/* Whether the expression ends with the name (a call's arguments or a subscript after it do not count), and not in the middle of a word. */
static BOOLEAN KiIsNamed(const char *Text, const char *Name)
{
    ULONG Length = (ULONG)strlen(Text), NameLength = (ULONG)strlen(Name);

    for (ULONG At = 0; At + NameLength <= Length; At++) {
        char Next = Text[At + NameLength];
        if (strncmp(Text + At, Name, NameLength) == 0 && (Next == 0 || Next == '(' || Next == '[' || Next == ')') &&
            (At == 0 || !KiIsNamePart(Text[At - 1]))) {
            return TRUE;
        }
    }
    return FALSE;
}

static short KiFindClass(const KE_LOCK_SITE *Site, int Kind)
{
    for (ULONG i = 1; i < KI_CLASSES; i++) {
        const KI_LOCK_CLASS *Class = &KiLockClass[i];
        if (Class->Kind == Kind && KiIsNamed(Site->Name, Class->Name) && strstr(Site->File, Class->Folder) != NULL) {
            return (short)i;
        }
    }
    KdPrint_("Ke: lock %s (%s) is not in locktable.h\n", Site->Name, Site->File);
    return -1;
}

static ULONG64 KiHeldEntry(const volatile VOID *Lock, short Class)
{
    return ((ULONG64)(ULONG_PTR)Lock & 0xFFFFFFFFFFFF) | (ULONG64)Class << 48;
}

static void KiReportOrder(ULONG Held, ULONG New, const KE_LOCK_SITE *Site)
{
    if (InterlockedBitTestAndSet64(&KiReported[Held][New / 64], New % 64)) {
        return;
    }
    InterlockedIncrement(&KeLockProblems_);
    KdPrint_("Ke: lock order: %s%s (rank %u) is taken at %s under %s%s (rank %u)\n", KiLockClass[New].Folder, KiLockClass[New].Name,
             KiLockClass[New].Rank, Site->File, KiLockClass[Held].Folder, KiLockClass[Held].Name, KiLockClass[Held].Rank);
    KdPrintBacktrace(NULL);
}

static void KiCheckHeld(const ULONG64 *Held, ULONG Count, ULONG New, const KE_LOCK_SITE *Site)
{
    for (ULONG i = 0; i < Count; i++) {
        ULONG Class = (ULONG)(Held[i] >> 48);
        if (KiLockClass[Class].Rank > KiLockClass[New].Rank ||
            (KiLockClass[Class].Rank == KiLockClass[New].Rank && !(Class == New && (KiLockClass[New].Flags & KI_NESTS)))) {
            KiReportOrder(Class, New, Site);
        }
    }
}

void KeNoteLocked_(KE_LOCK_SITE *Site, const volatile VOID *Lock, int Kind)
{
    PKTHREAD Thread = KeGetCurrentThread();

    if (Site->Class == 0) {
        Site->Class = KiFindClass(Site, Kind);
    }
    if (Site->Class < 0) {
        return;
    }
    if (Kind == KeLockSpin) {
        PKPRCB Prcb = KiPrcb();
        KiCheckHeld(Prcb->HeldLocks, Prcb->HeldCount, (ULONG)Site->Class, Site);
        if (Prcb->HeldCount < sizeof(Prcb->HeldLocks) / sizeof(Prcb->HeldLocks[0])) {
            Prcb->HeldLocks[Prcb->HeldCount++] = KiHeldEntry(Lock, Site->Class);
        }
        return;
    }
    KiCheckHeld(Thread->HeldLocks, Thread->HeldCount, (ULONG)Site->Class, Site);
    if (Thread->HeldCount < sizeof(Thread->HeldLocks) / sizeof(Thread->HeldLocks[0])) {
        Thread->HeldLocks[Thread->HeldCount++] = KiHeldEntry(Lock, Site->Class);
    }
}

/* One of them, the newest, out of the list; a lock that was not noted is not found. */
static ULONG KiForget(ULONG64 *Held, ULONG Count, const volatile VOID *Lock)
{
    ULONG64 Address = (ULONG64)(ULONG_PTR)Lock & 0xFFFFFFFFFFFF;

    for (ULONG i = Count; i > 0; i--) {
        if ((Held[i - 1] & 0xFFFFFFFFFFFF) == Address) {
            for (; i < Count; i++) {
                Held[i - 1] = Held[i];
            }
            return Count - 1;
        }
    }
    return Count;
}

void KeNoteUnlocked_(const volatile VOID *Lock, int Kind)
{
    PKTHREAD Thread = KeGetCurrentThread();

    if (Kind == KeLockSpin) {
        PKPRCB Prcb = KiPrcb();
        Prcb->HeldCount = KiForget(Prcb->HeldLocks, Prcb->HeldCount, Lock);
    } else {
        Thread->HeldCount = (UCHAR)KiForget(Thread->HeldLocks, Thread->HeldCount, Lock);
    }
}
#else
volatile LONG KeLockProblems_;
#endif
