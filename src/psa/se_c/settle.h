/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transaction of Mbed TLS's core that an interrupted run has left in the store is read and given to psa/recovery.h,
 * which knows what becomes of it. What cannot be settled now stays as it is, and is tried again at the next call.
 */
#ifndef IMPRINT_PSA_SE_C_SETTLE_H
#define IMPRINT_PSA_SE_C_SETTLE_H

#include <psa/crypto.h>

#include "psa/driver.h"
#include "psa/se_c/se_session.h"

/*
 * Settles a left-over transaction in the store, where it is not known that there is none; asks nothing of the chip and
 * calls no PSA function. Does nothing while the core itself has a transaction open. `session` is over the driver's
 * store; NULL (nothing is mounted) does nothing.
 */
void driver_recover(struct driver *driver, struct se_session *session);

/* The same, also when it was done before: the session's hook (struct se_session, recover). `context` is the driver. */
void driver_recover_again(struct se_session *session, void *context);

/*
 * The same over what is mounted, for whoever is about to make a key or to plan one: PSA_ERROR_STORAGE_FAILURE as long
 * as the medium keeps it from being settled, for then nobody knows which slots are free.
 */
psa_status_t driver_require_settled(struct driver *driver, struct error *err);

#endif
