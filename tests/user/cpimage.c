/* SPDX-License-Identifier: MIT */
/*
 * cpimage.c - which file CreateProcess runs and what it says of one that cannot be run: blanks in unquoted command lines, quotes, extensions, the current
 * directory, batch files, files that are no programs, limits of the command line.
 */
#include "child.h"
#include <wchar.h>
#include "tap.h"

#define HERE "C:\\Temp\\Cp Test"
#define PROGRAM HERE "\\ec.exe"

static char Self[MAX_PATH];

/* Bit 0: the image is the one expected; bit 1: so is the command line. */
static int Child(void)
{
    char Text[1024], Expected[1024];
    int Code = 0;

    GetModuleFileNameA(NULL, Text, sizeof(Text));
    if (GetEnvironmentVariableA("CP_IMAGE", Expected, sizeof(Expected)) != 0 && _stricmp(Text, Expected) == 0) {
        Code |= 1;
    }
    if (GetEnvironmentVariableA("CP_LINE", Expected, sizeof(Expected)) != 0 && strcmp(GetCommandLineA(), Expected) == 0) {
        Code |= 2;
    }
    return Code;
}

/* Runs Application, Line in Directory; it must be Image that sees Expected as its command line. */
static void Runs(const char *Application, const char *Line, const char *Directory, const char *Image, const char *Expected, const char *What)
{
    SetEnvironmentVariableA("CP_IMAGE", Image);
    SetEnvironmentVariableA("CP_LINE", Expected);
    Is(RunWith(Application, Line, FALSE, 0, NULL, Directory, NULL), 3, What);
}

static void PutText(const char *Path, const char *Text)
{
    FILE *File = fopen(Path, "wb");

    fputs(Text, File);
    fclose(File);
}

static void Blanks(void)
{
    Runs(NULL, PROGRAM " child", NULL, PROGRAM, "\"" PROGRAM "\" child", "a blank in the path: the longer name, and quotes around it");
    CreateDirectoryA("C:\\Temp\\Cp", NULL);
    Runs(NULL, PROGRAM " child", NULL, PROGRAM, "\"" PROGRAM "\" child", "a directory of the shorter name is passed over");
    RemoveDirectoryA("C:\\Temp\\Cp");
    CopyFileA(Self, "C:\\Temp\\Cp.exe", FALSE);
    Runs(NULL, PROGRAM " child", NULL, "C:\\Temp\\Cp.exe", PROGRAM " child", "a program of the shorter name is taken, the line stays");
    Runs(PROGRAM, PROGRAM " child", NULL, PROGRAM, PROGRAM " child", "not with an application name");
    Runs(NULL, "\"" PROGRAM "\" child", NULL, PROGRAM, "\"" PROGRAM "\" child", "nor in quotes");
    for (int i = 0; i < 200 && !DeleteFileA("C:\\Temp\\Cp.exe"); i++) {
        Sleep(10); /* a process that has ended may hold its image for a moment */
    }
    Runs(NULL, "\"" HERE "\\ec\" child", NULL, PROGRAM, "\"" HERE "\\ec\" child", ".exe is added in quotes");
    Runs(NULL, HERE "\\ec child", NULL, PROGRAM, "\"" HERE "\\ec\" child", ".exe is added to a path with a blank");
    Runs(NULL, "\"" PROGRAM "\"child", NULL, PROGRAM, "\"" PROGRAM "\"child", "nothing between the quote and the arguments");
    Runs(NULL, "\"" PROGRAM, NULL, PROGRAM, "\"" PROGRAM, "a quote that is not closed");
    Runs(NULL, PROGRAM "\tchild", NULL, PROGRAM, "\"" PROGRAM "\"\tchild", "a tab ends a name too");
    Is(Run(NULL, "C:\\Temp\\Cp nothing x"), FAILED_WITH(ERROR_FILE_NOT_FOUND), "the error is that of the shortest name");
    Is(Run(NULL, "C:\\nodir\\Cp nothing x"), FAILED_WITH(ERROR_PATH_NOT_FOUND), "also if it is another one");
    Is(Run(NULL, ""), FAILED_WITH(ERROR_INVALID_PARAMETER), "an empty line");
    Is(Run(NULL, NULL), FAILED_WITH(ERROR_INVALID_PARAMETER), "nothing at all");
    Is(Run("", "x"), FAILED_WITH(ERROR_PATH_NOT_FOUND), "an empty name");
}

