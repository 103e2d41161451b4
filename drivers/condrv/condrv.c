/* SPDX-License-Identifier: MIT */
/*
 * condrv.c - condrv.sys: the console, \Device\ConDrv.
 *
 * On Windows condrv.sys only carries messages between kernel32 and conhost.exe, which is the console.  Here
 * the driver is the console: one session, with its screen buffer, line editor and history, shown on the
 * serial terminal and the framebuffer at once (docs/nt-differences.md).  con.h is the map of its files.
 */
#include "con.h"

DRIVER_INITIALIZE DriverEntry;
NTKERNELAPI VOID NTAPI InbvNotifyDisplayOwnershipLost(PVOID ResetDisplayParameters);

static KMUTEX ConMutex;

void ConLockAcquire(void)
{
    (void)KeWaitForSingleObject(&ConMutex, Executive, KernelMode, FALSE, NULL);
}

void ConLockRelease(void)
{
    (void)KeReleaseMutex(&ConMutex, FALSE);
}

NTSTATUS ConComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_KEYBOARD_INCREMENT);
    return Status;
}

/* ---- opening --------------------------------------------------------------------------------------------
 * -------------------------------- */

static ULONG ConKindOfName(PUNICODE_STRING Name, ACCESS_MASK Access)
{
    static const struct { UNICODE_STRING Name; ULONG Kind; } Names[] = {
        {RTL_CONSTANT_STRING(L"\\CurrentIn"), CONDRV_KIND_INPUT},   {RTL_CONSTANT_STRING(L"\\Input"), CONDRV_KIND_INPUT},
        {RTL_CONSTANT_STRING(L"\\CurrentOut"), CONDRV_KIND_OUTPUT}, {RTL_CONSTANT_STRING(L"\\Output"), CONDRV_KIND_OUTPUT},
        {RTL_CONSTANT_STRING(L"\\ScreenBuffer"), CONDRV_KIND_OUTPUT},
        {RTL_CONSTANT_STRING(L"\\Connect"), CONDRV_KIND_CONNECTION}, {RTL_CONSTANT_STRING(L"\\Reference"), CONDRV_KIND_CONNECTION},
    };
    static const UNICODE_STRING Console = RTL_CONSTANT_STRING(L"\\Console");
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Names); Index++) {
        if (RtlEqualUnicodeString(Name, &Names[Index].Name, TRUE)) {
            return Names[Index].Kind;
        }
    }
    if (RtlEqualUnicodeString(Name, &Console, TRUE)) { /* CON: by what it is opened for */
        return (Access & FILE_READ_DATA) != 0 ? CONDRV_KIND_INPUT : CONDRV_KIND_OUTPUT;
    }
    return 0;
}

/* The first to open the console ends the boot text. */
static void ConTakeScreen(void)
{
    ConLockAcquire();
    if (!Con.Taken) {
        InbvNotifyDisplayOwnershipLost(NULL);
        Con.Taken = TRUE;
        ConOutputDone();
    }
    ConLockRelease();
}

static NTSTATUS ConCreate(PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    static const UNICODE_STRING New = RTL_CONSTANT_STRING(L"\\ScreenBuffer");
    CON_HANDLE *Handle;
    CON_SCREEN *Screen = NULL;
    ULONG Kind = ConKindOfName(&Stack->FileObject->FileName, Stack->Parameters.Create.SecurityContext->DesiredAccess);
    if (Kind == 0) {
        return ConComplete(Irp, STATUS_OBJECT_NAME_NOT_FOUND, 0);
    }
    Handle = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Handle), CON_TAG);
    if (Handle == NULL) {
        return ConComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    if (Kind == CONDRV_KIND_OUTPUT) {
        ConLockAcquire();
        Screen = RtlEqualUnicodeString(&Stack->FileObject->FileName, &New, TRUE) ? ConCreateScreen() : ConShown;
        if (Screen != NULL) {
            Screen->Handles++;
        }
        ConLockRelease();
        if (Screen == NULL) {
            ExFreePoolWithTag(Handle, CON_TAG);
            return ConComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
        }
    }
    *Handle = (CON_HANDLE){Kind, PsGetCurrentProcessId(), Screen};
    Stack->FileObject->FsContext = Handle;
    ConProcessAttach(Handle->ProcessId);
    ConTakeScreen();
    return ConComplete(Irp, STATUS_SUCCESS, FILE_OPENED);
}

static CON_HANDLE *ConHandleOf(PIRP Irp)
{
    return IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext;
}

