/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adopting: a station that has no key records of a finished device makes them, as the device's mark says, and lets
 * every key prove itself. Nothing is written to the chip. The engine runs as ever, but the steps that make keys
 * register them.
 */
#ifndef IMPRINT_PROVISION_ADOPT_H
#define IMPRINT_PROVISION_ADOPT_H

#include "provision/provision.h"

/* How the steps that make keys do it instead. Boards link none: a board's own key records are on it. */
struct provision_adoption {
    /*
     * Plans the key's registration: sets the step's slot. PSA_SUCCESS with a reason in `err` where the mark or the slot
     * forbids it.
     */
    psa_status_t (*observe)(struct provision *provision, const struct provision_plan *plan,
                            const struct profile_key *key, struct provision_step *step, struct error *err);
    enum provision_status (*make)(struct provision *provision, const struct profile_key *key, uint8_t slot,
                                  const psa_key_attributes_t *attributes, struct error *err);

    /*
     * Whether a record here, which this device wrote itself (not the mark), names the key's public key: then it is
     * compared afterwards, and it does not matter how the key came into the chip. `context` is the caller's.
     */
    bool (*is_recorded)(void *context, const struct profile_key *key);
    void *context;
};

/* Both functions above; the caller adds `is_recorded`. */
extern const struct provision_adoption provision_adoption_functions;

/*
 * After provision_observe(): whether the plan only makes key records and proves keys. Else `err` gets why the device
 * cannot be adopted: it is not done, or a step would change the chip.
 */
bool provision_check_adoption(const struct provision *provision, const struct provision_plan *plan, struct error *err);

#endif
