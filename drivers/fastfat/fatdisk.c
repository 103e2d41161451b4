/* SPDX-License-Identifier: MIT */
/*
 * fatdisk.c - boot sector, FAT entries, cluster chains.  The layout is drawn in fatdisk.h.
 */
#include "fatdisk.h"

#define FAT12_MAX_CLUSTERS 4085u
#define FAT16_MAX_CLUSTERS 65525u
#define FAT32_MAX_CLUSTERS 0x0FFFFFF5u
#define EXTENDED_BOOT_SIGNATURE 0x29
#define FAT32_VERSION 0

static uint16_t Load16(const uint8_t *At)
{
    return (uint16_t)(At[0] | At[1] << 8);
}

static uint32_t Load32(const uint8_t *At)
{
    return Load16(At) | (uint32_t)Load16(At + 2) << 16;
}

static int IsPowerOfTwo(uint32_t Value)
{
    return Value != 0 && (Value & (Value - 1)) == 0;
}

/* What every FAT boot sector has to satisfy before its numbers are worth computing with. */
static int LooksLikeFat(const uint8_t *Boot)
{
    uint32_t BytesPerSector = Load16(Boot + 11);
    uint8_t Media = Boot[21];

    return (Boot[0] == 0xEB || Boot[0] == 0xE9 || Boot[0] == 0x49) && IsPowerOfTwo(BytesPerSector) && BytesPerSector >= 512 &&
           BytesPerSector <= 4096 && IsPowerOfTwo(Boot[13]) && BytesPerSector * Boot[13] <= 0x40000 && Load16(Boot + 14) != 0 &&
           Boot[16] != 0 && (Media == 0xF0 || Media >= 0xF8);
}

static void TakeLabel(const uint8_t *From, char *Label)
{
    int Length = 11;

    for (int Index = 0; Index < 11; Index++)
        Label[Index] = (char)From[Index];
    while (Length > 0 && Label[Length - 1] == ' ')
        Length--;
    Label[Length] = 0;
}

/* The fields that lie elsewhere on FAT32. */
static FAT_STATUS ParseExtension(const uint8_t *Boot, uint64_t FatSectors, FAT_GEOMETRY *Geometry)
{
    const uint8_t *Extension = Boot + (Geometry->Bits == 32 ? 64 : 36);

    if (Geometry->Bits == 32) {
        uint16_t Flags = Load16(Boot + 40);
        if (Load16(Boot + 42) != FAT32_VERSION || Load16(Boot + 17) != 0)
            return FAT_UNRECOGNIZED;
        Geometry->RootCluster = Load32(Boot + 44);
        /* Bit 7: mirroring is off and the low bits name the one FAT that counts. */
        if (Flags & 0x80) {
            if ((Flags & 0x0F) >= Boot[16])
                return FAT_UNRECOGNIZED;
            Geometry->FatOffset += (Flags & 0x0F) * FatSectors * Geometry->BytesPerSector;
            Geometry->FatCopies = 1;
        }
        /* Only where it can be: among the reserved sectors, behind the boot sector. */
        if (Load16(Boot + 48) != 0 && Load16(Boot + 48) < Load16(Boot + 14))
            Geometry->InfoSector = Load16(Boot + 48);
        if (!FatIsDataCluster(Geometry, Geometry->RootCluster))
            return FAT_UNRECOGNIZED;
    } else if (Geometry->RootBytes == 0) {
        return FAT_UNRECOGNIZED;
    }
    if (Extension[2] == EXTENDED_BOOT_SIGNATURE) {
        Geometry->SerialNumber = Load32(Extension + 3);
        TakeLabel(Extension + 7, Geometry->Label);
    }
    return FAT_SUCCESS;
}

FAT_STATUS FatParseBootSector(const void *Sector, uint64_t VolumeBytes, FAT_GEOMETRY *Geometry)
{
    const uint8_t *Boot = Sector;

    __builtin_memset(Geometry, 0, sizeof *Geometry);
    if (!LooksLikeFat(Boot))
        return FAT_UNRECOGNIZED;
    uint32_t SectorSize = Load16(Boot + 11);
    uint64_t FatSectors = Load16(Boot + 22) != 0 ? Load16(Boot + 22) : Load32(Boot + 36);
    uint64_t Total = Load16(Boot + 19) != 0 ? Load16(Boot + 19) : Load32(Boot + 32);
    uint64_t RootSectors = ((uint64_t)Load16(Boot + 17) * FAT_ENTRY_SIZE + SectorSize - 1) / SectorSize;
    uint64_t FirstFat = Load16(Boot + 14), FirstRoot = FirstFat + Boot[16] * FatSectors, FirstData = FirstRoot + RootSectors;

    if (FatSectors == 0 || Total <= FirstData || Total * SectorSize > VolumeBytes)
        return FAT_UNRECOGNIZED;
    uint64_t Clusters = (Total - FirstData) / Boot[13];
    if (Clusters == 0 || Clusters > FAT32_MAX_CLUSTERS)
        return FAT_UNRECOGNIZED;

    Geometry->BytesPerSector = SectorSize;
    Geometry->BytesPerCluster = SectorSize * Boot[13];
    Geometry->ClusterCount = (uint32_t)Clusters;
    Geometry->Bits = Clusters < FAT12_MAX_CLUSTERS ? 12 : Clusters < FAT16_MAX_CLUSTERS ? 16 : 32;
    /* A volume formatted as FAT32 with few clusters says so by having no 16-bit FAT size; Windows believes that. */
    if (Load16(Boot + 22) == 0)
        Geometry->Bits = 32;
    Geometry->FatOffset = FirstFat * SectorSize;
    Geometry->FatStride = FatSectors * SectorSize;
    Geometry->FatCopies = Boot[16];
    Geometry->FatBytes = ((Clusters + 2) * Geometry->Bits + 7) / 8;
    Geometry->RootOffset = FirstRoot * SectorSize;
    Geometry->RootBytes = Load16(Boot + 17) * FAT_ENTRY_SIZE;
    Geometry->DataOffset = FirstData * SectorSize;
    if (Geometry->FatBytes > FatSectors * SectorSize)
        return FAT_UNRECOGNIZED;
    return ParseExtension(Boot, FatSectors, Geometry);
}

