/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock gate: the one place from which locks are sent. It reads the chip back, compares it byte by byte with what is
 * wanted, checks the policy for what would make the part useless, has each key pair proven before the data lock, asks
 * whether the step is armed, shows the consequences, and only then sends the lock with its CRC; afterwards it reads the
 * lock back. A rule that is broken stops it with a plain sentence, and nothing has been locked.
 */
#ifndef IMPRINT_PROVISION_GATE_H
#define IMPRINT_PROVISION_GATE_H

#include "provision/provision.h"

/* Does one locking step (PROVISION_LOCK_CONFIG, _DATA or _SLOT) of the plan. */
enum provision_status provision_gate_lock(struct provision *provision, struct provision_plan *plan,
                                          const struct provision_step *step, struct error *err);

/*
 * The rules alone, without a chip: whether a config zone `now`, locked as `step` wants it, would make a device of this
 * profile. False with the first broken rule in `err`. For the gate and for tests.
 */
bool provision_gate_inspect(const struct profile *profile, const struct provision_plan *plan,
                            const struct provision_step *step, const struct chip_config *now, struct error *err);

#endif
