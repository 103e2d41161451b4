/* SPDX-License-Identifier: MIT */
/*
 * irps.c - requests: built, sent down stacks, completed, cancelled.
 *
 * KtDevice itself answers; for stacks a second driver-less device is attached on top of a private one.
 */
#include "kt.h"

VOID KtTestIrpSynchronous(KTEST *Test)
{
    KEVENT Event;
    IO_STATUS_BLOCK Iosb = { .Status = STATUS_UNSUCCESSFUL };
    LARGE_INTEGER Limit = KtMilliseconds(10000);
    ULONG Count = 0;
    PIRP Irp;
    NTSTATUS Status;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildDeviceIoControlRequest(IOCTL_KTEST_COUNT, KtDevice, NULL, 0, &Count, sizeof(Count), FALSE, &Event, &Iosb);
    REQUIRE(Irp != NULL);
    Status = IoCallDriver(KtDevice, Irp);
    CHECK_STATUS(Status, STATUS_SUCCESS);
    CHECK_STATUS(KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &Limit), STATUS_SUCCESS);
    CHECK_STATUS(Iosb.Status, STATUS_SUCCESS);
    CHECK_EQUAL(Iosb.Information, sizeof(ULONG));
    CHECK(Count > 10); /* copied back from the system buffer */
}

typedef struct _KT_COMPLETION
{
    KEVENT Done;
    volatile LONG Calls;
    NTSTATUS Status;
    ULONG Order[4];
} KT_COMPLETION;

