/* SPDX-License-Identifier: MIT */
/*
 * fatmodel.c - the operations of fatmodel.h, and the random choice among them.
 */
#include "fatmodel.h"

void ModelOpen(MODEL *Model, const char *Image)
{
    FILE *File = fopen(Image, "rb");

    memset(Model, 0, sizeof *Model);
    assert_non_null(File);
    fseek(File, 0, SEEK_END);
    Model->Shim.Size = (uint64_t)ftell(File);
    rewind(File);
    Model->Shim.Bytes = malloc(Model->Shim.Size);
    assert_int_equal(fread(Model->Shim.Bytes, 1, Model->Shim.Size, File), Model->Shim.Size);
    fclose(File);
    Model->Entry[0] = (ENTRY){ .Used = 1, .Directory = 1, .Parent = -1 };
}

void ModelMount(MODEL *Model)
{
    memset(&Model->Volume, 0, sizeof Model->Volume);
    assert_status(FatParseBootSector(Model->Shim.Bytes, Model->Shim.Size, &Model->Volume.Geometry), FAT_SUCCESS);
    Model->Volume.Device = &Model->Shim;
    assert_status(FatOpenVolume(&Model->Volume), FAT_SUCCESS);
}

void ModelUnmount(MODEL *Model)
{
    FatCloseVolume(&Model->Volume);
    assert_int_equal(Model->Shim.Locks, 0);
}

void ModelSave(MODEL *Model, const char *Image)
{
    FILE *File = fopen(Image, "wb");
    assert_non_null(File);
    assert_int_equal(fwrite(Model->Shim.Bytes, 1, Model->Shim.Size, File), Model->Shim.Size);
    fclose(File);
}

void ModelClose(MODEL *Model)
{
    for (int Index = 0; Index < MODEL_MAX; Index++)
        free(Model->Entry[Index].Bytes);
    free(Model->Shim.Bytes);
}

FAT_NODE *ModelNode(MODEL *Model, int Index)
{
    const ENTRY *Entry = &Model->Entry[Index];

    if (Index == 0)
        return Model->Volume.Root;
    FAT_NODE *Parent = ModelNode(Model, Entry->Parent);
    if (Parent == NULL || FatLoadDirectory(&Model->Volume, Parent) != FAT_SUCCESS)
        return NULL;
    return FatFindNode(Parent->Table, Entry->Name, Entry->Length);
}

static int SameName(const ENTRY *Entry, const uint16_t *Name, uint32_t Length)
{
    if (Entry->Length != Length)
        return 0;
    for (uint32_t Index = 0; Index < Length; Index++) {
        if (FatUpcase(Entry->Name[Index]) != FatUpcase(Name[Index]))
            return 0;
    }
    return 1;
}

static int Lookup(const MODEL *Model, int Parent, const uint16_t *Name, uint32_t Length)
{
    for (int Index = 1; Index < MODEL_MAX; Index++) {
        const ENTRY *Entry = &Model->Entry[Index];
        if (Entry->Used && Entry->Parent == Parent && SameName(Entry, Name, Length))
            return Index;
    }
    return -1;
}

static int FreeIndex(const MODEL *Model)
{
    for (int Index = 1; Index < MODEL_MAX; Index++) {
        if (!Model->Entry[Index].Used)
            return Index;
    }
    return -1;
}

/* fsck.fat cannot take long paths. */
static int TooDeep(const MODEL *Model, int Index, int Limit)
{
    while (Index > 0 && Limit-- > 0)
        Index = Model->Entry[Index].Parent;
    return Index > 0;
}

