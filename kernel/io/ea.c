/* SPDX-License-Identifier: MIT */
/*
 * ea.c - NtQueryEaFile, NtSetEaFile: extended attributes, name and value pairs that come with a file.  The I/O manager checks the lists'
 * form; a file system without them (FAT here) answers STATUS_EAS_NOT_SUPPORTED itself.
 */
#include "iop.h"

/* FILE_GET_EA_INFORMATION entries: offset to the next one, length of the name, name, zero. */
static NTSTATUS IopCheckEaNames(const UCHAR *List, ULONG Length)
{
    for (ULONG Offset = 0;;) {
        const FILE_GET_EA_INFORMATION *Entry = (const VOID *)(List + Offset);
        ULONG Left = Length - Offset, Size = offsetof(FILE_GET_EA_INFORMATION, EaName) + 1;
        if (Left < Size || Left < Size + Entry->EaNameLength || Entry->EaName[Entry->EaNameLength] != 0) {
            return STATUS_EA_LIST_INCONSISTENT;
        }
        if (Entry->NextEntryOffset == 0) {
            return STATUS_SUCCESS;
        }
        if (Entry->NextEntryOffset % sizeof(ULONG) != 0 || Entry->NextEntryOffset < Size + Entry->EaNameLength || Entry->NextEntryOffset >= Left) {
            return STATUS_EA_LIST_INCONSISTENT;
        }
        Offset += Entry->NextEntryOffset;
    }
}

static NTSTATUS IopEaRequest(IOP_REQUEST *Request, UCHAR Major, PVOID Buffer, ULONG Length, PVOID Names, ULONG NamesLength, ULONG Index, UCHAR Flags,
                             PIO_STATUS_BLOCK Iosb)
{
    PIO_STACK_LOCATION Stack;
    NTSTATUS Status = IopAllocateRequestIrp(Request, Major, 0);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Request->Irp->AssociatedIrp.SystemBuffer = Buffer;
    Request->Irp->UserBuffer = Buffer;
    Request->Irp->Flags |= IRP_BUFFERED_IO;
    Stack = IoGetNextIrpStackLocation(Request->Irp);
    Stack->Flags = Flags;
    if (Major == IRP_MJ_SET_EA) {
        Stack->Parameters.SetEa.Length = Length;
    } else {
        Stack->Parameters.QueryEa.Length = Length;
        Stack->Parameters.QueryEa.EaList = Names;
        Stack->Parameters.QueryEa.EaListLength = NamesLength;
        Stack->Parameters.QueryEa.EaIndex = Index;
    }
    return IopCallSynchronously(Request, Iosb);
}

static NTSTATUS IopReportEa(KPROCESSOR_MODE Mode, PIO_STATUS_BLOCK User, IO_STATUS_BLOCK *Iosb, NTSTATUS Status)
{
    NTSTATUS CopyStatus;
    if (NT_ERROR(Status)) {
        return Status;
    }
    Iosb->Status = Status;
    CopyStatus = CopyToMode(Mode, User, Iosb, sizeof(*Iosb));
    return NT_SUCCESS(CopyStatus) ? Status : CopyStatus;
}

NTSTATUS NTAPI NtQueryEaFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry, PVOID EaList,
                             ULONG EaListLength, PULONG EaIndex, BOOLEAN RestartScan)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    IO_STATUS_BLOCK Iosb = {0};
    IOP_REQUEST Request;
    ULONG Index = 0;
    UCHAR Flags = (UCHAR)((ReturnSingleEntry ? SL_RETURN_SINGLE_ENTRY : 0) | (RestartScan ? SL_RESTART_SCAN : 0));
    PUCHAR Names = NULL;
    PVOID System = NULL;
    NTSTATUS Status = KiProbeForWrite(Mode, IoStatusBlock, sizeof(IO_STATUS_BLOCK), sizeof(ULONG));
    if (NT_SUCCESS(Status)) {
        Status = KiProbeForWrite(Mode, Buffer, Length, sizeof(ULONG));
    }
    if (NT_SUCCESS(Status) && EaIndex != NULL) {
        Status = CopyFromMode(Mode, &Index, EaIndex, sizeof(Index));
        Flags |= SL_INDEX_SPECIFIED;
    }
    if (NT_SUCCESS(Status) && EaList != NULL && EaListLength != 0) {
        Names = ExAllocatePoolWithTag(PagedPool, EaListLength, IOP_TAG_BUFFER);
        Status = Names == NULL ? STATUS_INSUFFICIENT_RESOURCES : CopyFromMode(Mode, Names, EaList, EaListLength);
        if (NT_SUCCESS(Status)) {
            Status = IopCheckEaNames(Names, EaListLength);
        }
    }
    if (NT_SUCCESS(Status)) {
        System = ExAllocatePoolWithTag(NonPagedPool, max(Length, 1), IOP_TAG_BUFFER);
        Status = System == NULL ? STATUS_INSUFFICIENT_RESOURCES : IopBeginRequest(&Request, FileHandle, FILE_READ_EA, NULL);
    }
    if (NT_SUCCESS(Status)) {
        RtlZeroMemory(System, Length);
        Status = IopEaRequest(&Request, IRP_MJ_QUERY_EA, System, Length, Names, Names != NULL ? EaListLength : 0, Index, Flags, &Iosb);
        IopEndRequest(&Request);
        if (!NT_ERROR(Status)) {
            NTSTATUS CopyStatus = CopyToMode(Mode, Buffer, System, min(Iosb.Information, Length));
            Status = NT_SUCCESS(CopyStatus) ? Status : CopyStatus;
        }
        Status = IopReportEa(Mode, IoStatusBlock, &Iosb, Status);
    }
    if (System != NULL) {
        ExFreePoolWithTag(System, IOP_TAG_BUFFER);
    }
    if (Names != NULL) {
        ExFreePoolWithTag(Names, IOP_TAG_BUFFER);
    }
    return Status;
}

NTSTATUS NTAPI NtSetEaFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    IO_STATUS_BLOCK Iosb = {0};
    IOP_REQUEST Request;
    PVOID System;
    ULONG ErrorOffset;
    NTSTATUS Status = KiProbeForWrite(Mode, IoStatusBlock, sizeof(IO_STATUS_BLOCK), sizeof(ULONG));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    System = ExAllocatePoolWithTag(NonPagedPool, max(Length, 1), IOP_TAG_BUFFER);
    if (System == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = CopyFromMode(Mode, System, Buffer, Length);
    if (NT_SUCCESS(Status)) {
        Status = IoCheckEaBufferValidity(System, Length, &ErrorOffset);
        if (Status == STATUS_EA_LIST_INCONSISTENT) {
            Iosb = (IO_STATUS_BLOCK){.Status = Status, .Information = ErrorOffset};
            (void)!CopyToMode(Mode, IoStatusBlock, &Iosb, sizeof(Iosb));
        }
    }
    if (NT_SUCCESS(Status)) {
        Status = IopBeginRequest(&Request, FileHandle, FILE_WRITE_EA, NULL);
    }
    if (NT_SUCCESS(Status)) {
        Status = IopEaRequest(&Request, IRP_MJ_SET_EA, System, Length, NULL, 0, 0, 0, &Iosb);
        IopEndRequest(&Request);
        Status = IopReportEa(Mode, IoStatusBlock, &Iosb, Status);
    }
    ExFreePoolWithTag(System, IOP_TAG_BUFFER);
    return Status;
}
