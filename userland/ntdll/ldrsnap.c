/* SPDX-License-Identifier: MIT */
/*
 * ldrsnap.c - binding: the addresses of imported functions, by name (the hint first) or ordinal, through forwarders.
 *
 * A forwarder is an export whose address is a string "DLL.Name" or "DLL.#5"; it may lead to an API set and to another forwarder.  The DLL it
 * names becomes a dependency of the one that has it.  Bound imports (old time stamps, addresses already filled in) are ignored: every
 * import is looked up.
 *
 * Imports of one DLL are sorted by name, as linkers write them, more often than not: the place where the last name was found is the
 * place where the next search begins (see EXPORT_CURSOR), which saves most of the comparisons.
 */
#include "ldrp.h"

typedef struct _EXPORT_CURSOR
{
    const UCHAR *Base;
    ULONG ImageSize;
    ULONG Start, End; /* the export directory: an address in it is a forwarder */
    ULONG OrdinalBase, Functions, Names;
    const ULONG *Function, *Name;
    const USHORT *Ordinal;
    ULONG Position;   /* where the last name was found */
} EXPORT_CURSOR;

/* False: no or a broken export directory; the careful reader of pe.h will say which. */
static bool OpenExports(LDRP_MODULE *Module, EXPORT_CURSOR *Cursor)
{
    uint32_t Size;
    const UCHAR *Base = Module->Entry.DllBase;
    const IMAGE_EXPORT_DIRECTORY *Directory = RtlPeDirectory(Base, &Module->Info, PeDirectoryExport, &Size);

    if (Directory == NULL || Size < sizeof *Directory || Directory->NumberOfFunctions > 0x10000 || Directory->NumberOfNames > 0x10000)
        return false;
    Cursor->Base = Base;
    Cursor->ImageSize = Module->Info.SizeOfImage;
    Cursor->Start = Module->Info.Directory[PeDirectoryExport].Rva;
    Cursor->End = Cursor->Start + Size;
    Cursor->OrdinalBase = Directory->Base;
    Cursor->Functions = Directory->NumberOfFunctions;
    Cursor->Names = Directory->NumberOfNames;
    Cursor->Function = RtlPeAt(Base, &Module->Info, Directory->AddressOfFunctions, Cursor->Functions * 4);
    Cursor->Name = RtlPeAt(Base, &Module->Info, Directory->AddressOfNames, Cursor->Names * 4);
    Cursor->Ordinal = RtlPeAt(Base, &Module->Info, Directory->AddressOfNameOrdinals, Cursor->Names * 2);
    Cursor->Position = 0;
    return Cursor->Function != NULL && Cursor->Name != NULL && Cursor->Ordinal != NULL;
}

typedef ULONG64 __attribute__((may_alias, aligned(1))) UNALIGNED_QUAD;

#define BYTES(b) (0x0101010101010101ULL * (b))

/* As strcmp; neither string is read beyond its limit.  One that runs into it is the smaller. */
static __attribute__((noinline)) int CompareNames(const UCHAR *Left, const UCHAR *LeftLimit, const UCHAR *Right,
                                                  const UCHAR *RightLimit)
{
    for (;; Left++, Right++) {
        if (Left == LeftLimit || Right == RightLimit)
            return Left == LeftLimit ? -1 : 1;
        if (*Left != *Right)
            return *Left < *Right ? -1 : 1;
        if (*Left == 0)
            return 0;
    }
}

/*
 * The name looked for, cut into big-endian words: two words compare as their eight characters do.  The last one, which has the string's end,
 * is masked behind it.  Words = 0: too long, or too near the end of its image; then it is compared the slow way.
 */
#define NAME_WORDS 8u

typedef struct _SEARCH_NAME
{
    ULONG Words;
    ULONG64 LastMask;
    ULONG64 Word[NAME_WORDS];
    const UCHAR *Text, *Limit;
} SEARCH_NAME;

static inline void PrepareName(SEARCH_NAME *Name, const UCHAR *Text, const UCHAR *Limit)
{
    Name->Text = Text;
    Name->Limit = Limit;
    Name->Words = 0;
    Name->LastMask = 0;
    for (ULONG Index = 0; Index < NAME_WORDS && Limit - Text >= 8; Index++, Text += 8) {
        ULONG64 Value = *(const UNALIGNED_QUAD *)Text, Zero = (Value - BYTES(1)) & ~Value & BYTES(0x80);
        if (Zero == 0) {
            Name->Word[Index] = __builtin_bswap64(Value);
            continue;
        }
        ULONG64 Mask = Zero ^ (Zero - 1); /* up to and with the terminating zero */
        Name->Word[Index] = __builtin_bswap64(Value & Mask);
        Name->LastMask = __builtin_bswap64(Mask);
        Name->Words = Index + 1;
        return;
    }
}

