/* SPDX-License-Identifier: MIT */
/*
 * fourdlls.c - a program that imports from four DLLs beside msvcrt: what inject.c starts again and again.  Exits with 0.
 */
#include <windows.h>
#include <shellapi.h>

int main(void)
{
    HANDLE Token = NULL;
    int Count = 0;

    if (GetCommandLineA() == NULL) { /* never, but the compiler cannot know */
        OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &Token);
        CommandLineToArgvW(L"", &Count);
        MessageBoxA(NULL, "", "", 0);
    }
    return 0;
}
