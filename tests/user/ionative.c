/* SPDX-License-Identifier: MIT */
/*
 * ionative.c - the native face of files and pipes: which parameters NtCreateFile refuses, statuses of pipes, information by name, extended
 * attributes, impersonation of a pipe's client, and a driver that is unloaded when its last file is closed.
 */
#include <windows.h>
#include <winternl.h>
#include <stdio.h>
#include <string.h>
#include "tap.h"

#define STATUS(x) ((NTSTATUS)(x))
#define INVALID_PARAMETER_ STATUS(0xC000000D)

static NTSTATUS (NTAPI *QueryByName)(POBJECT_ATTRIBUTES, PIO_STATUS_BLOCK, PVOID, ULONG, ULONG);
static NTSTATUS (NTAPI *QueryEa)(HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG, BOOLEAN, PVOID, ULONG, PULONG, BOOLEAN);
static NTSTATUS (NTAPI *CreatePipeFile)(PHANDLE, ULONG, POBJECT_ATTRIBUTES, PIO_STATUS_BLOCK, ULONG, ULONG, ULONG, ULONG, ULONG, ULONG, ULONG, ULONG,
                                        ULONG, PLARGE_INTEGER);
static NTSTATUS (NTAPI *FsControl)(HANDLE, HANDLE, PVOID, PVOID, PIO_STATUS_BLOCK, ULONG, PVOID, ULONG, PVOID, ULONG);
static NTSTATUS (NTAPI *QueryFile)(HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG, ULONG);
static NTSTATUS (NTAPI *SetThread)(HANDLE, ULONG, PVOID, ULONG);
static NTSTATUS (NTAPI *LoadDriver)(PUNICODE_STRING), (NTAPI *UnloadDriver)(PUNICODE_STRING);
static NTSTATUS (NTAPI *CreateFileNative)(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PIO_STATUS_BLOCK, PLARGE_INTEGER, ULONG, ULONG, ULONG, ULONG, PVOID,
                                          ULONG);

static void Find(void)
{
    HMODULE Ntdll = GetModuleHandleA("ntdll.dll");
    QueryByName = (void *)GetProcAddress(Ntdll, "NtQueryInformationByName");
    QueryEa = (void *)GetProcAddress(Ntdll, "NtQueryEaFile");
    CreatePipeFile = (void *)GetProcAddress(Ntdll, "NtCreateNamedPipeFile");
    FsControl = (void *)GetProcAddress(Ntdll, "NtFsControlFile");
    QueryFile = (void *)GetProcAddress(Ntdll, "NtQueryInformationFile");
    SetThread = (void *)GetProcAddress(Ntdll, "NtSetInformationThread");
    LoadDriver = (void *)GetProcAddress(Ntdll, "NtLoadDriver");
    UnloadDriver = (void *)GetProcAddress(Ntdll, "NtUnloadDriver");
    CreateFileNative = (void *)GetProcAddress(Ntdll, "NtCreateFile");
}

static void Name(OBJECT_ATTRIBUTES *Object, UNICODE_STRING *String, const WCHAR *Text, HANDLE Root)
{
    String->Buffer = (WCHAR *)Text;
    String->Length = String->MaximumLength = (USHORT)(wcslen(Text) * sizeof(WCHAR));
    InitializeObjectAttributes(Object, String, OBJ_CASE_INSENSITIVE, Root, NULL);
}

