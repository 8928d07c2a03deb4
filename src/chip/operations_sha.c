/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/operations_sha.h"

#include "chip/sequence.h"

#define SHA_START 0x00
#define SHA_UPDATE 0x01
#define SHA_END 0x02
#define SHA_PUBLIC 0x03
#define SHA_HMAC_START 0x04
#define SHA_HMAC_END 0x05 /* ATECC508A */
#define SHA_READ_CONTEXT 0x06
#define SHA_WRITE_CONTEXT 0x07
#define KEY_IN_TEMPKEY 0xFFFF

static const char hashing[] = "compute a SHA-256 on the chip";
static const char authenticating[] = "compute an HMAC on the chip";
static const char keeping[] = "keep an unfinished SHA-256";

enum chip_status chip_sha_start(struct chip *chip, struct error *err)
{
    return chip_doing(chip_execute(chip, &chip_command_sha_start, SHA_START, 0, BYTES_NONE, NULL, err), hashing, err);
}

static enum chip_status update(struct chip *chip, struct bytes piece, struct error *err)
{
    return chip_execute(chip, &chip_command_sha, SHA_UPDATE, (uint16_t)piece.len, piece, NULL, err);
}

enum chip_status chip_sha_update(struct chip *chip, struct bytes piece, struct error *err)
{
    return chip_doing(piece.len <= CHIP_SHA_BLOCK_BYTES ? update(chip, piece, err) : CHIP_BAD_ARGUMENT, hashing, err);
}

enum chip_status chip_sha_add_public_key(struct chip *chip, uint8_t slot, struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_can_hold_public_key(slot))
        status = chip_execute(chip, &chip_command_sha, SHA_PUBLIC, slot, BYTES_NONE, NULL, err);
    return chip_doing_at(status, "hash a stored public key", slot, err);
}

static enum chip_status end(struct chip *chip, uint8_t mode, struct bytes piece, uint8_t *digest, struct error *err)
{
    if (piece.len >= CHIP_SHA_BLOCK_BYTES)
        return CHIP_BAD_ARGUMENT;
    return chip_execute_exact(chip, &chip_command_sha, mode, (uint16_t)piece.len, piece, digest, CHIP_DIGEST_BYTES,
                              err);
}

enum chip_status chip_sha_end(struct chip *chip, enum chip_sha_target target, struct bytes piece,
                              uint8_t digest[static CHIP_DIGEST_BYTES], struct error *err)
{
    return chip_doing(end(chip, (uint8_t)(SHA_END | (unsigned)target), piece, digest, err), hashing, err);
}

static enum chip_status hmac_start(struct chip *chip, uint8_t slot, struct error *err)
{
    return chip_execute(chip, &chip_command_sha_hmac, SHA_HMAC_START, slot, BYTES_NONE, NULL, err);
}

enum chip_status chip_hmac_start(struct chip *chip, uint8_t slot, struct error *err)
{
    return chip_doing_at(chip_is_slot(slot) ? hmac_start(chip, slot, err) : CHIP_BAD_ARGUMENT, authenticating, slot,
                         err);
}

enum chip_status chip_hmac_start_tempkey(struct chip *chip, struct error *err)
{
    return chip_doing(
        chip_execute(chip, &chip_command_sha_hmac_tempkey, SHA_HMAC_START, KEY_IN_TEMPKEY, BYTES_NONE, NULL, err),
        authenticating, err);
}

static uint8_t hmac_end_mode(enum chip_part part, enum chip_sha_target target)
{
    return (uint8_t)(part == CHIP_PART_ATECC508A ? SHA_HMAC_END : SHA_END | (unsigned)target);
}

enum chip_status chip_hmac_end(struct chip *chip, enum chip_part part, enum chip_sha_target target, struct bytes piece,
                               uint8_t mac[static CHIP_DIGEST_BYTES], struct error *err)
{
    return chip_doing(end(chip, hmac_end_mode(part, target), piece, mac, err), authenticating, err);
}

struct hmac_job {
    struct bytes message;
    uint8_t *mac;
    enum chip_part part;
    uint8_t slot;
};

static enum chip_status hmac_run(struct chip *chip, void *job, struct error *err)
{
    const struct hmac_job *hmac = job;
    struct bytes left = hmac->message;
    enum chip_status status = hmac_start(chip, hmac->slot, err);

    while (status == CHIP_OK && left.len >= CHIP_SHA_BLOCK_BYTES) {
        status = update(chip, bytes_of(left.data, CHIP_SHA_BLOCK_BYTES), err);
        left = bytes_of(left.data + CHIP_SHA_BLOCK_BYTES, left.len - CHIP_SHA_BLOCK_BYTES);
    }
    if (status != CHIP_OK)
        return status;
    return end(chip, hmac_end_mode(hmac->part, CHIP_SHA_TO_CALLER), left, hmac->mac, err);
}

enum chip_status chip_hmac_sha256(struct chip *chip, enum chip_part part, uint8_t slot, struct bytes message,
                                  uint8_t mac[static CHIP_DIGEST_BYTES], struct error *err)
{
    struct hmac_job job = {.message = message, .mac = mac, .part = part, .slot = slot};
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot))
        status = chip_run_sequence(chip, (struct chip_sequence){.run = hmac_run, .job = &job}, err);
    return chip_doing_at(status, authenticating, slot, err);
}

enum chip_status chip_sha_save(struct chip *chip, struct bytes_out *context, struct error *err)
{
    return chip_doing(chip_execute(chip, &chip_command_sha, SHA_READ_CONTEXT, 0, BYTES_NONE, context, err), keeping,
                      err);
}

enum chip_status chip_sha_restore(struct chip *chip, struct bytes context, struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (context.len <= CHIP_SHA_CONTEXT_MAX)
        status =
            chip_execute(chip, &chip_command_sha_start, SHA_WRITE_CONTEXT, (uint16_t)context.len, context, NULL, err);
    return chip_doing(status, keeping, err);
}
