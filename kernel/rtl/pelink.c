/* SPDX-License-Identifier: MIT */
/*
 * pelink.c - what an image offers and what it wants: exports, imports, thread-local storage.
 *
 *      export directory -> functions[ordinal - base] = RVA of code, or of a string "DLL.Name" if it lies in the directory (a forwarder)
 *                       -> names[i] (sorted), nameOrdinals[i] = index into functions
 *      import directory -> one descriptor a DLL, ended by a zero one -> lookup thunks[] / address thunks[], ended by zero
 *      thunk            -> bit 63: ordinal in the low 16 bits; else RVA of { uint16_t hint; char name[]; }
 *
 * The reader trusts nothing: an array is used only if it lies in the image as a whole, a name only if it ends in the image.
 * A malformed *export* table makes lookups fail as "not found"... except that a broken directory is PE_INVALID_FORMAT, so that the user is told
 * which file is broken, not which function is missing.  Binary search needs sorted names; an unsorted table finds less, never
 * reads astray.
 */
#include "pe.h"

#define THUNK_ORDINAL 0x8000000000000000ULL
#define MAX_EXPORTS 0x10000u

typedef struct PE_PACKED _EXPORT_DIRECTORY {
    uint32_t Characteristics, TimeDateStamp;
    uint16_t MajorVersion, MinorVersion;
    uint32_t Name, Base;
    uint32_t NumberOfFunctions, NumberOfNames;
    uint32_t Functions, Names, NameOrdinals;
} EXPORT_DIRECTORY;

typedef struct PE_PACKED _IMPORT_DESCRIPTOR {
    uint32_t OriginalFirstThunk, TimeDateStamp, ForwarderChain, Name, FirstThunk;
} IMPORT_DESCRIPTOR;

typedef struct PE_PACKED _TLS_DIRECTORY {
    uint64_t Start, End, Index, Callbacks;
    uint32_t ZeroFill, Characteristics;
} TLS_DIRECTORY;

_Static_assert(sizeof(EXPORT_DIRECTORY) == 40, "export directory");
_Static_assert(sizeof(IMPORT_DESCRIPTOR) == 20, "import descriptor");
_Static_assert(sizeof(TLS_DIRECTORY) == 40, "TLS directory");

typedef struct PE_PACKED { uint32_t Value; } UNALIGNED32;
typedef struct PE_PACKED { uint16_t Value; } UNALIGNED16;
typedef struct PE_PACKED { uint64_t Value; } UNALIGNED64;

/* The export tables, checked once. */
typedef struct _EXPORTS {
    const void *Image;
    const PE_INFO *Info;
    uint32_t Start, End; /* RVAs of the directory: a function in here is a forwarder */
    uint32_t Base, FunctionCount, NameCount;
    const UNALIGNED32 *Functions, *Names;
    const UNALIGNED16 *NameOrdinals;
} EXPORTS;

static PE_STATUS OpenExports(const void *Image, const PE_INFO *Info, EXPORTS *Exports)
{
    uint32_t Size;
    EXPORT_DIRECTORY Directory;
    const void *At = RtlPeDirectory(Image, Info, PeDirectoryExport, &Size);

    if (At == NULL)
        return Info->Directory[PeDirectoryExport].Size == 0 ? PE_NO_MORE_ENTRIES : PE_INVALID_FORMAT;
    if (Size < sizeof Directory)
        return PE_INVALID_FORMAT;
    __builtin_memcpy(&Directory, At, sizeof Directory);
    if (Directory.NumberOfFunctions > MAX_EXPORTS || Directory.NumberOfNames > MAX_EXPORTS)
        return PE_INVALID_FORMAT;

    Exports->Image = Image;
    Exports->Info = Info;
    Exports->Start = Info->Directory[PeDirectoryExport].Rva;
    Exports->End = Exports->Start + Size;
    Exports->Base = Directory.Base;
    Exports->FunctionCount = Directory.NumberOfFunctions;
    Exports->NameCount = Directory.NumberOfNames;
    Exports->Functions = RtlPeAt(Image, Info, Directory.Functions, Directory.NumberOfFunctions * 4);
    Exports->Names = RtlPeAt(Image, Info, Directory.Names, Directory.NumberOfNames * 4);
    Exports->NameOrdinals = RtlPeAt(Image, Info, Directory.NameOrdinals, Directory.NumberOfNames * 2);
    if (Exports->Functions == NULL && Exports->FunctionCount != 0)
        return PE_INVALID_FORMAT;
    if ((Exports->Names == NULL || Exports->NameOrdinals == NULL) && Exports->NameCount != 0)
        return PE_INVALID_FORMAT;
    return PE_SUCCESS;
}

