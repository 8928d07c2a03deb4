/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys that count their uses (LimitedUse): each signature uses one up, and the last one is the end of the key. Such a
 * key signs a challenge once, when it is proven for the first time, and that is armed like a lock. Afterwards it is
 * confirmed by its public key, which the chip computes without counting, and by the record of the first proof.
 * Each certificate request is one more use: it cannot be the proof, for later runs send the same bytes again.
 */
#ifndef IMPRINT_PROVISION_USE_H
#define IMPRINT_PROVISION_USE_H

#include "provision/provision.h"

/*
 * For the step that proves a key: notes whether the key counts its uses, how many are left, and whether this step
 * spends one. False with the reason where a signature is needed and no use is left.
 */
bool provision_observe_use(struct provision *provision, struct provision_plan *plan, struct provision_step *step,
                           struct error *err);

/*
 * The same for the step that gets the key's certificate. `signs`: the key proves itself there, for the issuer, unless
 * the record says that it did; that is then its proof of this run. `request`: it also signs a certificate request.
 */
bool provision_observe_certificate_use(struct provision *provision, struct provision_plan *plan,
                                       struct provision_step *step, bool signs, bool request, struct error *err);

/*
 * The same for a step by which a certificate's key signs once more than it does by the steps before it. `recorded`: the
 * caller's record has that proof, and it is trusted.
 */
bool provision_observe_one_use(struct provision *provision, const struct provision_plan *plan,
                               struct provision_step *step, bool recorded, struct error *err);

/* How many signatures a key makes when it is proven: the proof, and a certificate request if the profile asks for one.
 */
uint8_t provision_uses_of_proof(const struct profile_key *key);

/* Must the key of `step` not sign now? True of a key that counts its uses, unless the step is there to spend one. */
bool provision_spares_use(const struct provision *provision, const struct provision_step *step);

#endif
