/* SPDX-License-Identifier: MIT */
/*
 * filenative.c - files by native calls: dispositions and what they report, names that are none, offsets, directories read in pieces, information
 * set and asked, renaming, locks with keys.  Links with ntdll.
 */
#include <windows.h>
#include <winternl.h>
#include <stdio.h>
#include <wchar.h>
#include "tap.h"

#define FOLDER L"\\??\\C:\\Temp\\nascent-native"
#define FILE_ FOLDER L"\\n.txt"
#define DIR FOLDER L"\\d"
#define ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
#define SYNC FILE_SYNCHRONOUS_IO_NONALERT
#define READ (GENERIC_READ | SYNCHRONIZE)
#define WRITE (GENERIC_WRITE | DELETE | SYNCHRONIZE)
#define STATUS(call, expected, what) Is((ULONG)(call), expected, what)

NTSTATUS NTAPI NtReadFile(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK, PVOID, ULONG, PLARGE_INTEGER, PULONG);
NTSTATUS NTAPI NtWriteFile(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK, PVOID, ULONG, PLARGE_INTEGER, PULONG);
NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK, PVOID, ULONG, ULONG, BOOLEAN, PUNICODE_STRING, BOOLEAN);
NTSTATUS NTAPI NtLockFile(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK, PLARGE_INTEGER, PLARGE_INTEGER, ULONG, BOOLEAN, BOOLEAN);
NTSTATUS NTAPI NtUnlockFile(HANDLE, PIO_STATUS_BLOCK, PLARGE_INTEGER, PLARGE_INTEGER, ULONG);
NTSTATUS NTAPI NtDeleteFile(POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtQueryAttributesFile(POBJECT_ATTRIBUTES, PVOID);
NTSTATUS NTAPI NtQueryFullAttributesFile(POBJECT_ATTRIBUTES, PVOID);

NTSTATUS NTAPI NtFlushBuffersFile(HANDLE, PIO_STATUS_BLOCK);
NTSTATUS NTAPI NtFlushBuffersFileEx(HANDLE, ULONG, PVOID, ULONG, PIO_STATUS_BLOCK);

static IO_STATUS_BLOCK Io;

static NTSTATUS Open(PHANDLE File, const WCHAR *Name, HANDLE Root, ACCESS_MASK Access, ULONG Disposition, ULONG Options)
{
    UNICODE_STRING String;
    OBJECT_ATTRIBUTES Object;
    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Object, &String, OBJ_CASE_INSENSITIVE, Root, NULL);
    *File = NULL;
    Io.Information = 99;
    return NtCreateFile(File, Access, &Object, &Io, NULL, 0, ALL, Disposition, Options, NULL, 0);
}

static void Opens(const char *What, const WCHAR *Name, ACCESS_MASK Access, ULONG Disposition, ULONG Options, ULONG Status, ULONG Information)
{
    HANDLE File;
    STATUS(Open(&File, Name, NULL, Access, Disposition, Options), Status, What);
    if (Status == 0) {
        Is(Io.Information, Information, "and says so");
        NtClose(File);
    }
}

