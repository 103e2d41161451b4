/* SPDX-License-Identifier: MIT */
/*
 * hello.c - what a program is given: arguments, directory, process id, environment.
 *
 * Made by `x86_64-w64-mingw32-gcc hello.c -o hello.exe`, without any flag: an ordinary Windows console program.
 */
#include <stdio.h>
#include <windows.h>

int main(int argc, char **argv, char **envp)
{
    char directory[MAX_PATH];

    printf("Hello from process %lu.\n", GetCurrentProcessId());
    for (int i = 0; i < argc; i++) {
        printf("argv[%d] = %s\n", i, argv[i]);
    }
    if (GetCurrentDirectoryA(sizeof(directory), directory) != 0) {
        printf("directory: %s\n", directory);
    }
    printf("environment:\n");
    for (; *envp != NULL; envp++) {
        printf("  %s\n", *envp);
    }
    return 0;
}
