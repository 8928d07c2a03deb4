/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/operations_aes.h"

#include "chip/sequence.h"

#include <string.h>

#define AES_ENCRYPT 0x00
#define AES_DECRYPT 0x01
#define AES_GFM 0x03
#define AES_UNITS 4

static enum chip_status run_with_slot(struct chip *chip, uint8_t mode, uint8_t slot, uint8_t unit, const uint8_t *in,
                                      uint8_t *out, struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot) && unit < AES_UNITS)
        status = chip_execute_exact(chip, &chip_command_aes, (uint8_t)(mode | unit << 6), slot,
                                    bytes_of(in, CHIP_AES_BYTES), out, CHIP_AES_BYTES, err);
    return chip_doing_at(status, "run AES with the key of a slot", slot, err);
}

enum chip_status chip_aes_encrypt(struct chip *chip, uint8_t slot, uint8_t unit,
                                  const uint8_t in[static CHIP_AES_BYTES], uint8_t out[static CHIP_AES_BYTES],
                                  struct error *err)
{
    return run_with_slot(chip, AES_ENCRYPT, slot, unit, in, out, err);
}

enum chip_status chip_aes_decrypt(struct chip *chip, uint8_t slot, uint8_t unit,
                                  const uint8_t in[static CHIP_AES_BYTES], uint8_t out[static CHIP_AES_BYTES],
                                  struct error *err)
{
    return run_with_slot(chip, AES_DECRYPT, slot, unit, in, out, err);
}

enum chip_status chip_aes_gfm(struct chip *chip, const uint8_t h[static CHIP_AES_BYTES],
                              const uint8_t in[static CHIP_AES_BYTES], uint8_t out[static CHIP_AES_BYTES],
                              struct error *err)
{
    uint8_t data[2 * CHIP_AES_BYTES];
    enum chip_status status;

    memcpy(data, h, CHIP_AES_BYTES);
    memcpy(data + CHIP_AES_BYTES, in, CHIP_AES_BYTES);
    status = chip_execute_exact(chip, &chip_command_aes_gfm, AES_GFM, 0, bytes_of(data, sizeof(data)), out,
                                CHIP_AES_BYTES, err);
    bytes_wipe(data, sizeof(data));
    return chip_doing(status, "multiply for GCM on the chip", err);
}
