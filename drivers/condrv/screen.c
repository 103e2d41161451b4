/* SPDX-License-Identifier: MIT */
/*
 * screen.c - the screen buffer: rows of cells, as large as the window.
 */
#include "con.h"

CON_STATE Con;
CON_CELL ConCells[CON_MAX_ROWS][CON_MAX_COLUMNS];
BOOLEAN ConRowChanged[CON_MAX_ROWS];

void ConScreenInit(SHORT Columns, SHORT Rows)
{
    Con.Columns = Columns;
    Con.Rows = Rows;
    Con.Attributes = CON_DEFAULT_ATTRIBUTES;
    Con.ScrollBottom = Rows - 1;
    Con.CursorSize = 25;
    Con.CursorVisible = TRUE;
    ConClearCells(0, 0, (LONG)Columns * Rows);
}

void ConPutCell(SHORT X, SHORT Y, WCHAR Character, USHORT Attributes)
{
    ConCells[Y][X] = (CON_CELL){Character, Attributes};
    ConRowChanged[Y] = TRUE;
}

void ConClearCells(SHORT X, SHORT Y, LONG Count)
{
    while (Count-- > 0 && Y < Con.Rows) {
        ConPutCell(X, Y, L' ', Con.Attributes);
        if (++X == Con.Columns) {
            X = 0;
            Y++;
        }
    }
}

void ConScrollRegion(SHORT Top, SHORT Bottom, SHORT Lines)
{
    SHORT Height = Bottom - Top + 1;
    SHORT Count = Lines < 0 ? -Lines : Lines;
    Count = min(Count, Height);
    if (Lines > 0) {
        RtlMoveMemory(ConCells[Top], ConCells[Top + Count], sizeof(ConCells[0]) * (Height - Count));
        ConClearCells(0, Bottom - Count + 1, (LONG)Count * Con.Columns);
    } else {
        RtlMoveMemory(ConCells[Top + Count], ConCells[Top], sizeof(ConCells[0]) * (Height - Count));
        ConClearCells(0, Top, (LONG)Count * Con.Columns);
    }
    for (SHORT Row = Top; Row <= Bottom; Row++) {
        ConRowChanged[Row] = TRUE;
    }
}

void ConLineFeed(void)
{
    if (Con.Y == Con.ScrollBottom) {
        ConScrollRegion(Con.ScrollTop, Con.ScrollBottom, 1);
    } else if (Con.Y < Con.Rows - 1) {
        Con.Y++;
    }
}

void ConReverseLineFeed(void)
{
    if (Con.Y == Con.ScrollTop) {
        ConScrollRegion(Con.ScrollTop, Con.ScrollBottom, -1);
    } else if (Con.Y > 0) {
        Con.Y--;
    }
}

void ConMoveTo(SHORT X, SHORT Y)
{
    Con.X = max(0, min(X, Con.Columns - 1));
    Con.Y = max(0, min(Y, Con.Rows - 1));
}
