/* SPDX-License-Identifier: MIT */
/*
 * pci.c - finding virtio devices on PCI, and what their capabilities say: where the registers are, which message interrupts there are.
 */
#include "virtblk.h"

#define VIRTIO_VENDOR 0x1AF4
#define VIRTIO_BLOCK 0x1042              /* 0x1040 + 2 */
#define VIRTIO_BLOCK_TRANSITIONAL 0x1001 /* also knows the old interface */
#define BRIDGE 1
#define CAPABILITY_MSIX 0x11
#define CAPABILITY_VENDOR 0x09
#define VIRTIO_COMMON 1
#define VIRTIO_NOTIFY 2
#define VIRTIO_DEVICE 4
#define BAR_LIMIT 0x100000u              /* of a window that is mapped */
#define MESSAGE_FIRST 126u               /* HalGetInterruptVector: numbers for messages */
#define MESSAGE_COUNT 18u
#define MESSAGE_ADDRESS 0xFEE00000u      /* processor 0 */

ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE InterfaceType, ULONG BusNumber, ULONG BusInterruptLevel, ULONG BusInterruptVector, PKIRQL Irql,
                                  PKAFFINITY Affinity);

static LONG NextMessage;

static ULONG ReadConfig(ULONG Bus, ULONG Slot, ULONG Offset, ULONG Length)
{
    ULONG Value = 0;

    return HalGetBusDataByOffset(PCIConfiguration, Bus, Slot, &Value, Offset, Length) == Length ? Value : 0xFFFFFFFFu;
}

static void WriteConfig(ULONG Bus, ULONG Slot, ULONG Offset, ULONG Value, ULONG Length)
{
    HalSetBusDataByOffset(PCIConfiguration, Bus, Slot, &Value, Offset, Length);
}

static void Visit(ULONG Bus, ULONG Slot, ULONG Id, VB_FOUND *Found, PVOID Context)
{
    if (Id == (VIRTIO_BLOCK << 16 | VIRTIO_VENDOR) || Id == (VIRTIO_BLOCK_TRANSITIONAL << 16 | VIRTIO_VENDOR))
        Found(Context, Bus, Slot);
}

/* Breadth first from bus 0; a bus is looked at once, so bridges that lead in a circle do no harm. */
void VbEnumerate(VB_FOUND *Found, PVOID Context)
{
    UCHAR Buses[256] = { 0 }, Seen[256] = { 1 };

    for (ULONG Next = 0, Count = 1; Next < Count; Next++) {
        for (ULONG Device = 0; Device < 32; Device++) {
            ULONG Functions = 1;
            for (ULONG Function = 0; Function < Functions; Function++) {
                PCI_SLOT_NUMBER Slot = { .u.AsULONG = Device | Function << 5 };
                ULONG Bus = Buses[Next], Id = ReadConfig(Bus, Slot.u.AsULONG, 0, 4);
                if (Id == 0xFFFFFFFFu || (Id & 0xFFFF) == 0)
                    continue;
                UCHAR Header = (UCHAR)ReadConfig(Bus, Slot.u.AsULONG, 14, 1);
                if (Header & 0x80)
                    Functions = 8;
                UCHAR Secondary = (UCHAR)ReadConfig(Bus, Slot.u.AsULONG, 25, 1);
                if ((Header & 0x7F) == BRIDGE && !Seen[Secondary]) {
                    Seen[Secondary] = 1;
                    Buses[Count++] = Secondary;
                }
                Visit(Bus, Slot.u.AsULONG, Id, Found, Context);
            }
        }
    }
}

/* Part of a memory window, mapped; NULL if it is no memory or was not placed. */
static PUCHAR MapBar(VB_DISK *Disk, ULONG Bar, ULONG Offset, ULONG Length)
{
    if (Bar > 5)
        return NULL;
    ULONG Low = ReadConfig(Disk->Bus, Disk->Slot, 16 + 4 * Bar, 4);
    if ((Low & 1) || Offset > BAR_LIMIT || Length > BAR_LIMIT - Offset)
        return NULL;
    PHYSICAL_ADDRESS Physical = { .QuadPart = Low & ~0xFu };
    if ((Low & 6) == 4 && Bar < 5)
        Physical.HighPart = (LONG)ReadConfig(Disk->Bus, Disk->Slot, 20 + 4 * Bar, 4);
    if (Physical.QuadPart == 0)
        return NULL;
    /* A device has one window for all of them; it is mapped whole, once. */
    if (Disk->Bars[Bar] == NULL)
        Disk->Bars[Bar] = MmMapIoSpace(Physical, 0x10000, MmNonCached);
    return Disk->Bars[Bar] != NULL && Offset + Length <= 0x10000 ? Disk->Bars[Bar] + Offset : NULL;
}

