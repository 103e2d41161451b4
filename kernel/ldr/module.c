/* SPDX-License-Identifier: MIT */
/*
 * module.c - PsLoadedModuleList: every kernel image in memory.
 *
 * Debuggers, backtraces and import binding all start here.  Entries of the images that the boot loader brought are in static storage, so that
 * a crash in the first instructions already prints names.  Readers at any IRQL (a bugcheck) walk the list without the lock: insertion
 * makes an entry complete before it links it at the tail, and removal leaves the removed entry's own links alone until no one can be on it.
 *
 * Lock order: LdrpLoadLock, then PsLoadedModuleSpinLock.
 */
#include "ldrp.h"
#include "rtl.h"

LIST_ENTRY PsLoadedModuleList = {&PsLoadedModuleList, &PsLoadedModuleList};
KSPIN_LOCK PsLoadedModuleSpinLock;
EX_PUSH_LOCK_ LdrpLoadLock;

static_assert(offsetof(KLDR_DATA_TABLE_ENTRY, DllBase) == 0x30, "KLDR_DATA_TABLE_ENTRY");
static_assert(offsetof(KLDR_DATA_TABLE_ENTRY, EntryPoint) == 0x38, "KLDR_DATA_TABLE_ENTRY");
static_assert(offsetof(KLDR_DATA_TABLE_ENTRY, SizeOfImage) == 0x40, "KLDR_DATA_TABLE_ENTRY");
static_assert(offsetof(KLDR_DATA_TABLE_ENTRY, FullDllName) == 0x48, "KLDR_DATA_TABLE_ENTRY");
static_assert(offsetof(KLDR_DATA_TABLE_ENTRY, BaseDllName) == 0x58, "KLDR_DATA_TABLE_ENTRY");
static_assert(offsetof(KLDR_DATA_TABLE_ENTRY, Flags) == 0x68, "KLDR_DATA_TABLE_ENTRY");

/* Static storage of the boot images, with their names widened. */
static KLDR_DATA_TABLE_ENTRY LdrpBootEntry[LOADER_MAX_MODULES];
static WCHAR LdrpBootName[LOADER_MAX_MODULES][80];

static void LdrpNameBootEntry(PKLDR_DATA_TABLE_ENTRY Entry, WCHAR *Buffer, const char *Name)
{
    static const WCHAR KernelFolder[] = L"\\SystemRoot\\System32\\";
    static const WCHAR DriverFolder[] = L"\\SystemRoot\\System32\\drivers\\";
    const WCHAR *Folder = Entry == &LdrpBootEntry[0] ? KernelFolder : DriverFolder;
    ULONG Length = 0, BaseAt;

    for (; *Folder != 0; Folder++) {
        Buffer[Length++] = *Folder;
    }
    BaseAt = Length;
    for (; *Name != 0 && Length < 79; Name++) {
        Buffer[Length++] = (UCHAR)*Name;
    }
    Buffer[Length] = 0;
    RtlInitUnicodeString(&Entry->FullDllName, Buffer);
    RtlInitUnicodeString(&Entry->BaseDllName, Buffer + BaseAt);
}

/* Unwinding and backtraces find a function's unwind data through this. */
static void LdrpFindExceptionTable(PKLDR_DATA_TABLE_ENTRY Entry)
{
    Entry->ExceptionTableSize = 0;
    Entry->ExceptionTable = RtlImageDirectoryEntryToData(Entry->DllBase, TRUE, IMAGE_DIRECTORY_ENTRY_EXCEPTION, &Entry->ExceptionTableSize);
}

void LdrInitModulesPhase0(LOADER_PARAMETER_BLOCK *Block)
{
    for (ULONG i = 0; i < Block->ModuleCount && i < LOADER_MAX_MODULES; i++) {
        const LOADER_MODULE *Module = &Block->Module[i];
        PKLDR_DATA_TABLE_ENTRY Entry = &LdrpBootEntry[i];

        Entry->DllBase = (PVOID)Module->VirtualBase;
        Entry->EntryPoint = (PVOID)Module->EntryPoint;
        Entry->SizeOfImage = (ULONG)Module->SizeOfImage;
        Entry->Flags = LDRP_BOOT_IMAGE_;
        Entry->LoadCount = 1;
        /* Where the pages can be written while the image is already protected (see LdrpBindImports). */
        Entry->SectionPointer = (PVOID)(Block->DirectMapBase + Module->PhysicalBase);
        LdrpNameBootEntry(Entry, LdrpBootName[i], Module->Name);
        LdrpFindExceptionTable(Entry);
        InsertTailList(&PsLoadedModuleList, &Entry->InLoadOrderLinks);
        KdPrint_("Loaded %s at 0x%p\n", Module->Name, Entry->DllBase); /* debuggers look for this line */
    }
}

