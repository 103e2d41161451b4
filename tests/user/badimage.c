/* SPDX-License-Identifier: MIT */
/*
 * badimage.c - starts every malformed image of mkbad.py: the status of NtCreateSection, the error of CreateProcess, the exit code of what did
 * start, and nothing leaked.  TAP on standard output.
 *
 * usage: badimage [FOLDER]      (default: C:\Bad)
 *
 * Error 308 is a Windows without WOW64's (Windows PE); the others would run i386.exe.
 * Error 216 for a file that is no image at all and is called .exe: Windows takes it for a DOS program, which an x64 system cannot run.
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>

#include "tap.h"
#include "../../userland/programs/native.h"

#define NOT_MZ 0xC000012Fu
#define PROTECT 0xC0000130u
#define NE_FORMAT 0xC000011Bu
#define BAD_FORMAT 0xC000007Bu
#define BAD_FILE 0xC0000020u
#define NO_DLL 0xC0000135u
#define NO_FUNCTION 0xC0000139u
#define NO_ORDINAL 0xC0000138u
#define MISMATCH 216u
#define NO_PROGRAM 193u
#define NO_SUBSYSTEM 308u

/* Section: what NtCreateSection(SEC_IMAGE) gives.  Error: CreateProcess' last error, 0 if it starts.  Exit: the exit code then. */
static const struct {
    const char *Name;
    unsigned Section, Error, Exit;
} Expected[] = {
    {"empty.exe", BAD_FILE, NO_PROGRAM, 0}, {"text.exe", NOT_MZ, MISMATCH, 0}, {"text.txt", NOT_MZ, NO_PROGRAM, 0},
    {"onebyte.exe", NOT_MZ, MISMATCH, 0}, {"mz.exe", NOT_MZ, MISMATCH, 0}, {"cutdos.exe", NOT_MZ, MISMATCH, 0},
    {"cutdos64.exe", PROTECT, MISMATCH, 0}, {"cutstub.exe", PROTECT, MISMATCH, 0}, {"cutsignature.exe", PROTECT, MISMATCH, 0},
    {"cutfile.exe", PROTECT, MISMATCH, 0}, {"cutoptional.exe", BAD_FORMAT, NO_PROGRAM, 0}, {"cutdirectories.exe", BAD_FORMAT, NO_PROGRAM, 0},
    {"cutsections.exe", BAD_FORMAT, NO_PROGRAM, 0}, {"cutintext.exe", BAD_FORMAT, NO_PROGRAM, 0},
    {"cutinrdata.exe", BAD_FORMAT, NO_PROGRAM, 0}, {"cutinidata.exe", BAD_FORMAT, NO_PROGRAM, 0},
    {"cutinreloc.exe", BAD_FORMAT, NO_PROGRAM, 0}, {"badlfanew.exe", PROTECT, MISMATCH, 0}, {"oddlfanew.exe", PROTECT, MISMATCH, 0},
    {"notpe.exe", PROTECT, MISMATCH, 0}, {"ne.exe", NE_FORMAT, MISMATCH, 0}, {"pe32.exe", BAD_FORMAT, NO_PROGRAM, 0}, {"i386.exe", 0, NO_SUBSYSTEM, 0},
    {"arm64.exe", BAD_FORMAT, NO_PROGRAM, 0}, {"machine0.exe", BAD_FORMAT, NO_PROGRAM, 0}, {"badmagic.exe", BAD_FORMAT, NO_PROGRAM, 0},
    {"dll.exe", 0, NO_PROGRAM, 0}, {"notexecutable.exe", BAD_FORMAT, NO_PROGRAM, 0}, {"native.exe", 0, 129, 0}, {"efi.exe", 0, NO_PROGRAM, 0},
    {"filealign.exe", BAD_FORMAT, NO_PROGRAM, 0}, {"sectionalign.exe", BAD_FORMAT, NO_PROGRAM, 0},
    {"aligntwist.exe", BAD_FORMAT, NO_PROGRAM, 0}, {"imagebase.exe", BAD_FORMAT, NO_PROGRAM, 0}, {"overlap.exe", BAD_FORMAT, NO_PROGRAM, 0},
    {"unordered.exe", BAD_FORMAT, NO_PROGRAM, 0}, {"manysections.exe", BAD_FORMAT, NO_PROGRAM, 0},
    {"nosections.exe", BAD_FORMAT, NO_PROGRAM, 0}, {"sectionpast.exe", BAD_FORMAT, NO_PROGRAM, 0},
    {"sizeofimage.exe", BAD_FORMAT, NO_PROGRAM, 0}, {"hugeimage.exe", BAD_FORMAT, NO_PROGRAM, 0}, {"entrypoint.exe", BAD_FORMAT, NO_PROGRAM, 0},
    {"optionalsize.exe", BAD_FORMAT, NO_PROGRAM, 0}, {"relocsize.exe", BAD_FORMAT, NO_PROGRAM, 0}, {"relocrva.exe", BAD_FORMAT, NO_PROGRAM, 0},
    {"relocdir.exe", BAD_FORMAT, NO_PROGRAM, 0}, {"nodll.exe", 0, 0, NO_DLL}, {"nofunction.exe", 0, 0, NO_FUNCTION},
    {"noordinal.exe", 0, 0, NO_ORDINAL}, {"importrva.exe", 0, 0, BAD_FORMAT}, {"importname.exe", 0, 0, BAD_FORMAT},
    {"importthunk.exe", 0, 0, BAD_FORMAT}, {"good.exe", 0, 0, 0}, {"oddsize.exe", 0, 0, 0}, {"notthere.exe", 0xC0000034u, 2, 0},
};

