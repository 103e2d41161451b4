/* SPDX-License-Identifier: MIT */
/* ldrorphan.dll - wants a DLL that is nowhere. */
__declspec(dllimport) int Parent(void);

__declspec(dllexport) int Orphan(void)
{
    return Parent();
}
