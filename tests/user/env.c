/* SPDX-License-Identifier: MIT */
/*
 * env.c - the environment of a process: variables with odd names and values, sizes and errors of each call, both character sets, expansion, the native calls on
 * blocks of one's own.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winternl.h>

#include "tap.h"

static char Buffer[70000];
static WCHAR Wide[70000];

static int Has(const char *Name, const char *Value)
{
    Buffer[0] = 0;
    return GetEnvironmentVariableA(Name, Buffer, sizeof(Buffer)) == strlen(Value) && strcmp(Buffer, Value) == 0;
}

static DWORD Missing(const char *Name)
{
    SetLastError(0xDEAD);
    return GetEnvironmentVariableA(Name, Buffer, sizeof(Buffer)) == 0 ? GetLastError() : 0;
}

static void Variables(void)
{
    Ok(SetEnvironmentVariableA("Env1", "value"), "set");
    Ok(Has("Env1", "value") && Has("ENV1", "value") && Has("env1", "value"), "case does not count");
    Ok(SetEnvironmentVariableA("ENV1", "other") && Has("Env1", "other"), "set again under another case");
    Ok(SetEnvironmentVariableA("Env1", "") && Missing("Env1") == ERROR_SUCCESS, "an empty value is told from none by the last error");
    Ok(SetEnvironmentVariableA("Env1", NULL) && Missing("Env1") == ERROR_ENVVAR_NOT_FOUND, "gone");
    SetLastError(0xDEAD);
    BOOL Removed = SetEnvironmentVariableA("Env1", NULL);
    Ok(Removed || GetLastError() == ERROR_ENVVAR_NOT_FOUND, "removed once more: %d, error %lu", Removed, GetLastError());
    Ok(!SetEnvironmentVariableA("", "x") && GetLastError() == ERROR_INVALID_PARAMETER, "no name");
    Ok(!SetEnvironmentVariableA(NULL, "x") && GetLastError() == ERROR_INVALID_PARAMETER, "NULL");
    Ok(!SetEnvironmentVariableA("a=b", "x") && GetLastError() == ERROR_INVALID_PARAMETER, "an equals sign in a name");
    Ok(SetEnvironmentVariableA("=Q:", "Q:\\x") && Has("=Q:", "Q:\\x") && Has("=q:", "Q:\\x"), "but it may be the first character");
    Ok(SetEnvironmentVariableA("=Q:", NULL) && Missing("=Q:") == ERROR_ENVVAR_NOT_FOUND, "and goes again");
    Ok(SetEnvironmentVariableA("Env2", "a=b=c") && Has("Env2", "a=b=c"), "equals signs in a value");
    Ok(SetEnvironmentVariableA("Env 3", " blanks ") && Has("Env 3", " blanks "), "blanks everywhere");
    Is(Missing(""), ERROR_ENVVAR_NOT_FOUND, "nothing has no name");
    SetEnvironmentVariableA("Env2", NULL);
    SetEnvironmentVariableA("Env 3", NULL);
}

static void Sizes(void)
{
    SetEnvironmentVariableA("Env1", "12345");
    memset(Buffer, 'x', 16);
    Is(GetEnvironmentVariableA("Env1", NULL, 0), 6, "the size it needs, with the zero");
    Is(GetEnvironmentVariableA("Env1", Buffer, 5), 6, "a character too few");
    Is(GetEnvironmentVariableA("Env1", Buffer, 6), 5, "just enough: without the zero");
    Ok(strcmp(Buffer, "12345") == 0 && Buffer[6] == 'x', "and no more is written");
    Is(GetEnvironmentVariableW(L"Env1", NULL, 0), 6, "the same in Unicode");
    Is(GetEnvironmentVariableW(L"Env1", Wide, 5), 6, "a character too few");
    Is(GetEnvironmentVariableW(L"Env1", Wide, 6), 5, "just enough");
    SetEnvironmentVariableA("Env1", "");
    Is(GetEnvironmentVariableA("Env1", NULL, 0), 1, "an empty value needs one");
    Is(GetEnvironmentVariableA("Env1", Buffer, 0), 1, "with a buffer of no size too");
    Is(GetEnvironmentVariableW(L"Env1", Wide, 0), 1, "in Unicode");
    SetEnvironmentVariableA("Env1", NULL);

    for (int i = 0; i < 65000; i++) {
        Wide[i] = L'w';
    }
    Wide[32766] = 0;
    Ok(SetEnvironmentVariableW(L"EnvLong", Wide), "32766 characters");
    Is(GetEnvironmentVariableW(L"EnvLong", NULL, 0), 32767, "need one more");
    WCHAR *Copy = malloc(80000);
    Is(GetEnvironmentVariableW(L"EnvLong", Copy, 32767), 32766, "and are got");
    Ok(wcscmp(Copy, Wide) == 0, "as they were");
    Is(GetEnvironmentVariableA("EnvLong", Buffer, sizeof(Buffer)), 32766, "in ANSI too");
    Is(GetEnvironmentVariableA("EnvLong", Buffer, 32766), 32767, "or the size");
    free(Copy);
    Ok(SetEnvironmentVariableW(L"EnvLong", NULL), "and go");
}

/* The strings of the block, and how many of them begin with Text. */
static int CountStrings(const WCHAR *Block, const WCHAR *Text, int *Found)
{
    int Count = 0;

    for (*Found = 0; *Block != 0; Block += wcslen(Block) + 1, Count++) {
        *Found += wcsncmp(Block, Text, wcslen(Text)) == 0;
    }
    return Count;
}

