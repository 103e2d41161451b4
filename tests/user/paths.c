/* SPDX-License-Identifier: MIT */
/*
 * paths.c - DOS paths: their kinds, which of them are devices, how they are made full, and what each is called for the kernel.  The current directory
 * is C:\Windows.
 */
#include "native.h"
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include "win32.h"

NATIVE(RtlDetermineDosPathNameType_U, (const WCHAR *Path), (Path))
NATIVE(RtlIsDosDeviceName_U, (const WCHAR *Path), (Path))
NATIVE(RtlGetFullPathName_U, (const WCHAR *Path, ULONG Size, WCHAR *Buffer, WCHAR **Part), (Path, Size, Buffer, Part))
NATIVE(RtlDosPathNameToNtPathName_U_WithStatus, (const WCHAR *Path, UNICODE_STRING *Nt, WCHAR **Part, PVOID Relative), (Path, Nt, Part, Relative))

static void Kinds(void)
{
    static const struct { const WCHAR *Path; int Kind; } Table[] = {
        {L"\\\\foo", 1}, {L"//foo", 1}, {L"\\/foo", 1}, {L"\\\\", 1}, {L"\\\\.foo", 1}, {L"//?foo", 1}, /* UNC */
        {L"c:\\foo", 2}, {L"c:/foo", 2}, {L"c://", 2}, {L"1:\\", 2},                                   /* a drive's root */
        {L"c:foo", 3}, {L"c:", 3}, {L"c:f\\oo", 3},                                                    /* a drive's directory */
        {L"\\foo", 4}, {L"/", 4}, {L"\\??\\c:\\foo", 4},                                               /* the current drive's root */
        {L"foo", 5}, {L"", 5}, {L".", 5}, {L"con", 5},                                                 /* the current directory */
        {L"\\\\.\\foo", 6}, {L"//./foo", 6}, {L"/\\?/foo", 6}, {L"\\\\?\\", 6},                        /* a device */
        {L"\\\\.", 7}, {L"//?", 7},                                                                    /* all of them */
    };

    for (int i = 0; i < (int)(sizeof(Table) / sizeof(*Table)); i++) {
        Is((ULONG)RtlDetermineDosPathNameType_U(Table[i].Path), (unsigned)Table[i].Kind, "a kind of path");
    }
}

static void Devices(void)
{
    static const struct { const WCHAR *Path; ULONG At, Length; } Table[] = {
        {L"con", 0, 6}, {L"con:", 0, 6}, {L"NUL", 0, 6}, {L"aux.txt", 0, 6}, {L"prn .c", 0, 6}, {L"lpt1:", 0, 8}, {L"CoM4:", 0, 8}, {L"c:com5:", 4, 8},
        {L"c:\\nul", 6, 6}, {L"c:\\nul:", 6, 6}, {L"c:\\a\\nul.tar.gz", 10, 6}, {L"c:prn     ", 4, 6}, {L"c:prn... ...", 4, 6}, {L"c:nul. . :", 4, 6},
        {L"c:aux:.txt...", 4, 6}, {L"CONIN$", 0, 12}, {L"conout$", 0, 14}, {L"\\\\.\\CON", 8, 6},
        {L"", 0, 0}, {L"com0", 0, 0}, {L"com10", 0, 0}, {L"lpt", 0, 0}, {L"c:\\nul\\", 0, 0}, {L"c:\\nul\\foo", 0, 0}, {L"c:nul0", 0, 0}, {L"xnul", 0, 0},
        {L"c:", 0, 0}, {L":", 0, 0}, {L" . . . :", 0, 0}, {L"\\\\foo\\nul", 0, 0}, {L"\\\\.\\CON2", 0, 0}, {L"\\\\.\\NUL", 0, 0},
    };

    for (int i = 0; i < (int)(sizeof(Table) / sizeof(*Table)); i++) {
        ULONG Found = (ULONG)RtlIsDosDeviceName_U(Table[i].Path);
        Ok(Found == (Table[i].At << 16 | Table[i].Length), "%ls is %s", Table[i].Path, Table[i].Length != 0 ? "a device" : "no device");
    }
}

/* ---- full paths -------------------------------------------------------------------------------------------------------------------------- */

static void Full(const WCHAR *Path, const WCHAR *Expected, const WCHAR *Part)
{
    WCHAR Buffer[MAX_PATH], *Found = Buffer;
    ULONG Bytes = (ULONG)wcslen(Expected) * sizeof(WCHAR), Got;

    wcscpy(Buffer, L"untouched");
    Got = (ULONG)RtlGetFullPathName_U(Path, sizeof(Buffer), Buffer, &Found);
    if (!Ok(Got == Bytes && _wcsicmp(Buffer, Expected) == 0 && (Part == NULL ? Found == NULL : Found != NULL && _wcsicmp(Found, Part) == 0) &&
            (ULONG)RtlGetFullPathName_U(Path, Bytes, Buffer, &Found) == Bytes + sizeof(WCHAR), "%ls is %ls", Path, Expected)) {
        printf("#   got %ls (%lu)\n", Buffer, Got);
    }
}

