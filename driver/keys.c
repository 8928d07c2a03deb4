/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/keys.h"

#include <string.h>

#include "chip/operations.h"
#include "chip/operations_encrypted.h"
#include "driver/atecc608a_se.h"
#include "driver/p256.h"
#include "driver/slots.h"
#include "driver/status.h"
#include "storage/scrap.h"

#define POINT_BYTES (1 + CHIP_PUBLIC_KEY_BYTES)
#define POINT_UNCOMPRESSED 0x04

/* Each sequence of commands below is tried again once when its failure may pass. */
#define ATTEMPTS 2

/* --- shared ---------------------------------------------------------------------------------------------------- */

static psa_status_t pass_on(struct driver *driver, enum chip_status status, const struct error *found,
                            struct error *err)
{
    driver_note_chip_status(driver, status);
    if (err != NULL && err->reason == ERROR_NONE)
        *err = *found;
    return driver_status_of_chip(status);
}

/* What ends every operation: says what failed, and puts the chip to sleep whatever happened. */
static psa_status_t finish(struct driver *driver, psa_status_t status, const char *doing, uint8_t slot, uint32_t key_id,
                           struct error *err)
{
    if (status != PSA_SUCCESS) {
        error_doing(err, doing);
        error_at_slot(err, slot);
        if (key_id != 0)
            error_with_key(err, key_id);
    }
    driver_rest(driver);
    return status;
}

static psa_status_t load_config(struct driver *driver, uint8_t slot, const struct chip_config **config,
                                struct error *err)
{
    if (slot >= CHIP_SLOTS) {
        error_set(err, ERROR_USAGE, "a chip has slots 0 to 15", NULL);
        return PSA_ERROR_INVALID_ARGUMENT;
    }
    enum chip_status status = driver_config(driver, config, err);
    driver_note_chip_status(driver, status);
    if (status != CHIP_OK)
        return driver_status_of_chip(status);
    if (chip_config_is_locked(*config))
        return PSA_SUCCESS;
    error_set(err, ERROR_CONFIG_UNLOCKED, "the chip's config zone is unlocked: its keys cannot be used yet",
              "configure the chip and lock its config zone");
    return PSA_ERROR_BAD_STATE;
}

static psa_status_t require(const struct chip_config *config, uint8_t slot, enum chip_ability ability,
                            struct error *err)
{
    enum error_reason reason = ERROR_SLOT_POLICY;

    if ((chip_slot_can(config, slot) & ability) != 0)
        return PSA_SUCCESS;
    enum chip_rule rule = chip_slot_why_not(config, slot, ability, &reason);
    error_set_slot_rule(err, reason, (uint8_t)rule, NULL);
    return PSA_ERROR_NOT_PERMITTED;
}

/* A failure after which the same commands from the beginning may succeed; none of them leaves a half-done change. */
static bool may_pass(enum chip_status status)
{
    return status == CHIP_ECC_FAULT || status == CHIP_RESET || status == CHIP_REPLY_LOST || status == CHIP_WATCHDOG;
}

/* The refusal of a command that uses the key: mostly there is none. */
static psa_status_t explain_refusal(struct driver *driver, uint8_t slot, enum chip_status status,
                                    const struct error *found, struct error *err)
{
    bool valid = true;

    if (status == CHIP_EXECUTION && chip_read_key_valid(driver->chip, slot, &valid, NULL) == CHIP_OK && !valid) {
        error_set(err, ERROR_SLOT_EMPTY, "the slot holds no key any more", "destroy the key id and make a new key");
        return PSA_ERROR_DOES_NOT_EXIST;
    }
    return pass_on(driver, status, found, err);
}

/*
 * The rules once more, from storage and chip as they are at this moment: between the choice of the slot and now the
 * core has written a transaction, and somebody else may have locked the slot.
 */
static psa_status_t check_again(struct driver *driver, const struct driver_want *want, uint8_t slot,
                                const struct chip_config **config, struct error *err)
{
    enum chip_status status = driver_refresh_locks(driver, config, err);

    driver_note_chip_status(driver, status);
    if (status != CHIP_OK)
        return driver_status_of_chip(status);
    return driver_check_slot(driver, want, slot, true, err);
}

