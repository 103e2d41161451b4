/* SPDX-License-Identifier: MIT */
/*
 * vt.c - text output: control characters and VT sequences, interpreted for the screen buffer and passed on
 * to the terminal as they came.
 *
 * Understood: CR LF BS TAB BEL; CSI A B C D E F G H f d (cursor), J K (erase), L M P @ X S T (insert,
 * delete, scroll), m (colours: 16, 256 and RGB reduced to 16), r (scroll region), s u, h l (?25 cursor);
 * ESC 7 8 c D E M; OSC (title) up to BEL or ST.  Anything
 * else is swallowed whole. With ENABLE_VIRTUAL_TERMINAL_PROCESSING off, ESC is an ordinary character.
 */
#include "con.h"

enum { VtText, VtEscape, VtCsi, VtOsc, VtOscEscape, VtCharset };

static struct
{
    UCHAR State, Count;
    BOOLEAN Private;
    USHORT Parameter[16];
    WCHAR LastOut; /* for CR LF */
    ULONG OscLength;
    WCHAR Osc[300];
} Vt;

static ULONG VtParameter(ULONG Index, ULONG Default)
{
    return Index < Vt.Count && Vt.Parameter[Index] != 0 ? Vt.Parameter[Index] : Default;
}

/* ANSI's colours have red in bit 0, the console's in bit 2. */
static USHORT VtColor(ULONG Ansi)
{
    return (USHORT)((Ansi & 2) | (Ansi & 1) << 2 | (Ansi & 4) >> 2);
}

static USHORT VtNearest(ULONG Red, ULONG Green, ULONG Blue)
{
    ULONG Most = max(Red, max(Green, Blue));
    USHORT Color = 0;
    if (Most < 48) {
        return 0;
    }
    Color |= Red * 2 > Most ? 4 : 0;
    Color |= Green * 2 > Most ? 2 : 0;
    Color |= Blue * 2 > Most ? 1 : 0;
    return Color | (Most > 170 ? 8 : 0);
}

/* 38;5;n or 38;2;r;g;b at *Index. */
static USHORT VtExtendedColor(ULONG *Index)
{
    ULONG Kind = Vt.Parameter[*Index + 1 < 16 ? *Index + 1 : 15], N;
    if (Kind == 5 && *Index + 2 < Vt.Count) {
        N = Vt.Parameter[*Index + 2];
        *Index += 2;
        if (N < 16) {
            return VtColor(N & 7) | (N & 8);
        }
        if (N >= 232) {
            return VtNearest((N - 232) * 10 + 8, (N - 232) * 10 + 8, (N - 232) * 10 + 8);
        }
        N -= 16;
        return VtNearest(N / 36 * 51, N / 6 % 6 * 51, N % 6 * 51);
    }
    if (Kind == 2 && *Index + 4 < Vt.Count) {
        ULONG At = *Index;
        *Index += 4;
        return VtNearest(Vt.Parameter[At + 2], Vt.Parameter[At + 3], Vt.Parameter[At + 4]);
    }
    *Index = Vt.Count;
    return 7;
}

