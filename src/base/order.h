/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Byte order. The only place where bytes become integers and integers become bytes.
 * _le: least significant byte first, as the chip's words travel. _be: most significant first.
 *
 * memcpy() and a byte swap, because a Cortex-M compiler makes one or two instructions of them, at any alignment.
 */
#ifndef IMPRINT_BYTES_ORDER_H
#define IMPRINT_BYTES_ORDER_H

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ORDER_LE(bits, value) (value)
#define ORDER_BE(bits, value) __builtin_bswap##bits(value)
#else
#define ORDER_LE(bits, value) __builtin_bswap##bits(value)
#define ORDER_BE(bits, value) (value)
#endif

static inline uint16_t load16_le(const uint8_t bytes[static 2])
{
    uint16_t value;

    memcpy(&value, bytes, sizeof(value));
    return ORDER_LE(16, value);
}

static inline uint16_t load16_be(const uint8_t bytes[static 2])
{
    uint16_t value;

    memcpy(&value, bytes, sizeof(value));
    return ORDER_BE(16, value);
}

static inline uint32_t load32_le(const uint8_t bytes[static 4])
{
    uint32_t value;

    memcpy(&value, bytes, sizeof(value));
    return ORDER_LE(32, value);
}

static inline uint64_t load64_le(const uint8_t bytes[static 8])
{
    uint64_t value;

    memcpy(&value, bytes, sizeof(value));
    return ORDER_LE(64, value);
}

static inline uint64_t load64_be(const uint8_t bytes[static 8])
{
    uint64_t value;

    memcpy(&value, bytes, sizeof(value));
    return ORDER_BE(64, value);
}

static inline void store16_le(uint8_t bytes[static 2], uint16_t value)
{
    const uint16_t ordered = ORDER_LE(16, value);

    memcpy(bytes, &ordered, sizeof(ordered));
}

static inline void store32_le(uint8_t bytes[static 4], uint32_t value)
{
    const uint32_t ordered = ORDER_LE(32, value);

    memcpy(bytes, &ordered, sizeof(ordered));
}

static inline void store64_le(uint8_t bytes[static 8], uint64_t value)
{
    const uint64_t ordered = ORDER_LE(64, value);

    memcpy(bytes, &ordered, sizeof(ordered));
}

static inline void store64_be(uint8_t bytes[static 8], uint64_t value)
{
    const uint64_t ordered = ORDER_BE(64, value);

    memcpy(bytes, &ordered, sizeof(ordered));
}

#endif
