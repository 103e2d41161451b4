/* SPDX-License-Identifier: MIT */
/*
 * edit.c - the line editor of cooked reads.
 *
 * Cursor keys, Home, End, Insert, Delete, Backspace, Esc (clears), Up and Down (history), Ctrl+Left and
 * Ctrl+Right (words), Ctrl+Home and Ctrl+End (cut).  The editor knows the screen only by relative moves
 * from where the cursor is, counted in cells, so it does not matter where on the screen the line began or
 * that it scrolled. After a character in the last column a blank and CR make screen buffer and terminal
 * wrap at once, so that both agree where the cursor is.
 */
#include "con.h"

static struct
{
    BOOLEAN Active;
    ULONG Length, Cursor, WakeupMask;
    WCHAR Line[CON_LINE + 4];
    ULONG HistoryCount, HistoryNext, HistoryAt; /* HistoryAt: how far back Up has gone */
    WCHAR *History[CON_HISTORY];                /* pool, terminated */
} Edit;

BOOLEAN ConEditActive(void)
{
    return Edit.Active;
}

const WCHAR *ConEditResult(ULONG *Length)
{
    *Length = Edit.Length;
    return Edit.Line;
}

void ConEditAbandon(void)
{
    Edit.Active = FALSE;
    Edit.Length = Edit.Cursor = 0;
}

static BOOLEAN EditEchoes(void)
{
    return (Con.InputMode & ENABLE_ECHO_INPUT) != 0;
}

/* Cells a character takes: a control character is shown as ^Z. */
static ULONG EditWidth(ULONG From, ULONG To)
{
    ULONG Cells = 0;
    for (; From < To; From++) {
        Cells += Edit.Line[From] < 32 ? 2 : 1;
    }
    return Cells;
}

static void EditPutCell(WCHAR Character)
{
    ConWriteText(&Character, 1);
    if (ConScreen->X >= ConScreen->Columns) {
        ConWriteText(L" \r", 2);
    }
}

static void EditPrint(ULONG From, ULONG To)
{
    for (; From < To; From++) {
        WCHAR C = Edit.Line[From];
        if (C < 32) {
            EditPutCell(L'^');
            C += 64;
        }
        EditPutCell(C);
    }
}

/* Moves the cursor back or forth by cells, over row ends. */
static void EditMove(LONG Cells)
{
    LONG Position = (LONG)ConScreen->Y * ConScreen->Columns + ConScreen->X + Cells;
    SHORT Y, X;
    if (Cells == 0 || !EditEchoes()) {
        return;
    }
    Position = max(0, min(Position, (LONG)ConScreen->Columns * ConScreen->Rows - 1));
    Y = (SHORT)(Position / ConScreen->Columns);
    X = (SHORT)(Position % ConScreen->Columns);
    if (Y != ConScreen->Y) {
        ConSerialSequence(Y < ConScreen->Y ? "\x1b[#A" : "\x1b[#B", (ULONG)(Y < ConScreen->Y ? ConScreen->Y - Y : Y - ConScreen->Y), 0);
    }
    if (X < ConScreen->X) {
        ConSerialSequence("\x1b[#D", (ULONG)(ConScreen->X - X), 0);
    } else if (X > ConScreen->X) {
        ConSerialSequence("\x1b[#C", (ULONG)(X - ConScreen->X), 0);
    }
    ConScreen->X = X;
    ConScreen->Y = Y;
}

static void EditGoTo(ULONG Position)
{
    if (Position < Edit.Cursor) {
        EditMove(-(LONG)EditWidth(Position, Edit.Cursor));
    } else {
        EditMove((LONG)EditWidth(Edit.Cursor, Position));
    }
    Edit.Cursor = Position;
}

/* Shows the line again from the cursor on, Vanished cells shorter than before, and comes back. */
static void EditRedraw(ULONG Vanished)
{
    LONG Cells;
    if (!EditEchoes()) {
        return;
    }
    Cells = (LONG)EditWidth(Edit.Cursor, Edit.Length) + (LONG)Vanished;
    EditPrint(Edit.Cursor, Edit.Length);
    while (Vanished-- != 0) {
        EditPutCell(L' ');
    }
    EditMove(-Cells);
}

