/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks only: derives the config zone that the profile asks for into the plan's `wanted`, for the steps that follow,
 * and refuses a chip that has another one and can no longer get this one.
 */
#include "provision/status.h"
#include "provision/steps.h"

/* A profile that takes the part as delivered says nothing of its configuration, unless a key derives others. */
bool provision_needs_expect_config(const struct profile *profile, int key)
{
    psa_key_usage_t usage = 0;

    if (key != PROVISION_NO_KEY)
        return false;
    for (size_t i = 0; i < profile->key_count; i++)
        usage |= profile->keys[i].usage;
    return profile->configuration != PROFILE_AS_DELIVERED || (usage & PSA_KEY_USAGE_DERIVE) != 0;
}

static bool observe(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                    struct error *err)
{
    const struct profile *profile = provision->profile;
    const bool locked = chip_config_is_locked(&plan->found);

    (void)step;
    if (!profile_wanted_config(profile, &plan->found, &plan->wanted, err))
        return false;
    if (profile_writes_config(profile) && !locked) /* write-config makes it so */
        return true;
    if (provision_same_policy(plan, &plan->found, err))
        return true;
    error_set(err, ERROR_WRONG_CONFIGURATION,
              locked ? "the config zone is locked and is not the configuration that the profile asks for"
                     : "the config zone is not the configuration that the profile asks for",
              "compare with: imprint info; use the profile made for this configuration");
    return false;
}

const struct provision_step_kind provision_step_expect_config = {
    .name = "expect-config",
    .is_needed = provision_needs_expect_config,
    .observe = observe,
};
