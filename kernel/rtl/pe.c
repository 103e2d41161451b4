/* SPDX-License-Identifier: MIT */
/*
 * pe.c - is this file an image, and where do its parts go?  (The format is drawn in pe.h.)
 *
 * NT answers in MmCreateSection, before any process exists, and users know its answers by heart: "not a valid Win32 application" is
 * STATUS_INVALID_IMAGE_FORMAT, a text file is STATUS_INVALID_IMAGE_NOT_MZ.  So the order of the checks is part of the interface:
 *
 *   1. no MZ (or no room for the DOS header)                            STATUS_INVALID_IMAGE_NOT_MZ
 *   2. e_lfanew leads nowhere, or to no signature we know               STATUS_INVALID_IMAGE_PROTECT (that is what a DOS program gives)
 *      NE for Windows / other NE / LE                                   ..._WIN_16 / ..._NE_FORMAT / ..._LE_FORMAT
 *   3. everything later                                                 STATUS_INVALID_IMAGE_FORMAT
 *
 * A 32-bit image (I386, PE32) makes a valid section, as on NT: .NET maps its assemblies so, and resources are read out of such images.  It passes
 * the same checks and is then told apart by PE_WIN_32.  Another machine gives STATUS_INVALID_IMAGE_FORMAT with PE_INFO.Machine filled in.
 *
 * Windows Internals, 7th ed., part 1, chapter 5 "Section objects" and chapter 3 "Image loader".
 */
#include "pe.h"

#define DOS_HEADER_SIZE 64u
#define DOS_LFANEW 0x3Cu
#define NE_EXETYPE 0x36u
#define NE_WINDOWS 2
#define SIGNATURE_PE 0x00004550u
#define SIGNATURE_NE 0x454Eu
#define SIGNATURE_LE 0x454Cu
#define SIGNATURE_LX 0x584Cu
#define IMAGE_BASE_GRANULARITY 0x10000u

/* The bytes under examination.  Mapped: an image in memory, whose file offsets mean nothing. */
typedef struct _PE_SOURCE {
    const uint8_t *Bytes;
    uint64_t Available;
    uint64_t FileSize;
    int Mapped;
} PE_SOURCE;

static uint16_t Load16(const uint8_t *Bytes)
{
    return (uint16_t)(Bytes[0] | Bytes[1] << 8);
}

static uint32_t Load32(const uint8_t *Bytes)
{
    return Load16(Bytes) | (uint32_t)Load16(Bytes + 2) << 16;
}

static int IsPowerOfTwo(uint32_t Value)
{
    return Value != 0 && (Value & (Value - 1)) == 0;
}

static uint64_t RoundUp(uint64_t Value, uint64_t Alignment)
{
    return (Value + Alignment - 1) & ~(Alignment - 1);
}

/* Steps 1 and 2: finds "PE\0\0". */
static PE_STATUS FindNtHeader(const PE_SOURCE *Source, uint32_t *Offset)
{
    const uint8_t *Bytes = Source->Bytes;

    if (Source->Available < DOS_HEADER_SIZE || Bytes[0] != 'M' || Bytes[1] != 'Z')
        return PE_NOT_MZ;
    *Offset = Load32(Bytes + DOS_LFANEW);
    if (*Offset >= Source->FileSize || Source->FileSize - *Offset < 4)
        return PE_PROTECT;
    if (*Offset >= Source->Available || Source->Available - *Offset < 4)
        return PE_INVALID_FORMAT;

    uint32_t Signature = Load32(Bytes + *Offset);
    uint64_t Rest = Source->Available - *Offset;
    if ((uint16_t)Signature == SIGNATURE_NE)
        return Rest > NE_EXETYPE && Bytes[*Offset + NE_EXETYPE] == NE_WINDOWS ? PE_WIN_16 : PE_NE_FORMAT;
    if ((uint16_t)Signature == SIGNATURE_LE || (uint16_t)Signature == SIGNATURE_LX)
        return PE_LE_FORMAT;
    if (Signature != SIGNATURE_PE || Rest < 4 + sizeof(PE_FILE_HEADER))
        return PE_PROTECT;
    return PE_SUCCESS;
}

