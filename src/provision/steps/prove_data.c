/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proves each secret and reads back each of the other data, in each run: never found done. Before a secret gets its key
 * id: whoever finds the key finds the right one. An IO protection key is used only once it is noted here as proven.
 */
#include "provision/run.h"
#include "provision/status.h"
#include "provision/steps.h"
#include "provision/steps/datum.h"
#include "psa/io_key.h"

bool provision_needs_prove_data(const struct profile *profile, int key)
{
    return key == PROVISION_NO_KEY && profile_data_count(profile) != 0;
}

static bool is_for(const struct profile_datum *datum)
{
    (void)datum;
    return true;
}

static bool was_written(const struct provision_run *run, const struct provision_step *step)
{
    const struct provision_plan *plan = run->plan;

    for (size_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].kind == &provision_step_write_data && plan->steps[i].datum == step->datum)
            return plan->steps[i].chip_us != 0; /* a step that was found done took no time */
    return false;
}

static enum provision_status run(struct provision_run *run, struct provision_step *step, struct error *err)
{
    const struct provision *provision = run->provision;
    const struct provision_contents *contents = provision->contents;
    struct provision_datum_evidence evidence = {.written = was_written(run, step)};
    enum datum_place place;

    if (!provision_datum_compare(provision, run->plan, step->datum - 1u, &place, &evidence, err))
        return provision_status_of(err);
    if (place == DATUM_SAME) {
        if (profile_datum_is_io_key(provision_datum_of(provision, step)) &&
            !io_key_note_proven(provision->driver->storage, run->plan->serial, err))
            return provision_status_of(err);
        contents->proven(contents->context, step->datum - 1u, &evidence);
        return PROVISION_OK;
    }
    error_set(err, ERROR_PROOF_FAILED,
              profile_datum_is_secret(provision_datum_of(provision, step))
                  ? "the chip computes something else with the slot than the secret gives"
                  : "the slot holds something else than what the profile puts there",
              "do not ship this device; look at it with: imprint info");
    error_with_subject(err, provision_datum_of(provision, step)->name);
    return PROVISION_REFUSED;
}

const struct provision_step_kind provision_step_prove_data = {
    .name = "prove-data",
    .sends_most = CHIP_SENT_BYTES(64), /* a block of a message to hash */
    .receives_most = CHIP_REPLY_BYTES(32),
    .is_needed = provision_needs_prove_data,
    .is_for = is_for,
    .proves_datum = true,
    .run = run,
    .doing = "prove what the slot holds",
};
