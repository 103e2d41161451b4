/* SPDX-License-Identifier: MIT */
/*
 * profile.c - .ini files: reading with its defaults, quotes, comments and truncation; lists of keys and sections; writing, deleting, and
 * what is left alone meanwhile; numbers, structures, UTF-16 files.
 */
#include <windows.h>
#include <string.h>
#include "tap.h"

#define FILE_NAME "C:\\Temp\\nascent-test.ini"

static void Make(const void *Text, DWORD Length)
{
    DWORD Done;
    HANDLE File = CreateFileA(FILE_NAME, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    WriteFile(File, Text, Length, &Done, NULL);
    CloseHandle(File);
}

static int FileIs(const char *Text)
{
    char Buffer[1024];
    DWORD Done = 0;
    HANDLE File = CreateFileA(FILE_NAME, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    BOOL Read = ReadFile(File, Buffer, sizeof(Buffer) - 1, &Done, NULL);
    CloseHandle(File);
    Buffer[Done] = 0;
    if (!Read || strcmp(Buffer, Text) != 0) {
        printf("# file: {%s}\n", Buffer);
        return 0;
    }
    return 1;
}

static const char *Get(const char *Section, const char *Key)
{
    static char Buffer[256];
    memset(Buffer, '#', sizeof(Buffer));
    GetPrivateProfileStringA(Section, Key, "none", Buffer, sizeof(Buffer), FILE_NAME);
    return Buffer;
}

static void TestRead(void)
{
    static const char Text[] = "; comment\r\n[One]\r\nkey=value\r\n  spaced  =  a b  \r\nquoted=\"in quotes\"\r\nsingle=' x '\r\n;no=1\r\n"
                               "empty=\r\nkey=second\r\n"
                               "bare\r\n\r\n[Two]\nnumber=42\nnegative=-7\ntext=12abc\nword=abc\n[One]\r\nlate=1\r\n";
    char Buffer[64];
    DWORD Length;

    Make(Text, sizeof(Text) - 1);
    Ok(strcmp(Get("One", "key"), "value") == 0, "a value");
    Ok(strcmp(Get("ONE", "KEY"), "value") == 0, "names without case");
    Ok(strcmp(Get("One", "spaced"), "a b") == 0, "blanks around it go");
    Ok(strcmp(Get("One", "quoted"), "in quotes") == 0 && strcmp(Get("One", "single"), " x ") == 0, "quotes, too");
    Ok(strcmp(Get("One", "empty"), "") == 0, "an empty value");
    Ok(strcmp(Get("One", "no"), "none") == 0 && strcmp(Get("One", ";no"), "none") == 0, "a comment is no key");
    Ok(strcmp(Get("One", "late"), "none") == 0, "only the first section of a name");
    Ok(strcmp(Get("Three", "key"), "none") == 0, "no such section");
    Is(GetPrivateProfileIntA("Two", "number", 1, FILE_NAME), 42, "a number");
    Is(GetPrivateProfileIntA("Two", "negative", 1, FILE_NAME), (UINT)-7, "a negative number");
    Is(GetPrivateProfileIntA("Two", "text", 1, FILE_NAME), 12, "as far as it is one");
    Is(GetPrivateProfileIntA("Two", "word", 1, FILE_NAME), 0, "none at all");
    Is(GetPrivateProfileIntA("Two", "missing", 99, FILE_NAME), 99, "the default");
    Length = GetPrivateProfileStringA("One", "key", NULL, Buffer, 4, FILE_NAME);
    Ok(Length == 3 && strcmp(Buffer, "val") == 0, "cut off: %lu", Length);
    Length = GetPrivateProfileStringA("One", "missing", "default  ", Buffer, 64, FILE_NAME);
    Ok(Length == 7 && strcmp(Buffer, "default") == 0, "a default loses its trailing blanks");
    Length = GetPrivateProfileStringA(NULL, NULL, NULL, Buffer, 64, FILE_NAME);
    Ok(Length == 12 && memcmp(Buffer, "One\0Two\0One\0", 13) == 0, "the sections: %lu", Length);
    Length = GetPrivateProfileSectionNamesA(Buffer, 7, FILE_NAME);
    Ok(Length == 5 && memcmp(Buffer, "One\0T\0", 7) == 0, "cut off with two zeros: %lu", Length);
    Length = GetPrivateProfileStringA("Two", NULL, NULL, Buffer, 64, FILE_NAME);
    Ok(Length == 26 && memcmp(Buffer, "number\0negative\0text\0word\0", 27) == 0, "the keys: %lu", Length);
    Length = GetPrivateProfileSectionA("Two", Buffer, 64, FILE_NAME);
    Ok(Length == 42 && memcmp(Buffer, "number=42\0negative=-7\0text=12abc\0word=abc\0", 43) == 0, "the whole section: %lu", Length);
    Ok(GetPrivateProfileStringA("a", "b", "c", Buffer, 64, "C:\\Temp\\no-such.ini") == 1 && Buffer[0] == 'c', "no such file");
    Is(GetLastError(), ERROR_FILE_NOT_FOUND, "its error");
}

static void TestWrite(void)
{
    struct { int A; char B[5]; } Data = {0x12345678, "abcd"}, Back = {0};

    DeleteFileA(FILE_NAME);
    Ok(WritePrivateProfileStringA("New", "a", "1", FILE_NAME), "a file is made");
    Ok(FileIs("[New]\r\na=1\r\n"), "with a section and a key");
    Ok(WritePrivateProfileStringA("New", "b", "two words", FILE_NAME) && WritePrivateProfileStringA("Other", "c", "3", FILE_NAME), "more");
    Ok(FileIs("[New]\r\na=1\r\nb=two words\r\n[Other]\r\nc=3\r\n"), "in order");
    Ok(WritePrivateProfileStringA("new", "A", "changed", FILE_NAME), "a change");
    Ok(FileIs("[New]\r\nA=changed\r\nb=two words\r\n[Other]\r\nc=3\r\n"), "in its place");
    Ok(WritePrivateProfileStringA("New", "b", NULL, FILE_NAME), "a key deleted");
    Ok(FileIs("[New]\r\nA=changed\r\n[Other]\r\nc=3\r\n"), "is gone");
    Ok(WritePrivateProfileStringA("New", "nothing", NULL, FILE_NAME), "deleting what is not there is no failure");
    Ok(WritePrivateProfileSectionA("Other", "x=1\0y=2\0", FILE_NAME), "a section replaced");
    Ok(FileIs("[New]\r\nA=changed\r\n[Other]\r\nx=1\r\ny=2\r\n"), "as a whole");
    Ok(WritePrivateProfileStringA("New", NULL, NULL, FILE_NAME), "a section deleted");
    Ok(FileIs("[Other]\r\nx=1\r\ny=2\r\n"), "is gone");
    Make("; keep\r\n[S]\r\n; me\r\nk=v\r\n\r\n\r\n[T]\r\n", 36);
    Ok(WritePrivateProfileStringA("S", "n", "w", FILE_NAME), "a new key");
    Ok(FileIs("; keep\r\n[S]\r\n; me\r\nk=v\r\nn=w\r\n\r\n\r\n[T]\r\n"), "goes before the blank lines, comments stay");
    Ok(WritePrivateProfileStructA("S", "data", &Data, sizeof(Data), FILE_NAME) && GetPrivateProfileStructA("S", "data", &Back, sizeof(Back), FILE_NAME) &&
           memcmp(&Data, &Back, sizeof(Data)) == 0, "a structure");
    Ok(WritePrivateProfileStringA("S", "data", "00FF", FILE_NAME) && !GetPrivateProfileStructA("S", "data", &Back, sizeof(Back), FILE_NAME),
       "that is damaged is refused");
    Ok(!WritePrivateProfileStringA("S", "k", "v", "C:\\no such folder\\x.ini"), "no such folder");
    Is(GetLastError(), ERROR_PATH_NOT_FOUND, "its error");
}

static void TestUnicode(void)
{
    static const WCHAR Text[] = L"\xFEFF[\x41F]\r\n\x3BA=\x4E2D\r\n";
    WCHAR Buffer[32];

    Make(Text, sizeof(Text) - sizeof(WCHAR));
    Ok(GetPrivateProfileStringW(L"\x43F", L"\x39A", NULL, Buffer, 32, L"" FILE_NAME) == 1 && Buffer[0] == 0x4E2D, "a UTF-16 file, without case");
    Ok(WritePrivateProfileStringW(L"\x41F", L"\x3BB", L"\x416", L"" FILE_NAME), "a change");
    Ok(GetPrivateProfileStringW(L"\x41F", L"\x3BB", NULL, Buffer, 32, L"" FILE_NAME) == 1 && Buffer[0] == 0x416 &&
           GetPrivateProfileStringW(L"\x41F", L"\x3BA", NULL, Buffer, 32, L"" FILE_NAME) == 1 && Buffer[0] == 0x4E2D, "keeps it UTF-16");
}

int main(void)
{
    TestRead();
    TestWrite();
    TestUnicode();
    DeleteFileA(FILE_NAME);
    return Done();
}