static void Extensions(void)
{
    CopyFileA(Self, HERE "\\noext", FALSE);
    CopyFileA(Self, HERE "\\dotcom.com", FALSE);
    CopyFileA(Self, HERE "\\other.xyz", FALSE);
    Runs(HERE "\\noext", "x child", NULL, HERE "\\noext", "x child", "a program needs no extension");
    Runs(HERE "\\other.xyz", "x child", NULL, HERE "\\other.xyz", "x child", "or may have any");
    Runs(NULL, "\"" HERE "\\other.xyz\" child", NULL, HERE "\\other.xyz", "\"" HERE "\\other.xyz\" child", "also without an application name");
    Runs(NULL, "\"" HERE "\\dotcom.com\" child", NULL, HERE "\\dotcom.com", "\"" HERE "\\dotcom.com\" child", "a .com");
    Is(Run(NULL, "\"" HERE "\\dotcom\""), FAILED_WITH(ERROR_FILE_NOT_FOUND), "which is not added");
    Is(Run(NULL, "\"" HERE "\\ec.\""), FAILED_WITH(ERROR_FILE_NOT_FOUND), "nothing is added to a name that ends in a dot");
    Is(Run(NULL, "\"" HERE "\\ec.ex\""), FAILED_WITH(ERROR_FILE_NOT_FOUND), "nor to one that has an extension");
    Is(Run(HERE "\\ec", NULL), FAILED_WITH(ERROR_FILE_NOT_FOUND), "nor to an application name");
    Runs("C:/Temp/Cp Test/ec.exe", "x child", NULL, PROGRAM, "x child", "slashes");
    Runs(HERE "\\.\\..\\cp test\\EC.EXE", "x child", NULL, PROGRAM, "x child", "dots and the other case");
    Runs("\\\\?\\" PROGRAM, "x child", NULL, "\\\\?\\" PROGRAM, "x child", "a path with \\\\?\\");
    DeleteFileA(HERE "\\noext");
    DeleteFileA(HERE "\\dotcom.com");
    DeleteFileA(HERE "\\other.xyz");
}

static void Directories(void)
{
    char Old[MAX_PATH];

    GetCurrentDirectoryA(sizeof(Old), Old);
    Is(Run(NULL, "ec child"), FAILED_WITH(ERROR_FILE_NOT_FOUND), "not in the current directory");
    Is(RunWith(NULL, "ec child", FALSE, 0, NULL, HERE, NULL), FAILED_WITH(ERROR_FILE_NOT_FOUND), "the child's directory does not count");
    Is(RunWith("ec.exe", "ec child", FALSE, 0, NULL, HERE, NULL), FAILED_WITH(ERROR_FILE_NOT_FOUND), "nor for an application name");
    SetCurrentDirectoryA(HERE);
    Runs(NULL, "ec child", NULL, PROGRAM, "ec child", "ours does");
    Runs("ec.exe", "ec child", "C:\\", PROGRAM, "ec child", "for an application name too");
    SetCurrentDirectoryA("C:\\Temp");
    Runs(NULL, "\"Cp Test\\ec\" child", NULL, PROGRAM, "\"Cp Test\\ec\" child", "a relative path");
    Runs(NULL, "Cp Test\\ec child", NULL, PROGRAM, "\"Cp Test\\ec\" child", "with a blank");
    Is(RunWith(PROGRAM, "x", FALSE, 0, NULL, "C:\\nosuch", NULL), FAILED_WITH(ERROR_DIRECTORY), "a directory that is not there");
    Is(RunWith(PROGRAM, "x", FALSE, 0, NULL, PROGRAM, NULL), FAILED_WITH(ERROR_DIRECTORY), "a file as directory");
    Is(RunWith(NULL, "nosuch.exe", FALSE, 0, NULL, "C:\\nosuch", NULL), FAILED_WITH(ERROR_FILE_NOT_FOUND), "the program is looked for first");
    Runs(PROGRAM, "x child", "Cp Test", PROGRAM, "x child", "a relative directory");
    SetCurrentDirectoryA(Old);
}