static PE_STATUS CheckFileHeader(const PE_SOURCE *Source, PE_INFO *Info, PE_FILE_HEADER *File)
{
    uint64_t Optional = (uint64_t)Info->NtHeaderOffset + 4 + sizeof *File;

    __builtin_memcpy(File, Source->Bytes + Info->NtHeaderOffset + 4, sizeof *File);
    Info->Machine = File->Machine;
    Info->NumberOfSections = File->NumberOfSections;
    Info->Characteristics = File->Characteristics;
    Info->TimeDateStamp = File->TimeDateStamp;

    if (File->Machine == 0 && File->SizeOfOptionalHeader == 0)
        return PE_PROTECT;
    if (!(File->Characteristics & PE_FILE_EXECUTABLE) || Info->NtHeaderOffset % 4 != 0)
        return PE_INVALID_FORMAT;
    if (File->SizeOfOptionalHeader < 2 || Optional + File->SizeOfOptionalHeader > Source->Available)
        return PE_INVALID_FORMAT;

    Info->Magic = Load16(Source->Bytes + Optional);
    if (File->Machine == PE_MACHINE_I386 && Info->Magic == PE_MAGIC_PE32)
        return File->SizeOfOptionalHeader < sizeof(PE_OPTIONAL_HEADER32) ? PE_INVALID_FORMAT : PE_SUCCESS;
    if (File->Machine != PE_MACHINE_AMD64 || Info->Magic != PE_MAGIC_PE32PLUS)
        return PE_INVALID_FORMAT;
    return File->SizeOfOptionalHeader < sizeof(PE_OPTIONAL_HEADER) ? PE_INVALID_FORMAT : PE_SUCCESS;
}

/* The optional header at At, a 32-bit one in the form of the other.  Returns its size, behind which the directories are. */
static uint32_t LoadOptionalHeader(const uint8_t *At, const PE_INFO *Info, PE_OPTIONAL_HEADER *Optional)
{
    PE_OPTIONAL_HEADER32 Narrow;

    if (Info->Magic != PE_MAGIC_PE32) {
        __builtin_memcpy(Optional, At, sizeof *Optional);
        return sizeof *Optional;
    }
    __builtin_memcpy(&Narrow, At, sizeof Narrow);
    __builtin_memset(Optional, 0, sizeof *Optional);
    __builtin_memcpy((uint8_t *)Optional + offsetof(PE_OPTIONAL_HEADER, SectionAlignment), Narrow.Middle, sizeof Narrow.Middle);
    Optional->AddressOfEntryPoint = Narrow.AddressOfEntryPoint;
    Optional->ImageBase = Narrow.ImageBase;
    Optional->SizeOfStackReserve = Narrow.SizeOfStackReserve;
    Optional->SizeOfStackCommit = Narrow.SizeOfStackCommit;
    Optional->SizeOfHeapReserve = Narrow.SizeOfHeapReserve;
    Optional->SizeOfHeapCommit = Narrow.SizeOfHeapCommit;
    Optional->NumberOfRvaAndSizes = Narrow.NumberOfRvaAndSizes;
    return sizeof Narrow;
}

static void CopyOptionalHeader(const PE_OPTIONAL_HEADER *Optional, PE_INFO *Info)
{
    Info->ImageBase = Optional->ImageBase;
    Info->StackReserve = Optional->SizeOfStackReserve;
    Info->StackCommit = Optional->SizeOfStackCommit;
    Info->HeapReserve = Optional->SizeOfHeapReserve;
    Info->HeapCommit = Optional->SizeOfHeapCommit;
    Info->SizeOfHeaders = Optional->SizeOfHeaders;
    Info->SectionAlignment = Optional->SectionAlignment;
    Info->FileAlignment = Optional->FileAlignment;
    Info->EntryPoint = Optional->AddressOfEntryPoint;
    Info->CheckSum = Optional->CheckSum;
    Info->Subsystem = Optional->Subsystem;
    Info->DllCharacteristics = Optional->DllCharacteristics;
    Info->MajorSubsystemVersion = Optional->MajorSubsystemVersion;
    Info->MinorSubsystemVersion = Optional->MinorSubsystemVersion;
    Info->MajorOperatingSystemVersion = Optional->MajorOperatingSystemVersion;
    Info->MinorOperatingSystemVersion = Optional->MinorOperatingSystemVersion;
    Info->SizeOfImage = (uint32_t)RoundUp(Optional->SizeOfImage, PE_PAGE_SIZE);
    Info->Flat = Optional->SectionAlignment < PE_PAGE_SIZE;
}

