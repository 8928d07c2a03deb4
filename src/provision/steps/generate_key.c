/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/make_key.h"
#include "provision/status.h"
#include "provision/steps.h"
#include "psa/keys.h"

bool provision_needs_generate_key(const struct profile *profile, int key)
{
    return key != PROVISION_NO_KEY && profile->keys[key].method == PROFILE_GENERATE;
}

static bool observe(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                    struct error *err)
{
    return provision_observe_key(provision, plan, step, DRIVER_GENERATE, err);
}

static enum provision_status make(struct provision *provision, const struct profile_key *key, uint8_t slot,
                                  const psa_key_attributes_t *attributes, struct error *err)
{
    psa_status_t status = keys_generate(provision->driver, attributes, slot, err);

    return status == PSA_SUCCESS ? PROVISION_OK : provision_psa_failed(provision, status, key, err);
}

static enum provision_status run(struct provision_run *run, struct provision_step *step, struct error *err)
{
    return provision_make_key(run, step, make, err);
}

const struct provision_step_kind provision_step_generate_key = {
    .name = "generate-key",
    .is_persistent = true,
    .makes_key = true,
    .receives_most = CHIP_REPLY_BYTES(CHIP_PUBLIC_KEY_BYTES),
    .is_needed = provision_needs_generate_key,
    .observe = observe,
    .run = run,
    .doing = "generate a key in the chip",
};
