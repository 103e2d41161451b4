/* SPDX-License-Identifier: MIT */
/*
 * psquery.c - NtQueryInformationProcess, NtSetInformationProcess.
 *
 * One small function a class, in a table with the access right and the size the class demands; the service itself only checks and copies.
 * Order of checks as on Windows: class, length (STATUS_INFO_LENGTH_MISMATCH), probe, handle, access.
 */
#include "psp.h"

typedef NTSTATUS (*PSP_QUERY)(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed); /* Buffer: kernel memory, Length bytes, zeroed */

typedef struct _PSP_QUERY_CLASS
{
    PSP_QUERY Query;
    ACCESS_MASK Access;
    USHORT Size;      /* exact, or the least if Variable */
    BOOLEAN Variable;
} PSP_QUERY_CLASS;

static NTSTATUS PspQueryBasic(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    PROCESS_BASIC_INFORMATION *Info = Buffer;

    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    Info->ExitStatus = Process->ExitStatus;
    Info->PebBaseAddress = Process->Peb;
    Info->AffinityMask = Process->Pcb.Affinity;
    Info->BasePriority = Process->Pcb.BasePriority;
    Info->UniqueProcessId = (ULONG_PTR)Process->UniqueProcessId;
    Info->InheritedFromUniqueProcessId = (ULONG_PTR)Process->InheritedFromUniqueProcessId;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryIoCounters(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    ULONG64 *Info = Buffer; /* IO_COUNTERS: three operation counts, three transfer counts */

    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    Info[0] = (ULONG64)Process->ReadOperationCount.QuadPart;
    Info[1] = (ULONG64)Process->WriteOperationCount.QuadPart;
    Info[2] = (ULONG64)Process->OtherOperationCount.QuadPart;
    Info[3] = (ULONG64)Process->ReadTransferCount.QuadPart;
    Info[4] = (ULONG64)Process->WriteTransferCount.QuadPart;
    Info[5] = (ULONG64)Process->OtherTransferCount.QuadPart;
    return STATUS_SUCCESS;
}

typedef struct _PSP_VM_COUNTERS
{
    SIZE_T PeakVirtualSize, VirtualSize;
    ULONG PageFaultCount;
    SIZE_T PeakWorkingSetSize, WorkingSetSize, QuotaPeakPagedPoolUsage, QuotaPagedPoolUsage, QuotaPeakNonPagedPoolUsage, QuotaNonPagedPoolUsage;
    SIZE_T PagefileUsage, PeakPagefileUsage;
    SIZE_T PrivateUsage; /* the EX form */
} PSP_VM_COUNTERS;

static NTSTATUS PspQueryVmCounters(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    PSP_VM_COUNTERS Info = {0};

    if (Length != sizeof(Info) && Length != offsetof(PSP_VM_COUNTERS, PrivateUsage)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Info.PeakVirtualSize = Process->PeakVirtualSize;
    Info.VirtualSize = Process->VirtualSize;
    Info.PageFaultCount = Process->PageFaultCount;
    Info.PeakWorkingSetSize = Process->PeakWorkingSetSize * PAGE_SIZE;
    Info.WorkingSetSize = Process->WorkingSetSize * PAGE_SIZE;
    Info.QuotaPeakPagedPoolUsage = Process->QuotaPeak[PagedPool];
    Info.QuotaPagedPoolUsage = Process->QuotaUsage[PagedPool];
    Info.QuotaPeakNonPagedPoolUsage = Process->QuotaPeak[NonPagedPool];
    Info.QuotaNonPagedPoolUsage = Process->QuotaUsage[NonPagedPool];
    Info.PagefileUsage = Process->CommitCharge * PAGE_SIZE;
    Info.PeakPagefileUsage = Process->CommitChargePeak * PAGE_SIZE;
    Info.PrivateUsage = Process->CommitCharge * PAGE_SIZE;
    RtlCopyMemory(Buffer, &Info, Length);
    *Needed = Length;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryTimes(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    LARGE_INTEGER *Info = Buffer; /* KERNEL_USER_TIMES: create, exit, kernel, user */

    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    Info[0] = Process->CreateTime;
    Info[1] = Process->ExitTime;
    Info[2].QuadPart = (LONG64)Process->Pcb.KernelTime;
    Info[3].QuadPart = (LONG64)Process->Pcb.UserTime;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryDebugPort(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    *(ULONG_PTR *)Buffer = Process->DebugPort != NULL ? (ULONG_PTR)-1 : 0;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryZeroPointer(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    *(ULONG_PTR *)Buffer = 0; /* Wow64Information: a native process */
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryDebugObject(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(Buffer);
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    return STATUS_PORT_NOT_SET;
}

static NTSTATUS PspQueryDebugFlags(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    *(ULONG *)Buffer = 1; /* PROCESS_DEBUG_INHERIT */
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryUlongField(PVOID Buffer, ULONG Value)
{
    *(ULONG *)Buffer = Value;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryHardErrorMode(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    return PspQueryUlongField(Buffer, Process->DefaultHardErrorProcessing);
}

static NTSTATUS PspQueryHandleCount(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNREFERENCED_PARAMETER(Needed);
    if (Length != sizeof(ULONG) && Length != 2 * sizeof(ULONG)) { /* with the high watermark */
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    ((ULONG *)Buffer)[0] = ObGetProcessHandleCount(Process);
    if (Length == 2 * sizeof(ULONG)) {
        ((ULONG *)Buffer)[1] = ((ULONG *)Buffer)[0];
    }
    *Needed = Length;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQuerySession(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    return PspQueryUlongField(Buffer, Process->SessionId);
}

static NTSTATUS PspQueryBoost(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    return PspQueryUlongField(Buffer, Process->Pcb.DisableBoost);
}

static NTSTATUS PspQueryCookie(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    if (Process != PsCurrentProcess_()) {
        return STATUS_INVALID_PARAMETER; /* RtlEncodePointer's secret is for the process itself */
    }
    return PspQueryUlongField(Buffer, Process->Cookie);
}

static NTSTATUS PspQueryPriorityClass(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    ((UCHAR *)Buffer)[0] = FALSE; /* Foreground */
    ((UCHAR *)Buffer)[1] = Process->Pcb.PriorityClass;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryAffinity(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    *(KAFFINITY *)Buffer = Process->Pcb.Affinity;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryCycles(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    ((ULONG64 *)Buffer)[0] = Process->Pcb.CycleTime;
    ((ULONG64 *)Buffer)[1] = Process->Pcb.CycleTime;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryImageInfo(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    SECTION_IMAGE_INFORMATION *Info = Buffer;

    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Needed);
    if (Process->SectionObject == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    MmGetImageInformation(Process->SectionObject, Info);
    Info->TransferAddress = PspImageEntryPoint(Process, Info);
    return STATUS_SUCCESS;
}

/* UNICODE_STRING with the text behind it.  The pointer must be the caller's address: the service patches it, see PspFixString. */
static NTSTATUS PspReturnString(const UNICODE_STRING *String, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    UNICODE_STRING *Out = Buffer;

    *Needed = (ULONG)sizeof(*Out) + String->Length + (String->Length != 0 ? (ULONG)sizeof(WCHAR) : 0);
    if (Length < *Needed) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Out->Length = String->Length;
    Out->MaximumLength = (USHORT)(String->Length != 0 ? String->Length + sizeof(WCHAR) : 0);
    Out->Buffer = String->Length != 0 ? (PWSTR)(Out + 1) : NULL;
    RtlCopyMemory(Out + 1, String->Buffer, String->Length);
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryImageName(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    return PspReturnString(&Process->ImageFileNameFull, Buffer, Length, Needed);
}

/* "\Device\RamDisk0\Programs\a.exe" -> "C:\Programs\a.exe". */
static NTSTATUS PspQueryImageNameWin32(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    POBJECT_NAME_INFORMATION Name = NULL;
    NTSTATUS Status;

    if (Process->ImageFileObject == NULL) {
        return PspReturnString(&Process->ImageFileNameFull, Buffer, Length, Needed);
    }
    Status = IoQueryFileDosDeviceName(Process->ImageFileObject, &Name);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PspReturnString(&Name->Name, Buffer, Length, Needed);
    ExFreePool(Name);
    return Status;
}

/* From the process' own parameters; it may have changed them, as on Windows. */
static NTSTATUS PspQueryCommandLine(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    NPROCESS_PARAMETERS *Parameters;
    UNICODE_STRING Line;
    PVOID Text = NULL;
    KAPC_STATE Apc;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Process->Peb == NULL || !ExAcquireRundownProtection(&Process->RundownProtect)) {
        return STATUS_PROCESS_IS_TERMINATING;
    }
    KeStackAttachProcess((PKPROCESS)&Process->Pcb, &Apc);
    Status = KiCopyFromUser(&Parameters, &((NPEB *)Process->Peb)->ProcessParameters, sizeof(Parameters));
    if (NT_SUCCESS(Status)) {
        Status = KiCopyFromUser(&Line, &Parameters->CommandLine, sizeof(Line));
    }
    if (NT_SUCCESS(Status) && Line.Length != 0) {
        Text = ExAllocatePoolWithTag(PagedPool, Line.Length, PSP_TAG);
        Status = Text != NULL ? KiCopyFromUser(Text, Line.Buffer, Line.Length) : STATUS_INSUFFICIENT_RESOURCES;
    }
    KeUnstackDetachProcess(&Apc);
    ExReleaseRundownProtection(&Process->RundownProtect);
    if (NT_SUCCESS(Status)) {
        Line.Buffer = Text;
        Status = PspReturnString(&Line, Buffer, Length, Needed);
    }
    if (Text != NULL) {
        ExFreePoolWithTag(Text, PSP_TAG);
    }
    return Status;
}

#define PSP_LIMITED PROCESS_QUERY_LIMITED_INFORMATION
#define PSP_FULL PROCESS_QUERY_INFORMATION
static const PSP_QUERY_CLASS PspProcessClasses[] = {
    [0] = {PspQueryBasic, PSP_LIMITED, sizeof(PROCESS_BASIC_INFORMATION), FALSE},
    [2] = {PspQueryIoCounters, PSP_LIMITED, 48, FALSE},
    [3] = {PspQueryVmCounters, PSP_LIMITED, offsetof(PSP_VM_COUNTERS, PrivateUsage), TRUE},
    [4] = {PspQueryTimes, PSP_LIMITED, 32, FALSE},
    [7] = {PspQueryDebugPort, PSP_FULL, 8, FALSE},
    [12] = {PspQueryHardErrorMode, PSP_FULL, 4, FALSE},
    [18] = {PspQueryPriorityClass, PSP_LIMITED, 2, FALSE},
    [20] = {PspQueryHandleCount, PSP_LIMITED, 4, TRUE},
    [21] = {PspQueryAffinity, PSP_LIMITED, 8, FALSE},
    [22] = {PspQueryBoost, PSP_LIMITED, 4, FALSE},
    [24] = {PspQuerySession, PSP_LIMITED, 4, FALSE},
    [26] = {PspQueryZeroPointer, PSP_LIMITED, 8, FALSE},
    [27] = {PspQueryImageName, PSP_LIMITED, sizeof(UNICODE_STRING), TRUE},
    [30] = {PspQueryDebugObject, PSP_FULL, 8, FALSE},
    [31] = {PspQueryDebugFlags, PSP_FULL, 4, FALSE},
    [36] = {PspQueryCookie, PSP_FULL, 4, FALSE},
    [37] = {PspQueryImageInfo, PSP_LIMITED, sizeof(SECTION_IMAGE_INFORMATION), FALSE},
    [38] = {PspQueryCycles, PSP_LIMITED, 16, FALSE},
    [43] = {PspQueryImageNameWin32, PSP_LIMITED, sizeof(UNICODE_STRING), TRUE},
    [60] = {PspQueryCommandLine, PSP_LIMITED, sizeof(UNICODE_STRING), TRUE},
};

/* A string's pointer was into the kernel's copy; the caller wants one into his. */
static void PspFixString(const PSP_QUERY_CLASS *Class, PVOID Kernel, PVOID User)
{
    UNICODE_STRING *String = Kernel;

    if (Class->Size == sizeof(UNICODE_STRING) && Class->Variable && String->Buffer != NULL) {
        String->Buffer = (PWSTR)((PUCHAR)User + sizeof(UNICODE_STRING));
    }
}

NTSTATUS NTAPI NtQueryInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS ProcessClass, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    const PSP_QUERY_CLASS *Class;
    ULONG InformationClass = (ULONG)ProcessClass;
    PEPROCESS Process;
    ULONG Needed;
    ULONG64 Small[16];
    PVOID Kernel = Small;
    NTSTATUS Status;

    PAGED_CODE();
    if (InformationClass >= RTL_NUMBER_OF(PspProcessClasses) || PspProcessClasses[InformationClass].Query == NULL) {
        KdPrint_("Ps: NtQueryInformationProcess: class %u is not there\n", InformationClass);
        return STATUS_INVALID_INFO_CLASS;
    }
    Class = &PspProcessClasses[InformationClass];
    if (!Class->Variable && Length != Class->Size) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = KiProbeForWrite(Mode, Buffer, Length, sizeof(ULONG));
    if (NT_SUCCESS(Status) && ReturnLength != NULL) {
        Status = KiProbeForWrite(Mode, ReturnLength, sizeof(ULONG), sizeof(ULONG));
    }
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(ProcessHandle, Class->Access, *PsProcessType, Mode, (PVOID *)&Process, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Length = min(Length, 0x20000u); /* no class needs more */
    if (Length > sizeof(Small)) {
        Kernel = ExAllocatePoolWithTag(PagedPool, Length, PSP_TAG);
    }
    if (Kernel == NULL) {
        ObDereferenceObject(Process);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(Kernel, Length);
    Needed = Class->Size;
    Status = Class->Query(Process, Kernel, Length, &Needed);
    if (NT_SUCCESS(Status)) {
        PspFixString(Class, Kernel, Buffer);
        Status = CopyToMode(Mode, Buffer, Kernel, min(Length, Needed));
    }
    if (ReturnLength != NULL && (NT_SUCCESS(Status) || Status == STATUS_INFO_LENGTH_MISMATCH)) {
        NTSTATUS Copy = CopyToMode(Mode, ReturnLength, &Needed, sizeof(Needed));
        Status = NT_SUCCESS(Copy) ? Status : Copy;
    }
    if (Kernel != Small) {
        ExFreePoolWithTag(Kernel, PSP_TAG);
    }
    ObDereferenceObject(Process);
    return Status;
}

/* ---- set ------------------------------------------------------------------------------------------------------------------------------ */

static NTSTATUS PspSetPriorityClass(PEPROCESS Process, const UCHAR *Buffer, KPROCESSOR_MODE Mode)
{
    UCHAR Class = Buffer[1];

    if (Class == PROCESS_PRIORITY_CLASS_UNKNOWN || Class > PROCESS_PRIORITY_CLASS_ABOVE_NORMAL) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Class == PROCESS_PRIORITY_CLASS_REALTIME && Process->Pcb.PriorityClass != Class &&
        !SeSinglePrivilegeCheck(RtlConvertUlongToLuid(SE_INC_BASE_PRIORITY_PRIVILEGE), Mode)) {
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    if (PspJobFixes(Process, 0x20 /* JOB_LIMIT_PRIORITY_CLASS */)) {
        return STATUS_SUCCESS; /* the job's stays, as on Windows */
    }
    Process->Pcb.PriorityClass = Class;
    (void)KeSetPriorityAndQuantumProcess(&Process->Pcb, PspPriorityOfClass(Class), 0);
    return STATUS_SUCCESS;
}

void PspSetProcessAffinity(PEPROCESS Process, KAFFINITY Affinity)
{
    Process->Pcb.Affinity = Affinity;
    for (PETHREAD Thread = PsGetNextProcessThread_(Process, NULL); Thread != NULL; Thread = PsGetNextProcessThread_(Process, Thread)) {
        (void)KeSetAffinityThread(&Thread->Tcb, Affinity);
    }
}

static NTSTATUS PspSetAffinity(PEPROCESS Process, const UCHAR *Buffer, KPROCESSOR_MODE Mode)
{
    KAFFINITY Affinity;

    UNREFERENCED_PARAMETER(Mode);
    RtlCopyMemory(&Affinity, Buffer, sizeof(Affinity));
    if (Affinity == 0 || (Affinity & KeQueryActiveProcessors()) != Affinity) {
        return STATUS_INVALID_PARAMETER;
    }
    if (!PspJobFixes(Process, 0x10 /* JOB_LIMIT_AFFINITY */)) {
        PspSetProcessAffinity(Process, Affinity); /* in such a job the call succeeds and changes nothing */
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetHardErrorMode(PEPROCESS Process, const UCHAR *Buffer, KPROCESSOR_MODE Mode)
{
    UNREFERENCED_PARAMETER(Mode);
    RtlCopyMemory(&Process->DefaultHardErrorProcessing, Buffer, sizeof(ULONG));
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetBoost(PEPROCESS Process, const UCHAR *Buffer, KPROCESSOR_MODE Mode)
{
    UNREFERENCED_PARAMETER(Mode);
    Process->Pcb.DisableBoost = *(const ULONG *)Buffer != 0;
    return STATUS_SUCCESS;
}

static const struct
{
    NTSTATUS (*Set)(PEPROCESS Process, const UCHAR *Buffer, KPROCESSOR_MODE Mode);
    ULONG Size;
} PspProcessSetClasses[] = {
    [12] = {PspSetHardErrorMode, 4},
    [18] = {PspSetPriorityClass, 2},
    [21] = {PspSetAffinity, 8},
    [22] = {PspSetBoost, 4},
};

NTSTATUS NTAPI NtSetInformationProcess(HANDLE ProcessHandle, ULONG InformationClass, PVOID Buffer, ULONG Length)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    ULONG64 Kernel[2] = {0};
    PEPROCESS Process;
    NTSTATUS Status;

    PAGED_CODE();
    if (InformationClass >= RTL_NUMBER_OF(PspProcessSetClasses) || PspProcessSetClasses[InformationClass].Set == NULL) {
        KdPrint_("Ps: NtSetInformationProcess: class %u is not there\n", InformationClass);
        return STATUS_INVALID_INFO_CLASS;
    }
    if (Length != PspProcessSetClasses[InformationClass].Size) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Status = CopyFromMode(Mode, Kernel, Buffer, Length);
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_SET_INFORMATION, *PsProcessType, Mode, (PVOID *)&Process, NULL);
    }
    if (NT_SUCCESS(Status)) {
        Status = PspProcessSetClasses[InformationClass].Set(Process, (const UCHAR *)Kernel, Mode);
        ObDereferenceObject(Process);
    }
    return Status;
}
