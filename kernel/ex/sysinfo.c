/* SPDX-License-Identifier: MIT */
/*
 * sysinfo.c - NtQuerySystemInformation: a table of classes, and those that are plain numbers.
 *
 * A class that is not in the table is refused with STATUS_INVALID_INFO_CLASS; what is in it is true.  The layouts are Windows 10's.
 * Upward references (docs/LAYERS): mm, io, ps, ldr are asked for what they know.
 */
#include "sysinfo.h"
#include "io.h"

#define TAG_INFO POOL_TAG('I', 'n', 'f', 'o')

typedef struct _SYSTEM_BASIC_INFORMATION_
{
    ULONG Reserved, TimerResolution, PageSize, NumberOfPhysicalPages, LowestPhysicalPageNumber, HighestPhysicalPageNumber, AllocationGranularity;
    ULONG_PTR MinimumUserModeAddress, MaximumUserModeAddress, ActiveProcessorsAffinityMask;
    CCHAR NumberOfProcessors;
} SYSTEM_BASIC_INFORMATION_;
static_assert(sizeof(SYSTEM_BASIC_INFORMATION_) == 0x40, "SYSTEM_BASIC_INFORMATION");

static NTSTATUS ExpQueryBasic(SYSINFO *Info)
{
    MM_STATISTICS Memory;
    SYSTEM_BASIC_INFORMATION_ Basic = {
        .TimerResolution = KeQueryTimeIncrement(),
        .PageSize = PAGE_SIZE,
        .AllocationGranularity = 0x10000,
        .MinimumUserModeAddress = MM_USER_LOWEST,
        .MaximumUserModeAddress = MM_USER_HIGHEST,
        .ActiveProcessorsAffinityMask = KeQueryActiveProcessors(),
        .NumberOfProcessors = (CCHAR)KeQueryActiveProcessorCount(NULL),
        .LowestPhysicalPageNumber = 1,
    };

    MmQueryStatistics(&Memory);
    Basic.NumberOfPhysicalPages = (ULONG)Memory.TotalPages;
    Basic.HighestPhysicalPageNumber = (ULONG)Memory.TotalPages;
    SysPut(Info, &Basic, sizeof(Basic));
    return STATUS_SUCCESS;
}

static NTSTATUS ExpQueryProcessor(SYSINFO *Info)
{
    struct
    {
        USHORT ProcessorArchitecture, ProcessorLevel, ProcessorRevision, MaximumProcessors;
        ULONG ProcessorFeatureBits;
    } Processor = {.ProcessorArchitecture = 9 /* AMD64 */, .MaximumProcessors = (USHORT)KeQueryMaximumProcessorCount()};
    ULONG Eax = 1, Ebx, Ecx = 0, Edx, Family, Model;

    __asm__ volatile("cpuid" : "+a"(Eax), "=b"(Ebx), "+c"(Ecx), "=d"(Edx));
    Family = (Eax >> 8) & 0xF;
    Model = (Eax >> 4) & 0xF;
    if (Family == 6 || Family == 15) {
        Model |= (Eax >> 12) & 0xF0;
    }
    if (Family == 15) {
        Family += (Eax >> 20) & 0xFF;
    }
    Processor.ProcessorLevel = (USHORT)Family;
    Processor.ProcessorRevision = (USHORT)((Model << 8) | (Eax & 0xF));
    Processor.ProcessorFeatureBits = Edx;
    SysPut(Info, &Processor, sizeof(Processor));
    return STATUS_SUCCESS;
}

/* The figures kept; the others of Windows' 86 are zero because what they count does not happen here. */
typedef struct _SYSTEM_PERFORMANCE_INFORMATION_
{
    LARGE_INTEGER IdleProcessTime, IoReadTransferCount, IoWriteTransferCount, IoOtherTransferCount;
    ULONG IoReadOperationCount, IoWriteOperationCount, IoOtherOperationCount;
    ULONG AvailablePages, CommittedPages, CommitLimit, PeakCommitment;
    ULONG PageFaultCount, CopyOnWriteCount, TransitionCount, CacheTransitionCount, DemandZeroCount, PageReadCount, PageReadIoCount;
    ULONG CacheReadCount, CacheIoCount, DirtyPagesWriteCount, DirtyWriteIoCount, MappedPagesWriteCount, MappedWriteIoCount;
    ULONG PagedPoolPages, NonPagedPoolPages, PagedPoolAllocs, PagedPoolFrees, NonPagedPoolAllocs, NonPagedPoolFrees;
    ULONG FreeSystemPtes, ResidentSystemCodePage, TotalSystemDriverPages, TotalSystemCodePages;
    ULONG Zero[36];
    ULONG ContextSwitches, FirstLevelTbFills, SecondLevelTbFills, SystemCalls;
    ULONG64 CcTotalDirtyPages, CcDirtyPageThreshold;
    LONG64 ResidentAvailablePages;
    ULONG64 SharedCommittedPages;
} SYSTEM_PERFORMANCE_INFORMATION_;
static_assert(sizeof(SYSTEM_PERFORMANCE_INFORMATION_) == 0x158 && offsetof(SYSTEM_PERFORMANCE_INFORMATION_, ContextSwitches) == 0x128,
              "SYSTEM_PERFORMANCE_INFORMATION");

