# SPDX-License-Identifier: MIT
#
# The framebuffer's glyphs are generated: font8x16.h by tools/mkfont.
condrv_FLAGS := -I$(GEN)
