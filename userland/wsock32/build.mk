# SPDX-License-Identifier: MIT
# Nearly all of it is forwarded.
wsock32_LIBS := ws2_32 mswsock kernel32 ntdll
