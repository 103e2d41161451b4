/* SPDX-License-Identifier: MIT */
/*
 * parttable.c - reading partition tables.  The layouts are drawn in parttable.h.
 */
#include "parttable.h"

#define MBR_TABLE 446u
#define MBR_ENTRY 16u
#define GPT_ENTRY_MIN 128u
#define GPT_ENTRY_MAX 4096u
#define GPT_HEADER_MIN 92u
#define MAX_LOGICAL 60u

static uint16_t Load16(const uint8_t *At)
{
    return (uint16_t)(At[0] | At[1] << 8);
}

static uint32_t Load32(const uint8_t *At)
{
    return Load16(At) | (uint32_t)Load16(At + 2) << 16;
}

static uint64_t Load64(const uint8_t *At)
{
    return Load32(At) | (uint64_t)Load32(At + 4) << 32;
}

uint32_t PartCrc32(uint32_t Sum, const void *Bytes, size_t Length)
{
    const uint8_t *At = Bytes;

    Sum = ~Sum;
    for (; Length != 0; Length--) {
        Sum ^= *At++;
        for (int Bit = 0; Bit < 8; Bit++)
            Sum = Sum >> 1 ^ (0xEDB88320u & (0u - (Sum & 1)));
    }
    return ~Sum;
}

/* ---- what both have in common ------------------------------------------------------------------------------------------------------- */

static int Overlaps(const PART_TABLE *Table, uint64_t First, uint64_t Count)
{
    for (uint32_t Index = 0; Index < Table->Count; Index++) {
        const PART_ENTRY *Other = &Table->Entry[Index];
        if (First < Other->First + Other->Count && Other->First < First + Count)
            return 1;
    }
    return 0;
}

/* NULL: left out. */
static PART_ENTRY *Add(PART_TABLE *Table, uint64_t First, uint64_t Count, uint64_t From, uint64_t End, uint32_t Number)
{
    if (Count == 0 || First < From || First >= End || Count > End - First || Table->Count == PART_MAX || Overlaps(Table, First, Count)) {
        Table->Left++;
        return NULL;
    }
    PART_ENTRY *Entry = &Table->Entry[Table->Count++];
    __builtin_memset(Entry, 0, sizeof *Entry);
    Entry->First = First;
    Entry->Count = Count;
    Entry->Number = Number;
    return Entry;
}

/* ---- MBR ---------------------------------------------------------------------------------------------------------------------------- */

static int IsExtended(uint8_t Type)
{
    return Type == 0x05 || Type == 0x0F || Type == 0x85;
}

static void AddMbr(PART_TABLE *Table, const uint8_t *Raw, uint64_t Base, uint64_t Sectors, uint32_t Number)
{
    PART_ENTRY *Entry = Add(Table, Base + Load32(Raw + 8), Load32(Raw + 12), 1, Sectors, Number);

    if (Entry != NULL) {
        Entry->Type = Raw[4];
        Entry->Bootable = Raw[0] == 0x80;
    }
}

/* Each link is relative to the whole extended partition, each logical partition to its own sector. */
static PART_STATUS ReadLogical(PART_READ Read, void *Context, uint64_t Extended, uint64_t Length, uint64_t Sectors, uint8_t *Buffer, PART_TABLE *Table)
{
    uint64_t At = Extended;

    for (uint32_t Number = 5; Number < 5 + MAX_LOGICAL; Number++) {
        if (At >= Sectors) {
            Table->Left++;
            return PART_SUCCESS;
        }
        PART_STATUS Status = Read(Context, At, Buffer);
        if (Status != PART_SUCCESS)
            return Status;
        if (Load16(Buffer + 510) != 0xAA55)
            return PART_SUCCESS;
        if (Buffer[MBR_TABLE + 4] != 0)
            AddMbr(Table, Buffer + MBR_TABLE, At, Sectors, Number);
        const uint8_t *Link = Buffer + MBR_TABLE + MBR_ENTRY;
        uint32_t Next = Load32(Link + 8);
        if (!IsExtended(Link[4]) || Next == 0 || Next >= Length)
            return PART_SUCCESS;
        At = Extended + Next;
    }
    Table->Left++; /* a chain that does not end */
    return PART_SUCCESS;
}

