/* SPDX-License-Identifier: MIT */
/* ldrordinal.dll - functions by ordinal only, by ordinal and name, and data. */
int Five(void)
{
    return 5;
}

int Seven(void)
{
    return 7;
}

int Named(void)
{
    return 300;
}

int Datum = 77;
