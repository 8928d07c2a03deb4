/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/operations.h"

#include <string.h>

#include "chip/operations.h"
#include "chip/operations_encrypted.h"
#include "base/p256.h"
#include "psa/operation.h"
#include "psa/records.h"
#include "psa/scrap.h"
#include "psa/slots.h"
#include "psa/storage_status.h"

/*
 * Checks the rules again, against store and chip as they are now. Since the slot was chosen, the core has written a
 * transaction, and another program may have locked the slot. After success the caller writes the slot.
 */
static psa_status_t check_again(struct driver *driver, const struct driver_slot_needs *needs, uint8_t slot)
{
    psa_status_t status = driver_refresh_locks(driver, &driver->last_error);

    if (status == PSA_SUCCESS)
        status = driver_check_slot(driver, needs, slot, &driver->last_error);
    if (status == PSA_SUCCESS)
        driver->slot_written = true;
    return status;
}

/* --- generate -------------------------------------------------------------------------------------------------- */

/* Whether the chip can compute the public key of the key in the slot. */
static bool is_shown(const struct driver *driver, uint8_t slot)
{
    return (chip_slot_can(&driver->config, slot) & CHIP_CAN_GIVE_PUBLIC) != 0;
}

static psa_status_t key_did_not_take(struct driver *driver)
{
    error_clear(&driver->last_error);
    return operation_refuse(driver, PSA_ERROR_CORRUPTION_DETECTED, ERROR_PROOF_FAILED,
                            "the public key read back does not match the new key",
                            "take the chip out of use if it happens again");
}

/* The public key in the slot, all zeros if there is no key, or if the chip cannot compute it. A run may know it. */
static enum chip_status look(struct driver *driver, uint8_t slot, uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES],
                             struct error *err)
{
    const struct driver_seen *run = driver_seen(driver);
    const bool is_empty = run != NULL && run->fill[slot] == DRIVER_FILL_EMPTY;
    enum chip_status status = CHIP_EXECUTION;

    if (is_shown(driver, slot) && !is_empty)
        status = driver_public_key(driver, slot, public_key, err);
    if (status != CHIP_EXECUTION)
        return status;
    memset(public_key, 0, CHIP_PUBLIC_KEY_BYTES);
    return CHIP_OK;
}

/* Reads back what GenKey returned. In a run the key will sign instead, which proves more. */
static psa_status_t confirm(struct driver *driver, uint8_t slot, const uint8_t made[static CHIP_PUBLIC_KEY_BYTES])
{
    uint8_t found[CHIP_PUBLIC_KEY_BYTES];
    enum chip_status status;

    if (driver_seen(driver) != NULL || !is_shown(driver, slot)) {
        driver_note_public_key(driver, slot, made);
        return PSA_SUCCESS;
    }
    status = driver_public_key(driver, slot, found, &driver->last_error);
    if (status == CHIP_OK && memcmp(found, made, sizeof found) != 0)
        return key_did_not_take(driver);
    return driver_outcome(driver, status);
}

static bool is_new(const uint8_t key[static CHIP_PUBLIC_KEY_BYTES], const uint8_t before[static CHIP_PUBLIC_KEY_BYTES])
{
    return memcmp(key, before, CHIP_PUBLIC_KEY_BYTES) != 0 && !bytes_all(bytes_of(key, CHIP_PUBLIC_KEY_BYTES), 0);
}

/*
 * Sends GenKey. After a lost reply, comparing the public key with the one from before tells whether the command ran. If
 * it did not, it is sent once more. If it did, the key exists and is kept. Where GenKey's reply is the only way to
 * learn the public key, it is sent again: the first key was never reported, so replacing it loses nothing.
 */
