/* SPDX-License-Identifier: MIT */
/*
 * oldcreate.c - the calls of NT before Vista: NtCreateProcess(Ex) from a section, NtCreateThread with the creator's CONTEXT and stack; and
 * NtCreateThreadEx, which replaced the latter.
 *
 * They share every stage with NtCreateUserProcess: a PSP_BIRTH that starts at stage 4 with a section the caller made.  A process made this way has no
 * parameters and no thread; its creator writes the one into it and adds the other (RtlCreateUserProcess of old).  Without a section it is a copy of its
 * parent (mm/clone.c).
 */
#include "psp.h"

#define PSP_CREATE_THREAD_VALID                                                                                                              \
    (THREAD_CREATE_FLAGS_CREATE_SUSPENDED | THREAD_CREATE_FLAGS_SKIP_THREAD_ATTACH | THREAD_CREATE_FLAGS_HIDE_FROM_DEBUGGER |                  \
     THREAD_CREATE_FLAGS_SKIP_LOADER_INIT | THREAD_CREATE_FLAGS_BYPASS_PROCESS_FREEZE)

static NTSTATUS PspBirthFromSection(PSP_BIRTH *Birth, HANDLE ParentProcess, HANDLE SectionHandle)
{
    static NTSTATUS (*const Stages[])(PSP_BIRTH *) = {PspCreateProcessObject, PspBuildAddressSpace, PspBuildHandleTable, PspBuildPeb};
    NTSTATUS Status = ObReferenceObjectByHandle(ParentProcess, PROCESS_CREATE_PROCESS, *PsProcessType, Birth->Mode, (PVOID *)&Birth->Parent, NULL);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (SectionHandle != NULL) {
        Status = ObReferenceObjectByHandle(SectionHandle, SECTION_MAP_EXECUTE, MmSectionObjectType, Birth->Mode, &Birth->Section, NULL);
    } else if (Birth->Parent->SectionObject == NULL) {
        Status = STATUS_NOT_SUPPORTED; /* the system process */
    } else { /* the parent's address space, copied */
        Birth->Clone = TRUE;
        Birth->Section = Birth->Parent->SectionObject;
        ObReferenceObject(Birth->Section);
    }
    for (ULONG i = 0; NT_SUCCESS(Status) && i < RTL_NUMBER_OF(Stages); i++) {
        Status = Stages[i](Birth);
    }
    if (NT_SUCCESS(Status)) {
        Status = PspInheritJob(Birth->Parent, Birth->Process, (Birth->ProcessFlags & PROCESS_CREATE_FLAGS_BREAKAWAY) != 0);
    }
    if (NT_SUCCESS(Status)) {
        Status = PspPublishProcess(Birth->Process);
    }
    if (NT_SUCCESS(Status)) {
        ObReferenceObject(Birth->Process);
        Status = ObInsertObject(Birth->Process, NULL, Birth->ProcessAccess, 0, NULL, &Birth->ProcessHandle);
        Birth->ProcessHandle = NT_SUCCESS(Status) ? Birth->ProcessHandle : NULL;
    }
    return Status;
}

NTSTATUS NTAPI NtCreateProcessEx(PHANDLE ProcessHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ParentProcess, ULONG Flags,
                                 HANDLE SectionHandle, HANDLE DebugPort, HANDLE TokenHandle, ULONG Reserved)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PSP_BIRTH *Birth;
    NTSTATUS Status = KiProbeForWrite(Mode, ProcessHandle, sizeof(HANDLE), sizeof(HANDLE));

    PAGED_CODE();
    UNREFERENCED_PARAMETER(Reserved); /* JobMemberLevel; ignored by Windows too */
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if ((Flags & ~(PROCESS_CREATE_FLAGS_BREAKAWAY | PROCESS_CREATE_FLAGS_NO_DEBUG_INHERIT | PROCESS_CREATE_FLAGS_INHERIT_HANDLES)) || ParentProcess == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    Birth = ExAllocatePoolWithTag(PagedPool, sizeof(*Birth), PSP_TAG);
    if (Birth == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(Birth, sizeof(*Birth));
    Birth->Mode = Mode;
    Birth->ProcessFlags = Flags;
    Birth->ProcessAccess = DesiredAccess;
    Birth->ProcessObjectAttributes = ObjectAttributes;
    Birth->Attributes.Token = TokenHandle;
    Birth->Attributes.DebugObject = DebugPort;
    Status = PspBirthFromSection(Birth, ParentProcess, SectionHandle);
    if (NT_SUCCESS(Status)) {
        Birth->CreateInfo.State = PsCreateSuccess;
        Status = CopyToMode(Mode, ProcessHandle, &Birth->ProcessHandle, sizeof(HANDLE));
    }
    PspEndBirth(Birth, Status);
    ExFreePoolWithTag(Birth, PSP_TAG);
    return Status;
}

NTSTATUS NTAPI NtCreateProcess(PHANDLE ProcessHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ParentProcess,
                               BOOLEAN InheritObjectTable, HANDLE SectionHandle, HANDLE DebugPort, HANDLE TokenHandle)
{
    return NtCreateProcessEx(ProcessHandle, DesiredAccess, ObjectAttributes, ParentProcess, InheritObjectTable ? PROCESS_CREATE_FLAGS_INHERIT_HANDLES : 0,
                             SectionHandle, DebugPort, TokenHandle, 0);
}

/* The common end of both thread calls: Request is complete but for Process. */
static NTSTATUS PspCreateThreadForHandle(PSP_THREAD_REQUEST *Request, HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, BOOLEAN Suspended, HANDLE *Handle,
                                         PETHREAD *ThreadOut)
{
    PEPROCESS Process;
    PETHREAD Thread;
    NTSTATUS Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_CREATE_THREAD, *PsProcessType, Request->Mode, (PVOID *)&Process, NULL);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Process->Flags & PS_PROCESS_FLAGS_SYSTEM) {
        Status = STATUS_INVALID_HANDLE; /* no user threads there */
        goto Cleanup;
    }
    Request->Process = Process;
    Request->Initial = Process->ActiveThreads == 0;
    Status = PspCreateThreadObject(Request, &Thread);
    if (!NT_SUCCESS(Status)) {
        goto Cleanup;
    }
    ObReferenceObject(Thread);
    Status = ObInsertObject(Thread, NULL, DesiredAccess, 0, NULL, Handle);
    if (!NT_SUCCESS(Status)) {
        ObDereferenceObject(Thread);
        goto Cleanup;
    }
    PspStartThread(Thread, Suspended);
    *ThreadOut = Thread;
