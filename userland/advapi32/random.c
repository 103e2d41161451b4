/* SPDX-License-Identifier: MIT */
/*
 * random.c - RtlGenRandom, exported under its number: the processor's generator, and an honest FALSE where there is none.
 */
#include "adv.h"

static bool Random(ULONGLONG *Value)
{
    UCHAR Good = 0;

    for (int Tries = 0; Tries < 100 && !Good; Tries++) {
        __asm__ volatile("rdrand %0; setc %1" : "=r"(*Value), "=qm"(Good) : : "cc");
    }
    return Good;
}

BOOLEAN WINAPI SystemFunction036(PVOID Buffer, ULONG Length)
{
    unsigned Eax = 1, Ebx, Ecx = 0, Edx;
    UCHAR *Bytes = Buffer;
    ULONGLONG Value;

    __asm__ volatile("cpuid" : "+a"(Eax), "=b"(Ebx), "+c"(Ecx), "=d"(Edx));
    if (!(Ecx & (1u << 30))) {
        return FALSE;
    }
    while (Length != 0) {
        ULONG Part = Length < sizeof(Value) ? Length : (ULONG)sizeof(Value);
        if (!Random(&Value)) {
            return FALSE;
        }
        memcpy(Bytes, &Value, Part);
        Bytes += Part;
        Length -= Part;
    }
    return TRUE;
}
