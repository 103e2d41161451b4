/* SPDX-License-Identifier: MIT */
/*
 * ldrload.c - the life of DLLs: in which order they are attached and detached, what counts as a reference, what happens when one refuses or
 * crashes, cycles of imports, threads, forwarders, functions by name and by ordinal.  The DLLs are those of dll/; ldrlog.dll keeps the record.
 */
#include <windows.h>
#include <winternl.h>
#include <string.h>
#include "tap.h"

static void (*LogClear)(void);
static const char *(*LogText)(void);

static void Expect(const char *Words, const char *What)
{
    if (!Ok(strcmp(LogText(), Words) == 0, "%s: %s", What, Words[0] != 0 ? Words : "nothing")) {
        printf("#   got: %s\n", LogText());
    }
    LogClear();
}

static int Call(HMODULE Module, const char *Name)
{
    int (*Function)(void) = (int (*)(void))(void *)GetProcAddress(Module, Name);

    return Function != NULL ? Function() : -1;
}

static void Chain(void)
{
    HMODULE A = LoadLibraryA("ldra.dll"), B;

    Ok(A != NULL, "a DLL that needs one that needs one");
    Expect("c+ b+ a+", "attached behind what they need");
    Is(Call(A, "ValueA"), 123, "and bound");
    Ok(LoadLibraryA("LDRA") == A, "the same again, without extension, in capitals");
    Ok(FreeLibrary(A), "one reference back");
    Expect("", "still there");
    B = LoadLibraryA("ldrb.dll");
    Ok(FreeLibrary(A), "the last reference back");
    Expect("a-", "what something else holds stays");
    Ok(GetModuleHandleA("ldra.dll") == NULL && GetLastError() == ERROR_MOD_NOT_FOUND, "gone");
    Ok(FreeLibrary(B), "the middle one");
    Expect("b- c-", "detached before what they need");
    SetLastError(0);
    Ok(!FreeLibrary(B) && GetLastError() == ERROR_MOD_NOT_FOUND, "a handle that was freed");
}

static void Failures(void)
{
    SetLastError(0);
    Ok(LoadLibraryA("ldrfail.dll") == NULL && GetLastError() == ERROR_DLL_INIT_FAILED, "one that refuses: ERROR_DLL_INIT_FAILED");
    Expect("c+ fail+ fail- c-", "told to detach, and what it brought goes too");
    Ok(GetModuleHandleA("ldrfail.dll") == NULL && GetModuleHandleA("ldrc.dll") == NULL, "nothing is left");
    SetLastError(0);
    Ok(LoadLibraryA("ldrcrash.dll") == NULL && GetLastError() == ERROR_NOACCESS, "one that crashes: the error of its exception");
    Expect("crash+ crash-", "and it is told to detach");
    SetLastError(0);
    Ok(LoadLibraryA("ldrnowhere.dll") == NULL && GetLastError() == ERROR_MOD_NOT_FOUND, "one that is not there");
    SetLastError(0);
    Ok(LoadLibraryA("ldrorphan.dll") == NULL && GetLastError() == ERROR_MOD_NOT_FOUND, "one that needs one that is not there");
    SetLastError(0);
    Ok(LoadLibraryA("ldrlack.dll") == NULL && GetLastError() == ERROR_PROC_NOT_FOUND, "one that needs a function that is not there");
    Ok(GetModuleHandleA("ldrordinal.dll") == NULL, "whose DLL is unloaded again");
    LogClear();
}

static void Cycle(void)
{
    HMODULE One = LoadLibraryA("ldrcycle1.dll");

    Is(Call(One, "Both"), 12, "two that need each other");
    Expect("cycle2+ cycle1+", "are attached in some order, once each");
    FreeLibrary(One);
    Ok(GetModuleHandleA("ldrlog.dll") != NULL, "the log stays");
    LogClear();
}

