/* SPDX-License-Identifier: MIT */
/*
 * resupdate.c - BeginUpdateResource, UpdateResource, EndUpdateResource: what is written is found, the program still runs, everything else in the file is
 * as it was; growing, shrinking, deleting, discarding; what is refused.
 *
 * usage: resupdate            the test
 *        resupdate find WHAT  a copy of it that was updated: finds WHAT in itself
 */
#include <windows.h>
#include <stdlib.h>
#include <string.h>
#include "win32.h"

#define FOUND 42
#define LARGE 300000
#define ENGLISH MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US)
#define GERMAN MAKELANGID(LANG_GERMAN, SUBLANG_GERMAN)

static char Folder[MAX_PATH], Copy[MAX_PATH];
static char Listed[512];

/* ---- helpers ----------------------------------------------------------------------------------------------------------------------------- */

/* A fresh copy of a file beside this program, or of the program itself. */
static void FreshCopy(const char *Name, const char *As)
{
    char From[MAX_PATH];

    GetModuleFileNameA(NULL, From, sizeof(From));
    if (Name != NULL) {
        strcpy(strrchr(From, '\\') + 1, Name);
    }
    sprintf(Copy, "%s%s", Folder, As);
    SetFileAttributesA(Copy, FILE_ATTRIBUTE_NORMAL);
    if (!CopyFileA(From, Copy, FALSE)) {
        Ok(0, "copying %s to %s: error %lu", From, Copy, GetLastError());
    }
}

