/* SPDX-License-Identifier: Apache-2.0 */
/* Modes: ATECC608B-TNGTLS data sheet, 5.2.1 (ECDH) and 5.2.2 (GenKey); ATECC608A-TNGLoRaWAN data sheet, 5.3.5 (KDF). */
#include "chip/operations_agreement.h"

#include "base/order.h"
#include "chip/protection.h"
#include "chip/sequence.h"

#include <string.h>

/* ---- ECDH ---- */

/* Source, whether encrypted, and target in the bits 0, 1, and 3 and 2. */
#define ECDH_AS_CONFIGURED 0x00
#define ECDH_TO_SLOT 0x04
#define ECDH_TO_TEMPKEY 0x08
#define ECDH_TO_OUTPUT 0x0C
#define ECDH_ENCRYPTED 0x02
#define ECDH_EPHEMERAL 0x01

#define GENKEY_CREATE 0x04
#define KEY_IN_TEMPKEY 0xFFFF

static const char agreeing[] = "agree on a secret";

/* `secret` NULL: a bare status comes back. */
static enum chip_status ecdh(struct chip *chip, const struct chip_command *command, uint8_t mode, uint8_t slot,
                             const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES], uint8_t *secret, struct error *err)
{
    return chip_execute_exact(chip, command, mode, slot, bytes_of(peer, CHIP_PUBLIC_KEY_BYTES), secret,
                              secret != NULL ? CHIP_SECRET_BYTES : 0, err);
}

static enum chip_status ecdh_encrypted(struct chip *chip, const struct chip_command *command, uint8_t mode,
                                       uint8_t slot, const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES],
                                       const uint8_t io_key[static 32], uint8_t *secret, struct error *err)
{
    uint8_t reply[CHIP_SECRET_BYTES + CHIP_OUT_NONCE_BYTES];
    enum chip_status status = chip_execute_exact(chip, command, mode | ECDH_TO_OUTPUT | ECDH_ENCRYPTED, slot,
                                                 bytes_of(peer, CHIP_PUBLIC_KEY_BYTES), reply, sizeof(reply), err);

    if (status == CHIP_OK) {
        if (!chip_protection_decrypt(io_key, reply + CHIP_SECRET_BYTES, reply, CHIP_SECRET_BYTES))
            status = CHIP_HOST_FAILED;
        memcpy(secret, reply, CHIP_SECRET_BYTES);
        bytes_wipe(reply, sizeof(reply));
    }
    return status;
}

static bool is_608(enum chip_part part)
{
    return part == CHIP_PART_ATECC608A || part == CHIP_PART_ATECC608B;
}

enum chip_status chip_ecdh(struct chip *chip, enum chip_part part, uint8_t slot,
                           const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES], uint8_t secret[static CHIP_SECRET_BYTES],
                           struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot) && is_608(part))
        status = ecdh(chip, &chip_command_ecdh, ECDH_TO_OUTPUT, slot, peer, secret, err);
    else if (chip_is_slot(slot))
        status = ecdh(chip, &chip_command_ecdh_to_slot, ECDH_AS_CONFIGURED, slot, peer, secret, err);
    return chip_doing_at(status, agreeing, slot, err);
}

enum chip_status chip_ecdh_to_slot(struct chip *chip, enum chip_part part, uint8_t slot,
                                   const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES], struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot))
        status = ecdh(chip, &chip_command_ecdh_to_slot, is_608(part) ? ECDH_TO_SLOT : ECDH_AS_CONFIGURED, slot, peer,
                      NULL, err);
    return chip_doing_at(status, agreeing, slot, err);
}

enum chip_status chip_ecdh_to_tempkey(struct chip *chip, uint8_t slot, const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES],
                                      struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot))
        status = ecdh(chip, &chip_command_ecdh_to_tempkey, ECDH_TO_TEMPKEY, slot, peer, NULL, err);
    return chip_doing_at(status, agreeing, slot, err);
}

