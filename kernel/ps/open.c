/* SPDX-License-Identifier: MIT */
/*
 * open.c - NtOpenProcess, NtOpenThread, walking, suspending, contexts of other threads.
 */
#include "psp.h"
#include "xstate.h"

/* The attributes both opens allow: flags only, no name (there are no named processes since NT 4). */
static NTSTATUS PspCaptureOpen(KPROCESSOR_MODE Mode, PHANDLE Handle, POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID UserCid,
                               CLIENT_ID *Cid, ULONG *Attributes)
{
    OBJECT_ATTRIBUTES Captured;
    NTSTATUS Status = KiProbeForWrite(Mode, Handle, sizeof(HANDLE), sizeof(HANDLE));

    if (NT_SUCCESS(Status)) {
        Status = KiProbeForRead(Mode, ObjectAttributes, sizeof(Captured), sizeof(ULONG));
    }
    if (NT_SUCCESS(Status)) {
        Status = CopyFromMode(Mode, &Captured, ObjectAttributes, sizeof(Captured));
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Captured.ObjectName != NULL || UserCid == NULL) {
        return STATUS_INVALID_PARAMETER_MIX;
    }
    *Attributes = Captured.Attributes & (Mode == KernelMode ? OBJ_VALID_ATTRIBUTES : OBJ_VALID_ATTRIBUTES & ~OBJ_KERNEL_HANDLE);
    return CopyFromMode(Mode, Cid, UserCid, sizeof(*Cid));
}

/* SeDebugPrivilege opens everything: WinDbg's and Task Manager's way in. */
static NTSTATUS PspOpenObject(PVOID Object, POBJECT_TYPE Type, ULONG Attributes, ACCESS_MASK DesiredAccess, KPROCESSOR_MODE Mode,
                              PHANDLE UserHandle)
{
    HANDLE Handle;
    NTSTATUS Status;
    KPROCESSOR_MODE CheckMode = Mode;

    if (Mode != KernelMode && SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_DEBUG_PRIVILEGE), Mode) &&
        !(DesiredAccess & ~(Type->TypeInfo.ValidAccessMask | MAXIMUM_ALLOWED))) {
        CheckMode = KernelMode;
        if (DesiredAccess & MAXIMUM_ALLOWED) {
            DesiredAccess = Type->TypeInfo.ValidAccessMask;
        }
    }
    Status = ObOpenObjectByPointer(Object, Attributes, NULL, DesiredAccess, Type, CheckMode, &Handle);
    ObDereferenceObject(Object);
    if (NT_SUCCESS(Status)) {
        Status = CopyToMode(Mode, UserHandle, &Handle, sizeof(Handle));
    }
    return Status;
}

/* ClientId: by thread id if one is given, else by process id.  STATUS_INVALID_CID; STATUS_INVALID_PARAMETER_MIX for a name. */
NTSTATUS NTAPI NtOpenProcess(PHANDLE ProcessHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PEPROCESS Process;
    PETHREAD Thread;
    CLIENT_ID Cid;
    ULONG Attributes;
    NTSTATUS Status = PspCaptureOpen(Mode, ProcessHandle, ObjectAttributes, ClientId, &Cid, &Attributes);

    PAGED_CODE();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Cid.UniqueThread != NULL) {
        Status = PsLookupProcessThreadByCid(&Cid, &Process, &Thread);
        if (NT_SUCCESS(Status)) {
            ObDereferenceObject(Thread);
        }
    } else {
        Status = NT_SUCCESS(PsLookupProcessByProcessId(Cid.UniqueProcess, &Process)) ? STATUS_SUCCESS : STATUS_INVALID_CID;
    }
    return NT_SUCCESS(Status) ? PspOpenObject(Process, *PsProcessType, Attributes, DesiredAccess, Mode, ProcessHandle) : Status;
}

NTSTATUS NTAPI NtOpenThread(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PCLIENT_ID ClientId)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PETHREAD Thread;
    CLIENT_ID Cid;
    ULONG Attributes;
    NTSTATUS Status = PspCaptureOpen(Mode, ThreadHandle, ObjectAttributes, ClientId, &Cid, &Attributes);

    PAGED_CODE();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Cid.UniqueProcess != NULL) {
        Status = PsLookupProcessThreadByCid(&Cid, NULL, &Thread);
    } else {
        Status = NT_SUCCESS(PsLookupThreadByThreadId(Cid.UniqueThread, &Thread)) ? STATUS_SUCCESS : STATUS_INVALID_CID;
    }
    return NT_SUCCESS(Status) ? PspOpenObject(Thread, *PsThreadType, Attributes, DesiredAccess, Mode, ThreadHandle) : Status;
}

