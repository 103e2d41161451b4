/* SPDX-License-Identifier: MIT */
/* ldrfwd.dll - forwarders (ldrfwd.def): by name, by ordinal, to an API set, in a chain, to nowhere, in a circle. */
int Local(void)
{
    return 11;
}
