/* SPDX-License-Identifier: Apache-2.0 */
/* Identity, random numbers and digests. Keys are in operations_keys.c, zones and locks in operations_zones.c. */
#include "chip/operations.h"

#include "chip/sequence.h"

#include <string.h>

#define INFO_REVISION 0x00
#define INFO_KEY_VALID 0x01

#define RANDOM_UPDATE_SEED 0x00

/* End leaves the digest in TempKey too: the only end that both the ATECC508A and the ATECC608 know. */
#define SHA_START 0x00
#define SHA_UPDATE 0x01
#define SHA_END 0x02
#define SHA_BLOCK_BYTES 64

enum chip_status chip_read_revision(struct chip *chip, uint8_t revision[static 4], struct error *err)
{
    static const struct chip_question question = {&chip_command_info, "read the chip's revision", INFO_REVISION, 0, 4};

    return chip_ask(chip, &question, 0, revision, err);
}

enum chip_status chip_read_key_valid(struct chip *chip, uint8_t slot, bool *valid, struct error *err)
{
    static const struct chip_question question = {&chip_command_info, "ask whether a slot holds a valid key",
                                                  INFO_KEY_VALID, CHIP_SLOTS, 4};
    uint8_t answer[4] = {0};
    enum chip_status status = chip_ask_slot(chip, &question, slot, answer, err);

    *valid = status == CHIP_OK && answer[0] == 0x01;
    return status;
}

enum chip_status chip_random(struct chip *chip, uint8_t out[static 32], struct error *err)
{
    static const struct chip_question question = {&chip_command_random_seeding, "get random numbers from the chip",
                                                  RANDOM_UPDATE_SEED, 0, 32};

    return chip_ask(chip, &question, 0, out, err);
}

struct sha256_job {
    struct bytes message;
    uint8_t *digest;
};

static enum chip_status sha256_run(struct chip *chip, void *job, struct error *err)
{
    const struct sha256_job *sha = job;
    struct bytes left = sha->message;
    enum chip_status status = chip_execute(chip, &chip_command_sha_start, SHA_START, 0, BYTES_NONE, NULL, err);

    while (status == CHIP_OK && left.len >= SHA_BLOCK_BYTES) {
        status = chip_execute(chip, &chip_command_sha, SHA_UPDATE, SHA_BLOCK_BYTES,
                              bytes_of(left.data, SHA_BLOCK_BYTES), NULL, err);
        left = bytes_of(left.data + SHA_BLOCK_BYTES, left.len - SHA_BLOCK_BYTES);
    }
    if (status != CHIP_OK)
        return status;
    return chip_execute_exact(chip, &chip_command_sha, SHA_END, (uint16_t)left.len, left, sha->digest,
                              CHIP_DIGEST_BYTES, err);
}

enum chip_status chip_sha256(struct chip *chip, struct bytes message, uint8_t digest[static CHIP_DIGEST_BYTES],
                             struct error *err)
{
    struct sha256_job job = {.message = message, .digest = digest};

    return chip_doing(chip_run_sequence(chip, (struct chip_sequence){.run = sha256_run, .job = &job}, err),
                      "compute a SHA-256 on the chip", err);
}
