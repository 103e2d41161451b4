/* SPDX-License-Identifier: MIT */
/*
 * virtblk.h - virtblk.sys: virtio block devices (virtio 1.0 over PCI) as disks, and the partitions on them as volumes.
 *
 *      \Device\Harddisk0\DR0              the whole disk; \Device\Harddisk0\Partition0 and \??\PhysicalDrive0 lead there
 *      \Device\HarddiskVolume1, 2, ...    a partition, or a disk without a table; \Device\Harddisk0\Partition1 leads there, and a drive letter if it
 *                                         holds data
 *
 * A request's way:  dispatch -> VbStart: pieces of at most MaxPages pages -> a slot (header, status, indirect table in one page of its own) -> ring
 * -> device -> MSI-X interrupt -> DPC: VbComplete takes what is done, starts the next piece, or completes the IRP and gives the slot to the next
 * request that waits.
 *
 * VB_DISK.Lock (spin lock, DISPATCH_LEVEL) guards slots, rings and the queue of waiting IRPs; IRPs are completed without it.  The interrupt service
 * routine only queues the DPC.
 *
 * The specification: Virtual I/O Device (VIRTIO) Version 1.0, OASIS; 2.4 virtqueues, 4.1 PCI, 5.2 block device.
 */
#ifndef NASCENT_VIRTBLK_H
#define NASCENT_VIRTBLK_H

#include <ntddk.h>
#include <ntdddisk.h>
#include "parttable.h"

#define VB_TAG 0x6B6C4256u /* "VBlk" */
#define VB_SECTOR 512u     /* the unit of the protocol, whatever the disk's sectors are */
#define VB_SLOTS 32u       /* requests in flight */
#define VB_MAX_SEGMENTS 200u
#define VB_MAX_DISKS 16u

/* ---- the device's structures -------------------------------------------------------------------------------------------------------- */

typedef struct _VB_COMMON { /* 4.1.4.3 */
    ULONG DeviceFeatureSelect, DeviceFeature, DriverFeatureSelect, DriverFeature;
    USHORT MsixConfig, NumQueues;
    UCHAR Status, Generation;
    USHORT QueueSelect, QueueSize, QueueMsixVector, QueueEnable, QueueNotifyOff;
    ULONG QueueDescriptorLow, QueueDescriptorHigh, QueueAvailableLow, QueueAvailableHigh, QueueUsedLow, QueueUsedHigh;
} VB_COMMON;

typedef struct _VB_DESCRIPTOR {
    ULONG64 Address;
    ULONG Length;
    USHORT Flags, Next;
} VB_DESCRIPTOR;
#define VB_NEXT 1u
#define VB_DEVICE_WRITES 2u
#define VB_INDIRECT 4u

typedef struct _VB_AVAILABLE {
    USHORT Flags, Index, Ring[];
} VB_AVAILABLE;

typedef struct _VB_USED {
    USHORT Flags, Index;
    struct { ULONG Id, Length; } Ring[];
} VB_USED;

typedef struct _VB_HEADER {
    ULONG Type, Reserved;
    ULONG64 Sector;
} VB_HEADER;
#define VB_READ 0u
#define VB_WRITE 1u
#define VB_FLUSH 4u

C_ASSERT(sizeof(VB_COMMON) == 56 && sizeof(VB_DESCRIPTOR) == 16 && sizeof(VB_HEADER) == 16);

/* What a request needs in memory that the device reads: one page, physically contiguous. */
typedef struct _VB_SLOT_PAGE {
    VB_HEADER Header;
    UCHAR Status;
    VB_DESCRIPTOR Table[VB_MAX_SEGMENTS + 2];
} VB_SLOT_PAGE;
C_ASSERT(sizeof(VB_SLOT_PAGE) <= PAGE_SIZE);

/* ---- ours --------------------------------------------------------------------------------------------------------------------------- */

typedef struct _VB_SLOT {
    VB_SLOT_PAGE *Page;
    ULONG64 Physical;
    PIRP Irp;              /* NULL: free */
    ULONG Piece;           /* bytes under way */
} VB_SLOT;

typedef struct _VB_DISK {
    ULONG Number;
    ULONG Bus, Slot;       /* PCI */
    PUCHAR Bars[6];        /* mapped, or NULL */
    volatile VB_COMMON *Common;
    volatile USHORT *Notify;
    volatile UCHAR *Config;
    ULONG NotifyMultiplier;
    volatile ULONG *MsixTable;
    PKINTERRUPT Interrupt;
    KDPC Dpc;
    KSPIN_LOCK Lock;
    USHORT QueueSize;
    VB_DESCRIPTOR *Descriptors; /* Lock; one each slot: its indirect table */
    VB_AVAILABLE *Available;
    volatile VB_USED *Used;
    USHORT UsedSeen;       /* Lock */
    VB_SLOT Slots[VB_SLOTS]; /* Lock */
    LIST_ENTRY Waiting;    /* Lock; IRPs */
    ULONG64 Sectors;       /* of VB_SECTOR bytes */
    ULONG SectorSize, MaxSegments;
    BOOLEAN ReadOnly, CanFlush, Broken;
    PART_TABLE *Table;
    ULONG Errors;          /* interlocked */
} VB_DISK;

/* The extension of every device: the disk, or a part of it. */
typedef struct _VB_VOLUME {
    VB_DISK *Disk;
    ULONG64 First, Count;  /* sectors of VB_SECTOR bytes */
    ULONG Number;          /* partition; 0: the whole disk */
    const PART_ENTRY *Entry; /* NULL: not from a table */
} VB_VOLUME;

/* pci.c: the devices there are; each is handed to Found.  Bus numbers are the firmware's. */
typedef void VB_FOUND(PVOID Context, ULONG Bus, ULONG Slot);
void VbEnumerate(VB_FOUND *Found, PVOID Context);
/* Capabilities and memory windows. */
NTSTATUS VbMapDevice(VB_DISK *Disk);
void VbUnmapDevice(VB_DISK *Disk);
NTSTATUS VbConnectInterrupt(VB_DISK *Disk, PKSERVICE_ROUTINE Routine);

/* device.c: negotiation, rings.  The device works when it returns. */
NTSTATUS VbStartDevice(VB_DISK *Disk);
void VbStopDevice(VB_DISK *Disk);

/* queue.c: a read, write or flush whose parameters were checked; completes the IRP. */
NTSTATUS VbSend(VB_DISK *Disk, PIRP Irp);
/* Where the request begins on the disk, in bytes, is kept here while the IRP is under way; and how much of it is done. */
#define VbIrpOffset(Irp) (*(PULONG64)&(Irp)->Tail.Overlay.DriverContext[0])
#define VbIrpDone(Irp) (*(PULONG)&(Irp)->Tail.Overlay.DriverContext[1])
#define VbIrpKind(Irp) (*(PULONG)&(Irp)->Tail.Overlay.DriverContext[2])
KDEFERRED_ROUTINE VbDpc;

/* volumes.c */
NTSTATUS VbCreateVolumes(PDRIVER_OBJECT Driver, VB_DISK *Disk);

/* control.c */
NTSTATUS VbControl(VB_VOLUME *Volume, PIRP Irp, PULONG_PTR Information);

#endif
