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
    SerialCancelAll(Extension, NULL, (*Mask & SERIAL_PURGE_RXABORT) != 0, (*Mask & SERIAL_PURGE_TXABORT) != 0);
    SerialPurge(Extension, *Mask);
    return STATUS_SUCCESS;
}

static NTSTATUS SerialModem(SERIAL_EXTENSION *Extension, UCHAR Set, UCHAR Clear)
{
    SerialOut(Extension, UART_MCR, (UCHAR)((SerialIn(Extension, UART_MCR) | Set) & ~Clear));
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

static NTSTATUS SerialDoControl(SERIAL_EXTENSION *Extension, PIRP Irp, ULONG Code)
{
    const SERIAL_TIMEOUTS *Timeouts;
    switch (Code) {
    case IOCTL_SERIAL_SET_BAUD_RATE:
        return SerialSetBaud(Extension, SerialInput(Irp, sizeof(SERIAL_BAUD_RATE)));
    case IOCTL_SERIAL_GET_BAUD_RATE:
        SERIAL_GET(SERIAL_BAUD_RATE, (SERIAL_BAUD_RATE){Extension->BaudRate});
    case IOCTL_SERIAL_SET_LINE_CONTROL:
        return SerialSetLineControl(Extension, SerialInput(Irp, sizeof(SERIAL_LINE_CONTROL)));
    case IOCTL_SERIAL_GET_LINE_CONTROL:
        SERIAL_GET(SERIAL_LINE_CONTROL, Extension->LineControl);
    case IOCTL_SERIAL_SET_TIMEOUTS:
        Timeouts = SerialInput(Irp, sizeof(SERIAL_TIMEOUTS));
        if (Timeouts == NULL) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        Extension->Timeouts = *Timeouts;
        return STATUS_SUCCESS;
    case IOCTL_SERIAL_GET_TIMEOUTS:
        SERIAL_GET(SERIAL_TIMEOUTS, Extension->Timeouts);
    case IOCTL_SERIAL_GET_COMMSTATUS:
        return SerialGetStatus(Extension, SerialOutput(Irp, sizeof(SERIAL_STATUS)));
    case IOCTL_SERIAL_GET_MODEMSTATUS:
        SERIAL_GET(ULONG, SerialIn(Extension, UART_MSR));
    case IOCTL_SERIAL_GET_DTRRTS:
        SERIAL_GET(ULONG, SerialIn(Extension, UART_MCR) & 3u);
    case IOCTL_SERIAL_PURGE:
        return SerialDoPurge(Extension, SerialInput(Irp, sizeof(ULONG)));
    case IOCTL_SERIAL_SET_QUEUE_SIZE:
        return STATUS_SUCCESS; /* the rings are larger than what anybody asks for */
    case IOCTL_SERIAL_SET_DTR:
        return SerialModem(Extension, MCR_DTR, 0);
    case IOCTL_SERIAL_CLR_DTR:
        return SerialModem(Extension, 0, MCR_DTR);
    case IOCTL_SERIAL_SET_RTS:
        return SerialModem(Extension, MCR_RTS, 0);
    case IOCTL_SERIAL_CLR_RTS:
        return SerialModem(Extension, 0, MCR_RTS);
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

NTSTATUS NTAPI SerialControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    NTSTATUS Status;
    Irp->IoStatus.Information = 0;
    Status = SerialDoControl(Device->DeviceExtension, Irp, IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode);
    if (!NT_SUCCESS(Status)) {
        Irp->IoStatus.Information = 0;
    }
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}
