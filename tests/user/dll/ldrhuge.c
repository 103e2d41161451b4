/* SPDX-License-Identifier: MIT */
/* ldrhuge.dll - more than 100 MB of image, most of it zeroes that nobody touches. */
static char Huge[130 << 20];

__declspec(dllexport) char *HugeByte(unsigned Offset)
{
    return &Huge[Offset];
}
