/* SPDX-License-Identifier: MIT */
/*
 * serial.c - COM1 by polling, for the boot lines and the bugcheck screen.  serial.sys owns the port afterwards.
 */
#include "kdp.h"

#define COM1 ((PUCHAR)(ULONG_PTR)0x3F8)
#define LINE_STATUS 5
#define TRANSMIT_EMPTY 0x20
#define POLL_LIMIT 100000

static BOOLEAN KdpSerialPresent;

static UCHAR KdpRead(ULONG Register)
{
    return __inbyte((USHORT)((ULONG_PTR)COM1 + Register));
}
static void KdpWrite(ULONG Register, UCHAR Value)
{
    __outbyte((USHORT)((ULONG_PTR)COM1 + Register), Value);
}

/* 115200 8N1, FIFO on, interrupts off.  The scratch register tells whether there is a port at all. */
void KdpInitializeSerial(void)
{
    KdpWrite(7, 0x5A);
    if (KdpRead(7) != 0x5A) {
        return;
    }
    KdpWrite(1, 0);
    KdpWrite(3, 0x80);
    KdpWrite(0, 1);
    KdpWrite(1, 0);
    KdpWrite(3, 3);
    KdpWrite(2, 0xC7);
    KdpWrite(4, 0x0B);
    KdpSerialPresent = TRUE;
}

static void KdpPutByte(UCHAR Byte)
{
    for (ULONG i = 0; i < POLL_LIMIT && !(KdpRead(LINE_STATUS) & TRANSMIT_EMPTY); i++) {
    }
    KdpWrite(0, Byte);
}

void KdpSerialWrite(const char *Text, SIZE_T Length)
{
    for (SIZE_T i = 0; KdpSerialPresent && i < Length; i++) {
        if (Text[i] == '\n') {
            KdpPutByte('\r');
        }
        KdpPutByte((UCHAR)Text[i]);
    }
}
