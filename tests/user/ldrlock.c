/* SPDX-License-Identifier: MIT */
/*
 * ldrlock.c - a deadlock through the loader lock is found and its cycle named on standard error.  The program starts itself: the child loads
 * ldrdead.dll, the parent reads what it says.  (Windows itself says nothing.)
 */
#include <windows.h>
#include <string.h>
#include "tap.h"

int main(int Count, char **Arguments)
{
    SECURITY_ATTRIBUTES Inherit = {sizeof(Inherit), NULL, TRUE};
    STARTUPINFOA Startup = {.cb = sizeof(Startup), .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION Process;
    HANDLE Read, Write;
    static char Text[2000], Command[] = "ldrlock.exe child";
    DWORD Length = 0, Got, Code = 99;
    unsigned First = 0, Second = 0, Third = 0, Fourth = 0;

    if (Count > 1) {
        return LoadLibraryA("ldrdead.dll") != NULL ? 0 : 1;
    }
    CreatePipe(&Read, &Write, &Inherit, 0);
    Startup.hStdError = Startup.hStdOutput = Write;
    Ok(CreateProcessA(NULL, Command, NULL, NULL, TRUE, 0, NULL, NULL, &Startup, &Process), "a child that blocks itself");
    CloseHandle(Write);
    while (Length < sizeof(Text) - 1 && ReadFile(Read, Text + Length, sizeof(Text) - 1 - Length, &Got, NULL) && Got != 0) {
        Length += Got;
    }
    WaitForSingleObject(Process.hProcess, INFINITE);
    GetExitCodeProcess(Process.hProcess, &Code);
    Is(Code, 0, "comes to its end when DllMain gives up");
    const char *Waits = strstr(Text, "  thread ");
    int Fields = Waits == NULL ? 0 : sscanf(Waits, " thread %u waits for the loader lock, which thread %u holds thread %u waits for thread %u",
                                            &First, &Second, &Third, &Fourth);
    if (!Ok(Fields == 4 && First == Fourth && Second == Third && First != Second, "the report names the cycle")) {
        printf("# %s\n", Text);
    }
    return Done();
}
