/* SPDX-License-Identifier: Apache-2.0 */
/* The checks before a key is made, whatever the shell: done before the chip is touched, because the cores check too
 * late. */
#ifndef IMPRINT_PSA_CREATION_H
#define IMPRINT_PSA_CREATION_H

#include <psa/crypto.h>

#include "psa/driver.h"
#include "psa/slots.h"

/*
 * Finds the slot for a new key with `attributes`: `*slot` as the caller names it, or DRIVER_SLOT_ANY. Then the slot
 * that the lifetime names is taken, or else the driver chooses. Checks that the key id is new. Notes for the creation's
 * transaction, which the caller opens next, how the key gets into the slot and whether that was free.
 *
 * PSA_ERROR_INVALID_ARGUMENT when the lifetime names another slot than the caller; otherwise the statuses of
 * driver_needs_of(), driver_require_settled(), driver_check_new_id(), driver_choose_slot() and driver_check_slot(). The
 * reason is in the driver's last_error.
 */
psa_status_t driver_find_slot(struct driver *driver, const psa_key_attributes_t *attributes, enum driver_method method,
                              uint8_t *slot);

#endif
