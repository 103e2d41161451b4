/* SPDX-License-Identifier: MIT */
/*
 * virtual2.c - the younger half of virtual memory: placement requirements and placeholders (VirtualAlloc2, MapViewOfFile3), write watch, offered and
 * prefetched memory, and the variants for packaged programs, which may not have memory that is writable and executable.
 *
 * On Windows these live in kernelbase.dll and the api-ms-win-core-memory sets lead there.
 */
#include "k32.h"

/* From here on by number: mingw's headers declare these late or not at all, depending on their version. */
#define REPLACE_PLACEHOLDER 0x4000u
#define EXECUTABLE_WRITABLE (PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)
#define OFFER_PRIORITY_MAX 4u

static HANDLE OrCurrent(HANDLE Process)
{
    return Process != NULL ? Process : NtCurrentProcess();
}

PVOID WINAPI VirtualAlloc2(HANDLE Process, PVOID Address, SIZE_T Size, ULONG Type, ULONG Protect, PVOID Parameters, ULONG Count)
{
    PVOID Base = Address;

    return BaseResult(NtAllocateVirtualMemoryEx(OrCurrent(Process), &Base, &Size, Type, Protect, Parameters, Count)) ? Base : NULL;
}

PVOID WINAPI VirtualAlloc2FromApp(HANDLE Process, PVOID Address, SIZE_T Size, ULONG Type, ULONG Protect, PVOID Parameters, ULONG Count)
{
    if (Protect & EXECUTABLE_WRITABLE) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return VirtualAlloc2(Process, Address, Size, Type, Protect, Parameters, Count);
}

PVOID WINAPI VirtualAllocFromApp(PVOID Address, SIZE_T Size, ULONG Type, ULONG Protect)
{
    if (Protect & (EXECUTABLE_WRITABLE | PAGE_EXECUTE | PAGE_EXECUTE_READ)) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return VirtualAlloc(Address, Size, Type, Protect);
}

BOOL WINAPI VirtualProtectFromApp(PVOID Address, SIZE_T Size, ULONG New, PULONG Old)
{
    if (New & EXECUTABLE_WRITABLE) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    return VirtualProtect(Address, Size, New, (PDWORD)Old);
}

BOOL WINAPI VirtualUnlockEx(HANDLE Process, PVOID Address, SIZE_T Size)
{
    return BaseResult(NtUnlockVirtualMemory(OrCurrent(Process), &Address, &Size, 1));
}

/* ---- file mappings ------------------------------------------------------------------------------------------------------------- */

HANDLE WINAPI CreateFileMappingNumaW(HANDLE File, LPSECURITY_ATTRIBUTES Security, DWORD Protect, DWORD SizeHigh, DWORD SizeLow, LPCWSTR Name,
                                     DWORD Node)
{
    UNUSED(Node); /* one node */
    return CreateFileMappingW(File, Security, Protect, SizeHigh, SizeLow, Name);
}

HANDLE WINAPI CreateFileMappingNumaA(HANDLE File, LPSECURITY_ATTRIBUTES Security, DWORD Protect, DWORD SizeHigh, DWORD SizeLow, LPCSTR Name,
                                     DWORD Node)
{
    UNUSED(Node);
    return CreateFileMappingA(File, Security, Protect, SizeHigh, SizeLow, Name);
}

HANDLE WINAPI CreateFileMapping2(HANDLE File, SECURITY_ATTRIBUTES *Security, ULONG Access, ULONG Protect, ULONG Attributes, ULONG64 Size,
                                 PCWSTR Name, PVOID Parameters, ULONG Count)
{
    LARGE_INTEGER Maximum = {.QuadPart = (LONGLONG)Size};
    BASE_OBJECT Object;
    HANDLE Section = NULL;

    UNUSED(Parameters);
    if (Count != 0 || (File == INVALID_HANDLE_VALUE && Size == 0)) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    NTSTATUS Status = BaseObjectAttributes(&Object, Name, Security, OBJ_OPENIF);
    if (NT_SUCCESS(Status)) {
        Status = NtCreateSection(&Section, Access | SECTION_QUERY, &Object.Attributes, Size != 0 ? &Maximum : NULL, Protect,
                                 Attributes != 0 ? Attributes : SEC_COMMIT, File != INVALID_HANDLE_VALUE ? File : NULL);
    }
    return BaseCreated(Status, Section);
}

