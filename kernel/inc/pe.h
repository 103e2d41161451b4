/* SPDX-License-Identifier: MIT */
/*
 * pe.h - the one reader of PE32+ images: boot loaders, kernel, ntdll and host tests all compile kernel/rtl/pe*.c.
 *
 * Plain C with fixed-width types and names of its own, so that it lives beside gnu-efi's, mingw's and glibc's headers alike.
 * Results are NTSTATUS numbers.  Nothing here allocates, locks, or keeps state.
 *
 *      file offset                                                    memory (RVA)
 *      0          +-------------------+  MZ, e_lfanew at 0x3C          0        +---------------+
 *      e_lfanew   | "PE\0\0"          |                                         | headers       | SizeOfHeaders, read-only
 *                 | PE_FILE_HEADER    |  20 bytes                      align    +---------------+
 *                 | PE_OPTIONAL_HEADER|  112 bytes + 8 a directory              | section 0     | VirtualAddress, VirtualSize
 *                 | PE_SECTION_HEADER |  40 bytes each                 align    +---------------+
 *      PointerTo  +-------------------+                                         | section 1     | follows at once: NT
 *      RawData    | section contents  | ----------------------------->          |               | tolerates no hole
 *                 +-------------------+                                SizeOfImage -------------+
 *
 * Two inputs exist: the *file* (its first bytes while validating, all of it for RtlPeLayout) and the *image* (laid out in memory, Size =
 * SizeOfImage).  An RVA found inside an image is data of a stranger: every function here checks it against the size before it reads.
 * A caller that reads an image another thread can write (a user mapping) calls these under its fault handler and must expect that
 * two reads of one field differ; each function fetches a field once and checks the copy.
 */
#ifndef NASCENT_PE_H
#define NASCENT_PE_H

#include <stddef.h>
#include <stdint.h>

typedef int32_t PE_STATUS; /* an NTSTATUS, without ntdef.h */

#define PE_SUCCESS ((PE_STATUS)0x00000000)
#define PE_NO_MORE_ENTRIES ((PE_STATUS)0x8000001A)     /* STATUS_NO_MORE_ENTRIES */
#define PE_INVALID_FORMAT ((PE_STATUS)0xC000007B)      /* STATUS_INVALID_IMAGE_FORMAT */
#define PE_NE_FORMAT ((PE_STATUS)0xC000011B)           /* STATUS_INVALID_IMAGE_NE_FORMAT */
#define PE_LE_FORMAT ((PE_STATUS)0xC000012E)           /* STATUS_INVALID_IMAGE_LE_FORMAT */
#define PE_NOT_MZ ((PE_STATUS)0xC000012F)              /* STATUS_INVALID_IMAGE_NOT_MZ */
#define PE_PROTECT ((PE_STATUS)0xC0000130)             /* STATUS_INVALID_IMAGE_PROTECT: MZ, but no header of NT's */
#define PE_WIN_16 ((PE_STATUS)0xC0000131)              /* STATUS_INVALID_IMAGE_WIN_16 */
#define PE_ORDINAL_NOT_FOUND ((PE_STATUS)0xC0000138)   /* STATUS_ORDINAL_NOT_FOUND */
#define PE_ENTRYPOINT_NOT_FOUND ((PE_STATUS)0xC0000139) /* STATUS_ENTRYPOINT_NOT_FOUND */
#define PE_WIN_32 ((PE_STATUS)0xC0000359)              /* STATUS_INVALID_IMAGE_WIN_32: a valid image, for 32-bit code */

#define PE_PAGE_SIZE 0x1000u
#define PE_MAX_HEADER_BYTES 0x2000u      /* headers and section table must lie in the first two pages, as NT demands */
#define PE_MAX_IMAGE_SIZE 0x77000000u    /* NT's largest image */

#define PE_MACHINE_I386 0x014C
#define PE_MACHINE_AMD64 0x8664
#define PE_MACHINE_ARM64 0xAA64
#define PE_MAGIC_PE32 0x010B
#define PE_MAGIC_PE32PLUS 0x020B

#define PE_FILE_RELOCS_STRIPPED 0x0001
#define PE_FILE_EXECUTABLE 0x0002
#define PE_FILE_DLL 0x2000

