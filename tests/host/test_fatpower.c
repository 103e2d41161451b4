/* SPDX-License-Identifier: MIT */
/*
 * test_fatpower.c - the power goes at every single write of a workload.
 *
 * After each sector that is written the disk is looked at as the next system would find it: no chain is broken, shared or shorter than its file, no
 * entry is damaged, every file that was complete is there under its name with its bytes.  Clusters that nobody owns, and clusters behind the end of a
 * file that was growing, are counted: that much may be lost.  While a directory is moved it may have two names, and so may a file of which there
 * is no room for a copy.  Now and then fsck.fat is asked the
 * same.
 *
 * FAT_STEPS: how many operations; FAT_ONLY: the tests with such names (test_fat32).  Needs mkfs.fat and fsck.fat.
 */
#include <unistd.h>
#include "fatmodel.h"

#define FSCK_EVERY 401u
#define MAX_DEPTH 64

typedef struct _CHECK {
    MODEL *Model;
    const uint8_t *Bytes;
    FAT_GEOMETRY Geometry;
    uint8_t *Owner;            /* a byte a cluster */
    uint32_t Files, Lost, Free, Excess, Shared, Orphans;
    uint64_t States, LostStates, ExcessStates, SharedStates, OrphanStates, MostLost;
} CHECK;

static char Folder[64];

static int Run(const char *Command)
{
    char Line[600];
    snprintf(Line, sizeof Line, "cd %s && PATH=$PATH:/sbin:/usr/sbin && { %s; } >out 2>&1", Folder, Command);
    return system(Line);
}

static int MakeFolder(void **State)
{
    (void)State;
    strcpy(Folder, "/tmp/fat-power-XXXXXX");
    return mkdtemp(Folder) == NULL;
}

static int RemoveFolder(void **State)
{
    char Line[100];
    (void)State;
    snprintf(Line, sizeof Line, "rm -rf %s", Folder);
    return system(Line);
}

static FAT_STATUS ReadTable(void *Context, uint64_t Offset, uint32_t Length, void *Buffer)
{
    CHECK *Check = Context;
    memcpy(Buffer, Check->Bytes + Check->Geometry.FatOffset + Offset, Length);
    return FAT_SUCCESS;
}

/* The chain into malloc'ed memory; every cluster of it gets its owner. */
static uint8_t *TakeChain(CHECK *Check, uint32_t First, uint32_t *Clusters)
{
    uint32_t Size = Check->Geometry.BytesPerCluster;
    FAT_CHAIN Chain;
    FAT_RUN Run;
    FAT_STATUS Status;
    uint8_t *Content = NULL;

    *Clusters = 0;
    FatStartChain(&Chain, &Check->Geometry, ReadTable, Check, First);
    while ((Status = FatNextRun(&Chain, UINT32_MAX, &Run)) == FAT_SUCCESS) {
        Content = realloc(Content, (size_t)(*Clusters + Run.Count) * Size);
        memcpy(Content + (size_t)*Clusters * Size, Check->Bytes + FatClusterOffset(&Check->Geometry, Run.DiskCluster), (size_t)Run.Count * Size);
        for (uint32_t At = 0; At < Run.Count; At++)
            Check->Shared += Check->Owner[Run.DiskCluster + At]++ != 0;
        *Clusters += Run.Count;
    }
    assert_status(Status, FAT_NO_MORE);
    return Content;
}

/* Long-name entries must belong to the short one behind them. */
static void CountOrphans(CHECK *Check, const uint8_t *Bytes, uint32_t Length)
{
    uint32_t Parts = 0, Claimed = 0, Offset = 0;
    FAT_DIRENT Dirent;

    for (uint32_t At = 0; At < Length && Bytes[At] != 0; At += FAT_ENTRY_SIZE)
        Parts += Bytes[At] != 0xE5 && (Bytes[At + 11] & 0x3F) == FAT_ATTRIBUTE_LONG_NAME;
    while (FatNextDirent(Bytes, Length, Check->Geometry.Bits, 0, &Offset, &Dirent) == FAT_SUCCESS)
        Claimed += (Dirent.Offset - Dirent.FirstOffset) / FAT_ENTRY_SIZE;
    Check->Orphans += Parts - Claimed;
}

