/* SPDX-License-Identifier: MIT */
/*
 * fattime.c - the dates of directory entries: from 1980 to 2107, in 2 s (a creation time in 10 ms), in local time, which is the only one here.
 */
#include "fatdisk.h"

#define DAYS_TO_1980 138426 /* from 1601-01-01 */
#define TICKS_PER_SECOND 10000000
#define SECONDS_PER_DAY 86400
#define YEARS 128u
#define DAYS_OF_FOUR_YEARS 1461u

static const uint16_t DaysBefore[12] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };

/* Years count from 1980; every fourth is a leap year, but for 2100. */
static int IsLeap(uint32_t Year)
{
    return Year % 4 == 0 && Year != 120;
}

static int64_t DaysBeforeYear(uint32_t Year)
{
    return DAYS_TO_1980 + Year * 365 + (Year + 3) / 4 - (Year > 120);
}

int64_t FatTimeToNtTime(uint16_t Date, uint16_t Time, uint8_t Tenths)
{
    uint32_t Year = Date >> 9, Month = Date >> 5 & 15, Day = Date & 31;

    if (Month < 1 || Month > 12 || Day < 1 || Tenths > 199)
        return 0;
    int64_t Days = DaysBeforeYear(Year) + DaysBefore[Month - 1] + Day - 1;
    if (Month > 2 && IsLeap(Year))
        Days++;
    int64_t Seconds = (Time >> 11) * 3600 + (Time >> 5 & 63) * 60 + (Time & 31) * 2;
    return ((Days * SECONDS_PER_DAY + Seconds) * 100 + Tenths) * (TICKS_PER_SECOND / 100);
}

/*
 * Date field of a day counted from 1980-01-01.  With a 29th of February in every year, 2100 too, all years and their months would be alike; so the days
 * that do not exist are counted in, and no loop is needed.
 */
static uint16_t DateOfDay(uint32_t Day)
{
    static const uint16_t Before[13] = { 0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366 };

    if (Day >= (uint32_t)(DaysBeforeYear(120) - DAYS_TO_1980) + 59)
        Day++; /* 2100-02-29 */
    uint32_t Cycle = Day / DAYS_OF_FOUR_YEARS, Rest = Day % DAYS_OF_FOUR_YEARS, Year = Rest == 0 ? 0 : (Rest - 1) / 365;
    if (Year != 0) {
        Rest -= Year * 365 + 1;
        if (Rest >= 59)
            Rest++; /* no leap year */
    }
    uint32_t Month = Rest / 31;
    if (Rest >= Before[Month + 1])
        Month++;
    return (uint16_t)((Cycle * 4 + Year) << 9 | (Month + 1) << 5 | (Rest - Before[Month] + 1));
}

int FatNtTimeToTime(int64_t NtTime, int RoundUp, uint16_t *Date, uint16_t *Time, uint8_t *Tenths)
{
    int64_t Ticks = RoundUp ? NtTime + 2 * TICKS_PER_SECOND - 1 : NtTime;

    if (NtTime < 0 || Ticks < NtTime)
        return 0;
    uint64_t Hundredths = (uint64_t)Ticks / (TICKS_PER_SECOND / 100);
    uint64_t Seconds = Hundredths / 100, Days = Seconds / SECONDS_PER_DAY;
    if (Days < DAYS_TO_1980 || Days >= (uint64_t)DaysBeforeYear(YEARS))
        return 0;
    uint32_t Second = (uint32_t)(Seconds % SECONDS_PER_DAY);
    *Date = DateOfDay((uint32_t)(Days - DAYS_TO_1980));
    *Time = (uint16_t)(Second / 3600 << 11 | Second / 60 % 60 << 5 | Second % 60 / 2);
    *Tenths = RoundUp ? 0 : (uint8_t)(Second % 2 * 100 + (uint32_t)(Hundredths % 100));
    return 1;
}

/* What an entry can hold of it; both calendars begin with a day, so no calendar is needed. */
int64_t FatRoundTime(int64_t NtTime, FAT_TIME_KIND Kind)
{
    const int64_t Day = (int64_t)SECONDS_PER_DAY * TICKS_PER_SECOND;

    if (NtTime < DAYS_TO_1980 * Day || NtTime >= DaysBeforeYear(YEARS) * Day)
        return NtTime;
    switch (Kind) {
    case FAT_CREATION:
        return NtTime - NtTime % (TICKS_PER_SECOND / 100);
    case FAT_LAST_WRITE:
        return NtTime - NtTime % (2 * TICKS_PER_SECOND);
    default:
        return NtTime - NtTime % Day;
    }
}
