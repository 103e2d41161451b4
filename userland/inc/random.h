/* SPDX-License-Identifier: MIT */
/*
 * random.h - random bytes from the processor's generator, for the libraries that promise some.
 *
 * There is no fallback: a processor without RDRAND gives an honest failure, never predictable bytes.
 */
#ifndef NASCENT_RANDOM_H
#define NASCENT_RANDOM_H

#include <stdint.h>
#include <stdbool.h>
#include <string.h>

static inline bool RandomWord(uint64_t *Word)
{
    for (int Tries = 0; Tries < 100; Tries++) {
        unsigned char Good;
        __asm__ volatile("rdrand %0; setc %1" : "=r"(*Word), "=qm"(Good) : : "cc");
        if (Good) {
            return true;
        }
    }
    return false;
}

static inline bool RandomBytes(void *Buffer, size_t Length)
{
    unsigned Eax = 1, Ebx, Ecx = 0, Edx;
    uint8_t *Bytes = Buffer;

    __asm__ volatile("cpuid" : "+a"(Eax), "=b"(Ebx), "+c"(Ecx), "=d"(Edx));
    if (!(Ecx & (1u << 30))) {
        return false;
    }
    while (Length != 0) {
        uint64_t Word;
        size_t Part = Length < sizeof(Word) ? Length : sizeof(Word);
        if (!RandomWord(&Word)) {
            return false;
        }
        memcpy(Bytes, &Word, Part);
        Bytes += Part;
        Length -= Part;
    }
    return true;
}

#endif
