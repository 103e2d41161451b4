/* SPDX-License-Identifier: MIT */
/*
 * i8042prt.c - i8042prt.sys: the PS/2 keyboard, as \Device\KeyboardPort0.
 *
 * The controller translates to scan code set 1.  A read returns whole KEYBOARD_INPUT_DATA records, at least
 * one; MakeCode is the code without its top bit, Flags say break, E0 and E1.  The interrupt routine fills a
 * ring of codes; the DPC makes records of them and completes waiting reads.  A timer looks at the
 * controller four times a second, so that a lost interrupt delays a key and does not stop the keyboard.  On
 * Windows the class driver kbdclass sits above; here condrv reads the port itself.
 */
#include <ntddk.h>
#include <ntddkbd.h>

#define PORT_DATA ((PUCHAR)0x60)
#define PORT_COMMAND ((PUCHAR)0x64)
#define STATUS_OUTPUT_FULL 0x01
#define STATUS_INPUT_FULL 0x02
#define STATUS_AUX 0x20
#define COMMAND_READ_CONFIG 0x20
#define COMMAND_WRITE_CONFIG 0x60
#define COMMAND_DISABLE_AUX 0xA7
#define COMMAND_DISABLE_KEYBOARD 0xAD
#define COMMAND_ENABLE_KEYBOARD 0xAE
#define CONFIG_KEYBOARD_INTERRUPT 0x01
#define CONFIG_AUX_INTERRUPT 0x02
#define CONFIG_TRANSLATE 0x40
#define KEYBOARD_ENABLE_SCANNING 0xF4
#define KEYBOARD_IRQ 1
#define CODE_RING 256

DRIVER_INITIALIZE DriverEntry;
/* In hal.lib, but only in the oldest headers: the one way to a vector for a driver that PnP did not give
 * one. */
NTHALAPI ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE InterfaceType, ULONG BusNumber, ULONG BusInterruptLevel, ULONG BusInterruptVector,
                                           PKIRQL Irql, PKAFFINITY Affinity);

typedef struct _KEYBOARD_EXTENSION
{
    PKINTERRUPT Interrupt;
    KDPC Dpc, WatchDpc;
    KTIMER WatchTimer;
    ULONG Head, Tail;           /* interrupt lock: free-running */
    UCHAR Codes[CODE_RING];     /* interrupt lock */
    USHORT Prefix;              /* DrainLock: KEY_E0 or KEY_E1 seen */
    KSPIN_LOCK QueueLock, DrainLock;
    IO_CSQ Queue;
    LIST_ENTRY Reads;           /* QueueLock */
} KEYBOARD_EXTENSION;

/* ---- the controller -------------------------------------------------------------------------------------
 * ------------------------- */

static BOOLEAN KeyboardWait(UCHAR Mask, UCHAR Value)
{
    for (ULONG Try = 0; Try < 10000; Try++) {
        if ((READ_PORT_UCHAR(PORT_COMMAND) & Mask) == Value) {
            return TRUE;
        }
        KeStallExecutionProcessor(10);
    }
    return FALSE;
}

static void KeyboardCommand(UCHAR Command)
{
    (void)KeyboardWait(STATUS_INPUT_FULL, 0);
    WRITE_PORT_UCHAR(PORT_COMMAND, Command);
}

static void KeyboardData(UCHAR Data)
{
    (void)KeyboardWait(STATUS_INPUT_FULL, 0);
    WRITE_PORT_UCHAR(PORT_DATA, Data);
}

static void KeyboardFlush(void)
{
    for (ULONG Try = 0; Try < 64 && (READ_PORT_UCHAR(PORT_COMMAND) & STATUS_OUTPUT_FULL) != 0; Try++) {
        (void)READ_PORT_UCHAR(PORT_DATA);
    }
}

static NTSTATUS KeyboardInitController(void)
{
    UCHAR Config;
    if (READ_PORT_UCHAR(PORT_COMMAND) == 0xFF) {
        return STATUS_NO_SUCH_DEVICE; /* nothing decodes the port */
    }
    KeyboardCommand(COMMAND_DISABLE_KEYBOARD);
    KeyboardCommand(COMMAND_DISABLE_AUX);
    KeyboardFlush();
    KeyboardCommand(COMMAND_READ_CONFIG);
    if (!KeyboardWait(STATUS_OUTPUT_FULL, STATUS_OUTPUT_FULL)) {
        return STATUS_NO_SUCH_DEVICE;
    }
    Config = READ_PORT_UCHAR(PORT_DATA);
    Config = (UCHAR)((Config | CONFIG_KEYBOARD_INTERRUPT | CONFIG_TRANSLATE) & ~(CONFIG_AUX_INTERRUPT | 0x10));
    KeyboardCommand(COMMAND_WRITE_CONFIG);
    KeyboardData(Config);
    KeyboardCommand(COMMAND_ENABLE_KEYBOARD);
    KeyboardData(KEYBOARD_ENABLE_SCANNING);
    (void)KeyboardWait(STATUS_OUTPUT_FULL, STATUS_OUTPUT_FULL);
    KeyboardFlush();
    return STATUS_SUCCESS;
}

