/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a stack overflow a fault before it overwrites data. One file per architecture, chosen in the board's
 * board.cmake.
 */
#ifndef IMPRINT_FIRMWARE_START_GUARD_H
#define IMPRINT_FIRMWARE_START_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#define GUARD_BYTES 32 /* bytes of stack that the guard takes, at most */

void guard_stack(void);

/* For the fault handler: whether the guard was hit, with the stack pointer at `stack`; and turning the guard off. */
bool guard_was_hit(const uint32_t *stack);
void guard_lift(void);

#endif
