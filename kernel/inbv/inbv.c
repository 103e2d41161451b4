/* SPDX-License-Identifier: MIT */
/*
 * inbv.c - boot video: text on the loader's framebuffer until the console driver takes the screen, and again for a bugcheck.
 *
 * No lock and no allocation, because a bugcheck draws with it: two processors drawing at once garble a line, nothing more.  The framebuffer
 * is reached through the loader's direct map.  Glyphs come from the console font that the build makes out of Debian's Uni2-VGA16.
 */
#include "arch.h"
#include "inbv.h"
#include "kd.h"
#include "mm.h"
#include "font8x16.h"

#define GLYPH_WIDTH 8
#define GLYPH_HEIGHT 16
#define DEFAULT_TEXT 0x00C8C8C8

static volatile ULONG *InbvpPixels; /* NULL: no framebuffer */
static LOADER_FRAMEBUFFER InbvpScreen;
static ULONG InbvpColumn, InbvpRow, InbvpColumns, InbvpRows;
static ULONG InbvpText, InbvpBackground;

static ULONG InbvpColor(ULONG Rgb)
{
    return InbvpScreen.Format == 0 ? Rgb : (Rgb & 0xFF00) | (Rgb >> 16 & 0xFF) | (Rgb & 0xFF) << 16;
}

void InbvDriverInitialize(LOADER_PARAMETER_BLOCK *Block)
{
    const LOADER_FRAMEBUFFER *Screen = &Block->Framebuffer;

    if (Screen->PhysicalBase == 0 || Screen->PhysicalBase + Screen->Size > Block->DirectMapSize || Screen->Width < GLYPH_WIDTH ||
        (uint64_t)Screen->PixelsPerScanLine * Screen->Height * 4 > Screen->Size) {
        return;
    }
    InbvpScreen = *Screen;
    InbvpColumns = Screen->Width / GLYPH_WIDTH;
    InbvpRows = Screen->Height / GLYPH_HEIGHT;
    InbvpText = InbvpColor(DEFAULT_TEXT);
    InbvpPixels = (volatile ULONG *)(Block->DirectMapBase + Screen->PhysicalBase);
    InbvSolidColorFill_(0);
}

BOOLEAN InbvIsBootDriverInstalled_(void)
{
    return InbvpPixels != NULL;
}

static void InbvpFillLines(ULONG First, ULONG Last)
{
    for (ULONG y = First; y < Last; y++) {
        volatile ULONG *Line = InbvpPixels + (SIZE_T)y * InbvpScreen.PixelsPerScanLine;
        for (ULONG x = 0; x < InbvpScreen.Width; x++) {
            Line[x] = InbvpBackground;
        }
    }
}

void InbvSolidColorFill_(ULONG Background)
{
    if (InbvpPixels == NULL) {
        return;
    }
    InbvpBackground = InbvpColor(Background);
    InbvpText = InbvpColor(Background == 0 ? DEFAULT_TEXT : 0x00FFFFFF);
    InbvpFillLines(0, InbvpScreen.Height);
    InbvpColumn = InbvpRow = 0;
}

void InbvSetTextColor_(ULONG Foreground)
{
    InbvpText = InbvpColor(Foreground);
}

static const unsigned char *InbvpGlyph(ULONG Code)
{
    ULONG Low = 0, High = FontGlyphCount;

    while (Low < High) {
        ULONG Middle = (Low + High) / 2;
        if (FontCode[Middle] == Code) {
            return FontGlyph[Middle];
        }
        if (FontCode[Middle] < Code) {
            Low = Middle + 1;
        } else {
            High = Middle;
        }
    }
    return Code == '?' ? FontGlyph[0] : InbvpGlyph('?');
}

static void InbvpDrawGlyph(ULONG Code)
{
    const unsigned char *Glyph = InbvpGlyph(Code);
    volatile ULONG *Line = InbvpPixels + (SIZE_T)InbvpRow * GLYPH_HEIGHT * InbvpScreen.PixelsPerScanLine + InbvpColumn * GLYPH_WIDTH;

    for (ULONG y = 0; y < GLYPH_HEIGHT; y++, Line += InbvpScreen.PixelsPerScanLine) {
        for (ULONG x = 0; x < GLYPH_WIDTH; x++) {
            Line[x] = (Glyph[y] & (0x80 >> x)) ? InbvpText : InbvpBackground;
        }
    }
}

static void InbvpNewLine(void)
{
    SIZE_T LineBytes = (SIZE_T)InbvpScreen.PixelsPerScanLine * 4;

    InbvpColumn = 0;
    if (InbvpRow + 1 < InbvpRows) {
        InbvpRow++;
        return;
    }
    __builtin_memmove((PVOID)InbvpPixels, (PVOID)((ULONG_PTR)InbvpPixels + GLYPH_HEIGHT * LineBytes),
                      (InbvpRows - 1) * GLYPH_HEIGHT * LineBytes);
    InbvpFillLines((InbvpRows - 1) * GLYPH_HEIGHT, InbvpRows * GLYPH_HEIGHT);
}

/* One character off a UTF-8 string of the first plane; malformed bytes come out as themselves. */
static ULONG InbvpNextCode(const char **Text)
{
    const UCHAR *At = (const UCHAR *)*Text;
    ULONG Code = At[0];

    if ((At[0] & 0xE0) == 0xC0 && (At[1] & 0xC0) == 0x80) {
        Code = (At[0] & 0x1Fu) << 6 | (At[1] & 0x3Fu);
        *Text += 1;
    } else if ((At[0] & 0xF0) == 0xE0 && (At[1] & 0xC0) == 0x80 && (At[2] & 0xC0) == 0x80) {
        Code = (At[0] & 0xFu) << 12 | (At[1] & 0x3Fu) << 6 | (At[2] & 0x3Fu);
        *Text += 2;
    }
    *Text += 1;
    return Code;
}

void InbvDisplayString_(const char *Utf8)
{
    if (InbvpPixels == NULL) {
        return;
    }
    while (*Utf8 != 0) {
        ULONG Code = InbvpNextCode(&Utf8);
        if (Code == '\r') {
            InbvpColumn = 0;
        } else if (Code == '\n') {
            InbvpNewLine();
        } else {
            if (InbvpColumn == InbvpColumns) {
                InbvpNewLine();
            }
            InbvpDrawGlyph(Code);
            InbvpColumn++;
        }
    }
}

/* The console driver takes the screen (and COM1): boot text stops.  A bugcheck takes it back without asking. */
VOID NTAPI InbvNotifyDisplayOwnershipLost(PVOID ResetDisplay);

VOID NTAPI InbvNotifyDisplayOwnershipLost(PVOID ResetDisplay)
{
    KdSetBootDisplayOwner(FALSE);
}
