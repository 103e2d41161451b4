/* SPDX-License-Identifier: MIT */
/* ldrlack.dll - wants a function that ldrordinal.dll does not have. */
__declspec(dllimport) int NotInThere(void);

__declspec(dllexport) int Lack(void)
{
    return NotInThere();
}
