/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on keys: make, import, show, sign with and verify with them. */
#include "chip/operations.h"

#include "chip/mac.h"
#include "chip/sequence.h"

#include <string.h>

#define GENKEY_CREATE 0x04
#define GENKEY_PUBLIC 0x00

#define SIGN_EXTERNAL 0x80
#define VERIFY_STORED 0x00
#define VERIFY_EXTERNAL 0x02
#define VERIFY_P256 0x0004

#define NONCE_FIXED 0x03
#define PRIVWRITE_CLEAR 0x00
#define WRITE_SLOT_CLEAR 0x82

/*
 * The register that carries a digest to Sign and Verify. Slots with ReqRandom, all of Trust&GO's, sign a digest from
 * the message digest buffer only; the ATECC508A has none. TempKey works everywhere else.
 */
static const struct digest_register {
    uint8_t nonce; /* in the fixed Nonce's mode */
    uint8_t use;   /* in Sign's and Verify's mode */
} digest_registers[] = {
    [CHIP_PART_UNKNOWN] = {0x00, 0x00},
    [CHIP_PART_ATECC508A] = {0x00, 0x00},
    [CHIP_PART_ATECC608A] = {0x40, 0x20},
    [CHIP_PART_ATECC608B] = {0x40, 0x20},
};

static const struct digest_register *digest_register_of(enum chip_part part)
{
    if ((unsigned)part >= sizeof(digest_registers) / sizeof(digest_registers[0]))
        part = CHIP_PART_UNKNOWN;
    return &digest_registers[part];
}

static enum chip_status load_digest(struct chip *chip, const struct digest_register *where, const uint8_t *digest,
                                    struct error *err)
{
    return chip_execute(chip, &chip_command_nonce, (uint8_t)(NONCE_FIXED | where->nonce), 0,
                        bytes_of(digest, CHIP_DIGEST_BYTES), NULL, err);
}

enum chip_status chip_generate_key(struct chip *chip, uint8_t slot, uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES],
                                   struct error *err)
{
    static const struct chip_question question = {&chip_command_genkey, "generate a private key", GENKEY_CREATE,
                                                  CHIP_SLOTS, CHIP_PUBLIC_KEY_BYTES};

    return chip_ask_slot(chip, &question, slot, public_key, err);
}

enum chip_status chip_read_public_key(struct chip *chip, uint8_t slot, uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES],
                                      struct error *err)
{
    static const struct chip_question question = {&chip_command_genkey_public, "compute the public key of a slot",
                                                  GENKEY_PUBLIC, CHIP_SLOTS, CHIP_PUBLIC_KEY_BYTES};

    return chip_ask_slot(chip, &question, slot, public_key, err);
}

struct sign_job {
    const struct digest_register *where;
    const uint8_t *digest;
    uint8_t *signature;
    uint8_t slot;
};

static enum chip_status sign_run(struct chip *chip, void *job, struct error *err)
{
    const struct sign_job *sign = job;
    enum chip_status status = load_digest(chip, sign->where, sign->digest, err);

    if (status != CHIP_OK)
        return status;
    return chip_execute_exact(chip, &chip_command_sign, (uint8_t)(SIGN_EXTERNAL | sign->where->use), sign->slot,
                              BYTES_NONE, sign->signature, CHIP_SIGNATURE_BYTES, err);
}

enum chip_status chip_sign_digest(struct chip *chip, enum chip_part part, uint8_t slot,
                                  const uint8_t digest[static CHIP_DIGEST_BYTES],
                                  uint8_t signature[static CHIP_SIGNATURE_BYTES], struct error *err)
{
    struct sign_job job = {.where = digest_register_of(part), .digest = digest, .signature = signature, .slot = slot};
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot))
        status = chip_run_sequence(chip, (struct chip_sequence){.run = sign_run, .job = &job}, err);
    return chip_doing_at(status, "sign a digest", slot, err);
}

struct verify_job {
    const struct digest_register *where;
    const uint8_t *digest;
    const struct chip_command *command;
    struct bytes data; /* of Verify: R, S and for an external key X, Y */
    uint16_t param2;
    uint8_t mode;
};

static enum chip_status verify_run(struct chip *chip, void *job, struct error *err)
{
    const struct verify_job *verify = job;
    enum chip_status status = load_digest(chip, verify->where, verify->digest, err);

    if (status != CHIP_OK)
        return status;
    return chip_execute(chip, verify->command, (uint8_t)(verify->mode | verify->where->use), verify->param2,
                        verify->data, NULL, err);
}

