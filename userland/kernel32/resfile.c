/* SPDX-License-Identifier: MIT */
/*
 * resfile.c - a program file written anew around other resources.
 *
 *      headers | raw data of the sections, in the order of the file | what lies behind: symbols, what a self-extractor carries, certificates
 *              ^ FirstRaw                   ^ Cut   ^ CutEnd
 *
 * At most two places of the file change their length.  From Cut to CutEnd lies the section of the resources, which becomes Pad zeros and the section;
 * or nothing (Cut is CutEnd, the end of the last section) where a section is added.  Before the first section Gap bytes are put in if the table of
 * sections has no room for one more.  Moved tells where an offset of the old file lies in the new one; every header that has one is told.
 *
 * Addresses do not change, for code refers to them.  The resources stay where they are if they fit between their address and the section behind them, or
 * if behind them lie only the base relocations, to which nothing but a header refers and which therefore move.  Else they get a section behind all.
 *
 * A signature is void when a byte of the file is another: the certificates are left out.  A check sum is counted in any case.
 */
#include "resupdate.h"

#define LEAST_ALIGNMENT 0x1000u /* below that an address is an offset of the file, and nothing can be put in */

typedef struct _UPDATE_PLAN
{
    UPDATE_FILE *File;
    ULONG SectionAlignment, FileAlignment;
    ULONG Section;              /* that of the resources; SectionCount: one is added */
    ULONG Address, TreeSize;    /* of the resources in the image */
    ULONG Relocations, RelocationAddress; /* the section that moves; SectionCount: none */
    ULONG FirstRaw, Gap;
    ULONG Cut, CutEnd, Pad, RawSize;
    ULONG End;                  /* what lies behind that in the old file is left out */
} UPDATE_PLAN;

/* ---- reading ----------------------------------------------------------------------------------------------------------------------------- */

void BaseCloseUpdateFile(UPDATE_FILE *File)
{
    DWORD Error = GetLastError();

    if (File->View != NULL) {
        UnmapViewOfFile(File->View);
    }
    if (File->File != NULL) {
        NtClose(File->File);
    }
    *File = (UPDATE_FILE){0};
    BaseFail(Error);
}

/* The view is a private copy: headers in the midst of the file are changed in it before it is written elsewhere. */
static BOOL MapFile(LPCWSTR Name, UPDATE_FILE *File)
{
    LARGE_INTEGER Size;
    HANDLE Opened = CreateFileW(Name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);

    if (Opened == INVALID_HANDLE_VALUE) {
        return FALSE;
    }
    File->File = Opened;
    if (!GetFileSizeEx(Opened, &Size)) {
        return FALSE;
    }
    if (Size.QuadPart > MAXLONG) {
        return BaseFail(ERROR_BAD_EXE_FORMAT);
    }
    HANDLE Mapping = CreateFileMappingW(Opened, NULL, PAGE_WRITECOPY, 0, 0, NULL);
    if (Mapping == NULL) {
        return FALSE;
    }
    File->View = MapViewOfFile(Mapping, FILE_MAP_COPY, 0, 0, 0);
    File->Size = (ULONG)Size.QuadPart;
    NtClose(Mapping);
    return File->View != NULL;
}

static BOOL FindHeaders(UPDATE_FILE *File)
{
    const IMAGE_DOS_HEADER *Dos = (const VOID *)File->View;
    const IMAGE_NT_HEADERS64 *Headers;
    ULONG Least;

    if (File->Size < sizeof(*Dos) || Dos->e_magic != IMAGE_DOS_SIGNATURE || (ULONG)Dos->e_lfanew > File->Size - sizeof(*Headers) ||
        File->Size < sizeof(*Headers)) {
        return FALSE;
    }
    Headers = (const VOID *)(File->View + Dos->e_lfanew);
    if (Headers->Signature != IMAGE_NT_SIGNATURE) {
        return FALSE;
    }
    if (Headers->OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR64_MAGIC) {
        File->Directory = Headers->OptionalHeader.DataDirectory;
        File->DirectoryCount = Headers->OptionalHeader.NumberOfRvaAndSizes;
        Least = offsetof(IMAGE_OPTIONAL_HEADER64, DataDirectory);
    } else if (Headers->OptionalHeader.Magic == IMAGE_NT_OPTIONAL_HDR32_MAGIC) {
        const IMAGE_NT_HEADERS32 *Small = (const VOID *)Headers;
        File->Directory = Small->OptionalHeader.DataDirectory;
        File->DirectoryCount = Small->OptionalHeader.NumberOfRvaAndSizes;
        Least = offsetof(IMAGE_OPTIONAL_HEADER32, DataDirectory);
    } else {
        return FALSE;
    }
    if (File->DirectoryCount > IMAGE_NUMBEROF_DIRECTORY_ENTRIES) {
        File->DirectoryCount = IMAGE_NUMBEROF_DIRECTORY_ENTRIES;
    }
    File->Headers = Headers;
    File->Sections = IMAGE_FIRST_SECTION(Headers);
    File->SectionCount = Headers->FileHeader.NumberOfSections;
    return Headers->FileHeader.SizeOfOptionalHeader >= Least + File->DirectoryCount * sizeof(IMAGE_DATA_DIRECTORY) &&
           (SIZE_T)((const UCHAR *)(File->Sections + File->SectionCount) - File->View) <= File->Size;
}