static void TestCreateParameters(void)
{
    static const struct { ULONG Access, Attributes, Share, Disposition, Options; const char *What; } Cases[] = {
        {SYNCHRONIZE, 0, 8, FILE_OPEN, 0, "a share mode that is none"},
        {SYNCHRONIZE, 0, 7, 6, 0, "a disposition that is none"},
        {SYNCHRONIZE, 0, 7, FILE_OPEN, 0x80000000, "an option that is none"},
        {FILE_READ_DATA, 0, 7, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, "synchronous without SYNCHRONIZE"},
        {SYNCHRONIZE, 0, 7, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT | FILE_SYNCHRONOUS_IO_ALERT, "synchronous twice"},
        {SYNCHRONIZE, 0, 7, FILE_OPEN, FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE, "a directory and none"},
        {SYNCHRONIZE, 0, 7, FILE_OVERWRITE, FILE_DIRECTORY_FILE, "overwrite a directory"},
        {SYNCHRONIZE | FILE_READ_DATA, 0, 7, FILE_OPEN, FILE_DELETE_ON_CLOSE, "delete without DELETE"},
        {FILE_APPEND_DATA, 0, 7, FILE_OPEN, FILE_NO_INTERMEDIATE_BUFFERING, "append unbuffered"},
    };
    OBJECT_ATTRIBUTES Object;
    UNICODE_STRING String;
    IO_STATUS_BLOCK Io;
    HANDLE File;
    Name(&Object, &String, L"\\??\\C:\\Windows", NULL);
    for (unsigned i = 0; i < sizeof(Cases) / sizeof(Cases[0]); i++) {
        Is((ULONG)CreateFileNative(&File, Cases[i].Access, &Object, &Io, NULL, Cases[i].Attributes, Cases[i].Share, Cases[i].Disposition,
                                   Cases[i].Options, NULL, 0), (ULONG)INVALID_PARAMETER_, Cases[i].What);
    }
    Is((ULONG)CreateFileNative(&File, SYNCHRONIZE, &Object, &Io, NULL, 0, 7, FILE_OPEN, FILE_NON_DIRECTORY_FILE, NULL, 0), 0xC00000BA, "a directory as a file");
    Name(&Object, &String, L"\\??\\C:\\Windows\\System32\\ntdll.dll", NULL);
    Is((ULONG)CreateFileNative(&File, SYNCHRONIZE, &Object, &Io, NULL, 0, 7, FILE_OPEN, FILE_DIRECTORY_FILE, NULL, 0), 0xC0000103, "a file as a directory");
    Is((ULONG)CreateFileNative(&File, SYNCHRONIZE, &Object, &Io, NULL, 0, 7, FILE_CREATE, 0, NULL, 0), 0xC0000035, "create what exists");
}

static void TestByName(void)
{
    struct { LARGE_INTEGER Times[5], Allocation, End; ULONG Attributes, Tag, Links, Access; } Stat;
    UCHAR Ea[64];
    OBJECT_ATTRIBUTES Object;
    UNICODE_STRING String;
    IO_STATUS_BLOCK Io;
    HANDLE File;
    Name(&Object, &String, L"\\??\\C:\\Windows\\System32\\ntdll.dll", NULL);
    Is((ULONG)QueryByName(&Object, &Io, &Stat, sizeof(Stat), 68), 0, "FileStatInformation by name");
    Ok(Stat.End.QuadPart > 100000 && Stat.Links == 1 && Io.Information == sizeof(Stat), "of ntdll");
    Is((ULONG)QueryByName(&Object, &Io, &Stat, sizeof(Stat) - 1, 68), 0xC0000004, "too short");
    Is((ULONG)QueryByName(&Object, &Io, &Stat, sizeof(Stat), 4), 0xC0000003, "another class");
    Is((ULONG)CreateFileNative(&File, FILE_READ_EA | SYNCHRONIZE, &Object, &Io, NULL, 0, 7, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0), 0, "open");
    Is((ULONG)QueryEa(File, &Io, Ea, sizeof(Ea), FALSE, NULL, 0, NULL, TRUE), 0xC000004F, "FAT has no extended attributes");
    CloseHandle(File);
}

