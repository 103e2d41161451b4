/* SPDX-License-Identifier: MIT */
/* ws2.h - what the files of ws2_32 share: whether WSAStartup was called, and addresses as text. */
#ifndef NASCENT_WS2_H
#define NASCENT_WS2_H

BOOL Ws2Started(void); /* sets WSANOTINITIALISED */
BOOL Ws2ParseV4(LPCSTR Text, ULONG *Address, BOOL Short); /* network order; Short: 127.1, hexadecimal and octal parts too */
BOOL Ws2ParseV6(LPCSTR Text, IN6_ADDR *Address);
int Ws2PrintV4(ULONG Address, LPSTR Text);
int Ws2PrintV6(const IN6_ADDR *Address, LPSTR Text);
#define WS2_TEXT 72 /* room for any address with port and scope */

#endif
