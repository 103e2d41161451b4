/* SPDX-License-Identifier: MIT */
/*
 * fatwhere.c - where files lie, for defragmenters and the curious: FSCTL_GET_RETRIEVAL_POINTERS, FSCTL_GET_VOLUME_BITMAP.
 *
 * Windows counts a volume's clusters from 0, FAT from 2.  Both codes are METHOD_NEITHER; the I/O manager gives them a system buffer and an MDL.
 */
#include "fat.h"

#define FIRST_CLUSTER 2u

/* mingw's <ntifs.h> has neither. */
typedef struct _RETRIEVAL_POINTERS {
    ULONG ExtentCount;
    LARGE_INTEGER StartingVcn;
    struct { LARGE_INTEGER NextVcn, Lcn; } Extents[1];
} RETRIEVAL_POINTERS;
_Static_assert(sizeof(RETRIEVAL_POINTERS) == 32, "RETRIEVAL_POINTERS_BUFFER");

typedef struct _VOLUME_BITMAP {
    LARGE_INTEGER StartingLcn, BitmapSize;
    UCHAR Buffer[1];
} VOLUME_BITMAP;
_Static_assert(FIELD_OFFSET(VOLUME_BITMAP, Buffer) == 16 && sizeof(VOLUME_BITMAP) == 24, "VOLUME_BITMAP_BUFFER");

/* Start: in, a cluster of the file; the answer begins with the run that has it. */
static NTSTATUS FillRuns(const FAT_FILE *File, LONG64 Start, RETRIEVAL_POINTERS *Out, ULONG Length, PULONG_PTR Information)
{
    ULONG Room = (Length - (ULONG)FIELD_OFFSET(RETRIEVAL_POINTERS, Extents)) / sizeof Out->Extents[0], Count = 0;

    for (ULONG Index = 0; Index < File->Count; Index++) {
        const FAT_RUN *Run = &File->Runs[Index];
        ULONG End = Index + 1 < File->Count ? Run[1].FileCluster : File->Clusters;
        if (End <= Start)
            continue;
        if (Count == Room)
            return STATUS_BUFFER_OVERFLOW;
        if (Count == 0)
            Out->StartingVcn.QuadPart = Run->FileCluster;
        Out->Extents[Count].NextVcn.QuadPart = End;
        Out->Extents[Count].Lcn.QuadPart = Run->DiskCluster - FIRST_CLUSTER;
        Out->ExtentCount = ++Count;
        *Information = FIELD_OFFSET(RETRIEVAL_POINTERS, Extents) + (ULONG_PTR)Count * sizeof Out->Extents[0];
    }
    return Count != 0 ? STATUS_SUCCESS : STATUS_END_OF_FILE;
}

static NTSTATUS Check(PIRP Irp, PIO_STACK_LOCATION Stack, ULONG Least, PVOID *Out, LONG64 *Start)
{
    if (Stack->Parameters.FileSystemControl.InputBufferLength < sizeof(LARGE_INTEGER) || Stack->Parameters.FileSystemControl.OutputBufferLength < Least)
        return STATUS_BUFFER_TOO_SMALL;
    *Start = ((PLARGE_INTEGER)Irp->AssociatedIrp.SystemBuffer)->QuadPart;
    if (*Start < 0)
        return STATUS_INVALID_PARAMETER;
    *Out = FatGetBuffer(Irp);
    return *Out != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS FatGetRetrievalPointers(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    FAT_FCB *Fcb = Stack->FileObject->FsContext;
    RETRIEVAL_POINTERS *Out = NULL;
    LONG64 Start = 0;

    if (Fcb->Node == NULL)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = Check(Irp, Stack, sizeof *Out, (PVOID *)&Out, &Start);
    if (!NT_SUCCESS(Status))
        return Status;
    ULONG Length = Stack->Parameters.FileSystemControl.OutputBufferLength;
    Out->ExtentCount = 0;
    if (FatIsDirectory(Fcb->Node)) {
        ExAcquireResourceExclusiveLite(&Vcb->Resource, TRUE);
        Status = FatLoadDirectory(&Vcb->Volume, Fcb->Node);
        if (NT_SUCCESS(Status)) /* the root of FAT12 and FAT16 is no chain */
            Status = Fcb->Node->Table->FixedRoot ? STATUS_INVALID_PARAMETER : FillRuns(&Fcb->Node->Table->File, Start, Out, Length, Information);
        ExReleaseResourceLite(&Vcb->Resource);
        return Status;
    }
    Status = FatBuildRuns(Fcb);
    if (!NT_SUCCESS(Status))
        return Status;
    ExAcquireResourceSharedLite(&Fcb->PagingIoResource, TRUE);
    Status = FillRuns(&Fcb->File, Start, Out, Length, Information);
    ExReleaseResourceLite(&Fcb->PagingIoResource);
    return Status;
}

/* T held. */
static NTSTATUS FillBitmap(FAT_VOLUME *Volume, ULONG First, ULONG Count, PUCHAR Bits)
{
    for (ULONG Index = 0; Index < Count; Index++) {
        uint32_t Value;
        NTSTATUS Status = FatGetEntry(Volume, First + Index + FIRST_CLUSTER, &Value);
        if (!NT_SUCCESS(Status))
            return Status;
        UCHAR Bit = (UCHAR)(1u << Index % 8);
        Bits[Index / 8] = (UCHAR)((Index % 8 == 0 ? 0 : Bits[Index / 8]) | (Value != 0 || FatIsSplitEntry(Volume, First + Index + FIRST_CLUSTER) ? Bit : 0));
    }
    return STATUS_SUCCESS;
}

/* Of the volume as a whole only. */
NTSTATUS FatGetVolumeBitmap(FAT_VCB *Vcb, PIRP Irp, PIO_STACK_LOCATION Stack, PULONG_PTR Information)
{
    FAT_FCB *Fcb = Stack->FileObject->FsContext;
    ULONG Total = Vcb->Volume.Geometry.ClusterCount;
    VOLUME_BITMAP *Out = NULL;
    LONG64 Start = 0;

    if (Fcb->Node != NULL)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = Check(Irp, Stack, sizeof *Out, (PVOID *)&Out, &Start);
    if (NT_SUCCESS(Status) && Start >= Total)
        Status = STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(Status))
        return Status;
    ULONG First = (ULONG)Start & ~7u, Left = Total - First;
    ULONG64 Room = (ULONG64)(Stack->Parameters.FileSystemControl.OutputBufferLength - FIELD_OFFSET(VOLUME_BITMAP, Buffer)) * 8;
    ULONG Count = Left < Room ? Left : (ULONG)Room;
    Out->StartingLcn.QuadPart = First;
    Out->BitmapSize.QuadPart = Left;
    FatLockTable(&Vcb->Volume);
    Status = FillBitmap(&Vcb->Volume, First, Count, Out->Buffer);
    FatUnlockTable(&Vcb->Volume);
    if (!NT_SUCCESS(Status))
        return Status;
    *Information = FIELD_OFFSET(VOLUME_BITMAP, Buffer) + (Count + 7) / 8;
    return Count < Left ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}
