/* SPDX-License-Identifier: MIT */
/*
 * fatrename.c - giving a file another name or place.
 *
 *      both names in one sector    one write: atomic
 *      a file that can be copied   its data to a new chain; the new name for that; the old name away; the old chain free: whole at any moment
 *      a directory, a large file,  the new name; ".." of a moved directory; the old name away: for a moment it has two names and one chain
 *      or no room for a copy
 *
 * A name that is replaced is not removed first: its entry is turned into the new file's by one write, so one of the two is always there, whole.
 * That needs entries of the same number; if the new spelling takes more or fewer (other case, another 8.3 form), the old one is removed first,
 * and the new file is still there under its own name.
 */
#include "fatcore.h"

#define COPY_CHUNK 65536u

typedef struct _RENAME {
    FAT_VOLUME *Volume;
    FAT_NODE *Node, *Parent, *Victim;
    const uint16_t *Name;
    uint32_t Length;          /* of Name */
    FAT_NAME_FORM Form;
    uint32_t Offset, Bytes;   /* where the new entries are */
} RENAME;

typedef struct _TAKEN {
    const FAT_DIRECTORY *Table;
    const FAT_NODE *Except;
} TAKEN;

static uint32_t SetBytes(const FAT_NODE *Node)
{
    return Node->Offset + FAT_ENTRY_SIZE - Node->FirstOffset;
}

static int InOneSector(const FAT_VOLUME *Volume, uint32_t A, uint32_t EndA)
{
    return A / Volume->Geometry.BytesPerSector == (EndA - 1) / Volume->Geometry.BytesPerSector;
}

static void PackSet(const RENAME *Rename, const FAT_NODE *Content, uint32_t Offset)
{
    uint8_t *To = Rename->Parent->Table->Bytes + Offset;

    FatPackName(Rename->Name, Rename->Length, &Rename->Form, To);
    FatPackEntry(Content, Rename->Volume->Geometry.Bits, To + Rename->Bytes - FAT_ENTRY_SIZE);
}

/* D held: writes what was changed in [Start, Start + one sector) as one; on failure the bytes are as before. */
static FAT_STATUS WriteSector(const RENAME *Rename, FAT_DIRECTORY *Table, uint32_t Offset, const uint8_t *Old)
{
    uint32_t Sector = Rename->Volume->Geometry.BytesPerSector, Start = Offset / Sector * Sector;

    FAT_STATUS Status = FatWriteDirectory(Rename->Volume, Table, Start, Sector, 0);
    if (Status != FAT_SUCCESS)
        __builtin_memcpy(Table->Bytes + Start, Old, Sector);
    return Status;
}

/* The old name's entries, and those that get the new name, change in one write.  FAT_NO_MORE: they do not lie together. */
static FAT_STATUS RenameInSector(RENAME *Rename)
{
    FAT_NODE *Node = Rename->Node;
    FAT_DIRECTORY *Table = Node->Parent->Table;
    uint32_t From = Node->FirstOffset, To = Node->Offset + FAT_ENTRY_SIZE, Sector = Rename->Volume->Geometry.BytesPerSector, Target;
    uint32_t OldEnd = Table->End, OldHoles = Table->Holes;

    if (Rename->Parent != Node->Parent || !InOneSector(Rename->Volume, From, To))
        return FAT_NO_MORE;
    if (Rename->Victim != NULL)
        Target = SetBytes(Rename->Victim) == Rename->Bytes && InOneSector(Rename->Volume, Rename->Victim->FirstOffset, From + 1) &&
                         InOneSector(Rename->Volume, Rename->Victim->FirstOffset, Rename->Victim->Offset + 1) ? Rename->Victim->FirstOffset : FAT_UNKNOWN;
    else
        Target = FatFindSlotBeside(Rename->Volume, Table, From, To, Rename->Bytes / FAT_ENTRY_SIZE);
    if (Target == FAT_UNKNOWN || (Target > Table->End && Target > To))
        return FAT_NO_MORE;
    uint8_t *Old = FatAllocate(Sector);
    if (Old == NULL)
        return FAT_NO_MEMORY;
    __builtin_memcpy(Old, Table->Bytes + From / Sector * Sector, Sector);
    FatClearSlot(Table, From, To - From);
    FatUseSlot(Table, Target, Rename->Bytes);
    if (Rename->Victim != NULL)
        Table->Holes += Rename->Bytes / FAT_ENTRY_SIZE; /* its entries were no holes */
    PackSet(Rename, Node, Target);
    FAT_STATUS Status = WriteSector(Rename, Table, From, Old);
    if (Status != FAT_SUCCESS) {
        Table->End = OldEnd;
        Table->Holes = OldHoles;
    }
    FatRelease(Old);
    Rename->Offset = Target;
    return Status;
}

