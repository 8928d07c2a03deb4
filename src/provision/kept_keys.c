/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/kept_keys.h"

#include "provision/status.h"
#include "psa/keys.h"

/* A key that is there already, where the chip shows it: is it the recorded one? */
static bool is_recorded(const struct provision *provision, const struct provision_step *step, struct error *err)
{
    const struct provision_callbacks *callbacks = &provision->callbacks;
    struct provision_key_evidence key = {.key_id = provision_key_of(provision, step)->id, .slot = step->slot};
    struct error not_shown = {.reason = ERROR_NONE};

    if (keys_public(provision->driver, key.key_id, key.public_key, &not_shown) != PSA_SUCCESS ||
        callbacks->matches_record(callbacks->context, &key, err))
        return true;
    error_doing(err, "compare the keys with the record");
    return false;
}

enum provision_status provision_check_kept_keys(struct provision *provision, const struct provision_plan *plan,
                                                struct error *err)
{
    struct driver_settings before;
    bool ok = true;

    if (plan->changes_left == 0)
        return PROVISION_OK;
    error_with_serial(err, plan->serial);
    provision_prepare_driver(provision, &before);
    for (size_t i = 0; i < plan->step_count && ok; i++)
        ok = !plan->steps[i].kind->makes_key || !plan->steps[i].done || is_recorded(provision, &plan->steps[i], err);
    return provision_restore_driver(provision, &before, ok, err);
}
