/* SPDX-License-Identifier: MIT */
/*
 * fuzz_fat.c - libFuzzer over everything that believes a disk: the FAT volume (boot sector, table, directories, names) and partition tables.
 *
 * An input is a list of changes to a small healthy volume: bytes 0 to 2 choose the volume, each group of four then says where and what to write.  (A fuzzer
 * that had to invent a boot sector would never get past it.)  The volume is opened, walked, changed and closed, under AddressSanitizer and UBSan;
 * it may refuse anything, but must come to an end and touch nothing that is not its own.
 *
 *      make fuzz-fat              a minute; FUZZ_TIME=seconds
 *      make fuzz-fat FUZZ_RUNS=n  so many inputs, as `make test` does it
 */
#include <stdlib.h>
#include <string.h>
#include "fatcore.h"
#include "parttable.h"

#define SECTOR 512u
#define MAX_DEPTH 5
#define BUDGET 4000

typedef struct _DISK {
    uint8_t *Bytes;
    uint32_t Size;
    uint32_t Budget;
} DISK;

static int Locked;

void *FatAllocate(size_t Bytes)
{
    return malloc(Bytes);
}

void FatRelease(void *Memory)
{
    free(Memory);
}

FAT_STATUS FatDeviceRead(void *Device, uint64_t Offset, uint32_t Length, void *Buffer)
{
    DISK *Disk = Device;

    if (Offset > Disk->Size || Length > Disk->Size - Offset)
        return FAT_DISK_CORRUPT;
    memcpy(Buffer, Disk->Bytes + Offset, Length);
    return FAT_SUCCESS;
}

FAT_STATUS FatDeviceWrite(void *Device, uint64_t Offset, uint32_t Length, const void *Buffer)
{
    DISK *Disk = Device;

    if (Offset > Disk->Size || Length > Disk->Size - Offset)
        return FAT_DISK_CORRUPT;
    memcpy(Disk->Bytes + Offset, Buffer, Length);
    return FAT_SUCCESS;
}

void FatLockTable(FAT_VOLUME *Volume)
{
    (void)Volume;
    if (Locked & 1)
        abort();
    Locked |= 1;
}

void FatUnlockTable(FAT_VOLUME *Volume)
{
    (void)Volume;
    Locked &= ~1;
}

void FatLockDirectories(FAT_VOLUME *Volume)
{
    (void)Volume;
    if (Locked)
        abort();
    Locked |= 2;
}

void FatUnlockDirectories(FAT_VOLUME *Volume)
{
    (void)Volume;
    Locked &= ~2;
}

int64_t FatNow(void)
{
    return 133484544001230000;
}

uint16_t FatUpcase(uint16_t Unit)
{
    return Unit >= 'a' && Unit <= 'z' ? (uint16_t)(Unit - 32) : Unit;
}

/* ---- a healthy volume ----------------------------------------------------------------------------------------------------------------- */

static void Store16(uint8_t *At, uint32_t Value)
{
    At[0] = (uint8_t)Value;
    At[1] = (uint8_t)(Value >> 8);
}

