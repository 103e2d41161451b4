/* SPDX-License-Identifier: MIT */
/*
 * fatcore.h - a FAT volume that can be written: the table, directories, names, chains.  Pure code: the driver runs it under its locks, the host tests
 * drive it over a file, count its writes and cut the power after each.
 *
 * What is on the disk is never worse than lost clusters.  Metadata is written through, a sector at a time, in an order that keeps this true:
 *
 *      create      chain (and, for a directory, its first cluster), then the entry
 *      grow        the new clusters' entries, then the link from the old end; the directory entry last (FatPublishNode), after the data
 *      shrink      the directory entry, then the new end of the chain, then the freed clusters
 *      delete      the entry, then the chain
 *      rename      within one sector if it fits: one write.  Else a file's data is copied to a new chain, so that both names are whole for a moment;
 *                  a directory, or a file too large to copy, has two names for a moment
 *
 * The entries of a name never cross a sector if they need not (only names of more than 195 characters do), so one write makes or removes a name.
 * The first change since the volume was clean sets the dirty bit and makes FAT32's free count unknown, FatMarkClean undoes both.
 *
 * Locks are the caller's: V is held exclusively by whatever changes names, D (FatLockDirectories) guards the bytes of directories and is taken here,
 * so that an entry can be brought up to date without V; T (FatLockTable) guards the table.  D before T.
 */
#ifndef NASCENT_FATCORE_H
#define NASCENT_FATCORE_H

#include "fatdisk.h"

#define FAT_BLOCK_SIZE 4096u
#define FAT_PENDING 32u
#define FAT_UNKNOWN 0xFFFFFFFFu
#define FAT_COPY_LIMIT (1u << 20)   /* a file of more bytes is not copied by a rename */

/* Laid out as UNICODE_STRING. */
typedef struct _FAT_NAME {
    uint16_t Length, MaximumLength; /* bytes */
    uint16_t *Buffer;
} FAT_NAME;

/* The clusters of a file or directory. */
typedef struct _FAT_FILE {
    FAT_RUN *Runs;
    uint32_t Count, Room;
    uint32_t Clusters;
    uint8_t Built;
} FAT_FILE;

/* A file or directory.  Names and places change under V exclusive; times, sizes and attributes are the driver's to guard. */
typedef struct _FAT_NODE {
    struct _FAT_NODE *Parent;       /* NULL: the root */
    struct _FAT_NODE *NextByName;   /* hash chains of the parent's table */
    struct _FAT_NODE *NextByShort;
    struct _FAT_DIRECTORY *Table;   /* directories that were looked into */
    void *Fcb;                      /* the driver's */
    FAT_NAME Name;                  /* behind the node, or in Names */
    FAT_NAME ShortName;             /* Length 0 if Name is the only one */
    uint16_t *Names;
    int64_t CreationTime, LastAccessTime, LastWriteTime;
    uint32_t NameHash, ShortHash;   /* of the upper-cased names */
    uint32_t FirstCluster, Size;    /* as its users see it */
    uint32_t DiskFirst, DiskSize;   /* as the directory has it */
    uint32_t Offset, FirstOffset;   /* of its short entry, and of the first that belongs to it, in the parent directory */
    uint32_t Attributes;            /* FAT's bits, which are FILE_ATTRIBUTE_* */
    uint8_t RawShort[11], CaseBits;
    uint8_t Deleted;                /* no longer in its directory */
} FAT_NODE;

typedef struct _FAT_DIRECTORY {
    uint8_t *Bytes;                 /* D; Length of them */
    uint32_t Length, End;           /* D; End: nothing was ever used from here on */
    uint32_t Holes;                 /* D; deleted entries before End */
    uint8_t FixedRoot, TailUnclean;
    FAT_FILE File;
    uint32_t Count, Room;           /* V; nodes, in the order of the disk */
    FAT_NODE **Nodes;
    FAT_NODE **Sorted;              /* V; the same nodes by name, made by the first listing; NULL: not now */
    uint32_t BucketMask;
    FAT_NODE **ByName, **ByShort;   /* V; BucketMask + 1 each */
} FAT_DIRECTORY;

typedef struct _FAT_VOLUME {
    FAT_GEOMETRY Geometry;
    void *Device;
    uint8_t **Blocks;               /* T; the active FAT, FAT_BLOCK_SIZE each, loaded on demand */
    uint32_t BlockCount;
    uint32_t FreeClusters;          /* T; FAT_UNKNOWN: not counted yet */
    uint32_t NextFree;              /* T; where to look first */
    uint32_t Pending[FAT_PENDING];  /* T; sectors of the FAT that were changed, oldest first */
    uint32_t PendingCount;
    uint8_t Dirty;                  /* T; the disk says so, and it will be taken back */
    uint8_t FoundDirty;             /* it said so when the volume was opened: only a check of the volume takes that back */
    FAT_NODE *Root;
} FAT_VOLUME;

