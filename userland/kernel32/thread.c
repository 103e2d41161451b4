/* SPDX-License-Identifier: MIT */
/*
 * thread.c - threads: creation, exit, suspension, contexts, priority, affinity, TLS.
 *
 * A thread runs RtlUserThreadStart(Start, Parameter) first, whoever makes it, which is why CreateThread gives the caller's function to
 * NtCreateThreadEx unchanged.
 */
#include "create.h"
#include "background.h"

/* The three attributes that a thread may be given: its own client id for us, and what the caller's list holds. */
typedef struct _THREAD_LIST
{
    PS_ATTRIBUTE_LIST Head;
    PS_ATTRIBUTE More[2];
} THREAD_LIST;

static void AddAttribute(THREAD_LIST *List, ULONG_PTR Attribute, PVOID Value, SIZE_T Size)
{
    PS_ATTRIBUTE *Entry = &List->Head.Attributes[0] + (List->Head.TotalLength - offsetof(PS_ATTRIBUTE_LIST, Attributes)) / sizeof(PS_ATTRIBUTE);

    *Entry = (PS_ATTRIBUTE){.Attribute = Attribute, .Size = Size, .ValuePtr = Value};
    List->Head.TotalLength += sizeof(PS_ATTRIBUTE);
}

static BOOL ReadThreadAttributes(THREAD_LIST *List, const struct _PROC_THREAD_ATTRIBUTE_LIST *From)
{
    for (DWORD i = 0; From != NULL && i < From->Count; i++) {
        switch (From->Entry[i].Attribute) {
        case PROC_THREAD_ATTRIBUTE_GROUP_AFFINITY:
            AddAttribute(List, PS_ATTRIBUTE_GROUP_AFFINITY, From->Entry[i].Value, From->Entry[i].Size);
            break;
        case PROC_THREAD_ATTRIBUTE_IDEAL_PROCESSOR:
            AddAttribute(List, PS_ATTRIBUTE_IDEAL_PROCESSOR, From->Entry[i].Value, From->Entry[i].Size);
            break;
        default:
            return BaseFail(ERROR_INVALID_PARAMETER);
        }
    }
    return TRUE;
}

/* CreateThread's dwStackSize means the committed size, unless STACK_SIZE_PARAM_IS_A_RESERVATION. */
HANDLE WINAPI CreateRemoteThreadEx(HANDLE Process, LPSECURITY_ATTRIBUTES Security, SIZE_T StackSize, LPTHREAD_START_ROUTINE Start,
                                   LPVOID Parameter, DWORD Flags, LPPROC_THREAD_ATTRIBUTE_LIST Attributes, LPDWORD Id)
{
    CLIENT_ID ClientId = {0};
    THREAD_LIST List = {.Head.TotalLength = offsetof(PS_ATTRIBUTE_LIST, Attributes)};
    OBJECT_ATTRIBUTES Object;
    HANDLE Thread = NULL;
    SIZE_T Reserve = Flags & STACK_SIZE_PARAM_IS_A_RESERVATION ? StackSize : 0;
    SIZE_T Commit = Flags & STACK_SIZE_PARAM_IS_A_RESERVATION ? 0 : StackSize;

    if (Flags & ~(DWORD)(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION)) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    AddAttribute(&List, PS_ATTRIBUTE_CLIENT_ID, &ClientId, sizeof(ClientId));
    if (!ReadThreadAttributes(&List, Attributes)) {
        return NULL;
    }
    InitializeObjectAttributes(&Object, NULL, Security != NULL && Security->bInheritHandle ? OBJ_INHERIT : 0, NULL,
                               Security != NULL ? Security->lpSecurityDescriptor : NULL);
    NTSTATUS Status = NtCreateThreadEx(&Thread, THREAD_ALL_ACCESS, &Object, Process, (PVOID)Start, Parameter,
                                       Flags & CREATE_SUSPENDED ? THREAD_CREATE_FLAGS_CREATE_SUSPENDED : 0, 0, Commit, Reserve, &List.Head);
    if (!NT_SUCCESS(Status)) {
        BaseSetLastNTError(Status);
        return NULL;
    }
    if (Id != NULL) {
        *Id = (DWORD)(ULONG_PTR)ClientId.UniqueThread;
    }
    return Thread;
}

HANDLE WINAPI CreateRemoteThread(HANDLE Process, LPSECURITY_ATTRIBUTES Security, SIZE_T StackSize, LPTHREAD_START_ROUTINE Start,
                                 LPVOID Parameter, DWORD Flags, LPDWORD Id)
{
    return CreateRemoteThreadEx(Process, Security, StackSize, Start, Parameter, Flags, NULL, Id);
}

HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES Security, SIZE_T StackSize, LPTHREAD_START_ROUTINE Start, LPVOID Parameter, DWORD Flags,
                           LPDWORD Id)
{
    return CreateRemoteThreadEx(NtCurrentProcess(), Security, StackSize, Start, Parameter, Flags, NULL, Id);
}

VOID WINAPI FreeLibraryAndExitThread(HMODULE Module, DWORD ExitCode)
{
    FreeLibrary(Module);
    RtlExitUserThread((NTSTATUS)ExitCode);
}

BOOL WINAPI TerminateThread(HANDLE Thread, DWORD ExitCode)
{
    if (Thread == NULL) {
        return BaseFail(ERROR_INVALID_HANDLE);
    }
    return BaseResult(NtTerminateThread(Thread, (NTSTATUS)ExitCode));
}

#undef GetCurrentThread
HANDLE WINAPI GetCurrentThread(void)
{
    return NtCurrentThread();
}

DWORD WINAPI GetCurrentThreadId(void)
{
    return (DWORD)(ULONG_PTR)BaseTeb()->ClientId.UniqueThread;
}

static BOOL QueryBasic(HANDLE Thread, THREAD_BASIC_INFORMATION *Basic)
{
    return BaseResult(NtQueryInformationThread(Thread, ThreadBasicInformation, Basic, sizeof(*Basic), NULL));
}

BOOL WINAPI GetExitCodeThread(HANDLE Thread, LPDWORD ExitCode)
{
    THREAD_BASIC_INFORMATION Basic;

    if (!QueryBasic(Thread, &Basic)) {
        return FALSE;
    }
    *ExitCode = (DWORD)Basic.ExitStatus;
    return TRUE;
}

DWORD WINAPI GetThreadId(HANDLE Thread)
{
    THREAD_BASIC_INFORMATION Basic;

    return QueryBasic(Thread, &Basic) ? (DWORD)(ULONG_PTR)Basic.ClientId.UniqueThread : 0;
}

DWORD WINAPI GetProcessIdOfThread(HANDLE Thread)
{
    THREAD_BASIC_INFORMATION Basic;

    return QueryBasic(Thread, &Basic) ? (DWORD)(ULONG_PTR)Basic.ClientId.UniqueProcess : 0;
}

HANDLE WINAPI OpenThread(DWORD Access, BOOL Inherit, DWORD Id)
{
    CLIENT_ID ClientId = {NULL, (HANDLE)(ULONG_PTR)Id};
    OBJECT_ATTRIBUTES Object;
    HANDLE Thread = NULL;

    InitializeObjectAttributes(&Object, NULL, Inherit ? OBJ_INHERIT : 0, NULL, NULL);
    NTSTATUS Status = NtOpenThread(&Thread, Access, &Object, &ClientId);
    if (!NT_SUCCESS(Status)) {
        BaseFail(Status == STATUS_INVALID_CID ? ERROR_INVALID_PARAMETER : RtlNtStatusToDosError(Status));
        return NULL;
    }
    return Thread;
}

DWORD WINAPI ResumeThread(HANDLE Thread)
{
    ULONG Old = 0;

    return BaseResult(NtResumeThread(Thread, &Old)) ? Old : (DWORD)-1;
}

DWORD WINAPI SuspendThread(HANDLE Thread)
{
    ULONG Old = 0;

    return BaseResult(NtSuspendThread(Thread, &Old)) ? Old : (DWORD)-1;
}

BOOL WINAPI GetThreadContext(HANDLE Thread, LPCONTEXT Context)
{
    return BaseResult(NtGetContextThread(Thread, Context));
}

BOOL WINAPI SetThreadContext(HANDLE Thread, const CONTEXT *Context)
{
    return BaseResult(NtSetContextThread(Thread, (PCONTEXT)Context));
}

/* Saturated values stand for time-critical and idle. */
int WINAPI GetThreadPriority(HANDLE Thread)
{
    THREAD_BASIC_INFORMATION Basic;

    if (!QueryBasic(Thread, &Basic)) {
        return THREAD_PRIORITY_ERROR_RETURN;
    }
    if (Basic.BasePriority == 16) {
        return THREAD_PRIORITY_TIME_CRITICAL;
    }
    return Basic.BasePriority == -16 ? THREAD_PRIORITY_IDLE : (int)Basic.BasePriority;
}

BOOL WINAPI SetThreadPriority(HANDLE Thread, int Priority)
{
    LONG Base = Priority;

    if (Priority == THREAD_MODE_BACKGROUND_BEGIN || Priority == THREAD_MODE_BACKGROUND_END) {
        return BaseSetThreadMode(Thread, Priority);
    }
    if (Priority == THREAD_PRIORITY_TIME_CRITICAL) {
        Base = 16;
    } else if (Priority == THREAD_PRIORITY_IDLE) {
        Base = -16;
    }
    return BaseResult(NtSetInformationThread(Thread, ThreadBasePriority, &Base, sizeof(Base)));
}

