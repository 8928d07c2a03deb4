/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the transaction that an interrupted run of Mbed TLS's core left in the store, and finishes it by
 * psa/recovery.h. If that fails now, it stays and the next call tries again.
 */
#ifndef IMPRINT_PSA_SETTLE_H
#define IMPRINT_PSA_SETTLE_H

#include <psa/crypto.h>

#include "psa/driver.h"
#include "psa/se_session.h"

/*
 * Finishes an interrupted transaction in the store, unless there is known to be none. Sends nothing to the chip and
 * calls no PSA function. Does nothing while the core itself has a transaction open. `session` is that of the driver's
 * store; NULL (nothing mounted) does nothing.
 */
void driver_recover(struct driver *driver, struct se_session *session);

/* The same, even if it was done before: the session's `recover` hook (struct se_session). `context` is the driver. */
void driver_recover_again(struct se_session *session, void *context);

/*
 * The same for the mounted store, before a key is made or planned. PSA_ERROR_STORAGE_FAILURE as long as the medium
 * prevents it: the free slots are then unknown.
 */
psa_status_t driver_require_settled(struct driver *driver, struct error *err);

#endif