/* Upper case, by which names are compared. */
static inline uint16_t FatFold(uint16_t Unit)
{
    if (Unit < 0x80)
        return Unit >= 'a' && Unit <= 'z' ? (uint16_t)(Unit - 32) : Unit;
    return FatUpcase(Unit);
}

/* ---- the environment's ---------------------------------------------------------------------------------------------------------------- */
void *FatAllocate(size_t Bytes);  /* memory the disk can be read into */
void FatRelease(void *Memory);
FAT_STATUS FatDeviceRead(void *Device, uint64_t Offset, uint32_t Length, void *Buffer);
FAT_STATUS FatDeviceWrite(void *Device, uint64_t Offset, uint32_t Length, const void *Buffer);
void FatLockTable(FAT_VOLUME *Volume);
void FatUnlockTable(FAT_VOLUME *Volume);
void FatLockDirectories(FAT_VOLUME *Volume);
void FatUnlockDirectories(FAT_VOLUME *Volume);
int64_t FatNow(void);

/* ---- fattable.c ----------------------------------------------------------------------------------------------------------------------- */
/* The volume's Geometry and Device are set. */
FAT_STATUS FatOpenVolume(FAT_VOLUME *Volume);
void FatCloseVolume(FAT_VOLUME *Volume);
/* FAT_READ over the blocks in memory; Context is the FAT_VOLUME. */
FAT_STATUS FatReadFat(void *Context, uint64_t Offset, uint32_t Length, void *Buffer);
FAT_STATUS FatCountFree(FAT_VOLUME *Volume, uint32_t *Free);
FAT_STATUS FatMarkDirty(FAT_VOLUME *Volume);
FAT_STATUS FatMarkClean(FAT_VOLUME *Volume);
/* T held by the caller in these three. */
FAT_STATUS FatGetEntry(FAT_VOLUME *Volume, uint32_t Cluster, uint32_t *Value);
FAT_STATUS FatSetEntry(FAT_VOLUME *Volume, uint32_t Cluster, uint32_t Value);
/* The entry lies in two sectors, as every 341st of a FAT12 does, and cannot change in one write: such a cluster is given to no file. */
int FatIsSplitEntry(const FAT_VOLUME *Volume, uint32_t Cluster);
/* Writes the changed sectors, those of Last's entry not (0: all). */
FAT_STATUS FatWritePending(FAT_VOLUME *Volume, uint32_t Last);

/* ---- fatfile.c ------------------------------------------------------------------------------------------------------------------------ */
/* Walks the chain.  FAT_FILE_CORRUPT if it has fewer than Least clusters, or no end. */
FAT_STATUS FatBuildFile(FAT_VOLUME *Volume, uint32_t FirstCluster, uint32_t Least, FAT_FILE *File);
void FatForgetFile(FAT_FILE *File);
/* To Clusters in all; Zero: the new ones are zeroed on the disk before they belong to the file.  All or nothing. */
FAT_STATUS FatExtendFile(FAT_VOLUME *Volume, FAT_FILE *File, uint32_t Clusters, int Zero);
FAT_STATUS FatTruncateFile(FAT_VOLUME *Volume, FAT_FILE *File, uint32_t Clusters);
const FAT_RUN *FatFindRun(const FAT_FILE *File, uint32_t FileCluster);
static inline uint32_t FatFirstCluster(const FAT_FILE *File)
{
    return File->Count != 0 ? File->Runs[0].DiskCluster : 0;
}
/* Where byte Offset of the file lies, and how many follow it there; 0: beyond the chain. */
uint64_t FatMapOffset(const FAT_VOLUME *Volume, const FAT_FILE *File, uint64_t Offset, uint64_t *Left);
FAT_STATUS FatZeroFile(FAT_VOLUME *Volume, const FAT_FILE *File, uint64_t Start, uint64_t End);