static void TestOpen(void)
{
    HANDLE Root, File, Event = CreateEventA(NULL, TRUE, FALSE, NULL);

    Opens("open nothing", FILE_, WRITE, FILE_OPEN, SYNC, 0xC0000034, 0);
    Opens("overwrite nothing", FILE_, WRITE, FILE_OVERWRITE, SYNC, 0xC0000034, 0);
    Opens("supersede nothing", FILE_, WRITE, FILE_SUPERSEDE, SYNC, 0, FILE_CREATED);
    Opens("supersede", FILE_, WRITE, FILE_SUPERSEDE, SYNC, 0, FILE_SUPERSEDED);
    Opens("overwrite or make", FILE_, WRITE, FILE_OVERWRITE_IF, SYNC, 0, FILE_OVERWRITTEN);
    Opens("open or make", FILE_, WRITE, FILE_OPEN_IF, SYNC, 0, FILE_OPENED);
    Opens("make what is there", FILE_, WRITE, FILE_CREATE, SYNC, 0xC0000035, 0);
    Opens("a file as a directory", FILE_, READ, FILE_OPEN, SYNC | FILE_DIRECTORY_FILE, 0xC0000103, 0);
    Opens("a file in the middle", FILE_ L"\\x", READ, FILE_OPEN, SYNC, 0xC000003A, 0);
    Opens("two backslashes", FOLDER L"\\\\n.txt", READ, FILE_OPEN, SYNC, 0xC0000033, 0);
    Opens("nobody resolves .. here", FOLDER L"\\..\\n.txt", READ, FILE_OPEN, SYNC, 0xC0000033, 0);
    Opens("nor makes it", FOLDER L"\\..", WRITE, FILE_OPEN_IF, SYNC, 0xC0000033, 0);
    Opens("a pattern", FOLDER L"\\n*", READ, FILE_OPEN, SYNC, 0xC0000033, 0);
    Opens("a DOS name", L"C:\\Temp", READ, FILE_OPEN, SYNC, 0xC000003B, 0);
    Opens("no name", L"", READ, FILE_OPEN, SYNC, 0xC000003B, 0);
    Opens("no drive", L"\\??\\Q:\\x", READ, FILE_OPEN, SYNC, 0xC000003A, 0);
    Opens("make a directory", DIR, READ, FILE_CREATE, SYNC | FILE_DIRECTORY_FILE, 0, FILE_CREATED);
    Opens("again", DIR, READ, FILE_CREATE, SYNC | FILE_DIRECTORY_FILE, 0xC0000035, 0);
    Opens("open it or make it", DIR, READ, FILE_OPEN_IF, SYNC | FILE_DIRECTORY_FILE, 0, FILE_OPENED);
    Opens("a directory as a file", DIR, READ, FILE_OPEN, SYNC | FILE_NON_DIRECTORY_FILE, 0xC00000BA, 0);
    Opens("delete it on close", DIR, DELETE | SYNCHRONIZE, FILE_OPEN, SYNC | FILE_DIRECTORY_FILE | FILE_DELETE_ON_CLOSE, 0, FILE_OPENED);
    Opens("it is gone", DIR, READ, FILE_OPEN, SYNC, 0xC0000034, 0);
    Open(&Root, FOLDER, NULL, FILE_TRAVERSE | SYNCHRONIZE, FILE_OPEN, SYNC | FILE_DIRECTORY_FILE);
    STATUS(Open(&File, L"\\n.txt", Root, READ, FILE_OPEN, SYNC), 0xC0000033, "a relative name does not begin with a backslash");
    STATUS(Open(&File, L"n.txt", Root, READ, FILE_OPEN, SYNC), 0, "a relative name");
    NtClose(File);
    STATUS(Open(&File, L"", Root, READ, FILE_OPEN, SYNC), 0, "none is the root itself");
    NtClose(File);
    STATUS(Open(&File, L"x", (HANDLE)0x1234, READ, FILE_OPEN, SYNC), 0xC0000008, "a root that is no handle");
    STATUS(Open(&File, L"x", Event, READ, FILE_OPEN, SYNC), 0xC0000024, "a root that is no file");
    NtClose(Root);
    NtClose(Event);
}

static void TestRights(void)
{
    LARGE_INTEGER Zero = {.QuadPart = 0};
    ULONG64 Basic[5] = {0};
    HANDLE File;
    char Byte;

    Open(&File, FILE_, NULL, SYNCHRONIZE, FILE_OPEN, SYNC);
    STATUS(NtReadFile(File, NULL, NULL, NULL, &Io, &Byte, 1, &Zero, NULL), 0xC0000022, "read without the right");
    STATUS(NtWriteFile(File, NULL, NULL, NULL, &Io, &Byte, 1, &Zero, NULL), 0xC0000022, "write without the right");
    STATUS(NtQueryInformationFile(File, &Io, Basic, 40, 4), 0xC0000022, "ask for attributes without the right");
    STATUS(NtSetInformationFile(File, &Io, Basic, 40, 4), 0xC0000022, "set them without the right");
    NtClose(File);
}

