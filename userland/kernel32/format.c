/* SPDX-License-Identifier: MIT */
/*
 * format.c - FormatMessage: message texts with inserts, and the texts of the system's own errors.
 *
 * A definition is scanned once.  "%1!spec!" is an insert with a printf specification, "%n" a line break, "%0" ends the text without one,
 * "%%", "%." and "%!" stand for their character.  Line width: 0 keeps the text's own breaks, FORMAT_MESSAGE_MAX_WIDTH_MASK turns them
 * into blanks.
 */
#include "k32.h"

typedef struct _BUILDER
{
    LPWSTR Text;
    SIZE_T Length, Capacity;
    BOOL Failed;
} BUILDER;

static void Put(BUILDER *Builder, LPCWSTR Text, SIZE_T Length)
{
    if (Builder->Length + Length + 1 > Builder->Capacity) {
        SIZE_T Capacity = (Builder->Length + Length + 1) * 2 + 64;
        LPWSTR New = BaseAllocate(Capacity * sizeof(WCHAR));
        if (New == NULL) {
            Builder->Failed = TRUE;
            return;
        }
        memcpy(New, Builder->Text != NULL ? Builder->Text : L"", Builder->Length * sizeof(WCHAR));
        BaseFree(Builder->Text);
        Builder->Text = New;
        Builder->Capacity = Capacity;
    }
    memcpy(Builder->Text + Builder->Length, Text, Length * sizeof(WCHAR));
    Builder->Length += Length;
    Builder->Text[Builder->Length] = 0;
}

/* Where inserts come from: an array, or a va_list, of which arguments are taken in order and remembered. */
typedef struct _INSERTS
{
    va_list *List;
    const ULONG_PTR *Array;
    ULONG_PTR Taken[100];
    unsigned Count;
} INSERTS;

static ULONG_PTR Insert(INSERTS *Inserts, unsigned Number)
{
    if (Inserts->Array != NULL) {
        return Inserts->Array[Number - 1];
    }
    while (Inserts->Count < Number && Inserts->List != NULL) {
        Inserts->Taken[Inserts->Count++] = va_arg(*Inserts->List, ULONG_PTR);
    }
    return Inserts->List != NULL ? Inserts->Taken[Number - 1] : 0;
}

/* In an A call "s" is a byte string, in a W call a wide one; "S" is the other. */
static void PutInsert(BUILDER *Builder, INSERTS *Inserts, unsigned Number, LPCWSTR Spec, SIZE_T SpecLength, BOOL Ansi)
{
    WCHAR Format[40] = L"%", Small[256];
    ULONG_PTR Value = Insert(Inserts, Number);
    WCHAR Kind = SpecLength == 0 ? L's' : Spec[SpecLength - 1];
    SIZE_T Plain = SpecLength;

    if (Kind == L's' || Kind == L'S') {
        BOOL Narrow = (Kind == L's') == Ansi;
        if (SpecLength >= 2 && (Spec[SpecLength - 2] == L'h' || Spec[SpecLength - 2] == L'l' || Spec[SpecLength - 2] == L'w')) {
            Narrow = Spec[SpecLength - 2] == L'h';
            Plain--;
        }
        LPWSTR Wide = NULL;
        LPCWSTR Text = (LPCWSTR)Value;
        if (Value == 0) {
            Text = L"(null)";
        } else if (Narrow) {
            if (!BaseToWide((LPCSTR)Value, &Wide)) {
                Builder->Failed = TRUE;
                return;
            }
            Text = Wide;
        }
        if (Plain <= 1) {
            Put(Builder, Text, wcslen(Text));
        } else if (Plain < 30) {
            SIZE_T Size = wcslen(Text) + 1024;
            LPWSTR Out = BaseAllocate(Size * sizeof(WCHAR));
            memcpy(Format + 1, Spec, (Plain - 1) * sizeof(WCHAR));
            Format[Plain] = L's';
            Format[Plain + 1] = 0;
            if (Out != NULL) {
                int Length = _snwprintf(Out, Size - 1, Format, Text);
                Put(Builder, Out, Length < 0 ? Size - 1 : (SIZE_T)Length);
                BaseFree(Out);
            }
        }
        BaseFree(Wide);
        return;
    }
    if (SpecLength < 30) {
        memcpy(Format + 1, Spec, SpecLength * sizeof(WCHAR));
        Format[SpecLength + 1] = 0;
        int Length = _snwprintf(Small, COUNT_OF(Small) - 1, Format, Value);
        Put(Builder, Small, Length < 0 ? COUNT_OF(Small) - 1 : (SIZE_T)Length);
    }
}