static void EditInsert(WCHAR Character)
{
    if (Edit.Length >= CON_LINE) {
        return;
    }
    if ((Con.InputMode & ENABLE_INSERT_MODE) != 0 || Edit.Cursor == Edit.Length) {
        RtlMoveMemory(Edit.Line + Edit.Cursor + 1, Edit.Line + Edit.Cursor, (Edit.Length - Edit.Cursor) * sizeof(WCHAR));
        Edit.Length++;
    }
    Edit.Line[Edit.Cursor] = Character;
    if (EditEchoes()) {
        EditPrint(Edit.Cursor, Edit.Cursor + 1);
    }
    Edit.Cursor++;
    if (Edit.Cursor < Edit.Length) {
        EditRedraw(0);
    }
}

/* Removes [From, To); the cursor goes to From. */
static void EditCut(ULONG From, ULONG To)
{
    ULONG Cells = EditWidth(From, To);
    if (From >= To) {
        return;
    }
    EditGoTo(From);
    RtlMoveMemory(Edit.Line + From, Edit.Line + To, (Edit.Length - To) * sizeof(WCHAR));
    Edit.Length -= To - From;
    EditRedraw(Cells);
}

static void EditReplace(const WCHAR *Text, ULONG Length)
{
    ULONG Old = EditWidth(0, Edit.Length), New;
    EditGoTo(0);
    Edit.Length = min(Length, CON_LINE);
    RtlCopyMemory(Edit.Line, Text, Edit.Length * sizeof(WCHAR));
    New = EditWidth(0, Edit.Length);
    EditRedraw(Old > New ? Old - New : 0);
    EditGoTo(Edit.Length);
}

/* ---- history: a ring, newest at HistoryNext - 1
 * ---------------------------------------------------------------------------------------- */

static WCHAR **EditHistoryEntry(ULONG Back)
{
    return &Edit.History[(Edit.HistoryNext + CON_HISTORY - Back) % CON_HISTORY];
}

static void EditRemember(void)
{
    WCHAR *Copy;
    if (Edit.Length == 0) {
        return;
    }
    if (Edit.HistoryCount != 0) {
        WCHAR *Last = *EditHistoryEntry(1);
        ULONG Length = 0;
        while (Last[Length] != 0) {
            Length++;
        }
        if (Length == Edit.Length && RtlCompareMemory(Last, Edit.Line, Length * sizeof(WCHAR)) == Length * sizeof(WCHAR)) {
            return;
        }
    }
    Copy = ExAllocatePoolWithTag(PagedPool, (Edit.Length + 1) * sizeof(WCHAR), CON_TAG);
    if (Copy == NULL) {
        return;
    }
    RtlCopyMemory(Copy, Edit.Line, Edit.Length * sizeof(WCHAR));
    Copy[Edit.Length] = 0;
    if (Edit.History[Edit.HistoryNext] != NULL) {
        ExFreePoolWithTag(Edit.History[Edit.HistoryNext], CON_TAG);
    }
    Edit.History[Edit.HistoryNext] = Copy;
    Edit.HistoryNext = (Edit.HistoryNext + 1) % CON_HISTORY;
    Edit.HistoryCount = min(Edit.HistoryCount + 1, CON_HISTORY);
}

static void EditRecall(LONG Direction)
{
    LONG Back = (LONG)Edit.HistoryAt + Direction;
    const WCHAR *Text = L"";
    ULONG Length = 0;
    if (Back < 0 || Back > (LONG)Edit.HistoryCount) {
        return;
    }
    Edit.HistoryAt = (ULONG)Back;
    if (Back != 0) {
        Text = *EditHistoryEntry((ULONG)Back);
    }
    while (Text[Length] != 0) {
        Length++;
    }
    EditReplace(Text, Length);
}

/* ---- keys -----------------------------------------------------------------------------------------------
 * ------------------------------- */

