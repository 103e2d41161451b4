/* SPDX-License-Identifier: MIT */
/*
 * console.c - the console: standard handles, reading and writing text, modes, code pages, titles.
 *
 * A console handle is a handle to \Device\ConDrv\CurrentIn or CurrentOut; calls are control codes of drivers/condrv/condrv.h.  A process
 * that shares its parent's console has inherited three of them; one that has a console but no standard handles opens them when
 * kernel32 starts.  The screen buffer's and the input records' calls are in consolescreen.c.
 */
#include "k32.h"
#include <winioctl.h>
#include "drivers/condrv/condrv.h"
#include "conio.h"

NTSTATUS BaseConsoleCall(HANDLE Handle, ULONG Code, const void *Input, ULONG InputLength, PVOID Output, ULONG OutputLength, PULONG Returned)
{
    IO_STATUS_BLOCK Io = {0};
    NTSTATUS Status = NtDeviceIoControlFile(Handle, NULL, NULL, NULL, &Io, Code, (PVOID)Input, InputLength, Output, OutputLength);

    if (Status == STATUS_PENDING) {
        NtWaitForSingleObject(Handle, FALSE, NULL);
        Status = Io.Status;
    }
    if (Returned != NULL) {
        *Returned = (ULONG)Io.Information;
    }
    /* another device than a console does not know the code: to the caller it is just not a console handle */
    if (Status == STATUS_INVALID_DEVICE_REQUEST || Status == STATUS_OBJECT_TYPE_MISMATCH || Status == STATUS_NOT_SUPPORTED ||
        Status == STATUS_INVALID_PARAMETER_1) {
        return STATUS_INVALID_HANDLE;
    }
    return Status;
}

HANDLE BaseStandardHandle(HANDLE Handle)
{
    switch ((LONG)(LONG_PTR)Handle) {
    case (LONG)STD_INPUT_HANDLE:
        return BaseParameters()->StandardInput;
    case (LONG)STD_OUTPUT_HANDLE:
        return BaseParameters()->StandardOutput;
    case (LONG)STD_ERROR_HANDLE:
        return BaseParameters()->StandardError;
    default:
        return Handle;
    }
}

BOOL BaseConsole(HANDLE Handle, ULONG Code, const void *Input, ULONG InputLength, PVOID Output, ULONG OutputLength, PULONG Returned)
{
    return BaseResult(BaseConsoleCall(BaseStandardHandle(Handle), Code, Input, InputLength, Output, OutputLength, Returned));
}

BOOL BaseIsConsoleHandle(HANDLE Handle)
{
    FILE_FS_DEVICE_INFORMATION Device;
    IO_STATUS_BLOCK Io;

    return NT_SUCCESS(NtQueryVolumeInformationFile(Handle, &Io, &Device, sizeof(Device), FileFsDeviceInformation)) &&
           Device.DeviceType == FILE_DEVICE_CONSOLE;
}

BOOL WINAPI VerifyConsoleIoHandle(HANDLE Handle)
{
    return BaseIsConsoleHandle(BaseStandardHandle(Handle));
}

/* ---- opening ------------------------------------------------------------------------------------------------------------------------ */

BOOL BaseIsConsoleName(LPCWSTR Name, BOOL *Output)
{
    if (Name[0] == '\\' && Name[1] == '\\' && (Name[2] == '.' || Name[2] == '?') && Name[3] == '\\') {
        Name += 4;
    }
    *Output = FALSE;
    if ((Name[0] | 0x20) != 'c' || (Name[1] | 0x20) != 'o') { /* nearly every name */
        return FALSE;
    }
    *Output = _wcsicmp(Name, L"CONOUT$") == 0;
    return *Output || _wcsicmp(Name, L"CONIN$") == 0;
}

