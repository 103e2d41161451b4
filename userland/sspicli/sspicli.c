/* SPDX-License-Identifier: MIT */
/* sspicli.c - nothing but an entry point: every function is secur32's, forwarded by the .def file. */
int DllMain(void);
int DllMain(void)
{
    return 1;
}
