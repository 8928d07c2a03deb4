/* SPDX-License-Identifier: Apache-2.0 */
/* The chip as a whole: its counters and its persistent latch. Both are only read. */
#ifndef IMPRINT_CHIP_OPERATIONS_DEVICE_H
#define IMPRINT_CHIP_OPERATIONS_DEVICE_H

#include "chip/chip.h"

/* Monotonic counter 0 or 1, from 0 to 2,097,151. */
enum chip_status chip_read_counter(struct chip *chip, uint8_t counter, uint32_t *value, struct error *err);

/* The ATECC608's persistent latch: keys with PersistentDisable work only while it is set. Lost with power. */
enum chip_status chip_read_latch(struct chip *chip, bool *set, struct error *err);

#endif
