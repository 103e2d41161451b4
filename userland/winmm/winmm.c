/* SPDX-License-Identifier: MIT */
/*
 * winmm.c - the multimedia clock, and the number of sound devices, which is none.
 *
 * timeBeginPeriod asks for a finer clock tick.  The tick here is as fine as it gets, so what is left is to say whether the wish was a
 * sensible one: a period from 1 ms to a million, and an end for each begin, or TIMERR_NOCANDO.
 */
#include "smalldll.h"
#include <mmsystem.h>

#define PERIOD_MIN 1u
#define PERIOD_MAX 1000000u

static volatile LONG Begun;

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved)
{
    UNUSED(Module);
    UNUSED(Reason);
    UNUSED(Reserved);
    return TRUE;
}

MMRESULT WINAPI timeBeginPeriod(UINT Period)
{
    if (Period < PERIOD_MIN || Period > PERIOD_MAX) {
        return TIMERR_NOCANDO;
    }
    InterlockedIncrement(&Begun);
    return TIMERR_NOERROR;
}

MMRESULT WINAPI timeEndPeriod(UINT Period)
{
    if (Period < PERIOD_MIN || Period > PERIOD_MAX) {
        return TIMERR_NOCANDO;
    }
    for (LONG Count = Begun; Count > 0; Count = Begun) {
        if (InterlockedCompareExchange(&Begun, Count - 1, Count) == Count) {
            return TIMERR_NOERROR;
        }
    }
    return TIMERR_NOCANDO;
}

MMRESULT WINAPI timeGetDevCaps(LPTIMECAPS Caps, UINT Size)
{
    if (Caps == NULL || Size < sizeof(*Caps)) {
        return TIMERR_NOCANDO;
    }
    Caps->wPeriodMin = PERIOD_MIN;
    Caps->wPeriodMax = PERIOD_MAX;
    return TIMERR_NOERROR;
}

DWORD WINAPI timeGetTime(void)
{
    return (DWORD)GetTickCount64();
}

MMRESULT WINAPI timeGetSystemTime(LPMMTIME Time, UINT Size)
{
    if (Time == NULL || Size < sizeof(*Time)) {
        return TIMERR_NOCANDO;
    }
    Time->wType = TIME_MS;
    Time->u.ms = timeGetTime();
    return TIMERR_NOERROR;
}

UINT WINAPI waveOutGetNumDevs(void)
{
    return 0;
}

UINT WINAPI waveInGetNumDevs(void)
{
    return 0;
}

UINT WINAPI midiOutGetNumDevs(void)
{
    return 0;
}

UINT WINAPI midiInGetNumDevs(void)
{
    return 0;
}

UINT WINAPI auxGetNumDevs(void)
{
    return 0;
}

UINT WINAPI mixerGetNumDevs(void)
{
    return 0;
}

UINT WINAPI joyGetNumDevs(void)
{
    return 0;
}