static psa_status_t generate(struct driver *driver, uint8_t slot)
{
    uint8_t before[CHIP_PUBLIC_KEY_BYTES], made[CHIP_PUBLIC_KEY_BYTES];
    enum chip_status sent, seen = look(driver, slot, before, &driver->last_error);
    int attempt = 0;

    if (seen != CHIP_OK)
        return driver_outcome(driver, seen);
    error_clear(&driver->last_error);
    do {
        driver_forget_slot(driver, slot);
        sent = chip_generate_key(driver->chip, slot, made, &driver->last_error);
        if (sent == CHIP_OK)
            return is_new(made, before) ? confirm(driver, slot, made) : key_did_not_take(driver);
        if (!operation_is_temporary(sent))
            break;
        seen = look(driver, slot, made, NULL); /* does not explain the lost reply: its reason stays */
        if (seen != CHIP_OK)
            return driver_outcome(driver, seen);
        if (is_new(made, before)) {
            error_clear(&driver->last_error);
            return PSA_SUCCESS;
        }
    } while (operation_again(driver, sent, &attempt));
    return driver_outcome(driver, sent);
}

psa_status_t driver_generate_key(struct driver *driver, uint8_t slot)
{
    static const struct driver_slot_needs needs = {.private_key = true, .method = CHIP_CAN_GENERATE};
    psa_status_t status = check_again(driver, &needs, slot);

    if (status == PSA_SUCCESS)
        status = generate(driver, slot);
    return operation_end(driver, slot, "generate a private key", status);
}

/* --- import ---------------------------------------------------------------------------------------------------- */

static psa_status_t invalid_key(struct driver *driver, const char *cause)
{
    return operation_refuse(driver, PSA_ERROR_INVALID_ARGUMENT, ERROR_KEY_ATTRIBUTES, cause, NULL);
}

/* One PrivWrite: in clear where the chip accepts that, else encrypted with the slot's write key. */
static enum chip_status write_private(struct driver *driver, uint8_t slot, const uint8_t scalar[static 32])
{
    const struct imprint_write_key *key = driver_write_key(driver, slot);
    uint8_t serial[CHIP_SERIAL_BYTES];

    if ((chip_slot_can(&driver->config, slot) & CHIP_CAN_IMPORT_CLEAR) != 0)
        return chip_import_key(driver->chip, slot, scalar, &driver->last_error);
    if (key == NULL)
        return CHIP_BAD_ARGUMENT; /* found: check_again() has checked that it exists */
    chip_config_serial(&driver->config, serial);
    return chip_import_key_encrypted(driver->chip, slot, scalar, key->slot, key->secret, serial, &driver->last_error);
}

static psa_status_t import_private(struct driver *driver, uint8_t slot, struct bytes key)
{
    uint8_t public_key[CHIP_PUBLIC_KEY_BYTES];
    enum chip_status status;
    int attempt = 0;

    if (key.len != P256_BYTES)
        return invalid_key(driver, "a P-256 private key has 32 bytes");
    if (!p256_is_scalar(key.data))
        return invalid_key(driver, "the private key is zero or not below the order of the curve");
    do
        status = write_private(driver, slot, key.data);
    while (operation_again(driver, status, &attempt));
    if (status == CHIP_OK && is_shown(driver, slot))
        status = driver_public_key(driver, slot, public_key, &driver->last_error);
    return driver_outcome(driver, status);
}

static psa_status_t import_public(struct driver *driver, uint8_t slot, struct bytes key)
{
    uint8_t after[CHIP_PUBLIC_KEY_BYTES];

    if (key.len != P256_POINT_BYTES || key.data[0] != P256_UNCOMPRESSED)
        return invalid_key(driver, "a P-256 public key has 65 bytes: 04, X and Y");
    if (!p256_is_coordinate(key.data + 1) || !p256_is_coordinate(key.data + 1 + P256_BYTES) ||
        bytes_all(bytes_of(key.data + 1, CHIP_PUBLIC_KEY_BYTES), 0x00))
        return invalid_key(driver, "the public key's coordinates are not below the prime of the curve");

    enum chip_status status = chip_write_public_key(driver->chip, slot, key.data + 1, &driver->last_error);
    if (status != CHIP_OK || (chip_slot_can(&driver->config, slot) & CHIP_CAN_READ_CLEAR) == 0)
        return driver_outcome(driver, status);
    status = driver_public_key(driver, slot, after, &driver->last_error);
    if (status == CHIP_OK && memcmp(after, key.data + 1, sizeof after) != 0)
        return key_did_not_take(driver);
    return driver_outcome(driver, status);
}

