/* SPDX-License-Identifier: MIT */
/*
 * print.c - DbgPrint and its relatives: leveled, filtered by component, to the log.
 *
 * A message of component C and level L is printed if bit L of C's mask (or of the mask for all) is set; L of 32 and more is itself the
 * mask. Windows prints nothing of DbgPrint by default; here the default component and third-party drivers are fully on, the others show
 * errors and warnings.  DbgSetDebugFilterState changes it (NtSetDebugFilterState is not offered).
 */
#include "kdp.h"

#define KDP_COMPONENTS 160
#define KDP_MESSAGE 512

static ULONG KdpMaskForAll = 1;
static ULONG KdpMask[KDP_COMPONENTS] = { [0 ... DPFLTR_IHVDRIVER_ID - 1] = 3,
                                         [DPFLTR_IHVDRIVER_ID] = 0xF,
                                         [DPFLTR_IHVDRIVER_ID + 1 ... DPFLTR_DEFAULT_ID - 1] = 3,
                                         [DPFLTR_DEFAULT_ID] = 0xF,
                                         [DPFLTR_DEFAULT_ID + 1 ... KDP_COMPONENTS - 1] = 3 };
static PDEBUG_PRINT_CALLBACK volatile KdpPrintCallback;

static BOOLEAN KdpIsEnabled(ULONG Component, ULONG Level)
{
    ULONG Bits = Level < 32 ? 1u << Level : Level;
    ULONG Mask = Component < KDP_COMPONENTS ? KdpMask[Component] : KdpMask[DPFLTR_DEFAULT_ID];

    return Component == MAXULONG || ((Mask | KdpMaskForAll) & Bits) != 0;
}

ULONG NTAPI vDbgPrintExWithPrefix(PCCH Prefix, ULONG Component, ULONG Level, PCCH Format, va_list Arguments)
{
    char Message[KDP_MESSAGE];
    SIZE_T Length = 0;
    int Added;
    STRING Output;

    if (!KdpIsEnabled(Component, Level)) {
        return (ULONG)STATUS_SUCCESS;
    }
    while (Prefix[Length] != 0 && Length < sizeof(Message) / 2) {
        Message[Length] = Prefix[Length];
        Length++;
    }
    Added = _vsnprintf(Message + Length, sizeof(Message) - Length, Format, Arguments);
    if (Added < 0 || Length + (SIZE_T)Added > sizeof(Message)) {
        Length = sizeof(Message);
        Message[sizeof(Message) - 1] = '\n';
    } else {
        Length += (SIZE_T)Added;
    }
    KdPutText(Message, Length);
    if (KdpPrintCallback != NULL) {
        Output = (STRING){ (USHORT)Length, (USHORT)Length, Message };
        KdpPrintCallback(&Output, Component, Level);
    }
    return (ULONG)STATUS_SUCCESS;
}

ULONG NTAPI vDbgPrintEx(ULONG Component, ULONG Level, PCCH Format, va_list Arguments)
{
    return vDbgPrintExWithPrefix("", Component, Level, Format, Arguments);
}

ULONG __cdecl DbgPrintEx(ULONG Component, ULONG Level, PCSTR Format, ...)
{
    va_list Arguments;
    ULONG Status;

    va_start(Arguments, Format);
    Status = vDbgPrintExWithPrefix("", Component, Level, Format, Arguments);
    va_end(Arguments);
    return Status;
}

ULONG __cdecl DbgPrint(PCSTR Format, ...)
{
    va_list Arguments;
    ULONG Status;

    va_start(Arguments, Format);
    Status = vDbgPrintExWithPrefix("", DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, Format, Arguments);
    va_end(Arguments);
    return Status;
}

ULONG __cdecl DbgPrintReturnControlC(PCCH Format, ...)
{
    va_list Arguments;
    ULONG Status;

    va_start(Arguments, Format);
    Status = vDbgPrintExWithPrefix("", DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, Format, Arguments);
    va_end(Arguments);
    return Status;
}

NTSTATUS NTAPI DbgQueryDebugFilterState(ULONG Component, ULONG Level)
{
    return KdpIsEnabled(Component, Level) ? (NTSTATUS)TRUE : (NTSTATUS)FALSE;
}

NTSTATUS NTAPI DbgSetDebugFilterState(ULONG Component, ULONG Level, BOOLEAN State)
{
    ULONG Bits = Level < 32 ? 1u << Level : Level;

    if (Component >= KDP_COMPONENTS) {
        return STATUS_INVALID_PARAMETER_1;
    }
    if (State) {
        InterlockedOr((volatile LONG *)&KdpMask[Component], (LONG)Bits);
    } else {
        InterlockedAnd((volatile LONG *)&KdpMask[Component], (LONG)~Bits);
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI DbgSetDebugPrintCallback(PDEBUG_PRINT_CALLBACK Callback, BOOLEAN Enable)
{
    PVOID Expected = Enable ? NULL : (PVOID)Callback;

    return InterlockedCompareExchangePointer((PVOID volatile *)&KdpPrintCallback, Enable ? (PVOID)Callback : NULL, Expected) == Expected
               ? STATUS_SUCCESS
               : STATUS_UNSUCCESSFUL;
}

/* ---- no kernel debugger is attached --------------------------------------------------------------------------------------------- */
BOOLEAN KdDebuggerEnabled = FALSE;
BOOLEAN KdDebuggerNotPresent = TRUE;
BOOLEAN *KdpDebuggerEnabledPointer = &KdDebuggerEnabled;

NTSTATUS NTAPI KdDisableDebugger(VOID)
{
    return STATUS_DEBUGGER_INACTIVE;
}
NTSTATUS NTAPI KdEnableDebugger(VOID)
{
    return STATUS_DEBUGGER_INACTIVE;
}
BOOLEAN NTAPI KdRefreshDebuggerNotPresent(VOID)
{
    return TRUE;
}
NTSTATUS NTAPI KdChangeOption(KD_OPTION Option, ULONG InLength, PVOID In, ULONG OutLength, PVOID Out, PULONG Needed)
{
    return STATUS_DEBUGGER_INACTIVE;
}

VOID NTAPI DbgBreakPoint(VOID)
{
    __asm__ volatile("int3");
}

VOID NTAPI DbgBreakPointWithStatus(ULONG Status)
{
    __asm__ volatile("int3" : : "c"(Status));
}

ULONG NTAPI DbgPrompt(PCCH Prompt, PCH Response, ULONG Length)
{
    DbgPrint("%s(no debugger)\n", Prompt);
    return 0;
}
