/* SPDX-License-Identifier: MIT */
/*
 * file.c - CreateFile, reading and writing, positions, locks, overlapped results.
 *
 * A handle without FILE_FLAG_OVERLAPPED is synchronous: the native call waits, and the file's position moves.  With an OVERLAPPED the
 * structure's first two fields are the IO_STATUS_BLOCK of the request, its event is signalled at completion, and STATUS_PENDING becomes
 * ERROR_IO_PENDING.  An event handle with its low bit set asks for no completion packet: the bit is taken off for the event, and the
 * APC context is left null.
 */
#include "k32.h"

static_assert(offsetof(OVERLAPPED, Internal) == 0 && offsetof(OVERLAPPED, InternalHigh) == 8, "an OVERLAPPED begins with an IO_STATUS_BLOCK");

static ULONG CreateOptions(DWORD Flags, DWORD *Access)
{
    ULONG Options = 0;

    Options |= Flags & FILE_FLAG_OVERLAPPED ? 0 : FILE_SYNCHRONOUS_IO_NONALERT;
    Options |= Flags & FILE_FLAG_WRITE_THROUGH ? FILE_WRITE_THROUGH : 0;
    Options |= Flags & FILE_FLAG_NO_BUFFERING ? FILE_NO_INTERMEDIATE_BUFFERING : 0;
    Options |= Flags & FILE_FLAG_RANDOM_ACCESS ? FILE_RANDOM_ACCESS : 0;
    Options |= Flags & FILE_FLAG_SEQUENTIAL_SCAN ? FILE_SEQUENTIAL_ONLY : 0;
    Options |= Flags & FILE_FLAG_OPEN_REPARSE_POINT ? FILE_OPEN_REPARSE_POINT : 0;
    Options |= Flags & FILE_FLAG_OPEN_NO_RECALL ? FILE_OPEN_NO_RECALL : 0;
    if (Flags & FILE_FLAG_DELETE_ON_CLOSE) {
        Options |= FILE_DELETE_ON_CLOSE;
        *Access |= DELETE;
    }
    if (Flags & FILE_FLAG_BACKUP_SEMANTICS) {
        Options |= FILE_OPEN_FOR_BACKUP_INTENT;
    } else {
        Options |= FILE_NON_DIRECTORY_FILE;
    }
    return Options;
}

