/* SPDX-License-Identifier: MIT */
/*
 * tppool.c - pools and their workers.
 *
 * A pool is a completion port.  Workers wait at it; whoever makes a callback ready puts its object into the pool's queue and sends a packet without
 * content, which says "there is one more in the queue": so the port keeps the sleeping order (last in, first out) while the queue keeps priorities.
 * Files bound to the pool complete into the same port, with their object as key.
 *
 * How many workers?  One is made whenever more packets are on their way than workers wait for them, up to a few per processor.  Beyond that the
 * callbacks probably wait for each other or for the world, and only the timer thread (tptimer.c) adds more, when a whole tick has passed without any
 * callback begun.  (Windows asks the kernel's worker factory, which knows who is blocked; the idea is the same.)  Workers idle for long go.
 * Windows Internals, 7th ed., part 1, chapter 4 "Thread pools (worker factories)".
 */
#include "tpp.h"

#define IDLE_TIME (20 * 10000000LL)

RTL_SRWLOCK TppLock;
static PTP_POOL DefaultPool;

/* ---- how many workers -------------------------------------------------------------------------------------------------------------- */

/* Workers that should be waiting and are not. */
static ULONG Missing(PTP_POOL Pool)
{
    ULONG Wanted = Pool->Packets + (Pool->Files != 0);

    return Wanted > Pool->Idle ? Wanted - Pool->Idle : 0;
}

static bool MayGrowAtOnce(PTP_POOL Pool)
{
    ULONG Limit = Peb()->NumberOfProcessors * 2 < 4 ? 4 : Peb()->NumberOfProcessors * 2;

    return Pool->Workers < Pool->Maximum && (Pool->Workers < Pool->Minimum || Pool->Workers - Pool->Long < Limit);
}

NTSTATUS TppStartThread(PUSER_THREAD_START_ROUTINE Start, PVOID Parameter, SIZE_T Reserve, SIZE_T Commit)
{
    HANDLE Thread;
    NTSTATUS Status = NtCreateThreadEx(&Thread, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(), (PVOID)Start, Parameter, 0, 0, Commit, Reserve, NULL);

    if (NT_SUCCESS(Status))
        NtClose(Thread);
    return Status;
}

static ULONG NTAPI Worker(PVOID Parameter);

/* One more worker, already counted. */
static bool StartWorker(PTP_POOL Pool)
{
    if (NT_SUCCESS(TppStartThread(Worker, Pool, Pool->StackReserve, Pool->StackCommit)))
        return true;
    TppAcquire();
    Pool->Workers--;
    if (Missing(Pool) != 0)
        TppWatch(Pool);
    TppRelease();
    return false;
}

/* A worker that has been started and has not yet come to its port counts as idle: it will. */
static bool CountWorker(PTP_POOL Pool)
{
    bool Grow = Pool->Workers < Pool->Minimum || (Missing(Pool) != 0 && MayGrowAtOnce(Pool));

    if (Grow) {
        Pool->Workers++;
        Pool->Idle++;
    } else if (Missing(Pool) != 0 && Pool->Workers < Pool->Maximum) {
        TppWatch(Pool);
    }
    return Grow;
}

static void UncountIdle(PTP_POOL Pool)
{
    TppAcquire();
    Pool->Idle--;
    TppRelease();
}

void TppStartWorkers(PTP_POOL Pool)
{
    for (;;) {
        TppAcquire();
        bool Grow = CountWorker(Pool);
        TppRelease();
        if (!Grow)
            return;
        if (!StartWorker(Pool)) {
            UncountIdle(Pool);
            return;
        }
    }
}

