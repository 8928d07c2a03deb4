/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does a plan's open steps in order: one loop runs them, times them, and reports. What each kind of step does is in its
 * own file.
 */
#include "provision/provision.h"

#include <string.h>

#include "provision/prove.h"
#include "provision/run.h"
#include "provision/status.h"

static uint64_t chip_time_us(const struct provision_run *run)
{
    return run->provision->driver->chip->counters.busy_us;
}

static bool report(const struct provision_run *run, const struct provision_step *step, bool finished)
{
    const struct provision_callbacks *callbacks = &run->provision->callbacks;

    return callbacks->progress == NULL || callbacks->progress(callbacks->context, run->plan, step, finished);
}

/* In which step, slot and key the error happened. */
static void note_step(const struct provision_run *run, const struct provision_step *step, struct error *err)
{
    error_doing(err, step->kind->doing);
    if (step->slot != PROFILE_SLOT_ANY)
        error_at_slot(err, step->slot);
    if (step->key != PROVISION_NO_KEY)
        error_with_key(err, provision_key_of(run->provision, step)->id);
}

static bool run_step(struct provision_run *run, struct provision_step *step, struct error *err)
{
    uint32_t started = (uint32_t)chip_time_us(run);
    enum provision_status result;

    if (!report(run, step, false)) {
        error_set(err, ERROR_INTERRUPTED, "stopped between two steps", "run the same command again to finish");
        return false;
    }
    result = step->kind->run(run, step, err);
    step->chip_us = (uint32_t)chip_time_us(run) - started;
    if (result != PROVISION_OK) {
        note_step(run, step, err);
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

static bool run_steps(struct provision_run *run, bool by_use, struct error *err)
{
    struct provision_plan *plan = run->plan;

    for (struct provision_step *step = plan->steps; step < plan->steps + plan->step_count; step++) {
        if (step->kind->by_use == by_use && !step->done && !run_step(run, step, err))
            return false;
    }
    return true;
}

static bool prove_chip(struct provision_run *run, struct error *err)
{
    if (provision_prove_config(run->provision, run->plan, &run->evidence->config, err))
        return true;
    error_doing(err, "prove the finished chip");
    return false;
}

static bool has_proof_by_use(const struct provision_plan *plan)
{
    for (size_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].kind->by_use)
            return true;
    return false;
}

/*
 * The finished device is used as its product will use it: what others than the chip must do for that can fail, and
 * nothing that was proven may be lost by it.
 */
static bool prove_by_use(struct provision_run *run, struct error *err)
{
    const struct provision_connections *connections = run->provision->connections;

    run->evidence->chip_us = chip_time_us(run);
    return connections->keep(connections->context, run->evidence, err) && run_steps(run, true, err) &&
           prove_chip(run, err); /* the uses that a key counts have changed */
}

enum provision_status provision_execute(struct provision *provision, struct provision_plan *plan,
                                        struct provision_evidence *evidence, struct error *err)
{
    struct provision_run run = {
        .provision = provision, .plan = plan, .evidence = evidence, .finished = plan->changes_left == 0};
    struct driver_settings before;
    bool ok;

    memset(evidence, 0, sizeof(*evidence));
    memcpy(evidence->serial, plan->serial, sizeof(evidence->serial));
    memcpy(evidence->profile_digest, plan->profile_digest, sizeof(evidence->profile_digest));
    evidence->part = plan->part;
    evidence->key_count = provision->profile->key_count;
    error_with_serial(err, plan->serial);
    provision_prepare_driver(provision, &before);
    ok = evidence->complete = run_steps(&run, false, err) && prove_chip(&run, err);
    if (ok && has_proof_by_use(plan))
        ok = prove_by_use(&run, err);
    evidence->chip_us = chip_time_us(&run);
    chip_sleep(provision->driver->chip);
    return provision_restore_driver(provision, &before, ok, err);
}
