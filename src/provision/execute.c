/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does a plan's open steps in order: one loop runs them, times them, and reports. After a key is made its record is
 * read again from the key store, so that "done" is what is stored.
 */
#include "provision/provision.h"

#include <string.h>

#include "provision/prove.h"
#include "provision/run.h"
#include "provision/status.h"
#include "psa/keys.h"

static enum provision_status make_key(struct provision *provision, const struct profile_key *key, struct error *err)
{
    psa_key_attributes_t attributes;
    psa_status_t status;

    profile_key_attributes(key, KEYS_LIFETIME, &attributes);
    provision->driver->settings.replace_unclaimed = key->replace != PROFILE_REPLACE_NEVER;
    if (key->method == PROFILE_IMPORT)
        return provision->skills->import_key(provision, key, &attributes, err);
    if (key->method == PROFILE_REGISTER)
        status = keys_register(provision->driver, &attributes, key->slot, err);
    else
        status = keys_generate(provision->driver, &attributes, key->slot, err);
    return status == PSA_SUCCESS ? PROVISION_OK : provision_psa_failed(provision, status, key, err);
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

enum provision_status provision_run_make_key(struct provision_run *run, struct provision_step *step, struct error *err)
{
    const struct provision_step *end = run->plan->steps + run->plan->step_count;
    const struct profile_key *key = provision_key_of(run->provision, step);
    enum provision_status result = make_key(run->provision, key, err);
    uint8_t slot;

    if (result == PROVISION_OK)
        result = confirm_record(run->provision, key, &slot, err);
    if (result != PROVISION_OK)
        return result;
    run->evidence->keys[step->key].created = true;
    /* Those behind that are about the key know now where it is. */
    for (const int made = step->key; step < end; step++) {
        if (step->key == made)
            step->slot = slot;
    }
    return PROVISION_OK;
}

enum provision_status provision_run_write_config(struct provision_run *run, struct provision_step *step,
                                                 struct error *err)
{
    (void)step;
    return run->provision->skills->write_config(run->provision, run->plan, err);
}

enum provision_status provision_run_fill_data(struct provision_run *run, struct provision_step *step, struct error *err)
{
    (void)step;
    return run->provision->skills->fill_data(run->provision, run->plan, err);
}

enum provision_status provision_run_lock(struct provision_run *run, struct provision_step *step, struct error *err)
{
    return run->provision->skills->lock(run->provision, run->plan, step, err);
}

enum provision_status provision_run_prove_key(struct provision_run *run, struct provision_step *step, struct error *err)
{
    return provision_prove_key(run->provision, step, run->finished, &run->evidence->keys[step->key], err);
}

static uint64_t chip_time_us(const struct provision_run *run)
{
    const struct imprint_transport *transport = &run->provision->driver->chip->transport;

    return transport->operations->now_us(transport->context);
}

static bool report(const struct provision_run *run, const struct provision_step *step, bool finished)
{
    const struct provision_callbacks *callbacks = &run->provision->callbacks;

    return callbacks->progress == NULL || callbacks->progress(callbacks->context, run->plan, step, finished);
}

static bool run_step(struct provision_run *run, struct provision_step *step, struct error *err)
{
    uint32_t started = (uint32_t)chip_time_us(run);
    enum provision_status result;

    if (!report(run, step, false)) {
        error_set(err, ERROR_INTERRUPTED, "stopped between two steps", "run the same command again to finish");
        return false;
    }
    result = provision_step_kinds[step->action].run(run, step, err);
    step->chip_us = (uint32_t)chip_time_us(run) - started;
    if (result != PROVISION_OK) {
        error_doing(err, provision_step_kinds[step->action].doing);
        if (step->slot != PROFILE_SLOT_ANY)
            error_at_slot(err, step->slot);
        if (step->key >= 0)
            error_with_key(err, provision_key_of(run->provision, step)->id);
        return false;
    }
    step->done = true;
    if (step->is_persistent) {
        run->plan->changes_left--;
        run->evidence->changes++;
    }
    (void)report(run, step, true);
    return true;
}

static bool run_steps(struct provision_run *run, struct error *err)
{
    struct provision_plan *plan = run->plan;

    /* A plan may be shown to somebody before it is done: is it still about the chip that answers now? */
    if (!provision_look_again(run->provision, plan, &run->evidence->config, err)) {
        error_doing(err, "look at the device once more");
        return false;
    }
    for (struct provision_step *step = plan->steps; step < plan->steps + plan->step_count; step++) {
        if (!step->done && !run_step(run, step, err))
            return false;
    }
    if (provision_prove_config(run->provision, plan, &run->evidence->config, err))
        return true;
    error_doing(err, "prove the finished chip");
    return false;
}

enum provision_status provision_execute(struct provision *provision, struct provision_plan *plan,
                                        struct provision_evidence *evidence, struct error *err)
{
    struct provision_run run = {
        .provision = provision, .plan = plan, .evidence = evidence, .finished = plan->changes_left == 0};
    struct driver_settings before;
    uint64_t started = chip_time_us(&run);
    bool ok;

    memset(evidence, 0, sizeof(*evidence));
    memcpy(evidence->serial, plan->serial, sizeof(evidence->serial));
    evidence->part = plan->part;
    evidence->key_count = provision->profile->key_count;
    error_with_serial(err, plan->serial);
    provision_begin(provision, &before);
    ok = profile_digest(provision->profile, evidence->profile_digest);
    if (!ok)
        error_set(err, ERROR_UNEXPECTED, "the profile's digest cannot be computed", NULL);
    ok = ok && run_steps(&run, err);
    evidence->chip_us = chip_time_us(&run) - started;
    return provision_end(provision, &before, ok, err);
}
