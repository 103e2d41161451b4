/* SPDX-License-Identifier: MIT */
/*
 * geo.c - geographical locations: the system knows the one its locale belongs to, the United States.
 *
 * As Windows documents it, any other location is ERROR_INVALID_PARAMETER, a type that a location has nothing of ERROR_INVALID_FLAGS.
 */
#include "k32.h"

#define UNITED_STATES 244
#define GEO_FIRST GEO_NATION

/* By GEO_NATION ..., which begins at 1; empty: nothing is known. */
static const WCHAR Facts[][28] = {
    L"244", L"39.45", L"-98.908", L"US", L"USA", L"en-US", L"0409", L"United States", L"United States of America",
    L"", L"", L"840", L"", L"1", L"USD", L"$", L"US", L"244",
};

static int GiveFact(DWORD Type, LPWSTR Buffer, int Size)
{
    if (Size < 0 || (Buffer == NULL && Size != 0)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Type < GEO_FIRST || Type - GEO_FIRST >= COUNT_OF(Facts) || Facts[Type - GEO_FIRST][0] == 0) {
        return BaseFail(ERROR_INVALID_FLAGS);
    }
    LPCWSTR Fact = Facts[Type - GEO_FIRST];
    int Length = (int)wcslen(Fact) + 1;
    if (Size == 0) {
        return Length;
    }
    if (Size < Length) {
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    memcpy(Buffer, Fact, (SIZE_T)Length * sizeof(WCHAR));
    return Length;
}

int WINAPI GetGeoInfoW(GEOID Location, GEOTYPE Type, LPWSTR Buffer, int Size, LANGID Language)
{
    UNUSED(Language);
    return Location == UNITED_STATES ? GiveFact(Type, Buffer, Size) : BaseFail(ERROR_INVALID_PARAMETER);
}

int WINAPI GetGeoInfoA(GEOID Location, GEOTYPE Type, LPSTR Buffer, int Size, LANGID Language)
{
    WCHAR Wide[COUNT_OF(Facts[0])];

    if (Size < 0 || (Buffer == NULL && Size != 0)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    return GetGeoInfoW(Location, Type, Wide, COUNT_OF(Wide), Language) == 0 ? 0 : WideCharToMultiByte(CP_ACP, 0, Wide, -1, Buffer, Size, NULL, NULL);
}

/* By name: a code of two letters, or the UN's number. */
int WINAPI GetGeoInfoEx(PWSTR Location, GEOTYPE Type, PWSTR Buffer, int Size)
{
    if (Location == NULL || (_wcsicmp(Location, L"US") != 0 && wcscmp(Location, L"840") != 0)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    return GiveFact(Type, Buffer, Size);
}

int WINAPI GetUserDefaultGeoName(LPWSTR Buffer, int Size)
{
    return GiveFact(GEO_ISO2, Buffer, Size);
}

BOOL WINAPI EnumSystemGeoID(GEOCLASS Class, GEOID Parent, GEO_ENUMPROC Procedure)
{
    UNUSED(Parent); /* Windows ignores it too */
    if (Procedure == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Class != GEOCLASS_NATION && Class != GEOCLASS_REGION && Class != GEOCLASS_ALL) {
        return BaseFail(ERROR_INVALID_FLAGS);
    }
    if (Class != GEOCLASS_REGION) {
        Procedure(UNITED_STATES);
    }
    return TRUE;
}

BOOL WINAPI EnumSystemGeoNames(GEOCLASS Class, BOOL(CALLBACK *Procedure)(PWSTR, LPARAM), LPARAM Data)
{
    WCHAR Name[] = L"US";

    if (Procedure == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Class != GEOCLASS_NATION && Class != GEOCLASS_REGION && Class != GEOCLASS_ALL) {
        return BaseFail(ERROR_INVALID_FLAGS);
    }
    if (Class != GEOCLASS_REGION) {
        Procedure(Name, Data);
    }
    return TRUE;
}
