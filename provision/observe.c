/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks at one device and says what is still to do. Sends only commands that read; calls only PSA functions that read.
 * Refuses here, before anything is written, whatever the profile's device cannot be.
 */
#include "provision/provision.h"

#include <string.h>

#include "chip/operations.h"
#include "driver/recovery.h"
#include "provision/prove.h"
#include "provision/status.h"

static const struct {
    enum provision_action action;
    psa_key_creation_method_t creation;
} methods[] = {
    [PROFILE_REGISTER] = {PROVISION_REGISTER_KEY, PSA_KEY_CREATION_REGISTER},
    [PROFILE_GENERATE] = {PROVISION_GENERATE_KEY, PSA_KEY_CREATION_GENERATE},
    [PROFILE_IMPORT] = {PROVISION_IMPORT_KEY, PSA_KEY_CREATION_IMPORT},
};

static struct provision_step *plan_add_step(struct provision_plan *plan, enum provision_action action, int key,
                                            uint8_t slot, bool done)
{
    struct provision_step *step = &plan->steps[plan->step_count++];

    *step = (struct provision_step){
        .action = action,
        .done = done,
        .lasting = action != PROVISION_PROVE_KEY,
        .forever = action == PROVISION_LOCK_CONFIG || action == PROVISION_LOCK_DATA || action == PROVISION_LOCK_SLOT,
        .key = key,
        .slot = slot,
    };
    if (step->lasting && !done)
        plan->todo++;
    return step;
}

static enum provision_status unskilled(struct error *err)
{
    error_set(err, ERROR_UNEXPECTED, "this program was built without what the profile needs",
              "build it with the table that was compiled from this very profile");
    return PROVISION_REFUSED;
}

/* Nothing is asked of the chip's configuration but what the driver finds out by itself. */
static bool is_as_delivered(const struct profile *profile)
{
    bool derives = false;

    for (size_t i = 0; i < profile->key_count; i++)
        derives = derives || (profile->keys[i].usage & PSA_KEY_USAGE_DERIVE) != 0;
    return profile->configuration == PROFILE_AS_DELIVERED && !derives;
}

/* Whether the step can be done by this program. */
static bool is_skilled(const struct provision_skills *skills, enum provision_action action)
{
    switch (action) {
    case PROVISION_WRITE_CONFIG:
        return skills != NULL && skills->write_config != NULL;
    case PROVISION_LOCK_CONFIG:
    case PROVISION_LOCK_DATA:
    case PROVISION_LOCK_SLOT:
        return skills != NULL && skills->lock != NULL;
    case PROVISION_FILL_DATA:
        return skills != NULL && skills->fill_data != NULL;
    case PROVISION_IMPORT_KEY:
        return skills != NULL && skills->import_key != NULL && skills->prove_import != NULL;
    case PROVISION_REGISTER_KEY:
    case PROVISION_GENERATE_KEY:
    case PROVISION_PROVE_KEY:
    case PROVISION_ACTION_COUNT:
        break;
    }
    return true;
}

/* The part is one that the profile allows, and its policy bytes are or can become the wanted ones. */
static enum provision_status observe_configuration(struct provision *provision, struct provision_plan *plan,
                                                   struct error *err)
{
    const struct profile *profile = provision->profile;
    const struct provision_skills *skills = provision->skills;
    const struct chip_config *config;
    bool config_locked;
    bool writes = profile->configuration == PROFILE_POLICY;
    int differs;

    driver_forget_config(provision->driver);
    if (driver_config(provision->driver, &config, err) != CHIP_OK)
        return provision_status_of(err);
    plan->found = *config;
    plan->part = chip_config_part(config);
    chip_config_serial(config, plan->serial);
    error_with_serial(err, plan->serial);

    if (plan->part == CHIP_PART_UNKNOWN || (profile->parts & (1u << plan->part)) == 0) {
        error_set(err, ERROR_WRONG_PART, "the chip is not one of the parts that the profile allows",
                  "use the profile made for this part, or add it to chip.parts");
        error_with_subject(err, chip_part_name(plan->part));
        return PROVISION_WRONG;
    }
    plan->wanted = *config;
    if (skills != NULL && skills->wanted_config != NULL) {
        if (!skills->wanted_config(profile, config, &plan->wanted, err))
            return provision_status_of(err);
    } else if (!is_as_delivered(profile)) {
        return unskilled(err);
    }