#define PERFORMANCE_BEFORE_7 0x138u

static NTSTATUS ExpQueryPerformance(SYSINFO *Info)
{
    SYSTEM_PERFORMANCE_INFORMATION_ Figures = {0};
    MM_STATISTICS Memory;

    MmQueryStatistics(&Memory);
    Figures.AvailablePages = (ULONG)(Memory.FreePages + Memory.ZeroedPages + Memory.StandbyPages);
    Figures.CommittedPages = (ULONG)Memory.CommittedPages;
    Figures.CommitLimit = (ULONG)Memory.CommitLimit;
    Figures.PeakCommitment = (ULONG)Memory.PeakCommitment;
    Figures.PageFaultCount = (ULONG)Memory.PageFaults;
    Figures.CopyOnWriteCount = (ULONG)Memory.CopyOnWriteFaults;
    Figures.TransitionCount = (ULONG)Memory.TransitionFaults;
    Figures.DemandZeroCount = (ULONG)Memory.DemandZeroFaults;
    Figures.PageReadCount = (ULONG)Memory.PagesRead;
    Figures.PageReadIoCount = (ULONG)Memory.PageReads;
    Figures.NonPagedPoolPages = (ULONG)Memory.PoolPages;
    Figures.ResidentAvailablePages = (LONG64)Figures.AvailablePages;
    for (ULONG i = 0; i < KeQueryActiveProcessorCount(NULL); i++) {
        PKPRCB Prcb = KeGetPrcb(i);

        Figures.ContextSwitches += Prcb->ContextSwitches;
        Figures.SystemCalls += Prcb->SystemCalls;
        Figures.IdleProcessTime.QuadPart += (LONGLONG)Prcb->IdleThread->KernelTime * KeQueryTimeIncrement();
    }
    SysPut(Info, &Figures, sizeof(Figures));
    return STATUS_SUCCESS;
}

static NTSTATUS ExpQueryTimeOfDay(SYSINFO *Info)
{
    struct
    {
        LARGE_INTEGER BootTime, CurrentTime, TimeZoneBias;
        ULONG TimeZoneId, Reserved;
        ULONG64 BootTimeBias, SleepTimeBias;
    } Time = {0};
    static_assert(sizeof(Time) == 0x30, "SYSTEM_TIMEOFDAY_INFORMATION");

    KeQuerySystemTime(&Time.CurrentTime);
    Time.BootTime.QuadPart = Time.CurrentTime.QuadPart - (LONGLONG)KeQueryInterruptTime();
    SysPut(Info, &Time, sizeof(Time));
    return STATUS_SUCCESS;
}

static NTSTATUS ExpQueryProcessorPerformance(SYSINFO *Info)
{
    for (ULONG i = 0; i < KeQueryActiveProcessorCount(NULL); i++) {
        PKPRCB Prcb = KeGetPrcb(i);
        LONGLONG Tick = KeQueryTimeIncrement();
        struct
        {
            LARGE_INTEGER IdleTime, KernelTime, UserTime, DpcTime, InterruptTime;
            ULONG InterruptCount, Spare;
        } Times = {.InterruptCount = Prcb->InterruptCount};

        Times.IdleTime.QuadPart = Prcb->IdleThread->KernelTime * Tick;
        Times.KernelTime.QuadPart = Prcb->KernelTime * Tick; /* idle time is in it, as on NT */
        Times.UserTime.QuadPart = Prcb->UserTime * Tick;
        Times.DpcTime.QuadPart = Prcb->DpcTime * Tick;
        Times.InterruptTime.QuadPart = Prcb->InterruptTime * Tick;
        SysPut(Info, &Times, sizeof(Times));
    }
    return STATUS_SUCCESS;
}

static NTSTATUS ExpQueryInterrupts(SYSINFO *Info)
{
    for (ULONG i = 0; i < KeQueryActiveProcessorCount(NULL); i++) {
        PKPRCB Prcb = KeGetPrcb(i);
        ULONG Counts[6] = {Prcb->ContextSwitches, Prcb->DpcCount, 0, KeQueryTimeIncrement(), 0, 0};

        SysPut(Info, Counts, sizeof(Counts));
    }
    return STATUS_SUCCESS;
}

