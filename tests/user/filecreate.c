/* SPDX-License-Identifier: MIT */
/*
 * filecreate.c - CreateFile as a table: every disposition on what is not there, a file, a read-only, hidden or system one, a directory; every share
 * mode against every access and share mode of a second open; names that are none.  Results and last errors are Windows' on a FAT volume.
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>
#include "tap.h"

#define FOLDER "C:\\Temp\\nascent-create"
#define A FOLDER "\\a.txt"

static BOOL Try(const char *Name, DWORD Access, DWORD Share, DWORD Disposition, DWORD Flags, DWORD *Error)
{
    SetLastError(0xBAD);
    HANDLE File = CreateFileA(Name, Access, Share, NULL, Disposition, Flags, NULL);
    *Error = GetLastError();
    if (File != INVALID_HANDLE_VALUE) {
        CloseHandle(File);
    }
    return File != INVALID_HANDLE_VALUE;
}

static void Expect(const char *What, const char *Name, DWORD Access, DWORD Disposition, DWORD Flags, BOOL Good, DWORD Expected)
{
    DWORD Error;
    BOOL Opened = Try(Name, Access, 7, Disposition, Flags, &Error);
    if (!Ok(Opened == Good && Error == Expected, "%s, access %lx, disposition %lu", What, Access, Disposition)) {
        printf("#   %s with %lu, expected %s with %lu\n", Opened ? "opened" : "failed", Error, Good ? "open" : "failure", Expected);
    }
}

/* ---- dispositions ------------------------------------------------------------------------------------------------------------------ */

enum { Nothing, File, ReadOnly, Hidden, System, Directory };

static void Prepare(int State)
{
    static const DWORD Attributes[] = {0, FILE_ATTRIBUTE_NORMAL, FILE_ATTRIBUTE_READONLY, FILE_ATTRIBUTE_HIDDEN, FILE_ATTRIBUTE_SYSTEM};
    DWORD Error;

    SetFileAttributesA(A, FILE_ATTRIBUTE_NORMAL);
    DeleteFileA(A);
    RemoveDirectoryA(A);
    if (State == Directory) {
        CreateDirectoryA(A, NULL);
    } else if (State != Nothing) {
        Try(A, GENERIC_WRITE, 0, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, &Error);
        SetFileAttributesA(A, Attributes[State]);
    }
}

#define YES(error) {TRUE, error}
#define NO(error) {FALSE, error}
#define THERE ERROR_ALREADY_EXISTS
#define DENIED ERROR_ACCESS_DENIED
#define MISSING ERROR_FILE_NOT_FOUND
#define EXISTS ERROR_FILE_EXISTS
#define BAD_CALL ERROR_INVALID_PARAMETER /* TRUNCATE_EXISTING without GENERIC_WRITE */

static void TestDispositions(void)
{
    static const struct
    {
        const char *What;
        int State;
        DWORD Access, Flags;
        struct { BOOL Good; DWORD Error; } New, CreateAlways, Existing, OpenAlways, Truncate;
    } Cases[] = {
        {"nothing", Nothing, GENERIC_WRITE, 0, YES(0), YES(0), NO(MISSING), YES(0), NO(MISSING)},
        {"nothing", Nothing, GENERIC_READ, 0, YES(0), YES(0), NO(MISSING), YES(0), NO(BAD_CALL)},
        {"a file", File, GENERIC_WRITE, 0, NO(EXISTS), YES(THERE), YES(0), YES(THERE), YES(0)},
        {"a file", File, GENERIC_READ, 0, NO(EXISTS), YES(THERE), YES(0), YES(THERE), NO(BAD_CALL)},
        {"a read-only file", ReadOnly, GENERIC_WRITE, 0, NO(EXISTS), NO(DENIED), NO(DENIED), NO(DENIED), NO(DENIED)},
        {"a read-only file", ReadOnly, GENERIC_READ, 0, NO(EXISTS), NO(DENIED), YES(0), YES(THERE), NO(BAD_CALL)},
        {"a read-only file, to be deleted", ReadOnly, GENERIC_READ, FILE_FLAG_DELETE_ON_CLOSE, NO(EXISTS), NO(DENIED), NO(DENIED), NO(DENIED), NO(BAD_CALL)},
        {"a hidden file", Hidden, GENERIC_WRITE, 0, NO(EXISTS), NO(DENIED), YES(0), YES(THERE), NO(DENIED)},
        {"a hidden file, meant", Hidden, GENERIC_WRITE, FILE_ATTRIBUTE_HIDDEN, NO(EXISTS), YES(THERE), YES(0), YES(THERE), YES(0)},
        {"a system file", System, GENERIC_WRITE, 0, NO(EXISTS), NO(DENIED), YES(0), YES(THERE), NO(DENIED)},
        {"a directory", Directory, GENERIC_WRITE, 0, NO(EXISTS), NO(DENIED), NO(DENIED), NO(DENIED), NO(DENIED)},
        {"a directory", Directory, GENERIC_READ, 0, NO(EXISTS), NO(DENIED), NO(DENIED), NO(DENIED), NO(BAD_CALL)},
        {"a directory, meant", Directory, GENERIC_READ, FILE_FLAG_BACKUP_SEMANTICS, NO(EXISTS), NO(THERE), YES(0), YES(THERE), NO(BAD_CALL)},
    };
    for (unsigned i = 0; i < sizeof(Cases) / sizeof(Cases[0]); i++) {
        for (DWORD Disposition = CREATE_NEW; Disposition <= TRUNCATE_EXISTING; Disposition++) {
            Prepare(Cases[i].State);
            Expect(Cases[i].What, A, Cases[i].Access, Disposition, Cases[i].Flags, (&Cases[i].New)[Disposition - 1].Good,
                   (&Cases[i].New)[Disposition - 1].Error);
        }
    }
    Prepare(Nothing);
}

