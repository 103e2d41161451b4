/* SPDX-License-Identifier: MIT */
/*
 * time.c - clocks, file times, time zones.
 *
 * The clocks are read from KUSER_SHARED_DATA without a system call: the kernel writes High2, Low, High1 in this order, so a reader that
 * finds the two high parts equal has a whole value.  The zone is the kernel's bias; there is no daylight saving time.
 */
#include "k32.h"

#define MINUTE 600000000LL /* of 100 ns */

static ULONGLONG ReadTime(const volatile BASE_TIME *Time)
{
    LONG High;
    ULONG Low;

    do {
        High = Time->High1;
        Low = Time->Low;
    } while (High != Time->High2);
    return ((ULONGLONG)(ULONG)High << 32) | Low;
}

static LONGLONG Bias(void)
{
    return (LONGLONG)ReadTime(&SHARED_DATA->TimeZoneBias);
}

static void ToFileTime(ULONGLONG Time, LPFILETIME FileTime)
{
    FileTime->dwLowDateTime = (DWORD)Time;
    FileTime->dwHighDateTime = (DWORD)(Time >> 32);
}

static LONGLONG FromFileTime(const FILETIME *FileTime)
{
    return (LONGLONG)(((ULONGLONG)FileTime->dwHighDateTime << 32) | FileTime->dwLowDateTime);
}

VOID WINAPI GetSystemTimeAsFileTime(LPFILETIME Time)
{
    ToFileTime(ReadTime(&SHARED_DATA->SystemTime), Time);
}

VOID WINAPI GetSystemTimePreciseAsFileTime(LPFILETIME Time)
{
    ToFileTime((ULONGLONG)RtlGetSystemTimePrecise(), Time);
}

ULONGLONG WINAPI GetTickCount64(void)
{
    ULONGLONG Ticks = SHARED_DATA->TickCountQuad;

    return ((Ticks & 0xFFFFFFFF) * SHARED_DATA->TickCountMultiplier >> 24) + ((Ticks >> 32) * SHARED_DATA->TickCountMultiplier << 8);
}

DWORD WINAPI GetTickCount(void)
{
    return (DWORD)GetTickCount64();
}

BOOL WINAPI QueryUnbiasedInterruptTime(PULONGLONG Time)
{
    *Time = ReadTime(&SHARED_DATA->InterruptTime);
    return TRUE;
}

VOID WINAPI QueryInterruptTime(PULONGLONG Time)
{
    *Time = ReadTime(&SHARED_DATA->InterruptTime);
}

/* ---- conversions ------------------------------------------------------------------------------------------------------------------ */

static void FieldsToSystemTime(const TIME_FIELDS *Fields, LPSYSTEMTIME Time)
{
    Time->wYear = (WORD)Fields->Year;
    Time->wMonth = (WORD)Fields->Month;
    Time->wDayOfWeek = (WORD)Fields->Weekday;
    Time->wDay = (WORD)Fields->Day;
    Time->wHour = (WORD)Fields->Hour;
    Time->wMinute = (WORD)Fields->Minute;
    Time->wSecond = (WORD)Fields->Second;
    Time->wMilliseconds = (WORD)Fields->Milliseconds;
}

BOOL WINAPI FileTimeToSystemTime(const FILETIME *FileTime, LPSYSTEMTIME Time)
{
    LARGE_INTEGER Value = {.QuadPart = FromFileTime(FileTime)};
    TIME_FIELDS Fields;

    if (Value.QuadPart < 0) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    RtlTimeToTimeFields(&Value, &Fields);
    FieldsToSystemTime(&Fields, Time);
    return TRUE;
}