static NTSTATUS ConCleanup(PIRP Irp)
{
    ConCancelReads(IoGetCurrentIrpStackLocation(Irp)->FileObject);
    return ConComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS ConClose(PIRP Irp)
{
    CON_HANDLE *Handle = ConHandleOf(Irp);
    if (Handle->Screen != NULL) {
        ConLockAcquire();
        ConReleaseScreen(Handle->Screen);
        ConOutputDone();
        ConLockRelease();
    }
    ExFreePoolWithTag(Handle, CON_TAG);
    IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext = NULL;
    return ConComplete(Irp, STATUS_SUCCESS, 0);
}

/* ---- requests that both kinds of handle take
 * -------------------------------------------------------------------------------------------- */

static NTSTATUS ConSetCodePage(ULONG *Page, ULONG New)
{
    if (New != 65001 && New != 437 && New != 1252 && New != 20127) {
        return STATUS_INVALID_PARAMETER;
    }
    *Page = New;
    return STATUS_SUCCESS;
}

static NTSTATUS ConGetTitle(PIRP Irp, ULONG OutLength)
{
    ULONG Length = Con.TitleLength * sizeof(WCHAR), Part = min(Length, OutLength & ~1u);
    RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, Con.Title, Part);
    Irp->IoStatus.Information = Part;
    return Part < Length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS ConSetTitle(const WCHAR *Text, ULONG InLength)
{
    Con.TitleLength = (ULONG)min(InLength / sizeof(WCHAR), RTL_NUMBER_OF(Con.Title));
    RtlCopyMemory(Con.Title, Text, Con.TitleLength * sizeof(WCHAR));
    ConSerialAscii("\x1b]0;");
    ConSerialPut(Con.Title, Con.TitleLength);
    ConSerialAscii("\x07");
    return STATUS_SUCCESS;
}

/* ConLock held. */
static NTSTATUS ConCommonControl(PIRP Irp, ULONG Kind, ULONG Code, PVOID Buffer, ULONG InLength, ULONG OutLength)
{
    BOOLEAN Input = Kind == CONDRV_KIND_INPUT;
    ULONG Value = InLength >= sizeof(ULONG) ? *(ULONG *)Buffer : 0, Result;
    switch (Code) {
    case IOCTL_CONDRV_SET_MODE:
        if (InLength < sizeof(ULONG)) {
            return STATUS_INVALID_PARAMETER;
        }
        if (Input) {
            ConSetInputMode(Value);
        } else {
            ConScreen->OutputMode = Value;
        }
        return STATUS_SUCCESS;
    case IOCTL_CONDRV_SET_CP:
        return ConSetCodePage(Input ? &Con.InputCodePage : &Con.OutputCodePage, Value);
    case IOCTL_CONDRV_GET_TITLE:
        return ConGetTitle(Irp, OutLength);
    case IOCTL_CONDRV_SET_TITLE:
        return ConSetTitle(Buffer, InLength);
    case IOCTL_CONDRV_GET_MODE:
        Result = Input ? Con.InputMode : ConScreen->OutputMode;
        break;
    case IOCTL_CONDRV_GET_CP:
        Result = Input ? Con.InputCodePage : Con.OutputCodePage;
        break;
    case IOCTL_CONDRV_GET_KIND:
        Result = Kind;
        break;
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (OutLength < sizeof(ULONG)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    *(ULONG *)Buffer = Result;
    Irp->IoStatus.Information = sizeof(ULONG);
    return STATUS_SUCCESS;
}

/* Which kind of handle a code is for: bits of its number. */
static ULONG ConKindOfCode(ULONG Code)
{
    ULONG Number = (Code >> 2 & 0xFFF) - 0x800;
    return Number < 16 ? 0 : Number < 32 ? CONDRV_KIND_INPUT : CONDRV_KIND_OUTPUT;
}

static BOOLEAN ConWaits(PIO_STACK_LOCATION Stack, ULONG Code, PVOID Buffer)
{
    if (Code == IOCTL_CONDRV_READ_INPUT) {
        return Stack->Parameters.DeviceIoControl.InputBufferLength < sizeof(ULONG) || (*(ULONG *)Buffer & CONDRV_READ_NOWAIT) == 0;
    }
    return Code == IOCTL_CONDRV_READ_CONSOLE_W;
}

static NTSTATUS ConControl(PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Code = Stack->Parameters.DeviceIoControl.IoControlCode, Kind = ConHandleOf(Irp)->Kind, Wanted = ConKindOfCode(Code);
    ULONG InLength = Stack->Parameters.DeviceIoControl.InputBufferLength, OutLength = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    NTSTATUS Status;
    if (Code >> 16 != CONDRV_DEVICE_TYPE) {
        return ConComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    if (Wanted != 0 && Kind != Wanted && Kind != CONDRV_KIND_CONNECTION) {
        return ConComplete(Irp, STATUS_INVALID_HANDLE, 0);
    }
    if (Code == IOCTL_CONDRV_SET_CONTROL_ROUTINE) {
        return ConComplete(Irp, InLength < sizeof(ULONG64) ? STATUS_INVALID_PARAMETER : ConSetControlRoutine((PVOID) * (ULONG64 *)Buffer), 0);
    }
    if (Code == IOCTL_CONDRV_GENERATE_CONTROL_EVENT) {
        const CONDRV_CONTROL_EVENT *Event = Buffer;
        if (InLength < sizeof(*Event) || Event->Event > 1) {
            return ConComplete(Irp, STATUS_INVALID_PARAMETER, 0);
        }
        return ConComplete(Irp, ConControlEvent(PsGetCurrentProcessId(), Event->Event, Event->ProcessGroupId), 0);
    }
    if (Code == IOCTL_CONDRV_NEW_CONSOLE) {
        return ConComplete(Irp, ConNewConsole(), 0);
    }
    if (Code == IOCTL_CONDRV_ATTACH) {
        return ConComplete(Irp, InLength < sizeof(ULONG) ? STATUS_INVALID_PARAMETER : ConAttachTo((HANDLE)(ULONG_PTR) * (ULONG *)Buffer), 0);
    }
    if (Code == IOCTL_CONDRV_GET_PROCESS_LIST) {
        ULONG Bytes = ConProcessList(Buffer, OutLength / sizeof(ULONG)) * sizeof(ULONG);
        return ConComplete(Irp, STATUS_SUCCESS, Bytes);
    }
    if (ConWaits(Stack, Code, Buffer)) {
        return OutLength >= (Code == IOCTL_CONDRV_READ_INPUT ? sizeof(CONDRV_INPUT_RECORD) : sizeof(WCHAR)) ? ConQueueRead(Irp)
                                                                                                           : ConComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    Irp->IoStatus.Information = 0;
    ConBeginOutput(ConHandleOf(Irp)->Screen);
    Status = Wanted == 0                   ? ConCommonControl(Irp, Kind, Code, Buffer, InLength, OutLength)
             : Wanted == CONDRV_KIND_INPUT ? ConInputControl(Irp, Code, Buffer, InLength, OutLength)
                                           : ConOutputControl(Irp, Code, Buffer, InLength, OutLength);
    ConEndOutput();
    return ConComplete(Irp, Status, NT_ERROR(Status) ? 0 : Irp->IoStatus.Information);
}

static NTSTATUS NTAPI ConDispatch(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    (void)Device;
    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE: return ConCreate(Irp);
    case IRP_MJ_CLEANUP: return ConCleanup(Irp);
    case IRP_MJ_CLOSE: return ConClose(Irp);
    case IRP_MJ_READ:
        if (ConHandleOf(Irp)->Kind != CONDRV_KIND_INPUT) {
            return ConComplete(Irp, STATUS_INVALID_HANDLE, 0);
        }
        return Stack->Parameters.Read.Length == 0 ? ConComplete(Irp, STATUS_SUCCESS, 0) : ConQueueRead(Irp);
    case IRP_MJ_WRITE:
        return ConHandleOf(Irp)->Kind == CONDRV_KIND_OUTPUT ? ConWriteRequest(Irp) : ConComplete(Irp, STATUS_INVALID_HANDLE, 0);
    case IRP_MJ_FLUSH_BUFFERS: return ConComplete(Irp, STATUS_SUCCESS, 0);
    case IRP_MJ_DEVICE_CONTROL: return ConControl(Irp);
    default: return ConComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\ConDrv");
    PDEVICE_OBJECT Device;
    SHORT Columns, Rows;
    NTSTATUS Status;
    (void)RegistryPath;
    KeInitializeMutex(&ConMutex, 0);
    Con.InputMode = ENABLE_PROCESSED_INPUT | ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT | ENABLE_MOUSE_INPUT | ENABLE_INSERT_MODE | ENABLE_QUICK_EDIT_MODE |
                    ENABLE_EXTENDED_FLAGS | ENABLE_AUTO_POSITION;
    Con.InputCodePage = Con.OutputCodePage = 65001;
    ConInputInit();
    Con.Framed = ConFrameStart(&Columns, &Rows);
    Con.LargestColumns = Con.Framed ? Columns : CON_MAX_COLUMNS;
    Con.LargestRows = Con.Framed ? Rows : CON_MAX_ROWS;
    Status = ConScreenInit(Columns, Rows);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ConProcessInit();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateDevice(DriverObject, 0, &Name, CONDRV_DEVICE_TYPE, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        (void)PsSetCreateProcessNotifyRoutine(NULL, TRUE);
        return Status;
    }
    Device->Flags |= DO_BUFFERED_IO;
    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++) {
        DriverObject->MajorFunction[Major] = ConDispatch;
    }
    ConSerialStart();
    ConKeyboardStart();
    return STATUS_SUCCESS;
}