/* --- generate -------------------------------------------------------------------------------------------------- */

/* What stands in a slot as far as its public key tells. */
struct standing {
    bool has_key;
    uint8_t public_key[CHIP_PUBLIC_KEY_BYTES];
};

static enum chip_status look(struct driver *driver, uint8_t slot, struct standing *standing, struct error *found)
{
    enum chip_status status = chip_read_public_key(driver->chip, slot, standing->public_key, found);

    standing->has_key = status == CHIP_OK;
    if (status != CHIP_EXECUTION)
        return status;
    error_clear(found);
    return CHIP_OK;
}

static bool same_standing(const struct standing *a, const struct standing *b)
{
    return a->has_key == b->has_key && (!a->has_key || memcmp(a->public_key, b->public_key, sizeof a->public_key) == 0);
}

static psa_status_t key_did_not_take(struct error *err)
{
    error_set(err, ERROR_PROOF_FAILED, "the public key read back is not that of the key just made",
              "take the chip out of use if it happens again");
    return PSA_ERROR_CORRUPTION_DETECTED;
}

/*
 * GenKey where the public key can be computed: what stood there before tells, after a lost reply, whether the command
 * ran. If it did not it is sent once more; if it did the key is there, and sending it again would only make another.
 */
static psa_status_t generate_watched(struct driver *driver, uint8_t slot, struct error *err)
{
    struct error found = {.reason = ERROR_NONE};
    struct standing before, made = {.has_key = true}, after;
    enum chip_status status = look(driver, slot, &before, &found);

    if (status != CHIP_OK)
        return pass_on(driver, status, &found, err);
    for (int attempt = 1;; attempt++) {
        error_clear(&found);
        status = chip_generate_key(driver->chip, slot, made.public_key, &found);
        if (status == CHIP_OK)
            break;
        if (!may_pass(status))
            return pass_on(driver, status, &found, err);
        struct error lost = found;
        error_clear(&found);
        enum chip_status answer = look(driver, slot, &made, &found);
        if (answer != CHIP_OK)
            return pass_on(driver, answer, &found, err);
        if (made.has_key && !same_standing(&made, &before))
            break;
        if (attempt == ATTEMPTS)
            return pass_on(driver, status, &lost, err);
        made.has_key = true;
    }
    status = look(driver, slot, &after, &found);
    if (status != CHIP_OK)
        return pass_on(driver, status, &found, err);
    if (!same_standing(&made, &after) || same_standing(&before, &after))
        return key_did_not_take(err);
    return PSA_SUCCESS;
}

/* GenKey where only the command itself ever shows the public key: a second one replaces a key that nobody has seen. */
static psa_status_t generate_blindly(struct driver *driver, uint8_t slot, struct error *err)
{
    uint8_t public_key[CHIP_PUBLIC_KEY_BYTES];
    struct error found = {.reason = ERROR_NONE};
    enum chip_status status = CHIP_OK;

    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
        error_clear(&found);
        status = chip_generate_key(driver->chip, slot, public_key, &found);
        if (!may_pass(status))
            break;
    }
    return status == CHIP_OK ? PSA_SUCCESS : pass_on(driver, status, &found, err);
}

static psa_status_t generate(struct driver *driver, const struct chip_config *config, uint8_t slot, struct error *err)
{
    if ((chip_slot_can(config, slot) & CHIP_CAN_GIVE_PUBLIC) != 0)
        return generate_watched(driver, slot, err);
    return generate_blindly(driver, slot, err);
}

psa_status_t driver_generate_key(struct driver *driver, uint8_t slot, uint32_t key_id, struct error *err)
{
    const struct driver_want want = {.private_key = true, .method = CHIP_CAN_GENERATE};
    const struct chip_config *config;
    psa_status_t status = check_again(driver, &want, slot, &config, err);

    if (status == PSA_SUCCESS) {
        storage_note_chip_written(driver->storage);
        status = generate(driver, config, slot, err);
    }
    return finish(driver, status, "generate a private key", slot, key_id, err);
}

