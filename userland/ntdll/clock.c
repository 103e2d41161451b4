/* SPDX-License-Identifier: MIT */
/*
 * clock.c - the time, mostly without asking the kernel: it publishes its clocks in KUSER_SHARED_DATA.
 *
 * Interrupt and system time there are three 32-bit words (low, high1, high2); on x64 the first eight bytes are written as one, so one load reads
 * them whole.  The performance counter is the time-stamp counter, shifted and biased as the shared page says, if the kernel allows it
 * (QpcBypassEnabled bit 0), else a system call.  The time zone is the kernel's bias; the system keeps UTC.
 */
#include "ntdllp.h"

#define TICKS_PER_SECOND 10000000LL

BOOLEAN NTAPI RtlQueryPerformanceFrequency(PLARGE_INTEGER Frequency)
{
    Frequency->QuadPart = SharedQpcFrequency();
    if (Frequency->QuadPart == 0) {
        LARGE_INTEGER Counter;
        return NT_SUCCESS(NtQueryPerformanceCounter(&Counter, Frequency));
    }
    return TRUE;
}

BOOLEAN NTAPI RtlQueryPerformanceCounter(PLARGE_INTEGER Counter)
{
    if (SharedQpcBypass() & 1) {
        Counter->QuadPart = (LONGLONG)((__builtin_ia32_rdtsc() + (ULONG64)SharedQpcBias()) >> SharedQpcShift());
        return TRUE;
    }
    return NT_SUCCESS(NtQueryPerformanceCounter(Counter, NULL));
}

BOOLEAN NTAPI RtlQueryUnbiasedInterruptTime(PULONGLONG Time)
{
    *Time = SharedInterruptTimeLow() - SHARED(ULONGLONG, 0x3B0); /* InterruptTimeBias: time asleep */
    return TRUE;
}

/*
 * The system time advances by ticks.  In between, the performance counter says how far the present tick is: the pair (system time, counter)
 * seen when a new tick was first noticed is kept, and the result never runs ahead into the next tick or backwards.
 */
LONGLONG NTAPI RtlGetSystemTimePrecise(VOID)
{
    static volatile LONG64 BaseTime, BaseCounter;
    LARGE_INTEGER Counter, Frequency;
    LONGLONG Now = (LONGLONG)SharedSystemTime();

    if (!RtlQueryPerformanceFrequency(&Frequency) || Frequency.QuadPart == 0 || !RtlQueryPerformanceCounter(&Counter))
        return Now;
    if (BaseTime != Now) {
        BaseCounter = Counter.QuadPart;
        BaseTime = Now;
        return Now;
    }
    LONGLONG Elapsed = (Counter.QuadPart - BaseCounter) * TICKS_PER_SECOND / Frequency.QuadPart;
    return Now + (Elapsed < 0 ? 0 : Elapsed > 156249 ? 156249 : Elapsed);
}

VOID NTAPI RtlTimeToElapsedTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS Fields)
{
    LONGLONG Seconds = Time->QuadPart / TICKS_PER_SECOND;

    memset(Fields, 0, sizeof *Fields);
    Fields->Milliseconds = (SHORT)(Time->QuadPart / 10000 % 1000);
    Fields->Second = (SHORT)(Seconds % 60);
    Fields->Minute = (SHORT)(Seconds / 60 % 60);
    Fields->Hour = (SHORT)(Seconds / 3600 % 24);
    Fields->Day = (SHORT)(Seconds / 86400);
}

NTSTATUS NTAPI RtlSystemTimeToLocalTime(PLARGE_INTEGER System, PLARGE_INTEGER Local)
{
    Local->QuadPart = System->QuadPart - SharedTimeZoneBias();
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlLocalTimeToSystemTime(PLARGE_INTEGER Local, PLARGE_INTEGER System)
{
    System->QuadPart = Local->QuadPart + SharedTimeZoneBias();
    return STATUS_SUCCESS;
}

/* Without a kernel that knows a zone: UTC, by name. */
NTSTATUS NTAPI RtlQueryTimeZoneInformation(PRTL_TIME_ZONE_INFORMATION Information)
{
    NTSTATUS Status = NtQuerySystemInformation(SystemCurrentTimeZoneInformation, Information, sizeof *Information, NULL);

    if (NT_SUCCESS(Status))
        return Status;
    memset(Information, 0, sizeof *Information);
    Information->Bias = (LONG)(SharedTimeZoneBias() / TICKS_PER_SECOND / 60);
    memcpy(Information->StandardName, L"UTC", sizeof L"UTC");
    memcpy(Information->DaylightName, L"UTC", sizeof L"UTC");
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetTimeZoneInformation(PRTL_TIME_ZONE_INFORMATION Information)
{
    return NtSetSystemInformation(SystemCurrentTimeZoneInformation, Information, sizeof *Information);
}

/* The answer has RTL_TIME_ZONE_INFORMATION's fields first; behind them the key's name and whether daylight time is switched off. */
NTSTATUS NTAPI RtlQueryDynamicTimeZoneInformation(PVOID Information)
{
    struct
    {
        RTL_TIME_ZONE_INFORMATION Zone;
        WCHAR KeyName[128];
        BOOLEAN DaylightDisabled;
    } *Dynamic = Information;

    memset(Dynamic->KeyName, 0, sizeof Dynamic->KeyName);
    memcpy(Dynamic->KeyName, L"UTC", sizeof L"UTC");
    Dynamic->DaylightDisabled = FALSE;
    return RtlQueryTimeZoneInformation(&Dynamic->Zone);
}
