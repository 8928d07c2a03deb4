/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/operations_encrypted.h"

#include "chip/mac.h"
#include "chip/sequence.h"

#include <string.h>

#define NONCE_RANDOM 0x00
#define GENDIG_DATA 0x02
#define PRIVWRITE_ENCRYPTED 0x40
/* Bit 6 is needed while the data zone is unlocked and ignored afterwards; the MAC covers it as it is sent. */
#define WRITE_SLOT_ENCRYPTED 0xC2

/* The secret that both sides have. */
struct shared_key {
    uint8_t slot;
    const uint8_t *key; /* secret */
    const uint8_t *serial;
};

/*
 * TempKey on both sides: random, then mixed with the shared key. GenDig's four bytes are hashed by a slot with NoMac,
 * and ignored by all others.
 */
static enum chip_status agree_on_tempkey(struct chip *chip, const struct shared_key *shared,
                                         const uint8_t num_in[static CHIP_NUM_IN_BYTES],
                                         uint8_t tempkey[static CHIP_TEMPKEY_BYTES], struct error *err)
{
    const uint8_t other_data[4] = {chip_command_gendig.opcode, GENDIG_DATA, shared->slot, 0};
    uint8_t rand_out[32];
    enum chip_status status = chip_execute_exact(chip, &chip_command_nonce_seeding, NONCE_RANDOM, 0,
                                                 bytes_of(num_in, CHIP_NUM_IN_BYTES), rand_out, sizeof(rand_out), err);

    if (status == CHIP_OK)
        status = chip_execute(chip, &chip_command_gendig, GENDIG_DATA, shared->slot,
                              bytes_of(other_data, sizeof(other_data)), NULL, err);
    if (status == CHIP_OK && (!chip_tempkey_nonce(tempkey, NONCE_RANDOM, rand_out, num_in) ||
                              !chip_tempkey_gendig(tempkey, shared->slot, shared->key, shared->serial)))
        status = CHIP_HOST_FAILED;
    return status;
}

/* An encrypted write, of a private key or of a block. */
struct write_job {
    const struct chip_command *command;
    struct shared_key shared;
    uint8_t param1;
    uint16_t param2;
    struct bytes plain; /* secret: CHIP_PRIVATE_BYTES or 32 */
};

static enum chip_status write_run(struct chip *chip, void *job, struct error *err)
{
    const struct write_job *write = job;
    uint8_t tempkey[CHIP_TEMPKEY_BYTES];
    uint8_t num_in[CHIP_NUM_IN_BYTES];
    uint8_t data[CHIP_PRIVATE_BYTES + CHIP_MAC_BYTES];
    uint8_t *mac = data + write->plain.len;
    enum chip_status status = CHIP_HOST_FAILED;
    bool done;

    if (!chip_mac_num_in(write->shared.key, write->plain, write->param2, num_in))
        return status;
    status = agree_on_tempkey(chip, &write->shared, num_in, tempkey, err);
    if (status != CHIP_OK)
        goto out;
    if (write->plain.len == CHIP_PRIVATE_BYTES)
        done = chip_mac_privwrite(tempkey, write->param1, write->param2, write->shared.serial, write->plain.data, data,
                                  mac);
    else
        done =
            chip_mac_write(tempkey, write->param1, write->param2, write->shared.serial, write->plain.data, data, mac);
    status = CHIP_HOST_FAILED;
    if (done)
        status = chip_execute(chip, write->command, write->param1, write->param2,
                              bytes_of(data, write->plain.len + CHIP_MAC_BYTES), NULL, err);
out:
    bytes_wipe(tempkey, sizeof(tempkey));
    bytes_wipe(data, sizeof(data));
    return status;
}

static enum chip_status write_encrypted(struct chip *chip, struct write_job *job, struct error *err)
{
    if (!chip_is_slot(job->shared.slot))
        return CHIP_BAD_ARGUMENT;
    return chip_run_sequence(chip, (struct chip_sequence){.run = write_run, .job = job}, err);
}

enum chip_status chip_import_key_encrypted(struct chip *chip, uint8_t slot, const uint8_t scalar[static 32],
                                           uint8_t write_key_slot, const uint8_t write_key[static 32],
                                           const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err)
{
    uint8_t secret[CHIP_PRIVATE_BYTES] = {0};
    struct write_job job = {
        .command = &chip_command_privwrite_encrypted,
        .shared = {.slot = write_key_slot, .key = write_key, .serial = serial},
        .param1 = PRIVWRITE_ENCRYPTED,
        .param2 = slot,
        .plain = bytes_of(secret, sizeof(secret)),
    };
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot)) {
        memcpy(secret + CHIP_PRIVATE_BYTES - 32, scalar, 32);
        status = write_encrypted(chip, &job, err);
        bytes_wipe(secret, sizeof(secret));
    }
    return chip_doing_at(status, "import a private key, encrypted", slot, err);
}

enum chip_status chip_write_slot_block_encrypted(struct chip *chip, uint8_t slot, uint8_t block,
                                                 const uint8_t in[static 32], uint8_t write_key_slot,
                                                 const uint8_t write_key[static 32],
                                                 const uint8_t serial[static CHIP_SERIAL_BYTES], struct error *err)
{
    struct write_job job = {
        .command = &chip_command_write_encrypted,
        .shared = {.slot = write_key_slot, .key = write_key, .serial = serial},
        .param1 = WRITE_SLOT_ENCRYPTED,
        .param2 = chip_slot_address(slot, block),
        .plain = bytes_of(in, 32),
    };
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_block(slot, block))
        status = write_encrypted(chip, &job, err);
    return chip_doing_at(status, "write to a slot, encrypted", slot, err);
}
