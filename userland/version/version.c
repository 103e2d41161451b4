/* SPDX-License-Identifier: MIT */
/*
 * version.c - the version resource of a file, and the values in it.
 *
 * A version resource is a tree of blocks: length, length of the value, whether the value is text, the key (UTF-16, ended by a zero), the value
 * and the children, both on a multiple of four.  GetFileVersionInfo hands out a copy of the whole; VerQueryValue walks it by a path of keys.
 * A caller's buffer is as long as the root block says, and every child must lie inside its parent.  The A form of a text needs a translation
 * with room for it: the size that GetFileVersionInfoSize reports is twice the resource's, and the upper half takes the translations, as on
 * Windows.
 */
#include "smalldll.h"

#define ALIGN4(p) (((p) + 3) & ~(SIZE_T)3)

typedef struct _VERSION_BLOCK
{
    WORD Length;
    WORD ValueLength;
    WORD Type; /* 1: text, ValueLength counts characters */
    WCHAR Key[];
} VERSION_BLOCK;

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved)
{
    UNUSED(Module);
    UNUSED(Reason);
    UNUSED(Reserved);
    return TRUE;
}

/* The resource, mapped; the module is to be freed. */
static const void *OpenResource(LPCWSTR File, HMODULE *Module, DWORD *Size)
{
    *Module = LoadLibraryExW(File, NULL, LOAD_LIBRARY_AS_DATAFILE | LOAD_LIBRARY_AS_IMAGE_RESOURCE);
    if (*Module == NULL) {
        return NULL;
    }
    HRSRC Found = FindResourceW(*Module, MAKEINTRESOURCEW(1), (LPCWSTR)(ULONG_PTR)16 /* RT_VERSION */);
    HGLOBAL Loaded = Found != NULL ? LoadResource(*Module, Found) : NULL;
    const VERSION_BLOCK *Block = Loaded != NULL ? LockResource(Loaded) : NULL;
    *Size = Found != NULL ? SizeofResource(*Module, Found) : 0;
    if (Block == NULL || *Size < sizeof(*Block) || Block->Length > *Size) {
        FreeLibrary(*Module);
        SetLastError(Found == NULL ? GetLastError() : ERROR_RESOURCE_DATA_NOT_FOUND);
        return NULL;
    }
    *Size = Block->Length;
    return Block;
}

DWORD WINAPI GetFileVersionInfoSizeExW(DWORD Flags, LPCWSTR File, LPDWORD Handle)
{
    HMODULE Module;
    DWORD Size;

    UNUSED(Flags);
    if (Handle != NULL) {
        *Handle = 0;
    }
    if (File == NULL) {
        return (DWORD)Fail(ERROR_INVALID_PARAMETER);
    }
    if (File[0] == 0) {
        return (DWORD)Fail(ERROR_BAD_PATHNAME);
    }
    if (OpenResource(File, &Module, &Size) == NULL) {
        return 0;
    }
    FreeLibrary(Module);
    SetLastError(ERROR_SUCCESS);
    return Size * 2 + 4;
}

BOOL WINAPI GetFileVersionInfoExW(DWORD Flags, LPCWSTR File, DWORD Handle, DWORD Size, LPVOID Data)
{
    HMODULE Module;
    DWORD Length;

    UNUSED(Flags);
    UNUSED(Handle);
    if (Data == NULL) {
        return Fail(ERROR_INVALID_DATA);
    }
    const void *Resource = OpenResource(File, &Module, &Length);
    if (Resource == NULL) {
        return FALSE;
    }
    DWORD Part = Length < Size ? Length : Size;
    memcpy(Data, Resource, Part);
    memset((PUCHAR)Data + Part, 0, Size - Part);
    FreeLibrary(Module);
    SetLastError(ERROR_SUCCESS);
    return TRUE;
}

DWORD WINAPI GetFileVersionInfoSizeW(LPCWSTR File, LPDWORD Handle)
{
    return GetFileVersionInfoSizeExW(FILE_VER_GET_LOCALISED, File, Handle);
}

BOOL WINAPI GetFileVersionInfoW(LPCWSTR File, DWORD Handle, DWORD Size, LPVOID Data)
{
    return GetFileVersionInfoExW(FILE_VER_GET_LOCALISED, File, Handle, Size, Data);
}

DWORD WINAPI GetFileVersionInfoSizeExA(DWORD Flags, LPCSTR File, LPDWORD Handle)
{
    LPWSTR Wide = WideOf(File);
    DWORD Size = GetFileVersionInfoSizeExW(Flags, Wide, Handle);

    Release(Wide);
    return Size;
}