/* No callback begun since the last look, and packets wait: more workers, twice as many each time.  The lock is given up meanwhile. */
bool TppRelieve(PTP_POOL Pool)
{
    bool Progress = Pool->Taken != Pool->TakenBefore;
    ULONG Add = 0;

    Pool->TakenBefore = Pool->Taken;
    if (Missing(Pool) == 0 || Pool->Workers >= Pool->Maximum || Pool->Dying) {
        Pool->Grow = 1;
        return false;
    }
    if (!Progress) {
        for (Add = Pool->Grow; Add > Missing(Pool) || Add > Pool->Maximum - Pool->Workers;)
            Add--;
        Pool->Grow *= 2;
        Pool->Workers += Add;
        Pool->Idle += Add;
        TppRelease();
        while (Add != 0 && StartWorker(Pool))
            Add--;
        TppAcquire();
        Pool->Idle -= Add; /* those that could not be made: StartWorker uncounts only the first of them */
        Pool->Workers -= Add != 0 ? Add - 1 : 0;
    }
    return true;
}

/* ---- workers ------------------------------------------------------------------------------------------------------------------------ */

static TPP_OBJECT *TakeFromQueue(PTP_POOL Pool, TPP_ARGUMENTS *Arguments)
{
    for (ULONG Priority = 0; Priority < COUNT_OF(Pool->Queue); Priority++) {
        if (IsListEmpty(&Pool->Queue[Priority]))
            continue;
        TPP_OBJECT *Object = CONTAINING_RECORD(Pool->Queue[Priority].Flink, TPP_OBJECT, QueueLink);
        RemoveEntryList(&Object->QueueLink);
        if (TppTakeReady(Object, Arguments))
            InsertTailList(&Pool->Queue[Priority], &Object->QueueLink);
        return Object;
    }
    return NULL;
}

/* A file's operation has ended.  NULL: its callback was cancelled. */
static TPP_OBJECT *TakeCompletion(TPP_OBJECT *Object, TPP_OBJECT **Dead)
{
    *Dead = NULL;
    if (Object->Io.Skip != 0) {
        Object->Io.Skip--;
        *Dead = TppDrop(Object);
        return NULL;
    }
    if (Object->Io.Started != 0)
        Object->Io.Started--; /* its reference is the callback's now */
    else
        Object->References++; /* nobody announced it */
    Object->Running++;
    return Object;
}

/* A worker may go if the others are enough, no I/O of its own is on its way, and it is not one of the minimum. */
static bool MayLeave(PTP_POOL Pool)
{
    ULONG Io = 0;

    if (Pool->Dying)
        return Pool->Packets == 0;
    return Missing(Pool) == 0 && Pool->Workers > Pool->Minimum &&
           (!NT_SUCCESS(NtQueryInformationThread(NtCurrentThread(), ThreadIsIoPending, &Io, sizeof Io, NULL)) || Io == 0);
}

static void FreePool(PTP_POOL Pool)
{
    NtClose(Pool->Port);
    Free(Pool);
}

static ULONG NTAPI Worker(PVOID Parameter)
{
    PTP_POOL Pool = Parameter;
    bool Waiting = true; /* counted by who made us */

    for (;;) {
        TPP_ARGUMENTS Arguments = {0};
        FILE_IO_COMPLETION_INFORMATION Packet;
        LARGE_INTEGER Idle = {.QuadPart = -IDLE_TIME};
        ULONG Count = 0;
        TPP_OBJECT *Object = NULL, *Dead = NULL;

        if (!Waiting) {
            TppAcquire();
            Pool->Idle++;
            TppRelease();
        }
        NTSTATUS Status = NtRemoveIoCompletionEx(Pool->Port, &Packet, 1, &Count, &Idle, TRUE);
        bool Got = Status == STATUS_SUCCESS && Count == 1;
        TppAcquire();
        Pool->Idle--;
        Waiting = false;
        if (Got && Packet.KeyContext == NULL) {
            Pool->Packets--;
            Object = TakeFromQueue(Pool, &Arguments);
        } else if (Got) {
            Arguments.ApcContext = Packet.ApcContext;
            Arguments.Io = Packet.IoStatusBlock;
            Object = TakeCompletion(Packet.KeyContext, &Dead);
        }
        bool Leave = Object == NULL && (NT_ERROR(Status) || ((Pool->Dying || Status == STATUS_TIMEOUT) && MayLeave(Pool)));
        bool Last = Leave && --Pool->Workers == 0 && Pool->Dying;
        bool Grow = !Leave && Object != NULL && CountWorker(Pool);
        TppRelease();
        TppDestroy(Dead);
        if (Last)
            FreePool(Pool);
        if (Leave)
            RtlExitUserThread(STATUS_SUCCESS);
        if (Grow && !StartWorker(Pool))
            UncountIdle(Pool);
        if (Object != NULL)
            TppCall(Object, &Arguments);
    }
}

