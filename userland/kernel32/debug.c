/* SPDX-License-Identifier: MIT */
/*
 * debug.c - exceptions and debugging: the unhandled filter, RaiseException, debug output.
 *
 * Dispatching is ntdll's, the last stop too: RtlUserThreadStart's filter calls what SetUnhandledExceptionFilter set, and after it prints
 * the report and ends the process.  OutputDebugString goes to the kernel's log.
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

VOID WINAPI OutputDebugStringA(LPCSTR String)
{
    if (String != NULL) {
        DbgPrint("%s", String);
    }
}

VOID WINAPI OutputDebugStringW(LPCWSTR String)
{
    if (String != NULL) {
        DbgPrint("%ws", String);
    }
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
