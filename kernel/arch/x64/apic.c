/* SPDX-License-Identifier: MIT */
/*
 * apic.c - the local APIC: software interrupts, the clock, interrupts between processors.
 *
 * IRQL is the APIC's task priority (CR8), because the DDK's inlines write it directly.  So a software interrupt is a real one: to ask for
 * APC_LEVEL or DISPATCH_LEVEL work a processor sends itself vector 0x1F or 0x2F, which the APIC holds back until CR8 drops below its class.
 * NT on x64 does the same.  xAPIC only: the emulator has no x2APIC, and the registers lie in the direct map below 4 GiB.
 */
#include "archp.h"
#include "ki_time.h"

#define APIC_ID 0x020
#define APIC_EOI 0x0B0
#define APIC_SPURIOUS 0x0F0
#define APIC_ICR_LOW 0x300
#define APIC_ICR_HIGH 0x310
#define APIC_LVT_TIMER 0x320
#define APIC_LVT_LINT0 0x350
#define APIC_LVT_LINT1 0x360
#define APIC_LVT_ERROR 0x370
#define APIC_TIMER_INITIAL 0x380
#define APIC_TIMER_CURRENT 0x390
#define APIC_TIMER_DIVIDE 0x3E0
#define APIC_MASKED 0x10000u
#define APIC_PERIODIC 0x20000u
#define APIC_ICR_SELF 0x40000u
#define APIC_ICR_BUSY 0x1000u

static volatile ULONG *KiApic; /* NULL until KiInitializeApic */
ULONG KiApicTicksPerSecond;    /* with the divider set to 1 */

static inline ULONG KiApicRead(ULONG Register)
{
    return KiApic[Register / 4];
}
static inline void KiApicWrite(ULONG Register, ULONG Value)
{
    KiApic[Register / 4] = Value;
}

void KiMaskLegacyPic(void)
{
    KiOut8(0x21, 0xFF);
    KiOut8(0xA1, 0xFF);
}

void KiInitializeApic(void)
{
    KiApic = (volatile ULONG *)KiPhysical(KiAcpi.LocalApic);
}

void KiInitializeLocalApic(PKPRCB Prcb)
{
    KiWriteMsr(MSR_APIC_BASE, KiReadMsr(MSR_APIC_BASE) | 0x800);
    KiApicWrite(APIC_LVT_TIMER, APIC_MASKED | CLOCK_VECTOR);
    KiApicWrite(APIC_LVT_LINT0, APIC_MASKED);
    KiApicWrite(APIC_LVT_LINT1, 0x400); /* NMI */
    KiApicWrite(APIC_LVT_ERROR, APIC_MASKED);
    KiApicWrite(APIC_SPURIOUS, 0x100 | SPURIOUS_VECTOR);
    KiApicWrite(APIC_TIMER_DIVIDE, 0xB); /* by 1 */
    Prcb->ApicId = KiApicRead(APIC_ID) >> 24;
}

void KiEndOfInterrupt(void)
{
    KiApicWrite(APIC_EOI, 0);
}

/* Any IRQL.  At or above the level asked for, the interrupt waits in the APIC. */
void KiRequestSoftwareInterrupt(KIRQL Level)
{
    if (KiApic != NULL) {
        KiApicWrite(APIC_ICR_LOW, APIC_ICR_SELF | (Level == APC_LEVEL ? APC_VECTOR : DISPATCH_VECTOR));
    }
}

void KiSendIpi(ULONG Number, UCHAR Vector)
{
    KiSendApicCommand(KiProcessorBlock[Number]->ApicId, Vector);
}

void KiSendApicCommand(ULONG ApicId, ULONG Command)
{
    ULONG64 Flags = __builtin_ia32_readeflags_u64();

    KiDisableInterrupts(); /* the two halves of the command register belong together */
    while (KiApicRead(APIC_ICR_LOW) & APIC_ICR_BUSY) {
        YieldProcessor();
    }
    KiApicWrite(APIC_ICR_HIGH, ApicId << 24);
    KiApicWrite(APIC_ICR_LOW, Command);
    if (Flags & EFLAGS_IF) {
        KiEnableInterrupts();
    }
}

/* For calibration: starts a long count; the difference of two reads is elapsed ticks. */
void KiApicTimerFreeRun(void)
{
    KiApicWrite(APIC_LVT_TIMER, APIC_MASKED | CLOCK_VECTOR);
    KiApicWrite(APIC_TIMER_INITIAL, 0xFFFFFFFF);
}

ULONG KiApicTimerElapsed(void)
{
    return 0xFFFFFFFF - KiApicRead(APIC_TIMER_CURRENT);
}

/* One tick after so many of the timer's. */
void KiSetNextTick(ULONG Ticks)
{
    KiApicWrite(APIC_LVT_TIMER, CLOCK_VECTOR);
    KiApicWrite(APIC_TIMER_INITIAL, Ticks);
}

void KiStartClock(void)
{
    /* The count first: in periodic mode one of KiSetNextTick's could strike again before the first interrupt was done, and so for ever. */
    KiApicWrite(APIC_TIMER_INITIAL, (ULONG)((ULONG64)KiApicTicksPerSecond * KE_CLOCK_INCREMENT / 10000000));
    KiApicWrite(APIC_LVT_TIMER, APIC_PERIODIC | CLOCK_VECTOR);
}