static inline int CompareExport(const EXPORT_CURSOR *Cursor, const SEARCH_NAME *Name, ULONG Index)
{
    ULONG Rva = Cursor->Name[Index], Last = Name->Words - 1;

    if (UNLIKELY(Rva >= Cursor->ImageSize))
        return -1;
    const UCHAR *Export = Cursor->Base + Rva;
    if (UNLIKELY(Name->Words == 0 || Cursor->ImageSize - Rva < NAME_WORDS * 8))
        return CompareNames(Name->Text, Name->Limit, Export, Cursor->Base + Cursor->ImageSize);
    for (ULONG At = 0; At < Last; At++, Export += 8) {
        ULONG64 Value = __builtin_bswap64(*(const UNALIGNED_QUAD *)Export);
        if (Value != Name->Word[At])
            return Name->Word[At] < Value ? -1 : 1;
    }
    ULONG64 Value = __builtin_bswap64(*(const UNALIGNED_QUAD *)Export) & Name->LastMask;
    return Name->Word[Last] == Value ? 0 : Name->Word[Last] < Value ? -1 : 1;
}

/*
 * The hint first, and the place before it (GNU import libraries count from one).  What these two comparisons tell bounds the search, which
 * gallops from behind the last name found and then halves.
 */
static bool FindName(EXPORT_CURSOR *Cursor, const UCHAR *Name, const UCHAR *Limit, ULONG Hint)
{
    ULONG Low = 0, High = Cursor->Names, Step = 1, At;
    SEARCH_NAME Search;
    int Order;

    PrepareName(&Search, Name, Limit);
    if (Hint != 0 && Hint <= Cursor->Names) {
        At = Hint - 1;
        if ((Order = CompareExport(Cursor, &Search, At)) == 0)
            goto Found;
        if (Order < 0) {
            High = At;
        } else {
            Low = Hint;
            At = Hint;
            if (At < High && (Order = CompareExport(Cursor, &Search, At)) == 0)
                goto Found;
            if (At < High && Order > 0)
                Low = At + 1;
            else
                High = Low;
        }
    }
    At = Cursor->Position + 1;
    if (At < Low || At >= High)
        At = Low;
    while (At < High) {
        if ((Order = CompareExport(Cursor, &Search, At)) == 0)
            goto Found;
        if (Order < 0) {
            High = At;
            break;
        }
        Low = At + 1;
        At += Step;
        Step *= 2;
    }
    while (Low < High) {
        At = Low + (High - Low) / 2;
        if ((Order = CompareExport(Cursor, &Search, At)) == 0)
            goto Found;
        if (Order < 0)
            High = At;
        else
            Low = At + 1;
    }
    return false;

Found:
    Cursor->Position = At;
    return true;
}

/* A name that is there: its address, or the string it is forwarded to. */
static inline bool FindExport(EXPORT_CURSOR *Cursor, const UCHAR *Name, const UCHAR *Limit, ULONG Hint, PVOID *Address, bool *Forwarder)
{
    if (!FindName(Cursor, Name, Limit, Hint))
        return false;
    ULONG Index = Cursor->Ordinal[Cursor->Position];
    if (UNLIKELY(Index >= Cursor->Functions))
        return false;
    ULONG Rva = Cursor->Function[Index];
    *Forwarder = Rva >= Cursor->Start && Rva < Cursor->End;
    *Address = (PVOID)(Cursor->Base + Rva);
    return Rva != 0 && Rva < Cursor->ImageSize;
}

static bool FindCode(EXPORT_CURSOR *Cursor, const UCHAR *Name, const UCHAR *Limit, ULONG Hint, PVOID *Address)
{
    bool Forwarder;

    return FindExport(Cursor, Name, Limit, Hint, Address, &Forwarder) && !Forwarder;
}

/* ---- forwarders ------------------------------------------------------------------------------------------------------------------------ */

static NTSTATUS Lookup(LDRP_MODULE *Module, const char *Name, ULONG Hint, ULONG Ordinal, ULONG Depth, PVOID *Address);

static bool ParseOrdinal(const char *Text, ULONG *Ordinal)
{
    *Ordinal = 0;
    for (; *Text >= '0' && *Text <= '9'; Text++) {
        *Ordinal = *Ordinal * 10 + (ULONG)(*Text - '0');
        if (*Ordinal > 0xFFFF)
            return false;
    }
    return *Text == 0;
}

