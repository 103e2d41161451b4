/* SPDX-License-Identifier: MIT */
/*
 * debug.c - the DbgPrint family, assertions, and one-line reports to the user.
 *
 * DbgPrint goes to the kernel's log through the debug service interrupt: `int 2Dh` with EAX = BREAKPOINT_PRINT, the buffer in RCX, its length in
 * DX, component and level in R8D and R9D, as on Windows (Windows Internals, 7th ed., part 2, "Debugging").  The kernel resumes behind the
 * `int 3` that follows.  A report (RtlpReport) also goes to the standard error of the process: a person is waiting there.
 */
#include "ntdllp.h"

#define PRINT_LIMIT 512
#define BREAKPOINT_PRINT 1
#define DPFLTR_DEFAULT_ID 101
#define DPFLTR_INFO_LEVEL 3
#define DPFLTR_ERROR_LEVEL 0

static NTSTATUS DebugPrint(const char *Text, ULONG Length, ULONG Component, ULONG Level)
{
    ULONG_PTR Result = BREAKPOINT_PRINT;
    register ULONG_PTR R8 __asm__("r8") = Component;
    register ULONG_PTR R9 __asm__("r9") = Level;

    __asm__ volatile("int $0x2d\n\tint3" : "+a"(Result) : "c"(Text), "d"((ULONG_PTR)Length), "r"(R8), "r"(R9) : "memory");
    return (NTSTATUS)Result;
}

ULONG NTAPI vDbgPrintExWithPrefix(PCSTR Prefix, ULONG Component, ULONG Level, PCSTR Format, va_list Arguments)
{
    char Text[PRINT_LIMIT];
    size_t Used = strlen(Prefix);

    if (Used > sizeof Text - 1)
        Used = sizeof Text - 1;
    memcpy(Text, Prefix, Used);
    int Length = _vsnprintf(Text + Used, sizeof Text - Used, Format, Arguments);
    Used = Length < 0 || (size_t)Length > sizeof Text - Used ? sizeof Text : Used + (size_t)Length;
    return (ULONG)DebugPrint(Text, (ULONG)Used, Component, Level);
}

ULONG NTAPI vDbgPrintEx(ULONG Component, ULONG Level, PCSTR Format, va_list Arguments)
{
    return vDbgPrintExWithPrefix("", Component, Level, Format, Arguments);
}

ULONG __cdecl DbgPrintEx(ULONG Component, ULONG Level, PCSTR Format, ...)
{
    va_list Arguments;

    va_start(Arguments, Format);
    ULONG Status = vDbgPrintEx(Component, Level, Format, Arguments);
    va_end(Arguments);
    return Status;
}

ULONG __cdecl DbgPrint(PCSTR Format, ...)
{
    va_list Arguments;

    va_start(Arguments, Format);
    ULONG Status = vDbgPrintEx(DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, Format, Arguments);
    va_end(Arguments);
    return Status;
}

/* There is no debugger to answer. */
ULONG NTAPI DbgPrompt(PCSTR Prompt, PSTR Response, ULONG Length)
{
    DbgPrint("%s", Prompt);
    if (Length != 0)
        *Response = 0;
    return 0;
}

NTSTATUS NTAPI DbgQueryDebugFilterState(ULONG Component, ULONG Level)
{
    UNUSED(Component);
    UNUSED(Level);
    return TRUE;
}

NTSTATUS NTAPI DbgSetDebugFilterState(ULONG Component, ULONG Level, BOOLEAN State)
{
    UNUSED(Component);
    UNUSED(Level);
    UNUSED(State);
    return RtlpNotImplemented("DbgSetDebugFilterState");
}

static void WriteStandardError(const char *Text, ULONG Length)
{
    PNPROCESS_PARAMETERS Parameters = Peb()->ProcessParameters;
    IO_STATUS_BLOCK Io;

    if (Parameters == NULL || Parameters->StandardError == NULL || Parameters->StandardError == INVALID_HANDLE_VALUE)
        return;
    NTSTATUS Status = NtWriteFile(Parameters->StandardError, NULL, NULL, NULL, &Io, (PVOID)Text, Length, NULL, NULL);
    if (Status == STATUS_PENDING)
        NtWaitForSingleObject(Parameters->StandardError, FALSE, NULL);
}

void RtlpReport(const char *Format, ...)
{
    char Text[PRINT_LIMIT];
    va_list Arguments;

    va_start(Arguments, Format);
    int Length = _vsnprintf(Text, sizeof Text, Format, Arguments);
    va_end(Arguments);
    if (Length < 0 || (size_t)Length > sizeof Text)
        Length = sizeof Text;
    WriteStandardError(Text, (ULONG)Length);
    DebugPrint(Text, (ULONG)Length, DPFLTR_DEFAULT_ID, DPFLTR_ERROR_LEVEL);
}

/* Names are string literals: their addresses tell them apart.  A race prints one twice, which does no harm. */
NTSTATUS RtlpNotImplemented(const char *Name)
{
    static const char *Said[64];

    for (ULONG Index = 0; Index < COUNT_OF(Said); Index++) {
        if (Said[Index] == Name)
            return STATUS_NOT_IMPLEMENTED;
        if (Said[Index] == NULL) {
            Said[Index] = Name;
            break;
        }
    }
    DbgPrintEx(DPFLTR_DEFAULT_ID, DPFLTR_ERROR_LEVEL, "NTDLL: %s is not implemented\n", Name);
    return STATUS_NOT_IMPLEMENTED;
}

VOID NTAPI RtlAssert(PVOID Expression, PVOID File, ULONG Line, PSTR Message)
{
    RtlpReport("*** Assertion failed: %s%s%s, %s:%lu\n", Message != NULL ? Message : "", Message != NULL ? ": " : "",
               (const char *)Expression, (const char *)File, (unsigned long)Line);
    RtlRaiseStatus(STATUS_ASSERTION_FAILURE);
}

/* Where kernel/rtl's assertions end when it is compiled into ntdll. */
__attribute__((noreturn)) void KiAssertFailed(const char *Expression, const char *File, int Line)
{
    RtlAssert((PVOID)Expression, (PVOID)File, (ULONG)Line, NULL);
    NtTerminateProcess(NtCurrentProcess(), STATUS_ASSERTION_FAILURE);
    __builtin_unreachable();
}

/*
 * The four hooks Wine's C run-time DLLs ask for.  No channel is ever on, so nothing is ever formatted; the strings are kept because callers
 * compose them before they look.
 */
unsigned char __cdecl __wine_dbg_get_channel_flags(void *Channel)
{
    UNUSED(Channel);
    return 0;
}

const char *__cdecl __wine_dbg_strdup(const char *String)
{
    static char Buffer[4096];
    static volatile LONG Next;
    size_t Length = strlen(String) + 1;

    if (Length > sizeof Buffer / 4)
        return "...";
    LONG At = (LONG)((ULONG)InterlockedIncrement(&Next) % 4) * (LONG)(sizeof Buffer / 4);
    return memcpy(Buffer + At, String, Length);
}

int __cdecl __wine_dbg_output(const char *String)
{
    DbgPrint("%s", String);
    return (int)strlen(String);
}

int __cdecl __wine_dbg_header(int Class, void *Channel, const char *Function)
{
    UNUSED(Class);
    UNUSED(Channel);
    UNUSED(Function);
    return -1;
}
