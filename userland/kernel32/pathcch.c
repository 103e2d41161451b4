/* SPDX-License-Identifier: MIT */
/*
 * pathcch.c - the PathCch functions: paths in buffers of known size, with HRESULTs, also longer than MAX_PATH and with the \\?\ prefix.
 *
 * Windows has them in kernelbase, reached through api-ms-win-core-path.  A path is a root (\\?\C:\, \\?\UNC\server\share\, \\server\share\, C:\, \)
 * and segments; "." and ".." are resolved in the segments and never climb above the root.
 */
#include "k32.h"

#define PATHCCH_ALLOW_LONG_PATHS_ 0x01u
#define PATHCCH_ENSURE_TRAILING_SLASH_ 0x20u
#define PATHCCH_KNOWN_FLAGS 0x3Fu
#define PATHCCH_MAX 0x8000u
#define E_TOO_LONG HRESULT_FROM_WIN32(ERROR_FILENAME_EXCED_RANGE)
#define E_SMALL HRESULT_FROM_WIN32(ERROR_INSUFFICIENT_BUFFER) /* STRSAFE_E_INSUFFICIENT_BUFFER */

static BOOL IsDrive(LPCWSTR s)
{
    return ((s[0] | 0x20) >= L'a') && ((s[0] | 0x20) <= L'z') && s[1] == L':';
}

static LPCWSTR SkipShare(LPCWSTR s)
{
    for (int Part = 0; Part < 2; Part++) {
        while (*s != 0 && *s != L'\\') {
            s++;
        }
        if (*s == L'\\') {
            s++;
        }
    }
    return s;
}

/* Behind the root; the path itself if it has none. */
static LPCWSTR SkipRoot(LPCWSTR s)
{
    if (wcsncmp(s, L"\\\\?\\", 4) == 0) {
        if (_wcsnicmp(s + 4, L"UNC\\", 4) == 0) {
            return SkipShare(s + 8);
        }
        if (IsDrive(s + 4)) {
            return s + (s[6] == L'\\' ? 7 : 6);
        }
        if (_wcsnicmp(s + 4, L"Volume{", 7) == 0) {
            LPCWSTR End = wcschr(s + 4, L'\\');
            return End != NULL ? End + 1 : s + wcslen(s);
        }
        return s + 4;
    }
    if (s[0] == L'\\' && s[1] == L'\\') {
        return SkipShare(s + 2);
    }
    if (s[0] == L'\\') {
        return s + 1;
    }
    return IsDrive(s) ? s + (s[2] == L'\\' ? 3 : 2) : s;
}

HRESULT WINAPI PathCchSkipRoot(PCWSTR Path, PCWSTR *RootEnd)
{
    if (Path == NULL || RootEnd == NULL || Path[0] == 0 || SkipRoot(Path) == Path) {
        return E_INVALIDARG;
    }
    *RootEnd = SkipRoot(Path);
    return S_OK;
}

BOOL WINAPI PathCchIsRoot(PCWSTR Path)
{
    if (Path == NULL || Path[0] == 0) {
        return FALSE;
    }
    LPCWSTR End = SkipRoot(Path);
    BOOL Drive = IsDrive(Path) || (wcsncmp(Path, L"\\\\?\\", 4) == 0 && IsDrive(Path + 4));
    return End != Path && *End == 0 && (!Drive || End[-1] == L'\\');
}

BOOL WINAPI PathIsUNCEx(PCWSTR Path, PCWSTR *Server)
{
    LPCWSTR Found = NULL;

    if (Path != NULL && _wcsnicmp(Path, L"\\\\?\\UNC\\", 8) == 0) {
        Found = Path + 8;
    } else if (Path != NULL && Path[0] == L'\\' && Path[1] == L'\\' && Path[2] != L'?') {
        Found = Path + 2;
    }
    if (Server != NULL) {
        *Server = Found;
    }
    return Found != NULL;
}

/* ---- canonical form ----------------------------------------------------------------------------------------------------------------------- */

static HRESULT CheckFlags(ULONG Flags)
{
    return Flags & ~PATHCCH_KNOWN_FLAGS ? E_INVALIDARG : S_OK;
}

