/* SPDX-License-Identifier: MIT */
/*
 * fatfile.c - the clusters of one file: a list of runs, as long as the chain on the disk.
 */
#include "fatcore.h"

#define FIRST_ROOM 4u
#define ZERO_CHUNK 65536u

static FAT_STATUS AppendRun(FAT_FILE *File, uint32_t DiskCluster, uint32_t Count)
{
    FAT_RUN *Last = File->Count != 0 ? &File->Runs[File->Count - 1] : NULL;

    if (Last != NULL && Last->DiskCluster + Last->Count == DiskCluster) {
        Last->Count += Count;
        File->Clusters += Count;
        return FAT_SUCCESS;
    }
    if (File->Count == File->Room) {
        uint32_t Room = File->Room == 0 ? FIRST_ROOM : File->Room * 2;
        FAT_RUN *New = FatAllocate(Room * sizeof *New);
        if (New == NULL)
            return FAT_NO_MEMORY;
        if (File->Runs != NULL) {
            __builtin_memcpy(New, File->Runs, File->Count * sizeof *New);
            FatRelease(File->Runs);
        }
        File->Runs = New;
        File->Room = Room;
    }
    File->Runs[File->Count++] = (FAT_RUN){ File->Clusters, DiskCluster, Count };
    File->Clusters += Count;
    return FAT_SUCCESS;
}

/* Cuts the list, without touching the table. */
static void CutRuns(FAT_FILE *File, uint32_t Clusters)
{
    while (File->Count != 0 && File->Runs[File->Count - 1].FileCluster >= Clusters)
        File->Count--;
    if (File->Count != 0) {
        FAT_RUN *Last = &File->Runs[File->Count - 1];
        if (Last->Count > Clusters - Last->FileCluster)
            Last->Count = Clusters - Last->FileCluster;
    }
    File->Clusters = Clusters;
}

FAT_STATUS FatBuildFile(FAT_VOLUME *Volume, uint32_t FirstCluster, uint32_t Least, FAT_FILE *File)
{
    FAT_CHAIN Chain;
    FAT_RUN Run;
    FAT_STATUS Status;

    if (File->Built)
        return FAT_SUCCESS;
    FatStartChain(&Chain, &Volume->Geometry, FatReadFat, Volume, FirstCluster);
    while ((Status = FatNextRun(&Chain, FAT_UNKNOWN, &Run)) == FAT_SUCCESS) {
        Status = AppendRun(File, Run.DiskCluster, Run.Count);
        if (Status != FAT_SUCCESS)
            break;
    }
    if (Status == FAT_NO_MORE)
        Status = File->Clusters < Least ? FAT_FILE_CORRUPT : FAT_SUCCESS;
    if (Status == FAT_SUCCESS)
        File->Built = 1;
    else
        FatForgetFile(File);
    return Status;
}

void FatForgetFile(FAT_FILE *File)
{
    if (File->Runs != NULL)
        FatRelease(File->Runs);
    *File = (FAT_FILE){ 0 };
}

const FAT_RUN *FatFindRun(const FAT_FILE *File, uint32_t FileCluster)
{
    uint32_t Low = 0, High = File->Count;

    while (Low < High) {
        uint32_t Middle = Low + (High - Low) / 2;
        const FAT_RUN *Run = &File->Runs[Middle];
        if (FileCluster < Run->FileCluster)
            High = Middle;
        else if (FileCluster - Run->FileCluster >= Run->Count)
            Low = Middle + 1;
        else
            return Run;
    }
    return NULL;
}

uint64_t FatMapOffset(const FAT_VOLUME *Volume, const FAT_FILE *File, uint64_t Offset, uint64_t *Left)
{
    uint64_t Size = Volume->Geometry.BytesPerCluster, Cluster = Offset / Size;
    const FAT_RUN *Run = Cluster < FAT_UNKNOWN ? FatFindRun(File, (uint32_t)Cluster) : NULL;

    if (Run == NULL)
        return 0;
    uint64_t Inside = Offset - Run->FileCluster * Size;
    *Left = Run->Count * Size - Inside;
    return FatClusterOffset(&Volume->Geometry, Run->DiskCluster) + Inside;
}

