/* SPDX-License-Identifier: MIT */
/*
 * params.c - RTL_USER_PROCESS_PARAMETERS: from the creator's memory into the child's.
 *
 *   creator                          kernel (pool)                       child
 *   +--------------------+           +--------------------+              +--------------------+
 *   | block, normalised: |  capture  | pointers turned    |  write       | block, pointers    |  one allocation,
 *   | absolute pointers  | --------> | into offsets       | -----------> | absolute again     |  environment behind
 *   | environment apart  |           | environment behind |              | environment        |
 *   +--------------------+           +--------------------+              +--------------------+
 *
 * The creator's block is read once.  A string must lie inside the block; one that does not is refused, for copying what it points to would
 * mean following a chain of foreign pointers.  The environment may be inside or apart; its size counts, not its content.
 */
#include "psp.h"

/* All strings of the block; offsets, because the structure is treated alike in three address spaces. */
static const USHORT PspParameterStrings[] = {
    offsetof(NPROCESS_PARAMETERS, CurrentDirectory.DosPath), offsetof(NPROCESS_PARAMETERS, DllPath),      offsetof(NPROCESS_PARAMETERS, ImagePathName),
    offsetof(NPROCESS_PARAMETERS, CommandLine),              offsetof(NPROCESS_PARAMETERS, WindowTitle),  offsetof(NPROCESS_PARAMETERS, DesktopInfo),
    offsetof(NPROCESS_PARAMETERS, ShellInfo),                offsetof(NPROCESS_PARAMETERS, RuntimeData),  offsetof(NPROCESS_PARAMETERS, RedirectionDllName),
    offsetof(NPROCESS_PARAMETERS, HeapPartitionName),
};

static UNICODE_STRING *PspParameterString(NPROCESS_PARAMETERS *Parameters, ULONG Index)
{
    return (UNICODE_STRING *)((PUCHAR)Parameters + PspParameterStrings[Index]);
}

/* Buffer pointers -> offsets from the block. UserBase 0: the block was not normalised and has offsets already. */
static NTSTATUS PspUnlinkStrings(NPROCESS_PARAMETERS *Block, SIZE_T BlockSize, ULONG_PTR UserBase)
{
    for (ULONG i = 0; i < RTL_NUMBER_OF(PspParameterStrings); i++) {
        UNICODE_STRING *String = PspParameterString(Block, i);
        ULONG_PTR Offset = (ULONG_PTR)String->Buffer - UserBase;

        if (String->Buffer == NULL) {
            if (String->Length != 0) {
                return STATUS_INVALID_PARAMETER;
            }
            String->MaximumLength = 0;
            continue;
        }
        if (String->Length > String->MaximumLength) {
            String->MaximumLength = String->Length;
        }
        if (Offset < sizeof(ULONG) || Offset > BlockSize || String->Length > BlockSize - Offset) {
            return STATUS_INVALID_PARAMETER;
        }
        if (String->MaximumLength > BlockSize - Offset) {
            String->MaximumLength = (USHORT)(BlockSize - Offset);
        }
        String->Buffer = (PWSTR)Offset;
    }
    return STATUS_SUCCESS;
}