/* --- import ---------------------------------------------------------------------------------------------------- */

static psa_status_t invalid_key(struct error *err, const char *cause)
{
    error_set(err, ERROR_KEY_ATTRIBUTES, cause, NULL);
    return PSA_ERROR_INVALID_ARGUMENT;
}

/* One PrivWrite: in clear where the chip takes it so, else encrypted with the slot's write key. */
static enum chip_status write_private(struct driver *driver, const struct chip_config *config, uint8_t slot,
                                      const uint8_t scalar[static 32], struct error *found)
{
    struct chip_slot_policy policy = chip_slot_policy(config, slot);
    uint8_t serial[CHIP_SERIAL_BYTES];

    if ((chip_slot_can(config, slot) & CHIP_CAN_IMPORT_CLEAR) != 0)
        return chip_import_key(driver->chip, slot, scalar, found);
    chip_config_serial(config, serial);
    for (size_t i = 0; i < driver->settings.write_key_count; i++) {
        const struct driver_write_key *key = &driver->settings.write_keys[i];
        if (key->slot == policy.write_key)
            return chip_import_key_encrypted(driver->chip, slot, scalar, key->slot, key->secret, serial, found);
    }
    error_set(found, ERROR_WRITE_KEY_MISSING, "the secret in the slot's WriteKey slot was not given",
              "give the write key");
    return CHIP_BAD_ARGUMENT;
}

static psa_status_t import_private(struct driver *driver, const struct chip_config *config, uint8_t slot,
                                   struct bytes key, struct error *err)
{
    struct error found = {.reason = ERROR_NONE};
    uint8_t public_key[CHIP_PUBLIC_KEY_BYTES];
    enum chip_status status = CHIP_OK;

    if (key.len != P256_BYTES)
        return invalid_key(err, "a P-256 private key has 32 bytes");
    if (!p256_is_scalar(key.data))
        return invalid_key(err, "the private key is zero or not below the order of the curve");
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
        error_clear(&found);
        status = write_private(driver, config, slot, key.data, &found);
        if (!may_pass(status))
            break;
    }
    if (status == CHIP_OK && (chip_slot_can(config, slot) & CHIP_CAN_GIVE_PUBLIC) != 0)
        status = chip_read_public_key(driver->chip, slot, public_key, &found);
    return status == CHIP_OK ? PSA_SUCCESS : pass_on(driver, status, &found, err);
}

static psa_status_t import_public(struct driver *driver, const struct chip_config *config, uint8_t slot,
                                  struct bytes key, struct error *err)
{
    struct error found = {.reason = ERROR_NONE};
    uint8_t after[CHIP_PUBLIC_KEY_BYTES];

    if (key.len != POINT_BYTES || key.data[0] != POINT_UNCOMPRESSED)
        return invalid_key(err, "a P-256 public key has 65 bytes: 04, X and Y");
    if (!p256_is_coordinate(key.data + 1) || !p256_is_coordinate(key.data + 1 + P256_BYTES) ||
        bytes_all(bytes_of(key.data + 1, CHIP_PUBLIC_KEY_BYTES), 0x00))
        return invalid_key(err, "the public key's coordinates are not below the prime of the curve");

    enum chip_status status = chip_write_public_key(driver->chip, slot, key.data + 1, &found);
    if (status != CHIP_OK || (chip_slot_can(config, slot) & CHIP_CAN_READ_CLEAR) == 0)
        return status == CHIP_OK ? PSA_SUCCESS : pass_on(driver, status, &found, err);
    status = chip_read_stored_public_key(driver->chip, slot, after, &found);
    if (status != CHIP_OK)
        return pass_on(driver, status, &found, err);
    return memcmp(after, key.data + 1, sizeof after) == 0 ? PSA_SUCCESS : key_did_not_take(err);
}

