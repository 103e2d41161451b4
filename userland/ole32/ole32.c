/* SPDX-License-Identifier: MIT */
/*
 * ole32.c - apartments, the task allocator, and GUIDs as text.
 *
 * There are no COM servers: no class is registered, and CoCreateInstance says exactly that (REGDB_E_CLASSNOTREG) to a thread that has an
 * apartment, CO_E_NOTINITIALIZED to one that has none.  What a thread's apartment is stands in TEB.ReservedForOle, as on Windows: a block of
 * the model and the number of initialisations.  A thread without one lives in the multithreaded apartment as long as some other thread or
 * CoIncrementMTAUsage keeps that alive.
 */
#include "smalldll.h"
#include <objbase.h>

typedef struct _APARTMENT
{
    ULONG Count;
    DWORD Model; /* COINIT_APARTMENTTHREADED or COINIT_MULTITHREADED */
} APARTMENT;

static volatile LONG MtaUsers;

/* TEB.ReservedForOle */
static APARTMENT *volatile *Slot(void)
{
    return (APARTMENT *volatile *)((PUCHAR)NtCurrentTeb() + 0x1758);
}

BOOL WINAPI DllMain(HINSTANCE Module, DWORD Reason, LPVOID Reserved)
{
    UNUSED(Module);
    UNUSED(Reserved);
    if (Reason == DLL_THREAD_DETACH && *Slot() != NULL) {
        Release(*Slot());
        *Slot() = NULL;
    }
    return TRUE;
}

/* ---- apartments ---------------------------------------------------------------------------------------------------------------------- */

HRESULT WINAPI CoInitializeEx(LPVOID Reserved, DWORD Flags)
{
    DWORD Model = Flags & COINIT_APARTMENTTHREADED;
    APARTMENT *Apartment = *Slot();

    if (Reserved != NULL || (Flags & ~(DWORD)(COINIT_APARTMENTTHREADED | COINIT_DISABLE_OLE1DDE | COINIT_SPEED_OVER_MEMORY))) {
        return E_INVALIDARG;
    }
    if (Apartment != NULL) {
        if (Apartment->Model != Model) {
            return RPC_E_CHANGED_MODE;
        }
        Apartment->Count++;
        return S_FALSE;
    }
    Apartment = Allocate(sizeof(*Apartment));
    if (Apartment == NULL) {
        return E_OUTOFMEMORY;
    }
    *Apartment = (APARTMENT){1, Model};
    *Slot() = Apartment;
    if (Model == COINIT_MULTITHREADED) {
        InterlockedIncrement(&MtaUsers);
    }
    return S_OK;
}

HRESULT WINAPI CoInitialize(LPVOID Reserved)
{
    return CoInitializeEx(Reserved, COINIT_APARTMENTTHREADED);
}

void WINAPI CoUninitialize(void)
{
    APARTMENT *Apartment = *Slot();

    if (Apartment != NULL && --Apartment->Count == 0) {
        if (Apartment->Model == COINIT_MULTITHREADED) {
            InterlockedDecrement(&MtaUsers);
        }
        *Slot() = NULL;
        Release(Apartment);
    }
}

HRESULT WINAPI OleInitialize(LPVOID Reserved)
{
    HRESULT Result = CoInitialize(Reserved);

    return Result == RPC_E_CHANGED_MODE ? RPC_E_CHANGED_MODE : Result;
}

void WINAPI OleUninitialize(void)
{
    CoUninitialize();
}

HRESULT WINAPI CoIncrementMTAUsage(CO_MTA_USAGE_COOKIE *Cookie)
{
    InterlockedIncrement(&MtaUsers);
    *Cookie = (CO_MTA_USAGE_COOKIE)(ULONG_PTR)1;
    return S_OK;
}

HRESULT WINAPI CoDecrementMTAUsage(CO_MTA_USAGE_COOKIE Cookie)
{
    if (Cookie == NULL) {
        return E_INVALIDARG;
    }
    InterlockedDecrement(&MtaUsers);
    return S_OK;
}

static BOOL HasApartment(void)
{
    return *Slot() != NULL || MtaUsers > 0;
}

HRESULT WINAPI CoGetApartmentType(APTTYPE *Type, APTTYPEQUALIFIER *Qualifier)
{
    if (Type == NULL || Qualifier == NULL) {
        return E_INVALIDARG;
    }
    *Qualifier = APTTYPEQUALIFIER_NONE;
    if (*Slot() != NULL) {
        *Type = (*Slot())->Model == COINIT_MULTITHREADED ? APTTYPE_MTA : APTTYPE_STA;
        return S_OK;
    }
    *Type = MtaUsers > 0 ? APTTYPE_MTA : APTTYPE_CURRENT;
    *Qualifier = MtaUsers > 0 ? APTTYPEQUALIFIER_IMPLICIT_MTA : APTTYPEQUALIFIER_NONE;
    return MtaUsers > 0 ? S_OK : CO_E_NOTINITIALIZED;
}

