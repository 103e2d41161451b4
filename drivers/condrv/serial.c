/* SPDX-License-Identifier: MIT */
/*
 * serial.c - the terminal on the serial line: text and VT sequences out, bytes in.
 *
 * Two opens of \Device\Serial0, since a synchronous handle does one thing at a time: one for writing, under
 * ConLock, and one for the thread that reads.  Input is UTF-8 with the sequences that terminals send for
 * cursor and function keys; a lone ESC is told from the beginning of a sequence by 20 ms of silence. No
 * serial port: output goes nowhere, and the thread ends.
 */
#include "con.h"
#include <ntddser.h>
#include <stdio.h>

static HANDLE SerialWriteHandle;
static UCHAR SerialBuffer[4096];
static ULONG SerialLength;
static WCHAR SerialHighSurrogate;

/* ---- out ------------------------------------------------------------------------------------------------
 * ---------------------------- */

void ConSerialFlush(void)
{
    IO_STATUS_BLOCK Iosb;
    if (SerialLength != 0 && SerialWriteHandle != NULL) {
        (void)ZwWriteFile(SerialWriteHandle, NULL, NULL, NULL, &Iosb, SerialBuffer, SerialLength, NULL, NULL);
    }
    SerialLength = 0;
}

/* What is written to a buffer that is not shown goes nowhere. */
static void SerialByte(UCHAR Byte)
{
    if (ConScreen != ConShown) {
        return;
    }
    if (SerialLength == sizeof(SerialBuffer)) {
        ConSerialFlush();
    }
    SerialBuffer[SerialLength++] = Byte;
}

static void SerialCodePoint(ULONG Code)
{
    if (Code < 0x80) {
        SerialByte((UCHAR)Code);
    } else if (Code < 0x800) {
        SerialByte((UCHAR)(0xC0 | Code >> 6));
        SerialByte((UCHAR)(0x80 | (Code & 0x3F)));
    } else if (Code < 0x10000) {
        SerialByte((UCHAR)(0xE0 | Code >> 12));
        SerialByte((UCHAR)(0x80 | (Code >> 6 & 0x3F)));
        SerialByte((UCHAR)(0x80 | (Code & 0x3F)));
    } else {
        SerialByte((UCHAR)(0xF0 | Code >> 18));
        SerialByte((UCHAR)(0x80 | (Code >> 12 & 0x3F)));
        SerialByte((UCHAR)(0x80 | (Code >> 6 & 0x3F)));
        SerialByte((UCHAR)(0x80 | (Code & 0x3F)));
    }
}

/* A high surrogate waits for its other half, which may come with the next request. */
void ConSerialPut(const WCHAR *Text, ULONG Length)
{
    for (ULONG Index = 0; Index < Length; Index++) {
        WCHAR C = Text[Index];
        if (C >= 0xD800 && C < 0xDC00) {
            SerialHighSurrogate = C;
        } else if (C >= 0xDC00 && C < 0xE000) {
            SerialCodePoint(SerialHighSurrogate != 0 ? 0x10000u + ((ULONG)(SerialHighSurrogate - 0xD800) << 10) + (C - 0xDC00) : 0xFFFD);
            SerialHighSurrogate = 0;
        } else {
            SerialCodePoint(C);
        }
    }
}

void ConSerialAscii(const char *Text)
{
    while (*Text != 0) {
        SerialByte((UCHAR)*Text++);
    }
}

static void SerialNumber(ULONG Value)
{
    if (Value >= 10) {
        SerialNumber(Value / 10);
    }
    SerialByte((UCHAR)('0' + Value % 10));
}

/* Each # in Format is a number: A, then B. */
void ConSerialSequence(const char *Format, ULONG A, ULONG B)
{
    for (; *Format != 0; Format++) {
        if (*Format == '#') {
            SerialNumber(A);
            A = B;
        } else {
            SerialByte((UCHAR)*Format);
        }
    }
}

void ConSerialAttributes(USHORT Attributes)
{
    static const UCHAR Ansi[8] = {0, 4, 2, 6, 1, 5, 3, 7};
    ULONG Fore = Ansi[Attributes & 7] + ((Attributes & 8) != 0 ? 90u : 30u), Back = Ansi[Attributes >> 4 & 7] + ((Attributes & 0x80) != 0 ? 100u : 40u);
    ConSerialAscii("\x1b[0");
    if ((Attributes & 0xFF) != CON_DEFAULT_ATTRIBUTES) {
        ConSerialSequence(";#;#", Fore, Back);
    }
    ConSerialAscii((Attributes & 0x4000) != 0 ? ";7" : "");
    ConSerialAscii((Attributes & 0x8000) != 0 ? ";4m" : "m");
}

