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

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(test_fat12),
        cmocka_unit_test(test_fat16),
        cmocka_unit_test(test_fat32),
        cmocka_unit_test(test_other_geometries),
    };
    return cmocka_run_group_tests_name("fatmodel", Tests, MakeFolder, RemoveFolder);
}