BOOL WINAPI SystemTimeToFileTime(const SYSTEMTIME *Time, LPFILETIME FileTime)
{
    TIME_FIELDS Fields = {.Year = (SHORT)Time->wYear, .Month = (SHORT)Time->wMonth, .Day = (SHORT)Time->wDay, .Hour = (SHORT)Time->wHour,
                          .Minute = (SHORT)Time->wMinute, .Second = (SHORT)Time->wSecond, .Milliseconds = (SHORT)Time->wMilliseconds};
    LARGE_INTEGER Value;

    if (!RtlTimeFieldsToTime(&Fields, &Value)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    ToFileTime((ULONGLONG)Value.QuadPart, FileTime);
    return TRUE;
}

VOID WINAPI GetSystemTime(LPSYSTEMTIME Time)
{
    FILETIME FileTime;

    GetSystemTimeAsFileTime(&FileTime);
    FileTimeToSystemTime(&FileTime, Time);
}

VOID WINAPI GetLocalTime(LPSYSTEMTIME Time)
{
    FILETIME FileTime;

    ToFileTime(ReadTime(&SHARED_DATA->SystemTime) - (ULONGLONG)Bias(), &FileTime);
    FileTimeToSystemTime(&FileTime, Time);
}

BOOL WINAPI SetSystemTime(const SYSTEMTIME *Time)
{
    LARGE_INTEGER New;
    FILETIME FileTime;

    if (!SystemTimeToFileTime(Time, &FileTime)) {
        return FALSE;
    }
    New.QuadPart = FromFileTime(&FileTime);
    return BaseResult(NtSetSystemTime(&New, NULL));
}

BOOL WINAPI SetLocalTime(const SYSTEMTIME *Time)
{
    LARGE_INTEGER New;
    FILETIME FileTime;

    if (!SystemTimeToFileTime(Time, &FileTime)) {
        return FALSE;
    }
    New.QuadPart = FromFileTime(&FileTime) + Bias();
    return BaseResult(NtSetSystemTime(&New, NULL));
}

BOOL WINAPI FileTimeToLocalFileTime(const FILETIME *FileTime, LPFILETIME Local)
{
    ToFileTime((ULONGLONG)(FromFileTime(FileTime) - Bias()), Local);
    return TRUE;
}

BOOL WINAPI LocalFileTimeToFileTime(const FILETIME *Local, LPFILETIME FileTime)
{
    ToFileTime((ULONGLONG)(FromFileTime(Local) + Bias()), FileTime);
    return TRUE;
}

LONG WINAPI CompareFileTime(const FILETIME *First, const FILETIME *Second)
{
    ULONGLONG A = (ULONGLONG)FromFileTime(First), B = (ULONGLONG)FromFileTime(Second);

    return A < B ? -1 : A > B;
}

BOOL WINAPI FileTimeToDosDateTime(const FILETIME *FileTime, LPWORD Date, LPWORD Time)
{
    SYSTEMTIME System = {0};

    if (Date == NULL || Time == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (!FileTimeToSystemTime(FileTime, &System)) {
        return FALSE;
    }
    if (System.wYear < 1980 || System.wYear > 2107) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    *Date = (WORD)(((System.wYear - 1980) << 9) | (System.wMonth << 5) | System.wDay);
    *Time = (WORD)((System.wHour << 11) | (System.wMinute << 5) | (System.wSecond / 2));
    return TRUE;
}

BOOL WINAPI DosDateTimeToFileTime(WORD Date, WORD Time, LPFILETIME FileTime)
{
    SYSTEMTIME System = {.wYear = (WORD)((Date >> 9) + 1980), .wMonth = (Date >> 5) & 15, .wDay = Date & 31, .wHour = (WORD)(Time >> 11),
                         .wMinute = (Time >> 5) & 63, .wSecond = (WORD)((Time & 31) * 2)};

    return SystemTimeToFileTime(&System, FileTime);
}

/* ---- time zones ------------------------------------------------------------------------------------------------------------------- */

DWORD WINAPI GetTimeZoneInformation(LPTIME_ZONE_INFORMATION Zone)
{
    memset(Zone, 0, sizeof(*Zone));
    Zone->Bias = (LONG)(Bias() / MINUTE);
    wcscpy(Zone->StandardName, Zone->Bias == 0 ? L"Coordinated Universal Time" : L"Local Time");
    wcscpy(Zone->DaylightName, Zone->StandardName);
    return TIME_ZONE_ID_UNKNOWN; /* no daylight saving time */
}

DWORD WINAPI GetDynamicTimeZoneInformation(PDYNAMIC_TIME_ZONE_INFORMATION Zone)
{
    TIME_ZONE_INFORMATION Plain;
    DWORD Id = GetTimeZoneInformation(&Plain);

    memset(Zone, 0, sizeof(*Zone));
    memcpy(Zone, &Plain, sizeof(Plain));
    wcscpy(Zone->TimeZoneKeyName, Plain.Bias == 0 ? L"UTC" : L"");
    return Id;
}

BOOL WINAPI GetTimeZoneInformationForYear(USHORT Year, PDYNAMIC_TIME_ZONE_INFORMATION Dynamic, LPTIME_ZONE_INFORMATION Zone)
{
    UNUSED(Year);
    if (Dynamic != NULL) {
        memcpy(Zone, Dynamic, sizeof(*Zone));
    } else {
        GetTimeZoneInformation(Zone);
    }
    return TRUE;
}

/* The n-th weekday (5: the last) of the month of a transition, in local standard time of that year. */
static LONGLONG TransitionTime(const SYSTEMTIME *Rule, WORD Year)
{
    SYSTEMTIME Time = *Rule;
    FILETIME FileTime;

    Time.wYear = Year;
    if (Rule->wYear == 0) {
        Time.wDay = 1;
        SystemTimeToFileTime(&Time, &FileTime);
        FileTimeToSystemTime(&FileTime, &Time);
        WORD Day = (WORD)(1 + (Rule->wDayOfWeek - Time.wDayOfWeek + 7) % 7 + 7 * (Rule->wDay - 1));
        for (Time.wDay = Day; Time.wDay > 28 && !SystemTimeToFileTime(&Time, &FileTime);) {
            Time.wDay = (WORD)(Time.wDay - 7);
        }
    }
    return SystemTimeToFileTime(&Time, &FileTime) ? FromFileTime(&FileTime) : 0;
}

/*
 * The bias in force.  The rules are wall-clock times: daylight begins by the standard clock and ends by the daylight clock.  So a time on the wall is
 * compared as it is (the hour that comes twice counts as daylight, as on Windows), a universal time by the clock that each rule means.
 */
static LONG ZoneBias(const TIME_ZONE_INFORMATION *Zone, LONGLONG Time, BOOL Universal, WORD Year)
{
    if (Zone->StandardDate.wMonth == 0 || Zone->DaylightDate.wMonth == 0) {
        return Zone->Bias;
    }
    LONGLONG Begin = TransitionTime(&Zone->DaylightDate, Year), End = TransitionTime(&Zone->StandardDate, Year);
    if (Universal) {
        Begin += (LONGLONG)(Zone->Bias + Zone->StandardBias) * MINUTE;
        End += (LONGLONG)(Zone->Bias + Zone->DaylightBias) * MINUTE;
    }
    BOOL Daylight = Begin < End ? Time >= Begin && Time < End : Time >= Begin || Time < End;
    return Zone->Bias + (Daylight ? Zone->DaylightBias : Zone->StandardBias);
}

static BOOL ShiftTime(const TIME_ZONE_INFORMATION *Zone, const SYSTEMTIME *From, LPSYSTEMTIME To, BOOL ToLocal)
{
    TIME_ZONE_INFORMATION Current;
    SYSTEMTIME Local = *From;
    FILETIME FileTime;

    if (Zone == NULL) {
        GetTimeZoneInformation(&Current);
        Zone = &Current;
    }
    if (!SystemTimeToFileTime(From, &FileTime)) {
        return FALSE;
    }
    LONGLONG Time = FromFileTime(&FileTime);
    if (ToLocal) { /* the rules are those of the local year */
        ToFileTime((ULONGLONG)(Time - Zone->Bias * MINUTE), &FileTime);
        if (!FileTimeToSystemTime(&FileTime, &Local)) {
            return FALSE;
        }
    }
    LONGLONG Shift = ZoneBias(Zone, Time, ToLocal, Local.wYear) * MINUTE;
    ToFileTime((ULONGLONG)(ToLocal ? Time - Shift : Time + Shift), &FileTime);
    return FileTimeToSystemTime(&FileTime, To);
}

BOOL WINAPI SystemTimeToTzSpecificLocalTime(const TIME_ZONE_INFORMATION *Zone, const SYSTEMTIME *Universal, LPSYSTEMTIME Local)
{
    return ShiftTime(Zone, Universal, Local, TRUE);
}

BOOL WINAPI TzSpecificLocalTimeToSystemTime(const TIME_ZONE_INFORMATION *Zone, const SYSTEMTIME *Local, LPSYSTEMTIME Universal)
{
    return ShiftTime(Zone, Local, Universal, FALSE);
}

BOOL WINAPI GetSystemTimeAdjustment(PDWORD Adjustment, PDWORD Increment, PBOOL Disabled)
{
    *Adjustment = *Increment = 156250;
    *Disabled = TRUE;
    return TRUE;
}

BOOL WINAPI SetSystemTimeAdjustment(DWORD Adjustment, BOOL Disabled)
{
    UNUSED(Adjustment);
    UNUSED(Disabled);
    return BaseNotSupported("SetSystemTimeAdjustment");
}
