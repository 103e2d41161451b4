/* SPDX-License-Identifier: MIT */
/* avicap32.c - cameras. */
int DllMain(void);
int DllMain(void)
{
    return 1;
}