static char *Contents(DWORD *Size)
{
    HANDLE File = CreateFileA(Copy, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    char *Data;

    *Size = GetFileSize(File, NULL);
    Data = malloc(*Size + 1);
    ReadFile(File, Data, *Size, Size, NULL);
    CloseHandle(File);
    return Data;
}

static void WriteContents(const char *Name, const void *Data, DWORD Size)
{
    HANDLE File = CreateFileA(Name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);

    WriteFile(File, Data, Size, &Size, NULL);
    CloseHandle(File);
}

/* One change; a null text deletes. */
static int Change(BOOL Forget, LPCSTR Type, LPCSTR Name, WORD Language, const void *Data, DWORD Size)
{
    HANDLE Update = BeginUpdateResourceA(Copy, Forget);

    int Good = Update != NULL && UpdateResourceA(Update, Type, Name, Language, (void *)Data, Size) && EndUpdateResourceA(Update, FALSE);

    if (!Good) {
        printf("#   error %lu\n", GetLastError());
    }
    return Good;
}

/* A process is signalled before the system has let go of its program's file: waits until that may be written again. */
static void WaitForFile(void)
{
    HANDLE File;

    for (ULONGLONG End = GetTickCount64() + LONG_TIME; GetTickCount64() < End; Sleep(1)) {
        File = CreateFileA(Copy, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
        if (File != INVALID_HANDLE_VALUE) {
            CloseHandle(File);
            return;
        }
    }
}

static DWORD RunCopy(const char *What)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    char Line[MAX_PATH * 2];
    DWORD Code = 0xDEAD;

    sprintf(Line, "\"%s\" find %s", Copy, What);
    if (!CreateProcessA(Copy, Line, NULL, NULL, FALSE, 0, NULL, NULL, &Startup, &Process)) {
        return GetLastError();
    }
    WaitForSingleObject(Process.hProcess, LONG_TIME);
    GetExitCodeProcess(Process.hProcess, &Code);
    CloseHandle(Process.hThread);
    CloseHandle(Process.hProcess);
    WaitForFile();
    return Code;
}

static int Finds(HMODULE Module, LPCSTR Type, LPCSTR Name, WORD Language, const void *Data, DWORD Size)
{
    HRSRC Found = FindResourceExA(Module, Type, Name, Language);

    return Found != NULL && SizeofResource(Module, Found) == Size && memcmp(LockResource(LoadResource(Module, Found)), Data, Size) == 0;
}

static BOOL CALLBACK List(HMODULE Module, LPSTR Name, LONG_PTR Parameter)
{
    if ((ULONG_PTR)Name >> 16 == 0) {
        sprintf(Listed + strlen(Listed), "%u ", (unsigned)(ULONG_PTR)Name);
    } else {
        sprintf(Listed + strlen(Listed), "%s ", Name);
    }
    return TRUE;
}

static BOOL CALLBACK ListName(HMODULE Module, LPCSTR Type, LPSTR Name, LONG_PTR Parameter)
{
    return List(Module, Name, Parameter);
}

static BOOL CALLBACK ListLanguage(HMODULE Module, LPCSTR Type, LPCSTR Name, WORD Language, LONG_PTR Parameter)
{
    sprintf(Listed + strlen(Listed), "%x ", Language);
    return TRUE;
}

static void Enumerated(BOOL Result, const char *Wanted, const char *What)
{
    if (!Ok(Result && strcmp(Listed, Wanted) == 0, "%s: %s", What, Wanted)) {
        printf("#   %d, error %lu: %s\n", Result, GetLastError(), Listed);
    }
    Listed[0] = 0;
}

static IMAGE_NT_HEADERS64 *Headers(char *Data)
{
    return (IMAGE_NT_HEADERS64 *)(Data + ((IMAGE_DOS_HEADER *)Data)->e_lfanew);
}

/* The check sum is 0, or right. */
static int CheckSumHolds(char *Data, DWORD Size)
{
    DWORD Given = Headers(Data)->OptionalHeader.CheckSum, Sum = 0;

    Headers(Data)->OptionalHeader.CheckSum = 0;
    Data[Size] = 0;
    for (DWORD At = 0; At < Size; At += 2) {
        Sum += *(USHORT *)(Data + At);
        Sum = (Sum & 0xFFFF) + (Sum >> 16);
    }
    return Given == 0 || Given == Sum + Size;
}

/* Of a file's section of this name: its bytes, as far as it has them; null if it has none. */
static char *Section(char *Data, const char *Name, DWORD *Size)
{
    IMAGE_SECTION_HEADER *Header = IMAGE_FIRST_SECTION(Headers(Data));

    for (int Index = 0; Index < Headers(Data)->FileHeader.NumberOfSections; Index++, Header++) {
        if (strncmp((char *)Header->Name, Name, 8) == 0) {
            *Size = Header->Misc.VirtualSize < Header->SizeOfRawData ? Header->Misc.VirtualSize : Header->SizeOfRawData;
            return Data + Header->PointerToRawData;
        }
    }
    return NULL;
}

/* All sections but these two are what they were. */
static int SameSections(char *Old, char *New)
{
    IMAGE_SECTION_HEADER *Header = IMAGE_FIRST_SECTION(Headers(Old));
    int Same = 1;

    for (int Index = 0; Index < Headers(Old)->FileHeader.NumberOfSections; Index++, Header++) {
        char Name[9] = "";
        DWORD Size = 0, NewSize = 0;
        memcpy(Name, Header->Name, 8);
        char *Before = Section(Old, Name, &Size), *After = Section(New, Name, &NewSize);
        if (strcmp(Name, ".rsrc") != 0 && (After == NULL || Size != NewSize || memcmp(Before, After, Size) != 0)) {
            printf("#   %s\n", Name);
            Same = 0;
        }
    }
    return Same;
}

/* ---- a program without resources --------------------------------------------------------------------------------------------------------- */

static void Programs(void)
{
    static char Large[LARGE];
    DWORD OldSize, Size;

    memset(Large, 'L', sizeof(Large));
    FreshCopy(NULL, "upd1.exe");
    char *Old = Contents(&OldSize);
    Ok(RunCopy("first") != FOUND, "a program without resources finds nothing");
    Ok(Change(FALSE, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(1), ENGLISH, "first", 5), "it gets one");
    Is(RunCopy("first"), FOUND, "runs, and finds it in itself");
    char *New = Contents(&Size);
    Ok(CheckSumHolds(New, Size), "the check sum");
    Ok(SameSections(Old, New), "the other sections are as they were");
    Is(memcmp(Old + OldSize - 4, New + Size - 4, 4), 0, "so is the end of the file");
    free(New);
    Ok(Change(FALSE, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(1), ENGLISH, Large, LARGE), "another in its place, much larger");
    Is(RunCopy("large"), FOUND, "runs, and finds it");
    New = Contents(&Size);
    Ok(Size > OldSize + LARGE && SameSections(Old, New), "the other sections are as they were");
    free(New);
    Ok(Change(FALSE, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(1), ENGLISH, "first", 5), "small again");
    Is(RunCopy("first"), FOUND, "runs, and finds it");
    Ok(Change(FALSE, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(1), ENGLISH, NULL, 0), "deleted");
    Ok(RunCopy("first") != FOUND, "it is gone");
    New = Contents(&Size);
    Ok(Size < OldSize + 0x3000, "and so is the room it took");
    free(New);
    free(Old);
}

/* What stands behind the sections comes along; the program may look for it at the end of its file. */
static void Overlay(void)
{
    static const char Tail[] = "what a self-extractor carries!";
    DWORD Size;

    FreshCopy(NULL, "upd2.exe");
    char *Data = Contents(&Size);
    HANDLE File = CreateFileA(Copy, FILE_APPEND_DATA, 0, NULL, OPEN_EXISTING, 0, NULL);
    WriteFile(File, Tail, sizeof(Tail), &Size, NULL);
    CloseHandle(File);
    free(Data);
    Ok(Change(FALSE, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(1), ENGLISH, "first", 5), "a program with data behind it");
    Data = Contents(&Size);
    Is(memcmp(Data + Size - sizeof(Tail), Tail, sizeof(Tail)), 0, "keeps them");
    Ok(CheckSumHolds(Data, Size), "they count in the check sum");
    Is(RunCopy("first"), FOUND, "and runs");
    free(Data);
}

/* A signature of the file as it was cannot be one of the file as it is; whatever becomes of it, the header does not lead out of the file. */
static void Certificates(void)
{
    DWORD Certificate[4] = {16, 0x00020200 /* revision 2, PKCS #7 */, 0x1234, 0x5678}, Size;

    FreshCopy("resreloc.dll", "upd8.dll");
    char *Data = Contents(&Size);
    IMAGE_DATA_DIRECTORY *Directory = &Headers(Data)->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_SECURITY];
    *Directory = (IMAGE_DATA_DIRECTORY){Size, sizeof(Certificate)};
    Data = realloc(Data, Size + sizeof(Certificate));
    memcpy(Data + Size, Certificate, sizeof(Certificate));
    WriteContents(Copy, Data, Size + sizeof(Certificate));
    free(Data);
    Ok(Change(FALSE, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(2), ENGLISH, NULL, 0), "a signed DLL gets smaller");
    Data = Contents(&Size);
    Directory = &Headers(Data)->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_SECURITY];
    Ok(Directory->VirtualAddress == 0 || Directory->VirtualAddress + Directory->Size <= Size, "no certificate outside the file");
    Ok(CheckSumHolds(Data, Size), "the check sum");
    free(Data);
    HMODULE Module = LoadLibraryA(Copy);
    Ok(Module != NULL && Finds(Module, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(1), ENGLISH, "one, English", 12), "it loads");
    FreeLibrary(Module);
}

