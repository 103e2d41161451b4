/* SPDX-License-Identifier: MIT */
/*
 * fileinfo.c - what is known of an open file: type, size, position, times, identity; and locks on its bytes.
 */
#include "k32.h"
#include <winioctl.h>

static NTSTATUS Query(HANDLE File, PVOID Information, ULONG Length, FILE_INFORMATION_CLASS Class)
{
    IO_STATUS_BLOCK Io;

    return NtQueryInformationFile(File, &Io, Information, Length, Class);
}

static NTSTATUS Set(HANDLE File, PVOID Information, ULONG Length, FILE_INFORMATION_CLASS Class)
{
    IO_STATUS_BLOCK Io;

    return NtSetInformationFile(File, &Io, Information, Length, Class);
}

DWORD WINAPI GetFileType(HANDLE File)
{
    FILE_FS_DEVICE_INFORMATION Device;
    IO_STATUS_BLOCK Io;

    switch ((LONG)(LONG_PTR)File) {
    case (LONG)STD_INPUT_HANDLE:
    case (LONG)STD_OUTPUT_HANDLE:
    case (LONG)STD_ERROR_HANDLE:
        File = GetStdHandle((DWORD)(LONG_PTR)File);
        break;
    default:
        break;
    }
    NTSTATUS Status = NtQueryVolumeInformationFile(File, &Io, &Device, sizeof(Device), FileFsDeviceInformation);
    if (!NT_SUCCESS(Status)) {
        BaseSetLastNTError(Status);
        return FILE_TYPE_UNKNOWN;
    }
    BaseFail(NO_ERROR);
    switch (Device.DeviceType) {
    case FILE_DEVICE_NAMED_PIPE:
        return FILE_TYPE_PIPE;
    case FILE_DEVICE_CONSOLE:
    case FILE_DEVICE_SERIAL_PORT:
    case FILE_DEVICE_PARALLEL_PORT:
    case FILE_DEVICE_KEYBOARD:
    case FILE_DEVICE_MOUSE:
    case FILE_DEVICE_MODEM:
    case FILE_DEVICE_NULL:
    case FILE_DEVICE_SOUND:
    case FILE_DEVICE_SCREEN:
        return FILE_TYPE_CHAR;
    case FILE_DEVICE_DISK:
    case FILE_DEVICE_DISK_FILE_SYSTEM:
    case FILE_DEVICE_CD_ROM:
    case FILE_DEVICE_CD_ROM_FILE_SYSTEM:
    case FILE_DEVICE_VIRTUAL_DISK:
    case FILE_DEVICE_NETWORK_FILE_SYSTEM:
    case FILE_DEVICE_DATALINK:
    case FILE_DEVICE_DFS:
    case FILE_DEVICE_CONTROLLER:
        return FILE_TYPE_DISK;
    default:
        return FILE_TYPE_UNKNOWN;
    }
}

BOOL WINAPI GetFileSizeEx(HANDLE File, PLARGE_INTEGER Size)
{
    FILE_STANDARD_INFORMATION Standard;

    if (!BaseResult(Query(File, &Standard, sizeof(Standard), FileStandardInformation))) {
        return FALSE;
    }
    *Size = Standard.EndOfFile;
    return TRUE;
}

DWORD WINAPI GetFileSize(HANDLE File, LPDWORD High)
{
    LARGE_INTEGER Size;

    if (!GetFileSizeEx(File, &Size)) {
        return INVALID_FILE_SIZE;
    }
    if (High != NULL) {
        *High = (DWORD)Size.HighPart;
    }
    if (Size.LowPart == INVALID_FILE_SIZE) {
        BaseFail(NO_ERROR);
    }
    return Size.LowPart;
}