/* ---- sharing ------------------------------------------------------------------------------------------------------------------------ */

/* A shared bit for each access, both ways; who asks for none of the three is not asked. */
static BOOL MayShare(DWORD First, DWORD FirstShare, DWORD Second, DWORD SecondShare)
{
    static const struct { DWORD Access, Share; } Bits[] = {{GENERIC_READ, FILE_SHARE_READ}, {GENERIC_WRITE, FILE_SHARE_WRITE}, {DELETE, FILE_SHARE_DELETE}};
    for (int i = 0; i < 3 && First != 0 && Second != 0; i++) {
        if (((Second & Bits[i].Access) && !(FirstShare & Bits[i].Share)) || ((First & Bits[i].Access) && !(SecondShare & Bits[i].Share))) {
            return FALSE;
        }
    }
    return TRUE;
}

static void TestSharing(void)
{
    static const DWORD Access[] = {0, GENERIC_READ, GENERIC_WRITE, DELETE, GENERIC_READ | GENERIC_WRITE, GENERIC_READ | DELETE};
    unsigned Wrong = 0, Tried = 0;
    DWORD Error;

    Prepare(File);
    for (unsigned First = 0; First < 6 * 8; First++) {
        HANDLE Open = CreateFileA(A, Access[First / 8], First % 8, NULL, OPEN_EXISTING, 0, NULL);
        for (unsigned Second = 0; Second < 6 * 8; Second++, Tried++) {
            BOOL Opened = Try(A, Access[Second / 8], Second % 8, OPEN_EXISTING, 0, &Error);
            BOOL Good = MayShare(Access[First / 8], First % 8, Access[Second / 8], Second % 8);
            if (Opened != Good || (!Good && Error != ERROR_SHARING_VIOLATION)) {
                printf("#   access %lx share %x, then access %lx share %x: %s with %lu\n", Access[First / 8], First % 8, Access[Second / 8],
                       Second % 8, Opened ? "opened" : "failed", Error);
                Wrong++;
            }
        }
        CloseHandle(Open);
    }
    Ok(Wrong == 0, "%u pairs of opens share as they say", Tried);
    Ok(!Try(A, GENERIC_READ, 0x10, OPEN_EXISTING, 0, &Error) && Error == ERROR_INVALID_PARAMETER, "a share mode that is none");
    Prepare(Nothing);
}

/* ---- names -------------------------------------------------------------------------------------------------------------------------- */

static void TestNames(void)
{
    static char Long[400] = FOLDER "\\";
    DWORD Error;

    Prepare(File);
    Expect("a file with a backslash behind", A "\\", GENERIC_READ, OPEN_EXISTING, 0, FALSE, ERROR_INVALID_NAME);
    Expect("a new one with a backslash behind", FOLDER "\\b\\", GENERIC_WRITE, CREATE_NEW, 0, FALSE, ERROR_INVALID_NAME);
    Expect("a directory with a backslash behind", FOLDER "\\", GENERIC_READ, OPEN_EXISTING, 0, FALSE, ERROR_PATH_NOT_FOUND);
    Expect("the same, meant", FOLDER "\\", GENERIC_READ, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, TRUE, 0);
    Expect("a root", "C:\\", GENERIC_READ, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, TRUE, 0);
    Expect("a volume", "\\\\.\\C:", GENERIC_READ, OPEN_EXISTING, 0, TRUE, 0);
    Expect("no such drive", "Q:\\x", GENERIC_READ, OPEN_EXISTING, 0, FALSE, ERROR_PATH_NOT_FOUND);
    for (const char *Bad = "*?\"<>|"; *Bad != 0; Bad++) {
        char Name[60];
        sprintf(Name, FOLDER "\\a%cb", *Bad);
        Expect("a name with a character that is for patterns", Name, GENERIC_WRITE, CREATE_NEW, 0, FALSE, ERROR_INVALID_NAME);
    }
    Expect("a stream", A ":s", GENERIC_WRITE, CREATE_NEW, 0, FALSE, ERROR_INVALID_NAME);
    Expect("a directory by .", FOLDER "\\.", GENERIC_READ, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, TRUE, 0);
    Expect("a missing directory", FOLDER "\\no\\x", GENERIC_WRITE, CREATE_NEW, 0, FALSE, ERROR_PATH_NOT_FOUND);
    Expect("a file for a directory", A "\\x", GENERIC_WRITE, CREATE_NEW, 0, FALSE, ERROR_PATH_NOT_FOUND);
    memset(Long + strlen(Long), 'a', 300);
    Ok(!Try(Long, GENERIC_WRITE, 0, CREATE_NEW, 0, &Error) &&
           (Error == ERROR_INVALID_NAME || Error == ERROR_PATH_NOT_FOUND || Error == ERROR_FILENAME_EXCED_RANGE), "300 characters");
    Expect("NUL", "NUL", GENERIC_WRITE, CREATE_ALWAYS, 0, TRUE, 0);
    Expect("NUL in a directory", FOLDER "\\nul", GENERIC_WRITE, OPEN_EXISTING, 0, TRUE, 0);
    Expect("no name at all", NULL, GENERIC_READ, OPEN_EXISTING, 0, FALSE, ERROR_PATH_NOT_FOUND);
    Prepare(Nothing);
}

int main(void)
{
    CreateDirectoryA(FOLDER, NULL);
    TestDispositions();
    TestSharing();
    TestNames();
    Ok(RemoveDirectoryA(FOLDER), "nothing is left");
    return Done();
}
