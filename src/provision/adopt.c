/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/adopt.h"

#include "provision/mark_slot.h"
#include "provision/prove.h"
#include "provision/status.h"
#include "psa/keys.h"

#define ADOPT "adopt the device"

/*
 * Could somebody have brought the private key from outside, and so know it? On a part whose data zone the line itself
 * locks, every slot could be imported into before; on others only what the slot allows, or what the mark says, counts.
 */
static bool could_be_imported(const struct provision *provision, const struct provision_plan *plan,
                              const struct mark_key *marked)
{
    return provision->profile->lock_data || marked->method == PROFILE_IMPORT ||
           (chip_slot_can(&plan->found, marked->slot) & (CHIP_CAN_IMPORT_CLEAR | CHIP_CAN_IMPORT_SECRET)) != 0;
}

static bool find_key(const struct provision *provision, const struct provision_plan *plan,
                     const struct profile_key *key, struct mark_key *marked, struct error *err)
{
    uint8_t description[MARK_DESCRIPTION_MAX];

    if (!provision_read_description(provision->driver->chip, provision->profile->mark_slot, &plan->mark, description,
                                    err))
        return false;
    for (size_t i = 0; i < plan->mark.key_count; i++) {
        *marked = mark_key_at(description, i);
        if (marked->id == key->id && (key->slot == PROFILE_SLOT_ANY || key->slot == marked->slot))
            return true;
    }
    error_set(err, ERROR_NO_MARK, "the mark does not name this key, or names another slot for it",
              "use the profile that this device was made with: imprint info names it");
    return false;
}

static bool may_adopt(struct provision *provision, const struct provision_plan *plan, const struct profile_key *key,
                      struct mark_key *marked, struct error *err)
{
    const struct provision_adoption *adoption = provision->adoption;

    if (plan->mark.state != MARK_DONE) {
        error_set(err, ERROR_NO_MARK, "the chip has no finished mark that says which keys it holds",
                  "read the plan for this device, then provision it: imprint provision PROFILE --dry-run");
        return false;
    }
    if (!find_key(provision, plan, key, marked, err))
        return false;
    if (!PSA_KEY_TYPE_IS_KEY_PAIR(key->type) || !could_be_imported(provision, plan, marked) ||
        adoption->is_recorded(adoption->context, key))
        return true;
    error_set(
        err, ERROR_FOREIGN_KEY,
        "the private key could have been imported by somebody who knows it, and no record here names its public "
        "key",
        "copy record.json from the station that provisioned this device into devices/SERIAL of this state folder, "
        "then run again");
    error_at_slot(err, marked->slot);
    return false;
}

static psa_status_t observe(struct provision *provision, const struct provision_plan *plan,
                            const struct profile_key *key, struct provision_step *step, struct error *err)
{
    psa_key_attributes_t attributes;
    struct mark_key marked = {.id = 0};

    if (!may_adopt(provision, plan, key, &marked, err)) {
        error_doing(err, ADOPT);
        return PSA_SUCCESS;
    }
    step->slot = marked.slot;
    profile_key_attributes(key, KEYS_LIFETIME, &attributes);
    return keys_find_slot(provision->driver, &attributes, DRIVER_REGISTER, provision_proof_needs(key), &step->slot,
                          err);
}

static enum provision_status make(struct provision *provision, const struct profile_key *key, uint8_t slot,
                                  const psa_key_attributes_t *attributes, struct error *err)
{
    psa_status_t status = keys_register(provision->driver, attributes, slot, err);

    return status == PSA_SUCCESS ? PROVISION_OK : provision_psa_failed(provision, status, key, err);
}

const struct provision_adoption provision_adoption_functions = {.observe = observe, .make = make};

bool provision_check_adoption(const struct provision *provision, const struct provision_plan *plan, struct error *err)
{
    if (provision->profile->mark_slot == 0) {
        error_set(err, ERROR_NO_MARK, "the profile has no chip.mark, so no device that it made says what it is",
                  "use the state folder of the station that provisioned the device");
        error_doing(err, ADOPT);
        return false;
    }
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct provision_step *step = &plan->steps[i];

        if (!step->is_persistent || step->done || step->kind->makes_key || step->kind->registers || step->store_only)
            continue;
        error_set(err, ERROR_NO_MARK, "the device is not finished, and adopting writes nothing to a chip",
                  "read the plan for this device, then provision it: imprint provision PROFILE --dry-run");
        error_with_subject(err, step->kind->name);
        error_doing(err, ADOPT);
        return false;
    }
    return true;
}
