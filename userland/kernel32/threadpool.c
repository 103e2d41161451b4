/* SPDX-License-Identifier: MIT */
/*
 * threadpool.c - the thread pool's Win32 face, as far as it is not a forwarder to ntdll (kernel32.def): calls that make things turn a status into a last
 * error and a null pointer.
 */
#include "k32.h"
#include "tpapi.h"

PTP_POOL WINAPI CreateThreadpool(PVOID Reserved)
{
    PTP_POOL Pool = NULL;

    return BaseResult(TpAllocPool(&Pool, Reserved)) ? Pool : NULL;
}

BOOL WINAPI SetThreadpoolThreadMinimum(PTP_POOL Pool, DWORD Minimum)
{
    return BaseResult(TpSetPoolMinThreads(Pool, (LONG)Minimum));
}

BOOL WINAPI SetThreadpoolStackInformation(PTP_POOL Pool, PTP_POOL_STACK_INFORMATION Information)
{
    return BaseResult(TpSetPoolStackInformation(Pool, Information));
}

BOOL WINAPI QueryThreadpoolStackInformation(PTP_POOL Pool, PTP_POOL_STACK_INFORMATION Information)
{
    return BaseResult(TpQueryPoolStackInformation(Pool, Information));
}

PTP_CLEANUP_GROUP WINAPI CreateThreadpoolCleanupGroup(VOID)
{
    PTP_CLEANUP_GROUP Group = NULL;

    return BaseResult(TpAllocCleanupGroup(&Group)) ? Group : NULL;
}

BOOL WINAPI CallbackMayRunLong(PTP_CALLBACK_INSTANCE Instance)
{
    return BaseResult(TpCallbackMayRunLong(Instance));
}

BOOL WINAPI TrySubmitThreadpoolCallback(PTP_SIMPLE_CALLBACK Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment)
{
    return BaseResult(TpSimpleTryPost(Callback, Context, Environment));
}

PTP_WORK WINAPI CreateThreadpoolWork(PTP_WORK_CALLBACK Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment)
{
    PTP_WORK Work = NULL;

    return BaseResult(TpAllocWork(&Work, Callback, Context, Environment)) ? Work : NULL;
}

PTP_TIMER WINAPI CreateThreadpoolTimer(PTP_TIMER_CALLBACK Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment)
{
    PTP_TIMER Timer = NULL;

    return BaseResult(TpAllocTimer(&Timer, Callback, Context, Environment)) ? Timer : NULL;
}

PTP_WAIT WINAPI CreateThreadpoolWait(PTP_WAIT_CALLBACK Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment)
{
    PTP_WAIT Wait = NULL;

    return BaseResult(TpAllocWait(&Wait, Callback, Context, Environment)) ? Wait : NULL;
}

PTP_IO WINAPI CreateThreadpoolIo(HANDLE File, PTP_WIN32_IO_CALLBACK Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment)
{
    PTP_IO Io = NULL;

    return BaseResult(TpAllocWin32IoCompletion_(&Io, File, (PVOID)Callback, Context, Environment)) ? Io : NULL;
}

/* ---- the older interface ------------------------------------------------------------------------------------------------------------------ */

/* A callback still outstanding is a failure of a kind. */
static BOOL Deleted(NTSTATUS Status)
{
    return Status == STATUS_PENDING ? BaseFail(ERROR_IO_PENDING) : BaseResult(Status);
}

BOOL WINAPI QueueUserWorkItem(LPTHREAD_START_ROUTINE Function, PVOID Context, ULONG Flags)
{
    return BaseResult(RtlQueueWorkItem((PVOID)Function, Context, Flags));
}

BOOL WINAPI BindIoCompletionCallback(HANDLE File, LPOVERLAPPED_COMPLETION_ROUTINE Function, ULONG Flags)
{
    return BaseResult(RtlSetIoCompletionCallback(File, (PVOID)Function, Flags));
}

HANDLE WINAPI RegisterWaitForSingleObjectEx(HANDLE Object, WAITORTIMERCALLBACK Callback, PVOID Context, ULONG Milliseconds, ULONG Flags)
{
    HANDLE Wait = NULL;

    return BaseResult(RtlRegisterWait(&Wait, BaseStandardHandle(Object), Callback, Context, Milliseconds, Flags)) ? Wait : NULL;
}

/* Wait is written before the callback can run. */
BOOL WINAPI RegisterWaitForSingleObject(PHANDLE Wait, HANDLE Object, WAITORTIMERCALLBACK Callback, PVOID Context, ULONG Milliseconds, ULONG Flags)
{
    return BaseResult(RtlRegisterWait(Wait, BaseStandardHandle(Object), Callback, Context, Milliseconds, Flags));
}

BOOL WINAPI UnregisterWaitEx(HANDLE Wait, HANDLE CompletionEvent)
{
    return Deleted(RtlDeregisterWaitEx(Wait, CompletionEvent));
}

BOOL WINAPI UnregisterWait(HANDLE Wait)
{
    return UnregisterWaitEx(Wait, NULL);
}

HANDLE WINAPI CreateTimerQueue(VOID)
{
    HANDLE Queue = NULL;

    return BaseResult(RtlCreateTimerQueue(&Queue)) ? Queue : NULL;
}

BOOL WINAPI CreateTimerQueueTimer(PHANDLE Timer, HANDLE Queue, WAITORTIMERCALLBACK Callback, PVOID Context, DWORD Due, DWORD Period, ULONG Flags)
{
    *Timer = NULL;
    return BaseResult(RtlCreateTimer(Queue, Timer, Callback, Context, Due, Period, Flags));
}

BOOL WINAPI ChangeTimerQueueTimer(HANDLE Queue, HANDLE Timer, ULONG Due, ULONG Period)
{
    return BaseResult(RtlUpdateTimer(Queue, Timer, Due, Period));
}

BOOL WINAPI DeleteTimerQueueTimer(HANDLE Queue, HANDLE Timer, HANDLE CompletionEvent)
{
    return Deleted(RtlDeleteTimer(Queue, Timer, CompletionEvent));
}

/* Windows 2000's names for the two, still exported. */
HANDLE WINAPI SetTimerQueueTimer(HANDLE Queue, WAITORTIMERCALLBACK Callback, PVOID Context, DWORD Due, DWORD Period, WINBOOL PreferIo)
{
    HANDLE Timer = NULL;

    return CreateTimerQueueTimer(&Timer, Queue, Callback, Context, Due, Period, PreferIo ? WT_EXECUTEINIOTHREAD : 0) ? Timer : NULL;
}

BOOL WINAPI CancelTimerQueueTimer(HANDLE Queue, HANDLE Timer)
{
    return DeleteTimerQueueTimer(Queue, Timer, NULL);
}

BOOL WINAPI DeleteTimerQueueEx(HANDLE Queue, HANDLE CompletionEvent)
{
    return Deleted(RtlDeleteTimerQueueEx(Queue, CompletionEvent));
}

/* The call from before there was an Ex: it does not report what is outstanding. */
BOOL WINAPI DeleteTimerQueue(HANDLE Queue)
{
    NTSTATUS Status = RtlDeleteTimerQueueEx(Queue, NULL);

    return BaseResult(Status);
}
