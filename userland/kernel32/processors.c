/* SPDX-License-Identifier: MIT */
/*
 * processors.c - how the processors are arranged, and how busy they were.
 *
 * Every processor is a core of its own in one package, one NUMA node and one group; the caches come from CPUID leaf 4 of the processor this
 * runs on, each its own core's up to the second level, shared by all from the third.  That is what a virtual machine without topology shows.
 */
#include "k32.h"

#define MAX_CACHES 6

static ULONG ProcessorCount(void)
{
    ULONG Count = SHARED_DATA->ActiveProcessorCount;

    return Count == 0 ? 1 : Count > 64 ? 64 : Count;
}

static ULONG_PTR AllProcessors(void)
{
    ULONG Count = ProcessorCount();

    return Count == 64 ? ~(ULONG_PTR)0 : ((ULONG_PTR)1 << Count) - 1;
}

static void Cpuid(ULONG Leaf, ULONG SubLeaf, ULONG *Registers)
{
    __asm__ volatile("cpuid" : "=a"(Registers[0]), "=b"(Registers[1]), "=c"(Registers[2]), "=d"(Registers[3]) : "a"(Leaf), "c"(SubLeaf));
}

static ULONG ReadCaches(CACHE_DESCRIPTOR *Caches)
{
    static const PROCESSOR_CACHE_TYPE Types[] = {CacheUnified, CacheData, CacheInstruction, CacheUnified};
    ULONG Registers[4], Count = 0;

    Cpuid(0, 0, Registers);
    if (Registers[0] < 4) {
        return 0;
    }
    for (ULONG i = 0; i < MAX_CACHES; i++) {
        Cpuid(4, i, Registers);
        ULONG Type = Registers[0] & 31;
        if (Type == 0 || Type > 3) {
            break;
        }
        ULONG Line = (Registers[1] & 0xFFF) + 1, Parts = ((Registers[1] >> 12) & 0x3FF) + 1, Ways = (Registers[1] >> 22) + 1;
        Caches[Count].Level = (BYTE)((Registers[0] >> 5) & 7);
        Caches[Count].Associativity = Registers[0] & 0x200 ? CACHE_FULLY_ASSOCIATIVE : (BYTE)Ways;
        Caches[Count].LineSize = (WORD)Line;
        Caches[Count].Size = Line * Parts * Ways * (Registers[2] + 1);
        Caches[Count].Type = Types[Type];
        Count++;
    }
    return Count;
}

/* ---- the old form: an array of equal records -------------------------------------------------------------------------------------------- */

BOOL WINAPI GetLogicalProcessorInformation(PSYSTEM_LOGICAL_PROCESSOR_INFORMATION Buffer, PDWORD Size)
{
    CACHE_DESCRIPTOR Caches[MAX_CACHES];
    ULONG Processors = ProcessorCount(), CacheCount = ReadCaches(Caches), Records = Processors + 2;
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION *Record = Buffer;

    if (Size == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    for (ULONG i = 0; i < CacheCount; i++) {
        Records += Caches[i].Level < 3 ? Processors : 1;
    }
    DWORD Room = *Size;
    *Size = Records * (DWORD)sizeof(*Record);
    if (Room < *Size) {
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    if (Buffer == NULL) {
        return BaseFail(ERROR_NOACCESS);
    }
    memset(Buffer, 0, *Size);
    for (ULONG i = 0; i < Processors; i++, Record++) {
        Record->ProcessorMask = (ULONG_PTR)1 << i;
        Record->Relationship = RelationProcessorCore;
    }
    Record->ProcessorMask = AllProcessors();
    Record++->Relationship = RelationProcessorPackage;
    for (ULONG c = 0; c < CacheCount; c++) {
        BOOL Own = Caches[c].Level < 3;
        for (ULONG i = 0; i < (Own ? Processors : 1); i++, Record++) {
            Record->ProcessorMask = Own ? (ULONG_PTR)1 << i : AllProcessors();
            Record->Relationship = RelationCache;
            Record->Cache = Caches[c];
        }
    }
    Record->ProcessorMask = AllProcessors();
    Record->Relationship = RelationNumaNode;
    return TRUE;
}

/* ---- the new form: records of their own lengths ------------------------------------------------------------------------------------------ */

typedef struct _RECORD_WRITER
{
    PUCHAR Target;
    ULONG Size, Length;
} RECORD_WRITER;

/* The next record, zeroed, or a scratch one when the buffer is full. */
static SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *NextRecord(RECORD_WRITER *Writer, LOGICAL_PROCESSOR_RELATIONSHIP Relation, ULONG Length)
{
    static SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX Scratch; /* written by everybody, read by nobody */
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *Record = &Scratch;

    if (Writer->Target != NULL && Writer->Length + Length <= Writer->Size) {
        Record = (SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *)(Writer->Target + Writer->Length);
        memset(Record, 0, Length);
    }
    Writer->Length += Length;
    Record->Relationship = Relation;
    Record->Size = Length;
    return Record;
}

#define RECORD_SIZE(Member) ((ULONG)(offsetof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX, Member) + \
                                     sizeof(((SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *)NULL)->Member)))

