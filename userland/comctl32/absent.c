/* SPDX-License-Identifier: MIT */
/*
 * absent.c - common controls, which need windows.
 * Programs that import them and do without them start; a call fails as documented.
 */
#define LIBRARY "comctl32"
#include "absent.h"

int DllMain(void);
int DllMain(void)
{
    return 1;
}

ABSENT_FALSE(CreatePropertySheetPageW)
ABSENT_FALSE(CreateStatusWindowW)
ABSENT_FALSE(CreateToolbarEx)
ABSENT_FALSE(DefSubclassProc)
ABSENT_FALSE(GetWindowSubclass)
ABSENT_HANDLE(ImageList_Add)
ABSENT_HANDLE(ImageList_AddMasked)
ABSENT_FALSE(ImageList_Create)
ABSENT_FALSE(ImageList_Destroy)
ABSENT_FALSE(ImageList_Draw)
ABSENT_FALSE(ImageList_GetIcon)
ABSENT_FALSE(ImageList_GetImageCount)
ABSENT_FALSE(ImageList_LoadImageW)
ABSENT_FALSE(ImageList_Remove)
ABSENT_HANDLE(ImageList_ReplaceIcon)
ABSENT_HANDLE(ImageList_SetBkColor)
ABSENT_FALSE(InitCommonControlsEx)
ABSENT_HANDLE(PropertySheetW)
ABSENT_FALSE(RemoveWindowSubclass)
ABSENT_FALSE(SetWindowSubclass)
ABSENT_FALSE(_TrackMouseEvent)

ABSENT_VOID(InitCommonControls)
ABSENT_HRESULT(TaskDialog)
ABSENT_HRESULT(TaskDialogIndirect)
ABSENT_HRESULT(LoadIconMetric)