static void Flags(void)
{
    HMODULE A, Found = NULL;

    A = LoadLibraryExA("ldra.dll", NULL, DONT_RESOLVE_DLL_REFERENCES);
    Ok(A != NULL && GetModuleHandleA("ldrb.dll") == NULL, "DONT_RESOLVE_DLL_REFERENCES: alone");
    Expect("", "its DllMain is not called");
    Ok(GetProcAddress(A, "ValueA") != NULL, "its exports can be looked up");
    FreeLibrary(A);
    Expect("", "nor when it goes");
    SetLastError(0);
    Ok(LoadLibraryExA("ldra.dll", (HANDLE)4, 0) == NULL && GetLastError() == ERROR_INVALID_PARAMETER, "a file handle");
    Ok(LoadLibraryExA("ldra.dll", NULL, LOAD_WITH_ALTERED_SEARCH_PATH | LOAD_LIBRARY_SEARCH_SYSTEM32) == NULL &&
           GetLastError() == ERROR_INVALID_PARAMETER, "two ways to search at once");
    Ok(LoadLibraryExA("ldra.dll", NULL, LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR) == NULL && GetLastError() == ERROR_INVALID_PARAMETER,
       "LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR without a path");
    Ok(LoadLibraryExA("ldra.dll", NULL, LOAD_LIBRARY_AS_DATAFILE | LOAD_LIBRARY_AS_DATAFILE_EXCLUSIVE) == NULL &&
           GetLastError() == ERROR_INVALID_PARAMETER, "two ways of data");
    Ok(LoadLibraryA(NULL) == NULL, "no name");

    A = LoadLibraryA("ldrc.dll");
    Ok(GetModuleHandleExA(0, "ldrc.dll", &Found) && Found == A, "GetModuleHandleEx counts");
    FreeLibrary(A);
    Ok(GetModuleHandleA("ldrc.dll") == A, "one left");
    Ok(GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, "ldrc", &Found) && Found == A, "without counting");
    Ok(GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                          (char *)GetProcAddress(A, "ValueC"), &Found) && Found == A, "by an address in it");
    FreeLibrary(A);
    Ok(GetModuleHandleA("ldrc.dll") == NULL, "gone");
    Found = (HMODULE)5;
    Ok(!GetModuleHandleExA(0, "ldrc.dll", &Found) && Found == NULL && GetLastError() == ERROR_MOD_NOT_FOUND, "not there");
    Found = (HMODULE)5;
    Ok(!GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (char *)16, &Found) && Found == NULL &&
           GetLastError() == ERROR_MOD_NOT_FOUND, "an address in no module");
    Ok(!GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, "ldrc", &Found) &&
           GetLastError() == ERROR_INVALID_PARAMETER, "pinned and not counted");
    Ok(!GetModuleHandleExA(8, "ldrc", &Found) && GetLastError() == ERROR_INVALID_PARAMETER, "an unknown flag");
    Ok(!GetModuleHandleExA(0, "ldrc", NULL) && GetLastError() == ERROR_INVALID_PARAMETER, "nowhere to put it");
    Ok(GetModuleHandleExA(0, NULL, &Found) && Found == GetModuleHandleA(NULL), "no name: the program");
    LogClear();
}

/* One file by two paths is one module. */
static void TwoPaths(void)
{
    char Long[MAX_PATH], Short[MAX_PATH] = "";
    HMODULE One, Two;

    GetTempPathA(sizeof(Long), Long);
    strcat(Long, "a long name for ldrc.dll");
    GetModuleFileNameA(GetModuleHandleA("ldrlog.dll"), Short, sizeof(Short));
    strcpy(strrchr(Short, '\\') + 1, "ldrc.dll");
    Ok(CopyFileA(Short, Long, FALSE), "a copy with a long name");
    GetShortPathNameA(Long, Short, sizeof(Short));
    One = LoadLibraryA(Long);
    Two = LoadLibraryA(Short);
    Ok(One != NULL && One == Two, "by its short name it is the same: %s", Short);
    FreeLibrary(Two);
    Ok(GetProcAddress(One, "ValueC") != NULL, "and was counted twice");
    FreeLibrary(One);
    Ok(DeleteFileA(Long), "gone");
    LogClear();
}

static DWORD WINAPI Nothing(void *Parameter)
{
    return 0;
}

static void RunThread(void)
{
    HANDLE Thread = CreateThread(NULL, 0, Nothing, NULL, 0, NULL);

    WaitForSingleObject(Thread, INFINITE);
    CloseHandle(Thread);
}

static void Threads(void)
{
    HMODULE B = LoadLibraryA("ldrb.dll"), C = GetModuleHandleA("ldrc.dll");

    LogClear();
    RunThread();
    Expect("c> b> b< c<", "a thread comes and goes");
    Ok(DisableThreadLibraryCalls(C), "DisableThreadLibraryCalls");
    RunThread();
    Expect("b> b<", "and one DLL does not hear of it");
    Ok(!DisableThreadLibraryCalls((HMODULE)0x1234), "not of what is no module");
    FreeLibrary(B);
    LogClear();
}

