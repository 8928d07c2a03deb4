/* SPDX-License-Identifier: Apache-2.0 */
/* P-256 by libcrypto, to check what the chip computes. */
#ifndef IMPRINT_TEST_SUPPORT_P256_H
#define IMPRINT_TEST_SUPPORT_P256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X | Y of the private key. */
void p256_public_of(const uint8_t scalar[static 32], uint8_t public_key[static 64]);

/* A key pair of random numbers; the point as PSA has it, with the 04 in front. */
void p256_make_key(uint8_t scalar[static 32], uint8_t point[static 65]);

/* True when R | S is the key's signature over the digest. */
bool p256_verifies(const uint8_t public_key[static 64], const uint8_t *digest, size_t digest_len,
                   const uint8_t signature[static 64]);

/* R | S over the digest. */
void p256_sign(const uint8_t scalar[static 32], const uint8_t digest[static 32], uint8_t signature[static 64]);

/* The x coordinate of the shared point. */
void p256_agree(const uint8_t scalar[static 32], const uint8_t peer[static 64], uint8_t secret[static 32]);

#endif