static int IsName(const FAT_DIRENT *Dirent, const uint16_t *Name, uint32_t Length)
{
    return Dirent->NameLength == Length && memcmp(Dirent->Name, Name, Length * 2) == 0;
}

/* The model's entry that is found here; 0: none that has to be here. */
static int Identify(const CHECK *Check, int Parent, const FAT_DIRENT *Dirent)
{
    const MODEL *Model = Check->Model;

    if (Model->Moving && Parent == Model->ToParent && IsName(Dirent, Model->ToName, Model->ToLength))
        return Model->Busy;
    for (int Index = 1; Index < MODEL_MAX; Index++) {
        const ENTRY *Entry = &Model->Entry[Index];
        if (Entry->Used && Entry->Parent == Parent && IsName(Dirent, Entry->Name, Entry->Length))
            return Index;
    }
    return 0;
}

/* A file that is being replaced may be the old or the new one: either way whole. */
static int IsContent(const ENTRY *Entry, const FAT_DIRENT *Dirent, const uint8_t *Content)
{
    return Dirent->Size == Entry->Size && (Entry->Size == 0 || memcmp(Content, Entry->Bytes, Entry->Size) == 0);
}

static void CheckFile(CHECK *Check, int Index, const FAT_DIRENT *Dirent, uint8_t *Found)
{
    const MODEL *Model = Check->Model;
    uint32_t Clusters = 0, Needed = (Dirent->Size + Check->Geometry.BytesPerCluster - 1) / Check->Geometry.BytesPerCluster;
    uint8_t *Content = Dirent->FirstCluster != 0 ? TakeChain(Check, Dirent->FirstCluster, &Clusters) : NULL;

    assert_true(Clusters >= Needed); /* never shorter than the entry says */
    Check->Excess += Clusters - Needed;
    Check->Files++;
    if (Index != 0 && (Index != Model->Busy || Model->Moving)) {
        int Same = IsContent(&Model->Entry[Index], Dirent, Content);
        if (!Same && Index == Model->Busy && Model->Victim != 0) {
            Same = IsContent(&Model->Entry[Model->Victim], Dirent, Content); /* not yet replaced */
            Index = Model->Victim;
        }
        assert_true(Same);
        Found[Index] = 1;
    }
    free(Content);
}

static void CheckDirectory(CHECK *Check, int Parent, uint32_t First, uint32_t Above, uint8_t *Found, int Depth)
{
    uint32_t Clusters, Offset = 0, Length;
    uint8_t *Bytes;
    FAT_DIRENT Dirent;

    assert_true(Depth < MAX_DEPTH);
    if (First == 0) {
        Length = Check->Geometry.RootBytes;
        Bytes = malloc(Length);
        memcpy(Bytes, Check->Bytes + Check->Geometry.RootOffset, Length);
    } else {
        Bytes = TakeChain(Check, First, &Clusters);
        Length = Clusters * Check->Geometry.BytesPerCluster;
    }
    CountOrphans(Check, Bytes, Length);
    for (int Dots = 0; FatNextDirent(Bytes, Length, Check->Geometry.Bits, 0, &Offset, &Dirent) == FAT_SUCCESS;) {
        if (Dirent.Name[0] == '.' && (Dirent.NameLength == 1 || (Dirent.NameLength == 2 && Dirent.Name[1] == '.'))) {
            int Moved = Check->Model->Moving && Check->Model->Busy == Parent;
            assert_true(Dirent.FirstCluster == (Dirent.NameLength == 1 ? First : Above) || Moved);
            assert_int_equal(++Dots, Dirent.NameLength);
            continue;
        }
        int Index = Identify(Check, Parent, &Dirent);
        /* What is there and not in the model is being made or deleted just now. */
        if (!(Dirent.Attributes & FAT_ATTRIBUTE_DIRECTORY)) {
            CheckFile(Check, Index, &Dirent, Found);
        } else {
            if (Index != 0)
                Found[Index] = 1;
            CheckDirectory(Check, Index != 0 ? Index : -2, Dirent.FirstCluster, Depth == 0 ? 0 : First, Found, Depth + 1);
        }
    }
    free(Bytes);
}