/* Orders Name against the string at Rva, as strcmp; a string that leaves the image is greater than all. */
static int CompareName(const char *Name, const void *Image, const PE_INFO *Info, uint32_t Rva)
{
    for (;; Name++, Rva++) {
        if (Rva >= Info->SizeOfImage)
            return -1;
        unsigned char Left = (unsigned char)*Name, Right = ((const uint8_t *)Image)[Rva];
        if (Left != Right)
            return Left < Right ? -1 : 1;
        if (Left == 0)
            return 0;
    }
}

/* Fills in the function with this index; gaps in the table are RVA 0. */
static PE_STATUS GetFunction(const EXPORTS *Exports, uint32_t Index, PE_STATUS NotFound, PE_EXPORT *Export)
{
    if (Index >= Exports->FunctionCount)
        return NotFound;
    uint32_t Rva = Exports->Functions[Index].Value;
    if (Rva == 0)
        return NotFound;
    if (Rva >= Exports->Info->SizeOfImage)
        return PE_INVALID_FORMAT;
    Export->Rva = Rva;
    Export->Ordinal = Exports->Base + Index;
    Export->Forwarder = NULL;
    if (Rva >= Exports->Start && Rva < Exports->End) {
        Export->Forwarder = RtlPeString(Exports->Image, Exports->Info, Rva);
        return Export->Forwarder == NULL ? PE_INVALID_FORMAT : PE_SUCCESS;
    }
    return PE_SUCCESS;
}

PE_STATUS RtlPeFindExport(const void *Image, const PE_INFO *Info, const char *Name, uint32_t Hint, PE_EXPORT *Export)
{
    EXPORTS Exports;
    PE_STATUS Status = OpenExports(Image, Info, &Exports);

    if (Status != PE_SUCCESS)
        return Status == PE_NO_MORE_ENTRIES ? PE_ENTRYPOINT_NOT_FOUND : Status;
    if (Hint < Exports.NameCount && CompareName(Name, Image, Info, Exports.Names[Hint].Value) == 0)
        return GetFunction(&Exports, Exports.NameOrdinals[Hint].Value, PE_ENTRYPOINT_NOT_FOUND, Export);

    for (uint32_t Low = 0, High = Exports.NameCount; Low < High;) {
        uint32_t Middle = Low + (High - Low) / 2;
        int Order = CompareName(Name, Image, Info, Exports.Names[Middle].Value);
        if (Order == 0)
            return GetFunction(&Exports, Exports.NameOrdinals[Middle].Value, PE_ENTRYPOINT_NOT_FOUND, Export);
        if (Order < 0)
            High = Middle;
        else
            Low = Middle + 1;
    }
    return PE_ENTRYPOINT_NOT_FOUND;
}

PE_STATUS RtlPeFindExportByOrdinal(const void *Image, const PE_INFO *Info, uint32_t Ordinal, PE_EXPORT *Export)
{
    EXPORTS Exports;
    PE_STATUS Status = OpenExports(Image, Info, &Exports);

    if (Status != PE_SUCCESS)
        return Status == PE_NO_MORE_ENTRIES ? PE_ORDINAL_NOT_FOUND : Status;
    if (Ordinal < Exports.Base)
        return PE_ORDINAL_NOT_FOUND;
    return GetFunction(&Exports, Ordinal - Exports.Base, PE_ORDINAL_NOT_FOUND, Export);
}

int RtlPeNearestExport(const void *Image, const PE_INFO *Info, uint32_t Rva, const char **Name, uint32_t *ExportRva)
{
    EXPORTS Exports;
    uint32_t Best = 0, BestIndex = 0;

    *Name = NULL;
    if (OpenExports(Image, Info, &Exports) != PE_SUCCESS)
        return 0;
    for (uint32_t Index = 0; Index < Exports.FunctionCount; Index++) {
        uint32_t Function = Exports.Functions[Index].Value;
        if (Function <= Rva && Function > Best && !(Function >= Exports.Start && Function < Exports.End)) {
            Best = Function;
            BestIndex = Index;
        }
    }
    for (uint32_t Index = 0; Best != 0 && Index < Exports.NameCount && *Name == NULL; Index++) {
        if (Exports.NameOrdinals[Index].Value == BestIndex)
            *Name = RtlPeString(Image, Info, Exports.Names[Index].Value);
    }
    *ExportRva = Best;
    return Best != 0;
}

