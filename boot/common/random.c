/* SPDX-License-Identifier: MIT */
/*
 * random.c - the first entropy: RDRAND where there is one, mixed with the time-stamp counter; and the date as NT counts it.
 *
 * The kernel's image base and its seed come from different words of one SplitMix64 sequence, so that knowing the base (which leaks
 * through any kernel pointer) does not tell the seed's state.
 */
#include "boot.h"

static uint64_t state;

static int has_rdrand(void)
{
    uint32_t a = 1, b, c = 0, d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (c >> 30) & 1;
}

static uint64_t hardware_word(void)
{
    uint64_t word = 0;
    uint8_t ok = 0;

    for (int tries = 0; tries < 16 && has_rdrand() && !ok; tries++) {
        __asm__ volatile("rdrand %0; setc %1" : "=r"(word), "=q"(ok));
    }
    return word ^ __builtin_ia32_rdtsc();
}

static uint64_t next_word(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15ull;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

void random_begin(void)
{
    state = hardware_word();
    for (int i = 0; i < 4; i++) {
        boot.random[i] = next_word() ^ hardware_word();
    }
    state ^= hardware_word();
}

uint64_t random_below(uint64_t limit)
{
    return next_word() % limit;
}

/* Days by the civil-calendar formula: months counted from March put the leap day last. */
int64_t time_from_date(unsigned year, unsigned month, unsigned day, unsigned hour, unsigned minute, unsigned second)
{
    if (year < 1601 || month < 1 || month > 12 || day < 1 || day > 31) {
        return 0;
    }
    uint64_t y = month > 2 ? year : year - 1;
    uint64_t m = month > 2 ? month - 3 : month + 9;
    uint64_t days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
    uint64_t epoch = 365 * 1600ull + 1600 / 4 - 1600 / 100 + 1600 / 400 + (153 * 10 + 2) / 5; /* 1601-01-01 */

    return (int64_t)((((days - epoch) * 24 + hour) * 60 + minute) * 60 + second) * 10000000;
}
