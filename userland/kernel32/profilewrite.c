/* SPDX-License-Identifier: MIT */
/*
 * profilewrite.c - changing .ini files: keys, sections, structures.  The file is read, changed in memory and written whole, with everything
 * else in it as it was.
 */
#include "profile.h"

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

    while (BaseNextLine(&Lines, &Raw, &Line)) {
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
    SPAN Pieces[12] = {{NewLine, NeedsNewLine(Profile, Profile->Length) ? 2 : 0}, {L"[", 1}, BaseTrimSpan(Literal(Section)), {L"]", 1}, {NewLine, 2}};

    memcpy(Pieces + 5, Keys, Count * sizeof(SPAN));
    return Replace(Profile, Profile->Length, 0, Pieces, 5 + Count);
}

static BOOL WriteKey(const PROFILE *Profile, LPCWSTR Section, LPCWSTR Key, LPCWSTR Value)
{
    SPAN Heading, Body, Raw, Old;
    SPAN Line[] = {{NewLine, 0}, BaseTrimSpan(Literal(Key)), {L"=", 1}, BaseTrimSpan(Literal(Value != NULL ? Value : L"")), {NewLine, 2}};

    if (!BaseFindSection(Profile, Section, &Heading, &Body)) {
        return Value == NULL || AppendSection(Profile, Section, Line + 1, 4);
    }
    if (BaseFindKey(Body, Key, &Raw, &Old)) {
        return Replace(Profile, (SIZE_T)(Raw.Start - Profile->Text), Raw.Length, Line + 1, Value != NULL ? 4 : 0);
    }
    SIZE_T At = EndOfKeys(Profile, Body);
    Line[0].Length = NeedsNewLine(Profile, At) ? 2 : 0;
    return Value == NULL || Replace(Profile, At, 0, Line, 5);
}

static BOOL DeleteSection(const PROFILE *Profile, LPCWSTR Section)
{
    SPAN Heading, Body;

    if (!BaseFindSection(Profile, Section, &Heading, &Body)) {
        return TRUE;
    }
    return Replace(Profile, (SIZE_T)(Heading.Start - Profile->Text), Heading.Length + Body.Length, NULL, 0);
}

/* A file that is not there is made by the first write. */
static BOOL LoadForWrite(PROFILE *Profile, LPCWSTR File)
{
    return BaseLoadProfile(Profile, File) || GetLastError() == ERROR_FILE_NOT_FOUND;
}

BOOL WINAPI WritePrivateProfileStringW(LPCWSTR Section, LPCWSTR Key, LPCWSTR Value, LPCWSTR File)
{
    PROFILE Profile;
    BOOL Result = FALSE;

    if (Section == NULL) {
        return Key == NULL && Value == NULL ? FALSE : BaseFail(ERROR_FILE_NOT_FOUND); /* "flush": nothing is kept that could be */
    }
    BaseEnterProfiles();
    if (LoadForWrite(&Profile, File)) {
        Result = Key == NULL ? DeleteSection(&Profile, Section) : WriteKey(&Profile, Section, Key, Value);
    }
    BaseFree(Profile.Text);
    BaseLeaveProfiles();
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
    BaseEnterProfiles();
    if (LoadForWrite(&Profile, File)) {
        if (Text == NULL) {
            Result = DeleteSection(&Profile, Section);
        } else if (BaseFindSection(&Profile, Section, &Heading, &Body)) {
            Result = Replace(&Profile, (SIZE_T)(Body.Start - Profile.Text), Body.Length, &Lines, 1);
        } else {
            Result = AppendSection(&Profile, Section, &Lines, 1);
        }
    }
    BaseFree(Profile.Text);
    BaseLeaveProfiles();
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
