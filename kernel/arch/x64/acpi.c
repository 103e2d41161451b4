/* SPDX-License-Identifier: MIT */
/*
 * acpi.c - the few ACPI tables that start-up needs: processors and interrupt controllers (MADT), a timer to calibrate by (HPET, FADT), and
 * how to power off (FADT, and \_S5 out of the DSDT, by pattern: there is no AML interpreter).
 *
 * Tables come from firmware: lengths are checked before anything in them is believed.  All are read through the loader's direct map.
 * ACPI 6.4, chapters 5.2 and 7.4.2.
 */
#include "archp.h"
#include "kd.h"

KI_ACPI KiAcpi;

typedef struct __attribute__((packed)) _ACPI_HEADER
{
    ULONG Signature, Length;
    UCHAR Revision, Checksum;
    CHAR OemId[6], OemTableId[8];
    ULONG OemRevision, CreatorId, CreatorRevision;
} ACPI_HEADER;
static_assert(sizeof(ACPI_HEADER) == 36, "ACPI header");

#define ACPI_MAX_TABLE 0x100000u

static ULONG KiAcpi32(const ACPI_HEADER *Table, ULONG Offset)
{
    ULONG Value = 0;

    if (Offset + 4 <= Table->Length) {
        __builtin_memcpy(&Value, (const UCHAR *)Table + Offset, 4);
    }
    return Value;
}

static ULONG64 KiAcpi64(const ACPI_HEADER *Table, ULONG Offset)
{
    return KiAcpi32(Table, Offset) | (ULONG64)KiAcpi32(Table, Offset + 4) << 32;
}

static const ACPI_HEADER *KiAcpiTable(ULONG64 Physical)
{
    const ACPI_HEADER *Table = (const ACPI_HEADER *)KiPhysical(Physical);

    if (Physical == 0 || Table->Length < sizeof(*Table) || Table->Length > ACPI_MAX_TABLE) {
        return NULL;
    }
    return Table;
}

/* MADT: a header, the local APIC's address at 36, then records (type, length, ...) from 44 on. */
static void KiReadMadtRecord(const UCHAR *Record)
{
    ULONG64 Value64;
    ULONG Value;

    switch (Record[0]) {
    case 0: /* processor: ACPI id, APIC id, flags */
        if (Record[1] >= 8 && (Record[4] & 1) != 0 && KiAcpi.ProcessorCount < KE_MAXIMUM_PROCESSORS) {
            KiAcpi.ProcessorApicId[KiAcpi.ProcessorCount++] = Record[3];
        }
        break;
    case 1: /* I/O APIC: id, reserved, address, first interrupt */
        if (Record[1] >= 12 && KiAcpi.IoApicCount < 4) {
            KiAcpi.IoApic[KiAcpi.IoApicCount].Id = Record[2];
            __builtin_memcpy(&Value, Record + 4, 4);
            KiAcpi.IoApic[KiAcpi.IoApicCount].Address = Value;
            __builtin_memcpy(&KiAcpi.IoApic[KiAcpi.IoApicCount++].GsiBase, Record + 8, 4);
        }
        break;
    case 2: /* override: bus, source, interrupt, flags */
        if (Record[1] >= 10 && Record[2] == 0 && Record[3] < 16) {
            __builtin_memcpy(&KiAcpi.Isa[Record[3]].Gsi, Record + 4, 4);
            __builtin_memcpy(&KiAcpi.Isa[Record[3]].Flags, Record + 8, 2);
        }
        break;
    case 5: /* 64-bit address of the local APIC */
        if (Record[1] >= 12) {
            __builtin_memcpy(&Value64, Record + 4, 8);
            KiAcpi.LocalApic = Value64;
        }
        break;
    }
}

static void KiReadMadt(const ACPI_HEADER *Madt)
{
    const UCHAR *Record = (const UCHAR *)Madt + 44;
    const UCHAR *End = (const UCHAR *)Madt + Madt->Length;

    KiAcpi.LocalApic = KiAcpi32(Madt, 36);
    while (Record + 2 <= End && Record[1] >= 2 && Record + Record[1] <= End) {
        KiReadMadtRecord(Record);
        Record += Record[1];
    }
}

