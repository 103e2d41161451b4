/* SPDX-License-Identifier: MIT */
/*
 * image.c - a PE file becomes an image control area.
 *
 *   1  the first two pages are read and judged by kernel/rtl/pe.c, with NT's statuses
 *   2  each PE section becomes a subsection: where its bytes lie in the file, and with which protection they are mapped
 *   3  a base is chosen, once for as long as the control area lives (address space layout randomisation), and the relocation directory is read
 *      if that is not the preferred one; inpage.c applies it page by page, so every process shares relocated pages
 *
 * The header page in memory shows the chosen base as its ImageBase, as on Windows: ntdll compares it with where the image lies and relocates
 * only a view that had to go elsewhere.
 * Windows Internals, 7th ed., part 1, chapter 5 "Image randomization".
 */
#include "mi.h"

void (*MmFlushFileCache)(PSECTION_OBJECT_POINTERS Pointers);

#define IMAGE_TOP 0x7FFFFFFF0000ULL   /* images are placed downwards from a random point below this */
#define IMAGE_BOTTOM 0x7FF000000000ULL
#define IMAGE_LOW_TOP 0x78000000ULL   /* those linked below 4 GiB stay there */
#define IMAGE_LOW_BOTTOM 0x10000000ULL

/* ImageBase, from the NT header on: eight bytes; in a 32-bit image four, elsewhere. */
#define IMAGE_BASE_FIELD (4 + 20 + 24)
#define IMAGE_BASE_FIELD32 (4 + 20 + 28)

static volatile LONG64 MiNextImageBase, MiNextLowImageBase;

/* The next place downwards from *Next; wraps around. */
static ULONG64 TakeBase(volatile LONG64 *Next, ULONG64 Bottom, ULONG64 Top, ULONG64 Size)
{
    for (;;) {
        LONG64 Old = *Next;
        ULONG64 From = Old != 0 ? (ULONG64)Old : Top - (MiRandom((Top - Bottom) / 2 / MI_GRANULARITY) * MI_GRANULARITY);
        if (From < Bottom + Size)
            From = Top;
        ULONG64 Base = From - Size;
        if (InterlockedCompareExchange64(Next, (LONG64)Base, Old) == Old)
            return Base;
    }
}

static ULONG64 ChooseBase(const PE_INFO *Info)
{
    ULONG64 Size = MI_ROUND_UP(Info->SizeOfImage, MI_GRANULARITY);

    if (!(Info->DllCharacteristics & PE_DLL_DYNAMIC_BASE) || (Info->Characteristics & PE_FILE_RELOCS_STRIPPED))
        return Info->ImageBase;
    /* Fixed for debugging: programs where they were linked; DLLs, which were all linked for one base, at the same places in every boot. */
    if (MiFixedBases && !(Info->Characteristics & PE_FILE_DLL))
        return Info->ImageBase;
    if (Info->ImageBase + Size <= 0x100000000ULL)
        return Size < IMAGE_LOW_TOP - IMAGE_LOW_BOTTOM ? TakeBase(&MiNextLowImageBase, IMAGE_LOW_BOTTOM, IMAGE_LOW_TOP, Size) : Info->ImageBase;
    return TakeBase(&MiNextImageBase, IMAGE_BOTTOM, IMAGE_TOP, Size);
}

/* NT's table, indexed by shared, write, read, execute. */
static ULONG SectionProtection(ULONG Characteristics)
{
    static const UCHAR Protection[16] = {
        MM_NOACCESS, MM_EXECUTE, MM_READONLY, MM_EXECUTE_READ, MM_WRITECOPY, MM_EXECUTE_WRITECOPY, MM_WRITECOPY, MM_EXECUTE_WRITECOPY,
        MM_NOACCESS, MM_EXECUTE, MM_READONLY, MM_EXECUTE_READ, MM_READWRITE, MM_EXECUTE_READWRITE, MM_READWRITE, MM_EXECUTE_READWRITE,
    };
    ULONG Index = 0;

    Index |= (Characteristics & PE_SECTION_EXECUTE) ? 1 : 0;
    Index |= (Characteristics & PE_SECTION_READ) ? 2 : 0;
    Index |= (Characteristics & PE_SECTION_WRITE) ? 4 : 0;
    Index |= (Characteristics & PE_SECTION_SHARED) ? 8 : 0;
    return Protection[Index];
}

