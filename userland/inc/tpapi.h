/* SPDX-License-Identifier: MIT */
/*
 * tpapi.h - ntdll's thread pool: Tp*, and the older Rtl* interface.  Win32's names for most of these are forwarders in kernel32.def.
 */
#ifndef NASCENT_TPAPI_H
#define NASCENT_TPAPI_H

#include "ntapi.h"

typedef ULONG LOGICAL;
typedef VOID(NTAPI *PTP_IO_CALLBACK_)(PTP_CALLBACK_INSTANCE Instance, PVOID Context, PVOID ApcContext, PIO_STATUS_BLOCK Io, PTP_IO Object);

NTCALL TpAllocPool(PTP_POOL *Pool, PVOID Reserved);
NTSYSAPI VOID NTAPI TpReleasePool(PTP_POOL Pool);
NTSYSAPI VOID NTAPI TpSetPoolMaxThreads(PTP_POOL Pool, LONG Maximum);
NTCALL TpSetPoolMinThreads(PTP_POOL Pool, LONG Minimum);
NTCALL TpSetPoolStackInformation(PTP_POOL Pool, PTP_POOL_STACK_INFORMATION Information);
NTCALL TpQueryPoolStackInformation(PTP_POOL Pool, PTP_POOL_STACK_INFORMATION Information);
NTCALL TpAllocCleanupGroup(PTP_CLEANUP_GROUP *Group);
NTSYSAPI VOID NTAPI TpReleaseCleanupGroup(PTP_CLEANUP_GROUP Group);
NTSYSAPI VOID NTAPI TpReleaseCleanupGroupMembers(PTP_CLEANUP_GROUP Group, LOGICAL CancelPending, PVOID Parameter);
NTSYSAPI VOID NTAPI TpCallbackSetEventOnCompletion(PTP_CALLBACK_INSTANCE Instance, HANDLE Event);
NTSYSAPI VOID NTAPI TpCallbackReleaseSemaphoreOnCompletion(PTP_CALLBACK_INSTANCE Instance, HANDLE Semaphore, ULONG Count);
NTSYSAPI VOID NTAPI TpCallbackReleaseMutexOnCompletion(PTP_CALLBACK_INSTANCE Instance, HANDLE Mutex);
NTSYSAPI VOID NTAPI TpCallbackLeaveCriticalSectionOnCompletion(PTP_CALLBACK_INSTANCE Instance, PRTL_CRITICAL_SECTION Section);
NTSYSAPI VOID NTAPI TpCallbackUnloadDllOnCompletion(PTP_CALLBACK_INSTANCE Instance, PVOID Dll);
NTCALL TpCallbackMayRunLong(PTP_CALLBACK_INSTANCE Instance);
NTSYSAPI VOID NTAPI TpDisassociateCallback(PTP_CALLBACK_INSTANCE Instance);
NTCALL TpSimpleTryPost(PTP_SIMPLE_CALLBACK Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment);
NTCALL TpAllocWork(PTP_WORK *Work, PTP_WORK_CALLBACK Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment);
NTSYSAPI VOID NTAPI TpPostWork(PTP_WORK Work);
NTSYSAPI VOID NTAPI TpWaitForWork(PTP_WORK Work, LOGICAL CancelPending);
NTSYSAPI VOID NTAPI TpReleaseWork(PTP_WORK Work);
NTCALL TpAllocTimer(PTP_TIMER *Timer, PTP_TIMER_CALLBACK Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment);
NTSYSAPI VOID NTAPI TpSetTimer(PTP_TIMER Timer, PLARGE_INTEGER DueTime, ULONG Period, ULONG WindowLength);
NTSYSAPI LOGICAL NTAPI TpSetTimerEx(PTP_TIMER Timer, PLARGE_INTEGER DueTime, ULONG Period, ULONG WindowLength);
NTSYSAPI LOGICAL NTAPI TpIsTimerSet(PTP_TIMER Timer);
NTSYSAPI VOID NTAPI TpWaitForTimer(PTP_TIMER Timer, LOGICAL CancelPending);
NTSYSAPI VOID NTAPI TpReleaseTimer(PTP_TIMER Timer);
NTCALL TpAllocWait(PTP_WAIT *Wait, PTP_WAIT_CALLBACK Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment);
NTSYSAPI VOID NTAPI TpSetWait(PTP_WAIT Wait, HANDLE Handle, PLARGE_INTEGER Timeout);
NTSYSAPI LOGICAL NTAPI TpSetWaitEx(PTP_WAIT Wait, HANDLE Handle, PLARGE_INTEGER Timeout, PVOID Reserved);
NTSYSAPI VOID NTAPI TpWaitForWait(PTP_WAIT Wait, LOGICAL CancelPending);
NTSYSAPI VOID NTAPI TpReleaseWait(PTP_WAIT Wait);
NTCALL TpAllocIoCompletion(PTP_IO *Io, HANDLE File, PTP_IO_CALLBACK_ Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment);
NTCALL TpAllocWin32IoCompletion_(PTP_IO *Io, HANDLE File, PVOID Callback, PVOID Context, PTP_CALLBACK_ENVIRON Environment);
NTSYSAPI VOID NTAPI TpStartAsyncIoOperation(PTP_IO Io);
NTSYSAPI VOID NTAPI TpCancelAsyncIoOperation(PTP_IO Io);
NTSYSAPI VOID NTAPI TpWaitForIoCompletion(PTP_IO Io, LOGICAL CancelPending);
NTSYSAPI VOID NTAPI TpReleaseIoCompletion(PTP_IO Io);

NTCALL RtlQueueWorkItem(PVOID Function, PVOID Context, ULONG Flags);
NTCALL RtlSetIoCompletionCallback(HANDLE File, PVOID Function, ULONG Flags);
NTCALL RtlRegisterWait(PHANDLE Wait, HANDLE Handle, WAITORTIMERCALLBACKFUNC Function, PVOID Context, ULONG Milliseconds, ULONG Flags);
NTCALL RtlDeregisterWait(HANDLE Wait);
NTCALL RtlDeregisterWaitEx(HANDLE Wait, HANDLE CompletionEvent);
NTCALL RtlCreateTimerQueue(PHANDLE Queue);
NTCALL RtlDeleteTimerQueue(HANDLE Queue);
NTCALL RtlDeleteTimerQueueEx(HANDLE Queue, HANDLE CompletionEvent);
NTCALL RtlCreateTimer(HANDLE Queue, PHANDLE Timer, WAITORTIMERCALLBACKFUNC Function, PVOID Context, ULONG Due, ULONG Period, ULONG Flags);
NTCALL RtlUpdateTimer(HANDLE Queue, HANDLE Timer, ULONG Due, ULONG Period);
NTCALL RtlDeleteTimer(HANDLE Queue, HANDLE Timer, HANDLE CompletionEvent);

#endif
