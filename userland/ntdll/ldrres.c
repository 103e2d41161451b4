/* SPDX-License-Identifier: MIT */
/*
 * ldrres.c - resources of a loaded image: a tree of three levels, type / name / language, sorted; entries are numbers or counted strings.
 *
 * An image mapped as data (the low bit of its handle set: the file as it lies on disk) is understood too, by its section table.
 */
#include "ldrp.h"

#define LANG_ENGLISH_US 0x0409u

typedef struct _RESOURCES
{
    UCHAR *Root;
    ULONG Size;
    PVOID Base;
} RESOURCES;

static NTSTATUS OpenResources(PVOID Handle, RESOURCES *Resources)
{
    bool Mapped = !((ULONG_PTR)Handle & 1);

    Resources->Base = (PVOID)((ULONG_PTR)Handle & ~(ULONG_PTR)3);
    Resources->Root = RtlImageDirectoryEntryToData(Resources->Base, Mapped, IMAGE_DIRECTORY_ENTRY_RESOURCE, &Resources->Size);
    return Resources->Root != NULL && Resources->Size >= sizeof(IMAGE_RESOURCE_DIRECTORY) ? STATUS_SUCCESS : STATUS_RESOURCE_DATA_NOT_FOUND;
}

static int CompareNames(const RESOURCES *Resources, const IMAGE_RESOURCE_DIRECTORY_ENTRY *Entry, PCWSTR Name)
{
    const IMAGE_RESOURCE_DIR_STRING_U *String = (const VOID *)(Resources->Root + Entry->NameOffset);

    for (ULONG Index = 0; Index < String->Length; Index++) {
        WCHAR Left = RtlUpcaseUnicodeChar(Name[Index]), Right = RtlUpcaseUnicodeChar(String->NameString[Index]);
        if (Left != Right || Left == 0)
            return Left < Right ? -1 : 1;
    }
    return Name[String->Length] == 0 ? 0 : 1;
}

static const IMAGE_RESOURCE_DIRECTORY_ENTRY *Entries(const IMAGE_RESOURCE_DIRECTORY *Directory)
{
    return (const IMAGE_RESOURCE_DIRECTORY_ENTRY *)(Directory + 1);
}

/* Key: a number, or (above 0xFFFF) the address of a string; "#123" is the number. */
static const IMAGE_RESOURCE_DIRECTORY_ENTRY *FindEntry(const RESOURCES *Resources, const IMAGE_RESOURCE_DIRECTORY *Directory, ULONG_PTR Key)
{
    const IMAGE_RESOURCE_DIRECTORY_ENTRY *List = Entries(Directory);
    ULONG Named = Directory->NumberOfNamedEntries, All = Named + Directory->NumberOfIdEntries;

    if (Key > 0xFFFF) {
        for (ULONG Index = 0; Index < Named; Index++) {
            if (CompareNames(Resources, &List[Index], (PCWSTR)Key) == 0)
                return &List[Index];
        }
        return NULL;
    }
    for (ULONG Low = Named, High = All; Low < High;) {
        ULONG Middle = Low + (High - Low) / 2;
        if (List[Middle].Id == Key)
            return &List[Middle];
        if (List[Middle].Id < Key)
            Low = Middle + 1;
        else
            High = Middle;
    }
    return NULL;
}

static const IMAGE_RESOURCE_DIRECTORY *Descend(const RESOURCES *Resources, const IMAGE_RESOURCE_DIRECTORY_ENTRY *Entry)
{
    ULONG Offset = Entry->OffsetToDirectory;

    if (!Entry->DataIsDirectory || Offset + sizeof(IMAGE_RESOURCE_DIRECTORY) > Resources->Size)
        return NULL;
    return (const IMAGE_RESOURCE_DIRECTORY *)(const VOID *)(Resources->Root + Offset);
}

/*
 * A language that is asked for by name is taken, or its neutral form, or the neutral language.  Only who asks for the neutral language gets the
 * user's, English, or whatever there is.
 */
static const IMAGE_RESOURCE_DIRECTORY_ENTRY *FindLanguage(const RESOURCES *Resources, const IMAGE_RESOURCE_DIRECTORY *Directory,
                                                          ULONG Language)
{
    const ULONG Tries[] = {Language, PRIMARYLANGID(Language), 0, LANG_ENGLISH_US, PRIMARYLANGID(LANG_ENGLISH_US)};
    bool Any = PRIMARYLANGID(Language) == LANG_NEUTRAL;

    for (ULONG Index = 0; Index < (Any ? COUNT_OF(Tries) : 3); Index++) {
        const IMAGE_RESOURCE_DIRECTORY_ENTRY *Entry = FindEntry(Resources, Directory, Tries[Index]);
        if (Entry != NULL)
            return Entry;
    }
    return Any && Directory->NumberOfNamedEntries + Directory->NumberOfIdEntries != 0 ? Entries(Directory) : NULL;
}

