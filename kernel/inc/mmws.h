/* SPDX-License-Identifier: MIT */
/*
 * mmws.h - working sets: what a process may have done to its own (trim.c), for ps.
 */
#ifndef NASCENT_MMWS_H
#define NASCENT_MMWS_H

#include "mm.h"

#define MM_MINIMUM_WORKING_SET 50u /* pages, of a process for which nobody has set limits, as on Windows */

/* SetProcessWorkingSetSize(-1, -1): every page that is not locked leaves the page tables, and stays in memory.  PASSIVE_LEVEL.
 * STATUS_PROCESS_IS_TERMINATING. */
NTSTATUS MmEmptyWorkingSet_(PEPROCESS Process);

#endif
