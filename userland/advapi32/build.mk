# SPDX-License-Identifier: MIT
# The hashes are shared with bcrypt.
advapi32_EXTRA := userland/bcrypt/hash.c
advapi32_FLAGS += -Iuserland/bcrypt
