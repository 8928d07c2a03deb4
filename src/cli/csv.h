/* SPDX-License-Identifier: Apache-2.0 */
/* Comma-separated values on stdout (RFC 4180), safe to open in a spreadsheet. Nothing with --json. */
#ifndef IMPRINT_CLI_CSV_H
#define IMPRINT_CLI_CSV_H

#include <stdint.h>

#include "cli/output.h"

/* A row that is being written. Zero-initialised with `output`: before its first field. */
struct csv {
    const struct output *output;
    bool has_field;
};

/*
 * A field of text, in quotes. A leading = + - @, tab or carriage return makes a formula of it in a spreadsheet: an
 * apostrophe goes before it. NULL is an empty field.
 */
void csv_text(struct csv *csv, const char *text);

void csv_number(struct csv *csv, uint64_t number);

/* A number with one decimal, from its tenths; an empty field where it is not known. */
void csv_tenths(struct csv *csv, bool is_known, uint64_t tenths);

/* Ends the row with CR and LF; the next field begins another. */
void csv_end(struct csv *csv);

/* A heading: names with commas between them, as they are. */
void csv_heading(const struct output *output, const char *names);

#endif
