/* SPDX-License-Identifier: MIT */
/*
 * uilanguage.c - the languages of messages and menus: the system has English (United States) and its neutral parent, English.
 *
 * A list of languages is strings one after another, ended by an empty one; as names (MUI_LANGUAGE_NAME) or as four hexadecimal digits.  What a
 * thread or process prefers is taken if it names languages that are valid, and merged lists end with the system's own; nothing looks them up
 * here, because resources are found by LANGUAGE_USER_DEFAULT.
 */
#include "k32.h"

typedef struct _LIST
{
    LPCWSTR Text; /* ended by two zeros */
    ULONG Length, Count;
} LIST;

/* "en-US", "en" by the wanted form. */
static LIST SystemList(DWORD Flags, BOOL Fallback)
{
    if (Flags & MUI_LANGUAGE_ID) {
        return Fallback ? (LIST){L"0409\0" L"0009\0", 11, 2} : (LIST){L"0409\0", 6, 1};
    }
    return Fallback ? (LIST){L"en-US\0" L"en\0", 10, 2} : (LIST){L"en-US\0", 7, 1};
}

static BOOL GiveList(const LIST *List, PULONG Count, PZZWSTR Buffer, PULONG Size)
{
    if (Count == NULL || Size == NULL || (Buffer == NULL && *Size != 0)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    ULONG Room = *Size;
    *Count = List->Count;
    *Size = List->Length;
    if (Buffer == NULL) {
        return TRUE;
    }
    if (Room < List->Length) {
        return BaseFail(ERROR_INSUFFICIENT_BUFFER);
    }
    memcpy(Buffer, List->Text, List->Length * sizeof(WCHAR));
    return TRUE;
}

/* Names or identifiers, not both. */
static BOOL CheckForm(DWORD Flags, DWORD Others)
{
    DWORD Form = Flags & (MUI_LANGUAGE_ID | MUI_LANGUAGE_NAME);

    return Form == (MUI_LANGUAGE_ID | MUI_LANGUAGE_NAME) || (Flags & ~(Others | MUI_LANGUAGE_ID | MUI_LANGUAGE_NAME))
               ? BaseFail(ERROR_INVALID_PARAMETER) : TRUE;
}

BOOL WINAPI GetUserPreferredUILanguages(DWORD Flags, PULONG Count, PZZWSTR Buffer, PULONG Size)
{
    LIST List = SystemList(Flags, FALSE);

    return CheckForm(Flags, 0) && GiveList(&List, Count, Buffer, Size);
}

BOOL WINAPI GetSystemPreferredUILanguages(DWORD Flags, PULONG Count, PZZWSTR Buffer, PULONG Size)
{
    LIST List = SystemList(Flags, FALSE);

    return CheckForm(Flags, MUI_MACHINE_LANGUAGE_SETTINGS) && GiveList(&List, Count, Buffer, Size);
}

/* Nothing was set for this thread or process: an empty list, unless the fallbacks are wanted too. */
BOOL WINAPI GetThreadPreferredUILanguages(DWORD Flags, PULONG Count, PZZWSTR Buffer, PULONG Size)
{
    LIST List = SystemList(Flags, TRUE), Empty = {L"\0", 2, 0};
    BOOL Merge = (Flags & (MUI_MERGE_SYSTEM_FALLBACK | MUI_MERGE_USER_FALLBACK)) != 0;

    return CheckForm(Flags, MUI_MERGE_SYSTEM_FALLBACK | MUI_MERGE_USER_FALLBACK | MUI_THREAD_LANGUAGES) &&
           GiveList(Merge ? &List : &Empty, Count, Buffer, Size);
}

BOOL WINAPI GetProcessPreferredUILanguages(DWORD Flags, PULONG Count, PZZWSTR Buffer, PULONG Size)
{
    LIST Empty = {L"\0", 2, 0};

    return CheckForm(Flags, 0) && GiveList(&Empty, Count, Buffer, Size);
}

static BOOL SetList(DWORD Flags, PCZZWSTR Languages, PULONG Count)
{
    ULONG Valid = 0;

    for (LPCWSTR Name = Languages; Name != NULL && *Name != 0; Name += wcslen(Name) + 1) {
        BOOL Known = Flags & MUI_LANGUAGE_ID ? _wcsicmp(Name, L"0409") == 0 || _wcsicmp(Name, L"0009") == 0 : IsValidLocaleName(Name);
        Valid += Known != FALSE;
    }
    if (Count != NULL) {
        *Count = Valid;
    }
    return TRUE;
}

BOOL WINAPI SetThreadPreferredUILanguages(DWORD Flags, PCZZWSTR Languages, PULONG Count)
{
    return CheckForm(Flags, MUI_CONSOLE_FILTER | MUI_COMPLEX_SCRIPT_FILTER | MUI_RESET_FILTERS) && SetList(Flags, Languages, Count);
}

BOOL WINAPI SetProcessPreferredUILanguages(DWORD Flags, PCZZWSTR Languages, PULONG Count)
{
    return CheckForm(Flags, 0) && SetList(Flags, Languages, Count);
}

LANGID WINAPI GetThreadUILanguage(void)
{
    return GetUserDefaultUILanguage();
}

/* Zero asks for the language the console can show; any other must be one the system has. */
LANGID WINAPI SetThreadUILanguage(LANGID Language)
{
    return Language == 0 || Language == GetUserDefaultUILanguage() ? GetUserDefaultUILanguage() : GetThreadUILanguage();
}

BOOL WINAPI IsValidUILanguage(LANGID Language)
{
    return Language == GetUserDefaultUILanguage();
}

BOOL WINAPI IsValidLanguageGroup(LGRPID Group, DWORD Flags)
{
    if (Flags != LGRPID_INSTALLED && Flags != LGRPID_SUPPORTED) {
        return FALSE;
    }
    return Group == LGRPID_WESTERN_EUROPE;
}

BOOL WINAPI GetNLSVersion(NLS_FUNCTION Function, LCID Locale, LPNLSVERSIONINFO Version)
{
    NLSVERSIONINFOEX Extended = {.dwNLSVersionInfoSize = sizeof(Extended)};

    if (Version == NULL || Version->dwNLSVersionInfoSize < sizeof(*Version) || !IsValidLocale(Locale, 0)) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (!GetNLSVersionEx(Function, L"en-US", &Extended)) {
        return FALSE;
    }
    Version->dwNLSVersion = Extended.dwNLSVersion;
    Version->dwDefinedVersion = Extended.dwDefinedVersion;
    return TRUE;
}

/* Defined in the tables' version of Unicode: everything but unpaired surrogates and noncharacters, as far as they tell. */
BOOL WINAPI IsNLSDefinedString(NLS_FUNCTION Function, DWORD Flags, LPNLSVERSIONINFO Version, LPCWSTR Text, INT Length)
{
    UNUSED(Version);
    if (Function != COMPARE_STRING || Flags != 0 || Text == NULL || Length < -1) {
        return BaseFail(Flags != 0 ? ERROR_INVALID_FLAGS : ERROR_INVALID_PARAMETER);
    }
    Length = Length < 0 ? (INT)wcslen(Text) : Length;
    for (INT i = 0; i < Length; i++) {
        if (IS_HIGH_SURROGATE(Text[i]) && i + 1 < Length && IS_LOW_SURROGATE(Text[i + 1])) {
            i++;
        } else if (IS_HIGH_SURROGATE(Text[i]) || IS_LOW_SURROGATE(Text[i]) || Text[i] >= 0xFFFE) {
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- what is installed ------------------------------------------------------------------------------------------------------------------- */

#define INSTALLED 0x20u /* MUI_ALL_INSTALLED_LANGUAGES, and the licensed ones: the headers lack them */
#define LICENSED 0x40u

/* FALSE: flags that contradict.  The older way to tell a language is its number. */
static BOOL WantsName(DWORD Flags, BOOL *Name)
{
    *Name = (Flags & MUI_LANGUAGE_NAME) != 0;
    if ((Flags & ~(DWORD)(MUI_LANGUAGE_ID | MUI_LANGUAGE_NAME | INSTALLED | LICENSED)) ||
        (*Name && (Flags & MUI_LANGUAGE_ID))) {
        return BaseFail(ERROR_INVALID_FLAGS);
    }
    return TRUE;
}

BOOL WINAPI EnumUILanguagesW(UILANGUAGE_ENUMPROCW Routine, DWORD Flags, LONG_PTR Parameter)
{
    WCHAR English[] = L"en-US", Number[] = L"0409";
    BOOL Name;

    if (Routine == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (!WantsName(Flags, &Name)) {
        return FALSE;
    }
    Routine(Name ? English : Number, Parameter);
    return TRUE;
}

BOOL WINAPI EnumUILanguagesA(UILANGUAGE_ENUMPROCA Routine, DWORD Flags, LONG_PTR Parameter)
{
    CHAR English[] = "en-US", Number[] = "0409";
    BOOL Name;

    if (Routine == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (!WantsName(Flags, &Name)) {
        return FALSE;
    }
    Routine(Name ? English : Number, Parameter);
    return TRUE;
}
