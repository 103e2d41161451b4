/* SPDX-License-Identifier: MIT */
/*
 * systhread.c - PsCreateSystemThread: a thread that never leaves kernel mode, in the system process or a given one.
 */
#include "psp.h"

/* ProcessHandle NULL: the system process.  The handle is a kernel handle if the process is the system process.  Status as ObInsertObject,
 * STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS NTAPI PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
                                    PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext)
{
    PSP_THREAD_REQUEST Request = { .Mode = KernelMode, .SystemRoutine = StartRoutine, .SystemContext = StartContext };
    OBJECT_ATTRIBUTES KernelHandle;
    PETHREAD Thread;
    NTSTATUS Status = STATUS_SUCCESS;

    if (StartRoutine == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    if (ProcessHandle == NULL) {
        Request.Process = PsInitialSystemProcess;
        ObReferenceObject(Request.Process);
        if (ObjectAttributes == NULL) {
            InitializeObjectAttributes(&KernelHandle, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
            ObjectAttributes = &KernelHandle;
        }
    } else {
        Status =
            ObReferenceObjectByHandle(ProcessHandle, PROCESS_CREATE_THREAD, *PsProcessType, KernelMode, (PVOID *)&Request.Process, NULL);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    Request.ObjectAttributes = ObjectAttributes;
    Status = PspCreateThreadObject(&Request, &Thread);
    if (!NT_SUCCESS(Status)) {
        goto Cleanup;
    }
    if (ClientId != NULL) {
        *ClientId = Thread->Cid;
    }
    ObReferenceObject(Thread); /* ours; ObInsertObject takes the first */
    Status = ObInsertObject(Thread, NULL, DesiredAccess, 0, NULL, ThreadHandle);
    if (NT_SUCCESS(Status)) {
        PspStartThread(Thread, FALSE);
    }
    ObDereferenceObject(Thread);
Cleanup:
    ObDereferenceObject(Request.Process);
    return Status;
}