BOOL BaseOpenUpdateFile(LPCWSTR Name, UPDATE_FILE *File)
{
    *File = (UPDATE_FILE){0};
    return MapFile(Name, File) && (FindHeaders(File) || BaseFail(ERROR_BAD_EXE_FORMAT));
}

static ULONG Extent(const IMAGE_SECTION_HEADER *Section)
{
    return Section->Misc.VirtualSize != 0 ? Section->Misc.VirtualSize : Section->SizeOfRawData;
}

const VOID *BaseUpdateFileData(const UPDATE_FILE *File, ULONG Address, ULONG Size)
{
    for (ULONG Index = 0; Index < File->SectionCount; Index++) {
        const IMAGE_SECTION_HEADER *Section = &File->Sections[Index];
        ULONGLONG From = (ULONGLONG)Address - Section->VirtualAddress;
        if (Address >= Section->VirtualAddress && From + Size <= Section->SizeOfRawData) {
            return Section->PointerToRawData + From + Size <= File->Size ? File->View + Section->PointerToRawData + From : NULL;
        }
    }
    return NULL;
}

/* ---- planning ---------------------------------------------------------------------------------------------------------------------------- */

/* The section that the directory fills: it begins there, nothing else is known to lie in it, and it has data.  SectionCount: there is none. */
static ULONG SectionOfDirectory(const UPDATE_FILE *File, ULONG Which)
{
    for (ULONG Index = 0; Index < File->SectionCount && Which < File->DirectoryCount; Index++) {
        const IMAGE_SECTION_HEADER *Section = &File->Sections[Index];
        ULONG Entry = File->Headers->OptionalHeader.AddressOfEntryPoint - Section->VirtualAddress;
        BOOL Alone = Section->VirtualAddress == File->Directory[Which].VirtualAddress && Section->SizeOfRawData != 0 && Entry >= Extent(Section);
        for (ULONG Other = 0; Other < File->DirectoryCount && Alone; Other++) {
            Alone = Other == Which || Other == IMAGE_DIRECTORY_ENTRY_SECURITY || File->Directory[Other].VirtualAddress == 0 ||
                    File->Directory[Other].VirtualAddress - Section->VirtualAddress >= Extent(Section);
        }
        if (Alone) {
            return Index;
        }
    }
    return File->SectionCount;
}

/* The address behind everything; Index: without that section. */
static ULONG ImageEnd(const UPDATE_PLAN *Plan, ULONG Without)
{
    ULONG End = 0;

    for (ULONG Index = 0; Index < Plan->File->SectionCount; Index++) {
        const IMAGE_SECTION_HEADER *Section = &Plan->File->Sections[Index];
        if (Index != Without && Section->VirtualAddress + Extent(Section) > End) {
            End = Section->VirtualAddress + Extent(Section);
        }
    }
    return ROUND_UP(End, Plan->SectionAlignment);
}

