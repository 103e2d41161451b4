/* SPDX-License-Identifier: MIT */
/*
 * calibrate.c - how fast the time-stamp counter and the APIC timer run, measured once against a clock whose rate is known.
 *
 * The reference is the HPET if the firmware describes one, else the ACPI PM timer, else the PIT.  One millisecond is enough for the first
 * (10 ns steps); the others get longer.  Every wait is bounded by a number of reads, so that a dead timer gives a wrong clock, not a hang.
 * Time since start is the time-stamp counter scaled to 100 ns: the performance counter (10 MHz, as Windows 10 reports it) and the interrupt
 * time are the same clock, so they cannot drift apart and lost ticks lose no time.
 */
#include "archp.h"
#include "kd.h"
#include "ki_time.h"

#define PM_TIMER_HZ 3579545u
#define PIT_HZ 1193182u
#define READ_LIMIT 50000000u

ULONG64 KiTscFrequency = 1000000000;
static ULONG64 KiTscBase;
static ULONG64 KiTscToTime; /* 100 ns units a tick, as a 0.64 fixed-point fraction (a tick is shorter than 100 ns) */

typedef struct _KI_REFERENCE
{
    const char *Name;
    ULONG (*Read)(void);
    ULONG64 Frequency;
    ULONG Mask;     /* of the counter */
    ULONG Interval; /* ticks to measure over */
} KI_REFERENCE;

static ULONG KiReadHpet(void)
{
    return *(volatile ULONG *)KiPhysical(KiAcpi.Hpet + 0xF0);
}

static ULONG KiReadPmTimer(void)
{
    return KiIn32((USHORT)KiAcpi.PmTimer);
}

/* Channel 2 counts down from 0xFFFF. */
static ULONG KiReadPit(void)
{
    ULONG Low;

    KiOut8(0x43, 0x80);
    Low = KiIn8(0x42);
    return 0xFFFF - (Low | (ULONG)KiIn8(0x42) << 8);
}

static BOOLEAN KiUseHpet(KI_REFERENCE *Reference)
{
    ULONG64 Capabilities, Configuration;
    volatile ULONG64 *Hpet;

    if (KiAcpi.Hpet == 0) {
        return FALSE;
    }
    Hpet = (volatile ULONG64 *)KiPhysical(KiAcpi.Hpet);
    Capabilities = Hpet[0];
    if ((Capabilities >> 32) == 0 || (Capabilities >> 32) > 100000000) {
        return FALSE;
    }
    Configuration = Hpet[2];
    Hpet[2] = Configuration | 1;
    *Reference = (KI_REFERENCE){ "HPET", KiReadHpet, 1000000000000000ULL / (Capabilities >> 32), 0xFFFFFFFF, 0 };
    Reference->Interval = (ULONG)(Reference->Frequency / 1000);
    return TRUE;
}

static void KiChooseReference(KI_REFERENCE *Reference)
{
    if (KiUseHpet(Reference)) {
        return;
    }
    if (KiAcpi.PmTimer != 0) {
        *Reference = (KI_REFERENCE){ "ACPI PM timer", KiReadPmTimer, PM_TIMER_HZ, 0xFFFFFF, PM_TIMER_HZ / 200 };
        return;
    }
    KiOut8(0x61, (UCHAR)((KiIn8(0x61) & ~2) | 1)); /* gate on, speaker off */
    KiOut8(0x43, 0xB4);                            /* channel 2, both bytes, mode 2 */
    KiOut8(0x42, 0xFF);
    KiOut8(0x42, 0xFF);
    *Reference = (KI_REFERENCE){ "PIT", KiReadPit, PIT_HZ, 0xFFFF, PIT_HZ / 100 };
}

typedef struct _KI_MEASURE
{
    ULONG64 Elapsed, Tsc, Apic;
} KI_MEASURE;

/* FALSE: the reference stands still. */
static BOOLEAN KiMeasure(const KI_REFERENCE *Reference, ULONG Interval, KI_MEASURE *Measure)
{
    ULONG Start, Now, Reads = 0;
    ULONG64 Tsc;

    KiApicTimerFreeRun();
    Start = Reference->Read();
    Tsc = KiReadTimeStamp();
    do {
        Now = Reference->Read();
    } while (((Now - Start) & Reference->Mask) < Interval && ++Reads < READ_LIMIT);
    Measure->Tsc = KiReadTimeStamp() - Tsc;
    Measure->Apic = KiApicTimerElapsed();
    Measure->Elapsed = (Now - Start) & Reference->Mask;
    return Reads != READ_LIMIT && Measure->Elapsed != 0;
}

void KiCalibrate(void)
{
    KI_REFERENCE Reference;
    KI_MEASURE Measure;

    KiChooseReference(&Reference);
    (void)KiMeasure(&Reference, Reference.Interval / 16, &Measure); /* an emulator translates the loop the first time it runs */
    if (!KiMeasure(&Reference, Reference.Interval, &Measure)) {
        KdPrint_("Ke: %s does not count; the clock is a guess\n", Reference.Name);
        Measure.Elapsed = Reference.Interval;
    }
    KiTscFrequency = (ULONG64)((unsigned __int128)Measure.Tsc * Reference.Frequency / Measure.Elapsed);
    KiApicTicksPerSecond = (ULONG)(Measure.Apic * Reference.Frequency / Measure.Elapsed);
    if (KiTscFrequency < 20000000) {
        KiTscFrequency = 20000000;
    }
    KiTscToTime = (ULONG64)(((unsigned __int128)10000000 << 64) / KiTscFrequency);
    KiTscBase = KiReadTimeStamp();
    KeGetCurrentPrcb()->MHz = (ULONG)(KiTscFrequency / 1000000);
    KdPrint_("Ke: TSC %I64u Hz, APIC timer %u Hz, by the %s\n", KiTscFrequency, KiApicTicksPerSecond, Reference.Name);
}

/* 100 ns since calibration; never goes back on one processor, and processors' counters are taken to agree. */
ULONG64 KiTimeSinceStart(void)
{
    return (ULONG64)(((unsigned __int128)(KiReadTimeStamp() - KiTscBase) * KiTscToTime) >> 64);
}

VOID NTAPI KeStallExecutionProcessor(ULONG MicroSeconds)
{
    ULONG64 End = KiReadTimeStamp() + (ULONG64)MicroSeconds * (KiTscFrequency / 1000000);

    while (KiReadTimeStamp() < End) {
        YieldProcessor();
    }
}
