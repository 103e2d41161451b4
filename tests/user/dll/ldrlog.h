/* SPDX-License-Identifier: MIT */
/* ldrlog.h - a DllMain that writes NAME and what it is called for: + attach, - detach, > and < a thread; capitals for static loads. */
#include <windows.h>

__declspec(dllimport) void LogAdd(const char *Word);

static inline void LogReason(const char *Name, DWORD Reason, void *Reserved)
{
    char Word[32];
    int Length = 0;

    for (; Name[Length] != 0 && Length < 28; Length++) {
        Word[Length] = Name[Length];
    }
    Word[Length++] = Reason == DLL_PROCESS_ATTACH ? '+' : Reason == DLL_PROCESS_DETACH ? '-' : Reason == DLL_THREAD_ATTACH ? '>' : '<';
    if (Reserved != NULL) {
        Word[Length++] = '!';
    }
    Word[Length] = 0;
    LogAdd(Word);
}
