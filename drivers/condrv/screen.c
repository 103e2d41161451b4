/* SPDX-License-Identifier: MIT */
/*
 * screen.c - screen buffers: rows of cells, and the window through which one of them is seen.
 *
 * The first buffer is there from the beginning and stays; others belong to who holds a handle to them.  One is shown.  When the last handle to the
 * shown one goes, the first is shown again.  The window follows the cursor; at first it is as large as the buffer.
 */
#include "con.h"

#define MAX_SIDE 9999

static CON_SCREEN ScreenFirst;
CON_SCREEN *ConScreen = &ScreenFirst, *ConShown = &ScreenFirst;
CON_STATE Con;

/* ---- cells --------------------------------------------------------------------------------------------------------------------------- */

void ConPutCell(SHORT X, SHORT Y, WCHAR Character, USHORT Attributes)
{
    ConRow(Y)[X] = (CON_CELL){Character, Attributes};
    ConScreen->RowChanged[Y] = TRUE;
}

void ConClearCells(SHORT X, SHORT Y, LONG Count)
{
    while (Count-- > 0 && Y < ConScreen->Rows) {
        ConPutCell(X, Y, L' ', ConScreen->Attributes);
        if (++X == ConScreen->Columns) {
            X = 0;
            Y++;
        }
    }
}

void ConScrollRegion(SHORT Top, SHORT Bottom, SHORT Lines)
{
    SHORT Height = Bottom - Top + 1;
    SHORT Count = Lines < 0 ? -Lines : Lines;
    SIZE_T RowSize = sizeof(CON_CELL) * (SIZE_T)ConScreen->Columns;
    Count = min(Count, Height);
    if (Lines > 0) {
        RtlMoveMemory(ConRow(Top), ConRow(Top + Count), RowSize * (SIZE_T)(Height - Count));
        ConClearCells(0, Bottom - Count + 1, (LONG)Count * ConScreen->Columns);
    } else {
        RtlMoveMemory(ConRow(Top + Count), ConRow(Top), RowSize * (SIZE_T)(Height - Count));
        ConClearCells(0, Top, (LONG)Count * ConScreen->Columns);
    }
    for (SHORT Row = Top; Row <= Bottom; Row++) {
        ConScreen->RowChanged[Row] = TRUE;
    }
}

void ConLineFeed(void)
{
    if (ConScreen->Y == ConScreen->ScrollBottom) {
        ConScrollRegion(ConScreen->ScrollTop, ConScreen->ScrollBottom, 1);
    } else if (ConScreen->Y < ConScreen->Rows - 1) {
        ConScreen->Y++;
    }
}

void ConReverseLineFeed(void)
{
    if (ConScreen->Y == ConScreen->ScrollTop) {
        ConScrollRegion(ConScreen->ScrollTop, ConScreen->ScrollBottom, -1);
    } else if (ConScreen->Y > 0) {
        ConScreen->Y--;
    }
}

void ConMoveTo(SHORT X, SHORT Y)
{
    ConScreen->X = max(0, min(X, ConScreen->Columns - 1));
    ConScreen->Y = max(0, min(Y, ConScreen->Rows - 1));
}

/* ---- window -------------------------------------------------------------------------------------------------------------------------- */

static void ScreenShift(SHORT Columns, SHORT Rows)
{
    CONDRV_RECT *Window = &ConScreen->Window;
    *Window = (CONDRV_RECT){Window->Left + Columns, Window->Top + Rows, Window->Right + Columns, Window->Bottom + Rows};
    Con.Redraw = TRUE;
}

/* Only when it has moved: a window may be put where the cursor is not. */
void ConFollowCursor(void)
{
    const CONDRV_RECT *Window = &ConScreen->Window;
    SHORT X = min(ConScreen->X, ConScreen->Columns - 1), Y = ConScreen->Y;
    if (X == ConScreen->FollowedX && Y == ConScreen->FollowedY) {
        return;
    }
    ConScreen->FollowedX = X;
    ConScreen->FollowedY = Y;
    SHORT Right = X > Window->Right ? X - Window->Right : X < Window->Left ? X - Window->Left : 0;
    SHORT Down = Y > Window->Bottom ? Y - Window->Bottom : Y < Window->Top ? Y - Window->Top : 0;
    if (Right != 0 || Down != 0) {
        ScreenShift(Right, Down);
    }
}

NTSTATUS ConSetWindow(const CONDRV_RECT *Window)
{
    if (Window->Left < 0 || Window->Top < 0 || Window->Right < Window->Left || Window->Bottom < Window->Top || Window->Right >= ConScreen->Columns ||
        Window->Bottom >= ConScreen->Rows || Window->Right - Window->Left >= Con.LargestColumns || Window->Bottom - Window->Top >= Con.LargestRows) {
        return STATUS_INVALID_PARAMETER;
    }
    ConScreen->Window = *Window;
    Con.Redraw = TRUE;
    return STATUS_SUCCESS;
}

/* ---- size ---------------------------------------------------------------------------------------------------------------------------- */

