/* SPDX-License-Identifier: MIT */
/*
 * clock.c - the tick and the times.
 *
 * Interrupt time is KiTimeSinceStart read at the tick (64 Hz): not a count of ticks, so a tick that an emulator drops loses no time.
 * Processor 0 owns the clock: it publishes the times in KUSER_SHARED_DATA and looks for due timers; every processor accounts its own tick
 * and quantum. A reader of a KSYSTEM_TIME reads High1Time, LowPart, High2Time and retries if the highs differ; the 64-bit kernel reads
 * LowPart and High1Time as one.
 */
#include "kep.h"
#include "xstate.h"

#define PF_FASTFAIL_AVAILABLE_ 23
#define TICK_MULTIPLIER 0x0FA00000 /* milliseconds = ticks * this >> 24, at 15.625 ms a tick */

KUSER_SHARED_DATA *KeUserSharedData_ = (KUSER_SHARED_DATA *)KI_USER_SHARED_DATA_;
static volatile LONGLONG KiBootTime; /* UTC at interrupt time 0 */
static BOOLEAN KiClockRunning;
volatile CCHAR KeNumberProcessors = 1;
ULONG KeMaximumIncrement = KE_CLOCK_INCREMENT;
ULONG KeTimeAdjustment = KE_CLOCK_INCREMENT;

ULONG64 KiInterruptTime(void)
{
    return KiTimeSinceStart();
}

LONGLONG KiSystemTime(void)
{
    return KiBootTime + (LONGLONG)KiTimeSinceStart();
}

static void KiPublish(volatile KSYSTEM_TIME *Time, ULONG64 Value)
{
    Time->High2Time = (LONG)(Value >> 32);
    *(volatile ULONG64 *)(volatile VOID *)&Time->LowPart = Value;
}

static void KiPublishSystemTime(ULONG64 Value)
{
    volatile KSYSTEM_TIME *Time = &KeUserSharedData_->SystemTime; /* at 0x14: not 8-byte aligned */

    Time->High2Time = (LONG)(Value >> 32);
    Time->LowPart = (ULONG)Value;
    Time->High1Time = (LONG)(Value >> 32);
}

static void KiPublishTimes(ULONG64 Now)
{
    KiPublish(&KeUserSharedData_->InterruptTime, Now);
    KiPublishSystemTime((ULONG64)KiBootTime + Now);
    KiPublish(&KeUserSharedData_->TickCount, Now / KE_CLOCK_INCREMENT);
    KeUserSharedData_->TickCountLowDeprecated = (ULONG)(Now / KE_CLOCK_INCREMENT);
}

static void KiAccountTick(PKPRCB Prcb, PKTHREAD Thread, PKTRAP_FRAME Frame)
{
    if (Prcb->DpcRoutineActive) {
        Prcb->DpcTime++;
    } else if (Frame->SegCs & 1) {
        Thread->UserTime++;
        Prcb->UserTime++;
        InterlockedExchangeAdd64((volatile LONG64 *)&Thread->Process->UserTime, KE_CLOCK_INCREMENT);
    } else {
        Thread->KernelTime++;
        Prcb->KernelTime++;
        InterlockedExchangeAdd64((volatile LONG64 *)&Thread->Process->KernelTime, KE_CLOCK_INCREMENT);
    }
    if (Thread != Prcb->IdleThread && (Thread->Quantum = (SCHAR)(Thread->Quantum - 3)) <= 0) {
        Prcb->QuantumEnd = TRUE;
    }
}

void KeUpdateSystemTime(PKTRAP_FRAME Frame)
{
    PKPRCB Prcb = KiPrcb();
    PKTHREAD Thread = Prcb->CurrentThread;
    ULONG64 Now;

    Prcb->TimerInterrupts++;
    if (Prcb->ClockOwner) {
        Now = KiTimeSinceStart();
        KiPublishTimes(Now);
        if (KiTimersDue(Now)) {
            (void)KeInsertQueueDpc(&Prcb->TimerDpc, NULL, NULL);
        }
    }
    if (!KiExploring() || KiExploreTick(Prcb)) {
        KiAccountTick(Prcb, Thread, Frame);
    }
    if ((Prcb->QuantumEnd || Prcb->DpcQueueDepth != 0) && !Prcb->DpcRoutineActive) {
        KiRequestSoftwareInterrupt(DISPATCH_LEVEL);
    }
}

/* Relative (negative) or absolute (UTC) as the services take it. */
NTSTATUS KiInterruptTimeFromTimeout(const LARGE_INTEGER *Timeout, LONGLONG *DueTime)
{
    LONGLONG Now = (LONGLONG)KiInterruptTime();
    LONGLONG Due;

    if (Timeout->QuadPart > 0) {
        *DueTime = Timeout->QuadPart - KiBootTime;
    } else if (__builtin_sub_overflow(Now, Timeout->QuadPart, &Due)) {
        *DueTime = MAXLONGLONG - 1;
    } else {
        *DueTime = Due;
    }
    return STATUS_SUCCESS;
}

/* ---- the public clocks ---------------------------------------------------------------------------------------------------------- */

LARGE_INTEGER NTAPI KeQueryPerformanceCounter(PLARGE_INTEGER Frequency)
{
    LARGE_INTEGER Value = { .QuadPart = (LONGLONG)KiTimeSinceStart() };

    if (Frequency != NULL) {
        Frequency->QuadPart = 10000000;
    }
    return Value;
}

