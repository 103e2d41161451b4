/* SPDX-License-Identifier: MIT */
/*
 * sysproc.c - system information that is a list: processes with their threads, handles, loaded modules, pool tags.
 *
 * Upward references (docs/LAYERS): system information tells of everybody.
 */
#include "sysinfo.h"
#include "ldr.h"
#include "ps.h"

/* ---- processes and threads --------------------------------------------------------------------------------------------------------------- */

typedef struct _SYSTEM_THREAD_INFORMATION_
{
    LARGE_INTEGER KernelTime, UserTime, CreateTime;
    ULONG WaitTime;
    PVOID StartAddress;
    CLIENT_ID ClientId;
    LONG Priority, BasePriority;
    ULONG ContextSwitches, ThreadState, WaitReason;
} SYSTEM_THREAD_INFORMATION_;
static_assert(sizeof(SYSTEM_THREAD_INFORMATION_) == 0x50 && offsetof(SYSTEM_THREAD_INFORMATION_, ClientId) == 0x28, "SYSTEM_THREAD_INFORMATION");

typedef struct _SYSTEM_PROCESS_INFORMATION_
{
    ULONG NextEntryOffset, NumberOfThreads;
    LARGE_INTEGER WorkingSetPrivateSize;
    ULONG HardFaultCount, NumberOfThreadsHighWatermark;
    ULONG64 CycleTime;
    LARGE_INTEGER CreateTime, UserTime, KernelTime;
    UNICODE_STRING ImageName;
    LONG BasePriority;
    HANDLE UniqueProcessId, InheritedFromUniqueProcessId;
    ULONG HandleCount, SessionId;
    ULONG_PTR UniqueProcessKey;
    SIZE_T PeakVirtualSize, VirtualSize;
    ULONG PageFaultCount;
    SIZE_T PeakWorkingSetSize, WorkingSetSize;
    SIZE_T QuotaPeakPagedPoolUsage, QuotaPagedPoolUsage, QuotaPeakNonPagedPoolUsage, QuotaNonPagedPoolUsage;
    SIZE_T PagefileUsage, PeakPagefileUsage, PrivatePageCount;
    LARGE_INTEGER ReadOperationCount, WriteOperationCount, OtherOperationCount;
    LARGE_INTEGER ReadTransferCount, WriteTransferCount, OtherTransferCount;
} SYSTEM_PROCESS_INFORMATION_;
static_assert(sizeof(SYSTEM_PROCESS_INFORMATION_) == 0x100, "SYSTEM_PROCESS_INFORMATION");
static_assert(offsetof(SYSTEM_PROCESS_INFORMATION_, ImageName) == 0x38 && offsetof(SYSTEM_PROCESS_INFORMATION_, PrivatePageCount) == 0xC8, "offsets");

static ULONG64 ExpTicksToTime(ULONG Ticks)
{
    return (ULONG64)Ticks * KeQueryTimeIncrement();
}

static void ExpPutThread(SYSINFO *Info, PETHREAD Thread)
{
    SYSTEM_THREAD_INFORMATION_ *Record = SysReserve(Info, sizeof(*Record));

    if (Record == NULL) {
        return;
    }
    Record->KernelTime.QuadPart = (LONGLONG)ExpTicksToTime(Thread->Tcb.KernelTime);
    Record->UserTime.QuadPart = (LONGLONG)ExpTicksToTime(Thread->Tcb.UserTime);
    Record->CreateTime = Thread->CreateTime;
    Record->WaitTime = Thread->Tcb.WaitTime;
    Record->StartAddress = Thread->StartAddress;
    Record->ClientId = Thread->Cid;
    Record->Priority = Thread->Tcb.Priority;
    Record->BasePriority = Thread->Tcb.BasePriority;
    Record->ContextSwitches = Thread->Tcb.ContextSwitches;
    Record->ThreadState = Thread->Tcb.State;
    Record->WaitReason = Thread->Tcb.WaitReason;
}

static ULONG ExpPutThreads(SYSINFO *Info, PEPROCESS Process)
{
    ULONG Count = 0;

    for (PETHREAD Thread = PsGetNextProcessThread_(Process, NULL); Thread != NULL; Thread = PsGetNextProcessThread_(Process, Thread)) {
        ExpPutThread(Info, Thread);
        Count++;
    }
    return Count;
}

