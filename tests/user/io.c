/* SPDX-License-Identifier: MIT */
/*
 * io.c - the I/O manager as programs meet it: asynchronous handles, events, APCs, completion ports,
 * cancellation, share modes, devices.
 *
 * Files on C: complete at once; \\.\COM1 is the device whose reads wait, so it serves for cancellation.
 */
#include <windows.h>
#include <winternl.h>
#include <string.h>
#include <wchar.h>
#include "tap.h"

static const char Known[] = "C:\\Windows\\System32\\kernel32.dll";

/* A plain build links no ntdll: its functions are looked up. */
#define NATIVE(Name, ...) static NTSTATUS(NTAPI *Name##_)(__VA_ARGS__)
NATIVE(NtCreateFile, PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PIO_STATUS_BLOCK, PLARGE_INTEGER, ULONG, ULONG, ULONG, ULONG, PVOID, ULONG);
NATIVE(NtOpenFile, PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PIO_STATUS_BLOCK, ULONG, ULONG);
NATIVE(NtReadFile, HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK, PVOID, ULONG, PLARGE_INTEGER, PULONG);
NATIVE(NtQueryInformationFile, HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG, ULONG);
NATIVE(NtSetInformationFile, HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG, ULONG);
NATIVE(NtQueryVolumeInformationFile, HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG, ULONG);
NATIVE(NtCancelIoFile, HANDLE, PIO_STATUS_BLOCK);
NATIVE(NtCancelIoFileEx, HANDLE, PIO_STATUS_BLOCK, PIO_STATUS_BLOCK);
NATIVE(NtClose, HANDLE);

static void FindNatives(void)
{
    HMODULE Ntdll = GetModuleHandleA("ntdll.dll");

    NtCreateFile_ = (PVOID)GetProcAddress(Ntdll, "NtCreateFile");
    NtOpenFile_ = (PVOID)GetProcAddress(Ntdll, "NtOpenFile");
    NtReadFile_ = (PVOID)GetProcAddress(Ntdll, "NtReadFile");
    NtQueryInformationFile_ = (PVOID)GetProcAddress(Ntdll, "NtQueryInformationFile");
    NtSetInformationFile_ = (PVOID)GetProcAddress(Ntdll, "NtSetInformationFile");
    NtQueryVolumeInformationFile_ = (PVOID)GetProcAddress(Ntdll, "NtQueryVolumeInformationFile");
    NtCancelIoFile_ = (PVOID)GetProcAddress(Ntdll, "NtCancelIoFile");
    NtCancelIoFileEx_ = (PVOID)GetProcAddress(Ntdll, "NtCancelIoFileEx");
    NtClose_ = (PVOID)GetProcAddress(Ntdll, "NtClose");
}

#define UNTOUCHED ((NTSTATUS)0x5A5A5A5A)

static HANDLE OpenNative(PCWSTR Name, ACCESS_MASK Access, ULONG Options, ULONG Disposition, NTSTATUS *Status)
{
    UNICODE_STRING Text;
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle = NULL;

    Text.Buffer = (PWSTR)Name;
    Text.Length = Text.MaximumLength = (USHORT)(wcslen(Name) * sizeof(WCHAR));
    InitializeObjectAttributes(&Attributes, &Text, OBJ_CASE_INSENSITIVE, NULL, NULL);
    *Status = NtCreateFile_(&Handle, Access, &Attributes, &Iosb, NULL, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, Disposition, Options, NULL, 0);
    return Handle;
}

