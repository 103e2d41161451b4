/* SPDX-License-Identifier: MIT */
/*
 * version.c - which Windows this says it is (10.0 build 19045, from the PEB, where the kernel wrote it), and what the processor can.
 *
 * RtlGetVersion always tells the truth; compatibility manifests, which make GetVersionEx lie on Windows, are not looked at.
 */
#include "ntdllp.h"

/* Of the size it only matters whether it is the longer structure's: callers exist that leave it out (.NET's SDK), and it never fails. */
NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW Version)
{
    PNPEB PebNow = Peb();
    PRTL_OSVERSIONINFOEXW Extended = (PRTL_OSVERSIONINFOEXW)Version;

    Version->dwMajorVersion = PebNow->OSMajorVersion;
    Version->dwMinorVersion = PebNow->OSMinorVersion;
    Version->dwBuildNumber = PebNow->OSBuildNumber;
    Version->dwPlatformId = PebNow->OSPlatformId;
    Version->szCSDVersion[0] = 0;
    if (Version->dwOSVersionInfoSize == sizeof(RTL_OSVERSIONINFOEXW)) {
        Extended->wServicePackMajor = Extended->wServicePackMinor = 0;
        Extended->wSuiteMask = VER_SUITE_SINGLEUSERTS;
        Extended->wProductType = VER_NT_WORKSTATION;
        Extended->wReserved = 0;
    }
    return STATUS_SUCCESS;
}

VOID NTAPI RtlGetNtVersionNumbers(PULONG Major, PULONG Minor, PULONG Build)
{
    if (Major != NULL)
        *Major = Peb()->OSMajorVersion;
    if (Minor != NULL)
        *Minor = Peb()->OSMinorVersion;
    if (Build != NULL)
        *Build = 0xF0000000 | Peb()->OSBuildNumber; /* a free build */
}

BOOLEAN NTAPI RtlGetNtProductType(PULONG Type)
{
    *Type = VER_NT_WORKSTATION;
    return TRUE;
}

BOOLEAN NTAPI RtlGetProductInfo(DWORD OsMajor, DWORD OsMinor, DWORD SpMajor, DWORD SpMinor, PDWORD Type)
{
    UNUSED(OsMinor);
    UNUSED(SpMajor);
    UNUSED(SpMinor);
    *Type = OsMajor >= 6 ? 0x30 /* PRODUCT_PROFESSIONAL */ : 0;
    return OsMajor >= 6;
}

ULONG NTAPI RtlGetNtGlobalFlags(VOID)
{
    return Peb()->NtGlobalFlag;
}

/* ---- comparing versions ------------------------------------------------------------------------------------------------------------------- */

#define CONDITION_BITS 3

static ULONG ConditionShift(ULONG Type)
{
    return (ULONG)__builtin_ctz(Type) * CONDITION_BITS;
}

ULONGLONG NTAPI VerSetConditionMask(ULONGLONG Mask, DWORD Types, BYTE Condition)
{
    if (Types == 0)
        return 0;
    for (ULONG Type = 1; Type <= VER_PRODUCT_TYPE; Type <<= 1) {
        if ((Types & Type) && Condition != 0)
            Mask |= (ULONGLONG)(Condition & 7) << ConditionShift(Type);
    }
    return Mask | (1ULL << 63);
}

static bool Holds(ULONGLONG Have, ULONGLONG Want, ULONG Condition)
{
    switch (Condition) {
    case VER_EQUAL:
        return Have == Want;
    case VER_GREATER:
        return Have > Want;
    case VER_GREATER_EQUAL:
        return Have >= Want;
    case VER_LESS:
        return Have < Want;
    case VER_LESS_EQUAL:
        return Have <= Want;
    default:
        return false;
    }
}

static ULONG ConditionOf(ULONGLONG Mask, ULONG Type)
{
    return (ULONG)(Mask >> ConditionShift(Type)) & 7;
}

/* Major, minor and service pack are compared as one number, under the condition of the first of them that is asked about. */
static bool VersionHolds(const RTL_OSVERSIONINFOEXW *Have, const RTL_OSVERSIONINFOEXW *Want, ULONG Types, ULONGLONG Mask)
{
    static const ULONG Parts[] = {VER_MAJORVERSION, VER_MINORVERSION, VER_SERVICEPACKMAJOR, VER_SERVICEPACKMINOR};
    const ULONG HaveParts[] = {Have->dwMajorVersion, Have->dwMinorVersion, Have->wServicePackMajor, Have->wServicePackMinor};
    const ULONG WantParts[] = {Want->dwMajorVersion, Want->dwMinorVersion, Want->wServicePackMajor, Want->wServicePackMinor};
    ULONG Condition = 0;

    for (ULONG Index = 0; Index < COUNT_OF(Parts); Index++) {
        if (!(Types & Parts[Index]))
            continue;
        if (Condition == 0)
            Condition = ConditionOf(Mask, Parts[Index]);
        if (HaveParts[Index] != WantParts[Index])
            return Holds(HaveParts[Index], WantParts[Index], Condition);
    }
    return Condition == 0 || Holds(0, 0, Condition);
}

NTSTATUS NTAPI RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW Want, ULONG Types, ULONGLONG Mask)
{
    RTL_OSVERSIONINFOEXW Have = {.dwOSVersionInfoSize = sizeof Have};

    if (Types == 0 || Mask == 0)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS Status = RtlGetVersion((PRTL_OSVERSIONINFOW)&Have);
    if (!NT_SUCCESS(Status))
        return Status;
    if ((Types & VER_SUITENAME) && ConditionOf(Mask, VER_SUITENAME) == VER_AND && (Have.wSuiteMask & Want->wSuiteMask) != Want->wSuiteMask)
        return STATUS_REVISION_MISMATCH;
    if ((Types & VER_SUITENAME) && ConditionOf(Mask, VER_SUITENAME) == VER_OR && !(Have.wSuiteMask & Want->wSuiteMask) && Want->wSuiteMask)
        return STATUS_REVISION_MISMATCH;
    if ((Types & VER_PLATFORMID) && !Holds(Have.dwPlatformId, Want->dwPlatformId, ConditionOf(Mask, VER_PLATFORMID)))
        return STATUS_REVISION_MISMATCH;
    if ((Types & VER_BUILDNUMBER) && !Holds(Have.dwBuildNumber, Want->dwBuildNumber, ConditionOf(Mask, VER_BUILDNUMBER)))
        return STATUS_REVISION_MISMATCH;
    if ((Types & VER_PRODUCT_TYPE) && !Holds(Have.wProductType, Want->wProductType, ConditionOf(Mask, VER_PRODUCT_TYPE)))
        return STATUS_REVISION_MISMATCH;
    return VersionHolds(&Have, Want, Types, Mask) ? STATUS_SUCCESS : STATUS_REVISION_MISMATCH;
}

/* ---- the processor -------------------------------------------------------------------------------------------------------------------------- */

BOOLEAN NTAPI RtlIsProcessorFeaturePresent(ULONG Feature)
{
    return Feature < 64 ? SharedProcessorFeature(Feature) != 0 : FALSE;
}