static void NoPrograms(void)
{
    HANDLE File;

    PutText(HERE "\\text.txt", "This is a text, and no program at all.\r\n");
    PutText(HERE "\\text.exe", "This is a text, and no program at all.\r\n");
    PutText(HERE "\\run.bat", "@exit /b 5\r\n");
    PutText(HERE "\\run two.cmd", "@if \"%~1\"==\"a b\" exit /b 6\r\n");
    Is(Run(HERE "\\text.txt", NULL), FAILED_WITH(ERROR_BAD_EXE_FORMAT), "a text");
    Is(Run(HERE "\\text.exe", NULL), FAILED_WITH(ERROR_EXE_MACHINE_TYPE_MISMATCH), "a text that says it is a program");
    Is(Run("C:\\Windows\\System32\\ntdll.dll", NULL), FAILED_WITH(ERROR_BAD_EXE_FORMAT), "a DLL");
    Is(Run("C:\\Windows", NULL), FAILED_WITH(ERROR_ACCESS_DENIED), "a directory");
    Is(Run(NULL, "C:\\Windows"), FAILED_WITH(ERROR_ACCESS_DENIED), "on the command line too");
    Is(Run(HERE "\\e?c.exe", NULL), FAILED_WITH(ERROR_INVALID_NAME), "a wildcard");
    Is(Run("\"" PROGRAM "\"", NULL), FAILED_WITH(ERROR_INVALID_NAME), "an application name in quotes");
    Is(Run(HERE "\\run.bat", NULL), 5, "a batch file");
    Is(Run(NULL, "\"" HERE "\\run.bat\""), 5, "on the command line");
    Is(Run(NULL, "\"" HERE "\\run two.cmd\" \"a b\""), 6, "with an argument that has a blank");
    File = CreateFileA(PROGRAM, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    Is(Run(PROGRAM, NULL), FAILED_WITH(ERROR_SHARING_VIOLATION), "a file that somebody has for himself");
    CloseHandle(File);
    DeleteFileA(HERE "\\text.txt");
    DeleteFileA(HERE "\\text.exe");
    DeleteFileA(HERE "\\run.bat");
    DeleteFileA(HERE "\\run two.cmd");
}

static DWORD RunLength(const WCHAR *Image, SIZE_T Length)
{
    STARTUPINFOW Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    WCHAR *Line = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, (Length + 1) * sizeof(WCHAR));
    DWORD Code;

    wmemset(Line, L'x', Length);
    wmemcpy(Line, L"ec length ", 10);
    Code = CreateProcessW(Image, Line, NULL, NULL, FALSE, 0, NULL, NULL, &Startup, &Process) ? Finish(&Process) : FAILED_WITH(GetLastError());
    HeapFree(GetProcessHeap(), 0, Line);
    return Code;
}

static void Limits(void)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    STARTUPINFOEXA Extended = {.StartupInfo = {.cb = sizeof(STARTUPINFOA)}};
    PROCESS_INFORMATION Process;

    Is(RunLength(L"C:\\Temp\\Cp Test\\ec.exe", 32766), 32766, "32766 characters and the zero");
    Is(RunLength(L"C:\\Temp\\Cp Test\\ec.exe", 32767), FAILED_WITH(ERROR_FILENAME_EXCED_RANGE), "one more");
    Is(RunLength(L"C:\\Temp\\Cp Test\\ec.exe", 40000), FAILED_WITH(ERROR_FILENAME_EXCED_RANGE), "many more");
    Is(RunWith(PROGRAM, "x", FALSE, DETACHED_PROCESS | CREATE_NEW_CONSOLE, NULL, NULL, NULL), FAILED_WITH(ERROR_INVALID_PARAMETER),
       "no console and a new one");
    Is(RunWith(PROGRAM, "x", FALSE, CREATE_SEPARATE_WOW_VDM | CREATE_SHARED_WOW_VDM, NULL, NULL, NULL), FAILED_WITH(ERROR_INVALID_PARAMETER),
       "a DOS box apart and shared");
    Is(RunWith(PROGRAM, "x", FALSE, CREATE_PROTECTED_PROCESS, NULL, NULL, NULL), FAILED_WITH(577 /* ERROR_INVALID_IMAGE_HASH */),
       "protected is only what has been signed for it");
    Is(RunWith(PROGRAM, "x", FALSE, EXTENDED_STARTUPINFO_PRESENT, NULL, NULL, &Extended.StartupInfo), FAILED_WITH(ERROR_INVALID_PARAMETER),
       "extended information of the plain size");
    Startup.cb = 0;
    Is(RunWith(PROGRAM, "x", FALSE, DETACHED_PROCESS | CREATE_NO_WINDOW, NULL, NULL, &Startup), 0, "plain information may have any size");
    memset(&Process, 0xAA, sizeof(Process));
    Start("C:\\nosuch.exe", NULL, FALSE, 0, NULL, NULL, NULL, &Process);
    Ok(Process.hProcess == NULL && Process.hThread == NULL && Process.dwProcessId == 0 && Process.dwThreadId == 0, "a failure clears the results");
}

int main(int Count, char **Arguments)
{
    if (strstr(GetCommandLineA(), "ec length ") == GetCommandLineA()) {
        return (int)wcslen(GetCommandLineW());
    }
    if (GetEnvironmentVariableA("CP_IMAGE", Self, sizeof(Self)) != 0) {
        return Child();
    }
    (void)Count;
    (void)Arguments;
    GetModuleFileNameA(NULL, Self, sizeof(Self));
    CreateDirectoryA(HERE, NULL);
    CopyFileA(Self, PROGRAM, FALSE);
    Blanks();
    Extensions();
    Directories();
    SetEnvironmentVariableA("CP_IMAGE", "nothing"); /* whoever is started is a child */
    NoPrograms();
    Limits();
    DeleteFileA(PROGRAM);
    RemoveDirectoryA(HERE);
    return Done();
}
