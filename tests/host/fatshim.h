/* SPDX-License-Identifier: MIT */
/*
 * fatshim.h - what fatcore asks of its environment, for the host tests: a disk in memory whose every write of a sector can be seen, and that can
 * be told to fail.
 */
#ifndef NASCENT_FATSHIM_H
#define NASCENT_FATSHIM_H

#include "fatcore.h"

#define SHIM_SECTOR 512u

typedef struct _FAT_SHIM {
    uint8_t *Bytes;
    uint64_t Size;
    uint64_t Sectors;          /* written so far */
    uint64_t Reads;
    uint64_t FailWriteAfter;   /* this many sectors are written, then every write fails; 0: none fails */
    uint64_t FailReadAfter;
    /* After each sector; NULL: nobody looks. */
    void (*Written)(struct _FAT_SHIM *Shim, void *Context);
    void *Context;
    int Locks;
} FAT_SHIM;

extern int64_t ShimNow;
#endif