static void TakeVirtio(VB_DISK *Disk, ULONG At)
{
    ULONG Type = ReadConfig(Disk->Bus, Disk->Slot, At + 3, 1), Bar = ReadConfig(Disk->Bus, Disk->Slot, At + 4, 1);
    ULONG Offset = ReadConfig(Disk->Bus, Disk->Slot, At + 8, 4), Length = ReadConfig(Disk->Bus, Disk->Slot, At + 12, 4);

    if (Type == VIRTIO_COMMON && Disk->Common == NULL && Length >= sizeof(VB_COMMON)) {
        Disk->Common = (volatile VB_COMMON *)MapBar(Disk, Bar, Offset, sizeof(VB_COMMON));
    } else if (Type == VIRTIO_NOTIFY && Disk->Notify == NULL) {
        Disk->NotifyMultiplier = ReadConfig(Disk->Bus, Disk->Slot, At + 16, 4);
        Disk->Notify = (volatile USHORT *)MapBar(Disk, Bar, Offset, sizeof(USHORT));
    } else if (Type == VIRTIO_DEVICE && Disk->Config == NULL) {
        Disk->Config = MapBar(Disk, Bar, Offset, 32);
    }
}

static ULONG FindMsix(VB_DISK *Disk, ULONG At)
{
    ULONG Table = ReadConfig(Disk->Bus, Disk->Slot, At + 4, 4);

    Disk->MsixTable = (volatile ULONG *)MapBar(Disk, Table & 7, Table & ~7u, 16);
    return At;
}

/* The list of capabilities; one that leads in a circle has more than fit into the space. */
static ULONG WalkCapabilities(VB_DISK *Disk)
{
    ULONG At = ReadConfig(Disk->Bus, Disk->Slot, 52, 1) & 0xFC, Msix = 0;

    for (ULONG Count = 0; Count < 48 && At >= 64; Count++) {
        UCHAR Id = (UCHAR)ReadConfig(Disk->Bus, Disk->Slot, At, 1);
        if (Id == CAPABILITY_VENDOR)
            TakeVirtio(Disk, At);
        else if (Id == CAPABILITY_MSIX)
            Msix = FindMsix(Disk, At);
        At = ReadConfig(Disk->Bus, Disk->Slot, At + 1, 1) & 0xFC;
    }
    return Msix;
}

NTSTATUS VbMapDevice(VB_DISK *Disk)
{
    /* Memory decoding and bus mastering on, the line interrupt off. */
    ULONG Command = ReadConfig(Disk->Bus, Disk->Slot, 4, 2);
    WriteConfig(Disk->Bus, Disk->Slot, 4, (Command | 0x0406) & 0xFFFF, 2);
    ULONG Msix = WalkCapabilities(Disk);

    if (Disk->Common == NULL || Disk->Notify == NULL || Disk->Config == NULL || Disk->MsixTable == NULL) {
        DbgPrint("virtblk: the device at %lu.%lx has no virtio 1.0 registers or no MSI-X\n", Disk->Bus, Disk->Slot);
        return STATUS_NOT_SUPPORTED;
    }
    ULONG Control = ReadConfig(Disk->Bus, Disk->Slot, Msix + 2, 2);
    WriteConfig(Disk->Bus, Disk->Slot, Msix + 2, (Control & 0x3FFF) | 0x8000, 2);
    return STATUS_SUCCESS;
}

void VbUnmapDevice(VB_DISK *Disk)
{
    for (ULONG Bar = 0; Bar < 6; Bar++) {
        if (Disk->Bars[Bar] != NULL)
            MmUnmapIoSpace(Disk->Bars[Bar], 0x10000);
        Disk->Bars[Bar] = NULL;
    }
}

/* Entry 0 of the device's table sends the vector's message to processor 0. */
NTSTATUS VbConnectInterrupt(VB_DISK *Disk, PKSERVICE_ROUTINE Routine)
{
    KIRQL Irql;
    KAFFINITY Affinity;
    ULONG Message = (ULONG)InterlockedIncrement(&NextMessage) - 1;

    if (Message >= MESSAGE_COUNT)
        return STATUS_INSUFFICIENT_RESOURCES;
    ULONG Vector = HalGetInterruptVector(PCIBus, Disk->Bus, MESSAGE_FIRST + Message, 0, &Irql, &Affinity);
    if (Vector == 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = IoConnectInterrupt(&Disk->Interrupt, Routine, Disk, NULL, Vector, Irql, Irql, Latched, FALSE, Affinity, FALSE);
    if (!NT_SUCCESS(Status))
        return Status;
    Disk->MsixTable[0] = MESSAGE_ADDRESS;
    Disk->MsixTable[1] = 0;
    Disk->MsixTable[2] = Vector;
    Disk->MsixTable[3] = 0; /* not masked */
    return STATUS_SUCCESS;
}
