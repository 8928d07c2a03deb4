/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate and key that a server shows, as PEM. */
#ifndef IMPRINT_SERVICE_TLS_PAIR_H
#define IMPRINT_SERVICE_TLS_PAIR_H

#include "base/bytes.h"
#include "base/error.h"

#define TLS_PAIR_FINGERPRINT_SIZE 96 /* "AB:CD:...", 32 bytes, with a NUL */

/* TLS 1.3 and 1.2, for GnuTLS. */
#define TLS_PAIR_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* A certificate and its key, and their files for messages. */
struct tls_pair {
    struct bytes certificate, key;
    const char *certificate_file, *key_file;
};

/*
 * Whether they belong together and the certificate is valid now. `clients`: who would refuse it otherwise. False with
 * ERROR_INPUT_FILE.
 */
bool tls_pair_check(const struct tls_pair *pair, const char *clients, struct error *err);

/* SHA-256 of the first certificate, as browsers show it. False: there is none. */
bool tls_pair_fingerprint(struct bytes certificate, char text[static TLS_PAIR_FINGERPRINT_SIZE]);

#endif
