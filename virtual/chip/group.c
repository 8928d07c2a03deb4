/* SPDX-License-Identifier: Apache-2.0 */
#include "virtual/chip/group.h"

#include <string.h>

uint16_t virtual_crc(uint16_t crc, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            const unsigned feedback = ((unsigned)crc >> 15 ^ (unsigned)data[i] >> bit) & 1u;

            crc = (uint16_t)(crc << 1);
            if (feedback != 0)
                crc ^= 0x8005;
        }
    return crc;
}

void virtual_set_output(struct virtual_chip *chip, const uint8_t *payload, size_t payload_len)
{
    uint16_t crc = 0;

    chip->output[0] = (uint8_t)(payload_len + 3);
    memcpy(chip->output + 1, payload, payload_len);
    crc = virtual_crc(0, chip->output, payload_len + 1);
    chip->output[payload_len + 1] = (uint8_t)crc;
    chip->output[payload_len + 2] = (uint8_t)(crc >> 8);
    chip->output_len = payload_len + 3;
    chip->output_pos = 0;
}

/* A group with an impossible count is answered like a damaged one. */
bool virtual_group_is_complete(const struct virtual_chip *chip)
{
    if (chip->input_len == 0)
        return false;
    return chip->input[0] < VIRTUAL_GROUP_MIN || chip->input[0] > VIRTUAL_GROUP_MAX ||
           chip->input_len == chip->input[0];
}

bool virtual_group_is_whole(const struct virtual_chip *chip)
{
    const size_t len = chip->input_len;
    uint16_t crc = 0;

    if (chip->input[0] < VIRTUAL_GROUP_MIN || len != chip->input[0])
        return false;
    crc = virtual_crc(0, chip->input, len - 2);
    return chip->input[len - 2] == (uint8_t)crc && chip->input[len - 1] == (uint8_t)(crc >> 8);
}
