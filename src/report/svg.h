/* SPDX-License-Identifier: Apache-2.0 */
/* Plots as SVG within an HTML page: one colour, each value in figures beside its bar, readable in print and without
 * colour. */
#ifndef IMPRINT_REPORT_SVG_H
#define IMPRINT_REPORT_SVG_H

#include <stdint.h>
#include <stdio.h>

struct svg_bar {
    const char *label; /* UTF-8; long ones are cut */
    const char *note;  /* what is written at its end: "312, 96.8 %" */
    uint64_t value;
};

/* What the plot is called, and what it shows in a sentence, for people who cannot see it. */
struct svg_words {
    const char *id, *title, *description; /* `id`: letters */
};

/* A bar for each, one below the other. */
void svg_bars(FILE *out, const struct svg_words *words, const struct svg_bar *bars, size_t count);

/* Columns side by side with their values on top: a histogram. */
void svg_columns(FILE *out, const struct svg_words *words, const struct svg_bar *columns, size_t count);

#endif
