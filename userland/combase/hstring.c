/* SPDX-License-Identifier: MIT */
/*
 * hstring.c - HSTRING, the Windows Runtime's counted string that never changes: NULL is the empty one; one of the heap is shared by reference count;
 * one over the caller's characters ("fast-pass") has its head in the caller's HSTRING_HEADER and lives as long as that.
 */
#include "smalldll.h"
#include <hstring.h>
#include <winstring.h>

#define KIND_HEAP 0u
#define KIND_REFERENCE 1u
#define KIND_BUFFER 2u /* HSTRING_BUFFER: not a string yet */
#define MAX_LENGTH 0x7FFFFFF0u

typedef struct
{
    ULONG Kind, Length;
    volatile LONG References;
    ULONG Spare;
    const WCHAR *Text;
} STRING_HEAD;
static_assert(sizeof(STRING_HEAD) <= sizeof(HSTRING_HEADER), "the caller's header");

static STRING_HEAD *HeadOf(HSTRING String)
{
    return (STRING_HEAD *)(PVOID)String;
}

/* With room for Length characters and the end, which is set. */
static STRING_HEAD *NewString(ULONG Kind, ULONG Length)
{
    STRING_HEAD *Head = HeapAlloc(GetProcessHeap(), 0, sizeof(*Head) + ((SIZE_T)Length + 1) * sizeof(WCHAR));

    if (Head != NULL) {
        WCHAR *Text = (WCHAR *)(Head + 1);
        *Head = (STRING_HEAD){.Kind = Kind, .Length = Length, .References = 1, .Text = Text};
        Text[Length] = 0;
    }
    return Head;
}

HRESULT WINAPI WindowsCreateString(LPCWSTR Text, UINT32 Length, HSTRING *String)
{
    if (String == NULL) {
        return E_INVALIDARG;
    }
    *String = NULL;
    if (Length == 0) {
        return S_OK;
    }
    if (Text == NULL) {
        return E_POINTER;
    }
    if (Length > MAX_LENGTH) {
        return E_OUTOFMEMORY;
    }
    STRING_HEAD *Head = NewString(KIND_HEAP, Length);
    if (Head == NULL) {
        return E_OUTOFMEMORY;
    }
    memcpy(Head + 1, Text, (SIZE_T)Length * sizeof(WCHAR));
    *String = (HSTRING)(PVOID)Head;
    return S_OK;
}

HRESULT WINAPI WindowsCreateStringReference(LPCWSTR Text, UINT32 Length, HSTRING_HEADER *Header, HSTRING *String)
{
    if (String == NULL || Header == NULL) {
        return E_INVALIDARG;
    }
    *String = NULL;
    if (Length == 0) {
        return Text == NULL || *Text == 0 ? S_OK : E_INVALIDARG;
    }
    if (Text == NULL) {
        return E_POINTER;
    }
    if (Text[Length] != 0) {
        return E_INVALIDARG;
    }
    STRING_HEAD *Head = (STRING_HEAD *)(PVOID)Header;
    *Head = (STRING_HEAD){.Kind = KIND_REFERENCE, .Length = Length, .Text = Text};
    *String = (HSTRING)(PVOID)Head;
    return S_OK;
}

HRESULT WINAPI WindowsDeleteString(HSTRING String)
{
    STRING_HEAD *Head = HeadOf(String);

    if (Head != NULL && Head->Kind == KIND_HEAP && InterlockedDecrement(&Head->References) == 0) {
        HeapFree(GetProcessHeap(), 0, Head);
    }
    return S_OK;
}

HRESULT WINAPI WindowsDuplicateString(HSTRING String, HSTRING *Copy)
{
    STRING_HEAD *Head = HeadOf(String);

    if (Copy == NULL) {
        return E_INVALIDARG;
    }
    if (Head != NULL && Head->Kind == KIND_REFERENCE) {
        return WindowsCreateString(Head->Text, Head->Length, Copy);
    }
    if (Head != NULL) {
        InterlockedIncrement(&Head->References);
    }
    *Copy = String;
    return S_OK;
}

UINT32 WINAPI WindowsGetStringLen(HSTRING String)
{
    return String != NULL ? HeadOf(String)->Length : 0;
}

LPCWSTR WINAPI WindowsGetStringRawBuffer(HSTRING String, UINT32 *Length)
{
    if (Length != NULL) {
        *Length = WindowsGetStringLen(String);
    }
    return String != NULL ? HeadOf(String)->Text : L"";
}

BOOL WINAPI WindowsIsStringEmpty(HSTRING String)
{
    return WindowsGetStringLen(String) == 0;
}

