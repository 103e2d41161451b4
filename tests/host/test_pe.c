/* SPDX-License-Identifier: MIT */
/*
 * test_pe.c - the PE reader against hostile files.
 *
 * A small image is made here, field by field, in memory of exactly its size: the sanitizer then reports any read outside.  It is truncated at every byte,
 * each byte of its headers is set to each of several values, and its tables are broken in every way we know.
 */
#include "hosttest.h"

#define FILE_SIZE 0x1000u
#define NT_OFFSET 0x80u
#define OPT_HEADER (NT_OFFSET + 24)
#define SECTIONS (OPT_HEADER + 112 + 16 * 8)
#define IMAGE_SIZE 0x4000u
#define BASE 0x140000000ULL

/* Sections: .text 0x1000 (file 0x400, 0x200 bytes), .rdata 0x2000 (file 0x600, 0x800), .reloc 0x3000 (file 0xE00, 0x200). */
static void Put16(uint8_t *At, uint16_t Value) { At[0] = (uint8_t)Value; At[1] = (uint8_t)(Value >> 8); }
static void Put32(uint8_t *At, uint32_t Value) { Put16(At, (uint16_t)Value); Put16(At + 2, (uint16_t)(Value >> 16)); }
static void Put64(uint8_t *At, uint64_t Value) { Put32(At, (uint32_t)Value); Put32(At + 4, (uint32_t)(Value >> 32)); }
static uint64_t Get64(const uint8_t *At) { uint64_t Value; memcpy(&Value, At, 8); return Value; }

static void PutSection(uint8_t *File, int Index, const char *Name, uint32_t Rva, uint32_t Size, uint32_t Raw, uint32_t RawSize)
{
    uint8_t *At = File + SECTIONS + Index * 40;
    memcpy(At, Name, strlen(Name));
    Put32(At + 8, Size);
    Put32(At + 12, Rva);
    Put32(At + 16, RawSize);
    Put32(At + 20, Raw);
    Put32(At + 36, 0x60000020);
}

static void PutDirectory(uint8_t *File, int Index, uint32_t Rva, uint32_t Size)
{
    Put32(File + OPT_HEADER + 112 + Index * 8, Rva);
    Put32(File + OPT_HEADER + 112 + Index * 8 + 4, Size);
}

#define RDATA(rva) (File + 0x600 + ((rva) - 0x2000))
#define RELOC(rva) (File + 0xE00 + ((rva) - 0x3000))

/* Exports: ordinals 5 "alpha" 0x1010, 6 a gap, 7 "beta" 0x1020, 8 "gamma" -> "OTHER.Name". */
static void PutExports(uint8_t *File)
{
    uint8_t *At = RDATA(0x2000);
    PutDirectory(File, PeDirectoryExport, 0x2000, 0x100);
    Put32(At + 12, 0x2080);
    Put32(At + 16, 5);
    Put32(At + 20, 4);
    Put32(At + 24, 3);
    Put32(At + 28, 0x2028);
    Put32(At + 32, 0x2038);
    Put32(At + 36, 0x2044);
    Put32(RDATA(0x2028), 0x1010);
    Put32(RDATA(0x2030), 0x1020);
    Put32(RDATA(0x2034), 0x20A0);
    Put32(RDATA(0x2038), 0x2050);
    Put32(RDATA(0x203C), 0x2058);
    Put32(RDATA(0x2040), 0x2060);
    Put16(RDATA(0x2044), 0);
    Put16(RDATA(0x2046), 2);
    Put16(RDATA(0x2048), 3);
    strcpy((char *)RDATA(0x2050), "alpha");
    strcpy((char *)RDATA(0x2058), "beta");
    strcpy((char *)RDATA(0x2060), "gamma");
    strcpy((char *)RDATA(0x2080), "test.dll");
    strcpy((char *)RDATA(0x20A0), "OTHER.Name");
}

