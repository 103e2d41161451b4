/* SPDX-License-Identifier: MIT */
/*
 * resenum.c - the EnumResource family: every type, every name of a type, every language of a name.
 *
 * One level of the resource tree at a time, in its own order: names first, then numbers.  Names in the tree are counted, callbacks want
 * them terminated, so each is copied.  A callback that answers FALSE ends the enumeration, which then fails with ERROR_RESOURCE_ENUM_USER_STOP.
 * The ...Ex forms know files of translated resources (MUI) on Windows; there are none here, so RESOURCE_ENUM_LN is all they look at.
 */
#include "k32.h"

#define ENUM_FLAGS (RESOURCE_ENUM_LN | RESOURCE_ENUM_MUI | RESOURCE_ENUM_MUI_SYSTEM | RESOURCE_ENUM_VALIDATE)

/* One enumeration; which callback depends on how many keys are given, and on Ansi. */
typedef struct _ENUMERATION
{
    HMODULE Module;
    BOOL Ansi;
    LPCVOID Type, Name; /* as the caller gave them: they go to the callback */
    PVOID Routine;
    LONG_PTR Parameter;
} ENUMERATION;

static LPSTR NarrowName(LPCWSTR Name)
{
    int Length = WideCharToMultiByte(CP_ACP, 0, Name, -1, NULL, 0, NULL, NULL);
    LPSTR Narrow = BaseAllocate((SIZE_T)Length + 1);

    if (Narrow != NULL) {
        WideCharToMultiByte(CP_ACP, 0, Name, -1, Narrow, Length, NULL, NULL);
    }
    return Narrow;
}

static BOOL CallWithName(const ENUMERATION *Enumeration, ULONG Level, LPVOID Name)
{
    if (Level == 0) {
        return Enumeration->Ansi ? ((ENUMRESTYPEPROCA)Enumeration->Routine)(Enumeration->Module, Name, Enumeration->Parameter)
                                 : ((ENUMRESTYPEPROCW)Enumeration->Routine)(Enumeration->Module, Name, Enumeration->Parameter);
    }
    return Enumeration->Ansi
               ? ((ENUMRESNAMEPROCA)Enumeration->Routine)(Enumeration->Module, Enumeration->Type, Name, Enumeration->Parameter)
               : ((ENUMRESNAMEPROCW)Enumeration->Routine)(Enumeration->Module, Enumeration->Type, Name, Enumeration->Parameter);
}

static BOOL CallForString(const ENUMERATION *Enumeration, ULONG Level, const IMAGE_RESOURCE_DIR_STRING_U *String)
{
    LPWSTR Wide = BaseAllocate((String->Length + 1) * sizeof(WCHAR));
    LPSTR Narrow = NULL;
    BOOL Result = FALSE;

    if (Wide == NULL) {
        return FALSE;
    }
    memcpy(Wide, String->NameString, String->Length * sizeof(WCHAR));
    Wide[String->Length] = 0;
    if (Enumeration->Ansi) {
        Narrow = NarrowName(Wide);
    }
    if (!Enumeration->Ansi || Narrow != NULL) {
        Result = CallWithName(Enumeration, Level, Enumeration->Ansi ? (LPVOID)Narrow : (LPVOID)Wide);
    }
    BaseFree(Narrow);
    BaseFree(Wide);
    return Result;
}

static BOOL CallForEntry(const ENUMERATION *Enumeration, ULONG Level, const UCHAR *Root, const IMAGE_RESOURCE_DIRECTORY_ENTRY *Entry)
{
    if (Level == 2) { /* a language is always a number */
        return Enumeration->Ansi ? ((ENUMRESLANGPROCA)Enumeration->Routine)(Enumeration->Module, Enumeration->Type, Enumeration->Name,
                                                                           Entry->Id, Enumeration->Parameter)
                                 : ((ENUMRESLANGPROCW)Enumeration->Routine)(Enumeration->Module, Enumeration->Type, Enumeration->Name,
                                                                           Entry->Id, Enumeration->Parameter);
    }
    if (Entry->NameIsString) {
        return CallForString(Enumeration, Level, (const VOID *)(Root + Entry->NameOffset));
    }
    return CallWithName(Enumeration, Level, (LPVOID)(ULONG_PTR)Entry->Id);
}