/* Into a buffer at least as long as the path plus three. */
static void Canonicalize(LPCWSTR Path, ULONG Flags, LPWSTR Target)
{
    LPCWSTR s = SkipRoot(Path);
    SIZE_T Root = (SIZE_T)(s - Path), Length = Root;

    memcpy(Target, Path, Root * sizeof(WCHAR));
    while (*s != 0) {
        SIZE_T Part = wcscspn(s, L"\\");
        BOOL One = Part == 1 && s[0] == L'.', Two = Part == 2 && s[0] == L'.' && s[1] == L'.', Last = s[Part] == 0;
        if (Two) {
            if (Length > Root) {
                Length--;
                while (Length > Root && Target[Length - 1] != L'\\') {
                    Length--;
                }
            }
        } else if (!One) {
            memcpy(Target + Length, s, Part * sizeof(WCHAR));
            Length += Part;
            if (!Last) {
                Target[Length++] = L'\\';
            }
        }
        s += Part + !Last;
        if (Last && (One || Two) && Length > Root && Target[Length - 1] == L'\\') {
            Length--;
        }
    }
    while (Length > Root && Target[Length - 1] == L'.') { /* trailing dots mean nothing */
        Length--;
    }
    if (Length == 0) {
        Target[Length++] = L'\\';
    } else if (IsDrive(Target) && Length == 2) {
        Target[Length++] = L'\\';
    }
    if ((Flags & PATHCCH_ENSURE_TRAILING_SLASH_) && Target[Length - 1] != L'\\') {
        Target[Length++] = L'\\';
    }
    Target[Length] = 0;
}

HRESULT WINAPI PathAllocCanonicalize(PCWSTR Path, ULONG Flags, PWSTR *Result)
{
    if (Result == NULL) {
        return E_INVALIDARG;
    }
    *Result = NULL;
    if (Path == NULL || FAILED(CheckFlags(Flags))) {
        return E_INVALIDARG;
    }
    SIZE_T Length = wcslen(Path);
    if (Length >= (Flags & PATHCCH_ALLOW_LONG_PATHS_ ? PATHCCH_MAX : MAX_PATH)) {
        return E_TOO_LONG;
    }
    LPWSTR Target = LocalAlloc(LMEM_FIXED, (Length + 4) * sizeof(WCHAR));
    if (Target == NULL) {
        return E_OUTOFMEMORY;
    }
    Canonicalize(Path, Flags, Target);
    *Result = Target;
    return S_OK;
}

static HRESULT Give(HRESULT Result, LPWSTR Made, PWSTR Target, SIZE_T Size)
{
    if (SUCCEEDED(Result)) {
        if (wcslen(Made) >= Size) {
            Result = E_SMALL;
        } else {
            wcscpy(Target, Made);
        }
    }
    if (FAILED(Result) && Size != 0) {
        Target[0] = 0;
    }
    LocalFree(Made);
    return Result;
}

HRESULT WINAPI PathCchCanonicalizeEx(PWSTR Target, SIZE_T Size, PCWSTR Path, ULONG Flags)
{
    LPWSTR Made = NULL;

    if (Target == NULL || Size == 0) {
        return E_INVALIDARG;
    }
    HRESULT Result = PathAllocCanonicalize(Path, Flags, &Made);
    return Give(Result, Made, Target, Size);
}

HRESULT WINAPI PathCchCanonicalize(PWSTR Target, SIZE_T Size, PCWSTR Path)
{
    return PathCchCanonicalizeEx(Target, Size, Path, 0);
}

/* ---- joining ------------------------------------------------------------------------------------------------------------------------------ */

HRESULT WINAPI PathAllocCombine(PCWSTR Folder, PCWSTR More, ULONG Flags, PWSTR *Result)
{
    if (Result == NULL) {
        return E_INVALIDARG;
    }
    *Result = NULL;
    if (Folder == NULL && More == NULL) {
        return E_INVALIDARG;
    }
    if (More == NULL || More[0] == 0) {
        return PathAllocCanonicalize(Folder != NULL ? Folder : L"", Flags, Result);
    }
    BOOL Rooted = More[0] == L'\\' && More[1] != L'\\';
    if (Folder == NULL || Folder[0] == 0 || (SkipRoot(More) != More && !Rooted)) {
        return PathAllocCanonicalize(More, Flags, Result);
    }
    SIZE_T Keep = Rooted ? (SIZE_T)(SkipRoot(Folder) - Folder) : wcslen(Folder);
    LPWSTR Joined = BaseAllocate((Keep + wcslen(More) + 2) * sizeof(WCHAR));
    if (Joined == NULL) {
        return E_OUTOFMEMORY;
    }
    memcpy(Joined, Folder, Keep * sizeof(WCHAR));
    if (Keep != 0 && Joined[Keep - 1] != L'\\') {
        Joined[Keep++] = L'\\';
    }
    wcscpy(Joined + Keep, More + (Rooted && Keep != 0));
    HRESULT Status = PathAllocCanonicalize(Joined, Flags, Result);
    BaseFree(Joined);
    return Status;
}