/* ---- ready callbacks ----------------------------------------------------------------------------------------------------------------- */

void TppReady(TPP_OBJECT *Object)
{
    Object->References++;
    if (Object->Pending++ == 0)
        InsertTailList(&Object->Pool->Queue[Object->Priority], &Object->QueueLink);
    Object->Pool->Packets++;
    Object->Pool->References++; /* TppSend's */
}

void TppSend(PTP_POOL Pool)
{
    if (!NT_SUCCESS(NtSetIoCompletion(Pool->Port, NULL, NULL, STATUS_SUCCESS, 0))) {
        TppAcquire();
        Pool->Packets--; /* no memory: the callback waits for the next packet */
        TppRelease();
    }
    TppAcquire();
    bool Grow = CountWorker(Pool);
    TppRelease();
    if (Grow && !StartWorker(Pool))
        UncountIdle(Pool);
    TppDereferencePool(Pool);
}

/* TRUE: there are more.  The object is out of the queue. */
bool TppTakeReady(TPP_OBJECT *Object, TPP_ARGUMENTS *Arguments)
{
    Object->Pending--;
    Object->Running++;
    Object->Pool->Taken++;
    if (Object->Kind == TppWait) {
        Arguments->Result = WAIT_TIMEOUT;
        if (Object->Wait.Signalled != 0) {
            Object->Wait.Signalled--;
            Arguments->Result = (TP_WAIT_RESULT)Object->Wait.Result;
        }
    }
    return Object->Pending != 0;
}

static void Dispatch(TPP_OBJECT *Object, PTP_CALLBACK_INSTANCE Instance, TPP_ARGUMENTS *Arguments)
{
    switch (Object->Kind) {
    case TppSimple:
        ((PTP_SIMPLE_CALLBACK)Object->Callback)(Instance, Object->Context);
        break;
    case TppWork:
        ((PTP_WORK_CALLBACK)Object->Callback)(Instance, Object->Context, (PTP_WORK)Object);
        break;
    case TppTimer:
        ((PTP_TIMER_CALLBACK)Object->Callback)(Instance, Object->Context, (PTP_TIMER)Object);
        break;
    case TppWait:
        ((PTP_WAIT_CALLBACK)Object->Callback)(Instance, Object->Context, (PTP_WAIT)Object, Arguments->Result);
        break;
    case TppIo:
        ((PTP_IO_CALLBACK_)Object->Callback)(Instance, Object->Context, Arguments->ApcContext, &Arguments->Io, (PTP_IO)Object);
        break;
    }
}

/* What the callback left for its end; in the order Windows does it. */
static void CompleteInstance(PTP_CALLBACK_INSTANCE Instance)
{
    if (Instance->Section != NULL)
        RtlLeaveCriticalSection(Instance->Section);
    if (Instance->Mutex != NULL)
        NtReleaseMutant(Instance->Mutex, NULL);
    if (Instance->Semaphore != NULL)
        NtReleaseSemaphore(Instance->Semaphore, (LONG)Instance->SemaphoreCount, NULL);
    if (Instance->Event != NULL)
        NtSetEvent(Instance->Event, NULL);
    if (Instance->Dll != NULL)
        LdrUnloadDll(Instance->Dll);
    if (Teb()->IsImpersonating) { /* a callback that forgot to revert must not lend its client to the next one */
        HANDLE Nobody = NULL;
        NtSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &Nobody, sizeof Nobody);
    }
}

/* The object does not count the callback as running any more.  Lock held. */
static void Disassociate(PTP_CALLBACK_INSTANCE Instance)
{
    TPP_OBJECT *Object = Instance->Object;

    Instance->Associated = false;
    if (--Object->Running == 0 && Object->Pending == 0)
        RtlWakeAllConditionVariable(&Object->Drained);
}