/* ---- a DLL with resources ---------------------------------------------------------------------------------------------------------------- */

static void Trees(void)
{
    HMODULE Module;

    FreshCopy("ldrres.dll", "upd3.dll");
    HANDLE Update = BeginUpdateResourceW(L"upd3.dll", FALSE);
    Ok(Update != NULL, "a DLL, by a name in the current directory");
    Ok(UpdateResourceW(Update, L"mytype", L"Second", 0, "second", 6), "a name of one's own type, in any case");
    Ok(UpdateResourceA(Update, "#10", "#5", GERMAN, "five", 4), "numbers as text");
    Ok(UpdateResourceA(Update, "ATYPE", "empty", 0, "", 0), "a resource of no bytes");
    Ok(UpdateResourceA(Update, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(2), ENGLISH, "2, English", 10), "one replaced");
    Ok(UpdateResourceA(Update, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(2), GERMAN, "2, German", 9), "one more language");
    Ok(UpdateResourceA(Update, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(3), 0, NULL, 0), "one deleted");
    SetLastError(0);
    Fails(UpdateResourceA(Update, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(1), 0, NULL, 0), ERROR_INVALID_PARAMETER, "what is not there cannot be");
    Ok(EndUpdateResourceW(Update, FALSE), "written");

    Module = LoadLibraryA(Copy);
    Ok(Module != NULL, "the DLL loads");
    Enumerated(EnumResourceTypesA(Module, List, 0), "ATYPE MYTYPE 10 ", "all types");
    Enumerated(EnumResourceNamesA(Module, "MYTYPE", ListName, 0), "OTHER SECOND ", "names");
    Enumerated(EnumResourceNamesA(Module, (LPCSTR)RT_RCDATA, ListName, 0), "NAMED 1 2 4 5 ", "names and numbers");
    Enumerated(EnumResourceLanguagesA(Module, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(2), ListLanguage, 0), "407 409 ", "languages");
    Ok(Finds(Module, "mytype", "other", 0, "other of my type", 16), "what was there");
    Ok(Finds(Module, "MYTYPE", "SECOND", 0, "second", 6), "what is new");
    Ok(Finds(Module, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(5), GERMAN, "five", 4), "by number");
    Ok(Finds(Module, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(2), ENGLISH, "2, English", 10), "in English");
    Ok(Finds(Module, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(2), GERMAN, "2, German", 9), "in German");
    Ok(Finds(Module, "atype", "EMPTY", 0, "", 0), "nothing at all");
    FreeLibrary(Module);

    Ok(Change(TRUE, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(7), 0, "alone", 5), "all others forgotten");
    Module = LoadLibraryExA(Copy, NULL, LOAD_LIBRARY_AS_DATAFILE);
    Enumerated(EnumResourceTypesA(Module, List, 0), "10 ", "one type");
    Enumerated(EnumResourceNamesA(Module, (LPCSTR)RT_RCDATA, ListName, 0), "7 ", "one name");
    FreeLibrary(Module);
}