HRESULT WINAPI PathCchCombineEx(PWSTR Target, SIZE_T Size, PCWSTR Folder, PCWSTR More, ULONG Flags)
{
    LPWSTR Made = NULL;

    if (Target == NULL || Size == 0) {
        return E_INVALIDARG;
    }
    HRESULT Result = PathAllocCombine(Folder, More, Flags, &Made);
    return Give(Result, Made, Target, Size);
}

HRESULT WINAPI PathCchCombine(PWSTR Target, SIZE_T Size, PCWSTR Folder, PCWSTR More)
{
    return PathCchCombineEx(Target, Size, Folder, More, 0);
}

/* Unlike a combination, a leading backslash does not go back to the root. */
HRESULT WINAPI PathCchAppendEx(PWSTR Path, SIZE_T Size, PCWSTR More, ULONG Flags)
{
    if (Path == NULL || Size == 0 || Size > PATHCCH_MAX) {
        return E_INVALIDARG;
    }
    if (More != NULL && !PathIsUNCEx(More, NULL)) {
        while (*More == L'\\' && wcsncmp(More, L"\\\\?\\", 4) != 0) {
            More++;
        }
    }
    LPWSTR Made = NULL;
    HRESULT Result = PathAllocCombine(Path, More, Flags, &Made);
    if (SUCCEEDED(Result) && wcslen(Made) >= Size) {
        LocalFree(Made);
        return E_SMALL;
    }
    return FAILED(Result) ? Result : Give(Result, Made, Path, Size);
}

HRESULT WINAPI PathCchAppend(PWSTR Path, SIZE_T Size, PCWSTR More)
{
    return PathCchAppendEx(Path, Size, More, 0);
}

/* ---- backslashes, names, extensions ------------------------------------------------------------------------------------------------------- */

static BOOL Valid(LPCWSTR Path, SIZE_T Size)
{
    return Path != NULL && Size != 0 && Size <= PATHCCH_MAX && wcslen(Path) < Size;
}

HRESULT WINAPI PathCchAddBackslashEx(PWSTR Path, SIZE_T Size, PWSTR *End, SIZE_T *Left)
{
    if (!Valid(Path, Size)) {
        return E_INVALIDARG;
    }
    SIZE_T Length = wcslen(Path);
    BOOL Has = Length != 0 && Path[Length - 1] == L'\\';
    if (!Has) {
        if (Length + 1 >= Size) {
            return E_SMALL;
        }
        Path[Length++] = L'\\';
        Path[Length] = 0;
    }
    if (End != NULL) {
        *End = Path + Length;
    }
    if (Left != NULL) {
        *Left = Size - Length;
    }
    return Has ? S_FALSE : S_OK;
}

HRESULT WINAPI PathCchAddBackslash(PWSTR Path, SIZE_T Size)
{
    return PathCchAddBackslashEx(Path, Size, NULL, NULL);
}

HRESULT WINAPI PathCchRemoveBackslashEx(PWSTR Path, SIZE_T Size, PWSTR *End, SIZE_T *Left)
{
    if (!Valid(Path, Size)) {
        return E_INVALIDARG;
    }
    SIZE_T Length = wcslen(Path);
    BOOL Cut = Length != 0 && Path[Length - 1] == L'\\' && !PathCchIsRoot(Path);
    if (Cut) {
        Path[--Length] = 0;
    }
    if (End != NULL) {
        *End = Path + Length;
    }
    if (Left != NULL) {
        *Left = Size - Length;
    }
    return Cut ? S_OK : S_FALSE;
}

