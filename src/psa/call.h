/* SPDX-License-Identifier: Apache-2.0 */
/* How a call of the PSA core to the driver begins and ends, whatever the shell. Between the two the driver works. */
#ifndef IMPRINT_PSA_CALL_H
#define IMPRINT_PSA_CALL_H

#include <psa/crypto.h>

#include "psa/driver.h"

/* The bound driver with a clean last_error; NULL when there is none. */
struct driver *driver_begin(void);

/*
 * The same, but first finishes the work of an interrupted run in the store. Work due in the chip is left to an
 * application that may make keys.
 */
struct driver *driver_begin_recovered(void);

/* The same, but finishes the work in the chip too. For calls during which no creation is open. */
struct driver *driver_begin_settled(void);

/*
 * What a start of PSA Crypto means for the driver: everything is read again, and the work of an interrupted run is
 * finished in the store. Needs no chip, so that software cryptography survives a missing one, and calls no PSA function
 * (the core holds its lock). NULL when no driver is bound. The caller clears `working`.
 */
struct driver *driver_begin_start(void);

/* Ends a call and returns `status`. Adds a reason to a failure that has none; clears it after success. */
psa_status_t driver_finish(struct driver *driver, psa_status_t status);

/* The same for a call that makes the key of `attributes`: a failure names the key, and may leave scrap in its slot. */
psa_status_t driver_finish_key(struct driver *driver, const psa_key_attributes_t *attributes, psa_status_t status);

#endif
