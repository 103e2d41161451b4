# SPDX-License-Identifier: MIT
# ntdll defines what the headers would import, and its C run-time subset comes from kernel/rtl.
ntdll_FLAGS += -D_NTSYSTEM_ -D_NTOSKRNL_ -D_NTHALDLL_ -D_CRTIMP= -D_CRT_SECURE_NO_DEPRECATE
