/* SPDX-License-Identifier: MIT */
/*
 * absent.c - scaling and streams of the shell, which is not there.
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "shcore"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT_HRESULT(CreateRandomAccessStreamOnFile)
ABSENT_HRESULT(GetDpiForMonitor)
ABSENT_HRESULT(GetProcessDpiAwareness)
ABSENT_HRESULT(GetScaleFactorForMonitor)
ABSENT_HRESULT(SHCreateStreamOnFileEx)
ABSENT_HRESULT(SetProcessDpiAwareness)
