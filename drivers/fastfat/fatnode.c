/* SPDX-License-Identifier: MIT */
/*
 * fatnode.c - directories in memory: the bytes as they are on the disk, and a table of nodes made from them, hashed by name and by 8.3 name.
 *
 * A directory is read whole (at most 65536 entries, 2 MiB, by the format) when it is first looked into.
 */
#include "fatcore.h"

#define READ_CHUNK 65536u
#define FIRST_BUCKETS 8u
#define ENTRY_DELETED 0xE5

/* ---- names -------------------------------------------------------------------------------------------------------------------------- */

#define LANES(x) ((x) * 0x0001000100010001ULL)

static __attribute__((noinline)) uint64_t FoldEach(uint64_t Four)
{
    uint64_t Folded = 0;

    for (int Shift = 0; Shift < 64; Shift += 16)
        Folded |= (uint64_t)FatFold((uint16_t)(Four >> Shift)) << Shift;
    return Folded;
}

/* The same for all spellings of a name; that other characters become the same too does no harm to a hash. */
static inline uint64_t MixFour(uint64_t Hash, uint64_t Four)
{
    if ((Four & LANES(0xFF80)) != 0)
        Four = FoldEach(Four);
    return (Hash ^ (Four | LANES('a' - 'A'))) * 0x9E3779B97F4A7C15ULL;
}

/* The lowest lane that is a backslash has its highest bit set, those below it have not. */
static inline uint64_t Separators(uint64_t Four)
{
    uint64_t Other = Four ^ LANES('\\');

    return (Other - LANES(1)) & ~Other & LANES(0x8000);
}

/* Four characters at once, since most are ASCII. */
uint32_t FatScanName(const uint16_t *Path, uint32_t Length, uint32_t *Hash)
{
    uint64_t Sum = 0, Four = 0, Found;
    uint32_t At = 0, Rest = 0;

    for (; At + 4 <= Length; At += 4) {
        __builtin_memcpy(&Four, Path + At, sizeof Four);
        Found = Separators(Four);
        if (Found != 0) {
            Rest = (uint32_t)__builtin_ctzll(Found) / 16;
            Four &= ~(~0ULL << Rest * 16);
            goto Last;
        }
        Sum = MixFour(Sum, Four);
    }
    Four = 0;
    for (; At + Rest < Length && Path[At + Rest] != '\\'; Rest++)
        Four |= (uint64_t)Path[At + Rest] << Rest * 16;
Last:
    if (Rest != 0)
        Sum = MixFour(Sum, Four);
    *Hash = (uint32_t)(Sum >> 32) ^ (uint32_t)(Sum >> 48); /* a fourth character shows in the highest bits only */
    return At + Rest;
}

static uint32_t HashName(const uint16_t *Name, uint32_t Length)
{
    uint32_t Hash;

    (void)FatScanName(Name, Length, &Hash);
    return Hash;
}

static int SameName(const FAT_NAME *Name, const uint16_t *Other, uint32_t Length)
{
    const uint16_t *Mine = Name->Buffer;
    uint32_t Index = 0;

    if (Name->Length != Length * 2)
        return 0;
    for (uint64_t One, Two; Index + 4 <= Length; Index += 4) { /* nearly always: spelt alike */
        __builtin_memcpy(&One, Mine + Index, sizeof One);
        __builtin_memcpy(&Two, Other + Index, sizeof Two);
        if (One != Two)
            break;
    }
    for (; Index < Length; Index++) {
        if (Mine[Index] != Other[Index] && FatFold(Mine[Index]) != FatFold(Other[Index]))
            return 0;
    }
    return 1;
}