/* Imports: "one.dll": by name "Func" (hint 3), by ordinal 9. */
static void PutImports(uint8_t *File)
{
    PutDirectory(File, PeDirectoryImport, 0x2200, 40);
    Put32(RDATA(0x2200), 0x2240);
    Put32(RDATA(0x220C), 0x2280);
    Put32(RDATA(0x2210), 0x2260);
    Put64(RDATA(0x2240), 0x2290);
    Put64(RDATA(0x2248), 0x8000000000000009ULL);
    Put64(RDATA(0x2260), 0x2290);
    Put64(RDATA(0x2268), 0x8000000000000009ULL);
    strcpy((char *)RDATA(0x2280), "one.dll");
    Put16(RDATA(0x2290), 3);
    strcpy((char *)RDATA(0x2292), "Func");
}

/* Fix-ups at 0x2400, at 0x1FFC (across two pages), at 0x2FFA. */
static void PutRelocations(uint8_t *File)
{
    PutDirectory(File, PeDirectoryRelocation, 0x3000, 28);
    Put32(RELOC(0x3000), 0x1000);
    Put32(RELOC(0x3004), 12);
    Put16(RELOC(0x3008), 0xAFFC);
    Put16(RELOC(0x300A), 0);
    Put32(RELOC(0x300C), 0x2000);
    Put32(RELOC(0x3010), 16);
    Put16(RELOC(0x3014), 0xA400);
    Put16(RELOC(0x3016), 0xAFFA);
    Put16(RELOC(0x3018), 0);
    Put16(RELOC(0x301A), 0);
    Put64(RDATA(0x2400), BASE + 0x1234);
}

static uint8_t *MakeFile(void)
{
    uint8_t *File = calloc(1, FILE_SIZE), *Optional = File + OPT_HEADER;
    Put16(File, 0x5A4D);
    Put32(File + 0x3C, NT_OFFSET);
    Put32(File + NT_OFFSET, 0x4550);
    Put16(File + NT_OFFSET + 4, PE_MACHINE_AMD64);
    Put16(File + NT_OFFSET + 6, 3);
    Put16(File + NT_OFFSET + 20, 112 + 16 * 8);
    Put16(File + NT_OFFSET + 22, PE_FILE_EXECUTABLE);
    Put16(Optional, PE_MAGIC_PE32PLUS);
    Put32(Optional + 16, 0x1000);
    Put64(Optional + 24, BASE);
    Put32(Optional + 32, 0x1000);
    Put32(Optional + 36, 0x200);
    Put32(Optional + 56, IMAGE_SIZE);
    Put32(Optional + 60, 0x400);
    Put16(Optional + 68, PE_SUBSYSTEM_WINDOWS_CUI);
    Put64(Optional + 72, 0x100000);
    Put32(Optional + 108, 16);
    PutSection(File, 0, ".text", 0x1000, 0x1000, 0x400, 0x200);
    PutSection(File, 1, ".rdata", 0x2000, 0x1000, 0x600, 0x800);
    PutSection(File, 2, ".reloc", 0x3000, 0x200, 0xE00, 0x200);
    PutExports(File);
    PutImports(File);
    PutRelocations(File);
    return File;
}

static PE_STATUS ParseFile(const uint8_t *File, PE_INFO *Info)
{
    return RtlPeParse(File, FILE_SIZE, FILE_SIZE, Info);
}

/* The laid-out image, in a block of exactly its size. */
static uint8_t *MakeImage(PE_INFO *Info)
{
    uint8_t *File = MakeFile(), *Image = malloc(IMAGE_SIZE);
    assert_status(ParseFile(File, Info), PE_SUCCESS);
    assert_status(RtlPeLayout(File, FILE_SIZE, Info, Image), PE_SUCCESS);
    free(File);
    return Image;
}

