/* SPDX-License-Identifier: MIT */
/*
 * fattable.c - the file allocation table in memory, written through: changes collect as sectors in Pending, in the order they were made, until
 * FatWritePending sends them to every copy of the table.  And the volume's dirty bit and free count, which say the same to the next system.
 */
#include "fatcore.h"

#define STATE_DIRTY 0x01
#define INFO_LEAD 0x41615252u
#define INFO_STRUCT 0x61417272u
#define INFO_TRAIL 0xAA550000u

static uint32_t Load32(const uint8_t *At)
{
    return At[0] | (uint32_t)At[1] << 8 | (uint32_t)At[2] << 16 | (uint32_t)At[3] << 24;
}

static void Store32(uint8_t *At, uint32_t Value)
{
    for (int Index = 0; Index < 4; Index++)
        At[Index] = (uint8_t)(Value >> 8 * Index);
}

static FAT_STATUS LoadBlock(FAT_VOLUME *Volume, uint32_t Index)
{
    uint64_t Start = (uint64_t)Index * FAT_BLOCK_SIZE, Sector = Volume->Geometry.BytesPerSector;
    uint64_t Length = (Volume->Geometry.FatBytes - Start + Sector - 1) / Sector * Sector;

    if (Volume->Blocks[Index] != NULL)
        return FAT_SUCCESS;
    uint8_t *Block = FatAllocate(FAT_BLOCK_SIZE);
    if (Block == NULL)
        return FAT_NO_MEMORY;
    FAT_STATUS Status = FatDeviceRead(Volume->Device, Volume->Geometry.FatOffset + Start,
                                      (uint32_t)(Length < FAT_BLOCK_SIZE ? Length : FAT_BLOCK_SIZE), Block);
    if (Status == FAT_SUCCESS)
        Volume->Blocks[Index] = Block;
    else
        FatRelease(Block);
    return Status;
}

/* A FAT12 entry may lie across two blocks; one whose last byte is the table's needs no second byte beyond it. */
static FAT_STATUS CopyOut(FAT_VOLUME *Volume, uint64_t Offset, uint32_t Length, uint8_t *To)
{
    while (Length != 0) {
        uint32_t Index = (uint32_t)(Offset / FAT_BLOCK_SIZE), At = (uint32_t)(Offset % FAT_BLOCK_SIZE);
        uint32_t Part = FAT_BLOCK_SIZE - At < Length ? FAT_BLOCK_SIZE - At : Length;
        FAT_STATUS Status = LoadBlock(Volume, Index);
        if (Status != FAT_SUCCESS)
            return Status;
        __builtin_memcpy(To, Volume->Blocks[Index] + At, Part);
        Offset += Part;
        To += Part;
        Length -= Part;
    }
    return FAT_SUCCESS;
}

FAT_STATUS FatReadFat(void *Context, uint64_t Offset, uint32_t Length, void *Buffer)
{
    FAT_VOLUME *Volume = Context;

    if (Offset > Volume->Geometry.FatBytes || Length > Volume->Geometry.FatBytes - Offset)
        return FAT_FILE_CORRUPT;
    FatLockTable(Volume);
    FAT_STATUS Status = CopyOut(Volume, Offset, Length, Buffer);
    FatUnlockTable(Volume);
    return Status;
}

static uint32_t EntrySize(const FAT_VOLUME *Volume)
{
    return Volume->Geometry.Bits == 32 ? 4 : 2;
}

static uint64_t EntryOffset(const FAT_VOLUME *Volume, uint32_t Cluster)
{
    return (uint64_t)Cluster * Volume->Geometry.Bits / 8;
}

/* Where an entry lies that is in memory, with all four bytes that its coding looks at: nearly always.  NULL: another one. */
static uint8_t *EntryInBlock(const FAT_VOLUME *Volume, uint64_t Offset)
{
    uint8_t *Block = Volume->Blocks[Offset / FAT_BLOCK_SIZE];

    return Block != NULL && Offset % FAT_BLOCK_SIZE + 4 <= FAT_BLOCK_SIZE ? Block + Offset % FAT_BLOCK_SIZE : NULL;
}

FAT_STATUS FatGetEntry(FAT_VOLUME *Volume, uint32_t Cluster, uint32_t *Value)
{
    uint8_t Bytes[4] = { 0 }, *Entry = EntryInBlock(Volume, EntryOffset(Volume, Cluster));

    if (Entry != NULL) {
        *Value = FatDecodeEntry(Volume->Geometry.Bits, Cluster, Entry);
        return FAT_SUCCESS;
    }
    FAT_STATUS Status = CopyOut(Volume, EntryOffset(Volume, Cluster), EntrySize(Volume), Bytes);
    *Value = FatDecodeEntry(Volume->Geometry.Bits, Cluster, Bytes);
    return Status;
}

