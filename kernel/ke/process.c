/* SPDX-License-Identifier: MIT */
/*
 * process.c - the process as a dispatcher object and as a set of threads; priorities and affinity.
 */
#include "kep.h"

#define PROCESS_PRIORITY_CLASS_NORMAL_ 2

struct _KPROCESS *KiInitialProcess;

void KeInitializeProcess(struct _KPROCESS *Process, SCHAR BasePriority, KAFFINITY Affinity, ULONG64 DirectoryTableBase)
{
    static volatile LONG KiProcessSeed;

    RtlZeroMemory(Process, sizeof(*Process));
    KiInitializeHeader(&Process->Header, ProcessObject, sizeof(*Process), 0);
    InitializeListHead(&Process->ThreadListHead);
    Process->DirectoryTableBase = DirectoryTableBase;
    Process->Affinity = Affinity;
    Process->ThreadSeed = InterlockedIncrement(&KiProcessSeed);
    Process->BasePriority = BasePriority;
    Process->QuantumReset = 6; /* two ticks: a client's short quantum */
    Process->PriorityClass = PROCESS_PRIORITY_CLASS_NORMAL_;
}

LONG KeSetProcess(struct _KPROCESS *Process, KPRIORITY Increment)
{
    KI_READY_LIST Ready = { .Increment = Increment };
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    LONG Previous;

    KiLockObject(&Process->Header);
    Previous = Process->Header.SignalState;
    Process->Header.SignalState = 1;
    KiSatisfyWaiters(&Process->Header, &Ready);
    KiUnlockObject(&Process->Header);
    KiReadyThreads(&Ready);
    KiExitDispatcher(OldIrql);
    return Previous;
}

/* ---- priorities ----------------------------------------------------------------------------------------------------------------- */

KPRIORITY NTAPI KeSetPriorityThread(PKTHREAD Thread, KPRIORITY Priority)
{
    KPRIORITY Old;
    KIRQL OldIrql;

    ASSERT(Priority > 0 && Priority <= HIGH_PRIORITY);
    KeAcquireSpinLock(&Thread->ThreadLock, &OldIrql);
    Old = Thread->Priority;
    Thread->PriorityDecrement = 0;
    if (Priority != Old) {
        Thread->Quantum = Thread->QuantumReset;
        KiSetPriorityLocked(Thread, Priority);
    }
    KeReleaseSpinLockFromDpcLevel(&Thread->ThreadLock);
    KiExitDispatcher(OldIrql);
    return Old;
}

KPRIORITY NTAPI KeQueryPriorityThread(PKTHREAD Thread)
{
    return Thread->Priority;
}

static SCHAR KiClampBase(const struct _KPROCESS *Process, LONG Base)
{
    LONG Low = Process->BasePriority >= LOW_REALTIME_PRIORITY_ ? LOW_REALTIME_PRIORITY_ : 1;
    LONG High = Process->BasePriority >= LOW_REALTIME_PRIORITY_ ? HIGH_PRIORITY : LOW_REALTIME_PRIORITY_ - 1;

    return (SCHAR)(Base < Low ? Low : Base > High ? High : Base);
}

/* ThreadLock held, at DISPATCH_LEVEL. */
static void KiSetBaseLocked(PKTHREAD Thread, SCHAR Base, SCHAR Saturation)
{
    Thread->Saturation = (UCHAR)Saturation;
    Thread->BasePriority = Base;
    Thread->PriorityDecrement = 0;
    Thread->Quantum = Thread->QuantumReset;
    KiSetPriorityLocked(Thread, Base);
}

/* Increment is relative to the process' base; +-16 saturate (THREAD_PRIORITY_TIME_CRITICAL, IDLE).  Returns the old increment. */
LONG NTAPI KeSetBasePriorityThread(PKTHREAD Thread, LONG Increment)
{
    struct _KPROCESS *Process = Thread->Process;
    LONG Old;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Thread->ThreadLock, &OldIrql);
    Old = (SCHAR)Thread->Saturation != 0 ? (SCHAR)Thread->Saturation * 16 : Thread->BasePriority - Process->BasePriority;
    KiSetBaseLocked(Thread, KiClampBase(Process, Process->BasePriority + Increment), (SCHAR)(Increment >= 16 ? 1 : Increment <= -16 ? -1 : 0));
    KeReleaseSpinLockFromDpcLevel(&Thread->ThreadLock);
    KiExitDispatcher(OldIrql);
    return Old;
}

