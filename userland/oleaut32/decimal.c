/* SPDX-License-Identifier: MIT */
/*
 * decimal.c - DECIMAL: 96 bits of a whole number, a sign, and how many of its decimal digits (0 to 28) stand behind the point.
 *
 * Sums and products are made in 192 bits, and brought back to 96 by dropping digits behind the point: what is dropped is rounded half to even,
 * once for all of it.  Where digits before the point would have to go, it is DISP_E_OVERFLOW.
 */
#include "smalldll.h"
#include <oleauto.h>

#define WORDS 6
#define MAX_SCALE 28
#define NEGATIVE 0x80

/* Least significant word first. */
typedef struct
{
    ULONG Word[WORDS];
} BIG;

/* ---- whole numbers of 192 bits ---------------------------------------------------------------------------------------------------------------- */

static BIG Load(const DECIMAL *Value)
{
    return (BIG){{Value->Lo32, Value->Mid32, Value->Hi32}};
}

static BOOL Fits(const BIG *Big)
{
    return (Big->Word[3] | Big->Word[4] | Big->Word[5]) == 0;
}

static BOOL IsZero(const BIG *Big)
{
    return Fits(Big) && (Big->Word[0] | Big->Word[1] | Big->Word[2]) == 0;
}

static int Compare(const BIG *Left, const BIG *Right)
{
    for (int i = WORDS; i-- != 0;) {
        if (Left->Word[i] != Right->Word[i]) {
            return Left->Word[i] < Right->Word[i] ? -1 : 1;
        }
    }
    return 0;
}

/* Big * Factor + Addend; FALSE: no room. */
static BOOL Multiply(BIG *Big, ULONG Factor, ULONG Addend)
{
    ULONGLONG Carry = Addend;

    for (int i = 0; i < WORDS; i++) {
        Carry += (ULONGLONG)Big->Word[i] * Factor;
        Big->Word[i] = (ULONG)Carry;
        Carry >>= 32;
    }
    return Carry == 0;
}

/* Returns the remainder. */
static ULONG Divide(BIG *Big, ULONG Divisor)
{
    ULONGLONG Rest = 0;

    for (int i = WORDS; i-- != 0;) {
        Rest = Rest << 32 | Big->Word[i];
        Big->Word[i] = (ULONG)(Rest / Divisor);
        Rest %= Divisor;
    }
    return (ULONG)Rest;
}

static void Add(BIG *Left, const BIG *Right)
{
    ULONGLONG Carry = 0;

    for (int i = 0; i < WORDS; i++) {
        Carry += (ULONGLONG)Left->Word[i] + Right->Word[i];
        Left->Word[i] = (ULONG)Carry;
        Carry >>= 32;
    }
}

/* Right is not greater. */
static void Subtract(BIG *Left, const BIG *Right)
{
    ULONGLONG Borrow = 0;

    for (int i = 0; i < WORDS; i++) {
        ULONGLONG Difference = (ULONGLONG)Left->Word[i] - Right->Word[i] - Borrow;
        Left->Word[i] = (ULONG)Difference;
        Borrow = Difference >> 63;
    }
}

/* Left becomes the quotient, *Rest the remainder; both operands are less than 2^128 and Right is not 0. */
static void DivideLong(BIG *Left, const BIG *Right, BIG *Rest)
{
    BIG Quotient = {{0}};

    *Rest = (BIG){{0}};
    for (int Bit = 128; Bit-- != 0;) {
        Multiply(Rest, 2, Left->Word[Bit / 32] >> Bit % 32 & 1);
        Multiply(&Quotient, 2, 0);
        if (Compare(Rest, Right) >= 0) {
            Subtract(Rest, Right);
            Quotient.Word[0] |= 1;
        }
    }
    *Left = Quotient;
}

/* ---- DECIMALs --------------------------------------------------------------------------------------------------------------------------------- */

static HRESULT Store(DECIMAL *Result, const BIG *Big, int Scale, BYTE Sign)
{
    if (!Fits(Big)) {
        return DISP_E_OVERFLOW;
    }
    Result->wReserved = 0;
    Result->scale = (BYTE)Scale;
    Result->sign = Sign;
    Result->Lo32 = Big->Word[0];
    Result->Mid32 = Big->Word[1];
    Result->Hi32 = Big->Word[2];
    return S_OK;
}