ULONG NTAPI KeQueryTimeIncrement(VOID)
{
    return KE_CLOCK_INCREMENT;
}

ULONGLONG NTAPI KeQueryUnbiasedInterruptTime(VOID)
{
    return KeUserSharedData_->TickCountQuad * KE_CLOCK_INCREMENT;
}

VOID NTAPI KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime)
{
    CurrentTime->QuadPart = KiSystemTime();
}

ULONG64 NTAPI KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp)
{
    *QpcTimeStamp = KiTimeSinceStart();
    return *QpcTimeStamp;
}

void KeSetSystemTime(const LARGE_INTEGER *NewUtc)
{
    (void)InterlockedExchange64(&KiBootTime, NewUtc->QuadPart - (LONGLONG)KiTimeSinceStart());
    if (KiClockRunning) {
        KiPublishSystemTime((ULONG64)NewUtc->QuadPart);
    }
}

NTSTATUS NTAPI NtQueryPerformanceCounter(PLARGE_INTEGER PerformanceCounter, PLARGE_INTEGER PerformanceFrequency)
{
    LARGE_INTEGER Frequency, Counter = KeQueryPerformanceCounter(&Frequency);
    KPROCESSOR_MODE Mode = KeGetCurrentThread()->PreviousMode;
    NTSTATUS Status = CopyToMode(Mode, PerformanceCounter, &Counter, sizeof(Counter));

    if (NT_SUCCESS(Status) && PerformanceFrequency != NULL) {
        Status = CopyToMode(Mode, PerformanceFrequency, &Frequency, sizeof(Frequency));
    }
    return Status;
}

NTSTATUS NTAPI NtDelayExecution(BOOLEAN Alertable, PLARGE_INTEGER DelayInterval)
{
    KPROCESSOR_MODE Mode = KeGetCurrentThread()->PreviousMode;
    LARGE_INTEGER Interval;
    NTSTATUS Status = CopyFromMode(Mode, &Interval, DelayInterval, sizeof(Interval));

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    return KeDelayExecutionThread(Mode, Alertable, &Interval);
}

/* ---- start ---------------------------------------------------------------------------------------------------------------------- */

static void KiInitializeSharedData(void)
{
    KUSER_SHARED_DATA *Shared = KeUserSharedData_;
    static const WCHAR SystemRoot[] = L"C:\\Windows";

    Shared->TickCountMultiplier = TICK_MULTIPLIER;
    Shared->ImageNumberLow = 0x8664;
    Shared->ImageNumberHigh = 0x8664;
    RtlCopyMemory(Shared->NtSystemRoot, SystemRoot, sizeof(SystemRoot));
    Shared->LargePageMinimum = 0x200000;
    Shared->NtProductType = NtProductWinNt;
    Shared->ProductTypeIsValid = TRUE;
    Shared->NtMajorVersion = 10;
    Shared->NtMinorVersion = 0;
    *(ULONG *)((ULONG_PTR)Shared + 0x260) = 19045;                     /* NtBuildNumber */
    *(USHORT *)((ULONG_PTR)Shared + 0x26A) = 9;                        /* NativeProcessorArchitecture: AMD64 */
    Shared->SuiteMask = 0x110;                                         /* terminal, single user */
    *(UCHAR *)((ULONG_PTR)Shared + 0x2D5) = 3;                         /* NXSupportPolicy: always on below, opt out */
    *(ULONG64 *)((ULONG_PTR)Shared + 0x300) = 10000000;                /* QpcFrequency */
    *(ULONG *)((ULONG_PTR)Shared + 0x3C0) = (ULONG)KeNumberProcessors; /* ActiveProcessorCount */
    *(USHORT *)((ULONG_PTR)Shared + 0x3C4) = 1;                        /* ActiveGroupCount */
    Shared->Cookie = (ULONG)KiRandom64();
    Shared->ActiveConsoleId = 1;
    static const UCHAR Features[] = { PF_COMPARE_EXCHANGE_DOUBLE,
                                      PF_MMX_INSTRUCTIONS_AVAILABLE,
                                      PF_XMMI_INSTRUCTIONS_AVAILABLE,
                                      PF_RDTSC_INSTRUCTION_AVAILABLE,
                                      PF_PAE_ENABLED,
                                      PF_XMMI64_INSTRUCTIONS_AVAILABLE,
                                      PF_NX_ENABLED,
                                      PF_COMPARE_EXCHANGE128,
                                      PF_FASTFAIL_AVAILABLE_ };
    for (ULONG i = 0; i < sizeof(Features); i++) {
        Shared->ProcessorFeatures[Features[i]] = TRUE;
    }
    KiDescribeProcessor(Shared);
}

void KiStartTime(LOADER_PARAMETER_BLOCK *Block)
{
    PKPRCB Prcb = KiPrcb();

    KiInitializeHardwareClock();
    KiBootTime = Block->BootTime - (LONGLONG)KiTimeSinceStart();
    KiInitializeSharedData();
    KiPublishTimes(KiTimeSinceStart()); /* it is the right time before the first tick, too */
    Prcb->ClockOwner = TRUE;
    KiClockRunning = TRUE;
    KiStartHardwareClock();
}
