/* SPDX-License-Identifier: MIT */
/*
 * test_crt.c - memory, strings, numbers and printf of the run-time library; the host's C library (by its own names) is the judge where it can be.
 */
#include "hosttest.h"

static char Text[512];
static wchar_t Wide[512];

static const char *Format(const char *Spec, ...)
{
    va_list List;
    va_start(List, Spec);
    _vsnprintf(Text, sizeof Text, Spec, List);
    va_end(List);
    return Text;
}

/* The wide result as UTF-8. */
static const char *FormatWide(const wchar_t *Spec, ...)
{
    va_list List;
    ULONG Length;
    va_start(List, Spec);
    int Units = _vsnwprintf(Wide, RTLP_ARRAY_COUNT(Wide), Spec, List);
    va_end(List);
    RtlUnicodeToUTF8N(Text, sizeof Text, &Length, Wide, (ULONG)Units * 2);
    Text[Length] = 0;
    return Text;
}

static void test_copies_of_all_sizes_and_overlaps(void **State)
{
    (void)State;
    for (int Size = 0; Size < 80; Size++) {
        for (int Shift = -20; Shift <= 20; Shift++) {
            unsigned char Ours[160], Expected[160];
            for (int Index = 0; Index < 160; Index++)
                Ours[Index] = Expected[Index] = (unsigned char)(Index * 7 + Size);
            memmove(Ours + 40 + Shift, Ours + 40, (size_t)Size);
            (__builtin_memmove)(Expected + 40 + Shift, Expected + 40, (size_t)Size);
            assert_memory_equal(Ours, Expected, 160);
        }
        unsigned char From[80], To[96], Filled[96];
        for (int Index = 0; Index < 80; Index++)
            From[Index] = (unsigned char)(Index ^ 0x5A);
        memset(To, 0xEE, sizeof To);
        memcpy(To + 8, From, (size_t)Size);
        for (int Index = 0; Index < 96; Index++)
            assert_int_equal(To[Index], Index >= 8 && Index < 8 + Size ? From[Index - 8] : 0xEE);
        memset(Filled, 1, sizeof Filled);
        memset(Filled + 3, 0x9C, (size_t)Size);
        for (int Index = 0; Index < 96; Index++)
            assert_int_equal(Filled[Index], Index >= 3 && Index < 3 + Size ? 0x9C : 1);
    }
}

static void test_memcmp_orders_by_first_difference(void **State)
{
    (void)State;
    unsigned char Left[32] = { 0 }, Right[32] = { 0 };
    assert_int_equal(memcmp(Left, Right, 32), 0);
    for (int At = 0; At < 32; At++) {
        Left[At] = 1;
        Right[31] = 0xFF;
        assert_int_equal(memcmp(Left, Right, 31), At < 31 ? 1 : 0);
        Left[At] = 0;
        Right[31] = 0;
    }
    Left[3] = 0x80;
    assert_true(memcmp(Left, Right, 32) > 0);
}

static void test_strings(void **State)
{
    (void)State;
    char Buffer[16];
    assert_int_equal(strlen("hello"), 5);
    assert_int_equal(strnlen("hello", 3), 3);
    assert_true(strcmp("abc", "abd") < 0 && strcmp("b", "abc") > 0 && strcmp("x", "x") == 0 && strcmp("\xFF", "a") > 0);
    assert_int_equal(_stricmp("MixedCase", "mIXEDcASE"), 0);
    assert_string_equal(strchr("a.b.c", '.'), ".b.c");
    assert_string_equal(strrchr("a.b.c", '.'), ".c");
    assert_null(strchr("abc", 'x'));
    assert_string_equal(strstr("hello world", "o w"), "o world");
    assert_null(strstr("hello", "hex"));
    strncpy(Buffer, "ab", 5);
    assert_memory_equal(Buffer, "ab\0\0\0", 5);
    strcpy(Buffer, "12");
    strncat(Buffer, "3456", 2);
    assert_string_equal(Buffer, "1234");
    assert_int_equal(strspn("aabbc", "ab"), 4);
    assert_int_equal(strcspn("aabbc", "c"), 4);
    assert_int_equal(_wcsicmp(L"KERNEL32.dll", L"kernel32.DLL"), 0);
    assert_true(wcscmp(L"a", L"b") < 0);
    assert_int_equal(wcslen(wcsrchr(L"a\\b\\cd", '\\')), 3);
    assert_int_equal(wcslen(wcsstr(L"xxyz", L"yz")), 2);
}