static NTSTATUS Write(HANDLE File, const char *Text, LONGLONG Where)
{
    LARGE_INTEGER Offset = {.QuadPart = Where};
    return NtWriteFile(File, NULL, NULL, NULL, &Io, (PVOID)Text, (ULONG)strlen(Text), &Offset, NULL);
}

static NTSTATUS Read(HANDLE File, ULONG Length, LONGLONG Where)
{
    static char Buffer[64];
    LARGE_INTEGER Offset = {.QuadPart = Where};
    return NtReadFile(File, NULL, NULL, NULL, &Io, Buffer, Length, &Offset, NULL);
}

static LONGLONG SizeOf(HANDLE File)
{
    LARGE_INTEGER Standard[3];
    NtQueryInformationFile(File, &Io, Standard, sizeof(Standard), 5);
    return Standard[1].QuadPart;
}

static NTSTATUS SetLength(HANDLE File, LONGLONG Size, ULONG Class)
{
    return NtSetInformationFile(File, &Io, &Size, sizeof(Size), Class);
}

static void TestOffsets(HANDLE File)
{
    LARGE_INTEGER Position = {.QuadPart = 0};

    STATUS(Write(File, "0123456789", 0), 0, "ten bytes");
    STATUS(Write(File, "ab", -1), 0, "at the end, wherever that is");
    STATUS(Write(File, "cd", -2), 0, "where the last one ended");
    Is((ULONG)SizeOf(File), 14, "fourteen");
    STATUS(Write(File, "cd", -3), 0xC000000D, "no such place");
    STATUS(Read(File, 2, -1), 0xC000000D, "nothing is read at the end");
    STATUS(Read(File, 2, -2), 0xC0000011, "where the last one ended is the end");
    STATUS(Read(File, 0, 14), 0, "no bytes at the end");
    STATUS(Read(File, 10, 12), 0, "ten of the last two bytes");
    Is(Io.Information, 2, "are two");
    NtQueryInformationFile(File, &Io, &Position, 8, 14);
    Is((ULONG)Position.QuadPart, 14, "and the position is behind them");
    STATUS(SetLength(File, 100000, 19), 0, "allocation");
    Is((ULONG)SizeOf(File), 14, "leaves the size");
    STATUS(SetLength(File, 5, 19), 0, "less allocation than there is");
    Is((ULONG)SizeOf(File), 5, "cuts the file");
    STATUS(SetLength(File, -1, 20), 0xC000000D, "a negative end");
    STATUS(NtSetInformationFile(File, &Io, &Position, 4, 20), 0xC0000004, "half of one");
}

static void TestDisposition(HANDLE File)
{
    struct { LARGE_INTEGER Times[4]; ULONG Attributes, Padding; } Basic = {.Attributes = FILE_ATTRIBUTE_DIRECTORY};
    struct { LARGE_INTEGER Sizes[2]; ULONG Links; BOOLEAN Pending, Directory; } Standard;
    ULONG Flags = 0x13; /* delete, POSIX, whatever the read-only attribute says */
    BOOLEAN Delete = TRUE;
    HANDLE Second;

    STATUS(NtSetInformationFile(File, &Io, &Basic, sizeof(Basic), 4), 0xC000000D, "a file does not become a directory");
    Basic.Attributes = FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_READONLY;
    STATUS(NtSetInformationFile(File, &Io, &Basic, sizeof(Basic), 4), 0, "hidden, read-only");
    STATUS(NtSetInformationFile(File, &Io, &Delete, 1, 13), 0xC0000121, "what is read-only is not deleted");
    STATUS(NtSetInformationFile(File, &Io, &Flags, 4, 64), 0, "unless that is to be ignored");
    NtQueryInformationFile(File, &Io, &Standard, sizeof(Standard), 5);
    Ok(Standard.Pending && Standard.Links == 0, "it is pending");
    STATUS(Open(&Second, FILE_, NULL, READ, FILE_OPEN, SYNC), 0xC0000056, "nobody opens it");
    Flags = 0;
    STATUS(NtSetInformationFile(File, &Io, &Flags, 4, 64), 0, "and is taken back");
    Basic.Attributes = FILE_ATTRIBUTE_NORMAL;
    STATUS(NtSetInformationFile(File, &Io, &Basic, sizeof(Basic), 4), 0, "as it was");
}