/* ---- in -------------------------------------------------------------------------------------------------
 * ---------------------------- */

typedef struct _SERIAL_INPUT
{
    HANDLE Handle;
    UCHAR Bytes[256];
    ULONG Length, At;
    BOOLEAN LastWasReturn;
    CON_DECODER Decoder;
} SERIAL_INPUT;

static SERIAL_INPUT SerialIn;

static BOOLEAN SerialFill(void)
{
    IO_STATUS_BLOCK Iosb;
    NTSTATUS Status = ZwReadFile(SerialIn.Handle, NULL, NULL, NULL, &Iosb, SerialIn.Bytes, sizeof(SerialIn.Bytes), NULL, NULL);
    SerialIn.At = 0;
    SerialIn.Length = NT_SUCCESS(Status) ? (ULONG)Iosb.Information : 0;
    return NT_SUCCESS(Status);
}

/* The next byte of a sequence, or -1 after 20 ms without one. */
static int SerialNextOfSequence(void)
{
    if (SerialIn.At == SerialIn.Length) {
        LARGE_INTEGER Pause = {.QuadPart = -200000};
        SERIAL_STATUS Status;
        IO_STATUS_BLOCK Iosb;
        KeDelayExecutionThread(KernelMode, FALSE, &Pause);
        if (!NT_SUCCESS(ZwDeviceIoControlFile(SerialIn.Handle, NULL, NULL, NULL, &Iosb, IOCTL_SERIAL_GET_COMMSTATUS, NULL, 0, &Status, sizeof(Status))) ||
            Status.AmountInInQueue == 0 || !SerialFill() || SerialIn.Length == 0) {
            return -1;
        }
    }
    return SerialIn.Bytes[SerialIn.At++];
}

static void SerialKey(USHORT VirtualKey, WCHAR Character, ULONG State)
{
    ConLockAcquire();
    ConKey(VirtualKey, 0, Character, State, TRUE);
    ConKey(VirtualKey, 0, Character, State, FALSE);
    ConServe();
    ConLockRelease();
}

static ULONG SerialModifiers(ULONG Parameter)
{
    ULONG Bits = Parameter != 0 ? Parameter - 1 : 0;
    return ((Bits & 1) != 0 ? CON_SHIFT : 0) | ((Bits & 2) != 0 ? CON_LEFT_ALT : 0) | ((Bits & 4) != 0 ? CON_LEFT_CTRL : 0);
}

/* ESC [ n ~ */
static USHORT SerialTildeKey(ULONG N)
{
    static const UCHAR Keys[25] = {0, VK_HOME, VK_INSERT, VK_DELETE, VK_END, VK_PRIOR, VK_NEXT, VK_HOME, VK_END, 0, 0, VK_F1, VK_F1 + 1, VK_F1 + 2,
                                   VK_F1 + 3, VK_F1 + 4, 0, VK_F1 + 5, VK_F1 + 6, VK_F1 + 7, VK_F1 + 8, VK_F1 + 9, 0, VK_F1 + 10, VK_F1 + 11};
    return N < sizeof(Keys) ? Keys[N] : 0;
}

static USHORT SerialLetterKey(int C)
{
    switch (C) {
    case 'A': return VK_UP;
    case 'B': return VK_DOWN;
    case 'C': return VK_RIGHT;
    case 'D': return VK_LEFT;
    case 'H': return VK_HOME;
    case 'F': return VK_END;
    case 'P':
    case 'Q':
    case 'R':
    case 'S': return (USHORT)(VK_F1 + (C - 'P'));
    default: return 0;
    }
}

/* Of a report ESC [ < code ; column ; row; C ends it.  Who reads sequences gets it as it is. */
static void SerialMouse(const ULONG *Parameter, int C)
{
    if (C != 'M' && C != 'm') {
        return;
    }
    ConLockAcquire();
    if ((Con.InputMode & ENABLE_VIRTUAL_TERMINAL_INPUT) != 0) {
        char Text[40];
        (void)_snprintf(Text, sizeof(Text), "\x1b[<%lu;%lu;%lu%c", Parameter[0], Parameter[1], Parameter[2], C);
        for (const char *At = Text; *At != 0; At++) {
            ConKey(0, 0, (UCHAR)*At, 0, TRUE);
        }
    } else {
        ConMouse(Parameter[0], (SHORT)Parameter[1], (SHORT)Parameter[2], C == 'M');
    }
    ConServe();
    ConLockRelease();
}