static void test_valid_image_is_described(void **State)
{
    (void)State;
    PE_INFO Info;
    PE_SECTION Section;
    uint8_t *File = MakeFile();
    assert_status(ParseFile(File, &Info), PE_SUCCESS);
    assert_int_equal(Info.ImageBase, BASE);
    assert_int_equal(Info.SizeOfImage, IMAGE_SIZE);
    assert_int_equal(Info.NumberOfSections, 3);
    assert_int_equal(Info.EntryPoint, 0x1000);
    assert_int_equal(Info.Subsystem, PE_SUBSYSTEM_WINDOWS_CUI);
    assert_int_equal(Info.StackReserve, 0x100000);
    RtlPeSection(File, &Info, 2, &Section);
    assert_string_equal(Section.Name, ".reloc");
    assert_int_equal(Section.VirtualSize, 0x1000);
    assert_int_equal(Section.RawSize, 0x200);
    free(File);
}

static void test_every_truncation_is_refused(void **State)
{
    (void)State;
    PE_INFO Info;
    uint8_t *File = MakeFile();
    for (uint32_t Size = 1; Size < FILE_SIZE; Size++) {
        uint8_t *Cut = malloc(Size);
        memcpy(Cut, File, Size);
        PE_STATUS Status = RtlPeParse(Cut, Size, Size, &Info);
        PE_STATUS Expected = Size < 64 ? PE_NOT_MZ : Size < NT_OFFSET + 4 ? PE_PROTECT : Size < NT_OFFSET + 24 ? PE_PROTECT : PE_INVALID_FORMAT;
        if (Status != Expected)
            print_error("truncated to %u: %08X\n", Size, (uint32_t)Status);
        assert_status(Status, Expected);
        free(Cut);
    }
    free(File);
}

static void test_first_bytes_decide_as_on_nt(void **State)
{
    (void)State;
    PE_INFO Info;
    uint8_t *File = MakeFile();
    memcpy(File, "Hello, I am a text file, not a program.", 40);
    assert_status(ParseFile(File, &Info), PE_NOT_MZ);
    free(File);
    File = MakeFile();
    Put32(File + 0x3C, 0x80000000);
    assert_status(ParseFile(File, &Info), PE_PROTECT);
    Put32(File + 0x3C, NT_OFFSET);
    Put32(File + NT_OFFSET, 0x454E);
    assert_status(ParseFile(File, &Info), PE_NE_FORMAT);
    File[NT_OFFSET + 0x36] = 2;
    assert_status(ParseFile(File, &Info), PE_WIN_16);
    Put32(File + NT_OFFSET, 0x454C);
    assert_status(ParseFile(File, &Info), PE_LE_FORMAT);
    Put32(File + NT_OFFSET, 0x12345678);
    assert_status(ParseFile(File, &Info), PE_PROTECT);
    free(File);
}

static void test_other_machines_are_refused(void **State)
{
    (void)State;
    PE_INFO Info;
    uint8_t *File = MakeFile();
    Put16(File + NT_OFFSET + 4, PE_MACHINE_ARM64);
    assert_status(ParseFile(File, &Info), PE_INVALID_FORMAT);
    assert_int_equal(Info.Machine, PE_MACHINE_ARM64);
    Put16(File + NT_OFFSET + 4, PE_MACHINE_AMD64);
    Put16(File + OPT_HEADER, PE_MAGIC_PE32);
    assert_status(ParseFile(File, &Info), PE_INVALID_FORMAT);
    free(File);
}

/* The optional header of the file in its 32-bit form, with ImageBase 0x400000. */
static void Narrow(uint8_t *File)
{
    uint8_t *Optional = File + OPT_HEADER;

    Put16(File + NT_OFFSET + 4, PE_MACHINE_I386);
    Put16(Optional, PE_MAGIC_PE32);
    Put32(Optional + 28, 0x400000);
    memmove(Optional + 96, Optional + 112, 16 * 8);
    Put32(Optional + 72, 0x200000);
    Put32(Optional + 76, 0x2000);
    Put32(Optional + 80, 0x300000);
    Put32(Optional + 84, 0x3000);
    Put32(Optional + 92, 16);
    Put16(File + NT_OFFSET + 20, 96 + 16 * 8);
    memmove(Optional + 96 + 16 * 8, Optional + 112 + 16 * 8, 3 * 40);
}

