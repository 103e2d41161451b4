/* SPDX-License-Identifier: MIT */
/*
 * variant.c - VARIANT: initialise, clear, copy, and the conversions between whole numbers, booleans and strings.
 *
 * What owns memory is BSTR, interface pointers and safe arrays; VT_BYREF owns nothing.  Conversions that are not there (dates, currency,
 * decimals, floating point) are DISP_E_TYPEMISMATCH, as for a pair of types that has none.
 */
#include "smalldll.h"
#include <oleauto.h>

#define TYPE(v) ((VARTYPE)((v)->vt & ~(VT_BYREF | VT_ARRAY)))

static BOOL IsKnown(VARTYPE Type)
{
    VARTYPE Base = (VARTYPE)(Type & VT_TYPEMASK);

    return !(Type & 0x9000 & ~(VT_RESERVED)) && Base <= VT_RECORD && Base != 15 && !(Type & VT_VECTOR);
}

void WINAPI VariantInit(VARIANTARG *Variant)
{
    Variant->vt = VT_EMPTY;
    Variant->wReserved1 = Variant->wReserved2 = Variant->wReserved3 = 0;
}

HRESULT WINAPI VariantClear(VARIANTARG *Variant)
{
    if (!IsKnown(Variant->vt)) {
        return DISP_E_BADVARTYPE;
    }
    if (!(Variant->vt & VT_BYREF)) {
        if (Variant->vt & VT_ARRAY) {
            HRESULT Result = Variant->parray != NULL ? SafeArrayDestroy(Variant->parray) : S_OK;
            if (FAILED(Result)) {
                return Result;
            }
        } else if (Variant->vt == VT_BSTR) {
            SysFreeString(Variant->bstrVal);
        } else if ((Variant->vt == VT_UNKNOWN || Variant->vt == VT_DISPATCH) && Variant->punkVal != NULL) {
            Variant->punkVal->lpVtbl->Release(Variant->punkVal);
        }
    }
    VariantInit(Variant);
    return S_OK;
}

HRESULT WINAPI VariantCopy(VARIANTARG *Target, VARIANTARG *Source)
{
    HRESULT Result = S_OK;

    if (!IsKnown(Source->vt)) {
        return DISP_E_BADVARTYPE;
    }
    if (Target == Source || FAILED(Result = VariantClear(Target))) {
        return Result;
    }
    VARIANTARG Copy = *Source;
    if (!(Copy.vt & VT_BYREF)) {
        if (Copy.vt & VT_ARRAY) {
            Result = SafeArrayCopy(Source->parray, &Copy.parray);
        } else if (Copy.vt == VT_BSTR && Source->bstrVal != NULL) {
            Copy.bstrVal = SysAllocStringByteLen((LPCSTR)(void *)Source->bstrVal, SysStringByteLen(Source->bstrVal));
            Result = Copy.bstrVal == NULL ? E_OUTOFMEMORY : S_OK;
        } else if ((Copy.vt == VT_UNKNOWN || Copy.vt == VT_DISPATCH) && Copy.punkVal != NULL) {
            Copy.punkVal->lpVtbl->AddRef(Copy.punkVal);
        }
    }
    if (SUCCEEDED(Result)) {
        *Target = Copy;
    }
    return Result;
}

/* What a reference refers to, as a value. */
static HRESULT Dereference(VARIANTARG *Value, VARIANTARG *Source)
{
    if (!(Source->vt & VT_BYREF)) {
        *Value = *Source;
        return S_OK;
    }
    VariantInit(Value);
    Value->vt = (VARTYPE)(Source->vt & ~VT_BYREF);
    switch (Value->vt) {
    case VT_I1: case VT_UI1: Value->bVal = *Source->pbVal; return S_OK;
    case VT_I2: case VT_UI2: case VT_BOOL: Value->iVal = *Source->piVal; return S_OK;
    case VT_I4: case VT_UI4: case VT_INT: case VT_UINT: case VT_R4: case VT_ERROR: Value->lVal = *Source->plVal; return S_OK;
    case VT_I8: case VT_UI8: case VT_R8: case VT_CY: case VT_DATE: Value->llVal = *Source->pllVal; return S_OK;
    case VT_BSTR: Value->bstrVal = *Source->pbstrVal; return S_OK;
    case VT_UNKNOWN: case VT_DISPATCH: Value->punkVal = *Source->ppunkVal; return S_OK;
    case VT_VARIANT: *Value = *Source->pvarVal; return Value->vt & VT_BYREF ? E_INVALIDARG : S_OK;
    default: return DISP_E_BADVARTYPE;
    }
}

HRESULT WINAPI VariantCopyInd(VARIANT *Target, VARIANTARG *Source)
{
    VARIANTARG Value;
    HRESULT Result = Dereference(&Value, Source);

    return FAILED(Result) ? Result : VariantCopy(Target, &Value);
}

/* ---- conversions -------------------------------------------------------------------------------------------------------------------- */

