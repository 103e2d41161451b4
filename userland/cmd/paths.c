/* SPDX-License-Identifier: MIT */
/*
 * paths.c - what the file commands share: joining and splitting paths, wild cards in a new name, asking.
 */
#include "cmd.h"

BOOL IsWild(LPCWSTR Path)
{
    return wcspbrk(Path, L"*?") != NULL;
}

LPWSTR JoinPath(LPCWSTR Directory, LPCWSTR Name)
{
    TEXT Path = {0};

    TextAddString(&Path, Directory);
    if (Path.Length != 0 && wcschr(L"\\/:", Path.Buffer[Path.Length - 1]) == NULL) {
        TextAddCharacter(&Path, L'\\');
    }
    TextAddString(&Path, Name);
    return Path.Buffer;
}

LPWSTR DirectoryOf(LPCWSTR Path)
{
    SIZE_T Length = wcslen(Path);

    while (Length > 0 && wcschr(L"\\/:", Path[Length - 1]) == NULL) {
        Length--;
    }
    return CmdCopy(Path, Length);
}

BOOL IsDirectory(LPCWSTR Path)
{
    DWORD Attributes = GetFileAttributesW(Path);

    return Attributes != INVALID_FILE_ATTRIBUTES && (Attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

LPWSTR FullPath(LPCWSTR Path)
{
    LPWSTR Full = CmdAllocate(32768 * sizeof(WCHAR));
    DWORD Length = GetFullPathNameW(Path, 32768, Full, NULL);

    return Length != 0 && Length < 32768 ? CmdCopy(Full, Length) : CmdCopy(Path, wcslen(Path));
}

/* A line from the input; what counts is its first letter. An input that is at its end says no to everything. */
WCHAR Ask(LPCWSTR Letters, LPCWSTR Format, ...)
{
    HANDLE Input = GetStdHandle(STD_INPUT_HANDLE);
    WCHAR Question[1024];
    va_list Arguments;
    DWORD Mode;

    va_start(Arguments, Format);
    _vsnwprintf(Question, COUNT_OF(Question) - 1, Format, Arguments);
    Question[COUNT_OF(Question) - 1] = 0;
    va_end(Arguments);
    for (;;) {
        TEXT Line = {0};
        Print(L"%s", Question);
        if (!ReadLine(Input, GetConsoleMode(Input, &Mode), &Line)) {
            return L'N';
        }
        WCHAR Answer = RtlUpcaseUnicodeChar(*SkipBlanks(Line.Buffer));
        if (Answer != 0 && wcschr(Letters, Answer) != NULL) {
            return Answer;
        }
    }
}
