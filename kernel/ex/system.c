/* SPDX-License-Identifier: MIT */
/*
 * system.c - services about the system as a whole: its time, its locale, its end.
 */
#include "exp.h"
#include "io.h"

typedef enum _SHUTDOWN_ACTION { ShutdownNoReboot, ShutdownReboot, ShutdownPowerOff } SHUTDOWN_ACTION;

/* ---- time -------------------------------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI NtQuerySystemTime(PLARGE_INTEGER SystemTime)
{
    LARGE_INTEGER Now;

    KeQuerySystemTime(&Now);
    return CopyToMode(ExGetPreviousMode(), SystemTime, &Now, sizeof(Now));
}

NTSTATUS NTAPI NtSetSystemTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER PreviousTime)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    LARGE_INTEGER New, Old;
    NTSTATUS Status;

    if (SystemTime == NULL) {
        return STATUS_INVALID_PARAMETER; /* Windows sets the time zone then: there is none here */
    }
    Status = CopyFromMode(Mode, &New, SystemTime, sizeof(New));
    if (NT_SUCCESS(Status) && PreviousTime != NULL) {
        Status = KiProbeForWrite(Mode, PreviousTime, sizeof(Old), 1);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (!SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_SYSTEMTIME_PRIVILEGE), Mode)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    if (New.QuadPart <= 0 || (New.HighPart >> 24) > 0x20) {
        return STATUS_INVALID_PARAMETER;
    }
    KeQuerySystemTime(&Old);
    KeSetSystemTime(&New);
    return PreviousTime != NULL ? CopyToMode(Mode, PreviousTime, &Old, sizeof(Old)) : STATUS_SUCCESS;
}

/* The clock has one rate. */
static NTSTATUS ExpReturnUlong(PULONG Address, ULONG Value)
{
    return CopyToMode(ExGetPreviousMode(), Address, &Value, sizeof(Value));
}

NTSTATUS NTAPI NtQueryTimerResolution(PULONG MaximumTime, PULONG MinimumTime, PULONG CurrentTime)
{
    ULONG Tick = KeQueryTimeIncrement();
    NTSTATUS Status = ExpReturnUlong(MaximumTime, Tick);

    if (NT_SUCCESS(Status)) {
        Status = ExpReturnUlong(MinimumTime, Tick);
    }
    return NT_SUCCESS(Status) ? ExpReturnUlong(CurrentTime, Tick) : Status;
}

NTSTATUS NTAPI NtSetTimerResolution(ULONG DesiredTime, BOOLEAN SetResolution, PULONG ActualTime)
{
    NTSTATUS Status = ExpReturnUlong(ActualTime, KeQueryTimeIncrement());

    return !NT_SUCCESS(Status) || SetResolution ? Status : STATUS_TIMER_RESOLUTION_NOT_SET;
}

ULONG NTAPI ExSetTimerResolution(ULONG DesiredTime, BOOLEAN SetResolution)
{
    return KeQueryTimeIncrement();
}

VOID NTAPI ExSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime)
{
    *LocalTime = *SystemTime; /* the zone is UTC */
}

VOID NTAPI ExLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime)
{
    *SystemTime = *LocalTime;
}

/* ---- locale ------------------------------------------------------------------------------------------------------------------------------- */

static volatile LCID ExpSystemLocale = 0x0409, ExpUserLocale = 0x0409; /* en-US */

NTSTATUS NTAPI NtQueryDefaultLocale(BOOLEAN UserProfile, PLCID DefaultLocaleId)
{
    LCID Locale = UserProfile ? ExpUserLocale : ExpSystemLocale;

    return CopyToMode(ExGetPreviousMode(), DefaultLocaleId, &Locale, sizeof(Locale));
}

NTSTATUS NTAPI NtSetDefaultLocale(BOOLEAN UserProfile, LCID DefaultLocaleId)
{
    if (DefaultLocaleId & 0xFFFF0000) {
        return STATUS_INVALID_PARAMETER;
    }
    if (UserProfile) {
        ExpUserLocale = DefaultLocaleId;
    } else {
        ExpSystemLocale = DefaultLocaleId;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS ExpReturnLanguage(PUSHORT LanguageId)
{
    USHORT Language = 0x0409;

    return CopyToMode(ExGetPreviousMode(), LanguageId, &Language, sizeof(Language));
}

NTSTATUS NTAPI NtQueryDefaultUILanguage(PUSHORT LanguageId)
{
    return ExpReturnLanguage(LanguageId);
}

NTSTATUS NTAPI NtQueryInstallUILanguage(PUSHORT LanguageId)
{
    return ExpReturnLanguage(LanguageId);
}

BOOLEAN NTAPI ExIsProcessorFeaturePresent(ULONG ProcessorFeature)
{
    return ProcessorFeature < PROCESSOR_FEATURE_MAX && KeUserSharedData_->ProcessorFeatures[ProcessorFeature];
}

BOOLEAN NTAPI ExVerifySuite(SUITE_TYPE SuiteType)
{
    return FALSE; /* no product suite is installed */
}

/* ---- messages and the end ------------------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI NtDisplayString(PUNICODE_STRING String)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    UNICODE_STRING Captured;
    NTSTATUS Status;

    if (!SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_TCB_PRIVILEGE), Mode)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    Status = ExCaptureUnicodeString(Mode, String, &Captured);
    if (NT_SUCCESS(Status)) {
        KdBootStep("%wZ", &Captured);
        ExFreeCapturedString(&Captured);
    }
    return Status;
}

/* There is no hard-error port: the error goes to the kernel's log and the caller is told to go on. */
NTSTATUS NTAPI NtRaiseHardError(NTSTATUS ErrorStatus, ULONG NumberOfParameters, ULONG UnicodeStringParameterMask, PULONG_PTR Parameters,
                                ULONG ValidResponseOptions, PULONG Response)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    ULONG_PTR Values[5] = {0};
    ULONG Answer = 0; /* ResponseReturnToCaller */
    NTSTATUS Status = STATUS_SUCCESS;

    PAGED_CODE();
    if (NumberOfParameters > RTL_NUMBER_OF(Values) || ValidResponseOptions > 8) {
        return STATUS_INVALID_PARAMETER;
    }
    if (NumberOfParameters != 0 && Parameters != NULL) {
        Status = CopyFromMode(Mode, Values, Parameters, NumberOfParameters * sizeof(ULONG_PTR));
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KdPrint_("Ex: hard error %08lx raised by %s:", ErrorStatus, PsCurrentProcess_()->ImageFileName);
    for (ULONG i = 0; i < NumberOfParameters; i++) {
        UNICODE_STRING String;

        if ((UnicodeStringParameterMask & (1u << i)) && NT_SUCCESS(ExCaptureUnicodeString(Mode, (PUNICODE_STRING)Values[i], &String))) {
            KdPrint_(" \"%wZ\"", &String);
            ExFreeCapturedString(&String);
        } else {
            KdPrint_(" %p", (PVOID)Values[i]);
        }
    }
    KdPrint_("\n");
    return CopyToMode(Mode, Response, &Answer, sizeof(Answer));
}

NTSTATUS NTAPI NtShutdownSystem(SHUTDOWN_ACTION Action)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();

    PAGED_CODE();
    if (Action > ShutdownPowerOff) {
        return STATUS_INVALID_PARAMETER;
    }
    if (!SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_SHUTDOWN_PRIVILEGE), Mode)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    KdPrint_("Ex: shutting down\n");
    IoShutdownSystem(0);
    IoShutdownSystem(1);
    KiExitEmulator(16);
}
