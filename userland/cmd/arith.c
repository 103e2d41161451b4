/* SPDX-License-Identifier: MIT */
/*
 * arith.c - set /a: C's operators on 32-bit integers, and assignments to variables.
 *
 *      expression := assignment { "," assignment }
 *      assignment := name ( = *= /= %= += -= &= ^= |= <<= >>= ) assignment | binary
 *      binary     := unary with, from weak to strong:  |   ^   &   << >>   + -   * / %
 *      unary      := ( ! ~ - + ) unary | "(" expression ")" | number | name
 *
 * A name that is not set is 0, and so is a value that is no number; 0x and 0 in front mean 16 and 8.  Overflow wraps.
 */
#include "cmd.h"

typedef struct _ARITHMETIC
{
    LPCWSTR p;
    LPCWSTR Error; /* the first one; everything after it is skipped */
    int Depth;
} ARITHMETIC;

static const LPCWSTR Levels[][4] = {{L"|"}, {L"^"}, {L"&"}, {L"<<", L">>"}, {L"+", L"-"}, {L"*", L"/", L"%"}};

static ULONG Assignment(ARITHMETIC *State);

static ULONG Wrong(ARITHMETIC *State, LPCWSTR Error)
{
    State->Error = State->Error != NULL ? State->Error : Error;
    return 0;
}

static void Skip(ARITHMETIC *State)
{
    while (*State->p == L' ' || *State->p == L'\t' || *State->p == L'"') {
        State->p++;
    }
}

static BOOL IsNameCharacter(WCHAR c)
{
    return c > L' ' && wcschr(L"()!~-+*/%<>&^|=,\"", c) == NULL;
}

static int Digit(WCHAR c)
{
    return c >= L'0' && c <= L'9' ? c - L'0' : (c | 0x20) >= L'a' && (c | 0x20) <= L'z' ? (c | 0x20) - L'a' + 10 : 99;
}

static ULONG Number(ARITHMETIC *State, LPCWSTR *Text)
{
    LPCWSTR p = *Text;
    int Base = 10;
    ULONGLONG Value = 0;

    if (*p == L'0' && (p[1] | 0x20) == L'x') {
        Base = 16;
        p += 2;
    } else if (*p == L'0') {
        Base = 8;
    }
    for (; Digit(*p) < Base; p++) {
        Value = Value * (ULONG)Base + (ULONG)Digit(*p);
        if (Value > 0xFFFFFFFF || (Base == 10 && Value > 0x80000000)) {
            return Wrong(State, L"Invalid number.  Numbers are limited to 32-bits of precision.");
        }
    }
    if (Digit(*p) != 99) {
        return Wrong(State, L"Invalid number.  Numeric constants are either decimal (17),\r\nhexadecimal (0x11), or octal (021).");
    }
    *Text = p;
    return (ULONG)Value;
}

static ULONG VariableNumber(LPCWSTR Name)
{
    LPWSTR Value = VariableValue(Name, wcslen(Name));
    ARITHMETIC Inner = {0};
    BOOL Negative;

    if (Value == NULL) {
        return 0;
    }
    LPCWSTR p = SkipBlanks(Value);
    Negative = *p == L'-';
    p += Negative || *p == L'+';
    if (Digit(*p) > 9) {
        return 0;
    }
    ULONG Result = Number(&Inner, &p);
    return Negative ? 0 - Result : Result;
}

static LPWSTR Name(ARITHMETIC *State)
{
    LPCWSTR Start = State->p;

    while (IsNameCharacter(*State->p)) {
        State->p++;
    }
    return CmdCopy(Start, (SIZE_T)(State->p - Start));
}