int FatIsDataCluster(const FAT_GEOMETRY *Geometry, uint32_t Cluster)
{
    return Cluster >= 2 && Cluster - 2 < Geometry->ClusterCount;
}

uint64_t FatClusterOffset(const FAT_GEOMETRY *Geometry, uint32_t Cluster)
{
    return Geometry->DataOffset + (uint64_t)(Cluster - 2) * Geometry->BytesPerCluster;
}

uint32_t FatDecodeEntry(uint32_t Bits, uint32_t Cluster, const uint8_t Bytes[4])
{
    uint32_t Raw = Load32(Bytes), Mask = Bits == 32 ? 0x0FFFFFFF : (1u << Bits) - 1;

    if (Bits == 12 && Cluster % 2 != 0)
        Raw >>= 4;
    Raw &= Mask;
    if (Raw >= (Mask & ~7u))
        return FAT_END_OF_CHAIN;
    return Raw == (Mask & ~8u) ? FAT_BAD_CLUSTER : Raw;
}

/* FAT32 keeps the four upper bits that are there; a FAT12 entry shares a byte with its neighbour. */
void FatEncodeEntry(uint32_t Bits, uint32_t Cluster, uint32_t Value, uint8_t Bytes[4])
{
    uint32_t Mask = Bits == 32 ? 0x0FFFFFFF : (1u << Bits) - 1, Shift = Bits == 12 && Cluster % 2 != 0 ? 4 : 0;
    uint32_t Raw = (Load32(Bytes) & ~(Mask << Shift)) | (Value & Mask) << Shift;

    for (int Index = 0; Index < 4; Index++)
        Bytes[Index] = (uint8_t)(Raw >> 8 * Index);
}

FAT_STATUS FatReadEntry(const FAT_GEOMETRY *Geometry, FAT_READ Read, void *Context, uint32_t Cluster, uint32_t *Value)
{
    uint8_t Bytes[4] = { 0 };
    uint32_t Size = Geometry->Bits == 32 ? 4 : 2;
    uint64_t Offset = (uint64_t)Cluster * Geometry->Bits / 8;

    if (!FatIsDataCluster(Geometry, Cluster))
        return FAT_FILE_CORRUPT;
    FAT_STATUS Status = Read(Context, Offset, Size, Bytes);
    if (Status != FAT_SUCCESS)
        return Status;
    *Value = FatDecodeEntry(Geometry->Bits, Cluster, Bytes);
    return FAT_SUCCESS;
}

void FatStartChain(FAT_CHAIN *Chain, const FAT_GEOMETRY *Geometry, FAT_READ Read, void *Context, uint32_t FirstCluster)
{
    Chain->Geometry = Geometry;
    Chain->Read = Read;
    Chain->Context = Context;
    Chain->Next = FirstCluster;
    Chain->FileCluster = 0;
}

FAT_STATUS FatNextRun(FAT_CHAIN *Chain, uint32_t Limit, FAT_RUN *Run)
{
    uint32_t Cluster = Chain->Next, Value = 0;

    if (Cluster == 0)
        return FAT_NO_MORE;
    if (!FatIsDataCluster(Chain->Geometry, Cluster))
        return FAT_FILE_CORRUPT;
    Run->FileCluster = Chain->FileCluster;
    Run->DiskCluster = Cluster;
    Run->Count = 0;
    while (Run->Count < Limit) {
        /* As many steps as there are clusters, and still no end: the chain bites its tail. */
        if (Chain->FileCluster == Chain->Geometry->ClusterCount)
            return FAT_FILE_CORRUPT;
        FAT_STATUS Status = FatReadEntry(Chain->Geometry, Chain->Read, Chain->Context, Cluster, &Value);
        if (Status != FAT_SUCCESS)
            return Status;
        Run->Count++;
        Chain->FileCluster++;
        Chain->Next = Value == FAT_END_OF_CHAIN ? 0 : Value;
        if (Value == FAT_END_OF_CHAIN)
            break;
        /* Free, bad and reserved entries are found out here, not when the next run is asked for. */
        if (!FatIsDataCluster(Chain->Geometry, Value))
            return FAT_FILE_CORRUPT;
        if (Value != Cluster + 1)
            break;
        Cluster = Value;
    }
    return FAT_SUCCESS;
}
