/* SPDX-License-Identifier: Apache-2.0 */
/* Groups on the bus: a count, bytes, a CRC. */
#ifndef IMPRINT_VIRTUAL_GROUP_H
#define IMPRINT_VIRTUAL_GROUP_H

#include "virtual/chip/model.h"

/* The chip's CRC-16: polynomial 8005, start `crc` (0 for a group), bits of each byte least significant first. */
uint16_t virtual_crc(uint16_t crc, const uint8_t *data, size_t len);

/* The input holds all bytes of its group, or an impossible count. */
bool virtual_group_is_complete(const struct virtual_chip *chip);

/* A complete group with the right CRC. */
bool virtual_group_is_whole(const struct virtual_chip *chip);

/* Puts a group with count and CRC around `payload` into the output. */
void virtual_set_output(struct virtual_chip *chip, const uint8_t *payload, size_t payload_len);

#endif