#define PE_DLL_HIGH_ENTROPY_VA 0x0020
#define PE_DLL_DYNAMIC_BASE 0x0040
#define PE_DLL_NX_COMPAT 0x0100

#define PE_SUBSYSTEM_NATIVE 1
#define PE_SUBSYSTEM_WINDOWS_GUI 2
#define PE_SUBSYSTEM_WINDOWS_CUI 3
#define PE_SUBSYSTEM_EFI_APPLICATION 10

#define PE_SECTION_DISCARDABLE 0x02000000u
#define PE_SECTION_SHARED 0x10000000u
#define PE_SECTION_EXECUTE 0x20000000u
#define PE_SECTION_READ 0x40000000u
#define PE_SECTION_WRITE 0x80000000u

enum {
    PeDirectoryExport = 0,
    PeDirectoryImport = 1,
    PeDirectoryResource = 2,
    PeDirectoryException = 3,
    PeDirectorySecurity = 4,
    PeDirectoryRelocation = 5,
    PeDirectoryDebug = 6,
    PeDirectoryTls = 9,
    PeDirectoryLoadConfig = 10,
    PeDirectoryBoundImport = 11,
    PeDirectoryIat = 12,
    PeDirectoryDelayImport = 13,
    PeDirectoryCount = 16,
};

/* The formats on disk.  Packed: a header may lie at any address of a hostile file. */
#define PE_PACKED __attribute__((packed))

typedef struct PE_PACKED _PE_FILE_HEADER {
    uint16_t Machine;
    uint16_t NumberOfSections;
    uint32_t TimeDateStamp;
    uint32_t PointerToSymbolTable;
    uint32_t NumberOfSymbols;
    uint16_t SizeOfOptionalHeader;
    uint16_t Characteristics;
} PE_FILE_HEADER;

typedef struct PE_PACKED _PE_DIRECTORY {
    uint32_t Rva;
    uint32_t Size;
} PE_DIRECTORY;

typedef struct PE_PACKED _PE_OPTIONAL_HEADER {
    uint16_t Magic;
    uint8_t MajorLinkerVersion, MinorLinkerVersion;
    uint32_t SizeOfCode, SizeOfInitializedData, SizeOfUninitializedData;
    uint32_t AddressOfEntryPoint, BaseOfCode;
    uint64_t ImageBase;
    uint32_t SectionAlignment, FileAlignment;
    uint16_t MajorOperatingSystemVersion, MinorOperatingSystemVersion;
    uint16_t MajorImageVersion, MinorImageVersion;
    uint16_t MajorSubsystemVersion, MinorSubsystemVersion;
    uint32_t Win32VersionValue;
    uint32_t SizeOfImage, SizeOfHeaders, CheckSum;
    uint16_t Subsystem, DllCharacteristics;
    uint64_t SizeOfStackReserve, SizeOfStackCommit, SizeOfHeapReserve, SizeOfHeapCommit;
    uint32_t LoaderFlags, NumberOfRvaAndSizes;
    /* PE_DIRECTORY [NumberOfRvaAndSizes] follows */
} PE_OPTIONAL_HEADER;

typedef struct PE_PACKED _PE_SECTION_HEADER {
    char Name[8];
    uint32_t VirtualSize;
    uint32_t VirtualAddress;
    uint32_t SizeOfRawData;
    uint32_t PointerToRawData;
    uint32_t PointerToRelocations, PointerToLinenumbers;
    uint16_t NumberOfRelocations, NumberOfLinenumbers;
    uint32_t Characteristics;
} PE_SECTION_HEADER;

/* The same of a 32-bit image: BaseOfData beside BaseOfCode, and four bytes where the other has eight. */
typedef struct PE_PACKED _PE_OPTIONAL_HEADER32 {
    uint16_t Magic;
    uint8_t MajorLinkerVersion, MinorLinkerVersion;
    uint32_t SizeOfCode, SizeOfInitializedData, SizeOfUninitializedData;
    uint32_t AddressOfEntryPoint, BaseOfCode, BaseOfData;
    uint32_t ImageBase;
    uint8_t Middle[40]; /* SectionAlignment to DllCharacteristics, as above */
    uint32_t SizeOfStackReserve, SizeOfStackCommit, SizeOfHeapReserve, SizeOfHeapCommit;
    uint32_t LoaderFlags, NumberOfRvaAndSizes;
    /* PE_DIRECTORY [NumberOfRvaAndSizes] follows */
} PE_OPTIONAL_HEADER32;

