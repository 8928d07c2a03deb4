/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate that the pages' server shows: from files, or made at the first start. */
#ifndef IMPRINT_WEB_CERTIFICATE_H
#define IMPRINT_WEB_CERTIFICATE_H

#include "issuer/input_file.h"
#include "web/page.h"

/* Text that ends with NUL. Zero-initialised: nothing. */
struct web_certificate {
    struct input_file certificate, key;
};

/*
 * Reads and checks the files that the settings name. Where they may be made and are not there: makes a P-256 key and a
 * certificate that it signs itself, for five years, with the names of this machine. web_certificate_release() in every
 * case. False with ERROR_INPUT_FILE, or the reason why they cannot be made.
 */
bool web_certificate_get(struct web_certificate *pair, const struct page_settings *settings, struct error *err);

/* Wipes and frees. */
void web_certificate_release(struct web_certificate *pair);

#endif