/* Whether the resources may stay in the section they have, and whether the relocations must make room. */
static BOOL FitsInPlace(UPDATE_PLAN *Plan)
{
    const IMAGE_SECTION_HEADER *Sections = Plan->File->Sections, *Own = &Sections[Plan->Section];
    ULONG Room = UINT32_MAX, Behind = 0, Next = 0;

    for (ULONG Index = 0; Index < Plan->File->SectionCount; Index++) {
        ULONG Distance = Sections[Index].VirtualAddress - Own->VirtualAddress;
        if (Sections[Index].VirtualAddress > Own->VirtualAddress) {
            Behind++;
            Next = Distance < Room ? Index : Next;
            Room = Distance < Room ? Distance : Room;
        }
        if (Sections[Index].PointerToRawData > Own->PointerToRawData && Sections[Index].SizeOfRawData != 0 &&
            Sections[Index].PointerToRawData < Own->PointerToRawData + Own->SizeOfRawData) {
            return FALSE; /* they share data */
        }
    }
    if (Plan->TreeSize <= Room) {
        return TRUE;
    }
    if (Behind != 1 || Next != SectionOfDirectory(Plan->File, IMAGE_DIRECTORY_ENTRY_BASERELOC)) {
        return FALSE;
    }
    Plan->Relocations = Next;
    Plan->RelocationAddress = ROUND_UP(Own->VirtualAddress + Plan->TreeSize, Plan->SectionAlignment);
    return TRUE;
}

/* Where the section's table gets its entry, and where the data go. */
static BOOL PlanSection(UPDATE_PLAN *Plan)
{
    const UPDATE_FILE *File = Plan->File;
    ULONG Wanted = (ULONG)((const UCHAR *)(File->Sections + File->SectionCount + 1) - File->View), Lowest = UINT32_MAX;

    Plan->Section = File->SectionCount;
    Plan->Address = ImageEnd(Plan, UINT32_MAX);
    Plan->Cut = Plan->FirstRaw;
    for (ULONG Index = 0; Index < File->SectionCount; Index++) {
        const IMAGE_SECTION_HEADER *Section = &File->Sections[Index];
        if (Section->SizeOfRawData != 0 && Section->PointerToRawData + Section->SizeOfRawData > Plan->Cut) {
            Plan->Cut = Section->PointerToRawData + Section->SizeOfRawData;
        }
        Lowest = Section->VirtualAddress < Lowest ? Section->VirtualAddress : Lowest;
    }
    Plan->Cut = Plan->Cut < File->Size ? Plan->Cut : File->Size;
    Plan->CutEnd = Plan->Cut;
    Plan->Gap = Wanted > Plan->FirstRaw ? ROUND_UP(Wanted - Plan->FirstRaw, Plan->FileAlignment) : 0;
    Plan->Pad = ROUND_UP(Plan->Cut + Plan->Gap, Plan->FileAlignment) - Plan->Cut - Plan->Gap;
    return Plan->FirstRaw + Plan->Gap <= Lowest || BaseFail(ERROR_BAD_EXE_FORMAT);
}

static BOOL MakePlan(UPDATE_PLAN *Plan, ULONGLONG TreeSize)
{
    const UPDATE_FILE *File = Plan->File;
    const IMAGE_OPTIONAL_HEADER64 *Optional = &File->Headers->OptionalHeader;

    Plan->SectionAlignment = Optional->SectionAlignment;
    Plan->FileAlignment = Optional->FileAlignment;
    if (File->DirectoryCount <= IMAGE_DIRECTORY_ENTRY_RESOURCE || File->SectionCount == 0 || Plan->SectionAlignment < LEAST_ALIGNMENT ||
        (Plan->SectionAlignment & (Plan->SectionAlignment - 1)) || Plan->FileAlignment == 0 || (Plan->FileAlignment & (Plan->FileAlignment - 1))) {
        return BaseFail(ERROR_BAD_EXE_FORMAT);
    }
    if (TreeSize + File->Size > MAXLONG) {
        return BaseFail(ERROR_FILE_TOO_LARGE);
    }
    Plan->TreeSize = (ULONG)TreeSize;
    Plan->RawSize = ROUND_UP(Plan->TreeSize, Plan->FileAlignment);
    Plan->Relocations = File->SectionCount;
    Plan->FirstRaw = File->Size;
    for (ULONG Index = 0; Index < File->SectionCount; Index++) {
        if (File->Sections[Index].SizeOfRawData != 0 && File->Sections[Index].PointerToRawData < Plan->FirstRaw) {
            Plan->FirstRaw = File->Sections[Index].PointerToRawData;
        }
    }
    if (Plan->FirstRaw < (ULONG)((const UCHAR *)(File->Sections + File->SectionCount) - File->View)) {
        return BaseFail(ERROR_BAD_EXE_FORMAT);
    }
    Plan->End = File->Size;
    if (File->Directory[IMAGE_DIRECTORY_ENTRY_SECURITY].VirtualAddress != 0 &&
        (ULONGLONG)File->Directory[IMAGE_DIRECTORY_ENTRY_SECURITY].VirtualAddress + File->Directory[IMAGE_DIRECTORY_ENTRY_SECURITY].Size == File->Size) {
        Plan->End = File->Directory[IMAGE_DIRECTORY_ENTRY_SECURITY].VirtualAddress;
    }
    Plan->Section = SectionOfDirectory(File, IMAGE_DIRECTORY_ENTRY_RESOURCE);
    if (Plan->Section == File->SectionCount || !FitsInPlace(Plan)) {
        return PlanSection(Plan);
    }
    const IMAGE_SECTION_HEADER *Section = &File->Sections[Plan->Section];
    Plan->Address = Section->VirtualAddress;
    Plan->Cut = Section->PointerToRawData;
    Plan->CutEnd = Section->PointerToRawData + Section->SizeOfRawData;
    return Plan->CutEnd <= File->Size || BaseFail(ERROR_BAD_EXE_FORMAT);
}

