/* SPDX-License-Identifier: MIT */
/*
 * log.c - the kernel's log and the lines of the boot.
 *
 * The log is a byte stream to the emulator's debug console (port 0xE9): no buffer that a crash could lose.  One spin lock, taken with
 * interrupts off at any IRQL, keeps lines whole; a bugcheck ignores it.  Boot steps go to COM1 and the framebuffer, too, until the console
 * driver takes both.
 */
#include "kdp.h"

#define KDP_LINE 640

BOOLEAN KdpInBugCheck;
BOOLEAN KdpBootDisplay = TRUE;
static KSPIN_LOCK KdpLogLock;

void KdInitPhase0(LOADER_PARAMETER_BLOCK *Block)
{
    KdpInitializeSerial();
}

static BOOLEAN KdpLock(void)
{
    BOOLEAN Enabled = KiDisable();

    while (!KdpInBugCheck && InterlockedBitTestAndSet64((LONG64 *)&KdpLogLock, 0)) {
        YieldProcessor();
    }
    return Enabled;
}

static void KdpUnlock(BOOLEAN Enabled)
{
    InterlockedAnd64((LONG64 *)&KdpLogLock, 0);
    KiRestore(Enabled);
}

void KdPutText(const char *Text, SIZE_T Length)
{
    BOOLEAN Enabled = KdpLock();

    KiDebugPortWrite(Text, Length);
    KdpUnlock(Enabled);
}

static ULONG KdpFormat(char *Line, SIZE_T Size, const char *Format, va_list Arguments)
{
    int Length = _vsnprintf(Line, Size - 1, Format, Arguments);

    if (Length < 0 || (SIZE_T)Length >= Size - 1) {
        Length = (int)Size - 2;
        Line[Length++] = '\n';
    }
    Line[Length] = 0;
    return (ULONG)Length;
}

void KdPrint_(const char *Format, ...)
{
    char Line[KDP_LINE];
    va_list Arguments;
    ULONG Length;

    va_start(Arguments, Format);
    Length = KdpFormat(Line, sizeof(Line), Format, Arguments);
    va_end(Arguments);
    KdPutText(Line, Length);
}

void KdBootStep(const char *Format, ...)
{
    char Line[KDP_LINE];
    va_list Arguments;
    ULONG Length = (ULONG)_snprintf(Line, sizeof(Line), "[%6u] ", (ULONG)(KiTimeSinceStart() / 10000));

    va_start(Arguments, Format);
    Length += KdpFormat(Line + Length, sizeof(Line) - Length - 1, Format, Arguments);
    va_end(Arguments);
    Line[Length++] = '\n';
    Line[Length] = 0;
    KdPutText(Line, Length);
    if (KdpBootDisplay) {
        KdpSerialWrite(Line, Length);
        InbvDisplayString_(Line);
    }
}

void KdSetBootDisplayOwner(BOOLEAN Boot)
{
    KdpBootDisplay = Boot;
}
