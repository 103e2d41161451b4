/* SPDX-License-Identifier: MIT */
/*
 * env.c - command line, environment, start-up information: all of it lies in the PEB's process parameters.
 *
 * The ANSI command line is converted once, when the library starts, because GetCommandLineA returns a pointer that is never freed.
 */
#include "k32.h"

static LPSTR AnsiCommandLine;

LPWSTR WINAPI GetCommandLineW(void)
{
    return BaseParameters()->CommandLine.Buffer;
}

LPSTR WINAPI GetCommandLineA(void)
{
    if (AnsiCommandLine == NULL) {
        const UNICODE_STRING *Line = &BaseParameters()->CommandLine;
        DWORD Size = BaseToAnsi(Line->Buffer, Line->Length / sizeof(WCHAR), NULL, 0);
        LPSTR Copy = BaseAllocate(Size);
        if (Copy == NULL) {
            return NULL;
        }
        BaseToAnsi(Line->Buffer, Line->Length / sizeof(WCHAR), Copy, Size);
        if (InterlockedCompareExchangePointer((PVOID volatile *)&AnsiCommandLine, Copy, NULL) != NULL) {
            BaseFree(Copy);
        }
    }
    return AnsiCommandLine;
}

static SIZE_T EnvironmentLength(LPCWSTR Environment)
{
    LPCWSTR p = Environment;

    while (*p != 0) {
        p += wcslen(p) + 1;
    }
    return (SIZE_T)(p - Environment) + 1;
}

/* A copy: the block itself may be replaced by another thread as soon as the PEB lock is left. */
LPWCH WINAPI GetEnvironmentStringsW(void)
{
    LPWSTR Copy;

    RtlAcquirePebLock();
    LPCWSTR Environment = BaseParameters()->Environment;
    SIZE_T Length = EnvironmentLength(Environment);
    Copy = BaseAllocate(Length * sizeof(WCHAR));
    if (Copy != NULL) {
        memcpy(Copy, Environment, Length * sizeof(WCHAR));
    }
    RtlReleasePebLock();
    return Copy;
}

BOOL WINAPI FreeEnvironmentStringsW(LPWCH Strings)
{
    BaseFree(Strings);
    return TRUE;
}

/* The block is copied; each of its strings must have a name, and its sign. */
BOOL WINAPI SetEnvironmentStringsW(LPWCH Strings)
{
    PWSTR Copy;

    for (LPCWSTR p = Strings; *p != 0; p += wcslen(p) + 1) {
        if (wcschr(p + 1, L'=') == NULL) {
            return BaseFail(ERROR_INVALID_PARAMETER);
        }
    }
    NTSTATUS Status = RtlCreateEnvironmentEx(Strings, &Copy, 0);
    if (!NT_SUCCESS(Status)) {
        return BaseResult(Status);
    }
    return BaseResult(RtlSetCurrentEnvironment(Copy, NULL));
}

BOOL WINAPI SetEnvironmentStringsA(LPCH Strings)
{
    LPWSTR Wide;
    SIZE_T Length = 0;

    while (Strings[Length] != 0) {
        Length += strlen(Strings + Length) + 1;
    }
    if (!BaseBytesToWide(CP_ACP, Strings, Length + 1, &Wide, NULL)) {
        return FALSE;
    }
    BOOL Result = SetEnvironmentStringsW(Wide);
    BaseFree(Wide);
    return Result;
}

/* The form without a letter is what the headers declare, GetEnvironmentStringsA is a macro for it; both are exported (kernel32.def). */
LPCH WINAPI GetEnvironmentStrings(void)
{
    LPWSTR Wide = GetEnvironmentStringsW();
    LPSTR Ansi = NULL;

    if (Wide != NULL) {
        int Length = (int)EnvironmentLength(Wide);
        int Size = WideCharToMultiByte(CP_OEMCP, 0, Wide, Length, NULL, 0, NULL, NULL);
        Ansi = BaseAllocate((SIZE_T)Size);
        if (Ansi != NULL) {
            WideCharToMultiByte(CP_OEMCP, 0, Wide, Length, Ansi, Size, NULL, NULL);
        }
        FreeEnvironmentStringsW(Wide);
    }
    return Ansi;
}