_Static_assert(sizeof(PE_FILE_HEADER) == 20, "PE file header");
_Static_assert(sizeof(PE_OPTIONAL_HEADER) == 112, "PE32+ optional header");
_Static_assert(offsetof(PE_OPTIONAL_HEADER, SizeOfImage) == 56, "PE32+ optional header");
_Static_assert(sizeof(PE_OPTIONAL_HEADER32) == 96, "PE32 optional header");
_Static_assert(offsetof(PE_OPTIONAL_HEADER, SizeOfStackReserve) - offsetof(PE_OPTIONAL_HEADER, SectionAlignment) == 40, "PE32 optional header");
_Static_assert(sizeof(PE_SECTION_HEADER) == 40, "PE section header");

/* What validation found out, copied out of the file: later stages need not look at the headers again. */
typedef struct _PE_INFO {
    uint64_t ImageBase;
    uint64_t StackReserve, StackCommit, HeapReserve, HeapCommit;
    uint32_t NtHeaderOffset;      /* file offset of "PE\0\0" */
    uint32_t SectionTableOffset;  /* file offset of the first PE_SECTION_HEADER */
    uint32_t SizeOfImage;         /* rounded up to whole pages */
    uint32_t SizeOfHeaders;
    uint32_t SectionAlignment, FileAlignment;
    uint32_t EntryPoint;          /* RVA, 0: none */
    uint32_t CheckSum, TimeDateStamp;
    uint16_t Machine;             /* set also when the image is refused for its machine */
    uint16_t Magic;
    uint16_t Characteristics, Subsystem, DllCharacteristics;
    uint16_t MajorSubsystemVersion, MinorSubsystemVersion;
    uint16_t MajorOperatingSystemVersion, MinorOperatingSystemVersion;
    uint16_t NumberOfSections;
    uint8_t Flat;                 /* SectionAlignment below a page: the file is the image, byte for byte */
    PE_DIRECTORY Directory[PeDirectoryCount]; /* {0,0} where absent; not yet checked against SizeOfImage */
} PE_INFO;

/* A section as it is to be mapped. */
typedef struct _PE_SECTION {
    char Name[9];             /* terminated */
    uint32_t VirtualAddress;
    uint32_t VirtualSize;     /* bytes of address space, whole pages unless the image is flat */
    uint32_t RawOffset;       /* file offset of the contents */
    uint32_t RawSize;         /* bytes from the file; the rest of VirtualSize is zero */
    uint32_t Characteristics; /* PE_SECTION_* */
} PE_SECTION;

typedef struct _PE_EXPORT {
    uint32_t Rva;
    uint32_t Ordinal;      /* with the base added, as in an import */
    const char *Forwarder; /* "DLL.Name" or "DLL.#5" inside the image, or NULL; then Rva is not code */
} PE_EXPORT;

typedef struct _PE_IMPORT {
    const char *DllName;
    uint32_t LookupRva;    /* names and ordinals: the original thunks if there are any */
    uint32_t ThunkRva;     /* where the addresses go */
    uint32_t TimeDateStamp;
} PE_IMPORT;

typedef struct _PE_THUNK {
    const char *Name;      /* NULL: by ordinal */
    uint16_t Hint;
    uint16_t Ordinal;
    uint32_t ThunkRva;     /* the 8 bytes to fill in */
} PE_THUNK;

typedef struct _PE_TLS {
    uint32_t TemplateRva, TemplateSize, ZeroFill; /* ZeroFill: bytes after the template */
    uint32_t IndexRva;                            /* 4 bytes that receive the slot */
    uint32_t CallbacksRva;                        /* zero-terminated array of addresses, 0: none */
} PE_TLS;