/* ---- fatnode.c: directories in memory ------------------------------------------------------------------------------------------------- */
FAT_STATUS FatCreateRoot(FAT_VOLUME *Volume);
FAT_STATUS FatLoadDirectory(FAT_VOLUME *Volume, FAT_NODE *Directory);
void FatUnloadDirectory(FAT_NODE *Directory); /* and all below */
FAT_NODE *FatFindNode(const FAT_DIRECTORY *Table, const uint16_t *Name, uint32_t Length);
/* The first name of a path: its length, to the first backslash or the end, and its hash, by which FatFindHashed finds it without reading it again. */
uint32_t FatScanName(const uint16_t *Path, uint32_t Length, uint32_t *Hash);
FAT_NODE *FatFindHashed(const FAT_DIRECTORY *Table, const uint16_t *Name, uint32_t Length, uint32_t Hash);
void FatFreeNode(FAT_NODE *Node);
/* The first node at or behind a place in the directory. */
FAT_NODE *FatNodeFrom(const FAT_DIRECTORY *Table, uint32_t Offset);
FAT_STATUS FatMakeNode(FAT_NODE *Parent, const FAT_DIRENT *Dirent, FAT_NODE **Node);
FAT_STATUS FatReserveNode(FAT_DIRECTORY *Table); /* room for one more */
void FatLinkNode(FAT_DIRECTORY *Table, FAT_NODE *Node);
void FatUnlinkNode(FAT_NODE *Node);
FAT_STATUS FatNameNode(FAT_NODE *Node, const uint16_t *Name, uint32_t Length, const FAT_NAME_FORM *Form);
static inline int FatIsDirectory(const FAT_NODE *Node)
{
    return (Node->Attributes & FAT_ATTRIBUTE_DIRECTORY) != 0;
}
static inline uint32_t FatClustersFor(const FAT_VOLUME *Volume, uint64_t Bytes)
{
    return (uint32_t)((Bytes + Volume->Geometry.BytesPerCluster - 1) / Volume->Geometry.BytesPerCluster);
}

/* ---- fatsort.c ------------------------------------------------------------------------------------------------------------------------ */
/* Makes Table->Sorted, if it is not there.  FAT_NO_MEMORY. */
FAT_STATUS FatSortTable(FAT_DIRECTORY *Table);
/* The first node whose name is not before Name (After 0), or is behind it (After 1), as an index into Table->Sorted; Table->Count: none. */
uint32_t FatSortedFrom(const FAT_DIRECTORY *Table, const FAT_NAME *Name, int After);

/* ---- fatslot.c: places in a directory; D held ------------------------------------------------------------------------------------------ */
/* Makes room for Count entries in a row: the directory grows if it must.  FAT_CANNOT_MAKE: it cannot. */
FAT_STATUS FatFindSlot(FAT_VOLUME *Volume, FAT_NODE *Directory, uint32_t Count, uint32_t *Offset);
/* A place for Count entries in the sector of [From, To), which counts as free; FAT_UNKNOWN: none. */
uint32_t FatFindSlotBeside(const FAT_VOLUME *Volume, const FAT_DIRECTORY *Table, uint32_t From, uint32_t To, uint32_t Count);
/* Notes that [Offset, Offset + Length) is used now. */
void FatUseSlot(FAT_DIRECTORY *Table, uint32_t Offset, uint32_t Length);
void FatClearSlot(FAT_DIRECTORY *Table, uint32_t Offset, uint32_t Length);
/* Backwards: the last sector first. */
FAT_STATUS FatWriteDirectory(FAT_VOLUME *Volume, const FAT_DIRECTORY *Table, uint32_t Offset, uint32_t Length, int Backwards);

/* ---- fatentry.c, fatrename.c: V held exclusively, but for FatPublishNode ---------------------------------------------------------------- */
FAT_STATUS FatCreateNode(FAT_VOLUME *Volume, FAT_NODE *Parent, const uint16_t *Name, uint32_t Length, uint32_t Attributes, FAT_NODE **Node);
/* Takes the name away and unlinks the node, which lives on; its clusters are the caller's to free (FatTruncateFile). */
FAT_STATUS FatRemoveNode(FAT_VOLUME *Volume, FAT_NODE *Node);
/* Brings the directory entry up to date.  WithSize: FirstCluster and Size too, which the disk must be ready for. */
FAT_STATUS FatPublishNode(FAT_VOLUME *Volume, FAT_NODE *Node, int WithSize);
int FatIsEmpty(const FAT_DIRECTORY *Table);
void FatPackEntry(const FAT_NODE *Node, uint32_t Bits, uint8_t *Entry);
/* Moves and renames.  File: the node's clusters, which a copy replaces.  Victim: a file of that name in NewParent that goes (its clusters are the
 * caller's to free), or NULL.  The node's data are on the disk. */
FAT_STATUS FatRenameNode(FAT_VOLUME *Volume, FAT_NODE *Node, FAT_FILE *File, FAT_NODE *NewParent, const uint16_t *Name, uint32_t Length, FAT_NODE *Victim);
FAT_STATUS FatGetLabel(FAT_VOLUME *Volume, uint16_t Label[11], uint32_t *Length);
FAT_STATUS FatSetLabel(FAT_VOLUME *Volume, const uint16_t *Label, uint32_t Length);
int FatIsShortTaken(void *Context, const uint8_t Short[11]);

#endif
