/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/p256.h"
#include "provision/make_key.h"
#include "provision/status.h"
#include "provision/steps.h"
#include "psa/keys.h"

bool provision_needs_import_key(const struct profile *profile, int key)
{
    return key != PROVISION_NO_KEY && profile->keys[key].method == PROFILE_IMPORT;
}

/* PrivWrite: the key behind four zeros, in clear; or encrypted, with a MAC. */
#define IMPORT_CLEAR CHIP_SENT_BYTES(4 + P256_BYTES)
#define IMPORT_ENCRYPTED CHIP_SENT_BYTES(4 + P256_BYTES + 32)

/* Whether the slot takes a private key in clear, when its turn comes: the config zone is locked then. */
static bool is_clear(const struct provision_plan *plan, uint8_t slot)
{
    struct chip_config then = plan->wanted;

    chip_config_mark_locked(&then);
    return slot < CHIP_SLOTS && (chip_slot_can(&then, slot) & CHIP_CAN_IMPORT_CLEAR) != 0;
}

static bool observe(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                    struct error *err)
{
    if (!provision_observe_key(provision, plan, step, DRIVER_IMPORT, err))
        return false;
    if (is_clear(plan, step->slot))
        step->sends_most = IMPORT_CLEAR;
    return true;
}

static enum provision_status make(struct provision *provision, const struct profile_key *key, uint8_t slot,
                                  const psa_key_attributes_t *attributes, struct error *err)
{
    const struct provision_callbacks *callbacks = &provision->callbacks;
    uint8_t secret[P256_POINT_BYTES]; /* a point is the longest key in PSA's format */
    struct bytes_out out = {.data = secret, .cap = sizeof(secret)};
    enum provision_status result = PROVISION_OK;
    psa_status_t status;

    if (callbacks->import_key != NULL && callbacks->import_key(callbacks->context, key, &out, err)) {
        status = keys_import(provision->driver, attributes, slot, bytes_written(&out), err);
        if (status != PSA_SUCCESS)
            result = provision_psa_failed(provision, status, key, err);
    } else {
        error_set(err, ERROR_INPUT_FILE, "cannot read the key to import", NULL);
        result = provision_status_of(err);
    }
    bytes_wipe(secret, sizeof(secret));
    return result;
}

static enum provision_status run(struct provision_run *run, struct provision_step *step, struct error *err)
{
    return provision_make_key(run, step, make, err);
}

/* The public key that belongs to an imported key: the point itself, or computed in software from the scalar. */
static psa_status_t public_key_of(const struct profile_key *key, struct bytes key_to_import,
                                  uint8_t point[static P256_POINT_BYTES])
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t copy = 0;
    size_t len = 0;
    psa_status_t status;

    psa_set_key_type(&attributes, key->type);
    psa_set_key_bits(&attributes, key->bits);
    status = psa_import_key(&attributes, key_to_import.data, key_to_import.len, &copy);
    if (status == PSA_SUCCESS) {
        status = psa_export_public_key(copy, point, P256_POINT_BYTES, &len);
        (void)psa_destroy_key(copy);
    }
    return status;
}

/* Whether `point` is the public key of the key to import. */
static enum provision_status compare(const struct profile_key *key, struct bytes key_to_import, const uint8_t *point,
                                     struct error *err)
{
    uint8_t expected[P256_POINT_BYTES];
    psa_status_t status = public_key_of(key, key_to_import, expected);

    if (status != PSA_SUCCESS) {
        error_set(err, ERROR_INPUT_FILE, "the key to import is not a valid P-256 key", NULL);
        error_with_psa(err, status);
        error_with_key(err, key->id);
        return PROVISION_INPUT;
    }
    if (bytes_equal(bytes_of(expected, sizeof(expected)), bytes_of(point, P256_POINT_BYTES)))
        return PROVISION_OK;
    error_set(err, ERROR_FOREIGN_KEY, "the key in the chip is not the one that the profile imports",
              "correct the profile's file, or choose another key id and slot");
    error_with_key(err, key->id);
    return PROVISION_WRONG;
}

/*
 * A record with the right attributes does not say which key is in the slot: the run that made it may have been cut
 * short, and the key file been corrected since. On a `finished` device a private key is compared only where its file is
 * available.
 */
static enum provision_status prove(struct provision *provision, const struct profile_key *key, const uint8_t *point,
                                   bool finished, struct error *err)
{
    const bool needs_file = PSA_KEY_TYPE_IS_PUBLIC_KEY(key->type) || !finished;
    const struct provision_callbacks *callbacks = &provision->callbacks;
    uint8_t secret[P256_POINT_BYTES];
    struct bytes_out out = {.data = secret, .cap = sizeof(secret)};
    struct error ignored = {.reason = ERROR_NONE};
    enum provision_status result = PROVISION_OK;

    if (callbacks->import_key != NULL &&
        callbacks->import_key(callbacks->context, key, &out, needs_file ? err : &ignored)) {
        result = compare(key, bytes_written(&out), point, err);
    } else if (needs_file) {
        error_set(err, ERROR_INPUT_FILE, "cannot read the key to compare with", NULL);
        error_with_key(err, key->id);
        result = provision_status_of(err);
    }
    bytes_wipe(secret, sizeof(secret));
    return result;
}

const struct provision_step_kind provision_step_import_key = {
    .name = "import-key",
    .is_persistent = true,
    .makes_key = true,
    .sends_most = IMPORT_ENCRYPTED,
    .receives_most = CHIP_REPLY_BYTES(CHIP_PUBLIC_KEY_BYTES),
    .is_needed = provision_needs_import_key,
    .observe = observe,
    .run = run,
    .prove = prove,
    .doing = "import a key into the chip",
};