static void Blocks(void)
{
    int Before, After, Found;
    WCHAR *Block = GetEnvironmentStringsW();

    Before = CountStrings(Block, L"Env4=", &Found);
    Is(Found, 0, "not in the block yet");
    SetEnvironmentVariableW(L"Env4", L"\x00E4");
    CountStrings(Block, L"Env4=", &Found);
    Is(Found, 0, "the block is a copy");
    Ok(FreeEnvironmentStringsW(Block), "freed");
    Block = GetEnvironmentStringsW();
    After = CountStrings(Block, L"Env4=\x00E4", &Found);
    Ok(After == Before + 1 && Found == 1, "the next one has it");

    int Sorted = 1;
    for (WCHAR *At = Block; *At != 0;) {
        WCHAR *Next = At + wcslen(At) + 1;
        if (*Next != 0) {
            size_t Left = wcscspn(At + 1, L"=") + 1, Right = wcscspn(Next + 1, L"=") + 1, Both = Left < Right ? Left : Right;
            int Order = _wcsnicmp(At, Next, Both);
            Sorted &= Order < 0 || (Order == 0 && Left < Right);
        }
        At = Next;
    }
    Ok(Sorted, "it is sorted by name");
    FreeEnvironmentStringsW(Block);
    LPCH Ansi = GetEnvironmentStringsA();
    Found = 0;
    for (LPCH At = Ansi; *At != 0; At += strlen(At) + 1) {
        Found += strncmp(At, "Env4=", 5) == 0;
    }
    Is(Found, 1, "in the other character set too");
    Ok(FreeEnvironmentStringsA(Ansi), "freed");
    Is(GetEnvironmentVariableA("Env4", Buffer, 16), 1, "one character");
    Is((unsigned char)Buffer[0], 0xE4, "in the ANSI code page");
    SetEnvironmentVariableW(L"Env4", NULL);

    static WCHAR Set[] = L"EnvB=2\0EnvA=1\0=Z:=Z:\\\0";
    Block = GetEnvironmentStringsW();
    BOOL(WINAPI *SetStrings)(LPWCH) = (void *)GetProcAddress(GetModuleHandleA("kernel32.dll"), "SetEnvironmentStringsW");
    Ok(SetStrings != NULL && SetStrings(Set), "a new environment as a whole");
    Ok(Has("EnvA", "1") && Has("EnvB", "2") && Has("=Z:", "Z:\\") && Missing("SystemRoot") == ERROR_ENVVAR_NOT_FOUND, "replaces the old one");
    Ok(SetStrings != NULL && SetStrings(Block) && Missing("EnvA") == ERROR_ENVVAR_NOT_FOUND && Missing("SystemRoot") == 0, "and back");
    FreeEnvironmentStringsW(Block);
}

static DWORD Expand(const char *Source, DWORD Size)
{
    memset(Buffer, 'x', 64);
    return ExpandEnvironmentStringsA(Source, Buffer, Size);
}

