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
    struct provision_key_evidence *evidence = &run->evidence->keys[step->key];
    enum provision_status result = PROVISION_OK;

    if (step->spends_use)
        result = provision_gate_ask(run, step, err);
    if (result == PROVISION_OK)
        result = provision_prove_key(run->provision, step, run->finished, run->plan->serial, evidence, err);
    if (result != PROVISION_OK || mark_has_key(&run->plan->mark, (size_t)step->key, evidence->public_key))
        return result;
    evidence->proven = false;
    error_set(err, ERROR_FOREIGN_KEY, "the slot holds another key than the one that the chip's mark names",
              "do not ship this device; find out who replaced the key");
    return PROVISION_WRONG;
}

const struct provision_step_kind provision_step_prove_key = {
    .name = "prove-key",
    .proves_key = true,
    .sends_most = CHIP_SENT_BYTES(CHIP_DIGEST_BYTES),
    .receives_most = CHIP_REPLY_BYTES(CHIP_SIGNATURE_BYTES),
    .is_needed = provision_needs_prove_key,
    .observe = provision_observe_use,
    .run = run,
    .doing = "prove the key",
};
