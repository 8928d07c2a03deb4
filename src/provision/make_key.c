/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/make_key.h"

#include "chip/operations.h"
#include "provision/adopt.h"
#include "provision/prove.h"
#include "provision/replace.h"
#include "provision/status.h"
#include "psa/keys.h"

_Static_assert(PROFILE_SLOT_ANY == KEYS_SLOT_ANY, "both mean: no slot is named");

#define ALLOW_REPLACING "set replace: unclaimed for this key, if the key in the slot may be lost for ever"

/* The driver's advice is for programs, which may replace a key by naming its slot; a profile must allow it. */
static void advise_for_profile(struct error *err)
{
    if (err->reason == ERROR_SLOT_FILLED)
        err->next = ALLOW_REPLACING;
    if (err->reason == ERROR_NO_FREE_SLOT)
        err->next = "give the profile fewer such keys, or use another part: imprint info shows what each slot can do";
}

/*
 * Before the data lock, fill-data writes every slot without a private key, whatever is in it. Such a slot cannot be
 * read before, and a profile that locks the data zone thereby allows it.
 */
static bool is_to_be_filled(const struct profile *profile, const struct provision_plan *plan, uint8_t slot)
{
    return profile->lock_data && !chip_data_is_locked(&plan->found) && !chip_slot_is_private(&plan->wanted, slot);
}

/* Whether what the slot holds may be registered, or replaced. */
static psa_status_t observe_content(struct provision *provision, const struct provision_plan *plan,
                                    const struct profile_key *key, struct provision_step *step, struct error *err)
{
    enum driver_fill fill;
    psa_status_t status = keys_probe_slot(provision->driver, step->slot, &fill, err);

    if (status != PSA_SUCCESS)
        return status;
    if (key->method == PROFILE_REGISTER) {
        if (fill != DRIVER_FILL_EMPTY)
            return PSA_SUCCESS;
        error_set(err, ERROR_SLOT_EMPTY, "the slot holds no key to register",
                  "use a part that was delivered with a key there, or generate one");
        return PSA_ERROR_DOES_NOT_EXIST;
    }
    /* What an interrupted run left there was never reported as a key. */
    if (step->started || is_to_be_filled(provision->profile, plan, step->slot))
        return PSA_SUCCESS;
    if (fill == DRIVER_FILL_EMPTY || key->replace != PROFILE_REPLACE_NEVER)
        return provision_observe_loss(provision, plan, fill, step, err);
    error_set(err, ERROR_SLOT_FILLED,
              fill == DRIVER_FILL_KEY
                  ? "the slot holds a key without a key id, and the profile does not allow to replace it"
                  : "the chip does not tell whether the slot holds a key, and the profile does not allow to "
                    "replace one",
              ALLOW_REPLACING);
    return PSA_ERROR_NOT_PERMITTED;
}

/*
 * Whether a missing key could be made, and in which slot. Only asked when the chip is in the state in which it will be
 * made; when imprint configures the part first, the policy was checked while the config zone was derived.
 */
static psa_status_t observe_slot(struct driver *driver, const struct profile_key *key, enum driver_method method,
                                 uint8_t *slot, struct error *err)
{
    psa_key_attributes_t attributes;
    psa_status_t status;

    profile_key_attributes(key, KEYS_LIFETIME, &attributes);
    driver->settings.replace_unclaimed = key->replace != PROFILE_REPLACE_NEVER;
    *slot = key->slot;
    status = keys_find_slot(driver, &attributes, method, provision_proof_needs(key), slot, err);
    if (status != PSA_SUCCESS)
        advise_for_profile(err);
    return status;
}

/* Sets the step's slot, `started` where that slot holds what an interrupted run left, and which key will be lost. */
static psa_status_t observe_missing(struct provision *provision, const struct provision_plan *plan,
                                    const struct profile_key *key, enum driver_method method,
                                    struct provision_step *step, struct error *err)
{
    const bool configured = chip_config_is_locked(&plan->found);
    psa_status_t status = PSA_SUCCESS;

    if (configured)
        status = observe_slot(provision->driver, key, method, &step->slot, err);
    if (status == PSA_SUCCESS && step->slot != PROFILE_SLOT_ANY)
        step->started = keys_slot_is_scrap(provision->driver, step->slot);
    /* The driver's own choice is an empty slot, unless it may replace a key. */
    if (status == PSA_SUCCESS && configured && (key->slot != PROFILE_SLOT_ANY || key->replace != PROFILE_REPLACE_NEVER))
        status = observe_content(provision, plan, key, step, err);
    return status;
}

