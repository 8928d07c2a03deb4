/* SPDX-License-Identifier: Apache-2.0 */
/* Modes: ATECC608B-TNGTLS data sheet, 5.2.1. */
#include "chip/operations_agreement.h"

#include "chip/protection.h"
#include "chip/sequence.h"

#include <string.h>

#define ECDH_AS_CONFIGURED 0x00
#define ECDH_TO_OUTPUT 0x0C
#define ECDH_TO_OUTPUT_ENCRYPTED 0x0E

static const char agreeing[] = "agree on a secret";

static bool is_608(enum chip_part part)
{
    return part == CHIP_PART_ATECC608A || part == CHIP_PART_ATECC608B;
}

enum chip_status chip_ecdh(struct chip *chip, enum chip_part part, uint8_t slot,
                           const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES], uint8_t secret[static CHIP_SECRET_BYTES],
                           struct error *err)
{
    const struct bytes point = bytes_of(peer, CHIP_PUBLIC_KEY_BYTES);
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot) && is_608(part))
        status =
            chip_execute_exact(chip, &chip_command_ecdh, ECDH_TO_OUTPUT, slot, point, secret, CHIP_SECRET_BYTES, err);
    else if (chip_is_slot(slot))
        status = chip_execute_exact(chip, &chip_command_ecdh_as_configured, ECDH_AS_CONFIGURED, slot, point, secret,
                                    CHIP_SECRET_BYTES, err);
    return chip_doing_at(status, agreeing, slot, err);
}

enum chip_status chip_ecdh_encrypted(struct chip *chip, uint8_t slot, const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES],
                                     const uint8_t io_key[static 32], uint8_t secret[static CHIP_SECRET_BYTES],
                                     struct error *err)
{
    uint8_t reply[CHIP_SECRET_BYTES + CHIP_OUT_NONCE_BYTES];
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot))
        status = chip_execute_exact(chip, &chip_command_ecdh, ECDH_TO_OUTPUT_ENCRYPTED, slot,
                                    bytes_of(peer, CHIP_PUBLIC_KEY_BYTES), reply, sizeof(reply), err);
    if (status == CHIP_OK) {
        if (!chip_protection_decrypt(io_key, reply + CHIP_SECRET_BYTES, reply))
            status = CHIP_HOST_FAILED;
        memcpy(secret, reply, CHIP_SECRET_BYTES);
        bytes_wipe(reply, sizeof(reply));
    }
    return chip_doing_at(status, agreeing, slot, err);
}
