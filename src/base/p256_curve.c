/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a point is on P-256: y^2 = x^3 - 3x + b modulo p (SP 800-186, 3.2.1.3). For public keys only: the time it
 * takes depends on the numbers. A number is eight words, the lowest first.
 */
#include "base/p256.h"

#include <string.h>

#define WORDS (P256_BYTES / 4)
#define BITS (8 * P256_BYTES)

static const uint32_t prime[WORDS] = {0xffffffff, 0xffffffff, 0xffffffff, 0, 0, 0, 1, 0xffffffff};
static const uint32_t constant_b[WORDS] = {0x27d2604b, 0x3bce3c3e, 0xcc53b0f6, 0x651d06b0,
                                           0x769886bc, 0xb3ebbd55, 0xaa3a93e7, 0x5ac635d8};

static void load(uint32_t number[static WORDS], const uint8_t bytes[static P256_BYTES])
{
    for (size_t i = 0; i < WORDS; i++) {
        const uint8_t *word = bytes + P256_BYTES - 4 * (i + 1);
        number[i] = (uint32_t)word[0] << 24 | (uint32_t)word[1] << 16 | (uint32_t)word[2] << 8 | word[3];
    }
}

/* a += b; returns the carry. `b` may be `a`. */
static bool add(uint32_t a[static WORDS], const uint32_t b[static WORDS])
{
    uint64_t carry = 0;

    for (size_t i = 0; i < WORDS; i++) {
        carry += (uint64_t)a[i] + b[i];
        a[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return carry != 0;
}

/* a -= b; returns the borrow. */
static bool subtract(uint32_t a[static WORDS], const uint32_t b[static WORDS])
{
    uint64_t borrow = 0;

    for (size_t i = 0; i < WORDS; i++) {
        const uint64_t difference = (uint64_t)a[i] - b[i] - borrow;
        a[i] = (uint32_t)difference;
        borrow = difference >> 63;
    }
    return borrow != 0;
}

/* The next three work modulo p, on numbers below p. */
static void add_modulo(uint32_t a[static WORDS], const uint32_t b[static WORDS])
{
    const bool carry = add(a, b);

    /* The sum is below 2p: one subtraction is enough, and is undone where it was one too many. */
    if (subtract(a, prime) && !carry)
        (void)add(a, prime);
}

static void subtract_modulo(uint32_t a[static WORDS], const uint32_t b[static WORDS])
{
    if (subtract(a, b))
        (void)add(a, prime);
}

/* product = a * b: doubles and adds, from b's highest bit down. */
static void multiply(uint32_t product[static WORDS], const uint32_t a[static WORDS], const uint32_t b[static WORDS])
{
    memset(product, 0, WORDS * sizeof product[0]);
    for (unsigned i = BITS; i-- > 0;) {
        add_modulo(product, product);
        if ((b[i / 32] >> i % 32 & 1) != 0)
            add_modulo(product, a);
    }
}

bool p256_curve_has_point(const uint8_t point[static 2 * P256_BYTES])
{
    uint32_t x[WORDS], y[WORDS], square[WORDS], right[WORDS];

    if (!p256_is_coordinate(point) || !p256_is_coordinate(point + P256_BYTES))
        return false;
    load(x, point);
    load(y, point + P256_BYTES);
    multiply(square, x, x);
    multiply(right, square, x);
    for (int i = 0; i < 3; i++)
        subtract_modulo(right, x);
    add_modulo(right, constant_b);
    multiply(square, y, y);
    return memcmp(square, right, sizeof square) == 0;
}
