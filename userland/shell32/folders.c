/* SPDX-License-Identifier: MIT */
/*
 * folders.c - where the known folders are: below the user's profile, the common profile, the system folder and the program folder.
 *
 * The bases come from the environment, which smss set; the rest of each path is what a fresh Windows has.  A folder that does not exist is
 * ERROR_FILE_NOT_FOUND unless the caller wants it created or does not want it verified, as documented.
 */
#include "smalldll.h"
#include <objbase.h>
#include <shlobj.h>
#include <initguid.h>
#include <knownfolders.h>

typedef struct _KNOWN_FOLDER
{
    const GUID *Id;
    int Csidl; /* -1: none */
    LPCWSTR Base;
    LPCWSTR Rest;
} KNOWN_FOLDER;

static const KNOWN_FOLDER Folders[] = {
    {&FOLDERID_Profile, CSIDL_PROFILE, L"USERPROFILE", L""},
    {&FOLDERID_Desktop, CSIDL_DESKTOPDIRECTORY, L"USERPROFILE", L"\\Desktop"},
    {&FOLDERID_Documents, CSIDL_PERSONAL, L"USERPROFILE", L"\\Documents"},
    {&FOLDERID_Downloads, -1, L"USERPROFILE", L"\\Downloads"},
    {&FOLDERID_Music, CSIDL_MYMUSIC, L"USERPROFILE", L"\\Music"},
    {&FOLDERID_Pictures, CSIDL_MYPICTURES, L"USERPROFILE", L"\\Pictures"},
    {&FOLDERID_Videos, CSIDL_MYVIDEO, L"USERPROFILE", L"\\Videos"},
    {&FOLDERID_Favorites, CSIDL_FAVORITES, L"USERPROFILE", L"\\Favorites"},
    {&FOLDERID_SavedGames, -1, L"USERPROFILE", L"\\Saved Games"},
    {&FOLDERID_RoamingAppData, CSIDL_APPDATA, L"APPDATA", L""},
    {&FOLDERID_LocalAppData, CSIDL_LOCAL_APPDATA, L"LOCALAPPDATA", L""},
    {&FOLDERID_LocalAppDataLow, -1, L"USERPROFILE", L"\\AppData\\LocalLow"},
    {&FOLDERID_StartMenu, CSIDL_STARTMENU, L"APPDATA", L"\\Microsoft\\Windows\\Start Menu"},
    {&FOLDERID_Programs, CSIDL_PROGRAMS, L"APPDATA", L"\\Microsoft\\Windows\\Start Menu\\Programs"},
    {&FOLDERID_Startup, CSIDL_STARTUP, L"APPDATA", L"\\Microsoft\\Windows\\Start Menu\\Programs\\Startup"},
    {&FOLDERID_Templates, CSIDL_TEMPLATES, L"APPDATA", L"\\Microsoft\\Windows\\Templates"},
    {&FOLDERID_Recent, CSIDL_RECENT, L"APPDATA", L"\\Microsoft\\Windows\\Recent"},
    {&FOLDERID_SendTo, CSIDL_SENDTO, L"APPDATA", L"\\Microsoft\\Windows\\SendTo"},
    {&FOLDERID_Cookies, CSIDL_COOKIES, L"LOCALAPPDATA", L"\\Microsoft\\Windows\\INetCookies"},
    {&FOLDERID_InternetCache, CSIDL_INTERNET_CACHE, L"LOCALAPPDATA", L"\\Microsoft\\Windows\\INetCache"},
    {&FOLDERID_UserProgramFiles, -1, L"LOCALAPPDATA", L"\\Programs"},
    {&FOLDERID_ProgramData, CSIDL_COMMON_APPDATA, L"ProgramData", L""},
    {&FOLDERID_CommonStartMenu, CSIDL_COMMON_STARTMENU, L"ProgramData", L"\\Microsoft\\Windows\\Start Menu"},
    {&FOLDERID_CommonPrograms, CSIDL_COMMON_PROGRAMS, L"ProgramData", L"\\Microsoft\\Windows\\Start Menu\\Programs"},
    {&FOLDERID_Public, -1, L"PUBLIC", L""},
    {&FOLDERID_PublicDesktop, CSIDL_COMMON_DESKTOPDIRECTORY, L"PUBLIC", L"\\Desktop"},
    {&FOLDERID_PublicDocuments, CSIDL_COMMON_DOCUMENTS, L"PUBLIC", L"\\Documents"},
    {&FOLDERID_Windows, CSIDL_WINDOWS, L"SystemRoot", L""},
    {&FOLDERID_System, CSIDL_SYSTEM, L"SystemRoot", L"\\System32"},
    {&FOLDERID_SystemX86, CSIDL_SYSTEMX86, L"SystemRoot", L"\\SysWOW64"},
    {&FOLDERID_Fonts, CSIDL_FONTS, L"SystemRoot", L"\\Fonts"},
    {&FOLDERID_ProgramFiles, CSIDL_PROGRAM_FILES, L"ProgramFiles", L""},
    {&FOLDERID_ProgramFilesX64, -1, L"ProgramFiles", L""},
    {&FOLDERID_ProgramFilesX86, CSIDL_PROGRAM_FILESX86, L"ProgramFiles(x86)", L""},
    {&FOLDERID_ProgramFilesCommon, CSIDL_PROGRAM_FILES_COMMON, L"ProgramFiles", L"\\Common Files"},
    {&FOLDERID_ProgramFilesCommonX64, -1, L"ProgramFiles", L"\\Common Files"},
};

