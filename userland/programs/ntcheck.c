/* SPDX-License-Identifier: MIT */
/*
 * ntcheck.c - asks the kernel to check itself: the dispatcher's and the memory manager's invariants, and the order of locks (checked build).
 *
 * The exit code is 0 if everything holds, 1 if not; what is wrong is printed, and the kernel's log says it too.  A contradiction in mm ends in a
 * bugcheck.  Behind it: NtSystemDebugControl with a code of ours, kernel/ps/verify.c, ke/verify.c, mm/verify.c.
 */
#include <stdio.h>
#include <windows.h>
#include "native.h"

#define VERIFY_SYSTEM 0x4E430022u

typedef LONG(NTAPI *SYSTEM_DEBUG_CONTROL)(ULONG Command, PVOID Input, ULONG InputLength, PVOID Output, ULONG OutputLength, PULONG ReturnLength);

int main(void)
{
    static char Text[4096];
    SYSTEM_DEBUG_CONTROL Control = (SYSTEM_DEBUG_CONTROL)(void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtSystemDebugControl");
    LONG Status = Control != NULL ? Control(VERIFY_SYSTEM, NULL, 0, Text, sizeof(Text), NULL) : (LONG)0xC0000139;

    Text[sizeof(Text) - 1] = 0;
    if (Status == 0) {
        printf("ntcheck: dispatcher, memory and lock order are as they should be\n");
        return 0;
    }
    printf("ntcheck: status 0x%08lX\n%s", Status, Text);
    return 1;
}
