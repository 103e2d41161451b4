/* SPDX-License-Identifier: MIT */
/* psapi.c - nothing but an entry point: every function is kernel32's, forwarded by the .def file. */
int DllMain(void);
int DllMain(void)
{
    return 1;
}