static void CountLost(CHECK *Check)
{
    for (uint32_t Cluster = 2; Cluster - 2 < Check->Geometry.ClusterCount; Cluster++) {
        uint32_t Value;
        assert_status(FatReadEntry(&Check->Geometry, ReadTable, Check, Cluster, &Value), FAT_SUCCESS);
        if (Check->Owner[Cluster] != 0)
            assert_int_not_equal(Value, 0);
        else
            Check->Lost += Value != 0;
        Check->Free += Value == 0 && !FatIsSplitEntry(&Check->Model->Volume, Cluster);
    }
}

static int MayBeMissing(const MODEL *Model, int Index)
{
    if (Index == Model->Busy)
        return !Model->Moving;
    /* Its name went because the new spelling takes another number of entries; then the newcomer is there. */
    return Index == Model->Victim;
}

static void AskFsck(CHECK *Check);

static void LookAtDisk(FAT_SHIM *Shim, void *Context)
{
    CHECK *Check = Context;
    MODEL *Model = Check->Model;
    uint8_t Found[MODEL_MAX] = { 0 };

    Check->Bytes = Shim->Bytes;
    Check->States++;
    Check->Lost = Check->Free = Check->Excess = Check->Shared = Check->Orphans = Check->Files = 0;
    assert_status(FatParseBootSector(Shim->Bytes, Shim->Size, &Check->Geometry), FAT_SUCCESS);
    memset(Check->Owner, 0, Check->Geometry.ClusterCount + 2);
    CheckDirectory(Check, 0, Check->Geometry.RootCluster, 0, Found, 0);
    CountLost(Check);
    for (int Index = 1; Index < MODEL_MAX; Index++) {
        if (Model->Entry[Index].Used && !Found[Index] && !MayBeMissing(Model, Index))
            fail_msg("a complete file is gone after sector %llu", (unsigned long long)Shim->Sectors);
    }
    /* Two names for one chain: only while a directory moves, or a file of which there is no room for a copy. */
    if (Check->Shared != 0) {
        const ENTRY *Entry = &Model->Entry[Model->Busy];
        assert_true(Model->Moving && (Entry->Directory || Check->Free * Check->Geometry.BytesPerCluster < Entry->Size));
    }
    /* Part of a name: only if it is longer than a sector. */
    Check->LostStates += Check->Lost != 0;
    Check->ExcessStates += Check->Excess != 0;
    Check->SharedStates += Check->Shared != 0;
    Check->OrphanStates += Check->Orphans != 0;
    if (Check->Lost > Check->MostLost)
        Check->MostLost = Check->Lost;
    if (Check->States % FSCK_EVERY == 0 && Check->Shared == 0 && Check->Orphans == 0)
        AskFsck(Check);
}

/* What fsck.fat may say of a volume in the middle of a change. */
static void AskFsck(CHECK *Check)
{
    static const char Allowed[] = "grep -vE '^fsck|Dirty bit|Automatically removing|unused cluster|Reclaim|FATs differ|Using first FAT|[Uu]se (first|second)|"
                                  "differences between boot|mostly harmless|:0[01]/0[01]|Not automatically|cluster chain length is >|Truncating file|"
                                  "^/|Free cluster summary|Auto-setting|Leaving|files, |^[ ]*$|^[ ]*(Contains|1\\)|2\\)|[?])' out > rest; test ! -s rest";
    char Path[100];

    snprintf(Path, sizeof Path, "%s/image", Folder);
    ModelSave(Check->Model, Path);
    Run("fsck.fat -n image");
    char Line[1200];
    snprintf(Line, sizeof Line, "cd %s && %s", Folder, Allowed);
    if (system(Line) != 0) {
        snprintf(Line, sizeof Line, "cat %s/out >&2", Folder);
        int Shown = system(Line);
        fail_msg("fsck.fat finds more than lost clusters after sector %llu (cat: %d)", (unsigned long long)Check->Model->Shim.Sectors, Shown);
    }
}