static int AddWide(MODEL *Model, int Parent, const uint16_t *Name, uint32_t Length, int Directory)
{
    int Index = FreeIndex(Model);
    FAT_NODE *Node, *Above = ModelNode(Model, Parent);

    if (Index < 0 || TooDeep(Model, Parent, 5))
        return -1;
    assert_non_null(Above);
    assert_status(FatLoadDirectory(&Model->Volume, Above), FAT_SUCCESS);
    /* A generated short name may be what is asked for; a caller would have been told that the file exists. */
    if (FatFindNode(Above->Table, Name, Length) != NULL)
        return -1;
    FAT_STATUS Status = FatCreateNode(&Model->Volume, Above, Name, Length, Directory ? FAT_ATTRIBUTE_DIRECTORY : FAT_ATTRIBUTE_ARCHIVE, &Node);
    if (Status != FAT_SUCCESS) {
        assert_true(Status == FAT_DISK_FULL || Status == FAT_CANNOT_MAKE || Model->Shim.FailWriteAfter != 0 || Model->Shim.FailReadAfter != 0);
        Model->Refused++;
        return -1;
    }
    ENTRY *Entry = &Model->Entry[Index];
    *Entry = (ENTRY){ .Used = 1, .Directory = Directory, .Parent = Parent, .Length = Length, .Attributes = Node->Attributes };
    memcpy(Entry->Name, Name, Length * 2);
    return Index;
}

int ModelAdd(MODEL *Model, int Parent, const char *Name, int Directory)
{
    uint16_t Wide[256];
    uint32_t Length = 0;

    for (; Name[Length] != 0; Length++)
        Wide[Length] = (uint8_t)Name[Length];
    return AddWide(Model, Parent, Wide, Length, Directory);
}

static FAT_STATUS StoreData(MODEL *Model, FAT_FILE *File, const uint8_t *Bytes, uint32_t Size)
{
    uint8_t Sector[SHIM_SECTOR];
    FAT_STATUS Status = FAT_SUCCESS;
    uint64_t Left;

    for (uint32_t At = 0; At < Size && Status == FAT_SUCCESS; At += SHIM_SECTOR) {
        uint32_t Part = Size - At < SHIM_SECTOR ? Size - At : SHIM_SECTOR;
        memset(Sector, 0, sizeof Sector);
        memcpy(Sector, Bytes + At, Part);
        uint64_t Offset = FatMapOffset(&Model->Volume, File, At, &Left);
        assert_true(Offset != 0);
        Status = FatDeviceWrite(&Model->Shim, Offset, SHIM_SECTOR, Sector);
    }
    return Status;
}

/* As the driver does it: a file that grows gets clusters, then data, then its entry; one that shrinks its entry, then gives clusters back. */
FAT_STATUS ModelWrite(MODEL *Model, int Index, uint32_t Size, uint32_t Seed)
{
    FAT_NODE *Node = ModelNode(Model, Index);
    uint32_t Clusters = FatClustersFor(&Model->Volume, Size);
    FAT_FILE File = { 0 };
    uint64_t Random = Seed;

    assert_non_null(Node);
    Model->Busy = Index;
    uint8_t *Bytes = malloc(Size + 1);
    for (uint32_t At = 0; At < Size; At++)
        Bytes[At] = (uint8_t)(NextRandom(&Random) >> 7);
    FAT_STATUS Status = FAT_SUCCESS;
    if (Node->FirstCluster != 0)
        Status = FatBuildFile(&Model->Volume, Node->FirstCluster, FatClustersFor(&Model->Volume, Node->Size), &File);
    if (Status == FAT_SUCCESS && Size < Node->Size) {
        Node->Size = Size;
        Node->FirstCluster = Size != 0 ? FatFirstCluster(&File) : 0;
        Status = FatPublishNode(&Model->Volume, Node, 1);
        if (Status == FAT_SUCCESS)
            Status = FatTruncateFile(&Model->Volume, &File, Clusters);
    } else if (Status == FAT_SUCCESS) {
        Status = FatExtendFile(&Model->Volume, &File, Clusters, 0);
    }
    if (Status == FAT_SUCCESS)
        Status = StoreData(Model, &File, Bytes, Size);
    if (Status == FAT_SUCCESS) {
        Node->Size = Size;
        Node->FirstCluster = Size != 0 ? FatFirstCluster(&File) : 0;
        Node->LastWriteTime = FatRoundTime(FatNow(), FAT_LAST_WRITE);
        Status = FatPublishNode(&Model->Volume, Node, 1);
    }
    FatForgetFile(&File);
    Model->Busy = 0;
    if (Status == FAT_SUCCESS) {
        free(Model->Entry[Index].Bytes);
        Model->Entry[Index].Bytes = Bytes;
        Model->Entry[Index].Size = Size;
    } else {
        free(Bytes);
    }
    return Status;
}

