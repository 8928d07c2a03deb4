/* SPDX-License-Identifier: Apache-2.0 */
/* Modes: ATECC608B-TNGTLS data sheet, 5.2.4 (Sign) and 5.2.5 (Verify). */
#include "chip/operations_signature.h"

#include "chip/protection.h"
#include "chip/sequence.h"
#include "chip/status.h"

#include <string.h>

#define SIGN_EXTERNAL 0x80
#define SIGN_INTERNAL 0x00
#define NONCE_64_TO_MESSAGE_DIGEST 0x63

#define VERIFY_STORED 0x00
#define VERIFY_EXTERNAL 0x02
#define VERIFY_VALIDATE 0x03
#define VERIFY_INVALIDATE 0x07
#define VERIFY_PROVEN 0xA0 /* from the message digest buffer, a MAC back */
#define VERIFY_P256 0x0004

static enum chip_status sign(struct chip *chip, uint8_t mode, uint8_t slot, uint8_t *signature, struct error *err)
{
    if (!chip_is_slot(slot))
        return CHIP_BAD_ARGUMENT;
    return chip_execute_exact(chip, &chip_command_sign, mode, slot, BYTES_NONE, signature, CHIP_SIGNATURE_BYTES, err);
}

enum chip_status chip_sign_tempkey(struct chip *chip, uint8_t slot, uint8_t signature[static CHIP_SIGNATURE_BYTES],
                                   struct error *err)
{
    return chip_doing_at(sign(chip, SIGN_EXTERNAL, slot, signature, err), "sign TempKey", slot, err);
}

enum chip_status chip_sign_internal(struct chip *chip, uint8_t mode, uint8_t slot,
                                    uint8_t signature[static CHIP_SIGNATURE_BYTES], struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if ((mode & ~(unsigned)(CHIP_SIGN_SERIAL | CHIP_SIGN_INVALIDATE)) == 0)
        status = sign(chip, SIGN_INTERNAL | mode, slot, signature, err);
    return chip_doing_at(status, "sign what the chip says of itself", slot, err);
}

enum chip_status chip_verify_tempkey(struct chip *chip, uint8_t slot,
                                     const uint8_t signature[static CHIP_SIGNATURE_BYTES], struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_can_hold_public_key(slot))
        status = chip_execute(chip, &chip_command_verify_stored, VERIFY_STORED, slot,
                              bytes_of(signature, CHIP_SIGNATURE_BYTES), NULL, err);
    return chip_doing_at(status, "verify a signature over TempKey", slot, err);
}

struct proven_job {
    const struct chip_command *command;
    const uint8_t *message; /* the digest and the system nonce, 64 bytes */
    struct bytes data;      /* R, S and for an external key X, Y */
    const uint8_t *io_key;  /* secret */
    uint16_t param2;
    uint8_t mode;
};

static enum chip_status proven_run(struct chip *chip, void *job, struct error *err)
{
    const struct proven_job *proven = job;
    uint8_t mac[32];
    uint8_t expected[32];
    enum chip_status status = chip_execute(chip, &chip_command_nonce, NONCE_64_TO_MESSAGE_DIGEST, 0,
                                           bytes_of(proven->message, 64), NULL, err);

    if (status == CHIP_OK)
        status = chip_execute_exact(chip, proven->command, proven->mode, proven->param2, proven->data, mac, sizeof(mac),
                                    err);
    if (status != CHIP_OK)
        return status;
    if (!chip_protection_verify_mac(proven->io_key, proven->mode, proven->param2, proven->message,
                                    proven->message + CHIP_DIGEST_BYTES, proven->data.data, expected))
        return CHIP_HOST_FAILED;
    return bytes_equal_secret(bytes_of(mac, sizeof(mac)), bytes_of(expected, sizeof(expected))) ? CHIP_OK
                                                                                                : CHIP_MISCOMPARE;
}

static enum chip_status verify_proven(struct chip *chip, const struct proven_job *job,
                                      const uint8_t digest[static CHIP_DIGEST_BYTES],
                                      const uint8_t system_nonce[static 32], struct error *err)
{
    uint8_t message[CHIP_DIGEST_BYTES + 32];
    struct proven_job with_message = *job;

    memcpy(message, digest, CHIP_DIGEST_BYTES);
    memcpy(message + CHIP_DIGEST_BYTES, system_nonce, 32);
    with_message.message = message;
    return chip_run_sequence(chip, (struct chip_sequence){.run = proven_run, .job = &with_message}, err);
}

enum chip_status chip_verify_external_proven(struct chip *chip, const uint8_t digest[static CHIP_DIGEST_BYTES],
                                             const uint8_t signature[static CHIP_SIGNATURE_BYTES],
                                             const uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES],
                                             const uint8_t io_key[static 32], const uint8_t system_nonce[static 32],
                                             struct error *err)
{
    uint8_t data[CHIP_SIGNATURE_BYTES + CHIP_PUBLIC_KEY_BYTES];
    struct proven_job job = {
        .command = &chip_command_verify,
        .data = bytes_of(data, sizeof(data)),
        .io_key = io_key,
        .param2 = VERIFY_P256,
        .mode = VERIFY_PROVEN | VERIFY_EXTERNAL,
    };

    memcpy(data, signature, CHIP_SIGNATURE_BYTES);
    memcpy(data + CHIP_SIGNATURE_BYTES, public_key, CHIP_PUBLIC_KEY_BYTES);
    return chip_doing(verify_proven(chip, &job, digest, system_nonce, err), "verify a signature with proof", err);
}

enum chip_status chip_verify_stored_proven(struct chip *chip, uint8_t slot,
                                           const uint8_t digest[static CHIP_DIGEST_BYTES],
                                           const uint8_t signature[static CHIP_SIGNATURE_BYTES],
                                           const uint8_t io_key[static 32], const uint8_t system_nonce[static 32],
                                           struct error *err)
{
    struct proven_job job = {
        .command = &chip_command_verify_stored,
        .data = bytes_of(signature, CHIP_SIGNATURE_BYTES),
        .io_key = io_key,
        .param2 = slot,
        .mode = VERIFY_PROVEN | VERIFY_STORED,
    };
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_can_hold_public_key(slot))
        status = verify_proven(chip, &job, digest, system_nonce, err);
    return chip_doing_at(status, "verify a signature with a stored public key, with proof", slot, err);
}

enum chip_status chip_change_validity(struct chip *chip, uint8_t slot, bool valid,
                                      const uint8_t signature[static CHIP_SIGNATURE_BYTES],
                                      const uint8_t other_data[static CHIP_VERIFY_OTHER_DATA_BYTES], struct error *err)
{
    uint8_t data[CHIP_SIGNATURE_BYTES + CHIP_VERIFY_OTHER_DATA_BYTES];
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_can_hold_public_key(slot)) {
        memcpy(data, signature, CHIP_SIGNATURE_BYTES);
        memcpy(data + CHIP_SIGNATURE_BYTES, other_data, CHIP_VERIFY_OTHER_DATA_BYTES);
        status = chip_execute(chip, &chip_command_verify_validity, valid ? VERIFY_VALIDATE : VERIFY_INVALIDATE, slot,
                              bytes_of(data, sizeof(data)), NULL, err);
    }
    return chip_doing_at(status, valid ? "validate a public key" : "invalidate a public key", slot, err);
}
