/* SPDX-License-Identifier: MIT */
/*
 * mouse.c - the terminal's mouse.
 *
 * While a program reads mouse records (ENABLE_MOUSE_INPUT without ENABLE_QUICK_EDIT_MODE, which on Windows keeps the mouse for selecting text), the terminal
 * is told to report every movement in xterm's SGR form: ESC [ < code ; column ; row, then M, or m for a button that is let go.  The code's low two bits
 * are the button, bits 2 to 4 Shift, Alt and Ctrl; 32 is added for a movement, 64 for the wheel.  A program that reads VT sequences and has turned
 * reporting on by itself gets them as they come (serial.c).
 */
#include "con.h"

#define MOUSE_BUTTONS 0x03u
#define MOUSE_SHIFT 0x04u
#define MOUSE_META 0x08u
#define MOUSE_CONTROL 0x10u
#define MOUSE_MOTION 0x20u
#define MOUSE_WHEEL 0x40u
#define EVENT_MOVED 1u
#define EVENT_DOUBLE_CLICK 2u
#define EVENT_WHEELED 4u
#define EVENT_WHEELED_ACROSS 8u
#define WHEEL_STEP 120
#define DOUBLE_CLICK_TIME 5000000 /* 0.5 s, as Windows' default */

/* ConLock */
static ULONG Pressed;
static struct { CONDRV_COORD Position; ULONG Button; LONG64 Time; } LastPress;

static BOOLEAN IsWanted(ULONG Mode)
{
    return (Mode & (ENABLE_MOUSE_INPUT | ENABLE_QUICK_EDIT_MODE)) == ENABLE_MOUSE_INPUT;
}

void ConSetInputMode(ULONG Mode)
{
    if (IsWanted(Mode) != IsWanted(Con.InputMode)) {
        ConSerialAscii(IsWanted(Mode) ? "\x1b[?1003h\x1b[?1006h" : "\x1b[?1006l\x1b[?1003l");
        Pressed = 0;
        LastPress.Button = 0;
    }
    Con.InputMode = Mode;
}

static BOOLEAN IsDoubleClick(CONDRV_COORD Position, ULONG Button)
{
    LONG64 Now = (LONG64)KeQueryInterruptTime();
    BOOLEAN Double = LastPress.Button == Button && LastPress.Position.X == Position.X && LastPress.Position.Y == Position.Y &&
                     Now - LastPress.Time < DOUBLE_CLICK_TIME;
    LastPress.Position = Position;
    LastPress.Button = Double ? 0 : Button; /* a third click begins anew */
    LastPress.Time = Now;
    return Double;
}

void ConMouse(ULONG Code, SHORT Column, SHORT Row, BOOLEAN Down)
{
    static const UCHAR Buttons[4] = {0x01, 0x04, 0x02, 0}; /* leftmost, the second from the left, rightmost */
    CONDRV_INPUT_RECORD Record = {.EventType = MOUSE_EVENT_TYPE};
    CONDRV_COORD Position = {(SHORT)(ConShown->Window.Left + Column - 1), (SHORT)(ConShown->Window.Top + Row - 1)};
    ULONG Button = Buttons[Code & MOUSE_BUTTONS], Events = 0, Wheel = 0;
    if (!IsWanted(Con.InputMode) || Column < 1 || Row < 1 || Position.X >= ConShown->Columns || Position.Y >= ConShown->Rows) {
        return;
    }
    if ((Code & MOUSE_WHEEL) != 0) { /* up and right are forward */
        BOOLEAN Forward = (Code & MOUSE_BUTTONS) == 0 || (Code & MOUSE_BUTTONS) == 3;
        Events = (Code & MOUSE_BUTTONS) < 2 ? EVENT_WHEELED : EVENT_WHEELED_ACROSS;
        Wheel = (ULONG)(Forward ? WHEEL_STEP : -WHEEL_STEP) << 16;
    } else if ((Code & MOUSE_MOTION) != 0) {
        Events = EVENT_MOVED;
    } else if (Down) {
        Pressed |= Button;
        Events = IsDoubleClick(Position, Button) ? EVENT_DOUBLE_CLICK : 0;
    } else {
        Pressed &= ~Button;
    }
    Record.Event.Mouse.Position = Position;
    Record.Event.Mouse.ButtonState = Pressed | Wheel;
    Record.Event.Mouse.ControlKeyState = ((Code & MOUSE_SHIFT) != 0 ? CON_SHIFT : 0) | ((Code & MOUSE_META) != 0 ? CON_LEFT_ALT : 0) |
                                         ((Code & MOUSE_CONTROL) != 0 ? CON_LEFT_CTRL : 0);
    Record.Event.Mouse.EventFlags = Events;
    ConPushRecord(&Record);
}