psa_status_t driver_import_key(struct driver *driver, uint8_t slot, uint32_t key_id, psa_key_type_t type,
                               struct bytes key, size_t *bits, struct error *err)
{
    bool private_key = type == PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1);
    const struct driver_want want = {
        .private_key = private_key,
        .abilities = private_key ? 0 : CHIP_CAN_HOLD_PUBLIC,
        .method = private_key ? CHIP_CAN_IMPORT_CLEAR | CHIP_CAN_IMPORT_SECRET : CHIP_CAN_WRITE_CLEAR,
    };
    const struct chip_config *config;
    psa_status_t status = check_again(driver, &want, slot, &config, err);

    if (status == PSA_SUCCESS) {
        storage_note_chip_written(driver->storage);
        status = private_key ? import_private(driver, config, slot, key, err)
                             : import_public(driver, config, slot, key, err);
    }
    if (status == PSA_SUCCESS)
        *bits = 256;
    return finish(driver, status, private_key ? "import a private key" : "import a public key", slot, key_id, err);
}

/* --- use ------------------------------------------------------------------------------------------------------- */

/* X | Y of the key in `slot`, whichever kind it is. */
static psa_status_t read_public(struct driver *driver, const struct chip_config *config, uint8_t slot,
                                uint8_t public_key[static CHIP_PUBLIC_KEY_BYTES], struct error *err)
{
    struct error found = {.reason = ERROR_NONE};
    enum chip_status status;

    if (chip_slot_policy(config, slot).is_private) {
        psa_status_t allowed = require(config, slot, CHIP_CAN_GIVE_PUBLIC, err);
        if (allowed != PSA_SUCCESS)
            return allowed;
        status = chip_read_public_key(driver->chip, slot, public_key, &found);
        return status == CHIP_OK ? PSA_SUCCESS : explain_refusal(driver, slot, status, &found, err);
    }
    if (!chip_data_is_locked(config)) {
        error_set(err, ERROR_DATA_UNLOCKED, "no slot can be read before the data zone is locked",
                  "lock the data zone first, or keep a copy of the public key");
        return PSA_ERROR_BAD_STATE;
    }
    psa_status_t allowed = require(config, slot, CHIP_CAN_READ_CLEAR, err);
    if (allowed != PSA_SUCCESS)
        return allowed;
    status = chip_read_stored_public_key(driver->chip, slot, public_key, &found);
    return status == CHIP_OK ? PSA_SUCCESS : pass_on(driver, status, &found, err);
}

psa_status_t driver_export_public_key(struct driver *driver, uint8_t slot, struct bytes_out *out, struct error *err)
{
    const struct chip_config *config;
    uint8_t point[POINT_BYTES] = {POINT_UNCOMPRESSED};
    psa_status_t status = PSA_ERROR_BUFFER_TOO_SMALL;

    if (out->cap - out->len < sizeof point)
        error_set(err, ERROR_USAGE, "a P-256 public key needs 65 bytes", NULL);
    else
        status = load_config(driver, slot, &config, err);
    if (status == PSA_SUCCESS)
        status = read_public(driver, config, slot, point + 1, err);
    if (status == PSA_SUCCESS)
        (void)bytes_append(out, bytes_of(point, sizeof point));
    return finish(driver, status, "read a public key", slot, 0, err);
}

/* The digest that ECDSA on P-256 signs: the leftmost 32 bytes, shorter ones as a number (FIPS 186-5, 6.4.1). */
static psa_status_t fit_digest(psa_algorithm_t algorithm, struct bytes hash, uint8_t digest[static CHIP_DIGEST_BYTES],
                               struct error *err)
{
    static const size_t sha_bytes[] = {20, 28, 32, 48, 64};
    psa_algorithm_t hashed_with = PSA_ALG_SIGN_GET_HASH(algorithm);
    bool any = hashed_with == 0 || hashed_with == PSA_ALG_ANY_HASH, known = false;