/* New cells, with as much of the old as fits. */
static NTSTATUS ScreenResize(CON_SCREEN *Screen, SHORT Columns, SHORT Rows)
{
    SIZE_T Count = (SIZE_T)Columns * (SIZE_T)Rows;
    CON_CELL *Cells = ExAllocatePoolWithTag(PagedPool, Count * sizeof(CON_CELL), CON_TAG);
    BOOLEAN *RowChanged = ExAllocatePoolWithTag(PagedPool, (SIZE_T)Rows, CON_TAG);
    if (Cells == NULL || RowChanged == NULL) {
        if (Cells != NULL) {
            ExFreePoolWithTag(Cells, CON_TAG);
        }
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (SHORT Y = 0; Y < Rows; Y++) {
        for (SHORT X = 0; X < Columns; X++) {
            BOOLEAN Old = Screen->Cells != NULL && X < Screen->Columns && Y < Screen->Rows;
            Cells[(SIZE_T)Y * (SIZE_T)Columns + (SIZE_T)X] = Old ? Screen->Cells[(SIZE_T)Y * (SIZE_T)Screen->Columns + (SIZE_T)X]
                                                                 : (CON_CELL){L' ', Screen->Attributes};
        }
        RowChanged[Y] = TRUE;
    }
    if (Screen->Cells != NULL) {
        ExFreePoolWithTag(Screen->Cells, CON_TAG);
        ExFreePoolWithTag(Screen->RowChanged, CON_TAG);
    }
    Screen->Cells = Cells;
    Screen->RowChanged = RowChanged;
    Screen->Columns = Columns;
    Screen->Rows = Rows;
    Screen->ScrollTop = 0;
    Screen->ScrollBottom = Rows - 1;
    Screen->X = min(Screen->X, Columns - 1);
    Screen->Y = min(Screen->Y, Rows - 1);
    Con.Redraw = TRUE;
    return STATUS_SUCCESS;
}

/* The window stays, if need be further up and to the left: the buffer is never smaller. */
NTSTATUS ConSetBufferSize(SHORT Columns, SHORT Rows)
{
    CONDRV_RECT *Window = &ConScreen->Window;
    NTSTATUS Status;
    if (Columns <= Window->Right - Window->Left || Rows <= Window->Bottom - Window->Top || Columns > MAX_SIDE || Rows > MAX_SIDE) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Columns == ConScreen->Columns && Rows == ConScreen->Rows) {
        return STATUS_SUCCESS;
    }
    Status = ScreenResize(ConScreen, Columns, Rows);
    if (NT_SUCCESS(Status)) {
        ScreenShift(min(0, Columns - 1 - Window->Right), min(0, Rows - 1 - Window->Bottom));
        if (ConScreen == ConShown) {
            ConSizeChanged(Columns, Rows);
        }
    }
    return Status;
}

/* The terminal told its size: buffer and window of what is shown become as large. */
void ConTerminalSize(SHORT Columns, SHORT Rows)
{
    if (Con.Framed || Columns < 20 || Rows < 5 || Columns > Con.LargestColumns || Rows > Con.LargestRows) {
        return;
    }
    ConScreen->Window = (CONDRV_RECT){0, 0, 0, 0};
    (void)ConSetBufferSize(Columns, Rows);
    ConScreen->Window = (CONDRV_RECT){0, 0, ConScreen->Columns - 1, ConScreen->Rows - 1};
}

/* ---- buffers ------------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS ScreenInit(CON_SCREEN *Screen, SHORT Columns, SHORT Rows)
{
    Screen->Attributes = CON_DEFAULT_ATTRIBUTES;
    Screen->CursorSize = 25;
    Screen->CursorVisible = TRUE;
    Screen->OutputMode = ENABLE_PROCESSED_OUTPUT | ENABLE_WRAP_AT_EOL_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING;
    Screen->Window = (CONDRV_RECT){0, 0, Columns - 1, Rows - 1};
    return ScreenResize(Screen, Columns, Rows);
}

NTSTATUS ConScreenInit(SHORT Columns, SHORT Rows)
{
    return ScreenInit(&ScreenFirst, Columns, Rows);
}

/* As large as the window of what is shown. */
CON_SCREEN *ConCreateScreen(void)
{
    const CONDRV_RECT *Window = &ConShown->Window;
    CON_SCREEN *Screen = ExAllocatePoolWithTag(PagedPool, sizeof(*Screen), CON_TAG);
    if (Screen == NULL) {
        return NULL;
    }
    RtlZeroMemory(Screen, sizeof(*Screen));
    if (!NT_SUCCESS(ScreenInit(Screen, Window->Right - Window->Left + 1, Window->Bottom - Window->Top + 1))) {
        ExFreePoolWithTag(Screen, CON_TAG);
        return NULL;
    }
    return Screen;
}

void ConSelectScreen(CON_SCREEN *Screen)
{
    if (ConScreen != Screen) {
        ConScreen = Screen;
        ConVtReset();
    }
}

void ConShowScreen(CON_SCREEN *Screen)
{
    ConShown = Screen;
    ConSelectScreen(Screen);
    Con.Redraw = TRUE;
    ConShowAll();
}

void ConReleaseScreen(CON_SCREEN *Screen)
{
    if (--Screen->Handles != 0 || Screen == &ScreenFirst) {
        return;
    }
    if (Screen == ConShown) {
        ConShowScreen(&ScreenFirst);
    }
    ExFreePoolWithTag(Screen->Cells, CON_TAG);
    ExFreePoolWithTag(Screen->RowChanged, CON_TAG);
    ExFreePoolWithTag(Screen, CON_TAG);
}
