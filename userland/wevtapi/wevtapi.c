/* SPDX-License-Identifier: MIT */
/* wevtapi.c - reading the event log, which is not kept. */
int DllMain(void);
int DllMain(void)
{
    return 1;
}