static void Functions(void)
{
    HMODULE Ordinal = LoadLibraryA("ldrordinal.dll"), ByOrdinal = LoadLibraryA("ldrbyord.dll");
    int *Datum = (int *)(void *)GetProcAddress(Ordinal, "Datum");

    Is(Call(Ordinal, "Named"), 300, "by name");
    Is(Call(Ordinal, MAKEINTRESOURCEA(7)), 7, "by ordinal, without a name");
    Ok(GetProcAddress(Ordinal, MAKEINTRESOURCEA(300)) == GetProcAddress(Ordinal, "Named"), "one of both is the same");
    Ok(Datum != NULL && *Datum == 77, "data");
    SetLastError(0);
    Ok(GetProcAddress(Ordinal, "Five") == NULL && GetLastError() == ERROR_PROC_NOT_FOUND, "NONAME has no name");
    Ok(GetProcAddress(Ordinal, "named") == NULL, "names have cases");
    Ok(GetProcAddress(Ordinal, MAKEINTRESOURCEA(6)) == NULL, "a hole among the ordinals");
    Ok(GetProcAddress(Ordinal, MAKEINTRESOURCEA(5000)) == NULL, "an ordinal beyond them");
    Is(Call(ByOrdinal, "Sum"), 57, "imports by ordinal");
    SetLastError(0);
    Ok(GetProcAddress((HMODULE)0x1230000, "Named") == NULL && GetLastError() == ERROR_MOD_NOT_FOUND, "of what is no module");
    FreeLibrary(ByOrdinal);
    Ok(GetModuleHandleA("ldrordinal.dll") == Ordinal, "the program's own reference");
    FreeLibrary(Ordinal);
    Ok(GetModuleHandleA("ldrordinal.dll") == NULL, "gone with it");
}

static void Forwarders(void)
{
    HMODULE Forward = LoadLibraryA("ldrfwd.dll");

    Ok(Forward != NULL && GetModuleHandleA("ldrordinal.dll") == NULL, "forwarders are followed when they are asked for");
    Is(Call(Forward, "Local"), 11, "no forwarder");
    Is(Call(Forward, "ByName"), 300, "by name");
    Ok(GetModuleHandleA("ldrordinal.dll") != NULL, "brings its DLL");
    Is(Call(Forward, "ByOrdinal"), 7, "by ordinal");
    Is(Call(Forward, "Chain1"), 7, "a chain of four");
    Is((DWORD)Call(Forward, "ToApiSet"), GetCurrentThreadId(), "to an API set");
    SetLastError(4711);
    Is(Call(Forward, "ToNtdll"), 4711, "to ntdll");
    SetLastError(0);
    Ok(GetProcAddress(Forward, "NoDll") == NULL && GetLastError() != 0, "to a DLL that is not there");
    Ok(GetProcAddress(Forward, "NoFunction") == NULL, "to a function that is not there");
    Ok(GetProcAddress(Forward, "NoOrdinal") == NULL, "to an ordinal that is not there");
    FreeLibrary(Forward);
    Ok(GetModuleHandleA("ldrordinal.dll") == NULL, "what it was forwarded to goes with it");
}

static void ApiSets(void)
{
    HMODULE Set = LoadLibraryA("ldrapiset.dll"), Kernel = GetModuleHandleA("kernel32.dll");

    Is((DWORD)Call(Set, "Id"), GetCurrentProcessId(), "imports from an API set");
    FreeLibrary(Set);
    Set = LoadLibraryA("api-ms-win-core-synch-l1-2-0.dll");
    Ok(Set != NULL && GetProcAddress(Set, "WaitOnAddress") != NULL, "an API set is loaded by its name");
    FreeLibrary(Set);
    Set = GetModuleHandleA("KernelBase.dll");
    Ok(Set != NULL && GetProcAddress(Set, "VirtualAlloc2") != NULL && GetModuleHandleA("kernelbase") == Set, "kernelbase.dll is there");
    Ok(LoadLibraryA("kernelbase.dll") == Set && FreeLibrary(Set), "and can be loaded");
    Ok(Kernel != NULL && LoadLibraryA("api-ms-win-core-nothing-l1-1-0.dll") == NULL && GetLastError() == ERROR_MOD_NOT_FOUND,
       "one that does not exist");
}

int main(void)
{
    HMODULE Log = LoadLibraryA("ldrlog.dll");

    LogClear = (void (*)(void))(void *)GetProcAddress(Log, "LogClear");
    LogText = (const char *(*)(void))(void *)GetProcAddress(Log, "LogText");
    Chain();
    Failures();
    Cycle();
    TwoPaths();
    Flags();
    Threads();
    Functions();
    Forwarders();
    ApiSets();
    return Done();
}