static void test_lengths_at_every_alignment(void **State)
{
    (void)State;
    for (size_t Start = 0; Start < 16; Start++) {
        for (size_t Length = 0; Length < 40; Length++) {
            char *Narrow = malloc(Start + Length + 1);
            wchar_t *Units = malloc((Start + Length + 1) * sizeof(wchar_t));
            memset(Narrow, 0x80, Start + Length);
            for (size_t Index = 0; Index < Start + Length; Index++)
                Units[Index] = Index % 3 == 0 ? 0x8000 : Index % 3 == 1 ? 0x0100 : 0x0001;
            Narrow[Start + Length] = 0;
            Units[Start + Length] = 0;
            assert_int_equal(strlen(Narrow + Start), Length);
            assert_int_equal(wcslen(Units + Start), Length);
            free(Narrow);
            free(Units);
        }
    }
}

static void test_numbers_from_text(void **State)
{
    (void)State;
    char *End;
    assert_int_equal(strtoul("  0x1Fz", &End, 0), 0x1F);
    assert_string_equal(End, "z");
    assert_int_equal(strtoul("077", NULL, 0), 63);
    assert_int_equal(strtol("-12x", &End, 10), -12);
    assert_string_equal(End, "x");
    assert_int_equal((ULONG)strtoul("99999999999", NULL, 10), 0xFFFFFFFFu);
    assert_int_equal(strtol("-99999999999", NULL, 10), -0x7FFFFFFF - 1);
    assert_int_equal(strtol("zz", &End, 10), 0);
    assert_string_equal(End, "zz");
    assert_int_equal(_strtoui64("FFFFFFFFFFFFFFFF", NULL, 16), 0xFFFFFFFFFFFFFFFFULL);
    assert_int_equal(wcstoul(L"0x", NULL, 16), 0);
    assert_string_equal(_itoa(-5, Text, 10), "-5");
    assert_string_equal(_itoa(-1, Text, 16), "ffffffff");
    assert_string_equal(_ui64toa(0xFFFFFFFFFFFFFFFFULL, Text, 2), "1111111111111111111111111111111111111111111111111111111111111111");
}

static void test_printf_numbers_like_the_host(void **State)
{
    (void)State;
    static const char *const Specs[] = { "%d", "%5d", "%-5d|", "%05d", "%+d", "% d", "%.3d", "%8.3d", "%-8.3d|", "%u", "%x", "%#x", "%X", "%#010x",
                                         "%o", "%#o", "%hd", "%hu", "%hhd", "%hhx", "%.0d", "%i" };
    static const int Values[] = { 0, 1, -1, 42, -12345, 0x7FFFFFFF, -0x7FFFFFFF - 1, 255, 65536 };
    for (size_t Spec = 0; Spec < RTLP_ARRAY_COUNT(Specs); Spec++) {
        for (size_t Value = 0; Value < RTLP_ARRAY_COUNT(Values); Value++) {
            char Expected[64];
            snprintf(Expected, sizeof Expected, Specs[Spec], Values[Value]);
            if (__builtin_strcmp(Expected, Format(Specs[Spec], Values[Value])) != 0)
                print_error("%s of %d\n", Specs[Spec], Values[Value]);
            assert_string_equal(Format(Specs[Spec], Values[Value]), Expected);
        }
    }
}