static void test_a_32_bit_image_is_read_and_told_apart(void **State)
{
    (void)State;
    PE_INFO Info;
    uint8_t *File = MakeFile();
    Narrow(File);
    assert_status(ParseFile(File, &Info), PE_WIN_32);
    assert_int_equal(Info.ImageBase, 0x400000);
    assert_int_equal(Info.StackReserve, 0x200000);
    assert_int_equal(Info.StackCommit, 0x2000);
    assert_int_equal(Info.HeapReserve, 0x300000);
    assert_int_equal(Info.HeapCommit, 0x3000);
    assert_int_equal(Info.SizeOfImage, IMAGE_SIZE);
    assert_int_equal(Info.Subsystem, PE_SUBSYSTEM_WINDOWS_CUI);
    assert_int_equal(Info.EntryPoint, 0x1000);
    assert_int_equal(Info.Directory[PeDirectoryRelocation].Rva, 0x3000);
    Put32(File + OPT_HEADER + 28, 0x400001); /* it passes the same checks */
    assert_status(ParseFile(File, &Info), PE_INVALID_FORMAT);
    Put32(File + OPT_HEADER + 28, 0x400000);
    Put16(File + NT_OFFSET + 20, 95);
    assert_status(ParseFile(File, &Info), PE_INVALID_FORMAT);
    free(File);
}

/* One field of the optional header or section table, a bad value for it. */
static const struct { const char *What; uint32_t Offset, Size, Value; } BadFields[] = {
    { "not executable", NT_OFFSET + 22, 2, 0 },
    { "no sections", NT_OFFSET + 6, 2, 0 },
    { "too many sections", NT_OFFSET + 6, 2, 0xFFFF },
    { "section table past the headers", NT_OFFSET + 6, 2, 20 },
    { "optional header too short", NT_OFFSET + 20, 2, 100 },
    { "file alignment 0", OPT_HEADER + 36, 4, 0 },
    { "file alignment 3", OPT_HEADER + 36, 4, 3 },
    { "file alignment 16", OPT_HEADER + 36, 4, 16 },
    { "section alignment 0", OPT_HEADER + 32, 4, 0 },
    { "section alignment 0x1800", OPT_HEADER + 32, 4, 0x1800 },
    { "section alignment below file alignment", OPT_HEADER + 32, 4, 0x100 },
    { "image size 0", OPT_HEADER + 56, 4, 0 },
    { "image size too small", OPT_HEADER + 56, 4, 0x3000 },
    { "image size huge", OPT_HEADER + 56, 4, 0xFFFFF000 },
    { "headers size 0", OPT_HEADER + 60, 4, 0 },
    { "headers larger than the file", OPT_HEADER + 60, 4, 0x2000 },
    { "image base not on 64 KiB", OPT_HEADER + 24, 4, 0x40001000 },
    { "entry point outside", OPT_HEADER + 16, 4, IMAGE_SIZE },
    { "entry point far outside", OPT_HEADER + 16, 4, 0xFFFFFFFF },
    { "entry point in the headers", OPT_HEADER + 16, 4, 0x10 },
    { "sections overlap", SECTIONS + 40 + 12, 4, 0x1000 },
    { "hole between sections", SECTIONS + 40 + 12, 4, 0x3000 },
    { "section not aligned", SECTIONS + 12, 4, 0x1001 },
    { "section size overflows", SECTIONS + 8, 4, 0xFFFFF001 },
    { "section too large", SECTIONS + 80 + 8, 4, 0x5000 },
    { "section past the end of the file", SECTIONS + 80 + 20, 4, 0x1000 },
    { "raw size past the end of the file", SECTIONS + 80 + 16, 4, 0x400 },
};