/* Start and End are whole sectors. */
FAT_STATUS FatZeroFile(FAT_VOLUME *Volume, const FAT_FILE *File, uint64_t Start, uint64_t End)
{
    uint32_t Room = End - Start < ZERO_CHUNK ? (uint32_t)(End - Start) : ZERO_CHUNK;
    FAT_STATUS Status = FAT_SUCCESS;
    uint64_t Left;

    if (Start >= End)
        return FAT_SUCCESS;
    uint8_t *Zeroes = FatAllocate(Room);
    if (Zeroes == NULL)
        return FAT_NO_MEMORY;
    __builtin_memset(Zeroes, 0, Room);
    while (Start < End && Status == FAT_SUCCESS) {
        uint64_t At = FatMapOffset(Volume, File, Start, &Left);
        if (At == 0) {
            Status = FAT_FILE_CORRUPT;
            break;
        }
        Left = Left < End - Start ? Left : End - Start;
        uint32_t Part = Left < Room ? (uint32_t)Left : Room;
        Status = FatDeviceWrite(Volume->Device, At, Part, Zeroes);
        Start += Part;
    }
    FatRelease(Zeroes);
    return Status;
}

/* ---- growing and shrinking; T held in the static ones ---------------------------------------------------------------------------------- */

/* Free clusters from Hint on, round the volume once, appended to the list; the table is not changed yet. */
static FAT_STATUS ChooseClusters(FAT_VOLUME *Volume, FAT_FILE *File, uint32_t Wanted, uint32_t Hint)
{
    uint32_t Count = Volume->Geometry.ClusterCount, Cluster = FatIsDataCluster(&Volume->Geometry, Hint) ? Hint : 2, Value;

    for (uint32_t Seen = 0; Wanted != 0 && Seen < Count; Seen++) {
        FAT_STATUS Status = FatGetEntry(Volume, Cluster, &Value);
        if (Status == FAT_SUCCESS && Value == 0 && !FatIsSplitEntry(Volume, Cluster)) {
            Status = AppendRun(File, Cluster, 1);
            Wanted--;
        }
        if (Status != FAT_SUCCESS)
            return Status;
        Cluster = Cluster - 1 < Count ? Cluster + 1 : 2;
    }
    Volume->NextFree = Cluster;
    return Wanted == 0 ? FAT_SUCCESS : FAT_DISK_FULL;
}

/* Sets the entries of the file's clusters from From on: linked up, or free. */
static FAT_STATUS SetEntries(FAT_VOLUME *Volume, const FAT_FILE *File, uint32_t From, int Free)
{
    for (uint32_t Index = 0; Index < File->Count; Index++) {
        const FAT_RUN *Run = &File->Runs[Index];
        for (uint32_t At = Run->FileCluster < From ? From - Run->FileCluster : 0; At < Run->Count; At++) {
            uint32_t Next = At + 1 < Run->Count ? Run->DiskCluster + At + 1 : Index + 1 < File->Count ? Run[1].DiskCluster : FAT_END_OF_CHAIN;
            FAT_STATUS Status = FatSetEntry(Volume, Run->DiskCluster + At, Free ? 0 : Next);
            if (Status != FAT_SUCCESS)
                return Status;
        }
    }
    return FAT_SUCCESS;
}

/* Of the file's clusters from From on, those that another may get. */
static uint32_t CountUsable(const FAT_VOLUME *Volume, const FAT_FILE *File, uint32_t From)
{
    uint32_t Count = File->Clusters - From;

    if (Volume->Geometry.Bits != 12)
        return Count;
    for (uint32_t Index = 0; Index < File->Count; Index++) {
        const FAT_RUN *Run = &File->Runs[Index];
        for (uint32_t At = Run->FileCluster < From ? From - Run->FileCluster : 0; At < Run->Count; At++)
            Count -= (uint32_t)FatIsSplitEntry(Volume, Run->DiskCluster + At);
    }
    return Count;
}