void TppCall(TPP_OBJECT *Object, TPP_ARGUMENTS *Arguments)
{
    struct _TP_CALLBACK_INSTANCE Instance = {.Object = Object, .ThreadId = Teb()->ClientId.UniqueThread, .Associated = true};

    if (Object->LongFunction && !Object->InService)
        TpCallbackMayRunLong(&Instance);
    Dispatch(Object, &Instance, Arguments);
    if (Object->Finalization != NULL)
        Object->Finalization(&Instance, Object->Context);
    CompleteInstance(&Instance);
    TppAcquire();
    if (Instance.RunsLong)
        Object->Pool->Long--;
    if (Instance.Associated)
        Disassociate(&Instance);
    TPP_OBJECT *Dead = TppDrop(Object);
    TppRelease();
    TppDestroy(Dead);
}

/* ---- what a callback may do ------------------------------------------------------------------------------------------------------------- */

VOID NTAPI TpCallbackSetEventOnCompletion(PTP_CALLBACK_INSTANCE Instance, HANDLE Event)
{
    Instance->Event = Event;
}

VOID NTAPI TpCallbackReleaseSemaphoreOnCompletion(PTP_CALLBACK_INSTANCE Instance, HANDLE Semaphore, ULONG Count)
{
    Instance->Semaphore = Semaphore;
    Instance->SemaphoreCount = Count;
}

VOID NTAPI TpCallbackReleaseMutexOnCompletion(PTP_CALLBACK_INSTANCE Instance, HANDLE Mutex)
{
    Instance->Mutex = Mutex;
}

VOID NTAPI TpCallbackLeaveCriticalSectionOnCompletion(PTP_CALLBACK_INSTANCE Instance, PRTL_CRITICAL_SECTION Section)
{
    Instance->Section = Section;
}

VOID NTAPI TpCallbackUnloadDllOnCompletion(PTP_CALLBACK_INSTANCE Instance, PVOID Dll)
{
    Instance->Dll = Dll;
}

/* From now on another worker is there for the rest, or STATUS_TOO_MANY_THREADS. */
NTSTATUS NTAPI TpCallbackMayRunLong(PTP_CALLBACK_INSTANCE Instance)
{
    PTP_POOL Pool = Instance->Object->Pool;
    NTSTATUS Status = STATUS_SUCCESS;
    bool Grow = false;

    if (Instance->ThreadId != Teb()->ClientId.UniqueThread)
        return STATUS_UNSUCCESSFUL;
    if (Instance->RunsLong)
        return STATUS_SUCCESS;
    TppAcquire();
    Instance->RunsLong = true;
    Pool->Long++;
    if (Pool->Idle == 0) {
        Grow = Pool->Workers < Pool->Maximum;
        Status = Grow ? STATUS_SUCCESS : STATUS_TOO_MANY_THREADS;
        Pool->Workers += Grow;
        Pool->Idle += Grow;
    }
    TppRelease();
    if (Grow && !StartWorker(Pool)) {
        UncountIdle(Pool);
        return STATUS_TOO_MANY_THREADS;
    }
    return Status;
}

VOID NTAPI TpDisassociateCallback(PTP_CALLBACK_INSTANCE Instance)
{
    if (Instance->ThreadId != Teb()->ClientId.UniqueThread || !Instance->Associated)
        return;
    TppAcquire();
    Disassociate(Instance);
    TppRelease();
}

