/* SPDX-License-Identifier: MIT */
/*
 * trace.c - the trace rings.
 *
 * Each processor has a ring of ETW_RING_RECORDS records.  A writer claims a slot with one interlocked add on its ring's index; an interrupt that
 * traces in the middle simply claims the next slot, so nothing is locked or masked.  A record's Sequence is zero while it is being
 * written and is stored last: a reader copies the record and looks at Sequence before and after, and drops what changed under it.
 *
 * Sequence numbers come from one counter for all processors, so a reader can merge the rings into the true order.  Windows' ETW keeps
 * per-processor buffers for the same reason (Windows Internals, 7th ed., part 2, chapter 10 "Event Tracing for Windows"); its sessions,
 * providers and files are left out here.
 */
#include "nt.h"
#include "arch.h"
#include "etw.h"
#include "ke.h"
#include "pstypes.h"

#define ETW_RING_RECORDS 2048u /* a power of two */

typedef struct _ETW_RING
{
    volatile LONG Next;
    ETW_RECORD Record[ETW_RING_RECORDS];
} ETW_RING;

static_assert(sizeof(ETW_RECORD) == 64, "a record is one cache line");

static ETW_RING EtwpBootRing; /* processor 0's: there before pool is */
static volatile LONG EtwpSequence;
volatile uint32_t EtwClasses;

void EtwInitPhase0(void)
{
    KeGetCurrentPrcb()->TraceRing = &EtwpBootRing;
    EtwClasses = ETW_CLASS_BIRTH;
}

/* The other processors' rings; without memory theirs stays NULL and nothing is recorded there. */
void EtwInitProcessor(PKPRCB Prcb)
{
    Prcb->TraceRing = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(ETW_RING), POOL_TAG('E', 't', 'w', 'r'));
    if (Prcb->TraceRing != NULL) {
        RtlZeroMemory(Prcb->TraceRing, sizeof(ETW_RING));
    }
}

void EtwpWrite(uint16_t Event, uint8_t Phase, uint32_t ProcessId, int32_t Status, uint64_t Data0, uint64_t Data1, uint64_t Data2, uint64_t Data3)
{
    PKPRCB Prcb = KeGetCurrentPrcb();
    ETW_RING *Ring = Prcb->TraceRing;
    PKTHREAD Thread = KeGetCurrentThread();
    ETW_RECORD *Record;
    uint32_t Sequence;

    if (Ring == NULL) {
        return;
    }
    Record = &Ring->Record[(ULONG)(InterlockedIncrement(&Ring->Next) - 1) & (ETW_RING_RECORDS - 1)];
    *(volatile uint32_t *)&Record->Sequence = 0;
    Record->Time = KiReadTimeStamp();
    Record->Event = Event;
    Record->Phase = Phase;
    Record->Processor = (uint8_t)Prcb->Number;
    Record->ProcessId = ProcessId;
    Record->ThreadId = Thread != NULL ? (uint32_t)(ULONG_PTR)((PETHREAD)Thread)->Cid.UniqueThread : 0;
    Record->Status = Status;
    Record->Extra = 0;
    Record->Data[0] = Data0;
    Record->Data[1] = Data1;
    Record->Data[2] = Data2;
    Record->Data[3] = Data3;
    do {
        Sequence = (uint32_t)InterlockedIncrement(&EtwpSequence);
    } while (UNLIKELY(Sequence == 0));
    *(volatile uint32_t *)&Record->Sequence = Sequence;
}

/* A copy of the record if it is whole and not older than First. */
static BOOLEAN EtwpCopyRecord(const ETW_RECORD *Record, uint32_t First, ETW_RECORD *Copy)
{
    uint32_t Before = *(volatile const uint32_t *)&Record->Sequence;

    if (Before == 0 || (int32_t)(Before - First) < 0) {
        return FALSE;
    }
    *Copy = *Record;
    __sync_synchronize();
    return *(volatile const uint32_t *)&Record->Sequence == Before && Copy->Sequence == Before;
}

/* Keeps Buffer sorted by Sequence and, when it is full, the newest Count. */
static ULONG EtwpInsertSorted(ETW_RECORD *Buffer, ULONG Used, ULONG Count, const ETW_RECORD *Record)
{
    ULONG At = Used;

    if (Used == Count) {
        if ((int32_t)(Record->Sequence - Buffer[0].Sequence) < 0) {
            return Used;
        }
        RtlMoveMemory(&Buffer[0], &Buffer[1], (Count - 1) * sizeof(ETW_RECORD));
        Used--;
        At = Used;
    }
    while (At > 0 && (int32_t)(Buffer[At - 1].Sequence - Record->Sequence) > 0) {
        Buffer[At] = Buffer[At - 1];
        At--;
    }
    Buffer[At] = *Record;
    return Used + 1;
}