static void SetNames(FAT_NODE *Node, uint16_t *Room, const uint16_t *Name, uint32_t Length, const uint16_t *Short, uint32_t ShortLength)
{
    Node->Name = (FAT_NAME){ (uint16_t)(Length * 2), (uint16_t)(Length * 2), Room };
    Node->ShortName = (FAT_NAME){ (uint16_t)(ShortLength * 2), (uint16_t)(ShortLength * 2), Room + Length };
    __builtin_memcpy(Room, Name, Length * 2);
    __builtin_memcpy(Room + Length, Short, ShortLength * 2);
    Node->NameHash = HashName(Name, Length);
    Node->ShortHash = ShortLength != 0 ? HashName(Short, ShortLength) : 0;
}

/* A new name; the node is in no table. */
FAT_STATUS FatNameNode(FAT_NODE *Node, const uint16_t *Name, uint32_t Length, const FAT_NAME_FORM *Form)
{
    uint16_t Short[13];
    uint32_t ShortLength = Form->NeedsLong ? FatShortToText(Form->Short, 0, Short) : 0;
    uint16_t *Room = FatAllocate((Length + ShortLength) * 2 + 2);

    if (Room == NULL)
        return FAT_NO_MEMORY;
    SetNames(Node, Room, Name, Length, Short, ShortLength);
    if (Node->Names != NULL)
        FatRelease(Node->Names);
    Node->Names = Room;
    __builtin_memcpy(Node->RawShort, Form->Short, sizeof Node->RawShort);
    Node->CaseBits = Form->CaseBits;
    return FAT_SUCCESS;
}

/* ---- nodes -------------------------------------------------------------------------------------------------------------------------- */

FAT_STATUS FatMakeNode(FAT_NODE *Parent, const FAT_DIRENT *Dirent, FAT_NODE **Made)
{
    uint32_t ShortLength = Dirent->HasLongName ? Dirent->ShortNameLength : 0;
    FAT_NODE *Node = FatAllocate(sizeof *Node + (Dirent->NameLength + ShortLength) * 2);

    if (Node == NULL)
        return FAT_NO_MEMORY;
    *Node = (FAT_NODE){ .Parent = Parent };
    SetNames(Node, (uint16_t *)(Node + 1), Dirent->Name, Dirent->NameLength, Dirent->ShortName, ShortLength);
    __builtin_memcpy(Node->RawShort, Dirent->RawShort, sizeof Node->RawShort);
    Node->CaseBits = Dirent->CaseBits;
    Node->CreationTime = FatTimeToNtTime(Dirent->CreateDate, Dirent->CreateTime, Dirent->CreateTenths);
    Node->LastAccessTime = FatTimeToNtTime(Dirent->AccessDate, 0, 0);
    Node->LastWriteTime = FatTimeToNtTime(Dirent->WriteDate, Dirent->WriteTime, 0);
    Node->FirstCluster = Node->DiskFirst = Dirent->FirstCluster;
    Node->Attributes = Dirent->Attributes & (FAT_ATTRIBUTE_READ_ONLY | FAT_ATTRIBUTE_HIDDEN | FAT_ATTRIBUTE_SYSTEM | FAT_ATTRIBUTE_DIRECTORY |
                                             FAT_ATTRIBUTE_ARCHIVE);
    Node->Size = Node->DiskSize = FatIsDirectory(Node) ? 0 : Dirent->Size;
    Node->Offset = Dirent->Offset;
    Node->FirstOffset = Dirent->FirstOffset;
    *Made = Node;
    return FAT_SUCCESS;
}

FAT_STATUS FatCreateRoot(FAT_VOLUME *Volume)
{
    FAT_DIRENT *Dirent = FatAllocate(sizeof *Dirent);

    if (Dirent == NULL)
        return FAT_NO_MEMORY;
    __builtin_memset(Dirent, 0, sizeof *Dirent);
    Dirent->Attributes = FAT_ATTRIBUTE_DIRECTORY;
    Dirent->FirstCluster = Volume->Geometry.RootCluster;
    FAT_STATUS Status = FatMakeNode(NULL, Dirent, &Volume->Root);
    FatRelease(Dirent);
    return Status;
}

/* The directory is not loaded. */
void FatFreeNode(FAT_NODE *Node)
{
    if (Node->Names != NULL)
        FatRelease(Node->Names);
    FatRelease(Node);
}