static PE_STATUS CheckOptionalHeader(const PE_SOURCE *Source, PE_INFO *Info, const PE_FILE_HEADER *File)
{
    const uint8_t *At = Source->Bytes + Info->NtHeaderOffset + 4 + sizeof *File;
    PE_OPTIONAL_HEADER Optional;
    uint32_t HeaderSize = LoadOptionalHeader(At, Info, &Optional);

    if (!IsPowerOfTwo(Optional.FileAlignment) || !IsPowerOfTwo(Optional.SectionAlignment) ||
        Optional.SectionAlignment < Optional.FileAlignment)
        return PE_INVALID_FORMAT;
    if (Optional.FileAlignment < 512 && Optional.FileAlignment != Optional.SectionAlignment)
        return PE_INVALID_FORMAT;
    if (Optional.SizeOfImage == 0 || Optional.SizeOfImage > PE_MAX_IMAGE_SIZE)
        return PE_INVALID_FORMAT;
    if (Optional.SizeOfHeaders == 0 || Optional.SizeOfHeaders > Optional.SizeOfImage)
        return PE_INVALID_FORMAT;
    if (!Source->Mapped && Optional.SizeOfHeaders > Source->FileSize)
        return PE_INVALID_FORMAT;
    if (Optional.ImageBase % IMAGE_BASE_GRANULARITY != 0)
        return PE_INVALID_FORMAT;
    if (Optional.AddressOfEntryPoint >= Optional.SizeOfImage ||
        (Optional.AddressOfEntryPoint != 0 && Optional.AddressOfEntryPoint < Optional.SizeOfHeaders))
        return PE_INVALID_FORMAT;

    CopyOptionalHeader(&Optional, Info);
    uint32_t Count = (File->SizeOfOptionalHeader - HeaderSize) / (uint32_t)sizeof(PE_DIRECTORY);
    if (Count > Optional.NumberOfRvaAndSizes)
        Count = Optional.NumberOfRvaAndSizes;
    if (Count > PeDirectoryCount)
        Count = PeDirectoryCount;
    __builtin_memcpy(Info->Directory, At + HeaderSize, Count * sizeof(PE_DIRECTORY));
    return PE_SUCCESS;
}

static uint64_t SectionSpan(const PE_SECTION_HEADER *Section, const PE_INFO *Info)
{
    uint32_t Size = Section->VirtualSize != 0 ? Section->VirtualSize : Section->SizeOfRawData;
    return RoundUp(Size, Info->Flat ? 1 : Info->SectionAlignment);
}

/* One section against its place in line (Next) and the file. */
static PE_STATUS CheckSection(const PE_SOURCE *Source, const PE_INFO *Info, const PE_SECTION_HEADER *Section,
                              uint64_t *Next)
{
    uint64_t Span = SectionSpan(Section, Info);
    uint64_t RawEnd = (uint64_t)Section->PointerToRawData + Section->SizeOfRawData;

    if (Info->Flat) {
        if (Section->SizeOfRawData != 0 && Section->PointerToRawData != Section->VirtualAddress)
            return PE_INVALID_FORMAT;
        if (Section->VirtualAddress < *Next)
            return PE_INVALID_FORMAT;
    } else if (Span == 0 || Section->VirtualAddress != *Next) {
        return PE_INVALID_FORMAT;
    }
    if (Section->VirtualAddress + Span > Info->SizeOfImage)
        return PE_INVALID_FORMAT;
    if (!Source->Mapped && Section->SizeOfRawData != 0 && Section->PointerToRawData != 0) {
        if (RawEnd > Source->FileSize)
            return PE_INVALID_FORMAT;
    }
    *Next = Section->VirtualAddress + Span;
    return PE_SUCCESS;
}

static PE_STATUS CheckSections(const PE_SOURCE *Source, const PE_INFO *Info)
{
    uint64_t End = Info->SectionTableOffset + (uint64_t)Info->NumberOfSections * sizeof(PE_SECTION_HEADER);
    uint64_t Next = Info->Flat ? Info->SizeOfHeaders : RoundUp(Info->SizeOfHeaders, Info->SectionAlignment);

    if (End > Source->Available || End > Info->SizeOfHeaders || (Info->NumberOfSections == 0 && !Info->Flat))
        return PE_INVALID_FORMAT;
    for (uint32_t Index = 0; Index < Info->NumberOfSections; Index++) {
        PE_SECTION_HEADER Section;
        __builtin_memcpy(&Section, Source->Bytes + Info->SectionTableOffset + Index * sizeof Section, sizeof Section);
        PE_STATUS Status = CheckSection(Source, Info, &Section, &Next);
        if (Status != PE_SUCCESS)
            return Status;
    }
    return PE_SUCCESS;
}

static PE_STATUS Parse(const PE_SOURCE *Source, PE_INFO *Info)
{
    PE_FILE_HEADER File;

    __builtin_memset(Info, 0, sizeof *Info);
    PE_STATUS Status = FindNtHeader(Source, &Info->NtHeaderOffset);
    if (Status == PE_SUCCESS)
        Status = CheckFileHeader(Source, Info, &File);
    if (Status == PE_SUCCESS)
        Status = CheckOptionalHeader(Source, Info, &File);
    if (Status == PE_SUCCESS) {
        Info->SectionTableOffset = Info->NtHeaderOffset + 4 + (uint32_t)sizeof File + File.SizeOfOptionalHeader;
        Status = CheckSections(Source, Info);
    }
    return Status == PE_SUCCESS && Info->Machine == PE_MACHINE_I386 ? PE_WIN_32 : Status;
}

