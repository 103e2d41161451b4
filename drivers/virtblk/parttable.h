/* SPDX-License-Identifier: MIT */
/*
 * parttable.h - partition tables as they lie on a disk: MBR with extended partitions, and GPT.  Pure code, no kernel headers: the host tests and the
 * fuzzer run it over hostile disks.
 *
 *      MBR     sector 0: four entries at 446, 55 AA at 510.  Type 05, 0F or 85 is an extended partition: a chain of sectors like it, each with one
 *              logical partition and the link to the next; numbered from 5
 *      GPT     sector 0: an entry of type EE; sector 1 a header, its entries behind; the same again at the end of the disk
 *
 * A GPT is believed if header and entries have the checksums they say (the copy at the end if those at the beginning have not).  Entries that reach
 * beyond the disk, into the table, or into one another are left out.  A disk that begins with a FAT boot sector has no table: it is one volume.
 */
#ifndef NASCENT_PARTTABLE_H
#define NASCENT_PARTTABLE_H

#include <stddef.h>
#include <stdint.h>

#define PART_MAX 128u

typedef int32_t PART_STATUS; /* an NTSTATUS */
#define PART_SUCCESS ((PART_STATUS)0)
#define PART_CORRUPT ((PART_STATUS)0xC0000032) /* STATUS_DISK_CORRUPT_ERROR */
#define PART_NO_MEMORY ((PART_STATUS)0xC000009A)

typedef enum _PART_STYLE { PART_RAW, PART_MBR, PART_GPT } PART_STYLE;

typedef struct _PART_ENTRY {
    uint64_t First, Count;    /* sectors */
    uint32_t Number;          /* from 1 */
    uint8_t Type, Bootable;   /* MBR */
    uint8_t TypeId[16], Id[16]; /* GPT, as GUIDs lie in memory */
    uint64_t Attributes;
    uint16_t Name[36];
} PART_ENTRY;

typedef struct _PART_TABLE {
    PART_STYLE Style;
    uint32_t Signature;       /* MBR */
    uint8_t DiskId[16];       /* GPT */
    uint64_t FirstUsable, LastUsable;
    uint32_t Slots;           /* GPT: how many entries it has room for */
    uint32_t Left;            /* entries that were left out */
    uint32_t Count;
    PART_ENTRY Entry[PART_MAX];
} PART_TABLE;

/* Reads one sector. */
typedef PART_STATUS (*PART_READ)(void *Context, uint64_t Sector, void *Buffer);

/* Buffer: two sectors.  PART_CORRUPT: there is a table, and it cannot be believed.  A failed read is returned as it is. */
PART_STATUS PartRead(PART_READ Read, void *Context, uint32_t SectorSize, uint64_t Sectors, uint8_t *Buffer, PART_TABLE *Table);
/* A partition for data, which gets a drive letter: not that of the firmware, nor reserved ones. */
int PartIsData(const PART_TABLE *Table, const PART_ENTRY *Entry);
uint32_t PartCrc32(uint32_t Sum, const void *Bytes, size_t Length);

#endif
