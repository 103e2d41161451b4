/* SPDX-License-Identifier: MIT */
/*
 * times.c - the forms of a time and their bounds: file times, fields, DOS dates, seconds; time zones with and without daylight saving, whose rules are
 * given here, so that the machine's own zone does not matter.
 */
#define _WIN32_WINNT 0x0A00
#include "native.h"
#include <string.h>
#include "win32.h"

typedef struct
{
    SHORT Year, Month, Day, Hour, Minute, Second, Milliseconds, Weekday;
} FIELDS;

NATIVE(RtlTimeToTimeFields, (PLARGE_INTEGER Time, FIELDS *Fields), (Time, Fields))
NATIVE(RtlTimeFieldsToTime, (FIELDS *Fields, PLARGE_INTEGER Time), (Fields, Time))
NATIVE(RtlTimeToSecondsSince1980, (PLARGE_INTEGER Time, PULONG Seconds), (Time, Seconds))
NATIVE(RtlSecondsSince1970ToTime, (ULONG Seconds, PLARGE_INTEGER Time), (Seconds, Time))
NATIVE(RtlSecondsSince1980ToTime, (ULONG Seconds, PLARGE_INTEGER Time), (Seconds, Time))
NATIVE(RtlCutoverTimeToSystemTime, (FIELDS *Cutover, PLARGE_INTEGER Time, PLARGE_INTEGER Now, BOOLEAN ThisYear), (Cutover, Time, Now, ThisYear))

static BOOL FieldsToTime(FIELDS Fields, LONGLONG *Time)
{
    LARGE_INTEGER Value = {.QuadPart = -1};
    BOOLEAN Good = (BOOLEAN)RtlTimeFieldsToTime(&Fields, &Value);

    *Time = Value.QuadPart;
    return Good;
}

static void NativeFields(void)
{
    static const FIELDS Bad[] = {{1600, 12, 31}, {2025, 0, 1}, {2025, 13, 1}, {2025, 1, 0}, {2025, 2, 29}, {1900, 2, 29}, {2025, 4, 31}, {2025, 1, 1, 24},
                                 {2025, 1, 1, 0, 60}, {2025, 1, 1, 0, 0, 60}, {2025, 1, 1, 0, 0, 0, 1000}, {2025, 1, 1, -1}, {30828, 1, 1}};
    LONGLONG Time;
    int Refused = 0;

    Ok(FieldsToTime((FIELDS){1601, 1, 1}, &Time) && Time == 0, "1601 is zero");
    Ok(FieldsToTime((FIELDS){1970, 1, 1}, &Time) && Time == 116444736000000000, "1970");
    Ok(FieldsToTime((FIELDS){2000, 2, 29, 23, 59, 59, 999}, &Time) && Time == 125963423999990000, "a leap day");
    Ok(FieldsToTime((FIELDS){30827, 12, 31, 23, 59, 59, 999}, &Time) && Time > 0, "the last year");
    for (int i = 0; i < (int)(sizeof(Bad) / sizeof(*Bad)); i++) {
        Refused += !FieldsToTime(Bad[i], &Time);
    }
    Is((unsigned)Refused, 13, "dates that are none");
    FIELDS Fields;
    RtlTimeToTimeFields(&(LARGE_INTEGER){.QuadPart = 125963423999990000}, &Fields);
    Ok(Fields.Year == 2000 && Fields.Month == 2 && Fields.Day == 29 && Fields.Hour == 23 && Fields.Milliseconds == 999 && Fields.Weekday == 2, "and back");
    RtlTimeToTimeFields(&(LARGE_INTEGER){.QuadPart = 0x7FFFFFFFFFFFFFFF}, &Fields);
    Ok(Fields.Year == 30828 && Fields.Month == 9 && Fields.Day == 14 && Fields.Hour == 2 && Fields.Milliseconds == 477, "the end of time");
}