/* Under the interrupt lock. */
static BOOLEAN NTAPI KeyboardService(PVOID Context)
{
    KEYBOARD_EXTENSION *Extension = Context;
    BOOLEAN Any = FALSE;
    UCHAR Status;
    while (((Status = READ_PORT_UCHAR(PORT_COMMAND)) & STATUS_OUTPUT_FULL) != 0) {
        UCHAR Code = READ_PORT_UCHAR(PORT_DATA);
        if ((Status & STATUS_AUX) == 0 && Code != 0xFA && Extension->Head - Extension->Tail < CODE_RING) {
            Extension->Codes[Extension->Head++ % CODE_RING] = Code;
        }
        Any = TRUE;
    }
    return Any;
}

static BOOLEAN NTAPI KeyboardInterrupt(PKINTERRUPT Interrupt, PVOID Context)
{
    KEYBOARD_EXTENSION *Extension = Context;
    (void)Interrupt;
    if (!KeyboardService(Extension)) {
        return FALSE;
    }
    KeInsertQueueDpc(&Extension->Dpc, NULL, NULL);
    return TRUE;
}

typedef struct _KEYBOARD_TAKE { KEYBOARD_EXTENSION *Extension; UCHAR Code; } KEYBOARD_TAKE;

static BOOLEAN NTAPI KeyboardTake(PVOID Context)
{
    KEYBOARD_TAKE *Take = Context;
    KEYBOARD_EXTENSION *Extension = Take->Extension;
    if (Extension->Head == Extension->Tail) {
        return FALSE;
    }
    Take->Code = Extension->Codes[Extension->Tail++ % CODE_RING];
    return TRUE;
}

/* ---- reads ----------------------------------------------------------------------------------------------
 * -------------------------- */

static VOID NTAPI KeyboardInsert(PIO_CSQ Csq, PIRP Irp)
{
    KEYBOARD_EXTENSION *Extension = CONTAINING_RECORD(Csq, KEYBOARD_EXTENSION, Queue);
    InsertTailList(&Extension->Reads, &Irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI KeyboardRemove(PIO_CSQ Csq, PIRP Irp)
{
    (void)Csq;
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

static PIRP NTAPI KeyboardPeek(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
    KEYBOARD_EXTENSION *Extension = CONTAINING_RECORD(Csq, KEYBOARD_EXTENSION, Queue);
    PLIST_ENTRY Entry = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : Extension->Reads.Flink;
    for (; Entry != &Extension->Reads; Entry = Entry->Flink) {
        PIRP Next = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
        if (PeekContext == NULL || IoGetCurrentIrpStackLocation(Next)->FileObject == PeekContext) {
            return Next;
        }
    }
    return NULL;
}

static VOID NTAPI KeyboardLock(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&CONTAINING_RECORD(Csq, KEYBOARD_EXTENSION, Queue)->QueueLock, Irql);
}

static VOID NTAPI KeyboardUnlock(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&CONTAINING_RECORD(Csq, KEYBOARD_EXTENSION, Queue)->QueueLock, Irql);
}

static NTSTATUS KeyboardComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, Status == STATUS_SUCCESS && Information != 0 ? IO_KEYBOARD_INCREMENT : IO_NO_INCREMENT);
    return Status;
}

static VOID NTAPI KeyboardCancelled(PIO_CSQ Csq, PIRP Irp)
{
    (void)Csq;
    KeyboardComplete(Irp, STATUS_CANCELLED, 0);
}

/* DrainLock held.  The next key, prefixes folded into its flags; FALSE: no whole one there. */
static BOOLEAN KeyboardNextKey(KEYBOARD_EXTENSION *Extension, KEYBOARD_INPUT_DATA *Key)
{
    KEYBOARD_TAKE Take = {Extension, 0};
    while (KeSynchronizeExecution(Extension->Interrupt, KeyboardTake, &Take)) {
        if (Take.Code == 0xE0 || Take.Code == 0xE1) {
            Extension->Prefix = Take.Code == 0xE0 ? KEY_E0 : KEY_E1;
            continue;
        }
        RtlZeroMemory(Key, sizeof(*Key));
        Key->MakeCode = Take.Code & 0x7F;
        Key->Flags = Extension->Prefix | ((Take.Code & 0x80) != 0 ? KEY_BREAK : KEY_MAKE);
        Extension->Prefix = 0;
        return TRUE;
    }
    return FALSE;
}