psa_status_t driver_import_key(struct driver *driver, uint8_t slot, psa_key_type_t type, struct bytes key, size_t *bits)
{
    bool private_key = type == PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1);
    const struct driver_slot_needs needs = {
        .private_key = private_key,
        .abilities = private_key ? 0 : CHIP_CAN_HOLD_PUBLIC,
        .method = private_key ? CHIP_CAN_IMPORT_CLEAR | CHIP_CAN_IMPORT_SECRET : CHIP_CAN_WRITE_CLEAR,
    };
    psa_status_t status = check_again(driver, &needs, slot);

    driver_forget_slot(driver, slot);
    if (status == PSA_SUCCESS)
        status = private_key ? import_private(driver, slot, key) : import_public(driver, slot, key);
    if (status == PSA_SUCCESS)
        *bits = 256;
    return operation_end(driver, slot, private_key ? "import a private key" : "import a public key", status);
}

/* --- use ------------------------------------------------------------------------------------------------------- */

/* Reads X | Y of the key in `slot`: computed by the chip from a private key, or read from a public-key slot. */
static psa_status_t read_public(struct driver *driver, uint8_t slot, uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES])
{
    psa_status_t status = driver_load_config(driver, &driver->last_error);

    if (status != PSA_SUCCESS)
        return status;
    bool computed = driver_slot_is_private(&driver->config, slot);
    status = driver_require(&driver->config, slot, computed ? CHIP_CAN_GIVE_PUBLIC : CHIP_CAN_READ_CLEAR,
                            &driver->last_error);
    if (status != PSA_SUCCESS)
        return status;
    enum chip_status answer = driver_public_key(driver, slot, public_key, &driver->last_error);
    return computed ? operation_of_key(driver, slot, answer) : driver_outcome(driver, answer);
}

psa_status_t driver_export_public_key(struct driver *driver, uint8_t slot, struct bytes_out *out)
{
    uint8_t *point = out->data + out->len;
    psa_status_t status;

    if (out->cap - out->len < P256_POINT_BYTES)
        status = operation_refuse(driver, PSA_ERROR_BUFFER_TOO_SMALL, ERROR_USAGE, "a P-256 public key needs 65 bytes",
                                  NULL);
    else
        status = read_public(driver, slot, point + 1);
    if (status == PSA_SUCCESS) {
        point[0] = P256_UNCOMPRESSED;
        out->len += P256_POINT_BYTES;
    }
    return operation_end(driver, slot, "read a public key", status);
}

/*
 * Length in bytes of each PSA hash, indexed by the lowest byte of its identifier. 0: the driver does not sign such a
 * hash.
 */
static const uint8_t hash_bytes[] = {
    [PSA_ALG_RIPEMD160 & PSA_ALG_HASH_MASK] = 20,    [PSA_ALG_SHA_1 & PSA_ALG_HASH_MASK] = 20,
    [PSA_ALG_SHA_224 & PSA_ALG_HASH_MASK] = 28,      [PSA_ALG_SHA_256 & PSA_ALG_HASH_MASK] = 32,
    [PSA_ALG_SHA_384 & PSA_ALG_HASH_MASK] = 48,      [PSA_ALG_SHA_512 & PSA_ALG_HASH_MASK] = 64,
    [PSA_ALG_SHA_512_224 & PSA_ALG_HASH_MASK] = 28,  [PSA_ALG_SHA_512_256 & PSA_ALG_HASH_MASK] = 32,
    [PSA_ALG_SHA3_224 & PSA_ALG_HASH_MASK] = 28,     [PSA_ALG_SHA3_256 & PSA_ALG_HASH_MASK] = 32,
    [PSA_ALG_SHA3_384 & PSA_ALG_HASH_MASK] = 48,     [PSA_ALG_SHA3_512 & PSA_ALG_HASH_MASK] = 64,
    [PSA_ALG_SHAKE256_512 & PSA_ALG_HASH_MASK] = 64,
};

