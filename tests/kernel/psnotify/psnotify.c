/* SPDX-License-Identifier: MIT */
/*
 * psnotify.c - a driver that watches births and deaths: process, thread and image notify routines, handle callbacks; and the Zw forms and
 * PsCreateSystemThread, tried from kernel mode.  Built against <ntifs.h> only.
 *
 * A child whose command line contains "psnotify-refuse" is refused with STATUS_VIRUS_INFECTED.
 */
#include <ntifs.h>

#include "psnotify.h"

#define STATUS_REFUSED ((NTSTATUS)0xC0000906) /* STATUS_VIRUS_INFECTED */
#define PROCESS_TERMINATE 0x0001
#define PROCESS_CREATE_THREAD 0x0002
#define PROCESS_QUERY_INFORMATION 0x0400

/* Declared otherwise by Windows' DDK, not by mingw's. */
NTSYSAPI NTSTATUS NTAPI ZwQueryInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS Class, PVOID Buffer, ULONG Length, PULONG ReturnLength);

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\PsNotify");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\PsNotify");
static HANDLE Watched, Child, Protected;
static PSN_REPORT Report;
static PVOID Registration;

static VOID Keep(wchar_t *Target, PCUNICODE_STRING Source)
{
    ULONG Length = Source != NULL ? min(Source->Length / sizeof(WCHAR), 127) : 0;

    if (Length != 0) {
        RtlCopyMemory(Target, Source->Buffer, Length * sizeof(WCHAR));
    }
    Target[Length] = 0;
}

static BOOLEAN Contains(PCUNICODE_STRING Text, PCWSTR Word)
{
    ULONG Length = (ULONG)wcslen(Word);

    for (ULONG i = 0; Text != NULL && i + Length <= Text->Length / sizeof(WCHAR); i++) {
        if (RtlEqualMemory(Text->Buffer + i, Word, Length * sizeof(WCHAR))) {
            return TRUE;
        }
    }
    return FALSE;
}

static VOID NTAPI OnProcessEx(PEPROCESS Process, HANDLE Id, PPS_CREATE_NOTIFY_INFO Info)
{
    UNREFERENCED_PARAMETER(Process);
    if (Info == NULL) {
        Report.Exited += Id == Child;
        return;
    }
    if (Info->ParentProcessId != Watched) {
        return;
    }
    Child = Id;
    Report.Created++;
    Report.LastParent = HandleToULong(Info->ParentProcessId);
    Report.LastChild = HandleToULong(Id);
    Report.CreatingThread = HandleToULong(Info->CreatingThreadId.UniqueThread);
    Report.OpenNameAvailable = Info->FileOpenNameAvailable && Info->FileObject != NULL;
    Keep(Report.Image, Info->ImageFileName);
    Keep(Report.CommandLine, Info->CommandLine);
    if (Contains(Info->CommandLine, L"psnotify-refuse")) {
        Info->CreationStatus = STATUS_REFUSED;
    }
}

static VOID NTAPI OnProcess(HANDLE Parent, HANDLE Id, BOOLEAN Create)
{
    if (Create) {
        Report.OldCreated += Parent == Watched;
    } else {
        Report.OldExited += Id == Child;
    }
}

static VOID NTAPI OnThread(HANDLE Process, HANDLE Thread, BOOLEAN Create)
{
    if (Process != Child || Child == NULL) {
        return;
    }
    if (Create) {
        Report.ThreadsCreated++;
        Report.LastThread = HandleToULong(Thread);
    } else {
        Report.ThreadsExited++;
    }
}

static VOID NTAPI OnImage(PUNICODE_STRING Name, HANDLE Process, PIMAGE_INFO Info)
{
    if (Process != Child || Child == NULL || Info->SystemModeImage) {
        return;
    }
    if (Report.Images == 0) {
        Keep(Report.FirstImage, Name);
    } else if (Report.Images == 1) {
        Keep(Report.SecondImage, Name);
    }
    Report.ImagesInOrder += Info->ImageBase != NULL && Info->ImageSize != 0;
    Report.Images++;
}