/* ---- tables ------------------------------------------------------------------------------------------------------------------------- */

static uint32_t IndexFrom(const FAT_DIRECTORY *Table, uint32_t Offset)
{
    uint32_t Low = 0, High = Table->Count;

    while (Low < High) {
        uint32_t Middle = Low + (High - Low) / 2;
        if (Table->Nodes[Middle]->Offset < Offset)
            Low = Middle + 1;
        else
            High = Middle;
    }
    return Low;
}

FAT_NODE *FatNodeFrom(const FAT_DIRECTORY *Table, uint32_t Offset)
{
    uint32_t Index = IndexFrom(Table, Offset);
    return Index < Table->Count ? Table->Nodes[Index] : NULL;
}

static void HashNode(FAT_DIRECTORY *Table, FAT_NODE *Node)
{
    FAT_NODE **Bucket = &Table->ByName[Node->NameHash & Table->BucketMask];

    Node->NextByName = *Bucket;
    *Bucket = Node;
    if (Node->ShortName.Length != 0) {
        Bucket = &Table->ByShort[Node->ShortHash & Table->BucketMask];
        Node->NextByShort = *Bucket;
        *Bucket = Node;
    }
}

static FAT_STATUS Rehash(FAT_DIRECTORY *Table, uint32_t Buckets)
{
    FAT_NODE **Heads = FatAllocate(2 * Buckets * sizeof *Heads);

    if (Heads == NULL)
        return FAT_NO_MEMORY;
    __builtin_memset(Heads, 0, 2 * Buckets * sizeof *Heads);
    if (Table->ByName != NULL)
        FatRelease(Table->ByName);
    Table->ByName = Heads;
    Table->ByShort = Heads + Buckets;
    Table->BucketMask = Buckets - 1;
    for (uint32_t Index = 0; Index < Table->Count; Index++)
        HashNode(Table, Table->Nodes[Index]);
    return FAT_SUCCESS;
}

FAT_STATUS FatReserveNode(FAT_DIRECTORY *Table)
{
    if (Table->Count < Table->Room)
        return FAT_SUCCESS;
    uint32_t Room = Table->Room == 0 ? FIRST_BUCKETS : Table->Room * 2;
    FAT_NODE **Nodes = FatAllocate(Room * sizeof *Nodes);
    if (Nodes == NULL)
        return FAT_NO_MEMORY;
    if (Table->Nodes != NULL) {
        __builtin_memcpy(Nodes, Table->Nodes, Table->Count * sizeof *Nodes);
        FatRelease(Table->Nodes);
    }
    Table->Nodes = Nodes;
    Table->Room = Room;
    if (Table->Sorted != NULL)
        FatRelease(Table->Sorted); /* too small; the next listing sorts again */
    Table->Sorted = NULL;
    return Rehash(Table, Room);
}

void FatLinkNode(FAT_DIRECTORY *Table, FAT_NODE *Node)
{
    uint32_t Index = IndexFrom(Table, Node->Offset);

    __builtin_memmove(Table->Nodes + Index + 1, Table->Nodes + Index, (Table->Count - Index) * sizeof *Table->Nodes);
    Table->Nodes[Index] = Node;
    if (Table->Sorted != NULL) {
        Index = FatSortedFrom(Table, &Node->Name, 0);
        __builtin_memmove(Table->Sorted + Index + 1, Table->Sorted + Index, (Table->Count - Index) * sizeof *Table->Sorted);
        Table->Sorted[Index] = Node;
    }
    Table->Count++;
    HashNode(Table, Node);
}

static void Unchain(FAT_NODE **Link, FAT_NODE *Node, int Short)
{
    while (*Link != NULL && *Link != Node)
        Link = Short ? &(*Link)->NextByShort : &(*Link)->NextByName;
    if (*Link != NULL)
        *Link = Short ? Node->NextByShort : Node->NextByName;
}

