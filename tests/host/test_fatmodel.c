/* SPDX-License-Identifier: MIT */
/*
 * test_fatmodel.c - 20,000 random operations on each kind of FAT do what they do to a model; then fsck.fat finds nothing, and mtools reads the same.
 *
 * FAT_STEPS in the environment changes the number.  Needs mkfs.fat, fsck.fat and mcopy (tools/setup installs them).
 */
#include <unistd.h>
#include "fatmodel.h"

static char Folder[64];

static int Run(const char *Format, ...)
{
    char Command[400], Line[600];
    va_list Arguments;

    va_start(Arguments, Format);
    vsnprintf(Command, sizeof Command, Format, Arguments);
    va_end(Arguments);
    snprintf(Line, sizeof Line, "cd %s && PATH=$PATH:/sbin:/usr/sbin && export MTOOLS_SKIP_CHECK=1 LC_ALL=C.UTF-8 && { %s; } >out 2>&1", Folder, Command);
    return system(Line);
}

static int MakeFolder(void **State)
{
    (void)State;
    strcpy(Folder, "/tmp/fat-model-XXXXXX");
    return mkdtemp(Folder) == NULL;
}

static int RemoveFolder(void **State)
{
    (void)State;
    return Run("rm -rf %s", Folder);
}

static void ShowOutput(void)
{
    char Path[100], Text[2000];
    snprintf(Path, sizeof Path, "%s/out", Folder);
    FILE *File = fopen(Path, "r");
    if (File != NULL) {
        Text[fread(Text, 1, sizeof Text - 1, File)] = 0;
        fclose(File);
        print_error("%s\n", Text);
    }
}

/* mtools' path of an entry; 0 if a name on the way has what shells or mtools take for something else. */
static int PathOf(const MODEL *Model, int Index, char *Path, uint32_t Room)
{
    const ENTRY *Entry = &Model->Entry[Index];
    uint32_t At = 0;

    if (Index == 0) {
        strcpy(Path, "::");
        return 1;
    }
    if (!PathOf(Model, Entry->Parent, Path, Room) || strlen(Path) + Entry->Length + 2 > Room || Entry->Name[Entry->Length - 1] <= '.')
        return 0;
    char *Name = Path + strlen(Path);
    *Name++ = '/';
    for (; At < Entry->Length; At++) {
        if (Entry->Name[At] >= 0x80 || strchr("[]*?'\"`$%~", Entry->Name[At]) != NULL)
            return 0;
        Name[At] = (char)Entry->Name[At];
    }
    Name[At] = 0;
    return 1;
}

/* Files out with mtools, byte for byte what the model has; names of other scripts are left to fsck and to our own reading. */
static void CheckWithMtools(MODEL *Model)
{
    uint32_t Seen = 0;
    char Path[300], Copy[100];

    for (int Index = 1; Index < MODEL_MAX && Seen < 40; Index++) {
        const ENTRY *Entry = &Model->Entry[Index];
        if (!Entry->Used || Entry->Directory || !PathOf(Model, Index, Path, sizeof Path))
            continue;
        if (Run("mcopy -n -i image '%s' copy.bin", Path) != 0) {
            ShowOutput();
            fail_msg("mcopy %s", Path);
        }
        snprintf(Copy, sizeof Copy, "%s/copy.bin", Folder);
        FILE *File = fopen(Copy, "rb");
        assert_non_null(File);
        uint8_t *Bytes = malloc(Entry->Size + 1);
        assert_int_equal(fread(Bytes, 1, Entry->Size + 1, File), Entry->Size);
        fclose(File);
        if (Entry->Size != 0)
            assert_memory_equal(Bytes, Entry->Bytes, Entry->Size);
        free(Bytes);
        unlink(Copy);
        Seen++;
    }
    assert_true(Seen > 0);
}

