/* SPDX-License-Identifier: MIT */
/*
 * frame.c - the framebuffer: draws the cells that differ from what was drawn last, and the cursor.
 *
 * The picture is only ever written, never read back: reading write-combined memory is slow.
 */
#include "con.h"
#include "font8x16.h"

#define GLYPH_WIDTH 8
#define GLYPH_HEIGHT 16
#define SystemBootGraphicsInformation_ 126
#define PIXEL_R8G8B8X8 2u /* SYSTEM_PIXEL_FORMAT: red in the lowest byte */

typedef struct _FRAME_INFORMATION /* SYSTEM_BOOT_GRAPHICS_INFORMATION */
{
    LARGE_INTEGER FrameBuffer;
    ULONG Width, Height, PixelStride, Flags, Format, DisplayRotation;
} FRAME_INFORMATION;

NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(ULONG Class, PVOID Information, ULONG Length, PULONG ReturnLength);

static volatile ULONG *FrameBase; /* NULL: no framebuffer */
static ULONG FrameStride;
static CON_CELL FrameDrawn[CON_MAX_ROWS][CON_MAX_COLUMNS];
static SHORT FrameCursorX = -1, FrameCursorY;
static ULONG FrameColor[16] = {0x000000, 0x2060C0, 0x20A040, 0x20A0A0, 0xC03030, 0xA040A0, 0xB08020, 0xC8C8C8,
                               0x606060, 0x6090FF, 0x60E070, 0x60E0E0, 0xFF6060, 0xE080E0, 0xF0E070, 0xFFFFFF};

BOOLEAN ConFrameStart(SHORT *Columns, SHORT *Rows)
{
    FRAME_INFORMATION Information;
    PHYSICAL_ADDRESS Physical;
    ULONG Returned;
    *Columns = CON_DEFAULT_COLUMNS;
    *Rows = CON_DEFAULT_ROWS;
    if (!NT_SUCCESS(ZwQuerySystemInformation(SystemBootGraphicsInformation_, &Information, sizeof(Information), &Returned)) ||
        Information.FrameBuffer.QuadPart == 0 || Information.Width < 40 * GLYPH_WIDTH || Information.Height < 10 * GLYPH_HEIGHT) {
        return FALSE;
    }
    Physical.QuadPart = Information.FrameBuffer.QuadPart;
    FrameBase = MmMapIoSpace(Physical, (SIZE_T)Information.PixelStride * Information.Height * sizeof(ULONG), MmWriteCombined);
    if (FrameBase == NULL) {
        return FALSE;
    }
    FrameStride = Information.PixelStride;
    *Columns = (SHORT)min(Information.Width / GLYPH_WIDTH, CON_MAX_COLUMNS);
    *Rows = (SHORT)min(Information.Height / GLYPH_HEIGHT, CON_MAX_ROWS);
    if (Information.Format == PIXEL_R8G8B8X8) {
        for (ULONG Index = 0; Index < 16; Index++) {
            ULONG C = FrameColor[Index];
            FrameColor[Index] = (C & 0x00FF00) | (C & 0xFF) << 16 | C >> 16;
        }
    }
    return TRUE;
}

static const UCHAR *FrameGlyph(WCHAR Character)
{
    ULONG Low = 0, High = FontGlyphCount;
    while (Low < High) {
        ULONG Middle = (Low + High) / 2;
        if (FontCode[Middle] < Character) {
            Low = Middle + 1;
        } else {
            High = Middle;
        }
    }
    if (Low < FontGlyphCount && FontCode[Low] == Character) {
        return FontGlyph[Low];
    }
    return Character != L'?' ? FrameGlyph(Character != 0xFFFD ? 0xFFFD : L'?') : FontGlyph[0];
}

static void FrameDraw(SHORT X, SHORT Y, CON_CELL Cell, BOOLEAN Cursor)
{
    const UCHAR *Glyph = FrameGlyph(Cell.Character);
    USHORT A = Cell.Attributes;
    ULONG Fore = FrameColor[A & 15], Back = FrameColor[A >> 4 & 15];
    volatile ULONG *Line = FrameBase + (SIZE_T)Y * GLYPH_HEIGHT * FrameStride + X * GLYPH_WIDTH;
    ULONG CursorTop = GLYPH_HEIGHT - max(2u, ConScreen->CursorSize * GLYPH_HEIGHT / 100);
    if ((A & 0x4000) != 0) {
        ULONG Swap = Fore;
        Fore = Back;
        Back = Swap;
    }
    for (ULONG Row = 0; Row < GLYPH_HEIGHT; Row++, Line += FrameStride) {
        UCHAR Bits = Glyph[Row];
        if ((A & 0x8000) != 0 && Row == GLYPH_HEIGHT - 2) {
            Bits = 0xFF;
        }
        if (Cursor && Row >= CursorTop) {
            Bits = (UCHAR)~Bits;
        }
        for (ULONG Column = 0; Column < GLYPH_WIDTH; Column++) {
            Line[Column] = (Bits & (0x80u >> Column)) != 0 ? Fore : Back;
        }
    }
}

/* Row Y of the frame; what lies outside the window is blank. */
static void FrameDrawRow(SHORT Y)
{
    const CONDRV_RECT *Window = &ConScreen->Window;
    for (SHORT X = 0; X < Con.LargestColumns; X++) {
        BOOLEAN Seen = X <= Window->Right - Window->Left && Y <= Window->Bottom - Window->Top;
        CON_CELL Cell = Seen ? ConRow(Y + Window->Top)[X + Window->Left] : (CON_CELL){L' ', CON_DEFAULT_ATTRIBUTES};
        if (Cell.Character != FrameDrawn[Y][X].Character || Cell.Attributes != FrameDrawn[Y][X].Attributes) {
            FrameDrawn[Y][X] = Cell;
            FrameDraw(X, Y, Cell, FALSE);
        }
    }
}

static void FrameDrawChanged(void)
{
    const CONDRV_RECT *Window = &ConScreen->Window;
    for (SHORT Y = 0; Y < Con.LargestRows; Y++) {
        SHORT Row = Y + Window->Top;
        BOOLEAN Seen = Row <= Window->Bottom;
        if (Con.Redraw || (Seen && ConScreen->RowChanged[Row])) {
            FrameDrawRow(Y);
        }
        if (Seen) {
            ConScreen->RowChanged[Row] = FALSE;
        }
    }
    Con.Redraw = FALSE;
}

void ConFrameRefresh(void)
{
    SHORT X = ConScreen->CursorVisible ? min(ConScreen->X, ConScreen->Columns - 1) - ConScreen->Window.Left : -1;
    if (FrameBase == NULL || !Con.Taken || ConScreen != ConShown) {
        return;
    }
    if (FrameCursorX >= 0) { /* take the old cursor away: its cell is drawn again below or here */
        FrameDraw(FrameCursorX, FrameCursorY, FrameDrawn[FrameCursorY][FrameCursorX], FALSE);
    }
    FrameDrawChanged();
    FrameCursorX = X;
    FrameCursorY = ConScreen->Y - ConScreen->Window.Top;
    if (X < 0 || X >= Con.LargestColumns || FrameCursorY < 0 || FrameCursorY >= Con.LargestRows) {
        FrameCursorX = -1;
    } else {
        FrameDraw(X, FrameCursorY, FrameDrawn[FrameCursorY][X], TRUE);
    }
}
