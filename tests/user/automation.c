/* SPDX-License-Identifier: MIT */
/*
 * automation.c - what programs with managed or scripted parts want of COM's libraries: decimals, error objects, the Windows Runtime's strings.
 *
 * The functions are found by name when called, as programs do that can do without them.
 */
#include <windows.h>
#include <oleauto.h>
#include <hstring.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include "tap.h"

static HMODULE Library;

static void *Find(const char *Name)
{
    void *Address = (void *)GetProcAddress(Library, Name);

    if (Address == NULL) {
        Ok(0, "%s is exported", Name);
        ExitProcess(1);
    }
    return Address;
}

#define CALL(Type, Name) ((Type)Find(#Name))

/* ---- decimals ----------------------------------------------------------------------------------------------------------------------------------- */

typedef HRESULT(WINAPI *BINARY)(DECIMAL *, DECIMAL *, DECIMAL *);
typedef HRESULT(WINAPI *UNARY)(DECIMAL *, DECIMAL *);

/* "-12.50" */
static DECIMAL Parse(const char *Text)
{
    DECIMAL Value = {0};
    unsigned __int128 Sum = 0;
    BOOL Behind = FALSE;

    for (; *Text != 0; Text++) {
        if (*Text == '-') {
            Value.sign = 0x80;
        } else if (*Text == '.') {
            Behind = TRUE;
        } else {
            Sum = Sum * 10 + (unsigned)(*Text - '0');
            Value.scale = (BYTE)(Value.scale + Behind);
        }
    }
    Value.Lo64 = (ULONGLONG)Sum;
    Value.Hi32 = (ULONG)(Sum >> 64);
    return Value;
}

static const char *Print(const DECIMAL *Value)
{
    static char Text[64];
    char *At = Text + 60;
    unsigned __int128 Sum = (unsigned __int128)Value->Hi32 << 64 | Value->Lo64;

    for (int Digits = 0; Sum != 0 || Digits <= Value->scale; Digits++, Sum /= 10) {
        if (Digits == Value->scale && Digits != 0) {
            *--At = '.';
        }
        *--At = (char)('0' + (unsigned)(Sum % 10));
    }
    if (Value->sign) {
        *--At = '-';
    }
    return At;
}

#define MOST "79228162514264337593543950335" /* 2^96 - 1 */

static void Arithmetic(void)
{
    static const struct { const char *Function, *Left, *Right, *Result; HRESULT Status; } Cases[] = {
        {"VarDecAdd", "1.25", "2.5", "3.75", S_OK}, {"VarDecAdd", "1.25", "-2.5", "-1.25", S_OK}, {"VarDecAdd", "1.10", "0.90", "2.00", S_OK},
        {"VarDecAdd", MOST, "1", NULL, DISP_E_OVERFLOW}, {"VarDecAdd", MOST, "0.4", MOST, S_OK}, {"VarDecSub", "5", "7.001", "-2.001", S_OK},
        {"VarDecAdd", "7922816251426433759354395033.5", "2000000000000000000000000000", "9922816251426433759354395034", S_OK},
        {"VarDecSub", "-" MOST, "1", NULL, DISP_E_OVERFLOW}, {"VarDecMul", "1.5", "-1.5", "-2.25", S_OK}, {"VarDecMul", MOST, "1.0", MOST, S_OK},
        {"VarDecMul", MOST, "2", NULL, DISP_E_OVERFLOW}, {"VarDecMul", "12345678901234567890", "0.1", "1234567890123456789.0", S_OK},
        {"VarDecMul", "0.0000000000000000000000000005", "0.5", "0.0000000000000000000000000002", S_OK},
        {"VarDecMul", "0.0000000000000000000000000015", "0.5", "0.0000000000000000000000000008", S_OK}, {"VarDecDiv", "10", "4", "2.5", S_OK},
        {"VarDecDiv", "1", "3", "0.3333333333333333333333333333", S_OK}, {"VarDecDiv", "2", "3", "0.6666666666666666666666666667", S_OK},
        {"VarDecDiv", "-100", "0.01", "-10000", S_OK}, {"VarDecDiv", "1", "0", NULL, DISP_E_DIVBYZERO}, {"VarDecDiv", MOST, "0.1", NULL, DISP_E_OVERFLOW},
        {"VarDecDiv", "1000000", "7", "142857.14285714285714285714286", S_OK},
    };

    for (unsigned i = 0; i < sizeof(Cases) / sizeof(Cases[0]); i++) {
        DECIMAL Left = Parse(Cases[i].Left), Right = Parse(Cases[i].Right), Result = {0};
        HRESULT Status = ((BINARY)Find(Cases[i].Function))(&Left, &Right, &Result);
        if (!Ok(Status == Cases[i].Status && (Status != S_OK || strcmp(Print(&Result), Cases[i].Result) == 0), "%s %s %s", Cases[i].Function, Cases[i].Left,
                Cases[i].Right)) {
            printf("#   %08lX %s\n", Status, Print(&Result));
        }
    }
}

