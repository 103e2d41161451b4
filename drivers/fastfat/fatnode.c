/* SPDX-License-Identifier: MIT */
/*
 * fatnode.c - directories in memory, and FCBs.
 *
 * A directory is read whole (at most 65536 entries, 2 MiB, by the format), parsed once, and hashed twice: by name and by 8.3 name.
 */
#include "fat.h"

#define READ_CHUNK 65536u

static ULONG HashName(PCUNICODE_STRING Name)
{
    ULONG Hash = 0;

    RtlHashUnicodeString(Name, TRUE, HASH_STRING_ALGORITHM_X65599, &Hash);
    return Hash;
}

static LARGE_INTEGER ToTime(USHORT Date, USHORT Time, UCHAR Tenths)
{
    LARGE_INTEGER Result = { .QuadPart = FatTimeToNtTime(Date, Time, Tenths) };
    return Result;
}

static ULONG ToAttributes(UCHAR Fat)
{
    ULONG Attributes = Fat & (FAT_ATTRIBUTE_READ_ONLY | FAT_ATTRIBUTE_HIDDEN | FAT_ATTRIBUTE_SYSTEM | FAT_ATTRIBUTE_DIRECTORY |
                              FAT_ATTRIBUTE_ARCHIVE); /* NT's bits have the same values */
    return Attributes != 0 ? Attributes : FILE_ATTRIBUTE_NORMAL;
}

static FAT_NODE *CreateNode(FAT_NODE *Parent, const FAT_DIRENT *Dirent)
{
    USHORT NameBytes = (USHORT)(Dirent->NameLength * sizeof(WCHAR));
    USHORT ShortBytes = Dirent->HasLongName ? (USHORT)(Dirent->ShortNameLength * sizeof(WCHAR)) : 0;
    FAT_NODE *Node = ExAllocatePoolWithTag(PagedPool, sizeof *Node + NameBytes + ShortBytes, FAT_TAG_NODE);

    if (Node == NULL)
        return NULL;
    RtlZeroMemory(Node, sizeof *Node);
    Node->Parent = Parent;
    Node->Name.Buffer = (PWCH)(Node + 1);
    Node->Name.Length = Node->Name.MaximumLength = NameBytes;
    RtlCopyMemory(Node->Name.Buffer, Dirent->Name, NameBytes);
    Node->ShortName.Buffer = Node->Name.Buffer + Dirent->NameLength;
    Node->ShortName.Length = Node->ShortName.MaximumLength = ShortBytes;
    RtlCopyMemory(Node->ShortName.Buffer, Dirent->ShortName, ShortBytes);
    Node->NameHash = HashName(&Node->Name);
    Node->ShortHash = HashName(&Node->ShortName);
    Node->CreationTime = ToTime(Dirent->CreateDate, Dirent->CreateTime, Dirent->CreateTenths);
    Node->LastAccessTime = ToTime(Dirent->AccessDate, 0, 0);
    Node->LastWriteTime = ToTime(Dirent->WriteDate, Dirent->WriteTime, 0);
    Node->FirstCluster = Dirent->FirstCluster;
    Node->Attributes = ToAttributes(Dirent->Attributes);
    Node->Size = FatIsDirectory(Node) ? 0 : Dirent->Size;
    Node->Offset = Dirent->Offset;
    return Node;
}

