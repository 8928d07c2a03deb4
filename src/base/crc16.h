/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chip's CRC-16, for groups and for the Lock command: polynomial 0x8005, initial value 0, least significant bit of
 * each byte first, no final inversion, sent low byte first. Check value: 04 11 gives 0x4333.
 */
#ifndef IMPRINT_BYTES_CRC16_H
#define IMPRINT_BYTES_CRC16_H

#include "base/bytes.h"

#define CRC16_START 0x0000

/* Continues `crc` (CRC16_START for a new one) over `in`. */
uint16_t crc16_update(uint16_t crc, struct bytes in);

#endif