static void ExpFillProcess(SYSTEM_PROCESS_INFORMATION_ *Record, PEPROCESS Process)
{
    Record->WorkingSetPrivateSize.QuadPart = (LONGLONG)Process->PrivatePageCount * PAGE_SIZE;
    Record->NumberOfThreadsHighWatermark = Process->ActiveThreadsHighWatermark;
    Record->CycleTime = Process->Pcb.CycleTime;
    Record->CreateTime = Process->CreateTime;
    Record->UserTime.QuadPart = (LONGLONG)Process->Pcb.UserTime;
    Record->KernelTime.QuadPart = (LONGLONG)Process->Pcb.KernelTime;
    Record->BasePriority = Process->Pcb.BasePriority;
    Record->UniqueProcessId = Process->UniqueProcessId;
    Record->InheritedFromUniqueProcessId = Process->InheritedFromUniqueProcessId;
    Record->HandleCount = ObGetProcessHandleCount(Process);
    Record->SessionId = Process->SessionId;
    Record->PeakVirtualSize = Process->PeakVirtualSize;
    Record->VirtualSize = Process->VirtualSize;
    Record->PageFaultCount = Process->PageFaultCount;
    Record->PeakWorkingSetSize = Process->PeakWorkingSetSize * PAGE_SIZE;
    Record->WorkingSetSize = Process->WorkingSetSize * PAGE_SIZE;
    Record->QuotaPagedPoolUsage = Process->QuotaUsage[PagedPool];
    Record->QuotaPeakPagedPoolUsage = Process->QuotaPeak[PagedPool];
    Record->QuotaNonPagedPoolUsage = Process->QuotaUsage[NonPagedPool];
    Record->QuotaPeakNonPagedPoolUsage = Process->QuotaPeak[NonPagedPool];
    Record->PagefileUsage = Process->CommitCharge * PAGE_SIZE;
    Record->PeakPagefileUsage = Process->CommitChargePeak * PAGE_SIZE;
    Record->PrivatePageCount = Process->CommitCharge * PAGE_SIZE;
    Record->ReadOperationCount = Process->ReadOperationCount;
    Record->WriteOperationCount = Process->WriteOperationCount;
    Record->OtherOperationCount = Process->OtherOperationCount;
    Record->ReadTransferCount = Process->ReadTransferCount;
    Record->WriteTransferCount = Process->WriteTransferCount;
    Record->OtherTransferCount = Process->OtherTransferCount;
}

/* The last component of the image's path, which lies behind the record. */
static UNICODE_STRING ExpImageName(PEPROCESS Process)
{
    static const UNICODE_STRING System = RTL_CONSTANT_STRING(L"System");
    UNICODE_STRING Name = Process->ImageFileNameFull;
    USHORT Start = Name.Length / sizeof(WCHAR);

    if (Name.Buffer == NULL) {
        return Process->Flags & PS_PROCESS_FLAGS_SYSTEM ? System : Name;
    }
    while (Start != 0 && Name.Buffer[Start - 1] != L'\\') {
        Start--;
    }
    Name.Buffer += Start;
    Name.Length = Name.MaximumLength = (USHORT)(Name.Length - Start * sizeof(WCHAR));
    return Name;
}

static void ExpPutProcess(SYSINFO *Info, PEPROCESS Process, ULONG *LastRecord)
{
    ULONG At = Info->Used, Threads, NameAt;
    SYSTEM_PROCESS_INFORMATION_ *Record = SysReserve(Info, sizeof(*Record));
    UNICODE_STRING Name = ExpImageName(Process);

    if (Info->Buffer != NULL && *LastRecord != MAXULONG && Record != NULL) {
        ((SYSTEM_PROCESS_INFORMATION_ *)(Info->Buffer + *LastRecord))->NextEntryOffset = At - *LastRecord;
    }
    *LastRecord = At;
    Threads = ExpPutThreads(Info, Process);
    NameAt = Info->Used;
    if (Name.Length != 0) {
        PVOID Place = SysReserve(Info, (Name.Length + sizeof(WCHAR) + 7) & ~7u);

        if (Place != NULL) {
            RtlCopyMemory(Place, Name.Buffer, Name.Length);
        }
    }
    if (Record != NULL) {
        ExpFillProcess(Record, Process);
        Record->NumberOfThreads = Threads;
        if (Name.Length != 0) {
            Record->ImageName.Length = Name.Length;
            Record->ImageName.MaximumLength = (USHORT)(Name.Length + sizeof(WCHAR));
            Record->ImageName.Buffer = (PWCH)(Info->UserBuffer + NameAt);
        }
    }
}