static void PutProcessor(RECORD_WRITER *Writer, LOGICAL_PROCESSOR_RELATIONSHIP Relation, ULONG_PTR Mask)
{
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *Record = NextRecord(Writer, Relation, RECORD_SIZE(Processor));

    Record->Processor.GroupCount = 1;
    Record->Processor.GroupMask[0].Mask = Mask;
}

static void PutCaches(RECORD_WRITER *Writer)
{
    CACHE_DESCRIPTOR Caches[MAX_CACHES];
    ULONG Count = ReadCaches(Caches);

    for (ULONG c = 0; c < Count; c++) {
        BOOL Own = Caches[c].Level < 3;
        for (ULONG i = 0; i < (Own ? ProcessorCount() : 1); i++) {
            SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *Record = NextRecord(Writer, RelationCache, RECORD_SIZE(Cache));
            Record->Cache.Level = Caches[c].Level;
            Record->Cache.Associativity = Caches[c].Associativity;
            Record->Cache.LineSize = Caches[c].LineSize;
            Record->Cache.CacheSize = Caches[c].Size;
            Record->Cache.Type = Caches[c].Type;
            Record->Cache.GroupMask.Mask = Own ? (ULONG_PTR)1 << i : AllProcessors();
        }
    }
}

BOOL WINAPI GetLogicalProcessorInformationEx(LOGICAL_PROCESSOR_RELATIONSHIP Relation, PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX Buffer,
                                             PDWORD Size)
{
    RECORD_WRITER Writer = {(PUCHAR)Buffer, Size != NULL ? *Size : 0, 0};
    BOOL All = Relation == RelationAll;

    if (Size == NULL || (!All && Relation > RelationGroup)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    for (ULONG i = 0; (All || Relation == RelationProcessorCore) && i < ProcessorCount(); i++) {
        PutProcessor(&Writer, RelationProcessorCore, (ULONG_PTR)1 << i);
    }
    if (All || Relation == RelationNumaNode) {
        NextRecord(&Writer, RelationNumaNode, RECORD_SIZE(NumaNode))->NumaNode.GroupMask.Mask = AllProcessors();
    }
    if (All || Relation == RelationCache) {
        PutCaches(&Writer);
    }
    if (All || Relation == RelationProcessorPackage) {
        PutProcessor(&Writer, RelationProcessorPackage, AllProcessors());
    }
    if (All || Relation == RelationGroup) {
        SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *Record = NextRecord(&Writer, RelationGroup, RECORD_SIZE(Group));
        Record->Group.MaximumGroupCount = Record->Group.ActiveGroupCount = 1;
        Record->Group.GroupInfo[0].MaximumProcessorCount = Record->Group.GroupInfo[0].ActiveProcessorCount = (BYTE)ProcessorCount();
        Record->Group.GroupInfo[0].ActiveProcessorMask = AllProcessors();
    }
    BOOL Fits = Writer.Length <= *Size && Buffer != NULL;
    *Size = Writer.Length;
    return Fits ? TRUE : BaseFail(ERROR_INSUFFICIENT_BUFFER);
}

/* ---- NUMA: one node --------------------------------------------------------------------------------------------------------------------- */

BOOL WINAPI GetNumaNodeProcessorMaskEx(USHORT Node, PGROUP_AFFINITY Affinity)
{
    if (Node != 0) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    memset(Affinity, 0, sizeof(*Affinity));
    Affinity->Mask = AllProcessors();
    return TRUE;
}

BOOL WINAPI GetNumaProcessorNode(UCHAR Processor, PUCHAR Node)
{
    *Node = Processor < ProcessorCount() ? 0 : 0xFF;
    return *Node == 0 ? TRUE : BaseFail(ERROR_INVALID_PARAMETER);
}

BOOL WINAPI GetNumaProcessorNodeEx(PPROCESSOR_NUMBER Processor, PUSHORT Node)
{
    BOOL Known = Processor->Group == 0 && Processor->Number < ProcessorCount() && Processor->Reserved == 0;

    *Node = Known ? 0 : 0xFFFF;
    return Known ? TRUE : BaseFail(ERROR_INVALID_PARAMETER);
}

BOOL WINAPI GetNumaAvailableMemoryNodeEx(USHORT Node, PULONGLONG Bytes)
{
    MEMORYSTATUSEX Status = {.dwLength = sizeof(Status)};

    if (Node != 0 || !GlobalMemoryStatusEx(&Status)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    *Bytes = Status.ullAvailPhys;
    return TRUE;
}

BOOL WINAPI GetNumaAvailableMemoryNode(UCHAR Node, PULONGLONG Bytes)
{
    return GetNumaAvailableMemoryNodeEx(Node, Bytes);
}

/* ---- times: SystemProcessorPerformanceInformation has one record a processor; kernel time includes idle time, as documented -------------- */

BOOL WINAPI GetSystemTimes(PFILETIME Idle, PFILETIME Kernel, PFILETIME User)
{
    SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION Records[64];
    ULONG Returned = 0;
    LONGLONG Sums[3] = {0};
    PFILETIME Targets[] = {Idle, Kernel, User};

    if (!BaseResult(NtQuerySystemInformation(SystemProcessorPerformanceInformation, Records, ProcessorCount() * (ULONG)sizeof(Records[0]),
                                             &Returned))) {
        return FALSE;
    }
    for (ULONG i = 0; i < Returned / sizeof(Records[0]); i++) {
        Sums[0] += Records[i].IdleTime.QuadPart;
        Sums[1] += Records[i].KernelTime.QuadPart;
        Sums[2] += Records[i].UserTime.QuadPart;
    }
    for (int i = 0; i < 3; i++) {
        if (Targets[i] != NULL) {
            *Targets[i] = (FILETIME){(DWORD)Sums[i], (DWORD)(Sums[i] >> 32)};
        }
    }
    return TRUE;
}

BOOL WINAPI GetProductInfo(DWORD Major, DWORD Minor, DWORD PackMajor, DWORD PackMinor, PDWORD Product)
{
    UNUSED(PackMajor);
    UNUSED(PackMinor);
    UNUSED(Minor);
    if (Product == NULL || Major < 6) {
        if (Product != NULL) {
            *Product = PRODUCT_UNDEFINED;
        }
        return FALSE;
    }
    *Product = PRODUCT_PROFESSIONAL;
    return TRUE;
}

BOOL WINAPI GetOsSafeBootMode(PDWORD Mode)
{
    *Mode = 0;
    return TRUE;
}

UINT WINAPI GetSystemFirmwareTable(DWORD Provider, DWORD Table, PVOID Buffer, DWORD Size)
{
    UNUSED(Provider);
    UNUSED(Table);
    UNUSED(Buffer);
    UNUSED(Size);
    return (UINT)BaseNotSupported("GetSystemFirmwareTable");
}
