/* SPDX-License-Identifier: Apache-2.0 */
#include "base/p256.h"

/* SP 800-186, 3.2.1.3. */
static const uint8_t p256_prime[P256_BYTES] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};
static const uint8_t p256_order[P256_BYTES] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};

/* The borrow of number - bound, byte by byte from the low end: 1 when the number is below the bound. */
static bool is_below(const uint8_t number[static P256_BYTES], const uint8_t bound[static P256_BYTES])
{
    unsigned borrow = 0;

    for (int i = P256_BYTES - 1; i >= 0; i--)
        borrow = (((unsigned)number[i] - bound[i] - borrow) >> 8) & 1u;
    return borrow == 1;
}

bool p256_is_scalar(const uint8_t number[static P256_BYTES])
{
    uint8_t seen = 0;

    for (int i = 0; i < P256_BYTES; i++)
        seen |= number[i];
    return is_below(number, p256_order) & (seen != 0);
}

bool p256_is_coordinate(const uint8_t number[static P256_BYTES])
{
    return is_below(number, p256_prime);
}