BOOL WINAPI SetFilePointerEx(HANDLE File, LARGE_INTEGER Distance, PLARGE_INTEGER New, DWORD Method)
{
    FILE_POSITION_INFORMATION Position;
    FILE_STANDARD_INFORMATION Standard;
    NTSTATUS Status = STATUS_SUCCESS;

    switch (Method) {
    case FILE_BEGIN:
        Position.CurrentByteOffset = Distance;
        break;
    case FILE_CURRENT:
        Status = Query(File, &Position, sizeof(Position), FilePositionInformation);
        Position.CurrentByteOffset.QuadPart += Distance.QuadPart;
        break;
    case FILE_END:
        Status = Query(File, &Standard, sizeof(Standard), FileStandardInformation);
        Position.CurrentByteOffset.QuadPart = Standard.EndOfFile.QuadPart + Distance.QuadPart;
        break;
    default:
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (!NT_SUCCESS(Status)) {
        return BaseResult(Status);
    }
    if (Position.CurrentByteOffset.QuadPart < 0) {
        return BaseFail(ERROR_NEGATIVE_SEEK);
    }
    if (!BaseResult(Set(File, &Position, sizeof(Position), FilePositionInformation))) {
        return FALSE;
    }
    if (New != NULL) {
        *New = Position.CurrentByteOffset;
    }
    return TRUE;
}

DWORD WINAPI SetFilePointer(HANDLE File, LONG Distance, PLONG DistanceHigh, DWORD Method)
{
    LARGE_INTEGER Move, New;

    if (DistanceHigh != NULL) {
        Move.LowPart = (DWORD)Distance;
        Move.HighPart = *DistanceHigh;
    } else {
        Move.QuadPart = Distance;
    }
    if (!SetFilePointerEx(File, Move, &New, Method)) {
        return INVALID_SET_FILE_POINTER;
    }
    if (DistanceHigh != NULL) {
        *DistanceHigh = New.HighPart;
    } else if (New.HighPart != 0) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return INVALID_SET_FILE_POINTER;
    }
    if (New.LowPart == INVALID_SET_FILE_POINTER) {
        BaseFail(NO_ERROR);
    }
    return New.LowPart;
}

BOOL WINAPI SetEndOfFile(HANDLE File)
{
    FILE_POSITION_INFORMATION Position;
    FILE_END_OF_FILE_INFORMATION End;
    FILE_ALLOCATION_INFORMATION Allocation;
    NTSTATUS Status = Query(File, &Position, sizeof(Position), FilePositionInformation);

    if (NT_SUCCESS(Status)) {
        End.EndOfFile = Position.CurrentByteOffset;
        Status = Set(File, &End, sizeof(End), FileEndOfFileInformation);
    }
    if (NT_SUCCESS(Status)) {
        Allocation.AllocationSize = Position.CurrentByteOffset;
        Status = Set(File, &Allocation, sizeof(Allocation), FileAllocationInformation);
    }
    return BaseResult(Status);
}

BOOL WINAPI GetFileTime(HANDLE File, LPFILETIME Create, LPFILETIME Access, LPFILETIME Write)
{
    FILE_BASIC_INFORMATION Basic;

    if (!BaseResult(Query(File, &Basic, sizeof(Basic), FileBasicInformation))) {
        return FALSE;
    }
    if (Create != NULL) {
        memcpy(Create, &Basic.CreationTime, sizeof(*Create));
    }
    if (Access != NULL) {
        memcpy(Access, &Basic.LastAccessTime, sizeof(*Access));
    }
    if (Write != NULL) {
        memcpy(Write, &Basic.LastWriteTime, sizeof(*Write));
    }
    return TRUE;
}

BOOL WINAPI SetFileTime(HANDLE File, const FILETIME *Create, const FILETIME *Access, const FILETIME *Write)
{
    FILE_BASIC_INFORMATION Basic = {0};

    if (Create != NULL) {
        memcpy(&Basic.CreationTime, Create, sizeof(*Create));
    }
    if (Access != NULL) {
        memcpy(&Basic.LastAccessTime, Access, sizeof(*Access));
    }
    if (Write != NULL) {
        memcpy(&Basic.LastWriteTime, Write, sizeof(*Write));
    }
    return BaseResult(Set(File, &Basic, sizeof(Basic), FileBasicInformation));
}

static DWORD VolumeSerial(HANDLE File)
{
    struct { FILE_FS_VOLUME_INFORMATION Volume; WCHAR Label[64]; } Buffer;
    IO_STATUS_BLOCK Io;
    NTSTATUS Status = NtQueryVolumeInformationFile(File, &Io, &Buffer, sizeof(Buffer), FileFsVolumeInformation);

    return NT_SUCCESS(Status) || Status == STATUS_BUFFER_OVERFLOW ? Buffer.Volume.VolumeSerialNumber : 0;
}

