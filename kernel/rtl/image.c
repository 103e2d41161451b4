/* SPDX-License-Identifier: MIT */
/*
 * image.c - NT's own names for looking into a loaded image, over pe.h.
 *
 * These take a base address and trust the headers behind it: they are for images the loader has accepted.  RtlImageNtHeaderEx with a size
 * is the one for bytes of unknown worth.
 */
#include "rtlp.h"

#define IMAGE_NT_HEADER_EX_NO_RANGE_CHECK 1u
#define LOWEST_IMAGE_HEADER_OFFSET_LIMIT 0x10000000u

NTSTATUS NTAPI RtlImageNtHeaderEx(ULONG Flags, PVOID Base, ULONG64 Size, PIMAGE_NT_HEADERS *Headers)
{
    const IMAGE_DOS_HEADER *Dos = Base;
    BOOLEAN Check = !(Flags & IMAGE_NT_HEADER_EX_NO_RANGE_CHECK);

    *Headers = NULL;
    if (Base == NULL || Base == (PVOID)-1)
        return STATUS_INVALID_PARAMETER;
    if ((Check && Size < sizeof *Dos) || Dos->e_magic != IMAGE_DOS_SIGNATURE)
        return STATUS_INVALID_IMAGE_FORMAT;
    ULONG Offset = (ULONG)Dos->e_lfanew;
    if (Offset >= LOWEST_IMAGE_HEADER_OFFSET_LIMIT || (Check && (Offset >= Size || Size - Offset < sizeof(IMAGE_NT_HEADERS))))
        return STATUS_INVALID_IMAGE_FORMAT;
    PIMAGE_NT_HEADERS Found = (PIMAGE_NT_HEADERS)((PUCHAR)Base + Offset);
    if (Found->Signature != IMAGE_NT_SIGNATURE)
        return STATUS_INVALID_IMAGE_FORMAT;
    *Headers = Found;
    return STATUS_SUCCESS;
}

PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID Base)
{
    PIMAGE_NT_HEADERS Headers;

    RtlImageNtHeaderEx(IMAGE_NT_HEADER_EX_NO_RANGE_CHECK, Base, 0, &Headers);
    return Headers;
}

PIMAGE_SECTION_HEADER NTAPI RtlImageRvaToSection(PIMAGE_NT_HEADERS Headers, PVOID Base, ULONG Rva)
{
    PIMAGE_SECTION_HEADER Section = IMAGE_FIRST_SECTION(Headers);

    UNREFERENCED_PARAMETER(Base);
    for (ULONG Index = 0; Index < Headers->FileHeader.NumberOfSections; Index++, Section++) {
        ULONG Size = Section->SizeOfRawData > Section->Misc.VirtualSize ? Section->SizeOfRawData : Section->Misc.VirtualSize;
        if (Rva >= Section->VirtualAddress && Rva - Section->VirtualAddress < Size)
            return Section;
    }
    return NULL;
}

/* For a file read flat into memory. */
PVOID NTAPI RtlImageRvaToVa(PIMAGE_NT_HEADERS Headers, PVOID Base, ULONG Rva, PIMAGE_SECTION_HEADER *Section)
{
    PIMAGE_SECTION_HEADER Found = Section != NULL ? *Section : NULL;

    if (Found == NULL || Rva < Found->VirtualAddress || Rva - Found->VirtualAddress >= Found->SizeOfRawData)
        Found = RtlImageRvaToSection(Headers, Base, Rva);
    if (Found == NULL)
        return NULL;
    if (Section != NULL)
        *Section = Found;
    return (PUCHAR)Base + Found->PointerToRawData + (Rva - Found->VirtualAddress);
}

PVOID NTAPI RtlAddressInSectionTable(PIMAGE_NT_HEADERS Headers, PVOID Base, ULONG Rva)
{
    return RtlImageRvaToVa(Headers, Base, Rva, NULL);
}

/* The directories of an image for 64-bit or 32-bit code.  Returns how many there are. */
static ULONG Directories(PIMAGE_NT_HEADERS Headers, PIMAGE_DATA_DIRECTORY *Directory, PULONG SizeOfHeaders)
{
    PIMAGE_NT_HEADERS32 Narrow = (PIMAGE_NT_HEADERS32)Headers;
    ULONG Count = 0;

    if (Headers->OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR64_MAGIC) {
        *Directory = Headers->OptionalHeader.DataDirectory;
        *SizeOfHeaders = Headers->OptionalHeader.SizeOfHeaders;
        Count = Headers->OptionalHeader.NumberOfRvaAndSizes;
    } else if (Headers->OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR32_MAGIC) {
        *Directory = Narrow->OptionalHeader.DataDirectory;
        *SizeOfHeaders = Narrow->OptionalHeader.SizeOfHeaders;
        Count = Narrow->OptionalHeader.NumberOfRvaAndSizes;
    }
    return Count < IMAGE_NUMBEROF_DIRECTORY_ENTRIES ? Count : IMAGE_NUMBEROF_DIRECTORY_ENTRIES;
}

PVOID NTAPI RtlImageDirectoryEntryToData(PVOID Base, BOOLEAN MappedAsImage, USHORT Index, PULONG Size)
{
    /* Bit 0 of the handle marks a file mapped as data (LOAD_LIBRARY_AS_DATAFILE). */
    if ((ULONG_PTR)Base & 1) {
        Base = (PVOID)((ULONG_PTR)Base & ~(ULONG_PTR)1);
        MappedAsImage = FALSE;
    }
    PIMAGE_NT_HEADERS Headers = RtlImageNtHeader(Base);
    PIMAGE_DATA_DIRECTORY Directory;
    ULONG SizeOfHeaders;

    *Size = 0;
    if (Headers == NULL || Index >= Directories(Headers, &Directory, &SizeOfHeaders))
        return NULL;
    ULONG Rva = Directory[Index].VirtualAddress;
    if (Rva == 0)
        return NULL;
    *Size = Directory[Index].Size;
    if (MappedAsImage || Rva < SizeOfHeaders)
        return (PUCHAR)Base + Rva;
    return RtlImageRvaToVa(Headers, Base, Rva, NULL);
}

/* A function of a loaded image; forwarders are not followed (NULL). */
PVOID NTAPI RtlFindExportedRoutineByName(PVOID Base, PCSTR Name)
{
    PE_INFO Info;
    PE_EXPORT Export;
    PIMAGE_NT_HEADERS Headers = RtlImageNtHeader(Base);

    if (Headers == NULL || RtlPeParseMapped(Base, Headers->OptionalHeader.SizeOfImage, &Info) != PE_SUCCESS ||
        RtlPeFindExport(Base, &Info, Name, MAXULONG, &Export) != PE_SUCCESS || Export.Forwarder != NULL)
        return NULL;
    return (PUCHAR)Base + Export.Rva;
}
