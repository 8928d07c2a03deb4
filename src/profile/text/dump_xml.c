/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The element ConfigurationZone of the XML that Microchip's Trust Platform tools write and read (names, sizes and their
 * places in the zone: package tpds-schema, ecc608_config_1_0 and ecc508_config_1_0). Not an XML parser: elements with
 * text, attributes and comments are all there is in such a file; anything else is refused. docs/decisions/ has why.
 */
#include "profile/text/dump.h"

#include <stdio.h>
#include <string.h>

#include "base/error_format.h"
#include "base/hex.h"

#define NAME_MAX_BYTES 32

/* One element that holds bytes of the zone: a field of chip_config_fields, or a part of one. */
static const struct element {
    const char *name;
    const char *field; /* NULL: attributes Address and Size say where and how many */
    uint8_t skip;      /* of the field's bytes */
    uint8_t width;     /* 0: all of the field */
    bool by_index;     /* attribute Index 0 to F: `width` bytes for each slot */
    bool optional;     /* what is left out is zero */
} elements[] = {
    {"SN01", "SN[0:3]", 0, 2, false, true},
    {"SN8", "SN[4:8]", 4, 1, false, true},
    {"AESEnable", "AES_Enable", 0, 0, false, true},
    {"I2CEnable", "I2C_Enable", 0, 0, false, true},
    {"Reserved", NULL, 0, 0, false, true},
    {"I2CAddress", "I2C_Address", 0, 0, false, false},
    {"CountMatch", "CountMatch", 0, 0, false, false},
    {"OTPMode", "CountMatch", 0, 0, false, false},
    {"ChipMode", "ChipMode", 0, 0, false, false},
    {"SlotConfiguration", "SlotConfig", 0, 2, true, false},
    {"Counter0", "Counter0", 0, 0, false, false},
    {"Counter1", "Counter1", 0, 0, false, false},
    {"LastKeyUse", "UseLock", 0, 16, false, true},
    {"UseLock", "UseLock", 0, 0, false, false},
    {"VolatileKeyPermission", "VolatileKeyPermission", 0, 0, false, false},
    {"SecureBoot", "SecureBoot", 0, 0, false, false},
    {"KdfIvLoc", "KdfIvLoc", 0, 0, false, false},
    {"KdfIvStr", "KdfIvStr", 0, 0, false, false},
    {"UserExtra", "UserExtra", 0, 0, false, false},
    {"UserExtraAdd", "UserExtraAdd", 0, 0, false, false},
    {"Selector", "UserExtraAdd", 0, 0, false, false},
    {"SlotLocked", "SlotLocked", 0, 0, false, false},
    {"ChipOptions", "ChipOptions", 0, 0, false, true},
    {"X509format", "X509format", 0, 0, false, false},
    {"KeyConfiguration", "KeyConfig", 0, 2, true, false},
};

#define UNLOCKED 0x55 /* what LockValue and LockConfig are until they are locked */

static const struct {
    const char *name;
    enum chip_part part;
} roots[] = {
    {"ATECC508A", CHIP_PART_ATECC508A},
    {"ATECC608A", CHIP_PART_ATECC608A},
    {"ATECC608B", CHIP_PART_ATECC608B},
};

struct reader {
    struct bytes file;
    size_t at;
    uint8_t content[CHIP_CONFIG_BYTES]; /* of the zone; places come from chip_config_fields */
    bool seen[CHIP_CONFIG_BYTES];
};

/* A field's place in the zone. Every name in `elements` is one of the table's: test_dump holds it. */
static void place_of(const char *name, size_t *offset, size_t *width)
{
    *offset = 0;
    *width = 0;
    for (size_t i = 0; i < chip_config_field_count; i++) {
        if (strcmp(chip_config_fields[i].name, name) == 0) {
            *offset = chip_config_fields[i].offset;
            *width = chip_config_fields[i].width;
        }
    }
}

/* A tag: <name attributes>, </name> or <name/>. Offsets into the file. */
struct tag {
    size_t at;
    char name[NAME_MAX_BYTES];
    size_t attributes, end; /* of the text between name and ">" */
    bool closes;            /* </name> */
    bool empty;             /* <name/> */
};

static bool starts_with(const struct reader *reader, size_t at, const char *word)
{
    size_t len = strlen(word);

    return reader->file.len - at >= len && memcmp(reader->file.data + at, word, len) == 0;
}

