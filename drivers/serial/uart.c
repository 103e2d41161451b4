/* SPDX-License-Identifier: MIT */
/*
 * uart.c - the chip: a 16550 with FIFOs, interrupt driven both ways.
 *
 * Everything that touches the data and interrupt-enable registers or the rings runs under the interrupt
 * lock.  The transmit interrupt is enabled only while the transmit ring has something.  SerialService may
 * be called at any time: the watchdog does, so a lost edge costs 50 ms, not the console.
 */
#include "serial.h"

static void SerialReceive(SERIAL_EXTENSION *Extension)
{
    SERIAL_RING_BUFFER *Ring = &Extension->Receive;
    UCHAR Status;
    while (((Status = SerialIn(Extension, UART_LSR)) & LSR_READY) != 0) {
        UCHAR Data = SerialIn(Extension, UART_DATA);
        if ((Status & LSR_OVERRUN) != 0) {
            Extension->Errors |= SERIAL_ERROR_OVERRUN;
        }
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
    while (SerialUsed(Ring) != 0 && (SerialIn(Extension, UART_LSR) & LSR_TRANSMIT_EMPTY) != 0) {
        for (ULONG Count = 0; Count < UART_FIFO && SerialUsed(Ring) != 0; Count++) {
            SerialOut(Extension, UART_DATA, Ring->Data[Ring->Tail++ % SERIAL_RING]);
        }
    }
    Enable = IER_RECEIVE | (SerialUsed(Ring) != 0 ? IER_TRANSMIT : 0);
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
        (void)SerialIn(Extension, UART_MSR);
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
    Extension->InterruptEnable = 0;
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