BOOL WINAPI SetThreadPriorityBoost(HANDLE Thread, BOOL Disabled)
{
    ULONG Value = Disabled != FALSE;

    return BaseResult(NtSetInformationThread(Thread, ThreadPriorityBoost, &Value, sizeof(Value)));
}

BOOL WINAPI GetThreadPriorityBoost(HANDLE Thread, PBOOL Disabled)
{
    ULONG Value = 0;

    if (!BaseResult(NtQueryInformationThread(Thread, ThreadPriorityBoost, &Value, sizeof(Value), NULL))) {
        return FALSE;
    }
    *Disabled = (BOOL)Value;
    return TRUE;
}

DWORD_PTR WINAPI SetThreadAffinityMask(HANDLE Thread, DWORD_PTR Mask)
{
    THREAD_BASIC_INFORMATION Basic;

    if (!QueryBasic(Thread, &Basic) || !BaseResult(NtSetInformationThread(Thread, ThreadAffinityMask, &Mask, sizeof(Mask)))) {
        return 0;
    }
    return Basic.AffinityMask;
}

BOOL WINAPI GetThreadTimes(HANDLE Thread, LPFILETIME Create, LPFILETIME Exit, LPFILETIME Kernel, LPFILETIME User)
{
    KERNEL_USER_TIMES Times;

    if (!BaseResult(NtQueryInformationThread(Thread, ThreadTimes, &Times, sizeof(Times), NULL))) {
        return FALSE;
    }
    memcpy(Create, &Times.CreateTime, sizeof(*Create));
    memcpy(Exit, &Times.ExitTime, sizeof(*Exit));
    memcpy(Kernel, &Times.KernelTime, sizeof(*Kernel));
    memcpy(User, &Times.UserTime, sizeof(*User));
    return TRUE;
}

BOOL WINAPI GetThreadIOPendingFlag(HANDLE Thread, PBOOL Pending)
{
    ULONG Value = 0;

    if (!BaseResult(NtQueryInformationThread(Thread, ThreadIsIoPending, &Value, sizeof(Value), NULL))) {
        return FALSE;
    }
    *Pending = Value != 0;
    return TRUE;
}

BOOL WINAPI SwitchToThread(void)
{
    return NtYieldExecution() != STATUS_NO_YIELD_PERFORMED;
}

DWORD WINAPI QueueUserAPC(PAPCFUNC Routine, HANDLE Thread, ULONG_PTR Data)
{
    /* RtlDispatchAPC adds the activation context on Windows; there are none here, so the routine itself is the APC. */
    return (DWORD)BaseResult(NtQueueApcThread(Thread, (PVOID)Routine, (PVOID)Data, NULL, NULL));
}

HRESULT WINAPI SetThreadDescription(HANDLE Thread, PCWSTR Description)
{
    UNICODE_STRING Name;

    RtlInitUnicodeString(&Name, Description);
    NTSTATUS Status = NtSetInformationThread(Thread, (THREADINFOCLASS)38, &Name, sizeof(Name)); /* ThreadNameInformation */
    return NT_SUCCESS(Status) ? S_OK : HRESULT_FROM_NT(Status);
}

VOID WINAPI GetCurrentThreadStackLimits(PULONG_PTR Low, PULONG_PTR High)
{
    *Low = (ULONG_PTR)BaseTeb()->DeallocationStack;
    *High = (ULONG_PTR)BaseTeb()->NtTib.StackBase;
}

BOOL WINAPI SetThreadStackGuarantee(PULONG Size)
{
    NTEB *Teb = BaseTeb();
    ULONG Old = Teb->GuaranteedStackBytes, New = ROUND_UP(*Size, 0x1000u);
    SIZE_T Reserved = (ULONG_PTR)Teb->NtTib.StackBase - (ULONG_PTR)Teb->DeallocationStack;

    if (New + 0x3000 >= Reserved) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (New > Old) {
        Teb->GuaranteedStackBytes = New;
    }
    *Size = Old;
    return TRUE;
}

LCID WINAPI GetThreadLocale(void)
{
    return BaseTeb()->CurrentLocale != 0 ? BaseTeb()->CurrentLocale : 0x409;
}

BOOL WINAPI SetThreadLocale(LCID Locale)
{
    LCID Real = ConvertDefaultLocale(Locale);

    if (!IsValidLocale(Real, LCID_INSTALLED)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    BaseTeb()->CurrentLocale = Real;
    return TRUE;
}

DWORD WINAPI GetCurrentProcessorNumber(void)
{
    return NtGetCurrentProcessorNumber();
}

VOID WINAPI GetCurrentProcessorNumberEx(PPROCESSOR_NUMBER Number)
{
    Number->Group = 0;
    Number->Number = (BYTE)NtGetCurrentProcessorNumber();
    Number->Reserved = 0;
}
