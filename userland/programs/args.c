/* SPDX-License-Identifier: MIT */
/*
 * args.c - the command line as the process got it, and as the C run-time library took it apart.
 */
#include <stdio.h>
#include <windows.h>

int main(int argc, char **argv)
{
    printf("line [%s]\n", GetCommandLineA());
    for (int i = 0; i < argc; i++) {
        printf("argv[%d] [%s]\n", i, argv[i]);
    }
    return argc - 1;
}