static void test_bad_fields_are_refused(void **State)
{
    (void)State;
    for (size_t Index = 0; Index < RTLP_ARRAY_COUNT(BadFields); Index++) {
        PE_INFO Info;
        uint8_t *File = MakeFile();
        if (BadFields[Index].Size == 2)
            Put16(File + BadFields[Index].Offset, (uint16_t)BadFields[Index].Value);
        else
            Put32(File + BadFields[Index].Offset, BadFields[Index].Value);
        PE_STATUS Status = ParseFile(File, &Info);
        if (Status != PE_INVALID_FORMAT)
            print_error("%s: %08X\n", BadFields[Index].What, (uint32_t)Status);
        assert_status(Status, PE_INVALID_FORMAT);
        free(File);
    }
}

/* NT reads whole sectors: from the one the pointer lies in. */
static void test_raw_pointers_are_rounded_down(void **State)
{
    (void)State;
    PE_INFO Info;
    PE_SECTION Section;
    uint8_t *File = MakeFile();

    Put32(File + SECTIONS + 20, 0x403);
    assert_status(ParseFile(File, &Info), PE_SUCCESS);
    RtlPeSection(File, &Info, 0, &Section);
    assert_int_equal(Section.RawOffset, 0x400);
    free(File);
}

/* Whatever a reader can do with an image that was accepted. */
static void UseImage(uint8_t *Image, const PE_INFO *Info)
{
    PE_EXPORT Export;
    PE_IMPORT Import;
    PE_THUNK Thunk;
    PE_TLS Tls;
    const char *Name;
    uint32_t Rva, Size;
    RtlPeFindExport(Image, Info, "beta", 1, &Export);
    RtlPeFindExport(Image, Info, "delta", 0xFFFFFFFF, &Export);
    RtlPeFindExportByOrdinal(Image, Info, 8, &Export);
    RtlPeNearestExport(Image, Info, 0x1018, &Name, &Rva);
    for (uint32_t Dll = 0; Dll < 8 && RtlPeImport(Image, Info, Dll, &Import) == PE_SUCCESS; Dll++) {
        for (uint32_t Index = 0; Index < 64 && RtlPeThunk(Image, Info, &Import, Index, &Thunk) == PE_SUCCESS; Index++) {
        }
    }
    RtlPeTls(Image, Info, BASE, &Tls);
    for (uint32_t Index = 0; Index < 20; Index++)
        RtlPeDirectory(Image, Info, Index, &Size);
    const void *Relocations = RtlPeDirectory(Image, Info, PeDirectoryRelocation, &Size);
    if (Relocations != NULL) {
        uint8_t Page[PE_PAGE_SIZE], Before[PE_RELOC_TAIL] = { 0 };
        memcpy(Page, Image, PE_PAGE_SIZE);
        RtlPeRelocatePage(Relocations, Size, 0x2000, Page, Before, 0x10000);
        RtlPeRelocationStraddles(Relocations, Size, 0x2000);
        RtlPeCheckRelocations(Relocations, Size, Info->SizeOfImage);
    }
    RtlPeRelocateImage(Image, Info, 0x7FFE12340000);
}

static void TryMutant(const uint8_t *File)
{
    PE_INFO Info;
    if (ParseFile(File, &Info) != PE_SUCCESS || Info.SizeOfImage > 0x100000)
        return;
    uint8_t *Image = malloc(Info.SizeOfImage);
    if (RtlPeLayout(File, FILE_SIZE, &Info, Image) == PE_SUCCESS)
        UseImage(Image, &Info);
    free(Image);
}

static void test_mutated_headers_never_read_outside(void **State)
{
    (void)State;
    static const uint8_t Values[] = { 0x00, 0x01, 0x7F, 0x80, 0xFF };
    for (uint32_t Offset = 0; Offset < SECTIONS + 120; Offset++) {
        for (size_t Index = 0; Index < sizeof Values; Index++) {
            uint8_t *File = MakeFile();
            File[Offset] = Values[Index];
            TryMutant(File);
            free(File);
        }
    }
}

