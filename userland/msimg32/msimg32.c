/* SPDX-License-Identifier: MIT */
/* msimg32.c - three ways to draw, which need gdi32 to draw. */
int DllMain(void);
int DllMain(void)
{
    return 1;
}