    if (!PSA_ALG_IS_RANDOMIZED_ECDSA(algorithm)) {
        error_set(err, ERROR_KEY_ATTRIBUTES, "the chip signs and verifies with randomized ECDSA only", NULL);
        return PSA_ERROR_NOT_SUPPORTED;
    }
    for (size_t i = 0; i < sizeof sha_bytes / sizeof sha_bytes[0]; i++)
        known = known || hash.len == sha_bytes[i];
    if (!known || (!any && hash.len != PSA_HASH_LENGTH(hashed_with))) {
        error_set(err, ERROR_USAGE, "the hash has not the length of the algorithm's hash", "pass a whole hash value");
        if (err != NULL && err->expected == 0) {
            err->expected = any ? CHIP_DIGEST_BYTES : (uint32_t)PSA_HASH_LENGTH(hashed_with);
            err->found = (uint32_t)hash.len;
        }
        return PSA_ERROR_INVALID_ARGUMENT;
    }
    size_t take = hash.len < CHIP_DIGEST_BYTES ? hash.len : CHIP_DIGEST_BYTES;
    memset(digest, 0, CHIP_DIGEST_BYTES);
    memcpy(digest + CHIP_DIGEST_BYTES - take, hash.data, take);
    return PSA_SUCCESS;
}

static psa_status_t sign(struct driver *driver, const struct chip_config *config, uint8_t slot,
                         const uint8_t digest[static CHIP_DIGEST_BYTES], struct bytes_out *signature, struct error *err)
{
    struct error found = {.reason = ERROR_NONE};
    uint8_t raw[CHIP_SIGNATURE_BYTES];
    enum chip_status status = CHIP_OK;

    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
        error_clear(&found);
        status = chip_sign_digest(driver->chip, chip_config_part(config), slot, digest, raw, &found);
        if (!may_pass(status))
            break;
    }
    if (status != CHIP_OK)
        return explain_refusal(driver, slot, status, &found, err);
    (void)bytes_append(signature, bytes_of(raw, sizeof raw));
    return PSA_SUCCESS;
}

psa_status_t driver_sign_hash(struct driver *driver, uint8_t slot, psa_algorithm_t algorithm, struct bytes hash,
                              struct bytes_out *signature, struct error *err)
{
    const struct chip_config *config;
    uint8_t digest[CHIP_DIGEST_BYTES];
    psa_status_t status = fit_digest(algorithm, hash, digest, err);

    if (status == PSA_SUCCESS && signature->cap - signature->len < CHIP_SIGNATURE_BYTES) {
        error_set(err, ERROR_USAGE, "a P-256 signature needs 64 bytes", NULL);
        status = PSA_ERROR_BUFFER_TOO_SMALL;
    }
    if (status == PSA_SUCCESS)
        status = load_config(driver, slot, &config, err);
    if (status == PSA_SUCCESS)
        status = require(config, slot, CHIP_CAN_SIGN_DIGEST, err);
    if (status == PSA_SUCCESS)
        status = sign(driver, config, slot, digest, signature, err);
    return finish(driver, status, "sign a hash", slot, 0, err);
}

static psa_status_t verify(struct driver *driver, const struct chip_config *config, uint8_t slot,
                           const uint8_t digest[static CHIP_DIGEST_BYTES], const uint8_t signature[static 64],
                           struct error *err)
{
    struct error found = {.reason = ERROR_NONE};
    enum chip_part part = chip_config_part(config);
    uint8_t public_key[CHIP_PUBLIC_KEY_BYTES];
    bool stored = !chip_slot_policy(config, slot).is_private;
    enum chip_status status = CHIP_OK;
    psa_status_t allowed =
        stored ? require(config, slot, CHIP_CAN_HOLD_PUBLIC, err) : read_public(driver, config, slot, public_key, err);

    if (allowed != PSA_SUCCESS)
        return allowed;
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
        error_clear(&found);
        status = stored ? chip_verify_stored(driver->chip, part, slot, digest, signature, &found)
                        : chip_verify_external(driver->chip, part, digest, signature, public_key, &found);
        if (!may_pass(status))
            break;
    }
    return status == CHIP_OK ? PSA_SUCCESS : pass_on(driver, status, &found, err);
}