/*
 * pe.c.  RtlPeParse judges the first HeaderBytes bytes (min(FileSize, PE_MAX_HEADER_BYTES) suffice) of a file of FileSize bytes, in NT's order of
 * checks.  An empty file is the section code's to refuse (STATUS_MAPPED_FILE_SIZE_ZERO / STATUS_INVALID_FILE_FOR_SECTION).
 * PE_WIN_32: a 32-bit image (I386, PE32) that is valid, and Info is filled in.  It can be mapped, and its sections laid out; imports and TLS of it
 * (pelink.c) are not to be read.  Everybody but the section code takes it for the refusal that it looks like.
 * RtlPeParseMapped does the same to an image already laid out (ImageSize bytes readable), where file offsets mean nothing any more.
 */
PE_STATUS RtlPeParse(const void *Header, uint64_t HeaderBytes, uint64_t FileSize, PE_INFO *Info);
PE_STATUS RtlPeParseMapped(const void *Image, uint64_t ImageSize, PE_INFO *Info);
/* Header: the bytes given to RtlPeParse (or the image).  Index < Info->NumberOfSections. */
void RtlPeSection(const void *Header, const PE_INFO *Info, uint32_t Index, PE_SECTION *Section);
/* Fills Image[0, SizeOfImage) from a whole file: headers, sections, zeros.  Info from RtlPeParse of the same bytes. */
PE_STATUS RtlPeLayout(const void *File, uint64_t FileSize, const PE_INFO *Info, void *Image);
/* Size bytes at Rva if they lie inside the image, else NULL. */
const void *RtlPeAt(const void *Image, const PE_INFO *Info, uint32_t Rva, uint32_t Size);
/* A terminated string inside the image, else NULL. */
const char *RtlPeString(const void *Image, const PE_INFO *Info, uint32_t Rva);
/* A directory that exists and lies inside the image, else NULL. */
const void *RtlPeDirectory(const void *Image, const PE_INFO *Info, uint32_t Index, uint32_t *Size);

/*
 * pereloc.c.  Delta = new base - ImageBase (modulo 2^64).  Malformed blocks: PE_INVALID_FORMAT, and then part of the fix-ups may have been done.
 * RtlPeRelocatePage does one page of PE_PAGE_SIZE bytes whose RVA is PageRva.  A fix-up may begin in the page before: its upper bytes then
 * depend on the carry out of bytes that lie there.  Before points to the PE_RELOC_TAIL bytes that precede the page *as they are in the file*
 * (unrelocated); it may be NULL if RtlPeRelocationStraddles said 0 for this page.
 */
#define PE_RELOC_TAIL 8u
PE_STATUS RtlPeRelocateImage(void *Image, const PE_INFO *Info, uint64_t Delta);
PE_STATUS RtlPeRelocatePage(const void *Relocations, uint32_t Size, uint32_t PageRva, void *Page, const void *Before,
                            uint64_t Delta);
int RtlPeRelocationStraddles(const void *Relocations, uint32_t Size, uint32_t PageRva);
/* The whole directory is well-formed and stays inside an image of SizeOfImage bytes. */
PE_STATUS RtlPeCheckRelocations(const void *Relocations, uint32_t Size, uint32_t SizeOfImage);

/* pelink.c.  All results point into the image. */
PE_STATUS RtlPeFindExport(const void *Image, const PE_INFO *Info, const char *Name, uint32_t Hint, PE_EXPORT *Export);
PE_STATUS RtlPeFindExportByOrdinal(const void *Image, const PE_INFO *Info, uint32_t Ordinal, PE_EXPORT *Export);
/* The export with the greatest address not above Rva: its name (NULL if it has none) and RVA, for crash reports.  0: there is none. */
int RtlPeNearestExport(const void *Image, const PE_INFO *Info, uint32_t Rva, const char **Name, uint32_t *ExportRva);
/* The Index-th imported DLL; PE_NO_MORE_ENTRIES after the last. */
PE_STATUS RtlPeImport(const void *Image, const PE_INFO *Info, uint32_t Index, PE_IMPORT *Import);
/* The Index-th function of a DLL; PE_NO_MORE_ENTRIES after the last. */
PE_STATUS RtlPeThunk(const void *Image, const PE_INFO *Info, const PE_IMPORT *Import, uint32_t Index, PE_THUNK *Thunk);
/* MappedBase: the address the image's pointers are relocated to.  PE_NO_MORE_ENTRIES: no TLS directory. */
PE_STATUS RtlPeTls(const void *Image, const PE_INFO *Info, uint64_t MappedBase, PE_TLS *Tls);

#endif