Cleanup:
    ObDereferenceObject(Process);
    return Status;
}

/* ThreadContext: where the thread begins, after LdrInitializeThunk; InitialTeb: the stack the caller made. */
NTSTATUS NTAPI NtCreateThread(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle, PCLIENT_ID ClientId,
                              PCONTEXT ThreadContext, INITIAL_TEB *InitialTeb, BOOLEAN CreateSuspended)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PSP_THREAD_REQUEST Request = {.Mode = Mode, .ObjectAttributes = ObjectAttributes};
    INITIAL_TEB Stack;
    CONTEXT *Context;
    PETHREAD Thread;
    HANDLE Handle;
    NTSTATUS Status = KiProbeForWrite(Mode, ThreadHandle, sizeof(HANDLE), sizeof(HANDLE));

    PAGED_CODE();
    if (NT_SUCCESS(Status) && ClientId != NULL) {
        Status = KiProbeForWrite(Mode, ClientId, sizeof(CLIENT_ID), sizeof(HANDLE));
    }
    if (NT_SUCCESS(Status)) {
        Status = ThreadContext != NULL ? CopyFromMode(Mode, &Stack, InitialTeb, sizeof(Stack)) : STATUS_INVALID_PARAMETER;
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Context = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Context), PSP_TAG);
    if (Context == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = CopyFromMode(Mode, Context, ThreadContext, sizeof(*Context));
    if (NT_SUCCESS(Status)) {
        Request.Context = Context;
        Request.InitialTeb = &Stack;
        Status = PspCreateThreadForHandle(&Request, ProcessHandle, DesiredAccess, CreateSuspended, &Handle, &Thread);
    }
    ExFreePoolWithTag(Context, PSP_TAG);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CopyToMode(Mode, ThreadHandle, &Handle, sizeof(Handle));
    if (NT_SUCCESS(Status) && ClientId != NULL) {
        Status = CopyToMode(Mode, ClientId, &Thread->Cid, sizeof(CLIENT_ID));
    }
    ObDereferenceObject(Thread);
    return Status;
}

NTSTATUS NTAPI NtCreateThreadEx(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle, PVOID StartRoutine,
                                PVOID Argument, ULONG CreateFlags, SIZE_T ZeroBits, SIZE_T StackSize, SIZE_T MaximumStackSize, PS_ATTRIBUTE_LIST *AttributeList)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PSP_THREAD_REQUEST Request = {.Mode = Mode,
                                  .ObjectAttributes = ObjectAttributes,
                                  .CreateFlags = CreateFlags,
                                  .StartAddress = StartRoutine,
                                  .Argument = Argument,
                                  .StackReserve = MaximumStackSize,
                                  .StackCommit = StackSize,
                                  .Attributes = NULL};
    PSP_ATTRIBUTES Attributes = {0};
    PETHREAD Thread;
    HANDLE Handle;
    NTSTATUS Status = KiProbeForWrite(Mode, ThreadHandle, sizeof(HANDLE), sizeof(HANDLE));

    PAGED_CODE();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if ((CreateFlags & ~PSP_CREATE_THREAD_VALID) || ZeroBits > 53) {
        return STATUS_INVALID_PARAMETER;
    }
    if (AttributeList != NULL) {
        Status = PspCaptureAttributes(Mode, AttributeList, FALSE, &Attributes);
        Request.Attributes = &Attributes;
    }
    if (NT_SUCCESS(Status)) {
        Status = PspCreateThreadForHandle(&Request, ProcessHandle, DesiredAccess, (CreateFlags & THREAD_CREATE_FLAGS_CREATE_SUSPENDED) != 0, &Handle, &Thread);
    }
    if (!NT_SUCCESS(Status)) {
        PspReleaseAttributes(&Attributes);
        return Status;
    }
    Status = CopyToMode(Mode, ThreadHandle, &Handle, sizeof(Handle));
    if (NT_SUCCESS(Status) && Attributes.UserClientId != NULL) {
        Status = CopyToMode(Mode, Attributes.UserClientId, &Thread->Cid, sizeof(CLIENT_ID));
    }
    if (NT_SUCCESS(Status) && Attributes.UserTeb != NULL) {
        Status = CopyToMode(Mode, Attributes.UserTeb, &Thread->Tcb.Teb, sizeof(PVOID));
    }
    ObDereferenceObject(Thread);
    PspReleaseAttributes(&Attributes);
    return Status;
}