static void CreateRules(void)
{
    NTSTATUS Status;

    OpenNative(L"\\??\\C:\\Windows", FILE_READ_DATA, FILE_SYNCHRONOUS_IO_NONALERT, FILE_OPEN, &Status);
    Is((ULONG)Status, 0xC000000D, "a synchronous handle needs SYNCHRONIZE");
    OpenNative(L"\\??\\C:\\Windows", FILE_READ_DATA | SYNCHRONIZE, FILE_SYNCHRONOUS_IO_NONALERT | FILE_SYNCHRONOUS_IO_ALERT, FILE_OPEN, &Status);
    Is((ULONG)Status, 0xC000000D, "alertable or not, not both");
    OpenNative(L"\\??\\C:\\Windows", FILE_READ_DATA, FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE, FILE_OPEN, &Status);
    Is((ULONG)Status, 0xC000000D, "a directory and not a directory");
    OpenNative(L"\\??\\C:\\Windows", FILE_READ_DATA, 0, 99, &Status);
    Is((ULONG)Status, 0xC000000D, "an unknown disposition");
    OpenNative(L"\\??\\C:\\Windows", FILE_READ_DATA, FILE_DIRECTORY_FILE, FILE_OVERWRITE, &Status);
    Is((ULONG)Status, 0xC000000D, "directories are not overwritten");
    OpenNative(L"\\??\\C:\\Windows", FILE_READ_DATA, FILE_DELETE_ON_CLOSE, FILE_OPEN, &Status);
    Is((ULONG)Status, 0xC000000D, "delete on close needs DELETE");
    OpenNative(L"\\??\\C:\\Windows", FILE_READ_DATA, FILE_NON_DIRECTORY_FILE, FILE_OPEN, &Status);
    Is((ULONG)Status, 0xC00000BA, "a directory is STATUS_FILE_IS_A_DIRECTORY");
    OpenNative(L"\\??\\C:\\Windows\\System32\\kernel32.dll", FILE_READ_DATA, FILE_DIRECTORY_FILE, FILE_OPEN, &Status);
    Is((ULONG)Status, 0xC0000103, "a file is STATUS_NOT_A_DIRECTORY");
    OpenNative(L"\\Device", FILE_READ_DATA, 0, FILE_OPEN, &Status);
    Is((ULONG)Status, 0xC0000024, "an object directory is STATUS_OBJECT_TYPE_MISMATCH");
    OpenNative(L"\\Device\\Nothing", FILE_READ_DATA, 0, FILE_OPEN, &Status);
    Is((ULONG)Status, 0xC0000034, "no device: STATUS_OBJECT_NAME_NOT_FOUND");
    OpenNative(L"\\??\\C:\\Windows\\System32\\kernel32.dll\\x", FILE_READ_DATA, 0, FILE_OPEN, &Status);
    Is((ULONG)Status, 0xC000003A, "below a file: STATUS_OBJECT_PATH_NOT_FOUND");
    Is((ULONG)NtCreateFile_((PHANDLE)8, GENERIC_READ, NULL, (PIO_STATUS_BLOCK)16, NULL, 0, 0, FILE_OPEN, 0, NULL, 0), 0xC0000005, "bad pointers");
}

static void Relative(void)
{
    UNICODE_STRING Text;
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    HANDLE Directory, File = NULL;
    NTSTATUS Status;

    Directory = OpenNative(L"\\??\\C:\\Windows", FILE_LIST_DIRECTORY | SYNCHRONIZE, FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT, FILE_OPEN, &Status);
    Is((ULONG)Status, 0, "opened a directory");
    Text.Buffer = (PWSTR)L"system32\\NTDLL.dll";
    Text.Length = Text.MaximumLength = 18 * sizeof(WCHAR);
    InitializeObjectAttributes(&Attributes, &Text, OBJ_CASE_INSENSITIVE, Directory, NULL);
    Is((ULONG)NtOpenFile_(&File, GENERIC_READ | SYNCHRONIZE, &Attributes, &Iosb, FILE_SHARE_READ, 0), 0, "a file relative to it");
    Is(Iosb.Information, FILE_OPENED, "FILE_OPENED");
    NtClose_(File);
    NtClose_(Directory);
}

static volatile LONG ApcRan;
static void NTAPI Apc(PVOID Context, PIO_STATUS_BLOCK Iosb, ULONG Reserved)
{
    (void)Reserved;
    ApcRan = Context == (PVOID)0x1234 && Iosb->Information == 16;
}

