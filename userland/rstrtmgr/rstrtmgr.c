/* SPDX-License-Identifier: MIT */
/* rstrtmgr.c - who holds a file open, and restarting it. */
int DllMain(void);
int DllMain(void)
{
    return 1;
}