BOOL WINAPI FreeEnvironmentStringsA(LPCH Strings)
{
    BaseFree(Strings);
    return TRUE;
}

DWORD WINAPI GetEnvironmentVariableW(LPCWSTR Name, LPWSTR Buffer, DWORD Size)
{
    UNICODE_STRING NameString, Value;

    RtlInitUnicodeString(&NameString, Name);
    Value.Length = 0;
    Value.MaximumLength = Buffer == NULL ? 0 : (USHORT)(Size > 0x7FFF ? 0xFFFE : Size * sizeof(WCHAR));
    Value.Buffer = Buffer;
    if (Value.MaximumLength != 0) {
        Value.MaximumLength -= sizeof(WCHAR); /* keep room for the zero */
    }
    NTSTATUS Status = RtlQueryEnvironmentVariable_U(NULL, &NameString, &Value);
    if (Status == STATUS_BUFFER_TOO_SMALL) {
        return Value.Length / sizeof(WCHAR) + 1;
    }
    if (!NT_SUCCESS(Status)) {
        BaseSetLastNTError(Status);
        return 0;
    }
    if (Buffer == NULL || Size == 0) {
        return Value.Length / sizeof(WCHAR) + 1;
    }
    Buffer[Value.Length / sizeof(WCHAR)] = 0;
    if (Value.Length == 0) {
        BaseFail(ERROR_SUCCESS); /* an empty value is told from a missing one by the last error */
    }
    return Value.Length / sizeof(WCHAR);
}

DWORD WINAPI GetEnvironmentVariableA(LPCSTR Name, LPSTR Buffer, DWORD Size)
{
    LPWSTR WideName, Value;
    DWORD Need, Result = 0;

    if (!BaseToWide(Name, &WideName)) {
        return 0;
    }
    Need = GetEnvironmentVariableW(WideName, NULL, 0);
    if (Need != 0 && (Value = BaseAllocate(Need * sizeof(WCHAR))) != NULL) {
        DWORD Length = GetEnvironmentVariableW(WideName, Value, Need);
        if (Length < Need) {
            Result = BaseToAnsi(Value, Length, Buffer, Size);
        }
        BaseFree(Value);
    }
    BaseFree(WideName);
    return Result;
}

BOOL WINAPI SetEnvironmentVariableW(LPCWSTR Name, LPCWSTR Value)
{
    UNICODE_STRING NameString, ValueString;

    if (Name == NULL) {
        return BaseFail(ERROR_INVALID_PARAMETER);
    }
    RtlInitUnicodeString(&NameString, Name);
    RtlInitUnicodeString(&ValueString, Value);
    return BaseResult(RtlSetEnvironmentVariable(NULL, &NameString, Value == NULL ? NULL : &ValueString));
}

BOOL WINAPI SetEnvironmentVariableA(LPCSTR Name, LPCSTR Value)
{
    LPWSTR WideName = NULL, WideValue = NULL;
    BOOL Result = FALSE;

    if (BaseToWide(Name, &WideName) && BaseToWide(Value, &WideValue)) {
        Result = SetEnvironmentVariableW(WideName, WideValue);
    }
    BaseFree(WideValue);
    BaseFree(WideName);
    return Result;
}