static uint32_t DiskClusterAt(const FAT_FILE *File, uint32_t FileCluster)
{
    const FAT_RUN *Run = FatFindRun(File, FileCluster);
    return Run != NULL ? Run->DiskCluster + (FileCluster - Run->FileCluster) : 0;
}

static FAT_STATUS Grow(FAT_VOLUME *Volume, FAT_FILE *File, uint32_t Clusters, int Zero)
{
    uint32_t Old = File->Clusters, Tail = Old != 0 ? DiskClusterAt(File, Old - 1) : 0, Size = Volume->Geometry.BytesPerCluster;

    FAT_STATUS Status = ChooseClusters(Volume, File, Clusters - Old, Tail != 0 ? Tail + 1 : Volume->NextFree);
    if (Status == FAT_SUCCESS && Zero)
        Status = FatZeroFile(Volume, File, (uint64_t)Old * Size, (uint64_t)Clusters * Size);
    if (Status != FAT_SUCCESS) {
        CutRuns(File, Old);
        return Status;
    }
    Status = SetEntries(Volume, File, Old, 0);
    if (Status == FAT_SUCCESS && Tail != 0) {
        Status = FatWritePending(Volume, Tail);
        if (Status == FAT_SUCCESS)
            Status = FatSetEntry(Volume, Tail, DiskClusterAt(File, Old));
    }
    if (Status == FAT_SUCCESS)
        Status = FatWritePending(Volume, 0);
    if (Status != FAT_SUCCESS) {
        /* What cannot be written now stays pending; the next success brings it to the disk. */
        if (Tail != 0)
            (void)FatSetEntry(Volume, Tail, FAT_END_OF_CHAIN);
        (void)SetEntries(Volume, File, Old, 1);
        CutRuns(File, Old);
        return Status;
    }
    if (Volume->FreeClusters != FAT_UNKNOWN)
        Volume->FreeClusters -= Clusters - Old;
    return FAT_SUCCESS;
}

FAT_STATUS FatExtendFile(FAT_VOLUME *Volume, FAT_FILE *File, uint32_t Clusters, int Zero)
{
    uint32_t Free;

    if (Clusters <= File->Clusters)
        return FAT_SUCCESS;
    FAT_STATUS Status = FatCountFree(Volume, &Free);
    if (Status == FAT_SUCCESS && Clusters - File->Clusters > Free)
        Status = FAT_DISK_FULL;
    if (Status == FAT_SUCCESS)
        Status = FatMarkDirty(Volume);
    if (Status != FAT_SUCCESS)
        return Status;
    FatLockTable(Volume);
    Status = Grow(Volume, File, Clusters, Zero);
    FatUnlockTable(Volume);
    File->Built = 1;
    return Status;
}

FAT_STATUS FatTruncateFile(FAT_VOLUME *Volume, FAT_FILE *File, uint32_t Clusters)
{
    FAT_STATUS Status;

    if (Clusters >= File->Clusters)
        return FAT_SUCCESS;
    Status = FatMarkDirty(Volume);
    if (Status != FAT_SUCCESS)
        return Status;
    FatLockTable(Volume);
    if (Clusters != 0)
        Status = FatSetEntry(Volume, DiskClusterAt(File, Clusters - 1), FAT_END_OF_CHAIN);
    if (Status == FAT_SUCCESS)
        Status = SetEntries(Volume, File, Clusters, 1);
    if (Status == FAT_SUCCESS && Volume->FreeClusters != FAT_UNKNOWN)
        Volume->FreeClusters += CountUsable(Volume, File, Clusters);
    if (Status == FAT_SUCCESS) {
        Status = FatWritePending(Volume, 0);
        CutRuns(File, Clusters);
    }
    FatUnlockTable(Volume);
    return Status;
}
