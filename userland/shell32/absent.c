/* SPDX-License-Identifier: MIT */
/*
 * absent.c - shell32 without a shell: nothing opens documents (ERROR_NO_ASSOCIATION and its ShellExecute code), nothing has icons, nothing is
 * dragged.
 */
#define LIBRARY "shell32"
#include "absent.h"

#define SE_ERR_NOASSOC_ 31
#define ERROR_NO_ASSOCIATION_ 1155u

ABSENT_VOID(DragAcceptFiles)
ABSENT_VOID(DragFinish)
ABSENT(DragQueryFileW, 0, 0)
ABSENT(ExtractIconExW, 0, 0)
ABSENT(FindExecutableW, SE_ERR_NOASSOC_, ERROR_NO_ASSOCIATION_)
ABSENT_HRESULT(SHBindToParent)
ABSENT(SHBrowseForFolderW, 0, 0)
ABSENT_VOID(SHChangeNotify)
ABSENT_HRESULT(SHCreateItemFromParsingName)
ABSENT_ERROR(SHFileOperationW)
ABSENT_HRESULT(SHGetDesktopFolder)
ABSENT(SHGetFileInfoA, 0, 0)
ABSENT(SHGetFileInfoW, 0, 0)
ABSENT_HRESULT(SHGetFolderLocation)
ABSENT(SHGetPathFromIDListA, 0, 0)
ABSENT(SHGetPathFromIDListW, 0, 0)
ABSENT_HRESULT(SHGetSpecialFolderLocation)
ABSENT_HRESULT(SHGetStockIconInfo)
ABSENT_HRESULT(SHOpenFolderAndSelectItems)
ABSENT_HRESULT(SHParseDisplayName)
ABSENT(ShellExecuteA, SE_ERR_NOASSOC_, ERROR_NO_ASSOCIATION_)
ABSENT(ShellExecuteW, SE_ERR_NOASSOC_, ERROR_NO_ASSOCIATION_)
ABSENT(ShellExecuteExA, 0, ERROR_NO_ASSOCIATION_)
ABSENT(ShellExecuteExW, 0, ERROR_NO_ASSOCIATION_)
ABSENT(Shell_NotifyIconA, 0, ABSENT_NOT_IMPLEMENTED)
ABSENT(Shell_NotifyIconW, 0, ABSENT_NOT_IMPLEMENTED)
