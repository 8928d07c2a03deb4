/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A certificate request (PKCS#10) for a PSA key, signed by that key with ECDSA and SHA-256. DER; whoever prints it
 * makes PEM of it. psa_crypto_init() has been called.
 */
#ifndef IMPRINT_CERT_REQUEST_H
#define IMPRINT_CERT_REQUEST_H

#include <psa/crypto.h>

#include "base/bytes.h"
#include "base/error.h"

/* Room for a request with a subject of 255 characters: 5 bytes at most for each of up to 60 attributes come to them. */
#define CERT_REQUEST_MAX 1024

#define CERT_POINT_BYTES 65 /* 04 | X | Y */

/*
 * Makes the request into `der`, from len 0 on. `subject` as in "CN=board 1,O=Example". False with ERROR_USAGE when that
 * is no distinguished name, ERROR_KEY_ATTRIBUTES when Mbed TLS takes no such key for a request; with no reason at all
 * when PSA failed: only its driver knows why.
 */
bool cert_make_request(psa_key_id_t key, const char *subject, struct bytes_out *der, struct error *err);

/* Whether `subject` is a distinguished name that a request can carry. ERROR_USAGE. */
bool cert_check_subject(const char *subject, struct error *err);

/*
 * Checks somebody else's request: that it is one, signed with ECDSA and SHA-256 by the key in it, for the public key
 * `point` and the subject. The signature is verified in software. False with ERROR_PROOF_FAILED. Host only.
 */
bool cert_check_request(struct bytes der, const uint8_t point[static CERT_POINT_BYTES], const char *subject,
                        struct error *err);

#endif
