/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chip's CRC-16, of packets and of the Lock command's summary: polynomial 0x8005, register starts at 0, each byte
 * fed least significant bit first, no final inversion; travels low byte first. Check value: 04 11 gives 0x4333.
 */
#ifndef IMPRINT_BYTES_CRC16_H
#define IMPRINT_BYTES_CRC16_H

#include "base/bytes.h"

#define CRC16_START 0x0000

/* Continues `crc` (CRC16_START for a new one) over `in`. */
uint16_t crc16_update(uint16_t crc, struct bytes in);

#endif
