/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/run.h"

static bool can_write_config(const struct provision_skills *skills)
{
    return skills != NULL && skills->write_config != NULL;
}

static bool can_fill_data(const struct provision_skills *skills)
{
    return skills != NULL && skills->fill_data != NULL;
}

static bool can_lock(const struct provision_skills *skills)
{
    return skills != NULL && skills->lock != NULL;
}

static bool can_import_key(const struct provision_skills *skills)
{
    return skills != NULL && skills->import_key != NULL && skills->prove_import != NULL;
}

const struct provision_step_kind provision_step_kinds[PROVISION_ACTION_COUNT] = {
    [PROVISION_WRITE_CONFIG] = {.name = "write-config",
                                .is_persistent = true,
                                .is_supported = can_write_config,
                                .run = provision_run_write_config,
                                .doing = "write the config zone"},
    [PROVISION_LOCK_CONFIG] = {.name = "lock-config",
                               .is_persistent = true,
                               .is_supported = can_lock,
                               .run = provision_run_lock,
                               .doing = "lock the config zone",
                               .consequence =
                                   "what each slot may do (SlotConfig, KeyConfig) can never be changed again"},
    [PROVISION_REGISTER_KEY] = {.name = "register-key",
                                .is_persistent = true,
                                .makes_key = true,
                                .run = provision_run_make_key,
                                .doing = "register the key in its slot"},
    [PROVISION_GENERATE_KEY] = {.name = "generate-key",
                                .is_persistent = true,
                                .makes_key = true,
                                .run = provision_run_make_key,
                                .doing = "generate a key in the chip"},
    [PROVISION_IMPORT_KEY] = {.name = "import-key",
                              .is_persistent = true,
                              .makes_key = true,
                              .is_supported = can_import_key,
                              .run = provision_run_make_key,
                              .doing = "import a key into the chip"},
    [PROVISION_FILL_DATA] = {.name = "fill-data",
                             .is_persistent = true,
                             .is_supported = can_fill_data,
                             .run = provision_run_fill_data,
                             .doing = "fill the unused slots before the data lock"},
    [PROVISION_LOCK_DATA] =
        {.name = "lock-data",
         .is_persistent = true,
         .is_supported = can_lock,
         .run = provision_run_lock,
         .doing = "lock the data zone",
         .consequence = "slot access rules take effect: a slot that cannot be written can never be changed again"},
    [PROVISION_PROVE_KEY] = {.name = "prove-key", .run = provision_run_prove_key, .doing = "prove the key"},
    [PROVISION_LOCK_SLOT] = {.name = "lock-slot",
                             .is_persistent = true,
                             .is_supported = can_lock,
                             .run = provision_run_lock,
                             .doing = "lock the slot",
                             .consequence = "the key in this slot can never be replaced or destroyed again"},
};

const char *provision_action_name(enum provision_action action)
{
    static const char unexpected[] = "unexpected"; /* an array, for the same reason as the names in the rows */

    return (unsigned)action < PROVISION_ACTION_COUNT ? provision_step_kinds[action].name : unexpected;
}