NTSTATUS FatCreateRootNode(FAT_VCB *Vcb)
{
    FAT_DIRENT Dirent;

    RtlZeroMemory(&Dirent, sizeof Dirent);
    Dirent.Attributes = FAT_ATTRIBUTE_DIRECTORY;
    Dirent.FirstCluster = Vcb->Geometry.RootCluster;
    Vcb->Root = CreateNode(NULL, &Dirent);
    return Vcb->Root == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

/* The clusters (or the fixed root area) of a directory into one buffer of non-paged pool. */
static NTSTATUS ReadArea(FAT_VCB *Vcb, ULONG64 DiskOffset, ULONG Length, PUCHAR Buffer)
{
    for (ULONG Done = 0; Done < Length; Done += READ_CHUNK) {
        ULONG Chunk = Length - Done < READ_CHUNK ? Length - Done : READ_CHUNK;
        NTSTATUS Status = FatReadDisk(Vcb->Target, DiskOffset + Done, Chunk, Buffer + Done);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS MeasureChain(FAT_VCB *Vcb, ULONG FirstCluster, PULONG Length)
{
    FAT_CHAIN Chain;
    FAT_RUN Run;
    NTSTATUS Status;
    ULONG64 Bytes = 0;

    FatStartChain(&Chain, &Vcb->Geometry, FatReadFat, Vcb, FirstCluster);
    while ((Status = FatNextRun(&Chain, MAXULONG, &Run)) == FAT_SUCCESS)
        Bytes += (ULONG64)Run.Count * Vcb->Geometry.BytesPerCluster;
    if (Status != FAT_NO_MORE)
        return Status;
    if (Bytes > FAT_MAX_DIRECTORY + Vcb->Geometry.BytesPerCluster || Bytes == 0)
        return STATUS_FILE_CORRUPT_ERROR;
    *Length = (ULONG)Bytes;
    return STATUS_SUCCESS;
}

static NTSTATUS ReadChain(FAT_VCB *Vcb, ULONG FirstCluster, PUCHAR Buffer)
{
    FAT_CHAIN Chain;
    FAT_RUN Run;
    NTSTATUS Status;

    FatStartChain(&Chain, &Vcb->Geometry, FatReadFat, Vcb, FirstCluster);
    while ((Status = FatNextRun(&Chain, MAXULONG, &Run)) == FAT_SUCCESS) {
        Status = ReadArea(Vcb, FatClusterOffset(&Vcb->Geometry, Run.DiskCluster), Run.Count * Vcb->Geometry.BytesPerCluster,
                          Buffer + (SIZE_T)Run.FileCluster * Vcb->Geometry.BytesPerCluster);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    return Status == FAT_NO_MORE ? STATUS_SUCCESS : Status;
}

/* *Buffer is freed by the caller. */
static NTSTATUS ReadDirectory(FAT_VCB *Vcb, const FAT_NODE *Node, PUCHAR *Buffer, PULONG Length)
{
    BOOLEAN FixedRoot = Node->Parent == NULL && Vcb->Geometry.Bits != 32;
    ULONG Sector = Vcb->Geometry.BytesPerSector;
    NTSTATUS Status = STATUS_SUCCESS;

    if (FixedRoot)
        *Length = (Vcb->Geometry.RootBytes + Sector - 1) / Sector * Sector;
    else
        Status = MeasureChain(Vcb, Node->FirstCluster, Length);
    if (!NT_SUCCESS(Status))
        return Status;
    *Buffer = ExAllocatePoolWithTag(NonPagedPool, *Length, FAT_TAG_BUFFER);
    if (*Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = FixedRoot ? ReadArea(Vcb, Vcb->Geometry.RootOffset, *Length, *Buffer) : ReadChain(Vcb, Node->FirstCluster, *Buffer);
    if (!NT_SUCCESS(Status))
        ExFreePoolWithTag(*Buffer, FAT_TAG_BUFFER);
    return Status;
}

static BOOLEAN IsDotEntry(const FAT_DIRENT *Dirent)
{
    return Dirent->NameLength <= 2 && Dirent->Name[0] == '.' && (Dirent->NameLength == 1 || Dirent->Name[1] == '.');
}

static ULONG CountEntries(FAT_VCB *Vcb, const VOID *Bytes, ULONG Length)
{
    ULONG Count = 0;
    uint32_t Offset = 0;

    FAT_DIRENT *Dirent = ExAllocatePoolWithTag(PagedPool, sizeof *Dirent, FAT_TAG_BUFFER);
    if (Dirent == NULL)
        return MAXULONG;
    while (FatNextDirent(Bytes, Length, Vcb->Geometry.Bits, FALSE, &Offset, Dirent) == FAT_SUCCESS)
        Count += !IsDotEntry(Dirent);
    ExFreePoolWithTag(Dirent, FAT_TAG_BUFFER);
    return Count;
}

static FAT_DIRECTORY *AllocateTable(ULONG Capacity)
{
    ULONG Buckets = 8;

    while (Buckets < Capacity)
        Buckets *= 2;
    SIZE_T Bytes = sizeof(FAT_DIRECTORY) + ((SIZE_T)Capacity + 2 * Buckets) * sizeof(FAT_NODE *);
    FAT_DIRECTORY *Table = ExAllocatePoolWithTag(PagedPool, Bytes, FAT_TAG_DIRECTORY);
    if (Table == NULL)
        return NULL;
    RtlZeroMemory(Table, Bytes);
    Table->BucketMask = Buckets - 1;
    Table->Nodes = (FAT_NODE **)(Table + 1);
    Table->ByName = Table->Nodes + Capacity;
    Table->ByShort = Table->ByName + Buckets;
    return Table;
}

static void AddNode(FAT_DIRECTORY *Table, FAT_NODE *Node)
{
    FAT_NODE **Bucket = &Table->ByName[Node->NameHash & Table->BucketMask];

    Table->Nodes[Table->Count++] = Node;
    Node->NextByName = *Bucket;
    *Bucket = Node;
    if (Node->ShortName.Length != 0) {
        Bucket = &Table->ByShort[Node->ShortHash & Table->BucketMask];
        Node->NextByShort = *Bucket;
        *Bucket = Node;
    }
}

static void FreeTable(FAT_DIRECTORY *Table)
{
    for (ULONG Index = 0; Index < Table->Count; Index++)
        FatFreeNode(Table->Nodes[Index]);
    ExFreePoolWithTag(Table, FAT_TAG_DIRECTORY);
}

void FatFreeNode(FAT_NODE *Node)
{
    if (Node->Table != NULL)
        FreeTable(Node->Table);
    if (Node->Fcb != NULL)
        FatFreeFcb(Node->Fcb);
    ExFreePoolWithTag(Node, FAT_TAG_NODE);
}

static NTSTATUS FillTable(FAT_VCB *Vcb, FAT_NODE *Directory, FAT_DIRECTORY *Table, ULONG Capacity, const VOID *Bytes, ULONG Length)
{
    uint32_t Offset = 0;
    NTSTATUS Status = STATUS_SUCCESS;
    FAT_DIRENT *Dirent = ExAllocatePoolWithTag(PagedPool, sizeof *Dirent, FAT_TAG_BUFFER);

    if (Dirent == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    while (Table->Count < Capacity && FatNextDirent(Bytes, Length, Vcb->Geometry.Bits, FALSE, &Offset, Dirent) == FAT_SUCCESS) {
        if (IsDotEntry(Dirent))
            continue;
        FAT_NODE *Node = CreateNode(Directory, Dirent);
        if (Node == NULL) {
            Status = STATUS_INSUFFICIENT_RESOURCES;
            break;
        }
        AddNode(Table, Node);
    }
    ExFreePoolWithTag(Dirent, FAT_TAG_BUFFER);
    return Status;
}

NTSTATUS FatLoadDirectory(FAT_VCB *Vcb, FAT_NODE *Directory)
{
    PUCHAR Bytes;
    ULONG Length;

    if (Directory->Table != NULL)
        return STATUS_SUCCESS;
    NTSTATUS Status = ReadDirectory(Vcb, Directory, &Bytes, &Length);
    if (!NT_SUCCESS(Status))
        return Status;
    ULONG Count = CountEntries(Vcb, Bytes, Length);
    FAT_DIRECTORY *Table = Count == MAXULONG ? NULL : AllocateTable(Count);
    Status = Table == NULL ? STATUS_INSUFFICIENT_RESOURCES : FillTable(Vcb, Directory, Table, Count, Bytes, Length);
    ExFreePoolWithTag(Bytes, FAT_TAG_BUFFER);
    if (NT_SUCCESS(Status))
        Directory->Table = Table;
    else if (Table != NULL)
        FreeTable(Table);
    return Status;
}

FAT_NODE *FatFindNode(const FAT_DIRECTORY *Table, PCUNICODE_STRING Name)
{
    ULONG Hash = HashName(Name);
    FAT_NODE *Node;

    for (Node = Table->ByName[Hash & Table->BucketMask]; Node != NULL; Node = Node->NextByName) {
        if (Node->NameHash == Hash && RtlEqualUnicodeString(&Node->Name, Name, TRUE))
            return Node;
    }
    for (Node = Table->ByShort[Hash & Table->BucketMask]; Node != NULL; Node = Node->NextByShort) {
        if (Node->ShortHash == Hash && RtlEqualUnicodeString(&Node->ShortName, Name, TRUE))
            return Node;
    }
    return NULL;
}

void FatGetLabel(FAT_VCB *Vcb, PWSTR Label, PUSHORT Length)
{
    FAT_DIRENT Dirent;
    PUCHAR Bytes;
    ULONG Size, Count = 0;
    uint32_t Offset = 0;

    while (Vcb->Geometry.Label[Count] != 0) {
        Label[Count] = (UCHAR)Vcb->Geometry.Label[Count];
        Count++;
    }
    if (NT_SUCCESS(ReadDirectory(Vcb, Vcb->Root, &Bytes, &Size))) {
        while (FatNextDirent(Bytes, Size, Vcb->Geometry.Bits, TRUE, &Offset, &Dirent) == FAT_SUCCESS) {
            if (!(Dirent.Attributes & FAT_ATTRIBUTE_VOLUME))
                continue;
            /* A label is eleven characters without a dot. */
            const UCHAR *Field = Bytes + Dirent.Offset;
            for (Count = 11; Count != 0 && Field[Count - 1] == ' '; Count--) {
            }
            for (ULONG Index = 0; Index < Count; Index++)
                Label[Index] = Field[Index];
            break;
        }
        ExFreePoolWithTag(Bytes, FAT_TAG_BUFFER);
    }
    *Length = (USHORT)(Count * sizeof(WCHAR));
}

NTSTATUS FatCreateFcb(FAT_VCB *Vcb, FAT_NODE *Node, FAT_FCB **Created)
{
    FAT_FCB *Fcb = ExAllocatePoolWithTag(NonPagedPool, sizeof *Fcb, FAT_TAG_FCB);

    if (Fcb == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Fcb, sizeof *Fcb);
    Fcb->Header.NodeTypeCode = FAT_NODE_TYPE_FCB;
    Fcb->Header.NodeByteSize = (CSHORT)sizeof *Fcb;
    ExInitializeFastMutex(&Fcb->HeaderMutex);
    FsRtlSetupAdvancedHeader(&Fcb->Header, &Fcb->HeaderMutex);
    ExInitializeResourceLite(&Fcb->Resource);
    ExInitializeResourceLite(&Fcb->PagingIoResource);
    Fcb->Header.Resource = &Fcb->Resource;
    Fcb->Header.PagingIoResource = &Fcb->PagingIoResource;
    Fcb->Header.IsFastIoPossible = Node != NULL && !FatIsDirectory(Node) ? FastIoIsPossible : FastIoIsNotPossible;
    if (Node != NULL) {
        Fcb->Header.FileSize.QuadPart = Fcb->Header.ValidDataLength.QuadPart = Node->Size;
        Fcb->Header.AllocationSize.QuadPart = FatAllocationSize(Vcb, Node);
    }
    Fcb->Vcb = Vcb;
    Fcb->Node = Node;
    *Created = Fcb;
    return STATUS_SUCCESS;
}

void FatFreeFcb(FAT_FCB *Fcb)
{
    if (Fcb->Runs != NULL)
        ExFreePoolWithTag(Fcb->Runs, FAT_TAG_FCB);
    ExDeleteResourceLite(&Fcb->PagingIoResource);
    ExDeleteResourceLite(&Fcb->Resource);
    ExFreePoolWithTag(Fcb, FAT_TAG_FCB);
}
