/* SPDX-License-Identifier: MIT */
/*
 * test_fat.c - the FAT reader over volumes made by mkfs.fat and mtools, and over the same volumes with bytes broken.
 *
 * Needs mkfs.fat and mcopy on PATH (tools/setup installs them).  A whole volume is walked by Walk(), which must end and read only inside.
 */
#include <unistd.h>
#include "hosttest.h"
#include "fatdisk.h"

typedef struct _VOLUME {
    uint8_t *Bytes;
    uint64_t Size;
    FAT_GEOMETRY Geometry;
    uint32_t Files, Directories, Errors, Steps;
} VOLUME;

static char Folder[64];

static void Run(const char *Command)
{
    char Line[512];
    snprintf(Line, sizeof Line, "cd %s && PATH=$PATH:/sbin:/usr/sbin && { %s; } >/dev/null 2>&1", Folder, Command);
    if (system(Line) != 0) {
        print_error("failed: %s\n", Command);
        fail();
    }
}

static void Load(VOLUME *Volume, const char *Name)
{
    char Path[128];
    snprintf(Path, sizeof Path, "%s/%s", Folder, Name);
    FILE *File = fopen(Path, "rb");
    assert_non_null(File);
    fseek(File, 0, SEEK_END);
    memset(Volume, 0, sizeof *Volume);
    Volume->Size = (uint64_t)ftell(File);
    rewind(File);
    Volume->Bytes = malloc(Volume->Size);
    assert_int_equal(fread(Volume->Bytes, 1, Volume->Size, File), Volume->Size);
    fclose(File);
}

static FAT_STATUS ReadFat(void *Context, uint64_t Offset, uint32_t Length, void *Buffer)
{
    VOLUME *Volume = Context;
    uint64_t At = Volume->Geometry.FatOffset + Offset;
    Volume->Steps++;
    assert_true(Offset + Length <= Volume->Geometry.FatBytes && At + Length <= Volume->Size);
    memcpy(Buffer, Volume->Bytes + At, Length);
    return FAT_SUCCESS;
}

/* A chain's content in malloc'ed memory, at most Limit bytes. */
static uint8_t *ReadChain(VOLUME *Volume, uint32_t First, uint64_t Limit, uint32_t *Length)
{
    FAT_CHAIN Chain;
    FAT_RUN Piece;
    FAT_STATUS Status;
    uint8_t *Bytes = NULL;
    uint64_t Room = 0; /* doubled: under ASan each realloc copies, and a damaged chain has a run a cluster */
    *Length = 0;
    FatStartChain(&Chain, &Volume->Geometry, ReadFat, Volume, First);
    while ((Status = FatNextRun(&Chain, UINT32_MAX, &Piece)) == FAT_SUCCESS) {
        uint64_t From = FatClusterOffset(&Volume->Geometry, Piece.DiskCluster), Count = (uint64_t)Piece.Count * Volume->Geometry.BytesPerCluster;
        assert_true(From + Count <= Volume->Size);
        assert_int_equal((uint64_t)Piece.FileCluster * Volume->Geometry.BytesPerCluster, *Length);
        if (*Length + Count > Limit) {
            Status = FAT_FILE_CORRUPT;
            break;
        }
        if (*Length + Count > Room) {
            Room = 2 * (*Length + Count);
            Bytes = realloc(Bytes, Room);
        }
        memcpy(Bytes + *Length, Volume->Bytes + From, Count);
        *Length += (uint32_t)Count;
    }
    if (Status != FAT_NO_MORE) {
        Volume->Errors++;
        free(Bytes);
        return NULL;
    }
    return Bytes;
}

static uint8_t *ReadRoot(VOLUME *Volume, uint32_t *Length)
{
    if (Volume->Geometry.Bits == 32)
        return ReadChain(Volume, Volume->Geometry.RootCluster, FAT_MAX_DIRECTORY, Length);
    uint8_t *Bytes = malloc(Volume->Geometry.RootBytes);
    memcpy(Bytes, Volume->Bytes + Volume->Geometry.RootOffset, Volume->Geometry.RootBytes);
    *Length = Volume->Geometry.RootBytes;
    return Bytes;
}