static int HasChildren(const MODEL *Model, int Index)
{
    for (int Child = 1; Child < MODEL_MAX; Child++) {
        if (Model->Entry[Child].Used && Model->Entry[Child].Parent == Index)
            return 1;
    }
    return 0;
}

static FAT_STATUS FreeClusters(MODEL *Model, FAT_NODE *Node)
{
    FAT_FILE File = { 0 };
    FAT_STATUS Status = FAT_SUCCESS;

    if (Node->FirstCluster != 0)
        Status = FatBuildFile(&Model->Volume, Node->FirstCluster, 1, &File);
    if (Status == FAT_SUCCESS)
        Status = FatTruncateFile(&Model->Volume, &File, 0);
    FatForgetFile(&File);
    FatUnloadDirectory(Node);
    FatFreeNode(Node);
    return Status;
}

static void Forget(ENTRY *Entry)
{
    free(Entry->Bytes);
    *Entry = (ENTRY){ 0 };
}

FAT_STATUS ModelRemove(MODEL *Model, int Index)
{
    FAT_NODE *Node = ModelNode(Model, Index);

    assert_non_null(Node);
    if (Node->Attributes & FAT_ATTRIBUTE_DIRECTORY) {
        assert_status(FatLoadDirectory(&Model->Volume, Node), FAT_SUCCESS);
        assert_int_equal(FatIsEmpty(Node->Table), !HasChildren(Model, Index));
    }
    Model->Busy = Index;
    FAT_STATUS Status = FatRemoveNode(&Model->Volume, Node);
    Model->Busy = 0;
    if (Status != FAT_SUCCESS)
        return Status;
    Forget(&Model->Entry[Index]);
    return FreeClusters(Model, Node);
}

static int IsBelow(const MODEL *Model, int Index, int Above)
{
    while (Index > 0 && Index != Above)
        Index = Model->Entry[Index].Parent;
    return Index == Above;
}

FAT_STATUS ModelRename(MODEL *Model, int Index, int Parent, const uint16_t *Name, uint32_t Length)
{
    FAT_NODE *Node = ModelNode(Model, Index), *Above = ModelNode(Model, Parent), *Victim;
    int Replaced = Lookup(Model, Parent, Name, Length);
    FAT_FILE File = { 0 };

    assert_status(FatLoadDirectory(&Model->Volume, Above), FAT_SUCCESS);
    Victim = FatFindNode(Above->Table, Name, Length);
    if (Victim == Node)
        Victim = NULL;
    if (Replaced == Index)
        Replaced = -1;
    /* By its short name something else may be meant; that is not what is tried here. */
    if (TooDeep(Model, Parent, Model->Entry[Index].Directory ? 1 : 6) || (Victim != NULL) != (Replaced >= 0) || IsBelow(Model, Parent, Index) ||
        (Replaced >= 0 && Model->Entry[Replaced].Directory))
        return FAT_SUCCESS;
    FAT_STATUS Status = Node->FirstCluster == 0 || FatIsDirectory(Node) ? FAT_SUCCESS : FatBuildFile(&Model->Volume, Node->FirstCluster, 1, &File);
    Model->Busy = Index;
    Model->Victim = Replaced > 0 ? Replaced : 0;
    Model->Moving = 1;
    Model->ToParent = Parent;
    Model->ToLength = Length;
    memcpy(Model->ToName, Name, Length * 2);
    if (Status == FAT_SUCCESS)
        Status = FatRenameNode(&Model->Volume, Node, &File, Above, Name, Length, Victim);
    FatForgetFile(&File);
    Model->Busy = Model->Victim = Model->Moving = 0;
    if (Status != FAT_SUCCESS)
        return Status;
    ENTRY *Entry = &Model->Entry[Index];
    Entry->Parent = Parent;
    Entry->Length = Length;
    memcpy(Entry->Name, Name, Length * 2);
    if (Replaced >= 0) {
        assert_true(Victim->Deleted);
        Forget(&Model->Entry[Replaced]);
        Status = FreeClusters(Model, Victim);
    }
    return Status;
}