static void Begin(MODEL *Model, CHECK *Check, const char *Format)
{
    char Path[100];

    snprintf(Path, sizeof Path, "%s/image", Folder);
    unlink(Path);
    assert_int_equal(Run(Format), 0);
    ModelOpen(Model, Path);
    ModelMount(Model);
    Check->Owner = malloc(Model->Volume.Geometry.ClusterCount + 2);
    Model->Shim.Written = LookAtDisk;
    Model->Shim.Context = Check;
}

static void End(MODEL *Model, CHECK *Check)
{
    assert_status(FatMarkClean(&Model->Volume), FAT_SUCCESS);
    Model->Shim.Written = NULL;
    ModelCompare(Model);
    ModelUnmount(Model);
    print_message("%llu states of the disk: %llu with lost clusters (at most %llu), %llu with clusters behind a file's end, "
                  "%llu with two names for one chain, %llu with part of a name longer than a sector\n",
                  (unsigned long long)Check->States, (unsigned long long)Check->LostStates, (unsigned long long)Check->MostLost,
                  (unsigned long long)Check->ExcessStates, (unsigned long long)Check->SharedStates, (unsigned long long)Check->OrphanStates);
    free(Check->Owner);
    ModelClose(Model);
    free(Model);
}

static void RunWorkload(const char *Format, uint32_t Steps, uint64_t Seed)
{
    MODEL *Model = malloc(sizeof *Model);
    CHECK Check = { .Model = Model };

    Begin(Model, &Check, Format);
    Model->Random = Seed;
    for (uint32_t Step = 0; Step < Steps; Step++)
        ModelStep(Model);
    assert_true(Check.LostStates != 0 && Check.States > Steps);
    End(Model, &Check);
}

static uint32_t Steps(uint32_t Default)
{
    const char *Text = getenv("FAT_STEPS");
    return Text != NULL ? (uint32_t)strtoul(Text, NULL, 10) : Default;
}

static void test_fat16(void **State)
{
    (void)State;
    RunWorkload("mkfs.fat -C -F 16 -s 1 image 2500", Steps(700), 161);
}

static void test_fat12(void **State)
{
    (void)State;
    RunWorkload("mkfs.fat -C -F 12 -s 1 image 360", Steps(500), 121);
}

static void test_fat32(void **State)
{
    (void)State;
    RunWorkload("mkfs.fat -C -F 32 -s 1 image 34000", Steps(60), 321);
}

/* Every 341st entry of a FAT12 lies in two sectors: a link that changes there would for one write lead anywhere, into another file too. */
static void test_fat12_entry_in_two_sectors(void **State)
{
    MODEL *Model = malloc(sizeof *Model);
    CHECK Check = { .Model = Model };
    int Files[24];

    (void)State;
    Begin(Model, &Check, "mkfs.fat -C -F 12 -s 1 image 360");
    for (int Index = 0; Index < 24; Index++) {
        char Name[20];
        snprintf(Name, sizeof Name, "GROWS%d", Index);
        Files[Index] = ModelAdd(Model, 0, Name, 0);
    }
    for (uint32_t Size = 512; Size <= 46 * 512 && Model->Refused == 0; Size += 1024) {
        for (int Index = 0; Index < 24; Index++)
            assert_true(ModelWrite(Model, Files[Index], Size, Size) != FAT_FILE_CORRUPT);
    }
    assert_int_equal(Check.SharedStates, 0);
    End(Model, &Check);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(test_fat16),
        cmocka_unit_test(test_fat12),
        cmocka_unit_test(test_fat32),
        cmocka_unit_test(test_fat12_entry_in_two_sectors),
    };

    if (getenv("FAT_ONLY") != NULL)
        cmocka_set_test_filter(getenv("FAT_ONLY"));
    return cmocka_run_group_tests_name("fatpower", Tests, MakeFolder, RemoveFolder);
}