static void Asynchronous(void)
{
    HANDLE File = CreateFileA(Known, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, NULL);
    OVERLAPPED Overlapped = {.hEvent = Event};
    IO_STATUS_BLOCK Iosb = {.Status = UNTOUCHED};
    LARGE_INTEGER Zero = {.QuadPart = 0}, Far = {.QuadPart = 1LL << 40}, Negative = {.QuadPart = -5};
    unsigned char Bytes[64] = {0};
    DWORD Read = 0;
    NTSTATUS Status;

    Ok(File != INVALID_HANDLE_VALUE, "opened for overlapped reads");
    Ok(ReadFile(File, Bytes, 64, NULL, &Overlapped) || GetLastError() == ERROR_IO_PENDING, "started");
    Ok(GetOverlappedResult(File, &Overlapped, &Read, TRUE) && Read == 64 && Bytes[0] == 'M', "finished");
    Is(WaitForSingleObject(Event, 0), WAIT_OBJECT_0, "its event is set");
    Is((ULONG)NtReadFile_(File, NULL, NULL, NULL, &Iosb, Bytes, 16, NULL, NULL), 0xC000000D, "an asynchronous handle needs an offset");
    Is((ULONG)NtReadFile_(File, NULL, NULL, NULL, &Iosb, Bytes, 16, &Negative, NULL), 0xC000000D, "not a negative one");
    Is((ULONG)Iosb.Status, (ULONG)UNTOUCHED, "a refused request leaves the status block alone");
    Status = NtReadFile_(File, NULL, NULL, NULL, &Iosb, Bytes, 16, &Far, NULL);
    if (Status == STATUS_PENDING) {
        WaitForSingleObject(File, INFINITE);
        Status = Iosb.Status;
    }
    Is((ULONG)Status, 0xC0000011, "beyond the end: STATUS_END_OF_FILE");
    Status = NtReadFile_(File, NULL, Apc, (PVOID)0x1234, &Iosb, Bytes, 16, &Zero, NULL);
    Ok(NT_SUCCESS(Status), "a read with an APC");
    Is(ApcRan, 0, "the APC waits for an alertable wait");
    Is(SleepEx(1000, TRUE), WAIT_IO_COMPLETION, "which it ends");
    Is(ApcRan, 1, "with its context and status block");
    Is((ULONG)NtReadFile_(File, NULL, NULL, NULL, &Iosb, (PVOID)0x10, 16, &Zero, NULL), 0xC0000005, "a bad buffer");
    Is((ULONG)NtReadFile_(File, NULL, NULL, NULL, (PIO_STATUS_BLOCK)0x10, Bytes, 16, &Zero, NULL), 0xC0000005, "a bad status block");
    Is((ULONG)NtReadFile_(File, (HANDLE)0x7777, NULL, NULL, &Iosb, Bytes, 16, &Zero, NULL), 0xC0000008, "a bad event");
    Is((ULONG)NtReadFile_(Event, NULL, NULL, NULL, &Iosb, Bytes, 16, &Zero, NULL), 0xC0000024, "an event is no file");
    CloseHandle(Event);
    CloseHandle(File);
}

static void Ports(void)
{
    HANDLE File = CreateFileA(Known, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    HANDLE Port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    OVERLAPPED Overlapped = {0}, *Which = NULL;
    ULONG_PTR Key = 0;
    unsigned char Bytes[64];
    DWORD Count = 0;

    Ok(Port != NULL, "a completion port");
    Ok(CreateIoCompletionPort(File, Port, 77, 0) == Port, "the file is bound to it");
    Ok(CreateIoCompletionPort(File, Port, 78, 0) == NULL, "once only");
    Ok(!GetQueuedCompletionStatus(Port, &Count, &Key, &Which, 0) && GetLastError() == WAIT_TIMEOUT, "nothing yet");
    Ok(ReadFile(File, Bytes, 64, NULL, &Overlapped) || GetLastError() == ERROR_IO_PENDING, "a read");
    Ok(GetQueuedCompletionStatus(Port, &Count, &Key, &Which, 5000) && Count == 64 && Key == 77 && Which == &Overlapped, "arrives at the port");
    Ok(PostQueuedCompletionStatus(Port, 5, 6, (LPOVERLAPPED)7), "a posted packet");
    Ok(GetQueuedCompletionStatus(Port, &Count, &Key, &Which, 5000) && Count == 5 && Key == 6 && Which == (LPOVERLAPPED)7, "arrives too");
    PostQueuedCompletionStatus(Port, 1, 1, NULL); /* left in the port: its end frees it */
    CloseHandle(File);
    CloseHandle(Port);
}

static DWORD WINAPI ReadAndDie(PVOID Handle)
{
    static IO_STATUS_BLOCK Iosb;
    static unsigned char Byte;
    LARGE_INTEGER Zero = {.QuadPart = 0};

    return (DWORD)NtReadFile_(Handle, NULL, NULL, NULL, &Iosb, &Byte, 1, &Zero, NULL);
}

static void Cancelling(void)
{
    NTSTATUS Status;
    HANDLE Serial = OpenNative(L"\\??\\COM1", GENERIC_READ | SYNCHRONIZE, 0, FILE_OPEN, &Status), Thread;
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, NULL);
    IO_STATUS_BLOCK Iosb = {.Status = UNTOUCHED}, Done, Other;
    LARGE_INTEGER Zero = {.QuadPart = 0};
    unsigned char Byte;
    DWORD Code = 0;

    Is((ULONG)Status, 0, "COM1");
    Is((ULONG)NtReadFile_(Serial, Event, NULL, NULL, &Iosb, &Byte, 1, &Zero, NULL), STATUS_PENDING, "a read that waits");
    Is(WaitForSingleObject(Event, 50), WAIT_TIMEOUT, "and goes on waiting");
    Is((ULONG)NtCancelIoFileEx_(Serial, &Other, &Done), 0xC0000225, "no request has that status block");
    Is((ULONG)NtCancelIoFileEx_(Serial, &Iosb, &Done), 0, "cancelled");
    Is(WaitForSingleObject(Event, 5000), WAIT_OBJECT_0, "it is over");
    Is((ULONG)Iosb.Status, 0xC0000120, "with STATUS_CANCELLED");
    Is((ULONG)NtReadFile_(Serial, NULL, NULL, NULL, &Iosb, &Byte, 1, &Zero, NULL), STATUS_PENDING, "another");
    Is((ULONG)NtCancelIoFile_(Serial, &Done), 0, "NtCancelIoFile");
    Is((ULONG)Iosb.Status, 0xC0000120, "has waited for its end");
    Thread = CreateThread(NULL, 0, ReadAndDie, Serial, 0, NULL);
    Is(WaitForSingleObject(Thread, 5000), WAIT_OBJECT_0, "a thread ends although its read is pending");
    GetExitCodeThread(Thread, &Code);
    Is(Code, STATUS_PENDING, "which it was");
    CloseHandle(Thread);
    CloseHandle(Event);
    NtClose_(Serial);
}