static void VtAttributes(void)
{
    if (Vt.Count == 0) {
        Vt.Parameter[0] = 0;
        Vt.Count = 1;
    }
    for (ULONG Index = 0; Index < Vt.Count; Index++) {
        ULONG N = Vt.Parameter[Index];
        USHORT *A = &ConScreen->Attributes;
        if (N == 0) {
            *A = CON_DEFAULT_ATTRIBUTES;
        } else if (N == 1) {
            *A |= 0x08;
        } else if (N == 22) {
            *A &= ~0x08;
        } else if (N == 4) {
            *A |= 0x8000;
        } else if (N == 24) {
            *A &= 0x7FFF;
        } else if (N == 7) {
            *A |= 0x4000;
        } else if (N == 27) {
            *A &= ~0x4000;
        } else if (N >= 30 && N <= 37) {
            *A = (USHORT)((*A & ~0x07) | VtColor(N - 30));
        } else if (N == 39) {
            *A = (USHORT)((*A & ~0x0F) | 7);
        } else if (N >= 40 && N <= 47) {
            *A = (USHORT)((*A & ~0xF0) | VtColor(N - 40) << 4);
        } else if (N == 49) {
            *A &= ~0xF0;
        } else if (N >= 90 && N <= 97) {
            *A = (USHORT)((*A & ~0x0F) | VtColor(N - 90) | 8);
        } else if (N >= 100 && N <= 107) {
            *A = (USHORT)((*A & ~0xF0) | (VtColor(N - 100) | 8) << 4);
        } else if (N == 38) {
            *A = (USHORT)((*A & ~0x0F) | VtExtendedColor(&Index));
        } else if (N == 48) {
            *A = (USHORT)((*A & ~0xF0) | VtExtendedColor(&Index) << 4);
        }
    }
}

static void VtEraseDisplay(ULONG Mode)
{
    LONG Position = (LONG)ConScreen->Y * ConScreen->Columns + min(ConScreen->X, ConScreen->Columns - 1), All = (LONG)ConScreen->Rows * ConScreen->Columns;
    if (Mode == 0) {
        ConClearCells(min(ConScreen->X, ConScreen->Columns - 1), ConScreen->Y, All - Position);
    } else if (Mode == 1) {
        ConClearCells(0, 0, Position + 1);
    } else {
        ConClearCells(0, 0, All);
    }
}

static void VtEraseLine(ULONG Mode)
{
    SHORT X = min(ConScreen->X, ConScreen->Columns - 1);
    if (Mode == 0) {
        ConClearCells(X, ConScreen->Y, ConScreen->Columns - X);
    } else if (Mode == 1) {
        ConClearCells(0, ConScreen->Y, X + 1);
    } else {
        ConClearCells(0, ConScreen->Y, ConScreen->Columns);
    }
}

/* Shifts the rest of the line: right for insertion, left for deletion. */
static void VtShift(ULONG Count, BOOLEAN Insert)
{
    SHORT X = min(ConScreen->X, ConScreen->Columns - 1), Left = ConScreen->Columns - X, N = (SHORT)min(Count, (ULONG)Left);
    CON_CELL *Row = ConRow(ConScreen->Y);
    if (Insert) {
        RtlMoveMemory(Row + X + N, Row + X, sizeof(CON_CELL) * (Left - N));
        ConClearCells(X, ConScreen->Y, N);
    } else {
        RtlMoveMemory(Row + X, Row + X + N, sizeof(CON_CELL) * (Left - N));
        ConClearCells(ConScreen->Columns - N, ConScreen->Y, N);
    }
}

static void VtPrivateMode(BOOLEAN Set)
{
    if (Vt.Private && Vt.Count != 0 && Vt.Parameter[0] == 25) {
        ConScreen->CursorVisible = Set;
    }
}

static void VtSetRegion(void)
{
    SHORT Top = (SHORT)VtParameter(0, 1) - 1, Bottom = (SHORT)VtParameter(1, ConScreen->Rows) - 1;
    if (Top >= 0 && Top < Bottom && Bottom < ConScreen->Rows) {
        ConScreen->ScrollTop = Top;
        ConScreen->ScrollBottom = Bottom;
        ConMoveTo(0, 0);
    }
}

