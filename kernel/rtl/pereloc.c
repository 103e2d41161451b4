/* SPDX-License-Identifier: MIT */
/*
 * pereloc.c - base relocations, a whole image or one page at a time.
 *
 *      directory:  | PageRva | BlockSize | entry entry ... | PageRva | BlockSize | ...       (a block describes 4 KiB)
 *      entry:      15..12 type, 11..0 offset from PageRva
 *
 * The kernel relocates a shared image when a page is first read in (Windows Internals, 7th ed., part 1, chapter 5 "Address space layout
 * randomization"), so the unit is the page, and a fix-up of 8 bytes may lie across two.  Each page does its share: the low bytes of a sum
 * need no knowledge of the high ones; the high bytes need the carry, hence the unrelocated tail of the page before (see pe.h).
 */
#include "pe.h"

#define RELOC_ABSOLUTE 0
#define RELOC_HIGH 1
#define RELOC_LOW 2
#define RELOC_HIGHLOW 3
#define RELOC_DIR64 10

#define BLOCK_HEADER_SIZE 8u
#define MAX_FIXUP_SIZE 8u

typedef struct PE_PACKED _RELOC_BLOCK {
    uint32_t PageRva;
    uint32_t BlockSize;
    uint16_t Entry[];
} RELOC_BLOCK;

/* Bytes a fix-up covers; 0: nothing to do; -1: a type this machine does not have. */
static int FixupSize(unsigned Type)
{
    switch (Type) {
    case RELOC_ABSOLUTE: return 0;
    case RELOC_HIGH:
    case RELOC_LOW: return 2;
    case RELOC_HIGHLOW: return 4;
    case RELOC_DIR64: return 8;
    default: return -1;
    }
}

/* What is added to the covered bytes, taken as one number. */
static uint64_t FixupAddend(unsigned Type, uint64_t Delta)
{
    return Type == RELOC_HIGH ? Delta >> 16 & 0xFFFF : Delta;
}

/* The block at Offset, NULL at the end of the directory or if it is malformed (then *Status says so). */
static const RELOC_BLOCK *BlockAt(const uint8_t *Directory, uint32_t Size, uint32_t Offset, uint32_t *Entries,
                                  uint32_t *Next, PE_STATUS *Status)
{
    *Status = PE_SUCCESS;
    if (Size - Offset < BLOCK_HEADER_SIZE)
        return NULL;
    const RELOC_BLOCK *Block = (const RELOC_BLOCK *)(Directory + Offset);
    uint32_t BlockSize = Block->BlockSize;
    /* Linkers pad the directory with zeros. */
    if (BlockSize == 0 && Block->PageRva == 0)
        return NULL;
    if (BlockSize < BLOCK_HEADER_SIZE || BlockSize % 2 != 0 || BlockSize > Size - Offset) {
        *Status = PE_INVALID_FORMAT;
        return NULL;
    }
    *Entries = (BlockSize - BLOCK_HEADER_SIZE) / 2;
    *Next = Offset + BlockSize;
    return Block;
}

PE_STATUS RtlPeCheckRelocations(const void *Relocations, uint32_t Size, uint32_t SizeOfImage)
{
    uint32_t Entries, Next;
    PE_STATUS Status = PE_SUCCESS;
    const RELOC_BLOCK *Block;

    for (uint32_t Offset = 0; (Block = BlockAt(Relocations, Size, Offset, &Entries, &Next, &Status)) != NULL;
         Offset = Next) {
        for (uint32_t Index = 0; Index < Entries; Index++) {
            uint16_t Entry = Block->Entry[Index];
            int Bytes = FixupSize(Entry >> 12);
            uint64_t End = (uint64_t)Block->PageRva + (Entry & 0xFFF) + (uint64_t)Bytes;
            if (Bytes < 0 || (Bytes != 0 && End > SizeOfImage))
                return PE_INVALID_FORMAT;
        }
    }
    return Status;
}