static void RunModel(const char *Format, uint32_t Steps, uint64_t Seed)
{
    char Path[100];
    MODEL *Model = malloc(sizeof *Model);

    snprintf(Path, sizeof Path, "%s/image", Folder);
    unlink(Path);
    assert_int_equal(Run("%s", Format), 0);
    ModelOpen(Model, Path);
    Model->Random = Seed;
    ModelMount(Model);
    for (uint32_t Step = 0; Step < Steps; Step++) {
        ModelStep(Model);
        if (Step % 2000 == 1999) {
            ModelCompare(Model);
            assert_status(FatMarkClean(&Model->Volume), FAT_SUCCESS);
            ModelUnmount(Model); /* nothing but the disk is believed */
            ModelMount(Model);
            ModelCompare(Model);
        }
    }
    assert_status(FatMarkClean(&Model->Volume), FAT_SUCCESS);
    ModelCompare(Model);
    ModelUnmount(Model);
    ModelSave(Model, Path);
    if (Run("fsck.fat -n image") != 0 || Run("grep -qiE 'differ|orphan|lost|wrong|bad|start|dirty' out") == 0) {
        Run("fsck.fat -nv image");
        ShowOutput();
        fail_msg("fsck.fat finds something");
    }
    ModelMount(Model);
    CheckWithMtools(Model);
    ModelUnmount(Model);
    print_message("%u operations, %u refused for lack of room, %llu sectors written\n", Model->Done, Model->Refused,
                  (unsigned long long)Model->Shim.Sectors);
    ModelClose(Model);
    free(Model);
}

static uint32_t Steps(void)
{
    const char *Text = getenv("FAT_STEPS");
    return Text != NULL ? (uint32_t)strtoul(Text, NULL, 10) : 20000;
}

static void test_fat12(void **State)
{
    (void)State;
    RunModel("mkfs.fat -C -F 12 -s 1 image 360", Steps(), 21);
}

static void test_fat16(void **State)
{
    (void)State;
    RunModel("mkfs.fat -C -F 16 -s 1 image 4096", Steps(), 16);
}

static void test_fat32(void **State)
{
    (void)State;
    RunModel("mkfs.fat -C -F 32 -s 1 image 34000", Steps(), 32);
}

/* One FAT, large clusters; a large root directory. */
static void test_other_geometries(void **State)
{
    (void)State;
    RunModel("mkfs.fat -C -F 16 -s 4 -f 1 image 20000", Steps() / 4, 5);
    RunModel("mkfs.fat -C -F 12 -s 8 -f 2 -r 512 image 8192", Steps() / 4, 6);
}

