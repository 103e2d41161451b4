/* SPDX-License-Identifier: MIT */
/*
 * comm.c - serial lines: the texts of BuildCommDCB; what the calls say to handles of other kinds; where there is a COM1 that may be opened, its settings,
 * time-outs, lines, and the events that it waits for.
 */
#include <windows.h>
#include <string.h>
#include "win32.h"

static DCB Dcb;

/* Built from zeros, or from ones. */
static BOOL Build(const char *Text, int Fill)
{
    memset(&Dcb, Fill, sizeof(Dcb));
    return BuildCommDCBA(Text, &Dcb);
}

static void Line(const char *Text, DWORD Rate, BYTE Parity, BYTE Bits, BYTE Stop)
{
    if (!Ok(Build(Text, 0) && Dcb.BaudRate == Rate && Dcb.Parity == Parity && Dcb.ByteSize == Bits && Dcb.StopBits == Stop, "%s", Text)) {
        printf("#   %lu %u %u %u, error %lu\n", Dcb.BaudRate, Dcb.Parity, Dcb.ByteSize, Dcb.StopBits, GetLastError());
    }
}

static void Flow(const char *Text, int Xon, int Outputs, int Dtr, int Rts)
{
    Ok(Build(Text, 0) && Dcb.fInX == Xon && Dcb.fOutX == Xon && Dcb.fOutxCtsFlow == Outputs && Dcb.fOutxDsrFlow == Outputs && (int)Dcb.fDtrControl == Dtr &&
       (int)Dcb.fRtsControl == Rts, "flow control: %s", Text);
}

static void Texts(void)
{
    static const char *const Wrong[] = {"baud=", "baud=x", "parity=q", "data=4", "data=9", "stop=3", "xon=maybe", "baud=1200,n", "baud=1200 baud=1200",
                                        "speed=1200", "9600,n,8,1,z", "9600,n,8,1,x,y", "COM1,", "9600 n", "dtr=tg"};

    Line("baud=1200 parity=N data=8 stop=1", 1200, NOPARITY, 8, ONESTOPBIT);
    Line("BAUD=9600 PARITY=e DATA=7 STOP=2", 9600, EVENPARITY, 7, TWOSTOPBITS);
    Line("stop=1.5 parity=m data=5 baud=300", 300, MARKPARITY, 5, ONE5STOPBITS);
    Line("baud=96 parity=o data=8 stop=1", 9600, ODDPARITY, 8, ONESTOPBIT);
    Line("baud=19 parity=s data=6 stop=1", 19200, SPACEPARITY, 6, ONESTOPBIT);
    Line("baud=110 parity=n data=8", 110, NOPARITY, 8, TWOSTOPBITS);
    Line("9600,n,8,1", 9600, NOPARITY, 8, ONESTOPBIT);
    Line("24,e,7,2,x", 2400, EVENPARITY, 7, TWOSTOPBITS);
    Flow("9600,n,8,1", 0, 0, DTR_CONTROL_ENABLE, RTS_CONTROL_ENABLE);
    Flow("9600,n,8,1,x", 1, 0, DTR_CONTROL_ENABLE, RTS_CONTROL_ENABLE);
    Flow("9600,n,8,1,p", 0, 1, DTR_CONTROL_HANDSHAKE, RTS_CONTROL_HANDSHAKE);
    Flow("baud=9600 xon=on odsr=on octs=on dtr=hs rts=tg", 1, 1, DTR_CONTROL_HANDSHAKE, RTS_CONTROL_TOGGLE);
    Flow("baud=9600 xon=off dtr=on rts=off", 0, 0, DTR_CONTROL_ENABLE, RTS_CONTROL_DISABLE);
    Ok(Build("data=7", 0xFF) && Dcb.ByteSize == 7 && Dcb.BaudRate == 0xFFFFFFFF && Dcb.Parity == 0xFF && Dcb.EvtChar == -1, "what is not named stays");
    Ok(Build("idsr=on", 0) && Dcb.fDsrSensitivity && Dcb.BaudRate == 0, "idsr");
    for (int i = 0; i < (int)(sizeof(Wrong) / sizeof(Wrong[0])); i++) {
        SetLastError(0);
        Fails(Build(Wrong[i], 0), ERROR_INVALID_PARAMETER, Wrong[i]);
    }
}

static void TimeoutTexts(void)
{
    COMMTIMEOUTS Timeouts;

    memset(&Timeouts, 0xFF, sizeof(Timeouts));
    Ok(BuildCommDCBAndTimeoutsW(L"baud=1200", &Dcb, &Timeouts) && Timeouts.WriteTotalTimeoutConstant == 0xFFFFFFFF, "no `to`: the time-outs stay");
    Ok(BuildCommDCBAndTimeoutsA("to=on", &Dcb, &Timeouts) && Timeouts.WriteTotalTimeoutConstant == 60000 && Timeouts.ReadIntervalTimeout == 0, "to=on");
    Ok(BuildCommDCBAndTimeoutsA("to=off baud=9600", &Dcb, &Timeouts) && Timeouts.WriteTotalTimeoutConstant == 0, "to=off");
    Ok(BuildCommDCBW(L"to=on", &Dcb), "`to` for nobody");
}