/*
 * The length that a hash must have for `algorithm`. If the algorithm names no hash, `len` is right when any hash has
 * this length.
 */
static size_t hash_bytes_for(psa_algorithm_t algorithm, size_t len)
{
    psa_algorithm_t name = algorithm & PSA_ALG_HASH_MASK;

    if (name != 0 && name != PSA_ALG_HASH_MASK)
        return name < sizeof hash_bytes ? hash_bytes[name] : 0;
    for (size_t i = 0; i < sizeof hash_bytes; i++)
        if (hash_bytes[i] == len)
            return len;
    return CHIP_DIGEST_BYTES;
}

/* The digest that ECDSA on P-256 signs: the leftmost 32 bytes, shorter ones as a number (FIPS 186-5, 6.4.1). */
static psa_status_t fit_digest(struct driver *driver, psa_algorithm_t algorithm, struct bytes hash,
                               uint8_t digest[static CHIP_DIGEST_BYTES])
{
    size_t expected = hash_bytes_for(algorithm, hash.len);

    if ((algorithm & ~PSA_ALG_HASH_MASK) != PSA_ALG_ECDSA_ANY)
        return operation_refuse(driver, PSA_ERROR_NOT_SUPPORTED, ERROR_KEY_ATTRIBUTES,
                                "the chip signs and verifies with randomized ECDSA only", NULL);
    if (hash.len == 0 || hash.len != expected) {
        driver->last_error.expected = (uint32_t)expected;
        driver->last_error.found = (uint32_t)hash.len;
        return operation_refuse(driver, PSA_ERROR_INVALID_ARGUMENT, ERROR_USAGE,
                                "the hash length does not match the algorithm", "pass a whole hash value");
    }
    size_t take = hash.len < CHIP_DIGEST_BYTES ? hash.len : CHIP_DIGEST_BYTES;
    memset(digest, 0, CHIP_DIGEST_BYTES);
    memcpy(digest + CHIP_DIGEST_BYTES - take, hash.data, take);
    return PSA_SUCCESS;
}

static psa_status_t sign(struct driver *driver, uint8_t slot, const uint8_t digest[static CHIP_DIGEST_BYTES],
                         struct bytes_out *signature)
{
    const uint32_t counted = driver->chip->counters.counted;
    enum chip_status status;
    int attempt = 0;

    do
        status = chip_sign_digest(driver->chip, chip_config_part(&driver->config), slot, digest,
                                  signature->data + signature->len, &driver->last_error);
    while (driver->chip->counters.counted == counted && operation_again(driver, status, &attempt));
    if (status == CHIP_OK)
        signature->len += CHIP_SIGNATURE_BYTES;
    return operation_of_key(driver, slot, status);
}

psa_status_t driver_sign_hash(struct driver *driver, uint8_t slot, psa_algorithm_t algorithm, struct bytes hash,
                              struct bytes_out *signature)
{
    uint8_t digest[CHIP_DIGEST_BYTES];
    psa_status_t status = fit_digest(driver, algorithm, hash, digest);