/* Drops Digits of them, and rounds half to even. */
static void Drop(BIG *Big, int Digits)
{
    ULONG Last = 0;
    BOOL More = FALSE;

    while (Digits-- > 0) {
        More |= Last != 0;
        Last = Divide(Big, 10);
    }
    if (Last > 5 || (Last == 5 && (More || (Big->Word[0] & 1)))) {
        Multiply(Big, 1, 1);
    }
}

/* As many digits behind the point as there is room for, Scale at most. */
static HRESULT Round(DECIMAL *Result, const BIG *Exact, int Scale, BYTE Sign)
{
    for (int Digits = Scale > MAX_SCALE ? Scale - MAX_SCALE : 0; Digits <= Scale; Digits++) {
        BIG Big = *Exact;
        Drop(&Big, Digits);
        if (Fits(&Big)) {
            return Store(Result, &Big, Scale - Digits, Sign);
        }
    }
    return DISP_E_OVERFLOW;
}

/* Both with the same number of digits behind the point, which is returned. */
static int Align(BIG *Left, int LeftScale, BIG *Right, int RightScale)
{
    for (; LeftScale < RightScale; LeftScale++) {
        Multiply(Left, 10, 0);
    }
    for (; RightScale < LeftScale; RightScale++) {
        Multiply(Right, 10, 0);
    }
    return LeftScale;
}

static BOOL IsValid(const DECIMAL *Value)
{
    return Value->scale <= MAX_SCALE && (Value->sign & ~NEGATIVE) == 0;
}

static HRESULT Sum(const DECIMAL *Left, const DECIMAL *Right, BYTE Flip, DECIMAL *Result)
{
    BIG A = Load(Left), B = Load(Right);
    BYTE Sign = Left->sign;

    if (!IsValid(Left) || !IsValid(Right)) {
        return E_INVALIDARG;
    }
    int Scale = Align(&A, Left->scale, &B, Right->scale);
    if (Left->sign == (Right->sign ^ Flip)) {
        Add(&A, &B);
    } else if (Compare(&A, &B) >= 0) {
        Subtract(&A, &B);
    } else {
        Subtract(&B, &A);
        A = B;
        Sign ^= NEGATIVE;
    }
    return Round(Result, &A, Scale, Sign);
}

HRESULT WINAPI VarDecAdd(LPDECIMAL Left, LPDECIMAL Right, LPDECIMAL Result)
{
    return Sum(Left, Right, 0, Result);
}

HRESULT WINAPI VarDecSub(LPDECIMAL Left, LPDECIMAL Right, LPDECIMAL Result)
{
    return Sum(Left, Right, NEGATIVE, Result);
}

HRESULT WINAPI VarDecMul(LPDECIMAL Left, LPDECIMAL Right, LPDECIMAL Result)
{
    BIG Product = {{0}};

    if (!IsValid(Left) || !IsValid(Right)) {
        return E_INVALIDARG;
    }
    const ULONG Factors[3] = {Right->Lo32, Right->Mid32, Right->Hi32};
    for (int i = 3; i-- != 0;) {
        BIG Part = Load(Left);
        memmove(&Product.Word[1], &Product.Word[0], (WORDS - 1) * sizeof(ULONG));
        Product.Word[0] = 0;
        Multiply(&Part, Factors[i], 0);
        Add(&Product, &Part);
    }
    return Round(Result, &Product, Left->scale + Right->scale, Left->sign ^ Right->sign);
}