BOOL WINAPI GetFileInformationByHandle(HANDLE File, LPBY_HANDLE_FILE_INFORMATION Information)
{
    FILE_BASIC_INFORMATION Basic;
    FILE_STANDARD_INFORMATION Standard;
    FILE_INTERNAL_INFORMATION Internal = {0};

    NTSTATUS Status = Query(File, &Basic, sizeof(Basic), FileBasicInformation);
    if (NT_SUCCESS(Status)) {
        Status = Query(File, &Standard, sizeof(Standard), FileStandardInformation);
    }
    if (!NT_SUCCESS(Status)) {
        return BaseResult(Status);
    }
    Query(File, &Internal, sizeof(Internal), FileInternalInformation);
    memset(Information, 0, sizeof(*Information));
    Information->dwFileAttributes = Basic.FileAttributes;
    memcpy(&Information->ftCreationTime, &Basic.CreationTime, sizeof(FILETIME));
    memcpy(&Information->ftLastAccessTime, &Basic.LastAccessTime, sizeof(FILETIME));
    memcpy(&Information->ftLastWriteTime, &Basic.LastWriteTime, sizeof(FILETIME));
    Information->dwVolumeSerialNumber = VolumeSerial(File);
    Information->nFileSizeHigh = (DWORD)Standard.EndOfFile.HighPart;
    Information->nFileSizeLow = Standard.EndOfFile.LowPart;
    Information->nNumberOfLinks = Standard.NumberOfLinks;
    Information->nFileIndexHigh = (DWORD)(*(const ULONGLONG *)&Internal >> 32);
    Information->nFileIndexLow = (DWORD)*(const ULONGLONG *)&Internal;
    return TRUE;
}

/* Win32's classes of files are native ones with the same structures; what may be done with each. */
enum { CanGet = 1, CanSet = 2 };
static const struct { UCHAR Class, Native, Can; } Classes[] = {
    {0 /* FileBasicInfo */, 4, CanGet | CanSet},
    {1 /* FileStandardInfo */, 5, CanGet},
    {2 /* FileNameInfo */, 9, CanGet},
    {3 /* FileRenameInfo */, 10, CanSet},
    {4 /* FileDispositionInfo */, 13, CanSet},
    {5 /* FileAllocationInfo */, 19, CanSet},
    {6 /* FileEndOfFileInfo */, 20, CanSet},
    {7 /* FileStreamInfo */, 22, CanGet},
    {8 /* FileCompressionInfo */, 28, CanGet},
    {9 /* FileAttributeTagInfo */, 35, CanGet},
    {12 /* FileIoPriorityHintInfo */, 43, CanSet},
    {13 /* FileRemoteProtocolInfo */, 55, CanGet},
    {17 /* FileAlignmentInfo */, 17, CanGet},
    {18 /* FileIdInfo */, 59, CanGet},
    {21 /* FileDispositionInfoEx */, 64, CanSet},
    {22 /* FileRenameInfoEx */, 65, CanSet},
    {23 /* FileCaseSensitiveInfo */, 71, CanGet | CanSet},
    {24 /* FileNormalizedNameInfo */, 48, CanGet},
};

static BOOL NativeClass(ULONG Class, UCHAR Can, FILE_INFORMATION_CLASS *Native)
{
    for (ULONG i = 0; i < COUNT_OF(Classes); i++) {
        if (Classes[i].Class == Class && (Classes[i].Can & Can)) {
            *Native = (FILE_INFORMATION_CLASS)Classes[i].Native;
            return TRUE;
        }
    }
    return BaseFail(ERROR_INVALID_PARAMETER);
}