static void Comparing(void)
{
    static const struct { const char *Left, *Right; HRESULT Order; } Cases[] = {
        {"1.0", "1", VARCMP_EQ}, {"-1", "0.5", VARCMP_LT}, {"-0", "0.00", VARCMP_EQ}, {MOST, "0.0000000000000000000000000001", VARCMP_GT},
        {"-2", "-1", VARCMP_LT}, {"2", "1.9999999999999999999999999999", VARCMP_GT},
    };

    for (unsigned i = 0; i < sizeof(Cases) / sizeof(Cases[0]); i++) {
        DECIMAL Left = Parse(Cases[i].Left), Right = Parse(Cases[i].Right);
        Is((ULONG)CALL(HRESULT(WINAPI *)(DECIMAL *, DECIMAL *), VarDecCmp)(&Left, &Right), (ULONG)Cases[i].Order, Cases[i].Left);
    }
}

static void Rounding(void)
{
    static const struct { const char *Function, *Value, *Result; } Cases[] = {
        {"VarDecFix", "-1.7", "-1"}, {"VarDecInt", "-1.7", "-2"}, {"VarDecInt", "-2.0", "-2"}, {"VarDecInt", "1.7", "1"}, {"VarDecAbs", "-1.7", "1.7"},
        {"VarDecNeg", "1.7", "-1.7"},
    };
    HRESULT(WINAPI *Round)(DECIMAL *, int, DECIMAL *) = Find("VarDecRound");
    DECIMAL Value, Result;

    for (unsigned i = 0; i < sizeof(Cases) / sizeof(Cases[0]); i++) {
        Value = Parse(Cases[i].Value);
        Ok(((UNARY)Find(Cases[i].Function))(&Value, &Result) == S_OK && strcmp(Print(&Result), Cases[i].Result) == 0, "%s %s", Cases[i].Function,
           Cases[i].Value);
    }
    Value = Parse("2.345");
    Ok(Round(&Value, 2, &Result) == S_OK && strcmp(Print(&Result), "2.34") == 0, "a half is rounded to even");
    Value = Parse("2.3450000000000000000000000001");
    Ok(Round(&Value, 2, &Result) == S_OK && strcmp(Print(&Result), "2.35") == 0, "more than a half is not");
    Ok(Round(&Value, -1, &Result) == E_INVALIDARG, "not before the point");
}

static void Conversions(void)
{
    DECIMAL Value;
    LONG Long;
    double Real;
    CY Currency;

    Ok(CALL(HRESULT(WINAPI *)(double, DECIMAL *), VarDecFromR8)(0.1, &Value) == S_OK && strcmp(Print(&Value), "0.1") == 0, "from a double: 15 digits");
    Ok(CALL(HRESULT(WINAPI *)(double, DECIMAL *), VarDecFromR8)(-1234567.875, &Value) == S_OK && strcmp(Print(&Value), "-1234567.875") == 0, "which may do");
    Ok(CALL(HRESULT(WINAPI *)(double, DECIMAL *), VarDecFromR8)(1e20, &Value) == S_OK && strcmp(Print(&Value), "100000000000000000000") == 0, "a large one");
    Ok(CALL(HRESULT(WINAPI *)(double, DECIMAL *), VarDecFromR8)(1e29, &Value) == DISP_E_OVERFLOW, "too large");
    Ok(CALL(HRESULT(WINAPI *)(FLOAT, DECIMAL *), VarDecFromR4)(0.1f, &Value) == S_OK && strcmp(Print(&Value), "0.1") == 0, "from a float: 7");
    Value = Parse("-12.5");
    Ok(CALL(HRESULT(WINAPI *)(DECIMAL *, double *), VarR8FromDec)(&Value, &Real) == S_OK && Real == -12.5, "to a double");
    Ok(CALL(HRESULT(WINAPI *)(DECIMAL *, LONG *), VarI4FromDec)(&Value, &Long) == S_OK && Long == -12, "to a number: to even");
    Ok(CALL(HRESULT(WINAPI *)(DECIMAL *, CY *), VarCyFromDec)(&Value, &Currency) == S_OK && Currency.int64 == -125000, "to currency");
    Ok(CALL(HRESULT(WINAPI *)(CY, DECIMAL *), VarDecFromCy)(Currency, &Value) == S_OK && strcmp(Print(&Value), "-12.5") == 0, "and back");
    Value = Parse("2147483648");
    Ok(CALL(HRESULT(WINAPI *)(DECIMAL *, LONG *), VarI4FromDec)(&Value, &Long) == DISP_E_OVERFLOW, "no room");
    Ok(CALL(HRESULT(WINAPI *)(LONG64, DECIMAL *), VarDecFromI8)(MINLONGLONG, &Value) == S_OK && strcmp(Print(&Value), "-9223372036854775808") == 0,
       "from a number");
}

