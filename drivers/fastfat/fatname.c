/* SPDX-License-Identifier: MIT */
/*
 * fatname.c - directory entries and their names.
 *
 * A long name is believed only if all its parts are there in order and carry the checksum of the short entry that follows; anything else is the
 * debris of an old system that renamed or deleted the short entry alone, and is ignored, as Windows does.
 */
#include "fatdisk.h"

#define ENTRY_END 0x00
#define ENTRY_DELETED 0xE5
#define ENTRY_IS_E5 0x05 /* the first character really is 0xE5 */
#define LONG_LAST 0x40
#define UNITS_PER_PART 13u
#define MAX_PARTS 20u
#define CASE_LOWER_BASE 0x08
#define CASE_LOWER_EXTENSION 0x10

/* Long-name parts collected so far. */
typedef struct _LONG_NAME {
    uint16_t Units[MAX_PARTS * UNITS_PER_PART];
    uint32_t Parts;    /* how many the name has; 0: none begun */
    uint32_t Expected; /* number of the part that must come next; 0: complete */
    uint8_t Checksum;
} LONG_NAME;

static uint16_t Load16(const uint8_t *At)
{
    return (uint16_t)(At[0] | At[1] << 8);
}

static uint8_t ShortChecksum(const uint8_t *Entry)
{
    uint8_t Sum = 0;

    for (int Index = 0; Index < 11; Index++)
        Sum = (uint8_t)((Sum >> 1 | Sum << 7) + Entry[Index]);
    return Sum;
}

static void TakePart(LONG_NAME *Long, const uint8_t *Entry)
{
    static const uint8_t UnitAt[UNITS_PER_PART] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30 };
    uint32_t Number = Entry[0] & 0x3F;

    if (Entry[0] & LONG_LAST) {
        Long->Parts = Number >= 1 && Number <= MAX_PARTS ? Number : 0;
        Long->Expected = Long->Parts;
        Long->Checksum = Entry[13];
    }
    if (Long->Parts == 0 || Number != Long->Expected || Number == 0 || Entry[13] != Long->Checksum || Entry[12] != 0) {
        Long->Parts = 0;
        return;
    }
    for (uint32_t Index = 0; Index < UNITS_PER_PART; Index++)
        Long->Units[(Number - 1) * UNITS_PER_PART + Index] = Load16(Entry + UnitAt[Index]);
    Long->Expected--;
}

/* NT's rule for long names on FAT: no control characters, and none of those nine. */
static int IsLegalUnit(uint16_t Unit)
{
    static const char Illegal[] = "\"*/:<>?\\|";

    if (Unit < 0x20)
        return 0;
    for (const char *At = Illegal; *At != 0; At++) {
        if (Unit == (uint8_t)*At)
            return 0;
    }
    return 1;
}

static int UseLongName(const LONG_NAME *Long, const uint8_t *Entry, FAT_DIRENT *Dirent)
{
    uint32_t Length = 0, Room = Long->Parts * UNITS_PER_PART;

    if (Long->Parts == 0 || Long->Expected != 0 || Long->Checksum != ShortChecksum(Entry))
        return 0;
    while (Length < Room && Long->Units[Length] != 0) {
        if (!IsLegalUnit(Long->Units[Length]) || Length == FAT_MAX_NAME)
            return 0;
        Dirent->Name[Length] = Long->Units[Length];
        Length++;
    }
    Dirent->NameLength = Length;
    Dirent->Name[Length] = 0;
    return Length != 0;
}

/* Up to Count characters of a blank-padded field; returns how many there are. */
static uint32_t TakeField(const uint8_t *Field, uint32_t Count, int Lower, uint16_t *To)
{
    while (Count != 0 && Field[Count - 1] == ' ')
        Count--;
    for (uint32_t Index = 0; Index < Count; Index++) {
        uint8_t Character = Field[Index];
        To[Index] = Lower && Character >= 'A' && Character <= 'Z' ? (uint16_t)(Character + 32) : FatFromOem(Character);
    }
    return Count;
}

static uint32_t TakeShortName(const uint8_t *Entry, uint8_t Case, uint16_t *Name)
{
    uint32_t Length = TakeField(Entry, 8, Case & CASE_LOWER_BASE, Name);
    uint32_t Extension = TakeField(Entry + 8, 3, Case & CASE_LOWER_EXTENSION, Name + Length + 1);

    if (Length != 0 && Entry[0] == ENTRY_IS_E5)
        Name[0] = FatFromOem(ENTRY_DELETED);
    if (Extension != 0) {
        Name[Length] = '.';
        Length += Extension + 1;
    }
    Name[Length] = 0;
    return Length;
}

uint32_t FatShortToText(const uint8_t Short[11], uint8_t CaseBits, uint16_t Text[13])
{
    return TakeShortName(Short, CaseBits, Text);
}

static void TakeEntry(const uint8_t *Entry, uint32_t Bits, const LONG_NAME *Long, FAT_DIRENT *Dirent)
{
    Dirent->Attributes = Entry[11] & 0x3F;
    Dirent->CaseBits = Entry[12] & (CASE_LOWER_BASE | CASE_LOWER_EXTENSION);
    __builtin_memcpy(Dirent->RawShort, Entry, sizeof Dirent->RawShort);
    Dirent->CreateTenths = Entry[13];
    Dirent->CreateTime = Load16(Entry + 14);
    Dirent->CreateDate = Load16(Entry + 16);
    Dirent->AccessDate = Load16(Entry + 18);
    Dirent->WriteTime = Load16(Entry + 22);
    Dirent->WriteDate = Load16(Entry + 24);
    Dirent->FirstCluster = Load16(Entry + 26) | (Bits == 32 ? (uint32_t)Load16(Entry + 20) << 16 : 0);
    Dirent->Size = Load16(Entry + 28) | (uint32_t)Load16(Entry + 30) << 16;
    Dirent->ShortNameLength = TakeShortName(Entry, 0, Dirent->ShortName);
    Dirent->HasLongName = (uint8_t)UseLongName(Long, Entry, Dirent);
    if (!Dirent->HasLongName)
        Dirent->NameLength = TakeShortName(Entry, Entry[12], Dirent->Name);
}

FAT_STATUS FatNextDirent(const void *Directory, uint32_t Size, uint32_t Bits, int WantLabel, uint32_t *Offset, FAT_DIRENT *Dirent)
{
    LONG_NAME Long;

    Long.Parts = Long.Expected = Long.Checksum = 0;
    while (*Offset < Size && Size - *Offset >= FAT_ENTRY_SIZE) {
        const uint8_t *Entry = (const uint8_t *)Directory + *Offset;
        uint32_t At = *Offset;
        if (Entry[0] == ENTRY_END)
            break;
        *Offset += FAT_ENTRY_SIZE;
        if (Entry[0] == ENTRY_DELETED) {
            Long.Parts = 0;
        } else if ((Entry[11] & 0x3F) == FAT_ATTRIBUTE_LONG_NAME) {
            TakePart(&Long, Entry);
        } else if ((Entry[11] & FAT_ATTRIBUTE_VOLUME) && !WantLabel) {
            Long.Parts = 0;
        } else {
            TakeEntry(Entry, Bits, &Long, Dirent);
            Dirent->Offset = At;
            Dirent->FirstOffset = Dirent->HasLongName ? At - Long.Parts * FAT_ENTRY_SIZE : At;
            if (Dirent->NameLength != 0)
                return FAT_SUCCESS;
            Long.Parts = 0;
        }
    }
    return FAT_NO_MORE;
}
