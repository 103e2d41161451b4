/* SPDX-License-Identifier: MIT */
/*
 * time.c - calendar and clock.  NT's time is a count of 100 ns since 1 January 1601, the first year of a 400-year cycle of the Gregorian
 * calendar, which makes the arithmetic plain.
 */
#include "rtlp.h"

#define TICKS_PER_MILLISECOND 10000LL
#define TICKS_PER_SECOND 10000000LL
#define SECONDS_PER_DAY 86400LL
#define DAYS_PER_400_YEARS 146097
#define DAYS_PER_100_YEARS 36524
#define DAYS_PER_4_YEARS 1461
#define SECONDS_1601_TO_1970 11644473600LL
#define SECONDS_1601_TO_1980 11960006400LL
#define LAST_YEAR 30827 /* the last whole year of a signed count */
#define MONDAY 1 /* 1 January 1601 */

static BOOLEAN IsLeapYear(LONG Year)
{
    return (Year % 4 == 0 && Year % 100 != 0) || Year % 400 == 0;
}

static LONG DaysBeforeMonth(LONG Month, BOOLEAN Leap)
{
    static const SHORT Days[13] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };
    return Days[Month] + (Leap && Month >= 2);
}

/* Days from 1601-01-01 to the first day of Year. */
static LONG64 DaysBeforeYear(LONG Year)
{
    LONG64 Years = Year - 1601;
    return Years * 365 + Years / 4 - Years / 100 + Years / 400;
}

VOID NTAPI RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS Fields)
{
    LONG64 Milliseconds = Time->QuadPart / TICKS_PER_MILLISECOND;
    LONG64 Days = Milliseconds / (SECONDS_PER_DAY * 1000);
    LONG Rest = (LONG)(Milliseconds % (SECONDS_PER_DAY * 1000));

    Fields->Milliseconds = (CSHORT)(Rest % 1000);
    Fields->Second = (CSHORT)(Rest / 1000 % 60);
    Fields->Minute = (CSHORT)(Rest / 60000 % 60);
    Fields->Hour = (CSHORT)(Rest / 3600000);
    Fields->Weekday = (CSHORT)((Days + MONDAY) % 7);

    LONG Cycle = (LONG)(Days / DAYS_PER_400_YEARS), Day = (LONG)(Days % DAYS_PER_400_YEARS);
    LONG Century = Day / DAYS_PER_100_YEARS < 4 ? Day / DAYS_PER_100_YEARS : 3;
    Day -= Century * DAYS_PER_100_YEARS;
    LONG Four = Day / DAYS_PER_4_YEARS;
    Day -= Four * DAYS_PER_4_YEARS;
    LONG One = Day / 365 < 4 ? Day / 365 : 3;
    Day -= One * 365;
    LONG Year = 1601 + Cycle * 400 + Century * 100 + Four * 4 + One;
    LONG Month = 0;
    while (Day >= DaysBeforeMonth(Month + 1, IsLeapYear(Year)))
        Month++;
    Fields->Year = (CSHORT)Year;
    Fields->Month = (CSHORT)(Month + 1);
    Fields->Day = (CSHORT)(Day - DaysBeforeMonth(Month, IsLeapYear(Year)) + 1);
}

BOOLEAN NTAPI RtlTimeFieldsToTime(PTIME_FIELDS Fields, PLARGE_INTEGER Time)
{
    if (Fields->Year < 1601 || Fields->Year > LAST_YEAR || Fields->Month < 1 || Fields->Month > 12 || Fields->Day < 1 || Fields->Hour < 0 ||
        Fields->Hour > 23 || Fields->Minute < 0 || Fields->Minute > 59 || Fields->Second < 0 || Fields->Second > 59 ||
        Fields->Milliseconds < 0 || Fields->Milliseconds > 999)
        return FALSE;
    BOOLEAN Leap = IsLeapYear(Fields->Year);
    LONG Before = DaysBeforeMonth(Fields->Month - 1, Leap);
    if (Before + Fields->Day > DaysBeforeMonth(Fields->Month, Leap))
        return FALSE;
    LONG64 Days = DaysBeforeYear(Fields->Year) + Before + Fields->Day - 1;
    LONG64 Seconds = Days * SECONDS_PER_DAY + Fields->Hour * 3600LL + Fields->Minute * 60LL + Fields->Second;
    Time->QuadPart = Seconds * TICKS_PER_SECOND + Fields->Milliseconds * TICKS_PER_MILLISECOND;
    return TRUE;
}