static NTSTATUS FollowForwarder(LDRP_MODULE *Module, const char *Forwarder, ULONG Depth, PVOID *Address)
{
    char Dll[LDRP_MAX_NAME];
    const char *Dot = strrchr(Forwarder, '.');
    LDRP_MODULE *Target;
    ULONG Ordinal = 0;

    if (Dot == NULL || Dot == Forwarder || (size_t)(Dot - Forwarder) > sizeof Dll - 8 || Depth == LDRP_MAX_FORWARDS)
        return STATUS_INVALID_IMAGE_FORMAT;
    memcpy(Dll, Forwarder, (size_t)(Dot - Forwarder));
    memcpy(Dll + (Dot - Forwarder), ".dll", 5);
    NTSTATUS Status = LdrpLoadByAnsiName(Dll, LdrpInitializing ? LoadReasonStaticForwarderDependency : LoadReasonDynamicForwarderDependency,
                                         Module, &Target);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = LdrpAddDependency(Module, Target);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Dot[1] != '#')
        return Lookup(Target, Dot + 1, ~0u, 0, Depth + 1, Address);
    if (!ParseOrdinal(Dot + 2, &Ordinal))
        return STATUS_INVALID_IMAGE_FORMAT;
    return Lookup(Target, NULL, 0, Ordinal, Depth + 1, Address);
}

/* ---- one function ---------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS Take(LDRP_MODULE *Module, const PE_EXPORT *Export, ULONG Depth, PVOID *Address)
{
    if (Export->Forwarder != NULL)
        return FollowForwarder(Module, Export->Forwarder, Depth, Address);
    *Address = (UCHAR *)Module->Entry.DllBase + Export->Rva;
    return STATUS_SUCCESS;
}

static NTSTATUS Lookup(LDRP_MODULE *Module, const char *Name, ULONG Hint, ULONG Ordinal, ULONG Depth, PVOID *Address)
{
    PE_EXPORT Export;
    EXPORT_CURSOR Cursor;

    if (Name != NULL && Depth != 0 && OpenExports(Module, &Cursor) && /* forwarders to ntdll are many */
        FindCode(&Cursor, (const UCHAR *)Name, (const UCHAR *)Name + strlen(Name) + 1, 0, Address))
        return STATUS_SUCCESS;
    NTSTATUS Status = Name != NULL ? RtlPeFindExport(Module->Entry.DllBase, &Module->Info, Name, Hint, &Export)
                                   : RtlPeFindExportByOrdinal(Module->Entry.DllBase, &Module->Info, Ordinal, &Export);

    return NT_SUCCESS(Status) ? Take(Module, &Export, Depth, Address) : Status;
}

NTSTATUS LdrpGetProcedure(LDRP_MODULE *Module, const char *Name, ULONG Hint, ULONG Ordinal, PVOID *Address)
{
    return Lookup(Module, Name, Hint, Ordinal, 0, Address);
}

/*
 * Most forwarders of a DLL lead to one other (kernel32's to ntdll).  Where the last one led is remembered with its exports open, so that the next
 * costs a comparison of names and one more search.  Prefix is what stands before the function, with the dot.
 */
typedef struct _FORWARD_CACHE
{
    const char *Prefix;
    ULONG Length;
    EXPORT_CURSOR Cursor;
} FORWARD_CACHE;

static bool ForwardFast(FORWARD_CACHE *Cache, const char *Forwarder, const char *Limit, PVOID *Address)
{
    const char *Name = Forwarder;

    if (Cache->Length == 0 || (ULONG_PTR)(Limit - Forwarder) <= Cache->Length)
        return false;
    for (ULONG Index = 0; Index < Cache->Length; Index++, Name++) {
        if (*Name != Cache->Prefix[Index])
            return false;
    }
    ULONG Length = 0;
    for (; Name + Length < Limit && Name[Length] != 0; Length++) {
        if (Name[Length] == '.')
            return false;
    }
    if (Name + Length == Limit)
        return false;
    return *Name != '#' && FindCode(&Cache->Cursor, (const UCHAR *)Name, (const UCHAR *)Name + Length + 1, 0, Address);
}

