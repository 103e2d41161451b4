/* SPDX-License-Identifier: MIT */
/*
 * cpimage.c - which file CreateProcess is to run.
 *
 * With an application name there is no search: the name is taken relative to the current directory, and no extension is added.
 * Without one the first word of the command line is looked for (program's directory, current directory, System32, System, Windows,
 * PATH), with .exe added when it has no extension.  A word in quotes ends at the next quote.  A word without quotes is ambiguous if it
 * is not found: then it is made longer, blank by blank:
 *
 *      c:\program files\sub dir\program name x      tries   c:\program(.exe)
 *                                                           c:\program files\sub(.exe)
 *                                                           c:\program files\sub dir\program(.exe)   ...
 *
 * and if a longer word was found, the child's command line gets quotes around it, so that its argv[0] is that word.  The error of the
 * first, shortest word is the one reported.  (MSDN, "CreateProcessW", lpApplicationName.)
 */
#include "create.h"

static BOOL IsBlank(WCHAR c)
{
    return c == L' ' || c == L'\t';
}

/* The file that Word names, as a full path in a heap block; null if there is none or it is a directory. */
static LPWSTR SearchWord(LPCWSTR Word)
{
    LPWSTR Path = BaseAllocate(MAX_LONG_PATH * sizeof(WCHAR));

    if (Path == NULL) {
        return NULL;
    }
    DWORD Length = SearchPathW(NULL, Word, L".exe", MAX_LONG_PATH - 1, Path, NULL);
    if (Length != 0 && Length < MAX_LONG_PATH) {
        DWORD Attributes = GetFileAttributesW(Path);
        if (Attributes != INVALID_FILE_ATTRIBUTES && !(Attributes & FILE_ATTRIBUTE_DIRECTORY)) {
            return Path;
        }
    }
    BaseFree(Path);
    return NULL;
}

