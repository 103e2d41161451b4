/* SPDX-License-Identifier: MIT */
/*
 * serial.h - what the files of serial.sys share: registers of a 16550, the device extension.
 */
#ifndef NASCENT_SERIAL_H
#define NASCENT_SERIAL_H

#include <ntddk.h>
#include <ntddser.h>

/* Offsets from the base port. */
#define UART_DATA 0         /* receive, transmit; divisor low while LCR.DLAB */
#define UART_IER 1          /* interrupt enable; divisor high while LCR.DLAB */
#define UART_IIR 2          /* read: why it interrupts; write: FIFO control */
#define UART_FCR 2
#define UART_LCR 3
#define UART_MCR 4
#define UART_LSR 5
#define UART_MSR 6
#define UART_SCRATCH 7

#define IER_RECEIVE 0x01
#define IER_TRANSMIT 0x02
#define LCR_BREAK 0x40
#define LCR_DLAB 0x80
#define MCR_DTR 0x01
#define MCR_RTS 0x02
#define MCR_OUT2 0x08       /* lets the interrupt out on a PC */
#define LSR_READY 0x01
#define LSR_OVERRUN 0x02
#define LSR_PARITY 0x04
#define LSR_FRAMING 0x08
#define LSR_BREAK 0x10
#define LSR_TRANSMIT_EMPTY 0x20
#define MSR_DELTA_CTS 0x01
#define MSR_DELTA_DSR 0x02
#define MSR_DELTA_RING 0x04
#define MSR_DELTA_DCD 0x08
#define UART_FIFO 16

#define SERIAL_RING 8192    /* a power of two */

/* One producer and one consumer at a time; guarded by the interrupt lock. */
typedef struct _SERIAL_RING_BUFFER
{
    ULONG Head, Tail;       /* free-running: put at Head, take at Tail */
    UCHAR Data[SERIAL_RING];
} SERIAL_RING_BUFFER;

typedef struct _SERIAL_EXTENSION
{
    PDEVICE_OBJECT Device;
    PUCHAR Port;
    PKINTERRUPT Interrupt;
    KDPC Dpc;
    KTIMER WatchTimer;      /* every 50 ms: time-outs, and whatever a lost interrupt left behind */
    KDPC WatchDpc;
    UCHAR InterruptEnable;  /* interrupt lock: the value of IER */
    ULONG Errors;           /* interrupt lock: SERIAL_ERROR_* since the last question */
    ULONG Events;           /* interrupt lock: SERIAL_EV_* of WaitMask that nobody was told yet */
    ULONG WaitMask;         /* interrupt lock */
    BOOLEAN Immediate;      /* interrupt lock: ImmediateCharacter goes out before the ring */
    UCHAR ImmediateCharacter;
    SERIAL_RING_BUFFER Receive, Transmit; /* interrupt lock */
    KSPIN_LOCK QueueLock;   /* guards the three queues */
    IO_CSQ ReadQueue, WriteQueue, WaitQueue;
    LIST_ENTRY Reads, Writes, Waits;
    KSPIN_LOCK DrainLock;   /* one at a time moves data between queues and rings */
    SERIAL_TIMEOUTS Timeouts;
    ULONG BaudRate;
    SERIAL_LINE_CONTROL LineControl;
    SERIAL_HANDFLOW HandFlow;
    SERIAL_CHARS Chars;
    LARGE_INTEGER LastReceive;
} SERIAL_EXTENSION;

static inline ULONG SerialUsed(const SERIAL_RING_BUFFER *Ring) { return Ring->Head - Ring->Tail; }
static inline UCHAR SerialIn(SERIAL_EXTENSION *Extension, ULONG Register) { return READ_PORT_UCHAR(Extension->Port + Register); }
static inline void SerialOut(SERIAL_EXTENSION *Extension, ULONG Register, UCHAR Value) { WRITE_PORT_UCHAR(Extension->Port + Register, Value); }

/* uart.c */
NTSTATUS SerialInitUart(SERIAL_EXTENSION *Extension);
void SerialSetLine(SERIAL_EXTENSION *Extension);
BOOLEAN NTAPI SerialInterrupt(PKINTERRUPT Interrupt, PVOID Context);
/* Under the interrupt lock (KeSynchronizeExecution): moves what can be moved between chip and rings. */
BOOLEAN NTAPI SerialService(PVOID Context);
ULONG SerialTake(SERIAL_EXTENSION *Extension, PUCHAR Buffer, ULONG Length);  /* from the receive ring */
ULONG SerialGive(SERIAL_EXTENSION *Extension, const UCHAR *Buffer, ULONG Length); /* to the transmit ring, and starts it */
void SerialPurge(SERIAL_EXTENSION *Extension, ULONG Mask);
UCHAR SerialModemStatus(SERIAL_EXTENSION *Extension);            /* the register; changes in it become events */
void SerialBreak(SERIAL_EXTENSION *Extension, BOOLEAN On);
BOOLEAN SerialSendImmediately(SERIAL_EXTENSION *Extension, UCHAR Character); /* FALSE: the one before has not gone out */
void SerialSetWaitMask(SERIAL_EXTENSION *Extension, ULONG Mask);
ULONG SerialTakeEvents(SERIAL_EXTENSION *Extension);
void SerialCounts(SERIAL_EXTENSION *Extension, PULONG Received, PULONG Waiting, PULONG Errors);

/* queue.c */
void SerialInitQueues(SERIAL_EXTENSION *Extension);
NTSTATUS NTAPI SerialReadWrite(PDEVICE_OBJECT Device, PIRP Irp);
void SerialDrain(SERIAL_EXTENSION *Extension); /* <= DISPATCH_LEVEL: completes what can be completed */
NTSTATUS SerialWaitOnMask(SERIAL_EXTENSION *Extension, PIRP Irp); /* STATUS_PENDING, or why not */
void SerialEndWait(SERIAL_EXTENSION *Extension, BOOLEAN Anyway);  /* completes the wait there is, if there are events; anyway: without */
void SerialCancelAll(SERIAL_EXTENSION *Extension, PFILE_OBJECT File, BOOLEAN Reads, BOOLEAN Writes, BOOLEAN Waits);

/* control.c */
NTSTATUS NTAPI SerialControl(PDEVICE_OBJECT Device, PIRP Irp);
#endif