static NTSTATUS ExpQueryTimeAdjustment(SYSINFO *Info)
{
    struct
    {
        ULONG TimeAdjustment, TimeIncrement;
        BOOLEAN Enable;
    } Adjustment = {KeQueryTimeIncrement(), KeQueryTimeIncrement(), TRUE};

    SysPut(Info, &Adjustment, sizeof(Adjustment));
    return STATUS_SUCCESS;
}

/* No kernel debugger answers from this kernel; gdb talks to the emulator. */
static NTSTATUS ExpQueryKernelDebugger(SYSINFO *Info)
{
    struct
    {
        BOOLEAN DebuggerEnabled, DebuggerNotPresent;
    } Debugger = {FALSE, TRUE};

    SysPut(Info, &Debugger, sizeof(Debugger));
    return STATUS_SUCCESS;
}

static NTSTATUS ExpQueryRegistryQuota(SYSINFO *Info)
{
    struct
    {
        ULONG RegistryQuotaAllowed, RegistryQuotaUsed;
        SIZE_T PagedPoolSize;
    } Quota = {.RegistryQuotaAllowed = 0x7FFFFFFF, .PagedPoolSize = ExPoolBytesInUse()};

    SysPut(Info, &Quota, sizeof(Quota));
    return STATUS_SUCCESS;
}

/* UTC, by name. */
static NTSTATUS ExpQueryTimeZone(SYSINFO *Info)
{
    struct
    {
        LONG Bias;
        WCHAR StandardName[32];
        TIME_FIELDS StandardStart;
        LONG StandardBias;
        WCHAR DaylightName[32];
        TIME_FIELDS DaylightStart;
        LONG DaylightBias;
    } Zone = {.StandardName = L"UTC", .DaylightName = L"UTC"};
    static_assert(sizeof(Zone) == 172, "RTL_TIME_ZONE_INFORMATION");

    SysPut(Info, &Zone, sizeof(Zone));
    return STATUS_SUCCESS;
}

static NTSTATUS ExpQueryDynamicTimeZone(SYSINFO *Info)
{
    static const WCHAR Key[128] = L"UTC";
    ULONG DynamicDaylightTimeDisabled = 0;

    ExpQueryTimeZone(Info);
    SysPut(Info, Key, sizeof(Key));
    SysPut(Info, &DynamicDaylightTimeDisabled, sizeof(DynamicDaylightTimeDisabled));
    return STATUS_SUCCESS;
}

static NTSTATUS ExpQueryBootEnvironment(SYSINFO *Info)
{
    struct
    {
        GUID BootIdentifier;
        ULONG FirmwareType;
        ULONG64 BootFlags;
    } Environment = {.FirmwareType = 1 /* BIOS */};
    static ULONG Firmware;

    if (Firmware == 0 && IopLoaderBlock != NULL) {
        Firmware = IopLoaderBlock->Firmware;
    }
    if (Firmware == LoaderFirmwareUefi) {
        Environment.FirmwareType = 2;
    }
    SysPut(Info, &Environment, sizeof(Environment));
    return STATUS_SUCCESS;
}

/* The firmware's framebuffer; the loader's block goes away after boot, so what it says is kept at the first question (the console driver's). */
static NTSTATUS ExpQueryBootGraphics(SYSINFO *Info)
{
    static LOADER_FRAMEBUFFER Framebuffer;
    struct
    {
        LARGE_INTEGER FrameBuffer;
        ULONG Width, Height, PixelStride, Flags, Format, DisplayRotation;
    } Graphics = {0};

    if (Framebuffer.PhysicalBase == 0 && IopLoaderBlock != NULL) {
        Framebuffer = IopLoaderBlock->Framebuffer;
    }
    if (Framebuffer.PhysicalBase == 0) {
        return STATUS_NOT_FOUND;
    }
    Graphics.FrameBuffer.QuadPart = (LONGLONG)Framebuffer.PhysicalBase;
    Graphics.Width = Framebuffer.Width;
    Graphics.Height = Framebuffer.Height;
    Graphics.PixelStride = Framebuffer.PixelsPerScanLine;
    Graphics.Format = Framebuffer.Format == 0 ? 3 : 2; /* SystemPixelFormatB8G8R8X8, ...R8G8B8X8 */
    SysPut(Info, &Graphics, sizeof(Graphics));
    return STATUS_SUCCESS;
}

/* ---- the table ----------------------------------------------------------------------------------------------------------------------------- */