HANDLE BaseOpenConsoleFile(LPCWSTR File, DWORD Access, BOOL Inherit, DWORD Share)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Object;
    IO_STATUS_BLOCK Io;
    HANDLE Handle;

    RtlInitUnicodeString(&Name, File);
    InitializeObjectAttributes(&Object, &Name, OBJ_CASE_INSENSITIVE | (Inherit ? OBJ_INHERIT : 0), NULL, NULL);
    NTSTATUS Status = NtCreateFile(&Handle, Access | SYNCHRONIZE, &Object, &Io, NULL, 0, Share, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT,
                                   NULL, 0);
    return BaseResult(Status) ? Handle : INVALID_HANDLE_VALUE;
}

HANDLE BaseOpenConsole(BOOL Output, DWORD Access, BOOL Inherit, DWORD Share)
{
    return BaseOpenConsoleFile(Output ? L"\\Device\\ConDrv\\CurrentOut" : L"\\Device\\ConDrv\\CurrentIn", Access, Inherit, Share);
}

static BOOL HasConsole(void)
{
    HANDLE Console = BaseParameters()->ConsoleHandle;

    return Console != NULL && Console != CONSOLE_HANDLE_NONE && Console != CONSOLE_HANDLE_NO_WINDOW;
}

static HANDLE OpenStandard(BOOL Output)
{
    HANDLE Handle = BaseOpenConsole(Output, GENERIC_READ | GENERIC_WRITE, TRUE, FILE_SHARE_READ | FILE_SHARE_WRITE);

    return Handle == INVALID_HANDLE_VALUE ? NULL : Handle;
}

static void OpenMissing(NPROCESS_PARAMETERS *Parameters)
{
    if (Parameters->StandardInput == NULL) {
        Parameters->StandardInput = OpenStandard(FALSE);
    }
    if (Parameters->StandardOutput == NULL) {
        Parameters->StandardOutput = OpenStandard(TRUE);
    }
    if (Parameters->StandardError == NULL) {
        Parameters->StandardError = OpenStandard(TRUE);
    }
}

static HANDLE Connection; /* ours; a console that came with our birth has left a value in the parameters that says no more than that there is one */

/* Id 0: a console of our own.  The parameters say so when it is done. */
static BOOL Connect(DWORD Id)
{
    HANDLE Handle = BaseOpenConsoleFile(L"\\Device\\ConDrv\\Connect", GENERIC_READ | GENERIC_WRITE, FALSE, FILE_SHARE_READ | FILE_SHARE_WRITE);

    if (Handle == INVALID_HANDLE_VALUE) {
        return FALSE;
    }
    if (!BaseConsole(Handle, Id == 0 ? IOCTL_CONDRV_NEW_CONSOLE : IOCTL_CONDRV_ATTACH, &Id, sizeof(Id), NULL, 0, NULL)) {
        NtClose(Handle);
        return FALSE;
    }
    BaseParameters()->ConsoleHandle = Connection = Handle;
    return TRUE;
}

/*
 * A process with a console of its own opens what its creator did not give.  (A new console is another group of processes: there is one session.)  Who
 * shares its creator's console has his handles, or none.  Only console programs begin with a console.
 */
void BaseInitializeConsole(void)
{
    NPROCESS_PARAMETERS *Parameters = BaseParameters();

    if (Parameters->ProcessGroupId == 0) { /* the first of a new group gives it its name */
        Parameters->ProcessGroupId = GetCurrentProcessId();
    }
    if (BasePeb()->ImageSubsystem == IMAGE_SUBSYSTEM_WINDOWS_GUI) {
        Parameters->ConsoleHandle = CONSOLE_HANDLE_NONE;
    } else if (BasePeb()->ImageSubsystem == IMAGE_SUBSYSTEM_WINDOWS_CUI && Parameters->ConsoleHandle == CONSOLE_HANDLE_NEW && Connect(0)) {
        OpenMissing(Parameters);
    }
}

/* Given handles stay, any others are replaced. */
static BOOL ConnectLate(DWORD Id)
{
    NPROCESS_PARAMETERS *Parameters = BaseParameters();

    if (HasConsole()) {
        return BaseFail(ERROR_ACCESS_DENIED);
    }
    if (!Connect(Id)) {
        return FALSE;
    }
    if (!(Parameters->WindowFlags & STARTF_USESTDHANDLES)) {
        Parameters->StandardInput = Parameters->StandardOutput = Parameters->StandardError = NULL;
    }
    OpenMissing(Parameters);
    return TRUE;
}

