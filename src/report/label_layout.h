/* SPDX-License-Identifier: Apache-2.0 */
/* Where the parts of a label are. For the files that write one. */
#ifndef IMPRINT_REPORT_LABEL_LAYOUT_H
#define IMPRINT_REPORT_LABEL_LAYOUT_H

#include "report/label.h"

#define LABEL_QR_MOST 45 /* modules of a QR code's side, without the quiet zone: version 7 */
#define LABEL_QUIET 4    /* modules around it: ISO/IEC 18004, section 6.3.8 */

/* In dots of the label's resolution; of an SVG a dot is a hundredth of a millimetre. */
struct label_layout {
    unsigned width, height;           /* of the label */
    unsigned module;                  /* side of a module */
    unsigned qr_size;                 /* modules of the side, without the quiet zone */
    unsigned qr_left, qr_top;         /* of its first module */
    unsigned text_left, text_top;     /* of the first line */
    unsigned line_height, text_width; /* room for text; no width: there is none */
    bool dark[LABEL_QR_MOST * LABEL_QR_MOST];
};

/* `dots_per_mm`: of the output. False with ERROR_USAGE where the label is too small for its QR code. */
bool label_lay_out(const struct label *label, double dots_per_mm, struct label_layout *layout, struct error *err);

#endif
