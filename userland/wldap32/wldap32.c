/* SPDX-License-Identifier: MIT */
/* wldap32.c - directory services, which need a network. */
int DllMain(void);
int DllMain(void)
{
    return 1;
}
