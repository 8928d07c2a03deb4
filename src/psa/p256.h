/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two bounds of P-256 that a key or signature must respect before it is sent. No curve arithmetic: the chip does
 * it. Numbers are 32 bytes, big-endian; comparisons take the same time whatever the number.
 */
#ifndef IMPRINT_PSA_P256_H
#define IMPRINT_PSA_P256_H

#include <stdbool.h>
#include <stdint.h>

#define P256_BYTES 32

/* 1 .. n - 1, n the order of the group: a private key, or one half of a signature. */
bool p256_is_scalar(const uint8_t number[static P256_BYTES]);

/* 0 .. p - 1, p the prime of the field. */
bool p256_is_coordinate(const uint8_t number[static P256_BYTES]);

#endif
