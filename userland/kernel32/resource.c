/* SPDX-License-Identifier: MIT */
/*
 * resource.c - the FindResource family: the resource tree of a module (type, name, language), walked by ntdll.
 *
 * An HRSRC is the address of the leaf in the image; a loaded resource is the address of its data, so LockResource has nothing to do.
 * A name is a string, "#123", or an integer below 65536.
 */
#include "k32.h"

/* What LdrFindResource_U takes: an integer or an upper-case string, which *Own keeps. */
BOOL BaseResourceName(LPCWSTR Name, ULONG_PTR *Value, LPWSTR *Own)
{
    *Own = NULL;
    if ((ULONG_PTR)Name >> 16 == 0) {
        *Value = (ULONG_PTR)Name;
        return TRUE;
    }
    if (Name[0] == L'#') {
        UNICODE_STRING Number;
        ULONG Integer;
        RtlInitUnicodeString(&Number, Name + 1);
        if (!NT_SUCCESS(RtlUnicodeStringToInteger(&Number, 10, &Integer)) || Integer > 0xFFFF) {
            return BaseFail(ERROR_INVALID_PARAMETER);
        }
        *Value = Integer;
        return TRUE;
    }
    SIZE_T Length = wcslen(Name);
    *Own = BaseAllocate((Length + 1) * sizeof(WCHAR));
    if (*Own == NULL) {
        return FALSE;
    }
    for (SIZE_T i = 0; i <= Length; i++) {
        (*Own)[i] = RtlUpcaseUnicodeChar(Name[i]);
    }
    *Value = (ULONG_PTR)*Own;
    return TRUE;
}

static PVOID ModuleBase(HMODULE Module)
{
    return Module != NULL ? (PVOID)Module : BasePeb()->ImageBaseAddress;
}

HRSRC WINAPI FindResourceExW(HMODULE Module, LPCWSTR Type, LPCWSTR Name, WORD Language)
{
    LPWSTR OwnType = NULL, OwnName = NULL;
    LDR_RESOURCE_INFO Info = {.Language = Language};
    IMAGE_RESOURCE_DATA_ENTRY *Entry = NULL;

    if (BaseResourceName(Type, &Info.Type, &OwnType) && BaseResourceName(Name, &Info.Name, &OwnName)) {
        BaseResult(LdrFindResource_U(ModuleBase(Module), &Info, 3, &Entry));
    }
    BaseFree(OwnName);
    BaseFree(OwnType);
    return (HRSRC)Entry;
}

HRSRC WINAPI FindResourceW(HMODULE Module, LPCWSTR Name, LPCWSTR Type)
{
    return FindResourceExW(Module, Type, Name, MAKELANGID(LANG_NEUTRAL, SUBLANG_NEUTRAL));
}

BOOL BaseResourceNameToWide(LPCSTR Name, LPWSTR *Wide)
{
    if ((ULONG_PTR)Name >> 16 == 0) {
        *Wide = (LPWSTR)(PVOID)Name;
        return TRUE;
    }
    return BaseToWide(Name, Wide);
}

void BaseFreeResourceName(LPWSTR Wide)
{
    if ((ULONG_PTR)Wide >> 16 != 0) {
        BaseFree(Wide);
    }
}

HRSRC WINAPI FindResourceExA(HMODULE Module, LPCSTR Type, LPCSTR Name, WORD Language)
{
    LPWSTR WideType = NULL, WideName = NULL;
    HRSRC Found = NULL;

    if (BaseResourceNameToWide(Type, &WideType) && BaseResourceNameToWide(Name, &WideName)) {
        Found = FindResourceExW(Module, WideType, WideName, Language);
    }
    BaseFreeResourceName(WideName);
    BaseFreeResourceName(WideType);
    return Found;
}

HRSRC WINAPI FindResourceA(HMODULE Module, LPCSTR Name, LPCSTR Type)
{
    return FindResourceExA(Module, Type, Name, MAKELANGID(LANG_NEUTRAL, SUBLANG_NEUTRAL));
}

HGLOBAL WINAPI LoadResource(HMODULE Module, HRSRC Resource)
{
    PVOID Data = NULL;

    if (Resource == NULL) {
        return NULL;
    }
    return BaseResult(LdrAccessResource(ModuleBase(Module), (PIMAGE_RESOURCE_DATA_ENTRY)Resource, &Data, NULL)) ? Data : NULL;
}

LPVOID WINAPI LockResource(HGLOBAL Resource)
{
    return Resource;
}

BOOL WINAPI FreeResource(HGLOBAL Resource)
{
    UNUSED(Resource);
    return FALSE;
}

DWORD WINAPI SizeofResource(HMODULE Module, HRSRC Resource)
{
    ULONG Size = 0;

    if (Resource == NULL) {
        return (DWORD)BaseFail(ERROR_RESOURCE_NAME_NOT_FOUND);
    }
    return BaseResult(LdrAccessResource(ModuleBase(Module), (PIMAGE_RESOURCE_DATA_ENTRY)Resource, NULL, &Size)) ? Size : 0;
}
