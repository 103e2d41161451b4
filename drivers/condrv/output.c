/* SPDX-License-Identifier: MIT */
/*
 * output.c - output requests: text, and the screen buffer calls, which reach the terminal as VT sequences.
 */
#include "con.h"

static CON_DECODER OutputDecoder;

/* The lock is held from here to ConEndOutput.  Screen NULL: whatever is shown. */
void ConBeginOutput(CON_SCREEN *Screen)
{
    ConLockAcquire();
    ConSelectScreen(Screen != NULL ? Screen : ConShown);
}

void ConEndOutput(void)
{
    ConFollowCursor();
    ConSelectScreen(ConShown);
    ConOutputDone();
    ConLockRelease();
}

void ConOutputDone(void)
{
    ConFollowCursor();
    ConSerialFlush();
    ConFrameRefresh();
}

/* IRP_MJ_WRITE: bytes of the output code page. */
NTSTATUS ConWriteRequest(PIRP Irp)
{
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    const UCHAR *Bytes = Irp->AssociatedIrp.SystemBuffer;
    WCHAR Text[256];
    ConBeginOutput(((CON_HANDLE *)IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext)->Screen);
    for (ULONG At = 0; At < Length;) {
        ULONG Part = min(Length - At, RTL_NUMBER_OF(Text) / 2);
        ConWriteText(Text, ConDecode(Con.OutputCodePage, &OutputDecoder, Bytes + At, Part, Text));
        At += Part;
    }
    ConEndOutput();
    return ConComplete(Irp, STATUS_SUCCESS, Length);
}

static void OutputGoTo(LONG X, LONG Y)
{
    ConSerialSequence("\x1b[#;#H", (ULONG)(Y - ConScreen->Window.Top) + 1, (ULONG)(X - ConScreen->Window.Left) + 1);
}

static BOOLEAN OutputIsSeen(LONG X, LONG Y)
{
    const CONDRV_RECT *Window = &ConScreen->Window;
    return X >= Window->Left && X <= Window->Right && Y >= Window->Top && Y <= Window->Bottom;
}

static void OutputShowCursor(void)
{
    SHORT X = min(ConScreen->X, ConScreen->Columns - 1);
    ConFollowCursor();
    if (OutputIsSeen(X, ConScreen->Y)) {
        OutputGoTo(X, ConScreen->Y);
    }
}

/* Shows a range of cells on the terminal: position, colours as they change, characters; then back to where
 * the cursor was. */
static void OutputShowCells(LONG From, LONG Count)
{
    USHORT Attributes = 0xFFFF;
    for (LONG At = From; At < From + Count; At++) {
        SHORT X = (SHORT)(At % ConScreen->Columns), Y = (SHORT)(At / ConScreen->Columns);
        CON_CELL Cell = ConRow(Y)[X];
        if (!OutputIsSeen(X, Y)) {
            continue;
        }
        if (At == From || X == ConScreen->Window.Left) {
            OutputGoTo(X, Y);
        }
        if (Cell.Attributes != Attributes) {
            ConSerialAttributes(Cell.Attributes);
            Attributes = Cell.Attributes;
        }
        ConSerialPut(&Cell.Character, 1);
    }
    ConSerialAttributes(ConScreen->Attributes);
    OutputShowCursor();
}

/* Whether the whole screen is blank in the default colours: then one sequence says it. */
static BOOLEAN OutputIsBlank(void)
{
    for (SHORT Y = 0; Y < ConScreen->Rows; Y++) {
        for (SHORT X = 0; X < ConScreen->Columns; X++) {
            if (ConRow(Y)[X].Character != L' ' || (ConRow(Y)[X].Attributes & 0xF0) != 0) {
                return FALSE;
            }
        }
    }
    return TRUE;
}

static void OutputShow(LONG From, LONG Count)
{
    if (Count >= (LONG)ConScreen->Columns * ConScreen->Rows / 2 && OutputIsBlank()) {
        ConSerialAscii("\x1b[2J");
        OutputShowCursor();
    } else if (Count > 0) {
        OutputShowCells(From, Count);
    }
}

void ConShowAll(void)
{
    ConSerialAscii("\x1b[0m\x1b[2J");
    OutputShow(0, (LONG)ConScreen->Columns * ConScreen->Rows);
}