BOOL WINAPI AllocConsole(void)
{
    return ConnectLate(0);
}

BOOL WINAPI AttachConsole(DWORD Id)
{
    PROCESS_BASIC_INFORMATION Basic;

    if (Id == ATTACH_PARENT_PROCESS) {
        NTSTATUS Status = NtQueryInformationProcess(NtCurrentProcess(), ProcessBasicInformation, &Basic, sizeof(Basic), NULL);
        if (!NT_SUCCESS(Status)) {
            return BaseResult(Status);
        }
        Id = (DWORD)Basic.InheritedFromUniqueProcessId;
    }
    return Id == 0 ? BaseFail(ERROR_INVALID_PARAMETER) : ConnectLate(Id);
}

BOOL WINAPI FreeConsole(void)
{
    if (!HasConsole()) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    BaseParameters()->ConsoleHandle = CONSOLE_HANDLE_NONE;
    if (Connection != NULL) {
        NtClose(Connection);
        Connection = NULL;
    }
    return TRUE;
}

HWND WINAPI GetConsoleWindow(void)
{
    return NULL; /* as for a console without a window (a pseudo console) */
}

/* ---- standard handles --------------------------------------------------------------------------------------------------------------- */

static HANDLE *StandardSlot(DWORD Which)
{
    switch (Which) {
    case STD_INPUT_HANDLE:
        return &BaseParameters()->StandardInput;
    case STD_OUTPUT_HANDLE:
        return &BaseParameters()->StandardOutput;
    case STD_ERROR_HANDLE:
        return &BaseParameters()->StandardError;
    default:
        BaseFail(ERROR_INVALID_HANDLE);
        return NULL;
    }
}

HANDLE WINAPI GetStdHandle(DWORD Which)
{
    HANDLE *Slot = StandardSlot(Which);

    return Slot == NULL ? INVALID_HANDLE_VALUE : *Slot;
}

BOOL WINAPI SetStdHandle(DWORD Which, HANDLE Handle)
{
    HANDLE *Slot = StandardSlot(Which);

    if (Slot == NULL) {
        return FALSE;
    }
    *Slot = Handle;
    return TRUE;
}

BOOL WINAPI SetStdHandleEx(DWORD Which, HANDLE Handle, PHANDLE Old)
{
    HANDLE *Slot = StandardSlot(Which);

    if (Slot == NULL) {
        return FALSE;
    }
    if (Old != NULL) {
        *Old = *Slot;
    }
    *Slot = Handle;
    return TRUE;
}

/* ---- text ------------------------------------------------------------------------------------------------------------------------- */

BOOL WINAPI WriteConsoleW(HANDLE Handle, const VOID *Buffer, DWORD Count, LPDWORD Written, LPVOID Reserved)
{
    const WCHAR *Text = Buffer;
    DWORD Done = 0;

    UNUSED(Reserved);
    while (Done < Count) {
        DWORD Part = Count - Done < 16384 ? Count - Done : 16384;
        if (!BaseConsole(Handle, IOCTL_CONDRV_WRITE_CONSOLE_W, Text + Done, Part * sizeof(WCHAR), NULL, 0, NULL)) {
            return FALSE;
        }
        Done += Part;
    }
    if (Count == 0 && !BaseConsole(Handle, IOCTL_CONDRV_GET_MODE, NULL, 0, &(ULONG){0}, sizeof(ULONG), NULL)) {
        return FALSE;
    }
    if (Written != NULL) {
        *Written = Count;
    }
    return TRUE;
}

BOOL WINAPI WriteConsoleA(HANDLE Handle, const VOID *Buffer, DWORD Count, LPDWORD Written, LPVOID Reserved)
{
    SIZE_T Length;
    LPWSTR Wide;

    if (!BaseBytesToWide(GetConsoleOutputCP(), Buffer, Count, &Wide, &Length)) {
        return FALSE;
    }
    BOOL Result = WriteConsoleW(Handle, Wide, (DWORD)Length, NULL, Reserved);
    BaseFree(Wide);
    if (Result && Written != NULL) {
        *Written = Count;
    }
    return Result;
}