#define COUNT ((int)(sizeof(Expected) / sizeof(Expected[0])))

static NATIVE Native;
static const char *Folder = "C:\\Bad";

static unsigned SectionStatus(const char *Path)
{
    HANDLE Section = NULL, File = CreateFileA(Path, GENERIC_READ | GENERIC_EXECUTE, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
    NTSTATUS Status;

    if (File == INVALID_HANDLE_VALUE) {
        return GetLastError() == ERROR_FILE_NOT_FOUND ? 0xC0000034u : 0xFFFFFFFFu;
    }
    Status = Native.CreateSection(&Section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_EXECUTE, SEC_IMAGE, File);
    if (Status >= 0) {
        CloseHandle(Section);
    }
    CloseHandle(File);
    return (unsigned)Status;
}

/* The last error; *Code is the exit code if it started. */
static unsigned Start(const char *Path, unsigned *Code)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    char Line[] = "bad 0";
    DWORD ExitCode = 0xFFFFFFFF;

    *Code = 0;
    if (!CreateProcessA(Path, Line, NULL, NULL, FALSE, 0, NULL, NULL, &Startup, &Process)) {
        return GetLastError();
    }
    if (WaitForSingleObject(Process.hProcess, 10000) != WAIT_OBJECT_0) {
        TerminateProcess(Process.hProcess, 0x102);
        WaitForSingleObject(Process.hProcess, INFINITE);
    }
    GetExitCodeProcess(Process.hProcess, &ExitCode);
    CloseHandle(Process.hThread);
    CloseHandle(Process.hProcess);
    *Code = ExitCode;
    return 0;
}

static void CheckOne(int Index)
{
    char Path[MAX_PATH];
    unsigned Section, Error, Code;

    snprintf(Path, sizeof(Path), "%s\\%s", Folder, Expected[Index].Name);
    Section = SectionStatus(Path);
    Error = Start(Path, &Code);
    if (!Ok(Section == Expected[Index].Section && Error == Expected[Index].Error && Code == Expected[Index].Exit, "%s", Expected[Index].Name)) {
        printf("#   section %08X (%08X), error %u (%u), exit %08X (%08X): got (expected)\n", Section, Expected[Index].Section, Error,
               Expected[Index].Error, Code, Expected[Index].Exit);
    }
    fflush(stdout);
}