/* Where a base is when the environment does not say. */
static LPCWSTR DefaultBase(LPCWSTR Name)
{
    static const struct { LPCWSTR Name, Path; } Defaults[] = {
        {L"USERPROFILE", L"C:\\Users\\Administrator"}, {L"APPDATA", L"C:\\Users\\Administrator\\AppData\\Roaming"},
        {L"LOCALAPPDATA", L"C:\\Users\\Administrator\\AppData\\Local"}, {L"ProgramData", L"C:\\ProgramData"},
        {L"PUBLIC", L"C:\\Users\\Public"}, {L"ProgramFiles", L"C:\\Program Files"}, {L"ProgramFiles(x86)", L"C:\\Program Files (x86)"},
    };

    for (ULONG i = 0; i < COUNT_OF(Defaults); i++) {
        if (wcscmp(Defaults[i].Name, Name) == 0) {
            return Defaults[i].Path;
        }
    }
    return L"C:\\Windows";
}

static HRESULT FolderPath(const KNOWN_FOLDER *Folder, LPWSTR Path)
{
    DWORD Length = GetEnvironmentVariableW(Folder->Base, Path, MAX_PATH);

    if (Length == 0 || Length >= MAX_PATH) {
        wcscpy(Path, DefaultBase(Folder->Base));
        Length = (DWORD)wcslen(Path);
    }
    if (Length + wcslen(Folder->Rest) >= MAX_PATH) {
        return E_FAIL;
    }
    wcscpy(Path + Length, Folder->Rest);
    return S_OK;
}

/* Each missing folder on the way, too. */
static BOOL MakeFolders(LPWSTR Path)
{
    for (LPWSTR At = Path + 3; *At != 0; At++) {
        if (*At == L'\\') {
            *At = 0;
            CreateDirectoryW(Path, NULL);
            *At = L'\\';
        }
    }
    return CreateDirectoryW(Path, NULL) || GetLastError() == ERROR_ALREADY_EXISTS;
}

static HRESULT CheckFolder(LPWSTR Path, BOOL Create, BOOL Verify)
{
    DWORD Attributes = GetFileAttributesW(Path);

    if ((Attributes != INVALID_FILE_ATTRIBUTES && (Attributes & FILE_ATTRIBUTE_DIRECTORY)) || (!Verify && !Create)) {
        return S_OK;
    }
    if (Create) {
        return MakeFolders(Path) ? S_OK : HRESULT_FROM_WIN32(GetLastError());
    }
    return HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND);
}

HRESULT WINAPI SHGetKnownFolderPath(REFKNOWNFOLDERID Id, DWORD Flags, HANDLE Token, PWSTR *Path)
{
    WCHAR Buffer[MAX_PATH];

    UNUSED(Token);
    if (Path == NULL) {
        return E_INVALIDARG;
    }
    *Path = NULL;
    for (ULONG i = 0; i < COUNT_OF(Folders); i++) {
        if (memcmp(Folders[i].Id, Id, sizeof(GUID)) == 0) {
            HRESULT Result = FolderPath(&Folders[i], Buffer);
            if (SUCCEEDED(Result)) {
                Result = CheckFolder(Buffer, (Flags & KF_FLAG_CREATE) != 0, !(Flags & KF_FLAG_DONT_VERIFY));
            }
            if (FAILED(Result)) {
                return Result;
            }
            SIZE_T Bytes = (wcslen(Buffer) + 1) * sizeof(WCHAR);
            *Path = CoTaskMemAlloc(Bytes);
            if (*Path == NULL) {
                return E_OUTOFMEMORY;
            }
            memcpy(*Path, Buffer, Bytes);
            return S_OK;
        }
    }
    return HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND);
}

