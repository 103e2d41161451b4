/* SPDX-License-Identifier: MIT */
/*
 * con.h - what the files of condrv.sys share.
 *
 *   condrv.c   the device: opens, requests by kind, start-up           process.c  who is attached; Ctrl+C and Ctrl+Break
 *   screen.c   the screen buffer: cells, cursor, attributes, scrolling  vt.c       control characters and VT sequences in output
 *   frame.c    the framebuffer: glyphs of what changed                  serial.c   the terminal on the serial line, both directions
 *   output.c   output requests                                         keyboard.c scan codes to key records
 *   input.c    key records, waiting reads                              edit.c     the line editor of cooked reads
 *
 * One lock, ConLock, guards everything but the queues of waiting IRPs (ConQueueLock, a spin lock, through
 * IoCsq*) and the process list.  It is a mutex: all of this runs at PASSIVE_LEVEL, in the caller's thread
 * or in one of two input threads.  Output to the serial line is written under it, so that lines of two
 * processes do not mix within a request.
 */
#ifndef NASCENT_CON_H
#define NASCENT_CON_H

#include <ntifs.h>
#include "drivers/condrv/condrv.h"

#define CON_TAG 0x4E6F436E /* "nCoN" */
#define CON_MAX_COLUMNS 240
#define CON_MAX_ROWS 100
#define CON_DEFAULT_COLUMNS 80
#define CON_DEFAULT_ROWS 25
#define CON_DEFAULT_ATTRIBUTES 0x07
#define CON_RECORDS 1024          /* input records waiting */
#define CON_LINE 4096             /* characters of a cooked line */
#define CON_HISTORY 50

/* Modes, control-key states: <wincon.h>. */
#define ENABLE_PROCESSED_INPUT 0x0001u
#define ENABLE_LINE_INPUT 0x0002u
#define ENABLE_ECHO_INPUT 0x0004u
#define ENABLE_WINDOW_INPUT 0x0008u
#define ENABLE_MOUSE_INPUT 0x0010u
#define ENABLE_INSERT_MODE 0x0020u
#define ENABLE_QUICK_EDIT_MODE 0x0040u
#define ENABLE_EXTENDED_FLAGS 0x0080u
#define ENABLE_AUTO_POSITION 0x0100u
#define ENABLE_VIRTUAL_TERMINAL_INPUT 0x0200u
#define ENABLE_PROCESSED_OUTPUT 0x0001u
#define ENABLE_WRAP_AT_EOL_OUTPUT 0x0002u
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 0x0004u
#define DISABLE_NEWLINE_AUTO_RETURN 0x0008u
#define KEY_EVENT_TYPE 1
#define MOUSE_EVENT_TYPE 2
#define WINDOW_BUFFER_SIZE_EVENT_TYPE 4
#define CON_RIGHT_ALT 0x0001u
#define CON_LEFT_ALT 0x0002u
#define CON_RIGHT_CTRL 0x0004u
#define CON_LEFT_CTRL 0x0008u
#define CON_SHIFT 0x0010u
#define CON_NUMLOCK 0x0020u
#define CON_CAPSLOCK 0x0080u
#define CON_ENHANCED 0x0100u
#define CON_CTRL (CON_LEFT_CTRL | CON_RIGHT_CTRL)
#define CON_ALT (CON_LEFT_ALT | CON_RIGHT_ALT)

enum
{
    VK_BACK = 8, VK_TAB = 9, VK_RETURN = 13, VK_SHIFT = 16, VK_CONTROL = 17, VK_MENU = 18, VK_PAUSE = 19, VK_CAPITAL = 20, VK_ESCAPE = 27, VK_SPACE = 32,
    VK_PRIOR = 33, VK_NEXT = 34, VK_END = 35, VK_HOME = 36, VK_LEFT = 37, VK_UP = 38, VK_RIGHT = 39, VK_DOWN = 40, VK_INSERT = 45, VK_DELETE = 46,
    VK_NUMPAD0 = 96, VK_MULTIPLY = 106, VK_ADD = 107, VK_SUBTRACT = 109, VK_DECIMAL = 110, VK_DIVIDE = 111, VK_F1 = 112, VK_NUMLOCK = 144, VK_SCROLL = 145
};

typedef struct _CON_CELL { WCHAR Character; USHORT Attributes; } CON_CELL; /* CHAR_INFO */

