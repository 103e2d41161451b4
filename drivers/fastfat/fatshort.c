/* SPDX-License-Identifier: MIT */
/*
 * fatshort.c - names on their way to the disk: which are legal, which fit 8.3 as they are, what 8.3 name the others get besides.
 *
 * A name that is 8.3 but for the case of its letters needs no long name if base and extension are each of one case: NT notes that in two bits of
 * the entry.  Any other name gets a short one made from it:
 *
 *      the first six legal characters (blanks and dots left out, others that 8.3 does not know as '_'), "~1", the first three of the extension;
 *      "~2" to "~4" if those are taken; then two characters, four hexadecimal digits that depend on the whole name, and again "~1", "~2", ...
 *
 * Short names are in the OEM code page, 437 here as on a Windows of the United States.
 */
#include "fatdisk.h"

#define LONG_LAST 0x40
#define UNITS_PER_PART 13u
#define CASE_LOWER_BASE 0x08
#define CASE_LOWER_EXTENSION 0x10
#define BASE 8u
#define EXTENSION 3u
#define PLAIN_TAILS 4u
#define MAX_TAIL 99999u

static const uint16_t Oem437[128] = {
    0x00C7, 0x00FC, 0x00E9, 0x00E2, 0x00E4, 0x00E0, 0x00E5, 0x00E7, 0x00EA, 0x00EB, 0x00E8, 0x00EF, 0x00EE, 0x00EC, 0x00C4, 0x00C5,
    0x00C9, 0x00E6, 0x00C6, 0x00F4, 0x00F6, 0x00F2, 0x00FB, 0x00F9, 0x00FF, 0x00D6, 0x00DC, 0x00A2, 0x00A3, 0x00A5, 0x20A7, 0x0192,
    0x00E1, 0x00ED, 0x00F3, 0x00FA, 0x00F1, 0x00D1, 0x00AA, 0x00BA, 0x00BF, 0x2310, 0x00AC, 0x00BD, 0x00BC, 0x00A1, 0x00AB, 0x00BB,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255D, 0x255C, 0x255B, 0x2510,
    0x2514, 0x2534, 0x252C, 0x251C, 0x2500, 0x253C, 0x255E, 0x255F, 0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256C, 0x2567,
    0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256B, 0x256A, 0x2518, 0x250C, 0x2588, 0x2584, 0x258C, 0x2590, 0x2580,
    0x03B1, 0x00DF, 0x0393, 0x03C0, 0x03A3, 0x03C3, 0x00B5, 0x03C4, 0x03A6, 0x0398, 0x03A9, 0x03B4, 0x221E, 0x03C6, 0x03B5, 0x2229,
    0x2261, 0x00B1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00F7, 0x2248, 0x00B0, 0x2219, 0x00B7, 0x221A, 0x207F, 0x00B2, 0x25A0, 0x00A0,
};

uint16_t FatFromOem(uint8_t Byte)
{
    return Byte < 0x80 ? Byte : Oem437[Byte - 0x80];
}

uint8_t FatToOem(uint16_t Unit)
{
    if (Unit < 0x80)
        return (uint8_t)Unit;
    for (uint32_t Index = 0; Index < 128; Index++) {
        if (Oem437[Index] == Unit)
            return (uint8_t)(Index + 0x80);
    }
    return 0;
}

/* Bit n of word n / 32: the ASCII character n may not stand in any name: controls, " * / : < > ? \ |. */
static const uint32_t IllegalInName[4] = { 0xFFFFFFFF, 0xD4008404, 0x10000000, 0x10000000 };
/* Nor these in an 8.3 name: blank + , ; = [ ]. */
static const uint32_t IllegalInShort[4] = { 0xFFFFFFFF, 0xFC009C05, 0x38000000, 0x10000000 };

static int Has(const uint32_t Set[4], uint16_t Unit)
{
    return Unit < 0x80 && (Set[Unit / 32] >> Unit % 32 & 1);
}

FAT_STATUS FatCheckName(const uint16_t *Name, uint32_t Length)
{
    if (Length == 0 || Length > FAT_MAX_NAME || (Name[0] == '.' && (Length == 1 || (Length == 2 && Name[1] == '.'))))
        return FAT_NAME_INVALID; /* "." and "..": whoever opens a file by a path has resolved them */
    for (uint32_t Index = 0; Index < Length; Index++) {
        if (Has(IllegalInName, Name[Index]))
            return FAT_NAME_INVALID;
    }
    return FAT_SUCCESS;
}

