/* SPDX-License-Identifier: MIT */
/*
 * keyboard.c - the PS/2 keyboard: scan codes of set 1 to key records, US layout.
 */
#include "con.h"
#include <ntddkbd.h>

typedef struct _KEY_ENTRY { UCHAR VirtualKey; char Plain, Shifted; } KEY_ENTRY;

#define LETTER(c) {(c), (c) + 32, (c)}

/* Index: scan code. */
static const KEY_ENTRY KeyTable[0x59] = {
    [0x01] = {VK_ESCAPE, 27, 27}, [0x02] = {'1', '1', '!'}, [0x03] = {'2', '2', '@'}, [0x04] = {'3', '3', '#'}, [0x05] = {'4', '4', '$'},
    [0x06] = {'5', '5', '%'}, [0x07] = {'6', '6', '^'}, [0x08] = {'7', '7', '&'}, [0x09] = {'8', '8', '*'}, [0x0A] = {'9', '9', '('},
    [0x0B] = {'0', '0', ')'}, [0x0C] = {0xBD, '-', '_'}, [0x0D] = {0xBB, '=', '+'}, [0x0E] = {VK_BACK, 8, 8}, [0x0F] = {VK_TAB, 9, 9},
    [0x10] = LETTER('Q'), [0x11] = LETTER('W'), [0x12] = LETTER('E'), [0x13] = LETTER('R'), [0x14] = LETTER('T'), [0x15] = LETTER('Y'),
    [0x16] = LETTER('U'), [0x17] = LETTER('I'), [0x18] = LETTER('O'), [0x19] = LETTER('P'), [0x1A] = {0xDB, '[', '{'}, [0x1B] = {0xDD, ']', '}'},
    [0x1C] = {VK_RETURN, 13, 13}, [0x1D] = {VK_CONTROL, 0, 0}, [0x1E] = LETTER('A'), [0x1F] = LETTER('S'), [0x20] = LETTER('D'),
    [0x21] = LETTER('F'), [0x22] = LETTER('G'), [0x23] = LETTER('H'), [0x24] = LETTER('J'), [0x25] = LETTER('K'), [0x26] = LETTER('L'),
    [0x27] = {0xBA, ';', ':'}, [0x28] = {0xDE, '\'', '"'}, [0x29] = {0xC0, '`', '~'}, [0x2A] = {VK_SHIFT, 0, 0}, [0x2B] = {0xDC, '\\', '|'},
    [0x2C] = LETTER('Z'), [0x2D] = LETTER('X'), [0x2E] = LETTER('C'), [0x2F] = LETTER('V'), [0x30] = LETTER('B'), [0x31] = LETTER('N'),
    [0x32] = LETTER('M'), [0x33] = {0xBC, ',', '<'}, [0x34] = {0xBE, '.', '>'}, [0x35] = {0xBF, '/', '?'}, [0x36] = {VK_SHIFT, 0, 0},
    [0x37] = {VK_MULTIPLY, '*', '*'}, [0x38] = {VK_MENU, 0, 0}, [0x39] = {VK_SPACE, ' ', ' '}, [0x3A] = {VK_CAPITAL, 0, 0},
    [0x3B] = {VK_F1, 0, 0}, [0x3C] = {VK_F1 + 1, 0, 0}, [0x3D] = {VK_F1 + 2, 0, 0}, [0x3E] = {VK_F1 + 3, 0, 0}, [0x3F] = {VK_F1 + 4, 0, 0},
    [0x40] = {VK_F1 + 5, 0, 0}, [0x41] = {VK_F1 + 6, 0, 0}, [0x42] = {VK_F1 + 7, 0, 0}, [0x43] = {VK_F1 + 8, 0, 0}, [0x44] = {VK_F1 + 9, 0, 0},
    [0x45] = {VK_NUMLOCK, 0, 0}, [0x46] = {VK_SCROLL, 0, 0}, [0x47] = {VK_HOME, 0, '7'}, [0x48] = {VK_UP, 0, '8'}, [0x49] = {VK_PRIOR, 0, '9'},
    [0x4A] = {VK_SUBTRACT, '-', '-'}, [0x4B] = {VK_LEFT, 0, '4'}, [0x4C] = {VK_NUMPAD0 + 5, 0, '5'}, [0x4D] = {VK_RIGHT, 0, '6'},
    [0x4E] = {VK_ADD, '+', '+'}, [0x4F] = {VK_END, 0, '1'}, [0x50] = {VK_DOWN, 0, '2'}, [0x51] = {VK_NEXT, 0, '3'}, [0x52] = {VK_INSERT, 0, '0'},
    [0x53] = {VK_DELETE, 0, '.'}, [0x56] = {0xE2, '\\', '|'}, [0x57] = {VK_F1 + 10, 0, 0}, [0x58] = {VK_F1 + 11, 0, 0},
};

static ULONG KeyState; /* keyboard thread only */