    config_locked = chip_config_is_locked(config);
    differs = chip_config_compare_policy(plan->part, config, &plan->wanted);
    if (differs >= 0 && (config_locked || !writes)) {
        error_set(err, ERROR_WRONG_CONFIGURATION,
                  config_locked ? "the config zone is locked and is not the configuration that the profile wants"
                                : "the config zone is not the configuration that the profile wants",
                  "compare with: imprint info; use the profile made for this configuration");
        err->expected = plan->wanted.bytes[differs];
        err->found = plan->found.bytes[differs];
        err->config_offset = (uint8_t)differs;
        err->has_config_offset = true;
        return PROVISION_WRONG;
    }
    if (!config_locked && !profile->lock_config) {
        error_set(err, ERROR_WRONG_CONFIGURATION,
                  "the config zone is unlocked and the profile does not lock it: no key could be made or used",
                  "add lock: [config, data] to the profile's chip, or use a part that is locked already");
        return PROVISION_WRONG;
    }
    if (writes)
        plan_add_step(plan, PROVISION_WRITE_CONFIG, -1, PROFILE_SLOT_ANY, differs < 0);
    if (profile->lock_config)
        plan_add_step(plan, PROVISION_LOCK_CONFIG, -1, PROFILE_SLOT_ANY, config_locked);
    return PROVISION_OK;
}

/* A key id that exists must be the profile's key: same attributes, and the same slot where the profile names one. */
static enum provision_status observe_existing(const struct profile_key *key, const psa_key_attributes_t *has,
                                              const psa_key_attributes_t *wants, uint8_t *slot, struct error *err)
{
    psa_key_slot_number_t number = 0;
    bool same = psa_get_key_lifetime(has) == psa_get_key_lifetime(wants) &&
                psa_get_key_type(has) == psa_get_key_type(wants) && psa_get_key_bits(has) == psa_get_key_bits(wants) &&
                psa_get_key_algorithm(has) == psa_get_key_algorithm(wants) &&
                psa_get_key_usage_flags(has) == psa_get_key_usage_flags(wants);

    if (!same) {
        error_set(err, ERROR_FOREIGN_KEY, "the key id exists with other attributes than the profile's",
                  "list it with: imprint keys; correct the profile, or choose another key id");
        error_with_key(err, key->id);
        return PROVISION_WRONG;
    }
    if (psa_get_key_slot_number(has, &number) != PSA_SUCCESS || number >= CHIP_SLOTS ||
        (key->slot != PROFILE_SLOT_ANY && number != key->slot)) {
        error_set(err, ERROR_FOREIGN_KEY, "the key id exists, but points to another slot than the profile's",
                  "list it with: imprint keys; correct the profile, or choose another key id");
        error_with_key(err, key->id);
        if (number < CHIP_SLOTS)
            error_at_slot(err, (uint8_t)number);
        return PROVISION_WRONG;
    }
    *slot = (uint8_t)number;
    return PROVISION_OK;
}

#define ALLOW_REPLACING "set replace: unclaimed for this key, if the key in the slot may be lost for ever"

/* The driver advises programs, for which naming a slot is permission enough; a profile has to say it in a word. */
static psa_status_t choose_slot(struct driver *driver, const struct driver_want *want, uint8_t *slot, struct error *err)
{
    psa_status_t status = driver_choose_slot(driver, want, slot, err);

    if (status != PSA_SUCCESS && err->reason == ERROR_SLOT_FILLED)
        err->next = ALLOW_REPLACING;
    if (status != PSA_SUCCESS && err->reason == ERROR_NO_FREE_SLOT)
        err->next = "give the profile fewer such keys, or use another part: imprint info shows what each slot can do";
    return status;
}

/*
 * Every slot without a private key is written before the data lock, whatever is in it, and none can be read before:
 * where the profile has the data zone locked, it has said what becomes of them.
 */
static bool is_to_be_filled(const struct profile *profile, const struct provision_plan *plan, uint8_t slot)
{
    return profile->lock_data && !chip_data_is_locked(&plan->found) &&
           !chip_slot_policy(&plan->wanted, slot).is_private;
}

/* A public key is proven by reading it back, which no chip allows before its data zone is locked. */
static enum provision_status observe_provable(const struct profile *profile, const struct provision_plan *plan,
                                              const struct profile_key *key, struct error *err)
{
    if (!PSA_KEY_TYPE_IS_PUBLIC_KEY(key->type) || profile->lock_data || chip_data_is_locked(&plan->found))
        return PROVISION_OK;
    error_set(err, ERROR_DATA_UNLOCKED,
              "a public key cannot be read back before the data zone is locked, and the profile does not lock it",
              "add lock: [config, data] to the profile's chip, or use a part that is locked already");
    error_doing(err, "plan the profile's keys");
    error_with_key(err, key->id);
    return provision_status_of(err);
}

/*
 * Whether a missing key could be made, and in which slot. Only asked when the chip is in the state in which it will be
 * made; when imprint configures the part first, the policy was checked while the config zone was derived.
 */