/* The division is continued behind the point until it comes out even or there is no room for another digit. */
HRESULT WINAPI VarDecDiv(LPDECIMAL Left, LPDECIMAL Right, LPDECIMAL Result)
{
    BIG Quotient = Load(Left), Divisor = Load(Right), Rest;
    int Scale = Left->scale - Right->scale;

    if (!IsValid(Left) || !IsValid(Right)) {
        return E_INVALIDARG;
    }
    if (IsZero(&Divisor)) {
        return DISP_E_DIVBYZERO;
    }
    DivideLong(&Quotient, &Divisor, &Rest);
    while (Scale < 0 || (!IsZero(&Rest) && Scale < MAX_SCALE)) {
        BIG Longer = Quotient, Next = Rest, NextRest;
        Multiply(&Next, 10, 0);
        DivideLong(&Next, &Divisor, &NextRest);
        if (!Multiply(&Longer, 10, Next.Word[0]) || !Fits(&Longer)) {
            if (Scale < 0) {
                return DISP_E_OVERFLOW;
            }
            break;
        }
        Quotient = Longer;
        Rest = NextRest;
        Scale++;
    }
    Multiply(&Rest, 2, 0);
    int Half = Compare(&Rest, &Divisor);
    if (Half > 0 || (Half == 0 && (Quotient.Word[0] & 1))) {
        Multiply(&Quotient, 1, 1);
    }
    return Round(Result, &Quotient, Scale, Left->sign ^ Right->sign);
}

HRESULT WINAPI VarDecCmp(LPDECIMAL Left, LPDECIMAL Right)
{
    BIG A = Load(Left), B = Load(Right);

    if (IsZero(&A) && IsZero(&B)) {
        return VARCMP_EQ;
    }
    Align(&A, Left->scale, &B, Right->scale);
    BOOL LeftNegative = Left->sign != 0 && !IsZero(&A), RightNegative = Right->sign != 0 && !IsZero(&B);
    if (LeftNegative != RightNegative) {
        return LeftNegative ? VARCMP_LT : VARCMP_GT;
    }
    int Order = LeftNegative ? Compare(&B, &A) : Compare(&A, &B);
    return Order < 0 ? VARCMP_LT : Order == 0 ? VARCMP_EQ : VARCMP_GT;
}

HRESULT WINAPI VarDecCmpR8(LPDECIMAL Left, double Right)
{
    DECIMAL Value;
    HRESULT Status = VarDecFromR8(Right, &Value);

    return FAILED(Status) ? Status : VarDecCmp(Left, &Value);
}

HRESULT WINAPI VarDecAbs(LPDECIMAL Value, LPDECIMAL Result)
{
    *Result = *Value;
    Result->sign = 0;
    return S_OK;
}

HRESULT WINAPI VarDecNeg(LPDECIMAL Value, LPDECIMAL Result)
{
    *Result = *Value;
    Result->sign ^= NEGATIVE;
    return S_OK;
}

/* Towards zero, or downwards. */
static HRESULT Truncate(const DECIMAL *Value, BOOL Down, DECIMAL *Result)
{
    BIG Big = Load(Value);
    BOOL Rest = FALSE;

    if (!IsValid(Value)) {
        return E_INVALIDARG;
    }
    for (int i = 0; i < Value->scale; i++) {
        Rest |= Divide(&Big, 10) != 0;
    }
    if (Down && Rest && Value->sign != 0) {
        Multiply(&Big, 1, 1);
    }
    return Store(Result, &Big, 0, Value->sign);
}

HRESULT WINAPI VarDecFix(LPDECIMAL Value, LPDECIMAL Result)
{
    return Truncate(Value, FALSE, Result);
}

HRESULT WINAPI VarDecInt(LPDECIMAL Value, LPDECIMAL Result)
{
    return Truncate(Value, TRUE, Result);
}

HRESULT WINAPI VarDecRound(LPDECIMAL Value, int Decimals, LPDECIMAL Result)
{
    BIG Big = Load(Value);

    if (Decimals < 0 || !IsValid(Value)) {
        return E_INVALIDARG;
    }
    if (Decimals >= Value->scale) {
        *Result = *Value;
        return S_OK;
    }
    Drop(&Big, Value->scale - Decimals);
    return Store(Result, &Big, Decimals, Value->sign);
}

/* ---- from and to other types ------------------------------------------------------------------------------------------------------------------- */

static HRESULT FromWhole(ULONGLONG Magnitude, BOOL Negative, DECIMAL *Result)
{
    return Store(Result, &(BIG){{(ULONG)Magnitude, (ULONG)(Magnitude >> 32)}}, 0, Negative ? NEGATIVE : 0);
}

static HRESULT FromSigned(LONGLONG Value, DECIMAL *Result)
{
    return FromWhole(Value < 0 ? 0 - (ULONGLONG)Value : (ULONGLONG)Value, Value < 0, Result);
}

