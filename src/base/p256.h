/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes of P-256, and checks of keys and signatures before they are sent. The chip does the curve arithmetic. Numbers
 * are 32 bytes, big-endian; range checks take constant time.
 */
#ifndef IMPRINT_BASE_P256_H
#define IMPRINT_BASE_P256_H

#include <stdbool.h>
#include <stdint.h>

#define P256_BYTES 32

/* A public key in PSA's format: P256_UNCOMPRESSED, then X and Y. */
#define P256_POINT_BYTES (1 + 2 * P256_BYTES)
#define P256_UNCOMPRESSED 0x04

/* A signature as PSA and the chip have it: r and s. */
#define P256_SIGNATURE_BYTES (2 * P256_BYTES)

/* 1 .. n - 1, n the order of the group: a private key, or one half of a signature. */
bool p256_is_scalar(const uint8_t number[static P256_BYTES]);

/* 0 .. p - 1, p the prime of the field. */
bool p256_is_coordinate(const uint8_t number[static P256_BYTES]);

/* Whether X | Y is a point of the curve: another one must not meet a private key. Takes about 200,000 cycles. */
bool p256_curve_has_point(const uint8_t point[static 2 * P256_BYTES]);

#endif