/* 32-bit code cannot run here; to look at the image is another matter: .NET maps its assemblies so, whatever machine they name. */
static void MapNarrow(void)
{
    HMODULE Ntdll = GetModuleHandleA("ntdll");
    LONG(NTAPI *MapSection)(HANDLE, HANDLE, PVOID *, ULONG_PTR, SIZE_T, PVOID, SIZE_T *, ULONG, ULONG, ULONG) =
        (PVOID)GetProcAddress(Ntdll, "NtMapViewOfSection");
    PVOID(NTAPI *Directory)(PVOID, BOOLEAN, USHORT, PULONG) = (PVOID)GetProcAddress(Ntdll, "RtlImageDirectoryEntryToData");
    char Path[MAX_PATH];
    LONG(NTAPI *QuerySection)(HANDLE, ULONG, PVOID, SIZE_T, SIZE_T *) = (PVOID)GetProcAddress(Ntdll, "NtQuerySection");
    ULONG_PTR Moved = 0, Original = 0;
    PVOID Base = NULL;
    SIZE_T Size = 0;

    snprintf(Path, sizeof(Path), "%s\\i386.exe", Folder);
    HANDLE File = CreateFileA(Path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE Section = CreateFileMappingA(File, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    Ok(Section != NULL, "a mapping of a 32-bit image");
    const char *View = MapViewOfFile(Section, 0, 0, 0, 0);
    const IMAGE_NT_HEADERS32 *Headers = View == NULL ? NULL : (PVOID)(View + *(const LONG *)(View + 0x3C));
    Ok(View != NULL && Headers->FileHeader.Machine == IMAGE_FILE_MACHINE_I386, "no access is asked for, the image says which there is");
    QuerySection(Section, 2 /* SectionRelocationInformation */, &Moved, sizeof(Moved), NULL);
    QuerySection(Section, 3 /* SectionOriginalBaseInformation */, &Original, sizeof(Original), NULL);
    Is(Original, 0x400000, "the base it was linked for");
    /* The header tells the image's base of this boot, which need not be where this view lies. */
    Ok(View != NULL && Headers->OptionalHeader.ImageBase == (DWORD)(Original + Moved) && Headers->OptionalHeader.SectionAlignment == 0x1000,
       "the base of this boot in its header, and nothing beside it");
    Is((unsigned)MapSection(Section, GetCurrentProcess(), &Base, 0, 0, NULL, &Size, 1, 0, PAGE_READONLY), 0x4000000E, "which is another machine's");
    UnmapViewOfFile(Base);
    UnmapViewOfFile(View);
    CloseHandle(Section);
    CloseHandle(File);
    Ok(LoadLibraryA(Path) == NULL && GetLastError() == ERROR_BAD_EXE_FORMAT, "it is no DLL for this process");
    HMODULE Module = LoadLibraryExA(Path, NULL, LOAD_LIBRARY_AS_DATAFILE);
    ULONG Bytes = 0;
    Ok(Module != NULL && Directory(Module, FALSE, IMAGE_DIRECTORY_ENTRY_IMPORT, &Bytes) != NULL && Bytes != 0, "but data");
    FreeLibrary(Module);
}

static void RunQuietly(void)
{
    for (int i = 0; i < COUNT; i++) {
        char Path[MAX_PATH];
        unsigned Code;
        snprintf(Path, sizeof(Path), "%s\\%s", Folder, Expected[i].Name);
        SectionStatus(Path);
        Start(Path, &Code);
    }
}

int main(int Count, char **Arguments)
{
    NATIVE_USAGE Before, After;

    if (Count > 1) {
        Folder = Arguments[1];
    }
    if (!NativeLoad(&Native)) {
        printf("Bail out! ntdll lacks a function\n");
        return 1;
    }
    for (int i = 0; i < COUNT; i++) {
        CheckOne(i);
    }
    MapNarrow();
    RunQuietly(); /* what is made once is made now */
    Sleep(2000);  /* and system workers that were added for it end */
    NativeUsage(&Native, &Before); /* twice: the first call touches its own buffer */
    NativeUsage(&Native, &Before);
    for (int Round = 0; Round < 3; Round++) {
        RunQuietly();
        Sleep(Round < 2 ? 100 : 2000);
        NativeUsage(&Native, &After);
        printf("# round %d: %llu available pages, %llu before\n", Round, After.AvailablePages, Before.AvailablePages);
    }
    Is(After.AvailablePages, Before.AvailablePages, "available pages as before");
    Is(After.CommittedPages, Before.CommittedPages, "committed pages as before");
    Is(After.PagedPool, Before.PagedPool, "paged pool as before");
    Is(After.NonPagedPool, Before.NonPagedPool, "nonpaged pool as before");
    Is(After.OwnHandles, Before.OwnHandles, "handles as before");
    Is(After.AllHandles, Before.AllHandles, "handles of all processes as before");
    Is(After.Processes, Before.Processes, "processes as before");
    return Done();
}