static void Seconds(void)
{
    BOOLEAN(NTAPI * Since1970)(PLARGE_INTEGER, PULONG) = (void *)GetProcAddress(GetModuleHandleA("ntdll"), "RtlTimeToSecondsSince1970");
    LARGE_INTEGER Time;
    ULONG Count = 77;

    RtlSecondsSince1970ToTime(0xFFFFFFFF, &Time);
    Ok(Time.QuadPart == 159394408950000000 && Since1970(&Time, &Count) && Count == 0xFFFFFFFF, "seconds since 1970 end in 2106");
    Time.QuadPart += 10000000;
    Ok(!Since1970(&Time, &Count), "not later");
    Time.QuadPart = 116444735999999999;
    Ok(!Since1970(&Time, &Count), "nor before");
    RtlSecondsSince1980ToTime(1, &Time);
    Ok(Time.QuadPart == 119600064010000000 && (BOOLEAN)RtlTimeToSecondsSince1980(&Time, &Count) && Count == 1, "seconds since 1980");
}

static void FileTimes(void)
{
    SYSTEMTIME Time = {30827, 12, 0, 31, 23, 59, 59, 999};
    FILETIME File = {0, 0x80000000}, Local;

    Ok(SystemTimeToFileTime(&Time, &File), "the last year");
    Time.wYear = 30828;
    Fails(SystemTimeToFileTime(&Time, &File), ERROR_INVALID_PARAMETER, "the year after");
    Time = (SYSTEMTIME){1600, 12, 0, 31, 0, 0, 0, 0};
    Fails(SystemTimeToFileTime(&Time, &File), ERROR_INVALID_PARAMETER, "before 1601");
    Time = (SYSTEMTIME){2024, 2, 5, 29, 0, 0, 0, 0};
    Ok(SystemTimeToFileTime(&Time, &File) && FileTimeToSystemTime(&File, &Time) && Time.wDayOfWeek == 4, "the day of the week is not read, but given");
    File = (FILETIME){0, 0x80000000};
    Fails(FileTimeToSystemTime(&File, &Time), ERROR_INVALID_PARAMETER, "a negative time");
    File = (FILETIME){0xFFFFFFFF, 0x7FFFFFFF};
    Ok(FileTimeToSystemTime(&File, &Time) && Time.wYear == 30828, "the end of time");
    File = (FILETIME){0, 0x01D00000};
    FILETIME Back;
    Ok(FileTimeToLocalFileTime(&File, &Local) && LocalFileTimeToFileTime(&Local, &Back) && CompareFileTime(&File, &Back) == 0, "local and back");
    Ok(CompareFileTime(&(FILETIME){1, 0}, &(FILETIME){0, 1}) == -1 && CompareFileTime(&(FILETIME){0, 0x80000000}, &(FILETIME){0, 1}) == 1,
       "CompareFileTime knows no sign");
}

static void DosTimes(void)
{
    SYSTEMTIME Time = {2026, 3, 0, 7, 13, 45, 31, 900};
    FILETIME File;
    WORD Date = 0, Clock = 0;

    SystemTimeToFileTime(&Time, &File);
    Ok(FileTimeToDosDateTime(&File, &Date, &Clock) && Date == (46 << 9 | 3 << 5 | 7) && Clock == (13 << 11 | 45 << 5 | 15), "a DOS date");
    Ok(DosDateTimeToFileTime(Date, Clock, &File) && FileTimeToSystemTime(&File, &Time) && Time.wSecond == 30 && Time.wDay == 7, "in steps of two seconds");
    SystemTimeToFileTime(&(SYSTEMTIME){1979, 12, 0, 31, 0, 0, 0, 0}, &File);
    Fails(FileTimeToDosDateTime(&File, &Date, &Clock), ERROR_INVALID_PARAMETER, "before 1980");
    SystemTimeToFileTime(&(SYSTEMTIME){2108, 1, 0, 1, 0, 0, 0, 0}, &File);
    Fails(FileTimeToDosDateTime(&File, &Date, &Clock), ERROR_INVALID_PARAMETER, "after 2107");
    Fails(FileTimeToDosDateTime(&File, NULL, &Clock), ERROR_INVALID_PARAMETER, "nowhere to put the date");
    Fails(DosDateTimeToFileTime(0, 0, &File), ERROR_INVALID_PARAMETER, "month 0");
    Fails(DosDateTimeToFileTime(46 << 9 | 2 << 5 | 30, 0, &File), ERROR_INVALID_PARAMETER, "30 February");
    Fails(DosDateTimeToFileTime(46 << 9 | 2 << 5 | 1, 24 << 11, &File), ERROR_INVALID_PARAMETER, "24 o'clock");
}

