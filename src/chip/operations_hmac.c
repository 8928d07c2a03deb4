/* SPDX-License-Identifier: Apache-2.0 */
/* Modes: ATECC608B-TNGTLS data sheet, SHA; the ATECC508A's own end: data sheet DS20005927, section 9.16. */
#include "chip/operations_hmac.h"

#include "chip/sequence.h"

#define SHA_UPDATE 0x01
#define SHA_HMAC_START 0x04
#define SHA_END_TO_HOST 0xC2 /* ATECC608: the result goes to the host only */
#define SHA_HMAC_END_508A 0x05
#define SHA_BLOCK_BYTES 64

struct hmac_job {
    struct bytes message;
    uint8_t *mac;
    uint8_t end_mode;
    uint8_t slot;
};

static enum chip_status hmac_run(struct chip *chip, void *job, struct error *err)
{
    const struct hmac_job *hmac = job;
    struct bytes left = hmac->message;
    enum chip_status status =
        chip_execute(chip, &chip_command_sha_hmac, SHA_HMAC_START, hmac->slot, BYTES_NONE, NULL, err);

    while (status == CHIP_OK && left.len >= SHA_BLOCK_BYTES) {
        status = chip_execute(chip, &chip_command_sha, SHA_UPDATE, SHA_BLOCK_BYTES,
                              bytes_of(left.data, SHA_BLOCK_BYTES), NULL, err);
        left = bytes_of(left.data + SHA_BLOCK_BYTES, left.len - SHA_BLOCK_BYTES);
    }
    if (status != CHIP_OK)
        return status;
    return chip_execute_exact(chip, &chip_command_sha, hmac->end_mode, (uint16_t)left.len, left, hmac->mac,
                              CHIP_DIGEST_BYTES, err);
}

enum chip_status chip_hmac_sha256(struct chip *chip, enum chip_part part, uint8_t slot, struct bytes message,
                                  uint8_t mac[static CHIP_DIGEST_BYTES], struct error *err)
{
    struct hmac_job job = {
        .message = message,
        .mac = mac,
        .end_mode = part == CHIP_PART_ATECC508A ? SHA_HMAC_END_508A : SHA_END_TO_HOST,
        .slot = slot,
    };
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot))
        status = chip_run_sequence(chip, (struct chip_sequence){.run = hmac_run, .job = &job}, err);
    return chip_doing_at(status, "compute an HMAC on the chip", slot, err);
}