static void SerialEscape(void)
{
    ULONG Parameter[3] = {0, 0, 0}, Index = 0;
    int C = SerialNextOfSequence();
    BOOLEAN Mouse = FALSE;
    USHORT Key;
    if (C < 0) {
        SerialKey(VK_ESCAPE, 27, 0);
        return;
    }
    if (C != '[' && C != 'O') {
        ULONG State = 0;
        USHORT VirtualKey = ConVirtualKeyOf((WCHAR)C, &State);
        SerialKey(VirtualKey, (WCHAR)C, State | CON_LEFT_ALT);
        return;
    }
    while ((C = SerialNextOfSequence()) >= 0 && ((C >= '0' && C <= '9') || C == ';' || (C == '<' && !Mouse))) {
        if (C == '<') {
            Mouse = TRUE;
        } else if (C == ';') {
            Index = min(Index + 1, RTL_NUMBER_OF(Parameter) - 1);
        } else if (Parameter[Index] < 1000) {
            Parameter[Index] = Parameter[Index] * 10 + (ULONG)(C - '0');
        }
    }
    if (Mouse) {
        SerialMouse(Parameter, C);
        return;
    }
    if (C == 't' && Parameter[0] == 8) { /* the answer to CSI 18 t: rows, columns */
        ConLockAcquire();
        ConTerminalSize((SHORT)Parameter[2], (SHORT)Parameter[1]);
        ConServe();
        ConLockRelease();
        return;
    }
    Key = C == '~' ? SerialTildeKey(Parameter[0]) : SerialLetterKey(C);
    if (Key != 0) {
        SerialKey(Key, 0, SerialModifiers(Parameter[1]) | CON_ENHANCED);
    }
}

static void SerialCharacter(WCHAR C)
{
    ULONG State = 0;
    USHORT Key;
    if (C == L'\n' && SerialIn.LastWasReturn) {
        SerialIn.LastWasReturn = FALSE; /* CR LF is one Enter */
        return;
    }
    SerialIn.LastWasReturn = C == L'\r';
    if (C == L'\r' || C == L'\n') {
        SerialKey(VK_RETURN, L'\r', 0);
    } else if (C == 127 || C == 8) {
        SerialKey(VK_BACK, 8, 0);
    } else if (C == 9) {
        SerialKey(VK_TAB, 9, 0);
    } else if (C == 0) {
        SerialKey(VK_SPACE, L' ', CON_LEFT_CTRL);
    } else if (C < 27) {
        SerialKey((USHORT)(C + 64), C, CON_LEFT_CTRL);
    } else {
        Key = ConVirtualKeyOf(C, &State);
        SerialKey(Key, C, State);
    }
}

static VOID NTAPI SerialThread(PVOID Unused)
{
    (void)Unused;
    for (;;) {
        UCHAR Byte;
        WCHAR Text[2];
        ULONG Count;
        if (SerialIn.At == SerialIn.Length) {
            if (!SerialFill()) {
                break;
            }
            continue;
        }
        Byte = SerialIn.Bytes[SerialIn.At++];
        if (Byte == 27) {
            SerialEscape();
            continue;
        }
        Count = ConDecode(65001, &SerialIn.Decoder, &Byte, 1, Text);
        for (ULONG Index = 0; Index < Count; Index++) {
            SerialCharacter(Text[Index]);
        }
    }
    ZwClose(SerialIn.Handle);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS SerialOpen(HANDLE *Handle)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Serial0");
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    return ZwOpenFile(Handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &Attributes, &Iosb, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_SYNCHRONOUS_IO_NONALERT);
}

void ConSerialStart(void)
{
    HANDLE Thread;
    if (!NT_SUCCESS(SerialOpen(&SerialWriteHandle))) {
        SerialWriteHandle = NULL;
        return;
    }
    if (!NT_SUCCESS(SerialOpen(&SerialIn.Handle))) {
        return;
    }
    if (NT_SUCCESS(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, SerialThread, NULL))) {
        ZwClose(Thread);
    }
}
