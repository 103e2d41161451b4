/* SPDX-License-Identifier: MIT */
/*
 * absent.h - the honest failure of functions that are exported and not there yet.
 *
 * A program that imports a function it never calls must load; one that calls it must learn that it failed, by the return value and the last
 * error that the function documents, and whoever reads the kernel log must learn which function it was.  A file that uses this includes no
 * Windows header, so that each name can be defined without its arguments: on x64 the caller removes those.
 *
 * LIBRARY is the DLL's name, defined before the include.
 */
#ifndef NASCENT_ABSENT_H
#define NASCENT_ABSENT_H

#include <stdint.h>

unsigned long DbgPrint(const char *Format, ...);

#define ABSENT_NOT_IMPLEMENTED 120u                        /* ERROR_CALL_NOT_IMPLEMENTED */
#define ABSENT_E_NOTIMPL ((int32_t)0x80004001)
#define ABSENT_STATUS_NOT_IMPLEMENTED ((int32_t)0xC0000002)

/* Says the name once a process, and sets the last error (TEB + 0x68) unless the function reports by its value alone. */
static inline intptr_t Absent(volatile long *Said, const char *Name, intptr_t Result, uint32_t Error)
{
    if (__sync_lock_test_and_set(Said, 1) == 0) {
        DbgPrint("%s is not there yet\n", Name);
    }
    if (Error != 0) {
        __asm__ volatile("movl %0, %%gs:0x68" : : "r"(Error) : "memory");
    }
    return Result;
}

#define ABSENT(Name, Result, Error) \
    intptr_t Name(void); \
    intptr_t Name(void) \
    { \
        static volatile long Said; \
        return Absent(&Said, LIBRARY "!" #Name, (intptr_t)(Result), Error); \
    }

#define ABSENT_FALSE(Name) ABSENT(Name, 0, ABSENT_NOT_IMPLEMENTED)           /* FALSE, NULL or 0, and the last error */
#define ABSENT_HANDLE(Name) ABSENT(Name, -1, ABSENT_NOT_IMPLEMENTED)         /* INVALID_HANDLE_VALUE, -1, and the last error */
#define ABSENT_ERROR(Name) ABSENT(Name, ABSENT_NOT_IMPLEMENTED, 0)           /* a Win32 error as the value */
#define ABSENT_HRESULT(Name) ABSENT(Name, ABSENT_E_NOTIMPL, 0)
#define ABSENT_STATUS(Name) ABSENT(Name, ABSENT_STATUS_NOT_IMPLEMENTED, 0)
#define ABSENT_VOID(Name) ABSENT(Name, 0, 0)

#endif
