/* SPDX-License-Identifier: MIT */
/*
 * ldrdelay.c - delay-loaded imports (`dlltool -y`): the DLL comes with the first call; what is missing raises the exception that Visual C++
 * defined, with the name in its parameter.
 */
#include <windows.h>
#include <string.h>
#include "tap.h"

void LogAdd(const char *Word);
const char *LogText(void);
void LogMissing(void);

static DWORD Code;
static CONTEXT Return;
static volatile int Raised;

static LONG CALLBACK Handler(EXCEPTION_POINTERS *Pointers)
{
    if (Pointers->ExceptionRecord->ExceptionCode >> 16 != 0xC06D) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    Code = Pointers->ExceptionRecord->ExceptionCode;
    Raised = 1;
    RtlRestoreContext(&Return, NULL);
    return EXCEPTION_CONTINUE_SEARCH;
}

int main(void)
{
    LONG(WINAPI *Resolve)(PVOID Parent, PCSTR Name, ULONG Flags) = (void *)GetProcAddress(GetModuleHandleA("ntdll"), "LdrResolveDelayLoadsFromDll");

    Ok(GetModuleHandleA("ldrlog.dll") == NULL, "not there yet");
    LogAdd("late");
    Ok(GetModuleHandleA("ldrlog.dll") != NULL, "the first call brings it");
    Ok(strcmp(LogText(), "late") == 0, "and it is the right one");
    AddVectoredExceptionHandler(1, Handler);
    RtlCaptureContext(&Return);
    if (!Raised) {
        LogMissing();
    }
    Ok(Raised, "a function that is not there raises");
    Is(Code, 0xC06D007F, "ERROR_PROC_NOT_FOUND in Visual C++'s clothes");
    Is((DWORD)Resolve(GetModuleHandleA(NULL), "ldrlog.dll", 1), 0xC00000F1, "LdrResolveDelayLoadsFromDll: flags");
    Is((DWORD)Resolve(GetModuleHandleA(NULL), "nosuch.dll", 0), 0xC0000135, "a DLL from which nothing is imported");
    return Done();
}