/* A full list is written: what came first is on the disk first all the same. */
static FAT_STATUS NotePending(FAT_VOLUME *Volume, uint32_t Sector)
{
    for (uint32_t Index = Volume->PendingCount; Index != 0; Index--) {
        if (Volume->Pending[Index - 1] == Sector)
            return FAT_SUCCESS;
    }
    if (Volume->PendingCount == FAT_PENDING) {
        FAT_STATUS Status = FatWritePending(Volume, 0);
        if (Status != FAT_SUCCESS)
            return Status;
    }
    Volume->Pending[Volume->PendingCount++] = Sector;
    return FAT_SUCCESS;
}

FAT_STATUS FatSetEntry(FAT_VOLUME *Volume, uint32_t Cluster, uint32_t Value)
{
    uint64_t Offset = EntryOffset(Volume, Cluster);
    uint32_t Size = EntrySize(Volume), First = (uint32_t)(Offset / Volume->Geometry.BytesPerSector);
    uint32_t Last = (uint32_t)((Offset + Size - 1) / Volume->Geometry.BytesPerSector);
    uint8_t Bytes[4] = { 0 }, *Entry = EntryInBlock(Volume, Offset);

    FAT_STATUS Status = Entry != NULL ? FAT_SUCCESS : CopyOut(Volume, Offset, Size, Bytes);
    if (Status == FAT_SUCCESS)
        Status = NotePending(Volume, First);
    if (Status == FAT_SUCCESS && Last != First)
        Status = NotePending(Volume, Last);
    if (Status != FAT_SUCCESS)
        return Status;
    if (Entry != NULL) {
        FatEncodeEntry(Volume->Geometry.Bits, Cluster, Value, Entry);
        return FAT_SUCCESS;
    }
    FatEncodeEntry(Volume->Geometry.Bits, Cluster, Value, Bytes);
    for (uint32_t Index = 0; Index < Size; Index++)
        Volume->Blocks[(Offset + Index) / FAT_BLOCK_SIZE][(Offset + Index) % FAT_BLOCK_SIZE] = Bytes[Index];
    return FAT_SUCCESS;
}

/* Count sectors from First on, which lie in one block, to every copy. */
static FAT_STATUS WriteSectors(FAT_VOLUME *Volume, uint32_t First, uint32_t Count)
{
    uint64_t Sector = Volume->Geometry.BytesPerSector, Offset = First * Sector;
    const uint8_t *From = Volume->Blocks[Offset / FAT_BLOCK_SIZE] + Offset % FAT_BLOCK_SIZE;
    FAT_STATUS Status = FAT_SUCCESS;

    for (uint32_t Copy = 0; Copy < Volume->Geometry.FatCopies && Status == FAT_SUCCESS; Copy++)
        Status = FatDeviceWrite(Volume->Device, Volume->Geometry.FatOffset + Copy * Volume->Geometry.FatStride + Offset, (uint32_t)(Count * Sector), From);
    return Status;
}

FAT_STATUS FatWritePending(FAT_VOLUME *Volume, uint32_t Last)
{
    uint32_t Sector = Volume->Geometry.BytesPerSector, PerBlock = FAT_BLOCK_SIZE / Sector, Kept = 0, Index = 0;
    uint64_t Offset = EntryOffset(Volume, Last);
    uint32_t KeepFrom = (uint32_t)(Offset / Sector), KeepTo = (uint32_t)((Offset + EntrySize(Volume) - 1) / Sector);
    FAT_STATUS Status = FAT_SUCCESS;

    while (Index < Volume->PendingCount) {
        uint32_t First = Volume->Pending[Index], Count = 1;
        if (Status != FAT_SUCCESS || (Last != 0 && First >= KeepFrom && First <= KeepTo)) {
            Volume->Pending[Kept++] = First;
            Index++;
            continue;
        }
        while (Index + Count < Volume->PendingCount && Volume->Pending[Index + Count] == First + Count && (First + Count) / PerBlock == First / PerBlock &&
               !(Last != 0 && First + Count >= KeepFrom && First + Count <= KeepTo))
            Count++;
        Status = WriteSectors(Volume, First, Count);
        if (Status != FAT_SUCCESS)
            continue; /* it, and all behind it, stay */
        Index += Count;
    }
    Volume->PendingCount = Kept;
    return Status;
}