/* A disk that fails for a while: the operation that meets it reports it, nothing else is touched, and afterwards all goes on. */
static void test_failing_disk(void **State)
{
    char Path[100], Name[40];
    uint32_t Failed = 0;
    MODEL *Model = malloc(sizeof *Model);

    (void)State;
    snprintf(Path, sizeof Path, "%s/image", Folder);
    unlink(Path);
    assert_int_equal(Run("mkfs.fat -C -F 16 -s 1 image 4096"), 0);
    ModelOpen(Model, Path);
    Model->Random = 77;
    ModelMount(Model);
    for (uint32_t Step = 0; Step < 300; Step++)
        ModelStep(Model);
    for (uint32_t Round = 0; Round < 600; Round++) {
        FAT_STATUS Status = FAT_SUCCESS;
        snprintf(Name, sizeof Name, "A file of round %u", (unsigned)Round);
        if (Round % 3 != 0)
            Model->Shim.FailWriteAfter = Model->Shim.Sectors + Round % 7;
        int Index = ModelAdd(Model, 0, Name, Round % 5 == 0);
        if (Index >= 0 && !Model->Entry[Index].Directory)
            Status = ModelWrite(Model, Index, 3000, Round);
        if (Index >= 0 && Status == FAT_SUCCESS && Round % 2)
            Status = ModelRemove(Model, Index);
        Failed += Index < 0 || Status != FAT_SUCCESS;
        Model->Shim.FailWriteAfter = 0;
        /* What was not finished is removed now that the disk works again. */
        if (Index >= 0 && Status != FAT_SUCCESS && Model->Entry[Index].Used) {
            assert_non_null(ModelNode(Model, Index));
            assert_status(ModelRemove(Model, Index), FAT_SUCCESS);
        } else if (Index >= 0 && Model->Entry[Index].Used && Round % 4 == 0) {
            assert_status(ModelRemove(Model, Index), FAT_SUCCESS);
        } else if (Index >= 0 && Model->Entry[Index].Used && Model->Entry[Index].Directory) {
            assert_status(ModelRemove(Model, Index), FAT_SUCCESS);
        } else if (Index >= 0 && Model->Entry[Index].Used && Round > 40) {
            assert_status(ModelRemove(Model, Index), FAT_SUCCESS);
        }
    }
    assert_true(Failed > 100);
    ModelCompare(Model);
    assert_status(FatMarkClean(&Model->Volume), FAT_SUCCESS);
    ModelUnmount(Model);
    ModelMount(Model);
    ModelCompare(Model);
    /* A read that fails is reported as well, and leaves no lock behind. */
    ModelUnmount(Model);
    for (uint32_t After = 1; After < 40; After++) {
        memset(&Model->Volume, 0, sizeof Model->Volume);
        assert_status(FatParseBootSector(Model->Shim.Bytes, Model->Shim.Size, &Model->Volume.Geometry), FAT_SUCCESS);
        Model->Volume.Device = &Model->Shim;
        Model->Shim.Reads = 0;
        Model->Shim.FailReadAfter = After;
        if (FatOpenVolume(&Model->Volume) == FAT_SUCCESS) {
            for (int Index = 0; Index < MODEL_MAX; Index++) {
                if (Model->Entry[Index].Used)
                    (void)ModelNode(Model, Index);
            }
        }
        Model->Shim.FailReadAfter = 0;
        FatCloseVolume(&Model->Volume);
        assert_int_equal(Model->Shim.Locks, 0);
    }
    ModelMount(Model);
    ModelCompare(Model);
    ModelUnmount(Model);
    print_message("%u of 600 operations met a failing disk\n", Failed);
    ModelClose(Model);
    free(Model);
}

/* Both nodes of a damaged directory that has one name twice come and go in the sorted list as themselves. */
static void test_one_name_twice(void **State)
{
    (void)State;
    static MODEL Model;
    char Path[100];
    FAT_NODE *Twins[2];

    assert_int_equal(Run("mkfs.fat -C -F 16 -s 1 twice.img 4096"), 0);
    snprintf(Path, sizeof Path, "%s/twice.img", Folder);
    ModelOpen(&Model, Path);
    ModelMount(&Model);
    ModelAdd(&Model, 0, "TWIN1", 0);
    ModelAdd(&Model, 0, "TWIN2", 0);
    ModelUnmount(&Model);
    uint8_t *Second = Model.Shim.Bytes + Model.Volume.Geometry.RootOffset;
    while (memcmp(Second, "TWIN2   ", 8) != 0)
        Second += FAT_ENTRY_SIZE;
    Second[4] = '1';
    ModelMount(&Model);
    for (int Victim = 0; Victim < 2; Victim++) {
        FAT_NODE *Root = Model.Volume.Root;
        assert_status(FatLoadDirectory(&Model.Volume, Root), FAT_SUCCESS);
        assert_status(FatSortTable(Root->Table), FAT_SUCCESS);
        assert_int_equal(Root->Table->Count, 2);
        memcpy(Twins, Root->Table->Nodes, sizeof Twins);
        FatUnlinkNode(Twins[Victim]);
        assert_ptr_equal(Root->Table->Sorted[0], Twins[!Victim]);
        FatLinkNode(Root->Table, Twins[Victim]);
        assert_ptr_not_equal(Root->Table->Sorted[0], Root->Table->Sorted[1]);
    }
    ModelUnmount(&Model);
    ModelClose(&Model);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(test_fat12),
        cmocka_unit_test(test_fat16),
        cmocka_unit_test(test_fat32),
        cmocka_unit_test(test_other_geometries),
        cmocka_unit_test(test_failing_disk),
        cmocka_unit_test(test_one_name_twice),
    };
    return cmocka_run_group_tests_name("fatmodel", Tests, MakeFolder, RemoveFolder);
}