static void test_mutated_tables_never_read_outside(void **State)
{
    (void)State;
    uint64_t Seed = 1;
    for (int Round = 0; Round < 20000; Round++) {
        uint8_t *File = MakeFile();
        for (int Change = 0; Change < 3; Change++) {
            uint32_t Where = NextRandom(&Seed) % 3 == 0 ? 0xE00 + NextRandom(&Seed) % 32 : 0x600 + NextRandom(&Seed) % 0x2A0;
            File[Where] = (uint8_t)NextRandom(&Seed);
        }
        TryMutant(File);
        free(File);
    }
}

static void test_exports_are_found(void **State)
{
    (void)State;
    PE_INFO Info;
    PE_EXPORT Export;
    const char *Name;
    uint32_t Rva;
    uint8_t *Image = MakeImage(&Info);
    assert_status(RtlPeFindExport(Image, &Info, "alpha", 2, &Export), PE_SUCCESS);
    assert_int_equal(Export.Rva, 0x1010);
    assert_int_equal(Export.Ordinal, 5);
    assert_null(Export.Forwarder);
    assert_status(RtlPeFindExport(Image, &Info, "gamma", 2, &Export), PE_SUCCESS);
    assert_string_equal(Export.Forwarder, "OTHER.Name");
    assert_status(RtlPeFindExport(Image, &Info, "alph", 0, &Export), PE_ENTRYPOINT_NOT_FOUND);
    assert_status(RtlPeFindExport(Image, &Info, "zeta", 0, &Export), PE_ENTRYPOINT_NOT_FOUND);
    assert_status(RtlPeFindExportByOrdinal(Image, &Info, 7, &Export), PE_SUCCESS);
    assert_int_equal(Export.Rva, 0x1020);
    assert_status(RtlPeFindExportByOrdinal(Image, &Info, 6, &Export), PE_ORDINAL_NOT_FOUND);
    assert_status(RtlPeFindExportByOrdinal(Image, &Info, 4, &Export), PE_ORDINAL_NOT_FOUND);
    assert_status(RtlPeFindExportByOrdinal(Image, &Info, 9, &Export), PE_ORDINAL_NOT_FOUND);
    assert_true(RtlPeNearestExport(Image, &Info, 0x101F, &Name, &Rva));
    assert_string_equal(Name, "alpha");
    assert_int_equal(Rva, 0x1010);
    assert_false(RtlPeNearestExport(Image, &Info, 0x1000, &Name, &Rva));
    free(Image);
}

static void test_imports_are_listed(void **State)
{
    (void)State;
    PE_INFO Info;
    PE_IMPORT Import;
    PE_THUNK Thunk;
    uint8_t *Image = MakeImage(&Info);
    assert_status(RtlPeImport(Image, &Info, 0, &Import), PE_SUCCESS);
    assert_string_equal(Import.DllName, "one.dll");
    assert_status(RtlPeThunk(Image, &Info, &Import, 0, &Thunk), PE_SUCCESS);
    assert_string_equal(Thunk.Name, "Func");
    assert_int_equal(Thunk.Hint, 3);
    assert_int_equal(Thunk.ThunkRva, 0x2260);
    assert_status(RtlPeThunk(Image, &Info, &Import, 1, &Thunk), PE_SUCCESS);
    assert_null(Thunk.Name);
    assert_int_equal(Thunk.Ordinal, 9);
    assert_status(RtlPeThunk(Image, &Info, &Import, 2, &Thunk), PE_NO_MORE_ENTRIES);
    assert_status(RtlPeImport(Image, &Info, 1, &Import), PE_NO_MORE_ENTRIES);
    /* a DLL name that never ends, a thunk array past the end */
    Put32(Image + 0x220C, IMAGE_SIZE + 5);
    assert_status(RtlPeImport(Image, &Info, 0, &Import), PE_INVALID_FORMAT);
    Import.LookupRva = IMAGE_SIZE - 4;
    assert_status(RtlPeThunk(Image, &Info, &Import, 0, &Thunk), PE_INVALID_FORMAT);
    free(Image);
}