/* Kind 0: FAT12, 200 clusters; 1: FAT16, 4200; 2: FAT32 by its boot sector, 300. */
static uint32_t MakeVolume(uint8_t **Bytes, uint32_t Kind)
{
    uint32_t Clusters = Kind == 0 ? 200 : Kind == 1 ? 4200 : 300, Bits = Kind == 0 ? 12 : Kind == 1 ? 16 : 32;
    uint32_t Reserved = Kind == 2 ? 8 : 1, FatSectors = ((Clusters + 2) * Bits / 8 + SECTOR) / SECTOR, Root = Kind == 2 ? 0 : 32;
    uint32_t Total = Reserved + 2 * FatSectors + Root * 32 / SECTOR + Clusters;
    uint8_t *Boot = *Bytes = calloc(Total, SECTOR);

    Boot[0] = 0xEB;
    Boot[2] = 0x90;
    Store16(Boot + 11, SECTOR);
    Boot[13] = 1;
    Store16(Boot + 14, Reserved);
    Boot[16] = 2;
    Store16(Boot + 17, Root);
    Store16(Boot + 19, Total);
    Boot[21] = 0xF8;
    if (Kind == 2) {
        Store16(Boot + 36, FatSectors);
        Boot[44] = 2;
        Boot[48] = 1;
    } else {
        Store16(Boot + 22, FatSectors);
    }
    Store16(Boot + 510, 0xAA55);
    for (uint32_t Fat = 0; Fat < 2; Fat++) {
        uint8_t *Table = Boot + (Reserved + Fat * FatSectors) * SECTOR;
        memset(Table, 0xFF, Kind == 0 ? 3 : Kind == 1 ? 4 : 12);
        if (Kind == 2)
            Table[3] = Table[7] = Table[11] = 0x0F;
    }
    return Total * SECTOR;
}

static void Name(uint16_t *To, const char *From, uint32_t *Length)
{
    for (*Length = 0; From[*Length] != 0; ++*Length)
        To[*Length] = (uint8_t)From[*Length];
}

static FAT_NODE *Make(FAT_VOLUME *Volume, FAT_NODE *Parent, const char *Text, uint32_t Attributes)
{
    uint16_t Wide[80];
    uint32_t Length;
    FAT_NODE *Node = NULL;

    Name(Wide, Text, &Length);
    if (Parent->Deleted || FatLoadDirectory(Volume, Parent) != FAT_SUCCESS || FatFindNode(Parent->Table, Wide, Length) != NULL)
        return NULL;
    return FatCreateNode(Volume, Parent, Wide, Length, Attributes, &Node) == FAT_SUCCESS ? Node : NULL;
}

static void Fill(FAT_VOLUME *Volume, FAT_NODE *Node, uint32_t Clusters)
{
    FAT_FILE File = { 0 };

    if (Node->FirstCluster != 0 && FatBuildFile(Volume, Node->FirstCluster, 0, &File) != FAT_SUCCESS)
        return;
    if (FatExtendFile(Volume, &File, Clusters, 0) == FAT_SUCCESS) {
        Node->Size = Clusters * Volume->Geometry.BytesPerCluster;
        Node->FirstCluster = FatFirstCluster(&File);
        (void)FatPublishNode(Volume, Node, 1);
    }
    FatForgetFile(&File);
}

static int Open(FAT_VOLUME *Volume, DISK *Disk)
{
    memset(Volume, 0, sizeof *Volume);
    if (FatParseBootSector(Disk->Bytes, Disk->Size, &Volume->Geometry) != FAT_SUCCESS)
        return 0;
    Volume->Device = Disk;
    if (FatOpenVolume(Volume) == FAT_SUCCESS)
        return 1;
    FatCloseVolume(Volume);
    return 0;
}

/* Something of everything: short and long names, two levels, a chain of several runs. */
static void Populate(DISK *Disk)
{
    FAT_VOLUME Volume;

    if (!Open(&Volume, Disk))
        abort();
    FAT_NODE *First = Make(&Volume, Volume.Root, "FIRST.TXT", FAT_ATTRIBUTE_ARCHIVE);
    FAT_NODE *Folder = Make(&Volume, Volume.Root, "A folder with a long name", FAT_ATTRIBUTE_DIRECTORY);
    FAT_NODE *Second = Make(&Volume, Folder, "second.bin", FAT_ATTRIBUTE_ARCHIVE);
    FAT_NODE *Below = Make(&Volume, Folder, "below", FAT_ATTRIBUTE_DIRECTORY);
    FAT_NODE *Third = Make(&Volume, Below, "Third file, somewhat longer than one entry.data", FAT_ATTRIBUTE_ARCHIVE);
    if (First == NULL || Second == NULL || Third == NULL)
        abort();
    Fill(&Volume, First, 3);
    Fill(&Volume, Second, 2);
    Fill(&Volume, First, 7);
    Fill(&Volume, Third, 1);
    if (FatMarkClean(&Volume) != FAT_SUCCESS)
        abort();
    FatCloseVolume(&Volume);
}

