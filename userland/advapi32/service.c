/* SPDX-License-Identifier: MIT */
/*
 * service.c - a program asks whether it was started as a service.  Nobody is: there is no service control manager, and programs that can be both
 * go on as what a user has started when they learn so.
 */
#include "adv.h"

static BOOL Dispatch(const void *Table)
{
    SetLastError(Table == NULL ? ERROR_INVALID_PARAMETER : ERROR_FAILED_SERVICE_CONTROLLER_CONNECT);
    return FALSE;
}

BOOL WINAPI StartServiceCtrlDispatcherW(const SERVICE_TABLE_ENTRYW *Table)
{
    return Dispatch(Table);
}

BOOL WINAPI StartServiceCtrlDispatcherA(const SERVICE_TABLE_ENTRYA *Table)
{
    return Dispatch(Table);
}