int FatIsSplitEntry(const FAT_VOLUME *Volume, uint32_t Cluster)
{
    return Volume->Geometry.Bits == 12 && EntryOffset(Volume, Cluster) % Volume->Geometry.BytesPerSector == Volume->Geometry.BytesPerSector - 1;
}

FAT_STATUS FatCountFree(FAT_VOLUME *Volume, uint32_t *Free)
{
    uint32_t Count = 0, Value;
    FAT_STATUS Status = FAT_SUCCESS;

    FatLockTable(Volume);
    if (Volume->FreeClusters == FAT_UNKNOWN) {
        for (uint32_t Cluster = 2; Cluster - 2 < Volume->Geometry.ClusterCount && Status == FAT_SUCCESS; Cluster++) {
            Status = FatGetEntry(Volume, Cluster, &Value);
            Count += Value == 0 && !FatIsSplitEntry(Volume, Cluster);
        }
        if (Status == FAT_SUCCESS)
            Volume->FreeClusters = Count;
    }
    *Free = Volume->FreeClusters;
    FatUnlockTable(Volume);
    return Status;
}

/* ---- dirty and clean ---------------------------------------------------------------------------------------------------------------- */

static FAT_STATUS SetBootState(FAT_VOLUME *Volume, uint8_t *Sector, int Dirty)
{
    uint32_t Size = Volume->Geometry.BytesPerSector;
    uint8_t *State = Sector + (Volume->Geometry.Bits == 32 ? 0x41 : 0x25);

    FAT_STATUS Status = FatDeviceRead(Volume->Device, 0, Size, Sector);
    if (Status != FAT_SUCCESS || (*State & STATE_DIRTY) == Dirty)
        return Status;
    *State = (uint8_t)((*State & ~STATE_DIRTY) | Dirty);
    return FatDeviceWrite(Volume->Device, 0, Size, Sector);
}

static int IsInfoSector(const uint8_t *Sector)
{
    return Load32(Sector) == INFO_LEAD && Load32(Sector + 484) == INFO_STRUCT && Load32(Sector + 508) == INFO_TRAIL;
}

/* The free count is only a hint to other systems: one that is known to be unknown cannot be wrong. */
static FAT_STATUS SetInfo(FAT_VOLUME *Volume, uint8_t *Sector, uint32_t Free, uint32_t Next)
{
    uint32_t Size = Volume->Geometry.BytesPerSector;
    uint64_t Offset = (uint64_t)Volume->Geometry.InfoSector * Size;

    if (Volume->Geometry.InfoSector == 0)
        return FAT_SUCCESS;
    FAT_STATUS Status = FatDeviceRead(Volume->Device, Offset, Size, Sector);
    if (Status != FAT_SUCCESS || !IsInfoSector(Sector) || (Load32(Sector + 488) == Free && Load32(Sector + 492) == Next))
        return Status;
    Store32(Sector + 488, Free);
    Store32(Sector + 492, Next);
    return FatDeviceWrite(Volume->Device, Offset, Size, Sector);
}

/* Entry 1 of the table: its highest bit but for the reserved ones says that the volume was left in order.  FAT12 has none. */
static FAT_STATUS SetTableState(FAT_VOLUME *Volume, int Dirty)
{
    uint32_t Bits = Volume->Geometry.Bits, Clean = Bits == 32 ? 0x08000000 : 0x8000;
    uint8_t Bytes[4] = { 0 };

    if (Bits == 12)
        return FAT_SUCCESS;
    FAT_STATUS Status = CopyOut(Volume, EntryOffset(Volume, 1), EntrySize(Volume), Bytes);
    if (Status != FAT_SUCCESS || ((Load32(Bytes) & Clean) == 0) == Dirty)
        return Status;
    Status = FatSetEntry(Volume, 1, (Load32(Bytes) & ~Clean) | (Dirty ? 0 : Clean));
    return Status == FAT_SUCCESS ? FatWritePending(Volume, 0) : Status;
}

FAT_STATUS FatMarkDirty(FAT_VOLUME *Volume)
{
    FAT_STATUS Status = FAT_SUCCESS;

    if (Volume->Dirty)
        return FAT_SUCCESS;
    uint8_t *Sector = FatAllocate(Volume->Geometry.BytesPerSector);
    if (Sector == NULL)
        return FAT_NO_MEMORY;
    FatLockTable(Volume);
    if (!Volume->Dirty) {
        Status = SetBootState(Volume, Sector, 1);
        if (Status == FAT_SUCCESS)
            Status = SetInfo(Volume, Sector, FAT_UNKNOWN, FAT_UNKNOWN);
        if (Status == FAT_SUCCESS)
            Status = SetTableState(Volume, 1);
        Volume->Dirty = Status == FAT_SUCCESS;
    }
    FatUnlockTable(Volume);
    FatRelease(Sector);
    return Status;
}

