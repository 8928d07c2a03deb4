/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock gate: the one place from which locks are sent. It reads the chip back, compares every byte with what the
 * plan expects, checks the policy for what would make the part useless, asks whether the step is armed, shows the
 * consequences, and only then sends the lock; afterwards it reads the chip to see whether it is locked. A rule that is
 * broken stops it with a plain sentence, and nothing has been locked.
 */
#ifndef IMPRINT_PROVISION_GATE_H
#define IMPRINT_PROVISION_GATE_H

#include "provision/run.h"

/* Which of the gate's rules a lock must keep. */
#define PROVISION_GATE_CONFIG 1u
#define PROVISION_GATE_DATA 2u
#define PROVISION_GATE_SLOT 4u
#define PROVISION_GATE_SECRET 8u /* of a slot with a secret */

/* One kind of lock, as its kind of step gives it to the gate. */
struct provision_lock {
    unsigned rules; /* PROVISION_GATE_CONFIG, _DATA, _SLOT or _SECRET */
    /* What must hold before anybody is asked; gives the CRC that the Lock command carries. NULL: nothing. */
    enum provision_status (*prepare)(struct provision_run *run, uint16_t *summary, struct error *err);
    /* Sends the Lock command. `now` is the config zone that the rules have passed. */
    enum chip_status (*send)(struct chip *chip, const struct provision_step *step, const struct chip_config *now,
                             uint16_t summary, struct error *err);
    /* Whether `now`, read afterwards, shows the lock. */
    bool (*took)(const struct provision_step *step, const struct chip_config *now);
    const char *if_refused; /* what to do where the chip refuses; NULL: as for any command */
};

/* Does a step whose kind has a `lock`. */
provision_run_step provision_gate_lock;

/*
 * What the locks of single slots share. Observing sets the step's `done`; false with ERROR_SLOT_POLICY where `slot` is
 * not locked, and its KeyConfig will not let it be locked by itself.
 */
bool provision_gate_observe_slot(const struct provision_plan *plan, struct provision_step *step, uint8_t slot,
                                 struct error *err);

/* Their members of struct provision_lock: the slot is the step's. */
enum chip_status provision_gate_send_slot(struct chip *chip, const struct provision_step *step,
                                          const struct chip_config *now, uint16_t summary, struct error *err);
bool provision_gate_took_slot(const struct provision_step *step, const struct chip_config *now);

/* Whether an irreversible step that is no lock is armed (it spends a use, or loses a key); shows what it does. */
enum provision_status provision_gate_ask(const struct provision_run *run, const struct provision_step *step,
                                         struct error *err);

/*
 * The rules alone, without a chip: whether a config zone `now`, locked as `step` says, would make a device of this
 * profile. False with the first broken rule in `err`. For the gate and for tests.
 */
bool provision_gate_inspect(const struct profile *profile, const struct provision_plan *plan,
                            const struct provision_step *step, const struct chip_config *now, struct error *err);

#endif
