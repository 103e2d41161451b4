/* SPDX-License-Identifier: MIT */
/*
 * fatentry.c - making a name, taking it away, bringing its entry up to date; and the volume's label, which is an entry of the root directory.
 */
#include "fatcore.h"

static void Store16(uint8_t *At, uint32_t Value)
{
    At[0] = (uint8_t)Value;
    At[1] = (uint8_t)(Value >> 8);
}

/* Everything but the name. */
void FatPackEntry(const FAT_NODE *Node, uint32_t Bits, uint8_t *Entry)
{
    uint16_t Date = 0, Time = 0;
    uint8_t Tenths = 0;

    Entry[11] = (uint8_t)Node->Attributes;
    (void)FatNtTimeToTime(Node->CreationTime, 0, &Date, &Time, &Tenths);
    Entry[13] = Tenths;
    Store16(Entry + 14, Time);
    Store16(Entry + 16, Date);
    Date = Time = 0;
    (void)FatNtTimeToTime(Node->LastAccessTime, 0, &Date, &Time, &Tenths);
    Store16(Entry + 18, Date);
    Store16(Entry + 20, Bits == 32 ? Node->DiskFirst >> 16 : 0);
    Date = Time = 0;
    (void)FatNtTimeToTime(Node->LastWriteTime, 0, &Date, &Time, &Tenths);
    Store16(Entry + 22, Time);
    Store16(Entry + 24, Date);
    Store16(Entry + 26, Node->DiskFirst);
    Store16(Entry + 28, Node->DiskSize);
    Store16(Entry + 30, Node->DiskSize >> 16);
}

typedef struct _TAKEN {
    const FAT_DIRECTORY *Table;
    const FAT_NODE *Except;
} TAKEN;

int FatIsShortTaken(void *Context, const uint8_t Short[11])
{
    const TAKEN *Taken = Context;
    uint16_t Text[13];
    const FAT_NODE *Node = FatFindNode(Taken->Table, Text, FatShortToText(Short, 0, Text));

    return Node != NULL && Node != Taken->Except;
}

int FatIsEmpty(const FAT_DIRECTORY *Table)
{
    return Table->Count == 0;
}

/* The first cluster of a new directory: all zero, "." and "..", not yet named anywhere. */
static FAT_STATUS MakeDirectory(FAT_VOLUME *Volume, FAT_NODE *Node, FAT_FILE *File)
{
    static const char Dots[2][12] = { ".          ", "..         " };
    uint32_t Sector = Volume->Geometry.BytesPerSector;
    FAT_NODE Dot = *Node;
    uint64_t Left;

    FAT_STATUS Status = FatExtendFile(Volume, File, 1, 1);
    if (Status != FAT_SUCCESS)
        return Status;
    uint8_t *Bytes = FatAllocate(Sector);
    if (Bytes == NULL)
        return FAT_NO_MEMORY;
    __builtin_memset(Bytes, 0, Sector);
    Node->FirstCluster = Node->DiskFirst = FatFirstCluster(File);
    for (uint32_t Index = 0; Index < 2; Index++) {
        /* ".." of a directory in the root says 0, on FAT32 too. */
        Dot.DiskFirst = Index == 0 ? Node->DiskFirst : Node->Parent->Parent == NULL ? 0 : Node->Parent->DiskFirst;
        Dot.DiskSize = 0;
        Dot.Attributes = FAT_ATTRIBUTE_DIRECTORY;
        __builtin_memcpy(Bytes + Index * FAT_ENTRY_SIZE, Dots[Index], 11);
        FatPackEntry(&Dot, Volume->Geometry.Bits, Bytes + Index * FAT_ENTRY_SIZE);
    }
    Status = FatDeviceWrite(Volume->Device, FatMapOffset(Volume, File, 0, &Left), Sector, Bytes);
    FatRelease(Bytes);
    return Status;
}

/* D held.  Writes the node's entries into a free place and links it. */
static FAT_STATUS InsertNode(FAT_VOLUME *Volume, FAT_NODE *Node, const FAT_NAME_FORM *Form)
{
    FAT_DIRECTORY *Table = Node->Parent->Table;
    uint32_t NameLength = Node->Name.Length / 2, Count = FatCountEntries(NameLength, Form), Length = Count * FAT_ENTRY_SIZE, Offset;
    uint8_t Old[FAT_MAX_SET * FAT_ENTRY_SIZE];

    FAT_STATUS Status = FatFindSlot(Volume, Node->Parent, Count, &Offset);
    if (Status != FAT_SUCCESS)
        return Status;
    __builtin_memcpy(Old, Table->Bytes + Offset, Length);
    FatPackName(Node->Name.Buffer, NameLength, Form, Table->Bytes + Offset);
    FatPackEntry(Node, Volume->Geometry.Bits, Table->Bytes + Offset + Length - FAT_ENTRY_SIZE);
    Status = FatWriteDirectory(Volume, Table, Offset, Length, 0);
    if (Status != FAT_SUCCESS) {
        __builtin_memcpy(Table->Bytes + Offset, Old, Length);
        return Status;
    }
    FatUseSlot(Table, Offset, Length);
    Node->FirstOffset = Offset;
    Node->Offset = Offset + Length - FAT_ENTRY_SIZE;
    FatLinkNode(Table, Node);
    return FAT_SUCCESS;
}

