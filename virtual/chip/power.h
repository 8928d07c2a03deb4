/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power states and time, called by commands and buses. Of the files of this folder power.c calls crypto.c, fault.c,
 * group.c and policy.c; none of these calls it.
 */
#ifndef IMPRINT_VIRTUAL_POWER_H
#define IMPRINT_VIRTUAL_POWER_H

#include "virtual/chip/model.h"

/* Advances virtual time by bus time, unless times are off. The watchdog may put the chip to sleep. */
void virtual_advance(struct virtual_chip *chip, uint64_t nanoseconds);

/* The chip does not answer for that long from now on, unless times are off. */
void virtual_be_busy(struct virtual_chip *chip, uint64_t nanoseconds);

/* Powered, awake and not busy: the chip reacts to the bus. */
bool virtual_can_answer(const struct virtual_chip *chip);

/* Power states. virtual_wake() does nothing while awake. */
void virtual_power_up(struct virtual_chip *chip);
void virtual_wake(struct virtual_chip *chip);
void virtual_enter_idle(struct virtual_chip *chip);
void virtual_enter_sleep(struct virtual_chip *chip);
void virtual_cut_power(struct virtual_chip *chip);

/* Makes the chip awake and answering, as if woken now: self test, wake group as output, watchdog started. */
void virtual_be_awake(struct virtual_chip *chip);

/* Counts a bus transaction that begins. False: because of a fault the chip does not acknowledge it. */
bool virtual_begin_transaction(struct virtual_chip *chip);

#endif
