/* SPDX-License-Identifier: MIT */
/*
 * access.c - the small Ps* routines by which drivers look at processes and threads without knowing their layout; priorities of classes.
 */
#include "psp.h"

KPRIORITY PspPriorityOfClass(UCHAR Class)
{
    static const UCHAR Base[] = { 8, 4, 8, 13, 24, 6, 10 }; /* by PROCESS_PRIORITY_CLASS_* */

    return Class < RTL_NUMBER_OF(Base) ? Base[Class] : 8;
}

#undef PsGetCurrentProcess
#undef PsGetCurrentThread

PEPROCESS NTAPI PsGetCurrentProcess(VOID)
{
    return PsCurrentProcess_();
}
PETHREAD NTAPI PsGetCurrentThread(VOID)
{
    return PsCurrentThread_();
}
HANDLE NTAPI PsGetCurrentProcessId(VOID)
{
    return PsCurrentThread_()->Cid.UniqueProcess;
}
HANDLE NTAPI PsGetCurrentThreadId(VOID)
{
    return PsCurrentThread_()->Cid.UniqueThread;
}
HANDLE NTAPI PsGetProcessId(PEPROCESS Process)
{
    return Process->UniqueProcessId;
}
HANDLE NTAPI PsGetThreadId(PETHREAD Thread)
{
    return Thread->Cid.UniqueThread;
}
HANDLE NTAPI PsGetThreadProcessId(PETHREAD Thread)
{
    return Thread->Cid.UniqueProcess;
}
PEPROCESS NTAPI PsGetThreadProcess(PETHREAD Thread)
{
    return PsThreadProcess_(Thread);
}
PVOID NTAPI PsGetThreadTeb(PETHREAD Thread)
{
    return Thread->Tcb.Teb;
}
PVOID NTAPI PsGetProcessPeb(PEPROCESS Process)
{
    return Process->Peb;
}
PVOID NTAPI PsGetProcessSectionBaseAddress(PEPROCESS Process)
{
    return Process->SectionBaseAddress;
}
CHAR *NTAPI PsGetProcessImageFileName(PEPROCESS Process)
{
    return Process->ImageFileName;
}
HANDLE NTAPI PsGetProcessInheritedFromUniqueProcessId(PEPROCESS Process)
{
    return Process->InheritedFromUniqueProcessId;
}
NTSTATUS NTAPI PsGetProcessExitStatus(PEPROCESS Process)
{
    return Process->ExitStatus;
}
BOOLEAN NTAPI PsGetProcessExitProcessCalled(PEPROCESS Process)
{
    return (Process->Flags & PS_PROCESS_FLAGS_PROCESS_EXITING) != 0;
}
LARGE_INTEGER NTAPI PsGetProcessExitTime(VOID)
{
    return PsCurrentProcess_()->ExitTime;
}
LONGLONG NTAPI PsGetProcessCreateTimeQuadPart(PEPROCESS Process)
{
    return Process->CreateTime.QuadPart;
}
ULONG NTAPI PsGetProcessSessionId(PEPROCESS Process)
{
    return Process->SessionId;
}
BOOLEAN NTAPI PsIsSystemThread(PETHREAD Thread)
{
    return (Thread->CrossThreadFlags & PS_CROSS_THREAD_FLAGS_SYSTEM) != 0;
}
BOOLEAN NTAPI PsIsSystemProcess(PEPROCESS Process)
{
    return Process == PsInitialSystemProcess;
}
BOOLEAN NTAPI PsIsThreadTerminating(PETHREAD Thread)
{
    return (Thread->CrossThreadFlags & PS_CROSS_THREAD_FLAGS_TERMINATED) != 0;
}
KPROCESSOR_MODE NTAPI PsGetCurrentThreadPreviousMode(VOID)
{
    return KeCurrentPreviousMode_();
}
NTSTATUS NTAPI PsAcquireProcessExitSynchronization(PEPROCESS Process)
{
    return ExAcquireRundownProtection(&Process->RundownProtect) ? STATUS_SUCCESS : STATUS_PROCESS_IS_TERMINATING;
}
VOID NTAPI PsReleaseProcessExitSynchronization(PEPROCESS Process)
{
    ExReleaseRundownProtection(&Process->RundownProtect);
}

/* CSDVersion is empty: a release without service pack.  Returns TRUE for a checked build, as NT did. */
BOOLEAN NTAPI PsGetVersion(PULONG MajorVersion, PULONG MinorVersion, PULONG BuildNumber, PUNICODE_STRING CSDVersion)
{
    if (MajorVersion != NULL) {
        *MajorVersion = 10;
    }
    if (MinorVersion != NULL) {
        *MinorVersion = 0;
    }
    if (BuildNumber != NULL) {
        *BuildNumber = 19045;
    }
    if (CSDVersion != NULL) {
        CSDVersion->Length = 0;
    }
    return FALSE;
}