static FAT_STATUS PrepareNode(FAT_NODE *Parent, const uint16_t *Name, uint32_t Length, uint32_t Attributes, FAT_NAME_FORM *Form, FAT_NODE **Node)
{
    TAKEN Taken = { Parent->Table, NULL };

    FAT_STATUS Status = FatChooseShortName(Name, Length, FatIsShortTaken, &Taken, Form);
    if (Status == FAT_SUCCESS)
        Status = FatReserveNode(Parent->Table);
    if (Status != FAT_SUCCESS)
        return Status;
    FAT_NODE *New = FatAllocate(sizeof *New);
    if (New == NULL)
        return FAT_NO_MEMORY;
    *New = (FAT_NODE){ .Parent = Parent, .Attributes = Attributes };
    New->CreationTime = FatRoundTime(FatNow(), FAT_CREATION);
    New->LastWriteTime = FatRoundTime(New->CreationTime, FAT_LAST_WRITE);
    New->LastAccessTime = FatRoundTime(New->CreationTime, FAT_LAST_ACCESS);
    Status = FatNameNode(New, Name, Length, Form);
    if (Status == FAT_SUCCESS)
        *Node = New;
    else
        FatFreeNode(New);
    return Status;
}

FAT_STATUS FatCreateNode(FAT_VOLUME *Volume, FAT_NODE *Parent, const uint16_t *Name, uint32_t Length, uint32_t Attributes, FAT_NODE **Created)
{
    FAT_FILE File = { 0 };
    FAT_NAME_FORM Form;
    FAT_NODE *Node;

    FAT_STATUS Status = FatMarkDirty(Volume);
    if (Status == FAT_SUCCESS)
        Status = PrepareNode(Parent, Name, Length, Attributes, &Form, &Node);
    if (Status != FAT_SUCCESS)
        return Status;
    if (FatIsDirectory(Node))
        Status = MakeDirectory(Volume, Node, &File);
    if (Status == FAT_SUCCESS) {
        FatLockDirectories(Volume);
        Status = InsertNode(Volume, Node, &Form);
        FatUnlockDirectories(Volume);
    }
    if (Status == FAT_SUCCESS) {
        *Created = Node;
    } else {
        (void)FatTruncateFile(Volume, &File, 0);
        FatFreeNode(Node);
    }
    FatForgetFile(&File);
    return Status;
}

FAT_STATUS FatRemoveNode(FAT_VOLUME *Volume, FAT_NODE *Node)
{
    FAT_DIRECTORY *Table = Node->Parent->Table;
    uint32_t Offset = Node->FirstOffset, Length = Node->Offset + FAT_ENTRY_SIZE - Offset;
    uint8_t First[FAT_MAX_SET];

    FAT_STATUS Status = FatMarkDirty(Volume);
    if (Status != FAT_SUCCESS)
        return Status;
    FatLockDirectories(Volume);
    for (uint32_t Index = 0; Index < Length / FAT_ENTRY_SIZE; Index++)
        First[Index] = Table->Bytes[Offset + Index * FAT_ENTRY_SIZE];
    FatClearSlot(Table, Offset, Length);
    Status = FatWriteDirectory(Volume, Table, Offset, Length, 1);
    if (Status != FAT_SUCCESS) {
        for (uint32_t Index = 0; Index < Length / FAT_ENTRY_SIZE; Index++)
            Table->Bytes[Offset + Index * FAT_ENTRY_SIZE] = First[Index];
        Table->Holes -= Length / FAT_ENTRY_SIZE;
    }
    FatUnlockDirectories(Volume);
    if (Status == FAT_SUCCESS) {
        FatUnlinkNode(Node);
        Node->Deleted = 1;
    }
    return Status;
}

FAT_STATUS FatPublishNode(FAT_VOLUME *Volume, FAT_NODE *Node, int WithSize)
{
    uint32_t OldFirst = Node->DiskFirst, OldSize = Node->DiskSize;
    uint8_t Old[FAT_ENTRY_SIZE];

    if (Node->Deleted || Node->Parent == NULL)
        return FAT_SUCCESS;
    FAT_STATUS Status = FatMarkDirty(Volume);
    if (Status != FAT_SUCCESS)
        return Status;
    FatLockDirectories(Volume);
    uint8_t *Entry = Node->Parent->Table->Bytes + Node->Offset;
    __builtin_memcpy(Old, Entry, sizeof Old);
    if (WithSize) {
        Node->DiskFirst = Node->FirstCluster;
        Node->DiskSize = Node->Size;
    }
    FatPackEntry(Node, Volume->Geometry.Bits, Entry);
    if (__builtin_memcmp(Old, Entry, sizeof Old) != 0)
        Status = FatWriteDirectory(Volume, Node->Parent->Table, Node->Offset, FAT_ENTRY_SIZE, 0);
    if (Status != FAT_SUCCESS) {
        __builtin_memcpy(Entry, Old, sizeof Old);
        Node->DiskFirst = OldFirst;
        Node->DiskSize = OldSize;
    }
    FatUnlockDirectories(Volume);
    return Status;
}

