/* SPDX-License-Identifier: MIT */
/* ldrres.dll - a DLL with resources (ldrres.rc). */
int Nothing(void)
{
    return 0;
}
