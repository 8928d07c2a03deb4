/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A label for a device: a QR code with its serial number, and text for people. Laid out once in millimetres; written as
 * SVG, as PNG, and as ZPL for label printers. docs/guide/reports-and-labels.md has what is on it.
 */
#ifndef IMPRINT_REPORT_LABEL_H
#define IMPRINT_REPORT_LABEL_H

#include <stdio.h>

#include "base/error.h"

#define LABEL_LINES_MAX 5
#define LABEL_TEXT_SIZE 96

/* What is on it, and how large it is. */
struct label {
    const char *serial; /* in the QR code: digits and capital letters */
    char lines[LABEL_LINES_MAX][LABEL_TEXT_SIZE];
    size_t line_count;
    double width_mm, height_mm;
    unsigned dpi; /* of PNG and ZPL */
};

/* Puts the serial number into the first two lines, in groups of four and with its check character. */
void label_set_serial(struct label *label, const char *serial);

/* Adds a line; "" adds none. Without room it is left out. */
void label_add_line(struct label *label, const char *text);

/* Each writes the label; false with a reason, and `out` undefined. Whoever owns `out` sees to its errors. */
bool label_write_svg(FILE *out, const struct label *label, struct error *err);
bool label_write_zpl(FILE *out, const struct label *label, struct error *err);

#endif