HANDLE WINAPI CreateFileMappingFromApp(HANDLE File, PSECURITY_ATTRIBUTES Security, ULONG Protect, ULONG64 Size, PCWSTR Name)
{
    if (Protect & EXECUTABLE_WRITABLE) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return CreateFileMappingW(File, Security, Protect, (DWORD)(Size >> 32), (DWORD)Size, Name);
}

HANDLE WINAPI OpenFileMappingFromApp(ULONG Access, BOOL Inherit, PCWSTR Name)
{
    return OpenFileMappingW(Access, Inherit, Name);
}

PVOID WINAPI MapViewOfFileFromApp(HANDLE Section, ULONG Access, ULONG64 Offset, SIZE_T Size)
{
    return MapViewOfFile(Section, Access, (DWORD)(Offset >> 32), (DWORD)Offset, Size);
}

LPVOID WINAPI MapViewOfFileExNuma(HANDLE Section, DWORD Access, DWORD OffsetHigh, DWORD OffsetLow, SIZE_T Size, LPVOID Address, DWORD Node)
{
    UNUSED(Node);
    return MapViewOfFileEx(Section, Access, OffsetHigh, OffsetLow, Size, Address);
}

PVOID WINAPI MapViewOfFile3(HANDLE Section, HANDLE Process, PVOID Address, ULONG64 Offset, SIZE_T Size, ULONG Type, ULONG Protect,
                            PVOID Parameters, ULONG Count)
{
    LARGE_INTEGER At = {.QuadPart = (LONGLONG)Offset};
    PVOID Base = Address;

    return BaseResult(NtMapViewOfSectionEx(Section, OrCurrent(Process), &Base, &At, &Size, Type, Protect, Parameters, Count)) ? Base : NULL;
}

BOOL WINAPI UnmapViewOfFile2(HANDLE Process, PVOID Base, ULONG Flags)
{
    return BaseResult(NtUnmapViewOfSectionEx(Process, Base, Flags));
}

BOOL WINAPI UnmapViewOfFileEx(PVOID Base, ULONG Flags)
{
    return BaseResult(NtUnmapViewOfSectionEx(NtCurrentProcess(), Base, Flags));
}

/* ---- write watch --------------------------------------------------------------------------------------------------------------- */

/* 0 is success, anything else failure: an old interface. */
UINT WINAPI GetWriteWatch(DWORD Flags, PVOID Base, SIZE_T Size, PVOID *Addresses, ULONG_PTR *Count, LPDWORD Granularity)
{
    return BaseResult(NtGetWriteWatch(NtCurrentProcess(), Flags, Base, Size, Addresses, Count, (PULONG)Granularity)) ? 0 : ~0u;
}

UINT WINAPI ResetWriteWatch(LPVOID Base, SIZE_T Size)
{
    return BaseResult(NtResetWriteWatch(NtCurrentProcess(), Base, Size)) ? 0 : ~0u;
}

/* ---- hints --------------------------------------------------------------------------------------------------------------------- */

/* These return an error code.  A committed, writable, private range: only that may be given up. */
static DWORD CheckGivenUp(PVOID Address, SIZE_T Size)
{
    ULONG_PTR At = (ULONG_PTR)Address, End = At + Size;
    MEMORY_BASIC_INFORMATION Region;

    if (Size == 0 || ((At | Size) & 0xFFF) != 0 || End < At) {
        return ERROR_INVALID_PARAMETER;
    }
    while (At < End) {
        if (VirtualQuery((PVOID)At, &Region, sizeof(Region)) == 0 || Region.State != MEM_COMMIT || Region.Type != MEM_PRIVATE ||
            !(Region.Protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE))) {
            return ERROR_INVALID_PARAMETER;
        }
        At = (ULONG_PTR)Region.BaseAddress + Region.RegionSize;
    }
    return ERROR_SUCCESS;
}