/* ---- what is done to a damaged one ---------------------------------------------------------------------------------------------------- */

static void Walk(FAT_VOLUME *Volume, FAT_NODE *Directory, uint32_t *Budget, int Depth)
{
    if (Depth == MAX_DEPTH || *Budget == 0 || FatLoadDirectory(Volume, Directory) != FAT_SUCCESS)
        return;
    for (FAT_NODE *Node = FatNodeFrom(Directory->Table, 0); Node != NULL && *Budget != 0; Node = FatNodeFrom(Directory->Table, Node->Offset + 1)) {
        FAT_FILE File = { 0 };
        --*Budget;
        if (FatFindNode(Directory->Table, Node->Name.Buffer, Node->Name.Length / 2) == NULL)
            abort(); /* a name that is listed can be opened */
        if (FatIsDirectory(Node)) {
            Walk(Volume, Node, Budget, Depth + 1);
        } else if (FatBuildFile(Volume, Node->FirstCluster, FatClustersFor(Volume, Node->Size), &File) == FAT_SUCCESS) {
            uint64_t Left;
            if (Node->Size != 0 && FatMapOffset(Volume, &File, Node->Size - 1, &Left) == 0)
                abort();
        }
        FatForgetFile(&File);
    }
}

static void Change(FAT_VOLUME *Volume)
{
    static const char *const Names[] = { "new.txt", "A new name that needs several entries on the disk", "NEW", "below", "x y z" };
    uint16_t Wide[80];
    uint32_t Length, Free;

    (void)FatCountFree(Volume, &Free);
    for (uint32_t Index = 0; Index < 5; Index++) {
        FAT_NODE *Node = Make(Volume, Volume->Root, Names[Index], Index == 3 ? FAT_ATTRIBUTE_DIRECTORY : FAT_ATTRIBUTE_ARCHIVE);
        if (Node != NULL && !FatIsDirectory(Node))
            Fill(Volume, Node, Index + 1);
    }
    FAT_NODE *Node = FatNodeFrom(Volume->Root->Table, 0);
    for (uint32_t Index = 0; Node != NULL && Index < 4; Index++) {
        FAT_NODE *Next = FatNodeFrom(Volume->Root->Table, Node->Offset + 1);
        FAT_FILE File = { 0 };
        Name(Wide, Names[Index], &Length);
        Wide[0] = 'q';
        if (!FatIsDirectory(Node) && FatBuildFile(Volume, Node->FirstCluster, 0, &File) == FAT_SUCCESS)
            (void)FatRenameNode(Volume, Node, &File, Volume->Root, Wide, Length, NULL);
        else if (Index % 2)
            (void)FatRemoveNode(Volume, Node);
        FatForgetFile(&File);
        if (Node->Deleted) {
            FatUnloadDirectory(Node);
            FatFreeNode(Node);
        }
        Node = Next;
    }
    (void)FatSetLabel(Volume, (const uint16_t *)u"FUZZ", 4);
    (void)FatMarkClean(Volume);
}

static PART_STATUS ReadSector(void *Context, uint64_t Sector, void *Buffer)
{
    const DISK *Disk = Context;

    if ((Sector + 1) * SECTOR > Disk->Size)
        abort(); /* never asked for what is not there */
    memcpy(Buffer, Disk->Bytes + Sector * SECTOR, SECTOR);
    return PART_SUCCESS;
}