NTSTATUS ExpQueryProcesses(SYSINFO *Info)
{
    ULONG LastRecord = MAXULONG;

    ExpPutProcess(Info, PsIdleProcess, &LastRecord);
    for (PEPROCESS Process = PsGetNextProcess_(NULL); Process != NULL; Process = PsGetNextProcess_(Process)) {
        if (Process != PsIdleProcess) {
            ExpPutProcess(Info, Process, &LastRecord);
        }
    }
    return STATUS_SUCCESS;
}

/* ---- handles ------------------------------------------------------------------------------------------------------------------------------ */

typedef struct _SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX_
{
    PVOID Object;
    ULONG_PTR UniqueProcessId, HandleValue;
    ULONG GrantedAccess;
    USHORT CreatorBackTraceIndex, ObjectTypeIndex;
    ULONG HandleAttributes, Reserved;
} SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX_;
static_assert(sizeof(SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX_) == 0x28, "extended handle entry");

typedef struct _SYSTEM_HANDLE_TABLE_ENTRY_INFO_
{
    USHORT UniqueProcessId, CreatorBackTraceIndex;
    UCHAR ObjectTypeIndex, HandleAttributes;
    USHORT HandleValue;
    PVOID Object;
    ULONG GrantedAccess;
} SYSTEM_HANDLE_TABLE_ENTRY_INFO_;
static_assert(sizeof(SYSTEM_HANDLE_TABLE_ENTRY_INFO_) == 0x18, "handle entry");

typedef struct _HANDLE_WALK
{
    SYSINFO *Info;
    PEPROCESS Process;
    ULONG64 Count;
    BOOLEAN Extended;
} HANDLE_WALK;

static BOOLEAN ExpPutHandle(HANDLE Handle, PVOID Object, ACCESS_MASK GrantedAccess, ULONG Attributes, PVOID Context)
{
    HANDLE_WALK *Walk = Context;
    UCHAR Index = ObGetObjectType(Object)->Index;

    Walk->Count++;
    if (Walk->Extended) {
        SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX_ Record = {
            .Object = Object,
            .UniqueProcessId = (ULONG_PTR)Walk->Process->UniqueProcessId,
            .HandleValue = (ULONG_PTR)Handle,
            .GrantedAccess = GrantedAccess,
            .ObjectTypeIndex = Index,
            .HandleAttributes = Attributes,
        };

        SysPut(Walk->Info, &Record, sizeof(Record));
    } else {
        SYSTEM_HANDLE_TABLE_ENTRY_INFO_ Record = {
            .UniqueProcessId = (USHORT)(ULONG_PTR)Walk->Process->UniqueProcessId,
            .ObjectTypeIndex = Index,
            .HandleAttributes = (UCHAR)Attributes,
            .HandleValue = (USHORT)(ULONG_PTR)Handle,
            .Object = Object,
            .GrantedAccess = GrantedAccess,
        };

        SysPut(Walk->Info, &Record, sizeof(Record));
    }
    return FALSE;
}

static NTSTATUS ExpWalkHandles(SYSINFO *Info, BOOLEAN Extended)
{
    HANDLE_WALK Walk = {.Info = Info, .Extended = Extended};
    PVOID Head = SysReserve(Info, Extended ? 16 : 8);

    for (PEPROCESS Process = PsGetNextProcess_(NULL); Process != NULL; Process = PsGetNextProcess_(Process)) {
        Walk.Process = Process;
        ObEnumerateHandles(Process, ExpPutHandle, &Walk);
    }
    if (Head != NULL) {
        if (Extended) {
            *(ULONG64 *)Head = Walk.Count;
        } else {
            *(ULONG *)Head = (ULONG)Walk.Count;
        }
    }
    return STATUS_SUCCESS;
}

