/* SPDX-License-Identifier: Apache-2.0 */
/* The signature of a certificate: a BIT STRING with SEQUENCE { r, s } (RFC 5480, appendix A), as r and s in 32 bytes
 * each. */
#ifndef IMPRINT_CERT_SIGNATURE_H
#define IMPRINT_CERT_SIGNATURE_H

#include "base/bytes.h"
#include "base/p256.h"

#define CERT_SIGNATURE_MAX 75

/* Writes it; returns its length. */
size_t cert_write_signature(uint8_t out[static CERT_SIGNATURE_MAX],
                            const uint8_t signature[static P256_SIGNATURE_BYTES]);

/* Reads it. False unless `der` is exactly what cert_write_signature() makes of some signature. */
bool cert_read_signature(struct bytes der, uint8_t signature[static P256_SIGNATURE_BYTES]);

#endif