/* A screen buffer; ConLock.  Rows and columns count from its upper left corner. */
typedef struct _CON_SCREEN
{
    ULONG Handles;              /* open files; the first buffer lives without */
    ULONG OutputMode;
    SHORT Columns, Rows;
    CONDRV_RECT Window;         /* what is seen of it */
    SHORT X, Y;                 /* cursor; X == Columns: a wrap is due before the next character */
    SHORT FollowedX, FollowedY; /* where the cursor was when the window followed it last */
    USHORT Attributes;
    SHORT SavedX, SavedY;
    USHORT SavedAttributes;
    SHORT ScrollTop, ScrollBottom; /* rows, inclusive */
    ULONG CursorSize;
    BOOLEAN CursorVisible;
    BOOLEAN *RowChanged;        /* Rows of them, paged pool */
    CON_CELL *Cells;            /* Rows * Columns, paged pool */
} CON_SCREEN;

/* An open file: FsContext. */
typedef struct _CON_HANDLE
{
    ULONG Kind; /* CONDRV_KIND_* */
    HANDLE ProcessId;
    CON_SCREEN *Screen; /* counted; NULL: not for output */
} CON_HANDLE;

/* ---- state (ConLock) ------------------------------------------------------------------------------------
 * ---------------------------- */
typedef struct _CON_STATE
{
    ULONG InputMode, InputCodePage, OutputCodePage;
    SHORT LargestColumns, LargestRows; /* that a window can have */
    BOOLEAN Framed;             /* there is a framebuffer */
    BOOLEAN Taken;              /* the screen is ours: the boot text has ended */
    BOOLEAN Redraw;             /* the window shows something else than it did */
    ULONG TitleLength;          /* characters */
    WCHAR Title[256];
} CON_STATE;

extern CON_STATE Con;
/* What is seen, and what the request under way is about: another one while it writes behind the scenes. */
extern CON_SCREEN *ConShown, *ConScreen;

static inline CON_CELL *ConRow(LONG Y) { return ConScreen->Cells + (SIZE_T)Y * (SIZE_T)ConScreen->Columns; }

void ConLockAcquire(void);
void ConLockRelease(void);

/* ---- screen.c -------------------------------------------------------------------------------------------
 * --------------------------- */
NTSTATUS ConScreenInit(SHORT Columns, SHORT Rows);
CON_SCREEN *ConCreateScreen(void); /* no handle yet; NULL: no memory */
void ConReleaseScreen(CON_SCREEN *Screen);
void ConSelectScreen(CON_SCREEN *Screen); /* ConScreen from now on */
void ConShowScreen(CON_SCREEN *Screen);
NTSTATUS ConSetBufferSize(SHORT Columns, SHORT Rows);
NTSTATUS ConSetWindow(const CONDRV_RECT *Window);
void ConTerminalSize(SHORT Columns, SHORT Rows);
void ConFollowCursor(void);
void ConPutCell(SHORT X, SHORT Y, WCHAR Character, USHORT Attributes);
void ConClearCells(SHORT X, SHORT Y, LONG Count); /* blanks with the present attributes, over line ends */
void ConLineFeed(void);
void ConReverseLineFeed(void);
void ConScrollRegion(SHORT Top, SHORT Bottom, SHORT Lines); /* up for positive */
void ConMoveTo(SHORT X, SHORT Y); /* clipped */

/* ---- vt.c: output of text, to the screen buffer and the terminal
 * -------------------------------------------------------------------- */
void ConWriteText(const WCHAR *Text, ULONG Length);
void ConWriteAscii(const char *Text);
void ConVtReset(void); /* forgets a sequence that has begun */

/* ---- serial.c -------------------------------------------------------------------------------------------
 * ----------------------------- */
void ConSerialStart(void);
void ConSerialPut(const WCHAR *Text, ULONG Length);  /* UTF-16 to the terminal, as it is */
void ConSerialAscii(const char *Text);
void ConSerialSequence(const char *Format, ULONG A, ULONG B); /* %u twice at most */
void ConSerialAttributes(USHORT Attributes);
void ConSerialFlush(void);

/* ---- frame.c --------------------------------------------------------------------------------------------
 * ----------------------------- */