static HRESULT ToInteger(const VARIANTARG *Source, LONGLONG *Value)
{
    switch (Source->vt) {
    case VT_EMPTY: *Value = 0; return S_OK;
    case VT_I1: *Value = Source->cVal; return S_OK;
    case VT_UI1: *Value = Source->bVal; return S_OK;
    case VT_I2: case VT_BOOL: *Value = Source->iVal; return S_OK;
    case VT_UI2: *Value = Source->uiVal; return S_OK;
    case VT_I4: case VT_INT: case VT_ERROR: *Value = Source->lVal; return S_OK;
    case VT_UI4: case VT_UINT: *Value = Source->ulVal; return S_OK;
    case VT_I8: case VT_UI8: *Value = Source->llVal; return S_OK;
    case VT_BSTR: break;
    default: return DISP_E_TYPEMISMATCH;
    }
    LPCWSTR s = Source->bstrVal != NULL ? Source->bstrVal : L"";
    BOOL Negative = *s == L'-';
    ULONGLONG Sum = 0;
    s += Negative || *s == L'+';
    if (*s == 0) {
        return DISP_E_TYPEMISMATCH;
    }
    for (; *s >= L'0' && *s <= L'9'; s++) {
        if (Sum > (MAXLONGLONG - (ULONGLONG)(*s - L'0')) / 10) {
            return DISP_E_OVERFLOW;
        }
        Sum = Sum * 10 + (ULONGLONG)(*s - L'0');
    }
    *Value = Negative ? -(LONGLONG)Sum : (LONGLONG)Sum;
    return *s == 0 ? S_OK : DISP_E_TYPEMISMATCH;
}

static BSTR IntegerText(LONGLONG Value, BOOL Unsigned)
{
    WCHAR Digits[24], *At = Digits + 24;
    BOOL Negative = !Unsigned && Value < 0;
    ULONGLONG Rest = Negative ? 0 - (ULONGLONG)Value : (ULONGLONG)Value;

    do {
        *--At = (WCHAR)(L'0' + Rest % 10);
        Rest /= 10;
    } while (Rest != 0);
    if (Negative) {
        *--At = L'-';
    }
    return SysAllocStringLen(At, (UINT)(Digits + 24 - At));
}

static HRESULT FromInteger(VARIANTARG *Target, LONGLONG Value, VARTYPE Type)
{
    static const struct { VARTYPE Type; LONGLONG Low, High; } Ranges[] = {
        {VT_I1, -128, 127}, {VT_UI1, 0, 255}, {VT_I2, -32768, 32767}, {VT_UI2, 0, 65535}, {VT_I4, -2147483648LL, 2147483647},
        {VT_INT, -2147483648LL, 2147483647}, {VT_UI4, 0, 4294967295LL}, {VT_UINT, 0, 4294967295LL}, {VT_I8, MINLONGLONG, MAXLONGLONG},
        {VT_UI8, 0, MAXLONGLONG},
    };

    if (Type == VT_BOOL) {
        Target->boolVal = Value != 0 ? VARIANT_TRUE : VARIANT_FALSE;
        return S_OK;
    }
    for (ULONG i = 0; i < COUNT_OF(Ranges); i++) {
        if (Ranges[i].Type == Type) {
            Target->llVal = Value; /* little-endian: the low part is the shorter types' value */
            return Value < Ranges[i].Low || Value > Ranges[i].High ? DISP_E_OVERFLOW : S_OK;
        }
    }
    return DISP_E_TYPEMISMATCH;
}

HRESULT WINAPI VariantChangeTypeEx(VARIANTARG *Target, VARIANTARG *Source, LCID Locale, USHORT Flags, VARTYPE Type)
{
    VARIANTARG Value, New;
    LONGLONG Number = 0;
    HRESULT Result = Dereference(&Value, Source);

    UNUSED(Locale);
    if (FAILED(Result) || !IsKnown(Type)) {
        return FAILED(Result) ? Result : DISP_E_BADVARTYPE;
    }
    VariantInit(&New);
    if (Value.vt == Type) {
        Result = VariantCopy(&New, &Value);
    } else if (Value.vt == VT_NULL || Type == VT_NULL || Type == VT_EMPTY) {
        return DISP_E_TYPEMISMATCH;
    } else if (Type == VT_BSTR) {
        if (Value.vt == VT_BOOL) {
            New.bstrVal = Flags & VARIANT_ALPHABOOL ? SysAllocString(Value.boolVal ? L"True" : L"False") : IntegerText(Value.boolVal, FALSE);
        } else if (Value.vt == VT_EMPTY) {
            New.bstrVal = SysAllocString(L"");
        } else if (FAILED(Result = ToInteger(&Value, &Number))) {
            return Result;
        } else {
            New.bstrVal = IntegerText(Number, Value.vt == VT_UI8);
        }
        Result = New.bstrVal == NULL ? E_OUTOFMEMORY : S_OK;
    } else if (SUCCEEDED(Result = ToInteger(&Value, &Number))) {
        Result = FromInteger(&New, Number, Type);
    }
    if (FAILED(Result)) {
        return Result;
    }
    New.vt = Type;
    Result = VariantClear(Target);
    if (SUCCEEDED(Result)) {
        *Target = New;
    }
    return Result;
}

HRESULT WINAPI VariantChangeType(VARIANTARG *Target, VARIANTARG *Source, USHORT Flags, VARTYPE Type)
{
    return VariantChangeTypeEx(Target, Source, LOCALE_USER_DEFAULT, Flags, Type);
}
