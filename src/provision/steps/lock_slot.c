/* SPDX-License-Identifier: Apache-2.0 */
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

    if (provision_gate_observe_slot(plan, step, slot, err))
        return true;
    error_with_key(err, provision->profile->keys[step->key].id);
    return false;
}

static const struct provision_lock lock = {
    .rules = PROVISION_GATE_SLOT, .send = provision_gate_send_slot, .took = provision_gate_took_slot};

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
