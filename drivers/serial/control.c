/* SPDX-License-Identifier: MIT */
/*
 * control.c - IOCTL_SERIAL_*: line settings, time-outs, state.
 */
#include "serial.h"

/* The system buffer if it is long enough in the direction asked, else NULL. */
static PVOID SerialInput(PIRP Irp, ULONG Size)
{
    return IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.InputBufferLength >= Size ? Irp->AssociatedIrp.SystemBuffer : NULL;
}

static PVOID SerialOutput(PIRP Irp, ULONG Size)
{
    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.OutputBufferLength < Size) {
        return NULL;
    }
    Irp->IoStatus.Information = Size;
    return Irp->AssociatedIrp.SystemBuffer;
}

static NTSTATUS SerialSetBaud(SERIAL_EXTENSION *Extension, const SERIAL_BAUD_RATE *Baud)
{
    if (Baud == NULL) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (Baud->BaudRate == 0 || Baud->BaudRate > 115200 || 115200 % Baud->BaudRate != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Extension->BaudRate = Baud->BaudRate;
    SerialSetLine(Extension);
    return STATUS_SUCCESS;
}

static NTSTATUS SerialSetLineControl(SERIAL_EXTENSION *Extension, const SERIAL_LINE_CONTROL *Line)
{
    if (Line == NULL) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (Line->WordLength < 5 || Line->WordLength > 8 || Line->StopBits > STOP_BITS_2 || Line->Parity > SPACE_PARITY) {
        return STATUS_INVALID_PARAMETER;
    }
    Extension->LineControl = *Line;
    SerialSetLine(Extension);
    return STATUS_SUCCESS;
}

static NTSTATUS SerialGetStatus(SERIAL_EXTENSION *Extension, SERIAL_STATUS *Status)
{
    if (Status == NULL) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    RtlZeroMemory(Status, sizeof(*Status));
    SerialCounts(Extension, &Status->AmountInInQueue, &Status->AmountInOutQueue, &Status->Errors);
    return STATUS_SUCCESS;
}

static NTSTATUS SerialDoPurge(SERIAL_EXTENSION *Extension, const ULONG *Mask)
{
    if (Mask == NULL) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (*Mask == 0 || (*Mask & ~(ULONG)(SERIAL_PURGE_TXABORT | SERIAL_PURGE_RXABORT | SERIAL_PURGE_TXCLEAR | SERIAL_PURGE_RXCLEAR)) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    SerialCancelAll(Extension, NULL, (*Mask & SERIAL_PURGE_RXABORT) != 0, (*Mask & SERIAL_PURGE_TXABORT) != 0, FALSE);
    SerialPurge(Extension, *Mask);
    return STATUS_SUCCESS;
}

static NTSTATUS SerialModem(SERIAL_EXTENSION *Extension, UCHAR Set, UCHAR Clear)
{
    SerialOut(Extension, UART_MCR, (UCHAR)((SerialIn(Extension, UART_MCR) | Set) & ~Clear));
    return STATUS_SUCCESS;
}

/* What the lines would do by themselves; they are only told up and down. */
#define HANDSHAKES (SERIAL_DTR_HANDSHAKE | SERIAL_OUT_HANDSHAKEMASK | SERIAL_DSR_SENSITIVITY | SERIAL_ERROR_ABORT)
#define REPLACEMENTS                                                                                                                             \
    (SERIAL_AUTO_TRANSMIT | SERIAL_AUTO_RECEIVE | SERIAL_ERROR_CHAR | SERIAL_NULL_STRIPPING | SERIAL_BREAK_CHAR | SERIAL_RTS_HANDSHAKE | SERIAL_XOFF_CONTINUE)

static NTSTATUS SerialSetHandFlow(SERIAL_EXTENSION *Extension, const SERIAL_HANDFLOW *Flow)
{
    if (Flow == NULL) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if ((Flow->ControlHandShake & SERIAL_CONTROL_INVALID) != 0 || (Flow->FlowReplace & SERIAL_FLOW_INVALID) != 0 ||
        (Flow->ControlHandShake & SERIAL_DTR_MASK) == SERIAL_DTR_MASK || (ULONG)Flow->XonLimit > SERIAL_RING || (ULONG)Flow->XoffLimit > SERIAL_RING) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((Flow->ControlHandShake & HANDSHAKES) != 0 || (Flow->FlowReplace & REPLACEMENTS) != 0) {
        DbgPrint("serial: flow control 0x%X, 0x%X is not there yet\n", Flow->ControlHandShake, Flow->FlowReplace);
        return STATUS_NOT_SUPPORTED;
    }
    Extension->HandFlow = *Flow;
    return SerialModem(Extension, (UCHAR)(((Flow->ControlHandShake & SERIAL_DTR_CONTROL) != 0 ? MCR_DTR : 0) |
                                          ((Flow->FlowReplace & SERIAL_RTS_CONTROL) != 0 ? MCR_RTS : 0)),
                       (UCHAR)(((Flow->ControlHandShake & SERIAL_DTR_CONTROL) == 0 ? MCR_DTR : 0) |
                               ((Flow->FlowReplace & SERIAL_RTS_CONTROL) == 0 ? MCR_RTS : 0)));
}

static NTSTATUS SerialSetChars(SERIAL_EXTENSION *Extension, const SERIAL_CHARS *Chars)
{
    if (Chars == NULL) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    Extension->Chars = *Chars;
    return STATUS_SUCCESS;
}

static NTSTATUS SerialSetMask(SERIAL_EXTENSION *Extension, const ULONG *Mask)
{
    if (Mask == NULL) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if ((*Mask & ~(ULONG)(SERIAL_EV_RXCHAR | SERIAL_EV_RXFLAG | SERIAL_EV_TXEMPTY | SERIAL_EV_CTS | SERIAL_EV_DSR | SERIAL_EV_RLSD | SERIAL_EV_BREAK |
                          SERIAL_EV_ERR | SERIAL_EV_RING)) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    SerialSetWaitMask(Extension, *Mask);
    SerialEndWait(Extension, TRUE);
    return STATUS_SUCCESS;
}

static NTSTATUS SerialImmediate(SERIAL_EXTENSION *Extension, const UCHAR *Character)
{
    if (Character == NULL) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    return SerialSendImmediately(Extension, *Character) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static NTSTATUS SerialProperties(SERIAL_COMMPROP *Properties)
{
    if (Properties == NULL) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    *Properties = (SERIAL_COMMPROP){
        .PacketLength = sizeof(*Properties), .PacketVersion = 2, .ServiceMask = SERIAL_SP_SERIALCOMM, .MaxBaud = SERIAL_BAUD_115200,
        .ProvSubType = SERIAL_SP_RS232, .ProvCapabilities = SERIAL_PCF_TOTALTIMEOUTS | SERIAL_PCF_INTTIMEOUTS,
        .SettableParams = SERIAL_SP_PARITY | SERIAL_SP_BAUD | SERIAL_SP_DATABITS | SERIAL_SP_STOPBITS,
        .SettableBaud = SERIAL_BAUD_075 | SERIAL_BAUD_150 | SERIAL_BAUD_300 | SERIAL_BAUD_600 | SERIAL_BAUD_1200 | SERIAL_BAUD_1800 | SERIAL_BAUD_2400 |
                        SERIAL_BAUD_4800 | SERIAL_BAUD_7200 | SERIAL_BAUD_9600 | SERIAL_BAUD_14400 | SERIAL_BAUD_19200 | SERIAL_BAUD_38400 |
                        SERIAL_BAUD_57600 | SERIAL_BAUD_115200,
        .SettableData = SERIAL_DATABITS_5 | SERIAL_DATABITS_6 | SERIAL_DATABITS_7 | SERIAL_DATABITS_8,
        .SettableStopParity = SERIAL_STOPBITS_10 | SERIAL_STOPBITS_15 | SERIAL_STOPBITS_20 | SERIAL_PARITY_NONE | SERIAL_PARITY_ODD |
                              SERIAL_PARITY_EVEN | SERIAL_PARITY_MARK | SERIAL_PARITY_SPACE,
        .CurrentTxQueue = SERIAL_RING, .CurrentRxQueue = SERIAL_RING};
    return STATUS_SUCCESS;
}

#define SERIAL_GET(type, value)                                                                                                                  \
    do {                                                                                                                                         \
        type *Out = SerialOutput(Irp, sizeof(type));                                                                                             \
        if (Out == NULL) {                                                                                                                       \
            return STATUS_BUFFER_TOO_SMALL;                                                                                                      \
        }                                                                                                                                        \
        *Out = (value);                                                                                                                          \
        return STATUS_SUCCESS;                                                                                                                   \
    } while (0)

/* What is asked; STATUS_INVALID_DEVICE_REQUEST: nothing that can be. */
static NTSTATUS SerialAsk(SERIAL_EXTENSION *Extension, PIRP Irp, ULONG Code)
{
    switch (Code) {
    case IOCTL_SERIAL_GET_BAUD_RATE:
        SERIAL_GET(SERIAL_BAUD_RATE, (SERIAL_BAUD_RATE){Extension->BaudRate});
    case IOCTL_SERIAL_GET_LINE_CONTROL:
        SERIAL_GET(SERIAL_LINE_CONTROL, Extension->LineControl);
    case IOCTL_SERIAL_GET_TIMEOUTS:
        SERIAL_GET(SERIAL_TIMEOUTS, Extension->Timeouts);
    case IOCTL_SERIAL_GET_HANDFLOW:
        SERIAL_GET(SERIAL_HANDFLOW, Extension->HandFlow);
    case IOCTL_SERIAL_GET_CHARS:
        SERIAL_GET(SERIAL_CHARS, Extension->Chars);
    case IOCTL_SERIAL_GET_COMMSTATUS:
        return SerialGetStatus(Extension, SerialOutput(Irp, sizeof(SERIAL_STATUS)));
    case IOCTL_SERIAL_GET_MODEMSTATUS:
        SERIAL_GET(ULONG, SerialModemStatus(Extension));
    case IOCTL_SERIAL_GET_DTRRTS:
        SERIAL_GET(ULONG, SerialIn(Extension, UART_MCR) & 3u);
    case IOCTL_SERIAL_GET_PROPERTIES:
        return SerialProperties(SerialOutput(Irp, sizeof(SERIAL_COMMPROP)));
    case IOCTL_SERIAL_CONFIG_SIZE:
        SERIAL_GET(ULONG, 0); /* no settings of its own */
    case IOCTL_SERIAL_GET_WAIT_MASK:
        SERIAL_GET(ULONG, Extension->WaitMask);
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

static NTSTATUS SerialSetTimeouts(SERIAL_EXTENSION *Extension, const SERIAL_TIMEOUTS *Timeouts)
{
    if (Timeouts == NULL) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    Extension->Timeouts = *Timeouts;
    return STATUS_SUCCESS;
}

static NTSTATUS SerialDoControl(SERIAL_EXTENSION *Extension, PIRP Irp, ULONG Code)
{
    switch (Code) {
    case IOCTL_SERIAL_SET_BAUD_RATE:
        return SerialSetBaud(Extension, SerialInput(Irp, sizeof(SERIAL_BAUD_RATE)));
    case IOCTL_SERIAL_SET_LINE_CONTROL:
        return SerialSetLineControl(Extension, SerialInput(Irp, sizeof(SERIAL_LINE_CONTROL)));
    case IOCTL_SERIAL_SET_TIMEOUTS:
        return SerialSetTimeouts(Extension, SerialInput(Irp, sizeof(SERIAL_TIMEOUTS)));
    case IOCTL_SERIAL_SET_HANDFLOW:
        return SerialSetHandFlow(Extension, SerialInput(Irp, sizeof(SERIAL_HANDFLOW)));
    case IOCTL_SERIAL_SET_CHARS:
        return SerialSetChars(Extension, SerialInput(Irp, sizeof(SERIAL_CHARS)));
    case IOCTL_SERIAL_PURGE:
        return SerialDoPurge(Extension, SerialInput(Irp, sizeof(ULONG)));
    case IOCTL_SERIAL_SET_QUEUE_SIZE:
        return STATUS_SUCCESS; /* the rings are larger than what anybody asks for */
    case IOCTL_SERIAL_SET_WAIT_MASK:
        return SerialSetMask(Extension, SerialInput(Irp, sizeof(ULONG)));
    case IOCTL_SERIAL_WAIT_ON_MASK:
        return SerialWaitOnMask(Extension, Irp);
    case IOCTL_SERIAL_IMMEDIATE_CHAR:
        return SerialImmediate(Extension, SerialInput(Irp, sizeof(UCHAR)));
    case IOCTL_SERIAL_SET_BREAK_ON:
    case IOCTL_SERIAL_SET_BREAK_OFF:
        SerialBreak(Extension, Code == IOCTL_SERIAL_SET_BREAK_ON);
        return STATUS_SUCCESS;
    case IOCTL_SERIAL_SET_DTR:
        return SerialModem(Extension, MCR_DTR, 0);
    case IOCTL_SERIAL_CLR_DTR:
        return SerialModem(Extension, 0, MCR_DTR);
    case IOCTL_SERIAL_SET_RTS:
        return SerialModem(Extension, MCR_RTS, 0);
    case IOCTL_SERIAL_CLR_RTS:
        return SerialModem(Extension, 0, MCR_RTS);
    default:
        return SerialAsk(Extension, Irp, Code);
    }
}

NTSTATUS NTAPI SerialControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    NTSTATUS Status;
    Irp->IoStatus.Information = 0;
    Status = SerialDoControl(Device->DeviceExtension, Irp, IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode);
    if (Status == STATUS_PENDING) {
        return Status; /* it is not ours any more */
    }
    if (!NT_SUCCESS(Status)) {
        Irp->IoStatus.Information = 0;
    }
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}