static BOOLEAN ToSeconds(PLARGE_INTEGER Time, LONG64 Origin, PULONG Seconds)
{
    LONG64 Elapsed = Time->QuadPart / TICKS_PER_SECOND - Origin;

    if (Time->QuadPart < 0 || Elapsed < 0 || Elapsed > MAXULONG)
        return FALSE;
    *Seconds = (ULONG)Elapsed;
    return TRUE;
}

BOOLEAN NTAPI RtlTimeToSecondsSince1970(PLARGE_INTEGER Time, PULONG Seconds)
{
    return ToSeconds(Time, SECONDS_1601_TO_1970, Seconds);
}

BOOLEAN NTAPI RtlTimeToSecondsSince1980(PLARGE_INTEGER Time, PULONG Seconds)
{
    return ToSeconds(Time, SECONDS_1601_TO_1980, Seconds);
}

VOID NTAPI RtlSecondsSince1970ToTime(ULONG Seconds, PLARGE_INTEGER Time)
{
    Time->QuadPart = (Seconds + SECONDS_1601_TO_1970) * TICKS_PER_SECOND;
}

VOID NTAPI RtlSecondsSince1980ToTime(ULONG Seconds, PLARGE_INTEGER Time)
{
    Time->QuadPart = (Seconds + SECONDS_1601_TO_1980) * TICKS_PER_SECOND;
}

/*
 * A cut-over rule (Year 0: the Day-th Weekday of Month, 5 meaning the last) or a fixed date, as time zones give it.
 * ThisYear FALSE: the next occurrence after Now.
 */
BOOLEAN NTAPI RtlCutoverTimeToSystemTime(PTIME_FIELDS Cutover, PLARGE_INTEGER SystemTime, PLARGE_INTEGER Now, BOOLEAN ThisYear)
{
    TIME_FIELDS Current, Date = *Cutover;
    LARGE_INTEGER First;

    if (Cutover->Year != 0)
        return RtlTimeFieldsToTime(&Date, SystemTime) && SystemTime->QuadPart >= Now->QuadPart;
    if (Cutover->Month < 1 || Cutover->Month > 12 || Cutover->Day < 1 || Cutover->Day > 5 || Cutover->Weekday < 0 ||
        Cutover->Weekday > 6)
        return FALSE;
    RtlTimeToTimeFields(Now, &Current);
    for (LONG Year = Current.Year;; Year++) {
        BOOLEAN Leap = IsLeapYear(Year);
        LONG Length = DaysBeforeMonth(Cutover->Month, Leap) - DaysBeforeMonth(Cutover->Month - 1, Leap);
        Date.Year = (CSHORT)Year;
        Date.Day = 1;
        if (!RtlTimeFieldsToTime(&Date, &First))
            return FALSE;
        RtlTimeToTimeFields(&First, &Current);
        LONG Day = 1 + (Cutover->Weekday - Current.Weekday + 7) % 7 + (Cutover->Day - 1) * 7;
        while (Day > Length)
            Day -= 7;
        Date.Day = (CSHORT)Day;
        if (!RtlTimeFieldsToTime(&Date, SystemTime))
            return FALSE;
        if (ThisYear || SystemTime->QuadPart >= Now->QuadPart)
            return TRUE;
    }
}