HRESULT WINAPI VarDecFromI1(CHAR Value, DECIMAL *Result) { return FromSigned(Value, Result); }
HRESULT WINAPI VarDecFromI2(SHORT Value, DECIMAL *Result) { return FromSigned(Value, Result); }
HRESULT WINAPI VarDecFromI4(LONG Value, DECIMAL *Result) { return FromSigned(Value, Result); }
HRESULT WINAPI VarDecFromI8(LONG64 Value, DECIMAL *Result) { return FromSigned(Value, Result); }
HRESULT WINAPI VarDecFromUI1(BYTE Value, DECIMAL *Result) { return FromWhole(Value, FALSE, Result); }
HRESULT WINAPI VarDecFromUI2(USHORT Value, DECIMAL *Result) { return FromWhole(Value, FALSE, Result); }
HRESULT WINAPI VarDecFromUI4(ULONG Value, DECIMAL *Result) { return FromWhole(Value, FALSE, Result); }
HRESULT WINAPI VarDecFromUI8(ULONG64 Value, DECIMAL *Result) { return FromWhole(Value, FALSE, Result); }
HRESULT WINAPI VarDecFromBool(VARIANT_BOOL Value, DECIMAL *Result) { return FromSigned(Value != 0 ? -1 : 0, Result); }

/* Without zeros behind the last digit that counts. */
static HRESULT StoreShort(DECIMAL *Result, BIG *Big, int Scale, BYTE Sign)
{
    while (Scale > 0) {
        BIG Shorter = *Big;
        if (Divide(&Shorter, 10) != 0) {
            break;
        }
        *Big = Shorter;
        Scale--;
    }
    return Store(Result, Big, IsZero(Big) ? 0 : Scale, Sign);
}

/* Currency has four digits behind the point. */
HRESULT WINAPI VarDecFromCy(CY Value, DECIMAL *Result)
{
    ULONGLONG Magnitude = Value.int64 < 0 ? 0 - (ULONGLONG)Value.int64 : (ULONGLONG)Value.int64;
    BIG Big = {{(ULONG)Magnitude, (ULONG)(Magnitude >> 32)}};

    return StoreShort(Result, &Big, 4, Value.int64 < 0 ? NEGATIVE : 0);
}

static double PowerOfTen(int Exponent)
{
    double Power = 1;

    for (int i = Exponent < 0 ? -Exponent : Exponent; i > 0; i--) {
        Power *= 10;
    }
    return Power;
}

/* Its first Digits decimal digits, rounded half to even. */
static HRESULT FromReal(double Value, int Digits, DECIMAL *Result)
{
    double Magnitude = Value < 0 ? -Value : Value, Lowest = PowerOfTen(Digits - 1);
    int Scale = 0;

    if (!(Magnitude < 79228162514264337593543950336.0 /* 2^96 */)) {
        return DISP_E_OVERFLOW;
    }
    while (Scale < MAX_SCALE && Magnitude * PowerOfTen(Scale) < Lowest) {
        Scale++;
    }
    while (Scale <= 0 && Magnitude / PowerOfTen(-Scale) >= Lowest * 10) {
        Scale--;
    }
    double Shifted = Scale >= 0 ? Magnitude * PowerOfTen(Scale) : Magnitude / PowerOfTen(-Scale);
    ULONGLONG Whole = (ULONGLONG)Shifted;
    double Rest = Shifted - (double)Whole;
    Whole += Rest > 0.5 || (Rest == 0.5 && (Whole & 1));
    BIG Big = {{(ULONG)Whole, (ULONG)(Whole >> 32)}};
    for (; Scale < 0; Scale++) {
        Multiply(&Big, 10, 0);
    }
    return StoreShort(Result, &Big, Scale, Value < 0 && !IsZero(&Big) ? NEGATIVE : 0);
}

HRESULT WINAPI VarDecFromR4(FLOAT Value, DECIMAL *Result)
{
    return FromReal((double)Value, 7, Result);
}

HRESULT WINAPI VarDecFromR8(double Value, DECIMAL *Result)
{
    return FromReal(Value, 15, Result);
}