static void WalkDirectory(VOLUME *Volume, uint8_t *Bytes, uint32_t Length, int Depth)
{
    FAT_DIRENT Dirent;
    uint32_t Offset = 0, Size;
    if (Bytes == NULL)
        return;
    while (FatNextDirent(Bytes, Length, Volume->Geometry.Bits, 0, &Offset, &Dirent) == FAT_SUCCESS) {
        assert_true(Dirent.NameLength >= 1 && Dirent.NameLength <= FAT_MAX_NAME && Dirent.ShortNameLength <= 12);
        FatTimeToNtTime(Dirent.WriteDate, Dirent.WriteTime, 0);
        if (Dirent.Name[0] == '.' && Dirent.NameLength <= 2)
            continue;
        if (Dirent.Attributes & FAT_ATTRIBUTE_DIRECTORY) {
            Volume->Directories++;
            /* a real file system remembers where it was; here a loop of directories is cut by depth */
            if (Depth < 6) {
                uint8_t *Child = ReadChain(Volume, Dirent.FirstCluster, FAT_MAX_DIRECTORY, &Size);
                WalkDirectory(Volume, Child, Size, Depth + 1);
            }
        } else {
            Volume->Files++;
            if (Dirent.Size != 0) {
                uint8_t *Content = ReadChain(Volume, Dirent.FirstCluster, 1 << 24, &Size);
                free(Content);
            }
        }
        if (Volume->Steps > 4000000)
            break;
    }
    free(Bytes);
}

static FAT_STATUS Walk(VOLUME *Volume)
{
    uint32_t Length;
    Volume->Files = Volume->Directories = Volume->Errors = Volume->Steps = 0;
    FAT_STATUS Status = FatParseBootSector(Volume->Bytes, Volume->Size, &Volume->Geometry);
    if (Status != FAT_SUCCESS)
        return Status;
    assert_true(Volume->Geometry.FatOffset + Volume->Geometry.FatBytes <= Volume->Size);
    assert_true(FatClusterOffset(&Volume->Geometry, Volume->Geometry.ClusterCount + 2) <= Volume->Size);
    uint8_t *Root = ReadRoot(Volume, &Length);
    WalkDirectory(Volume, Root, Length, 0);
    return FAT_SUCCESS;
}

/* The entry with this (ASCII) name, case as written; 1 if found. */
static int Find(VOLUME *Volume, uint8_t *Bytes, uint32_t Length, const char *Name, FAT_DIRENT *Dirent)
{
    uint32_t Offset = 0;
    while (FatNextDirent(Bytes, Length, Volume->Geometry.Bits, 0, &Offset, Dirent) == FAT_SUCCESS) {
        uint32_t Index = 0;
        while (Index < Dirent->NameLength && Name[Index] != 0 && Dirent->Name[Index] == (uint8_t)Name[Index])
            Index++;
        if (Index == Dirent->NameLength && Name[Index] == 0)
            return 1;
    }
    return 0;
}

static const struct { const char *Name, *Format; uint32_t Bits; } Volumes[] = {
    { "fat12.img", "mkfs.fat -C -F 12 -n TWELVE -i 12345678 fat12.img 1440", 12 },
    { "fat16.img", "mkfs.fat -C -F 16 -s 1 -n SIXTEEN fat16.img 8192", 16 },
    { "fat32.img", "mkfs.fat -C -F 32 -s 1 -n THIRTYTWO fat32.img 40000", 32 },
};

/* Each volume: \Readme.TXT, \A long file name.text (100,000 bytes), \dir\sub with 200 files. */
static int MakeVolumes(void **State)
{
    (void)State;
    snprintf(Folder, sizeof Folder, "/tmp/fat-test-%d", (int)getpid());
    if (mkdtemp(strcpy(Folder, "/tmp/fat-test-XXXXXX")) == NULL)
        return -1;
    Run("mkdir -p dir/sub && for i in $(seq 200); do echo $i > dir/sub/file-number-$i.dat; done");
    Run("echo hello > Readme.TXT; echo lower > lower.txt; : > empty; head -c 100000 /dev/zero | tr '\\0' x > 'A long file name.text'");
    for (size_t Index = 0; Index < RTLP_ARRAY_COUNT(Volumes); Index++) {
        char Command[256];
        Run(Volumes[Index].Format);
        snprintf(Command, sizeof Command, "mcopy -s -i %s Readme.TXT lower.txt empty 'A long file name.text' dir ::/", Volumes[Index].Name);
        Run(Command);
    }
    return 0;
}

static int RemoveVolumes(void **State)
{
    (void)State;
    char Command[128];
    snprintf(Command, sizeof Command, "rm -rf %s", Folder);
    return system(Command);
}

