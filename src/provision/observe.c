/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks at one device and says what is still to do. Sends only commands that read; calls only PSA functions that read.
 * Refuses here, before anything is written, whatever the profile's device cannot be.
 */
#include "provision/provision.h"

#include <string.h>

#include "chip/operations.h"
#include "provision/prove.h"
#include "provision/status.h"
#include "psa/keys.h"

_Static_assert(PROFILE_SLOT_ANY == KEYS_SLOT_ANY, "no slot is named");

static const enum driver_method methods[] = {
    [PROFILE_REGISTER] = DRIVER_REGISTER,
    [PROFILE_GENERATE] = DRIVER_GENERATE,
    [PROFILE_IMPORT] = DRIVER_IMPORT,
};

static const enum provision_action making[] = {
    [PROFILE_REGISTER] = PROVISION_REGISTER_KEY,
    [PROFILE_GENERATE] = PROVISION_GENERATE_KEY,
    [PROFILE_IMPORT] = PROVISION_IMPORT_KEY,
};

/* A step that is about no key; the plan is all zero behind its last step. */
static struct provision_step *add_step(struct provision_plan *plan, enum provision_action action, bool done)
{
    struct provision_step *step = &plan->steps[plan->step_count++];

    step->action = action;
    step->done = done;
    step->is_persistent = provision_step_kinds[action].is_persistent;
    step->forever = provision_step_kinds[action].consequence != NULL;
    step->key = -1;
    step->slot = PROFILE_SLOT_ANY;
    plan->changes_left += step->is_persistent && !done;
    return step;
}

/* One about the key that the step `made` makes. */
static void add_key_step(struct provision_plan *plan, enum provision_action action, bool done,
                         const struct provision_step *made)
{
    struct provision_step *step = add_step(plan, action, done);

    step->key = made->key;
    step->slot = made->slot;
}

static bool refuse_unsupported(struct error *err)
{
    error_set(err, ERROR_UNEXPECTED, "this program was built without what the profile needs",
              "build it with the table that was compiled from this very profile");
    return false;
}

/* Nothing is asked of the chip's configuration but what the driver finds out by itself. */
static bool is_as_delivered(const struct profile *profile)
{
    psa_key_usage_t usage = 0;

    for (size_t i = 0; i < profile->key_count; i++)
        usage |= profile->keys[i].usage;
    return profile->configuration == PROFILE_AS_DELIVERED && (usage & PSA_KEY_USAGE_DERIVE) == 0;
}

/* Whether this program was built with all that the plan needs. */
static bool is_supported(const struct provision *provision, const struct provision_plan *plan)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct provision_step_kind *kind = &provision_step_kinds[plan->steps[i].action];

        if (kind->is_supported != NULL && !kind->is_supported(provision->skills))
            return false;
    }
    return true;
}

/* The part is one that the profile allows, and its policy bytes are or can become the wanted ones. */
static bool observe_configuration(struct provision *provision, struct provision_plan *plan, struct error *err)
{
    const struct profile *profile = provision->profile;
    const struct provision_skills *skills = provision->skills;
    const struct chip_config *config;
    bool locked, writes, same;

    if (driver_config(provision->driver, &config, err) != CHIP_OK)
        return false;
    plan->found = plan->wanted = *config;
    plan->part = chip_config_part(config);
    chip_config_serial(config, plan->serial);
    error_with_serial(err, plan->serial);

    if (plan->part == CHIP_PART_UNKNOWN || (profile->parts & (1u << plan->part)) == 0) {
        error_set(err, ERROR_WRONG_PART, "the chip is not one of the parts that the profile allows",
                  "use the profile made for this part, or add it to chip.parts");
        error_with_subject(err, chip_part_name(plan->part));
        return false;
    }
    if (skills != NULL && skills->wanted_config != NULL) {
        if (!skills->wanted_config(profile, &plan->found, &plan->wanted, err))
            return false;
    } else if (!is_as_delivered(profile)) {
        return refuse_unsupported(err);
    }

    locked = chip_config_is_locked(&plan->found);
    writes = profile->configuration == PROFILE_POLICY && !locked;
    same = provision_same_policy(plan, &plan->found, writes ? NULL : err);
    if (!same && !writes) {
        error_set(err, ERROR_WRONG_CONFIGURATION,
                  locked ? "the config zone is locked and is not the configuration that the profile wants"
                         : "the config zone is not the configuration that the profile wants",
                  "compare with: imprint info; use the profile made for this configuration");
        return false;
    }
    if (!locked && !profile->lock_config) {
        error_set(err, ERROR_WRONG_CONFIGURATION,
                  "the config zone is unlocked and the profile does not lock it: no key could be made or used",
                  "add lock: [config, data] to the profile's chip, or use a part that is locked already");
        return false;
    }
    if (profile->configuration == PROFILE_POLICY)
        (void)add_step(plan, PROVISION_WRITE_CONFIG, same);
    if (profile->lock_config)
        (void)add_step(plan, PROVISION_LOCK_CONFIG, locked);
    return true;
}

