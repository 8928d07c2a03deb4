/* SPDX-License-Identifier: Apache-2.0 */
/* Text into HTML and SVG, so that nothing in a name is markup, a control character, or turns the direction of writing.
 */
#ifndef IMPRINT_REPORT_MARKUP_H
#define IMPRINT_REPORT_MARKUP_H

#include <stdio.h>

/*
 * Writes UTF-8 `text` as the content of an element or of a quoted attribute. What may not stand there (control
 * characters, turns of direction, bytes that are not UTF-8) becomes U+FFFD.
 */
void markup_text(FILE *out, const char *text);

#endif
