# SPDX-License-Identifier: MIT
# security.h declares its two tables as imports unless it is told that they are our own.
secur32_FLAGS := -D_NO_KSECDD_IMPORT_