typedef enum _SYSINFO_LENGTH
{
    LengthExact,   /* anything else is a mismatch */
    LengthAtLeast, /* more is fine */
    LengthNotMore, /* the beginning of it, or all */
    LengthGrown,   /* what was the whole before Windows 7 made it longer is enough; more is fine */
} SYSINFO_LENGTH;

static const struct
{
    ULONG Class;
    SYSINFO_LENGTH Length;
    SYSINFO_ROUTINE Routine;
} ExpSystemClasses[] = {
    {0, LengthExact, ExpQueryBasic},
    {1, LengthAtLeast, ExpQueryProcessor},
    {2, LengthGrown, ExpQueryPerformance},
    {3, LengthNotMore, ExpQueryTimeOfDay},
    {5, LengthAtLeast, ExpQueryProcesses},
    {8, LengthAtLeast, ExpQueryProcessorPerformance},
    {11, LengthAtLeast, ExpQueryModules},
    {16, LengthAtLeast, ExpQueryHandlesOld},
    {22, LengthAtLeast, ExpQueryPoolTags},
    {23, LengthAtLeast, ExpQueryInterrupts},
    {28, LengthExact, ExpQueryTimeAdjustment},
    {35, LengthAtLeast, ExpQueryKernelDebugger},
    {37, LengthExact, ExpQueryRegistryQuota},
    {44, LengthAtLeast, ExpQueryTimeZone},
    {62 /* emulation: as basic for us */, LengthExact, ExpQueryBasic},
    {64, LengthAtLeast, ExpQueryHandles},
    {90, LengthAtLeast, ExpQueryBootEnvironment},
    {102, LengthAtLeast, ExpQueryDynamicTimeZone},
    {126, LengthAtLeast, ExpQueryBootGraphics},
};

static NTSTATUS ExpAnswer(SYSINFO_ROUTINE Routine, SYSINFO_LENGTH Kind, PVOID Buffer, ULONG Length, KPROCESSOR_MODE Mode, PULONG Needed)
{
    SYSINFO Info = {.UserBuffer = Buffer};
    NTSTATUS Status = Routine(&Info);
    ULONG Copy;

    *Needed = Info.Used;
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if ((Kind == LengthExact && Length != Info.Used) || (Kind == LengthNotMore && Length > Info.Used) || (Kind == LengthAtLeast && Length < Info.Used) ||
        (Kind == LengthGrown && Length < PERFORMANCE_BEFORE_7)) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    Info.Room = Kind == LengthAtLeast ? min(Length, Info.Used + Info.Used / 8 + 4096) : Info.Used;
    Info.Buffer = ExAllocatePoolWithTag(PagedPool, Info.Room, TAG_INFO);
    if (Info.Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Info.Used = 0;
    Status = Routine(&Info);
    *Needed = Info.Used;
    if (NT_SUCCESS(Status) && Info.Used > Info.Room) {
        Status = STATUS_INFO_LENGTH_MISMATCH; /* it grew meanwhile */
    }
    if (NT_SUCCESS(Status)) {
        Copy = min(Length, Info.Used);
        *Needed = Copy;
        Status = CopyToMode(Mode, Buffer, Info.Buffer, Copy);
    }
    ExFreePoolWithTag(Info.Buffer, TAG_INFO);
    return Status;
}

NTSTATUS NTAPI NtQuerySystemInformation(ULONG Class, PVOID Buffer, ULONG Length, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    NTSTATUS Status;
    ULONG Needed = 0, Index = 0;

    PAGED_CODE();
    Status = KiProbeForWrite(Mode, Buffer, Length, 1);
    if (NT_SUCCESS(Status) && ReturnLength != NULL) {
        Status = KiProbeForWrite(Mode, ReturnLength, sizeof(ULONG), 1);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    while (Index < RTL_NUMBER_OF(ExpSystemClasses) && ExpSystemClasses[Index].Class != Class) {
        Index++;
    }
    if (Index == RTL_NUMBER_OF(ExpSystemClasses)) {
        KdPrint_("Ex: system information class %lu is not there\n", Class);
        return STATUS_INVALID_INFO_CLASS;
    }
    Status = ExpAnswer(ExpSystemClasses[Index].Routine, ExpSystemClasses[Index].Length, Buffer, Length, Mode, &Needed);
    if (ReturnLength != NULL) {
        NTSTATUS CopyStatus = CopyToMode(Mode, ReturnLength, &Needed, sizeof(Needed));

        Status = NT_SUCCESS(CopyStatus) ? Status : CopyStatus;
    }
    return Status;
}

/* Nothing can be set yet. */
NTSTATUS NTAPI NtSetSystemInformation(ULONG Class, PVOID Buffer, ULONG Length)
{
    KdPrint_("Ex: setting system information class %lu is not there\n", Class);
    return STATUS_INVALID_INFO_CLASS;
}
