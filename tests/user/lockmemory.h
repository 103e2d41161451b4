/* SPDX-License-Identifier: MIT */
/*
 * lockmemory.h - the right to lock pages in memory, which large pages and physical pages need.  An account that does not have it ("Lock pages in memory" in
 * the local policies of Windows; SYSTEM has it) can only be shown to be refused.
 */
#ifndef NASCENT_TEST_LOCKMEMORY_H
#define NASCENT_TEST_LOCKMEMORY_H

#include <windows.h>

/* Switches the privilege on or off; FALSE: the account does not have it. */
__attribute__((unused)) static BOOL LockMemoryPrivilege(BOOL On)
{
    TOKEN_PRIVILEGES New = {.PrivilegeCount = 1, .Privileges = {{.Attributes = On ? SE_PRIVILEGE_ENABLED : 0}}};
    HANDLE Token;
    BOOL Has;

    OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &Token);
    LookupPrivilegeValueA(NULL, "SeLockMemoryPrivilege", &New.Privileges[0].Luid);
    Has = AdjustTokenPrivileges(Token, FALSE, &New, 0, NULL, NULL) && GetLastError() == ERROR_SUCCESS;
    CloseHandle(Token);
    return Has;
}

#endif
