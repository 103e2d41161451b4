# SPDX-License-Identifier: MIT
# Nearly all of it is forwarded.
combase_LIBS := ole32 kernel32 ntdll
