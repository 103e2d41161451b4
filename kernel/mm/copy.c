/* SPDX-License-Identifier: MIT */
/*
 * copy.c - memory of one process into another: NtReadVirtualMemory, NtWriteVirtualMemory, MmCopyVirtualMemory.
 *
 * Through a buffer in the kernel, attached to the source and then to the target, a piece at a time.  What was copied before a bad page is
 * reported, with STATUS_PARTIAL_COPY.  The process is held by its rundown protection, so that its address space does not go away meanwhile.
 * A kernel caller may name kernel memory on either side: a driver's buffer.
 */
#include "mi.h"

#define STACK_BUFFER 512u
#define POOL_BUFFER 0x4000u

static inline BOOLEAN IsKernelMemory(const VOID *Address, KPROCESSOR_MODE Mode)
{
    return Mode == KernelMode && (LONG64)Address < 0;
}

static NTSTATUS CopyInKernel(PVOID To, const VOID *From, SIZE_T Size, SIZE_T *Done)
{
    NTSTATUS Status = KiCopyMemoryGuarded(To, From, Size);

    *Done = NT_SUCCESS(Status) ? Size : 0;
    return Status;
}

static NTSTATUS ReadPiece(PEPROCESS From, const VOID *Address, KPROCESSOR_MODE Mode, PVOID Buffer, SIZE_T Size, SIZE_T *Done)
{
    KAPC_STATE ApcState;

    if (IsKernelMemory(Address, Mode))
        return CopyInKernel(Buffer, Address, Size, Done);
    KeStackAttachProcess((PKPROCESS)&From->Pcb, &ApcState);
    NTSTATUS Status = KiCopyFromUserPartial(Buffer, Address, Size, Done);
    KeUnstackDetachProcess(&ApcState);
    return Status;
}

static NTSTATUS WritePiece(PEPROCESS To, PVOID Address, KPROCESSOR_MODE Mode, const VOID *Buffer, SIZE_T Size, SIZE_T *Done)
{
    KAPC_STATE ApcState;

    if (IsKernelMemory(Address, Mode))
        return CopyInKernel(Address, Buffer, Size, Done);
    KeStackAttachProcess((PKPROCESS)&To->Pcb, &ApcState);
    NTSTATUS Status = KiCopyToUserPartial(Address, Buffer, Size, Done);
    KeUnstackDetachProcess(&ApcState);
    return Status;
}

static NTSTATUS CopyThrough(PVOID Buffer, SIZE_T BufferSize, PEPROCESS From, const VOID *FromAddress, PEPROCESS To, PVOID ToAddress,
                            SIZE_T Size, KPROCESSOR_MODE Mode, SIZE_T *Done)
{
    NTSTATUS Status = STATUS_SUCCESS;

    while (*Done < Size && NT_SUCCESS(Status)) {
        SIZE_T Piece = Size - *Done < BufferSize ? Size - *Done : BufferSize, Got = 0, Put = 0;
        Status = ReadPiece(From, (const UCHAR *)FromAddress + *Done, Mode, Buffer, Piece, &Got);
        if (Got != 0) {
            NTSTATUS Write = WritePiece(To, (PUCHAR)ToAddress + *Done, Mode, Buffer, Got, &Put);
            if (!NT_SUCCESS(Write))
                Status = Write;
        }
        *Done += Put;
    }
    return Status;
}

NTSTATUS MmCopyVirtualMemory(PEPROCESS From, const VOID *FromAddress, PEPROCESS To, PVOID ToAddress, SIZE_T Size, KPROCESSOR_MODE Mode,
                             SIZE_T *Done)
{
    UCHAR Small[STACK_BUFFER];
    PVOID Buffer = Small;
    PEPROCESS Held = From == PsCurrentProcess_() ? To : From;
    NTSTATUS Status;

    PAGED_CODE();
    *Done = 0;
    if (Size == 0)
        return STATUS_SUCCESS;
    if (!ExAcquireRundownProtection(&Held->RundownProtect))
        return STATUS_PROCESS_IS_TERMINATING;
    SIZE_T BufferSize = STACK_BUFFER;
    if (Size > STACK_BUFFER) {
        BufferSize = Size < POOL_BUFFER ? Size : POOL_BUFFER;
        Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, BufferSize, MI_TAG);
        if (Buffer == NULL) {
            Buffer = Small;
            BufferSize = STACK_BUFFER;
        }
    }
    Status = CopyThrough(Buffer, BufferSize, From, FromAddress, To, ToAddress, Size, Mode, Done);
    if (Buffer != Small)
        ExFreePoolWithTag(Buffer, MI_TAG);
    ExReleaseRundownProtection(&Held->RundownProtect);
    return NT_SUCCESS(Status) || *Done == Size ? STATUS_SUCCESS : STATUS_PARTIAL_COPY;
}

/* Both services; Write: from the caller into the other process. */
static NTSTATUS Transfer(HANDLE ProcessHandle, PVOID There, PVOID Here, SIZE_T Size, PSIZE_T Transferred, BOOLEAN Write)
{
    KPROCESSOR_MODE Mode = KeCurrentPreviousMode_();
    PEPROCESS Process, Self = PsCurrentProcess_();
    SIZE_T Done = 0;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Mode != KernelMode) {
        ULONG64 A = (ULONG64)There, B = (ULONG64)Here;
        if (A + Size < A || B + Size < B || A + Size > MM_USER_HIGHEST + 1 || B + Size > MM_USER_HIGHEST + 1)
            return STATUS_ACCESS_VIOLATION;
        if (Transferred != NULL)
            Status = KiProbeForWrite(Mode, Transferred, sizeof(SIZE_T), sizeof(SIZE_T));
        if (!NT_SUCCESS(Status))
            return Status;
    }
    if (Size != 0) {
        Status = MiReferenceTargetProcess(ProcessHandle, Write ? PROCESS_VM_WRITE : PROCESS_VM_READ, &Process);
        if (NT_SUCCESS(Status)) {
            Status = Write ? MmCopyVirtualMemory(Self, Here, Process, There, Size, Mode, &Done)
                           : MmCopyVirtualMemory(Process, There, Self, Here, Size, Mode, &Done);
            ObDereferenceObject(Process);
        }
    }
    if (Transferred != NULL) {
        NTSTATUS Ignored = CopyToMode(Mode, Transferred, &Done, sizeof Done);
        (void)Ignored;
    }
    return Status;
}

NTSTATUS NTAPI NtReadVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T NumberOfBytesToRead,
                                   PSIZE_T NumberOfBytesRead);
NTSTATUS NTAPI NtReadVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T NumberOfBytesToRead,
                                   PSIZE_T NumberOfBytesRead)
{
    return Transfer(ProcessHandle, BaseAddress, Buffer, NumberOfBytesToRead, NumberOfBytesRead, FALSE);
}

NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T NumberOfBytesToWrite,
                                    PSIZE_T NumberOfBytesWritten);
NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T NumberOfBytesToWrite,
                                    PSIZE_T NumberOfBytesWritten)
{
    return Transfer(ProcessHandle, BaseAddress, Buffer, NumberOfBytesToWrite, NumberOfBytesWritten, TRUE);
}