void FatUnlinkNode(FAT_NODE *Node)
{
    FAT_DIRECTORY *Table = Node->Parent->Table;
    uint32_t Index = IndexFrom(Table, Node->Offset);

    Unchain(&Table->ByName[Node->NameHash & Table->BucketMask], Node, 0);
    if (Node->ShortName.Length != 0)
        Unchain(&Table->ByShort[Node->ShortHash & Table->BucketMask], Node, 1);
    if (Table->Sorted != NULL) {
        uint32_t Place = FatSortedFrom(Table, &Node->Name, 0);
        while (Table->Sorted[Place] != Node) /* a damaged directory may have a name twice */
            Place++;
        __builtin_memmove(Table->Sorted + Place, Table->Sorted + Place + 1, (Table->Count - 1 - Place) * sizeof *Table->Sorted);
    }
    Table->Count--;
    __builtin_memmove(Table->Nodes + Index, Table->Nodes + Index + 1, (Table->Count - Index) * sizeof *Table->Nodes);
}

FAT_NODE *FatFindHashed(const FAT_DIRECTORY *Table, const uint16_t *Name, uint32_t Length, uint32_t Hash)
{
    FAT_NODE *Node;

    if (Table->Count == 0)
        return NULL;
    for (Node = Table->ByName[Hash & Table->BucketMask]; Node != NULL; Node = Node->NextByName) {
        if (Node->NameHash == Hash && SameName(&Node->Name, Name, Length))
            return Node;
    }
    for (Node = Table->ByShort[Hash & Table->BucketMask]; Node != NULL; Node = Node->NextByShort) {
        if (Node->ShortHash == Hash && SameName(&Node->ShortName, Name, Length))
            return Node;
    }
    return NULL;
}

FAT_NODE *FatFindNode(const FAT_DIRECTORY *Table, const uint16_t *Name, uint32_t Length)
{
    return FatFindHashed(Table, Name, Length, HashName(Name, Length));
}

/* ---- loading ------------------------------------------------------------------------------------------------------------------------ */

/* A device that gives 64 KiB at once is all that is asked for. */
static FAT_STATUS ReadArea(FAT_VOLUME *Volume, const FAT_DIRECTORY *Table, uint32_t Offset, uint32_t Length)
{
    uint64_t Left = Length;
    uint64_t Disk = Table->FixedRoot ? Volume->Geometry.RootOffset + Offset : FatMapOffset(Volume, &Table->File, Offset, &Left);

    if (Left > READ_CHUNK)
        Left = READ_CHUNK;
    if (Left > Length)
        Left = Length;
    FAT_STATUS Status = FatDeviceRead(Volume->Device, Disk, (uint32_t)Left, Table->Bytes + Offset);
    if (Status != FAT_SUCCESS || Left == Length)
        return Status;
    return ReadArea(Volume, Table, Offset + (uint32_t)Left, Length - (uint32_t)Left);
}

static FAT_STATUS ReadBytes(FAT_VOLUME *Volume, const FAT_NODE *Node, FAT_DIRECTORY *Table)
{
    uint32_t Sector = Volume->Geometry.BytesPerSector;

    Table->FixedRoot = Node->Parent == NULL && Volume->Geometry.Bits != 32;
    if (Table->FixedRoot) {
        Table->Length = (Volume->Geometry.RootBytes + Sector - 1) / Sector * Sector;
    } else {
        FAT_STATUS Status = FatBuildFile(Volume, Node->FirstCluster, 1, &Table->File);
        if (Status != FAT_SUCCESS)
            return Status;
        if ((uint64_t)(Table->File.Clusters - 1) * Volume->Geometry.BytesPerCluster > FAT_MAX_DIRECTORY)
            return FAT_FILE_CORRUPT;
        Table->Length = Table->File.Clusters * Volume->Geometry.BytesPerCluster;
    }
    Table->Bytes = FatAllocate(Table->Length);
    return Table->Bytes == NULL ? FAT_NO_MEMORY : ReadArea(Volume, Table, 0, Table->Length);
}

