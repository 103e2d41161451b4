# SPDX-License-Identifier: MIT
ncrypt_LIBS := bcrypt kernel32 ntdll