static OB_PREOP_CALLBACK_STATUS NTAPI OnPreHandle(PVOID Context, POB_PRE_OPERATION_INFORMATION Information)
{
    UNREFERENCED_PARAMETER(Context);
    if (Protected != NULL && PsGetProcessId(Information->Object) == Protected && !Information->KernelHandle) {
        Information->Parameters->CreateHandleInformation.DesiredAccess &= ~PROCESS_TERMINATE;
        Report.PreCreate += Information->Operation == OB_OPERATION_HANDLE_CREATE;
        Report.PreDuplicate += Information->Operation == OB_OPERATION_HANDLE_DUPLICATE;
        Information->CallContext = &Report;
    }
    return OB_PREOP_SUCCESS;
}

static VOID NTAPI OnPostHandle(PVOID Context, POB_POST_OPERATION_INFORMATION Information)
{
    UNREFERENCED_PARAMETER(Context);
    Report.Post += Information->CallContext == &Report && NT_SUCCESS(Information->ReturnStatus);
}

static NTSTATUS Protect(HANDLE Id)
{
    OB_OPERATION_REGISTRATION Operation = {PsProcessType, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, OnPreHandle, OnPostHandle};
    OB_CALLBACK_REGISTRATION Request = {OB_FLT_REGISTRATION_VERSION, 1, RTL_CONSTANT_STRING(L"320000.5"), NULL, &Operation};
    PVOID Second;

    if (Id == NULL) {
        if (Registration != NULL) {
            ObUnRegisterCallbacks(Registration);
        }
        Registration = NULL;
        return STATUS_SUCCESS;
    }
    Protected = Id;
    if (Registration == NULL) {
        NTSTATUS Status = ObRegisterCallbacks(&Request, &Registration);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        if (ObRegisterCallbacks(&Request, &Second) != (NTSTATUS)0xC01C0011) {
            return STATUS_UNSUCCESSFUL; /* the altitude is taken */
        }
    }
    return STATUS_SUCCESS;
}

/* ---- from kernel mode ---------------------------------------------------------------------------------------------------------------- */

typedef struct _THREAD_NOTE
{
    PEPROCESS Process;
    KPROCESSOR_MODE Mode;
} THREAD_NOTE;

static VOID NTAPI NoteProcess(PVOID Context)
{
    THREAD_NOTE *Note = Context;

    Note->Process = PsGetCurrentProcess();
    Note->Mode = ExGetPreviousMode();
    PsTerminateSystemThread(STATUS_ALERTED);
}

/* A system thread in the process behind Handle (NULL: the system's): 0, or the number of the check that failed. */
static ULONG TryThread(HANDLE Handle, PEPROCESS Expected, ULONG Number)
{
    THREAD_NOTE Note = {0};
    CLIENT_ID Cid = {0};
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Thread;
    PVOID Object;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, &Attributes, Handle, &Cid, NoteProcess, &Note);
    if (!NT_SUCCESS(Status)) {
        return Number;
    }
    Status = ObReferenceObjectByHandle(Thread, SYNCHRONIZE, *PsThreadType, KernelMode, &Object, NULL);
    ZwClose(Thread);
    if (!NT_SUCCESS(Status)) {
        return Number + 1;
    }
    KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Object);
    if (Note.Process != Expected || Note.Mode != KernelMode) {
        return Number + 2;
    }
    return Cid.UniqueProcess == PsGetProcessId(Expected) ? 0 : Number + 3;
}

