/* SPDX-License-Identifier: MIT */
/* ldrlog.dll - what the DllMains of the other test DLLs write into: words separated by blanks. */
#include <windows.h>
#include <string.h>

static char Text[1024];

__declspec(dllexport) void LogAdd(const char *Word)
{
    if (strlen(Text) + strlen(Word) + 2 < sizeof(Text)) {
        if (Text[0] != 0) {
            strcat(Text, " ");
        }
        strcat(Text, Word);
    }
}

__declspec(dllexport) const char *LogText(void)
{
    return Text;
}

__declspec(dllexport) void LogClear(void)
{
    Text[0] = 0;
}

__declspec(dllexport) int LogNumber = 1234;
