/* SPDX-License-Identifier: MIT */
/*
 * cc.h - the file cache: cached file data are views of data sections, one set of pages for read, write and mapped views.  File systems use the
 * Cc* routines of <ntifs.h>.  Windows Internals, 7th ed., part 2, chapter 14.
 */
#ifndef NASCENT_CC_H
#define NASCENT_CC_H
#include "mm.h"
void CcInitSystem(void);
/* CcCopyWrite with the status of what failed: a page that could not be read, or a bad buffer of the caller's.  *Done: bytes written. */
NTSTATUS NTAPI CcCopyWriteEx_(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, PVOID Buffer, PULONG Done) NODISCARD;
#endif
