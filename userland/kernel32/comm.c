/* SPDX-License-Identifier: MIT */
/*
 * comm.c - serial lines: each call is one or a few requests to the driver (IOCTL_SERIAL_*, ntddser.h), which decides.
 *
 * A handle that is no serial line's is refused by whoever has it: ERROR_INVALID_FUNCTION from most drivers, ERROR_INVALID_HANDLE if it is none at all.
 * A request waits for its end even if the handle is an asynchronous one, for these calls have no OVERLAPPED; but for WaitCommEvent.
 *
 * A DCB is what the driver keeps in four pieces: rate, frame, flow control, special characters.
 */
#include "k32.h"
#include <winioctl.h>
#define PHYSICAL_ADDRESS LARGE_INTEGER /* wants the header of drivers */
#include <ntddser.h>

static_assert(sizeof(COMMTIMEOUTS) == sizeof(SERIAL_TIMEOUTS), "COMMTIMEOUTS");
static_assert(offsetof(COMMPROP, wcProvChar) == offsetof(SERIAL_COMMPROP, ProvChar), "COMMPROP");

/* Returns what the driver says.  An event of its own: the handle's may be signalled by other requests. */
static NTSTATUS Control(HANDLE File, ULONG Code, const VOID *Input, ULONG InputSize, PVOID Output, ULONG OutputSize)
{
    IO_STATUS_BLOCK Io = {0};
    HANDLE Event;
    NTSTATUS Status = NtCreateEvent(&Event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = NtDeviceIoControlFile(File, Event, NULL, NULL, &Io, Code, (PVOID)Input, InputSize, Output, OutputSize);
    if (Status == STATUS_PENDING) {
        Status = NtWaitForSingleObject(Event, FALSE, NULL);
        Status = NT_SUCCESS(Status) ? Io.Status : Status;
    }
    NtClose(Event);
    return Status;
}

static BOOL Tell(HANDLE File, ULONG Code, const VOID *Input, ULONG Size)
{
    return BaseResult(Control(File, Code, Input, Size, NULL, 0));
}

static BOOL Ask(HANDLE File, ULONG Code, PVOID Output, ULONG Size)
{
    return BaseResult(Control(File, Code, NULL, 0, Output, Size));
}

/* ---- DCB --------------------------------------------------------------------------------------------------------------------------------- */

static void FlowToDcb(const SERIAL_HANDFLOW *Flow, DCB *Dcb)
{
    Dcb->fOutxCtsFlow = (Flow->ControlHandShake & SERIAL_CTS_HANDSHAKE) != 0;
    Dcb->fOutxDsrFlow = (Flow->ControlHandShake & SERIAL_DSR_HANDSHAKE) != 0;
    Dcb->fDsrSensitivity = (Flow->ControlHandShake & SERIAL_DSR_SENSITIVITY) != 0;
    Dcb->fAbortOnError = (Flow->ControlHandShake & SERIAL_ERROR_ABORT) != 0;
    Dcb->fDtrControl = Flow->ControlHandShake & SERIAL_DTR_MASK;
    Dcb->fTXContinueOnXoff = (Flow->FlowReplace & SERIAL_XOFF_CONTINUE) != 0;
    Dcb->fOutX = (Flow->FlowReplace & SERIAL_AUTO_TRANSMIT) != 0;
    Dcb->fInX = (Flow->FlowReplace & SERIAL_AUTO_RECEIVE) != 0;
    Dcb->fErrorChar = (Flow->FlowReplace & SERIAL_ERROR_CHAR) != 0;
    Dcb->fNull = (Flow->FlowReplace & SERIAL_NULL_STRIPPING) != 0;
    Dcb->fRtsControl = (Flow->FlowReplace & SERIAL_RTS_MASK) / SERIAL_RTS_CONTROL;
    Dcb->XonLim = (WORD)Flow->XonLimit;
    Dcb->XoffLim = (WORD)Flow->XoffLimit;
}

static SERIAL_HANDFLOW FlowOfDcb(const DCB *Dcb)
{
    SERIAL_HANDFLOW Flow = {.XonLimit = Dcb->XonLim, .XoffLimit = Dcb->XoffLim};

    Flow.ControlHandShake = (Dcb->fOutxCtsFlow ? SERIAL_CTS_HANDSHAKE : 0) | (Dcb->fOutxDsrFlow ? SERIAL_DSR_HANDSHAKE : 0) |
                            (Dcb->fDsrSensitivity ? SERIAL_DSR_SENSITIVITY : 0) | (Dcb->fAbortOnError ? SERIAL_ERROR_ABORT : 0) | Dcb->fDtrControl;
    Flow.FlowReplace = (Dcb->fTXContinueOnXoff ? SERIAL_XOFF_CONTINUE : 0) | (Dcb->fOutX ? SERIAL_AUTO_TRANSMIT : 0) |
                       (Dcb->fInX ? SERIAL_AUTO_RECEIVE : 0) | (Dcb->fErrorChar ? SERIAL_ERROR_CHAR : 0) | (Dcb->fNull ? SERIAL_NULL_STRIPPING : 0) |
                       Dcb->fRtsControl * (ULONG)SERIAL_RTS_CONTROL;
    return Flow;
}

BOOL WINAPI GetCommState(HANDLE File, LPDCB Dcb)
{
    SERIAL_BAUD_RATE Rate;
    SERIAL_LINE_CONTROL Line;
    SERIAL_HANDFLOW Flow;
    SERIAL_CHARS Chars;

    if (!Ask(File, IOCTL_SERIAL_GET_BAUD_RATE, &Rate, sizeof(Rate)) || !Ask(File, IOCTL_SERIAL_GET_LINE_CONTROL, &Line, sizeof(Line)) ||
        !Ask(File, IOCTL_SERIAL_GET_CHARS, &Chars, sizeof(Chars)) || !Ask(File, IOCTL_SERIAL_GET_HANDFLOW, &Flow, sizeof(Flow))) {
        return FALSE;
    }
    *Dcb = (DCB){.DCBlength = sizeof(*Dcb), .BaudRate = Rate.BaudRate, .fBinary = TRUE, .fParity = Line.Parity != NO_PARITY,
                 .ByteSize = Line.WordLength, .Parity = Line.Parity, .StopBits = Line.StopBits, .XonChar = (char)Chars.XonChar,
                 .XoffChar = (char)Chars.XoffChar, .ErrorChar = (char)Chars.ErrorChar, .EofChar = (char)Chars.EofChar, .EvtChar = (char)Chars.EventChar};
    FlowToDcb(&Flow, Dcb);
    return TRUE;
}

/* Lines that are held up or down by the settings are put there. */
static BOOL SetLines(HANDLE File, const DCB *Dcb)
{
    BOOL Good = TRUE;

    if (Dcb->fRtsControl == RTS_CONTROL_ENABLE || Dcb->fRtsControl == RTS_CONTROL_DISABLE) {
        Good = Tell(File, Dcb->fRtsControl == RTS_CONTROL_ENABLE ? IOCTL_SERIAL_SET_RTS : IOCTL_SERIAL_CLR_RTS, NULL, 0);
    }
    if (Good && (Dcb->fDtrControl == DTR_CONTROL_ENABLE || Dcb->fDtrControl == DTR_CONTROL_DISABLE)) {
        Good = Tell(File, Dcb->fDtrControl == DTR_CONTROL_ENABLE ? IOCTL_SERIAL_SET_DTR : IOCTL_SERIAL_CLR_DTR, NULL, 0);
    }
    return Good;
}

/* All or nothing is what the documentation wants; of what the driver takes, the old settings are put back where it refuses the next. */
BOOL WINAPI SetCommState(HANDLE File, LPDCB Dcb)
{
    SERIAL_BAUD_RATE Rate = {Dcb->BaudRate};
    SERIAL_LINE_CONTROL Line = {Dcb->StopBits, Dcb->Parity, Dcb->ByteSize}, OldLine;
    SERIAL_CHARS Chars = {.EofChar = (UCHAR)Dcb->EofChar, .ErrorChar = (UCHAR)Dcb->ErrorChar, .EventChar = (UCHAR)Dcb->EvtChar,
                          .XonChar = (UCHAR)Dcb->XonChar, .XoffChar = (UCHAR)Dcb->XoffChar};
    SERIAL_HANDFLOW Flow = FlowOfDcb(Dcb);
    SERIAL_BAUD_RATE OldRate;

    if (!Ask(File, IOCTL_SERIAL_GET_BAUD_RATE, &OldRate, sizeof(OldRate)) || !Ask(File, IOCTL_SERIAL_GET_LINE_CONTROL, &OldLine, sizeof(OldLine))) {
        return FALSE;
    }
    if (Dcb->XonChar == Dcb->XoffChar) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Tell(File, IOCTL_SERIAL_SET_BAUD_RATE, &Rate, sizeof(Rate)) && Tell(File, IOCTL_SERIAL_SET_LINE_CONTROL, &Line, sizeof(Line)) &&
        Tell(File, IOCTL_SERIAL_SET_HANDFLOW, &Flow, sizeof(Flow)) && Tell(File, IOCTL_SERIAL_SET_CHARS, &Chars, sizeof(Chars)) &&
        SetLines(File, Dcb)) {
        return TRUE;
    }
    DWORD Error = GetLastError();
    (void)Control(File, IOCTL_SERIAL_SET_BAUD_RATE, &OldRate, sizeof(OldRate), NULL, 0);
    (void)Control(File, IOCTL_SERIAL_SET_LINE_CONTROL, &OldLine, sizeof(OldLine), NULL, 0);
    return BaseFail(Error);
}

