/* SPDX-License-Identifier: MIT */
/*
 * print.c - one line a step, for people and for the watchdog on the host.
 *
 * Understands %s, %u, %x, %llu, %llx and %c, with a zero-padded width.  COM1 and QEMU's debug console (port 0xE9) are driven
 * here because both loaders and the time after ExitBootServices need them; a missing UART reads 0xFF and is left alone.
 */
#include <stdarg.h>
#include "boot.h"

#define COM1 0x3F8
#define DEBUGCON 0xE9

static int serial_present;

void serial_begin(void)
{
    out8(COM1 + 7, 0x5A); /* scratch register: keeps its value only where there is a UART */
    serial_present = in8(COM1 + 7) == 0x5A;
    if (!serial_present) {
        return;
    }
    out8(COM1 + 1, 0x00);
    out8(COM1 + 3, 0x80);
    out8(COM1 + 0, 1); /* 115200 baud */
    out8(COM1 + 1, 0);
    out8(COM1 + 3, 0x03);
    out8(COM1 + 2, 0xC7);
    out8(COM1 + 4, 0x0B);
}

void serial_write(const char *text, size_t length)
{
    for (size_t i = 0; serial_present && i < length; i++) {
        if (text[i] == '\n') {
            serial_write("\r", 1);
        }
        for (int patience = 100000; patience > 0 && !(in8(COM1 + 5) & 0x20); patience--) {
        }
        out8(COM1, (uint8_t)text[i]);
    }
}

void debugcon_write(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        out8(DEBUGCON, (uint8_t)text[i]);
    }
}

struct line
{
    char text[256];
    size_t length;
};

static void put(struct line *line, char c)
{
    if (line->length < sizeof line->text) {
        line->text[line->length++] = c;
    }
}

static void put_number(struct line *line, uint64_t value, unsigned base, int width)
{
    char digits[24];
    int count = 0;

    do {
        digits[count++] = "0123456789ABCDEF"[value % base];
        value /= base;
    } while (value != 0);
    while (count < width && count < (int)sizeof digits) {
        digits[count++] = '0';
    }
    while (count > 0) {
        put(line, digits[--count]);
    }
}

static void put_string(struct line *line, const char *text)
{
    while (*text) {
        put(line, *text++);
    }
}

/* One conversion; `format` is behind the percent sign.  Returns what follows it. */
static const char *convert(struct line *line, const char *format, va_list *arguments)
{
    int width = 0, wide = 0;

    while (*format >= '0' && *format <= '9') {
        width = width * 10 + *format++ - '0';
    }
    while (*format == 'l') {
        wide++;
        format++;
    }
    switch (*format) {
    case 's':
        put_string(line, va_arg(*arguments, const char *));
        break;
    case 'c':
        put(line, (char)va_arg(*arguments, int));
        break;
    case 'u':
    case 'x':
        put_number(line, wide ? va_arg(*arguments, uint64_t) : va_arg(*arguments, unsigned), *format == 'u' ? 10 : 16,
                   width);
        break;
    default:
        put(line, *format);
        break;
    }
    return format + 1;
}

void boot_print(const char *format, ...)
{
    struct line line = { .length = 0 };
    va_list arguments;

    va_start(arguments, format);
    while (*format) {
        if (*format == '%') {
            format = convert(&line, format + 1, &arguments);
        } else {
            put(&line, *format++);
        }
    }
    va_end(arguments);
    boot_write(line.text, line.length);
}

void boot_fail(const char *name, const char *reason, uint64_t status)
{
    boot_print("Nascent boot: %s: %s (0x%08llx)\n", name, reason, (unsigned long long)status);
    boot_stop();
}
