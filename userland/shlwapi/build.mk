# SPDX-License-Identifier: MIT
# Characters without regard to case are user32's.
shlwapi_LIBS := user32 kernel32 ntdll