/* Level 0: types; 1: names of Keys[0]; 2: languages of Keys[0], Keys[1]. */
static BOOL Enumerate(const ENUMERATION *Enumeration, ULONG Level, LPCWSTR Type, LPCWSTR Name)
{
    PVOID Base = Enumeration->Module != NULL ? (PVOID)Enumeration->Module : BasePeb()->ImageBaseAddress;
    LPWSTR OwnType = NULL, OwnName = NULL;
    LDR_RESOURCE_INFO Info = {0};
    PIMAGE_RESOURCE_DIRECTORY Root, Directory;
    BOOL Result = FALSE;

    if (Enumeration->Routine == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if ((Level < 1 || BaseResourceName(Type, &Info.Type, &OwnType)) && (Level < 2 || BaseResourceName(Name, &Info.Name, &OwnName)) &&
        BaseResult(LdrFindResourceDirectory_U(Base, &Info, 0, &Root)) &&
        BaseResult(LdrFindResourceDirectory_U(Base, &Info, Level, &Directory))) {
        const IMAGE_RESOURCE_DIRECTORY_ENTRY *Entry = (const VOID *)(Directory + 1);
        ULONG Count = Directory->NumberOfNamedEntries + Directory->NumberOfIdEntries;
        Result = TRUE;
        for (ULONG Index = 0; Index < Count && Result; Index++) {
            if (!CallForEntry(Enumeration, Level, (const UCHAR *)Root, &Entry[Index])) {
                Result = BaseFail(ERROR_RESOURCE_ENUM_USER_STOP);
            }
        }
    }
    BaseFree(OwnName);
    BaseFree(OwnType);
    return Result;
}

/* The same with keys in the ANSI code page. */
static BOOL EnumerateAnsi(ENUMERATION *Enumeration, ULONG Level)
{
    LPWSTR Type = NULL, Name = NULL;
    BOOL Result = FALSE;

    Enumeration->Ansi = TRUE;
    if ((Level < 1 || BaseResourceNameToWide(Enumeration->Type, &Type)) && (Level < 2 || BaseResourceNameToWide(Enumeration->Name, &Name))) {
        Result = Enumerate(Enumeration, Level, Type, Name);
    }
    BaseFreeResourceName(Name);
    BaseFreeResourceName(Type);
    return Result;
}

static BOOL ValidFlags(DWORD Flags)
{
    return Flags & ~(DWORD)ENUM_FLAGS ? BaseFail(ERROR_INVALID_PARAMETER) : TRUE;
}

/* What lies outside the module itself (MUI files) is not there: nothing to enumerate, no error. */
static BOOL WantsModule(DWORD Flags)
{
    return Flags == 0 || (Flags & RESOURCE_ENUM_LN);
}

BOOL WINAPI EnumResourceTypesExW(HMODULE Module, ENUMRESTYPEPROCW Routine, LONG_PTR Parameter, DWORD Flags, LANGID Language)
{
    ENUMERATION Enumeration = {Module, FALSE, NULL, NULL, (PVOID)Routine, Parameter};

    UNUSED(Language);
    return ValidFlags(Flags) && (!WantsModule(Flags) || Enumerate(&Enumeration, 0, NULL, NULL));
}

BOOL WINAPI EnumResourceTypesExA(HMODULE Module, ENUMRESTYPEPROCA Routine, LONG_PTR Parameter, DWORD Flags, LANGID Language)
{
    ENUMERATION Enumeration = {Module, TRUE, NULL, NULL, (PVOID)Routine, Parameter};

    UNUSED(Language);
    return ValidFlags(Flags) && (!WantsModule(Flags) || EnumerateAnsi(&Enumeration, 0));
}

BOOL WINAPI EnumResourceTypesW(HMODULE Module, ENUMRESTYPEPROCW Routine, LONG_PTR Parameter)
{
    return EnumResourceTypesExW(Module, Routine, Parameter, 0, 0);
}

BOOL WINAPI EnumResourceTypesA(HMODULE Module, ENUMRESTYPEPROCA Routine, LONG_PTR Parameter)
{
    return EnumResourceTypesExA(Module, Routine, Parameter, 0, 0);
}

BOOL WINAPI EnumResourceNamesExW(HMODULE Module, LPCWSTR Type, ENUMRESNAMEPROCW Routine, LONG_PTR Parameter, DWORD Flags, LANGID Language)
{
    ENUMERATION Enumeration = {Module, FALSE, Type, NULL, (PVOID)Routine, Parameter};

    UNUSED(Language);
    return ValidFlags(Flags) && (!WantsModule(Flags) || Enumerate(&Enumeration, 1, Type, NULL));
}

BOOL WINAPI EnumResourceNamesExA(HMODULE Module, LPCSTR Type, ENUMRESNAMEPROCA Routine, LONG_PTR Parameter, DWORD Flags, LANGID Language)
{
    ENUMERATION Enumeration = {Module, TRUE, Type, NULL, (PVOID)Routine, Parameter};

    UNUSED(Language);
    return ValidFlags(Flags) && (!WantsModule(Flags) || EnumerateAnsi(&Enumeration, 1));
}

BOOL WINAPI EnumResourceNamesW(HMODULE Module, LPCWSTR Type, ENUMRESNAMEPROCW Routine, LONG_PTR Parameter)
{
    return EnumResourceNamesExW(Module, Type, Routine, Parameter, 0, 0);
}

BOOL WINAPI EnumResourceNamesA(HMODULE Module, LPCSTR Type, ENUMRESNAMEPROCA Routine, LONG_PTR Parameter)
{
    return EnumResourceNamesExA(Module, Type, Routine, Parameter, 0, 0);
}

BOOL WINAPI EnumResourceLanguagesExW(HMODULE Module, LPCWSTR Type, LPCWSTR Name, ENUMRESLANGPROCW Routine, LONG_PTR Parameter, DWORD Flags,
                                     LANGID Language)
{
    ENUMERATION Enumeration = {Module, FALSE, Type, Name, (PVOID)Routine, Parameter};

    UNUSED(Language);
    return ValidFlags(Flags) && (!WantsModule(Flags) || Enumerate(&Enumeration, 2, Type, Name));
}

BOOL WINAPI EnumResourceLanguagesExA(HMODULE Module, LPCSTR Type, LPCSTR Name, ENUMRESLANGPROCA Routine, LONG_PTR Parameter, DWORD Flags,
                                     LANGID Language)
{
    ENUMERATION Enumeration = {Module, TRUE, Type, Name, (PVOID)Routine, Parameter};

    UNUSED(Language);
    return ValidFlags(Flags) && (!WantsModule(Flags) || EnumerateAnsi(&Enumeration, 2));
}

BOOL WINAPI EnumResourceLanguagesW(HMODULE Module, LPCWSTR Type, LPCWSTR Name, ENUMRESLANGPROCW Routine, LONG_PTR Parameter)
{
    return EnumResourceLanguagesExW(Module, Type, Name, Routine, Parameter, 0, 0);
}

BOOL WINAPI EnumResourceLanguagesA(HMODULE Module, LPCSTR Type, LPCSTR Name, ENUMRESLANGPROCA Routine, LONG_PTR Parameter)
{
    return EnumResourceLanguagesExA(Module, Type, Name, Routine, Parameter, 0, 0);
}
