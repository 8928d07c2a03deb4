/* SPDX-License-Identifier: Apache-2.0 */
/* A stack that grows too far is a fault, not damage: one way for each architecture, chosen in the board's board.cmake.
 */
#ifndef IMPRINT_FIRMWARE_START_GUARD_H
#define IMPRINT_FIRMWARE_START_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#define GUARD_BYTES 32 /* of the stack that nobody can use then, at most */

void guard_stack(void);

/* For the fault handler: whether it was the guard that was hit, `stack` being where the stack was; and its end. */
bool guard_was_hit(const uint32_t *stack);
void guard_lift(void);

#endif
