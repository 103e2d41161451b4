/* SPDX-License-Identifier: MIT */
/*
 * loop.c - what if and for do.
 *
 * for /f is the one with a language of its own: "eol=c skip=n delims=xyz tokens=a,b,m-n* usebackq".  Its set is file names, a "string", or a 'command'
 * whose output is taken; with usebackq these are "file names", 'string' and `command`.
 */
#include "cmd.h"

/* ---- if --------------------------------------------------------------------------------------------------------------------------- */

LONG ParseInteger(LPCWSTR Text)
{
    BOOL Negative = *Text == L'-';
    ULONG Value = 0;

    for (Text += Negative || *Text == L'+'; *Text >= L'0' && *Text <= L'9'; Text++) {
        Value = Value * 10 + (ULONG)(*Text - L'0');
    }
    return Negative ? (LONG)(0 - Value) : (LONG)Value;
}

static BOOL IsInteger(LPCWSTR Text)
{
    Text += *Text == L'-' || *Text == L'+';
    if (*Text == 0) {
        return FALSE;
    }
    while (*Text >= L'0' && *Text <= L'9') {
        Text++;
    }
    return *Text == 0;
}

/* Two integers as numbers, anything else as text. */
static int Compare(LPCWSTR Left, LPCWSTR Right, BOOL IgnoreCase)
{
    if (IsInteger(Left) && IsInteger(Right)) {
        LONG a = ParseInteger(Left), b = ParseInteger(Right);
        return a < b ? -1 : a > b;
    }
    return IgnoreCase ? _wcsicmp(Left, Right) : wcscmp(Left, Right);
}

static BOOL Exists(LPCWSTR Name)
{
    WIN32_FIND_DATAW Data;
    LPWSTR Plain = Unquote(Name);

    if (!IsWild(Plain)) {
        return GetFileAttributesW(Plain) != INVALID_FILE_ATTRIBUTES;
    }
    HANDLE Find = FindFirstFileW(Plain, &Data);
    if (Find == INVALID_HANDLE_VALUE) {
        return FALSE;
    }
    FindClose(Find);
    return TRUE;
}

BOOL TestCondition(const NODE *Node)
{
    LPWSTR Right = ExpandNow(Node->Arguments);
    int Order;

    switch (Node->Condition) {
    case IfExist:
        return Exists(Right);
    case IfDefined:
        return VariableValue(Right, wcslen(Right)) != NULL;
    case IfErrorLevel:
        return (LONG)Cmd.ErrorLevel >= ParseInteger(Right);
    case IfVersion:
        return ParseInteger(Right) <= 2;
    case IfEqual:
        return (Node->IgnoreCase ? _wcsicmp : wcscmp)(ExpandNow(Node->Name), Right) == 0;
    default:
        break;
    }
    Order = Compare(ExpandNow(Node->Name), Right, Node->IgnoreCase);
    return Node->Condition == IfEqu   ? Order == 0
           : Node->Condition == IfNeq ? Order != 0
           : Node->Condition == IfLss ? Order < 0
           : Node->Condition == IfLeq ? Order <= 0
           : Node->Condition == IfGtr ? Order > 0
                                      : Order >= 0;
}

/* ---- for -------------------------------------------------------------------------------------------------------------------------- */

static BOOL Stopped(void)
{
    return Cmd.Exit || Cmd.Unwind;
}

static void Once(const NODE *Node, LPCWSTR Value)
{
    ARENA_MARK Mark = CmdMark();

    if (!Stopped()) {
        Cmd.For[Node->Variable] = (LPWSTR)Value;
        (Cmd.Batch != NULL || Cmd.Interactive ? ExecuteShown : Execute)(Node->Left);
    }
    CmdRelease(Mark);
}

/* The next item of a set; quotes stay. Null at the end. */
static LPWSTR NextItem(LPCWSTR *Set)
{
    LPCWSTR p = SkipBlanks(*Set), Start;
    BOOL Quoted = FALSE;

    for (Start = p; *p != 0 && (Quoted || wcschr(L" \t,;=", *p) == NULL); p++) {
        Quoted ^= *p == L'"';
    }
    *Set = p;
    return p == Start ? NULL : CmdCopy(Start, (SIZE_T)(p - Start));
}