static void TestClasses(HANDLE File)
{
    static const struct { ULONG Class, Length, Status, Information; } Cases[] = {
        {9, 600, 0, 4 + 2 * 26}, {9, 10, 0x80000005, 10}, {9, 3, 0xC0000004, 0}, {48, 600, 0, 4 + 2 * 26},
        {18, 600, 0, 100 + 2 * 26}, {18, 104, 0x80000005, 104}, {22, 600, 0, 24 + 2 * 7}, {34, 600, 0, 56}, {6, 600, 0, 8}, {35, 600, 0, 8},
        {7, 600, 0, 4}, {8, 600, 0, 4}, {16, 600, 0, 4}, {17, 600, 0, 4}, {14, 600, 0, 8}, {10, 600, 0xC0000003, 0}, {1, 600, 0xC0000003, 0},
        {59, 600, 0xC000000D, 0}, {28, 600, 0xC000000D, 0}, {46, 600, 0xC000000D, 0},
    };
    ULONG64 Buffer[75];

    for (unsigned i = 0; i < sizeof(Cases) / sizeof(Cases[0]); i++) {
        NTSTATUS Status = NtQueryInformationFile(File, &Io, Buffer, Cases[i].Length, Cases[i].Class);
        if (!Ok((ULONG)Status == Cases[i].Status && (Cases[i].Information == 0 || Io.Information == Cases[i].Information), "class %lu in %lu bytes",
                Cases[i].Class, Cases[i].Length)) {
            printf("#   got 0x%lx, %lu bytes\n", (ULONG)Status, (ULONG)Io.Information);
        }
    }
}

/* What is too short, unknown, or nothing that FAT has; of a read-only handle, what it may not do. */
static void TestSetClasses(HANDLE File)
{
    static const struct { ULONG Class, Length, Status, ReadOnly; } Cases[] = {
        {4, 39, 0xC0000004, 0xC0000004}, {4, 40, 0, 0xC0000022}, {10, 23, 0xC0000004, 0xC0000004}, {13, 0, 0xC0000004, 0xC0000004},
        {13, 1, 0, 0xC0000022}, {14, 7, 0xC0000004, 0xC0000004}, {14, 8, 0, 0}, {19, 7, 0xC0000004, 0xC0000004}, {19, 8, 0, 0xC0000022},
        {20, 7, 0xC0000004, 0xC0000004}, {20, 8, 0, 0xC0000022}, {5, 24, 0xC0000003, 0xC0000003}, {6, 8, 0xC0000003, 0xC0000003},
        {9, 24, 0xC0000003, 0xC0000003}, {200, 600, 0xC0000003, 0xC0000003},
    };
    ULONG64 Zeros[75] = {0};
    HANDLE Bare;

    STATUS(Open(&Bare, FILE_, NULL, READ, FILE_OPEN, SYNC), 0, "a handle that may only read");
    for (unsigned i = 0; i < sizeof(Cases) / sizeof(Cases[0]); i++) {
        NTSTATUS Status = NtSetInformationFile(File, &Io, Zeros, Cases[i].Length, Cases[i].Class);
        NTSTATUS ReadOnly = NtSetInformationFile(Bare, &Io, Zeros, Cases[i].Length, Cases[i].Class);
        if (!Ok((ULONG)Status == Cases[i].Status && (ULONG)ReadOnly == Cases[i].ReadOnly, "set class %lu of %lu bytes", Cases[i].Class, Cases[i].Length)) {
            printf("#   got 0x%lx and 0x%lx\n", (ULONG)Status, (ULONG)ReadOnly);
        }
    }
    NtClose(Bare);
    STATUS(Write(File, "fives", 0), 0, "the end of file was set to nothing on the way");
}

