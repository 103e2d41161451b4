/* SPDX-License-Identifier: MIT */
/*
 * jump.c - longjmp by unwinding: every frame between is asked to clean up.  RtlRestoreContext then takes the registers from the buffer, because
 * STATUS_LONGJUMP says that they are there.
 */
#include "ntdllp.h"

typedef struct _JUMP_HEAD
{
    ULONG64 Frame, Registers[9], Rip; /* of _JUMP_BUFFER; jump.asm has the rest */
} JUMP_HEAD;

void RtlpLongJump(JUMP_HEAD *Buffer, int Value);

void RtlpLongJump(JUMP_HEAD *Buffer, int Value)
{
    EXCEPTION_RECORD Record = {.ExceptionCode = (LONG)STATUS_LONGJUMP, .NumberParameters = 1, .ExceptionInformation = {(ULONG_PTR)Buffer}};

    RtlUnwind((PVOID)(ULONG_PTR)Buffer->Frame, (PVOID)(ULONG_PTR)Buffer->Rip, &Record, (PVOID)(LONG_PTR)Value);
}