#define ALLOW_REPLACING "set replace: unclaimed for this key, if the key in the slot may be lost for ever"

/* The driver advises programs, for which naming a slot is permission enough; a profile has to say it in a word. */
static void advise_for_profile(struct error *err)
{
    if (err->reason == ERROR_SLOT_FILLED)
        err->next = ALLOW_REPLACING;
    if (err->reason == ERROR_NO_FREE_SLOT)
        err->next = "give the profile fewer such keys, or use another part: imprint info shows what each slot can do";
}

/*
 * Every slot without a private key is written before the data lock, whatever is in it, and none can be read before:
 * where the profile has the data zone locked, it has said what becomes of them.
 */
static bool is_to_be_filled(const struct profile *profile, const struct provision_plan *plan, uint8_t slot)
{
    return profile->lock_data && !chip_data_is_locked(&plan->found) && !chip_slot_is_private(&plan->wanted, slot);
}

/* What is in the slot that the profile names may stay, or be replaced. */
static psa_status_t observe_content(struct provision *provision, const struct provision_plan *plan,
                                    const struct profile_key *key, bool scrap, struct error *err)
{
    enum driver_fill fill;
    psa_status_t status = keys_probe_slot(provision->driver, key->slot, &fill, err);

    if (status != PSA_SUCCESS)
        return status;
    if (key->method == PROFILE_REGISTER) {
        if (fill != DRIVER_FILL_EMPTY)
            return PSA_SUCCESS;
        error_set(err, ERROR_SLOT_EMPTY, "the slot holds no key to register",
                  "use a part whose maker put a key there, or generate one");
        return PSA_ERROR_DOES_NOT_EXIST;
    }
    /* What an interrupted run of ours left there is nobody's key. */
    if (fill == DRIVER_FILL_EMPTY || scrap || key->replace != PROFILE_REPLACE_NEVER ||
        is_to_be_filled(provision->profile, plan, key->slot))
        return PSA_SUCCESS;
    error_set(err, ERROR_SLOT_FILLED,
              fill == DRIVER_FILL_KEY
                  ? "the slot holds a key that no key id points to, and the profile does not let it be replaced"
                  : "the chip does not tell whether the slot holds a key, and the profile does not let one be "
                    "replaced",
              ALLOW_REPLACING);
    return PSA_ERROR_NOT_PERMITTED;
}

/*
 * Whether a missing key could be made, and in which slot. Only asked when the chip is in the state in which it will be
 * made; when imprint configures the part first, the policy was checked while the config zone was derived.
 */
static psa_status_t observe_slot(struct driver *driver, const struct profile_key *key, uint8_t *slot, struct error *err)
{
    psa_key_attributes_t attributes;
    psa_status_t status;

    profile_key_attributes(key, KEYS_LIFETIME, &attributes);
    driver->settings.replace_unclaimed = key->replace != PROFILE_REPLACE_NEVER;
    *slot = key->slot;
    status = keys_find_slot(driver, &attributes, methods[key->method], provision_proof_needs(key), slot, err);
    if (status != PSA_SUCCESS)
        advise_for_profile(err);
    return status;
}