/* The listing classes, each with a form that starts over. */
static BOOL DirectoryClass(ULONG Class, FILE_INFORMATION_CLASS *Native, BOOLEAN *Restart)
{
    static const struct { UCHAR Class, Native, Restart; } Listings[] = {
        {10, FileIdBothDirectoryInformation, FALSE}, {11, FileIdBothDirectoryInformation, TRUE},
        {14, FileFullDirectoryInformation, FALSE},   {15, FileFullDirectoryInformation, TRUE},
        {19, 60 /* FileIdExtdDirectoryInformation */, FALSE}, {20, 60, TRUE},
    };

    for (ULONG i = 0; i < COUNT_OF(Listings); i++) {
        if (Listings[i].Class == Class) {
            *Native = (FILE_INFORMATION_CLASS)Listings[i].Native;
            *Restart = Listings[i].Restart;
            return TRUE;
        }
    }
    return FALSE;
}

/* FileStorageInfo: of the device below; what is not known is the logical sector. */
static BOOL StorageInformation(HANDLE File, PVOID Information, DWORD Length)
{
    FILE_FS_SIZE_INFORMATION Size;
    IO_STATUS_BLOCK Io;
    ULONG *Storage = Information;

    if (Length < 7 * sizeof(ULONG)) {
        return BaseFail(ERROR_BAD_LENGTH);
    }
    if (!BaseResult(NtQueryVolumeInformationFile(File, &Io, &Size, sizeof(Size), FileFsSizeInformation))) {
        return FALSE;
    }
    for (ULONG i = 0; i < 4; i++) {
        Storage[i] = Size.BytesPerSector;
    }
    Storage[4] = 3; /* aligned device, partition aligned on it */
    Storage[5] = Storage[6] = 0;
    return TRUE;
}

BOOL WINAPI GetFileInformationByHandleEx(HANDLE File, FILE_INFO_BY_HANDLE_CLASS Class, LPVOID Information, DWORD Length)
{
    FILE_INFORMATION_CLASS Native = FileBasicInformation;
    BOOLEAN Restart;
    IO_STATUS_BLOCK Io;
    NTSTATUS Status;

    if ((ULONG)Class == 16) {
        return StorageInformation(File, Information, Length);
    }
    if (DirectoryClass(Class, &Native, &Restart)) {
        Status = NtQueryDirectoryFile(File, NULL, NULL, NULL, &Io, Information, Length, Native, FALSE, NULL, Restart);
        if (Status == STATUS_PENDING) {
            Status = NtWaitForSingleObject(File, FALSE, NULL);
            Status = NT_SUCCESS(Status) ? Io.Status : Status;
        }
    } else if (NativeClass(Class, CanGet, &Native)) {
        Status = NtQueryInformationFile(File, &Io, Information, Length, Native);
        if (Status == STATUS_SUCCESS && Native == FileStreamInformation && Io.Information == 0) {
            Status = STATUS_END_OF_FILE; /* no streams */
        }
    } else {
        return FALSE;
    }
    return Status == STATUS_INFO_LENGTH_MISMATCH ? BaseFail(ERROR_BAD_LENGTH) : BaseResult(Status);
}

/* A full DOS name becomes a native one; relative ones, and ":stream", stay. */
static BOOL SetRename(HANDLE File, const FILE_RENAME_INFO *Win32, DWORD Length, FILE_INFORMATION_CLASS Class)
{
    UNICODE_STRING Name = {0};
    DWORD Head = (DWORD)offsetof(FILE_RENAME_INFO, FileName);

    if (Length < sizeof(FILE_RENAME_INFO)) {
        return BaseFail(ERROR_BAD_LENGTH);
    }
    if (Win32->FileNameLength > Length - Head) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    LPWSTR Text = BaseAllocate((SIZE_T)Win32->FileNameLength + sizeof(WCHAR));
    if (Text == NULL) {
        return FALSE;
    }
    memcpy(Text, Win32->FileName, Win32->FileNameLength);
    Text[Win32->FileNameLength / sizeof(WCHAR)] = 0;
    NTSTATUS Status = STATUS_SUCCESS;
    BOOL Convert = Win32->RootDirectory == NULL && Text[0] != L':';
    if (Convert) {
        Status = RtlDosPathNameToNtPathName_U_WithStatus(Text, &Name, NULL, NULL);
    } else {
        RtlInitUnicodeString(&Name, Text);
    }
    if (NT_SUCCESS(Status)) {
        ULONG Size = (ULONG)sizeof(FILE_RENAME_INFO) + Name.Length;
        FILE_RENAME_INFO *Native = RtlAllocateHeap(BasePeb()->ProcessHeap, HEAP_ZERO_MEMORY, Size);
        Status = STATUS_NO_MEMORY;
        if (Native != NULL) {
            memcpy(Native, Win32, Head);
            Native->FileNameLength = Name.Length;
            memcpy(Native->FileName, Name.Buffer, Name.Length);
            Status = Set(File, Native, Size, Class);
            BaseFree(Native);
        }
    }
    if (Convert && Name.Buffer != NULL) {
        RtlFreeHeap(BasePeb()->ProcessHeap, 0, Name.Buffer);
    }
    BaseFree(Text);
    return BaseResult(Status);
}

