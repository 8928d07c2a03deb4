/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/digest.h"

#include "base/order.h"

const uint8_t chip_digest_zeros[32] = {0};

void chip_digest_middle(uint8_t middle[static CHIP_MIDDLE_BYTES], const struct chip_command *command, uint8_t param1,
                        uint16_t param2, const uint8_t serial[static CHIP_SERIAL_BYTES])
{
    middle[0] = command->opcode;
    middle[1] = param1;
    store16_le(middle + 2, param2);
    middle[4] = serial[8];
    middle[5] = serial[0];
    middle[6] = serial[1];
}

void chip_digest_xor(uint8_t *out, const uint8_t *a, const uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = a[i] ^ b[i];
}
