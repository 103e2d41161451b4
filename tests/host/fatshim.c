/* SPDX-License-Identifier: MIT */
/*
 * fatshim.c - fatcore's environment on the host: memory, a disk in memory, locks that notice misuse, a clock that steps.
 */
#include <stdlib.h>
#include <string.h>
#include "shim/nt.h"
#include "rtlp.h"
#include "fatshim.h"

#define IO_ERROR ((FAT_STATUS)0xC0000185) /* STATUS_IO_DEVICE_ERROR */
#define NO_SECTOR ((FAT_STATUS)0xC0000015)

int64_t ShimNow = 133484544001230000; /* 2024-01-01 */

void *FatAllocate(size_t Bytes)
{
    void *Memory = malloc(Bytes);
    if (Memory != NULL)
        memset(Memory, 0xCC, Bytes); /* what is not set shows */
    return Memory;
}

void FatRelease(void *Memory)
{
    free(Memory);
}

FAT_STATUS FatDeviceRead(void *Device, uint64_t Offset, uint32_t Length, void *Buffer)
{
    FAT_SHIM *Shim = Device;

    if (Offset % SHIM_SECTOR != 0 || Length % SHIM_SECTOR != 0 || Offset > Shim->Size || Length > Shim->Size - Offset)
        return NO_SECTOR;
    if (++Shim->Reads > Shim->FailReadAfter && Shim->FailReadAfter != 0)
        return IO_ERROR;
    memcpy(Buffer, Shim->Bytes + Offset, Length);
    return FAT_SUCCESS;
}

/* Sector by sector: the power may go after each. */
FAT_STATUS FatDeviceWrite(void *Device, uint64_t Offset, uint32_t Length, const void *Buffer)
{
    FAT_SHIM *Shim = Device;

    if (Offset % SHIM_SECTOR != 0 || Length % SHIM_SECTOR != 0 || Offset > Shim->Size || Length > Shim->Size - Offset)
        return NO_SECTOR;
    for (uint32_t Done = 0; Done < Length; Done += SHIM_SECTOR) {
        if (Shim->FailWriteAfter != 0 && Shim->Sectors >= Shim->FailWriteAfter)
            return IO_ERROR;
        memcpy(Shim->Bytes + Offset + Done, (const uint8_t *)Buffer + Done, SHIM_SECTOR);
        Shim->Sectors++;
        if (Shim->Written != NULL)
            Shim->Written(Shim, Shim->Context);
    }
    return FAT_SUCCESS;
}

/* A lock taken twice, or never released, is found here. */
static void Take(FAT_VOLUME *Volume, int Bit)
{
    FAT_SHIM *Shim = Volume->Device;
    if (Shim->Locks & Bit)
        abort();
    Shim->Locks |= Bit;
}

static void Leave(FAT_VOLUME *Volume, int Bit)
{
    FAT_SHIM *Shim = Volume->Device;
    if (!(Shim->Locks & Bit))
        abort();
    Shim->Locks &= ~Bit;
}

void FatLockTable(FAT_VOLUME *Volume)
{
    Take(Volume, 1);
}

void FatUnlockTable(FAT_VOLUME *Volume)
{
    Leave(Volume, 1);
}

void FatLockDirectories(FAT_VOLUME *Volume)
{
    if (((FAT_SHIM *)Volume->Device)->Locks & 1)
        abort(); /* D before T */
    Take(Volume, 2);
}

void FatUnlockDirectories(FAT_VOLUME *Volume)
{
    Leave(Volume, 2);
}

int64_t FatNow(void)
{
    return ShimNow += 1234567;
}

uint16_t FatUpcase(uint16_t Unit)
{
    return RtlUpcaseUnicodeChar(Unit);
}
