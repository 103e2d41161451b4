/* SPDX-License-Identifier: MIT */
/*
 * actctx.c - activation contexts without manifests: there is the empty default context, which is always active, and no other can be made.
 *
 * The default context's handle is null.  Activating it and leaving it again is counted only through the cookie; a lookup in it finds nothing
 * (ERROR_SXS_KEY_NOT_FOUND), as in the context of a Windows program without a manifest.
 */
#include "k32.h"

#define COOKIE 0x10000001ul

HANDLE WINAPI CreateActCtxW(const ACTCTXW *Context)
{
    if (Context == NULL || Context->cbSize < offsetof(ACTCTXW, hModule) || (Context->dwFlags & ~(DWORD)0xFF)) {
        BaseFail(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    BaseNotSupported("CreateActCtx");
    return INVALID_HANDLE_VALUE;
}

HANDLE WINAPI CreateActCtxA(const ACTCTXA *Context)
{
    return CreateActCtxW((const ACTCTXW *)(const void *)Context);
}

BOOL WINAPI ActivateActCtx(HANDLE Context, ULONG_PTR *Cookie)
{
    if (Cookie == NULL || Context != NULL) {
        return BaseFail(Cookie == NULL ? ERROR_INVALID_PARAMETER : ERROR_INVALID_HANDLE);
    }
    *Cookie = COOKIE;
    return TRUE;
}

BOOL WINAPI DeactivateActCtx(DWORD Flags, ULONG_PTR Cookie)
{
    UNUSED(Flags);
    return Cookie == COOKIE || Cookie == 0 ? TRUE : BaseFail(ERROR_SXS_INVALID_DEACTIVATION);
}

BOOL WINAPI GetCurrentActCtx(HANDLE *Context)
{
    if (Context == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    *Context = NULL;
    return TRUE;
}

VOID WINAPI AddRefActCtx(HANDLE Context)
{
    UNUSED(Context);
}

VOID WINAPI ReleaseActCtx(HANDLE Context)
{
    UNUSED(Context);
}

BOOL WINAPI ZombifyActCtx(HANDLE Context)
{
    return Context == NULL ? BaseFail(ERROR_INVALID_PARAMETER) : BaseFail(ERROR_INVALID_HANDLE);
}

BOOL WINAPI FindActCtxSectionStringW(DWORD Flags, const GUID *Extension, ULONG Section, LPCWSTR Name, PACTCTX_SECTION_KEYED_DATA Data)
{
    UNUSED(Flags);
    UNUSED(Section);
    if (Extension != NULL || Name == NULL || (Data != NULL && Data->cbSize < offsetof(ACTCTX_SECTION_KEYED_DATA, ulAssemblyRosterIndex))) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    return BaseFail(ERROR_SXS_KEY_NOT_FOUND);
}

BOOL WINAPI FindActCtxSectionStringA(DWORD Flags, const GUID *Extension, ULONG Section, LPCSTR Name, PACTCTX_SECTION_KEYED_DATA Data)
{
    return FindActCtxSectionStringW(Flags, Extension, Section, Name != NULL ? L"" : NULL, Data);
}

BOOL WINAPI FindActCtxSectionGuid(DWORD Flags, const GUID *Extension, ULONG Section, const GUID *Guid, PACTCTX_SECTION_KEYED_DATA Data)
{
    return FindActCtxSectionStringW(Flags, Extension, Section, Guid != NULL ? L"" : NULL, Data);
}

BOOL WINAPI QueryActCtxW(DWORD Flags, HANDLE Context, PVOID Instance, ULONG Class, PVOID Buffer, SIZE_T Size, SIZE_T *Needed)
{
    UNUSED(Flags);
    UNUSED(Context);
    UNUSED(Instance);
    UNUSED(Class);
    UNUSED(Buffer);
    UNUSED(Size);
    if (Needed != NULL) {
        *Needed = 0;
    }
    return BaseNotSupported("QueryActCtx");
}