/* A public key is proven by reading it back, which no chip allows before its data zone is locked. */
static bool is_provable(const struct profile *profile, const struct provision_plan *plan, const struct profile_key *key,
                        struct error *err)
{
    if (!PSA_KEY_TYPE_IS_PUBLIC_KEY(key->type) || profile->lock_data || chip_data_is_locked(&plan->found))
        return true;
    error_set(err, ERROR_DATA_UNLOCKED,
              "a public key cannot be read back before the data zone is locked, and the profile does not lock it",
              "add lock: [config, data] to the profile's chip, or use a part that is locked already");
    return false;
}

/* Whether the key may be made although the mark says something of this device. */
static bool mark_allows(const struct provision_plan *plan, struct error *err)
{
    if (plan->mark.state != MARK_DONE && plan->mark.state != MARK_TORN)
        return true;
    error_set(err, ERROR_DONE_ELSEWHERE,
              "its mark says that this device is finished, but the record of this key is not here", NULL);
    return false;
}

/* A key without a record. */
static psa_status_t observe_unrecorded(struct provision *provision, const struct provision_plan *plan,
                                       const struct profile_key *key, enum driver_method method,
                                       struct provision_step *step, struct error *err)
{
    step->adopts = provision->adoption != NULL;
    if (step->adopts)
        return provision->adoption->observe(provision, plan, key, step, err);
    if (!mark_allows(plan, err) || !is_provable(provision->profile, plan, key, err))
        return PSA_SUCCESS;
    return observe_missing(provision, plan, key, method, step, err);
}

static void reserve_slot(struct provision *provision, uint8_t slot)
{
    uint16_t *reserved = &provision->driver->settings.reserved_slots;

    if (slot != PROFILE_SLOT_ANY)
        *reserved = (uint16_t)(*reserved | 1u << slot);
}

/* A refusal by PSA or the driver is in `status`; one by the profile alone is only a reason in `err`. */
bool provision_observe_key(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                           enum driver_method method, struct error *err)
{
    const struct profile_key *key = provision_key_of(provision, step);
    psa_status_t status;
    bool missing;

    if (keys_settle(provision->driver, err) != PSA_SUCCESS)
        return false;
    status = provision_read_record(provision->driver, key, false, &step->slot, err);
    missing = status == PSA_ERROR_INVALID_HANDLE || status == PSA_ERROR_DOES_NOT_EXIST;
    if (missing)
        status = observe_unrecorded(provision, plan, key, method, step, err);
    if (status != PSA_SUCCESS || err->reason != ERROR_NONE) {
        error_doing(err, missing ? "plan the profile's keys" : "read the key's record");
        if (missing && step->slot != PROFILE_SLOT_ANY)
            error_at_slot(err, step->slot);
        (void)provision_psa_failed(provision, status, key, err);
        return false;
    }
    step->done = !missing;
    reserve_slot(provision, step->slot);
    return true;
}

/*
 * The record of a key that was just made, read afresh from the store: it says where the key is, and that it was stored
 * at all (the core reports some failed writes as success).
 */
static enum provision_status confirm_record(struct provision *provision, const struct profile_key *key, uint8_t *slot,
                                            struct error *err)
{
    psa_status_t status;

    status = provision_read_record(provision->driver, key, true, slot, err);
    if (status == PSA_SUCCESS && err->reason == ERROR_NONE)
        return PROVISION_OK;
    error_set(err, ERROR_STORAGE_FAILED, "the key was made, but its record is not in the key store",
              "check the medium of the state folder and run again");
    return provision_psa_failed(provision, status, key, err);
}

enum provision_status provision_make_key(struct provision_run *run, struct provision_step *step, provision_make *make,
                                         struct error *err)
{
    const struct provision_step *end = run->plan->steps + run->plan->step_count;
    const struct profile_key *key = provision_key_of(run->provision, step);
    const int made = step->key;
    psa_key_attributes_t attributes;
    enum provision_status result;
    uint8_t slot;

    profile_key_attributes(key, KEYS_LIFETIME, &attributes);
    run->provision->driver->settings.replace_unclaimed = step->replaces;
    result = step->replaces ? provision_gate_replace(run, step, err) : PROVISION_OK;
    if (result == PROVISION_OK)
        result = (run->provision->adoption != NULL ? run->provision->adoption->make
                                                   : make)(run->provision, key, step->slot, &attributes, err);
    if (result == PROVISION_OK)
        result = confirm_record(run->provision, key, &slot, err);
    if (result != PROVISION_OK)
        return result;
    run->evidence->keys[made].created = run->provision->adoption == NULL;
    for (; step < end; step++) {
        if (step->key == made)
            step->slot = slot;
    }
    return PROVISION_OK;
}
