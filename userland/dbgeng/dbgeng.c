/* SPDX-License-Identifier: MIT */
/* dbgeng.c - the debugger engine. */
int DllMain(void);
int DllMain(void)
{
    return 1;
}