void LdrpInsertModule(PKLDR_DATA_TABLE_ENTRY Entry)
{
    KIRQL Irql;

    LdrpFindExceptionTable(Entry);
    KeAcquireSpinLock(&PsLoadedModuleSpinLock, &Irql);
    InsertTailList(&PsLoadedModuleList, &Entry->InLoadOrderLinks);
    KeReleaseSpinLock(&PsLoadedModuleSpinLock, Irql);
    KdPrint_("Loaded %wZ at 0x%p\n", &Entry->BaseDllName, Entry->DllBase);
}

void LdrpRemoveModule(PKLDR_DATA_TABLE_ENTRY Entry)
{
    KIRQL Irql;

    KeAcquireSpinLock(&PsLoadedModuleSpinLock, &Irql);
    RemoveEntryList(&Entry->InLoadOrderLinks);
    KeReleaseSpinLock(&PsLoadedModuleSpinLock, Irql);
}

PKLDR_DATA_TABLE_ENTRY LdrFindModule(const VOID *Address)
{
    for (PLIST_ENTRY Link = PsLoadedModuleList.Flink; Link != &PsLoadedModuleList; Link = Link->Flink) {
        PKLDR_DATA_TABLE_ENTRY Entry = CONTAINING_RECORD(Link, KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks);
        if ((ULONG_PTR)Address - (ULONG_PTR)Entry->DllBase < Entry->SizeOfImage) {
            return Entry;
        }
    }
    return NULL;
}

static BOOLEAN LdrpSameName(const UNICODE_STRING *Wide, const char *Name)
{
    ULONG Count = Wide->Length / sizeof(WCHAR);

    for (ULONG i = 0; i < Count; i++) {
        WCHAR a = Wide->Buffer[i];
        WCHAR b = (UCHAR)Name[i];
        a = a >= 'A' && a <= 'Z' ? a + 32 : a;
        b = b >= 'A' && b <= 'Z' ? b + 32 : b;
        if (a != b) {
            return FALSE; /* also where Name ends early */
        }
    }
    return Name[Count] == 0;
}

PKLDR_DATA_TABLE_ENTRY LdrpFindModuleByName(const char *Name)
{
    static const char *const InKernel[] = {"ntoskrnl.exe", "ntkrnlmp.exe", "hal.dll"};

    /* Since Windows 10 20H1 hal.dll only forwards to the kernel; here it is not even a file. */
    for (ULONG i = 0; i < RTL_NUMBER_OF(InKernel); i++) {
        UNICODE_STRING Wide;
        WCHAR Buffer[16];
        ULONG Length = 0;
        for (; InKernel[i][Length] != 0; Length++) {
            Buffer[Length] = (UCHAR)InKernel[i][Length];
        }
        Wide.Buffer = Buffer;
        Wide.Length = Wide.MaximumLength = (USHORT)(Length * sizeof(WCHAR));
        if (LdrpSameName(&Wide, Name)) {
            return &LdrpBootEntry[0];
        }
    }
    for (PLIST_ENTRY Link = PsLoadedModuleList.Flink; Link != &PsLoadedModuleList; Link = Link->Flink) {
        PKLDR_DATA_TABLE_ENTRY Entry = CONTAINING_RECORD(Link, KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks);
        if (LdrpSameName(&Entry->BaseDllName, Name)) {
            return Entry;
        }
    }
    return NULL;
}

PVOID NTAPI MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName)
{
    PKLDR_DATA_TABLE_ENTRY Kernel = &LdrpBootEntry[0];
    char Name[128];
    ULONG Count = SystemRoutineName->Length / sizeof(WCHAR);
    PE_INFO Info;
    PE_EXPORT Export;

    PAGED_CODE();
    if (Count >= sizeof(Name)) {
        return NULL;
    }
    for (ULONG i = 0; i < Count; i++) {
        Name[i] = (char)SystemRoutineName->Buffer[i];
    }
    Name[Count] = 0;
    if (!NT_SUCCESS(RtlPeParseMapped(Kernel->DllBase, Kernel->SizeOfImage, &Info)) ||
        !NT_SUCCESS(RtlPeFindExport(Kernel->DllBase, &Info, Name, 0, &Export)) || Export.Forwarder != NULL) {
        return NULL;
    }
    return (PUCHAR)Kernel->DllBase + Export.Rva;
}
