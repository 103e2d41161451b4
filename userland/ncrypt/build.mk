# SPDX-License-Identifier: MIT
# The functions of bcrypt are forwarded.
ncrypt_LIBS := bcrypt kernel32 ntdll