static PART_STATUS ReadMbr(PART_READ Read, void *Context, uint32_t SectorSize, uint64_t Sectors, uint8_t *Buffer, PART_TABLE *Table)
{
    uint64_t Extended = 0, Length = 0;

    Table->Style = PART_MBR;
    Table->Signature = Load32(Buffer + 440);
    for (uint32_t Index = 0; Index < 4; Index++) {
        const uint8_t *Raw = Buffer + MBR_TABLE + Index * MBR_ENTRY;
        if (IsExtended(Raw[4]) && Extended == 0) {
            Extended = Load32(Raw + 8);
            Length = Load32(Raw + 12);
        } else if (Raw[4] != 0) {
            AddMbr(Table, Raw, 0, Sectors, Index + 1);
        }
    }
    if (Extended == 0 || Extended >= Sectors)
        return PART_SUCCESS;
    return ReadLogical(Read, Context, Extended, Length, Sectors, Buffer + SectorSize, Table);
}

/* ---- GPT ---------------------------------------------------------------------------------------------------------------------------- */

typedef struct _GPT {
    uint64_t Entries;  /* first sector */
    uint32_t Count, Size, Sum;
} GPT;

/* The header in Buffer, which was read from sector At. */
static int TakeHeader(const uint8_t *Buffer, uint32_t SectorSize, uint64_t At, uint64_t Sectors, GPT *Gpt, PART_TABLE *Table)
{
    static const uint8_t Zero[4];
    uint32_t Size = Load32(Buffer + 12);

    if (__builtin_memcmp(Buffer, "EFI PART", 8) != 0 || Load32(Buffer + 8) >> 16 != 1 || Size < GPT_HEADER_MIN || Size > SectorSize)
        return 0;
    uint32_t Sum = PartCrc32(0, Buffer, 16);
    Sum = PartCrc32(Sum, Zero, 4);
    Sum = PartCrc32(Sum, Buffer + 20, Size - 20);
    if (Sum != Load32(Buffer + 16) || Load64(Buffer + 24) != At)
        return 0;
    Gpt->Entries = Load64(Buffer + 72);
    Gpt->Count = Load32(Buffer + 80);
    Gpt->Size = Load32(Buffer + 84);
    Gpt->Sum = Load32(Buffer + 88);
    Table->FirstUsable = Load64(Buffer + 40);
    Table->LastUsable = Load64(Buffer + 48);
    __builtin_memcpy(Table->DiskId, Buffer + 56, 16);
    Table->Slots = Gpt->Count;
    if (Gpt->Size < GPT_ENTRY_MIN || Gpt->Size > GPT_ENTRY_MAX || (Gpt->Size & (Gpt->Size - 1)) != 0 || Gpt->Count == 0 || Gpt->Count > 1024 ||
        Gpt->Size > SectorSize || Table->FirstUsable < 2 || Table->FirstUsable > Table->LastUsable || Table->LastUsable >= Sectors)
        return 0;
    uint64_t Length = ((uint64_t)Gpt->Count * Gpt->Size + SectorSize - 1) / SectorSize;
    return Gpt->Entries >= 2 && Gpt->Entries < Sectors && Length <= Sectors - Gpt->Entries;
}

static void AddGpt(PART_TABLE *Table, const uint8_t *Raw, uint32_t Number)
{
    static const uint8_t Unused[16];
    uint64_t First = Load64(Raw + 32), Last = Load64(Raw + 40);

    if (__builtin_memcmp(Raw, Unused, 16) == 0)
        return;
    PART_ENTRY *Entry = Add(Table, First, Last < First ? 0 : Last - First + 1, Table->FirstUsable, Table->LastUsable + 1, Number);
    if (Entry == NULL)
        return;
    __builtin_memcpy(Entry->TypeId, Raw, 16);
    __builtin_memcpy(Entry->Id, Raw + 16, 16);
    Entry->Attributes = Load64(Raw + 48);
    for (uint32_t Index = 0; Index < 36; Index++)
        Entry->Name[Index] = Load16(Raw + 56 + 2 * Index);
}

