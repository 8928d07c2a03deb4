/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locks the slot of the IO protection key, once this run has proven that it holds the key in the store: until then
 * whoever reaches the bus could write a key of his own into a slot that is always writable. So too between the proof
 * and the lock, while a person reads the consequences: the slot is asked once more when it is locked.
 */
#include "profile/data.h"
#include "provision/gate.h"
#include "provision/status.h"
#include "provision/steps.h"
#include "provision/steps/datum.h"

static bool is_for(const struct profile_datum *datum)
{
    return datum->lock_slot;
}

bool provision_needs_lock_io_key(const struct profile *profile, int key)
{
    bool any = false;

    for (size_t i = 0; i < profile_data_count(profile); i++)
        any = any || is_for(&profile->data[i]);
    return key == PROVISION_NO_KEY && any;
}

static bool observe(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                    struct error *err)
{
    (void)provision;
    return provision_gate_observe_slot(plan, step, step->slot, err);
}

static const struct provision_lock lock = {
    .rules = PROVISION_GATE_SECRET, .send = provision_gate_send_slot, .took = provision_gate_took_slot};

static enum provision_status run(struct provision_run *run, struct provision_step *step, struct error *err)
{
    enum provision_status result = provision_gate_lock(run, step, err);
    struct provision_datum_evidence ignored;
    enum datum_place place;

    if (result != PROVISION_OK)
        return result;
    if (!provision_datum_compare(run->provision, run->plan, step->datum - 1u, &place, &ignored, err))
        return provision_status_of(err);
    if (place == DATUM_SAME)
        return PROVISION_OK;
    error_set(err, ERROR_PROOF_FAILED, "the slot got another key between its proof and its lock",
              "do not ship this device, and look for what else writes to the chip on this bus");
    error_with_subject(err, provision_datum_of(run->provision, step)->name);
    error_at_slot(err, step->slot);
    return PROVISION_REFUSED;
}

const struct provision_step_kind provision_step_lock_io_key = {
    .name = "lock-io-key",
    .is_persistent = true,
    .is_needed = provision_needs_lock_io_key,
    .is_for = is_for,
    .observe = observe,
    .run = run,
    .lock = &lock,
    .doing = "lock the slot of the IO protection key",
    .consequence = "the chip's IO protection key can never be changed: without this device's key store the chip gives "
                   "no encrypted secret that anybody can read",
};
