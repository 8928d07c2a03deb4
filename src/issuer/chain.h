/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificates of an issuer: the CA's own and those above it. GnuTLS reads and verifies them; what its verification
 * does not look at in a CA's own certificate is checked here. For the files of this folder alone.
 */
#ifndef IMPRINT_ISSUER_CHAIN_H
#define IMPRINT_ISSUER_CHAIN_H

#include <time.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "issuer/issuer.h"

/* Zero-initialised but for `purpose`: empty. */
struct chain {
    enum issuer_purpose purpose;
    gnutls_x509_crt_t *certificates; /* each is signed by the next */
    unsigned count;
    gnutls_datum_t der[ISSUER_CHAIN_MAX];
    gnutls_datum_t subject;        /* of certificates[0], as text */
    gnutls_pubkey_t key;           /* of certificates[0] */
    int64_t not_before, not_after; /* of certificates[0], seconds since 1970 */
};

/*
 * Reads a PEM file and checks it: certificates[0] is a CA's with a key on P-256, each is signed by the next, all are
 * valid at `now`. False with ERROR_ISSUER_INVALID and the file as subject. chain_release() is needed in either case.
 */
bool chain_read(struct chain *chain, const char *path, time_t now, struct error *err);

/*
 * The same of certificates that are in memory, which are copied. They have no file: the caller names where they are
 * from.
 */
bool chain_take(struct chain *chain, const gnutls_x509_crt_t *certificates, unsigned count, time_t now,
                struct error *err);

/* Whether certificates[0] is valid at `now`. False with ERROR_ISSUER_INVALID. */
bool chain_is_current(const struct chain *chain, time_t now, struct error *err);

void chain_release(struct chain *chain);

#endif