static ULONG Unary(ARITHMETIC *State)
{
    ULONG Value;

    Skip(State);
    WCHAR c = *State->p;
    if (c != 0 && wcschr(L"!~-+", c) != NULL) {
        State->p++;
        if (++State->Depth > 500) {
            return Wrong(State, L"Missing operand.");
        }
        Value = Unary(State);
        State->Depth--;
        return c == L'!' ? !Value : c == L'~' ? ~Value : c == L'-' ? 0 - Value : Value;
    }
    if (c == L'(') {
        State->p++;
        if (++State->Depth > 500) {
            return Wrong(State, L"Unbalanced parenthesis.");
        }
        do {
            Value = Assignment(State);
            Skip(State);
        } while (State->Error == NULL && *State->p == L',' && State->p++);
        State->Depth--;
        if (*State->p != L')') {
            return Wrong(State, L"Unbalanced parenthesis.");
        }
        State->p++;
        return Value;
    }
    if (c >= L'0' && c <= L'9') {
        return Number(State, &State->p);
    }
    if (IsNameCharacter(c)) {
        return VariableNumber(Name(State));
    }
    return Wrong(State, L"Missing operand.");
}

static ULONG Apply(ARITHMETIC *State, WCHAR Operator, ULONG Left, ULONG Right)
{
    switch (Operator) {
    case L'|':
        return Left | Right;
    case L'^':
        return Left ^ Right;
    case L'&':
        return Left & Right;
    case L'<':
        return Right < 32 ? Left << Right : 0;
    case L'>':
        return (ULONG)((LONG)Left >> (Right < 32 ? Right : 31));
    case L'+':
        return Left + Right;
    case L'-':
        return Left - Right;
    case L'*':
        return Left * Right;
    default:
        break;
    }
    if (Right == 0) {
        return Wrong(State, L"Divide by zero error.");
    }
    LONGLONG a = (LONG)Left, b = (LONG)Right; /* in 64 bits -2^31 / -1 does not trap */
    return (ULONG)(Operator == L'/' ? a / b : a % b);
}

/* The operator of this level that stands here, and is not an assignment; its length. */
static SIZE_T OperatorHere(const ARITHMETIC *State, ULONG Level)
{
    for (ULONG i = 0; i < 4 && Levels[Level][i] != NULL; i++) {
        SIZE_T Length = wcslen(Levels[Level][i]);
        if (wcsncmp(State->p, Levels[Level][i], Length) == 0 && State->p[Length] != L'=') {
            return Length;
        }
    }
    return 0;
}

static ULONG Binary(ARITHMETIC *State, ULONG Level)
{
    ULONG Value;
    SIZE_T Length;

    if (Level == COUNT_OF(Levels)) {
        return Unary(State);
    }
    Value = Binary(State, Level + 1);
    for (Skip(State); State->Error == NULL && (Length = OperatorHere(State, Level)) != 0; Skip(State)) {
        WCHAR Operator = *State->p;
        State->p += Length;
        Value = Apply(State, Operator, Value, Binary(State, Level + 1));
    }
    return Value;
}

/* name op= value; anything else is a value. */
static ULONG Assignment(ARITHMETIC *State)
{
    LPCWSTR Start;

    Skip(State);
    Start = State->p;
    if (IsNameCharacter(*Start) && Digit(*Start) > 9) {
        LPWSTR Variable = Name(State);
        Skip(State);
        LPCWSTR p = State->p;
        WCHAR Operator = *p != 0 && wcschr(L"*/%+-&^|<>", *p) != NULL ? *p : 0;
        p += Operator == 0 ? 0 : (Operator == L'<' || Operator == L'>') && p[1] == Operator ? 2 : 1;
        if (*p == L'=') {
            State->p = p + 1;
            ULONG Value = Assignment(State);
            WCHAR Text[16];
            if (Operator != 0) {
                Value = Apply(State, Operator, VariableNumber(Variable), Value);
            }
            if (State->Error == NULL) {
                _snwprintf(Text, COUNT_OF(Text), L"%d", (int)Value);
                SetEnvironmentVariableW(Variable, Text);
            }
            return Value;
        }
        State->p = Start;
    }
    return Binary(State, 0);
}

BOOL EvaluateArithmetic(LPCWSTR Text, LONG *Value)
{
    ARITHMETIC State = {.p = Text};

    do {
        *Value = (LONG)Assignment(&State);
        Skip(&State);
    } while (State.Error == NULL && *State.p == L',' && State.p++);
    if (State.Error == NULL && *State.p != 0) {
        State.Error = *State.p == L')' ? L"Unbalanced parenthesis." : L"Missing operator.";
    }
    if (State.Error != NULL) {
        PrintError(L"%s\r\n", State.Error);
        return FALSE;
    }
    return TRUE;
}
