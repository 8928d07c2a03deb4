/* SPDX-License-Identifier: Apache-2.0 */
/* What the chip's messages have in common. Private to chip/. */
#ifndef IMPRINT_CHIP_DIGEST_H
#define IMPRINT_CHIP_DIGEST_H

#include "chip/chip.h"
#include "chip/command.h"

/* opcode | Param1 | Param2 | SN[8] | SN[0:1]: the seven bytes in the middle of most messages. */
#define CHIP_MIDDLE_BYTES 7
void chip_digest_middle(uint8_t middle[static CHIP_MIDDLE_BYTES], const struct chip_command *command, uint8_t param1,
                        uint16_t param2, const uint8_t serial[static CHIP_SERIAL_BYTES]);

/* As many zeros as any message needs in one place. */
extern const uint8_t chip_digest_zeros[32];

/* out = a XOR b; all three may be the same. */
void chip_digest_xor(uint8_t *out, const uint8_t *a, const uint8_t *b, size_t len);

/* For an array of struct bytes. */
#define PIECES(array) (array), sizeof(array) / sizeof((array)[0])

#endif