/* `started`: the slot holds what a run of ours has left. */
static psa_status_t observe_missing(struct provision *provision, const struct provision_plan *plan,
                                    const struct profile_key *key, uint8_t *slot, bool *started, struct error *err)
{
    const bool configured = chip_config_is_locked(&plan->found);
    psa_status_t status = PSA_SUCCESS;

    if (configured)
        status = observe_slot(provision->driver, key, slot, err);
    if (status == PSA_SUCCESS && *slot != PROFILE_SLOT_ANY)
        *started = keys_slot_is_scrap(provision->driver, *slot);
    if (status == PSA_SUCCESS && configured && key->slot != PROFILE_SLOT_ANY)
        status = observe_content(provision, plan, key, *started, err);
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

/* What PSA and the driver say no to is a status; what only the profile does, a reason in `err`. */
static struct provision_step *observe_key(struct provision *provision, struct provision_plan *plan,
                                          const struct profile_key *key, struct error *err)
{
    struct provision_step *step;
    uint8_t slot = key->slot;
    bool started = false;
    psa_status_t status = provision_read_record(provision->driver, key, false, &slot, err);
    const bool missing = status == PSA_ERROR_INVALID_HANDLE || status == PSA_ERROR_DOES_NOT_EXIST;

    if (missing) {
        status = PSA_SUCCESS;
        if (is_provable(provision->profile, plan, key, err))
            status = observe_missing(provision, plan, key, &slot, &started, err);
    }
    if (status != PSA_SUCCESS || err->reason != ERROR_NONE) {
        error_doing(err, missing ? "plan the profile's keys" : "read the key's record");
        if (missing && slot != PROFILE_SLOT_ANY)
            error_at_slot(err, slot);
        (void)provision_psa_failed(provision, status, key, err);
        return NULL;
    }
    step = add_step(plan, making[key->method], !missing);
    step->started = started;
    step->slot = slot;
    if (slot != PROFILE_SLOT_ANY) {
        uint16_t *taken = &provision->driver->settings.reserved_slots;

        *taken = (uint16_t)(*taken | 1u << slot);
    }
    return step;
}

/* All steps in their order. */
static bool observe_steps(struct provision *provision, struct provision_plan *plan, struct error *err)
{
    const struct profile *profile = provision->profile;
    const struct provision_step *made;

    if (!observe_configuration(provision, plan, err) || keys_settle(provision->driver, err) != PSA_SUCCESS)
        return false;
    made = &plan->steps[plan->step_count];
    for (size_t i = 0; i < profile->key_count; i++) {
        struct provision_step *step = observe_key(provision, plan, &profile->keys[i], err);

        if (step == NULL)
            return false;
        step->key = (int)i;
    }
    if (profile->lock_data) {
        const bool locked = chip_data_is_locked(&plan->found);

        (void)add_step(plan, PROVISION_FILL_DATA, locked);
        (void)add_step(plan, PROVISION_LOCK_DATA, locked);
    }
    for (size_t i = 0; i < profile->key_count; i++)
        add_key_step(plan, PROVISION_PROVE_KEY, false, &made[i]);
    for (size_t i = 0; i < profile->key_count; i++) {
        if (profile->keys[i].lock_slot)
            add_key_step(plan, PROVISION_LOCK_SLOT, chip_slot_is_locked(&plan->found, profile->keys[i].slot), &made[i]);
    }
    return true;
}

enum provision_status provision_observe(struct provision *provision, struct provision_plan *plan, struct error *err)
{
    struct driver_settings before;
    bool ok;

    memset(plan, 0, sizeof(*plan));
    provision_begin(provision, &before);
    ok = observe_steps(provision, plan, err);
    if (ok && !is_supported(provision, plan))
        ok = refuse_unsupported(err);
    if (!ok) {
        error_doing(err, "look at the device");
        if (!bytes_all(bytes_of(plan->serial, sizeof(plan->serial)), 0x00)) /* it has been read */
            error_with_serial(err, plan->serial);
    }
    return provision_end(provision, &before, ok, err);
}
