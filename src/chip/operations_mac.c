/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/operations_mac.h"

#include "chip/sequence.h"

#include <string.h>

#define NONCE_RANDOM 0x00

#define TEMPKEY_PARTS (CHIP_MAC_BY_TEMPKEY | CHIP_MAC_UNDER_TEMPKEY)

enum chip_status chip_compute_mac(struct chip *chip, uint8_t mode, uint8_t slot, const uint8_t *challenge,
                                  uint8_t mac[static CHIP_MAC_BYTES], struct error *err)
{
    static const struct chip_command *const rows[] = {
        [0] = &chip_command_mac,
        [CHIP_MAC_BY_TEMPKEY] = &chip_command_mac_tempkey,
        [CHIP_MAC_UNDER_TEMPKEY] = &chip_command_mac_under_tempkey,
        [TEMPKEY_PARTS] = &chip_command_mac_under_tempkey,
    };
    bool by_tempkey = (mode & CHIP_MAC_BY_TEMPKEY) != 0;
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot) && by_tempkey == (challenge == NULL))
        status = chip_execute_exact(chip, rows[mode & TEMPKEY_PARTS], mode, slot,
                                    by_tempkey ? BYTES_NONE : bytes_of(challenge, 32), mac, CHIP_MAC_BYTES, err);
    return chip_doing_at(status, "compute a MAC", slot, err);
}

static enum chip_status check_mac(struct chip *chip, uint8_t mode, uint8_t slot, const uint8_t *challenge,
                                  const uint8_t response[static CHIP_MAC_BYTES],
                                  const uint8_t other_data[static CHIP_OTHER_DATA_BYTES], struct error *err)
{
    static const struct chip_command *const rows[] = {
        [0] = &chip_command_checkmac,
        [CHIP_MAC_BY_TEMPKEY] = &chip_command_checkmac_tempkey,
        [CHIP_MAC_UNDER_TEMPKEY] = &chip_command_checkmac_under_tempkey,
    };
    uint8_t data[32 + CHIP_MAC_BYTES + CHIP_OTHER_DATA_BYTES] = {0};

    if (challenge != NULL)
        memcpy(data, challenge, 32);
    memcpy(data + 32, response, CHIP_MAC_BYTES);
    memcpy(data + 32 + CHIP_MAC_BYTES, other_data, CHIP_OTHER_DATA_BYTES);
    return chip_execute(chip, rows[mode & TEMPKEY_PARTS], mode, slot, bytes_of(data, sizeof(data)), NULL, err);
}

enum chip_status chip_check_mac(struct chip *chip, uint8_t mode, uint8_t slot, const uint8_t *challenge,
                                const uint8_t response[static CHIP_MAC_BYTES],
                                const uint8_t other_data[static CHIP_OTHER_DATA_BYTES], struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot) && (mode & TEMPKEY_PARTS) != TEMPKEY_PARTS &&
        ((mode & CHIP_MAC_BY_TEMPKEY) != 0) == (challenge == NULL))
        status = check_mac(chip, mode, slot, challenge, response, other_data, err);
    return chip_doing_at(status, "check a MAC", slot, err);
}

struct authorise_job {
    const uint8_t *key; /* secret */
    const uint8_t *serial, *num_in;
    uint8_t slot;
};

static enum chip_status authorise_run(struct chip *chip, void *job, struct error *err)
{
    static const uint8_t other_data[CHIP_OTHER_DATA_BYTES] = {0};
    const struct authorise_job *authorise = job;
    struct chip_tempkey tempkey;
    uint8_t rand_out[32];
    uint8_t response[CHIP_MAC_BYTES];
    enum chip_status status =
        chip_execute_exact(chip, &chip_command_nonce_seeding, NONCE_RANDOM, 0,
                           bytes_of(authorise->num_in, CHIP_NUM_IN_BYTES), rand_out, sizeof(rand_out), err);

    if (status != CHIP_OK)
        return status;
    if (!chip_tempkey_nonce(&tempkey, NONCE_RANDOM, rand_out, authorise->num_in) ||
        !chip_mac_check(CHIP_MAC_BY_TEMPKEY, authorise->key, tempkey.value, other_data, NULL, authorise->serial,
                        response))
        return CHIP_HOST_FAILED;
    return check_mac(chip, CHIP_MAC_BY_TEMPKEY, authorise->slot, NULL, response, other_data, err);
}

enum chip_status chip_authorise(struct chip *chip, uint8_t slot, const uint8_t key[static 32],
                                const uint8_t serial[static CHIP_SERIAL_BYTES],
                                const uint8_t num_in[static CHIP_NUM_IN_BYTES], struct error *err)
{
    struct authorise_job job = {.key = key, .serial = serial, .num_in = num_in, .slot = slot};
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot))
        status = chip_run_sequence(chip, (struct chip_sequence){.run = authorise_run, .job = &job}, err);
    return chip_doing_at(status, "authorise with the key of a slot", slot, err);
}

enum chip_status chip_compute_hmac(struct chip *chip, uint8_t mode, uint8_t slot, uint8_t mac[static CHIP_MAC_BYTES],
                                   struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot) && (mode & ~(unsigned)(CHIP_MAC_FROM_HOST | CHIP_MAC_SERIAL)) == 0)
        status = chip_execute_exact(chip, &chip_command_hmac, mode, slot, BYTES_NONE, mac, CHIP_MAC_BYTES, err);
    return chip_doing_at(status, "compute an HMAC", slot, err);
}

enum chip_status chip_derive_key(struct chip *chip, uint8_t mode, uint8_t slot, const uint8_t *permission,
                                 struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot) && (mode & ~(unsigned)CHIP_MAC_FROM_HOST) == 0)
        status = chip_execute(chip, &chip_command_derivekey, mode, slot,
                              permission != NULL ? bytes_of(permission, CHIP_MAC_BYTES) : BYTES_NONE, NULL, err);
    return chip_doing_at(status, "derive a key", slot, err);
}
