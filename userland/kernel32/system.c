/* SPDX-License-Identifier: MIT */
/*
 * system.c - what the machine and the system are: processors, memory, version, names.
 */
#include "k32.h"

static void BasicInformation(NSYSTEM_BASIC_INFORMATION *Basic)
{
    if (!NT_SUCCESS(NtQuerySystemInformation(SystemBasicInformation, Basic, sizeof(*Basic), NULL))) {
        memset(Basic, 0, sizeof(*Basic));
        Basic->PageSize = 0x1000;
        Basic->AllocationGranularity = 0x10000;
        Basic->NumberOfProcessors = 1;
        Basic->ActiveProcessorsAffinityMask = 1;
    }
}

VOID WINAPI GetSystemInfo(LPSYSTEM_INFO Info)
{
    NSYSTEM_BASIC_INFORMATION Basic;
    unsigned Eax = 1, Ebx, Ecx = 0, Edx;

    BasicInformation(&Basic);
    __asm__ volatile("cpuid" : "+a"(Eax), "=b"(Ebx), "+c"(Ecx), "=d"(Edx));
    memset(Info, 0, sizeof(*Info));
    Info->wProcessorArchitecture = PROCESSOR_ARCHITECTURE_AMD64;
    Info->dwPageSize = Basic.PageSize;
    Info->lpMinimumApplicationAddress = (LPVOID)Basic.MinimumUserModeAddress;
    Info->lpMaximumApplicationAddress = (LPVOID)Basic.MaximumUserModeAddress;
    Info->dwActiveProcessorMask = Basic.ActiveProcessorsAffinityMask;
    Info->dwNumberOfProcessors = (DWORD)(UCHAR)Basic.NumberOfProcessors;
    Info->dwProcessorType = PROCESSOR_AMD_X8664;
    Info->dwAllocationGranularity = Basic.AllocationGranularity;
    unsigned Family = (Eax >> 8) & 15, Model = (Eax >> 4) & 15, Stepping = Eax & 15;
    if (Family == 15) {
        Family += (Eax >> 20) & 255;
    }
    if (Family == 6 || Family >= 15) {
        Model |= ((Eax >> 16) & 15) << 4;
    }
    Info->wProcessorLevel = (WORD)Family;
    Info->wProcessorRevision = (WORD)((Model << 8) | Stepping);
}

VOID WINAPI GetNativeSystemInfo(LPSYSTEM_INFO Info)
{
    GetSystemInfo(Info);
}

DWORD WINAPI GetActiveProcessorCount(WORD Group)
{
    return Group == 0 || Group == ALL_PROCESSOR_GROUPS ? SHARED_DATA->ActiveProcessorCount : 0;
}

DWORD WINAPI GetMaximumProcessorCount(WORD Group)
{
    return GetActiveProcessorCount(Group);
}

WORD WINAPI GetActiveProcessorGroupCount(void)
{
    return 1;
}

WORD WINAPI GetMaximumProcessorGroupCount(void)
{
    return 1;
}

BOOL WINAPI GetNumaHighestNodeNumber(PULONG Number)
{
    *Number = 0;
    return TRUE;
}

BOOL WINAPI GetNumaNodeProcessorMask(UCHAR Node, PULONGLONG Mask)
{
    NSYSTEM_BASIC_INFORMATION Basic;

    if (Node != 0) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    BasicInformation(&Basic);
    *Mask = Basic.ActiveProcessorsAffinityMask;
    return TRUE;
}

