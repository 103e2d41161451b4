/* SPDX-License-Identifier: MIT */
/*
 * normaliz.c - normaliz.dll, where normal forms and host names were before Windows 7: forwarders to kernel32 (normaliz.def), and nothing to initialise.
 */
int DllMain(void);
int DllMain(void)
{
    return 1;
}