static void TestPipeStatuses(void)
{
    ULONG Local[10] = {0};
    DWORD Bytes;
    char Buffer[8];
    LARGE_INTEGER Timeout = {.QuadPart = -10000};
    OBJECT_ATTRIBUTES Object;
    UNICODE_STRING String;
    IO_STATUS_BLOCK Io;
    HANDLE S, T, C;
    Name(&Object, &String, L"\\Device\\NamedPipe\\nascent\\native", NULL);
#define MAKE(handle, share, disposition, type, mode, instances) \
    (ULONG)CreatePipeFile(handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &Object, &Io, share, disposition, FILE_SYNCHRONOUS_IO_NONALERT, type, mode, 0, \
                          instances, 10, 20, &Timeout)
    Is(MAKE(&S, 3, FILE_OPEN, 0, 0, 1), 0xC0000034, "open a pipe that is not there");
    Is(MAKE(&S, 0, FILE_OPEN_IF, 0, 0, 1), 0xC000000D, "no direction");
    Is(MAKE(&S, 3, FILE_OPEN_IF, 0, 1, 1), 0xC000000D, "bytes as messages");
    Is(MAKE(&S, 3, FILE_OPEN_IF, 0, 0, 0), 0xC000000D, "no instances");
    Is(MAKE(&S, 3, FILE_OPEN_IF, 1, 1, 1), 0, "a pipe");
    Is(Io.Information, FILE_CREATED, "is new");
    Is(MAKE(&T, 3, FILE_OPEN_IF, 1, 1, 1), 0xC00000AB, "its second instance of one");
    Is(MAKE(&T, 3, FILE_CREATE, 1, 1, 1), 0xC0000022, "nor may it be created again");
    Is((ULONG)QueryFile(S, &Io, Local, sizeof(Local), 24), 0, "local information");
    Ok(Local[0] == 1 && Local[1] == 2 && Local[2] == 1 && Local[3] == 1 && Local[4] == 10 && Local[6] == 20 && Local[8] == 2 && Local[9] == 1,
       "type, direction, instances, quotas, listening, server");
    C = CreateFileA("\\\\.\\pipe\\nascent\\native", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    Is((ULONG)FsControl(S, NULL, NULL, NULL, &Io, 0x11001C, NULL, 0, NULL, 0), 0xC000010D, "impersonate before anything was read");
    Ok(WriteFile(C, "abc", 3, &Bytes, NULL) && ReadFile(S, Buffer, 8, &Bytes, NULL), "a message");
    Is((ULONG)FsControl(S, NULL, NULL, NULL, &Io, 0x11001C, NULL, 0, NULL, 0), 0, "impersonate");
    {
        HANDLE Token = NULL, None = NULL;
        NTSTATUS (NTAPI *OpenToken)(HANDLE, ACCESS_MASK, BOOLEAN, PHANDLE) = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtOpenThreadToken");
        Is((ULONG)OpenToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &Token), 0, "the thread has a token");
        CloseHandle(Token);
        Is((ULONG)SetThread(GetCurrentThread(), 5, &None, sizeof(None)), 0, "and gives it back");
    }
    Ok(WriteFile(C, "12345", 5, &Bytes, NULL) && QueryFile(C, &Io, Local, sizeof(Local), 24) == 0 && Local[7] == 5 && Local[8] == 3 && Local[9] == 0,
       "five of ten bytes are left to write");
    Is((ULONG)FsControl(C, NULL, NULL, NULL, &Io, 0x110008, NULL, 0, NULL, 0), 0xC00000AF, "a client cannot listen");
    Is((ULONG)FsControl(C, NULL, NULL, NULL, &Io, 0x11FFFC, NULL, 0, NULL, 0), 0xC00000BB, "a control code that is none");
    CloseHandle(S);
    CloseHandle(C);
}

static void TestUnloadLater(void)
{
    UNICODE_STRING Service;
    OBJECT_ATTRIBUTES Object;
    char Answer[16];
    DWORD Done;
    NTSTATUS Status = 0;
    HANDLE Device;
    Name(&Object, &Service, L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\echo", NULL);
    Is((ULONG)LoadDriver(&Service), 0, "load");
    Is((ULONG)LoadDriver(&Service), 0xC000010E, "twice");
    Device = CreateFileA("\\\\.\\Echo", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    Ok(Device != INVALID_HANDLE_VALUE, "open");
    Is((ULONG)UnloadDriver(&Service), 0, "unload while it is open");
    Ok(CreateFileA("\\\\.\\Echo", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) == INVALID_HANDLE_VALUE, "no further opens");
    Ok(DeviceIoControl(Device, 0x222004, "abc", 3, Answer, sizeof(Answer), &Done, NULL) && Done == 3, "who has it open goes on");
    CloseHandle(Device);
    for (int i = 0; i < 500 && (Status = LoadDriver(&Service)) == STATUS(0xC000010E); i++) {
        Sleep(10); /* a system thread unloads it */
    }
    Is((ULONG)Status, 0, "closed, it goes, and can be loaded again");
    Is((ULONG)UnloadDriver(&Service), 0, "unload");
}

int main(void)
{
    Find();
    TestCreateParameters();
    TestByName();
    TestPipeStatuses();
    TestUnloadLater();
    return Done();
}
