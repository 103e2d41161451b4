/* SPDX-License-Identifier: MIT */
/*
 * background.h - background processing mode, for SetPriorityClass and SetThreadPriority.
 *
 * In: the handle the caller gave, which must be to his own process or thread (else ERROR_INVALID_PARAMETER), and the mode, ..._BEGIN or ..._END.  Fails with
 * ERROR_PROCESS_MODE_ALREADY_BACKGROUND, ERROR_PROCESS_MODE_NOT_BACKGROUND and the same of a thread.
 * Source: "SetPriorityClass", "SetThreadPriority" (Windows API).
 */
#ifndef NASCENT_BACKGROUND_H
#define NASCENT_BACKGROUND_H

BOOL BaseSetProcessMode(HANDLE Process, DWORD Mode);
BOOL BaseSetThreadMode(HANDLE Thread, int Mode);

#endif
