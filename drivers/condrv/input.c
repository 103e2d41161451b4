/* SPDX-License-Identifier: MIT */
/*
 * input.c - key records and the reads that wait for them.
 *
 * Keys go into one ring of records, whoever typed them.  Reads wait in one queue, first come first served,
 * of three kinds: records (ReadConsoleInput), characters (ReadConsole, ReadFile) and, with
 * ENABLE_LINE_INPUT, whole lines, for which the records go through the line editor.  A line longer than the
 * read that asked for it leaves the rest for the next (InputText).  ConServe is called whenever there may
 * be more to do: after keys, after a new read.
 *
 * With ENABLE_PROCESSED_INPUT, Ctrl+C never becomes a record: it ends the line being edited and the read
 * waiting for it (STATUS_ALERTED), drops what was typed ahead, and goes to the processes.
 */
#include "con.h"

static CONDRV_INPUT_RECORD InputRing[CON_RECORDS];
static ULONG InputHead, InputTail;           /* free-running */
static WCHAR InputText[CON_LINE + 4];        /* characters ready for reads */
static ULONG InputTextLength, InputTextAt;
static KSPIN_LOCK InputQueueLock;
static LIST_ENTRY InputReads;                /* InputQueueLock */
static IO_CSQ InputQueue;

/* ---- the queue of reads ---------------------------------------------------------------------------------
 * --------------------------------- */