PE_STATUS RtlPeRelocateImage(void *Image, const PE_INFO *Info, uint64_t Delta)
{
    uint32_t Size, Entries, Next;
    PE_STATUS Status = PE_SUCCESS;
    const RELOC_BLOCK *Block;
    const uint8_t *Directory = RtlPeDirectory(Image, Info, PeDirectoryRelocation, &Size);

    if (Delta == 0)
        return PE_SUCCESS;
    /* No directory is fine for an image that was not stripped: it has nothing to fix. */
    if (Directory == NULL)
        return Info->Directory[PeDirectoryRelocation].Size != 0 || (Info->Characteristics & PE_FILE_RELOCS_STRIPPED)
            ? PE_INVALID_FORMAT : PE_SUCCESS;

    for (uint32_t Offset = 0; (Block = BlockAt(Directory, Size, Offset, &Entries, &Next, &Status)) != NULL;
         Offset = Next) {
        for (uint32_t Index = 0; Index < Entries; Index++) {
            uint16_t Entry = Block->Entry[Index];
            int Bytes = FixupSize(Entry >> 12);
            uint64_t Rva = (uint64_t)Block->PageRva + (Entry & 0xFFF), Value = 0;
            if (Bytes < 0 || (Bytes != 0 && Rva + (uint64_t)Bytes > Info->SizeOfImage))
                return PE_INVALID_FORMAT;
            __builtin_memcpy(&Value, (uint8_t *)Image + Rva * (Bytes != 0), (size_t)Bytes);
            Value += FixupAddend(Entry >> 12, Delta);
            __builtin_memcpy((uint8_t *)Image + Rva * (Bytes != 0), &Value, (size_t)Bytes);
        }
    }
    return Status;
}

/* Applies a fix-up at signed offset At from the page start (negative: it began in the page before), touching only the page's bytes. */
static void FixPart(uint8_t *Page, const uint8_t *Before, int64_t At, unsigned Bytes, uint64_t Addend)
{
    unsigned Carry = 0;

    for (unsigned Index = 0; Index < Bytes; Index++, At++) {
        if (At >= (int64_t)PE_PAGE_SIZE)
            return;
        unsigned Old = At < 0 ? Before[(int64_t)PE_RELOC_TAIL + At] : Page[At];
        unsigned Sum = Old + (unsigned)(Addend >> Index * 8 & 0xFF) + Carry;
        Carry = Sum >> 8;
        if (At >= 0)
            Page[At] = (uint8_t)Sum;
    }
}

static PE_STATUS FixEntry(uint16_t Entry, int64_t At, uint8_t *Page, const uint8_t *Before, uint64_t Delta)
{
    int Bytes = FixupSize(Entry >> 12);

    if (Bytes < 0)
        return PE_INVALID_FORMAT;
    if (Bytes == 0 || At >= (int64_t)PE_PAGE_SIZE || At + Bytes <= 0)
        return PE_SUCCESS;
    if (At < 0 && Before == NULL)
        return PE_INVALID_FORMAT;
    if (At >= 0 && Bytes == 8 && At + 8 <= (int64_t)PE_PAGE_SIZE) {
        uint64_t Value;
        __builtin_memcpy(&Value, Page + At, 8);
        Value += Delta;
        __builtin_memcpy(Page + At, &Value, 8);
    } else {
        FixPart(Page, Before, At, (unsigned)Bytes, FixupAddend(Entry >> 12, Delta));
    }
    return PE_SUCCESS;
}

PE_STATUS RtlPeRelocatePage(const void *Relocations, uint32_t Size, uint32_t PageRva, void *Page, const void *Before,
                            uint64_t Delta)
{
    uint32_t Entries, Next;
    PE_STATUS Status = PE_SUCCESS;
    const RELOC_BLOCK *Block;

    if (Delta == 0)
        return PE_SUCCESS;
    for (uint32_t Offset = 0; (Block = BlockAt(Relocations, Size, Offset, &Entries, &Next, &Status)) != NULL;
         Offset = Next) {
        int64_t Distance = (int64_t)Block->PageRva - PageRva;
        if (Distance >= (int64_t)PE_PAGE_SIZE || Distance < -(int64_t)(PE_PAGE_SIZE + MAX_FIXUP_SIZE))
            continue;
        for (uint32_t Index = 0; Index < Entries; Index++) {
            uint16_t Entry = Block->Entry[Index];
            Status = FixEntry(Entry, Distance + (Entry & 0xFFF), Page, Before, Delta);
            if (Status != PE_SUCCESS)
                return Status;
        }
    }
    return Status;
}

int RtlPeRelocationStraddles(const void *Relocations, uint32_t Size, uint32_t PageRva)
{
    uint32_t Entries, Next;
    PE_STATUS Status;
    const RELOC_BLOCK *Block;

    for (uint32_t Offset = 0; (Block = BlockAt(Relocations, Size, Offset, &Entries, &Next, &Status)) != NULL;
         Offset = Next) {
        int64_t Distance = (int64_t)Block->PageRva - PageRva;
        if (Distance >= 0 || Distance < -(int64_t)(PE_PAGE_SIZE + MAX_FIXUP_SIZE))
            continue;
        for (uint32_t Index = 0; Index < Entries; Index++) {
            int64_t At = Distance + (Block->Entry[Index] & 0xFFF);
            if (At < 0 && At + FixupSize(Block->Entry[Index] >> 12) > 0)
                return 1;
        }
    }
    return 0;
}
