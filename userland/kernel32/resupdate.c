/* SPDX-License-Identifier: MIT */
/*
 * resupdate.c - BeginUpdateResource, UpdateResource, EndUpdateResource: the resources of a program that does not run are changed.
 *
 * The first call reads the resources there are into a list, the second changes the list, and only the third touches the file: the new one is written
 * beside the old and takes its name when it is complete (resfile.c), so who reads it meanwhile, or a loss of power, finds the one or the other.
 *
 * An update is known by its handle in a list of those that are open: a handle that is none of them is ERROR_INVALID_HANDLE, whatever it points to.
 */
#include "resupdate.h"

typedef struct _UPDATE
{
    struct _UPDATE *Next;
    UPDATE_LIST List;
    LPWSTR FileName; /* whole: the current directory may change */
} UPDATE;

static RTL_SRWLOCK UpdateLock = RTL_SRWLOCK_INIT;
static UPDATE *Updates; /* UpdateLock */

/* ---- the list ---------------------------------------------------------------------------------------------------------------------------- */

/* Texts before numbers; texts as their characters are (they are in upper case, but for those that a file brought along). */
int BaseCompareUpdateNames(const UPDATE_NAME *Left, const UPDATE_NAME *Right)
{
    if (Left->Text == NULL || Right->Text == NULL) {
        return Left->Text != NULL ? -1 : Right->Text != NULL ? 1 : (int)Left->Number - (int)Right->Number;
    }
    for (ULONG Index = 0; Index < Left->Length && Index < Right->Length; Index++) {
        WCHAR A = RtlUpcaseUnicodeChar(Left->Text[Index]), B = RtlUpcaseUnicodeChar(Right->Text[Index]);
        if (A != B) {
            return (int)A - (int)B;
        }
    }
    return (int)Left->Length - (int)Right->Length;
}

static int Compare(const UPDATE_RESOURCE *Left, const UPDATE_RESOURCE *Right)
{
    int Order = BaseCompareUpdateNames(&Left->Type, &Right->Type);

    if (Order == 0) {
        Order = BaseCompareUpdateNames(&Left->Name, &Right->Name);
    }
    return Order != 0 ? Order : (int)Left->Language - (int)Right->Language;
}

static void FreeResourceEntry(UPDATE_RESOURCE *Resource)
{
    BaseFree(Resource->Type.Text);
    BaseFree(Resource->Name.Text);
    BaseFree(Resource->Data);
    BaseFree(Resource);
}

static BOOL CopyName(UPDATE_NAME *To, const UPDATE_NAME *From)
{
    *To = *From;
    if (From->Text != NULL) {
        To->Text = BaseAllocate(From->Length * sizeof(WCHAR) + 1);
        if (To->Text == NULL) {
            return FALSE;
        }
        memcpy(To->Text, From->Text, From->Length * sizeof(WCHAR));
    }
    return TRUE;
}

static UPDATE_RESOURCE *CopyResource(const UPDATE_RESOURCE *From)
{
    UPDATE_RESOURCE *Copy = BaseAllocate(sizeof(*Copy));

    if (Copy == NULL) {
        return NULL;
    }
    *Copy = (UPDATE_RESOURCE){.Language = From->Language, .CodePage = From->CodePage, .Size = From->Size};
    Copy->Data = BaseAllocate((SIZE_T)From->Size + 1);
    if (Copy->Data == NULL || !CopyName(&Copy->Type, &From->Type) || !CopyName(&Copy->Name, &From->Name)) {
        FreeResourceEntry(Copy);
        return NULL;
    }
    memcpy(Copy->Data, From->Data, From->Size);
    return Copy;
}

/* The link that leads to the first resource not before this one.  Most come in order: the end is looked at first. */
static UPDATE_RESOURCE **FindPlace(UPDATE_LIST *List, const UPDATE_RESOURCE *Resource)
{
    UPDATE_RESOURCE **Link = &List->First;

    if (List->Last != NULL && Compare(List->Last, Resource) < 0) {
        return &List->Last->Next;
    }
    while (*Link != NULL && Compare(*Link, Resource) < 0) {
        Link = &(*Link)->Next;
    }
    return Link;
}

static void Unlink(UPDATE_LIST *List, UPDATE_RESOURCE **Link)
{
    UPDATE_RESOURCE *Gone = *Link;

    *Link = Gone->Next;
    if (List->Last == Gone) {
        List->Last = Link == &List->First ? NULL : CONTAINING_RECORD(Link, UPDATE_RESOURCE, Next);
    }
    FreeResourceEntry(Gone);
}

BOOL BasePutResource(UPDATE_LIST *List, const UPDATE_RESOURCE *Resource)
{
    UPDATE_RESOURCE *Copy = CopyResource(Resource), **Link = FindPlace(List, Resource);

    if (Copy == NULL) {
        return FALSE;
    }
    if (*Link != NULL && Compare(*Link, Resource) == 0) {
        Unlink(List, Link);
    }
    Copy->Next = *Link;
    *Link = Copy;
    if (Copy->Next == NULL) {
        List->Last = Copy;
    }
    return TRUE;
}

static BOOL DeleteResource(UPDATE_LIST *List, const UPDATE_RESOURCE *Resource)
{
    UPDATE_RESOURCE **Link = FindPlace(List, Resource);

    if (*Link == NULL || Compare(*Link, Resource) != 0) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    Unlink(List, Link);
    return TRUE;
}

static void FreeUpdate(UPDATE *Update)
{
    while (Update->List.First != NULL) {
        Unlink(&Update->List, &Update->List.First);
    }
    BaseFree(Update->FileName);
    BaseFree(Update);
}