PE_STATUS RtlPeParse(const void *Header, uint64_t HeaderBytes, uint64_t FileSize, PE_INFO *Info)
{
    uint64_t Available = HeaderBytes < FileSize ? HeaderBytes : FileSize;
    PE_SOURCE Source = { Header, Available < PE_MAX_HEADER_BYTES ? Available : PE_MAX_HEADER_BYTES, FileSize, 0 };
    return Parse(&Source, Info);
}

PE_STATUS RtlPeParseMapped(const void *Image, uint64_t ImageSize, PE_INFO *Info)
{
    PE_SOURCE Source = { Image, ImageSize < PE_MAX_HEADER_BYTES ? ImageSize : PE_MAX_HEADER_BYTES, ImageSize, 1 };
    PE_STATUS Status = Parse(&Source, Info);

    /*
     * The caller vouches for ImageSize bytes, and with them for the page that the last one lies in: some linkers write a SizeOfImage that ends within
     * one.  Every later check is against Info's, which is whole pages.
     */
    return Status == PE_SUCCESS && Info->SizeOfImage > RoundUp(ImageSize, PE_PAGE_SIZE) ? PE_INVALID_FORMAT : Status;
}

void RtlPeSection(const void *Header, const PE_INFO *Info, uint32_t Index, PE_SECTION *Section)
{
    PE_SECTION_HEADER Raw;

    __builtin_memcpy(&Raw, (const uint8_t *)Header + Info->SectionTableOffset + Index * sizeof Raw, sizeof Raw);
    __builtin_memcpy(Section->Name, Raw.Name, 8);
    Section->Name[8] = 0;
    Section->VirtualAddress = Raw.VirtualAddress;
    Section->VirtualSize = (uint32_t)SectionSpan(&Raw, Info);
    Section->RawOffset = Info->Flat ? Raw.PointerToRawData : Raw.PointerToRawData & ~511u; /* NT reads whole sectors, from the one it lies in */
    Section->RawSize = Raw.PointerToRawData == 0 ? 0 : Raw.SizeOfRawData;
    /* Raw data beyond VirtualSize is file padding; beyond the last page it is never mapped. */
    if (Section->RawSize > Section->VirtualSize)
        Section->RawSize = Section->VirtualSize;
    Section->Characteristics = Raw.Characteristics;
}

PE_STATUS RtlPeLayout(const void *File, uint64_t FileSize, const PE_INFO *Info, void *Image)
{
    uint8_t *To = Image;
    const uint8_t *From = File;
    uint64_t HeaderBytes = Info->Flat && FileSize < Info->SizeOfImage ? FileSize : Info->SizeOfHeaders;

    if (Info->Flat && FileSize >= Info->SizeOfImage)
        HeaderBytes = Info->SizeOfImage;
    if (HeaderBytes > FileSize)
        return PE_INVALID_FORMAT;
    __builtin_memset(To, 0, Info->SizeOfImage);
    __builtin_memcpy(To, From, HeaderBytes);
    for (uint32_t Index = 0; Index < Info->NumberOfSections && !Info->Flat; Index++) {
        PE_SECTION Section;
        RtlPeSection(File, Info, Index, &Section);
        if ((uint64_t)Section.RawOffset + Section.RawSize > FileSize ||
            (uint64_t)Section.VirtualAddress + Section.RawSize > Info->SizeOfImage)
            return PE_INVALID_FORMAT;
        __builtin_memcpy(To + Section.VirtualAddress, From + Section.RawOffset, Section.RawSize);
    }
    return PE_SUCCESS;
}

const void *RtlPeAt(const void *Image, const PE_INFO *Info, uint32_t Rva, uint32_t Size)
{
    if (Rva >= Info->SizeOfImage || Size > Info->SizeOfImage - Rva)
        return NULL;
    return (const uint8_t *)Image + Rva;
}

const char *RtlPeString(const void *Image, const PE_INFO *Info, uint32_t Rva)
{
    const char *String = (const char *)Image + Rva;

    for (uint32_t Index = Rva; Index < Info->SizeOfImage; Index++) {
        if (String[Index - Rva] == 0)
            return String;
    }
    return NULL;
}

const void *RtlPeDirectory(const void *Image, const PE_INFO *Info, uint32_t Index, uint32_t *Size)
{
    *Size = 0;
    if (Index >= PeDirectoryCount || Info->Directory[Index].Rva == 0 || Info->Directory[Index].Size == 0)
        return NULL;
    const void *Directory = RtlPeAt(Image, Info, Info->Directory[Index].Rva, Info->Directory[Index].Size);
    if (Directory != NULL)
        *Size = Info->Directory[Index].Size;
    return Directory;
}
