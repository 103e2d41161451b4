/* SPDX-License-Identifier: MIT */
/*
 * errorinfo.c - what an Automation object says about its failure: an object that is filled in through ICreateErrorInfo and read through IErrorInfo,
 * and one reference a thread, which SetErrorInfo leaves and GetErrorInfo takes.
 */
#include "smalldll.h"
#include <oleauto.h>

static const IID UnknownId = {0x00000000, 0x0000, 0x0000, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
static const IID ErrorInfoId = {0x1CF2B120, 0x547D, 0x101B, {0x8E, 0x65, 0x08, 0x00, 0x2B, 0x2B, 0xD1, 0x19}};
static const IID CreateErrorInfoId = {0x22F03340, 0x547D, 0x101B, {0x8E, 0x65, 0x08, 0x00, 0x2B, 0x2B, 0xD1, 0x19}};

enum { Source, Description, HelpFile, TextCount };

typedef struct
{
    IErrorInfo Read;
    ICreateErrorInfo Write;
    volatile LONG References;
    GUID Guid;
    BSTR Text[TextCount];
    DWORD HelpContext;
} ERROR_INFO;

static ERROR_INFO *FromRead(IErrorInfo *This)
{
    return CONTAINING_RECORD(This, ERROR_INFO, Read);
}

static ERROR_INFO *FromWrite(ICreateErrorInfo *This)
{
    return CONTAINING_RECORD(This, ERROR_INFO, Write);
}

/* ---- IUnknown ---------------------------------------------------------------------------------------------------------------------------------- */

static ULONG AddReference(ERROR_INFO *Info)
{
    return (ULONG)InterlockedIncrement(&Info->References);
}

static ULONG ReleaseReference(ERROR_INFO *Info)
{
    ULONG Left = (ULONG)InterlockedDecrement(&Info->References);

    if (Left == 0) {
        for (int i = 0; i < TextCount; i++) {
            SysFreeString(Info->Text[i]);
        }
        HeapFree(GetProcessHeap(), 0, Info);
    }
    return Left;
}

static HRESULT Query(ERROR_INFO *Info, REFIID Id, void **Object)
{
    *Object = NULL;
    if (IsEqualGUID(Id, &UnknownId) || IsEqualGUID(Id, &ErrorInfoId)) {
        *Object = &Info->Read;
    } else if (IsEqualGUID(Id, &CreateErrorInfoId)) {
        *Object = &Info->Write;
    }
    if (*Object == NULL) {
        return E_NOINTERFACE;
    }
    AddReference(Info);
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE ReadQuery(IErrorInfo *This, REFIID Id, void **Object) { return Query(FromRead(This), Id, Object); }
static ULONG STDMETHODCALLTYPE ReadAddRef(IErrorInfo *This) { return AddReference(FromRead(This)); }
static ULONG STDMETHODCALLTYPE ReadRelease(IErrorInfo *This) { return ReleaseReference(FromRead(This)); }
static HRESULT STDMETHODCALLTYPE WriteQuery(ICreateErrorInfo *This, REFIID Id, void **Object) { return Query(FromWrite(This), Id, Object); }
static ULONG STDMETHODCALLTYPE WriteAddRef(ICreateErrorInfo *This) { return AddReference(FromWrite(This)); }
static ULONG STDMETHODCALLTYPE WriteRelease(ICreateErrorInfo *This) { return ReleaseReference(FromWrite(This)); }

/* ---- reading and writing ----------------------------------------------------------------------------------------------------------------------- */

static HRESULT GetText(IErrorInfo *This, int Which, BSTR *Text)
{
    BSTR Own = FromRead(This)->Text[Which];

    if (Text == NULL) {
        return E_INVALIDARG;
    }
    *Text = Own != NULL ? SysAllocString(Own) : NULL;
    return Own != NULL && *Text == NULL ? E_OUTOFMEMORY : S_OK;
}

static HRESULT SetText(ICreateErrorInfo *This, int Which, LPCOLESTR Text)
{
    BSTR Copy = Text != NULL ? SysAllocString(Text) : NULL;

    if (Text != NULL && Copy == NULL) {
        return E_OUTOFMEMORY;
    }
    SysFreeString(FromWrite(This)->Text[Which]);
    FromWrite(This)->Text[Which] = Copy;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE GetGuid(IErrorInfo *This, GUID *Guid)
{
    *Guid = FromRead(This)->Guid;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE GetHelpContext(IErrorInfo *This, DWORD *Context)
{
    *Context = FromRead(This)->HelpContext;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE SetGuid(ICreateErrorInfo *This, REFGUID Guid)
{
    FromWrite(This)->Guid = *Guid;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE SetHelpContext(ICreateErrorInfo *This, DWORD Context)
{
    FromWrite(This)->HelpContext = Context;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE GetSource(IErrorInfo *This, BSTR *Text) { return GetText(This, Source, Text); }
static HRESULT STDMETHODCALLTYPE GetDescription(IErrorInfo *This, BSTR *Text) { return GetText(This, Description, Text); }
static HRESULT STDMETHODCALLTYPE GetHelpFile(IErrorInfo *This, BSTR *Text) { return GetText(This, HelpFile, Text); }
static HRESULT STDMETHODCALLTYPE SetSource(ICreateErrorInfo *This, LPOLESTR Text) { return SetText(This, Source, Text); }
static HRESULT STDMETHODCALLTYPE SetDescription(ICreateErrorInfo *This, LPOLESTR Text) { return SetText(This, Description, Text); }
static HRESULT STDMETHODCALLTYPE SetHelpFile(ICreateErrorInfo *This, LPOLESTR Text) { return SetText(This, HelpFile, Text); }

HRESULT WINAPI CreateErrorInfo(ICreateErrorInfo **Result)
{
    static IErrorInfoVtbl ReadTable = {ReadQuery, ReadAddRef, ReadRelease, GetGuid, GetSource, GetDescription, GetHelpFile, GetHelpContext};
    static ICreateErrorInfoVtbl WriteTable = {WriteQuery, WriteAddRef, WriteRelease, SetGuid, SetSource, SetDescription, SetHelpFile, SetHelpContext};

    if (Result == NULL) {
        return E_INVALIDARG;
    }
    ERROR_INFO *Info = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Info));
    *Result = Info != NULL ? &Info->Write : NULL;
    if (Info == NULL) {
        return E_OUTOFMEMORY;
    }
    Info->Read.lpVtbl = &ReadTable;
    Info->Write.lpVtbl = &WriteTable;
    Info->References = 1;
    return S_OK;
}

/* ---- the thread's ------------------------------------------------------------------------------------------------------------------------------ */

static void WINAPI Forget(PVOID Info)
{
    ((IErrorInfo *)Info)->lpVtbl->Release((IErrorInfo *)Info);
}

/* The slot whose value goes with the thread; FLS_OUT_OF_INDEXES: there is none. */
static DWORD Slot(void)
{
    static volatile LONG Index = -1;

    if (Index == -1) {
        LONG New = (LONG)FlsAlloc(Forget);
        if (New != -1 && InterlockedCompareExchange(&Index, New, -1) != -1) {
            FlsFree((DWORD)New);
        }
    }
    return (DWORD)Index;
}

static HRESULT Exchange(IErrorInfo *New, IErrorInfo **Old)
{
    DWORD Index = Slot();

    if (Index == FLS_OUT_OF_INDEXES) {
        return E_OUTOFMEMORY;
    }
    *Old = FlsGetValue(Index);
    return FlsSetValue(Index, New) ? S_OK : E_OUTOFMEMORY;
}

HRESULT WINAPI SetErrorInfo(ULONG Reserved, IErrorInfo *Info)
{
    IErrorInfo *Old;
    HRESULT Result = Reserved != 0 ? E_INVALIDARG : Exchange(Info, &Old);

    if (FAILED(Result)) {
        return Result;
    }
    if (Info != NULL) {
        Info->lpVtbl->AddRef(Info);
    }
    if (Old != NULL) {
        Old->lpVtbl->Release(Old);
    }
    return S_OK;
}

/* S_FALSE: nobody left one. */
HRESULT WINAPI GetErrorInfo(ULONG Reserved, IErrorInfo **Info)
{
    HRESULT Result = Reserved != 0 || Info == NULL ? E_INVALIDARG : Exchange(NULL, Info);

    return SUCCEEDED(Result) && *Info == NULL ? S_FALSE : Result;
}