/* A read that Ctrl+C ended gives no characters and ERROR_OPERATION_ABORTED, and is a success. */
static NTSTATUS ReadText(HANDLE Handle, LPWSTR Buffer, DWORD Count, PCONSOLE_READCONSOLE_CONTROL Control, PULONG Got)
{
    NTSTATUS Status;

    if (Control != NULL && Control->nInitialChars != 0) {
        ULONG Size = (ULONG)(sizeof(CONDRV_READ_CONSOLE) + Control->nInitialChars * sizeof(WCHAR));
        CONDRV_READ_CONSOLE *Request = Control->nInitialChars <= Count ? BaseAllocate(Size) : NULL;
        if (Request == NULL) {
            return STATUS_INVALID_PARAMETER;
        }
        *Request = (CONDRV_READ_CONSOLE){Control->nInitialChars, Control->dwCtrlWakeupMask, 0, 0};
        memcpy(Request + 1, Buffer, Control->nInitialChars * sizeof(WCHAR));
        Status = BaseConsoleCall(Handle, IOCTL_CONDRV_READ_CONSOLE_W, Request, Size, Buffer, Count * sizeof(WCHAR), Got);
        BaseFree(Request);
    } else {
        CONDRV_READ_CONSOLE Request = {.ControlWakeupMask = Control != NULL ? Control->dwCtrlWakeupMask : 0};
        Status = BaseConsoleCall(Handle, IOCTL_CONDRV_READ_CONSOLE_W, &Request, sizeof(Request), Buffer, Count * sizeof(WCHAR), Got);
    }
    *Got /= sizeof(WCHAR);
    return Status;
}

BOOL WINAPI ReadConsoleW(HANDLE Handle, LPVOID Buffer, DWORD Count, LPDWORD Read, LPVOID Control)
{
    ULONG Got = 0;
    NTSTATUS Status = ReadText(BaseStandardHandle(Handle), Buffer, Count, Control, &Got);

    if (!NT_SUCCESS(Status)) {
        return BaseResult(Status);
    }
    *Read = Got;
    BaseFail(Status == STATUS_ALERTED ? ERROR_OPERATION_ABORTED : ERROR_SUCCESS);
    return TRUE;
}

BOOL WINAPI ReadConsoleA(HANDLE Handle, LPVOID Buffer, DWORD Count, LPDWORD Read, LPVOID Control)
{
    ULONG Got = 0;
    UINT Page = GetConsoleCP();
    DWORD Part = Page == CP_UTF8 ? Count / 3 : Count; /* so that the bytes fit */
    LPWSTR Wide = BaseAllocate(((SIZE_T)Part + 2) * sizeof(WCHAR));

    UNUSED(Control);
    if (Wide == NULL) {
        return FALSE;
    }
    NTSTATUS Status = ReadText(BaseStandardHandle(Handle), Wide, Part == 0 ? 1 : Part, NULL, &Got);
    if (NT_SUCCESS(Status)) {
        *Read = Got == 0 ? 0 : (DWORD)WideCharToMultiByte(Page, 0, Wide, (int)Got, Buffer, (int)Count, NULL, NULL);
        BaseFail(Status == STATUS_ALERTED ? ERROR_OPERATION_ABORTED : ERROR_SUCCESS);
    }
    BaseFree(Wide);
    return BaseResult(Status);
}

/* ---- modes, code pages, titles ---------------------------------------------------------------------------------------------------- */

BOOL WINAPI GetConsoleMode(HANDLE Handle, LPDWORD Mode)
{
    ULONG Value = 0;

    if (!BaseConsole(Handle, IOCTL_CONDRV_GET_MODE, NULL, 0, &Value, sizeof(Value), NULL)) {
        return FALSE;
    }
    *Mode = Value;
    return TRUE;
}

