/* SPDX-License-Identifier: MIT */
/*
 * hundred.c - one of the three DLLs of threedlls.exe: compiled three times, with another prefix for its hundred functions each time.
 */
#include "names.h"

#define DEFINE(name) __declspec(dllexport) int name(void) { return __COUNTER__; }

HUNDRED(DEFINE, PREFIX)
