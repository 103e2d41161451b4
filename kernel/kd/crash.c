/* SPDX-License-Identifier: MIT */
/*
 * crash.c - bugchecks on demand, to see that they can be seen: boot option CRASH=bugcheck, assert, fault, readonly, execute, stack, nmi or
 * spin (a spin lock that is never released).
 *
 * Each ends the boot in KeInitSystemPhase1, on a system thread with the clock running.  The system tests look for the code, the
 * function names in the backtrace and the exit status.
 */
#include "kdp.h"

static __attribute__((noinline)) ULONG KdpRecurse(ULONG Depth)
{
    volatile UCHAR Frame[1024];

    Frame[Depth & 1023] = (UCHAR)Depth;
    return Depth == MAXULONG ? 0 : KdpRecurse(Depth + 1) + Frame[Depth & 1023];
}

/* Takes a lock twice: what a checked build says about it. */
static void KdpSpinTest(void)
{
    static KSPIN_LOCK Lock;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Lock, &OldIrql);
    KeAcquireSpinLockAtDpcLevel(&Lock);
}

static BOOLEAN KdpIs(const char *Option, const char *Name)
{
    SIZE_T Length = strlen(Name);

    return strncmp(Option, Name, Length) == 0 && (Option[Length] == 0 || Option[Length] == ' ');
}

void KdCrashTest(const LOADER_PARAMETER_BLOCK *Block)
{
    const char *Option = strstr(Block->Options, "CRASH=");

    if (Option == NULL) {
        return;
    }
    Option += 6;
    KdPrint_("Kd: crash test: %s\n", Option);
    if (KdpIs(Option, "bugcheck")) {
        KeBugCheckEx(0xE2 /* MANUALLY_INITIATED_CRASH */, 1, 2, 3, 4);
    } else if (KdpIs(Option, "assert")) {
        ASSERT(Block == NULL);
    } else if (KdpIs(Option, "fault")) {
        *(volatile ULONG *)0xFFFFF12345678000 = 1;
    } else if (KdpIs(Option, "readonly")) {
        *(volatile UCHAR *)(ULONG_PTR)KdCrashTest = 0x90;
    } else if (KdpIs(Option, "execute")) {
        ((void (*)(void))(ULONG_PTR)Block)();
    } else if (KdpIs(Option, "stack")) {
        (void)KdpRecurse(0);
    } else if (KdpIs(Option, "nmi")) {
        __asm__ volatile("int $2");
    } else if (KdpIs(Option, "spin")) {
        KdpSpinTest();
    }
}