static FAT_STATUS CopyData(FAT_VOLUME *Volume, const FAT_FILE *From, const FAT_FILE *To)
{
    uint64_t At = 0, End = (uint64_t)From->Clusters * Volume->Geometry.BytesPerCluster, Left, Room;
    FAT_STATUS Status = FAT_SUCCESS;

    uint8_t *Buffer = FatAllocate(COPY_CHUNK);
    if (Buffer == NULL)
        return FAT_NO_MEMORY;
    while (At < End && Status == FAT_SUCCESS) {
        uint64_t Source = FatMapOffset(Volume, From, At, &Left), Target = FatMapOffset(Volume, To, At, &Room);
        Left = Left < Room ? Left : Room;
        Left = Left < COPY_CHUNK ? Left : COPY_CHUNK;
        Status = FatDeviceRead(Volume->Device, Source, (uint32_t)Left, Buffer);
        if (Status == FAT_SUCCESS)
            Status = FatDeviceWrite(Volume->Device, Target, (uint32_t)Left, Buffer);
        At += Left;
    }
    FatRelease(Buffer);
    return Status;
}

/* *Copy stays empty if the file is none that is copied; no room for a copy is no reason to fail either. */
static FAT_STATUS CopyFile(FAT_VOLUME *Volume, const FAT_NODE *Node, const FAT_FILE *File, FAT_FILE *Copy)
{
    if (FatIsDirectory(Node) || File->Clusters == 0 || (uint64_t)File->Clusters * Volume->Geometry.BytesPerCluster > FAT_COPY_LIMIT)
        return FAT_SUCCESS;
    FAT_STATUS Status = FatExtendFile(Volume, Copy, File->Clusters, 0);
    if (Status == FAT_SUCCESS) {
        Status = CopyData(Volume, File, Copy);
        if (Status != FAT_SUCCESS)
            (void)FatTruncateFile(Volume, Copy, 0);
    }
    return Status == FAT_DISK_FULL ? FAT_SUCCESS : Status;
}

/* D held.  The new entries somewhere in Parent, or in the victim's place. */
static FAT_STATUS WriteNewName(RENAME *Rename, const FAT_NODE *Content)
{
    FAT_DIRECTORY *Table = Rename->Parent->Table;
    uint8_t Old[FAT_MAX_SET * FAT_ENTRY_SIZE];
    FAT_STATUS Status = FAT_SUCCESS;

    if (Rename->Victim != NULL)
        Rename->Offset = Rename->Victim->FirstOffset;
    else
        Status = FatFindSlot(Rename->Volume, Rename->Parent, Rename->Bytes / FAT_ENTRY_SIZE, &Rename->Offset);
    if (Status != FAT_SUCCESS)
        return Status;
    __builtin_memcpy(Old, Table->Bytes + Rename->Offset, Rename->Bytes);
    PackSet(Rename, Content, Rename->Offset);
    Status = FatWriteDirectory(Rename->Volume, Table, Rename->Offset, Rename->Bytes, 0);
    if (Status != FAT_SUCCESS)
        __builtin_memcpy(Table->Bytes + Rename->Offset, Old, Rename->Bytes);
    else if (Rename->Victim == NULL)
        FatUseSlot(Table, Rename->Offset, Rename->Bytes);
    return Status;
}

/* D held. */
static FAT_STATUS WriteDotDot(FAT_VOLUME *Volume, FAT_NODE *Directory, const FAT_NODE *Parent)
{
    uint32_t Sector = Volume->Geometry.BytesPerSector, First = Parent->Parent == NULL ? 0 : Parent->DiskFirst;
    uint64_t Offset = FatClusterOffset(&Volume->Geometry, Directory->DiskFirst);
    uint8_t *Bytes = FatAllocate(Sector);

    if (Bytes == NULL)
        return FAT_NO_MEMORY;
    FAT_STATUS Status = FatDeviceRead(Volume->Device, Offset, Sector, Bytes);
    uint8_t *Entry = Bytes + FAT_ENTRY_SIZE;
    if (Status == FAT_SUCCESS && __builtin_memcmp(Entry, "..         ", 11) == 0) {
        Entry[20] = (uint8_t)(Volume->Geometry.Bits == 32 ? First >> 16 : 0);
        Entry[21] = (uint8_t)(Volume->Geometry.Bits == 32 ? First >> 24 : 0);
        Entry[26] = (uint8_t)First;
        Entry[27] = (uint8_t)(First >> 8);
        Status = FatDeviceWrite(Volume->Device, Offset, Sector, Bytes);
        if (Status == FAT_SUCCESS && Directory->Table != NULL)
            __builtin_memcpy(Directory->Table->Bytes, Bytes, Sector < Directory->Table->Length ? Sector : Directory->Table->Length);
    }
    FatRelease(Bytes);
    return Status;
}

static void ClearOldName(RENAME *Rename)
{
    FAT_NODE *Node = Rename->Node;
    FAT_DIRECTORY *Table = Node->Parent->Table;

    FatClearSlot(Table, Node->FirstOffset, SetBytes(Node));
    /* A failure leaves two names for one file; nothing is lost, and there is no way back that could not fail as well. */
    (void)FatWriteDirectory(Rename->Volume, Table, Node->FirstOffset, SetBytes(Node), 1);
}

