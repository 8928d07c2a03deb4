/* SPDX-License-Identifier: Apache-2.0 */
/* Proves each key in each run: never found done. How: provision/prove.h. */
#include <string.h>

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

/*
 * A key that counts its uses has proven itself in this run already, for the issuer of its certificate: that is its
 * proof. The chip is asked once more which key it holds now.
 */
static enum provision_status compare_again(struct provision_run *run, const struct provision_step *step,
                                           struct error *err)
{
    struct provision_key_evidence now = {.created = false};
    enum provision_status result;

    driver_forget_slot(run->provision->driver, step->slot);
    result = provision_prove_key(run->provision, step, run->finished, run->plan->serial, &now, err);
    if (result != PROVISION_OK ||
        memcmp(now.public_key, run->evidence->keys[step->key].public_key, sizeof now.public_key) == 0)
        return result;
    error_set(err, ERROR_PROOF_FAILED, "the slot holds another key than the one that proved itself in this run",
              "do not ship this device; find out who replaced the key");
    return PROVISION_REFUSED;
}

static enum provision_status run(struct provision_run *run, struct provision_step *step, struct error *err)
{
    struct provision_key_evidence *evidence = &run->evidence->keys[step->key];
    enum provision_status result = PROVISION_OK;

    if (step->uses_spent != 0)
        result = provision_gate_ask(run, step, err);
    if (result == PROVISION_OK && step->limited && evidence->proven)
        result = compare_again(run, step, err);
    else if (result == PROVISION_OK)
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
