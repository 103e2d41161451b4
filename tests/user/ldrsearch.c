/* SPDX-License-Identifier: MIT */
/*
 * ldrsearch.c - where a DLL is looked for: the program's folder, SetDllDirectory, System32, the current directory, PATH; LoadLibraryEx' flags,
 * AddDllDirectory, SetDefaultDllDirectories; KnownDLLs before all.  ldrwhere.dll lies in several folders and says in which; ldronly.dll lies in
 * `sub` alone; ldrdep.dll needs ldrwhere.dll.
 */
#include <windows.h>
#include <string.h>
#include "tap.h"

static char Home[MAX_PATH];

static const char *In(const char *Relative)
{
    static char Paths[4][MAX_PATH + 64];
    static int Next;
    char *Path = Paths[Next++ % 4];

    sprintf(Path, "%s\\%s", Home, Relative);
    return Path;
}

static const WCHAR *InW(const char *Relative)
{
    static WCHAR Paths[4][MAX_PATH + 64];
    static int Next;
    WCHAR *Path = Paths[Next++ % 4];

    MultiByteToWideChar(CP_ACP, 0, In(Relative), -1, Path, MAX_PATH + 64);
    return Path;
}

/* Loads Name with Flags and asks it where it is; "" if it is not found. */
static const char *Where(const char *Name, DWORD Flags, const char *Function)
{
    static char Answer[32];
    HMODULE Module = LoadLibraryExA(Name, NULL, Flags);

    Answer[0] = 0;
    if (Module != NULL) {
        const char *(*Ask)(void) = (const char *(*)(void))(void *)GetProcAddress(Module, Function);
        if (Ask != NULL) {
            strcpy(Answer, Ask());
        }
        FreeLibrary(Module);
    }
    return Answer;
}

static void Expect(const char *Got, const char *Wanted, const char *What)
{
    if (!Ok(strcmp(Got, Wanted) == 0, "%s: %s", What, Wanted[0] != 0 ? Wanted : "not found")) {
        printf("#   got: %s (error %lu)\n", Got, GetLastError());
    }
}

static void Default(void)
{
    Expect(Where("ldrwhere.dll", 0, "Where"), "programs", "the program's folder");
    Expect(Where(In("one\\ldrwhere.dll"), 0, "Where"), "one", "a full path");
    Expect(Where(In("one/../two/ldrwhere"), 0, "Where"), "two", "a winding path without extension");
    Expect(Where("ldronly.dll", 0, "Where"), "", "a folder nobody named");

    SetCurrentDirectoryA(In("sub"));
    Expect(Where("ldronly.dll", 0, "Where"), "only", "the current directory");
    Expect(Where(".\\ldrwhere.dll", 0, "Where"), "sub", "a relative path");
    Expect(Where("ldrwhere.dll", 0, "Where"), "programs", "the program's folder comes first");
    SetDllDirectoryA("");
    Expect(Where("ldronly.dll", 0, "Where"), "", "SetDllDirectory(\"\") takes the current directory out");
    SetDllDirectoryA(NULL);
    SetCurrentDirectoryA(Home);

    SetEnvironmentVariableA("PATH", In("sub"));
    Expect(Where("ldronly.dll", 0, "Where"), "only", "PATH");
    SetEnvironmentVariableA("PATH", "");
}

static void DllDirectory(void)
{
    char Buffer[MAX_PATH + 64];

    Ok(SetDllDirectoryA(In("sub")), "SetDllDirectory");
    Is(GetDllDirectoryA(sizeof(Buffer), Buffer), strlen(In("sub")), "GetDllDirectory: its length");
    Ok(strcmp(Buffer, In("sub")) == 0, "and its text");
    Expect(Where("ldronly.dll", 0, "Where"), "only", "it is searched");
    Expect(Where("ldrwhere.dll", 0, "Where"), "programs", "after the program's folder");
    Ok(!SetDllDirectoryA("C:\\a;C:\\b") && GetLastError() == ERROR_INVALID_PARAMETER, "two folders are not one");
    Expect(Where("ldronly.dll", LOAD_LIBRARY_SEARCH_USER_DIRS, "Where"), "only", "and counts as a user directory");
    Ok(SetDllDirectoryA(NULL), "back to the default");
    Expect(Where("ldronly.dll", 0, "Where"), "", "it is not searched any more");
}

