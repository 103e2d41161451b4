# SPDX-License-Identifier: MIT
# Paths are handed out from ole32's task allocator.
shell32_LIBS := ole32 kernel32 ntdll