/* ---- suspend and resume ------------------------------------------------------------------------------------------------------------- */

/*
 * Termination marks the thread before it resumes it, we look at the mark after we have suspended it: one of the two always sees the other, and the
 * thread does not stop on its way out.
 */
NTSTATUS PspSuspendThread(PETHREAD Thread, PULONG PreviousCount)
{
    if (Thread->CrossThreadFlags & PS_CROSS_THREAD_FLAGS_TERMINATED) {
        return STATUS_THREAD_IS_TERMINATING;
    }
    *PreviousCount = KeSuspendThread(&Thread->Tcb);
    if (*PreviousCount == MAXULONG) {
        return STATUS_SUSPEND_COUNT_EXCEEDED;
    }
    if (Thread->CrossThreadFlags & PS_CROSS_THREAD_FLAGS_TERMINATED) {
        (void)KeForceResumeThread(&Thread->Tcb);
        return STATUS_THREAD_IS_TERMINATING;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PspResumeThread(PETHREAD Thread, PULONG PreviousCount)
{
    *PreviousCount = KeResumeThread(&Thread->Tcb);
    return STATUS_SUCCESS;
}

typedef NTSTATUS PSP_COUNT_ROUTINE(PETHREAD Thread, PULONG PreviousCount);

static NTSTATUS PspCountService(HANDLE ThreadHandle, PULONG PreviousCount, PSP_COUNT_ROUTINE *Act)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PETHREAD Thread;
    ULONG Count;
    NTSTATUS Status = STATUS_SUCCESS;

    PAGED_CODE();
    if (PreviousCount != NULL) {
        Status = KiProbeForWrite(Mode, PreviousCount, sizeof(ULONG), sizeof(ULONG));
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(ThreadHandle, THREAD_SUSPEND_RESUME, *PsThreadType, Mode, (PVOID *)&Thread, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = Act(Thread, &Count);
    ObDereferenceObject(Thread);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    return PreviousCount != NULL ? CopyToMode(Mode, PreviousCount, &Count, sizeof(Count)) : STATUS_SUCCESS;
}

NTSTATUS NTAPI NtSuspendThread(HANDLE ThreadHandle, PULONG PreviousSuspendCount)
{
    return PspCountService(ThreadHandle, PreviousSuspendCount, PspSuspendThread);
}

NTSTATUS NTAPI NtResumeThread(HANDLE ThreadHandle, PULONG PreviousSuspendCount)
{
    return PspCountService(ThreadHandle, PreviousSuspendCount, PspResumeThread);
}

static NTSTATUS PspForEachThread(HANDLE ProcessHandle, PSP_COUNT_ROUTINE *Act)
{
    PEPROCESS Process;
    ULONG Count;
    BOOLEAN Self = FALSE;
    NTSTATUS Status =
        ObReferenceObjectByHandle(ProcessHandle, PROCESS_SUSPEND_RESUME, *PsProcessType, ExGetPreviousMode(), (PVOID *)&Process, NULL);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Process->Flags & PS_PROCESS_FLAGS_PROCESS_DELETE) {
        ObDereferenceObject(Process);
        return STATUS_PROCESS_IS_TERMINATING;
    }
    for (PETHREAD Thread = PsGetNextProcessThread_(Process, NULL); Thread != NULL; Thread = PsGetNextProcessThread_(Process, Thread)) {
        if (Thread == PsCurrentThread_()) {
            Self = TRUE; /* last: it would not come back to do the others */
        } else {
            (void)Act(Thread, &Count);
        }
    }
    ObDereferenceObject(Process);
    if (Self) {
        (void)Act(PsCurrentThread_(), &Count);
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtSuspendProcess(HANDLE ProcessHandle)
{
    return PspForEachThread(ProcessHandle, PspSuspendThread);
}

NTSTATUS NTAPI NtResumeProcess(HANDLE ProcessHandle)
{
    return PspForEachThread(ProcessHandle, PspResumeThread);
}

/* ---- contexts -------------------------------------------------------------------------------------------------------------------------
 */

/* A thread's registers lie on its own kernel stack: a special kernel APC runs there and copies. */
typedef struct _PSP_CONTEXT_REQUEST
{
    KAPC Apc;
    KEVENT Done;
    CONTEXT Context;
    PVOID Extended; /* NULL: not asked for; else an XSAVE area, inside ExtendedArea */
    KPROCESSOR_MODE Mode;
    BOOLEAN Set;
    NTSTATUS Status;
    UCHAR ExtendedArea[];
} PSP_CONTEXT_REQUEST;

static void PspTransferContext(PSP_CONTEXT_REQUEST *Request)
{
    PKTRAP_FRAME Frame = KeUserTrapFrame(KeGetCurrentThread());

    if (Frame == NULL) {
        Request->Status = STATUS_UNSUCCESSFUL;
    } else if (Request->Set) {
        Request->Status = KeContextToKframes(Frame, &Request->Context, Request->Mode);
        if (NT_SUCCESS(Request->Status) && Request->Extended != NULL) {
            KiRestoreExtendedState(Request->Extended);
        }
    } else {
        KeContextFromKframes(Frame, &Request->Context);
        if (Request->Extended != NULL) {
            KiSaveExtendedState(Request->Extended);
        }
        Request->Status = STATUS_SUCCESS;
    }
}

static VOID NTAPI PspContextApc(PKAPC Apc, PKNORMAL_ROUTINE_ *NormalRoutine, PVOID *NormalContext, PVOID *Argument1, PVOID *Argument2)
{
    PSP_CONTEXT_REQUEST *Request = CONTAINING_RECORD(Apc, PSP_CONTEXT_REQUEST, Apc);

    UNREFERENCED_PARAMETER(NormalRoutine);
    UNREFERENCED_PARAMETER(NormalContext);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    PspTransferContext(Request);
    KeSetEvent(&Request->Done, 0, FALSE);
}

static VOID NTAPI PspContextRundown(PKAPC Apc)
{
    PSP_CONTEXT_REQUEST *Request = CONTAINING_RECORD(Apc, PSP_CONTEXT_REQUEST, Apc);

    Request->Status = STATUS_THREAD_IS_TERMINATING;
    KeSetEvent(&Request->Done, 0, FALSE);
}

/* Takes in what the caller says: for a get, the flags of what is wanted. */
static NTSTATUS PspCaptureContext(PSP_CONTEXT_REQUEST *Request, PCONTEXT UserContext)
{
    NTSTATUS Status = CopyFromMode(Request->Mode, &Request->Context, UserContext, sizeof(CONTEXT));

    Request->Extended = NULL;
    if (!NT_SUCCESS(Status) || Request->Mode != UserMode || (Request->Context.ContextFlags & KE_CONTEXT_XSTATE) != KE_CONTEXT_XSTATE ||
        KiExtendedStateLength() == 0) {
        return Status;
    }
    Request->Extended = (PVOID)(((ULONG_PTR)Request->ExtendedArea + KE_XSTATE_ALIGNMENT - 1) & ~(ULONG_PTR)(KE_XSTATE_ALIGNMENT - 1));
    return Request->Set ? KiCopyExtendedState(UserContext, Request->Extended, FALSE) : STATUS_SUCCESS;
}

static NTSTATUS PspReturnContext(PSP_CONTEXT_REQUEST *Request, PCONTEXT UserContext)
{
    NTSTATUS Status = CopyToMode(Request->Mode, UserContext, &Request->Context, sizeof(CONTEXT));

    if (NT_SUCCESS(Status) && Request->Extended != NULL) {
        Status = KiCopyExtendedState(UserContext, Request->Extended, TRUE);
    }
    return Status;
}

static NTSTATUS PspContextService(HANDLE ThreadHandle, PCONTEXT UserContext, BOOLEAN Set)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PSP_CONTEXT_REQUEST *Request;
    PETHREAD Thread;
    NTSTATUS Status =
        ObReferenceObjectByHandle(ThreadHandle, Set ? THREAD_SET_CONTEXT : THREAD_GET_CONTEXT, *PsThreadType, Mode, (PVOID *)&Thread, NULL);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Thread->CrossThreadFlags & PS_CROSS_THREAD_FLAGS_SYSTEM) {
        ObDereferenceObject(Thread);
        return STATUS_INVALID_HANDLE;
    }
    Request = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Request) + KeXStateLength + KE_XSTATE_ALIGNMENT, PSP_TAG);
    if (Request == NULL) {
        ObDereferenceObject(Thread);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Request->Mode = Mode;
    Request->Set = Set;
    Status = PspCaptureContext(Request, UserContext);
    if (NT_SUCCESS(Status)) {
        if (Thread == PsCurrentThread_()) {
            PspTransferContext(Request);
        } else {
            KeInitializeEvent(&Request->Done, NotificationEvent, FALSE);
            KeInitializeApc(&Request->Apc, (PKTHREAD)Thread, OriginalApcEnvironment, PspContextApc, PspContextRundown, NULL, KernelMode,
                            NULL);
            if (KeInsertQueueApc(&Request->Apc, NULL, NULL, 2)) {
                (void)KeWaitForSingleObject(&Request->Done, Executive, KernelMode, FALSE, NULL);
            } else {
                Request->Status = STATUS_UNSUCCESSFUL;
            }
        }
        Status = Request->Status;
    }
    if (NT_SUCCESS(Status) && !Set) {
        Status = PspReturnContext(Request, UserContext);
    }
    ExFreePoolWithTag(Request, PSP_TAG);
    ObDereferenceObject(Thread);
    return Status;
}

NTSTATUS NTAPI NtGetContextThread(HANDLE ThreadHandle, PCONTEXT ThreadContext)
{
    return PspContextService(ThreadHandle, ThreadContext, FALSE);
}

NTSTATUS NTAPI NtSetContextThread(HANDLE ThreadHandle, PCONTEXT ThreadContext)
{
    return PspContextService(ThreadHandle, ThreadContext, TRUE);
}

/* ---- walking: NtGetNextProcess, NtGetNextThread ---------------------------------------------------------------------------------------
 */

NTSTATUS NTAPI NtGetNextProcess(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Flags,
                                PHANDLE NewProcessHandle)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PEPROCESS Process = NULL;
    HANDLE Handle;
    NTSTATUS Status = KiProbeForWrite(Mode, NewProcessHandle, sizeof(HANDLE), sizeof(HANDLE));

    PAGED_CODE();
    if (NT_SUCCESS(Status) && Flags != 0) {
        Status = STATUS_INVALID_PARAMETER;
    }
    if (NT_SUCCESS(Status) && ProcessHandle != NULL) {
        Status = ObReferenceObjectByHandle(ProcessHandle, 0, *PsProcessType, Mode, (PVOID *)&Process, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    for (Process = PsGetNextProcess_(Process); Process != NULL; Process = PsGetNextProcess_(Process)) {
        Status = ObOpenObjectByPointer(Process, HandleAttributes & OBJ_INHERIT, NULL, DesiredAccess, *PsProcessType, Mode, &Handle);
        if (NT_SUCCESS(Status)) {
            ObDereferenceObject(Process);
            return CopyToMode(Mode, NewProcessHandle, &Handle, sizeof(Handle));
        }
        if (Status != STATUS_ACCESS_DENIED) {
            ObDereferenceObject(Process);
            return Status;
        }
    }
    return STATUS_NO_MORE_ENTRIES;
}

NTSTATUS NTAPI NtGetNextThread(HANDLE ProcessHandle, HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Flags,
                               PHANDLE NewThreadHandle)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PEPROCESS Process;
    PETHREAD Thread = NULL;
    HANDLE Handle;
    NTSTATUS Status = KiProbeForWrite(Mode, NewThreadHandle, sizeof(HANDLE), sizeof(HANDLE));

    PAGED_CODE();
    if (NT_SUCCESS(Status) && Flags != 0) {
        Status = STATUS_INVALID_PARAMETER;
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_QUERY_INFORMATION, *PsProcessType, Mode, (PVOID *)&Process, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (ThreadHandle != NULL) {
        Status = ObReferenceObjectByHandle(ThreadHandle, 0, *PsThreadType, Mode, (PVOID *)&Thread, NULL);
        if (NT_SUCCESS(Status) && PsThreadProcess_(Thread) != Process) {
            ObDereferenceObject(Thread);
            Status = STATUS_INVALID_PARAMETER;
        }
    }
    for (Thread = NT_SUCCESS(Status) ? PsGetNextProcessThread_(Process, Thread) : NULL; Thread != NULL;
         Thread = PsGetNextProcessThread_(Process, Thread)) {
        Status = ObOpenObjectByPointer(Thread, HandleAttributes & OBJ_INHERIT, NULL, DesiredAccess, *PsThreadType, Mode, &Handle);
        if (NT_SUCCESS(Status)) {
            ObDereferenceObject(Thread);
            ObDereferenceObject(Process);
            return CopyToMode(Mode, NewThreadHandle, &Handle, sizeof(Handle));
        }
    }
    ObDereferenceObject(Process);
    return NT_SUCCESS(Status) || Status == STATUS_ACCESS_DENIED ? STATUS_NO_MORE_ENTRIES : Status;
}