BOOL WINAPI GetProcessGroupAffinity(HANDLE Process, PUSHORT Count, PUSHORT Groups)
{
    UNUSED(Process);
    if (*Count < 1) {
        *Count = 1;
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    *Count = 1;
    Groups[0] = 0;
    return TRUE;
}

BOOL WINAPI GlobalMemoryStatusEx(LPMEMORYSTATUSEX Status)
{
    NSYSTEM_BASIC_INFORMATION Basic;
    struct { ULONG Words[86]; } Performance; /* SYSTEM_PERFORMANCE_INFORMATION */
    VM_COUNTERS Counters = {0};
    ULONG Returned = 0;

    if (Status->dwLength != sizeof(*Status)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    BasicInformation(&Basic);
    memset(&Performance, 0, sizeof(Performance));
    NTSTATUS Query = NtQuerySystemInformation(SystemPerformanceInformation, &Performance, sizeof(Performance), &Returned);
    if (!NT_SUCCESS(Query) && Query != STATUS_INFO_LENGTH_MISMATCH) {
        return BaseResult(Query);
    }
    NtQueryInformationProcess(NtCurrentProcess(), ProcessVmCounters, &Counters, sizeof(Counters), NULL);
    /* AvailablePages, CommittedPages, CommitLimit stand at 0x2C, 0x30, 0x34 */
    ULONGLONG Page = Basic.PageSize, Available = Performance.Words[11], Committed = Performance.Words[12], Limit = Performance.Words[13];
    Status->ullTotalPhys = Page * Basic.NumberOfPhysicalPages;
    Status->ullAvailPhys = Page * Available;
    Status->dwMemoryLoad = Basic.NumberOfPhysicalPages == 0 ? 0 : (DWORD)(100 - Available * 100 / Basic.NumberOfPhysicalPages);
    Status->ullTotalPageFile = Page * (Limit != 0 ? Limit : Basic.NumberOfPhysicalPages);
    Status->ullAvailPageFile = Limit > Committed ? Page * (Limit - Committed) : Status->ullAvailPhys;
    Status->ullTotalVirtual = Basic.MaximumUserModeAddress - Basic.MinimumUserModeAddress + 1;
    Status->ullAvailVirtual = Status->ullTotalVirtual - Counters.VirtualSize;
    Status->ullAvailExtendedVirtual = 0;
    return TRUE;
}

VOID WINAPI GlobalMemoryStatus(LPMEMORYSTATUS Status)
{
    MEMORYSTATUSEX Extended = {.dwLength = sizeof(Extended)};

    GlobalMemoryStatusEx(&Extended);
    Status->dwLength = sizeof(*Status);
    Status->dwMemoryLoad = Extended.dwMemoryLoad;
    Status->dwTotalPhys = Extended.ullTotalPhys;
    Status->dwAvailPhys = Extended.ullAvailPhys;
    Status->dwTotalPageFile = Extended.ullTotalPageFile;
    Status->dwAvailPageFile = Extended.ullAvailPageFile;
    Status->dwTotalVirtual = Extended.ullTotalVirtual;
    Status->dwAvailVirtual = Extended.ullAvailVirtual;
}

BOOL WINAPI GetPhysicallyInstalledSystemMemory(PULONGLONG Kilobytes)
{
    if (Kilobytes == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    *Kilobytes = (ULONGLONG)SHARED_DATA->NumberOfPhysicalPages * 4;
    return TRUE;
}

BOOL WINAPI IsProcessorFeaturePresent(DWORD Feature)
{
    return Feature < COUNT_OF(SHARED_DATA->ProcessorFeatures) && SHARED_DATA->ProcessorFeatures[Feature];
}

/* ---- version: without a manifest a program is told 6.2, with one the truth. There are no manifests yet: everybody gets the truth. ---- */

DWORD WINAPI GetVersion(void)
{
    const NPEB *Peb = BasePeb();

    return MAKELONG(MAKEWORD(Peb->OSMajorVersion, Peb->OSMinorVersion), Peb->OSBuildNumber);
}

BOOL WINAPI GetVersionExW(LPOSVERSIONINFOW Info)
{
    if (Info->dwOSVersionInfoSize != sizeof(OSVERSIONINFOW) && Info->dwOSVersionInfoSize != sizeof(OSVERSIONINFOEXW)) {
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    return BaseResult(RtlGetVersion((PRTL_OSVERSIONINFOW)Info));
}

BOOL WINAPI GetVersionExA(LPOSVERSIONINFOA Info)
{
    OSVERSIONINFOEXW Wide = {.dwOSVersionInfoSize = sizeof(Wide)};
    OSVERSIONINFOEXA *Extended = (OSVERSIONINFOEXA *)Info;

    if ((Info->dwOSVersionInfoSize != sizeof(OSVERSIONINFOA) && Info->dwOSVersionInfoSize != sizeof(OSVERSIONINFOEXA)) ||
        !GetVersionExW((LPOSVERSIONINFOW)&Wide)) {
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    Info->dwMajorVersion = Wide.dwMajorVersion;
    Info->dwMinorVersion = Wide.dwMinorVersion;
    Info->dwBuildNumber = Wide.dwBuildNumber;
    Info->dwPlatformId = Wide.dwPlatformId;
    Info->szCSDVersion[0] = 0;
    if (Info->dwOSVersionInfoSize == sizeof(OSVERSIONINFOEXA)) {
        Extended->wServicePackMajor = Wide.wServicePackMajor;
        Extended->wServicePackMinor = Wide.wServicePackMinor;
        Extended->wSuiteMask = Wide.wSuiteMask;
        Extended->wProductType = Wide.wProductType;
        Extended->wReserved = 0;
    }
    return TRUE;
}

BOOL WINAPI VerifyVersionInfoW(LPOSVERSIONINFOEXW Info, DWORD Mask, DWORDLONG Conditions)
{
    NTSTATUS Status = RtlVerifyVersionInfo((PVOID)Info, Mask, Conditions);

    if (Status == STATUS_REVISION_MISMATCH) {
        return BaseFail(ERROR_OLD_WIN_VERSION);
    }
    return Status == STATUS_INVALID_PARAMETER ? BaseFail(ERROR_BAD_ARGUMENTS) : BaseResult(Status);
}

BOOL WINAPI VerifyVersionInfoA(LPOSVERSIONINFOEXA Info, DWORD Mask, DWORDLONG Conditions)
{
    OSVERSIONINFOEXW Wide = {.dwOSVersionInfoSize = sizeof(Wide), .dwMajorVersion = Info->dwMajorVersion,
                             .dwMinorVersion = Info->dwMinorVersion, .dwBuildNumber = Info->dwBuildNumber,
                             .dwPlatformId = Info->dwPlatformId, .wServicePackMajor = Info->wServicePackMajor,
                             .wServicePackMinor = Info->wServicePackMinor, .wSuiteMask = Info->wSuiteMask,
                             .wProductType = Info->wProductType};

    return VerifyVersionInfoW(&Wide, Mask, Conditions);
}

/* ---- names ------------------------------------------------------------------------------------------------------------------------ */

static const WCHAR ComputerName[] = L"NASCENT";

BOOL WINAPI GetComputerNameExW(COMPUTER_NAME_FORMAT Format, LPWSTR Name, LPDWORD Size)
{
    LPCWSTR Value = Format == ComputerNameDnsDomain || Format == ComputerNamePhysicalDnsDomain ? L"" : ComputerName;
    DWORD Length = (DWORD)wcslen(Value);

    if (Format >= ComputerNameMax) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (*Size <= Length || Name == NULL) {
        *Size = Length + 1;
        return BaseFail(ERROR_MORE_DATA);
    }
    wcscpy(Name, Value);
    *Size = Length;
    return TRUE;
}

BOOL WINAPI GetComputerNameExA(COMPUTER_NAME_FORMAT Format, LPSTR Name, LPDWORD Size)
{
    WCHAR Wide[64];
    DWORD Length = COUNT_OF(Wide);

    if (!GetComputerNameExW(Format, Wide, &Length)) {
        return FALSE;
    }
    if (*Size <= Length || Name == NULL) {
        *Size = Length + 1;
        return BaseFail(ERROR_MORE_DATA);
    }
    *Size = BaseToAnsi(Wide, Length, Name, *Size);
    return TRUE;
}

BOOL WINAPI GetComputerNameW(LPWSTR Name, LPDWORD Size)
{
    return GetComputerNameExW(ComputerNameNetBIOS, Name, Size) || BaseFail(ERROR_BUFFER_OVERFLOW);
}

BOOL WINAPI GetComputerNameA(LPSTR Name, LPDWORD Size)
{
    return GetComputerNameExA(ComputerNameNetBIOS, Name, Size) || BaseFail(ERROR_BUFFER_OVERFLOW);
}

BOOL WINAPI GetSystemPowerStatus(LPSYSTEM_POWER_STATUS Status)
{
    memset(Status, 0, sizeof(*Status));
    Status->ACLineStatus = 1;
    Status->BatteryFlag = 128; /* no battery */
    Status->BatteryLifePercent = 255;
    Status->BatteryLifeTime = Status->BatteryFullLifeTime = (DWORD)-1;
    return TRUE;
}

/* There is no loudspeaker; a beep that cannot be heard has been made. */
BOOL WINAPI Beep(DWORD Frequency, DWORD Milliseconds)
{
    if (Frequency < 37 || Frequency > 32767) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    Sleep(Milliseconds);
    return TRUE;
}

int WINAPI MulDiv(int Number, int Numerator, int Denominator)
{
    LONGLONG Product = (LONGLONG)Number * Numerator;

    if (Denominator == 0) {
        return -1;
    }
    if (Denominator < 0) {
        Denominator = -Denominator;
        Product = -Product;
    }
    LONGLONG Result = (Product + (Product < 0 ? -(Denominator / 2) : Denominator / 2)) / Denominator;
    return Result > INT32_MAX || Result < INT32_MIN ? -1 : (int)Result;
}

/* A program outside of a package: what the C run-time libraries ask before they end a process. */
LONG WINAPI AppPolicyGetProcessTerminationMethod(HANDLE Token, LONG *Policy)
{
    UNUSED(Token);
    *Policy = 0; /* ExitProcess */
    return ERROR_SUCCESS;
}

LONG WINAPI AppPolicyGetThreadInitializationType(HANDLE Token, LONG *Policy)
{
    UNUSED(Token);
    *Policy = 0; /* none */
    return ERROR_SUCCESS;
}

LONG WINAPI GetCurrentPackageId(UINT32 *Length, BYTE *Buffer)
{
    UNUSED(Length);
    UNUSED(Buffer);
    return 15700; /* APPMODEL_ERROR_NO_PACKAGE */
}