HRESULT WINAPI VarR8FromDec(DECIMAL *Value, double *Result)
{
    if (!IsValid(Value)) {
        return E_INVALIDARG;
    }
    double Magnitude = ((double)Value->Hi32 * 18446744073709551616.0 + (double)Value->Lo64) / PowerOfTen(Value->scale);
    *Result = Value->sign != 0 ? -Magnitude : Magnitude;
    return S_OK;
}

HRESULT WINAPI VarR4FromDec(DECIMAL *Value, FLOAT *Result)
{
    double Wide;
    HRESULT Status = VarR8FromDec(Value, &Wide);

    if (SUCCEEDED(Status)) {
        *Result = (FLOAT)Wide;
    }
    return Status;
}

/* The nearest multiple of 10^-Scale, as a number of those; half goes to the even one. */
static HRESULT ToWhole(const DECIMAL *Value, int Scale, ULONGLONG *Magnitude)
{
    BIG Big = Load(Value);

    if (!IsValid(Value)) {
        return E_INVALIDARG;
    }
    Drop(&Big, Value->scale - Scale);
    for (int i = Value->scale; i < Scale; i++) {
        Multiply(&Big, 10, 0);
    }
    if (!Fits(&Big) || Big.Word[2] != 0) {
        return DISP_E_OVERFLOW;
    }
    *Magnitude = (ULONGLONG)Big.Word[1] << 32 | Big.Word[0];
    return S_OK;
}

static HRESULT ToSigned(const DECIMAL *Value, int Scale, LONGLONG Low, LONGLONG High, LONGLONG *Result)
{
    ULONGLONG Magnitude, Limit = Value->sign != 0 ? 0 - (ULONGLONG)Low : (ULONGLONG)High;
    HRESULT Status = ToWhole(Value, Scale, &Magnitude);

    if (FAILED(Status)) {
        return Status;
    }
    if (Magnitude > Limit) {
        return DISP_E_OVERFLOW;
    }
    *Result = (LONGLONG)(Value->sign != 0 ? 0 - Magnitude : Magnitude);
    return S_OK;
}

#define TO_SIGNED(Name, Type, Low, High)                            \
    HRESULT WINAPI Name(DECIMAL *Value, Type *Result)               \
    {                                                               \
        LONGLONG Whole;                                             \
        HRESULT Status = ToSigned(Value, 0, Low, High, &Whole);     \
                                                                    \
        if (SUCCEEDED(Status)) {                                    \
            *Result = (Type)Whole;                                  \
        }                                                           \
        return Status;                                              \
    }

TO_SIGNED(VarI1FromDec, CHAR, -128, 127)
TO_SIGNED(VarUI1FromDec, BYTE, 0, 255)
TO_SIGNED(VarI2FromDec, SHORT, -32768, 32767)
TO_SIGNED(VarUI2FromDec, USHORT, 0, 65535)
TO_SIGNED(VarI4FromDec, LONG, -2147483648LL, 2147483647)
TO_SIGNED(VarUI4FromDec, ULONG, 0, 4294967295LL)
TO_SIGNED(VarI8FromDec, LONG64, MINLONGLONG, MAXLONGLONG)

HRESULT WINAPI VarUI8FromDec(DECIMAL *Value, ULONG64 *Result)
{
    ULONGLONG Magnitude;
    HRESULT Status = ToWhole(Value, 0, &Magnitude);

    if (SUCCEEDED(Status) && Value->sign != 0 && Magnitude != 0) {
        return DISP_E_OVERFLOW;
    }
    if (SUCCEEDED(Status)) {
        *Result = Magnitude;
    }
    return Status;
}

HRESULT WINAPI VarBoolFromDec(DECIMAL *Value, VARIANT_BOOL *Result)
{
    *Result = (Value->Lo64 | Value->Hi32) != 0 ? VARIANT_TRUE : VARIANT_FALSE;
    return S_OK;
}

HRESULT WINAPI VarCyFromDec(DECIMAL *Value, CY *Result)
{
    LONGLONG Units;
    HRESULT Status = ToSigned(Value, 4, MINLONGLONG, MAXLONGLONG, &Units);

    if (SUCCEEDED(Status)) {
        Result->int64 = Units;
    }
    return Status;
}