/* Nothing of it is a serial line's: a device, a file, nothing. */
static void OtherHandles(void)
{
    HANDLE Null = CreateFileA("NUL", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE Event = CreateEventA(NULL, TRUE, FALSE, NULL);
    COMMTIMEOUTS Timeouts = {0};
    COMMPROP Properties = {0};
    COMMCONFIG Config;
    COMSTAT State;
    DWORD Value = sizeof(Config);

    SetLastError(0);
    Dcb.XonChar = 1;
    Fails(GetCommState(Null, &Dcb), ERROR_INVALID_FUNCTION, "GetCommState of NUL");
    Fails(SetCommState(Null, &Dcb), ERROR_INVALID_FUNCTION, "SetCommState");
    Fails(GetCommTimeouts(Null, &Timeouts), ERROR_INVALID_FUNCTION, "GetCommTimeouts");
    Fails(SetCommTimeouts(Null, &Timeouts), ERROR_INVALID_FUNCTION, "SetCommTimeouts");
    Fails(GetCommProperties(Null, &Properties), ERROR_INVALID_FUNCTION, "GetCommProperties");
    Fails(GetCommConfig(Null, &Config, &Value), ERROR_INVALID_FUNCTION, "GetCommConfig");
    Fails(GetCommMask(Null, &Value), ERROR_INVALID_FUNCTION, "GetCommMask");
    Fails(SetCommMask(Null, EV_RXCHAR), ERROR_INVALID_FUNCTION, "SetCommMask");
    Fails(WaitCommEvent(Null, &Value, NULL), ERROR_INVALID_FUNCTION, "WaitCommEvent");
    Fails(GetCommModemStatus(Null, &Value), ERROR_INVALID_FUNCTION, "GetCommModemStatus");
    Fails(ClearCommError(Null, &Value, &State), ERROR_INVALID_FUNCTION, "ClearCommError");
    Fails(PurgeComm(Null, PURGE_RXCLEAR), ERROR_INVALID_FUNCTION, "PurgeComm");
    Fails(SetupComm(Null, 1024, 1024), ERROR_INVALID_FUNCTION, "SetupComm");
    Fails(TransmitCommChar(Null, 'x'), ERROR_INVALID_FUNCTION, "TransmitCommChar");
    Fails(EscapeCommFunction(Null, SETDTR), ERROR_INVALID_FUNCTION, "EscapeCommFunction");
    Fails(EscapeCommFunction(Null, 77), ERROR_INVALID_PARAMETER, "no such function");
    Fails(SetCommBreak(Null), ERROR_INVALID_FUNCTION, "SetCommBreak");
    Fails(ClearCommBreak(Null), ERROR_INVALID_FUNCTION, "ClearCommBreak");
    Fails(GetCommState((HANDLE)0x7770, &Dcb), ERROR_INVALID_HANDLE, "no handle");
    Fails(GetCommState(Event, &Dcb), ERROR_INVALID_HANDLE, "no file's handle");
    CloseHandle(Event);
    CloseHandle(Null);
}

/* ---- a line that is there ---------------------------------------------------------------------------------------------------------------- */

static void State(HANDLE Port)
{
    DCB Old = {0}, New, Again = {0};
    COMMCONFIG Config;
    DWORD Size = 4;

    Ok(GetCommState(Port, &Old) && Old.DCBlength == sizeof(Old) && Old.fBinary && Old.ByteSize >= 5 && Old.ByteSize <= 8 && Old.BaudRate != 0, "GetCommState");
    New = Old;
    New.BaudRate = 19200;
    New.Parity = EVENPARITY;
    New.ByteSize = 7;
    New.StopBits = TWOSTOPBITS;
    New.EvtChar = '!';
    Ok(SetCommState(Port, &New), "SetCommState");
    Ok(GetCommState(Port, &Again) && Again.BaudRate == 19200 && Again.Parity == EVENPARITY && Again.ByteSize == 7 && Again.StopBits == TWOSTOPBITS &&
       Again.EvtChar == '!', "what was set");
    New.ByteSize = 9;
    Fails(SetCommState(Port, &New), ERROR_INVALID_PARAMETER, "nine bits");
    New.ByteSize = 8;
    New.XoffChar = New.XonChar;
    Fails(SetCommState(Port, &New), ERROR_INVALID_PARAMETER, "one character for two purposes");
    Ok(GetCommState(Port, &Again) && Again.ByteSize == 7 && Again.BaudRate == 19200, "nothing has changed");
    Ok(SetCommState(Port, &Old), "and back");
    Fails(GetCommConfig(Port, &Config, &Size), ERROR_INSUFFICIENT_BUFFER, "GetCommConfig: too small");
    Ok(Size >= sizeof(Config), "says how much it wants");
    Ok(GetCommConfig(Port, &Config, &Size) && Config.dcb.BaudRate == Old.BaudRate, "GetCommConfig");
}

static void Lines(HANDLE Port)
{
    COMMTIMEOUTS Old, New = {1, 2, 3, 4, 5}, Again;
    COMMPROP Properties = {0};
    COMSTAT Status;
    DWORD Value = 0xFFFFFFFF;

    Ok(GetCommTimeouts(Port, &Old) && SetCommTimeouts(Port, &New) && GetCommTimeouts(Port, &Again) && SetCommTimeouts(Port, &Old), "time-outs");
    Is(memcmp(&New, &Again, sizeof(New)), 0, "what was set");
    Ok(GetCommProperties(Port, &Properties) && (Properties.dwServiceMask & SP_SERIALCOMM) && Properties.dwProvSubType == PST_RS232 &&
       (Properties.dwSettableBaud & BAUD_9600) && (Properties.wSettableData & DATABITS_8), "GetCommProperties");
    Ok(GetCommModemStatus(Port, &Value) && (Value & ~0xF0u) == 0, "GetCommModemStatus");
    Ok(ClearCommError(Port, &Value, &Status) && Status.cbOutQue < 0x10000, "ClearCommError");
    Ok(EscapeCommFunction(Port, CLRRTS) && EscapeCommFunction(Port, SETRTS) && EscapeCommFunction(Port, CLRDTR) && EscapeCommFunction(Port, SETDTR),
       "the lines down and up");
    Ok(SetupComm(Port, 4096, 4096), "SetupComm");
    Fails(PurgeComm(Port, 0), ERROR_INVALID_PARAMETER, "PurgeComm of nothing");
}

static void Events(HANDLE Port)
{
    OVERLAPPED Overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)}, Write = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD Mask = 0, Events = 77, Size = 0;

    Fails(WaitCommEvent(Port, &Events, &Overlapped), ERROR_INVALID_PARAMETER, "nothing to wait for");
    Ok(SetCommMask(Port, EV_TXEMPTY) && GetCommMask(Port, &Mask) && Mask == EV_TXEMPTY, "the mask");
    Fails(WaitCommEvent(Port, &Events, &Overlapped), ERROR_IO_PENDING, "waiting");
    Is(WaitForSingleObject(Overlapped.hEvent, 50), WAIT_TIMEOUT, "nothing happens");
    Ok(WriteFile(Port, "\r", 1, NULL, &Write) || GetLastError() == ERROR_IO_PENDING, "a byte is written");
    Is(WaitForSingleObject(Overlapped.hEvent, LONG_TIME), WAIT_OBJECT_0, "then the queue is empty");
    Ok(GetOverlappedResult(Port, &Overlapped, &Size, FALSE) && Size == sizeof(Events) && Events == EV_TXEMPTY, "EV_TXEMPTY");
    GetOverlappedResult(Port, &Write, &Size, TRUE);
    ResetEvent(Overlapped.hEvent);
    SetCommMask(Port, EV_BREAK);
    Fails(WaitCommEvent(Port, &Events, &Overlapped), ERROR_IO_PENDING, "waiting for what will not come");
    Ok(SetCommMask(Port, 0), "another mask");
    Is(WaitForSingleObject(Overlapped.hEvent, LONG_TIME), WAIT_OBJECT_0, "ends the wait");
    Ok(GetOverlappedResult(Port, &Overlapped, &Size, FALSE) && Events == 0, "with no event");
    Fails(SetCommMask(Port, 0x80000000), ERROR_INVALID_PARAMETER, "no such event");
    CloseHandle(Write.hEvent);
    CloseHandle(Overlapped.hEvent);
}

int main(void)
{
    Texts();
    TimeoutTexts();
    OtherHandles();
    HANDLE Port = CreateFileA("COM1", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    if (Port == INVALID_HANDLE_VALUE) {
        printf("# COM1 cannot be opened, error %lu: what it does is not looked at\n", GetLastError());
        return Done();
    }
    Ok(Build("COM1: baud=1200", 0) && Dcb.BaudRate == 1200 && Build("com1:96,n,8,1", 0) && Dcb.BaudRate == 9600, "a port that is there may be named");
    State(Port);
    Lines(Port);
    Events(Port);
    CloseHandle(Port);
    return Done();
}
