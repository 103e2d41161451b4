/* SPDX-License-Identifier: MIT */
/*
 * uart.c - the chip: a 16550 with FIFOs, interrupt driven both ways.
 *
 * Everything that touches the data and interrupt-enable registers or the rings runs under the interrupt
 * lock.  The transmit interrupt is enabled only while the transmit ring has something.  SerialService may
 * be called at any time: the watchdog does, so a lost edge costs 50 ms, not the console.
 */
#include "serial.h"

static void SerialEvent(SERIAL_EXTENSION *Extension, ULONG Event)
{
    Extension->Events |= Event & Extension->WaitMask;
}

/* The chip forgets the errors that it has told. */
static UCHAR SerialLineStatus(SERIAL_EXTENSION *Extension)
{
    UCHAR Status = SerialIn(Extension, UART_LSR);
    ULONG Errors = ((Status & LSR_OVERRUN) != 0 ? SERIAL_ERROR_OVERRUN : 0) | ((Status & LSR_PARITY) != 0 ? SERIAL_ERROR_PARITY : 0) |
                   ((Status & LSR_FRAMING) != 0 ? SERIAL_ERROR_FRAMING : 0) | ((Status & LSR_BREAK) != 0 ? SERIAL_ERROR_BREAK : 0);
    Extension->Errors |= Errors;
    SerialEvent(Extension, ((Errors & ~SERIAL_ERROR_BREAK) != 0 ? SERIAL_EV_ERR : 0) | ((Errors & SERIAL_ERROR_BREAK) != 0 ? SERIAL_EV_BREAK : 0));
    return Status;
}

static UCHAR SerialReadModem(SERIAL_EXTENSION *Extension)
{
    UCHAR Modem = SerialIn(Extension, UART_MSR);
    SerialEvent(Extension, ((Modem & MSR_DELTA_CTS) != 0 ? SERIAL_EV_CTS : 0) | ((Modem & MSR_DELTA_DSR) != 0 ? SERIAL_EV_DSR : 0) |
                               ((Modem & MSR_DELTA_RING) != 0 ? SERIAL_EV_RING : 0) | ((Modem & MSR_DELTA_DCD) != 0 ? SERIAL_EV_RLSD : 0));
    return Modem;
}

static void SerialReceive(SERIAL_EXTENSION *Extension)
{
    SERIAL_RING_BUFFER *Ring = &Extension->Receive;
    while ((SerialLineStatus(Extension) & LSR_READY) != 0) {
        UCHAR Data = SerialIn(Extension, UART_DATA);
        SerialEvent(Extension, SERIAL_EV_RXCHAR | (Data == Extension->Chars.EventChar ? SERIAL_EV_RXFLAG : 0));
        if (SerialUsed(Ring) == SERIAL_RING) {
            Extension->Errors |= SERIAL_ERROR_QUEUEOVERRUN;
            continue;
        }
        Ring->Data[Ring->Head++ % SERIAL_RING] = Data;
    }
}

static void SerialTransmit(SERIAL_EXTENSION *Extension)
{
    SERIAL_RING_BUFFER *Ring = &Extension->Transmit;
    UCHAR Enable;
    if (Extension->Immediate && (SerialLineStatus(Extension) & LSR_TRANSMIT_EMPTY) != 0) {
        SerialOut(Extension, UART_DATA, Extension->ImmediateCharacter);
        Extension->Immediate = FALSE;
    }
    while (SerialUsed(Ring) != 0 && (SerialLineStatus(Extension) & LSR_TRANSMIT_EMPTY) != 0) {
        for (ULONG Count = 0; Count < UART_FIFO && SerialUsed(Ring) != 0; Count++) {
            SerialOut(Extension, UART_DATA, Ring->Data[Ring->Tail++ % SERIAL_RING]);
        }
        SerialEvent(Extension, SerialUsed(Ring) == 0 ? SERIAL_EV_TXEMPTY : 0);
    }
    Enable = IER_RECEIVE | (SerialUsed(Ring) != 0 || Extension->Immediate ? IER_TRANSMIT : 0);
    if (Enable != Extension->InterruptEnable) {
        Extension->InterruptEnable = Enable;
        SerialOut(Extension, UART_IER, Enable);
    }
}

BOOLEAN NTAPI SerialService(PVOID Context)
{
    SerialReceive(Context);
    SerialTransmit(Context);
    return TRUE;
}