/* ---- headers ----------------------------------------------------------------------------------------------------------------------------- */

static ULONG Moved(const UPDATE_PLAN *Plan, ULONG Offset)
{
    if (Offset == 0 || Offset < Plan->FirstRaw) {
        return Offset;
    }
    return Offset + Plan->Gap + (Offset >= Plan->CutEnd ? Plan->Pad + Plan->RawSize - (Plan->CutEnd - Plan->Cut) : 0);
}

/* Debug entries have the offset of their data beside its address. */
static void MoveDebugData(const UPDATE_PLAN *Plan)
{
    const IMAGE_DATA_DIRECTORY *Directory = &Plan->File->Directory[IMAGE_DIRECTORY_ENTRY_DEBUG];
    IMAGE_DEBUG_DIRECTORY *Entry;

    if (Plan->File->DirectoryCount <= IMAGE_DIRECTORY_ENTRY_DEBUG || Directory->VirtualAddress == 0) {
        return;
    }
    Entry = (PVOID)BaseUpdateFileData(Plan->File, Directory->VirtualAddress, Directory->Size);
    for (ULONG Index = 0; Entry != NULL && Index < Directory->Size / sizeof(*Entry); Index++) {
        Entry[Index].PointerToRawData = Moved(Plan, Entry[Index].PointerToRawData);
    }
}

static void SetSections(const UPDATE_PLAN *Plan, IMAGE_SECTION_HEADER *Sections)
{
    const UPDATE_FILE *File = Plan->File;
    IMAGE_SECTION_HEADER *Own = &Sections[Plan->Section];
    ULONG Size = Plan->TreeSize;

    for (ULONG Index = 0; Index < File->SectionCount; Index++) {
        Sections[Index].PointerToRawData = Moved(Plan, Sections[Index].PointerToRawData);
        Sections[Index].PointerToRelocations = Moved(Plan, Sections[Index].PointerToRelocations);
        Sections[Index].PointerToLinenumbers = Moved(Plan, Sections[Index].PointerToLinenumbers);
    }
    if (Plan->Section == File->SectionCount) {
        *Own = (IMAGE_SECTION_HEADER){.Name = ".rsrc", .VirtualAddress = Plan->Address,
                                      .Characteristics = IMAGE_SCN_CNT_INITIALIZED_DATA | IMAGE_SCN_MEM_READ};
    } else if (Extent(Own) > Size && ImageEnd(Plan, Plan->Section) > Plan->Address) {
        Size = Extent(Own); /* no hole between two sections */
    }
    Own->PointerToRawData = Plan->Cut + Plan->Gap + Plan->Pad;
    Own->SizeOfRawData = Plan->RawSize;
    Own->Misc.VirtualSize = Size;
    if (Plan->Relocations < File->SectionCount) {
        Sections[Plan->Relocations].VirtualAddress = Plan->RelocationAddress;
    }
}

/* The fields of the optional header that both kinds have at the same place. */
static void SetOptionalHeader(const UPDATE_PLAN *Plan, IMAGE_OPTIONAL_HEADER64 *Optional, const IMAGE_SECTION_HEADER *Sections, ULONG Count)
{
    ULONG End = 0, Table = (ULONG)((const UCHAR *)(Plan->File->Sections + Count) - Plan->File->View);

    for (ULONG Index = 0; Index < Count; Index++) {
        if (Sections[Index].VirtualAddress + Extent(&Sections[Index]) > End) {
            End = Sections[Index].VirtualAddress + Extent(&Sections[Index]);
        }
    }
    Optional->SizeOfImage = ROUND_UP(End, Plan->SectionAlignment);
    Optional->SizeOfInitializedData += Plan->RawSize - (Plan->CutEnd - Plan->Cut);
    if (Optional->SizeOfHeaders < Table) {
        Optional->SizeOfHeaders = ROUND_UP(Table, Plan->FileAlignment);
    }
    Optional->CheckSum = 0;
}

