/* SPDX-License-Identifier: MIT */
/*
 * absent.c - version.dll's functions for installers, which are not there yet. Their result is a set of flags; VIF_OUTOFSPACE and its kin do
 * not fit, so the documented catch-all VIF_CANNOTCREATE is what an installation reports.
 */
#define LIBRARY "version"
#include "absent.h"

ABSENT(VerFindFileA, 0, ABSENT_NOT_IMPLEMENTED)
ABSENT(VerFindFileW, 0, ABSENT_NOT_IMPLEMENTED)
ABSENT(VerInstallFileA, 0x800, ABSENT_NOT_IMPLEMENTED)
ABSENT(VerInstallFileW, 0x800, ABSENT_NOT_IMPLEMENTED)
