/* SPDX-License-Identifier: MIT */
/*
 * ktest.c - a driver that tests the kernel from inside, through the interface every driver has.
 *
 * It makes \Device\KTest and the link \DosDevices\KTest, and answers the control codes of tests/user/ktest.h.  tests/user/ktest.c loads it
 * and prints what it finds as TAP.  Everything is declared by mingw-w64's <ntifs.h> and bound by its -lntoskrnl, so a missing or wrong export
 * is itself a finding.  After unloading, nothing may be left: the leak check runs it too.
 */
#include "kt.h"
#include <stdio.h>

PDRIVER_OBJECT KtDriver;
PDEVICE_OBJECT KtDevice;

static const struct
{
    const char *Name;
    VOID (*Run)(KTEST *Test);
} KtTests[] = {
#define X(name) { #name, KtTest##name },
    KT_TESTS(X)
#undef X
};

static BOOLEAN KtCount(KTEST *Test, BOOLEAN Passed)
{
    Test->Result->Checks++;
    if (!Passed) {
        Test->Result->Failures++;
    }
    return !Passed && Test->Result->Failures == 1;
}

BOOLEAN KtCheck(KTEST *Test, BOOLEAN Passed, const char *What, const char *File, int Line)
{
    if (KtCount(Test, Passed)) {
        _snprintf(Test->Result->Message, sizeof(Test->Result->Message) - 1, "%s:%d: %s", File, Line, What);
    }
    return Passed;
}

BOOLEAN KtCheckEqual(KTEST *Test, ULONG64 Got, ULONG64 Expected, const char *What, const char *File, int Line)
{
    if (KtCount(Test, Got == Expected)) {
        _snprintf(Test->Result->Message, sizeof(Test->Result->Message) - 1, "%s:%d: %s is 0x%I64x, not 0x%I64x", File, Line, What, Got,
                  Expected);
    }
    return Got == Expected;
}

PVOID KtStartThread(PKSTART_ROUTINE Routine, PVOID Context)
{
    HANDLE Handle;
    PVOID Thread = NULL;

    if (!NT_SUCCESS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Routine, Context))) {
        return NULL;
    }
    if (!NT_SUCCESS(ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Thread, NULL))) {
        Thread = NULL;
    }
    ZwClose(Handle);
    return Thread;
}

BOOLEAN KtJoinThread(PVOID Thread)
{
    LARGE_INTEGER Limit = KtMilliseconds(10000);
    NTSTATUS Status = KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, &Limit);

    ObDereferenceObject(Thread);
    return Status == STATUS_SUCCESS;
}

NTSTATUS KtComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS KtRun(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    KTEST_RESULT *Result = Irp->AssociatedIrp.SystemBuffer;
    KTEST Test = { Result };
    ULONG Number;

    if (Stack->Parameters.DeviceIoControl.InputBufferLength < sizeof(ULONG) ||
        Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(*Result)) {
        return KtComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    }
    Number = *(PULONG)Irp->AssociatedIrp.SystemBuffer;
    if (Number >= RTL_NUMBER_OF(KtTests)) {
        return KtComplete(Irp, STATUS_NO_MORE_ENTRIES, 0);
    }
    RtlZeroMemory(Result, sizeof(*Result));
    _snprintf(Result->Name, sizeof(Result->Name) - 1, "%s", KtTests[Number].Name);
    DbgPrint("ktest: %s\n", KtTests[Number].Name);
    KtTests[Number].Run(&Test);
    KtCheckEqual(&Test, KeGetCurrentIrql(), PASSIVE_LEVEL, "IRQL after the test", __FILE_NAME__, __LINE__);
    if (KeGetCurrentIrql() != PASSIVE_LEVEL) {
        KeLowerIrql(PASSIVE_LEVEL);
    }
    if (Result->Failures != 0) {
        DbgPrint("ktest: %s FAILED: %s\n", KtTests[Number].Name, Result->Message);
    }
    return KtComplete(Irp, STATUS_SUCCESS, sizeof(*Result));
}

static NTSTATUS NTAPI KtOpenClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return KtComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI KtControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    UNREFERENCED_PARAMETER(Device);
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_KTEST_COUNT:
        if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(ULONG)) {
            return KtComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        }
        *(PULONG)Irp->AssociatedIrp.SystemBuffer = RTL_NUMBER_OF(KtTests);
        return KtComplete(Irp, STATUS_SUCCESS, sizeof(ULONG));
    case IOCTL_KTEST_RUN:
        return KtRun(Irp, Stack);
    default:
        return KtControlPartner(Irp, Stack);
    }
}

static VOID NTAPI KtUnload(PDRIVER_OBJECT Driver)
{
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\KTest");

    KtEndPartner();
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(Driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\KTest"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\KTest");
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    KtDriver = Driver;
    Driver->MajorFunction[IRP_MJ_CREATE] = KtOpenClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = KtOpenClose;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = KtOpenClose;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = KtControl;
    Driver->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = KtControl;
    Driver->DriverUnload = KtUnload;
    Status = IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &KtDevice);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(KtDevice);
        return Status;
    }
    KtDevice->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}
