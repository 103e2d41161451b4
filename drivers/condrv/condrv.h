/* SPDX-License-Identifier: MIT */
/*
 * condrv.h - what the console driver and kernel32 say to each other.
 *
 * \Device\ConDrv has these names:
 *   \Device\ConDrv\CurrentIn   (CONIN$)   input: NtReadFile gives bytes in the input code page
 *   \Device\ConDrv\CurrentOut  (CONOUT$)  output, to the buffer shown at the open: NtWriteFile takes bytes in the output code page
 *   \Device\ConDrv\ScreenBuffer          a new screen buffer, as large as the window; it goes with its last handle
 *   \Device\ConDrv\Connect     a process' membership in the console session; it takes the control codes of both
 * There is one session; it is shown on the serial line and on the framebuffer, and typed at from both.  Consoles are groups of processes within it:
 * control events and process lists stay within one.
 *
 * All codes are METHOD_BUFFERED.  Modes, control-key states, virtual keys and attributes have the values of
 * <wincon.h>; the structures have their layouts, under our own names, because drivers do not see
 * <wincon.h>.  Windows' own ConDrv codes are undocumented and carry a message protocol to conhost.exe;
 * these are not they.
 *
 * Statuses: STATUS_INVALID_HANDLE (an input request on an output handle or the other way),
 * STATUS_INVALID_PARAMETER, STATUS_BUFFER_TOO_SMALL, STATUS_ALERTED (a success: Ctrl+C ended a line read;
 * Information is 0), STATUS_CANCELLED.
 */
#ifndef NASCENT_CONDRV_H
#define NASCENT_CONDRV_H

#define CONDRV_DEVICE_TYPE 0x50 /* FILE_DEVICE_CONSOLE */
#define CONDRV_CODE(n) ((CONDRV_DEVICE_TYPE << 16) | ((0x800 + (n)) << 2)) /* FILE_ANY_ACCESS, METHOD_BUFFERED */

/* ---- either handle --------------------------------------------------------------------------------------
 * ----------------------- */
#define IOCTL_CONDRV_GET_MODE CONDRV_CODE(0)               /* out: ULONG, the input or the output mode, by the handle's kind */
#define IOCTL_CONDRV_SET_MODE CONDRV_CODE(1)               /* in: ULONG */
#define IOCTL_CONDRV_GET_CP CONDRV_CODE(2)                 /* out: ULONG, input or output code page; 65001 at first */
#define IOCTL_CONDRV_SET_CP CONDRV_CODE(3)                 /* in: ULONG; 65001, 437, 1252, 20127: others STATUS_INVALID_PARAMETER */
#define IOCTL_CONDRV_GET_TITLE CONDRV_CODE(4)              /* out: WCHAR[], not terminated; STATUS_BUFFER_OVERFLOW if cut */
#define IOCTL_CONDRV_SET_TITLE CONDRV_CODE(5)              /* in: WCHAR[] */
#define IOCTL_CONDRV_GET_KIND CONDRV_CODE(6)               /* out: ULONG, CONDRV_KIND_* */
#define IOCTL_CONDRV_GET_PROCESS_LIST CONDRV_CODE(7)       /* out: ULONG[], the processes of the caller's console; Information says how many fit */
#define IOCTL_CONDRV_GENERATE_CONTROL_EVENT CONDRV_CODE(8) /* in: CONDRV_CONTROL_EVENT; STATUS_INVALID_PARAMETER: no such group on the caller's console */
#define IOCTL_CONDRV_SET_CONTROL_ROUTINE CONDRV_CODE(9)    /* in: ULONG64, where a thread begins that is made in the caller's process for each
                                                              control event, with the event as its parameter; 0: the process is just ended */
#define IOCTL_CONDRV_NEW_CONSOLE CONDRV_CODE(10)           /* the caller is the first process of a new console */
#define IOCTL_CONDRV_ATTACH CONDRV_CODE(11)                /* in: ULONG, a process id: the caller joins its console.  STATUS_INVALID_PARAMETER: there is no such
                                                              process; STATUS_INVALID_HANDLE: it has no console */

/* ---- input ----------------------------------------------------------------------------------------------
 * ----------------------- */
#define IOCTL_CONDRV_READ_CONSOLE_W CONDRV_CODE(16)  /* in: CONDRV_READ_CONSOLE and then InitialChars WCHARs, or nothing; out: WCHAR[] */
#define IOCTL_CONDRV_GET_INPUT_COUNT CONDRV_CODE(17) /* out: ULONG, records waiting */
#define IOCTL_CONDRV_PEEK_INPUT CONDRV_CODE(18)      /* out: CONDRV_INPUT_RECORD[], does not wait */
#define IOCTL_CONDRV_READ_INPUT CONDRV_CODE(19)      /* in: ULONG flags (CONDRV_READ_NOWAIT) or nothing; out: CONDRV_INPUT_RECORD[], at least one */
#define IOCTL_CONDRV_WRITE_INPUT CONDRV_CODE(20)     /* in: CONDRV_INPUT_RECORD[]; out: none; Information = bytes taken */
#define IOCTL_CONDRV_FLUSH_INPUT CONDRV_CODE(21)

/* ---- output ---------------------------------------------------------------------------------------------
 * ----------------------- */
