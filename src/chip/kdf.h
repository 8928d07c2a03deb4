/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's side of KDF: what it makes of a key and a message. Sends nothing, keeps nothing. All return false, with
 * their outputs wiped, only when the host cannot compute it.
 */
#ifndef IMPRINT_CHIP_KDF_H
#define IMPRINT_CHIP_KDF_H

#include "chip/chip.h"

/*
 * TLS 1.2's P_SHA256, RFC 5246 section 5, of which the chip makes 32 or 64 bytes (`len`). `key` is 16, 32, 48 or 64
 * bytes; `message` is label and seed, the chip adds nothing.
 */
bool chip_kdf_prf(struct bytes key, struct bytes message, uint8_t *out, size_t len);

/* HKDF's extract step, RFC 5869: HMAC-SHA256 with the 32-byte key. The chip does not expand. */
bool chip_kdf_hkdf(const uint8_t key[static 32], struct bytes message, uint8_t out[static 32]);

/*
 * AES-128 of one block, and 16 zeros. Goes through PSA's key store: needs psa_crypto_init(), and is not for code that
 * the secure element driver reaches.
 */
bool chip_kdf_aes(const uint8_t key[static 16], const uint8_t message[static 16], uint8_t out[static 32]);

#endif
