/* SPDX-License-Identifier: MIT */
/*
 * safearray.c - SAFEARRAY: arrays that carry their bounds. Data are stored with the first dimension varying fastest; the bounds in the structure
 * stand in reverse order, as on Windows.  The type of the elements is kept in the four bytes before the structure (FADF_HAVEVARTYPE).
 */
#include "smalldll.h"
#include <oleauto.h>

#define PREFIX 16u
#define FADF_DATADELETED_ 0x1000

static ULONG ElementSize(VARTYPE Type)
{
    switch (Type) {
    case VT_I1: case VT_UI1: return 1;
    case VT_I2: case VT_UI2: case VT_BOOL: return 2;
    case VT_I4: case VT_UI4: case VT_R4: case VT_INT: case VT_UINT: case VT_ERROR: return 4;
    case VT_I8: case VT_UI8: case VT_R8: case VT_CY: case VT_DATE: case VT_BSTR: case VT_UNKNOWN: case VT_DISPATCH: return 8;
    case VT_DECIMAL: return 16;
    case VT_VARIANT: return sizeof(VARIANT);
    default: return 0;
    }
}

static USHORT FeaturesOf(VARTYPE Type)
{
    return (USHORT)(FADF_HAVEVARTYPE | (Type == VT_BSTR ? FADF_BSTR : Type == VT_UNKNOWN ? FADF_UNKNOWN :
                                        Type == VT_DISPATCH ? FADF_DISPATCH : Type == VT_VARIANT ? FADF_VARIANT : 0));
}

static SIZE_T CountOf(const SAFEARRAY *Array)
{
    SIZE_T Count = Array->cDims != 0;

    for (USHORT i = 0; i < Array->cDims; i++) {
        Count *= Array->rgsabound[i].cElements;
    }
    return Count;
}

SAFEARRAY *WINAPI SafeArrayCreate(VARTYPE Type, UINT Dimensions, SAFEARRAYBOUND *Bounds)
{
    ULONG Size = ElementSize(Type);

    if (Dimensions == 0 || Dimensions > 65535 || Size == 0 || Bounds == NULL) {
        return NULL;
    }
    PUCHAR Block = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, PREFIX + sizeof(SAFEARRAY) + Dimensions * sizeof(SAFEARRAYBOUND));
    if (Block == NULL) {
        return NULL;
    }
    SAFEARRAY *Array = (SAFEARRAY *)(Block + PREFIX);
    *((ULONG *)Array - 1) = Type;
    Array->cDims = (USHORT)Dimensions;
    Array->fFeatures = FeaturesOf(Type);
    Array->cbElements = Size;
    for (UINT i = 0; i < Dimensions; i++) {
        Array->rgsabound[Dimensions - 1 - i] = Bounds[i];
    }
    Array->pvData = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, CountOf(Array) * Size + 1);
    if (Array->pvData == NULL) {
        Release(Block);
        return NULL;
    }
    return Array;
}

SAFEARRAY *WINAPI SafeArrayCreateVector(VARTYPE Type, LONG Low, ULONG Count)
{
    SAFEARRAYBOUND Bound = {Count, Low};

    return SafeArrayCreate(Type, 1, &Bound);
}

static void ClearElements(SAFEARRAY *Array)
{
    SIZE_T Count = CountOf(Array);

    for (SIZE_T i = 0; i < Count; i++) {
        PUCHAR Element = (PUCHAR)Array->pvData + i * Array->cbElements;
        if (Array->fFeatures & FADF_BSTR) {
            SysFreeString(*(BSTR *)Element);
        } else if (Array->fFeatures & FADF_VARIANT) {
            VariantClear((VARIANT *)Element);
        } else if ((Array->fFeatures & (FADF_UNKNOWN | FADF_DISPATCH)) && *(IUnknown **)Element != NULL) {
            (*(IUnknown **)Element)->lpVtbl->Release(*(IUnknown **)Element);
        }
    }
}

HRESULT WINAPI SafeArrayDestroy(SAFEARRAY *Array)
{
    if (Array == NULL) {
        return S_OK;
    }
    if (Array->cLocks != 0) {
        return DISP_E_ARRAYISLOCKED;
    }
    ClearElements(Array);
    Release(Array->pvData);
    Release((PUCHAR)Array - PREFIX);
    return S_OK;
}

UINT WINAPI SafeArrayGetDim(SAFEARRAY *Array)
{
    return Array == NULL ? 0 : Array->cDims;
}

UINT WINAPI SafeArrayGetElemsize(SAFEARRAY *Array)
{
    return Array == NULL ? 0 : Array->cbElements;
}

HRESULT WINAPI SafeArrayGetUBound(SAFEARRAY *Array, UINT Dimension, LONG *Bound)
{
    if (Array == NULL || Bound == NULL) {
        return E_INVALIDARG;
    }
    if (Dimension == 0 || Dimension > Array->cDims) {
        return DISP_E_BADINDEX;
    }
    const SAFEARRAYBOUND *Found = &Array->rgsabound[Array->cDims - Dimension];
    *Bound = Found->lLbound + (LONG)Found->cElements - 1;
    return S_OK;
}

HRESULT WINAPI SafeArrayGetLBound(SAFEARRAY *Array, UINT Dimension, LONG *Bound)
{
    if (Array == NULL || Bound == NULL) {
        return E_INVALIDARG;
    }
    if (Dimension == 0 || Dimension > Array->cDims) {
        return DISP_E_BADINDEX;
    }
    *Bound = Array->rgsabound[Array->cDims - Dimension].lLbound;
    return S_OK;
}

