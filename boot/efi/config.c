/* SPDX-License-Identifier: MIT */
/*
 * config.c - \EFI\NASCENT\boot.cfg, a line a fact:
 *
 *      # comment
 *      kernel  ntoskrnl.exe
 *      driver  ramdisk.sys          in DriverEntry order, any number
 *      ramdisk system.img
 *      video   1280x800             the wanted mode; the firmware's own if it is not offered
 *      options FIXEDBASE            handed to the kernel as it is
 *
 * An unknown word is an error: a typing mistake must not become a missing driver.
 */
#include "efiboot.h"

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static int word_is(const char *word, size_t length, const char *expected)
{
    return strlen(expected) == length && __builtin_memcmp(word, expected, length) == 0;
}

static void copy_value(const char *value, size_t length, char *out, size_t capacity)
{
    if (length == 0 || length >= capacity) {
        boot_fail("boot.cfg", length == 0 ? "a line lacks its value" : "a value is too long", length);
    }
    __builtin_memcpy(out, value, length);
    out[length] = 0;
}

static void parse_video(const char *value, size_t length, struct config *config)
{
    unsigned number[2] = { 0, 0 }, which = 0;

    for (size_t i = 0; i < length; i++) {
        if (value[i] == 'x' && which == 0) {
            which = 1;
        } else if (value[i] >= '0' && value[i] <= '9' && number[which] < 100000) {
            number[which] = number[which] * 10 + (unsigned)(value[i] - '0');
        } else {
            boot_fail("boot.cfg", "video wants WIDTHxHEIGHT", i);
        }
    }
    if (which == 0 || number[0] == 0 || number[1] == 0) {
        boot_fail("boot.cfg", "video wants WIDTHxHEIGHT", length);
    }
    config->video_width = number[0];
    config->video_height = number[1];
}

static void parse_line(const char *line, size_t length, unsigned number, struct config *config)
{
    size_t word = 0, value;

    while (word < length && !is_blank(line[word])) {
        word++;
    }
    for (value = word; value < length && is_blank(line[value]); value++) {
    }
    if (word_is(line, word, "kernel")) {
        copy_value(line + value, length - value, config->kernel, sizeof config->kernel);
    } else if (word_is(line, word, "driver")) {
        if (config->driver_count == MAX_DRIVERS) {
            boot_fail("boot.cfg", "too many drivers", number);
        }
        copy_value(line + value, length - value, config->driver[config->driver_count++], MAX_PATH_LENGTH);
    } else if (word_is(line, word, "ramdisk")) {
        copy_value(line + value, length - value, config->ramdisk, sizeof config->ramdisk);
    } else if (word_is(line, word, "video")) {
        parse_video(line + value, length - value, config);
    } else if (word_is(line, word, "options")) {
        if (length > value) {
            copy_value(line + value, length - value, config->options, sizeof config->options);
        }
    } else {
        boot_fail("boot.cfg", "unknown word, line", number);
    }
}

void config_read(struct config *config, const char *path)
{
    struct file file = file_read(path);
    const char *text = file.data, *end = text + file.size;

    config->video_width = 1280;
    config->video_height = 800;
    for (unsigned number = 1; text < end; number++) {
        const char *line = text;
        while (text < end && *text != '\n') {
            text++;
        }
        const char *line_end = text++;
        while (line < line_end && is_blank(*line)) {
            line++;
        }
        while (line < line_end && is_blank(line_end[-1])) {
            line_end--;
        }
        if (line < line_end && *line != '#') {
            parse_line(line, (size_t)(line_end - line), number, config);
        }
    }
    if (!config->kernel[0]) {
        boot_fail("boot.cfg", "names no kernel", 0);
    }
}
