/* SPDX-License-Identifier: MIT */
/*
 * xstate.c - contexts with extended registers, as Win32 has them: InitializeContext and its kin over ntdll's RtlInitializeExtendedContext.
 */
#include "k32.h"
#include "xcontext.h"

#define LEGACY_FEATURES 3ull

static PCONTEXT_EX ExtensionOf(PCONTEXT Context)
{
    return (PCONTEXT_EX)(Context + 1);
}

static BOOL HasState(const CONTEXT *Context)
{
    return (Context->ContextFlags & CONTEXT_XSTATE) == CONTEXT_XSTATE;
}

DWORD64 WINAPI GetEnabledXStateFeatures(void)
{
    return RtlGetEnabledExtendedFeatures(~0ull);
}

BOOL WINAPI InitializeContext2(PVOID Buffer, DWORD Flags, PCONTEXT *Context, PDWORD Length, ULONG64 Mask)
{
    ULONG Needed = 0;
    PCONTEXT_EX Extension;

    if (!BaseResult((NTSTATUS)RtlGetExtendedContextLength2(Flags, &Needed, Mask))) {
        return FALSE;
    }
    if (Buffer == NULL || *Length < Needed) {
        *Length = Needed;
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    if (!BaseResult((NTSTATUS)RtlInitializeExtendedContext2(Buffer, Flags, &Extension, Mask))) {
        return FALSE;
    }
    *Context = RtlLocateLegacyContext(Extension, NULL);
    return TRUE;
}

BOOL WINAPI InitializeContext(PVOID Buffer, DWORD Flags, PCONTEXT *Context, PDWORD Length)
{
    return InitializeContext2(Buffer, Flags, Context, Length, ~0ull);
}

BOOL WINAPI CopyContext(PCONTEXT Destination, DWORD Flags, PCONTEXT Source)
{
    return BaseResult((NTSTATUS)RtlCopyContext(Destination, Flags, Source));
}

PVOID WINAPI LocateXStateFeature(PCONTEXT Context, DWORD Feature, PDWORD Length)
{
    DWORD Size;

    switch (Feature) {
    case XSTATE_LEGACY_FLOATING_POINT:
        *(Length != NULL ? Length : &Size) = offsetof(XSAVE_FORMAT, XmmRegisters);
        return &Context->FltSave;
    case XSTATE_LEGACY_SSE:
        *(Length != NULL ? Length : &Size) = sizeof(Context->FltSave.XmmRegisters);
        return Context->FltSave.XmmRegisters;
    default:
        return HasState(Context) ? RtlLocateExtendedFeature(ExtensionOf(Context), Feature, Length) : NULL;
    }
}

BOOL WINAPI GetXStateFeaturesMask(PCONTEXT Context, PDWORD64 Mask)
{
    *Mask = (Context->ContextFlags & CONTEXT_FLOATING_POINT) == CONTEXT_FLOATING_POINT ? LEGACY_FEATURES : 0;
    if (HasState(Context)) {
        *Mask |= RtlGetExtendedFeaturesMask(ExtensionOf(Context));
    }
    return TRUE;
}

BOOL WINAPI SetXStateFeaturesMask(PCONTEXT Context, DWORD64 Mask)
{
    if (Mask & LEGACY_FEATURES) {
        Context->ContextFlags |= CONTEXT_FLOATING_POINT;
    }
    if (HasState(Context)) {
        RtlSetExtendedFeaturesMask(ExtensionOf(Context), Mask);
        return TRUE;
    }
    return (Mask & ~LEGACY_FEATURES) == 0;
}
