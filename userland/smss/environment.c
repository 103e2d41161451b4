/* SPDX-License-Identifier: MIT */
/*
 * environment.c - the environment of the first program, from which every other one's descends.
 *
 * On Windows these come from the registry (HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment) and from winlogon; here
 * from a table, and the processor's from the processor.
 */
#include "smss.h"

static void Set(PWSTR *Environment, PCWSTR Name, PCWSTR Value)
{
    UNICODE_STRING NameString, ValueString;

    RtlInitUnicodeString(&NameString, Name);
    RtlInitUnicodeString(&ValueString, Value);
    RtlSetEnvironmentVariable(Environment, &NameString, &ValueString);
}

static void SetNumber(PWSTR *Environment, PCWSTR Name, ULONG Value, ULONG Base)
{
    WCHAR Buffer[16];
    UNICODE_STRING String = {0, sizeof(Buffer), Buffer};

    if (NT_SUCCESS(RtlIntegerToUnicodeString(Value, Base, &String))) {
        Buffer[String.Length / sizeof(WCHAR)] = 0;
        Set(Environment, Name, Buffer);
    }
}

static void SetProcessor(PWSTR *Environment)
{
    unsigned Eax = 1, Ebx, Ecx = 0, Edx;

    __asm__ volatile("cpuid" : "+a"(Eax), "=b"(Ebx), "+c"(Ecx), "=d"(Edx));
    SetNumber(Environment, L"NUMBER_OF_PROCESSORS", NtCurrentNPeb()->NumberOfProcessors, 10);
    Set(Environment, L"PROCESSOR_ARCHITECTURE", L"AMD64");
    SetNumber(Environment, L"PROCESSOR_LEVEL", (Eax >> 8) & 15, 10);
    SetNumber(Environment, L"PROCESSOR_REVISION", ((Eax & 0xF0) << 4) | (Eax & 15), 16);
}

NTSTATUS SmpCreateEnvironment(PWSTR *Environment)
{
    static const struct { PCWSTR Name, Value; } Table[] = {
        {L"ALLUSERSPROFILE", L"C:\\ProgramData"},
        {L"APPDATA", L"C:\\Users\\Administrator\\AppData\\Roaming"},
        {L"CommonProgramFiles", L"C:\\Program Files\\Common Files"},
        {L"CommonProgramW6432", L"C:\\Program Files\\Common Files"},
        {L"COMPUTERNAME", L"NASCENT"},
        {L"ComSpec", L"C:\\Windows\\system32\\cmd.exe"},
        {L"HOMEDRIVE", L"C:"},
        {L"HOMEPATH", L"\\"},
        {L"LOCALAPPDATA", L"C:\\Users\\Administrator\\AppData\\Local"},
        {L"OS", L"Windows_NT"},
        {L"Path", L"C:\\Windows\\system32;C:\\Windows;C:\\Programs"},
        {L"PATHEXT", L".COM;.EXE;.BAT;.CMD"},
        {L"PROMPT", L"$P$G"},
        {L"ProgramData", L"C:\\ProgramData"},
        {L"ProgramFiles", L"C:\\Program Files"},
        {L"ProgramW6432", L"C:\\Program Files"},
        {L"PUBLIC", L"C:\\Users\\Public"},
        {L"SystemDrive", L"C:"},
        {L"SystemRoot", L"C:\\Windows"},
        {L"TEMP", L"C:\\Temp"},
        {L"TMP", L"C:\\Temp"},
        {L"USERDOMAIN", L"NASCENT"},
        {L"USERNAME", L"Administrator"},
        {L"USERPROFILE", L"C:\\"},
        {L"windir", L"C:\\Windows"},
    };
    NTSTATUS Status = RtlCreateEnvironment(FALSE, Environment);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    for (ULONG i = 0; i < COUNT_OF(Table); i++) {
        Set(Environment, Table[i].Name, Table[i].Value);
    }
    SetProcessor(Environment);
    return STATUS_SUCCESS;
}
