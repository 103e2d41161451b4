/* SPDX-License-Identifier: MIT */
/*
 * random.c - NT's pseudo-random numbers and checksums.  Not for secrets.
 *
 * RtlUniform is the documented generator x' = (x * 0x7FFFFFED + 0x7FFFFFC3) mod 0x7FFFFFFF.  RtlRandomEx on NT shuffles a table; ours mixes the
 * same generator's state, so that a seed always gives the same sequence, without state shared between processors.
 */
#include "rtlp.h"

ULONG NTAPI RtlUniform(PULONG Seed)
{
    *Seed = (ULONG)(((ULONG64)*Seed * 0x7FFFFFED + 0x7FFFFFC3) % 0x7FFFFFFF);
    return *Seed;
}

ULONG NTAPI RtlRandomEx(PULONG Seed)
{
    ULONG Value = RtlUniform(Seed);

    Value ^= Value >> 15;
    Value *= 0x2C1B3C6Du;
    Value ^= Value >> 12;
    return Value & 0x7FFFFFFF;
}

ULONG NTAPI RtlRandom(PULONG Seed)
{
    return RtlRandomEx(Seed);
}

/* CRC-32 of zip and Ethernet (reflected 0x04C11DB7), four bits a step. */
ULONG NTAPI RtlComputeCrc32(ULONG PartialCrc, const VOID *Buffer, ULONG Length)
{
    static const ULONG Table[16] = {
        0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
        0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
    };
    const UCHAR *At = Buffer;
    ULONG Crc = ~PartialCrc;

    for (; Length != 0; Length--) {
        Crc ^= *At++;
        Crc = Crc >> 4 ^ Table[Crc & 15];
        Crc = Crc >> 4 ^ Table[Crc & 15];
    }
    return ~Crc;
}
