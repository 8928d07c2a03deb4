/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/operations_registers.h"

#include "chip/sequence.h"

#include <string.h>

#define NONCE_FIXED 0x03
#define NONCE_64_BYTES 0x20
#define NONCE_RANDOM_NUMBER 0x0000 /* Param2 */
#define NONCE_OF_TEMPKEY 0x8000

#define GENDIG_CONFIG 0x00
#define GENDIG_OTP 0x01
#define GENDIG_DATA 0x02
#define GENDIG_NONCE 0x03
#define GENDIG_COUNTER 0x04
#define GENDIG_POLICY 0x05
#define GENDIG_TEMPKEY_FIRST 0x8000

#define GENKEY_STORED_DIGEST 0x10

static const char mixing[] = "mix a value into TempKey";

enum chip_status chip_nonce_random(struct chip *chip, uint8_t mode, const uint8_t num_in[static CHIP_NUM_IN_BYTES],
                                   uint8_t rand_out[static 32], struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (mode <= CHIP_NONCE_KEEP_SEED)
        status =
            chip_execute_exact(chip, mode == CHIP_NONCE_UPDATE_SEED ? &chip_command_nonce_seeding : &chip_command_nonce,
                               mode, NONCE_RANDOM_NUMBER, bytes_of(num_in, CHIP_NUM_IN_BYTES), rand_out, 32, err);
    return chip_doing(status, "agree on a nonce", err);
}

enum chip_status chip_nonce_mix(struct chip *chip, uint8_t mode, const uint8_t num_in[static CHIP_NUM_IN_BYTES],
                                uint8_t tempkey[static CHIP_TEMPKEY_BYTES], struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (mode <= CHIP_NONCE_KEEP_SEED)
        status = chip_execute_exact(chip, &chip_command_nonce_mix, mode, NONCE_OF_TEMPKEY,
                                    bytes_of(num_in, CHIP_NUM_IN_BYTES), tempkey, CHIP_TEMPKEY_BYTES, err);
    return chip_doing(status, mixing, err);
}

/* Bits 7 and 6 of the mode, and the longest value. */
static const struct {
    uint8_t target, longest;
} registers[] = {
    [CHIP_REGISTER_TEMPKEY] = {0x00, 64},
    [CHIP_REGISTER_MESSAGE_DIGEST] = {0x40, 64},
    [CHIP_REGISTER_ALTERNATE_KEY] = {0x80, 32},
};

enum chip_status chip_nonce_load(struct chip *chip, enum chip_register target, struct bytes value, struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if ((unsigned)target < sizeof(registers) / sizeof(registers[0]) && (value.len == 32 || value.len == 64) &&
        value.len <= registers[target].longest)
        status =
            chip_execute(chip, &chip_command_nonce,
                         (uint8_t)(NONCE_FIXED | registers[target].target | (value.len == 64 ? NONCE_64_BYTES : 0)), 0,
                         value, NULL, err);
    return chip_doing(status, "load a register", err);
}

/* The four bytes are sent to every slot: one without NoMac ignores them. */
enum chip_status chip_gendig_slot(struct chip *chip, uint8_t slot, const uint8_t *other_data, struct error *err)
{
    const uint8_t usual[4] = {chip_command_gendig.opcode, GENDIG_DATA, slot, 0};
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot))
        status = chip_execute(chip, &chip_command_gendig, GENDIG_DATA, slot,
                              bytes_of(other_data != NULL ? other_data : usual, sizeof(usual)), NULL, err);
    return chip_doing_at(status, "mix the key of a slot into TempKey", slot, err);
}

static enum chip_status gendig(struct chip *chip, uint8_t zone, uint16_t number, uint16_t count, struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (number < count)
        status = chip_execute(chip, &chip_command_gendig_zone, zone, number, BYTES_NONE, NULL, err);
    return chip_doing(status, mixing, err);
}

enum chip_status chip_gendig_config(struct chip *chip, uint8_t block, struct error *err)
{
    return gendig(chip, GENDIG_CONFIG, block, CHIP_CONFIG_BYTES / 32, err);
}

enum chip_status chip_gendig_otp(struct chip *chip, uint8_t block, struct error *err)
{
    return gendig(chip, GENDIG_OTP, block, CHIP_OTP_BYTES / 32, err);
}

enum chip_status chip_gendig_counter(struct chip *chip, uint8_t counter, struct error *err)
{
    return gendig(chip, GENDIG_COUNTER, counter, CHIP_COUNTERS, err);
}

enum chip_status chip_gendig_policy(struct chip *chip, uint8_t slot, struct error *err)
{
    return gendig(chip, GENDIG_POLICY, slot, CHIP_SLOTS, err);
}

enum chip_status chip_gendig_nonce(struct chip *chip, bool tempkey_first, const uint8_t nonce[static 32],
                                   struct error *err)
{
    return chip_doing(chip_execute(chip, &chip_command_gendig_zone, GENDIG_NONCE,
                                   tempkey_first ? GENDIG_TEMPKEY_FIRST : 0, bytes_of(nonce, 32), NULL, err),
                      mixing, err);
}

enum chip_status chip_genkey_digest(struct chip *chip, uint8_t slot, uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES],
                                    struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot))
        status = chip_execute_exact(chip, &chip_command_genkey_digest, CHIP_GENKEY_DIGEST, slot, BYTES_NONE, public_key,
                                    CHIP_PUBLIC_KEY_BYTES, err);
    return chip_doing_at(status, "mix the public key of a slot into TempKey", slot, err);
}

enum chip_status chip_genkey_create_digest(struct chip *chip, uint8_t slot,
                                           uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES], struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot))
        status = chip_execute_exact(chip, &chip_command_genkey_create_digest, CHIP_GENKEY_CREATE_DIGEST, slot,
                                    BYTES_NONE, public_key, CHIP_PUBLIC_KEY_BYTES, err);
    return chip_doing_at(status, "generate a private key with a digest", slot, err);
}

enum chip_status chip_genkey_stored_digest(struct chip *chip, uint8_t slot, const uint8_t other_data[static 3],
                                           struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_can_hold_public_key(slot))
        status = chip_execute(chip, &chip_command_genkey_digest, GENKEY_STORED_DIGEST, slot, bytes_of(other_data, 3),
                              NULL, err);
    return chip_doing_at(status, "mix a stored public key into TempKey", slot, err);
}
