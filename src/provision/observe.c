/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks at one device and says what is still to do. Sends only commands that read, and refuses here, before anything is
 * written, a device that cannot become what the profile asks for. What each kind of step looks at is in its own file.
 */
#include "provision/provision.h"

#include <string.h>

#include "chip/operations.h"
#include "provision/needs.h"
#include "provision/status.h"
#include "provision/steps.h"

/* Whether the program has all the kinds of steps that the profile needs. Without connections a station makes them. */
static bool check_supported(const struct provision *provision, struct error *err)
{
    for (size_t i = 0; i < PROVISION_STEP_KINDS; i++) {
        const struct provision_step_kind *const *kind = provision->steps;

        if (!provision_is_needed_by(provision_step_needs[i], provision->profile))
            continue;
        while (*kind != NULL && (*kind)->is_needed != provision_step_needs[i])
            kind++;
        if (*kind == NULL && (provision->connections != NULL || provision_step_needs[i] != provision_needs_prove_tls)) {
            error_set(err, ERROR_UNEXPECTED, "this program was built without a step that the profile needs",
                      "build it with the table that imprint compile made from this profile");
            return false;
        }
    }
    return true;
}

static bool note_profile(const struct profile *profile, struct provision_plan *plan, struct error *err)
{
    if (profile_digest(profile, plan->profile_digest))
        return true;
    error_set(err, ERROR_UNEXPECTED, "the profile's digest cannot be computed", NULL);
    return false;
}

/* Notes which chip it is. False where the profile does not allow such a part. */
static bool observe_part(struct provision *provision, struct provision_plan *plan, struct error *err)
{
    const struct chip_config *config;

    if (driver_config(provision->driver, &config, err) != CHIP_OK)
        return false;
    plan->found = plan->wanted = *config;
    plan->part = chip_config_part(config);
    chip_config_serial(config, plan->serial);
    if (plan->part != CHIP_PART_UNKNOWN && (provision->profile->parts & (1u << plan->part)) != 0)
        return true;
    if (plan->part == CHIP_PART_UNKNOWN)
        error_set(err, ERROR_WRONG_PART, "the revision that the chip answers is of no part that imprint knows",
                  "see the revision: imprint info. Use an ATECC508A, ATECC608A or ATECC608B");
    else
        error_set(err, ERROR_WRONG_PART, "the chip is not one of the parts that the profile allows",
                  "use the profile made for this part, or add it to chip.parts");
    error_with_subject(err, chip_part_name(plan->part));
    return false;
}

static bool check_will_be_locked(const struct profile *profile, const struct provision_plan *plan, struct error *err)
{
    if (chip_config_is_locked(&plan->found) || profile->lock_config)
        return true;
    error_set(err, ERROR_WRONG_CONFIGURATION,
              "the config zone is unlocked and the profile does not lock it: no key could be made or used",
              "use a part that comes locked (Trust&GO, TrustFLEX), or a profile that configures and locks the part: "
              "configuration: policy, lock: [config, data]");
    return false;
}

/* The step of the plan that makes the key, NULL where there is none before. */
static const struct provision_step *maker_of(const struct provision_plan *plan, int key)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        if (plan->steps[i].kind->makes_key && plan->steps[i].key == key)
            return &plan->steps[i];
    }
    return NULL;
}

/* A step starts in the slot of its key: the one that an earlier step found, else the one that the profile names. */
static uint8_t slot_of(const struct provision *provision, const struct provision_plan *plan, int key)
{
    const struct provision_step *maker = maker_of(plan, key);

    if (key == PROVISION_NO_KEY)
        return PROFILE_SLOT_ANY;
    return maker != NULL ? maker->slot : provision->profile->keys[key].slot;
}

static bool observe_step(struct provision *provision, struct provision_plan *plan,
                         const struct provision_step_kind *kind, int key, uint8_t datum, struct error *err)
{
    struct provision_step step = {
        .kind = kind,
        .is_persistent = kind->is_persistent,
        .forever = kind->consequence != NULL,
        .key = key,
        .datum = datum,
        .slot = PROFILE_HAS_DATA != 0 && datum != 0 ? provision->profile->data[datum - 1].slot
                                                    : slot_of(provision, plan, key),
        .sends_most = kind->sends_most,
        .receives_most = kind->receives_most,
    };

    if (kind->observe != NULL && !kind->observe(provision, plan, &step, err))
        return false;
    if (kind->run == NULL) /* there was only something to look at */
        return true;
    if (plan->step_count == PROVISION_STEPS_MAX) {
        error_set(err, ERROR_UNEXPECTED, "the plan has more steps than fit: a row of PROVISION_STEP_ROWS is too low",
                  NULL);
        return false;
    }
    plan->steps[plan->step_count++] = step;
    plan->changes_left += step.is_persistent && !step.done;
    return true;
}

/* One step for each entry of the profile's data that the kind is for. */
static bool observe_data(struct provision *provision, struct provision_plan *plan,
                         const struct provision_step_kind *kind, struct error *err)
{
    const struct profile *profile = provision->profile;

    for (size_t i = 0; i < profile_data_count(profile); i++) {
        if (kind->is_for(&profile->data[i]) &&
            !observe_step(provision, plan, kind, PROVISION_NO_KEY, (uint8_t)(i + 1), err))
            return false;
    }
    return true;
}

/* All steps in their order: kind after kind, and within a kind key after key. */
static bool observe_steps(struct provision *provision, struct provision_plan *plan, struct error *err)
{
    const struct profile *profile = provision->profile;

    for (const struct provision_step_kind *const *kind = provision->steps; *kind != NULL; kind++) {
        if (PROFILE_HAS_DATA != 0 && (*kind)->is_for != NULL) {
            if (!observe_data(provision, plan, *kind, err))
                return false;
            continue;
        }
        for (int key = PROVISION_NO_KEY; key < (int)profile->key_count; key++) {
            if ((*kind)->is_needed(profile, key) && !observe_step(provision, plan, *kind, key, 0, err))
                return false;
        }
    }
    return true;
}

enum provision_status provision_observe(struct provision *provision, struct provision_plan *plan, struct error *err)
{
    struct driver_settings before;
    bool ok;

    memset(plan, 0, sizeof(*plan));
    provision->seen = (struct driver_seen){.count = 0};
    provision_prepare_driver(provision, &before);
    if (provision->config != NULL)
        driver_know_config(provision->driver, provision->config);
    else
        driver_forget_config(provision->driver);
    ok = note_profile(provision->profile, plan, err) && observe_part(provision, plan, err) &&
         check_supported(provision, err) && check_will_be_locked(provision->profile, plan, err) &&
         observe_steps(provision, plan, err) && provision_check_needs(provision, plan, err);
    if (!ok) {
        error_doing(err, "look at the device");
        if (!bytes_all(bytes_of(plan->serial, sizeof(plan->serial)), 0x00)) /* it has been read */
            error_with_serial(err, plan->serial);
        chip_sleep(provision->driver->chip);
    }
    return provision_restore_driver(provision, &before, ok, err);
}