DWORD WINAPI CoGetCurrentProcess(void)
{
    return GetCurrentThreadId();
}

HRESULT WINAPI CoGetClassObject(REFCLSID Class, DWORD Context, LPVOID Server, REFIID Interface, LPVOID *Object)
{
    UNUSED(Class);
    UNUSED(Context);
    UNUSED(Server);
    UNUSED(Interface);
    if (Object == NULL) {
        return E_INVALIDARG;
    }
    *Object = NULL;
    return HasApartment() ? REGDB_E_CLASSNOTREG : CO_E_NOTINITIALIZED;
}

HRESULT WINAPI CoCreateInstance(REFCLSID Class, LPUNKNOWN Outer, DWORD Context, REFIID Interface, LPVOID *Object)
{
    UNUSED(Outer);
    return Object == NULL ? E_POINTER : CoGetClassObject(Class, Context, NULL, Interface, Object);
}

HRESULT WINAPI CoInitializeSecurity(PSECURITY_DESCRIPTOR Descriptor, LONG Services, SOLE_AUTHENTICATION_SERVICE *Service, void *Reserved1,
                                    DWORD Level, DWORD Impersonation, void *List, DWORD Capabilities, void *Reserved3)
{
    UNUSED(Descriptor);
    UNUSED(Services);
    UNUSED(Service);
    UNUSED(Level);
    UNUSED(Impersonation);
    UNUSED(List);
    UNUSED(Capabilities);
    if (Reserved1 != NULL || Reserved3 != NULL) {
        return E_INVALIDARG;
    }
    return HasApartment() ? S_OK : CO_E_NOTINITIALIZED; /* nobody ever calls in or out */
}

void WINAPI CoFreeUnusedLibraries(void)
{
}

/* ---- the task allocator -------------------------------------------------------------------------------------------------------------- */

LPVOID WINAPI CoTaskMemAlloc(SIZE_T Size)
{
    return Allocate(Size);
}

void WINAPI CoTaskMemFree(LPVOID Block)
{
    Release(Block);
}

LPVOID WINAPI CoTaskMemRealloc(LPVOID Block, SIZE_T Size)
{
    if (Block == NULL) {
        return CoTaskMemAlloc(Size);
    }
    if (Size == 0) {
        CoTaskMemFree(Block);
        return NULL;
    }
    return HeapReAlloc(GetProcessHeap(), 0, Block, Size);
}

/* IMalloc over the same heap: one object that is never freed. */
static HRESULT STDMETHODCALLTYPE MallocQuery(IMalloc *This, REFIID Interface, void **Object)
{
    static const IID Unknown = {0, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}}, Malloc = {2, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};

    *Object = memcmp(Interface, &Unknown, sizeof(IID)) == 0 || memcmp(Interface, &Malloc, sizeof(IID)) == 0 ? This : NULL;
    return *Object == NULL ? E_NOINTERFACE : S_OK;
}

static ULONG STDMETHODCALLTYPE MallocCount(IMalloc *This)
{
    UNUSED(This);
    return 1;
}

static void *STDMETHODCALLTYPE MallocAlloc(IMalloc *This, SIZE_T Size)
{
    UNUSED(This);
    return CoTaskMemAlloc(Size);
}

static void *STDMETHODCALLTYPE MallocRealloc(IMalloc *This, void *Block, SIZE_T Size)
{
    UNUSED(This);
    return CoTaskMemRealloc(Block, Size);
}

static void STDMETHODCALLTYPE MallocFree(IMalloc *This, void *Block)
{
    UNUSED(This);
    CoTaskMemFree(Block);
}

static SIZE_T STDMETHODCALLTYPE MallocSize(IMalloc *This, void *Block)
{
    UNUSED(This);
    return Block == NULL ? (SIZE_T)-1 : HeapSize(GetProcessHeap(), 0, Block);
}

static int STDMETHODCALLTYPE MallocDidAlloc(IMalloc *This, void *Block)
{
    UNUSED(This);
    return Block == NULL ? -1 : HeapValidate(GetProcessHeap(), 0, Block);
}

static void STDMETHODCALLTYPE MallocMinimize(IMalloc *This)
{
    UNUSED(This);
    HeapCompact(GetProcessHeap(), 0);
}

HRESULT WINAPI CoGetMalloc(DWORD Context, LPMALLOC *Malloc)
{
    static IMallocVtbl Table = {MallocQuery, MallocCount, MallocCount, MallocAlloc, MallocRealloc, MallocFree, MallocSize, MallocDidAlloc,
                                MallocMinimize};
    static IMalloc Allocator = {&Table};

    if (Malloc == NULL || Context != MEMCTX_TASK) {
        return E_INVALIDARG;
    }
    *Malloc = &Allocator;
    return S_OK;
}