/* Class, bytes, status, bytes given (0: whatever). */
static void TestVolumeClasses(HANDLE File)
{
    static const struct { ULONG Class, Length, Status, Information; } Cases[] = {
        {1, 23, 0xC0000004, 0}, {1, 600, 0, 0}, {3, 23, 0xC0000004, 0}, {3, 24, 0, 24}, {4, 7, 0xC0000004, 0}, {4, 8, 0, 8}, {5, 15, 0xC0000004, 0},
        {5, 16, 0x80000005, 16}, {5, 600, 0, 0}, {7, 31, 0xC0000004, 0}, {7, 32, 0, 32}, {11, 27, 0xC0000004, 0}, {11, 28, 0, 28}, {99, 600, 0xC0000003, 0},
    };
    ULONG64 Buffer[75];

    for (unsigned i = 0; i < sizeof(Cases) / sizeof(Cases[0]); i++) {
        NTSTATUS Status = NtQueryVolumeInformationFile(File, &Io, Buffer, Cases[i].Length, Cases[i].Class);
        if (!Ok((ULONG)Status == Cases[i].Status && (Cases[i].Information == 0 || Io.Information == Cases[i].Information), "volume class %lu in %lu bytes",
                Cases[i].Class, Cases[i].Length)) {
            printf("#   got 0x%lx, %lu bytes\n", (ULONG)Status, (ULONG)Io.Information);
        }
    }
}

static NTSTATUS Rename(HANDLE File, const WCHAR *Name, ULONG Class)
{
    struct { ULONG64 Replace; HANDLE Root; ULONG Length; WCHAR Name[64]; } Information = {.Length = (ULONG)(2 * wcslen(Name))};
    wcscpy(Information.Name, Name);
    return NtSetInformationFile(File, &Io, &Information, 24 + Information.Length, Class);
}

static void TestRename(HANDLE File)
{
    struct { ULONG Length; WCHAR Name[100]; } Name;

    STATUS(Rename(File, L"linked.txt", 11), 0xC0000010, "FAT has no links");
    STATUS(Rename(File, L"renamed.txt", 10), 0, "another name in the same directory");
    NtQueryInformationFile(File, &Io, &Name, sizeof(Name), 9);
    Ok(Name.Length == 64 && wcsncmp(Name.Name, L"\\Temp\\nascent-native\\renamed.txt", 32) == 0, "which the handle knows");
    STATUS(Rename(File, L"bad*name", 10), 0xC0000033, "a name that is none");
    STATUS(Rename(File, L"..", 10), 0xC0000033, "nor is this");
    STATUS(Rename(File, L"\\??\\C:\\none\\x", 10), 0xC000003A, "into no directory");
    STATUS(Rename(File, L"\\Device\\Null", 10), 0xC00000D4, "to another device");
    STATUS(Rename(File, L"n.txt", 10), 0, "back");
}

static void TestLocks(HANDLE File)
{
    LARGE_INTEGER Zero = {.QuadPart = 0}, Length = {.QuadPart = 10};
    ULONG Key = 1;
    char Buffer[4];

    STATUS(NtLockFile(File, NULL, NULL, NULL, &Io, &Zero, &Length, 1, TRUE, TRUE), 0, "an exclusive lock with key 1");
    STATUS(NtLockFile(File, NULL, NULL, NULL, &Io, &Zero, &Length, 1, TRUE, FALSE), 0xC0000055, "a second over it");
    STATUS(NtReadFile(File, NULL, NULL, NULL, &Io, Buffer, 4, &Zero, NULL), 0xC0000054, "a read with another key");
    STATUS(NtReadFile(File, NULL, NULL, NULL, &Io, Buffer, 4, &Zero, &Key), 0, "with the key");
    STATUS(NtUnlockFile(File, &Io, &Zero, &Length, 2), 0xC000007E, "unlock with another key");
    STATUS(NtUnlockFile(File, &Io, &Zero, &Length, 1), 0, "with the key");
    STATUS(NtUnlockFile(File, &Io, &Zero, &Length, 1), 0xC000007E, "twice");
    STATUS(NtFsControlFile(File, NULL, NULL, NULL, &Io, 0x900A8, NULL, 0, Buffer, 4), 0xC0000010, "FAT has no reparse points");
}