/* ---- random steps --------------------------------------------------------------------------------------------------------------------- */

static uint32_t Below(MODEL *Model, uint32_t Limit)
{
    return NextRandom(&Model->Random) % Limit;
}

static int Pick(MODEL *Model, int Directory)
{
    for (int Try = 0; Try < 60; Try++) {
        int Index = (int)Below(Model, MODEL_MAX);
        if (Model->Entry[Index].Used && (Directory < 0 || Model->Entry[Index].Directory == Directory))
            return Index;
    }
    return Directory == 0 ? -1 : 0;
}

/* 8.3 names in both cases, long ones, very long ones, ones with other scripts, and names that need a generated short name again and again. */
static uint32_t RandomName(MODEL *Model, uint16_t *Name)
{
    static const uint16_t Odd[] = { ' ', '.', '+', '[', 0xE4, 0xC9, 0x436, 0x4E2D, 0xD83D, '~', '%', '-' };
    uint32_t Kind = Below(Model, 10), Length = Kind < 3 ? 1 + Below(Model, 8) : Kind < 8 ? 3 + Below(Model, 40) : 100 + Below(Model, Kind == 9 ? 155 : 95);

    if (Kind == 3 || Kind == 4) {
        char Text[40];
        Length = (uint32_t)snprintf(Text, sizeof Text, "Common Prefix %u.text", (unsigned)Below(Model, 40));
        for (uint32_t At = 0; At < Length; At++)
            Name[At] = (uint8_t)Text[At];
        return Length;
    }
    for (uint32_t At = 0; At < Length; At++) {
        uint32_t Letter = Below(Model, 6);
        Name[At] = (uint16_t)((Kind == 0 ? 'A' : Kind == 1 ? 'a' : Below(Model, 2) ? 'A' : 'a') + Letter);
        if (Kind >= 5 && At != 0 && At + 1 != Length && Below(Model, 6) == 0)
            Name[At] = Odd[Below(Model, sizeof Odd / sizeof Odd[0])];
    }
    if (Kind < 3 && Below(Model, 2)) {
        Name[Length++] = '.';
        for (uint32_t Count = 1 + Below(Model, 3); Count != 0; Count--)
            Name[Length++] = (uint16_t)((Kind == 0 ? 'A' : 'a') + Below(Model, 4));
    }
    return Length;
}

static FAT_STATUS StepRename(MODEL *Model)
{
    uint16_t Name[256];
    uint32_t Length = RandomName(Model, Name);
    int Index = Pick(Model, -1), Parent = Below(Model, 2) ? Model->Entry[Index].Parent : Pick(Model, 1);

    if (Index == 0)
        return FAT_SUCCESS;
    if (Below(Model, 3) == 0) {
        int Target = Pick(Model, 0); /* onto something that is there, as programs save files */
        if (Target > 0) {
            Length = Model->Entry[Target].Length;
            memcpy(Name, Model->Entry[Target].Name, Length * 2);
            Parent = Model->Entry[Target].Parent;
        }
    }
    return ModelRename(Model, Index, Parent, Name, Length);
}

static FAT_STATUS StepAttributes(MODEL *Model)
{
    int Index = Pick(Model, -1);

    if (Index <= 0)
        return FAT_SUCCESS;
    FAT_NODE *Node = ModelNode(Model, Index);
    Node->Attributes = (Node->Attributes & FAT_ATTRIBUTE_DIRECTORY) | (Below(Model, 8) & 7) | (Below(Model, 2) ? FAT_ATTRIBUTE_ARCHIVE : 0);
    FAT_STATUS Status = FatPublishNode(&Model->Volume, Node, 0);
    if (Status == FAT_SUCCESS)
        Model->Entry[Index].Attributes = Node->Attributes;
    return Status;
}

