/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The station's check of signatures and certificates that it did not make in this run. It shares nothing with what made
 * them: GnuTLS reads and verifies. Host only; keys are P-256, signatures ECDSA.
 */
#ifndef IMPRINT_CERT_CHECK_CERTIFICATE_H
#define IMPRINT_CERT_CHECK_CERTIFICATE_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/p256.h"

/* The name of the hash function, for `hash` below. */
#define CERT_CHECK_SHA_256 "sha-256"
#define CERT_CHECK_SHA_384 "sha-384"
#define CERT_CHECK_SHA_512 "sha-512"

/* Whether `point` (04 | X | Y) is a public key: a point on the curve. */
bool cert_check_point(const uint8_t point[static P256_POINT_BYTES]);

/* Whether `signature` (r | s) over `message` is by the private key of `point`. False too for an unknown `hash`. */
bool cert_check_signature(const uint8_t point[static P256_POINT_BYTES], const char *hash, struct bytes message,
                          const uint8_t signature[static P256_SIGNATURE_BYTES]);

/* Whether the certificate, in DER, is signed with SHA-256 by the key of `issuer`. */
bool cert_check_issued(struct bytes certificate, const uint8_t issuer[static P256_POINT_BYTES]);

/* The certificate's public key into `point`. False if it is no certificate or the key is not on P-256. */
bool cert_check_read_key(struct bytes certificate, uint8_t point[static P256_POINT_BYTES]);

/* Whether the text stands in the certificate's subject. */
bool cert_check_subject_has(struct bytes certificate, const char *text);

#endif
