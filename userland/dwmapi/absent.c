/* SPDX-License-Identifier: MIT */
/*
 * absent.c - the desktop compositor, which is not there.
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "dwmapi"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT(DwmEnableBlurBehindWindow, (int32_t)0x80263001 /* DWM_E_COMPOSITIONDISABLED */, 0)
ABSENT(DwmExtendFrameIntoClientArea, (int32_t)0x80263001 /* DWM_E_COMPOSITIONDISABLED */, 0)
ABSENT(DwmFlush, (int32_t)0x80263001 /* DWM_E_COMPOSITIONDISABLED */, 0)
ABSENT(DwmGetColorizationColor, (int32_t)0x80263001 /* DWM_E_COMPOSITIONDISABLED */, 0)
ABSENT(DwmGetCompositionTimingInfo, (int32_t)0x80263001 /* DWM_E_COMPOSITIONDISABLED */, 0)
ABSENT(DwmGetWindowAttribute, (int32_t)0x80263001 /* DWM_E_COMPOSITIONDISABLED */, 0)
ABSENT(DwmIsCompositionEnabled, (int32_t)0x80263001 /* DWM_E_COMPOSITIONDISABLED */, 0)
ABSENT(DwmSetWindowAttribute, (int32_t)0x80263001 /* DWM_E_COMPOSITIONDISABLED */, 0)