static void test_printf_microsoft_extensions(void **State)
{
    (void)State;
    UNICODE_STRING Counted;
    STRING Narrow;
    RtlInitUnicodeString(&Counted, L"\\Device\\\x00E4");
    RtlInitString(&Narrow, "counted");
    assert_string_equal(Format("%I64x %I32d %Iu", 0x123456789ABCDEFULL, -3, (SIZE_T)7), "123456789abcdef -3 7");
    assert_string_equal(Format("%llu %lld", 18446744073709551615ULL, -9223372036854775807LL - 1), "18446744073709551615 -9223372036854775808");
    assert_string_equal(Format("%p", (void *)0x1234ABCDULL), "000000001234ABCD");
    assert_string_equal(Format("%s|%S|%ls|%ws|%hs", "narrow", L"wide", L"w\x20AC", L"x", "y"), "narrow|wide|w\xE2\x82\xAC|x|y");
    assert_string_equal(Format("%wZ [%Z] %10Z|%-10Z|", &Counted, &Narrow, &Narrow, &Narrow), "\\Device\\\xC3\xA4 [counted]    counted|counted   |");
    assert_string_equal(Format("%c%C%lc%%", 'a', L'b', L'\x20AC'), "ab\xE2\x82\xAC%");
    assert_string_equal(Format("%.3s|%5.1s|%-4s|", "abcdef", "xyz", "q"), "abc|    x|q   |");
    assert_string_equal(Format("%s %S", (char *)NULL, (wchar_t *)NULL), "(null) (null)");
    assert_string_equal(Format("%*d %-*d| %.*s", 4, 7, 3, 8, 2, "abc"), "   7 8  | ab");
    assert_string_equal(FormatWide(L"%s %S %hs %ls %d %wZ", L"wide", "narrow", "h", L"l", 5, &Counted), "wide narrow h l 5 \\Device\\\xC3\xA4");
    assert_string_equal(Format("%08lX %lu", 0xC0000005, 4000000000u), "C0000005 4000000000");
}

static void test_printf_bounds(void **State)
{
    (void)State;
    char *Buffer = malloc(4);
    assert_int_equal(_snprintf(Buffer, 4, "%d", 123), 3);
    assert_string_equal(Buffer, "123");
    assert_int_equal(_snprintf(Buffer, 4, "%d", 1234), 4);
    assert_memory_equal(Buffer, "1234", 4);
    assert_int_equal(_snprintf(Buffer, 4, "%d", 12345), -1);
    assert_memory_equal(Buffer, "1234", 4);
    assert_int_equal(_snprintf_s(Buffer, 4, SIZE_MAX, "%s", "abcdef"), -1);
    assert_string_equal(Buffer, "abc");
    assert_int_equal(_snprintf_s(Buffer, 4, 2, "%s", "abcdef"), -1);
    assert_string_equal(Buffer, "ab");
    assert_int_equal(sprintf_s(Buffer, 4, "%s", "abcdef"), -1);
    assert_string_equal(Buffer, "");
    free(Buffer);
}

static int CompareInts(const void *Left, const void *Right)
{
    return (*(const int *)Left > *(const int *)Right) - (*(const int *)Left < *(const int *)Right);
}

static void test_sort_and_search(void **State)
{
    (void)State;
    uint64_t Seed = 5;
    for (size_t Count = 0; Count < 200; Count++) {
        int Numbers[200];
        for (size_t Index = 0; Index < Count; Index++)
            Numbers[Index] = (int)(NextRandom(&Seed) % 300);
        qsort(Numbers, Count, sizeof(int), CompareInts);
        for (size_t Index = 1; Index < Count; Index++)
            assert_true(Numbers[Index - 1] <= Numbers[Index]);
        for (int Key = 0; Key < 300; Key += 37) {
            int *Found = bsearch(&Key, Numbers, Count, sizeof(int), CompareInts);
            BOOLEAN There = FALSE;
            for (size_t Index = 0; Index < Count; Index++)
                There |= Numbers[Index] == Key;
            assert_int_equal(Found != NULL, There);
            assert_true(Found == NULL || *Found == Key);
        }
    }
}

static void test_status_names(void **State)
{
    (void)State;
    assert_string_equal(RtlStatusName(0), "STATUS_SUCCESS");
    assert_string_equal(RtlStatusName((NTSTATUS)0xC0000005), "STATUS_ACCESS_VIOLATION");
    assert_string_equal(RtlStatusName((NTSTATUS)0xC0000135), "STATUS_DLL_NOT_FOUND");
    assert_string_equal(RtlStatusName(0x103), "STATUS_PENDING");
    assert_null(RtlStatusName((NTSTATUS)0xC0FFEE00));
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(test_copies_of_all_sizes_and_overlaps),
        cmocka_unit_test(test_memcmp_orders_by_first_difference),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_lengths_at_every_alignment),
        cmocka_unit_test(test_numbers_from_text),
        cmocka_unit_test(test_printf_numbers_like_the_host),
        cmocka_unit_test(test_printf_microsoft_extensions),
        cmocka_unit_test(test_printf_bounds),
        cmocka_unit_test(test_sort_and_search),
        cmocka_unit_test(test_status_names),
    };
    return cmocka_run_group_tests_name("crt", Tests, NULL, NULL);
}