void ModelStep(MODEL *Model)
{
    uint32_t Kind = Below(Model, 100);
    FAT_STATUS Status = FAT_SUCCESS;
    uint16_t Name[256];
    int Index;

    if (Kind < 30) {
        uint32_t Length = RandomName(Model, Name);
        Index = Pick(Model, 1);
        if (Lookup(Model, Index, Name, Length) < 0)
            (void)AddWide(Model, Index, Name, Length, Kind < 5);
    } else if (Kind < 58) {
        Index = Pick(Model, 0);
        if (Index > 0)
            Status = ModelWrite(Model, Index, Below(Model, 12) == 0 ? Below(Model, MODEL_BYTES) : Below(Model, 3000), NextRandom(&Model->Random));
    } else if (Kind < 78) {
        Index = Pick(Model, -1);
        if (Index > 0 && !HasChildren(Model, Index))
            Status = ModelRemove(Model, Index);
    } else if (Kind < 95) {
        Status = StepRename(Model);
    } else if (Kind < 99) {
        Status = StepAttributes(Model);
    } else {
        (void)FatMarkClean(&Model->Volume);
    }
    Model->Done++;
    if (Status != FAT_SUCCESS) {
        assert_true(Status == FAT_DISK_FULL || Status == FAT_CANNOT_MAKE);
        Model->Refused++;
    }
}

/* ---- comparison ----------------------------------------------------------------------------------------------------------------------- */

static void CompareContent(MODEL *Model, FAT_NODE *Node, const ENTRY *Entry)
{
    FAT_FILE File = { 0 };
    uint64_t Left;

    assert_int_equal(Node->DiskSize, Entry->Size);
    if (Entry->Size == 0) {
        assert_int_equal(Node->DiskFirst, 0);
        return;
    }
    assert_status(FatBuildFile(&Model->Volume, Node->DiskFirst, FatClustersFor(&Model->Volume, Entry->Size), &File), FAT_SUCCESS);
    assert_int_equal(File.Clusters, FatClustersFor(&Model->Volume, Entry->Size));
    for (uint32_t At = 0; At < Entry->Size; At += SHIM_SECTOR) {
        uint32_t Part = Entry->Size - At < SHIM_SECTOR ? Entry->Size - At : SHIM_SECTOR;
        uint64_t Offset = FatMapOffset(&Model->Volume, &File, At, &Left);
        assert_memory_equal(Model->Shim.Bytes + Offset, Entry->Bytes + At, Part);
    }
    FatForgetFile(&File);
}

void ModelCompare(MODEL *Model)
{
    for (int Index = 0; Index < MODEL_MAX; Index++) {
        const ENTRY *Entry = &Model->Entry[Index];
        uint32_t Children = 0;
        if (!Entry->Used)
            continue;
        FAT_NODE *Node = ModelNode(Model, Index);
        assert_non_null(Node);
        assert_int_equal(FatIsDirectory(Node), Entry->Directory);
        if (Index != 0) {
            assert_int_equal(Node->Name.Length, Entry->Length * 2);
            assert_memory_equal(Node->Name.Buffer, Entry->Name, Entry->Length * 2);
            assert_int_equal(Node->Attributes, Entry->Attributes);
        }
        if (!Entry->Directory) {
            CompareContent(Model, Node, Entry);
            continue;
        }
        for (int Child = 1; Child < MODEL_MAX; Child++)
            Children += Model->Entry[Child].Used && Model->Entry[Child].Parent == Index;
        assert_status(FatLoadDirectory(&Model->Volume, Node), FAT_SUCCESS);
        assert_int_equal(Node->Table->Count, Children);
    }
}
