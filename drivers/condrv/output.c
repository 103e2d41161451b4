/* SPDX-License-Identifier: MIT */
/*
 * output.c - output requests: text, and the screen buffer calls, which reach the terminal as VT sequences.
 */
#include "con.h"

static CON_DECODER OutputDecoder;

void ConOutputDone(void)
{
    ConSerialFlush();
    ConFrameRefresh();
}

/* IRP_MJ_WRITE: bytes of the output code page. */
NTSTATUS ConWriteRequest(PIRP Irp)
{
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    const UCHAR *Bytes = Irp->AssociatedIrp.SystemBuffer;
    WCHAR Text[256];
    ConLockAcquire();
    for (ULONG At = 0; At < Length;) {
        ULONG Part = min(Length - At, RTL_NUMBER_OF(Text) / 2);
        ConWriteText(Text, ConDecode(Con.OutputCodePage, &OutputDecoder, Bytes + At, Part, Text));
        At += Part;
    }
    ConOutputDone();
    ConLockRelease();
    return ConComplete(Irp, STATUS_SUCCESS, Length);
}

static void OutputShowCursor(void)
{
    ConSerialSequence("\x1b[#;#H", (ULONG)Con.Y + 1, (ULONG)min(Con.X, Con.Columns - 1) + 1);
}

/* Shows a range of cells on the terminal: position, colours as they change, characters; then back to where
 * the cursor was. */
static void OutputShowCells(LONG From, LONG Count)
{
    USHORT Attributes = 0xFFFF;
    for (LONG At = From; At < From + Count; At++) {
        SHORT X = (SHORT)(At % Con.Columns), Y = (SHORT)(At / Con.Columns);
        CON_CELL Cell = ConCells[Y][X];
        if (At == From || X == 0) {
            ConSerialSequence("\x1b[#;#H", (ULONG)Y + 1, (ULONG)X + 1);
        }
        if (Cell.Attributes != Attributes) {
            ConSerialAttributes(Cell.Attributes);
            Attributes = Cell.Attributes;
        }
        ConSerialPut(&Cell.Character, 1);
    }
    ConSerialAttributes(Con.Attributes);
    OutputShowCursor();
}

/* Whether the whole screen is blank in the default colours: then one sequence says it. */
static BOOLEAN OutputIsBlank(void)
{
    for (SHORT Y = 0; Y < Con.Rows; Y++) {
        for (SHORT X = 0; X < Con.Columns; X++) {
            if (ConCells[Y][X].Character != L' ' || (ConCells[Y][X].Attributes & 0xF0) != 0) {
                return FALSE;
            }
        }
    }
    return TRUE;
}

static void OutputShow(LONG From, LONG Count)
{
    if (Count >= (LONG)Con.Columns * Con.Rows / 2 && OutputIsBlank()) {
        ConSerialAscii("\x1b[2J");
        OutputShowCursor();
    } else if (Count > 0) {
        OutputShowCells(From, Count);
    }
}

/* The run's first cell and its length cut at the end of the buffer; -1: it begins outside. */
static LONG OutputClip(const CONDRV_OUTPUT_RUN *Run, LONG *Count)
{
    LONG All = (LONG)Con.Columns * Con.Rows, From = (LONG)Run->Start.Y * Con.Columns + Run->Start.X;
    if (Run->Start.X < 0 || Run->Start.Y < 0 || Run->Start.X >= Con.Columns || Run->Start.Y >= Con.Rows || Run->Type < CONDRV_CHARACTERS ||
        Run->Type > CONDRV_CELLS) {
        return -1;
    }
    *Count = (LONG)min(Run->Length, (ULONG)(All - From));
    return From;
}

static CON_CELL *OutputCell(LONG At)
{
    ConRowChanged[At / Con.Columns] = TRUE;
    return &ConCells[At / Con.Columns][At % Con.Columns];
}

static NTSTATUS OutputFill(PIRP Irp, const CONDRV_OUTPUT_RUN *Run, ULONG OutLength)
{
    LONG Count, From = OutputClip(Run, &Count);
    if (From < 0) {
        return STATUS_INVALID_PARAMETER;
    }
    for (LONG At = From; At < From + Count; At++) {
        CON_CELL *Cell = OutputCell(At);
        Cell->Character = (Run->Type & CONDRV_CHARACTERS) != 0 ? Run->Character : Cell->Character;
        Cell->Attributes = (Run->Type & CONDRV_ATTRIBUTES) != 0 ? Run->Attributes : Cell->Attributes;
    }
    OutputShow(From, Count);
    if (OutLength >= sizeof(ULONG)) {
        *(ULONG *)Irp->AssociatedIrp.SystemBuffer = (ULONG)Count;
        Irp->IoStatus.Information = sizeof(ULONG);
    }
    return STATUS_SUCCESS;
}