/* Size of the environment at User: what the block says, or, for creators of the time before EnvironmentSize, up to the double zero. */
static NTSTATUS PspEnvironmentSize(KPROCESSOR_MODE Mode, const WCHAR *User, SIZE_T Claimed, SIZE_T *Size)
{
    WCHAR Chunk[256];
    BOOLEAN AfterZero = TRUE;

    if (User == NULL) {
        *Size = 0;
        return STATUS_SUCCESS;
    }
    if (Claimed != 0) {
        *Size = Claimed;
        return Claimed <= PSP_MAX_ENVIRONMENT && Claimed % sizeof(WCHAR) == 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    }
    for (SIZE_T At = 0; At < PSP_MAX_ENVIRONMENT / sizeof(WCHAR);) {
        /* Never past the page: the block may end with its mapping. */
        SIZE_T InPage = (PAGE_SIZE - ((ULONG_PTR)(User + At) & (PAGE_SIZE - 1))) / sizeof(WCHAR);
        SIZE_T Count = min(RTL_NUMBER_OF(Chunk), max(InPage, 1));
        NTSTATUS Status = CopyFromMode(Mode, Chunk, User + At, Count * sizeof(WCHAR));

        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        for (SIZE_T i = 0; i < Count; i++) {
            if (Chunk[i] == 0 && AfterZero) {
                *Size = (At + i + 1) * sizeof(WCHAR);
                return STATUS_SUCCESS;
            }
            AfterZero = Chunk[i] == 0;
        }
        At += Count;
    }
    return STATUS_INVALID_PARAMETER;
}

NTSTATUS PspCaptureProcessParameters(PSP_BIRTH *Birth, PVOID UserParameters)
{
    NPROCESS_PARAMETERS Head;
    SIZE_T BlockSize, EnvironmentSize;
    PUCHAR Copy;
    NTSTATUS Status = KiProbeForRead(Birth->Mode, UserParameters, sizeof(Head), sizeof(ULONG));

    if (NT_SUCCESS(Status)) {
        Status = CopyFromMode(Birth->Mode, &Head, UserParameters, sizeof(Head));
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Head.Length < sizeof(Head) || Head.Length > PSP_MAX_PARAMETERS || Head.MaximumLength < Head.Length) {
        return STATUS_INVALID_PARAMETER;
    }
    /* RtlCreateProcessParametersEx sets Length to the bytes used; a string may have room behind it, which is not copied. */
    BlockSize = ALIGN_UP_BY(Head.Length, 16);
    Status = PspEnvironmentSize(Birth->Mode, Head.Environment, Head.EnvironmentSize, &EnvironmentSize);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Copy = ExAllocatePoolWithTag(PagedPool, BlockSize + EnvironmentSize, PSP_TAG);
    if (Copy == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Birth->Parameters = (NPROCESS_PARAMETERS *)Copy;
    Birth->ParametersSize = BlockSize + EnvironmentSize;
    RtlCopyMemory(Copy, &Head, sizeof(Head));
    RtlZeroMemory(Copy + Head.Length, BlockSize - Head.Length);
    Status = CopyFromMode(Birth->Mode, Copy + sizeof(Head), (PUCHAR)UserParameters + sizeof(Head), Head.Length - sizeof(Head));
    if (NT_SUCCESS(Status) && EnvironmentSize != 0) {
        Status = CopyFromMode(Birth->Mode, Copy + BlockSize, Head.Environment, EnvironmentSize);
    }
    if (NT_SUCCESS(Status)) {
        ULONG_PTR Base = (Head.Flags & RTL_USER_PROC_PARAMS_NORMALIZED) ? (ULONG_PTR)UserParameters : 0;
        Status = PspUnlinkStrings(Birth->Parameters, BlockSize, Base);
    }
    Birth->Parameters->MaximumLength = Birth->Parameters->Length = (ULONG)BlockSize;
    Birth->Parameters->Environment = (PWSTR)(EnvironmentSize != 0 ? BlockSize : 0);
    Birth->Parameters->EnvironmentSize = EnvironmentSize;
    return Status; /* PspEndBirth frees the copy */
}

static void PspLinkStrings(NPROCESS_PARAMETERS *Block, ULONG_PTR Base)
{
    for (ULONG i = 0; i < RTL_NUMBER_OF(PspParameterStrings); i++) {
        UNICODE_STRING *String = PspParameterString(Block, i);
        if (String->Buffer != NULL) {
            String->Buffer = (PWSTR)((ULONG_PTR)String->Buffer + Base);
        }
    }
    if (Block->Environment != NULL) {
        Block->Environment = (PWSTR)((ULONG_PTR)Block->Environment + Base);
    }
    Block->Flags |= RTL_USER_PROC_PARAMS_NORMALIZED;
}

/* Standard handles were inherited by value only if handles were inherited at all; a child without them must not see the parent's numbers
 * (which could be other objects of its own later).  CreateProcess asks for duplication by PS_STD_HANDLE_INFO. */
static NTSTATUS PspDuplicateStandardHandle(PSP_BIRTH *Birth, ULONG Bit, HANDLE *Handle)
{
    HANDLE Child = NULL;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Bit);
    if (*Handle == NULL || (LONG_PTR)*Handle < 0) {
        return STATUS_SUCCESS; /* pseudo handles mean the same everywhere */
    }
    Status = ObDuplicateObject(Birth->Parent, *Handle, Birth->Process, &Child, 0, 0, DUPLICATE_SAME_ACCESS | DUPLICATE_SAME_ATTRIBUTES, KernelMode);
    *Handle = NT_SUCCESS(Status) ? Child : NULL;
    return Status == STATUS_INSUFFICIENT_RESOURCES ? Status : STATUS_SUCCESS; /* one that cannot be duplicated is just not there */
}

