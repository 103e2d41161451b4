/* SPDX-License-Identifier: MIT */
/*
 * resupdate.h - what the files of BeginUpdateResource share: the resources to be written, as a list in the order of the tree.
 *
 *   resupdate.c   the calls and the list
 *   restree.c     the tree of a section: read into the list, made from it
 *   resfile.c     the program file: where the section lies, the file written anew around it
 */
#ifndef NASCENT_K32_RESUPDATE_H
#define NASCENT_K32_RESUPDATE_H

#include "k32.h"

/* The name of a type or of a resource: Text of Length characters, or a number if Text is null. */
typedef struct _UPDATE_NAME
{
    LPWSTR Text;
    USHORT Length;
    USHORT Number;
} UPDATE_NAME;

/* One resource: its list is sorted by type, name and language, texts before numbers, as the trees of a file are. */
typedef struct _UPDATE_RESOURCE
{
    struct _UPDATE_RESOURCE *Next;
    UPDATE_NAME Type, Name;
    USHORT Language;
    ULONG CodePage;
    ULONG Size;
    UCHAR *Data;
} UPDATE_RESOURCE;

typedef struct _UPDATE_LIST
{
    UPDATE_RESOURCE *First, *Last;
} UPDATE_LIST;

int BaseCompareUpdateNames(const UPDATE_NAME *Left, const UPDATE_NAME *Right);
/* Copies everything; replaces a resource that is there.  FALSE: ERROR_NOT_ENOUGH_MEMORY. */
BOOL BasePutResource(UPDATE_LIST *List, const UPDATE_RESOURCE *Resource);

/* The file as it lies on disk, mapped to read, with its headers looked through. */
typedef struct _UPDATE_FILE
{
    HANDLE File;
    const UCHAR *View;
    ULONG Size;                            /* of the file */
    const IMAGE_NT_HEADERS64 *Headers;     /* of both kinds of file: only what lies at the same place in both is read by its field */
    const IMAGE_DATA_DIRECTORY *Directory; /* DirectoryCount entries */
    ULONG DirectoryCount;
    const IMAGE_SECTION_HEADER *Sections;
    ULONG SectionCount;
} UPDATE_FILE;

/* Opens a program file to read.  ERROR_BAD_EXE_FORMAT if it is none.  BaseCloseUpdateFile also takes one that was not opened. */
BOOL BaseOpenUpdateFile(LPCWSTR Name, UPDATE_FILE *File);
void BaseCloseUpdateFile(UPDATE_FILE *File);
/* The bytes at an address of the image, null if not all of them are in the file. */
const VOID *BaseUpdateFileData(const UPDATE_FILE *File, ULONG Address, ULONG Size);
/* Writes the file called Name anew with these resources. */
BOOL BaseWriteResources(LPCWSTR Name, const UPDATE_LIST *List);

/* Appends the file's resources to an empty list.  ERROR_BAD_EXE_FORMAT if the tree leads out of the file. */
BOOL BaseReadResourceTree(const UPDATE_FILE *File, UPDATE_LIST *List);
/* The size of a section with these resources, and the section itself, which will lie at Address. */
ULONGLONG BaseResourceTreeSize(const UPDATE_LIST *List);
void BaseMakeResourceTree(const UPDATE_LIST *List, ULONG Address, UCHAR *Section);

#endif