/* A GPT of two partitions on 64 sectors, with sums that are put right after the damage if Fix. */
static void FuzzPartitions(const uint8_t *Data, size_t Size, int Fix)
{
    static PART_TABLE Table;
    DISK Disk = { calloc(64, SECTOR), 64 * SECTOR, 0 };
    uint8_t *Header = Disk.Bytes + SECTOR, *Entries = Disk.Bytes + 2 * SECTOR, Buffer[2 * SECTOR];

    Store16(Disk.Bytes + 510, 0xAA55);
    Disk.Bytes[446 + 4] = Fix ? 0xEE : 0x0F;
    Disk.Bytes[446 + 8] = 1;
    Disk.Bytes[446 + 12] = 60;
    memcpy(Header, "EFI PART", 8);
    Header[10] = 1;
    Header[12] = 92;
    Header[24] = 1;
    Header[40] = 6;
    Header[48] = 60;
    Header[72] = 2;
    Header[80] = 8;
    Header[84] = 128;
    for (int Index = 0; Index < 2; Index++) {
        Entries[128 * Index] = 1;
        Entries[128 * Index + 32] = (uint8_t)(10 + 20 * Index);
        Entries[128 * Index + 40] = (uint8_t)(20 + 20 * Index);
    }
    for (; Size >= 3; Data += 3, Size -= 3)
        Disk.Bytes[(Data[0] | Data[1] << 8) % (8 * SECTOR)] = Data[2];
    if (Fix) {
        uint32_t Sum = PartCrc32(0, Entries, 8 * 128);
        for (int Index = 0; Index < 4; Index++)
            Header[88 + Index] = (uint8_t)(Sum >> 8 * Index);
        memset(Header + 16, 0, 4);
        uint32_t Length = Header[12] | (uint32_t)Header[13] << 8;
        Sum = PartCrc32(0, Header, Length <= SECTOR ? Length : 0);
        for (int Index = 0; Index < 4; Index++)
            Header[16 + Index] = (uint8_t)(Sum >> 8 * Index);
    }
    if (PartRead(ReadSector, &Disk, SECTOR, 64, Buffer, &Table) == PART_SUCCESS) {
        for (uint32_t Index = 0; Index < Table.Count; Index++) {
            const PART_ENTRY *Entry = &Table.Entry[Index];
            if (Entry->Count == 0 || Entry->First >= 64 || Entry->Count > 64 - Entry->First)
                abort(); /* what is believed lies on the disk */
            (void)PartIsData(&Table, Entry);
        }
    }
    free(Disk.Bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size);
int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size)
{
    static uint8_t *Healthy[3];
    static uint32_t Sizes[3];
    FAT_VOLUME Volume;

    if (Size < 3)
        return 0;
    uint32_t Kind = Data[0] % 5, Budget = BUDGET;
    if (Kind >= 3) {
        FuzzPartitions(Data + 1, Size - 1, Kind == 3);
        return 0;
    }
    if (Healthy[Kind] == NULL) {
        Sizes[Kind] = MakeVolume(&Healthy[Kind], Kind);
        DISK Fresh = { Healthy[Kind], Sizes[Kind], 0 };
        Populate(&Fresh);
    }
    DISK Disk = { malloc(Sizes[Kind]), Sizes[Kind], 0 };
    memcpy(Disk.Bytes, Healthy[Kind], Sizes[Kind]);
    /* Three bytes of place, mostly near the front, where the structures are; then a byte. */
    for (size_t At = 1; At + 4 <= Size; At += 4) {
        uint32_t Place = Data[At] | (uint32_t)Data[At + 1] << 8 | (uint32_t)(Data[At + 2] & 1) << 16;
        Disk.Bytes[Place % Sizes[Kind]] = Data[At + 3];
    }
    Locked = 0;
    if (Open(&Volume, &Disk)) {
        Walk(&Volume, Volume.Root, &Budget, 0);
        Change(&Volume);
        Budget = BUDGET;
        Walk(&Volume, Volume.Root, &Budget, 0);
        FatCloseVolume(&Volume);
        if (Locked)
            abort();
    }
    free(Disk.Bytes);
    return 0;
}
