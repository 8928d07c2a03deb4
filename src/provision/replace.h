/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replacing a key: what a slot holds is lost for ever when another key is made there. So the plan says which key will
 * be lost, a key that a record names is kept, and the step passes the gate like a lock.
 */
#ifndef IMPRINT_PROVISION_REPLACE_H
#define IMPRINT_PROVISION_REPLACE_H

#include "provision/run.h"

/*
 * For a step that will make a key in its slot, which holds `fill` and is not to be filled anew by this run: notes in
 * the step whether a key will be lost, and which. A refusal by the caller's records is only a reason in `err`; else
 * PSA's status.
 */
psa_status_t provision_observe_loss(struct provision *provision, const struct provision_plan *plan,
                                    enum driver_fill fill, struct provision_step *step, struct error *err);

/* Whether the key in the slot is still the one that the plan names, and the step is armed; shows what it does. */
enum provision_status provision_gate_replace(struct provision_run *run, const struct provision_step *step,
                                             struct error *err);

#endif