/* The run's first cell and its length cut at the end of the buffer; -1: it begins outside. */
static LONG OutputClip(const CONDRV_OUTPUT_RUN *Run, LONG *Count)
{
    LONG All = (LONG)ConScreen->Columns * ConScreen->Rows, From = (LONG)Run->Start.Y * ConScreen->Columns + Run->Start.X;
    *Count = 0;
    if (Run->Start.X < 0 || Run->Start.Y < 0 || Run->Start.X >= ConScreen->Columns || Run->Start.Y >= ConScreen->Rows || Run->Type < CONDRV_CHARACTERS ||
        Run->Type > CONDRV_CELLS) {
        return -1;
    }
    *Count = (LONG)min(Run->Length, (ULONG)(All - From));
    return From;
}

static CON_CELL *OutputCell(LONG At)
{
    ConScreen->RowChanged[At / ConScreen->Columns] = TRUE;
    return &ConRow(At / ConScreen->Columns)[At % ConScreen->Columns];
}

static NTSTATUS OutputFill(PIRP Irp, const CONDRV_OUTPUT_RUN *Run, ULONG OutLength)
{
    LONG Count, From = OutputClip(Run, &Count);
    if (From < 0) { /* begins outside: nothing is filled, and that is no failure */
        Count = From = 0;
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
        Count = From = 0;
    }
    Count = min(Count, (LONG)(OutLength / OutputElementSize(Run.Type)));
    for (LONG At = From; At < From + Count; At++) {
        CON_CELL Cell = ConRow(At / ConScreen->Columns)[At % ConScreen->Columns];
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
    return X >= 0 && Y >= 0 && X < ConScreen->Columns && Y < ConScreen->Rows &&
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
    LONG All = (LONG)ConScreen->Columns * ConScreen->Rows;
    for (LONG N = 0; N < All; N++) {
        LONG At = Backwards ? All - 1 - N : N, X = At % ConScreen->Columns, Y = At / ConScreen->Columns;
        if (!OutputInside(Scroll, X, Y)) {
            continue;
        }
        if (OutputInSource(Scroll, X - Dx, Y - Dy) && X - Dx >= 0 && Y - Dy >= 0 && X - Dx < ConScreen->Columns && Y - Dy < ConScreen->Rows) {
            *OutputCell(At) = ConRow(Y - Dy)[X - Dx];
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
    Info->Size = (CONDRV_COORD){ConScreen->Columns, ConScreen->Rows};
    Info->MaximumWindowSize = (CONDRV_COORD){min(ConScreen->Columns, Con.LargestColumns), min(ConScreen->Rows, Con.LargestRows)};
    Info->CursorPosition = (CONDRV_COORD){min(ConScreen->X, ConScreen->Columns - 1), ConScreen->Y};
    Info->Attributes = ConScreen->Attributes;
    Info->PopupAttributes = 0xF5;
    Info->Window = ConScreen->Window;
    RtlCopyMemory(Info->ColorTable, Colors, sizeof(Colors));
}

static NTSTATUS OutputSetPosition(CONDRV_COORD Position)
{
    if (Position.X < 0 || Position.Y < 0 || Position.X >= ConScreen->Columns || Position.Y >= ConScreen->Rows) {
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
    ConScreen->CursorSize = Cursor->Size;
    ConScreen->CursorVisible = Cursor->Visible != 0;
    ConSerialAscii(ConScreen->CursorVisible ? "\x1b[?25h" : "\x1b[?25l");
    return STATUS_SUCCESS;
}

/* The window shows other cells than before. */
static NTSTATUS OutputChanged(NTSTATUS Status)
{
    if (NT_SUCCESS(Status)) {
        ConShowAll();
    }
    return Status;
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
        ConScreen->Attributes = *(USHORT *)Buffer;
        ConSerialAttributes(ConScreen->Attributes);
        return STATUS_SUCCESS;
    case IOCTL_CONDRV_GET_CURSOR_INFO:
        NEED_OUT(CONDRV_CURSOR_INFO);
        *(CONDRV_CURSOR_INFO *)Buffer = (CONDRV_CURSOR_INFO){ConScreen->CursorSize, ConScreen->CursorVisible};
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
        return OutputChanged(ConSetBufferSize(((CONDRV_COORD *)Buffer)->X, ((CONDRV_COORD *)Buffer)->Y));
    case IOCTL_CONDRV_SET_WINDOW:
        NEED_IN(CONDRV_RECT);
        return OutputChanged(ConSetWindow(Buffer));
    case IOCTL_CONDRV_GET_LARGEST_WINDOW:
        NEED_OUT(CONDRV_COORD);
        *(CONDRV_COORD *)Buffer = (CONDRV_COORD){Con.LargestColumns, Con.LargestRows};
        return STATUS_SUCCESS;
    case IOCTL_CONDRV_SHOW_SCREEN:
        ConShowScreen(ConScreen);
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}