#define IOCTL_CONDRV_WRITE_CONSOLE_W CONDRV_CODE(32)       /* in: WCHAR[]; Information = bytes taken */
#define IOCTL_CONDRV_GET_SCREEN_BUFFER_INFO CONDRV_CODE(33)/* out: CONDRV_SCREEN_BUFFER_INFO */
#define IOCTL_CONDRV_SET_CURSOR_POSITION CONDRV_CODE(34)   /* in: CONDRV_COORD */
#define IOCTL_CONDRV_SET_TEXT_ATTRIBUTE CONDRV_CODE(35)    /* in: USHORT */
#define IOCTL_CONDRV_GET_CURSOR_INFO CONDRV_CODE(36)       /* out: CONDRV_CURSOR_INFO */
#define IOCTL_CONDRV_SET_CURSOR_INFO CONDRV_CODE(37)       /* in: CONDRV_CURSOR_INFO */
#define IOCTL_CONDRV_FILL_OUTPUT CONDRV_CODE(38)           /* in: CONDRV_OUTPUT_RUN; Element is repeated; out: ULONG, cells written */
#define IOCTL_CONDRV_READ_OUTPUT CONDRV_CODE(39)           /* in: CONDRV_OUTPUT_RUN; out: elements of its type; Information in bytes */
#define IOCTL_CONDRV_WRITE_OUTPUT CONDRV_CODE(40)          /* in: CONDRV_OUTPUT_RUN and then Length elements; out: ULONG, cells written */
#define IOCTL_CONDRV_SCROLL CONDRV_CODE(41)                /* in: CONDRV_SCROLL */
#define IOCTL_CONDRV_SET_SCREEN_BUFFER_SIZE CONDRV_CODE(42)/* in: CONDRV_COORD, not smaller than the window */
#define IOCTL_CONDRV_SET_WINDOW CONDRV_CODE(43)            /* in: CONDRV_RECT, within the buffer and not larger than the largest */
#define IOCTL_CONDRV_GET_LARGEST_WINDOW CONDRV_CODE(44)    /* out: CONDRV_COORD, whatever the buffer's size */
#define IOCTL_CONDRV_SHOW_SCREEN CONDRV_CODE(45)           /* this buffer is the one that is seen */

enum { CONDRV_KIND_INPUT = 1, CONDRV_KIND_OUTPUT = 2, CONDRV_KIND_CONNECTION = 3 };

typedef struct _CONDRV_COORD { short X, Y; } CONDRV_COORD;
typedef struct _CONDRV_RECT { short Left, Top, Right, Bottom; } CONDRV_RECT; /* inclusive, as SMALL_RECT */

/* INPUT_RECORD, 20 bytes. */
typedef struct _CONDRV_INPUT_RECORD
{
    unsigned short EventType; /* KEY_EVENT 1, MOUSE_EVENT 2, WINDOW_BUFFER_SIZE_EVENT 4, ... */
    unsigned short Padding;
    union
    {
        struct
        {
            int KeyDown;
            unsigned short RepeatCount, VirtualKeyCode, VirtualScanCode, UnicodeChar;
            unsigned int ControlKeyState;
        } Key;
        struct
        {
            CONDRV_COORD Position; /* in the screen buffer */
            unsigned int ButtonState, ControlKeyState, EventFlags;
        } Mouse;
        CONDRV_COORD Size;
        unsigned char Raw[16];
    } Event;
} CONDRV_INPUT_RECORD;
_Static_assert(sizeof(CONDRV_INPUT_RECORD) == 20, "INPUT_RECORD");

#define CONDRV_READ_NOWAIT 1u

typedef struct _CONDRV_READ_CONSOLE
{
    unsigned int InitialChars;      /* already on the line: CONSOLE_READCONSOLE_CONTROL.nInitialChars */
    unsigned int ControlWakeupMask; /* characters below 32 that end the read */
    unsigned int ControlKeyState;   /* not used on input */
    unsigned int Reserved;
} CONDRV_READ_CONSOLE;

/* CONSOLE_SCREEN_BUFFER_INFOEX without its size field. */
typedef struct _CONDRV_SCREEN_BUFFER_INFO
{
    CONDRV_COORD Size, CursorPosition;
    unsigned short Attributes;
    CONDRV_RECT Window;
    CONDRV_COORD MaximumWindowSize;
    unsigned short PopupAttributes;
    int FullscreenSupported;
    unsigned int ColorTable[16];
} CONDRV_SCREEN_BUFFER_INFO;

typedef struct _CONDRV_CURSOR_INFO { unsigned int Size; int Visible; } CONDRV_CURSOR_INFO;

enum { CONDRV_CHARACTERS = 1, CONDRV_ATTRIBUTES = 2, CONDRV_CELLS = 3 /* CHAR_INFO: character, then attributes */ };

/* A run of cells from Start on, over line ends, up to the end of the buffer. */
typedef struct _CONDRV_OUTPUT_RUN
{
    CONDRV_COORD Start;
    unsigned short Type;       /* CONDRV_CHARACTERS: WCHAR elements, CONDRV_ATTRIBUTES: USHORT, CONDRV_CELLS: both */
    unsigned short Character;  /* FILL_OUTPUT */
    unsigned short Attributes; /* FILL_OUTPUT */
    unsigned short Reserved;
    unsigned int Length;       /* elements */
} CONDRV_OUTPUT_RUN;

typedef struct _CONDRV_SCROLL
{
    CONDRV_RECT Source, Clip;
    int UseClip;
    CONDRV_COORD Destination;
    unsigned short Character, Attributes; /* fills what the move uncovers */
} CONDRV_SCROLL;

typedef struct _CONDRV_CONTROL_EVENT { unsigned int Event, ProcessGroupId; } CONDRV_CONTROL_EVENT;

#endif