static void SearchFlags(void)
{
    Expect(Where("ldrwhere.dll", LOAD_LIBRARY_SEARCH_APPLICATION_DIR, "Where"), "programs", "the program's folder alone");
    Expect(Where("ldrwhere.dll", LOAD_LIBRARY_SEARCH_SYSTEM32, "Where"), "", "System32 alone");
    Expect(Where("ldrwhere.dll", LOAD_LIBRARY_SEARCH_USER_DIRS, "Where"), "", "no user directory yet");
    Expect(Where("ldrwhere.dll", LOAD_LIBRARY_SEARCH_DEFAULT_DIRS, "Where"), "programs", "the default directories");
    Ok(LoadLibraryExA("kernel32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32) == GetModuleHandleA("kernel32.dll"), "kernel32 in System32");

    Expect(Where(In("sub\\ldrdep.dll"), 0, "WhereOfMine"), "programs", "what a DLL needs comes from the program's folder");
    Expect(Where(In("sub\\ldrdep.dll"), LOAD_WITH_ALTERED_SEARCH_PATH, "WhereOfMine"), "sub", "or from the DLL's, if asked so");
    Expect(Where(In("sub\\ldrdep.dll"), LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR, "WhereOfMine"), "sub", "from the DLL's folder alone");
    Expect(Where(In("sub\\ldrdep.dll"), LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_SYSTEM32, "WhereOfMine"), "sub",
           "the DLL's own folder by flag");
}

static void UserDirectories(void)
{
    DLL_DIRECTORY_COOKIE One = AddDllDirectory(InW("one")), Two;

    Ok(One != NULL, "AddDllDirectory");
    Expect(Where("ldrwhere.dll", LOAD_LIBRARY_SEARCH_USER_DIRS, "Where"), "one", "it is searched");
    Expect(Where("ldrwhere.dll", LOAD_LIBRARY_SEARCH_DEFAULT_DIRS, "Where"), "programs", "after the program's folder");
    Two = AddDllDirectory(InW("sub"));
    Expect(Where("ldronly.dll", LOAD_LIBRARY_SEARCH_DEFAULT_DIRS, "Where"), "only", "another");
    Ok(AddDllDirectory(L"relative") == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "a relative one is refused");
    Ok(AddDllDirectory(InW("none")) == NULL && GetLastError() == ERROR_FILE_NOT_FOUND, "one that is not there is refused");
    Expect(Where("ldronly.dll", 0, "Where"), "", "without flags they are not searched");
    Ok(!SetDefaultDllDirectories(0) && GetLastError() == ERROR_INVALID_PARAMETER, "SetDefaultDllDirectories: nothing");
    Ok(!SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR) && GetLastError() == ERROR_INVALID_PARAMETER, "what cannot be a default");
    Ok(SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_DEFAULT_DIRS), "the default directories become the default");
    Expect(Where("ldronly.dll", 0, "Where"), "only", "now they are searched without flags");
    Ok(RemoveDllDirectory(Two), "RemoveDllDirectory");
    Expect(Where("ldronly.dll", 0, "Where"), "", "no more");
    Ok(RemoveDllDirectory(One), "the other");
    Expect(Where("ldrwhere.dll", LOAD_LIBRARY_SEARCH_USER_DIRS, "Where"), "", "nothing is left");
}

static void Names(void)
{
    char Path[MAX_PATH];
    HMODULE One = LoadLibraryA(In("one\\ldrwhere.dll")), Two = LoadLibraryA(In("two\\ldrwhere.dll"));

    Ok(One != NULL && Two != NULL && One != Two, "two of one name in two folders");
    Ok(GetModuleHandleA("ldrwhere.dll") == One, "by its name, the first");
    Ok(GetModuleHandleA(In("two\\LDRWHERE.dll")) == Two, "by its path, the one");
    Ok(LoadLibraryA(In("two\\..\\two\\ldrwhere.dll")) == Two, "another spelling is the same DLL");
    Is(GetModuleFileNameA(Two, Path, sizeof(Path)), strlen(In("two\\ldrwhere.dll")), "GetModuleFileName");
    Ok(_stricmp(Path, In("two\\ldrwhere.dll")) == 0, "its path");
    SetLastError(0);
    Is(GetModuleFileNameA(Two, Path, 5), 5, "cut");
    Ok(GetLastError() == ERROR_INSUFFICIENT_BUFFER && Path[4] == 0, "and terminated");
    FreeLibrary(Two);
    FreeLibrary(Two);
    FreeLibrary(One);
    Ok(GetModuleHandleA("ldrwhere") == NULL, "all gone");
    SetLastError(0);
    Ok(LoadLibraryA("ldrwhere.") == NULL && GetLastError() == ERROR_MOD_NOT_FOUND, "a dot at the end: no extension");
    Ok(LoadLibraryA("C:\\nowhere\\at\\all.dll") == NULL && GetLastError() == ERROR_MOD_NOT_FOUND, "a path that is not there");
}

int main(void)
{
    GetModuleFileNameA(NULL, Home, sizeof(Home));
    *strrchr(Home, '\\') = 0;
    SetCurrentDirectoryA(Home);
    SetEnvironmentVariableA("PATH", "");
    SetCurrentDirectoryA("C:\\");
    Default();
    DllDirectory();
    SearchFlags();
    Names();
    UserDirectories();
    return Done();
}
