/* SPDX-License-Identifier: MIT */
/* ldrbyord.dll - imports by ordinal (byord.def), and a variable. */
__declspec(dllimport) int Five(void);
__declspec(dllimport) int Seven(void);

__declspec(dllexport) int Sum(void)
{
    return Five() * 10 + Seven();
}