static VOID NTAPI InputInsert(PIO_CSQ Csq, PIRP Irp)
{
    (void)Csq;
    InsertTailList(&InputReads, &Irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI InputRemove(PIO_CSQ Csq, PIRP Irp)
{
    (void)Csq;
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

static PIRP NTAPI InputPeek(PIO_CSQ Csq, PIRP Irp, PVOID File)
{
    PLIST_ENTRY Entry = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : InputReads.Flink;
    (void)Csq;
    for (; Entry != &InputReads; Entry = Entry->Flink) {
        PIRP Next = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
        if (File == NULL || IoGetCurrentIrpStackLocation(Next)->FileObject == File) {
            return Next;
        }
    }
    return NULL;
}

static VOID NTAPI InputLock(PIO_CSQ Csq, PKIRQL Irql)
{
    (void)Csq;
    KeAcquireSpinLock(&InputQueueLock, Irql);
}

static VOID NTAPI InputUnlock(PIO_CSQ Csq, KIRQL Irql)
{
    (void)Csq;
    KeReleaseSpinLock(&InputQueueLock, Irql);
}

static VOID NTAPI InputCancelled(PIO_CSQ Csq, PIRP Irp)
{
    (void)Csq;
    ConComplete(Irp, STATUS_CANCELLED, 0);
}

void ConInputInit(void)
{
    KeInitializeSpinLock(&InputQueueLock);
    InitializeListHead(&InputReads);
    (void)IoCsqInitialize(&InputQueue, InputInsert, InputRemove, InputPeek, InputLock, InputUnlock, InputCancelled);
}

/* What the first waiting read is; copied out under the queue lock, since it may be cancelled at any time. */
typedef struct _INPUT_WANTED
{
    BOOLEAN Records;
    ULONG WakeupMask, InitialLength;
    HANDLE ProcessId;
} INPUT_WANTED;

static WCHAR InputInitial[CON_LINE];

static void InputReadParameters(PIRP Irp, PIO_STACK_LOCATION Stack, INPUT_WANTED *Wanted)
{
    const CONDRV_READ_CONSOLE *Read = Irp->AssociatedIrp.SystemBuffer;
    ULONG Length = Stack->Parameters.DeviceIoControl.InputBufferLength;
    if (Length >= sizeof(*Read)) {
        Wanted->WakeupMask = Read->ControlWakeupMask;
        Wanted->InitialLength = min(min(Read->InitialChars, (Length - (ULONG)sizeof(*Read)) / sizeof(WCHAR)), CON_LINE - 1);
        RtlCopyMemory(InputInitial, Read + 1, Wanted->InitialLength * sizeof(WCHAR));
    }
}

static BOOLEAN InputFirst(INPUT_WANTED *Wanted)
{
    BOOLEAN Any;
    KIRQL Irql;
    RtlZeroMemory(Wanted, sizeof(*Wanted));
    KeAcquireSpinLock(&InputQueueLock, &Irql);
    Any = !IsListEmpty(&InputReads);
    if (Any) {
        PIRP Irp = CONTAINING_RECORD(InputReads.Flink, IRP, Tail.Overlay.ListEntry);
        PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
        Wanted->ProcessId = (HANDLE)(ULONG_PTR)IoGetRequestorProcessId(Irp);
        if (Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
            Wanted->Records = Stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_CONDRV_READ_INPUT;
            if (!Wanted->Records) {
                InputReadParameters(Irp, Stack, Wanted);
            }
        }
    }
    KeReleaseSpinLock(&InputQueueLock, Irql);
    return Any;
}

/* ---- records --------------------------------------------------------------------------------------------
 * ----------------------------------- */

void ConPushRecord(const CONDRV_INPUT_RECORD *Record)
{
    if (InputHead - InputTail < CON_RECORDS) {
        InputRing[InputHead++ % CON_RECORDS] = *Record;
    }
}

void ConSizeChanged(SHORT Columns, SHORT Rows)
{
    CONDRV_INPUT_RECORD Record = {.EventType = WINDOW_BUFFER_SIZE_EVENT_TYPE, .Event.Size = {Columns, Rows}};
    if ((Con.InputMode & ENABLE_WINDOW_INPUT) != 0) {
        ConPushRecord(&Record);
        ConServe();
    }
}

BOOLEAN ConNextRecord(CONDRV_INPUT_RECORD *Record)
{
    if (InputHead == InputTail) {
        return FALSE;
    }
    *Record = InputRing[InputTail++ % CON_RECORDS];
    return TRUE;
}

static void InputControlC(ULONG Event)
{
    INPUT_WANTED Wanted;
    PIRP Irp;
    InputTail = InputHead;
    InputTextLength = InputTextAt = 0;
    if (ConEditActive()) {
        ConEditAbandon();
        ConWriteText(L"^C", 2);
    }
    if (InputFirst(&Wanted) && !Wanted.Records && (Irp = IoCsqRemoveNextIrp(&InputQueue, NULL)) != NULL) {
        ConComplete(Irp, STATUS_ALERTED, 0);
    }
    ConOutputDone();
    (void)ConControlEvent(Wanted.ProcessId, Event, 0); /* who reads has, so to speak, the focus */
}

void ConKey(USHORT VirtualKey, USHORT ScanCode, WCHAR Character, ULONG State, BOOLEAN Down)
{
    CONDRV_INPUT_RECORD Record = {.EventType = KEY_EVENT_TYPE};
    if ((Con.InputMode & ENABLE_PROCESSED_INPUT) != 0 && Down && (State & CON_CTRL) != 0 && (State & CON_ALT) == 0) {
        if (VirtualKey == 'C') {
            InputControlC(0); /* CTRL_C_EVENT */
            return;
        }
        if (VirtualKey == VK_PAUSE || VirtualKey == 3) {
            InputControlC(1); /* CTRL_BREAK_EVENT */
            return;
        }
    }
    Record.Event.Key.KeyDown = Down;
    Record.Event.Key.RepeatCount = 1;
    Record.Event.Key.VirtualKeyCode = VirtualKey;
    Record.Event.Key.VirtualScanCode = ScanCode;
    Record.Event.Key.UnicodeChar = Character;
    Record.Event.Key.ControlKeyState = State;
    ConPushRecord(&Record);
}

/* ---- satisfying reads -----------------------------------------------------------------------------------
 * ----------------------------------- */

static void InputGiveRecords(PIRP Irp)
{
    CONDRV_INPUT_RECORD *Out = Irp->AssociatedIrp.SystemBuffer;
    ULONG Room = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.OutputBufferLength / sizeof(*Out), Count = 0;
    while (Count < Room && ConNextRecord(&Out[Count])) {
        Count++;
    }
    ConComplete(Irp, STATUS_SUCCESS, Count * sizeof(*Out));
}

static void InputGiveText(PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Left = InputTextLength - InputTextAt, Used, Bytes;
    if (Stack->MajorFunction == IRP_MJ_READ && InputText[InputTextAt] == 26) {
        InputTextLength = InputTextAt = 0; /* Ctrl+Z begins the line: end of file */
        ConComplete(Irp, STATUS_SUCCESS, 0);
        return;
    }
    if (Stack->MajorFunction == IRP_MJ_READ) {
        Bytes = ConEncode(Con.InputCodePage, InputText + InputTextAt, Left, Irp->AssociatedIrp.SystemBuffer, Stack->Parameters.Read.Length, &Used);
        if (Used == 0 && Stack->Parameters.Read.Length != 0) {
            Used = 1; /* a character that does not fit into the whole buffer can never be read */
        }
    } else {
        Used = min(Left, Stack->Parameters.DeviceIoControl.OutputBufferLength / (ULONG)sizeof(WCHAR));
        Bytes = Used * sizeof(WCHAR);
        RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, InputText + InputTextAt, Bytes);
    }
    InputTextAt += Used;
    if (InputTextAt == InputTextLength) {
        InputTextLength = InputTextAt = 0;
    }
    ConComplete(Irp, STATUS_SUCCESS, Bytes);
}

/* VT sequences for keys without a character, when the program asked for them. */
static void InputSequence(USHORT Key)
{
    static const struct { UCHAR Key; char Text[5]; } Map[] = {
        {VK_UP, "\x1b[A"},   {VK_DOWN, "\x1b[B"},   {VK_RIGHT, "\x1b[C"},  {VK_LEFT, "\x1b[D"},   {VK_HOME, "\x1b[H"},
        {VK_END, "\x1b[F"},  {VK_INSERT, "\x1b[2~"}, {VK_DELETE, "\x1b[3~"}, {VK_PRIOR, "\x1b[5~"}, {VK_NEXT, "\x1b[6~"},
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Map); Index++) {
        if (Map[Index].Key == Key) {
            for (const char *C = Map[Index].Text; *C != 0 && InputTextLength < CON_LINE; C++) {
                InputText[InputTextLength++] = (UCHAR)*C;
            }
        }
    }
}

/* Raw characters. */
static void InputMakeText(void)
{
    CONDRV_INPUT_RECORD Record;
    while (InputTextLength < CON_LINE && ConNextRecord(&Record)) {
        if (Record.EventType != KEY_EVENT_TYPE || !Record.Event.Key.KeyDown) {
            continue;
        }
        if (Record.Event.Key.UnicodeChar != 0) {
            WCHAR C = Record.Event.Key.UnicodeChar;
            InputText[InputTextLength++] = C == 8 && (Con.InputMode & ENABLE_VIRTUAL_TERMINAL_INPUT) != 0 ? 127 : C;
        } else if ((Con.InputMode & ENABLE_VIRTUAL_TERMINAL_INPUT) != 0) {
            InputSequence(Record.Event.Key.VirtualKeyCode);
        }
    }
}

static void InputMakeLine(const INPUT_WANTED *Wanted)
{
    CONDRV_INPUT_RECORD Record;
    if (!ConEditActive()) {
        ConEditBegin(InputInitial, Wanted->InitialLength, Wanted->WakeupMask);
    }
    while (ConNextRecord(&Record)) {
        if (ConEditKey(&Record)) {
            const WCHAR *Line = ConEditResult(&InputTextLength);
            RtlCopyMemory(InputText, Line, InputTextLength * sizeof(WCHAR));
            InputTextAt = 0;
            return;
        }
    }
}

void ConServe(void)
{
    INPUT_WANTED Wanted;
    while (InputFirst(&Wanted)) {
        PIRP Irp;
        if (!Wanted.Records && InputTextLength == 0) {
            if ((Con.InputMode & ENABLE_LINE_INPUT) != 0) {
                InputMakeLine(&Wanted);
            } else {
                InputMakeText();
            }
        }
        if (Wanted.Records ? InputHead == InputTail : InputTextLength == 0) {
            break;
        }
        Irp = IoCsqRemoveNextIrp(&InputQueue, NULL);
        if (Irp == NULL) {
            continue;
        }
        if (IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_DEVICE_CONTROL &&
            IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode == IOCTL_CONDRV_READ_INPUT) {
            InputGiveRecords(Irp);
        } else {
            InputGiveText(Irp);
        }
    }
    ConOutputDone(); /* the echo */
}

NTSTATUS ConQueueRead(PIRP Irp)
{
    IoCsqInsertIrp(&InputQueue, Irp, NULL);
    ConLockAcquire();
    ConServe();
    ConLockRelease();
    return STATUS_PENDING;
}

void ConCancelReads(PFILE_OBJECT File)
{
    PIRP Irp;
    while ((Irp = IoCsqRemoveNextIrp(&InputQueue, File)) != NULL) {
        ConComplete(Irp, STATUS_CANCELLED, 0);
    }
}

/* ConLock held.  The requests that never wait. */
NTSTATUS ConInputControl(PIRP Irp, ULONG Code, PVOID Buffer, ULONG InLength, ULONG OutLength)
{
    CONDRV_INPUT_RECORD *Records = Buffer;
    ULONG Count;
    switch (Code) {
    case IOCTL_CONDRV_GET_INPUT_COUNT:
        if (OutLength < sizeof(ULONG)) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        *(ULONG *)Buffer = InputHead - InputTail;
        Irp->IoStatus.Information = sizeof(ULONG);
        return STATUS_SUCCESS;
    case IOCTL_CONDRV_PEEK_INPUT:
        Count = (ULONG)min(OutLength / sizeof(*Records), (SIZE_T)(InputHead - InputTail));
        for (ULONG Index = 0; Index < Count; Index++) {
            Records[Index] = InputRing[(InputTail + Index) % CON_RECORDS];
        }
        Irp->IoStatus.Information = Count * sizeof(*Records);
        return STATUS_SUCCESS;
    case IOCTL_CONDRV_READ_INPUT: /* without waiting */
        for (Count = 0; Count < OutLength / sizeof(*Records) && ConNextRecord(&Records[Count]); Count++) {
        }
        Irp->IoStatus.Information = Count * sizeof(*Records);
        return STATUS_SUCCESS;
    case IOCTL_CONDRV_WRITE_INPUT:
        for (Count = 0; Count < InLength / sizeof(*Records); Count++) {
            ConPushRecord(&Records[Count]);
        }
        Irp->IoStatus.Information = OutLength != 0 ? 0 : Count * sizeof(*Records);
        ConServe();
        return STATUS_SUCCESS;
    case IOCTL_CONDRV_FLUSH_INPUT:
        InputTail = InputHead;
        InputTextLength = InputTextAt = 0;
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}
