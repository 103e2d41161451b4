/* SPDX-License-Identifier: MIT */
/*
 * test_string.c - counted strings, case, code pages, integers and GUIDs, time.
 */
#include "hosttest.h"

static UNICODE_STRING Str(const wchar_t *Text)
{
    UNICODE_STRING String;
    RtlInitUnicodeString(&String, Text);
    return String;
}

static void test_init_truncates_and_reports(void **State)
{
    (void)State;
    UNICODE_STRING String;
    wchar_t *Long = malloc(40000 * sizeof(wchar_t));
    for (int Index = 0; Index < 39999; Index++)
        Long[Index] = 'x';
    Long[39999] = 0;
    RtlInitUnicodeString(&String, Long);
    assert_true(String.Length <= 0xFFFC && String.MaximumLength == String.Length + 2);
    assert_status(RtlInitUnicodeStringEx(&String, Long), STATUS_NAME_TOO_LONG);
    free(Long);
    RtlInitUnicodeString(&String, NULL);
    assert_true(String.Length == 0 && String.MaximumLength == 0 && String.Buffer == NULL);
}

static void test_append_respects_the_maximum(void **State)
{
    (void)State;
    wchar_t Buffer[6];
    UNICODE_STRING String = { 0, sizeof Buffer, Buffer };
    assert_status(RtlAppendUnicodeToString(&String, L"abc"), STATUS_SUCCESS);
    assert_int_equal(Buffer[3], 0);
    assert_status(RtlAppendUnicodeToString(&String, L"def"), STATUS_SUCCESS);
    assert_int_equal(String.Length, 12);
    assert_status(RtlAppendUnicodeToString(&String, L"g"), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(String.Length, 12);
}

static void test_comparison_ignores_case_by_upper_case(void **State)
{
    (void)State;
    UNICODE_STRING Lower = Str(L"gr\x00FC\x00DF \x03B1\x0436"), Upper = Str(L"GR\x00DC\x00DF \x0391\x0416"), Other = Str(L"GR\x00DC");
    assert_true(RtlEqualUnicodeString(&Lower, &Upper, TRUE));
    assert_false(RtlEqualUnicodeString(&Lower, &Upper, FALSE));
    assert_true(RtlPrefixUnicodeString(&Other, &Lower, TRUE));
    assert_true(RtlCompareUnicodeString(&Other, &Lower, TRUE) < 0);
    UNICODE_STRING A = Str(L"a_"), B = Str(L"ab");
    assert_true(RtlCompareUnicodeString(&A, &B, TRUE) > 0); /* '_' is above 'B' */
    ULONG First, Second;
    RtlHashUnicodeString(&Lower, TRUE, 0, &First);
    RtlHashUnicodeString(&Upper, TRUE, 0, &Second);
    assert_int_equal(First, Second);
    RtlHashUnicodeString(&Lower, FALSE, 0, &First);
    assert_int_not_equal(First, Second);
}

static void test_case_of_single_characters(void **State)
{
    (void)State;
    static const wchar_t Pairs[][2] = { { 'a', 'A' }, { 0xE4, 0xC4 }, { 0xFF, 0x178 }, { 0x153, 0x152 }, { 0x3C9, 0x3A9 }, { 0x44F, 0x42F }, { 0x561, 0x531 } };
    for (size_t Index = 0; Index < RTLP_ARRAY_COUNT(Pairs); Index++) {
        assert_int_equal(RtlUpcaseUnicodeChar(Pairs[Index][0]), Pairs[Index][1]);
        assert_int_equal(RtlDowncaseUnicodeChar(Pairs[Index][1]), Pairs[Index][0]);
    }
    static const wchar_t Alone[] = { '1', 0xB5, 0xDF, 0x131, 0x17F, 0x4E00, 0xD800, 0xFFFF };
    for (size_t Index = 0; Index < RTLP_ARRAY_COUNT(Alone); Index++)
        assert_int_equal(RtlUpcaseUnicodeChar(Alone[Index]), Alone[Index]);
    assert_int_equal(RtlUpcaseUnicodeChar(0x3C2), 0x3A3);
}

static const struct { const char *Bytes; ULONG Size; const wchar_t *Units; NTSTATUS Status; } Utf8[] = {
    { "plain", 5, L"plain", STATUS_SUCCESS },
    { "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", 9, L"\x00E4\x20AC\xD83D\xDE00", STATUS_SUCCESS },
    { "a\x80z", 3, L"a\xFFFDz", STATUS_SOME_NOT_MAPPED },                      /* lone continuation */
    { "\xC0\xAF", 2, L"\xFFFD\xFFFD", STATUS_SOME_NOT_MAPPED },                /* overlong */
    { "\xE2\x82", 2, L"\xFFFD", STATUS_SOME_NOT_MAPPED },                      /* cut off */
    { "\xE2\x82zz", 4, L"\xFFFDzz", STATUS_SOME_NOT_MAPPED },
    { "\xED\xA0\x80", 3, L"\xFFFD\xFFFD\xFFFD", STATUS_SOME_NOT_MAPPED },      /* a surrogate */
    { "\xF4\x90\x80\x80", 4, L"\xFFFD\xFFFD\xFFFD\xFFFD", STATUS_SOME_NOT_MAPPED },
    { "\xFF\xFE", 2, L"\xFFFD\xFFFD", STATUS_SOME_NOT_MAPPED },
};

static void test_utf8_to_utf16(void **State)
{
    (void)State;
    for (size_t Index = 0; Index < RTLP_ARRAY_COUNT(Utf8); Index++) {
        wchar_t Buffer[16] = { 0 };
        ULONG Length;
        char *Exact = malloc(Utf8[Index].Size);
        memcpy(Exact, Utf8[Index].Bytes, Utf8[Index].Size);
        assert_status(RtlUTF8ToUnicodeN(Buffer, sizeof Buffer, &Length, Exact, Utf8[Index].Size), Utf8[Index].Status);
        assert_int_equal(Length, wcslen(Utf8[Index].Units) * 2);
        assert_memory_equal(Buffer, Utf8[Index].Units, Length);
        RtlUTF8ToUnicodeN(NULL, 0, &Length, Exact, Utf8[Index].Size);
        assert_int_equal(Length, wcslen(Utf8[Index].Units) * 2);
        free(Exact);
    }
}

static void test_short_buffers_cut_between_characters(void **State)
{
    (void)State;
    wchar_t Units[4] = { 9, 9, 9, 9 };
    char Bytes[4];
    ULONG Length;
    assert_status(RtlUTF8ToUnicodeN(Units, 4, &Length, "a\xF0\x9F\x98\x80", 5), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(Length, 2);
    assert_int_equal(Units[1], 9);
    assert_status(RtlMultiByteToUnicodeN(Units, 4, &Length, "abc", 3), STATUS_SUCCESS);
    assert_int_equal(Length, 4);
    assert_status(RtlUnicodeToUTF8N(Bytes, 3, &Length, L"a\x20AC", 4), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(Length, 1);
    assert_status(RtlUnicodeToUTF8N(Bytes, 4, &Length, L"\xD83D" L"x", 4), STATUS_SOME_NOT_MAPPED);
    assert_memory_equal(Bytes, "\xEF\xBF\xBDx", 4);
}

/* 1252 and 437: exact characters, best fits, what neither has; upper case within the page. */
static void test_code_pages(void **State)
{
    (void)State;
    static const wchar_t Text[] = L"\x20AC\x00E9\x0101\x2500\x4E00?";
    char Bytes[8];
    wchar_t Units[8];
    ULONG Length;
    assert_status(RtlUnicodeToMultiByteN(Bytes, sizeof Bytes, &Length, Text, 12), STATUS_SUCCESS);
    assert_int_equal(Length, 6);
    assert_memory_equal(Bytes, "\x80\xE9" "a???", 6);
    assert_status(RtlUnicodeToOemN(Bytes, sizeof Bytes, &Length, Text, 12), STATUS_SUCCESS);
    assert_memory_equal(Bytes, "?\x82" "a\xC4??", 6);
    assert_status(RtlUnicodeToOemN(Bytes, 3, &Length, Text, 12), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(Length, 3);
    assert_status(RtlUpcaseUnicodeToMultiByteN(Bytes, sizeof Bytes, &Length, L"\x00E9x\x00FF", 6), STATUS_SUCCESS);
    assert_memory_equal(Bytes, "\xC9X\x9F", 3);
    assert_status(RtlMultiByteToUnicodeN(Units, sizeof Units, &Length, "\x80\x81\xFF", 3), STATUS_SUCCESS);
    assert_memory_equal(Units, L"\x20AC\x0081\x00FF", 6);
    assert_status(RtlOemToUnicodeN(Units, sizeof Units, &Length, "\xE1\xB0", 2), STATUS_SUCCESS);
    assert_memory_equal(Units, L"\x00DF\x2591", 4);
}

static void test_ansi_strings(void **State)
{
    (void)State;
    STRING Ansi;
    UNICODE_STRING Unicode;
    RtlInitString(&Ansi, "Z\xFCrich");
    assert_status(RtlAnsiStringToUnicodeString(&Unicode, &Ansi, TRUE), STATUS_SUCCESS);
    assert_int_equal(Unicode.Length, 12);
    assert_int_equal(Unicode.MaximumLength, 14);
    assert_int_equal(Unicode.Buffer[6], 0);
    STRING Back;
    assert_status(RtlUnicodeStringToAnsiString(&Back, &Unicode, TRUE), STATUS_SUCCESS);
    assert_string_equal(Back.Buffer, "Z\xFCrich");
    RtlFreeAnsiString(&Back);
    RtlFreeUnicodeString(&Unicode);
    char Small[4];
    UNICODE_STRING Source = Str(L"abcdef");
    STRING Cut = { 0, sizeof Small, Small };
    assert_status(RtlUnicodeStringToAnsiString(&Cut, &Source, FALSE), STATUS_BUFFER_OVERFLOW);
    assert_string_equal(Small, "abc");
}

static void test_integers(void **State)
{
    (void)State;
    ULONG Value;
    wchar_t Buffer[12];
    UNICODE_STRING Text = Str(L" 0x1fG"), Result = { 0, sizeof Buffer, Buffer };
    assert_status(RtlUnicodeStringToInteger(&Text, 0, &Value), STATUS_SUCCESS);
    assert_int_equal(Value, 0x1F);
    Text = Str(L"-10");
    RtlUnicodeStringToInteger(&Text, 10, &Value);
    assert_int_equal(Value, (ULONG)-10);
    assert_status(RtlUnicodeStringToInteger(&Text, 7, &Value), STATUS_INVALID_PARAMETER);
    RtlCharToInteger("0b101", 0, &Value);
    assert_int_equal(Value, 5);
    assert_status(RtlIntegerToUnicodeString(0xBEEF, 16, &Result), STATUS_SUCCESS);
    assert_int_equal(wcscmp(Buffer, L"BEEF"), 0);
    Result.MaximumLength = 4;
    assert_status(RtlIntegerToUnicodeString(1000, 10, &Result), STATUS_BUFFER_OVERFLOW);
}

static void test_guids(void **State)
{
    (void)State;
    GUID Guid, Again;
    UNICODE_STRING Text = Str(L"{01234567-89ab-CDEF-0123-456789ABCDEF}"), Printed;
    assert_status(RtlGUIDFromString(&Text, &Guid), STATUS_SUCCESS);
    assert_int_equal(Guid.Data1, 0x01234567);
    assert_int_equal(Guid.Data4[7], 0xEF);
    assert_status(RtlStringFromGUID(&Guid, &Printed), STATUS_SUCCESS);
    assert_true(RtlEqualUnicodeString(&Text, &Printed, TRUE));
    assert_status(RtlGUIDFromString(&Printed, &Again), STATUS_SUCCESS);
    assert_memory_equal(&Guid, &Again, sizeof Guid);
    RtlFreeUnicodeString(&Printed);
    Text = Str(L"{01234567-89ab-CDEF-0123-456789ABCDEG}");
    assert_status(RtlGUIDFromString(&Text, &Guid), STATUS_INVALID_PARAMETER);
}

static void test_time_round_trips(void **State)
{
    (void)State;
    TIME_FIELDS Fields, Again;
    LARGE_INTEGER Time, Back;
    uint64_t Seed = 9;
    Time.QuadPart = 0;
    RtlTimeToTimeFields(&Time, &Fields);
    assert_true(Fields.Year == 1601 && Fields.Month == 1 && Fields.Day == 1 && Fields.Weekday == 1);
    RtlSecondsSince1970ToTime(951782400, &Time); /* 2000-02-29, a Tuesday */
    RtlTimeToTimeFields(&Time, &Fields);
    assert_true(Fields.Year == 2000 && Fields.Month == 2 && Fields.Day == 29 && Fields.Weekday == 2);
    for (int Round = 0; Round < 100000; Round++) {
        Time.QuadPart = (LONG64)(((uint64_t)NextRandom(&Seed) << 28 ^ NextRandom(&Seed)) % 0x0E00000000000000ULL) / 10000 * 10000;
        RtlTimeToTimeFields(&Time, &Fields);
        assert_true(RtlTimeFieldsToTime(&Fields, &Back));
        assert_int_equal(Time.QuadPart, Back.QuadPart);
        RtlTimeToTimeFields(&Back, &Again);
        assert_memory_equal(&Fields, &Again, sizeof Fields);
    }
    Fields = (TIME_FIELDS){ 2023, 2, 29, 0, 0, 0, 0, 0 };
    assert_false(RtlTimeFieldsToTime(&Fields, &Time));
    Fields = (TIME_FIELDS){ 2023, 13, 1, 0, 0, 0, 0, 0 };
    assert_false(RtlTimeFieldsToTime(&Fields, &Time));
    Fields = (TIME_FIELDS){ 2024, 12, 31, 23, 59, 59, 999, 0 };
    assert_true(RtlTimeFieldsToTime(&Fields, &Time));
    RtlTimeToTimeFields(&Time, &Again);
    assert_true(Again.Month == 12 && Again.Day == 31 && Again.Weekday == 2);
}

static void test_crc32(void **State)
{
    (void)State;
    assert_int_equal(RtlComputeCrc32(0, "123456789", 9), 0xCBF43926u);
    assert_int_equal(RtlComputeCrc32(RtlComputeCrc32(0, "1234", 4), "56789", 5), 0xCBF43926u);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(test_init_truncates_and_reports),
        cmocka_unit_test(test_append_respects_the_maximum),
        cmocka_unit_test(test_comparison_ignores_case_by_upper_case),
        cmocka_unit_test(test_case_of_single_characters),
        cmocka_unit_test(test_utf8_to_utf16),
        cmocka_unit_test(test_short_buffers_cut_between_characters),
        cmocka_unit_test(test_code_pages),
        cmocka_unit_test(test_ansi_strings),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_guids),
        cmocka_unit_test(test_time_round_trips),
        cmocka_unit_test(test_crc32),
    };
    return cmocka_run_group_tests_name("string", Tests, NULL, NULL);
}
