/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Config zone dumps as people have them: raw bytes, hex text in many layouts, and the XML of Microchip's Trust Platform
 * tools. Looks at a file in memory; opens nothing, allocates nothing.
 */
#ifndef IMPRINT_PROFILE_TEXT_DUMP_H
#define IMPRINT_PROFILE_TEXT_DUMP_H

#include "base/bytes.h"
#include "base/error.h"
#include "chip/config.h"

/* The order of the bytes in the file. */
enum dump_order {
    DUMP_AS_READ,   /* as the chip sends it: the serial number starts with 01 23 */
    DUMP_SWAPPED_2, /* each pair of bytes swapped: 23 01, as `hexdump` and `od -x` print it */
    DUMP_SWAPPED_4, /* each four bytes in reverse: xx xx 23 01, as 32-bit words of a little-endian machine */
};

struct dump {
    struct chip_config config; /* in the order of the chip, whatever the file's; what the file lacks is zero */
    uint8_t first;             /* the first byte that the file has: 0, or 16 where it has only bytes 16 to 127 */
    enum dump_order order;     /* how the bytes were in the file */
    enum chip_part part;       /* from an XML's root element; CHIP_PART_UNKNOWN: only the revision bytes can tell */
};

/*
 * Reads the dump. Understood are
 * - 128 raw bytes, or 112 (bytes 16 to 127, as tools write them),
 * - hex text of as many bytes: `01 23`, `0123`, `0x01, 0x23,`, `01:23`; with offsets (`0000:`, `00000000  01 23`),
 * labels before a colon, an ASCII column, lines that are titles, comments with #, // and C's own,
 * - an XML of the Trust Platform tools.
 * False with ERROR_INPUT_FILE, and line and column; the caller adds the file's name. Comments in the `len` bytes at
 * `file` are overwritten with spaces.
 */
bool dump_parse(struct dump *dump, uint8_t *file, size_t len, struct error *err);

/* Comments make a dump longer than its 256 digits, and an XML describes the data zone as well. */
#define DUMP_MAX ((size_t)64 * 1024)

/* Why what was read cannot be a config zone; NULL if it can. */
const char *dump_why_no_zone(const struct dump *dump);

/* The XML alone (dump_xml.c). */
bool dump_parse_xml(struct dump *dump, struct bytes text, struct error *err);

/* Refuses the file at offset `at`. Always false. */
bool dump_refuse(struct bytes file, size_t at, const char *cause, struct error *err);

#endif
