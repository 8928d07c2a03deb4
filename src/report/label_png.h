/* SPDX-License-Identifier: Apache-2.0 */
/* A label as PNG, black on white, with its resolution in the file. Text is in capitals of a small font of its own. */
#ifndef IMPRINT_REPORT_LABEL_PNG_H
#define IMPRINT_REPORT_LABEL_PNG_H

#include "report/label.h"

/* As label_write_svg(). */
bool label_png_write(FILE *out, const struct label *label, struct error *err);

#endif
