/* SPDX-License-Identifier: MIT */
/*
 * backtrace.c - return addresses of the running thread's stack, for whoever wants to remember who called.
 */
#include "rtlp.h"

/* Callers[0] is the return address into whoever called this.  No flag of NT's means anything here. */
ULONG NTAPI RtlWalkFrameChain(PVOID *Callers, ULONG Count, ULONG Flags)
{
    CONTEXT Context;
    ULONG64 Low, High;
    BOOLEAN Exact = FALSE;
    ULONG Found = 0;

    UNREFERENCED_PARAMETER(Flags);
    RtlCaptureContext(&Context);
    if (!RtlpStackLimits(Context.Rsp, &Low, &High))
        return 0;
    /* The first step leaves this routine. */
    while (Found < Count && RtlUnwindFrameSafely(&Context, Low, High, &Exact) && Context.Rip != 0)
        Callers[Found++] = (PVOID)(ULONG_PTR)Context.Rip;
    return Found;
}

USHORT NTAPI RtlCaptureStackBackTrace(ULONG FramesToSkip, ULONG FramesToCapture, PVOID *BackTrace, PULONG BackTraceHash)
{
    PVOID Frames[128];
    ULONG Hash = 0, Count = 0;

    /* The first frame of the walk is in this routine. */
    if (FramesToSkip >= RTLP_ARRAY_COUNT(Frames) || FramesToCapture > RTLP_ARRAY_COUNT(Frames) - ++FramesToSkip)
        return 0;
    ULONG Found = RtlWalkFrameChain(Frames, FramesToSkip + FramesToCapture, 0);
    for (ULONG Index = FramesToSkip; Index < Found; Index++) {
        BackTrace[Count++] = Frames[Index];
        Hash += (ULONG)(ULONG_PTR)Frames[Index];
    }
    if (BackTraceHash != NULL)
        *BackTraceHash = Hash;
    return (USHORT)Count;
}