static void TestByName(void)
{
    UNICODE_STRING String;
    OBJECT_ATTRIBUTES Object;
    ULONG64 Buffer[8];

    RtlInitUnicodeString(&String, FILE_);
    InitializeObjectAttributes(&Object, &String, OBJ_CASE_INSENSITIVE, NULL, NULL);
    STATUS(NtQueryAttributesFile(&Object, Buffer), 0, "attributes by name");
    STATUS(NtQueryFullAttributesFile(&Object, Buffer), 0, "and all of them");
    STATUS(NtDeleteFile(&Object), 0, "delete by name");
    STATUS(NtDeleteFile(&Object), 0xC0000034, "twice");
    STATUS(NtQueryAttributesFile(&Object, Buffer), 0xC0000034, "nothing to ask for");
}

typedef struct { ULONG Next, Index; LARGE_INTEGER Times[4], Sizes[2]; ULONG Attributes, Length; WCHAR Name[1]; } ENTRY;

static NTSTATUS List(HANDLE Directory, ULONG Room, BOOLEAN Single, const WCHAR *Pattern, BOOLEAN Restart, ENTRY **First)
{
    static ULONG64 Buffer[128];
    UNICODE_STRING String;
    RtlInitUnicodeString(&String, Pattern);
    *First = (ENTRY *)Buffer;
    return NtQueryDirectoryFile(Directory, NULL, NULL, NULL, &Io, Buffer, Room, 1, Single, Pattern != NULL ? &String : NULL, Restart);
}

static HANDLE OpenList(const WCHAR *Name)
{
    HANDLE Directory;
    Open(&Directory, Name, NULL, FILE_LIST_DIRECTORY | SYNCHRONIZE, FILE_OPEN, SYNC);
    return Directory;
}

static void TestPieces(void)
{
    HANDLE Directory = OpenList(DIR);
    ENTRY *Entry;
    int Count = 1;

    STATUS(List(Directory, 1024, TRUE, NULL, FALSE, &Entry), 0, "one entry");
    Ok(Entry->Length == 2 && Entry->Name[0] == L'.' && Entry->Next == 0, "is .");
    STATUS(List(Directory, 1024, TRUE, NULL, FALSE, &Entry), 0, "the next");
    Is(Entry->Length, 4, "is ..");
    STATUS(List(Directory, 1024, FALSE, NULL, FALSE, &Entry), 0, "the rest");
    for (; Entry->Next != 0; Entry = (ENTRY *)((char *)Entry + Entry->Next)) {
        Count++;
    }
    Is((ULONG)Count, 5, "five files");
    STATUS(List(Directory, 1024, FALSE, NULL, FALSE, &Entry), 0x80000006, "no more");
    STATUS(List(Directory, 1024, TRUE, NULL, TRUE, &Entry), 0, "from the beginning");
    Is(Entry->Length, 2, "is . again");
    STATUS(List(Directory, 1024, TRUE, L"file3*", FALSE, &Entry), 0, "a pattern that comes too late");
    Is(Entry->Length, 4, "is not looked at");
    NtClose(Directory);
}

