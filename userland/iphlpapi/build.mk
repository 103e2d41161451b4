# SPDX-License-Identifier: MIT
# Its headers want the sockets' first.
iphlpapi_FLAGS := -DSMALLDLL_SOCKETS