static BOOL NativeDisposition(DWORD Win32, ULONG *Native)
{
    static const ULONG Map[] = {0, FILE_CREATE, FILE_OVERWRITE_IF, FILE_OPEN, FILE_OPEN_IF, FILE_OVERWRITE};

    if (Win32 == 0 || Win32 >= COUNT_OF(Map)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    *Native = Map[Win32];
    return TRUE;
}

static DWORD CreateError(NTSTATUS Status, DWORD Disposition, LPCWSTR Name)
{
    if (Status == STATUS_OBJECT_NAME_COLLISION && Disposition == CREATE_NEW) {
        return ERROR_FILE_EXISTS;
    }
    if (Status == STATUS_FILE_IS_A_DIRECTORY) {
        SIZE_T Length = wcslen(Name);
        return Length != 0 && (Name[Length - 1] == L'\\' || Name[Length - 1] == L'/') ? ERROR_PATH_NOT_FOUND : ERROR_ACCESS_DENIED;
    }
    return RtlNtStatusToDosError(Status);
}

/* SECURITY_SQOS_PRESENT: how far a pipe's server may impersonate us. */
static void SetQuality(DWORD Flags, SECURITY_QUALITY_OF_SERVICE *Quality, POBJECT_ATTRIBUTES Attributes)
{
    if (Flags & SECURITY_SQOS_PRESENT) {
        *Quality = (SECURITY_QUALITY_OF_SERVICE){sizeof(*Quality), (SECURITY_IMPERSONATION_LEVEL)(Flags >> 16 & 3),
                                                 (Flags & SECURITY_CONTEXT_TRACKING) != 0, (Flags & SECURITY_EFFECTIVE_ONLY) != 0};
        Attributes->SecurityQualityOfService = Quality;
    }
}

HANDLE WINAPI CreateFileW(LPCWSTR Name, DWORD Access, DWORD Share, LPSECURITY_ATTRIBUTES Security, DWORD Disposition, DWORD Flags,
                          HANDLE Template)
{
    ULONG NativeKind = 0, Options = CreateOptions(Flags, &Access);
    SECURITY_QUALITY_OF_SERVICE Quality;
    HANDLE File = INVALID_HANDLE_VALUE;
    IO_STATUS_BLOCK Io = {0};
    BASE_PATH Path;
    BOOL Output;

    UNUSED(Template); /* gives extended attributes, which FAT has not */
    if (!NativeDisposition(Disposition, &NativeKind)) {
        return INVALID_HANDLE_VALUE;
    }
    if (Disposition == TRUNCATE_EXISTING && !(Access & (GENERIC_WRITE | GENERIC_ALL))) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if (Name != NULL && BaseIsConsoleName(Name, &Output)) {
        return BaseOpenConsole(Output, Access, Security != NULL && Security->bInheritHandle, Share);
    }
    NTSTATUS Status = BaseOpenPath(Name, &Path);
    if (!NT_SUCCESS(Status)) {
        BaseSetLastNTError(Status);
        return INVALID_HANDLE_VALUE;
    }
    if (Security != NULL) {
        Path.Attributes.Attributes |= Security->bInheritHandle ? OBJ_INHERIT : 0;
        Path.Attributes.SecurityDescriptor = Security->lpSecurityDescriptor;
    }
    if (Flags & FILE_FLAG_POSIX_SEMANTICS) {
        Path.Attributes.Attributes &= ~(ULONG)OBJ_CASE_INSENSITIVE;
    }
    SetQuality(Flags, &Quality, &Path.Attributes);
    Status = NtCreateFile(&File, Access | SYNCHRONIZE | FILE_READ_ATTRIBUTES, &Path.Attributes, &Io, NULL,
                          Flags & (FILE_ATTRIBUTE_VALID_FLAGS & ~FILE_ATTRIBUTE_DIRECTORY), Share, NativeKind, Options, NULL, 0);
    BaseFreePath(&Path);
    if (!NT_SUCCESS(Status)) {
        BaseTeb()->LastStatusValue = Status;
        BaseFail(CreateError(Status, Disposition, Name));
        return INVALID_HANDLE_VALUE;
    }
    BOOL Existed = (Disposition == CREATE_ALWAYS && Io.Information == FILE_OVERWRITTEN) ||
                   (Disposition == OPEN_ALWAYS && Io.Information == FILE_OPENED);
    BaseFail(Existed ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return File;
}

HANDLE WINAPI CreateFileA(LPCSTR Name, DWORD Access, DWORD Share, LPSECURITY_ATTRIBUTES Security, DWORD Disposition, DWORD Flags,
                          HANDLE Template)
{
    BASE_FILE_NAME Wide;

    if (!BaseMakeFileName(Name, &Wide)) {
        return INVALID_HANDLE_VALUE;
    }
    HANDLE File = CreateFileW(Wide.Text, Access, Share, Security, Disposition, Flags, Template);
    BaseFreeFileName(&Wide);
    return File;
}

/* ---- transfer ------------------------------------------------------------------------------------------------------------------ */

typedef NTSTATUS(NTAPI *TRANSFER)(HANDLE File, HANDLE Event, PIO_APC_ROUTINE Apc, PVOID ApcContext, PIO_STATUS_BLOCK Io, PVOID Buffer,
                                  ULONG Length, PLARGE_INTEGER Offset, PULONG Key);

static HANDLE StandardHandle(HANDLE File)
{
    switch ((LONG)(LONG_PTR)File) {
    case (LONG)STD_INPUT_HANDLE:
        return BaseParameters()->StandardInput;
    case (LONG)STD_OUTPUT_HANDLE:
        return BaseParameters()->StandardOutput;
    case (LONG)STD_ERROR_HANDLE:
        return BaseParameters()->StandardError;
    default:
        return File;
    }
}

static NTSTATUS TransferOverlapped(TRANSFER Transfer, HANDLE File, PVOID Buffer, DWORD Length, LPDWORD Done, LPOVERLAPPED Overlapped)
{
    PIO_STATUS_BLOCK Io = (PIO_STATUS_BLOCK)Overlapped;
    LARGE_INTEGER Offset = {.LowPart = Overlapped->Offset, .HighPart = (LONG)Overlapped->OffsetHigh};
    HANDLE Event = (HANDLE)((ULONG_PTR)Overlapped->hEvent & ~(ULONG_PTR)1);

    Io->Status = STATUS_PENDING;
    NTSTATUS Status = Transfer(File, Event, NULL, (ULONG_PTR)Overlapped->hEvent & 1 ? NULL : Overlapped, Io, Buffer, Length, &Offset, NULL);
    if (NT_SUCCESS(Status) && Status != STATUS_PENDING && Done != NULL) {
        *Done = (DWORD)Io->Information;
    }
    return Status;
}

static NTSTATUS TransferSynchronous(TRANSFER Transfer, HANDLE File, PVOID Buffer, DWORD Length, LPDWORD Done)
{
    IO_STATUS_BLOCK Io = {0};
    NTSTATUS Status = Transfer(File, NULL, NULL, NULL, &Io, Buffer, Length, NULL, NULL);

    if (Status == STATUS_PENDING) {
        Status = NtWaitForSingleObject(File, FALSE, NULL);
        if (NT_SUCCESS(Status)) {
            Status = Io.Status;
        }
    }
    if (Done != NULL && (NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW)) {
        *Done = (DWORD)Io.Information;
    }
    return Status;
}

/* The end of a file is no error for a synchronous read: it reads nothing. */
BOOL WINAPI ReadFile(HANDLE File, LPVOID Buffer, DWORD Length, LPDWORD Done, LPOVERLAPPED Overlapped)
{
    NTSTATUS Status;

    File = StandardHandle(File);
    if (Done != NULL) {
        *Done = 0;
    }
    if (Overlapped != NULL) {
        Status = TransferOverlapped(NtReadFile, File, Buffer, Length, Done, Overlapped);
        return (NT_SUCCESS(Status) && Status != STATUS_PENDING) || !BaseSetLastNTError(Status);
    }
    Status = TransferSynchronous(NtReadFile, File, Buffer, Length, Done);
    if (Status == STATUS_END_OF_FILE) {
        return TRUE;
    }
    return BaseResult(Status);
}

BOOL WINAPI WriteFile(HANDLE File, LPCVOID Buffer, DWORD Length, LPDWORD Done, LPOVERLAPPED Overlapped)
{
    NTSTATUS Status;

    File = StandardHandle(File);
    if (Done != NULL) {
        *Done = 0;
    }
    if (Overlapped != NULL) {
        Status = TransferOverlapped(NtWriteFile, File, (PVOID)Buffer, Length, Done, Overlapped);
        return (NT_SUCCESS(Status) && Status != STATUS_PENDING) || !BaseSetLastNTError(Status);
    }
    return BaseResult(TransferSynchronous(NtWriteFile, File, (PVOID)Buffer, Length, Done));
}

/* The APC that the kernel queues has the native arguments; this turns them into Win32's. */
static VOID NTAPI CompletionApc(PVOID Context, PIO_STATUS_BLOCK Io, ULONG Reserved)
{
    UNUSED(Reserved);
    ((LPOVERLAPPED_COMPLETION_ROUTINE)Context)(RtlNtStatusToDosError(Io->Status), (DWORD)Io->Information, (LPOVERLAPPED)Io);
}

static BOOL TransferEx(TRANSFER Transfer, HANDLE File, PVOID Buffer, DWORD Length, LPOVERLAPPED Overlapped,
                       LPOVERLAPPED_COMPLETION_ROUTINE Routine)
{
    LARGE_INTEGER Offset = {.LowPart = Overlapped->Offset, .HighPart = (LONG)Overlapped->OffsetHigh};

    Overlapped->Internal = (ULONG_PTR)STATUS_PENDING;
    NTSTATUS Status = Transfer(File, NULL, CompletionApc, (PVOID)Routine, (PIO_STATUS_BLOCK)Overlapped, Buffer, Length, &Offset, NULL);

    return !NT_ERROR(Status) || !BaseSetLastNTError(Status); /* a warning is reported to the routine */
}

/* Both need an OVERLAPPED; the fourth parameter is reserved. */
BOOL WINAPI ReadFileScatter(HANDLE File, FILE_SEGMENT_ELEMENT Segments[], DWORD Length, LPDWORD Reserved, LPOVERLAPPED Overlapped)
{
    UNUSED(Reserved);
    NTSTATUS Status = TransferOverlapped((TRANSFER)NtReadFileScatter, File, Segments, Length, NULL, Overlapped);
    return (NT_SUCCESS(Status) && Status != STATUS_PENDING) || !BaseSetLastNTError(Status);
}

BOOL WINAPI WriteFileGather(HANDLE File, FILE_SEGMENT_ELEMENT Segments[], DWORD Length, LPDWORD Reserved, LPOVERLAPPED Overlapped)
{
    UNUSED(Reserved);
    NTSTATUS Status = TransferOverlapped((TRANSFER)NtWriteFileGather, File, Segments, Length, NULL, Overlapped);
    return (NT_SUCCESS(Status) && Status != STATUS_PENDING) || !BaseSetLastNTError(Status);
}

BOOL WINAPI ReadFileEx(HANDLE File, LPVOID Buffer, DWORD Length, LPOVERLAPPED Overlapped, LPOVERLAPPED_COMPLETION_ROUTINE Routine)
{
    return TransferEx(NtReadFile, File, Buffer, Length, Overlapped, Routine);
}

BOOL WINAPI WriteFileEx(HANDLE File, LPCVOID Buffer, DWORD Length, LPOVERLAPPED Overlapped, LPOVERLAPPED_COMPLETION_ROUTINE Routine)
{
    return TransferEx(NtWriteFile, File, (PVOID)Buffer, Length, Overlapped, Routine);
}

BOOL WINAPI DeviceIoControl(HANDLE File, DWORD Code, LPVOID Input, DWORD InputLength, LPVOID Output, DWORD OutputLength, LPDWORD Done,
                            LPOVERLAPPED Overlapped)
{
    BOOL FileSystem = (Code >> 16) == 9; /* FILE_DEVICE_FILE_SYSTEM: the FSCTL codes */
    IO_STATUS_BLOCK Local = {0};
    PIO_STATUS_BLOCK Io = Overlapped != NULL ? (PIO_STATUS_BLOCK)Overlapped : &Local;
    HANDLE Event = Overlapped != NULL ? (HANDLE)((ULONG_PTR)Overlapped->hEvent & ~(ULONG_PTR)1) : NULL;
    PVOID Context = Overlapped != NULL && !((ULONG_PTR)Overlapped->hEvent & 1) ? Overlapped : NULL;

    Io->Status = Overlapped != NULL ? STATUS_PENDING : STATUS_SUCCESS;
    NTSTATUS Status = FileSystem ? NtFsControlFile(File, Event, NULL, Context, Io, Code, Input, InputLength, Output, OutputLength)
                                 : NtDeviceIoControlFile(File, Event, NULL, Context, Io, Code, Input, InputLength, Output, OutputLength);
    if (Status == STATUS_PENDING && Overlapped == NULL) {
        Status = NtWaitForSingleObject(File, FALSE, NULL);
        if (NT_SUCCESS(Status)) {
            Status = Io->Status;
        }
    }
    if (Done != NULL && Status != STATUS_PENDING && (NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW)) {
        *Done = (DWORD)Io->Information;
    }
    return (NT_SUCCESS(Status) && Status != STATUS_PENDING) || !BaseSetLastNTError(Status);
}

BOOL WINAPI GetOverlappedResultEx(HANDLE File, LPOVERLAPPED Overlapped, LPDWORD Done, DWORD Milliseconds, BOOL Alertable)
{
    volatile ULONG_PTR *Status = &Overlapped->Internal;

    if ((NTSTATUS)*Status == STATUS_PENDING) {
        if (Milliseconds == 0) {
            return BaseFail(ERROR_IO_INCOMPLETE);
        }
        HANDLE Event = (HANDLE)((ULONG_PTR)Overlapped->hEvent & ~(ULONG_PTR)1);
        DWORD Result = WaitForSingleObjectEx(Event != NULL ? Event : File, Milliseconds, Alertable);
        if (Result == WAIT_FAILED) {
            return FALSE;
        }
        if (Result == WAIT_TIMEOUT || Result == WAIT_IO_COMPLETION) {
            return BaseFail(Result);
        }
    }
    *Done = (DWORD)Overlapped->InternalHigh;
    return BaseResult((NTSTATUS)*Status);
}

BOOL WINAPI GetOverlappedResult(HANDLE File, LPOVERLAPPED Overlapped, LPDWORD Done, BOOL Wait)
{
    return GetOverlappedResultEx(File, Overlapped, Done, Wait ? INFINITE : 0, FALSE);
}

BOOL WINAPI CancelIo(HANDLE File)
{
    IO_STATUS_BLOCK Io;

    return BaseResult(NtCancelIoFile(File, &Io));
}

BOOL WINAPI CancelIoEx(HANDLE File, LPOVERLAPPED Overlapped)
{
    IO_STATUS_BLOCK Io;

    return BaseResult(NtCancelIoFileEx(File, (PIO_STATUS_BLOCK)Overlapped, &Io));
}

BOOL WINAPI CancelSynchronousIo(HANDLE Thread)
{
    IO_STATUS_BLOCK Io;

    return BaseResult(NtCancelSynchronousIoFile(Thread, NULL, &Io));
}

BOOL WINAPI FlushFileBuffers(HANDLE File)
{
    IO_STATUS_BLOCK Io;

    File = StandardHandle(File);
    if (BaseIsConsoleHandle(File)) {
        return BaseFail(ERROR_INVALID_HANDLE);
    }
    return BaseResult(NtFlushBuffersFile(File, &Io));
}