static void Expansion(void)
{
    SetEnvironmentVariableA("EnvX", "one");
    SetEnvironmentVariableA("EnvE", "");
    SetEnvironmentVariableA("EnvR", "%EnvX%");
    Ok(Expand("a%EnvX%b", 64) == 6 && strcmp(Buffer, "aoneb") == 0, "a variable: %s", Buffer);
    Ok(Expand("%envx%%ENVX%", 64) == 7 && strcmp(Buffer, "oneone") == 0, "two, in any case");
    Ok(Expand("%NoSuchVar%", 64) == 12 && strcmp(Buffer, "%NoSuchVar%") == 0, "one that is not there stays");
    Ok(Expand("%%EnvX%%", 64) == 6 && strcmp(Buffer, "%one%") == 0, "doubled signs: %s", Buffer);
    Ok(Expand("%EnvX", 64) == 6 && strcmp(Buffer, "%EnvX") == 0, "no end");
    Ok(Expand("<%EnvE%>", 64) == 3 && strcmp(Buffer, "<>") == 0, "an empty value");
    Ok(Expand("%EnvR%", 64) == 7 && strcmp(Buffer, "%EnvX%") == 0, "what comes out is not expanded again");
    Ok(Expand("", 64) == 1 && Buffer[0] == 0, "nothing");
    Is(ExpandEnvironmentStringsW(L"a%EnvX%b", NULL, 0), 6, "the size it needs");
    Is(ExpandEnvironmentStringsW(L"a%EnvX%b", Wide, 5), 6, "a buffer too small");
    Is(ExpandEnvironmentStringsW(L"a%EnvX%b", Wide, 6), 6, "just enough");
    Ok(wcscmp(Wide, L"aoneb") == 0, "and there it is");
    Is(ExpandEnvironmentStringsA("a%EnvX%b", Buffer, 6) >= 6, 1, "the same in ANSI");
    SetEnvironmentVariableA("EnvX", NULL);
    SetEnvironmentVariableA("EnvE", NULL);
    SetEnvironmentVariableA("EnvR", NULL);
}

/* ---- ntdll's calls on a block of one's own ------------------------------------------------------------------------------------------------ */

static NTSTATUS(NTAPI *Create)(BOOLEAN, PWSTR *);
static NTSTATUS(NTAPI *Destroy)(PWSTR);
static NTSTATUS(NTAPI *Set)(PWSTR *, PUNICODE_STRING, PUNICODE_STRING);
static NTSTATUS(NTAPI *Query_U)(PWSTR, PUNICODE_STRING, PUNICODE_STRING);
static NTSTATUS(NTAPI *Query)(PWSTR, PCWSTR, SIZE_T, PWSTR, SIZE_T, PSIZE_T);
static NTSTATUS(NTAPI *Expand_U)(PWSTR, PUNICODE_STRING, PUNICODE_STRING, PULONG);

static UNICODE_STRING *U(const WCHAR *Text)
{
    static UNICODE_STRING Strings[4];
    static int Next;
    UNICODE_STRING *String = &Strings[Next++ % 4];

    String->Buffer = (PWSTR)Text;
    String->Length = (USHORT)(wcslen(Text) * sizeof(WCHAR));
    String->MaximumLength = (USHORT)(String->Length + sizeof(WCHAR));
    return String;
}

/* In a child: is there anything behind its environment, as far as its parameters say that it goes? */
static int Remnant(void)
{
    const char *Parameters = (const char *)NtCurrentTeb()->ProcessEnvironmentBlock->ProcessParameters;
    const WCHAR *Environment = *(WCHAR *const *)(Parameters + 0x80);
    SIZE_T Length = *(const SIZE_T *)(Parameters + 0x3F0) / sizeof(WCHAR);

    for (SIZE_T i = 0; i + 7 <= Length; i++) {
        if (wcsncmp(Environment + i, L"remnant", 7) == 0) {
            return 2;
        }
    }
    return Length != 0 ? 1 : 3;
}

static void Removed(void)
{
    STARTUPINFOA Startup = {.cb = sizeof(Startup)};
    PROCESS_INFORMATION Process;
    char Self[MAX_PATH], Line[] = "env remnant";
    DWORD Code = 0;

    SetEnvironmentVariableA("zzz", "remnantremnantremnantremnant");
    SetEnvironmentVariableA("zzz", NULL);
    GetModuleFileNameA(NULL, Self, sizeof(Self));
    if (Ok(CreateProcessA(Self, Line, NULL, NULL, FALSE, 0, NULL, NULL, &Startup, &Process), "a child")) {
        WaitForSingleObject(Process.hProcess, INFINITE);
        GetExitCodeProcess(Process.hProcess, &Code);
        CloseHandle(Process.hThread);
        CloseHandle(Process.hProcess);
    }
    Is(Code, 1, "is not given what was removed");
}

