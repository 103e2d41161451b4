# SPDX-License-Identifier: MIT
# All of it is forwarded.
sspicli_LIBS := secur32 kernel32 ntdll