/* A name with a directory is opened to learn why it was not found; any other is just not found. */
static DWORD SearchError(LPCWSTR Word)
{
    if (BaseIsShortage(GetLastError())) {
        return GetLastError(); /* of the search that has just failed */
    }
    if (RtlDetermineDosPathNameType_U(Word) == RtlPathTypeRelative) {
        return ERROR_FILE_NOT_FOUND;
    }
    HANDLE File = CreateFileW(Word, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (File != INVALID_HANDLE_VALUE) {
        CloseHandle(File);
        return ERROR_FILE_NOT_FOUND;
    }
    return GetLastError();
}

/* "word" rest, in a heap block. */
static LPWSTR QuoteFirst(LPCWSTR Line, SIZE_T WordLength)
{
    SIZE_T Length = wcslen(Line);
    LPWSTR Quoted = BaseAllocate((Length + 3) * sizeof(WCHAR));

    if (Quoted != NULL) {
        Quoted[0] = L'"';
        memcpy(Quoted + 1, Line, WordLength * sizeof(WCHAR));
        Quoted[WordLength + 1] = L'"';
        memcpy(Quoted + WordLength + 2, Line + WordLength, (Length - WordLength + 1) * sizeof(WCHAR));
    }
    return Quoted;
}

static BOOL FindQuoted(BASE_CREATE *Create, LPWSTR Word)
{
    LPCWSTR Start = Create->CommandLine + 1, End = wcschr(Start, L'"');
    SIZE_T Length = End != NULL ? (SIZE_T)(End - Start) : wcslen(Start);

    memcpy(Word, Start, Length * sizeof(WCHAR));
    Word[Length] = 0;
    Create->Image = SearchWord(Word);
    return Create->Image != NULL || BaseFail(SearchError(Word));
}

static BOOL FindUnquoted(BASE_CREATE *Create, LPWSTR Word)
{
    LPCWSTR Line = Create->CommandLine;
    SIZE_T Length = 0;
    DWORD FirstError = 0;

    while (IsBlank(*Line)) {
        Line++;
    }
    for (BOOL First = TRUE;; First = FALSE) {
        while (Line[Length] != 0 && !IsBlank(Line[Length])) {
            Length++;
        }
        memcpy(Word, Line, Length * sizeof(WCHAR));
        Word[Length] = 0;
        Create->Image = SearchWord(Word);
        if (Create->Image != NULL) {
            if (First) {
                return TRUE;
            }
            Create->OwnCommandLine = QuoteFirst(Line, Length);
            Create->CommandLine = Create->OwnCommandLine;
            return Create->OwnCommandLine != NULL;
        }
        if (First) {
            FirstError = SearchError(Word);
        }
        while (IsBlank(Line[Length])) {
            Length++;
        }
        if (Line[Length] == 0) {
            return BaseFail(FirstError);
        }
    }
}

static BOOL FindFromCommandLine(BASE_CREATE *Create)
{
    LPCWSTR Line = Create->CommandLine;

    while (IsBlank(*Line)) {
        Line++;
    }
    if (*Line == 0) {
        return BaseFail(ERROR_INVALID_PARAMETER); /* nothing to look for */
    }
    LPWSTR Word = BaseAllocate((wcslen(Create->CommandLine) + 1) * sizeof(WCHAR));

    if (Word == NULL) {
        return FALSE;
    }
    BOOL Found = Create->CommandLine[0] == L'"' ? FindQuoted(Create, Word) : FindUnquoted(Create, Word);
    BaseFree(Word);
    return Found;
}

static BOOL FindFromName(BASE_CREATE *Create)
{
    DWORD Size;

    if (Create->CommandLine == NULL || Create->CommandLine[0] == 0) {
        Create->CommandLine = Create->ApplicationName;
    }
    if (Create->ApplicationName[0] == 0) {
        return BaseFail(ERROR_PATH_NOT_FOUND);
    }
    Size = GetFullPathNameW(Create->ApplicationName, 0, NULL, NULL);
    if (Size == 0) {
        return BaseFail(ERROR_PATH_NOT_FOUND);
    }
    Create->Image = BaseAllocate(((SIZE_T)Size + 1) * sizeof(WCHAR));
    return Create->Image != NULL && GetFullPathNameW(Create->ApplicationName, Size + 1, Create->Image, NULL) != 0;
}

static BOOL BaseNativeName(BASE_CREATE *Create)
{
    NTSTATUS Status = RtlDosPathNameToNtPathName_U_WithStatus(Create->Image, &Create->NativeImage, NULL, NULL);

    if (!NT_SUCCESS(Status)) {
        Create->NativeImage.Buffer = NULL;
        return BaseFail(ERROR_PATH_NOT_FOUND);
    }
    return TRUE;
}

BOOL BaseFindImage(BASE_CREATE *Create)
{
    BOOL Found = Create->ApplicationName != NULL ? FindFromName(Create) : FindFromCommandLine(Create);

    return Found && BaseNativeName(Create);
}

/* A .bat or .cmd file that is no image is run as  cmd.exe /c "command line". */
BOOL BaseBatchFile(BASE_CREATE *Create)
{
    SIZE_T Length = wcslen(Create->Image);
    WCHAR System[MAX_PATH];
    LPWSTR Line;

    if (Create->Status != STATUS_INVALID_IMAGE_NOT_MZ || Length < 4 ||
        (_wcsicmp(Create->Image + Length - 4, L".bat") != 0 && _wcsicmp(Create->Image + Length - 4, L".cmd") != 0)) {
        return FALSE;
    }
    UINT SystemLength = GetSystemDirectoryW(System, MAX_PATH - 16);
    SIZE_T Size = SystemLength + wcslen(Create->CommandLine) + 32;
    Line = BaseAllocate(Size * sizeof(WCHAR));
    LPWSTR Image = BaseAllocate((SystemLength + 16) * sizeof(WCHAR));
    if (Line == NULL || Image == NULL) {
        BaseFree(Line);
        BaseFree(Image);
        return FALSE;
    }
    wcscpy(Image, System);
    wcscat(Image, L"\\cmd.exe");
    wcscpy(Line, L"cmd.exe /c \"");
    wcscat(Line, Create->CommandLine);
    wcscat(Line, L"\"");
    BaseFree(Create->Image);
    BaseFree(Create->OwnCommandLine);
    Create->Image = Image;
    Create->CommandLine = Create->OwnCommandLine = Line;
    RtlFreeHeap(BasePeb()->ProcessHeap, 0, Create->NativeImage.Buffer);
    Create->NativeImage.Buffer = NULL;
    return BaseNativeName(Create);
}