    if (status == PSA_SUCCESS && signature->cap - signature->len < CHIP_SIGNATURE_BYTES)
        status =
            operation_refuse(driver, PSA_ERROR_BUFFER_TOO_SMALL, ERROR_USAGE, "a P-256 signature needs 64 bytes", NULL);
    if (status == PSA_SUCCESS)
        status = driver_load_config(driver, &driver->last_error);
    if (status == PSA_SUCCESS)
        status = driver_require_use(driver, &driver->config, slot, CHIP_CAN_SIGN_DIGEST, &driver->last_error);
    if (status == PSA_SUCCESS)
        status = sign(driver, slot, digest, signature);
    driver->signatures += status == PSA_SUCCESS ? 1 : 0;
    return operation_end(driver, slot, "sign a hash", status);
}

static psa_status_t verify(struct driver *driver, uint8_t slot, const uint8_t digest[static CHIP_DIGEST_BYTES],
                           const uint8_t signature[static 64])
{
    struct error *err = &driver->last_error;
    uint8_t public_key[CHIP_PUBLIC_KEY_BYTES];
    psa_status_t allowed = driver_load_config(driver, err);
    enum chip_status status;
    int attempt = 0;

    if (allowed != PSA_SUCCESS)
        return allowed;
    bool stored = !driver_slot_is_private(&driver->config, slot);
    allowed = stored ? driver_require_use(driver, &driver->config, slot, CHIP_CAN_HOLD_PUBLIC, err)
                     : read_public(driver, slot, public_key);
    if (allowed != PSA_SUCCESS)
        return allowed;
    enum chip_part part = chip_config_part(&driver->config);
    do
        status = stored ? chip_verify_stored(driver->chip, part, slot, digest, signature, err)
                        : chip_verify_external(driver->chip, part, digest, signature, public_key, err);
    while (operation_again(driver, status, &attempt));
    return driver_outcome(driver, status);
}

psa_status_t driver_verify_hash(struct driver *driver, uint8_t slot, psa_algorithm_t algorithm, struct bytes hash,
                                struct bytes signature)
{
    uint8_t digest[CHIP_DIGEST_BYTES];
    psa_status_t status = fit_digest(driver, algorithm, hash, digest);

    /* r and s outside 1 .. n - 1 are never a valid signature. The data sheet does not say how the chip answers them. */
    if (status == PSA_SUCCESS && (signature.len != CHIP_SIGNATURE_BYTES || !p256_is_scalar(signature.data) ||
                                  !p256_is_scalar(signature.data + P256_BYTES)))
        status = operation_refuse(driver, PSA_ERROR_INVALID_SIGNATURE, ERROR_CHIP_MISCOMPARE,
                                  "not a P-256 signature: r or s is out of range", NULL);
    if (status == PSA_SUCCESS)
        status = verify(driver, slot, digest, signature.data);
    return operation_end(driver, slot, "verify a signature", status);
}

/* --- destroy --------------------------------------------------------------------------------------------------- */

psa_status_t driver_erase_slot(struct driver *driver, uint8_t slot, uint32_t except_id)
{
    uint32_t other;
    psa_status_t status = driver_find_claim(driver, slot, except_id, &other, &driver->last_error);
    enum storage_status noted;

    if (status == PSA_SUCCESS && other == 0)
        status = driver_refresh_locks(driver, &driver->last_error);
    if (status != PSA_SUCCESS)
        return status;
    if (other != 0 || (chip_slot_can(&driver->config, slot) & CHIP_CAN_GENERATE) == 0) {
        noted = scrap_clear(driver->storage, driver_scrap_uid(slot));
    } else {
        status = generate(driver, slot);
        if (status != PSA_SUCCESS)
            return status;
        noted = scrap_set(driver->storage, driver_scrap_uid(slot), false);
    }
    if (noted == STORAGE_OK)
        return PSA_SUCCESS;
    return operation_refuse(driver, driver_status_of_storage(noted), ERROR_STORAGE_FAILED,
                            "the slot's state cannot be stored", "check the storage medium");
}

psa_status_t driver_destroy_key(struct driver *driver, uint8_t slot, uint32_t key_id)
{
    return operation_end(driver, slot, "destroy a key", driver_erase_slot(driver, slot, key_id));
}
