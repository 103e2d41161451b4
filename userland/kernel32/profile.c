/* SPDX-License-Identifier: MIT */
/*
 * profile.c - .ini files: [sections] of key=value lines.
 *
 * The file is read whole, as UTF-16 if it begins with the mark FF FE, else in the ANSI code page; a change writes it whole again, with
 * everything else in it as it was.  Only the first section of a name counts, and in it the first line of a key.  Names compare without case.
 * A file without a directory lies in the Windows directory; without a name it is win.ini.  Registry mappings (IniFileMapping) there are none.
 */
#include "k32.h"

typedef struct _PROFILE
{
    LPWSTR Text;    /* heap; not terminated */
    SIZE_T Length;
    BOOL Unicode;
    WCHAR Path[MAX_PATH + 4];
} PROFILE;

typedef struct _SPAN
{
    LPCWSTR Start;
    SIZE_T Length;
} SPAN;

typedef struct _LINES
{
    LPCWSTR Next, End;
} LINES;

/* Readings and changes of this process one after another. */
static RTL_SRWLOCK Lock = RTL_SRWLOCK_INIT;

static void Enter(void)
{
    RtlAcquireSRWLockExclusive(&Lock);
}

static void Leave(void)
{
    RtlReleaseSRWLockExclusive(&Lock);
}

/* ---- text ------------------------------------------------------------------------------------------------------------------------ */

static BOOL IsBlank(WCHAR Character)
{
    return Character == L' ' || Character == L'\t' || Character == L'\r' || Character == 0x1A;
}

static SPAN Trim(SPAN Span)
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
    SPAN Wanted = Trim((SPAN){Name, wcslen(Name)});

    if (Span.Length > 0x7FFF || Wanted.Length > 0x7FFF) {
        return FALSE;
    }
    B.Buffer = (LPWSTR)Wanted.Start;
    B.Length = B.MaximumLength = (USHORT)(Wanted.Length * sizeof(WCHAR));
    return RtlEqualUnicodeString(&A, &B, TRUE);
}

/* The next line with its end (*Raw) and without (*Line). */
static BOOL NextLine(LINES *Lines, SPAN *Raw, SPAN *Line)
{
    if (Lines->Next >= Lines->End) {
        return FALSE;
    }
    Raw->Start = Lines->Next;
    while (Lines->Next < Lines->End && *Lines->Next != L'\n') {
        Lines->Next++;
    }
    *Line = Trim((SPAN){Raw->Start, (SIZE_T)(Lines->Next - Raw->Start)});
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
    *Name = Trim((SPAN){Line.Start + 1, End > 1 ? End - 2 : Line.Length - 1});
    return TRUE;
}

/* "key = value": both trimmed.  Without a sign the whole line is the key, and Value.Start is null. */
static void Split(SPAN Line, SPAN *Key, SPAN *Value)
{
    SIZE_T At = 0;

    while (At < Line.Length && Line.Start[At] != L'=') {
        At++;
    }
    *Key = Trim((SPAN){Line.Start, At});
    *Value = At < Line.Length ? Trim((SPAN){Line.Start + At + 1, Line.Length - At - 1}) : (SPAN){NULL, 0};
}