PE_STATUS RtlPeImport(const void *Image, const PE_INFO *Info, uint32_t Index, PE_IMPORT *Import)
{
    PE_DIRECTORY Directory = Info->Directory[PeDirectoryImport];
    IMPORT_DESCRIPTOR Descriptor;

    if (Directory.Rva == 0 || Directory.Size == 0)
        return PE_NO_MORE_ENTRIES;
    /* The directory's Size is ignored by NT's loader: the zero descriptor ends the list. */
    uint64_t Rva = Directory.Rva + (uint64_t)Index * sizeof Descriptor;
    const void *At = Rva > UINT32_MAX ? NULL : RtlPeAt(Image, Info, (uint32_t)Rva, sizeof Descriptor);
    if (At == NULL)
        return PE_INVALID_FORMAT;
    __builtin_memcpy(&Descriptor, At, sizeof Descriptor);
    if (Descriptor.Name == 0 || Descriptor.FirstThunk == 0)
        return PE_NO_MORE_ENTRIES;

    Import->DllName = RtlPeString(Image, Info, Descriptor.Name);
    Import->ThunkRva = Descriptor.FirstThunk;
    Import->LookupRva = Descriptor.OriginalFirstThunk != 0 ? Descriptor.OriginalFirstThunk : Descriptor.FirstThunk;
    Import->TimeDateStamp = Descriptor.TimeDateStamp;
    if (Import->DllName == NULL || Import->DllName[0] == 0)
        return PE_INVALID_FORMAT;
    return PE_SUCCESS;
}

PE_STATUS RtlPeThunk(const void *Image, const PE_INFO *Info, const PE_IMPORT *Import, uint32_t Index, PE_THUNK *Thunk)
{
    uint64_t Lookup = Import->LookupRva + (uint64_t)Index * 8, Target = Import->ThunkRva + (uint64_t)Index * 8;

    if (Lookup > UINT32_MAX || Target > UINT32_MAX)
        return PE_INVALID_FORMAT;
    const UNALIGNED64 *At = RtlPeAt(Image, Info, (uint32_t)Lookup, 8);
    if (At == NULL || RtlPeAt(Image, Info, (uint32_t)Target, 8) == NULL)
        return PE_INVALID_FORMAT;

    uint64_t Value = At->Value;
    Thunk->ThunkRva = (uint32_t)Target;
    Thunk->Name = NULL;
    Thunk->Hint = 0;
    Thunk->Ordinal = (uint16_t)Value;
    if (Value == 0)
        return PE_NO_MORE_ENTRIES;
    if (Value & THUNK_ORDINAL)
        return PE_SUCCESS;
    if (Value > INT32_MAX)
        return PE_INVALID_FORMAT;
    const UNALIGNED16 *Hint = RtlPeAt(Image, Info, (uint32_t)Value, 3);
    if (Hint == NULL)
        return PE_INVALID_FORMAT;
    Thunk->Hint = Hint->Value;
    Thunk->Name = RtlPeString(Image, Info, (uint32_t)Value + 2);
    return Thunk->Name == NULL ? PE_INVALID_FORMAT : PE_SUCCESS;
}

/* An address inside the image as an RVA; 0 stays 0. */
static int ToRva(const PE_INFO *Info, uint64_t MappedBase, uint64_t Address, uint32_t Size, uint32_t *Rva)
{
    *Rva = 0;
    if (Address == 0)
        return 1;
    uint64_t Offset = Address - MappedBase;
    if (Address < MappedBase || Offset >= Info->SizeOfImage || Size > Info->SizeOfImage - Offset)
        return 0;
    *Rva = (uint32_t)Offset;
    return 1;
}

PE_STATUS RtlPeTls(const void *Image, const PE_INFO *Info, uint64_t MappedBase, PE_TLS *Tls)
{
    uint32_t Size;
    TLS_DIRECTORY Directory;
    const void *At = RtlPeDirectory(Image, Info, PeDirectoryTls, &Size);

    if (At == NULL)
        return Info->Directory[PeDirectoryTls].Size == 0 ? PE_NO_MORE_ENTRIES : PE_INVALID_FORMAT;
    if (Size < sizeof Directory)
        return PE_INVALID_FORMAT;
    __builtin_memcpy(&Directory, At, sizeof Directory);
    if (Directory.End < Directory.Start || Directory.End - Directory.Start > Info->SizeOfImage)
        return PE_INVALID_FORMAT;
    Tls->TemplateSize = (uint32_t)(Directory.End - Directory.Start);
    Tls->ZeroFill = Directory.ZeroFill;
    if (Directory.Index == 0 || !ToRva(Info, MappedBase, Directory.Index, 4, &Tls->IndexRva) ||
        !ToRva(Info, MappedBase, Directory.Callbacks, 8, &Tls->CallbacksRva) ||
        (Tls->TemplateSize != 0 &&
         (Directory.Start == 0 || !ToRva(Info, MappedBase, Directory.Start, Tls->TemplateSize, &Tls->TemplateRva))))
        return PE_INVALID_FORMAT;
    if (Tls->TemplateSize == 0)
        Tls->TemplateRva = 0;
    return PE_SUCCESS;
}