BOOLEAN NTAPI SerialInterrupt(PKINTERRUPT Interrupt, PVOID Context)
{
    SERIAL_EXTENSION *Extension = Context;
    BOOLEAN Ours = FALSE;
    (void)Interrupt;
    /* Edge-triggered: leave only when the chip has nothing more to say. */
    for (ULONG Round = 0; Round < 64 && (SerialIn(Extension, UART_IIR) & 1) == 0; Round++) {
        Ours = TRUE;
        SerialService(Extension);
        (void)SerialReadModem(Extension);
    }
    if (Ours) {
        KeInsertQueueDpc(&Extension->Dpc, NULL, NULL);
    }
    return Ours;
}

void SerialSetLine(SERIAL_EXTENSION *Extension)
{
    USHORT Divisor = (USHORT)(115200 / Extension->BaudRate);
    UCHAR Line = (UCHAR)((Extension->LineControl.WordLength - 5) & 3);
    Line |= Extension->LineControl.StopBits != STOP_BIT_1 ? 4 : 0;
    switch (Extension->LineControl.Parity) {
    case ODD_PARITY: Line |= 0x08; break;
    case EVEN_PARITY: Line |= 0x18; break;
    case MARK_PARITY: Line |= 0x28; break;
    case SPACE_PARITY: Line |= 0x38; break;
    default: break;
    }
    Line |= SerialIn(Extension, UART_LCR) & LCR_BREAK;
    SerialOut(Extension, UART_LCR, Line | LCR_DLAB);
    SerialOut(Extension, UART_DATA, (UCHAR)Divisor);
    SerialOut(Extension, UART_IER, (UCHAR)(Divisor >> 8));
    SerialOut(Extension, UART_LCR, Line);
    SerialOut(Extension, UART_IER, Extension->InterruptEnable);
}

NTSTATUS SerialInitUart(SERIAL_EXTENSION *Extension)
{
    SerialOut(Extension, UART_SCRATCH, 0x5A);
    if (SerialIn(Extension, UART_SCRATCH) != 0x5A) {
        return STATUS_NO_SUCH_DEVICE;
    }
    Extension->BaudRate = 115200;
    Extension->LineControl = (SERIAL_LINE_CONTROL){.StopBits = STOP_BIT_1, .Parity = NO_PARITY, .WordLength = 8};
    Extension->HandFlow = (SERIAL_HANDFLOW){SERIAL_DTR_CONTROL, SERIAL_RTS_CONTROL, SERIAL_RING / 4, SERIAL_RING / 16};
    Extension->Chars = (SERIAL_CHARS){.XonChar = 0x11, .XoffChar = 0x13};
    Extension->InterruptEnable = 0;
    SerialOut(Extension, UART_LCR, 0);
    SerialSetLine(Extension);
    SerialOut(Extension, UART_FCR, 0x87); /* FIFOs on and cleared, interrupt at 8 bytes (and 4 character times after the last) */
    SerialOut(Extension, UART_MCR, MCR_DTR | MCR_RTS | MCR_OUT2);
    return STATUS_SUCCESS;
}

typedef struct _SERIAL_MOVE
{
    SERIAL_EXTENSION *Extension;
    PUCHAR To;
    const UCHAR *From;
    ULONG Length, Done;
} SERIAL_MOVE;

static BOOLEAN NTAPI SerialTakeLocked(PVOID Context)
{
    SERIAL_MOVE *Move = Context;
    SERIAL_RING_BUFFER *Ring = &Move->Extension->Receive;
    while (Move->Done < Move->Length && SerialUsed(Ring) != 0) {
        Move->To[Move->Done++] = Ring->Data[Ring->Tail++ % SERIAL_RING];
    }
    return TRUE;
}

static BOOLEAN NTAPI SerialGiveLocked(PVOID Context)
{
    SERIAL_MOVE *Move = Context;
    SERIAL_RING_BUFFER *Ring = &Move->Extension->Transmit;
    while (Move->Done < Move->Length && SerialUsed(Ring) != SERIAL_RING) {
        Ring->Data[Ring->Head++ % SERIAL_RING] = Move->From[Move->Done++];
    }
    SerialTransmit(Move->Extension);
    return TRUE;
}

ULONG SerialTake(SERIAL_EXTENSION *Extension, PUCHAR Buffer, ULONG Length)
{
    SERIAL_MOVE Move = {.Extension = Extension, .To = Buffer, .Length = Length};
    KeSynchronizeExecution(Extension->Interrupt, SerialTakeLocked, &Move);
    return Move.Done;
}

ULONG SerialGive(SERIAL_EXTENSION *Extension, const UCHAR *Buffer, ULONG Length)
{
    SERIAL_MOVE Move = {.Extension = Extension, .From = Buffer, .Length = Length};
    KeSynchronizeExecution(Extension->Interrupt, SerialGiveLocked, &Move);
    return Move.Done;
}