BOOL WINAPI SetFileInformationByHandle(HANDLE File, FILE_INFO_BY_HANDLE_CLASS Class, LPVOID Information, DWORD Length)
{
    FILE_INFORMATION_CLASS Native = FileBasicInformation;

    if (!NativeClass(Class, CanSet, &Native)) {
        return FALSE;
    }
    if (Native == FileRenameInformation || (ULONG)Native == 65) {
        return SetRename(File, Information, Length, Native);
    }
    NTSTATUS Status = Set(File, Information, Length, Native);
    return Status == STATUS_INFO_LENGTH_MISMATCH ? BaseFail(ERROR_BAD_LENGTH) : BaseResult(Status);
}

/* ---- locks --------------------------------------------------------------------------------------------------------------------- */

BOOL WINAPI LockFileEx(HANDLE File, DWORD Flags, DWORD Reserved, DWORD Low, DWORD High, LPOVERLAPPED Overlapped)
{
    LARGE_INTEGER Offset = {.LowPart = Overlapped->Offset, .HighPart = (LONG)Overlapped->OffsetHigh};
    LARGE_INTEGER Length = {.LowPart = Low, .HighPart = (LONG)High};

    if (Reserved != 0) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    Overlapped->Internal = (ULONG_PTR)STATUS_PENDING;
    HANDLE Event = (HANDLE)((ULONG_PTR)Overlapped->hEvent & ~(ULONG_PTR)1);
    PVOID Context = (ULONG_PTR)Overlapped->hEvent & 1 ? NULL : Overlapped;
    NTSTATUS Status = NtLockFile(File, Event, NULL, Context, (PIO_STATUS_BLOCK)Overlapped, &Offset, &Length, 0,
                                 (Flags & LOCKFILE_FAIL_IMMEDIATELY) != 0, (Flags & LOCKFILE_EXCLUSIVE_LOCK) != 0);
    return (NT_SUCCESS(Status) && Status != STATUS_PENDING) || !BaseSetLastNTError(Status);
}

BOOL WINAPI UnlockFileEx(HANDLE File, DWORD Reserved, DWORD Low, DWORD High, LPOVERLAPPED Overlapped)
{
    LARGE_INTEGER Offset = {.LowPart = Overlapped->Offset, .HighPart = (LONG)Overlapped->OffsetHigh};
    LARGE_INTEGER Length = {.LowPart = Low, .HighPart = (LONG)High};
    IO_STATUS_BLOCK Io;

    if (Reserved != 0) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    return BaseResult(NtUnlockFile(File, &Io, &Offset, &Length, 0));
}

BOOL WINAPI LockFile(HANDLE File, DWORD OffsetLow, DWORD OffsetHigh, DWORD Low, DWORD High)
{
    LARGE_INTEGER Offset = {.LowPart = OffsetLow, .HighPart = (LONG)OffsetHigh}, Length = {.LowPart = Low, .HighPart = (LONG)High};
    IO_STATUS_BLOCK Io;

    return BaseResult(NtLockFile(File, NULL, NULL, NULL, &Io, &Offset, &Length, 0, TRUE, TRUE));
}

BOOL WINAPI UnlockFile(HANDLE File, DWORD OffsetLow, DWORD OffsetHigh, DWORD Low, DWORD High)
{
    LARGE_INTEGER Offset = {.LowPart = OffsetLow, .HighPart = (LONG)OffsetHigh}, Length = {.LowPart = Low, .HighPart = (LONG)High};
    IO_STATUS_BLOCK Io;

    return BaseResult(NtUnlockFile(File, &Io, &Offset, &Length, 0));
}