/* Entries sector by sector; they are believed if their sum is right in the end. */
static PART_STATUS ReadEntries(PART_READ Read, void *Context, uint32_t SectorSize, uint8_t *Buffer, const GPT *Gpt, PART_TABLE *Table)
{
    uint32_t PerSector = SectorSize / Gpt->Size, Sum = 0;

    for (uint32_t Index = 0; Index < Gpt->Count; Index += PerSector) {
        uint32_t Here = Gpt->Count - Index < PerSector ? Gpt->Count - Index : PerSector;
        PART_STATUS Status = Read(Context, Gpt->Entries + Index / PerSector, Buffer);
        if (Status != PART_SUCCESS)
            return Status;
        Sum = PartCrc32(Sum, Buffer, (size_t)Here * Gpt->Size);
        for (uint32_t At = 0; At < Here; At++)
            AddGpt(Table, Buffer + At * Gpt->Size, Index + At + 1);
    }
    return Sum == Gpt->Sum ? PART_SUCCESS : PART_CORRUPT;
}

static PART_STATUS ReadGptAt(PART_READ Read, void *Context, uint32_t SectorSize, uint64_t Sectors, uint64_t At, uint8_t *Buffer, PART_TABLE *Table)
{
    GPT Gpt;

    Table->Count = Table->Left = 0;
    PART_STATUS Status = Read(Context, At, Buffer);
    if (Status != PART_SUCCESS)
        return Status;
    if (!TakeHeader(Buffer, SectorSize, At, Sectors, &Gpt, Table))
        return PART_CORRUPT;
    return ReadEntries(Read, Context, SectorSize, Buffer, &Gpt, Table);
}

static PART_STATUS ReadGpt(PART_READ Read, void *Context, uint32_t SectorSize, uint64_t Sectors, uint8_t *Buffer, PART_TABLE *Table)
{
    PART_STATUS Status = ReadGptAt(Read, Context, SectorSize, Sectors, 1, Buffer, Table);

    Table->Style = PART_GPT;
    if (Status != PART_SUCCESS)
        Status = ReadGptAt(Read, Context, SectorSize, Sectors, Sectors - 1, Buffer, Table);
    if (Status != PART_SUCCESS)
        Table->Count = 0;
    return Status;
}

/* ---- which of them -------------------------------------------------------------------------------------------------------------------- */

static int LooksLikeFat(const uint8_t *Boot)
{
    uint32_t Size = Load16(Boot + 11);

    return (Boot[0] == 0xEB || Boot[0] == 0xE9) && Size >= 512 && Size <= 4096 && (Size & (Size - 1)) == 0 && Boot[13] != 0 &&
           (Boot[13] & (Boot[13] - 1)) == 0 && Load16(Boot + 14) != 0 && (Boot[16] == 1 || Boot[16] == 2) && (Boot[21] == 0xF0 || Boot[21] >= 0xF8);
}

static int HasProtectiveEntry(const uint8_t *Mbr)
{
    for (uint32_t Index = 0; Index < 4; Index++) {
        if (Mbr[MBR_TABLE + Index * MBR_ENTRY + 4] == 0xEE)
            return 1;
    }
    return 0;
}

PART_STATUS PartRead(PART_READ Read, void *Context, uint32_t SectorSize, uint64_t Sectors, uint8_t *Buffer, PART_TABLE *Table)
{
    __builtin_memset(Table, 0, sizeof *Table);
    if (Sectors < 4)
        return PART_SUCCESS;
    PART_STATUS Status = Read(Context, 0, Buffer);
    if (Status != PART_SUCCESS)
        return Status;
    if (LooksLikeFat(Buffer) || Load16(Buffer + 510) != 0xAA55)
        return PART_SUCCESS;
    return HasProtectiveEntry(Buffer) ? ReadGpt(Read, Context, SectorSize, Sectors, Buffer, Table)
                                      : ReadMbr(Read, Context, SectorSize, Sectors, Buffer, Table);
}

int PartIsData(const PART_TABLE *Table, const PART_ENTRY *Entry)
{
    /* EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, basic data. */
    static const uint8_t BasicData[16] = { 0xA2, 0xA0, 0xD0, 0xEB, 0xE5, 0xB9, 0x33, 0x44, 0x87, 0xC0, 0x68, 0xB6, 0xB7, 0x26, 0x99, 0xC7 };
    const uint64_t NoDriveLetter = 1ULL << 63;

    if (Table->Style == PART_GPT)
        return __builtin_memcmp(Entry->TypeId, BasicData, 16) == 0 && !(Entry->Attributes & NoDriveLetter);
    return Entry->Type == 0x01 || Entry->Type == 0x04 || Entry->Type == 0x06 || Entry->Type == 0x07 || Entry->Type == 0x0B || Entry->Type == 0x0C ||
           Entry->Type == 0x0E;
}
