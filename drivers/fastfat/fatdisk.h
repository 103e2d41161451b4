/* SPDX-License-Identifier: MIT */
/*
 * fatdisk.h - the FAT file system as it lies on the disk.  Pure code, no kernel headers: the host tests run it over hostile images.
 *
 *      | boot sector, reserved | FAT 0 | FAT 1 | root directory (FAT12, FAT16) | clusters 2, 3, 4, ...                     |
 *      ^0                      ^FatOffset      ^RootOffset                     ^DataOffset
 *
 * How wide a FAT entry is follows from the number of clusters alone (Microsoft, "FAT: General Overview of On-Disk Format", 1.03): fewer than 4085
 * is FAT12, fewer than 65525 FAT16, else FAT32.  On FAT32 the root directory is a cluster chain like any other.
 *
 *      directory entry, 32 bytes:  name 8+3 | attributes | case bits | times | cluster high | time, date | cluster low | size
 *      long name entry:            order, 0x40 = last | 5 units | 0x0F | 0 | checksum of the short name | 6 units | 0 | 2 units
 *                                  stand before their short entry, last part first, 13 UTF-16 units each
 *
 * A chain is walked with a counter: more steps than there are clusters is a loop.  Nothing read from the disk is used as an index before it
 * was checked.
 */
#ifndef NASCENT_FATDISK_H
#define NASCENT_FATDISK_H

#include <stddef.h>
#include <stdint.h>

typedef int32_t FAT_STATUS; /* an NTSTATUS */
#define FAT_SUCCESS ((FAT_STATUS)0x00000000)
#define FAT_NO_MORE ((FAT_STATUS)0x8000001A)            /* STATUS_NO_MORE_ENTRIES */
#define FAT_NO_MEMORY ((FAT_STATUS)0xC000009A)          /* STATUS_INSUFFICIENT_RESOURCES */
#define FAT_DISK_FULL ((FAT_STATUS)0xC000007F)          /* STATUS_DISK_FULL */
#define FAT_CANNOT_MAKE ((FAT_STATUS)0xC00002EA)        /* STATUS_CANNOT_MAKE */
#define FAT_NAME_INVALID ((FAT_STATUS)0xC0000033)       /* STATUS_OBJECT_NAME_INVALID */
#define FAT_NAME_COLLISION ((FAT_STATUS)0xC0000035)     /* STATUS_OBJECT_NAME_COLLISION */
#define FAT_INVALID_LABEL ((FAT_STATUS)0xC0000086)      /* STATUS_INVALID_VOLUME_LABEL */
#define FAT_DISK_CORRUPT ((FAT_STATUS)0xC0000032)       /* STATUS_DISK_CORRUPT_ERROR */
#define FAT_FILE_CORRUPT ((FAT_STATUS)0xC0000102)       /* STATUS_FILE_CORRUPT_ERROR */
#define FAT_UNRECOGNIZED ((FAT_STATUS)0xC000014F)       /* STATUS_UNRECOGNIZED_VOLUME */

#define FAT_BOOT_SECTOR_SIZE 512u
#define FAT_ENTRY_SIZE 32u
#define FAT_MAX_NAME 255u
#define FAT_MAX_DIRECTORY (65536u * FAT_ENTRY_SIZE)

#define FAT_ATTRIBUTE_READ_ONLY 0x01
#define FAT_ATTRIBUTE_HIDDEN 0x02
#define FAT_ATTRIBUTE_SYSTEM 0x04
#define FAT_ATTRIBUTE_VOLUME 0x08
#define FAT_ATTRIBUTE_DIRECTORY 0x10
#define FAT_ATTRIBUTE_ARCHIVE 0x20
#define FAT_ATTRIBUTE_LONG_NAME 0x0F

typedef struct _FAT_GEOMETRY {
    uint32_t BytesPerSector;
    uint32_t BytesPerCluster;
    uint32_t Bits;         /* 12, 16, 32 */
    uint32_t ClusterCount; /* valid clusters are 2 .. ClusterCount + 1 */
    uint64_t FatOffset;    /* bytes from the start of the volume; the active FAT */
    uint64_t FatBytes;     /* as much of it as describes clusters */
    uint64_t FatStride;    /* from one FAT to the next */
    uint32_t FatCopies;    /* how many FATs a change is written to: 1 if mirroring is off.  FatOffset is then that one's, else the first's */
    uint32_t InfoSector;   /* FAT32: of the free count; 0: none */
    uint64_t RootOffset;   /* FAT12, FAT16 */
    uint32_t RootBytes;
    uint32_t RootCluster;  /* FAT32, else 0 */
    uint64_t DataOffset;   /* cluster 2 */
    uint32_t SerialNumber;
    char Label[12];        /* of the boot sector, without trailing blanks */
} FAT_GEOMETRY;

/* The contiguous clusters [DiskCluster, DiskCluster + Count) are the file's [FileCluster, ...). */
typedef struct _FAT_RUN {
    uint32_t FileCluster, DiskCluster, Count;
} FAT_RUN;

/* Reads Length bytes at Offset inside the active FAT. */
typedef FAT_STATUS (*FAT_READ)(void *Context, uint64_t Offset, uint32_t Length, void *Buffer);

/* A walk along a chain. */
typedef struct _FAT_CHAIN {
    const FAT_GEOMETRY *Geometry;
    FAT_READ Read;
    void *Context;
    uint32_t Next;        /* cluster to come; 0: the end was reached */
    uint32_t FileCluster; /* how many are behind */
} FAT_CHAIN;

