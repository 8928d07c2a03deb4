/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ECDSA signatures of P-256 keys verified by Mbed TLS in software, on a volatile copy of the public key: neither by the
 * chip nor by our own code. Needs psa_crypto_init(). The secure element driver must not call it, because the PSA core
 * that calls the driver does not allow a second entry into the key store.
 */
#ifndef IMPRINT_CRYPTO_VERIFY_H
#define IMPRINT_CRYPTO_VERIFY_H

#include <psa/crypto.h>

#include "base/bytes.h"
#include "base/p256.h"

/*
 * Verifies `signature` (r | s) over `digest`, made with the hash algorithm `hash` (PSA_ALG_SHA_256 ...), with the
 * public key `point` (04 | X | Y). PSA_SUCCESS, PSA_ERROR_INVALID_SIGNATURE, or why PSA cannot tell.
 */
psa_status_t crypto_verify_digest(const uint8_t point[static P256_POINT_BYTES], psa_algorithm_t hash,
                                  struct bytes digest, const uint8_t signature[static P256_SIGNATURE_BYTES]);

/* The same over a message, which is hashed first. */
psa_status_t crypto_verify_message(const uint8_t point[static P256_POINT_BYTES], psa_algorithm_t hash,
                                   struct bytes message, const uint8_t signature[static P256_SIGNATURE_BYTES]);

#endif