static void FullPaths(void)
{
    Full(L"c:/test", L"c:\\test", L"test");
    Full(L"c:/test .... ..   ", L"c:\\test", L"test");
    Full(L"c:/test/  ....   ", L"c:\\test\\", NULL);
    Full(L"c:/test/..", L"c:\\", NULL);
    Full(L"c:/test/.. ", L"c:\\test\\", NULL);
    Full(L"c:/test/../x", L"c:\\x", L"x");
    Full(L"c:/test./file", L"c:\\test\\file", L"file");
    Full(L"c:/test.. /file", L"c:\\test.. \\file", L"file");
    Full(L"c:///test\\.\\/.././", L"c:\\", NULL);
    Full(L"c:/test/\\.\\.\\file", L"c:\\test\\file", L"file");
    Full(L"c:/..\\..\\file", L"c:\\file", L"file");
    Full(L"file", L"C:\\Windows\\file", L"file");
    Full(L"..\\file", L"C:\\file", L"file");
    Full(L".", L"C:\\Windows", L"Windows");
    Full(L"..", L"C:\\", NULL);
    Full(L".\\", L"C:\\Windows\\", NULL);
    Full(L"\\file", L"C:\\file", L"file");
    Full(L"c:file", L"c:\\windows\\file", L"file");
    Full(L"c:", L"c:\\windows", L"windows");
    Full(L"q:file", L"q:\\file", L"file");
    Full(L"\\\\server\\share\\a\\..\\b", L"\\\\server\\share\\b", L"b");
    Full(L"\\\\server\\share\\..\\..\\b", L"\\\\server\\share\\b", L"b");
    Full(L"//server/share/b. ", L"\\\\server\\share\\b", L"b");
    Full(L"\\\\.\\pipe\\a", L"\\\\.\\pipe\\a", L"a");
    Full(L"//./a/../b", L"\\\\.\\b", L"b");
    Full(L"\\\\?\\c:\\a\\..\\b", L"\\\\?\\c:\\b", L"b");
    Full(L"NUL", L"\\\\.\\NUL", NULL);
    Full(L"c:\\dir\\com1.txt", L"\\\\.\\com1", NULL);
    Is((ULONG)RtlGetFullPathName_U(L"", MAX_PATH, NULL, NULL), 0, "nothing has no full path");
    Is((ULONG)RtlGetFullPathName_U(L"  ", MAX_PATH, NULL, NULL), 0, "nor have blanks");
    Fails((BOOL)GetFullPathNameW(L"", 0, NULL, NULL), ERROR_INVALID_NAME, "says Win32");
    Is(GetFullPathNameW(L"file", 0, NULL, NULL), 16, "Win32 counts characters");
}

/* A drive has a directory of its own, in a variable that nobody sees. */
static void DriveDirectory(void)
{
    SetEnvironmentVariableW(L"=Q:", L"Q:\\some\\where");
    Full(L"q:file", L"Q:\\some\\where\\file", L"file");
    Full(L"q:..\\file", L"Q:\\some\\file", L"file");
    SetEnvironmentVariableW(L"=Q:", NULL);
}

/* ---- the kernel's names ------------------------------------------------------------------------------------------------------------------- */

static void Named(const WCHAR *Path, const WCHAR *Expected)
{
    UNICODE_STRING Nt = {0};
    NTSTATUS Status = RtlDosPathNameToNtPathName_U_WithStatus(Path, &Nt, NULL, NULL);

    if (!Ok(Status == 0 && Nt.Length == wcslen(Expected) * sizeof(WCHAR) && _wcsicmp(Nt.Buffer, Expected) == 0, "%ls is %ls", Path, Expected)) {
        printf("#   got %08lx %ls\n", Status, Status == 0 ? Nt.Buffer : L"");
    }
    HeapFree(GetProcessHeap(), 0, Nt.Buffer);
}

