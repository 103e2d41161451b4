/* SPDX-License-Identifier: MIT */
/* avicap32.c - capturing pictures from cameras, of which there are none. */
int DllMain(void);
int DllMain(void)
{
    return 1;
}