static NTSTATUS PspPrepareStandardHandles(PSP_BIRTH *Birth)
{
    const PS_STD_HANDLE_INFO *Info = &Birth->Attributes.StdHandleInfo;
    NTSTATUS Status = STATUS_SUCCESS;

    if (!Birth->Attributes.HasStdHandleInfo || Info->StdHandleState == PsNeverDuplicate) {
        return STATUS_SUCCESS;
    }
    if (Info->StdHandleState == PsRequestDuplicate && Info->StdHandleSubsystemType != 0 && Info->StdHandleSubsystemType != Birth->ImageInfo.SubSystemType) {
        return STATUS_SUCCESS; /* only for children of that subsystem: a console program's handles are no use to a window */
    }
    if (!(Info->PseudoHandleMask & PS_STD_INPUT_HANDLE)) {
        Status = PspDuplicateStandardHandle(Birth, PS_STD_INPUT_HANDLE, &Birth->Parameters->StandardInput);
    }
    if (NT_SUCCESS(Status) && !(Info->PseudoHandleMask & PS_STD_OUTPUT_HANDLE)) {
        Status = PspDuplicateStandardHandle(Birth, PS_STD_OUTPUT_HANDLE, &Birth->Parameters->StandardOutput);
    }
    if (NT_SUCCESS(Status) && !(Info->PseudoHandleMask & PS_STD_ERROR_HANDLE)) {
        Status = PspDuplicateStandardHandle(Birth, PS_STD_ERROR_HANDLE, &Birth->Parameters->StandardError);
    }
    return Status;
}

/* Stage 7, second half: the block in the child's memory and PEB.ProcessParameters. */
NTSTATUS PspWriteProcessParameters(PSP_BIRTH *Birth)
{
    NPEB *Peb = Birth->Process->Peb;
    PVOID Base = NULL;
    SIZE_T Size = Birth->ParametersSize;
    KAPC_STATE Apc;
    NTSTATUS Status = PspPrepareStandardHandles(Birth);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KeStackAttachProcess((PKPROCESS)&Birth->Process->Pcb, &Apc);
    Status = ZwAllocateVirtualMemory(ZwCurrentProcess(), &Base, 0, &Size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (NT_SUCCESS(Status)) {
        PspLinkStrings(Birth->Parameters, (ULONG_PTR)Base);
        Status = KiCopyToUser(Base, Birth->Parameters, Birth->ParametersSize);
    }
    if (NT_SUCCESS(Status)) {
        Status = KiCopyToUser(&Peb->ProcessParameters, &Base, sizeof(Base));
    }
    KeUnstackDetachProcess(&Apc);
    Birth->UserParameters = Base;
    return Status;
}