static void VtFinish(WCHAR Final)
{
    ULONG N = VtParameter(0, 1);
    SHORT D = (SHORT)min(N, 1000u);
    switch (Final) {
    case 'A': ConMoveTo(ConScreen->X, ConScreen->Y - D); break;
    case 'B': ConMoveTo(ConScreen->X, ConScreen->Y + D); break;
    case 'C': ConMoveTo(ConScreen->X + D, ConScreen->Y); break;
    case 'D': ConMoveTo(min(ConScreen->X, ConScreen->Columns - 1) - D, ConScreen->Y); break;
    case 'E': ConMoveTo(0, ConScreen->Y + D); break;
    case 'F': ConMoveTo(0, ConScreen->Y - D); break;
    case 'G': ConMoveTo(D - 1, ConScreen->Y); break;
    case 'd': ConMoveTo(ConScreen->X, D - 1); break;
    case 'H':
    case 'f': ConMoveTo((SHORT)min(VtParameter(1, 1), 1000u) - 1, D - 1); break;
    case 'J': VtEraseDisplay(VtParameter(0, 0)); break;
    case 'K': VtEraseLine(VtParameter(0, 0)); break;
    case 'L': ConScrollRegion(ConScreen->Y, max(ConScreen->ScrollBottom, ConScreen->Y), -D); break;
    case 'M': ConScrollRegion(ConScreen->Y, max(ConScreen->ScrollBottom, ConScreen->Y), D); break;
    case 'P': VtShift(N, FALSE); break;
    case '@': VtShift(N, TRUE); break;
    case 'X': ConClearCells(min(ConScreen->X, ConScreen->Columns - 1), ConScreen->Y, min((LONG)N, ConScreen->Columns - ConScreen->X)); break;
    case 'S': ConScrollRegion(ConScreen->ScrollTop, ConScreen->ScrollBottom, D); break;
    case 'T': ConScrollRegion(ConScreen->ScrollTop, ConScreen->ScrollBottom, -D); break;
    case 'm': VtAttributes(); break;
    case 'r': VtSetRegion(); break;
    case 's': ConScreen->SavedX = ConScreen->X; ConScreen->SavedY = ConScreen->Y; break;
    case 'u': ConMoveTo(ConScreen->SavedX, ConScreen->SavedY); break;
    case 'h': VtPrivateMode(TRUE); break;
    case 'l': VtPrivateMode(FALSE); break;
    default: break;
    }
}

static void VtEscapeFinal(WCHAR C)
{
    Vt.State = VtText;
    switch (C) {
    case '[':
        Vt.State = VtCsi;
        Vt.Count = 0;
        Vt.Private = FALSE;
        RtlZeroMemory(Vt.Parameter, sizeof(Vt.Parameter));
        break;
    case ']':
        Vt.State = VtOsc;
        Vt.OscLength = 0;
        break;
    case '(':
    case ')': Vt.State = VtCharset; break;
    case '7': ConScreen->SavedX = ConScreen->X; ConScreen->SavedY = ConScreen->Y; ConScreen->SavedAttributes = ConScreen->Attributes; break;
    case '8': ConMoveTo(ConScreen->SavedX, ConScreen->SavedY); ConScreen->Attributes = ConScreen->SavedAttributes; break;
    case 'c':
        ConScreen->Attributes = CON_DEFAULT_ATTRIBUTES;
        ConScreen->ScrollTop = 0;
        ConScreen->ScrollBottom = ConScreen->Rows - 1;
        VtEraseDisplay(2);
        ConMoveTo(0, 0);
        break;
    case 'D': ConLineFeed(); break;
    case 'E': ConScreen->X = 0; ConLineFeed(); break;
    case 'M': ConReverseLineFeed(); break;
    default: break;
    }
}

static void VtCsiCharacter(WCHAR C)
{
    if (C >= '0' && C <= '9') {
        ULONG Index = Vt.Count != 0 ? Vt.Count - 1u : 0;
        Vt.Count = max(Vt.Count, 1);
        if (Vt.Parameter[Index] < 6000) {
            Vt.Parameter[Index] = (USHORT)(Vt.Parameter[Index] * 10 + (C - '0'));
        }
    } else if (C == ';' || C == ':') {
        Vt.Count = (UCHAR)min(max(Vt.Count, 1) + 1, 16);
    } else if (C == '?' || C == '>' || C == '=') {
        Vt.Private = TRUE;
    } else if (C >= 0x40 && C <= 0x7E) {
        Vt.State = VtText;
        VtFinish(C);
    } else if (C == 27) {
        Vt.State = VtEscape;
    }
}

