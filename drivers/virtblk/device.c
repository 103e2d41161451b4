/* SPDX-License-Identifier: MIT */
/*
 * device.c - bringing a virtio block device up (3.1.1 of the specification): reset, features, queue 0, ready.
 */
#include "virtblk.h"

#define STATUS_ACKNOWLEDGE 1
#define STATUS_DRIVER 2
#define STATUS_DRIVER_OK 4
#define STATUS_FEATURES_OK 8
#define STATUS_FAILED 128

#define FEATURE_SEG_MAX (1u << 2)
#define FEATURE_READ_ONLY (1u << 5)
#define FEATURE_BLOCK_SIZE (1u << 6)
#define FEATURE_FLUSH (1u << 9)
#define FEATURE_INDIRECT (1u << 28)
#define FEATURE_VERSION_1 (1u << 0) /* bit 32 */
#define NO_VECTOR 0xFFFFu

static ULONG OfferedFeatures(VB_DISK *Disk, ULONG Half)
{
    Disk->Common->DeviceFeatureSelect = Half;
    return Disk->Common->DeviceFeature;
}

static void AcceptFeatures(VB_DISK *Disk, ULONG Half, ULONG Features)
{
    Disk->Common->DriverFeatureSelect = Half;
    Disk->Common->DriverFeature = Features;
}

static NTSTATUS Negotiate(VB_DISK *Disk)
{
    ULONG Offered = OfferedFeatures(Disk, 0);
    ULONG Wanted = Offered & (FEATURE_SEG_MAX | FEATURE_READ_ONLY | FEATURE_BLOCK_SIZE | FEATURE_FLUSH | FEATURE_INDIRECT);

    if (!(OfferedFeatures(Disk, 1) & FEATURE_VERSION_1) || !(Offered & FEATURE_INDIRECT)) {
        DbgPrint("virtblk: disk %lu offers no virtio 1.0, or no indirect descriptors\n", Disk->Number);
        return STATUS_NOT_SUPPORTED;
    }
    AcceptFeatures(Disk, 0, Wanted);
    AcceptFeatures(Disk, 1, FEATURE_VERSION_1);
    Disk->Common->Status = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK;
    if (!(Disk->Common->Status & STATUS_FEATURES_OK))
        return STATUS_NOT_SUPPORTED;
    volatile ULONG *Config = (volatile ULONG *)Disk->Config;
    Disk->Sectors = Config[0] | (ULONG64)Config[1] << 32;
    Disk->ReadOnly = (Wanted & FEATURE_READ_ONLY) != 0;
    Disk->CanFlush = (Wanted & FEATURE_FLUSH) != 0;
    Disk->SectorSize = Wanted & FEATURE_BLOCK_SIZE ? Config[5] : VB_SECTOR;
    ULONG Most = Wanted & FEATURE_SEG_MAX ? Config[3] : 1;
    Disk->MaxSegments = Most == 0 ? 1 : Most < VB_MAX_SEGMENTS ? Most : VB_MAX_SEGMENTS;
    if (Disk->SectorSize < 512 || Disk->SectorSize > 4096 || (Disk->SectorSize & (Disk->SectorSize - 1)) != 0)
        return STATUS_NOT_SUPPORTED;
    return STATUS_SUCCESS;
}

static PVOID AllocatePages(ULONG Bytes)
{
    PHYSICAL_ADDRESS Highest = { .QuadPart = -1 };
    PVOID Memory = MmAllocateContiguousMemory(Bytes, Highest);

    if (Memory != NULL)
        RtlZeroMemory(Memory, Bytes);
    return Memory;
}

static ULONG64 PhysicalOf(PVOID Address)
{
    return (ULONG64)MmGetPhysicalAddress(Address).QuadPart;
}

