/* SPDX-License-Identifier: MIT */
/*
 * fatslot.c - where in a directory a name's entries go.
 *
 * Entries in a row that lie in one sector become valid with one write, so a place that crosses a sector boundary is taken only by a name that is
 * longer than a sector.  What is skipped for that is marked deleted.  Behind End all is zero, on the disk too: a directory that was not left so
 * is cleaned before its end moves.
 */
#include "fatcore.h"

#define ENTRY_DELETED 0xE5

static uint64_t DiskOffset(const FAT_VOLUME *Volume, const FAT_DIRECTORY *Table, uint32_t Offset)
{
    uint64_t Left;

    if (Table->FixedRoot)
        return Volume->Geometry.RootOffset + Offset;
    return FatMapOffset(Volume, &Table->File, Offset, &Left);
}

FAT_STATUS FatWriteDirectory(FAT_VOLUME *Volume, const FAT_DIRECTORY *Table, uint32_t Offset, uint32_t Length, int Backwards)
{
    uint32_t Sector = Volume->Geometry.BytesPerSector, First = Offset / Sector, Count = (Offset + Length - 1) / Sector - First + 1;
    FAT_STATUS Status = FAT_SUCCESS;

    for (uint32_t Index = 0; Index < Count && Status == FAT_SUCCESS; Index++) {
        uint32_t At = (First + (Backwards ? Count - 1 - Index : Index)) * Sector;
        Status = FatDeviceWrite(Volume->Device, DiskOffset(Volume, Table, At), Sector, Table->Bytes + At);
    }
    return Status;
}

static int IsFree(const FAT_DIRECTORY *Table, uint32_t Offset, uint32_t From, uint32_t To)
{
    return Offset >= Table->End || Table->Bytes[Offset] == ENTRY_DELETED || (Offset >= From && Offset < To);
}

/* Count free entries in a row in [Start, End). */
static uint32_t FindRow(const FAT_DIRECTORY *Table, uint32_t Start, uint32_t End, uint32_t Count, uint32_t From, uint32_t To)
{
    uint32_t Row = 0;

    for (uint32_t At = Start; At < End; At += FAT_ENTRY_SIZE) {
        Row = IsFree(Table, At, From, To) ? Row + 1 : 0;
        if (Row == Count)
            return At - (Count - 1) * FAT_ENTRY_SIZE;
    }
    return FAT_UNKNOWN;
}

uint32_t FatFindSlotBeside(const FAT_VOLUME *Volume, const FAT_DIRECTORY *Table, uint32_t From, uint32_t To, uint32_t Count)
{
    uint32_t Sector = Volume->Geometry.BytesPerSector, Start = From / Sector * Sector;

    if (To > Start + Sector || Table->TailUnclean)
        return FAT_UNKNOWN;
    return FindRow(Table, Start, Start + Sector, Count, From, To);
}

static uint32_t FindInside(const FAT_VOLUME *Volume, const FAT_DIRECTORY *Table, uint32_t Count)
{
    uint32_t Sector = Volume->Geometry.BytesPerSector, Start = Table->Holes != 0 ? 0 : Table->End / Sector * Sector;

    if (Count > Sector / FAT_ENTRY_SIZE)
        return FindRow(Table, Start, Table->Length, Count, 0, 0);
    for (; Start < Table->Length; Start += Sector) {
        uint32_t Offset = FindRow(Table, Start, Start + Sector, Count, 0, 0);
        if (Offset != FAT_UNKNOWN)
            return Offset;
    }
    return FAT_UNKNOWN;
}

/* One more cluster, all zero. */
static FAT_STATUS GrowDirectory(FAT_VOLUME *Volume, FAT_DIRECTORY *Table)
{
    uint32_t Cluster = Volume->Geometry.BytesPerCluster;

    if (Table->FixedRoot || Table->Length + Cluster > (FAT_MAX_DIRECTORY > Cluster ? FAT_MAX_DIRECTORY : Cluster))
        return FAT_CANNOT_MAKE;
    uint8_t *Bytes = FatAllocate(Table->Length + Cluster);
    if (Bytes == NULL)
        return FAT_NO_MEMORY;
    FAT_STATUS Status = FatExtendFile(Volume, &Table->File, Table->File.Clusters + 1, 1);
    if (Status != FAT_SUCCESS) {
        FatRelease(Bytes);
        return Status;
    }
    __builtin_memcpy(Bytes, Table->Bytes, Table->Length);
    __builtin_memset(Bytes + Table->Length, 0, Cluster);
    FatRelease(Table->Bytes);
    Table->Bytes = Bytes;
    Table->Length += Cluster;
    return FAT_SUCCESS;
}

static FAT_STATUS CleanTail(FAT_VOLUME *Volume, FAT_DIRECTORY *Table)
{
    if (!Table->TailUnclean || Table->End == Table->Length)
        return FAT_SUCCESS;
    __builtin_memset(Table->Bytes + Table->End, 0, Table->Length - Table->End);
    FAT_STATUS Status = FatWriteDirectory(Volume, Table, Table->End, Table->Length - Table->End, 1);
    if (Status == FAT_SUCCESS)
        Table->TailUnclean = 0;
    return Status;
}

/* The end moves up to Offset: what is skipped becomes deleted entries.  Those of Offset's own sector are written with it. */
static FAT_STATUS SkipTo(FAT_VOLUME *Volume, FAT_DIRECTORY *Table, uint32_t Offset)
{
    uint32_t Sector = Volume->Geometry.BytesPerSector, Start = Table->End, Full = Offset / Sector * Sector;
    FAT_STATUS Status = FAT_SUCCESS;

    for (uint32_t At = Start; At < Offset; At += FAT_ENTRY_SIZE)
        Table->Bytes[At] = ENTRY_DELETED;
    if (Start < Full)
        Status = FatWriteDirectory(Volume, Table, Start, Full - Start, 0);
    if (Status != FAT_SUCCESS) {
        __builtin_memset(Table->Bytes + Start, 0, Offset - Start);
        return Status;
    }
    Table->Holes += (Offset - Start) / FAT_ENTRY_SIZE;
    Table->End = Offset;
    return FAT_SUCCESS;
}

FAT_STATUS FatFindSlot(FAT_VOLUME *Volume, FAT_NODE *Directory, uint32_t Count, uint32_t *Offset)
{
    FAT_DIRECTORY *Table = Directory->Table;
    FAT_STATUS Status = CleanTail(Volume, Table);

    while (Status == FAT_SUCCESS && (*Offset = FindInside(Volume, Table, Count)) == FAT_UNKNOWN)
        Status = GrowDirectory(Volume, Table);
    if (Status == FAT_SUCCESS && *Offset > Table->End)
        Status = SkipTo(Volume, Table, *Offset);
    return Status;
}

void FatUseSlot(FAT_DIRECTORY *Table, uint32_t Offset, uint32_t Length)
{
    uint32_t Inside = Offset >= Table->End ? 0 : Table->End - Offset < Length ? Table->End - Offset : Length;

    Table->Holes -= Inside / FAT_ENTRY_SIZE;
    if (Offset + Length > Table->End)
        Table->End = Offset + Length;
}

void FatClearSlot(FAT_DIRECTORY *Table, uint32_t Offset, uint32_t Length)
{
    for (uint32_t At = Offset; At < Offset + Length; At += FAT_ENTRY_SIZE)
        Table->Bytes[At] = ENTRY_DELETED;
    Table->Holes += Length / FAT_ENTRY_SIZE;
}
