/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finishes the work of an interrupted run: afterwards the key exists completely, or not at all. The decision depends
 * only on stored records (recovery.c; table in docs/reference/psa-keys.md), so an interrupted recovery is simply run
 * again. Work that is still due in the chip becomes a scrap record with an erase due (psa/scrap.h); a later chip
 * operation does it.
 *
 * This file does not know how a PSA core records what it is about to do. The shell does, and calls it
 * (psa/settle.h).
 */
#ifndef IMPRINT_PSA_RECOVERY_H
#define IMPRINT_PSA_RECOVERY_H

#include "psa/driver.h"

/* A creation or destruction that was started and may not have finished. */
struct driver_unfinished {
    bool destroys;      /* true: destroys the key; false: creates it */
    uint32_t key_id;    /* the key */
    uint64_t slot;      /* as recorded: may be above 15 */
    bool slot_was_free; /* creation: the slot was empty before, or its content might be overwritten */
    uint64_t noted_in;  /* uid of the record with these facts */
};

/*
 * Finishes the work in the store, and removes `noted_in` last. Sends nothing to the chip. False: the store failed; the
 * same call may be repeated.
 */
bool driver_settle_unfinished(struct driver *driver, const struct driver_unfinished *unfinished);

/*
 * Overwrites slots with an erase due by GenKey, if no key id points to the slot and its policy permits GenKey;
 * otherwise the slot is not scrap. Sends nothing when none is due. If a slot cannot be erased now, the erase stays due
 * for the next call, and this call still succeeds. Do not call it while a creation is open, because it would use up the
 * storage reserved for that.
 */
void driver_settle_erasures(struct driver *driver);

#endif