/* ---- zones ----------------------------------------------------------------------------------------------------------------------------------- */

/* Central Europe, the east of Australia, and one whose rules are dates. */
static const TIME_ZONE_INFORMATION Berlin = {.Bias = -60, .DaylightBias = -60,
    .StandardDate = {0, 10, 0, 5, 3, 0, 0, 0}, .DaylightDate = {0, 3, 0, 5, 2, 0, 0, 0}};
static const TIME_ZONE_INFORMATION Sydney = {.Bias = -600, .DaylightBias = -60,
    .StandardDate = {0, 4, 0, 1, 3, 0, 0, 0}, .DaylightDate = {0, 10, 0, 1, 2, 0, 0, 0}};
static const TIME_ZONE_INFORMATION Dated = {.Bias = 300, .DaylightBias = -60,
    .StandardDate = {2026, 11, 0, 1, 2, 0, 0, 0}, .DaylightDate = {2026, 3, 0, 8, 2, 0, 0, 0}};

/* 2026, month, day, hour, minute, universal -> local day, hour */
static void ToLocal(const TIME_ZONE_INFORMATION *Zone, WORD Month, WORD Day, WORD Hour, WORD LocalDay, WORD LocalHour, const char *What)
{
    SYSTEMTIME Universal = {2026, Month, 0, Day, Hour, 0, 0, 0}, Local = {0};

    if (!Ok(SystemTimeToTzSpecificLocalTime((PVOID)Zone, &Universal, &Local) && Local.wDay == LocalDay && Local.wHour == LocalHour, "%s", What)) {
        printf("#   %u, %u:%02u\n", Local.wDay, Local.wHour, Local.wMinute);
    }
}

static void ToUniversal(const TIME_ZONE_INFORMATION *Zone, WORD Month, WORD Day, WORD Hour, WORD OtherDay, WORD OtherHour, const char *What)
{
    SYSTEMTIME Local = {2026, Month, 0, Day, Hour, 0, 0, 0}, Universal = {0};

    if (!Ok(TzSpecificLocalTimeToSystemTime((PVOID)Zone, &Local, &Universal) && Universal.wDay == OtherDay && Universal.wHour == OtherHour, "%s", What)) {
        printf("#   %u, %u:%02u\n", Universal.wDay, Universal.wHour, Universal.wMinute);
    }
}

static void Zones(void)
{
    ToLocal(&Berlin, 3, 29, 0, 29, 1, "before daylight saving");
    ToLocal(&Berlin, 3, 29, 1, 29, 3, "from 2 to 3 o'clock");
    ToLocal(&Berlin, 10, 25, 0, 25, 2, "its last hour");
    ToLocal(&Berlin, 10, 25, 1, 25, 2, "the same hour again");
    ToLocal(&Berlin, 10, 25, 2, 25, 3, "and on");
    ToLocal(&Berlin, 12, 31, 23, 1, 0, "into the next year");
    ToUniversal(&Berlin, 3, 29, 1, 29, 0, "before daylight saving");
    ToUniversal(&Berlin, 3, 29, 3, 29, 1, "after its begin");
    ToUniversal(&Berlin, 10, 25, 2, 25, 0, "the hour that comes twice is the first of both");
    ToUniversal(&Berlin, 10, 25, 3, 25, 2, "after its end");
    ToLocal(&Sydney, 1, 1, 0, 1, 11, "summer in January");
    ToLocal(&Sydney, 7, 1, 0, 1, 10, "winter in July");
    ToLocal(&Sydney, 4, 4, 15, 5, 2, "its last hour");
    ToLocal(&Sydney, 4, 4, 16, 5, 2, "the same hour again");
    ToUniversal(&Sydney, 4, 5, 3, 4, 17, "after its end");
    ToUniversal(&Sydney, 10, 4, 3, 3, 16, "after its begin");
    ToLocal(&Dated, 3, 8, 6, 8, 1, "rules with a year");
    ToLocal(&Dated, 3, 8, 7, 8, 3, "are dates");
}