static enum provision_status observe_missing(struct provision *provision, const struct provision_plan *plan,
                                             const struct profile_key *key, const psa_key_attributes_t *wants,
                                             uint8_t *slot, struct error *err)
{
    struct driver *driver = provision->driver;
    struct driver_want want;
    enum driver_fill fill;
    bool scrap = false;
    psa_status_t status = driver_want_of(wants, methods[key->method].creation, &want, err);

    if (status == PSA_SUCCESS) {
        want.abilities |= provision_proof_needs(key);
        if (key->slot == PROFILE_SLOT_ANY)
            status = choose_slot(driver, &want, slot, err);
        else
            status = driver_check_slot(driver, &want, key->slot, err);
    }
    if (status == PSA_SUCCESS && key->slot != PROFILE_SLOT_ANY) {
        *slot = key->slot;
        status = driver_probe_slot(driver, key->slot, &fill, err);
        if (status == PSA_SUCCESS && key->method == PROFILE_REGISTER && fill == DRIVER_FILL_EMPTY) {
            error_set(err, ERROR_SLOT_EMPTY, "the slot holds no key to register",
                      "use a part whose maker put a key there, or generate one");
            status = PSA_ERROR_DOES_NOT_EXIST;
        }
        /* What an interrupted run of ours left there is nobody's key. */
        if (status == PSA_SUCCESS && fill != DRIVER_FILL_EMPTY)
            scrap = driver_slot_is_scrap(driver, key->slot);
        if (status == PSA_SUCCESS && key->method != PROFILE_REGISTER && fill != DRIVER_FILL_EMPTY && !scrap &&
            key->replace == PROFILE_REPLACE_NEVER && !is_to_be_filled(provision->profile, plan, key->slot)) {
            error_set(err, ERROR_SLOT_FILLED,
                      fill == DRIVER_FILL_KEY
                          ? "the slot holds a key that no key id points to, and the profile does not let it be replaced"
                          : "the chip does not tell whether the slot holds a key, and the profile does not let one be "
                            "replaced",
                      ALLOW_REPLACING);
            status = PSA_ERROR_NOT_PERMITTED;
        }
    }
    if (status == PSA_SUCCESS)
        return PROVISION_OK;
    error_doing(err, "plan the profile's keys");
    if (*slot != PROFILE_SLOT_ANY)
        error_at_slot(err, *slot);
    return provision_psa_failed(provision, status, key, err);
}

/* Slots that the profile's keys name, other than `except`: automatic choice leaves them alone. */
static uint16_t slots_named(const struct profile *profile, const struct profile_key *except)
{
    uint16_t named = 0;

    for (size_t i = 0; i < profile->key_count; i++) {
        const struct profile_key *key = &profile->keys[i];

        if (key != except && key->slot != PROFILE_SLOT_ANY)
            named = (uint16_t)(named | 1u << key->slot);
    }
    return named;
}

void provision_apply_settings(struct provision *provision, const struct profile_key *key, uint16_t taken)
{
    provision->driver->settings.replace_unclaimed = key->replace == PROFILE_REPLACE_UNCLAIMED;
    provision->driver->settings.reserved_slots = (uint16_t)(taken | slots_named(provision->profile, key));
}

static enum provision_status observe_keys(struct provision *provision, struct provision_plan *plan, bool configured,
                                          struct error *err)
{
    const struct profile *profile = provision->profile;
    const struct driver_settings settings = provision->driver->settings;
    enum provision_status result = PROVISION_OK;
    uint16_t taken = 0;

    for (size_t i = 0; i < profile->key_count && result == PROVISION_OK; i++) {
        const struct profile_key *key = &profile->keys[i];
        psa_key_attributes_t wants = PSA_KEY_ATTRIBUTES_INIT;
        psa_key_attributes_t has = PSA_KEY_ATTRIBUTES_INIT;
        uint8_t slot = key->slot;
        psa_status_t status;

        profile_key_attributes(key, PSA_ATECC608A_LIFETIME, &wants);
        status = psa_get_key_attributes(key->id, &has);
        if (status == PSA_SUCCESS) {
            result = observe_existing(key, &has, &wants, &slot, err);
        } else if (status != PSA_ERROR_INVALID_HANDLE && status != PSA_ERROR_DOES_NOT_EXIST) {
            error_doing(err, "read the key's record");
            result = provision_psa_failed(provision, status, key, err);
        } else {
            result = observe_provable(profile, plan, key, err);
            if (result == PROVISION_OK && configured) {
                provision_apply_settings(provision, key, taken);
                result = observe_missing(provision, plan, key, &wants, &slot, err);
            }
        }
        if (result == PROVISION_OK) {
            struct provision_step *step =
                plan_add_step(plan, methods[key->method].action, (int)i, slot, status == PSA_SUCCESS);
            if (!step->done && slot != PROFILE_SLOT_ANY)
                step->begun = driver_slot_is_scrap(provision->driver, slot);
            if (slot != PROFILE_SLOT_ANY)
                taken = (uint16_t)(taken | 1u << slot);
        }
        psa_reset_key_attributes(&has);
        psa_reset_key_attributes(&wants);
    }
    provision->driver->settings = settings;
    return result;
}

