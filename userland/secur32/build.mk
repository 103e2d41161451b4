# SPDX-License-Identifier: MIT
# security.h declares its two tables as imports without asking; the export is the same function.
secur32_FLAGS := -Wno-attributes
