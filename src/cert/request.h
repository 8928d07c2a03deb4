/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificate requests (PKCS#10, RFC 2986) in DER for PSA keys, signed by the key with ECDSA and SHA-256. Call
 * psa_crypto_init() first.
 */
#ifndef IMPRINT_CERT_REQUEST_H
#define IMPRINT_CERT_REQUEST_H

#include <psa/crypto.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/p256.h"

/* Enough for a subject of 255 characters: DER adds at most 5 bytes to each of up to 60 attributes. */
#define CERT_REQUEST_MAX 1024

/*
 * Overwrites `der` with a request for `key`. `subject` is text such as "CN=board 1,O=Example". False with ERROR_USAGE
 * if it is not a distinguished name, with ERROR_KEY_ATTRIBUTES if Mbed TLS cannot sign a request with this kind of key,
 * and with ERROR_NONE if PSA failed: the caller then gets the reason by keys_explain().
 */
bool cert_make_request(psa_key_id_t key, const char *subject, struct bytes_out *der, struct error *err);

/* True when `subject` is a distinguished name that a request can carry; false with ERROR_USAGE. */
bool cert_check_subject(const char *subject, struct error *err);

/*
 * Checks a request that a board made: that it is well-formed, signed with ECDSA and SHA-256 by the key in it, and has
 * the public key `point` and this subject. Verifies the signature in software. False with ERROR_PROOF_FAILED. Host
 * only.
 */
bool cert_check_request(struct bytes der, const uint8_t point[static P256_POINT_BYTES], const char *subject,
                        struct error *err);

#endif