HRESULT WINAPI WindowsStringHasEmbeddedNull(HSTRING String, BOOL *Has)
{
    UINT32 Length;
    LPCWSTR Text = WindowsGetStringRawBuffer(String, &Length);

    if (Has == NULL) {
        return E_INVALIDARG;
    }
    *Has = wcsnlen(Text, Length) != Length;
    return S_OK;
}

HRESULT WINAPI WindowsCompareStringOrdinal(HSTRING Left, HSTRING Right, INT32 *Order)
{
    UINT32 LeftLength, RightLength;
    LPCWSTR A = WindowsGetStringRawBuffer(Left, &LeftLength), B = WindowsGetStringRawBuffer(Right, &RightLength);

    if (Order == NULL) {
        return E_INVALIDARG;
    }
    *Order = CompareStringOrdinal(A, (int)LeftLength, B, (int)RightLength, FALSE) - CSTR_EQUAL;
    return S_OK;
}

HRESULT WINAPI WindowsSubstringWithSpecifiedLength(HSTRING String, UINT32 Start, UINT32 Length, HSTRING *Part)
{
    UINT32 All;
    LPCWSTR Text = WindowsGetStringRawBuffer(String, &All);

    if (Part == NULL) {
        return E_INVALIDARG;
    }
    *Part = NULL;
    if (Start > All || Length > All - Start) {
        return (HRESULT)0x8000000B; /* E_BOUNDS */
    }
    return WindowsCreateString(Text + Start, Length, Part);
}

HRESULT WINAPI WindowsSubstring(HSTRING String, UINT32 Start, HSTRING *Part)
{
    UINT32 All = WindowsGetStringLen(String);

    return WindowsSubstringWithSpecifiedLength(String, Start, Start <= All ? All - Start : 0, Part);
}

HRESULT WINAPI WindowsConcatString(HSTRING Left, HSTRING Right, HSTRING *Both)
{
    UINT32 LeftLength = WindowsGetStringLen(Left), RightLength = WindowsGetStringLen(Right);

    if (Both == NULL) {
        return E_INVALIDARG;
    }
    *Both = NULL;
    if (LeftLength == 0 || RightLength == 0) {
        return WindowsDuplicateString(LeftLength != 0 ? Left : Right, Both);
    }
    STRING_HEAD *Head = LeftLength > MAX_LENGTH - RightLength ? NULL : NewString(KIND_HEAP, LeftLength + RightLength);
    if (Head == NULL) {
        return E_OUTOFMEMORY;
    }
    memcpy(Head + 1, HeadOf(Left)->Text, (SIZE_T)LeftLength * sizeof(WCHAR));
    memcpy((WCHAR *)(Head + 1) + LeftLength, HeadOf(Right)->Text, (SIZE_T)RightLength * sizeof(WCHAR));
    *Both = (HSTRING)(PVOID)Head;
    return S_OK;
}

/* ---- a string to be, filled in by its maker ------------------------------------------------------------------------------------------------------ */

HRESULT WINAPI WindowsPreallocateStringBuffer(UINT32 Length, WCHAR **Text, HSTRING_BUFFER *Buffer)
{
    if (Text == NULL || Buffer == NULL) {
        return E_POINTER;
    }
    STRING_HEAD *Head = Length > MAX_LENGTH ? NULL : NewString(KIND_BUFFER, Length);
    *Text = Head != NULL ? (WCHAR *)(Head + 1) : NULL;
    *Buffer = (HSTRING_BUFFER)(PVOID)Head;
    return Head != NULL ? S_OK : E_OUTOFMEMORY;
}

HRESULT WINAPI WindowsPromoteStringBuffer(HSTRING_BUFFER Buffer, HSTRING *String)
{
    STRING_HEAD *Head = (STRING_HEAD *)(PVOID)Buffer;

    if (String == NULL) {
        return E_POINTER;
    }
    *String = NULL;
    if (Head == NULL) {
        return S_OK;
    }
    if (Head->Kind != KIND_BUFFER || Head->Text[Head->Length] != 0) {
        return E_INVALIDARG;
    }
    if (Head->Length == 0) {
        return WindowsDeleteStringBuffer(Buffer);
    }
    Head->Kind = KIND_HEAP;
    *String = (HSTRING)(PVOID)Head;
    return S_OK;
}

HRESULT WINAPI WindowsDeleteStringBuffer(HSTRING_BUFFER Buffer)
{
    STRING_HEAD *Head = (STRING_HEAD *)(PVOID)Buffer;

    if (Head != NULL && Head->Kind != KIND_BUFFER) {
        return E_INVALIDARG;
    }
    HeapFree(GetProcessHeap(), 0, Head);
    return S_OK;
}