static int IsLower(uint16_t Unit)
{
    return Unit >= 'a' && Unit <= 'z';
}

static int IsUpper(uint16_t Unit)
{
    return Unit >= 'A' && Unit <= 'Z';
}

/* One part of an 8.3 name.  0: it is none, or of mixed case. */
static int TakePart(const uint16_t *Name, uint32_t Length, uint32_t Room, uint8_t *To, int *Lower)
{
    uint32_t Lowers = 0, Uppers = 0;

    if (Length > Room)
        return 0;
    for (uint32_t Index = 0; Index < Length; Index++) {
        uint16_t Unit = Name[Index];
        if (Unit >= 0x80 || Unit == '.' || Has(IllegalInShort, Unit))
            return 0;
        Lowers += (uint32_t)IsLower(Unit);
        Uppers += (uint32_t)IsUpper(Unit);
        To[Index] = (uint8_t)(IsLower(Unit) ? Unit - 32 : Unit);
    }
    *Lower = Lowers != 0;
    return Lowers == 0 || Uppers == 0;
}

/* The last dot that has something other than dots before it; Length if there is none. */
static uint32_t FindDot(const uint16_t *Name, uint32_t Length)
{
    uint32_t Dot = Length, Any = 0;

    for (uint32_t Index = 0; Index < Length; Index++) {
        if (Name[Index] == '.')
            Dot = Any ? Index : Length;
        else
            Any = 1;
    }
    return Dot;
}

static int TakeAsShort(const uint16_t *Name, uint32_t Length, FAT_NAME_FORM *Form)
{
    uint32_t Dot = FindDot(Name, Length), After = Dot < Length ? Length - Dot - 1 : 0;
    int LowerBase = 0, LowerExtension = 0;

    __builtin_memset(Form, ' ', sizeof Form->Short);
    if (Dot == 0 || (Dot < Length && After == 0) || !TakePart(Name, Dot, BASE, Form->Short, &LowerBase) ||
        (After != 0 && !TakePart(Name + Dot + 1, After, EXTENSION, Form->Short + BASE, &LowerExtension)))
        return 0;
    Form->CaseBits = (uint8_t)((LowerBase ? CASE_LOWER_BASE : 0) | (LowerExtension ? CASE_LOWER_EXTENSION : 0));
    Form->NeedsLong = 0;
    return 1;
}

/* Up to Room characters of a generated name. */
static uint32_t Squeeze(const uint16_t *Name, uint32_t Length, uint32_t Room, uint8_t *To)
{
    uint32_t Count = 0;

    for (uint32_t Index = 0; Index < Length && Count < Room; Index++) {
        uint16_t Unit = Name[Index];
        if (Unit == ' ' || Unit == '.')
            continue;
        uint8_t Byte = FatToOem(FatUpcase(Unit));
        To[Count++] = Byte == 0 || Has(IllegalInShort, Unit) ? '_' : Byte;
    }
    return Count;
}

/* Windows 7 and later; found out by comparing names with what they became. */
static uint16_t HashLongName(const uint16_t *Name, uint32_t Length)
{
    uint16_t Sum = 0;

    for (uint32_t Index = 0; Index < Length; Index++)
        Sum = (uint16_t)(Sum * 0x25 + Name[Index]);
    int32_t Mixed = (int32_t)(Sum * 314159269u);
    if (Mixed < 0)
        Mixed = (int32_t)(0u - (uint32_t)Mixed);
    uint32_t Quotient = (uint32_t)((uint64_t)((int64_t)Mixed * 1152921497) >> 60);
    Sum = (uint16_t)((uint32_t)Mixed - Quotient * 1000000007u);
    return (uint16_t)(Sum >> 12 | (Sum >> 4 & 0x00F0) | (Sum << 4 & 0x0F00) | Sum << 12);
}

/* Base, cut so that "~Tail" fits behind it, into the eight bytes at To. */
static void PutTail(const uint8_t *Base, uint32_t Length, uint32_t Tail, uint8_t *To)
{
    uint8_t Digits[6];
    uint32_t Count = 0;

    for (; Tail != 0; Tail /= 10)
        Digits[Count++] = (uint8_t)('0' + Tail % 10);
    if (Length > BASE - 1 - Count)
        Length = BASE - 1 - Count;
    __builtin_memset(To, ' ', BASE);
    __builtin_memcpy(To, Base, Length);
    To[Length++] = '~';
    while (Count != 0)
        To[Length++] = Digits[--Count];
    if (To[0] == 0xE5)
        To[0] = 0x05;
}