BOOL WINAPI GetFileVersionInfoExA(DWORD Flags, LPCSTR File, DWORD Handle, DWORD Size, LPVOID Data)
{
    LPWSTR Wide = WideOf(File);
    BOOL Result = GetFileVersionInfoExW(Flags, Wide, Handle, Size, Data);

    Release(Wide);
    return Result;
}

DWORD WINAPI GetFileVersionInfoSizeA(LPCSTR File, LPDWORD Handle)
{
    return GetFileVersionInfoSizeExA(FILE_VER_GET_LOCALISED, File, Handle);
}

BOOL WINAPI GetFileVersionInfoA(LPCSTR File, DWORD Handle, DWORD Size, LPVOID Data)
{
    return GetFileVersionInfoExA(FILE_VER_GET_LOCALISED, File, Handle, Size, Data);
}

/* ---- walking ------------------------------------------------------------------------------------------------------------------------ */

static SIZE_T ValueOffset(const VERSION_BLOCK *Block)
{
    return ALIGN4(sizeof(*Block) + (wcslen(Block->Key) + 1) * sizeof(WCHAR));
}

static SIZE_T ValueBytes(const VERSION_BLOCK *Block)
{
    return Block->Type == 1 ? (SIZE_T)Block->ValueLength * sizeof(WCHAR) : Block->ValueLength;
}

static const VERSION_BLOCK *FindChild(const VERSION_BLOCK *Block, LPCWSTR Name, SIZE_T Length)
{
    SIZE_T At = ALIGN4(ValueOffset(Block) + ValueBytes(Block));

    while (At + sizeof(*Block) < Block->Length) {
        const VERSION_BLOCK *Child = (const VERSION_BLOCK *)((const UCHAR *)Block + At);
        if (Child->Length < sizeof(*Child) || At + Child->Length > Block->Length) {
            return NULL;
        }
        if (wcslen(Child->Key) == Length && _wcsnicmp(Child->Key, Name, Length) == 0) {
            return Child;
        }
        At = ALIGN4(At + Child->Length);
    }
    return NULL;
}

static const VERSION_BLOCK *Walk(LPCVOID Data, LPCWSTR Path)
{
    const VERSION_BLOCK *Block = Data;

    while (Block != NULL && *Path != 0) {
        while (*Path == L'\\') {
            Path++;
        }
        SIZE_T Length = wcscspn(Path, L"\\");
        if (Length == 0) {
            break;
        }
        Block = FindChild(Block, Path, Length);
        Path += Length;
    }
    return Block;
}

BOOL WINAPI VerQueryValueW(LPCVOID Data, LPCWSTR Path, LPVOID *Value, PUINT Length)
{
    if (Data == NULL || Value == NULL || Path == NULL || ((const VERSION_BLOCK *)Data)->Length < sizeof(VERSION_BLOCK)) {
        return Fail(ERROR_INVALID_DATA);
    }
    const VERSION_BLOCK *Block = Walk(Data, Path);
    if (Block == NULL) {
        if (Length != NULL) {
            *Length = 0;
        }
        return Fail(ERROR_RESOURCE_TYPE_NOT_FOUND);
    }
    SIZE_T Offset = ValueOffset(Block);
    *Value = (PUCHAR)Block + (Offset < Block->Length ? Offset : Block->Length - sizeof(WCHAR)); /* an empty value is an empty text */
    if (Length != NULL) {
        *Length = Block->ValueLength;
    }
    return TRUE;
}

/* The translation lies as far behind the resource as the text lies in it, so that a second query finds the same place. */
BOOL WINAPI VerQueryValueA(LPCVOID Data, LPCSTR Path, LPVOID *Value, PUINT Length)
{
    LPWSTR Wide = WideOf(Path);
    UINT Count = 0;
    BOOL Result = VerQueryValueW(Data, Wide, Value, &Count);

    if (Result) {
        const VERSION_BLOCK *Root = Data, *Block = Walk(Data, Wide);
        if (Block->Type == 1) {
            LPSTR Target = (LPSTR)Root + ALIGN4(Root->Length) + ((PUCHAR)*Value - (PUCHAR)Root) / 2;
            int Bytes = WideCharToMultiByte(CP_ACP, 0, *Value, (int)Count, Target, (int)Count, NULL, NULL);
            *Value = Target;
            Count = (UINT)Bytes;
        }
    }
    if (Length != NULL) {
        *Length = Count;
    }
    Release(Wide);
    return Result;
}