enum chip_status chip_verify_external(struct chip *chip, enum chip_part part,
                                      const uint8_t digest[static CHIP_DIGEST_BYTES],
                                      const uint8_t signature[static CHIP_SIGNATURE_BYTES],
                                      const uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES], struct error *err)
{
    uint8_t data[CHIP_SIGNATURE_BYTES + CHIP_PUBLIC_KEY_BYTES];
    struct verify_job job = {
        .where = digest_register_of(part),
        .digest = digest,
        .command = &chip_command_verify,
        .data = bytes_of(data, sizeof(data)),
        .param2 = VERIFY_P256,
        .mode = VERIFY_EXTERNAL,
    };

    memcpy(data, signature, CHIP_SIGNATURE_BYTES);
    memcpy(data + CHIP_SIGNATURE_BYTES, public_key, CHIP_PUBLIC_KEY_BYTES);
    return chip_doing(chip_run_sequence(chip, (struct chip_sequence){.run = verify_run, .job = &job}, err),
                      "verify a signature on the chip", err);
}

enum chip_status chip_verify_stored(struct chip *chip, enum chip_part part, uint8_t slot,
                                    const uint8_t digest[static CHIP_DIGEST_BYTES],
                                    const uint8_t signature[static CHIP_SIGNATURE_BYTES], struct error *err)
{
    struct verify_job job = {
        .where = digest_register_of(part),
        .digest = digest,
        .command = &chip_command_verify_stored,
        .data = bytes_of(signature, CHIP_SIGNATURE_BYTES),
        .param2 = slot,
        .mode = VERIFY_STORED,
    };
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_can_hold_public_key(slot))
        status = chip_run_sequence(chip, (struct chip_sequence){.run = verify_run, .job = &job}, err);
    return chip_doing_at(status, "verify a signature with a stored public key", slot, err);
}

enum chip_status chip_import_key(struct chip *chip, uint8_t slot, const uint8_t scalar[static 32], struct error *err)
{
    uint8_t secret[CHIP_PRIVATE_BYTES] = {0};
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (!chip_is_slot(slot))
        goto out;
    memcpy(secret + CHIP_PRIVATE_BYTES - 32, scalar, 32);
    status =
        chip_execute(chip, &chip_command_privwrite, PRIVWRITE_CLEAR, slot, bytes_of(secret, sizeof(secret)), NULL, err);
    bytes_wipe(secret, sizeof(secret));
out:
    return chip_doing_at(status, "import a private key", slot, err);
}

/*
 * A public key lies in a slot as 4 zeros, X, 4 zeros, Y (72 bytes); the rest of the third block is filled up with
 * zeros, which 72-byte slots drop. ATECC508A data sheet, DS20005927, section 4.1.1.
 */
#define KEY_BLOCKS 3
#define KEY_X_AT 4
#define KEY_Y_AT 40

enum chip_status chip_write_public_key(struct chip *chip, uint8_t slot,
                                       const uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES], struct error *err)
{
    uint8_t image[KEY_BLOCKS * 32] = {0};
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_can_hold_public_key(slot)) {
        memcpy(image + KEY_X_AT, public_key, 32);
        memcpy(image + KEY_Y_AT, public_key + 32, 32);
        status = CHIP_OK;
        for (uint8_t block = 0; block < KEY_BLOCKS && status == CHIP_OK; block++)
            status = chip_execute(chip, &chip_command_write, WRITE_SLOT_CLEAR, chip_slot_address(slot, block),
                                  bytes_of(image + 32 * block, 32), NULL, err);
    }
    return chip_doing_at(status, "write a public key", slot, err);
}

enum chip_status chip_read_stored_public_key(struct chip *chip, uint8_t slot,
                                             uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES], struct error *err)
{
    uint8_t image[KEY_BLOCKS * 32];
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_can_hold_public_key(slot)) {
        status = CHIP_OK;
        for (uint8_t block = 0; block < KEY_BLOCKS && status == CHIP_OK; block++)
            status = chip_read_slot_block(chip, slot, block, image + 32 * block, err);
    }
    if (status == CHIP_OK) { /* the zeros between them out */
        memmove(image + KEY_X_AT + 32, image + KEY_Y_AT, 32);
        memcpy(public_key, image + KEY_X_AT, CHIP_PUBLIC_KEY_BYTES);
    }
    return chip_doing_at(status, "read a stored public key", slot, err);
}