/* DrainLock held.  Only whole reads are taken from the queue: first a key, then somebody to have it. */
static PIRP KeyboardServeOne(KEYBOARD_EXTENSION *Extension, ULONG_PTR *Information)
{
    KEYBOARD_INPUT_DATA *Records;
    ULONG Room, Count = 0;
    PIRP Irp;
    if (Extension->Head == Extension->Tail) {
        return NULL;
    }
    Irp = IoCsqRemoveNextIrp(&Extension->Queue, NULL);
    if (Irp == NULL) {
        return NULL;
    }
    Records = Irp->AssociatedIrp.SystemBuffer;
    Room = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length / sizeof(*Records);
    while (Count < Room && KeyboardNextKey(Extension, &Records[Count])) {
        Count++;
    }
    if (Count == 0) { /* only a prefix so far */
        IoCsqInsertIrp(&Extension->Queue, Irp, NULL);
        return NULL;
    }
    *Information = Count * sizeof(*Records);
    return Irp;
}

static void KeyboardDrain(KEYBOARD_EXTENSION *Extension)
{
    for (;;) {
        ULONG_PTR Information = 0;
        PIRP Irp;
        KIRQL Irql;
        KeAcquireSpinLock(&Extension->DrainLock, &Irql);
        Irp = KeyboardServeOne(Extension, &Information);
        KeReleaseSpinLock(&Extension->DrainLock, Irql);
        if (Irp == NULL) {
            return;
        }
        KeyboardComplete(Irp, STATUS_SUCCESS, Information);
    }
}

static VOID NTAPI KeyboardDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    (void)Dpc, (void)Argument1, (void)Argument2;
    KeyboardDrain(Context);
}

static VOID NTAPI KeyboardWatch(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    KEYBOARD_EXTENSION *Extension = Context;
    (void)Dpc, (void)Argument1, (void)Argument2;
    if (KeSynchronizeExecution(Extension->Interrupt, KeyboardService, Extension)) {
        KeyboardDrain(Extension);
    }
}

static NTSTATUS NTAPI KeyboardDispatch(PDEVICE_OBJECT Device, PIRP Irp)
{
    KEYBOARD_EXTENSION *Extension = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PIRP Pending;
    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE:
        return KeyboardComplete(Irp, STATUS_SUCCESS, FILE_OPENED);
    case IRP_MJ_CLEANUP:
        while ((Pending = IoCsqRemoveNextIrp(&Extension->Queue, Stack->FileObject)) != NULL) {
            KeyboardComplete(Pending, STATUS_CANCELLED, 0);
        }
        return KeyboardComplete(Irp, STATUS_SUCCESS, 0);
    case IRP_MJ_CLOSE:
        return KeyboardComplete(Irp, STATUS_SUCCESS, 0);
    case IRP_MJ_READ:
        if (Stack->Parameters.Read.Length < sizeof(KEYBOARD_INPUT_DATA)) {
            return KeyboardComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        }
        IoCsqInsertIrp(&Extension->Queue, Irp, NULL);
        KeyboardDrain(Extension);
        return STATUS_PENDING;
    default:
        return KeyboardComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static NTSTATUS KeyboardConnect(KEYBOARD_EXTENSION *Extension)
{
    LARGE_INTEGER Due = {.QuadPart = -2500000};
    KAFFINITY Affinity;
    KIRQL Irql;
    ULONG Vector = HalGetInterruptVector(Isa, 0, KEYBOARD_IRQ, KEYBOARD_IRQ, &Irql, &Affinity);
    NTSTATUS Status = IoConnectInterrupt(&Extension->Interrupt, KeyboardInterrupt, Extension, NULL, Vector, Irql, Irql, Latched, FALSE, Affinity, FALSE);
    if (NT_SUCCESS(Status)) {
        KeSetTimerEx(&Extension->WatchTimer, Due, 250, &Extension->WatchDpc);
    }
    return Status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\KeyboardPort0");
    KEYBOARD_EXTENSION *Extension;
    PDEVICE_OBJECT Device;
    NTSTATUS Status = KeyboardInitController();
    (void)RegistryPath;
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = IoCreateDevice(DriverObject, sizeof(KEYBOARD_EXTENSION), &Name, FILE_DEVICE_8042_PORT, FILE_DEVICE_SECURE_OPEN, FALSE, &Device);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Device->Flags |= DO_BUFFERED_IO;
    Extension = Device->DeviceExtension;
    RtlZeroMemory(Extension, sizeof(*Extension));
    KeInitializeSpinLock(&Extension->QueueLock);
    KeInitializeSpinLock(&Extension->DrainLock);
    InitializeListHead(&Extension->Reads);
    KeInitializeDpc(&Extension->Dpc, KeyboardDpc, Extension);
    KeInitializeDpc(&Extension->WatchDpc, KeyboardWatch, Extension);
    KeInitializeTimer(&Extension->WatchTimer);
    (void)IoCsqInitialize(&Extension->Queue, KeyboardInsert, KeyboardRemove, KeyboardPeek, KeyboardLock, KeyboardUnlock, KeyboardCancelled);
    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++) {
        DriverObject->MajorFunction[Major] = KeyboardDispatch;
    }
    Status = KeyboardConnect(Extension);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
    }
    return Status;
}