/* A directory entry with its long name put together. */
typedef struct _FAT_DIRENT {
    uint16_t Name[FAT_MAX_NAME + 1]; /* the long name, or the short one in the case its bits ask for */
    uint32_t NameLength;             /* units */
    uint16_t ShortName[13];
    uint32_t ShortNameLength;
    uint32_t Offset;                 /* of the short entry in the directory */
    uint32_t FirstOffset;            /* of the first entry that belongs to it */
    uint32_t FirstCluster;
    uint32_t Size;
    uint8_t Attributes;
    uint8_t HasLongName;
    uint8_t CaseBits;
    uint8_t RawShort[11];
    uint16_t CreateDate, CreateTime, AccessDate, WriteDate, WriteTime;
    uint8_t CreateTenths;            /* of 10 ms */
} FAT_DIRENT;

/* Sector: at least FAT_BOOT_SECTOR_SIZE bytes; VolumeBytes: how large the disk is.  FAT_UNRECOGNIZED: not a FAT volume, or one that cannot be. */
FAT_STATUS FatParseBootSector(const void *Sector, uint64_t VolumeBytes, FAT_GEOMETRY *Geometry);
/* The content of a cluster's FAT entry, with end-of-chain as 0xFFFFFFFF, bad as 0xFFFFFFF7. */
#define FAT_END_OF_CHAIN 0xFFFFFFFFu
#define FAT_BAD_CLUSTER 0xFFFFFFF7u
FAT_STATUS FatReadEntry(const FAT_GEOMETRY *Geometry, FAT_READ Read, void *Context, uint32_t Cluster, uint32_t *Value);
void FatStartChain(FAT_CHAIN *Chain, const FAT_GEOMETRY *Geometry, FAT_READ Read, void *Context, uint32_t FirstCluster);
/* The next contiguous piece, at most Limit clusters.  FAT_NO_MORE at the end, FAT_FILE_CORRUPT for a loop or an entry that cannot be. */
FAT_STATUS FatNextRun(FAT_CHAIN *Chain, uint32_t Limit, FAT_RUN *Run);
uint64_t FatClusterOffset(const FAT_GEOMETRY *Geometry, uint32_t Cluster);
int FatIsDataCluster(const FAT_GEOMETRY *Geometry, uint32_t Cluster);
/* One entry as it lies on the disk, in and out of a FAT's bytes. */
uint32_t FatDecodeEntry(uint32_t Bits, uint32_t Cluster, const uint8_t Bytes[4]);
void FatEncodeEntry(uint32_t Bits, uint32_t Cluster, uint32_t Value, uint8_t Bytes[4]);
/*
 * The next entry of a directory in memory from *Offset on, which is moved behind it.  Deleted entries, and volume labels unless asked for, are
 * skipped.  FAT_NO_MORE at the end.  "." and ".." are returned like others.
 */
FAT_STATUS FatNextDirent(const void *Directory, uint32_t Size, uint32_t Bits, int WantLabel, uint32_t *Offset, FAT_DIRENT *Dirent);

/* fattime.c: 100 ns since 1601; FAT's times are local time, and this system knows no other.  0 for a date that is none. */
int64_t FatTimeToNtTime(uint16_t Date, uint16_t Time, uint8_t Tenths);
/* FALSE (0): before 1980 or after 2107.  RoundUp: to the next 2 s, and *Tenths is 0. */
int FatNtTimeToTime(int64_t NtTime, int RoundUp, uint16_t *Date, uint16_t *Time, uint8_t *Tenths);
/* What the entry will give back of a time; one it cannot hold stays as it is. */
typedef enum _FAT_TIME_KIND { FAT_CREATION, FAT_LAST_WRITE, FAT_LAST_ACCESS } FAT_TIME_KIND;
int64_t FatRoundTime(int64_t NtTime, FAT_TIME_KIND Kind);

/* fatshort.c: names towards the disk. */
#define FAT_MAX_SET 21u /* entries of the longest name: 20 parts and the short entry */
/* How a name is to be stored. */
typedef struct _FAT_NAME_FORM {
    uint8_t Short[11];  /* blank padded, 0xE5 at the beginning already as 0x05 */
    uint8_t CaseBits;   /* of the entry's byte 12 */
    uint8_t NeedsLong;  /* the name itself is not an 8.3 name */
} FAT_NAME_FORM;
typedef int (*FAT_SHORT_TAKEN)(void *Context, const uint8_t Short[11]);
/* FAT_NAME_INVALID: empty, too long, or holds what no name may. */
FAT_STATUS FatCheckName(const uint16_t *Name, uint32_t Length);
/* Chooses the 8.3 name; a generated one is tried against Taken until it is new.  FAT_CANNOT_MAKE: all are taken. */
FAT_STATUS FatChooseShortName(const uint16_t *Name, uint32_t Length, FAT_SHORT_TAKEN Taken, void *Context, FAT_NAME_FORM *Form);
/* How many entries the name needs. */
uint32_t FatCountEntries(uint32_t NameLength, const FAT_NAME_FORM *Form);
/* The long-name entries and the name fields of the short one (its last 20 bytes are the caller's), in the order of the disk. */
void FatPackName(const uint16_t *Name, uint32_t Length, const FAT_NAME_FORM *Form, uint8_t *Entries);
/* The short name as text; returns its length. */
uint32_t FatShortToText(const uint8_t Short[11], uint8_t CaseBits, uint16_t Text[13]);
/* A volume label's eleven characters, upper case.  FAT_INVALID_LABEL. */
FAT_STATUS FatPackLabel(const uint16_t *Label, uint32_t Length, uint8_t Packed[11]);
uint16_t FatFromOem(uint8_t Byte);
/* 0: the character is not in code page 437. */
uint8_t FatToOem(uint16_t Unit);
/* The environment's: simple upper case of one unit. */
uint16_t FatUpcase(uint16_t Unit);

#endif