psa_status_t driver_verify_hash(struct driver *driver, uint8_t slot, psa_algorithm_t algorithm, struct bytes hash,
                                struct bytes signature, struct error *err)
{
    const struct chip_config *config;
    uint8_t digest[CHIP_DIGEST_BYTES];
    psa_status_t status = fit_digest(algorithm, hash, digest, err);

    /* r and s outside 1 .. n - 1 are no signature; what the chip would say to them is stated nowhere. */
    if (status == PSA_SUCCESS && (signature.len != CHIP_SIGNATURE_BYTES || !p256_is_scalar(signature.data) ||
                                  !p256_is_scalar(signature.data + P256_BYTES))) {
        error_set(err, ERROR_CHIP_MISCOMPARE, "this is no P-256 signature", NULL);
        status = PSA_ERROR_INVALID_SIGNATURE;
    }
    if (status == PSA_SUCCESS)
        status = load_config(driver, slot, &config, err);
    if (status == PSA_SUCCESS)
        status = verify(driver, config, slot, digest, signature.data, err);
    return finish(driver, status, "verify a signature", slot, 0, err);
}

/* --- destroy --------------------------------------------------------------------------------------------------- */

struct sharing {
    uint8_t slot;
    uint32_t key_id;
    uint32_t other; /* another key id with the same slot, 0 for none */
};

static bool find_other(void *context, const struct driver_record *record)
{
    struct sharing *sharing = context;

    if (record->slot_number == sharing->slot && record->key_id != sharing->key_id)
        sharing->other = record->key_id;
    return sharing->other == 0;
}

psa_status_t driver_erase_slot(struct driver *driver, uint8_t slot, uint32_t except_id, bool *erased, struct error *err)
{
    struct sharing sharing = {.slot = slot, .key_id = except_id};
    const struct chip_config *config;
    psa_status_t status = driver_visit_records(driver, find_other, &sharing, err);

    *erased = false;
    if (status != PSA_SUCCESS || sharing.other != 0)
        return status;
    enum chip_status refreshed = driver_refresh_locks(driver, &config, err);
    driver_note_chip_status(driver, refreshed);
    if (refreshed != CHIP_OK)
        return driver_status_of_chip(refreshed);
    if (chip_slot_policy(config, slot).locked || (chip_slot_can(config, slot) & CHIP_CAN_GENERATE) == 0)
        return PSA_SUCCESS;
    status = generate(driver, config, slot, err);
    *erased = status == PSA_SUCCESS;
    return status;
}

/* Without room for the record now, there may be some when the key's own has gone; none is no reason to keep the key id.
 */
static psa_status_t note_scrap(struct driver *driver, uint8_t slot, struct error *err)
{
    const uint64_t uid = storage_scrap_uid(PSA_ATECC608A_LOCATION, slot);
    enum storage_status status = storage_scrap_set(driver->storage, uid, false);

    if (status == STORAGE_FULL)
        storage_note_scrap_later(driver->storage, uid);
    if (status == STORAGE_OK || status == STORAGE_FULL)
        return PSA_SUCCESS;
    error_set(err, ERROR_STORAGE_FAILED, "the slot's state cannot be stored", "check the storage medium");
    return driver_status_of_storage(status);
}

psa_status_t driver_destroy_key(struct driver *driver, uint8_t slot, uint32_t key_id, bool *erased, struct error *err)
{
    psa_status_t status = PSA_ERROR_INVALID_ARGUMENT;

    *erased = false;
    if (slot < CHIP_SLOTS)
        status = driver_erase_slot(driver, slot, key_id, erased, err);
    else
        error_set(err, ERROR_USAGE, "a chip has slots 0 to 15", NULL);
    /* Before the key record goes: a cut in between is settled by the open transaction. */
    if (status == PSA_SUCCESS && *erased)
        status = note_scrap(driver, slot, err);
    storage_hold(driver->storage, status == PSA_SUCCESS ? 0 : key_id);
    return finish(driver, status, "destroy a key", slot, key_id, err);
}