/* What a refusal says of the device; what says nothing of it (no answer, no key store) leaves it unknown. */
static enum provision_state state_of_refusal(enum error_reason reason)
{
    switch (reason) {
    case ERROR_WRONG_PART:
        return PROVISION_STATE_WRONG_PART;
    case ERROR_WRONG_CONFIGURATION:
    case ERROR_FOREIGN_KEY:
    case ERROR_SLOT_FILLED:
    case ERROR_SLOT_CLAIMED:
    case ERROR_SLOT_LOCKED:
    case ERROR_SLOT_EMPTY:
    case ERROR_SLOT_POLICY:
    case ERROR_NO_FREE_SLOT:
        return PROVISION_STATE_FOREIGN;
    default:
        return PROVISION_STATE_UNKNOWN;
    }
}

/*
 * How far a device has come. The steps are done in their order, so that the first one that is open tells; one done
 * behind it (somebody has forgotten a key since) makes the device partial all the same.
 */
static void triage(struct provision_plan *plan)
{
    struct provision_triage *found = &plan->triage;
    bool any = false;
    int open = -1;

    for (size_t i = 0; i < plan->step_count; i++) {
        const struct provision_step *step = &plan->steps[i];

        any = any || (step->lasting && (step->done || step->begun));
        if (step->lasting && !step->done && open < 0)
            open = (int)i;
        if (step->lasting && step->done && open < 0)
            found->stopped_after = (int)i;
    }
    found->state = open < 0 ? PROVISION_STATE_DONE : any ? PROVISION_STATE_PARTIAL : PROVISION_STATE_BLANK;
    if (open >= 0 && plan->steps[open].begun)
        found->stopped_in = open;
    if (found->state != PROVISION_STATE_PARTIAL)
        found->stopped_after = -1;
}

enum provision_status provision_observe(struct provision *provision, struct provision_plan *plan, struct error *err)
{
    const struct profile *profile = provision->profile;
    const bool stay_awake = provision->driver->settings.stay_awake;
    enum provision_status result;
    size_t first_key;

    memset(plan, 0, sizeof(*plan));
    plan->triage.stopped_after = plan->triage.stopped_in = -1;
    error_clear(&provision->driver->last_error); /* of a call before this run: no reason for what fails now */
    provision->driver->settings.stay_awake = true;
    result = observe_configuration(provision, plan, err);
    if (result != PROVISION_OK)
        goto out;

    first_key = plan->step_count;
    if (driver_require_settled(provision->driver, err) != PSA_SUCCESS)
        result = provision_status_of(err);
    else
        result = observe_keys(provision, plan, plan->todo == 0, err);
    if (result != PROVISION_OK)
        goto out;

    if (profile->lock_data) {
        bool locked = chip_data_is_locked(&plan->found);

        plan_add_step(plan, PROVISION_FILL_DATA, -1, PROFILE_SLOT_ANY, locked);
        plan_add_step(plan, PROVISION_LOCK_DATA, -1, PROFILE_SLOT_ANY, locked);
    }
    for (size_t i = 0; i < profile->key_count; i++)
        plan_add_step(plan, PROVISION_PROVE_KEY, (int)i, plan->steps[first_key + i].slot, false);
    for (size_t i = 0; i < profile->key_count; i++) {
        uint8_t slot = plan->steps[first_key + i].slot;

        if (profile->keys[i].lock_slot) {
            bool locked = slot != PROFILE_SLOT_ANY && chip_slot_policy(&plan->found, slot).locked;

            plan_add_step(plan, PROVISION_LOCK_SLOT, (int)i, slot, locked);
        }
    }
    triage(plan);
    for (size_t i = 0; i < plan->step_count && result == PROVISION_OK; i++) {
        if (!is_skilled(provision->skills, plan->steps[i].action))
            result = unskilled(err);
    }
out:
    if (result != PROVISION_OK) {
        plan->triage.state = state_of_refusal(err->reason);
        error_doing(err, "look at the device");
    }
    provision->driver->settings.stay_awake = stay_awake;
    driver_rest(provision->driver);
    return result;
}