FAT_STATUS FatMarkClean(FAT_VOLUME *Volume)
{
    FAT_STATUS Status = FAT_SUCCESS;

    if (!Volume->Dirty)
        return FAT_SUCCESS;
    uint8_t *Sector = FatAllocate(Volume->Geometry.BytesPerSector);
    if (Sector == NULL)
        return FAT_NO_MEMORY;
    FatLockTable(Volume);
    if (Volume->Dirty) {
        Status = FatWritePending(Volume, 0);
        if (Status == FAT_SUCCESS)
            Status = SetInfo(Volume, Sector, Volume->FreeClusters, Volume->NextFree);
        if (Status == FAT_SUCCESS && !Volume->FoundDirty)
            Status = SetTableState(Volume, 0);
        if (Status == FAT_SUCCESS && !Volume->FoundDirty)
            Status = SetBootState(Volume, Sector, 0);
        Volume->Dirty = Status != FAT_SUCCESS;
    }
    FatUnlockTable(Volume);
    FatRelease(Sector);
    return Status;
}

/* ---- life --------------------------------------------------------------------------------------------------------------------------- */

/* A volume left in order has a free count that can be believed, unless it cannot be. */
static FAT_STATUS ReadState(FAT_VOLUME *Volume)
{
    FAT_GEOMETRY *Geometry = &Volume->Geometry;
    uint8_t *Sector = FatAllocate(Geometry->BytesPerSector);

    if (Sector == NULL)
        return FAT_NO_MEMORY;
    FAT_STATUS Status = FatDeviceRead(Volume->Device, 0, Geometry->BytesPerSector, Sector);
    int Clean = Status == FAT_SUCCESS && !(Sector[Geometry->Bits == 32 ? 0x41 : 0x25] & STATE_DIRTY);
    Volume->FoundDirty = !Clean;
    if (Status == FAT_SUCCESS && Geometry->InfoSector != 0)
        Status = FatDeviceRead(Volume->Device, (uint64_t)Geometry->InfoSector * Geometry->BytesPerSector, Geometry->BytesPerSector, Sector);
    if (Status == FAT_SUCCESS && Geometry->InfoSector != 0 && Clean && IsInfoSector(Sector)) {
        if (Load32(Sector + 488) <= Geometry->ClusterCount)
            Volume->FreeClusters = Load32(Sector + 488);
        if (FatIsDataCluster(Geometry, Load32(Sector + 492)))
            Volume->NextFree = Load32(Sector + 492);
    }
    FatRelease(Sector);
    return Status;
}

FAT_STATUS FatOpenVolume(FAT_VOLUME *Volume)
{
    Volume->BlockCount = (uint32_t)((Volume->Geometry.FatBytes + FAT_BLOCK_SIZE - 1) / FAT_BLOCK_SIZE);
    Volume->FreeClusters = FAT_UNKNOWN;
    Volume->NextFree = 2;
    Volume->Blocks = FatAllocate(Volume->BlockCount * sizeof *Volume->Blocks);
    if (Volume->Blocks == NULL)
        return FAT_NO_MEMORY;
    __builtin_memset(Volume->Blocks, 0, Volume->BlockCount * sizeof *Volume->Blocks);
    FAT_STATUS Status = ReadState(Volume);
    if (Status == FAT_SUCCESS)
        Status = FatCreateRoot(Volume);
    if (Status == FAT_SUCCESS)
        Status = FatLoadDirectory(Volume, Volume->Root);
    /* A volume whose root cannot be read is lost as a whole. */
    return Status == FAT_FILE_CORRUPT ? FAT_DISK_CORRUPT : Status;
}

void FatCloseVolume(FAT_VOLUME *Volume)
{
    if (Volume->Root != NULL) {
        FatUnloadDirectory(Volume->Root);
        FatFreeNode(Volume->Root);
        Volume->Root = NULL;
    }
    for (uint32_t Index = 0; Volume->Blocks != NULL && Index < Volume->BlockCount; Index++) {
        if (Volume->Blocks[Index] != NULL)
            FatRelease(Volume->Blocks[Index]);
    }
    if (Volume->Blocks != NULL)
        FatRelease(Volume->Blocks);
    Volume->Blocks = NULL;
}