/* After the careful path has followed one: its target is loaded and a dependency. */
static void RememberForward(FORWARD_CACHE *Cache, LDRP_MODULE *Module, const char *Forwarder)
{
    WCHAR Buffer[LDRP_MAX_NAME];
    const char *Dot = strrchr(Forwarder, '.');
    UNICODE_STRING Name = {0, sizeof Buffer, Buffer};

    if (Dot == NULL || (size_t)(Dot - Forwarder) > LDRP_MAX_NAME - 5)
        return;
    for (ULONG Index = 0; Index < (ULONG)(Dot - Forwarder); Index++)
        Buffer[Index] = (UCHAR)Forwarder[Index];
    memcpy(Buffer + (Dot - Forwarder), L".dll", 4 * sizeof(WCHAR));
    Name.Length = (USHORT)((Dot - Forwarder + 4) * (ULONG)sizeof(WCHAR));
    LDRP_MODULE *Target = LdrpFindByName(&Name);
    Cache->Length = 0;
    if (Target == NULL || Target == Module || !OpenExports(Target, &Cache->Cursor))
        return;
    Cache->Prefix = Forwarder;
    Cache->Length = (ULONG)(Dot - Forwarder) + 1;
}

/* One thunk's function if it is a common case; anything else is the careful path's.  *Forwarder: what that will follow. */
static inline bool LookupFast(LDRP_MODULE *Module, ULONG64 Lookup, EXPORT_CURSOR *Cursor, FORWARD_CACHE *Cache, const char **Forwarder,
                              PVOID *Address)
{
    const UCHAR *Base = Module->Entry.DllBase;
    ULONG Size = Module->Info.SizeOfImage;
    bool Forwarded;

    if (Lookup == 0 || Lookup >= Size - 3) /* the end; an ordinal, which has the top bit set */
        return false;
    if (!FindExport(Cursor, Base + Lookup + 2, Base + Size, *(const USHORT *)(Base + Lookup), Address, &Forwarded))
        return false;
    if (LIKELY(!Forwarded))
        return true;
    *Forwarder = *Address;
    return ForwardFast(Cache, *Forwarder, (const char *)Cursor->Base + Cursor->ImageSize, Address);
}

/* ---- a module's imports ------------------------------------------------------------------------------------------------------------------ */

static void ComplainAboutFunction(LDRP_MODULE *Module, const PE_IMPORT *Import, const PE_THUNK *Thunk, NTSTATUS Status)
{
    char Ordinal[16];
    const char *Name = Thunk->Name;

    if (Name == NULL) {
        _snprintf(Ordinal, sizeof Ordinal, "#%u", Thunk->Ordinal);
        Name = Ordinal;
    }
    if (LdrpInitializing)
        RtlpReport("%wZ: cannot start: %wZ needs %s of %s, which is not there (0x%08lX %s)\n", &LdrpImage->Entry.BaseDllName,
                   &Module->Entry.BaseDllName, Name, Import->DllName, (unsigned long)Status, RtlStatusName(Status));
    else
        DbgPrint("LDR: %wZ needs %s of %s, which is not there (0x%08lX)\n", &Module->Entry.BaseDllName, Name, Import->DllName,
                 (unsigned long)Status);
    LdrpToldWhy |= LdrpInitializing;
}

static void ComplainAboutDll(LDRP_MODULE *Module, const PE_IMPORT *Import, NTSTATUS Status)
{
    const char *What = Status == STATUS_DLL_NOT_FOUND ? "was not found" : "cannot be loaded";

    if (LdrpInitializing && !LdrpToldWhy) /* else a DLL further down the chain is the one to blame, and has been named */
        RtlpReport("%wZ: cannot start: %s, which %wZ needs, %s (0x%08lX %s)\n", &LdrpImage->Entry.BaseDllName, Import->DllName,
                   &Module->Entry.BaseDllName, What, (unsigned long)Status, RtlStatusName(Status));
    else
        DbgPrint("LDR: %s, which %wZ needs, %s (0x%08lX)\n", Import->DllName, &Module->Entry.BaseDllName, What, (unsigned long)Status);
    LdrpToldWhy |= LdrpInitializing;
}

/* One thunk with every check; STATUS_NO_MORE_ENTRIES behind the last. */
static NTSTATUS BindSlowly(LDRP_MODULE *Module, const PE_IMPORT *Import, LDRP_MODULE *Target, ULONG Index)
{
    PE_THUNK Thunk;
    PVOID Address;
    NTSTATUS Status = RtlPeThunk(Module->Entry.DllBase, &Module->Info, Import, Index, &Thunk);

    if (Status != STATUS_SUCCESS)
        return Status;
    Status = Lookup(Target, Thunk.Name, Thunk.Hint, Thunk.Ordinal, 0, &Address);
    if (NT_SUCCESS(Status))
        *(PVOID *)((UCHAR *)Module->Entry.DllBase + Thunk.ThunkRva) = Address;
    else
        ComplainAboutFunction(Module, Import, &Thunk, Status);
    return Status;
}

