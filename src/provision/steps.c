/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/steps.h"

#include <string.h>

#define NEEDS(name, most) provision_needs_##name,
#define KIND(name, most) &provision_step_##name,
#define SYMBOL(name, most) "provision_step_" #name,

provision_is_needed *const provision_step_needs[PROVISION_STEP_KINDS] = {PROVISION_STEP_ROWS(NEEDS)};
const struct provision_step_kind *const provision_all_steps[PROVISION_STEP_KINDS + 1] = {PROVISION_STEP_ROWS(KIND)};
const char *const provision_step_symbols[PROVISION_STEP_KINDS] = {PROVISION_STEP_ROWS(SYMBOL)};

bool provision_is_needed_by(provision_is_needed *is_needed, const struct profile *profile)
{
    for (int key = PROVISION_NO_KEY; key < (int)profile->key_count; key++) {
        if (is_needed(profile, key))
            return true;
    }
    return false;
}

const struct provision_step_kind *provision_step_named(const char *name)
{
    const struct provision_step_kind *const *kind = provision_all_steps;

    while (*kind != NULL && strcmp((*kind)->name, name) != 0)
        kind++;
    return *kind;
}
