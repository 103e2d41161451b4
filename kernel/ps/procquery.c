/* SPDX-License-Identifier: MIT */
/*
 * procquery.c - what NtQueryInformationProcess answers: one small function a class.  psinfo.c has checked and will copy.
 */
#include "psinfo.h"

static NTSTATUS PspQueryBasic(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    PROCESS_BASIC_INFORMATION *Info = Buffer;

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

    Info[0] = Process->CreateTime;
    Info[1] = Process->ExitTime;
    Info[2].QuadPart = (LONG64)Process->Pcb.KernelTime;
    Info[3].QuadPart = (LONG64)Process->Pcb.UserTime;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryDebugPort(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    *(ULONG_PTR *)Buffer = Process->DebugPort != NULL ? (ULONG_PTR)-1 : 0;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryZeroPointer(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    *(ULONG_PTR *)Buffer = 0; /* Wow64Information: a native process */
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryDebugObject(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    return DbgkOpenProcessDebugPort(Process, Buffer);
}

static NTSTATUS PspQueryDebugFlags(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    *(ULONG *)Buffer = Process->NoDebugInherit ? 0 : 1; /* PROCESS_DEBUG_INHERIT */
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryUlongField(PVOID Buffer, ULONG Value)
{
    *(ULONG *)Buffer = Value;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryHardErrorMode(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    return PspQueryUlongField(Buffer, Process->DefaultHardErrorProcessing);
}

static NTSTATUS PspQueryHandleCount(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    if (Length != sizeof(ULONG) && Length != 2 * sizeof(ULONG)) { /* with the high watermark */
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    ((ULONG *)Buffer)[0] = ObGetProcessHandleCount(Process);
    if (Length == 2 * sizeof(ULONG)) {
        ((ULONG *)Buffer)[1] = ObGetProcessHandlePeak(Process);
    }
    *Needed = Length;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQuerySession(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    return PspQueryUlongField(Buffer, Process->SessionId);
}

static NTSTATUS PspQueryBoost(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    return PspQueryUlongField(Buffer, Process->Pcb.DisableBoost);
}

static NTSTATUS PspQueryCookie(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    if (Process != PsCurrentProcess_()) {
        return STATUS_INVALID_PARAMETER; /* RtlEncodePointer's secret is for the process itself */
    }
    return PspQueryUlongField(Buffer, Process->Cookie);
}

static NTSTATUS PspQueryPriorityClass(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    ((UCHAR *)Buffer)[0] = FALSE; /* Foreground */
    ((UCHAR *)Buffer)[1] = Process->Pcb.PriorityClass;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryAffinity(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    *(KAFFINITY *)Buffer = Process->Pcb.Affinity;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryCycles(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    ((ULONG64 *)Buffer)[0] = Process->Pcb.CycleTime;
    ((ULONG64 *)Buffer)[1] = Process->Pcb.CycleTime;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryImageInfo(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    SECTION_IMAGE_INFORMATION *Info = Buffer;

    if (Process->SectionObject == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    MmGetImageInformation(Process->SectionObject, Info);
    Info->TransferAddress = PspImageEntryPoint(Process, Info);
    return STATUS_SUCCESS;
}

/* UNICODE_STRING with the text behind it.  The dispatcher makes the pointer the caller's address. */
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

/* QUOTA_LIMITS, or its longer form with the flags of SetProcessWorkingSetSizeEx. */
typedef struct _PSP_QUOTA_LIMITS
{
    SIZE_T PagedPoolLimit, NonPagedPoolLimit, MinimumWorkingSetSize, MaximumWorkingSetSize, PagefileLimit;
    LARGE_INTEGER TimeLimit;
    SIZE_T WorkingSetLimit, Reserved2, Reserved3, Reserved4;
    ULONG Flags, CpuRateLimit;
} PSP_QUOTA_LIMITS;
static_assert(sizeof(PSP_QUOTA_LIMITS) == 88 && offsetof(PSP_QUOTA_LIMITS, WorkingSetLimit) == 48, "QUOTA_LIMITS_EX");

static NTSTATUS PspQueryQuota(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    PSP_QUOTA_LIMITS *Limits = Buffer;

    if (Length != sizeof(*Limits) && Length != offsetof(PSP_QUOTA_LIMITS, WorkingSetLimit)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Limits->PagedPoolLimit = Limits->NonPagedPoolLimit = Limits->PagefileLimit = (SIZE_T)-1;
    Limits->MinimumWorkingSetSize = (Process->MinimumWorkingSetSize != 0 ? Process->MinimumWorkingSetSize : PSP_MINIMUM_WORKING_SET) * PAGE_SIZE;
    Limits->MaximumWorkingSetSize = (Process->MaximumWorkingSetSize != 0 ? Process->MaximumWorkingSetSize : PSP_MAXIMUM_WORKING_SET) * PAGE_SIZE;
    Limits->TimeLimit.QuadPart = -1;
    if (Length == sizeof(*Limits)) {
        Limits->Flags = Process->WorkingSetFlags != 0 ? Process->WorkingSetFlags : 0xA; /* both limits soft */
    }
    *Needed = Length;
    return STATUS_SUCCESS;
}

static NTSTATUS PspQueryBreak(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    return PspQueryUlongField(Buffer, (Process->Flags & PS_PROCESS_FLAGS_BREAK_ON_TERMINATION) != 0);
}

static NTSTATUS PspQueryIoPriority(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    return PspQueryUlongField(Buffer, Process->IoPriority);
}

static NTSTATUS PspQueryPagePriority(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    return PspQueryUlongField(Buffer, Process->PagePriority);
}

/* PROCESS_CHILD_PROCESS_INFORMATION: three BOOLEANs. */
static NTSTATUS PspQueryChildPolicy(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    PACCESS_TOKEN Token = PsReferencePrimaryToken(Process);
    PBOOLEAN Answer = Buffer;

    *Needed = 3;
    if (Token == NULL) {
        return STATUS_PROCESS_IS_TERMINATING;
    }
    SeTokenGetNoChildProcessRestricted(Token, &Answer[0], &Answer[1], &Answer[2]);
    ObDereferenceObject(Token);
    return STATUS_SUCCESS;
}

/* USHORT group numbers: there is one, 0. */
static NTSTATUS PspQueryGroups(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    *Needed = sizeof(USHORT);
    return Length >= sizeof(USHORT) ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL;
}


static NTSTATUS PspQueryPowerThrottling(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    ULONG *Out = Buffer;

    Out[0] = 1;
    Out[1] = Process->PowerThrottlingControl;
    Out[2] = Process->PowerThrottlingState;
    return STATUS_SUCCESS;
}

/* Protection level, subsystem type: none and Win32, which are both 0. */
static NTSTATUS PspQueryZero(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    return STATUS_SUCCESS;
}

/* PROCESS_HANDLE_SNAPSHOT_INFORMATION: every handle of the process. */
typedef struct _PSP_HANDLE_RECORD
{
    HANDLE HandleValue;
    ULONG_PTR HandleCount, PointerCount;
    ULONG GrantedAccess, ObjectTypeIndex, HandleAttributes, Reserved;
} PSP_HANDLE_RECORD;
static_assert(sizeof(PSP_HANDLE_RECORD) == 40, "PROCESS_HANDLE_TABLE_ENTRY_INFO");

typedef struct _PSP_HANDLE_LIST
{
    ULONG_PTR Count, Reserved, Room;
    PSP_HANDLE_RECORD *Record;
} PSP_HANDLE_LIST;

static BOOLEAN PspListHandle(HANDLE Handle, PVOID Object, ACCESS_MASK GrantedAccess, ULONG Attributes, PVOID Context)
{
    PSP_HANDLE_LIST *List = Context;

    if (List->Count < List->Room) {
        ULONG_PTR Handles = 0, Pointers = 0;

        ObQueryCounts_(Object, &Handles, &Pointers);
        List->Record[List->Count] =
            (PSP_HANDLE_RECORD){Handle, Handles, Pointers, GrantedAccess, ObGetObjectType(Object)->Index, Attributes, 0};
    }
    List->Count++;
    return FALSE;
}

static NTSTATUS PspQueryHandles(PEPROCESS Process, PVOID Buffer, ULONG Length, ULONG *Needed)
{
    PSP_HANDLE_LIST List = {.Room = (Length - 16) / sizeof(PSP_HANDLE_RECORD), .Record = (PSP_HANDLE_RECORD *)((PUCHAR)Buffer + 16)};

    if (Length < 16) {
        *Needed = 16;
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    (void)ObEnumerateHandles(Process, PspListHandle, &List);
    *Needed = (ULONG)(16 + List.Count * sizeof(PSP_HANDLE_RECORD));
    *(ULONG_PTR *)Buffer = List.Count;
    return List.Count <= List.Room ? STATUS_SUCCESS : STATUS_INFO_LENGTH_MISMATCH;
}

#define PSP_LIMITED PROCESS_QUERY_LIMITED_INFORMATION
#define PSP_FULL PROCESS_QUERY_INFORMATION
const PSP_QUERY_CLASS PspProcessQueries[] = {
    [0] = {PSP_Q(PspQueryBasic), PSP_LIMITED, sizeof(PROCESS_BASIC_INFORMATION), PspExact},
    [1] = {PSP_Q(PspQueryQuota), PSP_LIMITED, offsetof(PSP_QUOTA_LIMITS, WorkingSetLimit), PspVariable},
    [2] = {PSP_Q(PspQueryIoCounters), PSP_LIMITED, 48, PspExact},
    [3] = {PSP_Q(PspQueryVmCounters), PSP_LIMITED, offsetof(PSP_VM_COUNTERS, PrivateUsage), PspVariable},
    [4] = {PSP_Q(PspQueryTimes), PSP_LIMITED, 32, PspExact},
    [7] = {PSP_Q(PspQueryDebugPort), PSP_FULL, 8, PspExact},
    [12] = {PSP_Q(PspQueryHardErrorMode), PSP_FULL, 4, PspExact},
    [18] = {PSP_Q(PspQueryPriorityClass), PSP_LIMITED, 2, PspExact},
    [20] = {PSP_Q(PspQueryHandleCount), PSP_LIMITED, 4, PspVariable},
    [21] = {PSP_Q(PspQueryAffinity), PSP_LIMITED, 8, PspExact},
    [22] = {PSP_Q(PspQueryBoost), PSP_LIMITED, 4, PspExact},
    [24] = {PSP_Q(PspQuerySession), PSP_LIMITED, 4, PspExact},
    [26] = {PSP_Q(PspQueryZeroPointer), PSP_LIMITED, 8, PspExact},
    [27] = {PSP_Q(PspQueryImageName), PSP_LIMITED, sizeof(UNICODE_STRING), PspString},
    [29] = {PSP_Q(PspQueryBreak), PSP_FULL, 4, PspExact},
    [30] = {PSP_Q(PspQueryDebugObject), PSP_FULL, 8, PspExact},
    [31] = {PSP_Q(PspQueryDebugFlags), PSP_FULL, 4, PspExact},
    [33] = {PSP_Q(PspQueryIoPriority), PSP_FULL, 4, PspExact},
    [36] = {PSP_Q(PspQueryCookie), PSP_FULL, 4, PspExact},
    [37] = {PSP_Q(PspQueryImageInfo), PSP_LIMITED, sizeof(SECTION_IMAGE_INFORMATION), PspExact},
    [38] = {PSP_Q(PspQueryCycles), PSP_LIMITED, 16, PspExact},
    [39] = {PSP_Q(PspQueryPagePriority), PSP_LIMITED, 4, PspExact},
    [43] = {PSP_Q(PspQueryImageNameWin32), PSP_LIMITED, sizeof(UNICODE_STRING), PspString},
    [47] = {PSP_Q(PspQueryGroups), PSP_LIMITED, 0, PspVariable},
    [51] = {PSP_Q(PspQueryHandles), PSP_FULL, 0, PspVariable},
    [60] = {PSP_Q(PspQueryCommandLine), PSP_LIMITED, sizeof(UNICODE_STRING), PspString},
    [61] = {PSP_Q(PspQueryZero), PSP_LIMITED, 1, PspExact},
    [73] = {PSP_Q(PspQueryChildPolicy), PSP_LIMITED, 3, PspExact},
    [75] = {PSP_Q(PspQueryZero), PSP_LIMITED, 4, PspExact},
    [77] = {PSP_Q(PspQueryPowerThrottling), PSP_LIMITED, 12, PspExact},
};
const ULONG PspProcessQueryCount = RTL_NUMBER_OF(PspProcessQueries);
