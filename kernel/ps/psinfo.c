/* SPDX-License-Identifier: MIT */
/*
 * psinfo.c - NtQueryInformationProcess, NtSetInformationProcess and the two for threads: checks and copies, once for all four.
 *
 * What a class says stands in a table: who answers, the right the handle needs, the size.  Order of checks as on Windows: class, length
 * (STATUS_INFO_LENGTH_MISMATCH), memory, handle, access.  A class that is not there is refused, and named in the log.
 */
#include "psinfo.h"

/* A string's pointer was into the kernel's copy; the caller wants one into his. */
static void PspFixString(const PSP_QUERY_CLASS *Class, PVOID Kernel, PVOID User)
{
    UNICODE_STRING *String = Kernel;

    if (Class->Kind == PspString && String->Buffer != NULL) {
        String->Buffer = (PWSTR)((PUCHAR)User + sizeof(UNICODE_STRING));
    }
}

static NTSTATUS PspAnswer(const PSP_QUERY_CLASS *Class, PVOID Object, PVOID Buffer, ULONG Length, PULONG ReturnLength, KPROCESSOR_MODE Mode)
{
    ULONG64 Small[24];
    PVOID Kernel = Small;
    ULONG Needed = Class->Size;
    NTSTATUS Status;

    Length = min(Length, 0x200000u); /* no class needs more */
    if (Length > sizeof(Small)) {
        Kernel = ExAllocatePoolWithTag(PagedPool, Length, PSP_TAG);
        if (Kernel == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    RtlZeroMemory(Kernel, Length);
    Status = Class->Query(Object, Kernel, Length, &Needed);
    if (NT_SUCCESS(Status) || Status == STATUS_PORT_NOT_SET) { /* which is an answer, too: none */
        PspFixString(Class, Kernel, Buffer);
        NTSTATUS Copy = CopyToMode(Mode, Buffer, Kernel, min(Length, Needed));
        Status = NT_SUCCESS(Copy) ? Status : Copy;
    }
    if (ReturnLength != NULL && (NT_SUCCESS(Status) || Status == STATUS_INFO_LENGTH_MISMATCH || Status == STATUS_BUFFER_TOO_SMALL)) {
        NTSTATUS Copy = CopyToMode(Mode, ReturnLength, &Needed, sizeof(Needed));
        Status = NT_SUCCESS(Copy) ? Status : Copy;
    }
    if (Kernel != Small) {
        ExFreePoolWithTag(Kernel, PSP_TAG);
    }
    return Status;
}

static NTSTATUS PspQuery(const PSP_QUERY_CLASS *Class, HANDLE Handle, POBJECT_TYPE Type, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PVOID Object;
    NTSTATUS Status;

    if ((Class->Kind == PspExact && Length != Class->Size) || (Class->Kind == PspVariable && Length < Class->Size)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = KiProbeForWrite(Mode, Buffer, Length, Class->Size < sizeof(ULONG) ? 1 : sizeof(ULONG));
    if (NT_SUCCESS(Status) && ReturnLength != NULL) {
        Status = KiProbeForWrite(Mode, ReturnLength, sizeof(ULONG), sizeof(ULONG));
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(Handle, Class->Access, Type, Mode, &Object, NULL);
    }
    if (NT_SUCCESS(Status)) {
        Status = PspAnswer(Class, Object, Buffer, Length, ReturnLength, Mode);
        ObDereferenceObject(Object);
    }
    return Status;
}

static NTSTATUS PspSet(const PSP_SET_CLASS *Class, HANDLE Handle, POBJECT_TYPE Type, PVOID Buffer, ULONG Length)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    ULONG64 Value[PSP_SET_MAXIMUM / sizeof(ULONG64)] = {0};
    PVOID Object;
    NTSTATUS Status;

    if (Length != Class->Size && (Class->OtherSize == 0 || Length != Class->OtherSize)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = CopyFromMode(Mode, Value, Buffer, Length);
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(Handle, Class->Access, Type, Mode, &Object, NULL);
    }
    if (NT_SUCCESS(Status)) {
        Status = Class->Set(Object, Value, Mode);
        ObDereferenceObject(Object);
    }
    return Status;
}

static NTSTATUS PspNoClass(const char *Service, ULONG Class)
{
    KdPrint_("Ps: %s: class %lu is not there\n", Service, Class);
    return STATUS_INVALID_INFO_CLASS;
}

NTSTATUS NTAPI NtQueryInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS ProcessClass, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
    ULONG Class = (ULONG)ProcessClass;

    PAGED_CODE();
    if (Class >= PspProcessQueryCount || PspProcessQueries[Class].Query == NULL) {
        return PspNoClass("NtQueryInformationProcess", Class);
    }
    return PspQuery(&PspProcessQueries[Class], ProcessHandle, *PsProcessType, Buffer, Length, ReturnLength);
}

NTSTATUS NTAPI NtSetInformationProcess(HANDLE ProcessHandle, ULONG Class, PVOID Buffer, ULONG Length)
{
    PAGED_CODE();
    if (Class >= PspProcessSetCount || PspProcessSets[Class].Set == NULL) {
        return PspNoClass("NtSetInformationProcess", Class);
    }
    return PspSet(&PspProcessSets[Class], ProcessHandle, *PsProcessType, Buffer, Length);
}

NTSTATUS NTAPI NtQueryInformationThread(HANDLE ThreadHandle, ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
    PAGED_CODE();
    if (Class >= PspThreadQueryCount || PspThreadQueries[Class].Query == NULL) {
        return PspNoClass("NtQueryInformationThread", Class);
    }
    return PspQuery(&PspThreadQueries[Class], ThreadHandle, *PsThreadType, Buffer, Length, ReturnLength);
}

NTSTATUS NTAPI NtSetInformationThread(HANDLE ThreadHandle, THREADINFOCLASS ThreadClass, PVOID Buffer, ULONG Length)
{
    ULONG Class = (ULONG)ThreadClass;

    PAGED_CODE();
    if (Class == 38) {
        return PspSetThreadName(ThreadHandle, Buffer, Length, ExGetPreviousMode());
    }
    if (Class >= PspThreadSetCount || PspThreadSets[Class].Set == NULL) {
        return PspNoClass("NtSetInformationThread", Class);
    }
    return PspSet(&PspThreadSets[Class], ThreadHandle, *PsThreadType, Buffer, Length);
}
