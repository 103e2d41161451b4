/* SPDX-License-Identifier: MIT */
/* ldrwhere.dll - knows which folder it was built for; there is one in several. */
#ifndef WHERE
#define WHERE "programs"
#endif

__declspec(dllexport) const char *Where(void)
{
    return WHERE;
}