void KeSetActualBasePriorityThread_(PKTHREAD Thread, KPRIORITY Priority)
{
    KIRQL OldIrql;

    KeAcquireSpinLock(&Thread->ThreadLock, &OldIrql);
    KiSetBaseLocked(Thread, (SCHAR)Priority, 0);
    KeReleaseSpinLockFromDpcLevel(&Thread->ThreadLock);
    KiExitDispatcher(OldIrql);
}

KPRIORITY KeSetPriorityAndQuantumProcess(struct _KPROCESS *Process, KPRIORITY BasePriority, UCHAR QuantumReset)
{
    KPRIORITY Old;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Process->ProcessLock, &OldIrql);
    Old = Process->BasePriority;
    if (QuantumReset != 0) {
        Process->QuantumReset = QuantumReset;
    }
    Process->BasePriority = (SCHAR)BasePriority;
    for (PLIST_ENTRY Entry = Process->ThreadListHead.Flink; Entry != &Process->ThreadListHead; Entry = Entry->Flink) {
        PKTHREAD Thread = CONTAINING_RECORD(Entry, KTHREAD, ThreadListEntry);
        KiAcquireLock(&Thread->ThreadLock);
        Thread->QuantumReset = (SCHAR)Process->QuantumReset;
        if (BasePriority != Old) {
            LONG Base =
                Thread->Saturation != 0 ? BasePriority + (SCHAR)Thread->Saturation * 16 : BasePriority + (Thread->BasePriority - Old);
            Thread->BasePriority = KiClampBase(Process, Base);
            Thread->PriorityDecrement = 0;
            KiSetPriorityLocked(Thread, Thread->BasePriority);
        }
        KiReleaseLock(&Thread->ThreadLock);
    }
    KeReleaseSpinLockFromDpcLevel(&Process->ProcessLock);
    KiExitDispatcher(OldIrql);
    return Old;
}

void KeBoostPriorityThread(PKTHREAD Thread, KPRIORITY Increment)
{
    KPRIORITY New;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Thread->ThreadLock, &OldIrql);
    if (Thread->Priority < LOW_REALTIME_PRIORITY_ && !Thread->DisableBoost) {
        New = Thread->BasePriority + Increment;
        New = New < LOW_REALTIME_PRIORITY_ ? New : LOW_REALTIME_PRIORITY_ - 1;
        if (New > Thread->Priority) {
            KiSetPriorityLocked(Thread, New);
        }
    }
    KeReleaseSpinLockFromDpcLevel(&Thread->ThreadLock);
    KiExitDispatcher(OldIrql);
}

/* ---- affinity and processors ---------------------------------------------------------------------------------------------------- */

KAFFINITY NTAPI KeQueryActiveProcessors(VOID)
{
    return KeNumberProcessors == 64 ? ~0ULL : (1ULL << KeNumberProcessors) - 1;
}

KAFFINITY NTAPI KeSetSystemAffinityThreadEx(KAFFINITY Affinity)
{
    return KeSetAffinityThread(KeGetCurrentThread(), Affinity);
}

VOID NTAPI KeSetSystemAffinityThread(KAFFINITY Affinity)
{
    (void)KeSetAffinityThread(KeGetCurrentThread(), Affinity);
}

VOID NTAPI KeRevertToUserAffinityThreadEx(KAFFINITY Affinity)
{
    (void)KeSetAffinityThread(KeGetCurrentThread(),
                              Affinity != 0 ? Affinity : ((struct _KPROCESS *)KeGetCurrentThread()->Process)->Affinity);
}

VOID NTAPI KeRevertToUserAffinityThread(VOID)
{
    KeRevertToUserAffinityThreadEx(0);
}

BOOLEAN NTAPI KeSetKernelStackSwapEnable(BOOLEAN Enable)
{
    return TRUE; /* stacks are never swapped */
}

ULONG NTAPI KeQueryActiveProcessorCount(PKAFFINITY ActiveProcessors)
{
    if (ActiveProcessors != NULL) {
        *ActiveProcessors = KeQueryActiveProcessors();
    }
    return (ULONG)KeNumberProcessors;
}

ULONG NTAPI KeQueryActiveProcessorCountEx(USHORT GroupNumber)
{
    return GroupNumber == 0 || GroupNumber == ALL_PROCESSOR_GROUPS ? (ULONG)KeNumberProcessors : 0;
}