/* ---- error objects ------------------------------------------------------------------------------------------------------------------------------ */

typedef HRESULT(WINAPI *GET_ERROR)(ULONG, IErrorInfo **);
typedef HRESULT(WINAPI *SET_ERROR)(ULONG, IErrorInfo *);

static DWORD WINAPI OtherThread(PVOID Unused)
{
    IErrorInfo *Info;

    (void)Unused;
    return (DWORD)CALL(GET_ERROR, GetErrorInfo)(0, &Info);
}

static void Errors(void)
{
    static const IID ErrorInfoId = {0x1CF2B120, 0x547D, 0x101B, {0x8E, 0x65, 0x08, 0x00, 0x2B, 0x2B, 0xD1, 0x19}};
    ICreateErrorInfo *Maker = NULL;
    IErrorInfo *Info = NULL, *Got = NULL;
    BSTR Text = NULL;
    DWORD Code = 0;

    Ok(CALL(GET_ERROR, GetErrorInfo)(0, &Got) == S_FALSE && Got == NULL, "no error yet");
    Ok(CALL(GET_ERROR, GetErrorInfo)(1, &Got) == E_INVALIDARG && CALL(SET_ERROR, SetErrorInfo)(1, NULL) == E_INVALIDARG, "the reserved argument");
    Ok(CALL(HRESULT(WINAPI *)(ICreateErrorInfo **), CreateErrorInfo)(&Maker) == S_OK, "CreateErrorInfo");
    Ok(Maker->lpVtbl->SetDescription(Maker, L"it broke") == S_OK, "described");
    Ok(Maker->lpVtbl->QueryInterface(Maker, &ErrorInfoId, (void **)&Info) == S_OK, "its other side");
    Ok(CALL(SET_ERROR, SetErrorInfo)(0, Info) == S_OK, "left for the caller");
    Is(Maker->lpVtbl->Release(Maker), 2, "two references: ours and the thread's");
    HANDLE Thread = CreateThread(NULL, 0, OtherThread, NULL, 0, NULL);
    WaitForSingleObject(Thread, INFINITE);
    GetExitCodeThread(Thread, &Code);
    CloseHandle(Thread);
    Is(Code, S_FALSE, "not for another thread");
    Ok(CALL(GET_ERROR, GetErrorInfo)(0, &Got) == S_OK && Got == Info, "taken");
    Ok(Got->lpVtbl->GetDescription(Got, &Text) == S_OK && wcscmp(Text, L"it broke") == 0, "what it says");
    Ok(Got->lpVtbl->GetSource(Got, &Text) == S_OK && Text == NULL, "what it does not");
    Ok(CALL(GET_ERROR, GetErrorInfo)(0, &Got) == S_FALSE, "once");
    Info->lpVtbl->Release(Info);
    Is(Info->lpVtbl->Release(Info), 0, "nothing is left");
}

/* ---- the Windows Runtime's strings ---------------------------------------------------------------------------------------------------------------- */

typedef HRESULT(WINAPI *CREATE)(LPCWSTR, UINT32, HSTRING *);
typedef LPCWSTR(WINAPI *RAW)(HSTRING, UINT32 *);
typedef HRESULT(WINAPI *DELETE_STRING)(HSTRING);
typedef HRESULT(WINAPI *PAIR)(HSTRING, HSTRING, HSTRING *);

