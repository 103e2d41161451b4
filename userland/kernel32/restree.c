/* SPDX-License-Identifier: MIT */
/*
 * restree.c - a resource section taken apart and put together.
 *
 *      directory of types ---> directory of a type's names ---> directory of a name's languages ---> data entry ---> data
 *
 * A directory is a head and its entries, names first; an entry has a number or the offset of a counted string, and the offset of what it leads to.
 * Offsets count from the start of the section; only the data entry has an address of the image.  In a section made here come, one behind the other,
 * the directories level by level, the data entries, the strings, the data of each resource (aligned as the best of compilers' alignments).
 */
#include "resupdate.h"

#define HEAD_SIZE sizeof(IMAGE_RESOURCE_DIRECTORY)
#define ENTRY_SIZE sizeof(IMAGE_RESOURCE_DIRECTORY_ENTRY)
#define DATA_ALIGNMENT 8

/* ---- reading ----------------------------------------------------------------------------------------------------------------------------- */

typedef struct _TREE_READER
{
    const UPDATE_FILE *File;
    ULONG Address; /* of the section's start in the image */
    UPDATE_LIST *List;
    UPDATE_RESOURCE Key; /* of the path that leads here */
} TREE_READER;

static const VOID *At(const TREE_READER *Reader, ULONG Offset, SIZE_T Size)
{
    const VOID *Data = Offset <= UINT32_MAX - Reader->Address ? BaseUpdateFileData(Reader->File, Reader->Address + Offset, (ULONG)Size) : NULL;

    if (Data == NULL) {
        BaseFail(ERROR_BAD_EXE_FORMAT);
    }
    return Data;
}

static BOOL ReadName(const TREE_READER *Reader, const IMAGE_RESOURCE_DIRECTORY_ENTRY *Entry, UPDATE_NAME *Name)
{
    *Name = (UPDATE_NAME){.Number = Entry->Id};
    if (!Entry->NameIsString) {
        return TRUE;
    }
    const USHORT *Length = At(Reader, Entry->NameOffset, sizeof(USHORT));
    const VOID *Text = Length != NULL ? At(Reader, Entry->NameOffset + (ULONG)sizeof(USHORT), *Length * sizeof(WCHAR)) : NULL;
    if (Text == NULL) {
        return FALSE;
    }
    *Name = (UPDATE_NAME){(LPWSTR)Text, *Length, 0};
    return TRUE;
}

static BOOL ReadData(TREE_READER *Reader, ULONG Offset)
{
    const IMAGE_RESOURCE_DATA_ENTRY *Entry = At(Reader, Offset, sizeof(*Entry));

    if (Entry == NULL) {
        return FALSE;
    }
    Reader->Key.Data = (UCHAR *)BaseUpdateFileData(Reader->File, Entry->OffsetToData, Entry->Size);
    Reader->Key.Size = Entry->Size;
    Reader->Key.CodePage = Entry->CodePage;
    return Reader->Key.Data != NULL ? BasePutResource(Reader->List, &Reader->Key) : BaseFail(ERROR_BAD_EXE_FORMAT);
}

/* Level 0: types; 1: names; 2: languages. */
static BOOL ReadDirectory(TREE_READER *Reader, ULONG Offset, ULONG Level)
{
    const IMAGE_RESOURCE_DIRECTORY *Directory = At(Reader, Offset, HEAD_SIZE);
    ULONG Count = Directory != NULL ? Directory->NumberOfNamedEntries + Directory->NumberOfIdEntries : 0;
    const IMAGE_RESOURCE_DIRECTORY_ENTRY *Entry = At(Reader, Offset + (ULONG)HEAD_SIZE, Count * ENTRY_SIZE);

    if (Directory == NULL || Entry == NULL) {
        return FALSE;
    }
    for (ULONG Index = 0; Index < Count; Index++, Entry++) {
        UPDATE_NAME *Name = Level == 0 ? &Reader->Key.Type : &Reader->Key.Name;
        if (Entry->DataIsDirectory != (Level < 2)) {
            return BaseFail(ERROR_BAD_EXE_FORMAT);
        }
        Reader->Key.Language = Entry->Id;
        if (Level == 2 ? !ReadData(Reader, Entry->OffsetToData)
                       : !ReadName(Reader, Entry, Name) || !ReadDirectory(Reader, Entry->OffsetToDirectory, Level + 1)) {
            return FALSE;
        }
    }
    return TRUE;
}

BOOL BaseReadResourceTree(const UPDATE_FILE *File, UPDATE_LIST *List)
{
    TREE_READER Reader = {.File = File, .List = List};

    if (File->DirectoryCount <= IMAGE_DIRECTORY_ENTRY_RESOURCE || File->Directory[IMAGE_DIRECTORY_ENTRY_RESOURCE].VirtualAddress == 0) {
        return TRUE;
    }
    Reader.Address = File->Directory[IMAGE_DIRECTORY_ENTRY_RESOURCE].VirtualAddress;
    return ReadDirectory(&Reader, 0, 0);
}

/* ---- writing ----------------------------------------------------------------------------------------------------------------------------- */

/* Where each part of the section is written next. */
typedef struct _TREE_WRITER
{
    UCHAR *Section;
    ULONG Address;
    ULONG Names, Languages, Entries, Strings, Data;
} TREE_WRITER;

typedef struct _TREE_COUNTS
{
    ULONG Types, Names, Resources;
    ULONGLONG Strings, Data; /* bytes */
} TREE_COUNTS;

static BOOL SameType(const UPDATE_RESOURCE *A, const UPDATE_RESOURCE *B)
{
    return A != NULL && B != NULL && BaseCompareUpdateNames(&A->Type, &B->Type) == 0;
}