/* Resources that grow push the relocations on; without room for one more entry in the table of sections, the headers grow. */
static void Moving(const char *Name, const char *As, int Expected)
{
    static char Large[LARGE];
    int(*Odd)(int, int);

    memset(Large, 'L', sizeof(Large));
    FreshCopy(Name, As);
    for (DWORD Size = 10; Size <= LARGE; Size += LARGE / 3) {
        Ok(Change(FALSE, "grows", "it", 0, Large, Size), "%s: %lu bytes", Name, Size);
        HMODULE Module = LoadLibraryA(Copy);
        Ok(Module != NULL && Finds(Module, "grows", "it", 0, Large, Size), "loads, and they are found");
        Odd = Module != NULL ? (void *)GetProcAddress(Module, "Odd") : NULL;
        Is(Odd != NULL ? (unsigned)Odd(1, 14) : 0, (unsigned)Expected, "its code runs");
        FreeLibrary(Module);
    }
}

/* ---- what is refused --------------------------------------------------------------------------------------------------------------------- */

static void Discarding(void)
{
    DWORD OldSize, Size;

    FreshCopy(NULL, "upd4.exe");
    char *Old = Contents(&OldSize);
    HANDLE Update = BeginUpdateResourceA(Copy, FALSE);
    Ok(Update != NULL && UpdateResourceA(Update, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(1), 0, "first", 5), "an update is begun");
    Ok(EndUpdateResourceA(Update, TRUE), "and discarded");
    char *New = Contents(&Size);
    Ok(Size == OldSize && memcmp(Old, New, Size) == 0, "the file is what it was");
    SetLastError(0);
    Fails(EndUpdateResourceA(Update, FALSE), ERROR_INVALID_HANDLE, "an update ends once");
    free(New);
    free(Old);
}

static void Refusals(void)
{
    char Name[MAX_PATH];

    SetLastError(0);
    Fails(BeginUpdateResourceA("nosuch.exe", FALSE) != NULL, ERROR_FILE_NOT_FOUND, "no such file");
    Fails(BeginUpdateResourceA("C:\\nosuch\\a.exe", FALSE) != NULL, ERROR_PATH_NOT_FOUND, "no such folder");
    Fails(UpdateResourceA(NULL, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(1), 0, "a", 1), ERROR_INVALID_HANDLE, "no update");
    Fails(EndUpdateResourceA(NULL, FALSE), ERROR_INVALID_HANDLE, "none to end");
    sprintf(Name, "%stext.exe", Folder);
    WriteContents(Name, "This is no program, though it is as long as the header of one, or what would be one......", 90);
    Fails(BeginUpdateResourceA(Name, FALSE) != NULL, ERROR_BAD_EXE_FORMAT, "no program");
    SetFileAttributesA(Name, FILE_ATTRIBUTE_READONLY);
    Fails(BeginUpdateResourceA(Name, FALSE) != NULL, ERROR_ACCESS_DENIED, "a read-only file");
    SetFileAttributesA(Name, FILE_ATTRIBUTE_NORMAL);
    DeleteFileA(Name);

    FreshCopy(NULL, "upd5.exe");
    HANDLE Update = BeginUpdateResourceA(Copy, FALSE);
    HANDLE Reader = CreateFileA(Copy, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    UpdateResourceA(Update, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(1), 0, "first", 5);
    Fails(EndUpdateResourceA(Update, FALSE), ERROR_OPEN_FAILED, "somebody reads the file");
    CloseHandle(Reader);
    GetModuleFileNameA(NULL, Name, sizeof(Name));
    Ok(BeginUpdateResourceA(Name, FALSE) == NULL, "a program that runs");
}

static int Find(const char *What)
{
    HRSRC Found = FindResourceExA(NULL, (LPCSTR)RT_RCDATA, MAKEINTRESOURCEA(1), ENGLISH);
    const char *Data = Found != NULL ? LockResource(LoadResource(NULL, Found)) : NULL;

    if (Data == NULL) {
        return 1;
    }
    if (strcmp(What, "large") == 0) {
        return SizeofResource(NULL, Found) == LARGE && Data[0] == 'L' && Data[LARGE - 1] == 'L' ? FOUND : 2;
    }
    return SizeofResource(NULL, Found) == strlen(What) && memcmp(Data, What, strlen(What)) == 0 ? FOUND : 3;
}

int main(int Count, char **Arguments)
{
    if (Count == 3) {
        return Find(Arguments[2]);
    }
    GetTempPathA(sizeof(Folder), Folder);
    SetCurrentDirectoryA(Folder);
    Programs();
    Overlay();
    Certificates();
    Trees();
    Moving("resreloc.dll", "upd6.dll", 42);
    Moving("odd\\many.dll", "upd7.dll", 1007);
    Discarding();
    Refusals();
    return Done();
}