/* One page each: descriptors, available ring, used ring.  VB_SLOTS of each fit easily. */
static NTSTATUS CreateQueue(VB_DISK *Disk)
{
    volatile VB_COMMON *Common = Disk->Common;

    Common->QueueSelect = 0;
    if (Common->QueueSize == 0)
        return STATUS_NOT_SUPPORTED;
    Disk->QueueSize = Common->QueueSize < VB_SLOTS ? Common->QueueSize : VB_SLOTS;
    Common->QueueSize = Disk->QueueSize;
    Disk->Descriptors = AllocatePages(PAGE_SIZE);
    Disk->Available = AllocatePages(PAGE_SIZE);
    Disk->Used = AllocatePages(PAGE_SIZE);
    if (Disk->Descriptors == NULL || Disk->Available == NULL || Disk->Used == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG Index = 0; Index < Disk->QueueSize; Index++) {
        Disk->Slots[Index].Page = AllocatePages(PAGE_SIZE);
        if (Disk->Slots[Index].Page == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        Disk->Slots[Index].Physical = PhysicalOf(Disk->Slots[Index].Page);
    }
    ULONG64 Descriptors = PhysicalOf(Disk->Descriptors), Available = PhysicalOf(Disk->Available), Used = PhysicalOf((PVOID)Disk->Used);
    Common->QueueDescriptorLow = (ULONG)Descriptors;
    Common->QueueDescriptorHigh = (ULONG)(Descriptors >> 32);
    Common->QueueAvailableLow = (ULONG)Available;
    Common->QueueAvailableHigh = (ULONG)(Available >> 32);
    Common->QueueUsedLow = (ULONG)Used;
    Common->QueueUsedHigh = (ULONG)(Used >> 32);
    Common->MsixConfig = NO_VECTOR;
    Common->QueueMsixVector = 0;
    if (Common->QueueMsixVector == NO_VECTOR)
        return STATUS_INSUFFICIENT_RESOURCES;
    Disk->Notify = (volatile USHORT *)((PUCHAR)(ULONG_PTR)Disk->Notify + (ULONG)Common->QueueNotifyOff * Disk->NotifyMultiplier);
    Common->QueueEnable = 1;
    return STATUS_SUCCESS;
}

static BOOLEAN NTAPI OnInterrupt(PKINTERRUPT Interrupt, PVOID Context)
{
    VB_DISK *Disk = Context;

    UNREFERENCED_PARAMETER(Interrupt);
    KeInsertQueueDpc(&Disk->Dpc, NULL, NULL);
    return TRUE;
}

NTSTATUS VbStartDevice(VB_DISK *Disk)
{
    KeInitializeSpinLock(&Disk->Lock);
    KeInitializeDpc(&Disk->Dpc, VbDpc, Disk);
    InitializeListHead(&Disk->Waiting);
    Disk->Common->Status = 0;
    for (ULONG Try = 0; Disk->Common->Status != 0 && Try < 100000; Try++)
        YieldProcessor();
    Disk->Common->Status = STATUS_ACKNOWLEDGE;
    Disk->Common->Status = STATUS_ACKNOWLEDGE | STATUS_DRIVER;
    NTSTATUS Status = Negotiate(Disk);
    if (NT_SUCCESS(Status))
        Status = VbConnectInterrupt(Disk, OnInterrupt);
    if (NT_SUCCESS(Status))
        Status = CreateQueue(Disk);
    if (NT_SUCCESS(Status))
        Disk->Common->Status = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK;
    else
        VbStopDevice(Disk);
    return Status;
}

/* After the reset the device touches no memory of ours. */
void VbStopDevice(VB_DISK *Disk)
{
    if (Disk->Common != NULL)
        Disk->Common->Status = 0;
    if (Disk->Interrupt != NULL)
        IoDisconnectInterrupt(Disk->Interrupt);
    Disk->Interrupt = NULL;
    for (ULONG Index = 0; Index < VB_SLOTS; Index++) {
        if (Disk->Slots[Index].Page != NULL)
            MmFreeContiguousMemory(Disk->Slots[Index].Page);
        Disk->Slots[Index].Page = NULL;
    }
    if (Disk->Descriptors != NULL)
        MmFreeContiguousMemory(Disk->Descriptors);
    if (Disk->Available != NULL)
        MmFreeContiguousMemory(Disk->Available);
    if (Disk->Used != NULL)
        MmFreeContiguousMemory((PVOID)Disk->Used);
    Disk->Descriptors = NULL;
    Disk->Available = NULL;
    Disk->Used = NULL;
}
