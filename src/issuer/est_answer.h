/* SPDX-License-Identifier: Apache-2.0 */
/* What an EST server sends (RFC 7030, RFC 8951), read from memory. For the files of this folder alone. */
#ifndef IMPRINT_ISSUER_EST_ANSWER_H
#define IMPRINT_ISSUER_EST_ANSWER_H

#include <gnutls/x509.h>

#include "issuer/chain.h"

#define EST_ATTRIBUTES_TEXT 256

/* Certificates of one answer. Zero-initialised: none. */
struct est_certificates {
    gnutls_x509_crt_t list[ISSUER_CHAIN_MAX];
    unsigned count;
};

/*
 * The certificates of a certs-only message in base64, with line ends of any kind or none: 1 to ISSUER_CHAIN_MAX, in no
 * order that means anything. False with ERROR_ISSUER_ANSWER. est_answer_release() is needed in either case.
 */
bool est_answer_read_certificates(struct bytes text, struct est_certificates *certificates, struct error *err);

void est_answer_release(struct est_certificates *certificates);

/*
 * What a server wants to find in a request (csrattrs): into `wanted` the OIDs of what imprint's requests do not have,
 * separated by blanks; "" for nothing. False with ERROR_ISSUER_ANSWER for what is no such list, and with
 * ERROR_ISSUER_INVALID where it wants keys that no chip has: RSA, or another curve.
 */
bool est_answer_read_attributes(struct bytes text, char wanted[static EST_ATTRIBUTES_TEXT], struct error *err);

#endif
