/* SPDX-License-Identifier: MIT */
/*
 * absent.c - dialogues, which need windows.
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "comdlg32"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT_FALSE(ChooseColorW)
ABSENT_FALSE(ChooseFontW)
ABSENT_FALSE(FindTextW)
ABSENT_FALSE(GetFileTitleW)
ABSENT_FALSE(GetOpenFileNameA)
ABSENT_FALSE(GetOpenFileNameW)
ABSENT_FALSE(GetSaveFileNameA)
ABSENT_FALSE(GetSaveFileNameW)
ABSENT_FALSE(PageSetupDlgW)
ABSENT_FALSE(PrintDlgW)
ABSENT_FALSE(ReplaceTextW)

ABSENT(CommDlgExtendedError, 0xFFFF /* CDERR_DIALOGFAILURE */, 0)
ABSENT_HRESULT(PrintDlgExW)