/* DSDT: Name (_S5_, Package () { TypeA, TypeB, ... }) is 08 "_S5_" 12 PkgLength Count, then each type as 0A value, or 00, 01. */
static void KiReadS5(const ACPI_HEADER *Dsdt)
{
    const UCHAR *Byte = (const UCHAR *)Dsdt + sizeof(*Dsdt);
    const UCHAR *End = (const UCHAR *)Dsdt + Dsdt->Length - 12;
    UCHAR Type[2] = { 0, 0 };

    for (; Byte < End && !(Byte[0] == '_' && Byte[1] == 'S' && Byte[2] == '5' && Byte[3] == '_'); Byte++) {
    }
    if (Byte >= End || Byte[4] != 0x12) {
        return;
    }
    Byte += 5 + 1 + (Byte[5] >> 6) + 1; /* package op, its length field, element count */
    for (ULONG i = 0; i < 2 && Byte + 1 < End + 12; i++) {
        if (*Byte == 0x0A) {
            Byte++;
        }
        Type[i] = *Byte++;
        KiAcpi.HasS5 = i == 1;
    }
    if (KiAcpi.HasS5) {
        KiAcpi.SleepTypeA = (USHORT)((Type[0] & 7) << 10);
        KiAcpi.SleepTypeB = (USHORT)((Type[1] & 7) << 10);
    }
}

static void KiReadFadt(const ACPI_HEADER *Fadt)
{
    const ACPI_HEADER *Dsdt = KiAcpiTable(KiAcpi32(Fadt, 40));

    KiAcpi.Pm1aControl = KiAcpi32(Fadt, 64);
    KiAcpi.Pm1bControl = KiAcpi32(Fadt, 68);
    KiAcpi.PmTimer = KiAcpi32(Fadt, 76);
    if (Dsdt != NULL && Dsdt->Length > sizeof(*Dsdt) + 16) {
        KiReadS5(Dsdt);
    }
}

static void KiReadTable(const ACPI_HEADER *Table)
{
    switch (Table->Signature) {
    case 0x43495041: /* APIC */
        KiReadMadt(Table);
        break;
    case 0x50434146: /* FACP */
        KiReadFadt(Table);
        break;
    case 0x54455048: /* HPET: generic address at 40, the address itself at 44; 0: system memory */
        KiAcpi.Hpet = (KiAcpi32(Table, 40) & 0xFF) == 0 ? KiAcpi64(Table, 44) : 0;
        break;
    }
}

void KiReadAcpiTables(ULONG64 Rsdp)
{
    const UCHAR *Pointer = (const UCHAR *)KiPhysical(Rsdp);
    const ACPI_HEADER *Root, *Table;
    ULONG64 RootAddress = 0;
    ULONG Entry = 4;

    KiAcpi.LocalApic = 0xFEE00000;
    for (ULONG i = 0; i < 16; i++) {
        KiAcpi.Isa[i].Gsi = i;
    }
    if (Rsdp != 0 && __builtin_memcmp(Pointer, "RSD PTR ", 8) == 0) {
        if (Pointer[15] >= 2) {
            __builtin_memcpy(&RootAddress, Pointer + 24, 8);
            Entry = 8;
        }
        if (RootAddress == 0) {
            __builtin_memcpy(&RootAddress, Pointer + 16, 4);
            Entry = 4;
        }
    }
    Root = KiAcpiTable(RootAddress);
    if (Root == NULL) {
        KdPrint_("Ke: no ACPI tables; assuming one processor and one I/O APIC\n");
    }
    for (ULONG Offset = sizeof(*Root); Root != NULL && Offset + Entry <= Root->Length; Offset += Entry) {
        Table = KiAcpiTable(Entry == 8 ? KiAcpi64(Root, Offset) : KiAcpi32(Root, Offset));
        if (Table != NULL) {
            KiReadTable(Table);
        }
    }
    if (KiAcpi.IoApicCount == 0) {
        KiAcpi.IoApic[0].Address = 0xFEC00000;
        KiAcpi.IoApicCount = 1;
    }
}