static void PutBreak(BUILDER *Builder, DWORD Width)
{
    if (Width != 0) {
        Put(Builder, L" ", 1);
    } else {
        Put(Builder, L"\r\n", 2);
    }
}

/* Handles what follows a '%'; returns the rest, null at "%0". */
static LPCWSTR Directive(BUILDER *Builder, LPCWSTR p, INSERTS *Inserts, DWORD Flags, BOOL Ansi)
{
    if (*p == L'0') {
        return NULL;
    }
    if (*p >= L'1' && *p <= L'9') {
        LPCWSTR Start = p - 1;
        unsigned Number = *p++ - L'0';
        if (*p >= L'0' && *p <= L'9') {
            Number = Number * 10 + (*p++ - L'0');
        }
        LPCWSTR Spec = L"s";
        SIZE_T SpecLength = 1;
        if (*p == L'!') {
            LPCWSTR End = wcschr(p + 1, L'!');
            if (End != NULL) {
                Spec = p + 1;
                SpecLength = (SIZE_T)(End - Spec);
                p = End + 1;
            }
        }
        if (Flags & FORMAT_MESSAGE_IGNORE_INSERTS) {
            Put(Builder, Start, (SIZE_T)(p - Start));
        } else {
            PutInsert(Builder, Inserts, Number, Spec, SpecLength, Ansi);
        }
        return p;
    }
    switch (*p) {
    case 0:
        return p;
    case L'n':
        Put(Builder, L"\r\n", 2);
        return p + 1;
    case L'r':
        Put(Builder, L"\r", 1);
        return p + 1;
    case L't':
        Put(Builder, L"\t", 1);
        return p + 1;
    case L'b':
        Put(Builder, L" ", 1);
        return p + 1;
    default:
        Put(Builder, p, 1);
        return p + 1;
    }
}

static BOOL Build(BUILDER *Builder, LPCWSTR Text, INSERTS *Inserts, DWORD Flags, BOOL Ansi)
{
    DWORD Width = Flags & FORMAT_MESSAGE_MAX_WIDTH_MASK;

    Put(Builder, L"", 0);
    for (LPCWSTR p = Text; p != NULL && *p != 0 && !Builder->Failed;) {
        if (*p == L'%') {
            p = Directive(Builder, p + 1, Inserts, Flags, Ansi);
        } else if (*p == L'\r' || *p == L'\n') {
            p += p[0] == L'\r' && p[1] == L'\n' ? 2 : 1;
            PutBreak(Builder, Width);
        } else {
            Put(Builder, p++, 1);
        }
    }
    return !Builder->Failed;
}

/* ---- the definition --------------------------------------------------------------------------------------------------------------- */

static BOOL FromModule(PVOID Module, DWORD Id, DWORD Language, LPWSTR *Text)
{
    MESSAGE_RESOURCE_ENTRY *Entry;

    if (Module == NULL) {
        Module = BasePeb()->ImageBaseAddress;
    }
    NTSTATUS Status = RtlFindMessage(Module, 11 /* RT_MESSAGETABLE */, Language, Id, &Entry);
    if (!NT_SUCCESS(Status)) {
        return Status == STATUS_MESSAGE_NOT_FOUND ? BaseFail(ERROR_MR_MID_NOT_FOUND) : BaseResult(Status);
    }
    if (Entry->Flags & 1) { /* Unicode */
        SIZE_T Length = wcslen((LPCWSTR)Entry->Text);
        *Text = BaseAllocate((Length + 1) * sizeof(WCHAR));
        if (*Text != NULL) {
            wcscpy(*Text, (LPCWSTR)Entry->Text);
        }
        return *Text != NULL;
    }
    return BaseToWide((LPCSTR)Entry->Text, Text);
}

static BOOL FromSystem(DWORD Id, LPWSTR *Text)
{
    /* HRESULT_FROM_WIN32 codes and NTSTATUS facility codes mean the plain error */
    LPCSTR Message = BaseSystemMessage((Id & 0xFFFF0000) == 0x80070000 ? Id & 0xFFFF : Id);
    LPWSTR Plain;

    if (Message == NULL) {
        return BaseFail(ERROR_MR_MID_NOT_FOUND);
    }
    if (!BaseToWide(Message, &Plain)) {
        return FALSE;
    }
    SIZE_T Length = wcslen(Plain);
    *Text = BaseAllocate((Length + 3) * sizeof(WCHAR));
    if (*Text != NULL) {
        wcscpy(*Text, Plain);
        wcscpy(*Text + Length, L"\r\n");
    }
    BaseFree(Plain);
    return *Text != NULL;
}