static NTSTATUS BindDll(LDRP_MODULE *Module, const PE_IMPORT *Import, LDRP_MODULE *Target)
{
    EXPORT_CURSOR Cursor;
    FORWARD_CACHE Cache;
    UCHAR *Base = Module->Entry.DllBase;
    ULONG64 Size = Module->Info.SizeOfImage;
    bool Fast = OpenExports(Target, &Cursor);
    NTSTATUS Status = STATUS_SUCCESS;

    Cache.Length = 0;
    for (ULONG Index = 0; Status == STATUS_SUCCESS; Index++) {
        ULONG64 From = Import->LookupRva + (ULONG64)Index * 8, To = Import->ThunkRva + (ULONG64)Index * 8;
        const char *Forwarder = NULL;
        PVOID Address;
        if (LIKELY(Fast && From + 8 <= Size && To + 8 <= Size) &&
            LIKELY(LookupFast(Module, *(const UNALIGNED_QUAD *)(Base + From), &Cursor, &Cache, &Forwarder, &Address))) {
            *(UNALIGNED_QUAD *)(Base + To) = (ULONG_PTR)Address;
            continue;
        }
        Status = BindSlowly(Module, Import, Target, Index);
        if (Forwarder != NULL && NT_SUCCESS(Status))
            RememberForward(&Cache, Target, Forwarder);
    }
    return Status == PE_NO_MORE_ENTRIES ? STATUS_SUCCESS : Status;
}

/* The whole table of addresses, if the image says where it is; a linker that does not leaves it writable, or it is done DLL by DLL. */
static NTSTATUS BindProtected(LDRP_MODULE *Module, const PE_IMPORT *Import, LDRP_MODULE *Target)
{
    PE_THUNK Thunk;
    ULONG Old, Bytes = 0;

    while (RtlPeThunk(Module->Entry.DllBase, &Module->Info, Import, Bytes / 8, &Thunk) == STATUS_SUCCESS)
        Bytes += 8;
    if (Bytes == 0)
        return STATUS_SUCCESS;
    NTSTATUS Status = LdrpUnprotect(Module, Import->ThunkRva, Bytes, &Old);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = BindDll(Module, Import, Target);
    LdrpReprotect(Module, Import->ThunkRva, Bytes, Old);
    return Status;
}

static NTSTATUS SnapImport(LDRP_MODULE *Module, const PE_IMPORT *Import, bool Writable)
{
    LDRP_MODULE *Target;
    NTSTATUS Status = LdrpLoadByAnsiName(Import->DllName, LoadReasonStaticDependency, Module, &Target);

    if (!NT_SUCCESS(Status)) {
        ComplainAboutDll(Module, Import, Status);
        return Status;
    }
    Status = LdrpAddDependency(Module, Target);
    if (!NT_SUCCESS(Status))
        return Status;
    return Writable ? BindDll(Module, Import, Target) : BindProtected(Module, Import, Target);
}

NTSTATUS LdrpSnapModule(LDRP_MODULE *Module)
{
    PE_DIRECTORY Iat = Module->Info.Directory[PeDirectoryIat];
    PE_IMPORT Import;
    ULONG Old = 0;
    NTSTATUS Status = RtlPeImport(Module->Entry.DllBase, &Module->Info, 0, &Import);

    if (Status == PE_NO_MORE_ENTRIES)
        return STATUS_SUCCESS;
    bool Whole = Iat.Size != 0 && RtlPeAt(Module->Entry.DllBase, &Module->Info, Iat.Rva, Iat.Size) != NULL;
    if (Whole) {
        NTSTATUS Unprotected = LdrpUnprotect(Module, Iat.Rva, Iat.Size, &Old);
        if (!NT_SUCCESS(Unprotected))
            return Unprotected;
    }
    for (ULONG Index = 0; (Status = RtlPeImport(Module->Entry.DllBase, &Module->Info, Index, &Import)) == STATUS_SUCCESS; Index++) {
        Status = SnapImport(Module, &Import, Whole && Import.ThunkRva - Iat.Rva < Iat.Size);
        if (!NT_SUCCESS(Status))
            break;
    }
    if (Whole)
        LdrpReprotect(Module, Iat.Rva, Iat.Size, Old);
    return Status == PE_NO_MORE_ENTRIES ? STATUS_SUCCESS : Status;
}