static ULONG OutputElementSize(USHORT Type)
{
    return Type == CONDRV_CELLS ? sizeof(CON_CELL) : sizeof(USHORT);
}

static NTSTATUS OutputRead(PIRP Irp, const CONDRV_OUTPUT_RUN *Request, ULONG OutLength)
{
    CONDRV_OUTPUT_RUN Run = *Request; /* the buffer is also the result's */
    USHORT *Result = Irp->AssociatedIrp.SystemBuffer;
    LONG Count, From = OutputClip(&Run, &Count);
    if (From < 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Count = min(Count, (LONG)(OutLength / OutputElementSize(Run.Type)));
    for (LONG At = From; At < From + Count; At++) {
        CON_CELL Cell = ConCells[At / Con.Columns][At % Con.Columns];
        if ((Run.Type & CONDRV_CHARACTERS) != 0) {
            *Result++ = Cell.Character;
        }
        if ((Run.Type & CONDRV_ATTRIBUTES) != 0) {
            *Result++ = Cell.Attributes;
        }
    }
    Irp->IoStatus.Information = (ULONG)Count * OutputElementSize(Run.Type);
    return STATUS_SUCCESS;
}

static NTSTATUS OutputWrite(PIRP Irp, const CONDRV_OUTPUT_RUN *Run, ULONG InLength, ULONG OutLength)
{
    const USHORT *Data = (const USHORT *)(Run + 1);
    LONG Count, From = OutputClip(Run, &Count);
    if (From < 0 || (InLength - sizeof(*Run)) / OutputElementSize(Run->Type) < Run->Length) {
        return STATUS_INVALID_PARAMETER;
    }
    for (LONG At = From; At < From + Count; At++) {
        CON_CELL *Cell = OutputCell(At);
        if ((Run->Type & CONDRV_CHARACTERS) != 0) {
            Cell->Character = *Data++;
        }
        if ((Run->Type & CONDRV_ATTRIBUTES) != 0) {
            Cell->Attributes = *Data++;
        }
    }
    OutputShow(From, Count);
    if (OutLength >= sizeof(ULONG)) {
        *(ULONG *)Irp->AssociatedIrp.SystemBuffer = (ULONG)Count;
        Irp->IoStatus.Information = sizeof(ULONG);
    }
    return STATUS_SUCCESS;
}

static BOOLEAN OutputInside(const CONDRV_SCROLL *Scroll, LONG X, LONG Y)
{
    return X >= 0 && Y >= 0 && X < Con.Columns && Y < Con.Rows &&
           (!Scroll->UseClip || (X >= Scroll->Clip.Left && X <= Scroll->Clip.Right && Y >= Scroll->Clip.Top && Y <= Scroll->Clip.Bottom));
}

static BOOLEAN OutputInSource(const CONDRV_SCROLL *Scroll, LONG X, LONG Y)
{
    return X >= Scroll->Source.Left && X <= Scroll->Source.Right && Y >= Scroll->Source.Top && Y <= Scroll->Source.Bottom;
}

/* Moves a rectangle: from the end that does not overwrite what is still to be moved; what it leaves is
 * filled. */
static NTSTATUS OutputScroll(const CONDRV_SCROLL *Scroll)
{
    LONG Dx = Scroll->Destination.X - Scroll->Source.Left, Dy = Scroll->Destination.Y - Scroll->Source.Top;
    BOOLEAN Backwards = Dy > 0 || (Dy == 0 && Dx > 0);
    LONG All = (LONG)Con.Columns * Con.Rows;
    for (LONG N = 0; N < All; N++) {
        LONG At = Backwards ? All - 1 - N : N, X = At % Con.Columns, Y = At / Con.Columns;
        if (!OutputInside(Scroll, X, Y)) {
            continue;
        }
        if (OutputInSource(Scroll, X - Dx, Y - Dy) && X - Dx >= 0 && Y - Dy >= 0 && X - Dx < Con.Columns && Y - Dy < Con.Rows) {
            *OutputCell(At) = ConCells[Y - Dy][X - Dx];
        } else if (OutputInSource(Scroll, X, Y)) {
            *OutputCell(At) = (CON_CELL){Scroll->Character, Scroll->Attributes};
        }
    }
    OutputShow(0, All);
    return STATUS_SUCCESS;
}

static void OutputInformation(CONDRV_SCREEN_BUFFER_INFO *Info)
{
    static const ULONG Colors[16] = {0x000000, 0xC06020, 0x40A020, 0xA0A020, 0x3030C0, 0xA040A0, 0x2080B0, 0xC8C8C8,
                                     0x606060, 0xFF9060, 0x70E060, 0xE0E060, 0x6060FF, 0xE080E0, 0x70E0F0, 0xFFFFFF};
    RtlZeroMemory(Info, sizeof(*Info));
    Info->Size = Info->MaximumWindowSize = (CONDRV_COORD){Con.Columns, Con.Rows};
    Info->CursorPosition = (CONDRV_COORD){min(Con.X, Con.Columns - 1), Con.Y};
    Info->Attributes = Con.Attributes;
    Info->PopupAttributes = 0xF5;
    Info->Window = (CONDRV_RECT){0, 0, Con.Columns - 1, Con.Rows - 1};
    RtlCopyMemory(Info->ColorTable, Colors, sizeof(Colors));
}

static NTSTATUS OutputSetPosition(CONDRV_COORD Position)
{
    if (Position.X < 0 || Position.Y < 0 || Position.X >= Con.Columns || Position.Y >= Con.Rows) {
        return STATUS_INVALID_PARAMETER;
    }
    ConMoveTo(Position.X, Position.Y);
    OutputShowCursor();
    return STATUS_SUCCESS;
}

static NTSTATUS OutputSetCursor(const CONDRV_CURSOR_INFO *Cursor)
{
    if (Cursor->Size < 1 || Cursor->Size > 100) {
        return STATUS_INVALID_PARAMETER;
    }
    Con.CursorSize = Cursor->Size;
    Con.CursorVisible = Cursor->Visible != 0;
    ConSerialAscii(Con.CursorVisible ? "\x1b[?25h" : "\x1b[?25l");
    return STATUS_SUCCESS;
}

#define NEED_IN(type)                                                                                                                            \
    do {                                                                                                                                         \
        if (InLength < sizeof(type)) {                                                                                                           \
            return STATUS_INVALID_PARAMETER;                                                                                                     \
        }                                                                                                                                        \
    } while (0)
#define NEED_OUT(type)                                                                                                                           \
    do {                                                                                                                                         \
        if (OutLength < sizeof(type)) {                                                                                                          \
            return STATUS_BUFFER_TOO_SMALL;                                                                                                      \
        }                                                                                                                                        \
        Irp->IoStatus.Information = sizeof(type);                                                                                                \
    } while (0)

/* ConLock held.  Sets Irp->IoStatus.Information; the caller completes. */
NTSTATUS ConOutputControl(PIRP Irp, ULONG Code, PVOID Buffer, ULONG InLength, ULONG OutLength)
{
    switch (Code) {
    case IOCTL_CONDRV_WRITE_CONSOLE_W:
        ConWriteText(Buffer, InLength / sizeof(WCHAR));
        Irp->IoStatus.Information = OutLength != 0 ? 0 : InLength;
        return STATUS_SUCCESS;
    case IOCTL_CONDRV_GET_SCREEN_BUFFER_INFO:
        NEED_OUT(CONDRV_SCREEN_BUFFER_INFO);
        OutputInformation(Buffer);
        return STATUS_SUCCESS;
    case IOCTL_CONDRV_SET_CURSOR_POSITION:
        NEED_IN(CONDRV_COORD);
        return OutputSetPosition(*(CONDRV_COORD *)Buffer);
    case IOCTL_CONDRV_SET_TEXT_ATTRIBUTE:
        NEED_IN(USHORT);
        Con.Attributes = *(USHORT *)Buffer;
        ConSerialAttributes(Con.Attributes);
        return STATUS_SUCCESS;
    case IOCTL_CONDRV_GET_CURSOR_INFO:
        NEED_OUT(CONDRV_CURSOR_INFO);
        *(CONDRV_CURSOR_INFO *)Buffer = (CONDRV_CURSOR_INFO){Con.CursorSize, Con.CursorVisible};
        return STATUS_SUCCESS;
    case IOCTL_CONDRV_SET_CURSOR_INFO:
        NEED_IN(CONDRV_CURSOR_INFO);
        return OutputSetCursor(Buffer);
    case IOCTL_CONDRV_FILL_OUTPUT:
        NEED_IN(CONDRV_OUTPUT_RUN);
        return OutputFill(Irp, Buffer, OutLength);
    case IOCTL_CONDRV_READ_OUTPUT:
        NEED_IN(CONDRV_OUTPUT_RUN);
        return OutputRead(Irp, Buffer, OutLength);
    case IOCTL_CONDRV_WRITE_OUTPUT:
        NEED_IN(CONDRV_OUTPUT_RUN);
        return OutputWrite(Irp, Buffer, InLength, OutLength);
    case IOCTL_CONDRV_SCROLL:
        NEED_IN(CONDRV_SCROLL);
        return OutputScroll(Buffer);
    case IOCTL_CONDRV_SET_SCREEN_BUFFER_SIZE:
        NEED_IN(CONDRV_COORD);
        return ((CONDRV_COORD *)Buffer)->X == Con.Columns && ((CONDRV_COORD *)Buffer)->Y == Con.Rows ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}
