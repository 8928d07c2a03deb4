/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Byte order. The only place where bytes become integers and integers become bytes.
 * _le: least significant byte first, as the chip's words travel. _be: most significant first.
 */
#ifndef IMPRINT_BYTES_ORDER_H
#define IMPRINT_BYTES_ORDER_H

#include <stdint.h>

static inline uint16_t load16_le(const uint8_t bytes[static 2])
{
    return (uint16_t)(bytes[0] | (uint16_t)(bytes[1] << 8));
}

static inline uint16_t load16_be(const uint8_t bytes[static 2])
{
    return (uint16_t)(bytes[1] | (uint16_t)(bytes[0] << 8));
}

static inline uint32_t load32_le(const uint8_t bytes[static 4])
{
    return (uint32_t)load16_le(bytes) | (uint32_t)load16_le(bytes + 2) << 16;
}

static inline uint64_t load64_le(const uint8_t bytes[static 8])
{
    return (uint64_t)load32_le(bytes) | (uint64_t)load32_le(bytes + 4) << 32;
}

static inline void store16_le(uint8_t bytes[static 2], uint16_t value)
{
    bytes[0] = (uint8_t)(value & 0xff);
    bytes[1] = (uint8_t)(value >> 8);
}

static inline void store32_le(uint8_t bytes[static 4], uint32_t value)
{
    store16_le(bytes, (uint16_t)(value & 0xffff));
    store16_le(bytes + 2, (uint16_t)(value >> 16));
}

static inline void store64_le(uint8_t bytes[static 8], uint64_t value)
{
    store32_le(bytes, (uint32_t)(value & 0xffffffff));
    store32_le(bytes + 4, (uint32_t)(value >> 32));
}

#endif
