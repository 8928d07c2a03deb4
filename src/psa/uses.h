/* SPDX-License-Identifier: Apache-2.0 */
/* How often a key in a slot that counts uses (LimitedUse) can still be used: chip/uses.h, with the chip at hand. */
#ifndef IMPRINT_PSA_USES_H
#define IMPRINT_PSA_USES_H

#include "psa/driver.h"

#define DRIVER_USES_UNKNOWN UINT32_MAX /* the slot with CountMatch's limit cannot be read */

/*
 * Uses left of the key in `slot`, by the config zone as `config` has it; asks the chip only for CountMatch's limit. May
 * leave the chip awake.
 */
uint32_t driver_uses_left(const struct driver *driver, const struct chip_config *config, uint8_t slot);

#endif
