/* SPDX-License-Identifier: MIT */
/*
 * debug.c - exceptions and being debugged: the unhandled filter, RaiseException, debug output.  debugger.c has the other side.
 *
 * Dispatching is ntdll's, the last stop too: RtlUserThreadStart's filter calls what SetUnhandledExceptionFilter set, and after it prints
 * the report and ends the process.
 *
 * Debug output is an exception, which a debugger sees as an event of its own; if there is none (nobody handles the exception) it goes to the kernel's
 * log.  Vectored handlers of the program see it, too, as on Windows.
 */
#include "k32.h"

static LPTOP_LEVEL_EXCEPTION_FILTER TopFilter;

LPTOP_LEVEL_EXCEPTION_FILTER WINAPI SetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER Filter)
{
    return InterlockedExchangePointer((PVOID volatile *)&TopFilter, (PVOID)Filter);
}

/* The program's filter first; if it does not decide, ntdll reports and EXCEPTION_EXECUTE_HANDLER ends the process. */
LONG WINAPI UnhandledExceptionFilter(PEXCEPTION_POINTERS Pointers)
{
    LPTOP_LEVEL_EXCEPTION_FILTER Filter = TopFilter;

    if (BasePeb()->BeingDebugged) {
        return EXCEPTION_CONTINUE_SEARCH; /* the debugger's, at second chance */
    }
    if (Filter != NULL) {
        LONG Verdict = Filter(Pointers);
        if (Verdict == EXCEPTION_EXECUTE_HANDLER || Verdict == EXCEPTION_CONTINUE_EXECUTION) {
            return Verdict;
        }
    }
    return RtlUnhandledExceptionFilter(Pointers);
}

VOID WINAPI RaiseException(DWORD Code, DWORD Flags, DWORD Count, const ULONG_PTR *Arguments)
{
    EXCEPTION_RECORD Record = {.ExceptionCode = Code & 0xEFFFFFFF, .ExceptionFlags = Flags & EXCEPTION_NONCONTINUABLE,
                               .ExceptionAddress = (PVOID)(ULONG_PTR)RaiseException};

    if (Arguments != NULL) {
        Record.NumberParameters = Count < EXCEPTION_MAXIMUM_PARAMETERS ? Count : EXCEPTION_MAXIMUM_PARAMETERS;
        memcpy(Record.ExceptionInformation, Arguments, Record.NumberParameters * sizeof(ULONG_PTR));
    }
    RtlRaiseException(&Record);
}

VOID WINAPI RaiseFailFastException(PEXCEPTION_RECORD Record, PCONTEXT Context, DWORD Flags)
{
    EXCEPTION_RECORD Default = {.ExceptionCode = (DWORD)0xC0000602, .ExceptionFlags = EXCEPTION_NONCONTINUABLE}; /* STATUS_FAIL_FAST_EXCEPTION */
    PEXCEPTION_RECORD Raised = Record != NULL ? Record : &Default;
    CONTEXT Here;

    UNUSED(Flags);
    RtlCaptureContext(&Here); /* which may return twice, as the compiler sees it: nothing it keeps in a register changes afterwards */
    PCONTEXT Where = Context != NULL ? Context : &Here;
    if (Record == NULL) {
        Default.ExceptionAddress = (PVOID)Where->Rip;
    }
    NtRaiseException(Raised, Where, FALSE);
    NtTerminateProcess(NtCurrentProcess(), (NTSTATUS)Raised->ExceptionCode);
}

VOID WINAPI DebugBreak(void)
{
    DbgBreakPoint();
}

BOOL WINAPI IsDebuggerPresent(void)
{
    return BasePeb()->BeingDebugged;
}

BOOL WINAPI CheckRemoteDebuggerPresent(HANDLE Process, PBOOL Present)
{
    ULONG_PTR Port = 0;

    if (Process == NULL || Present == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (!BaseResult(NtQueryInformationProcess(Process, ProcessDebugPort, &Port, sizeof(Port), NULL))) {
        return FALSE;
    }
    *Present = Port != 0;
    return TRUE;
}

/*
 * __try { RtlRaiseException(Record); return TRUE; } __except (EXCEPTION_EXECUTE_HANDLER) { return FALSE; }
 * in assembly, for the compiler has no __try.  TRUE: a debugger took it.
 */
BOOL BasepRaiseText(PEXCEPTION_RECORD Record);
__asm__(".text\n"
        ".globl BasepRaiseText\n.seh_proc BasepRaiseText\nBasepRaiseText:\n"
        "    pushq %rbp\n    .seh_pushreg %rbp\n    movq %rsp, %rbp\n    .seh_setframe %rbp, 0\n"
        "    subq $32, %rsp\n    .seh_stackalloc 32\n    .seh_endprologue\n"
        "1:  call RtlRaiseException\n    nop\n"
        "2:  movl $1, %eax\n    jmp 4f\n"
        "3:  xorl %eax, %eax\n"
        "4:  addq $32, %rsp\n    popq %rbp\n    ret\n"
        "    .seh_handler __C_specific_handler, @except, @unwind\n    .seh_handlerdata\n    .long 1\n    .rva 1b, 2b\n    .long 1\n    .rva 3b\n"
        "    .text\n    .seh_endproc\n");

/* The text with its zero: how many characters (of both forms, if it is wide), and where. */
VOID WINAPI OutputDebugStringA(LPCSTR String)
{
    EXCEPTION_RECORD Record = {.ExceptionCode = DBG_PRINTEXCEPTION_C, .NumberParameters = 2, .ExceptionAddress = (PVOID)(ULONG_PTR)OutputDebugStringA};

    if (String == NULL) {
        return;
    }
    Record.ExceptionInformation[0] = strlen(String) + 1;
    Record.ExceptionInformation[1] = (ULONG_PTR)String;
    if (!BasepRaiseText(&Record)) {
        DbgPrint("%s", String);
    }
}

VOID WINAPI OutputDebugStringW(LPCWSTR String)
{
    EXCEPTION_RECORD Record = {.ExceptionCode = DBG_PRINTEXCEPTION_WIDE_C, .NumberParameters = 4, .ExceptionAddress = (PVOID)(ULONG_PTR)OutputDebugStringW};
    UNICODE_STRING Wide;
    ANSI_STRING Narrow;

    if (String == NULL) {
        return;
    }
    RtlInitUnicodeString(&Wide, String);
    if (!NT_SUCCESS(RtlUnicodeStringToAnsiString(&Narrow, &Wide, TRUE))) {
        return;
    }
    Record.ExceptionInformation[0] = wcslen(String) + 1;
    Record.ExceptionInformation[1] = (ULONG_PTR)String;
    Record.ExceptionInformation[2] = (ULONG_PTR)Narrow.Length + 1;
    Record.ExceptionInformation[3] = (ULONG_PTR)Narrow.Buffer;
    if (!BasepRaiseText(&Record)) {
        OutputDebugStringA(Narrow.Buffer); /* a debugger that knows only the older form */
    }
    RtlFreeAnsiString(&Narrow);
}

/* Error reporting is the report on the console and in the log; its flags are kept for who reads them back. */
static DWORD WerFlags;

HRESULT WINAPI WerSetFlags(DWORD Flags)
{
    WerFlags = Flags;
    return S_OK;
}

HRESULT WINAPI WerGetFlags(HANDLE Process, PDWORD Flags)
{
    UNUSED(Process);
    *Flags = WerFlags;
    return S_OK;
}