static void test_healthy_volumes_are_read(void **State)
{
    (void)State;
    for (size_t Index = 0; Index < RTLP_ARRAY_COUNT(Volumes); Index++) {
        VOLUME Volume;
        FAT_DIRENT Dirent;
        uint32_t Length, Size;
        Load(&Volume, Volumes[Index].Name);
        assert_status(Walk(&Volume), FAT_SUCCESS);
        assert_int_equal(Volume.Geometry.Bits, Volumes[Index].Bits);
        assert_int_equal(Volume.Files, 204);
        assert_int_equal(Volume.Directories, 2);
        assert_int_equal(Volume.Errors, 0);
        uint8_t *Root = ReadRoot(&Volume, &Length);
        assert_true(Find(&Volume, Root, Length, "A long file name.text", &Dirent));
        assert_int_equal(Dirent.Size, 100000);
        assert_true(Dirent.HasLongName && Dirent.ShortNameLength != 0);
        uint8_t *Content = ReadChain(&Volume, Dirent.FirstCluster, 1 << 20, &Size);
        assert_true(Size >= 100000 && Content[0] == 'x' && Content[99999] == 'x');
        free(Content);
        assert_true(Find(&Volume, Root, Length, "lower.txt", &Dirent));
        assert_true(Find(&Volume, Root, Length, "Readme.TXT", &Dirent));
        assert_true(FatTimeToNtTime(Dirent.WriteDate, Dirent.WriteTime, 0) > 132223104000000000LL); /* after 2020 */
        assert_false(Find(&Volume, Root, Length, "README.TX", &Dirent));
        free(Root);
        free(Volume.Bytes);
    }
}

static void test_label_and_serial(void **State)
{
    (void)State;
    VOLUME Volume;
    Load(&Volume, "fat12.img");
    assert_status(Walk(&Volume), FAT_SUCCESS);
    assert_int_equal(Volume.Geometry.SerialNumber, 0x12345678);
    assert_string_equal(Volume.Geometry.Label, "TWELVE");
    free(Volume.Bytes);
}

static void test_impossible_boot_sectors_are_not_recognised(void **State)
{
    (void)State;
    static const struct { uint32_t Offset; uint8_t Value; } Bad[] = {
        { 0, 0x00 }, { 11, 0x01 }, { 12, 0x00 }, { 12, 0x40 }, { 13, 0 }, { 13, 3 }, { 16, 0 }, { 21, 0x00 },
    };
    for (size_t Index = 0; Index < RTLP_ARRAY_COUNT(Bad); Index++) {
        VOLUME Volume;
        Load(&Volume, "fat16.img");
        Volume.Bytes[Bad[Index].Offset] = Bad[Index].Value;
        assert_status(Walk(&Volume), FAT_UNRECOGNIZED);
        free(Volume.Bytes);
    }
    VOLUME Volume;
    Load(&Volume, "fat16.img");
    assert_status(FatParseBootSector(Volume.Bytes, Volume.Size / 2, &Volume.Geometry), FAT_UNRECOGNIZED);
    memset(Volume.Bytes, 0, 512);
    assert_status(Walk(&Volume), FAT_UNRECOGNIZED);
    free(Volume.Bytes);
}

static void test_every_boot_sector_byte_broken(void **State)
{
    (void)State;
    static const uint8_t Values[] = { 0x00, 0x01, 0x7F, 0x80, 0xFF };
    VOLUME Volume;
    Load(&Volume, "fat12.img");
    for (uint32_t Offset = 0; Offset < 64; Offset++) {
        for (size_t Index = 0; Index < sizeof Values; Index++) {
            uint8_t Saved = Volume.Bytes[Offset];
            Volume.Bytes[Offset] = Values[Index];
            Walk(&Volume);
            Volume.Bytes[Offset] = Saved;
        }
    }
    free(Volume.Bytes);
}

static void SetEntry16(VOLUME *Volume, uint32_t Cluster, uint16_t Value)
{
    uint64_t At = Volume->Geometry.FatOffset + Cluster * 2;
    Volume->Bytes[At] = (uint8_t)Value;
    Volume->Bytes[At + 1] = (uint8_t)(Value >> 8);
}