/* Headers: a copy of the old ones, with Gap bytes of zeros behind them. */
static void SetHeaders(const UPDATE_PLAN *Plan, UCHAR *Headers)
{
    const UPDATE_FILE *File = Plan->File;
    IMAGE_NT_HEADERS64 *Nt = (PVOID)(Headers + ((const UCHAR *)File->Headers - File->View));
    IMAGE_DATA_DIRECTORY *Directory = (PVOID)(Headers + ((const UCHAR *)File->Directory - File->View));
    ULONG Table = (ULONG)((const UCHAR *)File->Sections - File->View), End = Table + (File->SectionCount + 1) * (ULONG)sizeof(IMAGE_SECTION_HEADER);
    IMAGE_SECTION_HEADER *Sections = (PVOID)(Headers + Table);

    SetSections(Plan, Sections);
    if (Plan->Section == File->SectionCount) {
        Nt->FileHeader.NumberOfSections++;
        if (File->DirectoryCount > IMAGE_DIRECTORY_ENTRY_BOUND_IMPORT && Directory[IMAGE_DIRECTORY_ENTRY_BOUND_IMPORT].VirtualAddress < End) {
            Directory[IMAGE_DIRECTORY_ENTRY_BOUND_IMPORT] = (IMAGE_DATA_DIRECTORY){0}; /* it lay where the entry is now */
        }
    }
    Nt->FileHeader.PointerToSymbolTable = Moved(Plan, Nt->FileHeader.PointerToSymbolTable);
    Directory[IMAGE_DIRECTORY_ENTRY_RESOURCE] = (IMAGE_DATA_DIRECTORY){Plan->Address, Plan->TreeSize};
    Directory[IMAGE_DIRECTORY_ENTRY_SECURITY] = (IMAGE_DATA_DIRECTORY){0};
    if (Plan->Relocations < File->SectionCount) {
        Directory[IMAGE_DIRECTORY_ENTRY_BASERELOC].VirtualAddress = Plan->RelocationAddress;
    }
    SetOptionalHeader(Plan, &Nt->OptionalHeader, Sections, Nt->FileHeader.NumberOfSections);
}

/* ---- writing ----------------------------------------------------------------------------------------------------------------------------- */

/* The check sum of an image: the sum of its words with the carries added in, and its length. */
typedef struct _UPDATE_OUTPUT
{
    HANDLE File;
    ULONGLONG Sum;
    ULONG Length;
} UPDATE_OUTPUT;

static BOOL Put(UPDATE_OUTPUT *Output, const UCHAR *Data, ULONG Size)
{
    DWORD Written;

    for (ULONG Index = 0; Index < Size; Index++) {
        Output->Sum += (ULONG)Data[Index] << (((Output->Length + Index) & 1) * 8);
    }
    Output->Length += Size;
    return Size == 0 || WriteFile(Output->File, Data, Size, &Written, NULL);
}

static BOOL PutCheckSum(UPDATE_OUTPUT *Output, ULONG Offset)
{
    DWORD Written;
    ULONG Sum;

    while (Output->Sum >> 16 != 0) {
        Output->Sum = (Output->Sum & 0xFFFF) + (Output->Sum >> 16);
    }
    Sum = (ULONG)Output->Sum + Output->Length;
    return SetFilePointer(Output->File, (LONG)Offset, NULL, FILE_BEGIN) != INVALID_SET_FILE_POINTER &&
           WriteFile(Output->File, &Sum, sizeof(Sum), &Written, NULL);
}

/* Headers and Section: as they will be.  Zeros: at least Pad of them. */
static BOOL PutAll(const UPDATE_PLAN *Plan, HANDLE To, const UCHAR *Headers, const UCHAR *Section, const UCHAR *Zeros)
{
    const UPDATE_FILE *File = Plan->File;
    UPDATE_OUTPUT Output = {.File = To};
    ULONG CheckSum = (ULONG)((const UCHAR *)&File->Headers->OptionalHeader.CheckSum - File->View);

    return Put(&Output, Headers, Plan->FirstRaw + Plan->Gap) && Put(&Output, File->View + Plan->FirstRaw, Plan->Cut - Plan->FirstRaw) &&
           Put(&Output, Zeros, Plan->Pad) && Put(&Output, Section, Plan->RawSize) &&
           (Plan->End <= Plan->CutEnd || Put(&Output, File->View + Plan->CutEnd, Plan->End - Plan->CutEnd)) && PutCheckSum(&Output, CheckSum);
}