BOOL WINAPI SetConsoleMode(HANDLE Handle, DWORD Mode)
{
    ULONG Value = Mode;

    return BaseConsole(Handle, IOCTL_CONDRV_SET_MODE, &Value, sizeof(Value), NULL, 0, NULL);
}

/* Calls on the console as a whole go through a handle opened for the call. */
BOOL BaseOnConsole(BOOL Output, ULONG Code, const void *Input, ULONG InputLength, PVOID Result, ULONG ResultLength, PULONG Returned)
{
    HANDLE Handle;

    if (!HasConsole()) {
        return BaseFail(ERROR_INVALID_HANDLE);
    }
    Handle = BaseOpenConsole(Output, GENERIC_READ | GENERIC_WRITE, FALSE, FILE_SHARE_READ | FILE_SHARE_WRITE);
    if (Handle == INVALID_HANDLE_VALUE) {
        return FALSE;
    }
    NTSTATUS Status = BaseConsoleCall(Handle, Code, Input, InputLength, Result, ResultLength, Returned);
    NtClose(Handle);
    return BaseResult(Status) && Status != STATUS_BUFFER_OVERFLOW;
}

static UINT CodePageOf(BOOL Output)
{
    ULONG Page = 0;

    return BaseOnConsole(Output, IOCTL_CONDRV_GET_CP, NULL, 0, &Page, sizeof(Page), NULL) ? Page : 0;
}

UINT WINAPI GetConsoleCP(void)
{
    return CodePageOf(FALSE);
}

UINT WINAPI GetConsoleOutputCP(void)
{
    return CodePageOf(TRUE);
}

BOOL WINAPI SetConsoleCP(UINT Page)
{
    ULONG Value = Page;

    return BaseOnConsole(FALSE, IOCTL_CONDRV_SET_CP, &Value, sizeof(Value), NULL, 0, NULL);
}

BOOL WINAPI SetConsoleOutputCP(UINT Page)
{
    ULONG Value = Page;

    return BaseOnConsole(TRUE, IOCTL_CONDRV_SET_CP, &Value, sizeof(Value), NULL, 0, NULL);
}

DWORD WINAPI GetConsoleTitleW(LPWSTR Title, DWORD Size)
{
    WCHAR Buffer[1024];
    ULONG Bytes = 0;

    if (!BaseOnConsole(TRUE, IOCTL_CONDRV_GET_TITLE, NULL, 0, Buffer, sizeof(Buffer), &Bytes)) {
        return 0;
    }
    UNICODE_STRING String = {(USHORT)Bytes, 0, Buffer};
    DWORD Length = BaseReturnString(&String, Title, Size);
    return Length < Size ? Length : 0;
}

DWORD WINAPI GetConsoleTitleA(LPSTR Title, DWORD Size)
{
    WCHAR Wide[1024];
    DWORD Length = GetConsoleTitleW(Wide, COUNT_OF(Wide));

    Length = BaseToAnsi(Wide, Length, Title, Size);
    return Length < Size ? Length : 0;
}

BOOL WINAPI SetConsoleTitleW(LPCWSTR Title)
{
    return BaseOnConsole(TRUE, IOCTL_CONDRV_SET_TITLE, Title, (ULONG)(wcslen(Title) * sizeof(WCHAR)), NULL, 0, NULL);
}

BOOL WINAPI SetConsoleTitleA(LPCSTR Title)
{
    LPWSTR Wide;

    if (!BaseToWide(Title, &Wide)) {
        return FALSE;
    }
    BOOL Result = SetConsoleTitleW(Wide);
    BaseFree(Wide);
    return Result;
}

DWORD WINAPI GetConsoleProcessList(LPDWORD List, DWORD Count)
{
    ULONG Ids[256], Bytes = 0;

    if (List == NULL || Count == 0) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (!BaseOnConsole(TRUE, IOCTL_CONDRV_GET_PROCESS_LIST, NULL, 0, Ids, sizeof(Ids), &Bytes)) {
        return 0;
    }
    DWORD Found = Bytes / sizeof(ULONG);
    if (Found <= Count) {
        memcpy(List, Ids, Found * sizeof(DWORD));
    }
    return Found;
}