NTSTATUS ExpQueryHandles(SYSINFO *Info)
{
    return ExpWalkHandles(Info, TRUE);
}

NTSTATUS ExpQueryHandlesOld(SYSINFO *Info)
{
    return ExpWalkHandles(Info, FALSE);
}

/* ---- modules ------------------------------------------------------------------------------------------------------------------------------- */

typedef struct _RTL_PROCESS_MODULE_INFORMATION_
{
    HANDLE Section;
    PVOID MappedBase, ImageBase;
    ULONG ImageSize, Flags;
    USHORT LoadOrderIndex, InitOrderIndex, LoadCount, OffsetToFileName;
    CHAR FullPathName[256];
} RTL_PROCESS_MODULE_INFORMATION_;
static_assert(sizeof(RTL_PROCESS_MODULE_INFORMATION_) == 0x128, "RTL_PROCESS_MODULE_INFORMATION");

static void ExpFillModule(RTL_PROCESS_MODULE_INFORMATION_ *Record, PKLDR_DATA_TABLE_ENTRY Module, USHORT Index)
{
    USHORT Length = min(Module->FullDllName.Length / sizeof(WCHAR), sizeof(Record->FullPathName) - 1);

    Record->ImageBase = Module->DllBase;
    Record->ImageSize = Module->SizeOfImage;
    Record->Flags = Module->Flags;
    Record->LoadOrderIndex = Index;
    Record->LoadCount = Module->LoadCount;
    for (USHORT i = 0; i < Length; i++) {
        Record->FullPathName[i] = (CHAR)Module->FullDllName.Buffer[i];
        if (Record->FullPathName[i] == '\\') {
            Record->OffsetToFileName = i + 1;
        }
    }
}

NTSTATUS ExpQueryModules(SYSINFO *Info)
{
    ULONG *Head = SysReserve(Info, 8);
    USHORT Index = 0;

    for (PLIST_ENTRY Link = PsLoadedModuleList.Flink; Link != &PsLoadedModuleList; Link = Link->Flink, Index++) {
        RTL_PROCESS_MODULE_INFORMATION_ *Record = SysReserve(Info, sizeof(*Record));

        if (Record != NULL) {
            ExpFillModule(Record, CONTAINING_RECORD(Link, KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks), Index);
        }
    }
    if (Head != NULL) {
        *Head = Index;
    }
    SysReserve(Info, sizeof(ULONG)); /* Windows' lengths end with a part of an empty record */
    return STATUS_SUCCESS;
}

/* ---- pool tags ------------------------------------------------------------------------------------------------------------------------------- */

typedef struct _SYSTEM_POOLTAG_
{
    ULONG Tag;
    ULONG PagedAllocs, PagedFrees;
    SIZE_T PagedUsed;
    ULONG NonPagedAllocs, NonPagedFrees;
    SIZE_T NonPagedUsed;
} SYSTEM_POOLTAG_;
static_assert(sizeof(SYSTEM_POOLTAG_) == 0x28, "SYSTEM_POOLTAG");

/* There is one kind of pool memory here (nothing is paged out): all of it counts as nonpaged. */
NTSTATUS ExpQueryPoolTags(SYSINFO *Info)
{
    ULONG Count = ExQueryPoolTags(NULL, 0) + 16, *Head = SysReserve(Info, 8);
    EX_POOL_TAG *Tags = ExAllocatePoolWithTag(PagedPool, Count * sizeof(*Tags), POOL_TAG('I', 'n', 'f', 'o'));

    if (Tags == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Count = min(ExQueryPoolTags(Tags, Count), Count);
    for (ULONG i = 0; i < Count; i++) {
        SYSTEM_POOLTAG_ Record = {
            .Tag = Tags[i].Tag, .NonPagedAllocs = Tags[i].Allocs, .NonPagedFrees = Tags[i].Frees, .NonPagedUsed = Tags[i].Bytes};

        SysPut(Info, &Record, sizeof(Record));
    }
    ExFreePoolWithTag(Tags, POOL_TAG('I', 'n', 'f', 'o'));
    if (Head != NULL) {
        *Head = Count;
    }
    return STATUS_SUCCESS;
}