static DWORD WINAPI ReadForEver(PVOID Handle)
{
    IO_STATUS_BLOCK Iosb;
    unsigned char Byte;

    return (DWORD)NtReadFile_(Handle, NULL, NULL, NULL, &Iosb, &Byte, 1, NULL, NULL);
}

static void Terminating(void)
{
    NTSTATUS Status;
    HANDLE Serial = OpenNative(L"\\??\\COM1", GENERIC_READ | SYNCHRONIZE, FILE_SYNCHRONOUS_IO_NONALERT, FILE_OPEN, &Status);
    HANDLE Thread = CreateThread(NULL, 0, ReadForEver, Serial, 0, NULL);

    Sleep(50);
    Ok(TerminateThread(Thread, 5), "a thread that waits in a synchronous read is terminated");
    Is(WaitForSingleObject(Thread, 5000), WAIT_OBJECT_0, "and ends");
    CloseHandle(Thread);
    NtClose_(Serial);
}

static void Sharing(void)
{
    HANDLE First = CreateFileA(Known, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL), Second;

    Ok(First != INVALID_HANDLE_VALUE, "opened, sharing reads");
    Second = CreateFileA(Known, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    Ok(Second == INVALID_HANDLE_VALUE && GetLastError() == ERROR_SHARING_VIOLATION, "not again without sharing");
    Second = CreateFileA(Known, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    Ok(Second != INVALID_HANDLE_VALUE, "again with sharing");
    CloseHandle(Second);
    Second = CreateFileA(Known, FILE_READ_ATTRIBUTES, 0, NULL, OPEN_EXISTING, 0, NULL);
    Ok(Second != INVALID_HANDLE_VALUE, "attributes need no sharing");
    CloseHandle(Second);
    CloseHandle(First);
}

static void Devices(void)
{
    HANDLE Null = CreateFileA("NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL), Console;
    struct { ULONG Type, Characteristics; } Device;
    IO_STATUS_BLOCK Iosb;
    DWORD Count = 9;
    char Byte;

    Ok(Null != INVALID_HANDLE_VALUE, "NUL");
    Ok(WriteFile(Null, "abc", 3, &Count, NULL) && Count == 3, "swallows writes");
    Ok(ReadFile(Null, &Byte, 1, &Count, NULL) && Count == 0, "reads end at once");
    Is(GetFileType(Null), FILE_TYPE_CHAR, "a character device");
    Is((ULONG)NtQueryVolumeInformationFile_(Null, &Iosb, &Device, sizeof(Device), 4), 0, "its device");
    Is(Device.Type, 0x15, "is FILE_DEVICE_NULL");
    Is((ULONG)NtQueryVolumeInformationFile_(Null, &Iosb, &Device, 4, 4), 0xC0000004, "a short buffer");
    Is((ULONG)NtQueryVolumeInformationFile_(Null, &Iosb, &Device, sizeof(Device), 99), 0xC0000003, "an unknown class");
    CloseHandle(Null);
    Console = CreateFileA("CONOUT$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    Ok(Console != INVALID_HANDLE_VALUE, "CONOUT$");
    Is(GetFileType(Console), FILE_TYPE_CHAR, "a character device");
    CloseHandle(Console);
}

static void Information(void)
{
    HANDLE File = CreateFileA(Known, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    struct { LARGE_INTEGER Allocation, End; ULONG Links; BOOLEAN DeletePending, Directory; } Standard;
    struct { ULONG Length; WCHAR Name[64]; } Name;
    LARGE_INTEGER Position = {.QuadPart = 100};
    IO_STATUS_BLOCK Iosb;
    ULONG Value = 0;

    Is((ULONG)NtQueryInformationFile_(File, &Iosb, &Standard, sizeof(Standard), 5), 0, "FileStandardInformation");
    Is(Iosb.Information, 24, "its size");
    Ok(Standard.End.QuadPart > 4096 && Standard.Links == 1 && !Standard.Directory, "its contents");
    Is((ULONG)NtQueryInformationFile_(File, &Iosb, &Standard, 8, 5), 0xC0000004, "too short");
    Is((ULONG)NtQueryInformationFile_(File, &Iosb, &Standard, sizeof(Standard), 200), 0xC0000003, "no such class");
    Is((ULONG)NtSetInformationFile_(File, &Iosb, &Position, 8, 14), 0, "the position is set");
    Position.QuadPart = 0;
    Is((ULONG)NtQueryInformationFile_(File, &Iosb, &Position, 8, 14), 0, "and read");
    Is(Position.QuadPart, 100, "the same");
    Position.QuadPart = -1;
    Is((ULONG)NtSetInformationFile_(File, &Iosb, &Position, 8, 14), 0xC000000D, "not a negative one");
    Is((ULONG)NtQueryInformationFile_(File, &Iosb, &Value, 4, 8), 0, "FileAccessInformation");
    Is(Value & FILE_GENERIC_READ, FILE_GENERIC_READ, "has what was granted");
    Is((ULONG)NtQueryInformationFile_(File, &Iosb, &Value, 4, 16), 0, "FileModeInformation");
    Is(Value, 0x20, "says FILE_SYNCHRONOUS_IO_NONALERT");
    Is((ULONG)NtQueryInformationFile_(File, &Iosb, &Name, sizeof(Name), 9), 0, "FileNameInformation");
    Ok(Name.Length == 30 * sizeof(WCHAR) && _wcsnicmp(Name.Name, L"\\Windows\\System32\\kernel32.dll", 30) == 0, "the name below the volume");
    Is((ULONG)NtQueryInformationFile_(File, &Iosb, &Name, 12, 9), 0x80000005, "cut: STATUS_BUFFER_OVERFLOW");
    Is(Name.Length, 30 * sizeof(WCHAR), "with the whole length");
    Is((ULONG)NtQueryInformationFile_(File, &Iosb, (PVOID)0x10, 24, 5), 0xC0000005, "a bad pointer");
    CloseHandle(File);
}

static int Matches(const char *Pattern)
{
    WIN32_FIND_DATAA Found;
    HANDLE Find = FindFirstFileA(Pattern, &Found);
    int Count = 0;

    if (Find == INVALID_HANDLE_VALUE) {
        return -(int)GetLastError();
    }
    do {
        Count++;
    } while (FindNextFileA(Find, &Found));
    FindClose(Find);
    return Count;
}

static void Wildcards(void)
{
    int All = Matches("C:\\Windows\\System32\\*");

    Ok(All > 5, "* finds all: %d", All);
    Is((ULONG)Matches("C:\\Windows\\System32\\*.*"), (ULONG)All, "*.* is the same");
    Is((ULONG)Matches("C:\\Windows\\System32\\kernel32.dll"), 1, "one name");
    Is((ULONG)Matches("C:\\Windows\\System32\\KERNEL??.DLL"), 1, "question marks");
    Ok(Matches("C:\\Windows\\System32\\*.dll") >= 3, "*.dll");
    Is((ULONG)Matches("C:\\Windows\\System32\\k*32.d*"), 1, "two stars");
    Is((ULONG)Matches("C:\\Windows\\System32\\nosuch*"), (ULONG)-ERROR_FILE_NOT_FOUND, "no match");
    Is((ULONG)Matches("C:\\nosuchdirectory\\*"), (ULONG)-ERROR_PATH_NOT_FOUND, "no directory");
}

int main(void)
{
    FindNatives();
    CreateRules();
    Relative();
    Asynchronous();
    Ports();
    Cancelling();
    Terminating();
    Sharing();
    Devices();
    Information();
    Wildcards();
    return Done();
}
