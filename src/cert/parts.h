/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the parts of a certificate (RFC 5280) in DER that issuing and checking look at. P-256 with SHA-256 only. What
 * is found points into the certificate; nothing is verified here.
 */
#ifndef IMPRINT_CERT_PARTS_H
#define IMPRINT_CERT_PARTS_H

#include "base/bytes.h"
#include "base/p256.h"
#include "cert/template.h"

/*
 * Bytes of a whole certificate that a device keeps, at most: somebody else's CA puts more into it than we do
 * (CERT_MAX). A station, its boards and a primary application take the same.
 */
#define CERT_ISSUED_MAX 1280

#define CERT_TIME_DIGITS 14 /* YYYYMMDDHHMMSS, UTC */

struct cert_parts {
    struct bytes tbs;             /* the signed part, with tag and length */
    struct bytes serial;          /* serial number: the content of the INTEGER */
    struct bytes issuer, subject; /* names, with tag and length */
    char not_before[CERT_TIME_DIGITS + 1], not_after[CERT_TIME_DIGITS + 1];
    struct bytes not_before_text, not_after_text; /* the contents of the two times */
    const uint8_t *public_key;                    /* X | Y */
    struct bytes key_id;                          /* subject key identifier; empty: none */
    struct bytes extensions;                      /* the content of their SEQUENCE; empty: none */
    bool is_ca; /* basicConstraints says so, and keyUsage, where it is there, permits keyCertSign */
    uint8_t signature[P256_SIGNATURE_BYTES]; /* r | s */
};

/* False if `der` is not exactly one certificate of version 3 with a P-256 key, signed by ECDSA with SHA-256. */
bool cert_read_parts(struct bytes der, struct cert_parts *parts);

/*
 * The same of an issuer's certificate, whose own signature may be of any algorithm, as by a root with an RSA key: it is
 * not read, and parts->signature is all zero. The key is on P-256 all the same.
 */
bool cert_read_issuer_parts(struct bytes der, struct cert_parts *parts);

/*
 * The key identifier of the certificate's key: its own (20 bytes), or SHA-1 of 04 | X | Y where it has none. False if
 * it has one of another length, or PSA cannot hash.
 */
bool cert_key_id_of(const struct cert_parts *parts, uint8_t key_id[static CERT_KEY_ID_BYTES]);

#endif