/* Files, or directories, that match; each with the pattern's own directory in front. */
static void EachMatch(const NODE *Node, LPCWSTR Pattern, BOOL Directories)
{
    LPWSTR Plain = Unquote(Pattern), Directory = DirectoryOf(Plain);
    WIN32_FIND_DATAW Data;
    HANDLE Find = FindFirstFileW(Plain, &Data);

    if (Find == INVALID_HANDLE_VALUE) {
        return;
    }
    do {
        BOOL IsOne = (Data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
        if (IsOne == Directories && !(Data.dwFileAttributes & (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM)) &&
            wcscmp(Data.cFileName, L".") != 0 && wcscmp(Data.cFileName, L"..") != 0) {
            TEXT Path = {0};
            TextAddString(&Path, Directory);
            TextAddString(&Path, Data.cFileName);
            Once(Node, Path.Buffer);
        }
    } while (!Stopped() && FindNextFileW(Find, &Data));
    FindClose(Find);
}

static void EachItem(const NODE *Node, LPCWSTR Set)
{
    for (LPWSTR Item = NextItem(&Set); Item != NULL && !Stopped(); Item = NextItem(&Set)) {
        if (IsWild(Item)) {
            EachMatch(Node, Item, Node->Loop == ForDirectories);
        } else {
            Once(Node, Item);
        }
    }
}

/* The items in this directory and then in those below it; an item without wild cards is named whether it is there or not. */
static void EachBelow(const NODE *Node, LPCWSTR Set, LPCWSTR Directory, int Depth)
{
    WIN32_FIND_DATAW Data;
    LPCWSTR Rest = Set;

    for (LPWSTR Item = NextItem(&Rest); Item != NULL && !Stopped(); Item = NextItem(&Rest)) {
        LPWSTR Path = JoinPath(Directory, Unquote(Item));
        if (IsWild(Item)) {
            EachMatch(Node, Path, FALSE);
        } else {
            Once(Node, Path);
        }
    }
    HANDLE Find = Depth < 64 ? FindFirstFileW(JoinPath(Directory, L"*"), &Data) : INVALID_HANDLE_VALUE;
    for (BOOL More = Find != INVALID_HANDLE_VALUE; More && !Stopped(); More = FindNextFileW(Find, &Data)) {
        if ((Data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) && wcscmp(Data.cFileName, L".") != 0 && wcscmp(Data.cFileName, L"..") != 0) {
            EachBelow(Node, Set, JoinPath(Directory, Data.cFileName), Depth + 1);
        }
    }
    if (Find != INVALID_HANDLE_VALUE) {
        FindClose(Find);
    }
}

/* (start,step,end) */
static void EachNumber(const NODE *Node, LPCWSTR Set)
{
    LONG Value[3] = {0, 0, 0};
    WCHAR Text[16];

    for (int i = 0; i < 3; i++) {
        LPWSTR Item = NextItem(&Set);
        Value[i] = Item != NULL ? ParseInteger(Item) : 0;
    }
    for (LONGLONG i = Value[0]; !Stopped() && (Value[1] >= 0 ? i <= Value[2] : i >= Value[2]); i += Value[1]) {
        _snwprintf(Text, COUNT_OF(Text), L"%d", (int)i);
        Once(Node, Text);
    }
}

/* ---- for /f ------------------------------------------------------------------------------------------------------------------------ */

typedef struct _FOR_OPTIONS
{
    WCHAR EndOfLine;    /* a line that begins with it is no line */
    LPCWSTR Delimiters;
    LONG Skip;
    ULONGLONG Tokens;   /* bit n: token n */
    BOOL Rest;          /* '*': one more variable gets what is left */
    BOOL BackQuotes;
} FOR_OPTIONS;

static BOOL Option(LPCWSTR *p, LPCWSTR Name)
{
    SIZE_T Length = wcslen(Name);

    if (_wcsnicmp(*p, Name, Length) != 0) {
        return FALSE;
    }
    *p += Length;
    return TRUE;
}

/* "1,3-5*" */
static LPCWSTR ReadTokens(LPCWSTR p, FOR_OPTIONS *Options)
{
    Options->Tokens = 0;
    while (*p != 0 && *p != L' ') {
        if (*p == L'*') {
            Options->Rest = TRUE;
            p++;
        } else if (*p >= L'0' && *p <= L'9') {
            LONG From = ParseInteger(p), To;
            for (; *p >= L'0' && *p <= L'9'; p++) {
            }
            To = *p == L'-' ? ParseInteger(p + 1) : From;
            for (p += *p == L'-'; *p >= L'0' && *p <= L'9'; p++) {
            }
            for (LONG i = From; i <= To && i < 64; i++) {
                Options->Tokens |= 1ull << i;
            }
        } else {
            p++;
        }
    }
    return p;
}

/* delims runs to the next blank, or, as the last option, to the end: a blank may be one of them. */
static LPCWSTR ReadDelimiters(LPCWSTR p, FOR_OPTIONS *Options)
{
    LPCWSTR End = wcschr(p, L' ');

    while (End != NULL && End[1] != 0 && _wcsnicmp(End + 1, L"eol=", 4) != 0 && _wcsnicmp(End + 1, L"skip=", 5) != 0 &&
           _wcsnicmp(End + 1, L"tokens=", 7) != 0 && _wcsnicmp(End + 1, L"usebackq", 8) != 0) {
        End = wcschr(End + 1, L' ');
    }
    if (End == NULL || End[1] == 0) {
        End = p + wcslen(p);
    }
    Options->Delimiters = CmdCopy(p, (SIZE_T)(End - p));
    return End;
}

static BOOL ReadOptions(LPCWSTR Text, FOR_OPTIONS *Options)
{
    *Options = (FOR_OPTIONS){.EndOfLine = L';', .Delimiters = L" \t", .Tokens = 2};
    for (LPCWSTR p = Unquote(Text); *p != 0; ) {
        if (*p == L' ' || *p == L'\t') {
            p++;
        } else if (Option(&p, L"eol=")) {
            Options->EndOfLine = *p != L' ' ? *p : 0;
            p += *p != 0;
        } else if (Option(&p, L"skip=")) {
            Options->Skip = ParseInteger(p);
            while (*p >= L'0' && *p <= L'9') {
                p++;
            }
        } else if (Option(&p, L"tokens=")) {
            p = ReadTokens(p, Options);
        } else if (Option(&p, L"delims=")) {
            p = ReadDelimiters(p, Options);
        } else if (Option(&p, L"usebackq")) {
            Options->BackQuotes = TRUE;
        } else {
            PrintError(L"%s was unexpected at this time.\r\n", p);
            return FALSE;
        }
    }
    return TRUE;
}

/* The variables of one line: the first named one, and the letters after it. */
static void EachLine(const NODE *Node, const FOR_OPTIONS *Options, LPWSTR Line)
{
    LPCWSTR p = Line;
    WCHAR Variable = Node->Variable;
    LPWSTR First = NULL;
    int Last = 0;

    for (int i = 1; i < 64; i++) {
        Last = (Options->Tokens >> i) & 1 ? i : Last;
    }
    for (int i = 1; i <= Last + 1 && Variable < COUNT_OF(Cmd.For); i++) {
        LPCWSTR Start;
        while (*p != 0 && wcschr(Options->Delimiters, *p) != NULL) {
            p++;
        }
        if (i == Last + 1) {
            if (Options->Rest) {
                Cmd.For[Variable] = CmdCopy(p, wcslen(p));
            }
            break;
        }
        for (Start = p; *p != 0 && wcschr(Options->Delimiters, *p) == NULL; p++) {
        }
        if (i == 1 && p == Start && !Options->Rest) {
            return; /* a line of delimiters only */
        }
        if ((Options->Tokens >> i) & 1) {
            Cmd.For[Variable++] = CmdCopy(Start, (SIZE_T)(p - Start));
        }
    }
    First = Cmd.For[Node->Variable];
    if (First != NULL && (First[0] != 0 || Options->Rest || Last > 1)) {
        Once(Node, First);
    }
}

static void EachTextLine(const NODE *Node, const FOR_OPTIONS *Options, LPWSTR Text)
{
    LONG Number = 0;

    while (*Text != 0 && !Stopped()) {
        ARENA_MARK Mark = CmdMark();
        LPWSTR End = Text + wcscspn(Text, L"\n"), Next = *End == 0 ? End : End + 1;
        *End = 0;
        if (End > Text && End[-1] == L'\r') {
            End[-1] = 0;
        }
        if (Number++ >= Options->Skip && *Text != 0 && *Text != Options->EndOfLine) {
            EachLine(Node, Options, Text);
        }
        Text = Next;
        CmdRelease(Mark);
    }
}

static void EachFile(const NODE *Node, const FOR_OPTIONS *Options, LPCWSTR Set)
{
    for (LPWSTR Item = NextItem(&Set); Item != NULL && !Stopped(); Item = NextItem(&Set)) {
        HANDLE File = CreateFileW(Unquote(Item), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
        DWORD Size, Read = 0;
        if (File == INVALID_HANDLE_VALUE) {
            PrintError(L"The system cannot find the file %s.\r\n", Unquote(Item));
            Cmd.ErrorLevel = Cmd.Last = 1;
            return;
        }
        Size = GetFileSize(File, NULL);
        LPSTR Bytes = CmdAllocate((SIZE_T)Size + 1);
        LPWSTR Wide = CmdAllocate(((SIZE_T)Size + 1) * sizeof(WCHAR));
        if (!ReadFile(File, Bytes, Size, &Read, NULL)) {
            PrintSystemError(GetLastError(), Item);
        }
        CloseHandle(File);
        MultiByteToWideChar(OutputCodePage(), 0, Bytes, (int)Read, Wide, (int)Size + 1);
        EachTextLine(Node, Options, Wide);
    }
}

static void ForEachLine(const NODE *Node, LPCWSTR Set)
{
    LPWSTR Text = TrimRight(SkipBlanks(Set));
    SIZE_T Length = wcslen(Text);
    FOR_OPTIONS Options;

    if (!ReadOptions(ExpandNow(Node->Arguments), &Options)) {
        Cmd.ErrorLevel = Cmd.Last = 1;
        return;
    }
    WCHAR Quote = Length >= 2 && Text[0] == Text[Length - 1] ? Text[0] : 0;
    if (Quote == (Options.BackQuotes ? L'`' : L'\'')) {
        LPWSTR Output = CaptureOutput(CmdCopy(Text + 1, Length - 2));
        if (Output != NULL) {
            EachTextLine(Node, &Options, Output);
        }
    } else if (Quote == (Options.BackQuotes ? L'\'' : L'"')) {
        EachTextLine(Node, &Options, CmdCopy(Text + 1, Length - 2));
    } else {
        EachFile(Node, &Options, Text);
    }
}

void ExecuteFor(const NODE *Node)
{
    LPWSTR Saved[COUNT_OF(Cmd.For)];
    LPWSTR Set = ExpandNow(Node->Name);

    memcpy(Saved, Cmd.For, sizeof(Saved));
    Cmd.Last = 0;
    switch (Node->Loop) {
    case ForItems:
    case ForDirectories:
        EachItem(Node, Set);
        break;
    case ForRecursive:
        EachBelow(Node, Set, Node->Arguments[0] != 0 ? FullPath(Unquote(ExpandNow(Node->Arguments))) : ExpandPercents(L"%CD%"), 0);
        break;
    case ForCount:
        EachNumber(Node, Set);
        break;
    case ForFile:
        ForEachLine(Node, Set);
        break;
    }
    memcpy(Cmd.For, Saved, sizeof(Saved));
}