static ULONG EditWordLeft(void)
{
    ULONG At = Edit.Cursor;
    while (At != 0 && Edit.Line[At - 1] == L' ') {
        At--;
    }
    while (At != 0 && Edit.Line[At - 1] != L' ') {
        At--;
    }
    return At;
}

static ULONG EditWordRight(void)
{
    ULONG At = Edit.Cursor;
    while (At < Edit.Length && Edit.Line[At] != L' ') {
        At++;
    }
    while (At < Edit.Length && Edit.Line[At] == L' ') {
        At++;
    }
    return At;
}

/* TRUE if the key was one of the editor's. */
static BOOLEAN EditCommand(USHORT Key, BOOLEAN Control)
{
    switch (Key) {
    case VK_LEFT:
        EditGoTo(Control ? EditWordLeft() : Edit.Cursor != 0 ? Edit.Cursor - 1 : 0);
        return TRUE;
    case VK_RIGHT:
        EditGoTo(Control ? EditWordRight() : min(Edit.Cursor + 1, Edit.Length));
        return TRUE;
    case VK_HOME:
        if (Control) {
            EditCut(0, Edit.Cursor);
        } else {
            EditGoTo(0);
        }
        return TRUE;
    case VK_END:
        if (Control) {
            EditCut(Edit.Cursor, Edit.Length);
        } else {
            EditGoTo(Edit.Length);
        }
        return TRUE;
    case VK_UP: EditRecall(1); return TRUE;
    case VK_DOWN: EditRecall(-1); return TRUE;
    case VK_INSERT: Con.InputMode ^= ENABLE_INSERT_MODE; return TRUE;
    case VK_DELETE: EditCut(Edit.Cursor, min(Edit.Cursor + 1, Edit.Length)); return TRUE;
    case VK_BACK: EditCut(Edit.Cursor != 0 ? Edit.Cursor - 1 : 0, Edit.Cursor); return TRUE;
    case VK_ESCAPE: EditReplace(L"", 0); return TRUE;
    default: return FALSE;
    }
}

static void EditFinish(void)
{
    EditGoTo(Edit.Length);
    if (EditEchoes()) {
        ConWriteText(L"\r\n", 2);
        EditRemember();
    }
    Edit.Line[Edit.Length++] = L'\r';
    if ((Con.InputMode & ENABLE_PROCESSED_INPUT) != 0) {
        Edit.Line[Edit.Length++] = L'\n';
    }
    Edit.Active = FALSE;
}

BOOLEAN ConEditKey(const CONDRV_INPUT_RECORD *Record)
{
    WCHAR C;
    BOOLEAN Control;
    if (Record->EventType != KEY_EVENT_TYPE || !Record->Event.Key.KeyDown) {
        return FALSE;
    }
    C = Record->Event.Key.UnicodeChar;
    Control = (Record->Event.Key.ControlKeyState & CON_CTRL) != 0;
    if (C == L'\r') {
        EditFinish();
        return TRUE;
    }
    if (C != 0 && C < 32 && (Edit.WakeupMask >> C & 1) != 0) {
        RtlMoveMemory(Edit.Line + Edit.Cursor + 1, Edit.Line + Edit.Cursor, (Edit.Length - Edit.Cursor) * sizeof(WCHAR));
        Edit.Line[Edit.Cursor] = C;
        Edit.Length++;
        Edit.Active = FALSE;
        return TRUE;
    }
    if (EditCommand(Record->Event.Key.VirtualKeyCode, Control) || C == 0 || C == 127) {
        return FALSE;
    }
    if (C >= 32 || C == 26 || C == 9) {
        EditInsert(C == 9 ? L' ' : C);
    }
    return FALSE;
}

void ConEditBegin(const WCHAR *Initial, ULONG Length, ULONG WakeupMask)
{
    Edit.Active = TRUE;
    Edit.Length = min(Length, CON_LINE);
    RtlCopyMemory(Edit.Line, Initial, Edit.Length * sizeof(WCHAR));
    Edit.Cursor = Edit.Length; /* the caller has shown them */
    Edit.WakeupMask = WakeupMask;
    Edit.HistoryAt = 0;
}
