/* SPDX-License-Identifier: Apache-2.0 */
/* The report as one HTML file: no script, no outside asset, plots drawn here; prints on A4. */
#ifndef IMPRINT_REPORT_HTML_H
#define IMPRINT_REPORT_HTML_H

#include <stdio.h>

#include "report/figures.h"

/* Writes the page. `made`: now. `program`: "imprint 1.0". Whoever owns `out` sees to its errors. */
void html_write(FILE *out, const struct figures *figures, int64_t made, const char *program);

/* What is in the body of that page, for a page that has a head of its own and html_style as its style sheet. */
void html_write_content(FILE *out, const struct figures *figures, int64_t made, const char *program);
extern const char html_style[];

/* What each figure means, in the words of the page: `count` rows. */
struct html_definition {
    const char *term, *meaning;
};
extern const struct html_definition html_definitions[];
extern const size_t html_definition_count;

#endif
