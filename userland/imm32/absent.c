/* SPDX-License-Identifier: MIT */
/*
 * absent.c - input methods, which need windows.
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "imm32"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT_FALSE(ImmAssociateContext)
ABSENT_FALSE(ImmAssociateContextEx)
ABSENT_FALSE(ImmCreateContext)
ABSENT_FALSE(ImmDestroyContext)
ABSENT_FALSE(ImmDisableIME)
ABSENT_FALSE(ImmGetCandidateListW)
ABSENT_FALSE(ImmGetCompositionStringW)
ABSENT_FALSE(ImmGetCompositionWindow)
ABSENT_FALSE(ImmGetContext)
ABSENT_FALSE(ImmGetConversionStatus)
ABSENT_FALSE(ImmGetDefaultIMEWnd)
ABSENT_FALSE(ImmGetDescriptionW)
ABSENT_FALSE(ImmGetOpenStatus)
ABSENT_FALSE(ImmGetVirtualKey)
ABSENT_FALSE(ImmIsIME)
ABSENT_FALSE(ImmNotifyIME)
ABSENT_FALSE(ImmReleaseContext)
ABSENT_FALSE(ImmSetCandidateWindow)
ABSENT_FALSE(ImmSetCompositionFontW)
ABSENT_FALSE(ImmSetCompositionStringW)
ABSENT_FALSE(ImmSetCompositionWindow)
ABSENT_FALSE(ImmSetConversionStatus)
ABSENT_FALSE(ImmSetOpenStatus)
