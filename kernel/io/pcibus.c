/* SPDX-License-Identifier: MIT */
/*
 * pcibus.c - PCI configuration space for drivers: HalGetBusData and its like, through the ports 0xCF8 and 0xCFC, which every PC has.
 *
 * There is no PCI bus driver and so no device stacks: a driver looks for its device itself, as NT 3.51's did.  What QEMU's firmware has set up (bus
 * numbers, memory windows) is used as it is.  The two ports are one register and its window: IopPciLock is held over the pair, with interrupts
 * as they are at DISPATCH_LEVEL, since no interrupt service routine comes here.
 */
#include "iop.h"

#define PCI_ADDRESS_PORT 0xCF8
#define PCI_DATA_PORT 0xCFC
#define PCI_SPACE 256u

static KSPIN_LOCK IopPciLock;

static ULONG IopPciAddress(ULONG Bus, ULONG Slot, ULONG Offset)
{
    PCI_SLOT_NUMBER Number = {.u.AsULONG = Slot};
    return 0x80000000u | Bus << 16 | (ULONG)Number.u.bits.DeviceNumber << 11 | (ULONG)Number.u.bits.FunctionNumber << 8 | (Offset & 0xFCu);
}

static ULONG IopPciRead(ULONG Bus, ULONG Slot, ULONG Offset)
{
    KIRQL Irql;
    ULONG Value;
    KeAcquireSpinLock(&IopPciLock, &Irql);
    __outdword(PCI_ADDRESS_PORT, IopPciAddress(Bus, Slot, Offset));
    Value = __indword(PCI_DATA_PORT);
    KeReleaseSpinLock(&IopPciLock, Irql);
    return Value;
}

static void IopPciWrite(ULONG Bus, ULONG Slot, ULONG Offset, ULONG Value)
{
    KIRQL Irql;
    KeAcquireSpinLock(&IopPciLock, &Irql);
    __outdword(PCI_ADDRESS_PORT, IopPciAddress(Bus, Slot, Offset));
    __outdword(PCI_DATA_PORT, Value);
    KeReleaseSpinLock(&IopPciLock, Irql);
}

/* How much of [Offset, Offset + Length) there is. */
static ULONG IopPciLength(BUS_DATA_TYPE Type, ULONG Bus, ULONG Offset, ULONG Length)
{
    if (Type != PCIConfiguration || Bus > 255 || Offset >= PCI_SPACE) {
        return 0;
    }
    return min(Length, PCI_SPACE - Offset);
}

/* NT's convention: 0 for a bus that is not there; 2 bytes, 0xFFFF, for a slot without device. */
ULONG NTAPI HalGetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Offset, ULONG Length)
{
    Length = IopPciLength(BusDataType, BusNumber, Offset, Length);
    if (Length != 0 && (USHORT)IopPciRead(BusNumber, SlotNumber, 0) == PCI_INVALID_VENDORID) {
        if (Length >= sizeof(USHORT)) {
            *(USHORT UNALIGNED *)Buffer = PCI_INVALID_VENDORID;
        }
        return min(Length, (ULONG)sizeof(USHORT));
    }
    for (ULONG Done = 0; Done < Length; Done++) {
        ((PUCHAR)Buffer)[Done] = (UCHAR)(IopPciRead(BusNumber, SlotNumber, Offset + Done) >> 8 * ((Offset + Done) % 4));
    }
    return Length;
}

/* Whole dwords at once: some registers act on each write. */
ULONG NTAPI HalSetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Offset, ULONG Length)
{
    ULONG Done = 0;
    Length = IopPciLength(BusDataType, BusNumber, Offset, Length);
    while (Done < Length) {
        ULONG At = Offset + Done, Inside = At % 4, Part = min(4 - Inside, Length - Done);
        ULONG Value = Part == 4 ? 0 : IopPciRead(BusNumber, SlotNumber, At);
        RtlCopyMemory((PUCHAR)&Value + Inside, (PUCHAR)Buffer + Done, Part);
        IopPciWrite(BusNumber, SlotNumber, At, Value);
        Done += Part;
    }
    return Length;
}

ULONG NTAPI HalGetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Length)
{
    return HalGetBusDataByOffset(BusDataType, BusNumber, SlotNumber, Buffer, 0, Length);
}

ULONG NTAPI HalSetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber, PVOID Buffer, ULONG Length)
{
    return HalSetBusDataByOffset(BusDataType, BusNumber, SlotNumber, Buffer, 0, Length);
}