FAT_STATUS FatChooseShortName(const uint16_t *Name, uint32_t Length, FAT_SHORT_TAKEN Taken, void *Context, FAT_NAME_FORM *Form)
{
    static const char Hex[] = "0123456789ABCDEF";
    uint32_t Dot = FindDot(Name, Length), Count;
    uint8_t Base[BASE];

    if (TakeAsShort(Name, Length, Form))
        return FAT_SUCCESS;
    __builtin_memset(Form, ' ', sizeof Form->Short);
    Form->CaseBits = 0;
    Form->NeedsLong = 1;
    if (Dot < Length)
        (void)Squeeze(Name + Dot + 1, Length - Dot - 1, EXTENSION, Form->Short + BASE);
    Count = Squeeze(Name, Dot, BASE - 2, Base);
    for (uint32_t Tail = 1; Tail <= PLAIN_TAILS; Tail++) {
        PutTail(Base, Count, Tail, Form->Short);
        if (!Taken(Context, Form->Short))
            return FAT_SUCCESS;
    }
    uint16_t Hash = HashLongName(Name, Length);
    Count = Count < 2 ? Count : 2;
    for (int Shift = 12; Shift >= 0; Shift -= 4)
        Base[Count++] = (uint8_t)Hex[Hash >> Shift & 15];
    for (uint32_t Tail = 1; Tail <= MAX_TAIL; Tail++) {
        PutTail(Base, Count, Tail, Form->Short);
        if (!Taken(Context, Form->Short))
            return FAT_SUCCESS;
    }
    return FAT_CANNOT_MAKE;
}

uint32_t FatCountEntries(uint32_t NameLength, const FAT_NAME_FORM *Form)
{
    return Form->NeedsLong ? (NameLength + UNITS_PER_PART - 1) / UNITS_PER_PART + 1 : 1;
}

static uint8_t Checksum(const uint8_t Short[11])
{
    uint8_t Sum = 0;

    for (int Index = 0; Index < 11; Index++)
        Sum = (uint8_t)((Sum >> 1 | Sum << 7) + Short[Index]);
    return Sum;
}

void FatPackName(const uint16_t *Name, uint32_t Length, const FAT_NAME_FORM *Form, uint8_t *Entries)
{
    static const uint8_t UnitAt[UNITS_PER_PART] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30 };
    uint32_t Parts = FatCountEntries(Length, Form) - 1;
    uint8_t Sum = Checksum(Form->Short);

    for (uint32_t Part = Parts; Part != 0; Part--, Entries += FAT_ENTRY_SIZE) {
        __builtin_memset(Entries, 0, FAT_ENTRY_SIZE);
        Entries[0] = (uint8_t)(Part | (Part == Parts ? LONG_LAST : 0));
        Entries[11] = FAT_ATTRIBUTE_LONG_NAME;
        Entries[13] = Sum;
        for (uint32_t Index = 0; Index < UNITS_PER_PART; Index++) {
            uint32_t At = (Part - 1) * UNITS_PER_PART + Index;
            uint16_t Unit = At < Length ? Name[At] : At == Length ? 0 : 0xFFFF;
            Entries[UnitAt[Index]] = (uint8_t)Unit;
            Entries[UnitAt[Index] + 1] = (uint8_t)(Unit >> 8);
        }
    }
    __builtin_memset(Entries, 0, FAT_ENTRY_SIZE);
    __builtin_memcpy(Entries, Form->Short, sizeof Form->Short);
    Entries[12] = Form->CaseBits;
}

FAT_STATUS FatPackLabel(const uint16_t *Label, uint32_t Length, uint8_t Packed[11])
{
    static const uint32_t Illegal[4] = { 0xFFFFFFFF, 0xFC00DC04, 0x38000000, 0x10000000 };

    while (Length != 0 && Label[Length - 1] == ' ')
        Length--;
    if (Length > 11)
        return FAT_INVALID_LABEL;
    __builtin_memset(Packed, ' ', 11);
    for (uint32_t Index = 0; Index < Length; Index++) {
        uint8_t Byte = FatToOem(FatUpcase(Label[Index]));
        if (Byte == 0 || Has(Illegal, Label[Index]) || (Index == 0 && Byte == ' '))
            return FAT_INVALID_LABEL;
        Packed[Index] = Byte;
    }
    if (Packed[0] == 0xE5)
        Packed[0] = 0x05;
    return FAT_SUCCESS;
}