DWORD WINAPI ExpandEnvironmentStringsW(LPCWSTR Source, LPWSTR Buffer, DWORD Size)
{
    UNICODE_STRING From, To;
    ULONG Need = 0;

    RtlInitUnicodeString(&From, Source);
    To.Length = 0;
    To.MaximumLength = (USHORT)(Size > 0x7FFF ? 0xFFFE : Size * sizeof(WCHAR));
    To.Buffer = Buffer;
    NTSTATUS Status = RtlExpandEnvironmentStrings_U(NULL, &From, &To, &Need);
    if (!NT_SUCCESS(Status) && Status != STATUS_BUFFER_TOO_SMALL) {
        BaseSetLastNTError(Status);
        return 0;
    }
    return Need / sizeof(WCHAR);
}

DWORD WINAPI ExpandEnvironmentStringsA(LPCSTR Source, LPSTR Buffer, DWORD Size)
{
    LPWSTR Wide, Expanded;
    DWORD Result = 0;

    if (!BaseToWide(Source, &Wide)) {
        return 0;
    }
    DWORD Need = ExpandEnvironmentStringsW(Wide, NULL, 0);
    if (Need != 0 && (Expanded = BaseAllocate(((SIZE_T)Need + 1) * sizeof(WCHAR))) != NULL) {
        Need = ExpandEnvironmentStringsW(Wide, Expanded, Need + 1);
        Result = BaseToAnsi(Expanded, Need - 1, Buffer, Size);
        Result = Result < Size ? Result + 1 : Result;
        BaseFree(Expanded);
    }
    BaseFree(Wide);
    return Result;
}

static LPWSTR StringOrNull(const UNICODE_STRING *String)
{
    return String->Buffer;
}

VOID WINAPI GetStartupInfoW(LPSTARTUPINFOW Info)
{
    const NPROCESS_PARAMETERS *p = BaseParameters();

    memset(Info, 0, sizeof(*Info));
    Info->cb = sizeof(*Info);
    Info->lpReserved = StringOrNull(&p->ShellInfo);
    Info->lpDesktop = StringOrNull(&p->DesktopInfo);
    Info->lpTitle = StringOrNull(&p->WindowTitle);
    Info->dwX = p->StartingX;
    Info->dwY = p->StartingY;
    Info->dwXSize = p->CountX;
    Info->dwYSize = p->CountY;
    Info->dwXCountChars = p->CountCharsX;
    Info->dwYCountChars = p->CountCharsY;
    Info->dwFillAttribute = p->FillAttribute;
    Info->dwFlags = p->WindowFlags;
    Info->wShowWindow = (WORD)p->ShowWindowFlags;
    Info->cbReserved2 = p->RuntimeData.Length;
    Info->lpReserved2 = (LPBYTE)p->RuntimeData.Buffer;
    Info->hStdInput = p->StandardInput;
    Info->hStdOutput = p->StandardOutput;
    Info->hStdError = p->StandardError;
}

/* The strings are converted once and kept, as on Windows: the caller never frees them. */
VOID WINAPI GetStartupInfoA(LPSTARTUPINFOA Info)
{
    static LPSTR Kept[3];
    STARTUPINFOW Wide;

    GetStartupInfoW(&Wide);
    LPWSTR Source[3] = {Wide.lpReserved, Wide.lpDesktop, Wide.lpTitle};
    for (int i = 0; i < 3; i++) {
        if (Kept[i] == NULL && Source[i] != NULL) {
            DWORD Size = BaseToAnsi(Source[i], wcslen(Source[i]), NULL, 0);
            LPSTR Copy = BaseAllocate(Size);
            if (Copy != NULL) {
                BaseToAnsi(Source[i], wcslen(Source[i]), Copy, Size);
                if (InterlockedCompareExchangePointer((PVOID volatile *)&Kept[i], Copy, NULL) != NULL) {
                    BaseFree(Copy);
                }
            }
        }
    }
    static_assert(sizeof(STARTUPINFOA) == sizeof(STARTUPINFOW), "only the pointers differ");
    memcpy(Info, &Wide, sizeof(*Info));
    Info->lpReserved = Kept[0];
    Info->lpDesktop = Kept[1];
    Info->lpTitle = Kept[2];
}