static BOOL SameName(const UPDATE_RESOURCE *A, const UPDATE_RESOURCE *B)
{
    return SameType(A, B) && BaseCompareUpdateNames(&A->Name, &B->Name) == 0;
}

static ULONG StringSize(const UPDATE_NAME *Name)
{
    return Name->Text != NULL ? (ULONG)sizeof(USHORT) + Name->Length * (ULONG)sizeof(WCHAR) : 0;
}

static TREE_COUNTS CountTree(const UPDATE_LIST *List)
{
    TREE_COUNTS Counts = {0};
    const UPDATE_RESOURCE *Before = NULL;

    for (const UPDATE_RESOURCE *This = List->First; This != NULL; Before = This, This = This->Next) {
        if (!SameType(Before, This)) {
            Counts.Types++;
            Counts.Strings += StringSize(&This->Type);
        }
        if (!SameName(Before, This)) {
            Counts.Names++;
            Counts.Strings += StringSize(&This->Name);
        }
        Counts.Resources++;
        Counts.Data += ROUND_UP((ULONGLONG)This->Size, DATA_ALIGNMENT);
    }
    return Counts;
}

static TREE_WRITER PlaceTree(const TREE_COUNTS *Counts)
{
    TREE_WRITER Writer = {0};

    Writer.Names = (ULONG)(HEAD_SIZE + Counts->Types * ENTRY_SIZE);
    Writer.Languages = Writer.Names + (ULONG)(Counts->Types * HEAD_SIZE + Counts->Names * ENTRY_SIZE);
    Writer.Entries = Writer.Languages + (ULONG)(Counts->Names * HEAD_SIZE + Counts->Resources * ENTRY_SIZE);
    Writer.Strings = Writer.Entries + (ULONG)(Counts->Resources * sizeof(IMAGE_RESOURCE_DATA_ENTRY));
    Writer.Data = (ULONG)ROUND_UP(Writer.Strings + Counts->Strings, DATA_ALIGNMENT);
    return Writer;
}

ULONGLONG BaseResourceTreeSize(const UPDATE_LIST *List)
{
    TREE_COUNTS Counts = CountTree(List);

    return PlaceTree(&Counts).Data + Counts.Data;
}

/* One more entry of the directory at Head; the next place for one is behind it. */
static IMAGE_RESOURCE_DIRECTORY_ENTRY *AddEntry(TREE_WRITER *Writer, ULONG Head, const UPDATE_NAME *Name)
{
    IMAGE_RESOURCE_DIRECTORY *Directory = (PVOID)(Writer->Section + Head);
    IMAGE_RESOURCE_DIRECTORY_ENTRY *Entry =
        (IMAGE_RESOURCE_DIRECTORY_ENTRY *)(Directory + 1) + Directory->NumberOfNamedEntries + Directory->NumberOfIdEntries;

    if (Name->Text == NULL) {
        Directory->NumberOfIdEntries++;
        Entry->Name = Name->Number;
        return Entry;
    }
    Directory->NumberOfNamedEntries++;
    Entry->Name = IMAGE_RESOURCE_NAME_IS_STRING | Writer->Strings;
    memcpy(Writer->Section + Writer->Strings, &Name->Length, sizeof(USHORT));
    memcpy(Writer->Section + Writer->Strings + sizeof(USHORT), Name->Text, Name->Length * sizeof(WCHAR));
    Writer->Strings += StringSize(Name);
    return Entry;
}

/* The data entry of a resource, and its data.  Returns the entry's offset. */
static ULONG AddData(TREE_WRITER *Writer, const UPDATE_RESOURCE *Resource)
{
    ULONG Offset = Writer->Entries;
    IMAGE_RESOURCE_DATA_ENTRY *Entry = (PVOID)(Writer->Section + Offset);

    *Entry = (IMAGE_RESOURCE_DATA_ENTRY){Writer->Address + Writer->Data, Resource->Size, Resource->CodePage, 0};
    memcpy(Writer->Section + Writer->Data, Resource->Data, Resource->Size);
    Writer->Entries += (ULONG)sizeof(*Entry);
    Writer->Data += ROUND_UP(Resource->Size, DATA_ALIGNMENT);
    return Offset;
}

/* Section: BaseResourceTreeSize bytes of zeros. */
void BaseMakeResourceTree(const UPDATE_LIST *List, ULONG Address, UCHAR *Section)
{
    TREE_COUNTS Counts = CountTree(List);
    TREE_WRITER Writer = PlaceTree(&Counts);
    ULONG TypeHead = 0, NameHead = 0; /* of the type and the name that this resource belongs to */
    const UPDATE_RESOURCE *Before = NULL;

    Writer.Section = Section;
    Writer.Address = Address;
    for (const UPDATE_RESOURCE *This = List->First; This != NULL; Before = This, This = This->Next) {
        UPDATE_NAME Language = {.Number = This->Language};
        if (!SameType(Before, This)) {
            TypeHead = Writer.Names;
            Writer.Names += (ULONG)HEAD_SIZE;
            AddEntry(&Writer, 0, &This->Type)->OffsetToData = IMAGE_RESOURCE_DATA_IS_DIRECTORY | TypeHead;
        }
        if (!SameName(Before, This)) {
            NameHead = Writer.Languages;
            Writer.Languages += (ULONG)HEAD_SIZE;
            Writer.Names += (ULONG)ENTRY_SIZE;
            AddEntry(&Writer, TypeHead, &This->Name)->OffsetToData = IMAGE_RESOURCE_DATA_IS_DIRECTORY | NameHead;
        }
        Writer.Languages += (ULONG)ENTRY_SIZE;
        AddEntry(&Writer, NameHead, &Language)->OffsetToData = AddData(&Writer, This);
    }
}
