/* SPDX-License-Identifier: MIT */
/*
 * profile.c - .ini files: [sections] of key=value lines.
 *
 * The file is read whole, as UTF-16 if it begins with the mark FF FE, else in the ANSI code page; a change writes it whole again, with
 * everything else in it as it was.  Only the first section of a name counts, and in it the first line of a key.  Names compare without case.
 * A file without a directory lies in the Windows directory; without a name it is win.ini.  Registry mappings (IniFileMapping) there are none.
 */
#include "profile.h"

/* Readings and changes of this process one after another. */
static RTL_SRWLOCK Lock = RTL_SRWLOCK_INIT;

void BaseEnterProfiles(void)
{
    RtlAcquireSRWLockExclusive(&Lock);
}

void BaseLeaveProfiles(void)
{
    RtlReleaseSRWLockExclusive(&Lock);
}

/* ---- text ------------------------------------------------------------------------------------------------------------------------ */

static BOOL IsBlank(WCHAR Character)
{
    return Character == L' ' || Character == L'\t' || Character == L'\r' || Character == 0x1A;
}

SPAN BaseTrimSpan(SPAN Span)
{
    while (Span.Length != 0 && IsBlank(Span.Start[0])) {
        Span.Start++;
        Span.Length--;
    }
    while (Span.Length != 0 && IsBlank(Span.Start[Span.Length - 1])) {
        Span.Length--;
    }
    return Span;
}

static BOOL SameName(SPAN Span, LPCWSTR Name)
{
    UNICODE_STRING A = {(USHORT)(Span.Length * sizeof(WCHAR)), 0, (LPWSTR)Span.Start}, B;
    SPAN Wanted = BaseTrimSpan((SPAN){Name, wcslen(Name)});

    if (Span.Length > 0x7FFF || Wanted.Length > 0x7FFF) {
        return FALSE;
    }
    B.Buffer = (LPWSTR)Wanted.Start;
    B.Length = B.MaximumLength = (USHORT)(Wanted.Length * sizeof(WCHAR));
    return RtlEqualUnicodeString(&A, &B, TRUE);
}

/* The next line with its end (*Raw) and without (*Line). */
BOOL BaseNextLine(LINES *Lines, SPAN *Raw, SPAN *Line)
{
    if (Lines->Next >= Lines->End) {
        return FALSE;
    }
    Raw->Start = Lines->Next;
    while (Lines->Next < Lines->End && *Lines->Next != L'\n') {
        Lines->Next++;
    }
    *Line = BaseTrimSpan((SPAN){Raw->Start, (SIZE_T)(Lines->Next - Raw->Start)});
    Lines->Next += Lines->Next < Lines->End;
    Raw->Length = (SIZE_T)(Lines->Next - Raw->Start);
    return TRUE;
}

static BOOL IsSection(SPAN Line, SPAN *Name)
{
    SIZE_T End = Line.Length;

    if (Line.Length < 2 || Line.Start[0] != L'[') {
        return FALSE;
    }
    while (End > 1 && Line.Start[End - 1] != L']') {
        End--;
    }
    *Name = BaseTrimSpan((SPAN){Line.Start + 1, End > 1 ? End - 2 : Line.Length - 1});
    return TRUE;
}

/* "key = value": both trimmed.  Without a sign the whole line is the key, and Value.Start is null. */
static void Split(SPAN Line, SPAN *Key, SPAN *Value)
{
    SIZE_T At = 0;

    while (At < Line.Length && Line.Start[At] != L'=') {
        At++;
    }
    *Key = BaseTrimSpan((SPAN){Line.Start, At});
    *Value = At < Line.Length ? BaseTrimSpan((SPAN){Line.Start + At + 1, Line.Length - At - 1}) : (SPAN){NULL, 0};
}