static DWORD Reset(PVOID Address, SIZE_T Size, ULONG Type)
{
    DWORD Error = CheckGivenUp(Address, Size);

    if (Error != ERROR_SUCCESS) {
        return Error;
    }
    return RtlNtStatusToDosError(NtAllocateVirtualMemory(NtCurrentProcess(), &Address, 0, &Size, Type, PAGE_READWRITE));
}

DWORD WINAPI OfferVirtualMemory(PVOID Address, SIZE_T Size, OFFER_PRIORITY Priority)
{
    return (ULONG)Priority - 1 < OFFER_PRIORITY_MAX ? Reset(Address, Size, MEM_RESET) : ERROR_INVALID_PARAMETER;
}

DWORD WINAPI ReclaimVirtualMemory(PVOID Address, SIZE_T Size)
{
    return Reset(Address, Size, MEM_RESET_UNDO);
}

DWORD WINAPI DiscardVirtualMemory(PVOID Address, SIZE_T Size)
{
    return Reset(Address, Size, MEM_RESET);
}

/* A hint: what can be touched without a fault later is a matter of time only. */
BOOL WINAPI PrefetchVirtualMemory(HANDLE Process, ULONG_PTR Count, PWIN32_MEMORY_RANGE_ENTRY Ranges, ULONG Flags)
{
    UNUSED(Process);
    if (Count == 0 || Ranges == NULL || Flags != 0) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    return TRUE;
}

typedef struct _REGION_INFORMATION
{
    PVOID AllocationBase;
    ULONG AllocationProtect, Flags;
    SIZE_T RegionSize, CommitSize;
} REGION_INFORMATION; /* WIN32_MEMORY_REGION_INFORMATION */

BOOL WINAPI QueryVirtualMemoryInformation(HANDLE Process, const VOID *Address, int Class, PVOID Information, SIZE_T Size, PSIZE_T Returned)
{
    if (Class != 0) { /* MemoryRegionInfo is the only one */
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Size < sizeof(REGION_INFORMATION)) {
        return BaseFail(ERROR_BAD_LENGTH);
    }
    SIZE_T Length;
    if (!BaseResult(NtQueryVirtualMemory(Process, (PVOID)Address, 3 /* MemoryRegionInformation */, Information, sizeof(REGION_INFORMATION), &Length))) {
        return FALSE;
    }
    if (Returned != NULL) {
        *Returned = sizeof(REGION_INFORMATION);
    }
    return TRUE;
}

/* ---- whether memory is scarce or plenty: two events that the kernel keeps ------------------------------------------------------------------- */

HANDLE WINAPI CreateMemoryResourceNotification(MEMORY_RESOURCE_NOTIFICATION_TYPE Type)
{
    static UNICODE_STRING Names[] = {RTL_CONSTANT_STRING(L"\\KernelObjects\\LowMemoryCondition"),
                                     RTL_CONSTANT_STRING(L"\\KernelObjects\\HighMemoryCondition")};
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Event;

    if ((ULONG)Type >= COUNT_OF(Names)) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    InitializeObjectAttributes(&Attributes, &Names[Type], 0, NULL, NULL);
    return BaseResult(NtOpenEvent(&Event, SYNCHRONIZE, &Attributes)) ? Event : NULL;
}

BOOL WINAPI QueryMemoryResourceNotification(HANDLE Notification, PBOOL State)
{
    LARGE_INTEGER Now = {.QuadPart = 0};

    if (Notification == NULL || Notification == INVALID_HANDLE_VALUE || State == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    NTSTATUS Status = NtWaitForSingleObject(Notification, FALSE, &Now);
    *State = Status == STATUS_SUCCESS;
    return BaseResult(Status);
}
