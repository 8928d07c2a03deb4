/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/operations.h"
#include "provision/gate.h"
#include "provision/steps.h"

bool provision_needs_lock_slot(const struct profile *profile, int key)
{
    return key != PROVISION_NO_KEY && profile->keys[key].lock_slot;
}

static bool observe(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                    struct error *err)
{
    const uint8_t slot = provision->profile->keys[step->key].slot;

    step->done = chip_slot_is_locked(&plan->found, slot);
    if (step->done || chip_slot_policy(&plan->wanted, slot).lockable)
        return true;
    error_set(err, ERROR_SLOT_POLICY, "the slot cannot be locked by itself: its KeyConfig is not Lockable",
              "leave lock-slot out of the profile");
    error_at_slot(err, slot);
    error_with_key(err, provision->profile->keys[step->key].id);
    return false;
}

static enum chip_status send(struct chip *chip, const struct provision_step *step, const struct chip_config *now,
                             uint16_t summary, struct error *err)
{
    (void)now;
    (void)summary;
    return chip_lock_slot(chip, step->slot, err);
}

static bool took(const struct provision_step *step, const struct chip_config *now)
{
    return chip_slot_is_locked(now, step->slot);
}

static const struct provision_lock lock = {.rules = PROVISION_GATE_SLOT, .send = send, .took = took};

const struct provision_step_kind provision_step_lock_slot = {
    .name = "lock-slot",
    .is_persistent = true,
    .is_needed = provision_needs_lock_slot,
    .observe = observe,
    .run = provision_gate_lock,
    .lock = &lock,
    .doing = "lock the slot",
    .consequence = "the key in this slot can never be replaced or destroyed again",
};