/* Page by page must give what the whole image gives, for every place a fix-up can stand in. */
static void test_pages_relocate_like_the_image(void **State)
{
    (void)State;
    static const uint64_t Deltas[] = { 0x10000, 0xFFFFFFFFFFFF0000ULL, 0x7FF612340000ULL, 0xFFFFF80012345000ULL - BASE };
    for (uint32_t Offset = 0xFF0; Offset < 0x1010; Offset++) {
        for (size_t Which = 0; Which < RTLP_ARRAY_COUNT(Deltas); Which++) {
            PE_INFO Info;
            uint32_t Size;
            uint64_t Seed = Offset;
            uint8_t *Image = MakeImage(&Info), *Original = malloc(IMAGE_SIZE), *Paged = malloc(IMAGE_SIZE);
            Put32(Image + 0x300C, 0x1000 + (Offset & ~0xFFFu));
            Put16(Image + 0x3014, (uint16_t)(0xA000 | (Offset & 0xFFF)));
            Put16(Image + 0x3016, 0);
            Put16(Image + 0x3008, 0);
            for (uint32_t At = 0x1FE0; At < 0x2020; At++)
                Image[At] = NextRandom(&Seed) % 4 == 0 ? (uint8_t)NextRandom(&Seed) : 0xFF;
            memcpy(Original, Image, IMAGE_SIZE);
            memcpy(Paged, Image, IMAGE_SIZE);
            assert_status(RtlPeRelocateImage(Image, &Info, Deltas[Which]), PE_SUCCESS);
            assert_int_equal(Get64(Image + 0x1000 + Offset), Get64(Original + 0x1000 + Offset) + Deltas[Which]);
            const void *Relocations = RtlPeDirectory(Original, &Info, PeDirectoryRelocation, &Size);
            for (uint32_t Page = 0; Page < IMAGE_SIZE; Page += PE_PAGE_SIZE) {
                int Straddles = RtlPeRelocationStraddles(Relocations, Size, Page);
                assert_int_equal(Straddles, Page == 0x2000 && Offset > 0xFF8 && Offset < 0x1000);
                assert_status(RtlPeRelocatePage(Relocations, Size, Page, Paged + Page, Straddles ? Original + Page - PE_RELOC_TAIL : NULL,
                                                Deltas[Which]), PE_SUCCESS);
            }
            assert_memory_equal(Paged, Image, IMAGE_SIZE);
            free(Image);
            free(Original);
            free(Paged);
        }
    }
}

static void test_malformed_relocations_are_refused(void **State)
{
    (void)State;
    static const struct { uint32_t Offset, Size, Value; } Bad[] = {
        { 0x3004, 4, 4 }, { 0x3004, 4, 11 }, { 0x3004, 4, 0x80000000 }, { 0x3004, 4, 0 }, { 0x3008, 2, 0x4FFC }, { 0x3008, 2, 0xFFFC },
        { 0x3000, 4, 0xFFFFF000 }, { 0x3000, 4, 0x10000 }, { 0x3010, 4, 100 },
    };
    for (size_t Index = 0; Index < RTLP_ARRAY_COUNT(Bad); Index++) {
        PE_INFO Info;
        uint32_t Size;
        uint8_t *Image = MakeImage(&Info);
        if (Bad[Index].Size == 2)
            Put16(Image + Bad[Index].Offset, (uint16_t)Bad[Index].Value);
        else
            Put32(Image + Bad[Index].Offset, Bad[Index].Value);
        const void *Relocations = RtlPeDirectory(Image, &Info, PeDirectoryRelocation, &Size);
        assert_status(RtlPeCheckRelocations(Relocations, Size, IMAGE_SIZE), PE_INVALID_FORMAT);
        assert_status(RtlPeRelocateImage(Image, &Info, 0x10000), PE_INVALID_FORMAT);
        free(Image);
    }
}

