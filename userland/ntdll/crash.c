/* SPDX-License-Identifier: MIT */
/*
 * crash.c - what a person is told when a program dies of an exception nobody handled, and backtraces.
 *
 *      hello.exe: unhandled exception 0xC0000005 STATUS_ACCESS_VIOLATION: writing 0x0000000000000000
 *        at 00007FF6A1231540 hello.exe+0x1540
 *        rax=... (registers)
 *        00007FF6A1231540 hello.exe+0x1540
 *        00007FFB12345678 kernel32.dll+0x5678 (BaseThreadInitThunk+0x18)
 *
 * It goes to standard error and to the kernel's log.  The loader lock is not taken: the crash may have happened under it.
 */
#include "ntdllp.h"

#define FRAMES 24

/* Base name of the image by its loader entry, read without the lock: the worst case is a list in motion, hence the bound on the walk. */
static UNICODE_STRING ModuleName(PVOID Base)
{
    LIST_ENTRY *Head = &Peb()->Ldr->InLoadOrderModuleList, *Link = Head->Flink;
    UNICODE_STRING Unknown = RTL_CONSTANT_STRING(L"?");

    for (ULONG Index = 0; Index < 512 && Link != Head && Link != NULL; Index++, Link = Link->Flink) {
        NLDR_DATA_TABLE_ENTRY *Entry = CONTAINING_RECORD(Link, NLDR_DATA_TABLE_ENTRY, InLoadOrderLinks);
        if (Entry->DllBase == Base)
            return Entry->BaseDllName;
    }
    return Unknown;
}

static void ReportAddress(const char *Indent, ULONG64 Address)
{
    PVOID Base;
    ULONG Size;
    PE_INFO Info;
    const char *Name = NULL;
    uint32_t Export = 0;

    if (!RtlpFindImage((PVOID)(ULONG_PTR)Address, &Base, &Size)) {
        RtlpReport("%s%016llX\n", Indent, (unsigned long long)Address);
        return;
    }
    UNICODE_STRING Module = ModuleName(Base);
    ULONG Rva = (ULONG)(Address - (ULONG_PTR)Base);
    if (NT_SUCCESS(RtlPeParseMapped(Base, Size, &Info)))
        RtlPeNearestExport(Base, &Info, Rva, &Name, &Export);
    if (Name != NULL)
        RtlpReport("%s%016llX %wZ+0x%lX (%s+0x%lX)\n", Indent, (unsigned long long)Address, &Module, (unsigned long)Rva, Name,
                   (unsigned long)(Rva - Export));
    else
        RtlpReport("%s%016llX %wZ+0x%lX\n", Indent, (unsigned long long)Address, &Module, (unsigned long)Rva);
}

static const char *AccessName(ULONG_PTR Kind)
{
    return Kind == 0 ? "reading" : Kind == 1 ? "writing" : Kind == 8 ? "executing" : "accessing";
}

static void ReportHeadline(PEXCEPTION_RECORD Record)
{
    UNICODE_STRING Image = ModuleName(Peb()->ImageBaseAddress);
    const char *Name = RtlStatusName((NTSTATUS)Record->ExceptionCode);

    if (Name == NULL)
        Name = Record->ExceptionCode == 0xE06D7363 || Record->ExceptionCode == 0x20474343 ? "C++ exception" : "";
    if ((Record->ExceptionCode == (DWORD)STATUS_ACCESS_VIOLATION || Record->ExceptionCode == (DWORD)STATUS_IN_PAGE_ERROR) &&
        Record->NumberParameters >= 2)
        RtlpReport("%wZ: unhandled exception 0x%08lX %s: %s 0x%016llX\n", &Image, (unsigned long)Record->ExceptionCode, Name,
                   AccessName(Record->ExceptionInformation[0]), (unsigned long long)Record->ExceptionInformation[1]);
    else
        RtlpReport("%wZ: unhandled exception 0x%08lX %s\n", &Image, (unsigned long)Record->ExceptionCode, Name);
}

static void ReportRegisters(PCONTEXT Context)
{
    RtlpReport("  rax=%016llX rbx=%016llX rcx=%016llX rdx=%016llX\n", Context->Rax, Context->Rbx, Context->Rcx, Context->Rdx);
    RtlpReport("  rsi=%016llX rdi=%016llX rbp=%016llX rsp=%016llX\n", Context->Rsi, Context->Rdi, Context->Rbp, Context->Rsp);
    RtlpReport("  r8 =%016llX r9 =%016llX r10=%016llX r11=%016llX\n", Context->R8, Context->R9, Context->R10, Context->R11);
    RtlpReport("  r12=%016llX r13=%016llX r14=%016llX r15=%016llX\n", Context->R12, Context->R13, Context->R14, Context->R15);
}

/* From rtl/unwind.c: unwinds one frame, reads nothing outside [Low, High). */
BOOLEAN RtlUnwindFrameSafely(PCONTEXT Context, ULONG64 Low, ULONG64 High, BOOLEAN *HadMachineFrame);
BOOLEAN RtlpStackLimits(ULONG64 Sp, PULONG64 Low, PULONG64 High);

static void ReportStack(PCONTEXT Start)
{
    CONTEXT Context = *Start;
    ULONG64 Low, High;
    BOOLEAN MachineFrame;

    if (!RtlpStackLimits(Context.Rsp, &Low, &High))
        return;
    for (ULONG Index = 0; Index < FRAMES; Index++) {
        if (!RtlUnwindFrameSafely(&Context, Low, High, &MachineFrame) || Context.Rip == 0)
            return;
        ReportAddress("  ", Context.Rip);
    }
}

LONG RtlpReportUnhandled(PEXCEPTION_POINTERS Pointers)
{
    static volatile LONG Reporting;

    if (InterlockedIncrement(&Reporting) != 1) /* the report itself failed, or a second thread crashes: no second one */
        return EXCEPTION_EXECUTE_HANDLER;
    ReportHeadline(Pointers->ExceptionRecord);
    ReportAddress("  at ", (ULONG_PTR)Pointers->ExceptionRecord->ExceptionAddress);
    if (Pointers->ContextRecord != NULL) {
        ReportRegisters(Pointers->ContextRecord);
        ReportStack(Pointers->ContextRecord);
    }
    return EXCEPTION_EXECUTE_HANDLER;
}

/* A debugger gets what nobody handles a second time, and the report is his. */
LONG NTAPI RtlUnhandledExceptionFilter(PEXCEPTION_POINTERS Pointers)
{
    if (Peb()->BeingDebugged)
        return EXCEPTION_CONTINUE_SEARCH;
    return RtlpReportUnhandled(Pointers);
}

LONG NTAPI RtlUnhandledExceptionFilter2(PEXCEPTION_POINTERS Pointers, PCSTR Function)
{
    UNUSED(Function);
    return RtlpReportUnhandled(Pointers);
}

VOID NTAPI RtlGetCallersAddress(PVOID *Caller, PVOID *CallersCaller)
{
    PVOID Frames[2] = {NULL, NULL};

    RtlCaptureStackBackTrace(2, 2, Frames, NULL);
    *Caller = Frames[0];
    *CallersCaller = Frames[1];
}
