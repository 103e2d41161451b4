/* SPDX-License-Identifier: MIT */
/* tdh.c - descriptions of traced events, of which none is registered. */
int DllMain(void);
int DllMain(void)
{
    return 1;
}