static void Native(void)
{
    HMODULE Ntdll = GetModuleHandleA("ntdll.dll");
    PWSTR Block = NULL;
    WCHAR Text[32];
    UNICODE_STRING Value = {0, sizeof(Text), Text};
    SIZE_T Length = 99;
    ULONG Needed = 0;

    Create = (void *)GetProcAddress(Ntdll, "RtlCreateEnvironment");
    Destroy = (void *)GetProcAddress(Ntdll, "RtlDestroyEnvironment");
    Set = (void *)GetProcAddress(Ntdll, "RtlSetEnvironmentVariable");
    Query_U = (void *)GetProcAddress(Ntdll, "RtlQueryEnvironmentVariable_U");
    Query = (void *)GetProcAddress(Ntdll, "RtlQueryEnvironmentVariable");
    Expand_U = (void *)GetProcAddress(Ntdll, "RtlExpandEnvironmentStrings_U");
    Is((ULONG)Create(FALSE, &Block), 0, "an empty block");
    Is((ULONG)Query_U(Block, U(L"x"), &Value), 0xC0000100, "has nothing in it");
    Is((ULONG)Set(&Block, U(L"zebra"), U(L"1")), 0, "a variable");
    Is((ULONG)Set(&Block, U(L"ant"), U(L"2")), 0, "another");
    Is((ULONG)Set(&Block, U(L"=C:"), U(L"C:\\")), 0, "a drive");
    Is((ULONG)Set(&Block, U(L"Monkey"), U(L"")), 0, "an empty one");
    Ok(memcmp(Block, L"=C:=C:\\\0ant=2\0Monkey=\0zebra=1\0", sizeof(L"=C:=C:\\\0ant=2\0Monkey=\0zebra=1\0")) == 0, "sorted without regard to case");
    Is((ULONG)Set(&Block, U(L"ANT"), U(L"long enough to move")), 0, "a longer value");
    Is((ULONG)Query_U(Block, U(L"ant"), &Value), 0, "is there");
    Ok(Value.Length == 38 && wcscmp(Text, L"long enough to move") == 0, "with its zero");
    Value.MaximumLength = 38;
    Is((ULONG)Query_U(Block, U(L"ant"), &Value), 0, "without room for the zero");
    Value.MaximumLength = 36;
    Is((ULONG)Query_U(Block, U(L"ant"), &Value), 0xC0000023, "without room for the last character");
    Is(Value.Length, 38, "the length it needs");
    Is((ULONG)Query(Block, L"antelope", 3, Text, 32, &Length), 0, "by a counted name");
    Is(Length, 19, "its length");
    Is((ULONG)Query(Block, L"ant", 3, Text, 19, &Length), 0xC0000023, "no room for the zero");
    Is(Length, 20, "the length with it");
    Is((ULONG)Query(Block, L"nope", 4, Text, 19, &Length), 0xC0000100, "none of that name");
    Value.MaximumLength = sizeof(Text);
    Is((ULONG)Expand_U(Block, U(L"<%zebra%>"), &Value, &Needed), 0, "expanded with the block");
    Ok(Value.Length == 6 && Needed == 8 && wcscmp(Text, L"<1>") == 0, "%ls", Text);
    Value.MaximumLength = 6;
    Is((ULONG)Expand_U(Block, U(L"<%zebra%>"), &Value, &Needed), 0xC0000023, "no room for the zero");
    Is(Needed, 8, "the size it needs");
    Is((ULONG)Set(&Block, U(L"a=b"), U(L"1")), 0xC000000D, "an equals sign in a name");
    Is((ULONG)Set(&Block, U(L"zebra"), NULL), 0, "removed");
    Is((ULONG)Query_U(Block, U(L"zebra"), &Value), 0xC0000100, "gone");
    Is((ULONG)Destroy(Block), 0, "the block goes");
    Is((ULONG)Create(TRUE, &Block), 0, "a copy of ours");
    Value.MaximumLength = sizeof(Text);
    Is((ULONG)Query_U(Block, U(L"SystemRoot"), &Value), 0, "has what we have");
    Destroy(Block);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "remnant") == 0) {
        return Remnant();
    }
    Variables();
    Sizes();
    Blocks();
    Expansion();
    Removed();
    Native();
    return Done();
}
