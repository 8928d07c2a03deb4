/* SPDX-License-Identifier: Apache-2.0 */
/* What the kinds of steps that make a key share: register-key, generate-key and import-key. */
#ifndef IMPRINT_PROVISION_MAKE_KEY_H
#define IMPRINT_PROVISION_MAKE_KEY_H

#include "provision/run.h"

/*
 * Whether the step's key is in the key store already, or could be made by `method` and in which slot: sets the step's
 * `done`, `started` and `slot`. False with the reason.
 */
bool provision_observe_key(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                           enum driver_method method, struct error *err);

/* Makes `key` with `attributes` by one PSA call, in `slot` or, with PROFILE_SLOT_ANY, where the driver chooses. */
typedef enum provision_status provision_make(struct provision *provision, const struct profile_key *key, uint8_t slot,
                                             const psa_key_attributes_t *attributes, struct error *err);

/*
 * Makes the step's key by `make` and reads its record again from the key store, so that "done" is what is stored. Tells
 * the later steps for the key in which slot it is.
 */
enum provision_status provision_make_key(struct provision_run *run, struct provision_step *step, provision_make *make,
                                         struct error *err);

#endif