static bool is_name_byte(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-' ||
           c == '.' || c == ':';
}

/* The offset just after the next `word` from `at` on; 0 when there is none. */
static size_t after(const struct reader *reader, size_t at, const char *word)
{
    for (; at < reader->file.len; at++) {
        if (starts_with(reader, at, word))
            return at + strlen(word);
    }
    return 0;
}

/* Passes over a comment or a processing instruction. False: it has no end, or is a kind that is not read. */
static bool skip_special(struct reader *reader, struct error *err)
{
    size_t end = 0;

    if (starts_with(reader, reader->at, "<!--"))
        end = after(reader, reader->at + 4, "-->");
    else if (starts_with(reader, reader->at, "<?"))
        end = after(reader, reader->at, "?>");
    if (end == 0)
        return dump_refuse(reader->file, reader->at,
                           starts_with(reader, reader->at, "<!") && !starts_with(reader, reader->at, "<!--")
                               ? "document types and CDATA are not supported"
                               : "this has no end",
                           err);
    reader->at = end;
    return true;
}

/* Reads the next tag and moves `reader->at` past it. False without an error at the end of the file: an empty name. */
static bool next_tag(struct reader *reader, struct tag *tag, struct error *err)
{
    *tag = (struct tag){.at = reader->file.len};
    while (reader->at < reader->file.len) {
        size_t at = reader->at, len = 0;
        const uint8_t *end;

        if (reader->file.data[at] != '<') {
            reader->at++;
            continue;
        }
        if (starts_with(reader, at, "<!") || starts_with(reader, at, "<?")) {
            if (!skip_special(reader, err))
                return false;
            continue;
        }
        end = memchr(reader->file.data + at, '>', reader->file.len - at);
        if (end == NULL)
            return dump_refuse(reader->file, at, "this tag has no end", err);
        tag->at = at++;
        tag->closes = reader->file.data[at] == '/';
        at += tag->closes ? 1 : 0;
        for (; is_name_byte(reader->file.data[at]) && len < sizeof tag->name - 1; at++)
            tag->name[len++] = (char)reader->file.data[at];
        tag->attributes = at;
        tag->end = (size_t)(end - reader->file.data);
        tag->empty = tag->end > at && reader->file.data[tag->end - 1] == '/';
        if (len == 0 || is_name_byte(reader->file.data[at]))
            return dump_refuse(reader->file, tag->at, "not a tag", err);
        reader->at = tag->end + 1;
        return true;
    }
    return true;
}

/* The number in attribute `name`, in `base`. False: not there, or no number. */
static bool attribute(const struct reader *reader, const struct tag *tag, const char *name, unsigned base,
                      unsigned *value)
{
    char start[16];
    size_t at;

    snprintf(start, sizeof start, " %s=\"", name);
    for (at = tag->attributes; at < tag->end && !starts_with(reader, at, start); at++)
        ;
    at += strlen(start);
    *value = 0;
    if (at >= tag->end || reader->file.data[at] == '"')
        return false;
    for (; at < tag->end && reader->file.data[at] != '"'; at++) {
        uint8_t c = reader->file.data[at];
        unsigned digit = c >= '0' && c <= '9' ? c - (unsigned)'0' : c >= 'A' && c <= 'F' ? c - 'A' + 10U : base;

        if (digit >= base || *value > 0xFFF)
            return false;
        *value = *value * base + digit;
    }
    return true;
}

/* Reads `width` bytes in hex up to the closing tag into the zone at `offset`. */
static bool read_bytes(struct reader *reader, size_t offset, size_t width, struct error *err)
{
    const struct bytes file = reader->file;
    size_t count = 0, start = reader->at;

    while (reader->at < file.len && file.data[reader->at] != '<') {
        size_t at = reader->at;

        if (strchr(" \t\r\n", file.data[at]) != NULL && file.data[at] != '\0') {
            reader->at++;
            continue;
        }
        if (at + 1 >= file.len || hex_digit_value((char)file.data[at]) < 0 ||
            hex_digit_value((char)file.data[at + 1]) < 0)
            return dump_refuse(file, at, "not a byte in hex", err);
        if (count == width)
            return dump_refuse(file, at, "too many bytes in this element", err);
        reader->content[offset + count] =
            (uint8_t)(hex_digit_value((char)file.data[at]) << 4 | hex_digit_value((char)file.data[at + 1]));
        reader->seen[offset + count] = true;
        count++;
        reader->at += 2;
    }
    return count == width || dump_refuse(file, start, "too few bytes in this element", err);
}