enum chip_status chip_ecdh_encrypted(struct chip *chip, uint8_t slot, const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES],
                                     const uint8_t io_key[static 32], uint8_t secret[static CHIP_SECRET_BYTES],
                                     struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot))
        status = ecdh_encrypted(chip, &chip_command_ecdh, 0, slot, peer, io_key, secret, err);
    return chip_doing_at(status, agreeing, slot, err);
}

enum chip_status chip_generate_ephemeral(struct chip *chip, uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES],
                                         struct error *err)
{
    return chip_doing(chip_execute_exact(chip, &chip_command_genkey_ephemeral, GENKEY_CREATE, KEY_IN_TEMPKEY,
                                         BYTES_NONE, public_key, CHIP_PUBLIC_KEY_BYTES, err),
                      "generate a private key of one use", err);
}

enum chip_status chip_ecdh_ephemeral(struct chip *chip, const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES],
                                     uint8_t secret[static CHIP_SECRET_BYTES], struct error *err)
{
    return chip_doing(ecdh(chip, &chip_command_ecdh_ephemeral, ECDH_EPHEMERAL | ECDH_TO_OUTPUT, 0, peer, secret, err),
                      agreeing, err);
}

enum chip_status chip_ecdh_ephemeral_encrypted(struct chip *chip, const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES],
                                               const uint8_t io_key[static 32],
                                               uint8_t secret[static CHIP_SECRET_BYTES], struct error *err)
{
    return chip_doing(ecdh_encrypted(chip, &chip_command_ecdh_ephemeral, ECDH_EPHEMERAL, 0, peer, io_key, secret, err),
                      agreeing, err);
}

enum chip_status chip_ecdh_ephemeral_to_tempkey(struct chip *chip, const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES],
                                                struct error *err)
{
    return chip_doing(ecdh(chip, &chip_command_ecdh_ephemeral, ECDH_EPHEMERAL | ECDH_TO_TEMPKEY, 0, peer, NULL, err),
                      agreeing, err);
}

enum chip_status chip_ecdh_ephemeral_to_slot(struct chip *chip, uint8_t slot,
                                             const uint8_t peer[static CHIP_PUBLIC_KEY_BYTES], struct error *err)
{
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (chip_is_slot(slot))
        status = ecdh(chip, &chip_command_ecdh_ephemeral_to_slot, ECDH_EPHEMERAL | ECDH_TO_SLOT, slot, peer, NULL, err);
    return chip_doing_at(status, agreeing, slot, err);
}

/* ---- KDF ---- */

#define DETAILS_BYTES 4
#define PRF_RESULT_64 (UINT32_C(1) << 8)
#define PRF_AEAD (UINT32_C(1) << 9)
#define HKDF_ZERO_KEY (UINT32_C(1) << 2)

/* In the place of a source slot where none is meant: the chip does not look at it, and no key's use is counted for it.
 */
#define NO_SLOT 0xFF

static bool has_message_in_it(const struct chip_kdf *kdf)
{
    return kdf->algorithm != CHIP_KDF_HKDF || kdf->message_in >= CHIP_KDF_MESSAGE_HERE;
}

static uint32_t details_of(const struct chip_kdf *kdf)
{
    uint32_t len = (uint32_t)kdf->message.len << 24; /* in bytes, as real parts want it (BitBox02) */

    switch (kdf->algorithm) {
    case CHIP_KDF_PRF:
        return len | (kdf->key_bytes / 16u - 1) | (kdf->result_64 ? PRF_RESULT_64 : 0) | (kdf->aead ? PRF_AEAD : 0);
    case CHIP_KDF_AES:
        return kdf->key_unit;
    case CHIP_KDF_HKDF:
        break;
    }
    return len | (uint32_t)kdf->message_in | (kdf->zero_key ? HKDF_ZERO_KEY : 0) | (uint32_t)kdf->message_slot << 8;
}

static bool goes_out(const struct chip_kdf *kdf)
{
    return kdf->target >= CHIP_KDF_TO_CALLER;
}