/* ---- pools as programs see them ----------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI TpAllocPool(PTP_POOL *Result, PVOID Reserved)
{
    PIMAGE_NT_HEADERS Headers = RtlImageNtHeader(Peb()->ImageBaseAddress);
    PTP_POOL Pool;

    if (Reserved != NULL)
        return STATUS_INVALID_PARAMETER_2;
    Pool = AllocateZero(sizeof *Pool);
    if (Pool == NULL)
        return STATUS_NO_MEMORY;
    NTSTATUS Status = NtCreateIoCompletion(&Pool->Port, IO_COMPLETION_ALL_ACCESS, NULL, 0xFFFF);
    if (!NT_SUCCESS(Status)) {
        Free(Pool);
        return Status;
    }
    Pool->References = 1;
    Pool->Maximum = TPP_DEFAULT_MAXIMUM;
    Pool->Grow = 1;
    for (ULONG Priority = 0; Priority < COUNT_OF(Pool->Queue); Priority++)
        InitializeListHead(&Pool->Queue[Priority]);
    InitializeListHead(&Pool->StarvedLink);
    Pool->StackReserve = (SIZE_T)Headers->OptionalHeader.SizeOfStackReserve;
    Pool->StackCommit = (SIZE_T)Headers->OptionalHeader.SizeOfStackCommit;
    *Result = Pool;
    return STATUS_SUCCESS;
}

/* The last reference wakes the workers, which find their pool dying; the last of them frees it. */
void TppDereferencePool(PTP_POOL Pool)
{
    ULONG Workers = 0;

    TppAcquire();
    bool Last = --Pool->References == 0;
    if (Last) {
        Pool->Dying = true;
        RemoveEntryList(&Pool->StarvedLink);
        InitializeListHead(&Pool->StarvedLink);
        Workers = Pool->Workers;
        Pool->Packets += Workers;
    }
    TppRelease();
    if (Last && Workers == 0)
        FreePool(Pool);
    for (; Workers != 0; Workers--)
        NtSetIoCompletion(Pool->Port, NULL, NULL, STATUS_SUCCESS, 0);
}

VOID NTAPI TpReleasePool(PTP_POOL Pool)
{
    TppDereferencePool(Pool);
}

NTSTATUS TppReferencePool(PTP_CALLBACK_ENVIRON Environment, PTP_POOL *Result)
{
    PTP_POOL Pool = Environment != NULL ? Environment->Pool : NULL, New;

    if (Pool == NULL) {
        Pool = *(PTP_POOL volatile *)&DefaultPool;
        if (Pool == NULL) {
            NTSTATUS Status = TpAllocPool(&New, NULL);
            if (!NT_SUCCESS(Status))
                return Status;
            Pool = InterlockedCompareExchangePointer((PVOID *)&DefaultPool, New, NULL);
            if (Pool == NULL)
                Pool = New;
            else
                TppDereferencePool(New);
        }
    }
    TppAcquire();
    Pool->References++;
    TppRelease();
    *Result = Pool;
    return STATUS_SUCCESS;
}

VOID NTAPI TpSetPoolMaxThreads(PTP_POOL Pool, LONG Maximum)
{
    TppAcquire();
    Pool->Maximum = Maximum < 1 ? 1 : (ULONG)Maximum;
    if (Pool->Minimum > Pool->Maximum)
        Pool->Minimum = Pool->Maximum;
    TppRelease();
    TppStartWorkers(Pool); /* some may have waited for a higher limit */
}

NTSTATUS NTAPI TpSetPoolMinThreads(PTP_POOL Pool, LONG Minimum)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (Minimum < 0)
        return STATUS_INVALID_PARAMETER;
    TppAcquire();
    Pool->Minimum = (ULONG)Minimum;
    if (Pool->Maximum < Pool->Minimum)
        Pool->Maximum = Pool->Minimum;
    TppRelease();
    TppStartWorkers(Pool);
    TppAcquire();
    if (Pool->Workers < (ULONG)Minimum) {
        Pool->Minimum = Pool->Workers;
        Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    TppRelease();
    return Status;
}

NTSTATUS NTAPI TpSetPoolStackInformation(PTP_POOL Pool, PTP_POOL_STACK_INFORMATION Information)
{
    if (Pool == NULL || Information == NULL || Information->StackCommit > Information->StackReserve)
        return STATUS_INVALID_PARAMETER;
    Pool->StackReserve = Information->StackReserve;
    Pool->StackCommit = Information->StackCommit;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI TpQueryPoolStackInformation(PTP_POOL Pool, PTP_POOL_STACK_INFORMATION Information)
{
    if (Pool == NULL || Information == NULL)
        return STATUS_INVALID_PARAMETER;
    Information->StackReserve = Pool->StackReserve;
    Information->StackCommit = Pool->StackCommit;
    return STATUS_SUCCESS;
}
