/* SPDX-License-Identifier: MIT */
/*
 * fattime.c - the dates of directory entries: from 1980 to 2107, in 2 s (a creation time in 10 ms), in local time, which is the only one here.
 */
#include "fatdisk.h"

#define DAYS_TO_1980 138426 /* from 1601-01-01 */
#define TICKS_PER_SECOND 10000000
#define SECONDS_PER_DAY 86400
#define YEARS 128u

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

int FatNtTimeToTime(int64_t NtTime, int RoundUp, uint16_t *Date, uint16_t *Time, uint8_t *Tenths)
{
    int64_t Ticks = RoundUp ? NtTime + 2 * TICKS_PER_SECOND - 1 : NtTime;
    int64_t Days = Ticks / TICKS_PER_SECOND / SECONDS_PER_DAY;
    uint32_t Year = 0, Month = 11;

    if (NtTime < 0 || Ticks < NtTime || Days < DAYS_TO_1980 || Days >= DaysBeforeYear(YEARS))
        return 0;
    Year = (uint32_t)((Days - DAYS_TO_1980) / 366);
    while (Days >= DaysBeforeYear(Year + 1))
        Year++;
    uint32_t Day = (uint32_t)(Days - DaysBeforeYear(Year)), Leap = 0;
    while (Day < DaysBefore[Month] + (uint32_t)(Month > 1 && IsLeap(Year)))
        Month--;
    Leap = Month > 1 && IsLeap(Year);
    uint32_t Second = (uint32_t)(Ticks / TICKS_PER_SECOND % SECONDS_PER_DAY);
    *Date = (uint16_t)(Year << 9 | (Month + 1) << 5 | (Day - DaysBefore[Month] - Leap + 1));
    *Time = (uint16_t)(Second / 3600 << 11 | Second / 60 % 60 << 5 | Second % 60 / 2);
    *Tenths = RoundUp ? 0 : (uint8_t)(Second % 2 * 100 + (uint32_t)(Ticks % TICKS_PER_SECOND / (TICKS_PER_SECOND / 100)));
    return 1;
}

int64_t FatRoundTime(int64_t NtTime, FAT_TIME_KIND Kind)
{
    uint16_t Date, Time;
    uint8_t Tenths;

    if (!FatNtTimeToTime(NtTime, 0, &Date, &Time, &Tenths))
        return NtTime;
    return FatTimeToNtTime(Date, Kind == FAT_LAST_ACCESS ? 0 : Time, Kind == FAT_CREATION ? Tenths : 0);
}