static bool is_well_formed(const struct chip_kdf *kdf, const uint8_t *io_key, const uint8_t *result)
{
    bool prf = kdf->algorithm == CHIP_KDF_PRF;

    if (kdf->message.len > CHIP_KDF_MESSAGE_MAX || (kdf->algorithm == CHIP_KDF_AES && kdf->message.len != 16))
        return false;
    if (prf && (kdf->message.len == 0 || kdf->key_bytes == 0 || kdf->key_bytes > 64 || kdf->key_bytes % 16 != 0))
        return false;
    if (kdf->key_unit > 3 || ((kdf->aead || kdf->result_64) && !prf) || (kdf->aead && goes_out(kdf)))
        return false;
    if ((kdf->source == CHIP_KDF_FROM_SLOT && !chip_is_slot(kdf->source_slot)) ||
        (kdf->target == CHIP_KDF_TO_SLOT && !chip_is_slot(kdf->target_slot)) || !chip_is_slot(kdf->message_slot))
        return false;
    return (result != NULL || chip_kdf_result_bytes(kdf) == 0) &&
           (io_key != NULL || kdf->target != CHIP_KDF_TO_CALLER_ENCRYPTED);
}

static const struct chip_command *row_of(const struct chip_kdf *kdf)
{
    bool needs = (kdf->source != CHIP_KDF_FROM_SLOT && !kdf->zero_key) || kdf->target == CHIP_KDF_TO_UPPER_TEMPKEY ||
                 (kdf->algorithm == CHIP_KDF_HKDF && kdf->message_in == CHIP_KDF_MESSAGE_IN_TEMPKEY);

    if (kdf->target == CHIP_KDF_TO_SLOT)
        return needs ? &chip_command_kdf_from_register_to_slot : &chip_command_kdf_to_slot;
    if (needs)
        return &chip_command_kdf_from_register;
    return goes_out(kdf) ? &chip_command_kdf : &chip_command_kdf_to_register;
}

size_t chip_kdf_result_bytes(const struct chip_kdf *kdf)
{
    if (kdf->aead)
        return 32;
    if (!goes_out(kdf))
        return 0;
    return kdf->result_64 ? 64 : 32;
}

enum chip_status chip_kdf(struct chip *chip, const struct chip_kdf *kdf, const uint8_t *io_key, uint8_t *result,
                          struct error *err)
{
    bool encrypted = kdf->target == CHIP_KDF_TO_CALLER_ENCRYPTED;
    size_t len = chip_kdf_result_bytes(kdf);
    uint8_t data[DETAILS_BYTES + CHIP_KDF_MESSAGE_MAX];
    uint8_t reply[64 + CHIP_OUT_NONCE_BYTES];
    size_t data_len = DETAILS_BYTES;
    uint8_t slot = kdf->source == CHIP_KDF_FROM_SLOT ? kdf->source_slot : NO_SLOT;
    enum chip_status status = CHIP_BAD_ARGUMENT;

    if (!is_well_formed(kdf, io_key, result))
        goto out;
    store32_le(data, details_of(kdf));
    if (has_message_in_it(kdf) && kdf->message.len != 0) {
        memcpy(data + DETAILS_BYTES, kdf->message.data, kdf->message.len);
        data_len += kdf->message.len;
    }
    status = chip_execute_exact(chip, row_of(kdf),
                                (uint8_t)((unsigned)kdf->source | (unsigned)kdf->target | (unsigned)kdf->algorithm),
                                (uint16_t)(slot | kdf->target_slot << 8), bytes_of(data, data_len),
                                len != 0 ? reply : NULL, encrypted ? len + CHIP_OUT_NONCE_BYTES : len, err);
    if (status == CHIP_OK && encrypted && !chip_protection_decrypt(io_key, reply + len, reply, len))
        status = CHIP_HOST_FAILED;
    if (status == CHIP_OK && len != 0)
        memcpy(result, reply, len);
    bytes_wipe(data, sizeof(data));
    bytes_wipe(reply, sizeof(reply));
out:
    return chip_doing(status, "derive a key from another", err);
}
