/* SPDX-License-Identifier: Apache-2.0 */
/* Proves each key in each run: never found done. How: provision/prove.h. */
#include "provision/gate.h"
#include "provision/prove.h"
#include "provision/run.h"
#include "provision/use.h"
#include "provision/steps.h"

bool provision_needs_prove_key(const struct profile *profile, int key)
{
    (void)profile;
    return key != PROVISION_NO_KEY;
}

static enum provision_status run(struct provision_run *run, struct provision_step *step, struct error *err)
{
    if (step->spends_use) {
        enum provision_status allowed = provision_gate_use(run, step, err);

        if (allowed != PROVISION_OK)
            return allowed;
    }
    return provision_prove_key(run->provision, step, run->finished, &run->evidence->keys[step->key], err);
}

const struct provision_step_kind provision_step_prove_key = {
    .name = "prove-key",
    .proves_key = true,
    .is_needed = provision_needs_prove_key,
    .observe = provision_observe_use,
    .run = run,
    .doing = "prove the key",
};