static BOOLEAN NTAPI SerialPurgeLocked(PVOID Context)
{
    SERIAL_MOVE *Move = Context;
    if ((Move->Length & SERIAL_PURGE_RXCLEAR) != 0) {
        Move->Extension->Receive.Tail = Move->Extension->Receive.Head;
    }
    if ((Move->Length & SERIAL_PURGE_TXCLEAR) != 0) {
        Move->Extension->Transmit.Tail = Move->Extension->Transmit.Head;
    }
    return TRUE;
}

void SerialPurge(SERIAL_EXTENSION *Extension, ULONG Mask)
{
    SERIAL_MOVE Move = {.Extension = Extension, .Length = Mask};
    KeSynchronizeExecution(Extension->Interrupt, SerialPurgeLocked, &Move);
}

static BOOLEAN NTAPI SerialCountLocked(PVOID Context)
{
    SERIAL_MOVE *Move = Context;
    Move->Done = SerialUsed(&Move->Extension->Receive) | SerialUsed(&Move->Extension->Transmit) << 16;
    Move->Length = Move->Extension->Errors;
    Move->Extension->Errors = 0;
    return TRUE;
}

void SerialCounts(SERIAL_EXTENSION *Extension, PULONG Received, PULONG Waiting, PULONG Errors)
{
    SERIAL_MOVE Move = {.Extension = Extension};
    KeSynchronizeExecution(Extension->Interrupt, SerialCountLocked, &Move);
    *Received = Move.Done & 0xFFFF;
    *Waiting = Move.Done >> 16;
    *Errors = Move.Length;
}

static BOOLEAN NTAPI SerialModemLocked(PVOID Context)
{
    SERIAL_MOVE *Move = Context;
    Move->Done = SerialReadModem(Move->Extension);
    return TRUE;
}

UCHAR SerialModemStatus(SERIAL_EXTENSION *Extension)
{
    SERIAL_MOVE Move = {.Extension = Extension};
    KeSynchronizeExecution(Extension->Interrupt, SerialModemLocked, &Move);
    return (UCHAR)Move.Done;
}

static BOOLEAN NTAPI SerialBreakLocked(PVOID Context)
{
    SERIAL_MOVE *Move = Context;
    UCHAR Line = SerialIn(Move->Extension, UART_LCR);
    SerialOut(Move->Extension, UART_LCR, (UCHAR)(Move->Length != 0 ? Line | LCR_BREAK : Line & ~LCR_BREAK));
    return TRUE;
}

void SerialBreak(SERIAL_EXTENSION *Extension, BOOLEAN On)
{
    SERIAL_MOVE Move = {.Extension = Extension, .Length = On};
    KeSynchronizeExecution(Extension->Interrupt, SerialBreakLocked, &Move);
}

static BOOLEAN NTAPI SerialImmediateLocked(PVOID Context)
{
    SERIAL_MOVE *Move = Context;
    if (Move->Extension->Immediate) {
        return TRUE;
    }
    Move->Extension->Immediate = TRUE;
    Move->Extension->ImmediateCharacter = (UCHAR)Move->Length;
    Move->Done = 1;
    SerialTransmit(Move->Extension);
    return TRUE;
}

BOOLEAN SerialSendImmediately(SERIAL_EXTENSION *Extension, UCHAR Character)
{
    SERIAL_MOVE Move = {.Extension = Extension, .Length = Character};
    KeSynchronizeExecution(Extension->Interrupt, SerialImmediateLocked, &Move);
    return Move.Done != 0;
}

static BOOLEAN NTAPI SerialMaskLocked(PVOID Context)
{
    SERIAL_MOVE *Move = Context;
    Move->Extension->WaitMask = Move->Length;
    Move->Extension->Events &= Move->Length;
    return TRUE;
}

void SerialSetWaitMask(SERIAL_EXTENSION *Extension, ULONG Mask)
{
    SERIAL_MOVE Move = {.Extension = Extension, .Length = Mask};
    KeSynchronizeExecution(Extension->Interrupt, SerialMaskLocked, &Move);
}

static BOOLEAN NTAPI SerialEventsLocked(PVOID Context)
{
    SERIAL_MOVE *Move = Context;
    Move->Done = Move->Extension->Events;
    Move->Extension->Events = 0;
    return TRUE;
}

ULONG SerialTakeEvents(SERIAL_EXTENSION *Extension)
{
    SERIAL_MOVE Move = {.Extension = Extension};
    KeSynchronizeExecution(Extension->Interrupt, SerialEventsLocked, &Move);
    return Move.Done;
}