static const NTSTATUS NotFound[] = {STATUS_RESOURCE_TYPE_NOT_FOUND, STATUS_RESOURCE_NAME_NOT_FOUND, STATUS_RESOURCE_LANG_NOT_FOUND};

/* Goes Level levels down.  At level 3 the result is a data entry, before that a directory. */
static NTSTATUS Walk(PVOID Base, PLDR_RESOURCE_INFO Info, ULONG Level, bool WantDirectory, const VOID **Result)
{
    RESOURCES Resources;
    const ULONG_PTR *Keys = &Info->Type;
    NTSTATUS Status = OpenResources(Base, &Resources);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Level > 3)
        return STATUS_INVALID_PARAMETER;
    const IMAGE_RESOURCE_DIRECTORY *Directory = (const VOID *)Resources.Root;
    for (ULONG Index = 0; Index < Level; Index++) {
        const IMAGE_RESOURCE_DIRECTORY_ENTRY *Entry =
            Index == 2 ? FindLanguage(&Resources, Directory, (ULONG)Keys[2]) : FindEntry(&Resources, Directory, Keys[Index]);
        if (Entry == NULL)
            return NotFound[Index];
        Directory = Descend(&Resources, Entry);
        if (Index + 1 == Level && !WantDirectory) {
            if (Directory != NULL || Entry->OffsetToData + sizeof(IMAGE_RESOURCE_DATA_ENTRY) > Resources.Size)
                return STATUS_RESOURCE_DATA_NOT_FOUND;
            *Result = Resources.Root + Entry->OffsetToData;
            return STATUS_SUCCESS;
        }
        if (Directory == NULL)
            return STATUS_RESOURCE_DATA_NOT_FOUND;
    }
    *Result = Directory;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI LdrFindResource_U(PVOID Base, PLDR_RESOURCE_INFO Info, ULONG Level, PIMAGE_RESOURCE_DATA_ENTRY *Entry)
{
    return Walk(Base, Info, Level, false, (const VOID **)Entry);
}

NTSTATUS NTAPI LdrFindResourceDirectory_U(PVOID Base, PLDR_RESOURCE_INFO Info, ULONG Level, PIMAGE_RESOURCE_DIRECTORY *Directory)
{
    return Walk(Base, Info, Level, true, (const VOID **)Directory);
}

NTSTATUS NTAPI LdrAccessResource(PVOID Base, PIMAGE_RESOURCE_DATA_ENTRY Entry, PVOID *Address, PULONG Size)
{
    PVOID Image = (PVOID)((ULONG_PTR)Base & ~(ULONG_PTR)3);

    if (Size != NULL)
        *Size = Entry->Size;
    if (Address == NULL)
        return STATUS_SUCCESS;
    if (!((ULONG_PTR)Base & 1)) {
        *Address = (UCHAR *)Image + Entry->OffsetToData;
        return STATUS_SUCCESS;
    }
    PIMAGE_NT_HEADERS Headers = RtlImageNtHeader(Image);
    *Address = Headers != NULL ? RtlImageRvaToVa(Headers, Image, Entry->OffsetToData, NULL) : NULL;
    return *Address != NULL ? STATUS_SUCCESS : STATUS_RESOURCE_DATA_NOT_FOUND;
}

/* Message tables: blocks of consecutive ids, each with its entries one behind the other. */
NTSTATUS NTAPI RtlFindMessage(PVOID Base, ULONG Type, ULONG Language, ULONG MessageId, PMESSAGE_RESOURCE_ENTRY *Entry)
{
    LDR_RESOURCE_INFO Info = {Type, 1, Language};
    PIMAGE_RESOURCE_DATA_ENTRY Data;
    PMESSAGE_RESOURCE_DATA Table;
    NTSTATUS Status = LdrFindResource_U(Base, &Info, 3, &Data);

    if (NT_SUCCESS(Status))
        Status = LdrAccessResource(Base, Data, (PVOID *)&Table, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    for (ULONG Index = 0; Index < Table->NumberOfBlocks; Index++) {
        PMESSAGE_RESOURCE_BLOCK Block = &Table->Blocks[Index];
        if (MessageId < Block->LowId || MessageId > Block->HighId)
            continue;
        PMESSAGE_RESOURCE_ENTRY At = (PVOID)((UCHAR *)Table + Block->OffsetToEntries);
        for (ULONG Id = Block->LowId; Id < MessageId; Id++)
            At = (PVOID)((UCHAR *)At + At->Length);
        *Entry = At;
        return STATUS_SUCCESS;
    }
    return STATUS_MESSAGE_NOT_FOUND;
}