HRESULT WINAPI SafeArrayLock(SAFEARRAY *Array)
{
    if (Array == NULL) {
        return E_INVALIDARG;
    }
    if (InterlockedIncrement((LONG *)&Array->cLocks) > 65535) {
        InterlockedDecrement((LONG *)&Array->cLocks);
        return E_UNEXPECTED;
    }
    return S_OK;
}

HRESULT WINAPI SafeArrayUnlock(SAFEARRAY *Array)
{
    if (Array == NULL) {
        return E_INVALIDARG;
    }
    if (InterlockedDecrement((LONG *)&Array->cLocks) < 0) {
        InterlockedIncrement((LONG *)&Array->cLocks);
        return E_UNEXPECTED;
    }
    return S_OK;
}

HRESULT WINAPI SafeArrayAccessData(SAFEARRAY *Array, void **Data)
{
    HRESULT Result = Array == NULL || Data == NULL ? E_INVALIDARG : SafeArrayLock(Array);

    if (SUCCEEDED(Result)) {
        *Data = Array->pvData;
    }
    return Result;
}

HRESULT WINAPI SafeArrayUnaccessData(SAFEARRAY *Array)
{
    return SafeArrayUnlock(Array);
}

HRESULT WINAPI SafeArrayPtrOfIndex(SAFEARRAY *Array, LONG *Indices, void **Data)
{
    SIZE_T At = 0, Stride = 1;

    if (Array == NULL || Indices == NULL || Data == NULL) {
        return E_INVALIDARG;
    }
    for (USHORT i = 0; i < Array->cDims; i++) {
        const SAFEARRAYBOUND *Bound = &Array->rgsabound[Array->cDims - 1 - i];
        LONG Offset = Indices[i] - Bound->lLbound;
        if (Offset < 0 || (ULONG)Offset >= Bound->cElements) {
            return DISP_E_BADINDEX;
        }
        At += (SIZE_T)Offset * Stride;
        Stride *= Bound->cElements;
    }
    *Data = (PUCHAR)Array->pvData + At * Array->cbElements;
    return S_OK;
}

/* Copies one element with what it owns. */
static HRESULT CopyElement(const SAFEARRAY *Array, void *Target, const void *Source)
{
    if (Array->fFeatures & FADF_VARIANT) {
        VariantInit(Target);
        return VariantCopy(Target, (VARIANTARG *)Source);
    }
    if (Array->fFeatures & FADF_BSTR) {
        BSTR Old = *(BSTR const *)Source;
        BSTR New = Old == NULL ? NULL : SysAllocStringByteLen((LPCSTR)(void *)Old, SysStringByteLen(Old));
        *(BSTR *)Target = New;
        return Old != NULL && New == NULL ? E_OUTOFMEMORY : S_OK;
    }
    if ((Array->fFeatures & (FADF_UNKNOWN | FADF_DISPATCH)) && *(IUnknown *const *)Source != NULL) {
        (*(IUnknown *const *)Source)->lpVtbl->AddRef(*(IUnknown *const *)Source);
    }
    memcpy(Target, Source, Array->cbElements);
    return S_OK;
}

HRESULT WINAPI SafeArrayGetElement(SAFEARRAY *Array, LONG *Indices, void *Value)
{
    void *Element;
    HRESULT Result = Value == NULL ? E_INVALIDARG : SafeArrayPtrOfIndex(Array, Indices, &Element);

    return FAILED(Result) ? Result : CopyElement(Array, Value, Element);
}

/* A pointer type is passed as itself, not by address. */
HRESULT WINAPI SafeArrayPutElement(SAFEARRAY *Array, LONG *Indices, void *Value)
{
    void *Element;
    HRESULT Result = SafeArrayPtrOfIndex(Array, Indices, &Element);

    if (FAILED(Result)) {
        return Result;
    }
    if (Array->fFeatures & FADF_VARIANT) {
        return VariantCopy(Element, Value);
    }
    if (Array->fFeatures & FADF_BSTR) {
        SysFreeString(*(BSTR *)Element);
        return CopyElement(Array, Element, &Value);
    }
    if (Array->fFeatures & (FADF_UNKNOWN | FADF_DISPATCH)) {
        IUnknown *Old = *(IUnknown **)Element;
        Result = CopyElement(Array, Element, &Value);
        if (Value == NULL) {
            *(IUnknown **)Element = NULL;
        }
        if (Old != NULL) {
            Old->lpVtbl->Release(Old);
        }
        return Result;
    }
    return CopyElement(Array, Element, Value);
}

HRESULT WINAPI SafeArrayCopy(SAFEARRAY *Array, SAFEARRAY **Copy)
{
    if (Copy == NULL) {
        return E_INVALIDARG;
    }
    *Copy = NULL;
    if (Array == NULL) {
        return S_OK;
    }
    SAFEARRAYBOUND *Bounds = Allocate(Array->cDims * sizeof(SAFEARRAYBOUND));
    for (USHORT i = 0; Bounds != NULL && i < Array->cDims; i++) {
        Bounds[i] = Array->rgsabound[Array->cDims - 1 - i];
    }
    SAFEARRAY *New = Bounds == NULL ? NULL : SafeArrayCreate((VARTYPE)*((ULONG *)Array - 1), Array->cDims, Bounds);
    Release(Bounds);
    if (New == NULL) {
        return E_OUTOFMEMORY;
    }
    for (SIZE_T i = 0, Count = CountOf(Array); i < Count; i++) {
        HRESULT Result = CopyElement(Array, (PUCHAR)New->pvData + i * New->cbElements, (PUCHAR)Array->pvData + i * Array->cbElements);
        if (FAILED(Result)) {
            SafeArrayDestroy(New);
            return Result;
        }
    }
    *Copy = New;
    return S_OK;
}