/* What lies between the section's heading and the next one; Heading is its line. */
static BOOL FindSection(const PROFILE *Profile, LPCWSTR Section, SPAN *Heading, SPAN *Body)
{
    LINES Lines = {Profile->Text, Profile->Text + Profile->Length};
    SPAN Raw, Line, Name;
    BOOL Found = FALSE;

    while (NextLine(&Lines, &Raw, &Line)) {
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

static BOOL FindKey(SPAN Body, LPCWSTR Wanted, SPAN *RawLine, SPAN *Value)
{
    LINES Lines = {Body.Start, Body.Start + Body.Length};
    SPAN Raw, Line, Key;

    while (NextLine(&Lines, &Raw, &Line)) {
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
static BOOL Load(PROFILE *Profile, LPCWSTR File)
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

static BOOL Store(const PROFILE *Profile, LPCWSTR Text, SIZE_T Length)
{
    LPSTR Bytes = NULL;
    DWORD Done, Size = 0;
    BOOL Good = TRUE;

    if (!Profile->Unicode && Length != 0) {
        Size = (DWORD)WideCharToMultiByte(CP_ACP, 0, Text, (int)Length, NULL, 0, NULL, NULL);
        Bytes = BaseAllocate(Size + 1);
        if (Bytes == NULL || WideCharToMultiByte(CP_ACP, 0, Text, (int)Length, Bytes, (int)Size, NULL, NULL) == 0) {
            BaseFree(Bytes);
            return FALSE;
        }
    }
    HANDLE Handle = CreateFileW(Profile->Path, GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (Handle == INVALID_HANDLE_VALUE) {
        BaseFree(Bytes);
        return FALSE;
    }
    if (Profile->Unicode) {
        Good = WriteFile(Handle, "\xFF\xFE", 2, &Done, NULL) && WriteFile(Handle, Text, (DWORD)(Length * sizeof(WCHAR)), &Done, NULL);
    } else if (Size != 0) {
        Good = WriteFile(Handle, Bytes, Size, &Done, NULL);
    }
    DWORD Error = GetLastError();
    NtClose(Handle);
    BaseFree(Bytes);
    return Good || BaseFail(Error);
}

/* Replaces [Cut, Cut + CutLength) of the text by the pieces, and writes the file. */
static BOOL Replace(const PROFILE *Profile, SIZE_T Cut, SIZE_T CutLength, const SPAN *Pieces, ULONG Count)
{
    SIZE_T Length = Cut;

    for (ULONG i = 0; i < Count; i++) {
        Length += Pieces[i].Length;
    }
    LPWSTR Text = BaseAllocate((Length + Profile->Length - Cut - CutLength + 1) * sizeof(WCHAR));
    if (Text == NULL) {
        return FALSE;
    }
    memcpy(Text, Profile->Text, Cut * sizeof(WCHAR));
    Length = Cut;
    for (ULONG i = 0; i < Count; i++) {
        memcpy(Text + Length, Pieces[i].Start, Pieces[i].Length * sizeof(WCHAR));
        Length += Pieces[i].Length;
    }
    memcpy(Text + Length, Profile->Text + Cut + CutLength, (Profile->Length - Cut - CutLength) * sizeof(WCHAR));
    BOOL Result = Store(Profile, Text, Length + Profile->Length - Cut - CutLength);
    BaseFree(Text);
    return Result;
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

    while (NextLine(&Lines, &Raw, &Line)) {
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

    while (NextLine(&Lines, &Raw, &Line)) {
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
    Enter();
    BOOL Loaded = Load(&Profile, File);
    if (Loaded && Section == NULL) {
        Found = TRUE;
        Result = ListSections(&Profile, Buffer, Size);
    } else if (Loaded && FindSection(&Profile, Section, &Heading, &Body)) {
        if (Key == NULL) {
            Found = TRUE;
            Result = ListKeys(Body, FALSE, Buffer, Size);
        } else if (FindKey(Body, Key, &Raw, &Value)) {
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
    Leave();
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
    Enter();
    if (Load(&Profile, File)) {
        if (FindSection(&Profile, Section, &Heading, &Body)) {
            Result = ListKeys(Body, TRUE, Buffer, Size);
        } else {
            BaseFail(ERROR_FILE_NOT_FOUND);
        }
    }
    BaseFree(Profile.Text);
    Leave();
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

/* ---- writing --------------------------------------------------------------------------------------------------------------------- */

static const WCHAR NewLine[] = L"\r\n";

static SPAN Literal(LPCWSTR Text)
{
    return (SPAN){Text, wcslen(Text)};
}

/* The end of the section's last line that says something: where a new key goes. */
static SIZE_T EndOfKeys(const PROFILE *Profile, SPAN Body)
{
    LINES Lines = {Body.Start, Body.Start + Body.Length};
    SPAN Raw, Line;
    LPCWSTR End = Body.Start;

    while (NextLine(&Lines, &Raw, &Line)) {
        if (Line.Length != 0) {
            End = Raw.Start + Raw.Length;
        }
    }
    return (SIZE_T)(End - Profile->Text);
}

static BOOL NeedsNewLine(const PROFILE *Profile, SIZE_T At)
{
    return At != 0 && Profile->Text[At - 1] != L'\n';
}

static BOOL AppendSection(const PROFILE *Profile, LPCWSTR Section, const SPAN *Keys, ULONG Count)
{
    SPAN Pieces[12] = {{NewLine, NeedsNewLine(Profile, Profile->Length) ? 2 : 0}, {L"[", 1}, Trim(Literal(Section)), {L"]", 1}, {NewLine, 2}};

    memcpy(Pieces + 5, Keys, Count * sizeof(SPAN));
    return Replace(Profile, Profile->Length, 0, Pieces, 5 + Count);
}

static BOOL WriteKey(const PROFILE *Profile, LPCWSTR Section, LPCWSTR Key, LPCWSTR Value)
{
    SPAN Heading, Body, Raw, Old;
    SPAN Line[] = {{NewLine, 0}, Trim(Literal(Key)), {L"=", 1}, Trim(Literal(Value != NULL ? Value : L"")), {NewLine, 2}};

    if (!FindSection(Profile, Section, &Heading, &Body)) {
        return Value == NULL || AppendSection(Profile, Section, Line + 1, 4);
    }
    if (FindKey(Body, Key, &Raw, &Old)) {
        return Replace(Profile, (SIZE_T)(Raw.Start - Profile->Text), Raw.Length, Line + 1, Value != NULL ? 4 : 0);
    }
    SIZE_T At = EndOfKeys(Profile, Body);
    Line[0].Length = NeedsNewLine(Profile, At) ? 2 : 0;
    return Value == NULL || Replace(Profile, At, 0, Line, 5);
}

static BOOL DeleteSection(const PROFILE *Profile, LPCWSTR Section)
{
    SPAN Heading, Body;

    if (!FindSection(Profile, Section, &Heading, &Body)) {
        return TRUE;
    }
    return Replace(Profile, (SIZE_T)(Heading.Start - Profile->Text), Heading.Length + Body.Length, NULL, 0);
}

/* A file that is not there is made by the first write. */
static BOOL LoadForWrite(PROFILE *Profile, LPCWSTR File)
{
    return Load(Profile, File) || GetLastError() == ERROR_FILE_NOT_FOUND;
}

BOOL WINAPI WritePrivateProfileStringW(LPCWSTR Section, LPCWSTR Key, LPCWSTR Value, LPCWSTR File)
{
    PROFILE Profile;
    BOOL Result = FALSE;

    if (Section == NULL) {
        return Key == NULL && Value == NULL ? FALSE : BaseFail(ERROR_FILE_NOT_FOUND); /* "flush": nothing is kept that could be */
    }
    Enter();
    if (LoadForWrite(&Profile, File)) {
        Result = Key == NULL ? DeleteSection(&Profile, Section) : WriteKey(&Profile, Section, Key, Value);
    }
    BaseFree(Profile.Text);
    Leave();
    return Result;
}

BOOL WINAPI WritePrivateProfileSectionW(LPCWSTR Section, LPCWSTR Text, LPCWSTR File)
{
    PROFILE Profile;
    SPAN Heading, Body, Lines = {0};
    LPWSTR Joined = NULL;
    BOOL Result = FALSE;

    if (Section == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    if (Text != NULL) { /* strings, each with a zero, into lines */
        SIZE_T Length = 0, At = 0;
        ULONG Count = 0;
        for (LPCWSTR p = Text; *p != 0; p += wcslen(p) + 1, Count++) {
            Length += wcslen(p);
        }
        Joined = BaseAllocate((Length + Count * 2 + 1) * sizeof(WCHAR));
        if (Joined == NULL) {
            return FALSE;
        }
        for (LPCWSTR p = Text; *p != 0; p += wcslen(p) + 1) {
            memcpy(Joined + At, p, wcslen(p) * sizeof(WCHAR));
            At += wcslen(p);
            Joined[At++] = L'\r';
            Joined[At++] = L'\n';
        }
        Lines = (SPAN){Joined, At};
    }
    Enter();
    if (LoadForWrite(&Profile, File)) {
        if (Text == NULL) {
            Result = DeleteSection(&Profile, Section);
        } else if (FindSection(&Profile, Section, &Heading, &Body)) {
            Result = Replace(&Profile, (SIZE_T)(Body.Start - Profile.Text), Body.Length, &Lines, 1);
        } else {
            Result = AppendSection(&Profile, Section, &Lines, 1);
        }
    }
    BaseFree(Profile.Text);
    Leave();
    BaseFree(Joined);
    return Result;
}

/* ---- structures: bytes in hexadecimal, and their sum ----------------------------------------------------------------------------- */

BOOL WINAPI WritePrivateProfileStructW(LPCWSTR Section, LPCWSTR Key, LPVOID Data, UINT Size, LPCWSTR File)
{
    static const WCHAR Digits[] = L"0123456789ABCDEF";
    const UCHAR *Bytes = Data;
    UCHAR Sum = 0;

    if (Data == NULL) {
        return WritePrivateProfileStringW(Section, Key, NULL, File);
    }
    LPWSTR Text = BaseAllocate(((SIZE_T)Size * 2 + 3) * sizeof(WCHAR));
    if (Text == NULL) {
        return FALSE;
    }
    for (UINT i = 0; i <= Size; i++) {
        UCHAR Byte = i < Size ? Bytes[i] : Sum;
        Sum += Byte;
        Text[i * 2] = Digits[Byte >> 4];
        Text[i * 2 + 1] = Digits[Byte & 15];
    }
    Text[Size * 2 + 2] = 0;
    BOOL Result = WritePrivateProfileStringW(Section, Key, Text, File);
    BaseFree(Text);
    return Result;
}

static INT HexDigit(WCHAR Character)
{
    return Character >= L'0' && Character <= L'9'   ? Character - L'0'
           : Character >= L'A' && Character <= L'F' ? Character - L'A' + 10
           : Character >= L'a' && Character <= L'f' ? Character - L'a' + 10
                                                    : -1;
}

BOOL WINAPI GetPrivateProfileStructW(LPCWSTR Section, LPCWSTR Key, LPVOID Data, UINT Size, LPCWSTR File)
{
    DWORD Capacity = Size * 2 + 4;
    LPWSTR Text = BaseAllocate(Capacity * sizeof(WCHAR));
    UCHAR Sum = 0, Last = 0;
    BOOL Good = FALSE;

    if (Text == NULL) {
        return FALSE;
    }
    DWORD Length = GetPrivateProfileStringW(Section, Key, NULL, Text, Capacity, File);
    if (Length == Size * 2 + 2) {
        Good = TRUE;
        for (UINT i = 0; i <= Size && Good; i++) {
            INT High = HexDigit(Text[i * 2]), Low = HexDigit(Text[i * 2 + 1]);
            Good = High >= 0 && Low >= 0;
            Last = (UCHAR)(High << 4 | Low);
            Sum += i < Size ? Last : 0;
        }
        Good = Good && Sum == Last;
        for (UINT i = 0; i < Size && Good; i++) {
            ((UCHAR *)Data)[i] = (UCHAR)(HexDigit(Text[i * 2]) << 4 | HexDigit(Text[i * 2 + 1]));
        }
    }
    BaseFree(Text);
    return Good || BaseFail(Length != 0 ? ERROR_BAD_LENGTH : ERROR_FILE_NOT_FOUND);
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