static NTSTATUS AddSubsection(PCONTROL_AREA ControlArea, ULONG Index, ULONG64 StartPage, ULONG64 Pages, ULONG64 FileOffset, ULONG64 FileBytes,
                              ULONG Protection)
{
    PSUBSECTION Subsection = &ControlArea->Subsection[Index];

    if (FileBytes != 0 && (FileOffset & 511) != 0)
        return STATUS_INVALID_IMAGE_FORMAT;
    Subsection->StartPage = StartPage;
    Subsection->Pages = Pages;
    Subsection->FileOffset = FileOffset;
    Subsection->FileBytes = FileBytes;
    Subsection->Protection = Protection;
    if (MiIsCopyOnWrite(Protection))
        ControlArea->CopyOnWritePages += Pages;
    return STATUS_SUCCESS;
}

static NTSTATUS AddSubsections(PCONTROL_AREA ControlArea, const PE_INFO *Info, const VOID *Header, ULONG64 FileSize)
{
    ULONG64 HeaderPages = MI_PAGES(Info->SizeOfHeaders);

    if (Info->Flat) /* the file is the image; NT maps such images writable and executable as a whole */
        return AddSubsection(ControlArea, 0, 0, ControlArea->TotalPages, 0, FileSize, MM_EXECUTE_WRITECOPY);
    NTSTATUS Status = AddSubsection(ControlArea, 0, 0, HeaderPages, 0, Info->SizeOfHeaders, MM_READONLY);
    for (ULONG Index = 0; Index < Info->NumberOfSections && NT_SUCCESS(Status); Index++) {
        PE_SECTION Section;
        RtlPeSection(Header, Info, Index, &Section);
        Status = AddSubsection(ControlArea, Index + 1, Section.VirtualAddress >> PAGE_SHIFT, MI_PAGES(Section.VirtualSize), Section.RawOffset,
                               Section.RawSize, SectionProtection(Section.Characteristics));
        if (Section.Characteristics & PE_SECTION_EXECUTE)
            ControlArea->ImageInformation.ImageContainsCode = TRUE;
    }
    return Status;
}

static void FillImageInformation(PCONTROL_AREA ControlArea, const PE_INFO *Info, ULONG64 FileSize)
{
    SECTION_IMAGE_INFORMATION *Image = &ControlArea->ImageInformation;

    Image->TransferAddress = Info->EntryPoint != 0 ? (PVOID)(ControlArea->BasedAddress + Info->EntryPoint) : (PVOID)ControlArea->BasedAddress;
    Image->MaximumStackSize = Info->StackReserve;
    Image->CommittedStackSize = Info->StackCommit;
    Image->SubSystemType = Info->Subsystem;
    Image->SubSystemMinorVersion = Info->MinorSubsystemVersion;
    Image->SubSystemMajorVersion = Info->MajorSubsystemVersion;
    Image->MajorOperatingSystemVersion = Info->MajorOperatingSystemVersion;
    Image->MinorOperatingSystemVersion = Info->MinorOperatingSystemVersion;
    Image->ImageCharacteristics = Info->Characteristics;
    Image->DllCharacteristics = Info->DllCharacteristics;
    Image->Machine = Info->Machine;
    Image->ImageFlags = (UCHAR)((ControlArea->Delta != 0 ? SECTION_IMAGE_DYNAMICALLY_RELOCATED : 0) | (Info->Flat ? SECTION_IMAGE_MAPPED_FLAT : 0));
    Image->ImageFileSize = (ULONG)FileSize;
    Image->CheckSum = Info->CheckSum;
}

