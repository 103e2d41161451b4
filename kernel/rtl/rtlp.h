/* SPDX-License-Identifier: MIT */
/*
 * rtlp.h - what the run-time library needs from the world it runs in.
 *
 * Implemented once for the kernel (rtl/platform.c) and once for ntdll (userland/ntdll); the host tests bring their own.
 */
#ifndef NASCENT_RTLP_H
#define NASCENT_RTLP_H

#include "rtl.h"

/* Memory for strings and descriptors that a routine returns; freed by RtlFree*String and the like.  NULL if there is none. */
PVOID RtlpAllocate(SIZE_T Size);
void RtlpFree(PVOID Block);

/*
 * The image that Pc lies in: base and its sorted function table (Count entries, may be 0); FALSE if no image is known there.
 * Kernel: any IRQL, the module list.  ntdll: the loader's list without taking the loader lock.
 */
BOOLEAN RtlpFindFunctionTable(ULONG64 Pc, PULONG64 ImageBase, PRUNTIME_FUNCTION *Table, PULONG Count);
/* Functions registered at run time (RtlAddFunctionTable): NULL where that does not exist. */
PRUNTIME_FUNCTION RtlpFindDynamicFunction(ULONG64 Pc, PULONG64 ImageBase);
/* The stack of the running thread: [*Low, *High).  In the kernel also a DPC's or interrupt's stack if Sp lies there. */
BOOLEAN RtlpStackLimits(ULONG64 Sp, PULONG64 Low, PULONG64 High);
/* The exception cannot be raised or continued: kernel, bugcheck; user, NtRaiseException with FirstChance FALSE.  Returns nowhere. */
NORETURN void RtlpUnhandled(PEXCEPTION_RECORD Record, PCONTEXT Context);
/* User mode: a process that is debugged raises through the kernel, which asks the debugger first, and does not come back.  Else it returns. */
void RtlpRaiseToDebugger(PEXCEPTION_RECORD Record, PCONTEXT Context);
/* Vectored handlers, first and last; the kernel has none. */
BOOLEAN RtlpCallVectoredExceptionHandlers(PEXCEPTION_RECORD Record, PCONTEXT Context);
void RtlpCallVectoredContinueHandlers(PEXCEPTION_RECORD Record, PCONTEXT Context);
/* Loads the context and goes there: kernel, iretq; user, NtContinue(Context, FALSE). */
NORETURN void RtlpResume(PCONTEXT Context);

#define RTLP_ARRAY_COUNT(a) (sizeof(a) / sizeof(*(a)))

/*
 * unwind.c: RtlVirtualUnwind from Context->Rip.  *Exact, in and out: Rip is where an exception struck, so it may be amid an epilogue; a return
 * address never is, and must not be mistaken for one when a jump follows the call.
 */
PEXCEPTION_ROUTINE RtlpUnwindFrame(ULONG HandlerType, ULONG64 ImageBase, PRUNTIME_FUNCTION FunctionEntry, PCONTEXT Context, BOOLEAN *Exact,
                                   PVOID *HandlerData, PULONG64 EstablisherFrame);

/* context.asm: call the language handler of a dispatcher context from a frame that notices nested exceptions and collided unwinds. */
EXCEPTION_DISPOSITION RtlpExecuteHandlerForException(PEXCEPTION_RECORD Record, PVOID EstablisherFrame, PCONTEXT Context,
                                                     PDISPATCHER_CONTEXT DispatcherContext);
EXCEPTION_DISPOSITION RtlpExecuteHandlerForUnwind(PEXCEPTION_RECORD Record, PVOID EstablisherFrame, PCONTEXT Context,
                                                  PDISPATCHER_CONTEXT DispatcherContext);

/* unicase.c */
WCHAR RtlpUpcase(WCHAR Character);
WCHAR RtlpDowncase(WCHAR Character);

/* utf8.c: one step of conversion, shared by all code-page routines and by printf. */
/* Decodes one code point from [*At, End), advances at least one byte; *Bad is set (never cleared) when it was malformed: U+FFFD. */
ULONG RtlpDecodeUtf8(const UCHAR **At, const UCHAR *End, BOOLEAN *Bad);
/* Decodes one code point of UTF-16; an unpaired surrogate is U+FFFD and *Bad. */
ULONG RtlpDecodeUtf16(const WCHAR **At, const WCHAR *End, BOOLEAN *Bad);
/* Bytes (1..4) and units (1..2) of a code point; written only if Buffer is not NULL. */
ULONG RtlpEncodeUtf8(ULONG CodePoint, UCHAR *Buffer);
ULONG RtlpEncodeUtf16(ULONG CodePoint, WCHAR *Buffer);

/* codepage.c */
typedef struct _RTLP_CODE_PAGE {
    const USHORT *MultiByte;
    const UCHAR *WideChar;
} RTLP_CODE_PAGE;

extern const RTLP_CODE_PAGE RtlpAnsiPage, RtlpOemPage;
const USHORT *RtlpAnsiCodePageData(void);
const USHORT *RtlpOemCodePageData(void);
ULONG RtlpPageToUnicode(const RTLP_CODE_PAGE *Page, PWCH Unicode, ULONG UnicodeSize, PCCH Source, ULONG Size);
ULONG RtlpPageFromUnicode(const RTLP_CODE_PAGE *Page, PCHAR Bytes, ULONG ByteSize, PCWCH Source, ULONG Size, BOOLEAN Upcase);

#endif
