/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/operations.h"
#include "provision/gate.h"
#include "provision/prove.h"
#include "provision/status.h"
#include "provision/steps.h"
#include "provision/steps/fill_data.h"

bool provision_needs_lock_data(const struct profile *profile, int key)
{
    return key == PROVISION_NO_KEY && profile->lock_data;
}

static bool observe(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                    struct error *err)
{
    (void)provision;
    (void)err;
    step->done = chip_data_is_locked(&plan->found);
    return true;
}

/*
 * The data lock's CRC leaves private keys out, and a record in the key store is no key in the chip: each key pair shows
 * itself while another can still be put in its place. A public key cannot be read yet, but the CRC covers it.
 */
static enum provision_status prove_key_pairs(struct provision_run *run, struct error *err)
{
    struct provision *provision = run->provision;
    const struct provision_plan *plan = run->plan;

    for (size_t i = 0; i < plan->step_count; i++) {
        const struct provision_step *step = &plan->steps[i];
        struct provision_key_evidence evidence = {.key_id = 0};
        const struct profile_key *key;
        enum provision_status result;

        if (!step->kind->makes_key)
            continue;
        evidence.created = run->evidence->keys[step->key].created;
        key = provision_key_of(provision, step);
        if (PSA_KEY_TYPE_IS_PUBLIC_KEY(key->type))
            continue;
        result = provision_prove_key(provision, step, false, plan->serial, &evidence, err);
        if (result != PROVISION_OK) {
            error_at_slot(err, step->slot);
            error_with_key(err, key->id);
            return result;
        }
    }
    return PROVISION_OK;
}

static enum provision_status prepare(struct provision_run *run, uint16_t *summary, struct error *err)
{
    enum provision_status result = prove_key_pairs(run, err);

    return result == PROVISION_OK ? provision_data_summary(run->provision, run->plan, summary, err) : result;
}

static enum chip_status send(struct chip *chip, const struct provision_step *step, const struct chip_config *now,
                             uint16_t summary, struct error *err)
{
    (void)step;
    (void)now;
    return chip_lock_data(chip, true, summary, err);
}

static bool took(const struct provision_step *step, const struct chip_config *now)
{
    (void)step;
    return chip_data_is_locked(now);
}

static const struct provision_lock lock = {
    .rules = PROVISION_GATE_DATA,
    .prepare = prepare,
    .send = send,
    .took = took,
    .if_refused =
        "the data zone does not hold the bytes that imprint wrote; run again; if the chip refuses again, take "
        "this part off the line",
};

const struct provision_step_kind provision_step_lock_data = {
    .name = "lock-data",
    .is_persistent = true,
    .is_needed = provision_needs_lock_data,
    .observe = observe,
    .run = provision_gate_lock,
    .lock = &lock,
    .doing = "lock the data zone",
    .consequence = "slot access rules take effect: a slot that cannot be written can never be changed again",
};
