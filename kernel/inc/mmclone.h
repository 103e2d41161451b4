/* SPDX-License-Identifier: MIT */
/*
 * mmclone.h - copying an address space (mm/clone.c), for ps.
 */
#ifndef NASCENT_MMCLONE_H
#define NASCENT_MMCLONE_H

#include "mm.h"

/*
 * Target: from MmCreateProcessAddressSpace, and nobody else's yet.  Source: another process, which may run; what its threads write meanwhile is in the copy or
 * not.  STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT, STATUS_INSUFFICIENT_RESOURCES, STATUS_PROCESS_IS_TERMINATING.  PASSIVE_LEVEL.
 */
NTSTATUS MmCloneProcessAddressSpace_(PEPROCESS Target, PEPROCESS Source) NODISCARD;

#endif
