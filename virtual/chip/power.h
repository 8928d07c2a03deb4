/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power states and time, below the commands and the buses, which call down here. Of the files of this folder power.c
 * calls crypto.c, fault.c, group.c and policy.c, none of which calls it.
 */
#ifndef IMPRINT_VIRTUAL_POWER_H
#define IMPRINT_VIRTUAL_POWER_H

#include "virtual/chip/model.h"

/* Lets the bus's time pass, where it takes any; the watchdog may put the chip to sleep. */
void virtual_advance(struct virtual_chip *chip, uint64_t nanoseconds);

/* From now on the chip does not answer for that long, where things take time. */
void virtual_be_busy(struct virtual_chip *chip, uint64_t nanoseconds);

/* Awake, powered, not busy: bus traffic is understood. */
bool virtual_can_answer(const struct virtual_chip *chip);

/* Power states. virtual_wake() does nothing while awake. */
void virtual_power_up(struct virtual_chip *chip);
void virtual_wake(struct virtual_chip *chip);
void virtual_enter_idle(struct virtual_chip *chip);
void virtual_enter_sleep(struct virtual_chip *chip);
void virtual_cut_power(struct virtual_chip *chip);

/* Awake, answering, as if woken at this moment: self test, output is the wake group, new watchdog. */
void virtual_be_awake(struct virtual_chip *chip);

/* A bus transaction begins. False: a fault keeps the chip from acknowledging it. */
bool virtual_begin_transaction(struct virtual_chip *chip);

#endif
