/* SPDX-License-Identifier: MIT */
/*
 * status.c - the name of a status code, for logs and crash reports: people remember STATUS_ACCESS_DENIED, not 0xC0000022.
 */
#include "rtlp.h"
#include "status_table.h"

const char *RtlStatusName(NTSTATUS Status)
{
    SIZE_T Low = 0, High = RTLP_ARRAY_COUNT(StatusIndex);

    while (Low < High) {
        SIZE_T Middle = Low + (High - Low) / 2;
        if (StatusIndex[Middle].Code == (ULONG)Status)
            return StatusText + StatusIndex[Middle].Offset;
        if (StatusIndex[Middle].Code < (ULONG)Status)
            Low = Middle + 1;
        else
            High = Middle;
    }
    return NULL;
}
