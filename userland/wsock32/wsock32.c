/* SPDX-License-Identifier: MIT */
/* wsock32.c - the sockets of before Windows 98 under their old ordinals, all of them ws2_32's and mswsock's. */
int DllMain(void);
int DllMain(void)
{
    return 1;
}
