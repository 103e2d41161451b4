# SPDX-License-Identifier: MIT
# Paths are handed out from ole32's task allocator; the string functions are forwarded.
shell32_LIBS := ole32 shlwapi kernel32 ntdll