/* Columns and Rows of the framebuffer.  FALSE: there is none. */
BOOLEAN ConFrameStart(SHORT *Columns, SHORT *Rows);
void ConFrameRefresh(void);

/* ---- output.c -------------------------------------------------------------------------------------------
 * ----------------------------- */
NTSTATUS ConWriteRequest(PIRP Irp);
NTSTATUS ConOutputControl(PIRP Irp, ULONG Code, PVOID Buffer, ULONG InLength, ULONG OutLength);
void ConBeginOutput(CON_SCREEN *Screen);
void ConEndOutput(void);
void ConShowAll(void);     /* the shown buffer's window, on the terminal */
void ConOutputDone(void);  /* after a request: flushes to the terminal, refreshes the framebuffer */

/* ---- input.c --------------------------------------------------------------------------------------------
 * ----------------------------- */
void ConInputInit(void);
void ConKey(USHORT VirtualKey, USHORT ScanCode, WCHAR Character, ULONG State, BOOLEAN Down); /* a key, from either keyboard; ConLock held */
void ConPushRecord(const CONDRV_INPUT_RECORD *Record); /* dropped when there are too many; ConServe when all are there */
void ConSizeChanged(SHORT Columns, SHORT Rows); /* a record, if the mode asks for it */
void ConServe(void);             /* satisfies waiting reads; ConLock held */
NTSTATUS ConQueueRead(PIRP Irp); /* STATUS_PENDING */
NTSTATUS ConInputControl(PIRP Irp, ULONG Code, PVOID Buffer, ULONG InLength, ULONG OutLength);
void ConCancelReads(PFILE_OBJECT File);
/* Takes the first waiting read away from its queue: NULL if it was cancelled. */
BOOLEAN ConNextRecord(CONDRV_INPUT_RECORD *Record);

/* ---- edit.c ---------------------------------------------------------------------------------------------
 * ----------------------------- */
void ConEditBegin(const WCHAR *Initial, ULONG Length, ULONG WakeupMask);
BOOLEAN ConEditActive(void);
/* Handles one key.  TRUE: the line is complete (ConEditResult). */
BOOLEAN ConEditKey(const CONDRV_INPUT_RECORD *Record);
const WCHAR *ConEditResult(ULONG *Length);
void ConEditAbandon(void);

/* ---- keyboard.c -----------------------------------------------------------------------------------------
 * ----------------------------- */
void ConKeyboardStart(void);

/* ---- mouse.c (ConLock) ---------------------------------------------------------------------------------- */
void ConSetInputMode(ULONG Mode); /* and whether the terminal reports its mouse */
void ConMouse(ULONG Code, SHORT Column, SHORT Row, BOOLEAN Down); /* as the terminal says it, from 1 on */
/* The virtual key that types an ASCII character on a US keyboard, with the shift state it takes. */
USHORT ConVirtualKeyOf(WCHAR Character, ULONG *State);

/* ---- process.c ------------------------------------------------------------------------------------------
 * ----------------------------- */
NTSTATUS ConProcessInit(void);
void ConProcessAttach(HANDLE ProcessId);
NTSTATUS ConSetControlRoutine(PVOID Routine); /* for the current process */
/* The current process begins a new console, or joins that of another. */
NTSTATUS ConNewConsole(void);
NTSTATUS ConAttachTo(HANDLE ProcessId);
/* To the processes of Sender's console (no process: of the first) that are in Group, or all with 0.  STATUS_INVALID_PARAMETER: there is no such group.
   Group must be 0 under ConLock. */
NTSTATUS ConControlEvent(HANDLE Sender, ULONG Event, ULONG Group);
/* The processes of the current process' console. */
ULONG ConProcessList(ULONG *Ids, ULONG Count);

/* ---- condrv.c -------------------------------------------------------------------------------------------
 * ----------------------------- */
NTSTATUS ConComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information);
/* Bytes of the code page to UTF-16 and back; the return value counts units written.  State keeps what a cut
 * sequence began. */
typedef struct _CON_DECODER { ULONG Value; UCHAR Missing; } CON_DECODER;
ULONG ConDecode(ULONG CodePage, CON_DECODER *Decoder, const UCHAR *Bytes, ULONG Length, WCHAR *Text);
ULONG ConEncode(ULONG CodePage, const WCHAR *Text, ULONG Length, UCHAR *Bytes, ULONG Room, ULONG *Used);
#endif