static ULONG SelfTest(HANDLE Id)
{
    OBJECT_ATTRIBUTES Attributes;
    CLIENT_ID Cid = {Id, NULL};
    PROCESS_BASIC_INFORMATION Basic;
    PEPROCESS Process, Again;
    HANDLE Handle;
    ULONG Failed;

    if (!NT_SUCCESS(PsLookupProcessByProcessId(Id, &Process))) {
        return 1;
    }
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ZwOpenProcess(&Handle, PROCESS_ALL_ACCESS, &Attributes, &Cid))) {
        ObDereferenceObject(Process);
        return 2;
    }
    Failed = TryThread(NULL, PsInitialSystemProcess, 10);
    if (Failed == 0) {
        Failed = TryThread(Handle, Process, 20);
    }
    if (Failed == 0 && (!NT_SUCCESS(ZwQueryInformationProcess(Handle, ProcessBasicInformation, &Basic, sizeof(Basic), NULL)) ||
                        Basic.UniqueProcessId != (ULONG_PTR)Id)) {
        Failed = 3;
    }
    if (Failed == 0 && (!NT_SUCCESS(ObReferenceObjectByHandle(Handle, 0, *PsProcessType, KernelMode, (PVOID *)&Again, NULL)) || Again != Process)) {
        Failed = 4;
    } else if (Failed == 0) {
        ObDereferenceObject(Again);
    }
    Cid.UniqueProcess = (HANDLE)(ULONG_PTR)0x7FFFFFFC;
    if (Failed == 0 && ZwOpenProcess(&Handle, PROCESS_QUERY_INFORMATION, &Attributes, &Cid) != STATUS_INVALID_CID) {
        Failed = 5;
    }
    if (Failed == 0 && PsSetCreateProcessNotifyRoutine(OnProcess, FALSE) != STATUS_INVALID_PARAMETER) {
        Failed = 6; /* there already */
    }
    if (Failed == 0 && PsRemoveLoadImageNotifyRoutine((PLOAD_IMAGE_NOTIFY_ROUTINE)(ULONG_PTR)OnThread) != STATUS_PROCEDURE_NOT_FOUND) {
        Failed = 7;
    }
    ZwClose(Handle);
    ObDereferenceObject(Process);
    return Failed;
}

/* ---- the device ----------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS Finish(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI OpenClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return Finish(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PVOID Buffer = Irp->AssociatedIrp.SystemBuffer;
    ULONG In = Stack->Parameters.DeviceIoControl.InputBufferLength, Out = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    HANDLE Id = In >= sizeof(ULONG) ? ULongToHandle(*(PULONG)Buffer) : NULL;

    UNREFERENCED_PARAMETER(Device);
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_PSN_WATCH:
        RtlZeroMemory(&Report, sizeof(Report));
        Child = NULL;
        Watched = Id;
        return Finish(Irp, STATUS_SUCCESS, 0);
    case IOCTL_PSN_REPORT:
        if (Out < sizeof(Report)) {
            return Finish(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        }
        RtlCopyMemory(Buffer, &Report, sizeof(Report));
        return Finish(Irp, STATUS_SUCCESS, sizeof(Report));
    case IOCTL_PSN_SELFTEST:
        if (Out < sizeof(ULONG)) {
            return Finish(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        }
        *(PULONG)Buffer = SelfTest(Id);
        return Finish(Irp, STATUS_SUCCESS, sizeof(ULONG));
    case IOCTL_PSN_PROTECT:
        return Finish(Irp, Protect(Id), 0);
    default:
        return Finish(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static VOID RemoveRoutines(VOID)
{
    Protect(NULL);
    PsSetCreateProcessNotifyRoutineEx(OnProcessEx, TRUE);
    PsSetCreateProcessNotifyRoutine(OnProcess, TRUE);
    PsRemoveCreateThreadNotifyRoutine(OnThread);
    PsRemoveLoadImageNotifyRoutine(OnImage);
}

static VOID NTAPI Unload(PDRIVER_OBJECT Driver)
{
    RemoveRoutines();
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(Driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Device;
    NTSTATUS Status = IoCreateDevice(Driver, 0, &DeviceName, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);

    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (NT_SUCCESS(Status)) {
        Status = PsSetCreateProcessNotifyRoutineEx(OnProcessEx, FALSE);
    }
    if (NT_SUCCESS(Status)) {
        Status = PsSetCreateProcessNotifyRoutine(OnProcess, FALSE);
    }
    if (NT_SUCCESS(Status)) {
        Status = PsSetCreateThreadNotifyRoutine(OnThread);
    }
    if (NT_SUCCESS(Status)) {
        Status = PsSetLoadImageNotifyRoutine(OnImage);
    }
    if (!NT_SUCCESS(Status)) {
        RemoveRoutines();
        IoDeleteSymbolicLink(&LinkName);
        IoDeleteDevice(Device);
        return Status;
    }
    Driver->MajorFunction[IRP_MJ_CREATE] = OpenClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = OpenClose;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = OpenClose;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    Driver->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
