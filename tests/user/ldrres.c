/* SPDX-License-Identifier: MIT */
/*
 * ldrres.c - resources of a loaded DLL, of a file mapped as data and of one mapped as an image: finding, languages, enumerating, errors.
 */
#include <windows.h>
#include <string.h>
#include "tap.h"

static char Enumerated[256];
static int StopAfter;

static void Text(HMODULE Module, HRSRC Found, const char *Wanted, const char *What)
{
    HGLOBAL Loaded = Found != NULL ? LoadResource(Module, Found) : NULL;
    const char *Data = Loaded != NULL ? LockResource(Loaded) : NULL;

    if (!Ok(Data != NULL && SizeofResource(Module, Found) == strlen(Wanted) && memcmp(Data, Wanted, strlen(Wanted)) == 0, "%s: %s", What, Wanted)) {
        printf("#   error %lu\n", GetLastError());
    }
}

static void Fails(HRSRC Found, DWORD Error, const char *What)
{
    DWORD Got = GetLastError();

    if (!Ok(Found == NULL && Got == Error, "%s: error %lu", What, Error)) {
        printf("#   error %lu\n", Got);
    }
}

static void Finding(HMODULE Module, const char *How)
{
    const WORD English = MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), German = MAKELANGID(LANG_GERMAN, SUBLANG_GERMAN);

    printf("# %s\n", How);
    Text(Module, FindResourceA(Module, MAKEINTRESOURCEA(2), (LPCSTR)RT_RCDATA), "two, English", "by number");
    Text(Module, FindResourceA(Module, "named", (LPCSTR)RT_RCDATA), "named", "by name, in any case");
    Text(Module, FindResourceA(Module, "#2", "#10"), "two, English", "by a number as text");
    Text(Module, FindResourceA(Module, "other", "mytype"), "other of my type", "a type of one's own");
    Text(Module, FindResourceW(Module, L"OTHER", L"MYTYPE"), "other of my type", "wide");
    Text(Module, FindResourceExA(Module, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(1), English), "one, English", "in English");
    Text(Module, FindResourceExA(Module, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(1), German), "one, German", "in German");
    Text(Module, FindResourceExA(Module, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(3), German), "three, neutral", "neutral for want of German");
    Text(Module, FindResourceA(Module, MAKEINTRESOURCEA(4), (LPCSTR)RT_RCDATA), "four, only German", "any language at all");
    Fails(FindResourceExA(Module, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(4), English), ERROR_RESOURCE_LANG_NOT_FOUND, "not in English");
    Fails(FindResourceA(Module, MAKEINTRESOURCEA(99), (LPCSTR)RT_RCDATA), ERROR_RESOURCE_NAME_NOT_FOUND, "no such name");
    Fails(FindResourceA(Module, MAKEINTRESOURCEA(1), (LPCSTR)RT_ICON), ERROR_RESOURCE_TYPE_NOT_FOUND, "no such type");
}

static BOOL CALLBACK Type(HMODULE Module, LPSTR Name, LONG_PTR Parameter)
{
    if ((ULONG_PTR)Name >> 16 == 0) {
        sprintf(Enumerated + strlen(Enumerated), "%u ", (unsigned)(ULONG_PTR)Name);
    } else {
        sprintf(Enumerated + strlen(Enumerated), "%s ", Name);
    }
    return Parameter == 4711 && --StopAfter != 0;
}

static BOOL CALLBACK Name(HMODULE Module, LPCSTR OfType, LPSTR Name, LONG_PTR Parameter)
{
    return Type(Module, Name, Parameter);
}

static BOOL CALLBACK Language(HMODULE Module, LPCSTR OfType, LPCSTR Name, WORD Id, LONG_PTR Parameter)
{
    sprintf(Enumerated + strlen(Enumerated), "%x ", Id);
    return Parameter == 4711 && --StopAfter != 0;
}

static void Expect(BOOL Result, const char *Wanted, const char *What)
{
    if (!Ok(Result && strcmp(Enumerated, Wanted) == 0, "%s: %s", What, Wanted)) {
        printf("#   %d, error %lu: %s\n", Result, GetLastError(), Enumerated);
    }
    Enumerated[0] = 0;
    StopAfter = 100;
}

static void Enumerating(HMODULE Module)
{
    StopAfter = 100;
    Expect(EnumResourceTypesA(Module, Type, 4711), "MYTYPE 10 ", "all types");
    Expect(EnumResourceNamesA(Module, (LPCSTR)RT_RCDATA, Name, 4711), "NAMED 1 2 3 4 ", "all names of a type");
    Expect(EnumResourceLanguagesA(Module, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(1), Language, 4711), "407 409 ", "all languages of a name");
    StopAfter = 2;
    Ok(!EnumResourceNamesA(Module, (LPCSTR)RT_RCDATA, Name, 4711) && GetLastError() == ERROR_RESOURCE_ENUM_USER_STOP, "stopped");
    Expect(TRUE, "NAMED 1 ", "after two");
    Ok(!EnumResourceNamesA(Module, (LPCSTR)RT_ICON, Name, 4711) && GetLastError() == ERROR_RESOURCE_TYPE_NOT_FOUND, "no such type");
    Ok(!EnumResourceLanguagesA(Module, (LPCSTR)RT_RCDATA, "nobody", Language, 4711) && GetLastError() == ERROR_RESOURCE_NAME_NOT_FOUND,
       "no such name");
}

int main(void)
{
    HMODULE Loaded = LoadLibraryA("ldrres.dll"), Data, Image;
    HMODULE Plain = LoadLibraryA("ldrlog.dll");

    Finding(Loaded, "loaded");
    Enumerating(Loaded);
    Fails(FindResourceA(Plain, MAKEINTRESOURCEA(1), (LPCSTR)RT_RCDATA), ERROR_RESOURCE_DATA_NOT_FOUND, "a DLL without resources");
    FreeLibrary(Loaded);
    Ok(GetModuleHandleA("ldrres.dll") == NULL, "unloaded");

    Data = LoadLibraryExA("ldrres.dll", NULL, LOAD_LIBRARY_AS_DATAFILE);
    Ok(Data != NULL && ((ULONG_PTR)Data & 1), "a data file's handle has the low bit set");
    Ok(GetModuleHandleA("ldrres.dll") == NULL, "and is in no list");
    Finding(Data, "as data");
    Enumerating(Data);
    Ok(GetProcAddress(Data, "Nothing") == NULL, "it has no functions");
    Ok(FreeLibrary(Data), "freed");

    Image = LoadLibraryExA("ldrres.dll", NULL, LOAD_LIBRARY_AS_IMAGE_RESOURCE);
    Ok(Image != NULL && ((ULONG_PTR)Image & 2), "an image resource's handle has the next bit set");
    Finding(Image, "as an image");
    Ok(FreeLibrary(Image), "freed");

    Data = LoadLibraryExA("ldrres.dll", NULL, LOAD_LIBRARY_AS_DATAFILE | LOAD_LIBRARY_AS_IMAGE_RESOURCE);
    Text(Data, FindResourceA(Data, MAKEINTRESOURCEA(2), (LPCSTR)RT_RCDATA), "two, English", "both flags, as everybody passes them");
    FreeLibrary(Data);
    SetLastError(0);
    Ok(LoadLibraryExA("ldrnowhere.dll", NULL, LOAD_LIBRARY_AS_DATAFILE) == NULL && GetLastError() == ERROR_FILE_NOT_FOUND, "no such file");
    return Done();
}
