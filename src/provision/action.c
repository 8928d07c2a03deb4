/* SPDX-License-Identifier: Apache-2.0 */
/* The names of what is done, in a file of their own: they are read on a board, where no other text of the engine is. */
#include "provision/provision.h"

static const char *const action_names[PROVISION_ACTION_COUNT] = {
    [PROVISION_WRITE_CONFIG] = "write-config", [PROVISION_LOCK_CONFIG] = "lock-config",
    [PROVISION_REGISTER_KEY] = "register-key", [PROVISION_GENERATE_KEY] = "generate-key",
    [PROVISION_IMPORT_KEY] = "import-key",     [PROVISION_FILL_DATA] = "fill-data",
    [PROVISION_LOCK_DATA] = "lock-data",       [PROVISION_PROVE_KEY] = "prove-key",
    [PROVISION_LOCK_SLOT] = "lock-slot",
};

const char *provision_action_name(enum provision_action action)
{
    return (unsigned)action < PROVISION_ACTION_COUNT ? action_names[action] : "unexpected";
}

const char *provision_state_name(enum provision_state state)
{
    static const char *const names[PROVISION_STATE_COUNT] = {
        [PROVISION_STATE_UNKNOWN] = "unknown", [PROVISION_STATE_BLANK] = "blank",
        [PROVISION_STATE_PARTIAL] = "partial", [PROVISION_STATE_DONE] = "done",
        [PROVISION_STATE_FOREIGN] = "foreign", [PROVISION_STATE_WRONG_PART] = "wrong-part",
    };

    return (unsigned)state < PROVISION_STATE_COUNT ? names[state] : "unexpected";
}