HRESULT WINAPI PathCchRemoveBackslash(PWSTR Path, SIZE_T Size)
{
    return PathCchRemoveBackslashEx(Path, Size, NULL, NULL);
}

HRESULT WINAPI PathCchRemoveFileSpec(PWSTR Path, SIZE_T Size)
{
    if (!Valid(Path, Size)) {
        return E_INVALIDARG;
    }
    LPWSTR Root = (LPWSTR)SkipRoot(Path), Cut = wcsrchr(Root, L'\\');
    if (Cut == NULL) {
        Cut = Root;
    }
    if (*Cut == 0) {
        return S_FALSE;
    }
    *Cut = 0;
    return S_OK;
}

HRESULT WINAPI PathCchStripToRoot(PWSTR Path, SIZE_T Size)
{
    if (!Valid(Path, Size) || SkipRoot(Path) == Path) {
        return E_INVALIDARG;
    }
    LPWSTR Root = (LPWSTR)SkipRoot(Path);
    if (*Root == 0) {
        return S_FALSE;
    }
    *Root = 0;
    return S_OK;
}

HRESULT WINAPI PathCchStripPrefix(PWSTR Path, SIZE_T Size)
{
    if (!Valid(Path, Size)) {
        return E_INVALIDARG;
    }
    if (_wcsnicmp(Path, L"\\\\?\\UNC\\", 8) == 0) {
        memmove(Path + 2, Path + 8, (wcslen(Path + 8) + 1) * sizeof(WCHAR));
        return S_OK;
    }
    if (wcsncmp(Path, L"\\\\?\\", 4) == 0 && IsDrive(Path + 4)) {
        memmove(Path, Path + 4, (wcslen(Path + 4) + 1) * sizeof(WCHAR));
        return S_OK;
    }
    return S_FALSE;
}

static LPWSTR FindExtension(LPCWSTR Path)
{
    LPCWSTR Dot = NULL;

    for (; *Path != 0; Path++) {
        if (*Path == L'\\' || *Path == L' ') {
            Dot = NULL;
        } else if (*Path == L'.') {
            Dot = Path;
        }
    }
    return (LPWSTR)(Dot != NULL ? Dot : Path);
}

HRESULT WINAPI PathCchFindExtension(PCWSTR Path, SIZE_T Size, PCWSTR *Extension)
{
    if (Extension != NULL) {
        *Extension = NULL;
    }
    if (!Valid(Path, Size) || Extension == NULL) {
        return E_INVALIDARG;
    }
    *Extension = FindExtension(Path);
    return S_OK;
}

HRESULT WINAPI PathCchRemoveExtension(PWSTR Path, SIZE_T Size)
{
    if (!Valid(Path, Size)) {
        return E_INVALIDARG;
    }
    LPWSTR Dot = FindExtension(Path);
    if (*Dot == 0) {
        return S_FALSE;
    }
    *Dot = 0;
    return S_OK;
}

static HRESULT PutExtension(PWSTR Path, SIZE_T Size, PCWSTR Extension)
{
    LPWSTR Dot = FindExtension(Path);
    BOOL HasDot = Extension[0] == L'.';

    if (wcschr(Extension, L'\\') != NULL || wcschr(Extension, L' ') != NULL || wcschr(Extension + HasDot, L'.') != NULL) {
        return E_INVALIDARG;
    }
    if ((SIZE_T)(Dot - Path) + !HasDot + wcslen(Extension) >= Size) {
        return E_SMALL;
    }
    if (Extension[0] == 0 || (HasDot && Extension[1] == 0)) {
        *Dot = 0;
        return S_OK;
    }
    *Dot = L'.';
    wcscpy(Dot + 1, Extension + HasDot);
    return S_OK;
}

HRESULT WINAPI PathCchAddExtension(PWSTR Path, SIZE_T Size, PCWSTR Extension)
{
    if (!Valid(Path, Size) || Extension == NULL) {
        return E_INVALIDARG;
    }
    return *FindExtension(Path) != 0 ? S_FALSE : PutExtension(Path, Size, Extension);
}

HRESULT WINAPI PathCchRenameExtension(PWSTR Path, SIZE_T Size, PCWSTR Extension)
{
    return !Valid(Path, Size) || Extension == NULL ? E_INVALIDARG : PutExtension(Path, Size, Extension);
}
