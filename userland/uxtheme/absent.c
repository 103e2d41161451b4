/* SPDX-License-Identifier: MIT */
/*
 * absent.c - themes, which need windows.
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "uxtheme"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT_HRESULT(BufferedPaintInit)
ABSENT_HRESULT(BufferedPaintUnInit)
ABSENT_HRESULT(CloseThemeData)
ABSENT_HRESULT(DrawThemeBackground)
ABSENT_HRESULT(DrawThemeParentBackground)
ABSENT_HRESULT(DrawThemeText)
ABSENT_HRESULT(DrawThemeTextEx)
ABSENT_HRESULT(GetCurrentThemeName)
ABSENT_HRESULT(GetThemeColor)
ABSENT_HRESULT(GetThemeInt)
ABSENT_HRESULT(GetThemeMargins)
ABSENT_HRESULT(GetThemePartSize)
ABSENT_HRESULT(GetThemeSysColor)
ABSENT_HRESULT(SetWindowTheme)

ABSENT_FALSE(OpenThemeData)
ABSENT(IsAppThemed, 0, 0)
ABSENT(IsThemeActive, 0, 0)
ABSENT(IsThemeBackgroundPartiallyTransparent, 0, 0)