static void TestPatterns(void)
{
    HANDLE Directory = OpenList(DIR);
    ENTRY *Entry;

    STATUS(List(Directory, 1024, FALSE, L"file3*", FALSE, &Entry), 0, "a pattern");
    Ok(Entry->Length == 18 && Entry->Next == 0, "finds one");
    STATUS(List(Directory, 1024, FALSE, L"file3*", FALSE, &Entry), 0x80000006, "then no more");
    NtClose(Directory);
    Directory = OpenList(DIR);
    STATUS(List(Directory, 1024, FALSE, L"zzz*", FALSE, &Entry), 0xC000000F, "one that finds none at first");
    STATUS(List(Directory, 1024, FALSE, NULL, FALSE, &Entry), 0x80000006, "and later");
    NtClose(Directory);
    Directory = OpenList(DIR);
    STATUS(List(Directory, 1024, FALSE, L"a|b", FALSE, &Entry), 0xC0000033, "one that is none");
    STATUS(List(Directory, 10, FALSE, NULL, FALSE, &Entry), 0xC0000004, "no room for an entry");
    STATUS(List(Directory, 72, FALSE, L"file3*", FALSE, &Entry), 0x80000005, "room for part of a name");
    Is(Entry->Length, 18, "whose length is told");
    NtClose(Directory);
    Directory = OpenList(DIR L"\\file1.txt");
    STATUS(List(Directory, 1024, FALSE, NULL, FALSE, &Entry), 0xC000000D, "a file is not listed");
    NtClose(Directory);
}

static void TestDirectory(void)
{
    WCHAR Name[80];

    Opens("a directory", DIR, READ, FILE_CREATE, SYNC | FILE_DIRECTORY_FILE, 0, FILE_CREATED);
    for (int i = 0; i < 5; i++) {
        swprintf(Name, 80, DIR L"\\file%d.txt", i);
        Opens("a file in it", Name, WRITE, FILE_CREATE, SYNC, 0, FILE_CREATED);
    }
    TestPieces();
    TestPatterns();
    for (int i = 0; i < 5; i++) {
        swprintf(Name, 80, DIR L"\\file%d.txt", i);
        Opens("delete it", Name, WRITE, FILE_OPEN, SYNC | FILE_DELETE_ON_CLOSE, 0, FILE_OPENED);
    }
    Opens("and the directory", DIR, DELETE | SYNCHRONIZE, FILE_OPEN, SYNC | FILE_DIRECTORY_FILE | FILE_DELETE_ON_CLOSE, 0, FILE_OPENED);
}

static void TestFlush(HANDLE File)
{
    HANDLE Reader;

    STATUS(NtFlushBuffersFile(File, &Io), 0, "flush");
    STATUS(NtFlushBuffersFileEx(File, 0, NULL, 0, &Io), 0, "the same");
    STATUS(NtFlushBuffersFileEx(File, 1, NULL, 0, &Io), 0, "data only");
    STATUS(NtFlushBuffersFileEx(File, 2, NULL, 0, &Io), 0, "without the disk's own cache");
    STATUS(NtFlushBuffersFileEx(File, 4, NULL, 0, &Io), 0, "data and that cache");
    STATUS(NtFlushBuffersFileEx(File, 0x80000000, NULL, 0, &Io), 0xC000000D, "a flag that is none");
    STATUS(NtFlushBuffersFileEx(File, 0, &Reader, sizeof(Reader), &Io), 0xC000000D, "there are no parameters yet");
    STATUS(NtFlushBuffersFileEx(File, 0, NULL, 0, (PVOID)16), 0xC0000005, "nowhere to answer");
    Open(&Reader, FILE_, NULL, READ, FILE_OPEN, SYNC);
    STATUS(NtFlushBuffersFileEx(Reader, 0, NULL, 0, &Io), 0xC0000022, "who cannot write has nothing to flush");
    NtClose(Reader);
}

int main(void)
{
    HANDLE File;

    CreateDirectoryA("C:\\Temp\\nascent-native", NULL);
    TestOpen();
    TestRights();
    STATUS(Open(&File, FILE_, NULL, GENERIC_READ | WRITE, FILE_OVERWRITE_IF, SYNC), 0, "a file");
    TestOffsets(File);
    TestFlush(File);
    TestDisposition(File);
    TestClasses(File);
    TestSetClasses(File);
    TestVolumeClasses(File);
    TestRename(File);
    TestLocks(File);
    NtClose(File);
    TestByName();
    TestDirectory();
    Ok(RemoveDirectoryA("C:\\Temp\\nascent-native"), "nothing is left");
    return Done();
}
