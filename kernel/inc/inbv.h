/* SPDX-License-Identifier: MIT */
/* inbv.h - boot video: text on the framebuffer before condrv has it, and for the bugcheck screen. */
#ifndef NASCENT_INBV_H
#define NASCENT_INBV_H
#include "nt.h"
#include "loader.h"
void InbvDriverInitialize(LOADER_PARAMETER_BLOCK *Block);
void InbvDisplayString_(const char *Utf8);
void InbvSolidColorFill_(ULONG Background); /* clears; 0x00RRGGBB */
void InbvSetTextColor_(ULONG Foreground);
BOOLEAN InbvIsBootDriverInstalled_(void);
#endif
