/* SPDX-License-Identifier: MIT */
/* ldrdep.dll - needs ldrwhere.dll, and says which one it got. */
__declspec(dllimport) const char *Where(void);

__declspec(dllexport) const char *WhereOfMine(void)
{
    return Where();
}
