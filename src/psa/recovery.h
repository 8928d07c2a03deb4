/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an interrupted run has left is brought to one of its two clean ends: the key is there whole, or not at all. The
 * decision follows from what is stored alone (recovery.c; docs/reference/psa-keys.md has it as a table), so that a
 * recovery that is cut short itself only leaves another state to decide about. What must still happen in the chip is a
 * scrap record with an erase due (storage/scrap.h), which any later chip operation settles.
 *
 * None of this fails: what cannot be settled now stays as it is, and is tried again at the next call.
 */
#ifndef IMPRINT_DRIVER_RECOVERY_H
#define IMPRINT_DRIVER_RECOVERY_H

#include <psa/crypto.h>

#include "psa/driver.h"

/* The uid of the scrap record of one of this chip's slots; and whether there is one, of which `*due` is told. */
uint64_t driver_scrap_uid(uint8_t slot);
bool driver_scrap_get(const struct driver *driver, uint8_t slot, bool *due);

/*
 * Settles a left-over transaction in storage, where it is not known that there is none; asks nothing of the chip and
 * calls no PSA function. Does nothing while the core itself has a transaction open.
 */
void driver_recover(struct driver *driver);

/* The same, also when it was done before: the storage's hook (struct storage, recover). `context` is the driver. */
void driver_recover_again(void *context);

/*
 * The same, for whoever is about to make a key or to plan one: PSA_ERROR_STORAGE_FAILURE as long as the medium keeps it
 * from being settled, for then nobody knows which slots are free.
 */
psa_status_t driver_require_settled(struct driver *driver, struct error *err);

/*
 * Overwrites the keys in slots with an erase due, by GenKey, where no key id points to the slot and its policy allows
 * it; where not, the slot is no scrap. Sends nothing when none is due. One that the chip does not answer to, or the
 * chip's guard refuses, stays due. Not while a creation transaction is open: its reserved room is not ours.
 */
void driver_settle_erasures(struct driver *driver);

#endif
