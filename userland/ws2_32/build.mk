# SPDX-License-Identifier: MIT
# Its headers come before the others.
ws2_32_FLAGS := -DSMALLDLL_SOCKETS