static void test_tls_directory_is_bounded(void **State)
{
    (void)State;
    PE_INFO Info;
    PE_TLS Tls;
    uint8_t *Image = MakeImage(&Info);
    assert_status(RtlPeTls(Image, &Info, BASE, &Tls), PE_NO_MORE_ENTRIES);
    Info.Directory[PeDirectoryTls] = (PE_DIRECTORY){ 0x2500, 40 };
    Put64(Image + 0x2500, BASE + 0x2600);
    Put64(Image + 0x2508, BASE + 0x2610);
    Put64(Image + 0x2510, BASE + 0x2620);
    Put64(Image + 0x2518, BASE + 0x2630);
    Put32(Image + 0x2520, 32);
    assert_status(RtlPeTls(Image, &Info, BASE, &Tls), PE_SUCCESS);
    assert_int_equal(Tls.TemplateRva, 0x2600);
    assert_int_equal(Tls.TemplateSize, 16);
    assert_int_equal(Tls.IndexRva, 0x2620);
    assert_int_equal(Tls.CallbacksRva, 0x2630);
    Put64(Image + 0x2510, BASE + IMAGE_SIZE - 2);
    assert_status(RtlPeTls(Image, &Info, BASE, &Tls), PE_INVALID_FORMAT);
    Put64(Image + 0x2510, BASE - 8);
    assert_status(RtlPeTls(Image, &Info, BASE, &Tls), PE_INVALID_FORMAT);
    Put64(Image + 0x2510, BASE + 0x2620);
    Put64(Image + 0x2508, BASE + 0x2000);
    assert_status(RtlPeTls(Image, &Info, BASE, &Tls), PE_INVALID_FORMAT);
    free(Image);
}

static void test_mapped_image_parses_like_its_file(void **State)
{
    (void)State;
    PE_INFO FromFile, FromMemory;
    uint8_t *Image = MakeImage(&FromFile);
    assert_status(RtlPeParseMapped(Image, IMAGE_SIZE, &FromMemory), PE_SUCCESS);
    assert_memory_equal(&FromFile, &FromMemory, sizeof FromFile);
    assert_status(RtlPeParseMapped(Image, IMAGE_SIZE - 0x1000, &FromMemory), PE_INVALID_FORMAT);
    Put32(Image + OPT_HEADER + 56, IMAGE_SIZE - 0x47); /* within the last page */
    assert_status(RtlPeParseMapped(Image, IMAGE_SIZE - 0x47, &FromMemory), PE_SUCCESS);
    assert_int_equal(FromMemory.SizeOfImage, IMAGE_SIZE);
    free(Image);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(test_valid_image_is_described),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_first_bytes_decide_as_on_nt),
        cmocka_unit_test(test_other_machines_are_refused),
        cmocka_unit_test(test_a_32_bit_image_is_read_and_told_apart),
        cmocka_unit_test(test_bad_fields_are_refused),
        cmocka_unit_test(test_raw_pointers_are_rounded_down),
        cmocka_unit_test(test_mutated_headers_never_read_outside),
        cmocka_unit_test(test_mutated_tables_never_read_outside),
        cmocka_unit_test(test_exports_are_found),
        cmocka_unit_test(test_imports_are_listed),
        cmocka_unit_test(test_pages_relocate_like_the_image),
        cmocka_unit_test(test_malformed_relocations_are_refused),
        cmocka_unit_test(test_tls_directory_is_bounded),
        cmocka_unit_test(test_mapped_image_parses_like_its_file),
    };
    return cmocka_run_group_tests_name("pe", Tests, NULL, NULL);
}