static void Strings(void)
{
    HSTRING_HEADER Header;
    HSTRING String, Fast, Copy, Both;
    HSTRING_BUFFER Buffer;
    UINT32 Length = 99;
    INT32 Order = 9;
    WCHAR *Room;

    Ok(CALL(CREATE, WindowsCreateString)(L"hello", 5, &String) == S_OK && wcscmp(CALL(RAW, WindowsGetStringRawBuffer)(String, &Length), L"hello") == 0 &&
       Length == 5, "a string");
    Ok(CALL(CREATE, WindowsCreateString)(NULL, 0, &Copy) == S_OK && Copy == NULL, "the empty one is NULL");
    Ok(*CALL(RAW, WindowsGetStringRawBuffer)(NULL, &Length) == 0 && Length == 0, "and has characters all the same");
    Ok(CALL(HRESULT(WINAPI *)(LPCWSTR, UINT32, HSTRING_HEADER *, HSTRING *), WindowsCreateStringReference)(L"world", 5, &Header, &Fast) == S_OK, "in place");
    Ok(CALL(HRESULT(WINAPI *)(LPCWSTR, UINT32, HSTRING_HEADER *, HSTRING *), WindowsCreateStringReference)(L"world", 4, &Header, &Copy) == E_INVALIDARG,
       "it must end where it is said to");
    Ok(CALL(HRESULT(WINAPI *)(HSTRING, HSTRING *), WindowsDuplicateString)(String, &Copy) == S_OK && Copy == String, "a copy is a reference");
    CALL(DELETE_STRING, WindowsDeleteString)(Copy);
    Ok(CALL(HRESULT(WINAPI *)(HSTRING, HSTRING *), WindowsDuplicateString)(Fast, &Copy) == S_OK && Copy != Fast, "of one in place it is not");
    Ok(CALL(HRESULT(WINAPI *)(HSTRING, HSTRING, INT32 *), WindowsCompareStringOrdinal)(Fast, Copy, &Order) == S_OK && Order == 0, "though equal");
    Ok(CALL(HRESULT(WINAPI *)(HSTRING, HSTRING, INT32 *), WindowsCompareStringOrdinal)(String, Copy, &Order) == S_OK && Order == -1, "less");
    CALL(DELETE_STRING, WindowsDeleteString)(Copy);
    Ok(CALL(PAIR, WindowsConcatString)(String, Fast, &Both) == S_OK && wcscmp(CALL(RAW, WindowsGetStringRawBuffer)(Both, NULL), L"helloworld") == 0, "both");
    Ok(CALL(HRESULT(WINAPI *)(HSTRING, UINT32, UINT32, HSTRING *), WindowsSubstringWithSpecifiedLength)(Both, 3, 4, &Copy) == S_OK &&
       wcscmp(CALL(RAW, WindowsGetStringRawBuffer)(Copy, NULL), L"lowo") == 0, "a part");
    CALL(DELETE_STRING, WindowsDeleteString)(Copy);
    Ok(CALL(HRESULT(WINAPI *)(HSTRING, UINT32, HSTRING *), WindowsSubstring)(Both, 11, &Copy) == (HRESULT)0x8000000B, "beyond the end");
    CALL(DELETE_STRING, WindowsDeleteString)(Both);
    CALL(DELETE_STRING, WindowsDeleteString)(String);
    Ok(CALL(HRESULT(WINAPI *)(UINT32, WCHAR **, HSTRING_BUFFER *), WindowsPreallocateStringBuffer)(2, &Room, &Buffer) == S_OK, "one to fill in");
    memcpy(Room, L"ab", 4);
    Ok(CALL(HRESULT(WINAPI *)(HSTRING_BUFFER, HSTRING *), WindowsPromoteStringBuffer)(Buffer, &String) == S_OK &&
       wcscmp(CALL(RAW, WindowsGetStringRawBuffer)(String, NULL), L"ab") == 0, "and to keep");
    CALL(DELETE_STRING, WindowsDeleteString)(String);
}

int main(void)
{
    Library = LoadLibraryA("oleaut32.dll");
    Arithmetic();
    Comparing();
    Rounding();
    Conversions();
    Errors();
    Library = LoadLibraryA("combase.dll");
    Strings();
    return Done();
}
