/* SPDX-License-Identifier: MIT */
/*
 * vars.c - set, path, prompt, and the prompt itself.
 */
#include "cmd.h"

static int CompareNames(LPCWSTR First, LPCWSTR Second)
{
    for (;; First++, Second++) {
        WCHAR a = *First == L'=' ? 0 : RtlUpcaseUnicodeChar(*First), b = *Second == L'=' ? 0 : RtlUpcaseUnicodeChar(*Second);
        if (a != b || a == 0) {
            return a < b ? -1 : a > b;
        }
    }
}

/* The variables that begin with Prefix, in order of their names; those of the drives' directories ("=C:") are not shown. */
static void ListVariables(LPCWSTR Prefix)
{
    LPWCH Block = GetEnvironmentStringsW();
    SIZE_T Count = 0, Length = wcslen(Prefix);
    LPCWSTR *List;

    if (Block == NULL) {
        return;
    }
    for (LPCWSTR p = Block; *p != 0; p += wcslen(p) + 1) {
        Count++;
    }
    List = CmdAllocate((Count + 1) * sizeof(*List));
    Count = 0;
    for (LPCWSTR p = Block; *p != 0; p += wcslen(p) + 1) {
        if (*p == L'=' || _wcsnicmp(p, Prefix, Length) != 0) {
            continue;
        }
        SIZE_T At = Count++;
        for (; At > 0 && CompareNames(List[At - 1], p) > 0; At--) {
            List[At] = List[At - 1];
        }
        List[At] = p;
    }
    for (SIZE_T i = 0; i < Count; i++) {
        PrintText(List[i], wcslen(List[i]));
        PrintText(L"\r\n", 2);
    }
    FreeEnvironmentStringsW(Block);
    Cmd.ErrorLevel = 0;
    if (Count == 0 && Length != 0) {
        PrintError(L"Environment variable %s not defined\r\n", Prefix);
        Cmd.ErrorLevel = 1;
    }
}

static void Assign(LPCWSTR Name, LPCWSTR Value)
{
    Cmd.ErrorLevel = 0;
    if (!SetEnvironmentVariableW(Name, Value[0] == 0 ? NULL : Value) && GetLastError() != ERROR_ENVVAR_NOT_FOUND) {
        PrintSystemError(GetLastError(), Name);
        Cmd.ErrorLevel = 1;
    }
}

/* set /p name=prompt: a line from the input; an empty one changes nothing. */
static void SetFromInput(LPWSTR Text)
{
    HANDLE Input = GetStdHandle(STD_INPUT_HANDLE);
    LPWSTR Plain = Text[0] == L'"' ? Unquote(Text) : Text, Equals = wcschr(Plain, L'=');
    TEXT Line = {0};
    DWORD Mode;

    if (Equals == NULL || Equals == Plain) {
        PrintError(L"The syntax of the command is incorrect.\r\n");
        Cmd.ErrorLevel = 1;
        return;
    }
    *Equals = 0;
    LPWSTR Prompt = Equals[1] == L'"' ? Unquote(Equals + 1) : Equals + 1;
    PrintText(Prompt, wcslen(Prompt));
    Cmd.ErrorLevel = 1;
    if (ReadLine(Input, GetConsoleMode(Input, &Mode), &Line) && Line.Length != 0) {
        Assign(Plain, Line.Buffer);
    }
}

/* set name=value: everything after the '=' is the value; in quotes, up to the last quote. */
void DoSet(LPCWSTR Arguments)
{
    LPWSTR Text = CmdCopy(SkipBlanks(Arguments), wcslen(SkipBlanks(Arguments))), Equals;

    if (IsSwitch(Text, L'a')) {
        LONG Value;
        Cmd.ErrorLevel = EvaluateArithmetic(SkipBlanks(Text + 2), &Value) ? 0 : 1;
        if (Cmd.ErrorLevel == 0 && Cmd.Batch == NULL) {
            Print(L"%d", (int)Value);
        }
        return;
    }
    if (IsSwitch(Text, L'p')) {
        SetFromInput(CmdCopy(SkipBlanks(Text + 2), wcslen(SkipBlanks(Text + 2))));
        return;
    }
    if (Text[0] == L'"') {
        LPWSTR Last = wcsrchr(Text + 1, L'"');
        Text++;
        if (Last != NULL && Last >= Text) {
            *Last = 0;
        }
    }
    Equals = wcschr(Text, L'=');
    if (Equals == Text && Text[0] != 0) {
        PrintError(L"The syntax of the command is incorrect.\r\n");
        Cmd.ErrorLevel = 1;
    } else if (Equals == NULL) {
        ListVariables(TrimRight(Text));
    } else {
        *Equals = 0;
        Assign(Text, Equals + 1);
    }
}

void DoPath(LPCWSTR Arguments)
{
    LPCWSTR Value = Arguments;

    while (*Value == L' ' || *Value == L'\t' || *Value == L'=') {
        Value++;
    }
    if (*Value != 0) {
        Assign(L"PATH", wcscmp(Value, L";") == 0 ? L"" : Value);
        return;
    }
    DWORD Size = GetEnvironmentVariableW(L"PATH", NULL, 0);
    LPWSTR Buffer = CmdAllocate((Size + 1) * sizeof(WCHAR));
    GetEnvironmentVariableW(L"PATH", Buffer, Size);
    Print(L"PATH=");
    PrintText(Buffer, wcslen(Buffer));
    Print(L"\r\n");
    Cmd.ErrorLevel = 0;
}

void DoPrompt(LPCWSTR Arguments)
{
    Assign(L"PROMPT", SkipBlanks(Arguments));
}

/* One letter after a '$'. */
static void PromptCode(TEXT *Text, WCHAR Code)
{
    static const struct { WCHAR Code; LPCWSTR Text; } Plain[] = {
        {L'A', L"&"}, {L'B', L"|"}, {L'C', L"("}, {L'E', L"\x1b"}, {L'F', L")"}, {L'G', L">"}, {L'H', L"\b \b"}, {L'L', L"<"},
        {L'Q', L"="}, {L'S', L" "}, {L'_', L"\r\n"}, {L'$', L"$"},
    };

    Code = RtlUpcaseUnicodeChar(Code);
    for (ULONG i = 0; i < COUNT_OF(Plain); i++) {
        if (Plain[i].Code == Code) {
            TextAddString(Text, Plain[i].Text);
            return;
        }
    }
    switch (Code) {
    case L'P':
        TextAddString(Text, ExpandPercents(L"%CD%"));
        break;
    case L'N':
        TextAdd(Text, ExpandPercents(L"%CD%"), 1);
        break;
    case L'D':
        TextAddString(Text, ExpandPercents(L"%DATE%"));
        break;
    case L'T':
        TextAddString(Text, ExpandPercents(L"%TIME%"));
        break;
    case L'V':
        TextAddString(Text, L"Nascent [Version 10.0.19045]");
        break;
    default:
        break;
    }
}

void ShowPrompt(void)
{
    WCHAR Format[512];
    TEXT Text = {0};
    DWORD Length = GetEnvironmentVariableW(L"PROMPT", Format, COUNT_OF(Format));

    if (Length == 0 || Length >= COUNT_OF(Format)) {
        wcscpy(Format, L"$P$G");
    }
    TextAddString(&Text, L"\r\n");
    for (LPCWSTR p = Format; *p != 0; p++) {
        if (*p != L'$') {
            TextAddCharacter(&Text, *p);
        } else if (*++p == 0) {
            break;
        } else {
            PromptCode(&Text, *p);
        }
    }
    PrintText(Text.Buffer, Text.Length);
}
