/* SPDX-License-Identifier: MIT */
/*
 * exitcode.c - exits with the number it is given (0x... is hexadecimal).
 */
#include <stdlib.h>

int main(int argc, char **argv)
{
    return argc > 1 ? (int)strtoul(argv[1], NULL, 0) : 0;
}