static void NtNames(void)
{
    UNICODE_STRING Nt;
    WCHAR *Part = NULL;

    Named(L"C:\\Windows\\.\\x", L"\\??\\C:\\Windows\\x");
    Named(L"x", L"\\??\\C:\\Windows\\x");
    Named(L"\\x", L"\\??\\C:\\x");
    Named(L"C:x", L"\\??\\C:\\Windows\\x");
    Named(L"Q:x", L"\\??\\Q:\\x");
    Named(L"x. . .", L"\\??\\C:\\Windows\\x");
    Named(L"\\\\server\\share\\a\\..\\x", L"\\??\\UNC\\server\\share\\x");
    Named(L"//server/share", L"\\??\\UNC\\server\\share");
    Named(L"\\\\.\\pipe\\x", L"\\??\\pipe\\x");
    Named(L"\\\\.\\C:\\a\\..\\x", L"\\??\\C:\\x");
    Named(L"\\\\.\\PhysicalDrive0", L"\\??\\PhysicalDrive0");
    Named(L"\\\\?\\C:\\a\\..\\x. ", L"\\??\\C:\\a\\..\\x. ");
    Named(L"\\\\?\\C:/a", L"\\??\\C:/a");
    Named(L"\\\\?\\UNC\\server\\share\\x", L"\\??\\UNC\\server\\share\\x");
    Named(L"\\??\\C:\\a\\.\\x", L"\\??\\C:\\a\\.\\x");
    Named(L"//?/C:/a/./x", L"\\??\\C:\\a\\x");
    Named(L"nul", L"\\??\\nul");
    Named(L"C:\\Windows\\nul.txt", L"\\??\\nul");
    Named(L"COM1:", L"\\??\\COM1");
    Named(L"\\\\.\\CON", L"\\??\\CON");
    Is((ULONG)RtlDosPathNameToNtPathName_U_WithStatus(L"", &Nt, NULL, NULL), (ULONG)STATUS_OBJECT_NAME_INVALID, "nothing is no name");
    Is((ULONG)RtlDosPathNameToNtPathName_U_WithStatus(NULL, &Nt, NULL, NULL), (ULONG)STATUS_OBJECT_NAME_INVALID, "nor is NULL");
    Ok(RtlDosPathNameToNtPathName_U_WithStatus(L"a\\b", &Nt, &Part, NULL) == 0 && Part == Nt.Buffer + wcslen(L"\\??\\C:\\Windows\\a\\"), "the last part");
    HeapFree(GetProcessHeap(), 0, Nt.Buffer);
    Ok(RtlDosPathNameToNtPathName_U_WithStatus(L"a\\", &Nt, &Part, NULL) == 0 && Part == NULL, "none behind a backslash");
    HeapFree(GetProcessHeap(), 0, Nt.Buffer);
    WCHAR *Long = calloc(0x8010, sizeof(WCHAR));
    wmemset(Long, L'a', 0x8000);
    Is((ULONG)RtlDosPathNameToNtPathName_U_WithStatus(Long, &Nt, NULL, NULL), (ULONG)STATUS_NAME_TOO_LONG, "longer than a string of NT");
    free(Long);
}

/* ---- opening ------------------------------------------------------------------------------------------------------------------------------- */

static HANDLE Open(const WCHAR *Path, DWORD Disposition)
{
    return CreateFileW(Path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, Disposition, 0, NULL);
}

static void OpenedDevices(void)
{
    static const WCHAR *const Paths[] = {L"NUL", L"nul:", L"C:\\Windows\\nul.txt", L"\\\\.\\NUL", L"\\\\?\\GLOBALROOT\\Device\\Null"};
    DWORD Written;

    for (int i = 0; i < 5; i++) {
        HANDLE Null = Open(Paths[i], OPEN_EXISTING);
        Ok(Null != INVALID_HANDLE_VALUE && GetFileType(Null) == FILE_TYPE_CHAR && WriteFile(Null, "x", 1, &Written, NULL) && Written == 1,
           "%ls takes everything", Paths[i]);
        CloseHandle(Null);
    }
    Ok(Open(L"COM7", OPEN_EXISTING) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND, "a port that is not there");
}

/* Deeper than MAX_PATH, by names that go to the file system as they are. */
static void LongNames(void)
{
    WCHAR Path[1200] = L"\\\\?\\C:\\Temp\\long", Name[64];
    size_t Lengths[12];
    int Depth = 0, Made = 0;
    DWORD Count = 0;

    wmemset(Name, L'd', 60);
    Name[60] = 0;
    for (; Depth < 10; Depth++) {
        Made += CreateDirectoryW(Path, NULL) != 0;
        Lengths[Depth] = wcslen(Path);
        wcscat(wcscat(Path, L"\\"), Name);
    }
    Ok(Made == 10 && wcslen(Path) > 600, "directories deeper than MAX_PATH");
    HANDLE File = Open(Path, CREATE_NEW);
    Ok(File != INVALID_HANDLE_VALUE && WriteFile(File, "deep", 4, &Count, NULL) && Count == 4, "a file in the deepest");
    WCHAR Final[1200];
    Ok(GetFinalPathNameByHandleW(File, Final, 1200, 0) == wcslen(Path) && _wcsicmp(Final, Path) == 0, "says its name");
    CloseHandle(File);
    Ok(GetFileAttributesW(Path) != INVALID_FILE_ATTRIBUTES && GetFullPathNameW(Path, 1200, Final, NULL) == wcslen(Path), "is found by it");
    Ok(DeleteFileW(Path), "and goes");
    for (Made = 0; Depth > 0; Depth--) {
        Path[Lengths[Depth - 1]] = 0;
        Made += RemoveDirectoryW(Path) != 0;
    }
    Is((unsigned)Made, 10, "with all above it");
}

int main(void)
{
    SetCurrentDirectoryW(L"C:\\Windows");
    Kinds();
    Devices();
    FullPaths();
    DriveDirectory();
    NtNames();
    OpenedDevices();
    LongNames();
    return Done();
}