/* The bytes of [Rva, Rva + Size) as they are in the file. */
static NTSTATUS ReadRva(PCONTROL_AREA ControlArea, ULONG64 Rva, PVOID Buffer, ULONG Size)
{
    RtlZeroMemory(Buffer, Size);
    for (ULONG Done = 0; Done < Size;) {
        PSUBSECTION Subsection = MiSubsectionOfPage(ControlArea, (Rva + Done) >> PAGE_SHIFT);
        if (Subsection == NULL)
            return STATUS_INVALID_IMAGE_FORMAT;
        ULONG64 Into = Rva + Done - (Subsection->StartPage << PAGE_SHIFT);
        ULONG64 Room = (Subsection->Pages << PAGE_SHIFT) - Into;
        ULONG Wanted = (ULONG)(Room < Size - Done ? Room : Size - Done), Got;
        if (Into < Subsection->FileBytes) {
            ULONG64 InFile = Subsection->FileBytes - Into;
            NTSTATUS Status = MiReadFile(ControlArea->FilePointer, Subsection->FileOffset + Into, (PUCHAR)Buffer + Done,
                                         (ULONG)(InFile < Wanted ? InFile : Wanted), &Got);
            if (!NT_SUCCESS(Status))
                return Status;
        }
        Done += Wanted;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PlaceImage(PCONTROL_AREA ControlArea, const PE_INFO *Info)
{
    ULONG Rva = Info->Directory[PeDirectoryRelocation].Rva, Size = Info->Directory[PeDirectoryRelocation].Size;
    NTSTATUS Status;

    ControlArea->PreferredBase = Info->ImageBase;
    ControlArea->NtHeaderOffset = Info->NtHeaderOffset;
    ControlArea->BasedAddress = ChooseBase(Info);
    ControlArea->Delta = ControlArea->BasedAddress - Info->ImageBase;
    if (ControlArea->Delta == 0 || Size == 0 || Rva == 0)
        return STATUS_SUCCESS;
    if (Rva >= Info->SizeOfImage || Size > Info->SizeOfImage - Rva)
        return STATUS_INVALID_IMAGE_FORMAT;
    ControlArea->Relocations = ExAllocatePoolWithTag(PagedPool, Size, MI_TAG_RELOC);
    if (ControlArea->Relocations == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ControlArea->RelocationSize = Size;
    Status = ReadRva(ControlArea, Rva, ControlArea->Relocations, Size);
    if (NT_SUCCESS(Status))
        Status = RtlPeCheckRelocations(ControlArea->Relocations, Size, Info->SizeOfImage);
    return Status;
}

/* tools/gdb.py and tools/profile look for this line. */
static void TellDebuggers(PCONTROL_AREA ControlArea)
{
    UNICODE_STRING Name = ControlArea->FilePointer->FileName;

    for (USHORT Left = Name.Length; Left >= sizeof(WCHAR); Left -= sizeof(WCHAR)) {
        if (Name.Buffer[Left / sizeof(WCHAR) - 1] == L'\\') {
            Name.Buffer += Left / sizeof(WCHAR);
            Name.Length -= Left;
            break;
        }
    }
    KdPrint_("Mm: image %wZ at 0x%p\n", &Name, (PVOID)ControlArea->BasedAddress);
}

static NTSTATUS BuildFromHeader(PFILE_OBJECT FileObject, const VOID *Header, ULONG HeaderBytes, ULONG64 FileSize, PCONTROL_AREA *Result)
{
    PE_INFO Info;

    NTSTATUS Status = RtlPeParse(Header, HeaderBytes, FileSize, &Info);
    if (!NT_SUCCESS(Status) && Status != PE_WIN_32) /* a 32-bit image can be mapped like any other */
        return Status;
    PCONTROL_AREA ControlArea = MiCreateControlArea(MI_PAGES(Info.SizeOfImage), Info.Flat ? 1 : Info.NumberOfSections + 1u, MI_CA_IMAGE | MI_CA_FILE);
    if (ControlArea == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ControlArea->SizeOfSegment.QuadPart = (LONGLONG)(ControlArea->TotalPages << PAGE_SHIFT);
    ObReferenceObject(FileObject);
    ControlArea->FilePointer = FileObject;
    Status = AddSubsections(ControlArea, &Info, Header, FileSize);
    if (NT_SUCCESS(Status))
        Status = PlaceImage(ControlArea, &Info);
    for (ULONG64 Page = 0; Page < ControlArea->TotalPages && NT_SUCCESS(Status); Page += MI_BLOCK_PAGES)
        Status = MiPrepareProto(ControlArea, Page);
    if (!NT_SUCCESS(Status)) {
        MiFreeControlArea(ControlArea);
        return Status;
    }
    FillImageInformation(ControlArea, &Info, FileSize);
    TellDebuggers(ControlArea);
    *Result = ControlArea;
    return STATUS_SUCCESS;
}

NTSTATUS MiBuildImageControlArea(PFILE_OBJECT FileObject, PCONTROL_AREA *ControlArea)
{
    LARGE_INTEGER FileSize;
    ULONG Got = 0;

    PAGED_CODE();
    NTSTATUS Status = FsRtlGetFileSize(FileObject, &FileSize);
    if (Status == STATUS_FILE_IS_A_DIRECTORY)
        return STATUS_INVALID_FILE_FOR_SECTION;
    if (!NT_SUCCESS(Status))
        return Status;
    if (FileSize.QuadPart == 0 || FileSize.HighPart != 0)
        return STATUS_INVALID_FILE_FOR_SECTION;
    PVOID Header = ExAllocatePoolWithTag(PagedPool, PE_MAX_HEADER_BYTES, MI_TAG);
    if (Header == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Header, PE_MAX_HEADER_BYTES);
    /* What the cache has and the disk has not yet must be seen. */
    if (FileObject->SectionObjectPointer->SharedCacheMap != NULL && MmFlushFileCache != NULL)
        MmFlushFileCache(FileObject->SectionObjectPointer);
    else if (FileObject->SectionObjectPointer->DataSectionObject != NULL)
        (void)MmFlushSection(FileObject->SectionObjectPointer, NULL, 0, NULL);
    ULONG Wanted = FileSize.QuadPart < PE_MAX_HEADER_BYTES ? (ULONG)FileSize.QuadPart : PE_MAX_HEADER_BYTES;
    Status = MiReadFile(FileObject, 0, Header, Wanted, &Got);
    if (NT_SUCCESS(Status)) /* a file that cannot be read gives the reason */
        Status = BuildFromHeader(FileObject, Header, Got, (ULONG64)FileSize.QuadPart, ControlArea);
    ExFreePoolWithTag(Header, MI_TAG);
    return Status;
}

/* A page just read: relocations, and the base shown in the header. */
NTSTATUS MiFixImagePage(PCONTROL_AREA ControlArea, ULONG64 Page, PVOID Contents)
{
    UCHAR Tail[PE_RELOC_TAIL], *Before = NULL;
    ULONG Rva = (ULONG)(Page << PAGE_SHIFT);
    BOOLEAN Narrow = ControlArea->ImageInformation.Machine == IMAGE_FILE_MACHINE_I386;
    ULONG64 BaseField = (ULONG64)ControlArea->NtHeaderOffset + (Narrow ? IMAGE_BASE_FIELD32 : IMAGE_BASE_FIELD);
    NTSTATUS Status = STATUS_SUCCESS;

    if (ControlArea->Delta == 0)
        return STATUS_SUCCESS;
    if (ControlArea->Relocations != NULL) {
        if (Page != 0 && RtlPeRelocationStraddles(ControlArea->Relocations, ControlArea->RelocationSize, Rva)) {
            Status = ReadRva(ControlArea, Rva - PE_RELOC_TAIL, Tail, PE_RELOC_TAIL);
            Before = Tail;
        }
        if (NT_SUCCESS(Status))
            Status = RtlPeRelocatePage(ControlArea->Relocations, ControlArea->RelocationSize, Rva, Contents, Before, ControlArea->Delta);
    }
    for (ULONG Byte = 0; Byte < (Narrow ? sizeof(ULONG) : sizeof(ULONG64)); Byte++) {
        if ((BaseField + Byte) >> PAGE_SHIFT == Page)
            ((PUCHAR)Contents)[(BaseField + Byte) & (PAGE_SIZE - 1)] = (UCHAR)(ControlArea->BasedAddress >> (8 * Byte));
    }
    return Status;
}

void MmGetImageInformation(PVOID SectionObject, SECTION_IMAGE_INFORMATION *Information)
{
    *Information = ((PSECTION)SectionObject)->ControlArea->ImageInformation;
}