/* Records of all rings with Sequence >= First, oldest first, at most the newest Count. */
static ULONG EtwpCollect(uint32_t First, ETW_RECORD *Buffer, ULONG Count)
{
    ULONG Used = 0;

    for (ULONG Processor = 0; Count != 0 && Processor < KE_MAXIMUM_PROCESSORS; Processor++) {
        PKPRCB Prcb = KiProcessorBlock[Processor];
        ETW_RING *Ring = Prcb != NULL ? Prcb->TraceRing : NULL;
        ULONG Next;

        if (Ring == NULL) {
            continue;
        }
        Next = (ULONG)Ring->Next;
        for (ULONG i = 0; i < ETW_RING_RECORDS; i++) {
            ETW_RECORD Copy;
            if (EtwpCopyRecord(&Ring->Record[(Next + i) & (ETW_RING_RECORDS - 1)], First, &Copy)) {
                Used = EtwpInsertSorted(Buffer, Used, Count, &Copy);
            }
        }
    }
    return Used;
}

unsigned EtwLastRecords(ETW_RECORD *Buffer, unsigned Count)
{
    unsigned Used = EtwpCollect(1, Buffer, Count);

    for (unsigned i = 0; i < Used / 2; i++) {
        ETW_RECORD Swap = Buffer[i];
        Buffer[i] = Buffer[Used - 1 - i];
        Buffer[Used - 1 - i] = Swap;
    }
    return Used;
}

static NTSTATUS EtwpReadControl(KPROCESSOR_MODE Mode, const VOID *In, ULONG InLength, PVOID Out, ULONG OutLength, ULONG *Written)
{
    uint32_t First;
    ULONG Count = OutLength / sizeof(ETW_RECORD);
    ETW_RECORD *Buffer;
    NTSTATUS Status;

    if (InLength != sizeof(First)) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = CopyFromMode(Mode, &First, In, sizeof(First));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Count == 0) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    Count = min(Count, ETW_RING_RECORDS * 4);
    Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, Count * sizeof(ETW_RECORD), POOL_TAG('E', 't', 'w', 'R'));
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *Written = EtwpCollect(First == 0 ? 1 : First, Buffer, Count) * (ULONG)sizeof(ETW_RECORD);
    Status = CopyToMode(Mode, Out, Buffer, *Written);
    ExFreePoolWithTag(Buffer, POOL_TAG('E', 't', 'w', 'R'));
    return Status;
}

static NTSTATUS EtwpClassControl(KPROCESSOR_MODE Mode, const VOID *In, ULONG InLength, PVOID Out, ULONG OutLength, ULONG *Written)
{
    uint32_t Wanted, Old = EtwClasses;
    NTSTATUS Status;

    if (InLength != sizeof(Wanted) || OutLength < sizeof(Old)) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = CopyFromMode(Mode, &Wanted, In, sizeof(Wanted));
    if (NT_SUCCESS(Status)) {
        Status = CopyToMode(Mode, Out, &Old, sizeof(Old));
    }
    if (NT_SUCCESS(Status)) {
        EtwClasses = Wanted;
        *Written = sizeof(Old);
    }
    return Status;
}

NTSTATUS NTAPI NtTraceControl(ULONG FunctionCode, PVOID In, ULONG InLength, PVOID Out, ULONG OutLength, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    ULONG Written = 0;
    NTSTATUS Status;

    PAGED_CODE();
    if (FunctionCode == ETW_CONTROL_READ) {
        Status = EtwpReadControl(Mode, In, InLength, Out, OutLength, &Written);
    } else if (FunctionCode == ETW_CONTROL_CLASSES) {
        Status = EtwpClassControl(Mode, In, InLength, Out, OutLength, &Written);
    } else {
        Status = STATUS_INVALID_PARAMETER;
    }
    if (NT_SUCCESS(Status)) {
        Status = CopyToMode(Mode, ReturnLength, &Written, sizeof(Written));
    }
    return Status;
}

NTSTATUS NTAPI NtTraceEvent(HANDLE TraceHandle, ULONG Flags, ULONG FieldSize, PVOID Fields)
{
    ETW_USER_EVENT Event;
    NTSTATUS Status;

    PAGED_CODE();
    if (TraceHandle != NULL) {
        return STATUS_INVALID_HANDLE;
    }
    if (Flags != ETW_USER_EVENT_FLAG || FieldSize != sizeof(Event)) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = CopyFromMode(ExGetPreviousMode(), &Event, Fields, sizeof(Event));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    /* User mode may report its own stages only; a kernel event in the trace is the kernel's word. */
    if (Event.Event != EtwBirthCreateProcess && Event.Event != EtwBirthParameters && Event.Event != EtwBirthLoader && Event.Event != EtwBirthCrt) {
        return STATUS_INVALID_PARAMETER;
    }
    ETW_TRACE(ETW_CLASS_BIRTH, Event.Event, Event.Phase, PsCurrentProcess_()->UniqueProcessId, Event.Status, Event.Data[0], Event.Data[1], Event.Data[2], 0);
    return STATUS_SUCCESS;
}