static void test_broken_chains_are_reported(void **State)
{
    (void)State;
    VOLUME Volume;
    FAT_DIRENT Dirent;
    uint32_t Length, Size;
    Load(&Volume, "fat16.img");
    assert_status(Walk(&Volume), FAT_SUCCESS);
    uint8_t *Root = ReadRoot(&Volume, &Length);
    assert_true(Find(&Volume, Root, Length, "A long file name.text", &Dirent));
    const uint16_t Wrong[] = { (uint16_t)Dirent.FirstCluster, (uint16_t)(Dirent.FirstCluster + 10), 0, 1, 0xFFF7, 0xFFF0, 0xFFEF };
    for (size_t Index = 0; Index < RTLP_ARRAY_COUNT(Wrong); Index++) {
        SetEntry16(&Volume, Dirent.FirstCluster + 10, Wrong[Index]);
        Volume.Errors = 0;
        assert_null(ReadChain(&Volume, Dirent.FirstCluster, 1ULL << 40, &Size));
        assert_int_equal(Volume.Errors, 1);
    }
    free(Root);
    free(Volume.Bytes);
}

static void test_random_damage_ends_and_stays_inside(void **State)
{
    (void)State;
    uint64_t Seed = 77;
    for (size_t Which = 0; Which < 2; Which++) {
        VOLUME Volume;
        Load(&Volume, Volumes[Which].Name);
        uint8_t *Good = malloc(Volume.Size);
        memcpy(Good, Volume.Bytes, Volume.Size);
        assert_status(Walk(&Volume), FAT_SUCCESS);
        uint64_t End = Volume.Geometry.DataOffset + 40 * 512;
        for (int Round = 0; Round < 150; Round++) {
            for (int Change = 0; Change < 20; Change++)
                Volume.Bytes[512 + (((uint64_t)NextRandom(&Seed) << 16 ^ NextRandom(&Seed)) % (End - 512))] = (uint8_t)NextRandom(&Seed);
            Walk(&Volume);
            memcpy(Volume.Bytes, Good, End);
        }
        free(Good);
        free(Volume.Bytes);
    }
}

static void test_long_names_need_all_their_parts(void **State)
{
    (void)State;
    VOLUME Volume;
    FAT_DIRENT Dirent;
    uint32_t Length;
    Load(&Volume, "fat12.img");
    assert_status(Walk(&Volume), FAT_SUCCESS);
    uint8_t *Root = ReadRoot(&Volume, &Length);
    assert_true(Find(&Volume, Root, Length, "A long file name.text", &Dirent));
    static const uint32_t Places[] = { 0, 11, 13 }; /* order byte, attribute, checksum of the entry before the short one */
    for (size_t Index = 0; Index < RTLP_ARRAY_COUNT(Places); Index++) {
        uint8_t *Copy = malloc(Length);
        FAT_DIRENT Other;
        memcpy(Copy, Root, Length);
        Copy[Dirent.Offset - 32 + Places[Index]] ^= 0x04;
        assert_false(Find(&Volume, Copy, Length, "A long file name.text", &Other));
        assert_true(Find(&Volume, Copy, Length, "ALONGF~1.TEX", &Other) || Index == 1);
        free(Copy);
    }
    /* a name with a backslash in it cannot be opened: the short one is used */
    Root[Dirent.Offset - 32 + 1] = '\\';
    assert_true(Find(&Volume, Root, Length, "ALONGF~1.TEX", &Dirent));
    free(Root);
    free(Volume.Bytes);
}

static void test_times(void **State)
{
    (void)State;
    TIME_FIELDS Fields;
    LARGE_INTEGER Time;
    for (uint32_t Year = 1980; Year <= 2107; Year++) {
        for (uint32_t Month = 1; Month <= 12; Month++) {
            Time.QuadPart = FatTimeToNtTime((uint16_t)((Year - 1980) << 9 | Month << 5 | 28), (uint16_t)(23 << 11 | 59 << 5 | 29), 150);
            RtlTimeToTimeFields(&Time, &Fields);
            assert_true(Fields.Year == (int)Year && Fields.Month == (int)Month && Fields.Day == 28 && Fields.Hour == 23 && Fields.Minute == 59 &&
                        Fields.Second == 59 && Fields.Milliseconds == 500);
        }
    }
    assert_int_equal(FatTimeToNtTime(0, 0, 0), 0);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(test_healthy_volumes_are_read),
        cmocka_unit_test(test_label_and_serial),
        cmocka_unit_test(test_impossible_boot_sectors_are_not_recognised),
        cmocka_unit_test(test_every_boot_sector_byte_broken),
        cmocka_unit_test(test_broken_chains_are_reported),
        cmocka_unit_test(test_random_damage_ends_and_stays_inside),
        cmocka_unit_test(test_long_names_need_all_their_parts),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests_name("fat", Tests, MakeVolumes, RemoveVolumes);
}
