/* SPDX-License-Identifier: MIT */
/*
 * denied.c - whydenied.exe explains what the kernel decides: for events with several descriptors its verdict, its steps and its exit code.
 */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <sddl.h>
#include <string.h>
#include "tap.h"

static char Output[8192];

static DWORD Ask(const char *Name, const char *Rights)
{
    SECURITY_ATTRIBUTES Inherit = {sizeof(Inherit), NULL, TRUE};
    STARTUPINFOA Startup = {.cb = sizeof(Startup), .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION Process;
    char Command[200];
    DWORD Code = 0xDEAD, Got, Size = 0;
    HANDLE Read, Write;

    if (!CreatePipe(&Read, &Write, &Inherit, 0)) {
        return 0xDEAD;
    }
    SetHandleInformation(Read, HANDLE_FLAG_INHERIT, 0);
    Startup.hStdOutput = Startup.hStdError = Write;
    Startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    snprintf(Command, sizeof(Command), "whydenied.exe %s %s", Name, Rights);
    if (!CreateProcessA(NULL, Command, NULL, NULL, TRUE, 0, NULL, NULL, &Startup, &Process)) {
        return 0xDEAD;
    }
    CloseHandle(Write);
    while (Size < sizeof(Output) - 1 && ReadFile(Read, Output + Size, sizeof(Output) - 1 - Size, &Got, NULL) && Got != 0) {
        Size += Got;
    }
    Output[Size] = 0;
    CloseHandle(Read);
    WaitForSingleObject(Process.hProcess, 60000);
    GetExitCodeProcess(Process.hProcess, &Code);
    CloseHandle(Process.hProcess);
    CloseHandle(Process.hThread);
    return Code;
}

static void Case(const char *Sddl, const char *Rights, DWORD Code, const char *Says)
{
    SECURITY_ATTRIBUTES Attributes = {sizeof(Attributes), NULL, FALSE};

    ConvertStringSecurityDescriptorToSecurityDescriptorA(Sddl, 1, &Attributes.lpSecurityDescriptor, NULL);
    HANDLE Event = CreateEventA(&Attributes, TRUE, FALSE, "denied-event");
    DWORD Got = Ask("denied-event", Rights);
    if (!Ok(Got == Code && strstr(Output, Says) != NULL && strstr(Output, "a bug") == NULL, "%s, %s: \"%s\"", Sddl, Rights, Says)) {
        printf("#   exit code 0x%lx\n", Got);
        for (char *Line = strtok(Output, "\r\n"); Line != NULL; Line = strtok(NULL, "\r\n")) {
            printf("#   %s\n", Line);
        }
    }
    CloseHandle(Event);
    LocalFree(Attributes.lpSecurityDescriptor);
}

int main(void)
{
    Case("D:(A;;0x1f0003;;;WD)", "0x2", 0, "0x2 granted");
    Case("D:(A;;0x20001;;;WD)", "0x3", 5, "nothing speaks of 0x2");
    Case("D:(D;;0x2;;;WD)(A;;0x1f0003;;;WD)", "0x3", 5, "0x2 DENIED");
    Case("D:(A;;0x1f0003;;;WD)(D;;0x2;;;WD)", "0x3", 0, "decided before");
    Case("D:(A;;0x20000;;;WD)(A;;0x1f0003;;;S-1-5-99)", "0x2", 5, "not you");
    Case("D:(A;;0x20000;;;WD)(A;IO;0x1f0003;;;WD)", "0x2", 5, "for children only");
    Case("D:(A;;0x20001;;;WD)", "MAX", 0, "verdict    granted");
    Case("D:(A;;RC;;;OW)(A;;RC;;;WD)", "WRITE_DAC", 5, "nothing speaks of 0x40000");
    Case("D:(A;;GR;;;WD)", "read", 0, "verdict    granted");
    return Done();
}
