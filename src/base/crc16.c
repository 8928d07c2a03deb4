/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crc16.h"

uint16_t crc16_update(uint16_t crc, struct bytes in)
{
    for (size_t i = 0; i < in.len; i++) {
        for (unsigned mask = 0x01; mask <= 0x80; mask <<= 1) {
            bool data_bit = (in.data[i] & mask) != 0;
            bool high_bit = (crc & 0x8000) != 0;

            crc = (uint16_t)(crc << 1);
            if (data_bit != high_bit)
                crc ^= 0x8005;
        }
    }
    return crc;
}