/* What lies between the section's heading and the next one; Heading is its line. */
BOOL BaseFindSection(const PROFILE *Profile, LPCWSTR Section, SPAN *Heading, SPAN *Body)
{
    LINES Lines = {Profile->Text, Profile->Text + Profile->Length};
    SPAN Raw, Line, Name;
    BOOL Found = FALSE;

    while (BaseNextLine(&Lines, &Raw, &Line)) {
        if (!IsSection(Line, &Name)) {
            continue;
        }
        if (Found) {
            Body->Length = (SIZE_T)(Raw.Start - Body->Start);
            return TRUE;
        }
        if (SameName(Name, Section)) {
            Found = TRUE;
            *Heading = Raw;
            Body->Start = Lines.Next;
        }
    }
    if (Found) {
        Body->Length = (SIZE_T)(Lines.End - Body->Start);
    }
    return Found;
}

BOOL BaseFindKey(SPAN Body, LPCWSTR Wanted, SPAN *RawLine, SPAN *Value)
{
    LINES Lines = {Body.Start, Body.Start + Body.Length};
    SPAN Raw, Line, Key;

    while (BaseNextLine(&Lines, &Raw, &Line)) {
        Split(Line, &Key, Value);
        if (Line.Length != 0 && Line.Start[0] != L';' && SameName(Key, Wanted)) {
            *RawLine = Raw;
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- the file -------------------------------------------------------------------------------------------------------------------- */

static BOOL NamePath(PROFILE *Profile, LPCWSTR File)
{
    UINT Length = 0;

    if (File == NULL || File[0] == 0) {
        File = L"win.ini";
    }
    if (wcschr(File, L'\\') == NULL && wcschr(File, L'/') == NULL && wcschr(File, L':') == NULL) {
        Length = GetWindowsDirectoryW(Profile->Path, MAX_PATH);
        Profile->Path[Length++] = L'\\';
    }
    if (Length + wcslen(File) > MAX_PATH) {
        return BaseFail(ERROR_FILENAME_EXCED_RANGE);
    }
    wcscpy(Profile->Path + Length, File);
    return TRUE;
}

static BOOL Decode(PROFILE *Profile, const UCHAR *Bytes, SIZE_T Size)
{
    if (Size >= 2 && Bytes[0] == 0xFF && Bytes[1] == 0xFE) {
        Profile->Unicode = TRUE;
        Profile->Length = Size / sizeof(WCHAR) - 1;
        Profile->Text = BaseAllocate((Profile->Length + 1) * sizeof(WCHAR));
        if (Profile->Text == NULL) {
            return FALSE;
        }
        memcpy(Profile->Text, Bytes + 2, Profile->Length * sizeof(WCHAR));
        return TRUE;
    }
    if (Size >= 3 && Bytes[0] == 0xEF && Bytes[1] == 0xBB && Bytes[2] == 0xBF) {
        Bytes += 3; /* a UTF-8 mark is skipped; the text is ANSI to Windows all the same */
        Size -= 3;
    }
    return BaseBytesToWide(CP_ACP, (LPCSTR)Bytes, Size, &Profile->Text, &Profile->Length);
}

/* Missing: ERROR_FILE_NOT_FOUND and the like, and Text is null. */
BOOL BaseLoadProfile(PROFILE *Profile, LPCWSTR File)
{
    LARGE_INTEGER Size;
    DWORD Done = 0;
    BOOL Good = FALSE;

    memset(Profile, 0, offsetof(PROFILE, Path));
    if (!NamePath(Profile, File)) {
        return FALSE;
    }
    HANDLE Handle = CreateFileW(Profile->Path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    if (Handle == INVALID_HANDLE_VALUE) {
        return FALSE;
    }
    if (GetFileSizeEx(Handle, &Size) && Size.QuadPart < 0x1000000) {
        UCHAR *Bytes = BaseAllocate((SIZE_T)Size.QuadPart + 1);
        Good = Bytes != NULL && ReadFile(Handle, Bytes, Size.LowPart, &Done, NULL) && Decode(Profile, Bytes, Done);
        BaseFree(Bytes);
    }
    NtClose(Handle);
    return Good;
}

/* ---- reading --------------------------------------------------------------------------------------------------------------------- */

/* Collects a result: one string, or several with a zero after each and one more at the end. */
typedef struct _OUTPUT
{
    LPWSTR Buffer;
    DWORD Size, Length;
    BOOL Full;
} OUTPUT;

static void Put(OUTPUT *Output, SPAN Span)
{
    for (SIZE_T i = 0; i < Span.Length; i++) {
        if (Output->Length + 1 >= Output->Size) {
            Output->Full = TRUE;
            return;
        }
        Output->Buffer[Output->Length++] = Span.Start[i];
    }
}

static void PutString(OUTPUT *Output, SPAN First, SPAN Second)
{
    static const WCHAR Equals[] = L"=", Zero[] = L"";

    Put(Output, First);
    if (Second.Start != NULL) {
        Put(Output, (SPAN){Equals, 1});
        Put(Output, Second);
    }
    Put(Output, (SPAN){Zero, 1});
}

/* Strings one after another: cut off so that two zeros fit. */
static DWORD EndList(OUTPUT *Output)
{
    if (Output->Full && Output->Size >= 2) {
        Output->Buffer[Output->Size - 2] = 0;
        Output->Buffer[Output->Size - 1] = 0;
        BaseFail(ERROR_MORE_DATA);
        return Output->Size - 2;
    }
    Output->Buffer[Output->Length] = 0;
    if (Output->Length == 0 && Output->Size >= 2) {
        Output->Buffer[1] = 0;
    }
    return Output->Length;
}

static DWORD ListSections(const PROFILE *Profile, LPWSTR Buffer, DWORD Size)
{
    LINES Lines = {Profile->Text, Profile->Text + Profile->Length};
    OUTPUT Output = {Buffer, Size, 0, FALSE};
    SPAN Raw, Line, Name;

    while (BaseNextLine(&Lines, &Raw, &Line)) {
        if (IsSection(Line, &Name)) {
            PutString(&Output, Name, (SPAN){NULL, 0});
        }
    }
    return EndList(&Output);
}

/* Keys alone, or with their values. */
static DWORD ListKeys(SPAN Body, BOOL Values, LPWSTR Buffer, DWORD Size)
{
    LINES Lines = {Body.Start, Body.Start + Body.Length};
    OUTPUT Output = {Buffer, Size, 0, FALSE};
    SPAN Raw, Line, Key, Value;

    while (BaseNextLine(&Lines, &Raw, &Line)) {
        if (Line.Length == 0 || Line.Start[0] == L';') {
            continue;
        }
        Split(Line, &Key, &Value);
        if (Values || Value.Start != NULL) {
            PutString(&Output, Key, Values ? Value : (SPAN){NULL, 0});
        }
    }
    return EndList(&Output);
}

static DWORD ReturnValue(SPAN Value, LPWSTR Buffer, DWORD Size)
{
    OUTPUT Output = {Buffer, Size, 0, FALSE};

    Put(&Output, Value);
    Buffer[Output.Length] = 0;
    if (Output.Full) {
        BaseFail(ERROR_MORE_DATA);
    }
    return Output.Length;
}

static SPAN Unquote(SPAN Value)
{
    if (Value.Length >= 2 && (Value.Start[0] == L'"' || Value.Start[0] == L'\'') && Value.Start[Value.Length - 1] == Value.Start[0]) {
        Value.Start++;
        Value.Length -= 2;
    }
    return Value;
}

DWORD WINAPI GetPrivateProfileStringW(LPCWSTR Section, LPCWSTR Key, LPCWSTR Default, LPWSTR Buffer, DWORD Size, LPCWSTR File)
{
    SPAN Heading, Body, Raw, Value;
    PROFILE Profile;
    BOOL Found = FALSE;
    DWORD Result = 0;

    if (Buffer == NULL || Size == 0) {
        return 0;
    }
    BaseEnterProfiles();
    BOOL Loaded = BaseLoadProfile(&Profile, File);
    if (Loaded && Section == NULL) {
        Found = TRUE;
        Result = ListSections(&Profile, Buffer, Size);
    } else if (Loaded && BaseFindSection(&Profile, Section, &Heading, &Body)) {
        if (Key == NULL) {
            Found = TRUE;
            Result = ListKeys(Body, FALSE, Buffer, Size);
        } else if (BaseFindKey(Body, Key, &Raw, &Value)) {
            Found = TRUE;
            Result = ReturnValue(Unquote(Value), Buffer, Size);
        }
    }
    if (!Found) {
        SPAN Text = {Default != NULL ? Default : L"", Default != NULL ? wcslen(Default) : 0};
        while (Text.Length != 0 && Text.Start[Text.Length - 1] == L' ') {
            Text.Length--;
        }
        if (Loaded) {
            BaseFail(ERROR_FILE_NOT_FOUND);
        }
        Result = ReturnValue(Text, Buffer, Size);
        if ((Section == NULL || Key == NULL) && Result + 1 < Size) {
            Buffer[Result + 1] = 0;
        }
    }
    BaseFree(Profile.Text);
    BaseLeaveProfiles();
    return Result;
}

DWORD WINAPI GetPrivateProfileSectionW(LPCWSTR Section, LPWSTR Buffer, DWORD Size, LPCWSTR File)
{
    SPAN Heading, Body;
    PROFILE Profile;
    DWORD Result = 0;

    if (Section == NULL || Buffer == NULL || Size < 2) {
        return (DWORD)BaseFail(ERROR_INVALID_PARAMETER);
    }
    Buffer[0] = Buffer[1] = 0;
    BaseEnterProfiles();
    if (BaseLoadProfile(&Profile, File)) {
        if (BaseFindSection(&Profile, Section, &Heading, &Body)) {
            Result = ListKeys(Body, TRUE, Buffer, Size);
        } else {
            BaseFail(ERROR_FILE_NOT_FOUND);
        }
    }
    BaseFree(Profile.Text);
    BaseLeaveProfiles();
    return Result;
}

DWORD WINAPI GetPrivateProfileSectionNamesW(LPWSTR Buffer, DWORD Size, LPCWSTR File)
{
    return GetPrivateProfileStringW(NULL, NULL, NULL, Buffer, Size, File);
}

UINT WINAPI GetPrivateProfileIntW(LPCWSTR Section, LPCWSTR Key, INT Default, LPCWSTR File)
{
    WCHAR Text[64];
    ULONG Number = 0;
    UNICODE_STRING String;

    if (GetPrivateProfileStringW(Section, Key, L"", Text, COUNT_OF(Text), File) == 0) {
        return (UINT)Default;
    }
    RtlInitUnicodeString(&String, Text);
    return NT_SUCCESS(RtlUnicodeStringToInteger(&String, 0, &Number)) ? Number : 0;
}

/* ---- win.ini --------------------------------------------------------------------------------------------------------------------- */

DWORD WINAPI GetProfileStringW(LPCWSTR Section, LPCWSTR Key, LPCWSTR Default, LPWSTR Buffer, DWORD Size)
{
    return GetPrivateProfileStringW(Section, Key, Default, Buffer, Size, L"win.ini");
}

UINT WINAPI GetProfileIntW(LPCWSTR Section, LPCWSTR Key, INT Default)
{
    return GetPrivateProfileIntW(Section, Key, Default, L"win.ini");
}

DWORD WINAPI GetProfileSectionW(LPCWSTR Section, LPWSTR Buffer, DWORD Size)
{
    return GetPrivateProfileSectionW(Section, Buffer, Size, L"win.ini");
}

BOOL WINAPI WriteProfileStringW(LPCWSTR Section, LPCWSTR Key, LPCWSTR Value)
{
    return WritePrivateProfileStringW(Section, Key, Value, L"win.ini");
}

BOOL WINAPI WriteProfileSectionW(LPCWSTR Section, LPCWSTR Text)
{
    return WritePrivateProfileSectionW(Section, Text, L"win.ini");
}