/* A driver may have settings of its own behind these; none here has. */
BOOL WINAPI GetCommConfig(HANDLE File, LPCOMMCONFIG Config, LPDWORD Size)
{
    DWORD Given = *Size, Own = 0;
    DCB Dcb;

    if (!Ask(File, IOCTL_SERIAL_CONFIG_SIZE, &Own, sizeof(Own)) || !GetCommState(File, &Dcb)) {
        return FALSE;
    }
    if (Own != 0) {
        return BaseNotSupported("GetCommConfig with settings of a provider");
    }
    *Size = sizeof(*Config);
    if (Given < sizeof(*Config)) {
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    *Config = (COMMCONFIG){.dwSize = sizeof(*Config), .wVersion = 1, .dcb = Dcb, .dwProviderSubType = PST_RS232};
    return TRUE;
}

BOOL WINAPI SetCommConfig(HANDLE File, LPCOMMCONFIG Config, DWORD Size)
{
    UNUSED(Size); /* of settings of a provider */
    return SetCommState(File, &Config->dcb);
}

BOOL WINAPI GetCommProperties(HANDLE File, LPCOMMPROP Properties)
{
    ULONG Size = Properties->dwProvSpec1 == COMMPROP_INITIALIZED && Properties->wPacketLength > sizeof(*Properties) ? Properties->wPacketLength
                                                                                                                  : sizeof(*Properties);

    return Ask(File, IOCTL_SERIAL_GET_PROPERTIES, Properties, Size);
}

/* ---- time-outs, queues, lines ------------------------------------------------------------------------------------------------------------ */

BOOL WINAPI GetCommTimeouts(HANDLE File, LPCOMMTIMEOUTS Timeouts)
{
    return Ask(File, IOCTL_SERIAL_GET_TIMEOUTS, Timeouts, sizeof(*Timeouts));
}

BOOL WINAPI SetCommTimeouts(HANDLE File, LPCOMMTIMEOUTS Timeouts)
{
    return Tell(File, IOCTL_SERIAL_SET_TIMEOUTS, Timeouts, sizeof(*Timeouts));
}

BOOL WINAPI SetupComm(HANDLE File, DWORD InQueue, DWORD OutQueue)
{
    SERIAL_QUEUE_SIZE Sizes = {InQueue, OutQueue};

    return Tell(File, IOCTL_SERIAL_SET_QUEUE_SIZE, &Sizes, sizeof(Sizes));
}

BOOL WINAPI PurgeComm(HANDLE File, DWORD Flags)
{
    return Tell(File, IOCTL_SERIAL_PURGE, &Flags, sizeof(Flags));
}

BOOL WINAPI TransmitCommChar(HANDLE File, char Character)
{
    return Tell(File, IOCTL_SERIAL_IMMEDIATE_CHAR, &Character, sizeof(Character));
}

BOOL WINAPI EscapeCommFunction(HANDLE File, DWORD Function)
{
    static const ULONG Codes[] = {[SETXOFF] = IOCTL_SERIAL_SET_XOFF, [SETXON] = IOCTL_SERIAL_SET_XON, [SETRTS] = IOCTL_SERIAL_SET_RTS,
                                  [CLRRTS] = IOCTL_SERIAL_CLR_RTS, [SETDTR] = IOCTL_SERIAL_SET_DTR, [CLRDTR] = IOCTL_SERIAL_CLR_DTR,
                                  [RESETDEV] = IOCTL_SERIAL_RESET_DEVICE, [SETBREAK] = IOCTL_SERIAL_SET_BREAK_ON,
                                  [CLRBREAK] = IOCTL_SERIAL_SET_BREAK_OFF};

    if (Function >= COUNT_OF(Codes) || Codes[Function] == 0) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    return Tell(File, Codes[Function], NULL, 0);
}

BOOL WINAPI SetCommBreak(HANDLE File)
{
    return EscapeCommFunction(File, SETBREAK);
}

BOOL WINAPI ClearCommBreak(HANDLE File)
{
    return EscapeCommFunction(File, CLRBREAK);
}

BOOL WINAPI GetCommModemStatus(HANDLE File, LPDWORD Lines)
{
    DWORD Status;

    if (!Ask(File, IOCTL_SERIAL_GET_MODEMSTATUS, &Status, sizeof(Status))) {
        return FALSE;
    }
    *Lines = Status & (MS_CTS_ON | MS_DSR_ON | MS_RING_ON | MS_RLSD_ON);
    return TRUE;
}

/* Asking clears the errors; State may be null. */
BOOL WINAPI ClearCommError(HANDLE File, LPDWORD Errors, LPCOMSTAT State)
{
    static const DWORD Known[][2] = {{SERIAL_ERROR_BREAK, CE_BREAK}, {SERIAL_ERROR_FRAMING, CE_FRAME}, {SERIAL_ERROR_OVERRUN, CE_OVERRUN},
                                     {SERIAL_ERROR_QUEUEOVERRUN, CE_RXOVER}, {SERIAL_ERROR_PARITY, CE_RXPARITY}};
    SERIAL_STATUS Status;

    if (!Ask(File, IOCTL_SERIAL_GET_COMMSTATUS, &Status, sizeof(Status))) {
        return FALSE;
    }
    if (State != NULL) {
        *State = (COMSTAT){.fCtsHold = (Status.HoldReasons & SERIAL_TX_WAITING_FOR_CTS) != 0,
                           .fDsrHold = (Status.HoldReasons & SERIAL_TX_WAITING_FOR_DSR) != 0,
                           .fRlsdHold = (Status.HoldReasons & SERIAL_TX_WAITING_FOR_DCD) != 0,
                           .fXoffHold = (Status.HoldReasons & SERIAL_TX_WAITING_FOR_XON) != 0,
                           .fXoffSent = (Status.HoldReasons & SERIAL_TX_WAITING_XOFF_SENT) != 0,
                           .fEof = Status.EofReceived != 0, .fTxim = Status.WaitForImmediate != 0,
                           .cbInQue = Status.AmountInInQueue, .cbOutQue = Status.AmountInOutQueue};
    }
    if (Errors != NULL) {
        *Errors = 0;
        for (ULONG Index = 0; Index < COUNT_OF(Known); Index++) {
            *Errors |= Status.Errors & Known[Index][0] ? Known[Index][1] : 0;
        }
    }
    return TRUE;
}

/* ---- events ------------------------------------------------------------------------------------------------------------------------------ */

BOOL WINAPI GetCommMask(HANDLE File, LPDWORD Mask)
{
    return Ask(File, IOCTL_SERIAL_GET_WAIT_MASK, Mask, sizeof(*Mask));
}

BOOL WINAPI SetCommMask(HANDLE File, DWORD Mask)
{
    return Tell(File, IOCTL_SERIAL_SET_WAIT_MASK, &Mask, sizeof(Mask));
}

BOOL WINAPI WaitCommEvent(HANDLE File, LPDWORD Events, LPOVERLAPPED Overlapped)
{
    return Overlapped == NULL ? Ask(File, IOCTL_SERIAL_WAIT_ON_MASK, Events, sizeof(*Events))
                              : DeviceIoControl(File, IOCTL_SERIAL_WAIT_ON_MASK, NULL, 0, Events, sizeof(*Events), NULL, Overlapped);
}