ULONG NTAPI KeQueryMaximumProcessorCount(VOID)
{
    return KE_MAXIMUM_PROCESSORS;
}
ULONG NTAPI KeQueryMaximumProcessorCountEx(USHORT GroupNumber)
{
    return GroupNumber == 0 || GroupNumber == ALL_PROCESSOR_GROUPS ? KE_MAXIMUM_PROCESSORS : 0;
}
USHORT NTAPI KeQueryActiveGroupCount(VOID)
{
    return 1;
}
USHORT NTAPI KeQueryMaximumGroupCount(VOID)
{
    return 1;
}
KAFFINITY NTAPI KeQueryGroupAffinity(USHORT GroupNumber)
{
    return GroupNumber == 0 ? KeQueryActiveProcessors() : 0;
}
USHORT NTAPI KeQueryHighestNodeNumber(VOID)
{
    return 0;
}
USHORT NTAPI KeGetCurrentNodeNumber(VOID)
{
    return 0;
}
ULONG NTAPI KeGetRecommendedSharedDataAlignment(VOID)
{
    return 64;
}

ULONG NTAPI KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber)
{
    ULONG Number = KiPrcb()->Number;

    if (ProcNumber != NULL) {
        *ProcNumber = (PROCESSOR_NUMBER){ .Group = 0, .Number = (UCHAR)Number };
    }
    return Number;
}

NTSTATUS NTAPI KeGetProcessorNumberFromIndex(ULONG ProcIndex, PPROCESSOR_NUMBER ProcNumber)
{
    if (ProcIndex >= (ULONG)KeNumberProcessors) {
        return STATUS_INVALID_PARAMETER;
    }
    *ProcNumber = (PROCESSOR_NUMBER){ .Group = 0, .Number = (UCHAR)ProcIndex };
    return STATUS_SUCCESS;
}

ULONG NTAPI KeGetProcessorIndexFromNumber(PPROCESSOR_NUMBER ProcNumber)
{
    return ProcNumber->Group == 0 && ProcNumber->Number < KeNumberProcessors ? ProcNumber->Number : INVALID_PROCESSOR_INDEX;
}

ULONG NTAPI NtGetCurrentProcessorNumber(VOID)
{
    return KiPrcb()->Number;
}

ULONG NTAPI KeQueryRuntimeThread(PKTHREAD Thread, PULONG UserTime)
{
    *UserTime = Thread->UserTime;
    return Thread->KernelTime;
}

ULONG64 NTAPI KeQueryTotalCycleTimeThread(PKTHREAD Thread, PULONG64 CycleTimeStamp)
{
    *CycleTimeStamp = KiReadTimeStamp();
    return Thread->CycleTime;
}

ULONG64 NTAPI KeQueryTotalCycleTimeProcess(PKPROCESS Process, PULONG64 CycleTimeStamp)
{
    *CycleTimeStamp = KiReadTimeStamp();
    return ((struct _KPROCESS *)Process)->CycleTime;
}

/* ---- floating point in drivers: traps and switches keep it already -------------------------------------------------------------- */
#undef KeSaveFloatingPointState
#undef KeRestoreFloatingPointState
NTSTATUS NTAPI KeSaveFloatingPointState(PKFLOATING_SAVE Save)
{
    return STATUS_SUCCESS;
}
NTSTATUS NTAPI KeRestoreFloatingPointState(PKFLOATING_SAVE Save)
{
    return STATUS_SUCCESS;
}

/* Kernel stacks are large enough for any documented Size, so the routine runs on the one there is. */
NTSTATUS NTAPI KeExpandKernelStackAndCallout(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter, SIZE_T Size)
{
    if (Size > MAXIMUM_EXPANSION_SIZE) {
        return STATUS_INVALID_PARAMETER_3;
    }
    Callout(Parameter);
    return STATUS_SUCCESS;
}

static ULONG_PTR NTAPI KiFlushCaches(ULONG_PTR Argument)
{
    __asm__ volatile("wbinvd" ::: "memory");
    return 0;
}

BOOLEAN NTAPI KeInvalidateAllCaches(VOID)
{
    (void)KeIpiGenericCall(KiFlushCaches, 0);
    return TRUE;
}

VOID NTAPI KeInvalidateRangeAllCaches(PVOID BaseAddress, ULONG Length)
{
    (void)KeInvalidateAllCaches();
}