HRESULT WINAPI SHGetFolderPathW(HWND Owner, int Csidl, HANDLE Token, DWORD Flags, LPWSTR Path)
{
    int Wanted = Csidl & 0xFF;

    UNUSED(Owner);
    UNUSED(Token);
    if (Path == NULL || Flags > SHGFP_TYPE_DEFAULT) {
        return E_INVALIDARG;
    }
    Path[0] = 0;
    if (Wanted == CSIDL_DESKTOP) {
        Wanted = CSIDL_DESKTOPDIRECTORY;
    }
    for (ULONG i = 0; i < COUNT_OF(Folders); i++) {
        if (Folders[i].Csidl == Wanted) {
            WCHAR Buffer[MAX_PATH];
            HRESULT Result = FolderPath(&Folders[i], Buffer);
            if (SUCCEEDED(Result)) {
                Result = CheckFolder(Buffer, (Csidl & CSIDL_FLAG_CREATE) != 0, !(Csidl & CSIDL_FLAG_DONT_VERIFY));
            }
            if (Result == HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND)) {
                Result = S_FALSE;
            }
            if (Result == S_OK) {
                wcscpy(Path, Buffer);
            }
            return Result;
        }
    }
    return E_INVALIDARG;
}

HRESULT WINAPI SHGetFolderPathA(HWND Owner, int Csidl, HANDLE Token, DWORD Flags, LPSTR Path)
{
    WCHAR Wide[MAX_PATH];

    if (Path == NULL) {
        return E_INVALIDARG;
    }
    HRESULT Result = SHGetFolderPathW(Owner, Csidl, Token, Flags, Wide);
    if (!WideCharToMultiByte(CP_ACP, 0, Wide, -1, Path, MAX_PATH, NULL, NULL)) {
        Path[0] = 0;
    }
    return Result;
}

BOOL WINAPI SHGetSpecialFolderPathW(HWND Owner, LPWSTR Path, int Csidl, BOOL Create)
{
    return SHGetFolderPathW(Owner, Csidl | (Create ? CSIDL_FLAG_CREATE : 0), NULL, 0, Path) == S_OK;
}

BOOL WINAPI SHGetSpecialFolderPathA(HWND Owner, LPSTR Path, int Csidl, BOOL Create)
{
    return SHGetFolderPathA(Owner, Csidl | (Create ? CSIDL_FLAG_CREATE : 0), NULL, 0, Path) == S_OK;
}

int WINAPI SHCreateDirectoryExW(HWND Owner, LPCWSTR Path, const SECURITY_ATTRIBUTES *Security)
{
    WCHAR Copy[MAX_PATH];

    UNUSED(Owner);
    UNUSED(Security);
    if (Path == NULL || wcslen(Path) >= MAX_PATH) {
        return Path == NULL ? ERROR_BAD_PATHNAME : ERROR_FILENAME_EXCED_RANGE;
    }
    if (wcslen(Path) < 3 || Path[1] != L':' || Path[2] != L'\\') {
        return ERROR_BAD_PATHNAME;
    }
    wcscpy(Copy, Path);
    DWORD Attributes = GetFileAttributesW(Copy);
    if (Attributes != INVALID_FILE_ATTRIBUTES) {
        return Attributes & FILE_ATTRIBUTE_DIRECTORY ? ERROR_ALREADY_EXISTS : ERROR_FILE_EXISTS;
    }
    return MakeFolders(Copy) ? ERROR_SUCCESS : (int)GetLastError();
}

HRESULT WINAPI SHGetMalloc(LPMALLOC *Malloc)
{
    return CoGetMalloc(MEMCTX_TASK, Malloc);
}

BOOL WINAPI IsUserAnAdmin(void)
{
    return TRUE; /* the one account there is, is an administrator */
}

/* A label for the taskbar, which does not exist: there is nothing that could show another. */
HRESULT WINAPI SetCurrentProcessExplicitAppUserModelID(PCWSTR Id)
{
    return Id == NULL ? E_INVALIDARG : S_OK;
}