/* ---- the calls --------------------------------------------------------------------------------------------------------------------------- */

/* The link to the update of this handle, null if there is none.  UpdateLock held. */
static UPDATE **FindUpdate(HANDLE Handle)
{
    for (UPDATE **Link = &Updates; *Link != NULL; Link = &(*Link)->Next) {
        if (*Link == (UPDATE *)Handle) {
            return Link;
        }
    }
    BaseFail(ERROR_INVALID_HANDLE);
    return NULL;
}

static LPWSTR FullName(LPCWSTR Name)
{
    DWORD Size = GetFullPathNameW(Name, 0, NULL, NULL);
    LPWSTR Full = Size != 0 ? BaseAllocate((Size + 1) * sizeof(WCHAR)) : NULL;

    if (Full != NULL) {
        GetFullPathNameW(Name, Size + 1, Full, NULL);
    }
    return Full;
}

/* The file is there, may be written, and is a program's. */
static BOOL ReadFileOf(UPDATE *Update, BOOL Forget)
{
    UPDATE_FILE File;
    HANDLE Writable = CreateFileW(Update->FileName, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                  OPEN_EXISTING, 0, NULL);

    if (Writable == INVALID_HANDLE_VALUE) {
        return FALSE;
    }
    NtClose(Writable);
    BOOL Good = BaseOpenUpdateFile(Update->FileName, &File) && (Forget || BaseReadResourceTree(&File, &Update->List));
    BaseCloseUpdateFile(&File);
    return Good;
}

HANDLE WINAPI BeginUpdateResourceW(LPCWSTR FileName, BOOL DeleteExisting)
{
    UPDATE *Update = BaseAllocate(sizeof(*Update));

    if (Update == NULL) {
        return NULL;
    }
    *Update = (UPDATE){.FileName = FullName(FileName)};
    if (Update->FileName == NULL || !ReadFileOf(Update, DeleteExisting)) {
        DWORD Error = GetLastError();
        FreeUpdate(Update);
        BaseFail(Error);
        return NULL;
    }
    RtlAcquireSRWLockExclusive(&UpdateLock);
    Update->Next = Updates;
    Updates = Update;
    RtlReleaseSRWLockExclusive(&UpdateLock);
    return Update;
}

/* Value and Own as of BaseResourceName. */
static BOOL MakeName(LPCWSTR Given, UPDATE_NAME *Name, LPWSTR *Own)
{
    ULONG_PTR Value;

    if (!BaseResourceName(Given, &Value, Own)) {
        return FALSE;
    }
    SIZE_T Length = *Own != NULL ? wcslen(*Own) : 0;
    *Name = (UPDATE_NAME){*Own, (USHORT)Length, *Own == NULL ? (USHORT)Value : 0};
    return Length <= 0xFFFF || BaseFail(ERROR_INVALID_PARAMETER);
}

BOOL WINAPI UpdateResourceW(HANDLE Handle, LPCWSTR Type, LPCWSTR Name, WORD Language, LPVOID Data, DWORD Size)
{
    UPDATE_RESOURCE Resource = {.Language = Language, .Data = Data, .Size = Size};
    LPWSTR OwnType = NULL, OwnName = NULL;
    BOOL Result = FALSE;

    if (MakeName(Type, &Resource.Type, &OwnType) && MakeName(Name, &Resource.Name, &OwnName)) {
        RtlAcquireSRWLockExclusive(&UpdateLock);
        UPDATE **Link = FindUpdate(Handle);
        if (Link != NULL) {
            Result = Data != NULL ? BasePutResource(&(*Link)->List, &Resource) : DeleteResource(&(*Link)->List, &Resource);
        }
        RtlReleaseSRWLockExclusive(&UpdateLock);
    }
    BaseFree(OwnName);
    BaseFree(OwnType);
    return Result;
}

BOOL WINAPI EndUpdateResourceW(HANDLE Handle, BOOL Discard)
{
    UPDATE *Update = NULL;

    RtlAcquireSRWLockExclusive(&UpdateLock);
    UPDATE **Link = FindUpdate(Handle);
    if (Link != NULL) {
        Update = *Link;
        *Link = Update->Next;
    }
    RtlReleaseSRWLockExclusive(&UpdateLock);
    if (Update == NULL) {
        return FALSE;
    }
    BOOL Result = Discard || BaseWriteResources(Update->FileName, &Update->List);
    DWORD Error = GetLastError();
    FreeUpdate(Update);
    return Result || BaseFail(Error);
}

HANDLE WINAPI BeginUpdateResourceA(LPCSTR FileName, BOOL DeleteExisting)
{
    LPWSTR Wide;
    HANDLE Update = BaseFileToWide(FileName, &Wide) ? BeginUpdateResourceW(Wide, DeleteExisting) : NULL;

    BaseFree(Wide);
    return Update;
}

BOOL WINAPI UpdateResourceA(HANDLE Handle, LPCSTR Type, LPCSTR Name, WORD Language, LPVOID Data, DWORD Size)
{
    LPWSTR WideType = NULL, WideName = NULL;
    BOOL Result = BaseResourceNameToWide(Type, &WideType) && BaseResourceNameToWide(Name, &WideName) &&
                  UpdateResourceW(Handle, WideType, WideName, Language, Data, Size);

    BaseFreeResourceName(WideName);
    BaseFreeResourceName(WideType);
    return Result;
}

BOOL WINAPI EndUpdateResourceA(HANDLE Handle, BOOL Discard)
{
    return EndUpdateResourceW(Handle, Discard);
}