static BOOL Definition(DWORD Flags, LPCVOID Source, DWORD Id, DWORD Language, BOOL Ansi, LPWSTR *Text)
{
    if (Flags & FORMAT_MESSAGE_FROM_STRING) {
        if (Ansi) {
            return BaseToWide(Source, Text);
        }
        *Text = BaseAllocate((wcslen(Source) + 1) * sizeof(WCHAR));
        return *Text != NULL && wcscpy(*Text, Source) != NULL;
    }
    if ((Flags & FORMAT_MESSAGE_FROM_HMODULE) && FromModule((PVOID)Source, Id, Language, Text)) {
        return TRUE;
    }
    if (Flags & FORMAT_MESSAGE_FROM_SYSTEM) {
        if (Language != 0 && Language != 0x0409 && Language != 0x0400 && Language != 0x0800 && Language != 0x0009) {
            return BaseFail(ERROR_RESOURCE_LANG_NOT_FOUND);
        }
        return FromSystem(Id, Text);
    }
    return Flags & FORMAT_MESSAGE_FROM_HMODULE ? FALSE : BaseFail(ERROR_INVALID_PARAMETER);
}

static LPWSTR Message(DWORD Flags, LPCVOID Source, DWORD Id, DWORD Language, va_list *Arguments, BOOL Ansi)
{
    INSERTS Inserts = {.List = Arguments};
    BUILDER Builder = {0};
    LPWSTR Text = NULL;

    if (Flags & FORMAT_MESSAGE_ARGUMENT_ARRAY) {
        Inserts.Array = (const ULONG_PTR *)Arguments;
    }
    if (!Definition(Flags, Source, Id, Language, Ansi, &Text)) {
        return NULL;
    }
    if (!Build(&Builder, Text, &Inserts, Flags, Ansi)) {
        BaseFree(Builder.Text);
        Builder.Text = NULL;
    }
    BaseFree(Text);
    return Builder.Text;
}

DWORD WINAPI FormatMessageW(DWORD Flags, LPCVOID Source, DWORD Id, DWORD Language, LPWSTR Buffer, DWORD Size, va_list *Arguments)
{
    if (Buffer == NULL) {
        return (DWORD)BaseFail(ERROR_INVALID_PARAMETER);
    }
    LPWSTR Text = Message(Flags, Source, Id, Language, Arguments, FALSE);
    if (Text == NULL) {
        return 0;
    }
    DWORD Length = (DWORD)wcslen(Text);
    if (Flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
        LPWSTR Copy = LocalAlloc(LMEM_ZEROINIT, (Length + 1 > Size ? Length + 1 : Size) * sizeof(WCHAR));
        if (Copy != NULL) {
            wcscpy(Copy, Text);
        } else {
            Length = 0;
        }
        *(LPWSTR *)(PVOID)Buffer = Copy;
    } else if (Length >= Size) {
        BaseFail(ERROR_INSUFFICIENT_BUFFER);
        Length = 0;
    } else {
        wcscpy(Buffer, Text);
    }
    BaseFree(Text);
    return Length;
}

DWORD WINAPI FormatMessageA(DWORD Flags, LPCVOID Source, DWORD Id, DWORD Language, LPSTR Buffer, DWORD Size, va_list *Arguments)
{
    if (Buffer == NULL) {
        return (DWORD)BaseFail(ERROR_INVALID_PARAMETER);
    }
    LPWSTR Text = Message(Flags, Source, Id, Language, Arguments, TRUE);
    if (Text == NULL) {
        return 0;
    }
    SIZE_T Wide = wcslen(Text);
    DWORD Need = BaseToAnsi(Text, Wide, NULL, 0), Length = Need - 1; /* Need counts the zero */
    if (Flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
        LPSTR Copy = LocalAlloc(LMEM_ZEROINIT, Need > Size ? Need : Size);
        if (Copy != NULL) {
            BaseToAnsi(Text, Wide, Copy, Need);
        } else {
            Length = 0;
        }
        *(LPSTR *)(PVOID)Buffer = Copy;
    } else if (Need > Size) {
        BaseFail(ERROR_INSUFFICIENT_BUFFER);
        Length = 0;
    } else {
        BaseToAnsi(Text, Wide, Buffer, Size);
    }
    BaseFree(Text);
    return Length;
}
