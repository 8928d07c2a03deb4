/* SPDX-License-Identifier: Apache-2.0 */
/* The pieces of DER that every request and certificate of ours has: the key is on P-256, the signature with SHA-256. */
#ifndef IMPRINT_CERT_ALGORITHM_H
#define IMPRINT_CERT_ALGORITHM_H

#include <stdint.h>

/*
 * SubjectPublicKeyInfo of an uncompressed P-256 point up to the point itself: id-ecPublicKey with the named curve
 * secp256r1, then a BIT STRING of 66 bytes, the first of which counts no unused bits (RFC 5480, section 2).
 */
extern const uint8_t cert_spki_head[26];

/* The AlgorithmIdentifier of ecdsa-with-SHA256 (RFC 5758, section 3.2). */
extern const uint8_t cert_signature_algorithm[12];

#endif