/* Reads one element inside ConfigurationZone. Those that only hold others are entered. */
static bool read_element(struct reader *reader, const struct tag *tag, struct error *err)
{
    const struct element *element = NULL;
    unsigned address = 0, size = 0, index = 0;
    size_t offset, width;
    struct tag closing;

    if (strcmp(tag->name, "SlotConfigurations") == 0 || strcmp(tag->name, "KeyConfigurations") == 0)
        return true;
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
        if (strcmp(elements[i].name, tag->name) == 0)
            element = &elements[i];
    }
    if (element == NULL || tag->closes || tag->empty)
        return dump_refuse(reader->file, tag->at, "unexpected element in ConfigurationZone", err);
    if (element->field == NULL) {
        if (!attribute(reader, tag, "Address", 10, &address) || !attribute(reader, tag, "Size", 10, &size) ||
            size > CHIP_CONFIG_BYTES || address > CHIP_CONFIG_BYTES - size)
            return dump_refuse(reader->file, tag->at, "this element needs Address and Size inside the zone", err);
        offset = address;
        width = size;
    } else {
        place_of(element->field, &offset, &width);
        offset += element->skip;
        width = element->width != 0 ? element->width : width;
        if (element->by_index && (!attribute(reader, tag, "Index", 16, &index) || index >= CHIP_SLOTS))
            return dump_refuse(reader->file, tag->at, "this element needs Index, 0 to F", err);
        offset += index * width;
    }
    for (size_t i = offset; i < offset + width; i++) {
        if (reader->seen[i])
            return dump_refuse(reader->file, tag->at, "these bytes are given twice", err);
    }
    if (!read_bytes(reader, offset, width, err) || !next_tag(reader, &closing, err))
        return false;
    return (closing.closes && strcmp(closing.name, tag->name) == 0) ||
           dump_refuse(reader->file, closing.at, "expected the closing tag of the element", err);
}

/* Every byte that such a file must give is there. */
static bool check_complete(const struct reader *reader, size_t end, struct error *err)
{
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
        size_t offset, width;

        if (elements[i].optional)
            continue;
        place_of(elements[i].field, &offset, &width);
        for (size_t at = offset; at < offset + width; at++) {
            if (!reader->seen[at])
                return dump_refuse(reader->file, end,
                                   error_keep_format(err, "ConfigurationZone ends without %s", elements[i].name), err);
        }
    }
    return true;
}

/* Such a file has no lock bytes: it says what to write into an unlocked part. */
static void unlock(struct reader *reader)
{
    static const char *const locks[] = {"LockValue", "LockConfig"};

    for (size_t i = 0; i < sizeof locks / sizeof locks[0]; i++) {
        size_t offset, width;

        place_of(locks[i], &offset, &width);
        reader->content[offset] = UNLOCKED;
    }
}

static bool read_zone(struct reader *reader, struct error *err)
{
    struct tag tag;

    while (next_tag(reader, &tag, err)) {
        if (tag.name[0] == '\0')
            return dump_refuse(reader->file, tag.at, "ConfigurationZone has no end", err);
        if (tag.closes && strcmp(tag.name, "ConfigurationZone") == 0)
            return check_complete(reader, tag.at, err);
        if (!read_element(reader, &tag, err))
            return false;
    }
    return false;
}

bool dump_parse_xml(struct dump *dump, struct bytes text, struct error *err)
{
    struct reader reader = {.file = text};
    struct tag tag;
    bool root = true;

    *dump = (struct dump){.first = 0};
    unlock(&reader);
    while (next_tag(&reader, &tag, err)) {
        if (tag.name[0] == '\0')
            return dump_refuse(text, 0, "this XML has no element ConfigurationZone", err);
        for (size_t i = 0; root && i < sizeof roots / sizeof roots[0]; i++) {
            if (strcmp(roots[i].name, tag.name) == 0)
                dump->part = roots[i].part;
        }
        root = false;
        if (!tag.closes && !tag.empty && strcmp(tag.name, "ConfigurationZone") == 0) {
            bool ok = read_zone(&reader, err);

            memcpy(dump->config.zone, reader.content, sizeof reader.content);
            return ok;
        }
    }
    return false;
}