/* ---- the label ---------------------------------------------------------------------------------------------------------------------- */

/* The label's entry in the root directory, or FAT_UNKNOWN. */
static uint32_t FindLabel(const FAT_DIRECTORY *Table)
{
    for (uint32_t At = 0; At < Table->End; At += FAT_ENTRY_SIZE) {
        const uint8_t *Entry = Table->Bytes + At;
        if (Entry[0] != 0xE5 && (Entry[11] & 0x3F) != FAT_ATTRIBUTE_LONG_NAME && (Entry[11] & FAT_ATTRIBUTE_VOLUME))
            return At;
    }
    return FAT_UNKNOWN;
}

/* From the root directory, else from the boot sector. */
FAT_STATUS FatGetLabel(FAT_VOLUME *Volume, uint16_t Label[11], uint32_t *Length)
{
    const FAT_DIRECTORY *Table = Volume->Root->Table;
    uint32_t At = FindLabel(Table), Count = 0;

    if (At != FAT_UNKNOWN) {
        const uint8_t *Field = Table->Bytes + At;
        for (Count = 11; Count != 0 && Field[Count - 1] == ' '; Count--) {
        }
        for (uint32_t Index = 0; Index < Count; Index++)
            Label[Index] = FatFromOem(Index == 0 && Field[0] == 0x05 ? 0xE5 : Field[Index]);
    } else if (__builtin_strcmp(Volume->Geometry.Label, "NO NAME") != 0) {
        for (; Volume->Geometry.Label[Count] != 0; Count++)
            Label[Count] = FatFromOem((uint8_t)Volume->Geometry.Label[Count]);
    }
    *Length = Count;
    return FAT_SUCCESS;
}

static FAT_STATUS WriteLabel(FAT_VOLUME *Volume, const uint8_t Packed[11], int Remove)
{
    FAT_DIRECTORY *Table = Volume->Root->Table;
    FAT_NODE Node = { .Attributes = FAT_ATTRIBUTE_VOLUME, .LastWriteTime = FatNow() };
    uint32_t At = FindLabel(Table);
    FAT_STATUS Status = FAT_SUCCESS;

    if (Remove && At == FAT_UNKNOWN)
        return FAT_SUCCESS;
    if (Remove) {
        FatClearSlot(Table, At, FAT_ENTRY_SIZE);
        return FatWriteDirectory(Volume, Table, At, FAT_ENTRY_SIZE, 0);
    }
    if (At == FAT_UNKNOWN) {
        Status = FatFindSlot(Volume, Volume->Root, 1, &At);
        if (Status != FAT_SUCCESS)
            return Status;
        FatUseSlot(Table, At, FAT_ENTRY_SIZE);
    }
    __builtin_memset(Table->Bytes + At, 0, FAT_ENTRY_SIZE);
    __builtin_memcpy(Table->Bytes + At, Packed, 11);
    FatPackEntry(&Node, Volume->Geometry.Bits, Table->Bytes + At);
    return FatWriteDirectory(Volume, Table, At, FAT_ENTRY_SIZE, 0);
}

/* In the boot sector too, where other systems look. */
static FAT_STATUS WriteBootLabel(FAT_VOLUME *Volume, const uint8_t Packed[11], int Remove)
{
    uint32_t Size = Volume->Geometry.BytesPerSector, At = Volume->Geometry.Bits == 32 ? 64 : 36;
    uint8_t *Sector = FatAllocate(Size);

    if (Sector == NULL)
        return FAT_NO_MEMORY;
    FAT_STATUS Status = FatDeviceRead(Volume->Device, 0, Size, Sector);
    if (Status == FAT_SUCCESS && Sector[At + 2] == 0x29) {
        __builtin_memcpy(Sector + At + 7, Remove ? (const uint8_t *)"NO NAME    " : Packed, 11);
        Status = FatDeviceWrite(Volume->Device, 0, Size, Sector);
    }
    FatRelease(Sector);
    return Status;
}

FAT_STATUS FatSetLabel(FAT_VOLUME *Volume, const uint16_t *Label, uint32_t Length)
{
    uint8_t Packed[11];

    FAT_STATUS Status = FatPackLabel(Label, Length, Packed);
    int Remove = Status == FAT_SUCCESS && Packed[0] == ' ';
    if (Status == FAT_SUCCESS)
        Status = FatMarkDirty(Volume);
    if (Status != FAT_SUCCESS)
        return Status;
    FatLockDirectories(Volume);
    Status = WriteLabel(Volume, Packed, Remove);
    FatUnlockDirectories(Volume);
    if (Status == FAT_SUCCESS)
        Status = WriteBootLabel(Volume, Packed, Remove);
    if (Status == FAT_SUCCESS && Remove)
        Volume->Geometry.Label[0] = 0;
    return Status;
}