USHORT ConVirtualKeyOf(WCHAR Character, ULONG *State)
{
    for (ULONG Code = 0; Code < 0x47; Code++) {
        const KEY_ENTRY *Key = &KeyTable[Code];
        if (Key->Plain != 0 && (WCHAR)(UCHAR)Key->Plain == Character) {
            return Key->VirtualKey;
        }
        if (Key->Shifted != 0 && (WCHAR)(UCHAR)Key->Shifted == Character) {
            *State |= CON_SHIFT;
            return Key->VirtualKey;
        }
    }
    return 0;
}

static void KeyModifier(USHORT VirtualKey, BOOLEAN Enhanced, BOOLEAN Down)
{
    ULONG Bit = 0;
    switch (VirtualKey) {
    case VK_SHIFT: Bit = CON_SHIFT; break;
    case VK_CONTROL: Bit = Enhanced ? CON_RIGHT_CTRL : CON_LEFT_CTRL; break;
    case VK_MENU: Bit = Enhanced ? CON_RIGHT_ALT : CON_LEFT_ALT; break;
    case VK_CAPITAL:
    case VK_NUMLOCK:
        if (Down) {
            KeyState ^= VirtualKey == VK_CAPITAL ? CON_CAPSLOCK : CON_NUMLOCK;
        }
        return;
    default: return;
    }
    KeyState = Down ? KeyState | Bit : KeyState & ~Bit;
}

static WCHAR KeyCharacter(const KEY_ENTRY *Key, USHORT Code, BOOLEAN Enhanced)
{
    BOOLEAN Letter = Key->VirtualKey >= 'A' && Key->VirtualKey <= 'Z', Shift = (KeyState & CON_SHIFT) != 0;
    if (Code >= 0x47 && Code <= 0x53 && Key->Plain == 0) { /* the pad: digits with Num Lock, which E0 keys ignore */
        return !Enhanced && (KeyState & CON_NUMLOCK) != 0 && !Shift ? (UCHAR)Key->Shifted : 0;
    }
    if ((KeyState & CON_CTRL) != 0 && (KeyState & CON_ALT) == 0) {
        return Letter ? (WCHAR)(Key->VirtualKey - 64) : Key->VirtualKey == VK_RETURN ? L'\n' : Key->VirtualKey == VK_BACK ? 127 : 0;
    }
    if (Letter && (KeyState & CON_CAPSLOCK) != 0) {
        Shift = !Shift;
    }
    return (UCHAR)(Shift ? Key->Shifted : Key->Plain);
}

static void KeyHandle(const KEYBOARD_INPUT_DATA *Data)
{
    BOOLEAN Enhanced = (Data->Flags & KEY_E0) != 0, Down = (Data->Flags & KEY_BREAK) == 0;
    const KEY_ENTRY *Key;
    USHORT VirtualKey;
    if (Data->MakeCode >= RTL_NUMBER_OF(KeyTable) || KeyTable[Data->MakeCode].VirtualKey == 0) {
        return;
    }
    if (Enhanced && (Data->MakeCode == 0x2A || Data->MakeCode == 0x36)) {
        return; /* the shifts some controllers put around grey keys */
    }
    Key = &KeyTable[Data->MakeCode];
    VirtualKey = Key->VirtualKey;
    if (Enhanced && Data->MakeCode == 0x46) {
        VirtualKey = 3; /* Ctrl+Break: VK_CANCEL */
    } else if (Enhanced && Data->MakeCode == 0x35) {
        VirtualKey = VK_DIVIDE;
    } else if ((Data->Flags & KEY_E1) != 0) {
        VirtualKey = VK_PAUSE;
    }
    KeyModifier(VirtualKey, Enhanced, Down);
    ConLockAcquire();
    ConKey(VirtualKey, Data->MakeCode, KeyCharacter(Key, Data->MakeCode, Enhanced), KeyState | (Enhanced ? CON_ENHANCED : 0), Down);
    ConServe();
    ConLockRelease();
}

static VOID NTAPI KeyThread(PVOID Handle)
{
    KEYBOARD_INPUT_DATA Data[16];
    IO_STATUS_BLOCK Iosb;
    while (NT_SUCCESS(ZwReadFile(Handle, NULL, NULL, NULL, &Iosb, Data, sizeof(Data), NULL, NULL))) {
        for (ULONG Index = 0; Index < Iosb.Information / sizeof(Data[0]); Index++) {
            KeyHandle(&Data[Index]);
        }
    }
    ZwClose(Handle);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

void ConKeyboardStart(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\KeyboardPort0");
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    HANDLE Handle, Thread;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (!NT_SUCCESS(ZwOpenFile(&Handle, GENERIC_READ | SYNCHRONIZE, &Attributes, &Iosb, FILE_SHARE_READ, FILE_SYNCHRONOUS_IO_NONALERT))) {
        return;
    }
    if (NT_SUCCESS(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, KeyThread, Handle))) {
        ZwClose(Thread);
    } else {
        ZwClose(Handle);
    }
}