/* Takes the request back from the I/O manager: the test frees it. */
static NTSTATUS NTAPI KtKeep(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context)
{
    KT_COMPLETION *Completion = Context;

    UNREFERENCED_PARAMETER(Device);
    Completion->Status = Irp->IoStatus.Status;
    InterlockedIncrement(&Completion->Calls);
    KeSetEvent(&Completion->Done, 0, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static PIRP KtControlIrp(PDEVICE_OBJECT Device, ULONG Code, PVOID Buffer, ULONG Input, ULONG Output)
{
    PIRP Irp = IoAllocateIrp(Device->StackSize, FALSE);

    if (Irp != NULL) {
        PIO_STACK_LOCATION Next = IoGetNextIrpStackLocation(Irp);
        Next->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
        Next->Parameters.DeviceIoControl.IoControlCode = Code;
        Next->Parameters.DeviceIoControl.InputBufferLength = Input;
        Next->Parameters.DeviceIoControl.OutputBufferLength = Output;
        Irp->AssociatedIrp.SystemBuffer = Buffer;
    }
    return Irp;
}

VOID KtTestIrpCompletion(KTEST *Test)
{
    KT_COMPLETION Completion = { .Calls = 0 };
    LONG Wanted = STATUS_DEVICE_NOT_READY;
    PIRP Irp = KtControlIrp(KtDevice, IOCTL_KTEST_STATUS, &Wanted, sizeof(Wanted), 0);

    REQUIRE(Irp != NULL);
    KeInitializeEvent(&Completion.Done, NotificationEvent, FALSE);
    IoSetCompletionRoutine(Irp, KtKeep, &Completion, TRUE, TRUE, TRUE);
    CHECK_STATUS(IoCallDriver(KtDevice, Irp), STATUS_DEVICE_NOT_READY);
    CHECK_EQUAL(Completion.Calls, 1);
    CHECK_STATUS(Completion.Status, STATUS_DEVICE_NOT_READY);
    IoReuseIrp(Irp, STATUS_SUCCESS);
    CHECK_STATUS(Irp->IoStatus.Status, STATUS_SUCCESS);
    /* Only on success: the routine is not called for an error, and the request would be freed; so it is asked for a success here. */
    Wanted = STATUS_SUCCESS;
    PIO_STACK_LOCATION Next = IoGetNextIrpStackLocation(Irp);
    Next->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
    Next->Parameters.DeviceIoControl.IoControlCode = IOCTL_KTEST_STATUS;
    Next->Parameters.DeviceIoControl.InputBufferLength = sizeof(Wanted);
    Irp->AssociatedIrp.SystemBuffer = &Wanted;
    IoSetCompletionRoutine(Irp, KtKeep, &Completion, TRUE, FALSE, FALSE);
    CHECK_STATUS(IoCallDriver(KtDevice, Irp), STATUS_SUCCESS);
    CHECK_EQUAL(Completion.Calls, 2);
    IoFreeIrp(Irp);
}

/* One of two upper layers: notes its number when the request comes back through it. */
typedef struct _KT_LAYER
{
    KT_COMPLETION *Completion;
    ULONG Number;
} KT_LAYER;

static NTSTATUS NTAPI KtNote(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context)
{
    KT_LAYER *Layer = Context;

    UNREFERENCED_PARAMETER(Device);
    if (Irp->PendingReturned) {
        IoMarkIrpPending(Irp);
    }
    Layer->Completion->Order[Layer->Completion->Calls++] = Layer->Number;
    return STATUS_CONTINUE_COMPLETION;
}

VOID KtTestIrpStack(KTEST *Test)
{
    KT_COMPLETION Completion = { .Calls = 0 };
    KT_LAYER Layer[2] = { { &Completion, 1 }, { &Completion, 2 } };
    PDEVICE_OBJECT Upper = NULL, Lower;
    LONG Wanted = STATUS_SUCCESS;
    PIRP Irp;

    REQUIRE(CHECK_STATUS(IoCreateDevice(KtDriver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Upper), STATUS_SUCCESS));
    Lower = IoAttachDeviceToDeviceStack(Upper, KtDevice);
    CHECK_EQUAL(Lower, KtDevice);
    CHECK_EQUAL(Upper->StackSize, KtDevice->StackSize + 1);
    CHECK_EQUAL(KtDevice->AttachedDevice, Upper);
    PDEVICE_OBJECT Top = IoGetAttachedDeviceReference(KtDevice);
    CHECK_EQUAL(Top, Upper);
    ObDereferenceObject(Top);

    /* As the upper driver's dispatch routine would do it: own location, copied down, with a completion routine on each. */
    Irp = IoAllocateIrp((CCHAR)(Upper->StackSize + 1), FALSE);
    if (CHECK(Irp != NULL)) {
        KeInitializeEvent(&Completion.Done, NotificationEvent, FALSE);
        IoSetNextIrpStackLocation(Irp);
        PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
        Stack->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
        Stack->Parameters.DeviceIoControl.IoControlCode = IOCTL_KTEST_STATUS;
        Stack->Parameters.DeviceIoControl.InputBufferLength = sizeof(Wanted);
        Irp->AssociatedIrp.SystemBuffer = &Wanted;
        IoCopyCurrentIrpStackLocationToNext(Irp);
        IoSetCompletionRoutine(Irp, KtKeep, &Completion, TRUE, TRUE, TRUE);
        IoSetNextIrpStackLocation(Irp);
        IoCopyCurrentIrpStackLocationToNext(Irp);
        IoSetCompletionRoutine(Irp, KtNote, &Layer[1], TRUE, TRUE, TRUE);
        CHECK_STATUS(IoCallDriver(KtDevice, Irp), STATUS_SUCCESS);
        CHECK_EQUAL(Completion.Order[0], 2);
        CHECK_EQUAL(Completion.Calls, 2);
        IoFreeIrp(Irp);
    }
    IoDetachDevice(KtDevice);
    CHECK(KtDevice->AttachedDevice == NULL);
    IoDeleteDevice(Upper);
}

VOID KtTestIrpCancel(KTEST *Test)
{
    KT_COMPLETION Completion = { .Calls = 0 };
    PIRP Irp = KtControlIrp(KtDevice, IOCTL_KTEST_PEND, NULL, 0, 0);
    LARGE_INTEGER Limit = KtMilliseconds(10000);

    REQUIRE(Irp != NULL);
    KeInitializeEvent(&Completion.Done, NotificationEvent, FALSE);
    IoSetCompletionRoutine(Irp, KtKeep, &Completion, TRUE, TRUE, TRUE);
    CHECK_STATUS(IoCallDriver(KtDevice, Irp), STATUS_PENDING);
    CHECK_EQUAL(Completion.Calls, 0);
    CHECK(IoCancelIrp(Irp));
    CHECK_STATUS(KeWaitForSingleObject(&Completion.Done, Executive, KernelMode, FALSE, &Limit), STATUS_SUCCESS);
    CHECK_STATUS(Completion.Status, STATUS_CANCELLED);
    IoFreeIrp(Irp);
}

/* A request in two parts: it is over with the second, not with the first, and has the status that its driver gave it, not theirs. */
VOID KtTestIrpAssociated(KTEST *Test)
{
    KT_COMPLETION Completion = { .Calls = 0 };
    PIRP Master = IoAllocateIrp(1, FALSE), Part[2] = { NULL, NULL };
    LARGE_INTEGER Limit = KtMilliseconds(10000);

    REQUIRE(Master != NULL);
    KeInitializeEvent(&Completion.Done, NotificationEvent, FALSE);
    IoSetCompletionRoutine(Master, KtKeep, &Completion, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(Master);
    Master->AssociatedIrp.IrpCount = 2;
    Master->IoStatus.Status = STATUS_SUCCESS;
    for (ULONG Index = 0; Index < 2; Index++) {
        Part[Index] = IoMakeAssociatedIrp(Master, KtDevice->StackSize);
        REQUIRE(Part[Index] != NULL);
        CHECK_EQUAL(Part[Index]->AssociatedIrp.MasterIrp, Master);
        CHECK((Part[Index]->Flags & IRP_ASSOCIATED_IRP) != 0);
        IoGetNextIrpStackLocation(Part[Index])->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
        IoGetNextIrpStackLocation(Part[Index])->Parameters.DeviceIoControl.IoControlCode = IOCTL_KTEST_PEND;
        CHECK_STATUS(IoCallDriver(KtDevice, Part[Index]), STATUS_PENDING);
    }
    CHECK(IoCancelIrp(Part[1]));
    CHECK_EQUAL(Master->AssociatedIrp.IrpCount, 1);
    CHECK_EQUAL(Completion.Calls, 0);
    CHECK(IoCancelIrp(Part[0]));
    CHECK_STATUS(KeWaitForSingleObject(&Completion.Done, Executive, KernelMode, FALSE, &Limit), STATUS_SUCCESS);
    CHECK_EQUAL(Completion.Calls, 1);
    CHECK_STATUS(Completion.Status, STATUS_SUCCESS);
    IoFreeIrp(Master);
}

/* The device through its name, as another driver would use it. */
VOID KtTestFileOnDevice(KTEST *Test)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\KTest"), Missing = RTL_CONSTANT_STRING(L"\\Device\\KTestNot");
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    PFILE_OBJECT File;
    PDEVICE_OBJECT Device;
    HANDLE Handle;
    UCHAR Bytes[3] = { 1, 2, 3 };

    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    REQUIRE(CHECK_STATUS(ZwCreateFile(&Handle, GENERIC_READ | SYNCHRONIZE, &Attributes, &Iosb, NULL, 0, 0, FILE_OPEN,
                                      FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0), STATUS_SUCCESS));
    CHECK_STATUS(ZwDeviceIoControlFile(Handle, NULL, NULL, NULL, &Iosb, IOCTL_KTEST_INVERT, Bytes, 3, Bytes, 3), STATUS_SUCCESS);
    CHECK_EQUAL(Iosb.Information, 3);
    CHECK_EQUAL(Bytes[0], 0xFE);
    CHECK_EQUAL(Bytes[2], 0xFC);
    CHECK_STATUS(ZwDeviceIoControlFile(Handle, NULL, NULL, NULL, &Iosb, KTEST_CODE(99, METHOD_BUFFERED), NULL, 0, NULL, 0),
                 STATUS_INVALID_DEVICE_REQUEST);
    CHECK_STATUS(ZwClose(Handle), STATUS_SUCCESS);

    REQUIRE(CHECK_STATUS(IoGetDeviceObjectPointer(&Name, FILE_ALL_ACCESS, &File, &Device), STATUS_SUCCESS));
    CHECK_EQUAL(Device, KtDevice);
    CHECK_EQUAL(File->DeviceObject, KtDevice);
    ObDereferenceObject(File);
    CHECK_STATUS(IoGetDeviceObjectPointer(&Missing, FILE_ALL_ACCESS, &File, &Device), STATUS_OBJECT_NAME_NOT_FOUND);
}