/* Where the used part ends, what was deleted in it, and whether something is left behind its end. */
static void Survey(FAT_DIRECTORY *Table)
{
    Table->End = 0;
    while (Table->End < Table->Length && Table->Bytes[Table->End] != 0) {
        Table->Holes += Table->Bytes[Table->End] == ENTRY_DELETED;
        Table->End += FAT_ENTRY_SIZE;
    }
    for (uint32_t At = Table->End; At < Table->Length && !Table->TailUnclean; At++)
        Table->TailUnclean = Table->Bytes[At] != 0;
}

static int IsDotEntry(const FAT_DIRENT *Dirent)
{
    return Dirent->NameLength <= 2 && Dirent->Name[0] == '.' && (Dirent->NameLength == 1 || Dirent->Name[1] == '.');
}

static FAT_STATUS FillTable(const FAT_VOLUME *Volume, FAT_NODE *Directory, FAT_DIRECTORY *Table)
{
    FAT_DIRENT *Dirent = FatAllocate(sizeof *Dirent);
    uint32_t Offset = 0;
    FAT_STATUS Status = FAT_SUCCESS;
    FAT_NODE *Node;

    if (Dirent == NULL)
        return FAT_NO_MEMORY;
    while (Status == FAT_SUCCESS && FatNextDirent(Table->Bytes, Table->Length, Volume->Geometry.Bits, 0, &Offset, Dirent) == FAT_SUCCESS) {
        if (IsDotEntry(Dirent))
            continue;
        Status = FatReserveNode(Table);
        if (Status == FAT_SUCCESS)
            Status = FatMakeNode(Directory, Dirent, &Node);
        if (Status == FAT_SUCCESS)
            FatLinkNode(Table, Node);
    }
    FatRelease(Dirent);
    return Status;
}

static void FreeTable(FAT_DIRECTORY *Table)
{
    for (uint32_t Index = 0; Index < Table->Count; Index++)
        FatFreeNode(Table->Nodes[Index]);
    if (Table->Nodes != NULL)
        FatRelease(Table->Nodes);
    if (Table->Sorted != NULL)
        FatRelease(Table->Sorted);
    if (Table->ByName != NULL)
        FatRelease(Table->ByName);
    if (Table->Bytes != NULL)
        FatRelease(Table->Bytes);
    FatForgetFile(&Table->File);
    FatRelease(Table);
}

FAT_STATUS FatLoadDirectory(FAT_VOLUME *Volume, FAT_NODE *Directory)
{
    if (Directory->Table != NULL)
        return FAT_SUCCESS;
    FAT_DIRECTORY *Table = FatAllocate(sizeof *Table);
    if (Table == NULL)
        return FAT_NO_MEMORY;
    *Table = (FAT_DIRECTORY){ 0 };
    FAT_STATUS Status = ReadBytes(Volume, Directory, Table);
    if (Status == FAT_SUCCESS) {
        Survey(Table);
        Status = FillTable(Volume, Directory, Table);
    }
    if (Status == FAT_SUCCESS)
        Directory->Table = Table;
    else
        FreeTable(Table);
    return Status;
}

/* Depth is that of the tree on the disk: the way down is a loop through Parent, so that no volume can exhaust the stack. */
void FatUnloadDirectory(FAT_NODE *Directory)
{
    FAT_NODE *Node = Directory;

    for (;;) {
        FAT_DIRECTORY *Table = Node->Table;
        FAT_NODE *Deeper = NULL;
        for (uint32_t Index = 0; Table != NULL && Index < Table->Count && Deeper == NULL; Index++) {
            if (Table->Nodes[Index]->Table != NULL)
                Deeper = Table->Nodes[Index];
        }
        if (Deeper != NULL) {
            Node = Deeper;
            continue;
        }
        if (Table != NULL)
            FreeTable(Table);
        Node->Table = NULL;
        if (Node == Directory)
            return;
        Node = Node->Parent;
    }
}
