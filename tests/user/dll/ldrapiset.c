/* SPDX-License-Identifier: MIT */
/* ldrapiset.dll - imports through API sets only (apiset.def). */
__declspec(dllimport) unsigned long GetCurrentProcessId(void);

__declspec(dllexport) unsigned long Id(void)
{
    return GetCurrentProcessId();
}