static void Cutover(void)
{
    LARGE_INTEGER Now = {.QuadPart = 0}, Time;
    FIELDS Rule = {0, 3, 5, 2, 0, 0, 0, 0}; /* the last Sunday of March, 2 o'clock */
    LONGLONG Expected;

    FieldsToTime((FIELDS){2026, 6, 1}, &Now.QuadPart);
    FieldsToTime((FIELDS){2026, 3, 29, 2}, &Expected);
    Ok((BOOLEAN)RtlCutoverTimeToSystemTime(&Rule, &Time, &Now, TRUE) && Time.QuadPart == Expected, "RtlCutoverTimeToSystemTime: this year's");
    FieldsToTime((FIELDS){2027, 3, 28, 2}, &Expected);
    Ok((BOOLEAN)RtlCutoverTimeToSystemTime(&Rule, &Time, &Now, FALSE) && Time.QuadPart == Expected, "the next one");
    Rule.Month = 13;
    Ok(!(BOOLEAN)RtlCutoverTimeToSystemTime(&Rule, &Time, &Now, TRUE), "a rule that is none");
}

/* The machine's own zone: what each call says of it agrees. */
static void OwnZone(void)
{
    TIME_ZONE_INFORMATION Zone, ForYear;
    DYNAMIC_TIME_ZONE_INFORMATION Dynamic;
    SYSTEMTIME Universal, Local, ByRule;
    DWORD Id = GetTimeZoneInformation(&Zone);

    Ok(Id <= TIME_ZONE_ID_DAYLIGHT && Zone.StandardName[0] != 0, "GetTimeZoneInformation");
    Ok(GetDynamicTimeZoneInformation(&Dynamic) == Id && Dynamic.Bias == Zone.Bias && Dynamic.TimeZoneKeyName[0] != 0, "GetDynamicTimeZoneInformation");
    Ok(memcmp(&Dynamic, &Zone, sizeof(Zone)) == 0, "begins with the same");
    Ok(GetTimeZoneInformationForYear(2026, &Dynamic, &ForYear) && ForYear.Bias == Zone.Bias, "GetTimeZoneInformationForYear");
    Ok(GetTimeZoneInformationForYear(2026, NULL, &ForYear) && ForYear.Bias == Zone.Bias, "of the current zone");
    FILETIME File = {0, 0x01DC0000}, LocalFile;
    FileTimeToSystemTime(&File, &Universal);
    SystemTimeToTzSpecificLocalTime(NULL, &Universal, &ByRule);
    SystemTimeToTzSpecificLocalTimeEx(&Dynamic, &Universal, &Local);
    Ok(memcmp(&ByRule, &Local, sizeof(Local)) == 0, "the zone by default is the machine's");
    Ok(TzSpecificLocalTimeToSystemTimeEx(NULL, &Local, &ByRule) && memcmp(&ByRule, &Universal, sizeof(Universal)) == 0, "and back");
    FileTimeToLocalFileTime(&File, &LocalFile);
    LONGLONG Bias = (LONGLONG)((ULONGLONG)File.dwHighDateTime << 32 | File.dwLowDateTime) -
                    (LONGLONG)((ULONGLONG)LocalFile.dwHighDateTime << 32 | LocalFile.dwLowDateTime);
    LONG Now = Zone.Bias + (Id == TIME_ZONE_ID_DAYLIGHT ? Zone.DaylightBias : Id == TIME_ZONE_ID_STANDARD ? Zone.StandardBias : 0);
    Is((ULONGLONG)(Bias / 600000000), (ULONGLONG)(LONGLONG)Now, "file times go by today's bias");
}

int main(void)
{
    NativeFields();
    Seconds();
    FileTimes();
    DosTimes();
    Zones();
    Cutover();
    OwnZone();
    return Done();
}
