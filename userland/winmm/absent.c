/* SPDX-License-Identifier: MIT */
/*
 * absent.c - winmm's sound, joystick and media-control calls: without a device they fail as on a machine that has none (MMSYSERR_NODRIVER,
 * MCIERR_CANNOT_LOAD_DRIVER); periodic timers are not there yet (timeSetEvent gives 0).
 */
#define LIBRARY "winmm"
#include "absent.h"

#define MMSYSERR_NODRIVER_ 6
#define MCIERR_CANNOT_LOAD_DRIVER_ 266

ABSENT(PlaySoundA, 0, 0)
ABSENT(PlaySoundW, 0, 0)
ABSENT(sndPlaySoundA, 0, 0)
ABSENT(sndPlaySoundW, 0, 0)
ABSENT(joyGetPosEx, MMSYSERR_NODRIVER_, 0)
ABSENT(mciSendCommandW, MCIERR_CANNOT_LOAD_DRIVER_, 0)
ABSENT(mciSendStringA, MCIERR_CANNOT_LOAD_DRIVER_, 0)
ABSENT(mciSendStringW, MCIERR_CANNOT_LOAD_DRIVER_, 0)
ABSENT(timeKillEvent, 11 /* MMSYSERR_INVALPARAM */, 0)
ABSENT(timeSetEvent, 0, 0)
ABSENT(waveInOpen, MMSYSERR_NODRIVER_, 0)
ABSENT(waveOutClose, 5 /* MMSYSERR_INVALHANDLE */, 0)
ABSENT(waveOutGetDevCapsW, 2 /* MMSYSERR_BADDEVICEID */, 0)
ABSENT(waveOutOpen, MMSYSERR_NODRIVER_, 0)
ABSENT(waveOutPrepareHeader, 5, 0)
ABSENT(waveOutReset, 5, 0)
ABSENT(waveOutUnprepareHeader, 5, 0)
ABSENT(waveOutWrite, 5, 0)