static void VtOscEnd(void)
{
    Vt.State = VtText;
    if (Vt.OscLength >= 2 && (Vt.Osc[0] == '0' || Vt.Osc[0] == '2') && Vt.Osc[1] == ';') {
        Con.TitleLength = min(Vt.OscLength - 2, RTL_NUMBER_OF(Con.Title));
        RtlCopyMemory(Con.Title, Vt.Osc + 2, Con.TitleLength * sizeof(WCHAR));
    }
}

static void VtPrint(WCHAR C)
{
    if (ConScreen->X >= ConScreen->Columns) {
        if ((ConScreen->OutputMode & ENABLE_WRAP_AT_EOL_OUTPUT) != 0) {
            ConScreen->X = 0;
            ConLineFeed();
        } else {
            ConScreen->X = ConScreen->Columns - 1;
        }
    }
    ConPutCell(ConScreen->X, ConScreen->Y, C, ConScreen->Attributes);
    ConScreen->X++;
}

static void VtControl(WCHAR C)
{
    switch (C) {
    case '\r':
        ConScreen->X = 0;
        break;
    case '\n':
    case 11:
    case 12:
        if ((ConScreen->OutputMode & DISABLE_NEWLINE_AUTO_RETURN) == 0) {
            ConScreen->X = 0;
        }
        ConLineFeed();
        break;
    case '\b':
        ConScreen->X = min(ConScreen->X, ConScreen->Columns - 1);
        if (ConScreen->X > 0) {
            ConScreen->X--;
        }
        break;
    case '\t':
        do {
            VtPrint(L' ');
        } while (ConScreen->X % 8 != 0 && ConScreen->X < ConScreen->Columns);
        break;
    default:
        break; /* BEL and the rest show nothing */
    }
}

static void VtCharacter(WCHAR C)
{
    switch (Vt.State) {
    case VtEscape:
        VtEscapeFinal(C);
        return;
    case VtCsi:
        VtCsiCharacter(C);
        return;
    case VtCharset:
        Vt.State = VtText;
        return;
    case VtOsc:
        if (C == 7) {
            VtOscEnd();
        } else if (C == 27) {
            Vt.State = VtOscEscape;
        } else if (Vt.OscLength < RTL_NUMBER_OF(Vt.Osc)) {
            Vt.Osc[Vt.OscLength++] = C;
        }
        return;
    case VtOscEscape:
        VtOscEnd();
        return;
    default:
        break;
    }
    if (C == 27 && (ConScreen->OutputMode & ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0) {
        Vt.State = VtEscape;
    } else if (C < 32 && C != 27 && (ConScreen->OutputMode & ENABLE_PROCESSED_OUTPUT) != 0) {
        VtControl(C);
    } else if (C != 127) {
        VtPrint(C);
    }
}

/* The terminal needs CR before LF; everything else it gets as it is. */
static void VtPass(const WCHAR *Text, ULONG Length)
{
    ULONG From = 0;
    for (ULONG Index = 0; Index < Length; Index++) {
        if (Text[Index] == L'\n' && Vt.LastOut != L'\r' && (ConScreen->OutputMode & DISABLE_NEWLINE_AUTO_RETURN) == 0) {
            ConSerialPut(Text + From, Index - From);
            ConSerialAscii("\r");
            From = Index;
        }
        Vt.LastOut = Text[Index];
    }
    ConSerialPut(Text + From, Length - From);
}

void ConVtReset(void)
{
    Vt.State = VtText;
    Vt.LastOut = 0;
}

void ConWriteText(const WCHAR *Text, ULONG Length)
{
    VtPass(Text, Length);
    for (ULONG Index = 0; Index < Length; Index++) {
        VtCharacter(Text[Index]);
    }
}

void ConWriteAscii(const char *Text)
{
    for (; *Text != 0; Text++) {
        WCHAR C = (UCHAR)*Text;
        ConWriteText(&C, 1);
    }
}