/* Only directories come here, which replace nothing. */
static void TakeBackNewName(RENAME *Rename)
{
    FatClearSlot(Rename->Parent->Table, Rename->Offset, Rename->Bytes);
    (void)FatWriteDirectory(Rename->Volume, Rename->Parent->Table, Rename->Offset, Rename->Bytes, 1);
}

static FAT_STATUS RenameAcross(RENAME *Rename, FAT_FILE *File)
{
    FAT_VOLUME *Volume = Rename->Volume;
    FAT_NODE *Node = Rename->Node, Content = *Node;
    FAT_FILE Copy = { 0 };

    FAT_STATUS Status = CopyFile(Volume, Node, File, &Copy);
    if (Status != FAT_SUCCESS)
        return Status;
    if (Copy.Clusters != 0 && Node->DiskFirst != 0)
        Content.DiskFirst = FatFirstCluster(&Copy);
    FatLockDirectories(Volume);
    Status = WriteNewName(Rename, &Content);
    if (Status == FAT_SUCCESS) {
        if (FatIsDirectory(Node) && Rename->Parent != Node->Parent)
            Status = WriteDotDot(Volume, Node, Rename->Parent);
        if (Status == FAT_SUCCESS)
            ClearOldName(Rename);
        else
            TakeBackNewName(Rename);
    }
    FatUnlockDirectories(Volume);
    if (Copy.Clusters != 0 && Status == FAT_SUCCESS) {
        FAT_FILE Old = *File;
        *File = Copy;
        Copy = Old;
        Node->DiskFirst = Content.DiskFirst;
        Node->FirstCluster = Node->FirstCluster != 0 ? FatFirstCluster(File) : 0;
    }
    if (Copy.Clusters != 0)
        (void)FatTruncateFile(Volume, &Copy, 0);
    FatForgetFile(&Copy);
    return Status;
}

/* The node's names and place in memory follow; there is room in the table. */
static void MoveNode(RENAME *Rename, FAT_NODE *Named)
{
    FAT_NODE *Node = Rename->Node;

    FatUnlinkNode(Node);
    if (Rename->Victim != NULL) {
        FatUnlinkNode(Rename->Victim);
        Rename->Victim->Deleted = 1;
    }
    if (Node->Names != NULL)
        FatRelease(Node->Names);
    Node->Names = Named->Names;
    Node->Name = Named->Name;
    Node->ShortName = Named->ShortName;
    Node->NameHash = Named->NameHash;
    Node->ShortHash = Named->ShortHash;
    Node->CaseBits = Named->CaseBits;
    __builtin_memcpy(Node->RawShort, Named->RawShort, sizeof Node->RawShort);
    Node->Parent = Rename->Parent;
    Node->FirstOffset = Rename->Offset;
    Node->Offset = Rename->Offset + Rename->Bytes - FAT_ENTRY_SIZE;
    FatLinkNode(Rename->Parent->Table, Node);
}

/* The victim keeps its 8.3 name for the newcomer, if that needs one; another spelling of the same length is written over the old. */
static FAT_STATUS ChooseForm(RENAME *Rename)
{
    TAKEN Taken = { Rename->Parent->Table, Rename->Victim != NULL ? Rename->Victim : Rename->Node };

    FAT_STATUS Status = FatChooseShortName(Rename->Name, Rename->Length, FatIsShortTaken, &Taken, &Rename->Form);
    Rename->Bytes = FatCountEntries(Rename->Length, &Rename->Form) * FAT_ENTRY_SIZE;
    if (Status == FAT_SUCCESS && Rename->Victim != NULL && SetBytes(Rename->Victim) != Rename->Bytes) {
        Status = FatRemoveNode(Rename->Volume, Rename->Victim);
        Rename->Victim = NULL;
    }
    return Status;
}

FAT_STATUS FatRenameNode(FAT_VOLUME *Volume, FAT_NODE *Node, FAT_FILE *File, FAT_NODE *NewParent, const uint16_t *Name, uint32_t Length, FAT_NODE *Victim)
{
    RENAME Rename = { .Volume = Volume, .Node = Node, .Parent = NewParent, .Victim = Victim, .Name = Name, .Length = Length };
    FAT_NODE Named = { 0 };

    FAT_STATUS Status = FatMarkDirty(Volume);
    if (Status == FAT_SUCCESS)
        Status = FatReserveNode(NewParent->Table);
    if (Status == FAT_SUCCESS)
        Status = ChooseForm(&Rename);
    if (Status == FAT_SUCCESS)
        Status = FatNameNode(&Named, Name, Length, &Rename.Form);
    if (Status != FAT_SUCCESS)
        return Status;
    FatLockDirectories(Volume);
    Status = RenameInSector(&Rename);
    FatUnlockDirectories(Volume);
    if (Status == FAT_NO_MORE)
        Status = RenameAcross(&Rename, File);
    if (Status == FAT_SUCCESS)
        MoveNode(&Rename, &Named);
    else
        FatRelease(Named.Names);
    return Status;
}