static BOOL WriteNew(UPDATE_PLAN *Plan, const UPDATE_LIST *List, LPCWSTR NewName)
{
    PVOID Heap = BasePeb()->ProcessHeap;
    UCHAR *Headers = RtlAllocateHeap(Heap, HEAP_ZERO_MEMORY, (SIZE_T)Plan->FirstRaw + Plan->Gap + sizeof(IMAGE_SECTION_HEADER));
    UCHAR *Section = RtlAllocateHeap(Heap, HEAP_ZERO_MEMORY, (SIZE_T)Plan->RawSize + Plan->FileAlignment);
    HANDLE To = INVALID_HANDLE_VALUE;
    FILETIME Created;
    BOOL Good = FALSE;

    if (Headers == NULL || Section == NULL) {
        BaseFail(ERROR_NOT_ENOUGH_MEMORY);
        goto Cleanup;
    }
    To = CreateFileW(NewName, GENERIC_WRITE, 0, NULL, TRUNCATE_EXISTING, 0, NULL);
    if (To == INVALID_HANDLE_VALUE) {
        goto Cleanup;
    }
    memcpy(Headers, Plan->File->View, Plan->FirstRaw);
    SetHeaders(Plan, Headers);
    MoveDebugData(Plan);
    BaseMakeResourceTree(List, Plan->Address, Section);
    Good = PutAll(Plan, To, Headers, Section, Section + Plan->RawSize) && GetFileTime(Plan->File->File, &Created, NULL, NULL) &&
           SetFileTime(To, &Created, NULL, NULL);

Cleanup:
    if (To != INVALID_HANDLE_VALUE) {
        NtClose(To);
    }
    BaseFree(Section);
    BaseFree(Headers);
    return Good;
}

/* Makes an empty file beside Name. */
static BOOL MakeTemporary(LPCWSTR Name, LPWSTR Temporary)
{
    WCHAR Folder[MAX_PATH];
    SIZE_T Length = wcslen(Name);

    while (Length > 0 && Name[Length - 1] != L'\\') {
        Length--;
    }
    if (Length >= MAX_PATH) {
        return BaseFail(ERROR_BUFFER_OVERFLOW);
    }
    memcpy(Folder, Name, Length * sizeof(WCHAR));
    Folder[Length] = 0;
    return GetTempFileNameW(Folder, L"RCX", 0, Temporary) != 0;
}

/* Nobody else may have the file open now. */
static BOOL IsFree(LPCWSTR Name)
{
    HANDLE Writable = CreateFileW(Name, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);

    if (Writable == INVALID_HANDLE_VALUE) {
        return BaseFail(GetLastError() == ERROR_SHARING_VIOLATION ? ERROR_OPEN_FAILED : GetLastError());
    }
    NtClose(Writable);
    return TRUE;
}

BOOL BaseWriteResources(LPCWSTR Name, const UPDATE_LIST *List)
{
    WCHAR Temporary[MAX_PATH];
    UPDATE_FILE File = {0};
    UPDATE_PLAN Plan = {.File = &File};
    BOOL Good = FALSE, Made = FALSE;

    if (!IsFree(Name) || !BaseOpenUpdateFile(Name, &File)) {
        goto Cleanup;
    }
    if (List->First == NULL && (File.DirectoryCount <= IMAGE_DIRECTORY_ENTRY_RESOURCE || File.Directory[IMAGE_DIRECTORY_ENTRY_RESOURCE].VirtualAddress == 0)) {
        Good = TRUE; /* there were none, and there are none */
        goto Cleanup;
    }
    if (!MakePlan(&Plan, BaseResourceTreeSize(List)) || !MakeTemporary(Name, Temporary)) {
        goto Cleanup;
    }
    Made = TRUE;
    Good = WriteNew(&Plan, List, Temporary);
    BaseCloseUpdateFile(&File);
    Good = Good && SetFileAttributesW(Temporary, GetFileAttributesW(Name)) && MoveFileExW(Temporary, Name, MOVEFILE_REPLACE_EXISTING);

Cleanup:
    BaseCloseUpdateFile(&File);
    if (Made && !Good) {
        DWORD Error = GetLastError();
        DeleteFileW(Temporary);
        BaseFail(Error);
    }
    return Good;
}
