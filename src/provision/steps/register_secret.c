/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives a proven secret its key id in PSA's key store. The primary application uses it through the opaque shell: Mbed
 * TLS's secure element interface has no entry points for HMAC and AES that this driver could serve.
 */
#include "provision/run.h"
#include "provision/status.h"
#include "provision/steps.h"
#include "provision/steps/datum.h"
#include "psa/keys.h"

bool provision_needs_register_secret(const struct profile *profile, int key)
{
    bool any = false;

    for (size_t i = 0; i < profile_data_count(profile); i++)
        any = any || profile_datum_is_key(&profile->data[i]);
    return key == PROVISION_NO_KEY && any;
}

/* The record of the secret: whether it is there, and is this one. False with the reason. */
static bool read_record(const struct provision *provision, const struct profile_datum *datum, bool fresh,
                        bool *is_there, struct error *err)
{
    psa_key_attributes_t has = PSA_KEY_ATTRIBUTES_INIT;
    struct error why = {.reason = ERROR_NONE};
    uint8_t slot = KEYS_SLOT_ANY;
    const psa_status_t status = keys_attributes(provision->driver, datum->id, fresh, &has, &slot, &why);
    const bool same = profile_datum_has(datum, KEYS_LIFETIME, &has) && slot == datum->slot;

    psa_reset_key_attributes(&has);
    *is_there = status == PSA_SUCCESS;
    if (status == PSA_SUCCESS && !same)
        error_set(err, ERROR_FOREIGN_KEY,
                  "the key id exists with another slot or other attributes than the profile says",
                  "list it with: imprint keys; correct the profile, or choose another key id");
    else if (status != PSA_SUCCESS && status != PSA_ERROR_INVALID_HANDLE && status != PSA_ERROR_DOES_NOT_EXIST)
        error_pass(err, &why);
    if (err->reason == ERROR_NONE)
        return true;
    error_with_key(err, datum->id);
    error_with_subject(err, datum->name);
    return false;
}

static bool observe(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                    struct error *err)
{
    (void)plan;
    step->adopts = provision->adoption != NULL;
    return keys_settle(provision->driver, err) == PSA_SUCCESS &&
           read_record(provision, provision_datum_of(provision, step), false, &step->done, err);
}

static enum provision_status run(struct provision_run *run, struct provision_step *step, struct error *err)
{
    const struct provision *provision = run->provision;
    const struct profile_datum *datum = provision_datum_of(provision, step);
    psa_key_attributes_t attributes;
    bool is_there = false;

    profile_datum_attributes(datum, KEYS_LIFETIME, &attributes);
    if (keys_register(provision->driver, &attributes, datum->slot, err) != PSA_SUCCESS ||
        !read_record(provision, datum, true, &is_there, err)) {
        error_with_key(err, datum->id);
        return provision_status_of(err);
    }
    if (is_there)
        return PROVISION_OK;
    error_set(err, ERROR_STORAGE_FAILED, "the secret was registered, but its record is not in the key store",
              "check the medium of the state folder and run again");
    error_with_key(err, datum->id);
    return PROVISION_STORAGE;
}

const struct provision_step_kind provision_step_register_secret = {
    .name = "register-secret",
    .is_persistent = true,
    .registers = true,
    .sends_most = CHIP_SENT_BYTES(64),
    .receives_most = CHIP_REPLY_BYTES(32),
    .is_needed = provision_needs_register_secret,
    .is_for = profile_datum_is_key,
    .observe = observe,
    .run = run,
    .doing = "register the secret as a key",
};
