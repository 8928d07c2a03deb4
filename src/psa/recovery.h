/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an interrupted run has left is brought to one of its two clean ends: the key is there whole, or not at all. The
 * decision follows from what is stored alone (recovery.c; docs/reference/psa-keys.md has it as a table), so that a
 * recovery that is interrupted itself only leaves another state to decide about. What must still happen in the chip is
 * a scrap record with an erase due (psa/scrap.h), which any later chip operation settles.
 *
 * It knows nothing of how a PSA core notes what it is about to do: the shell that does (psa/se_c/settle.h) calls this.
 */
#ifndef IMPRINT_PSA_RECOVERY_H
#define IMPRINT_PSA_RECOVERY_H

#include "psa/driver.h"

/* A creation or destruction that was started and of which nobody knows how far it came. */
struct driver_unfinished {
    bool destroys;      /* else it creates */
    uint32_t key_id;    /* the key that it is about */
    uint64_t slot;      /* as noted: may be no slot of the chip */
    bool slot_was_free; /* a creation: the slot was empty before, or held what nobody wants */
    uint64_t noted_in;  /* the uid of the record that tells all this */
};

/*
 * Brings it to its end in the store, and removes `noted_in` last. Asks nothing of the chip. False: the store failed,
 * and the same call may be made again.
 */
bool driver_settle_unfinished(struct driver *driver, const struct driver_unfinished *unfinished);

/*
 * Overwrites the keys in slots with an erase due, by GenKey, where no key id points to the slot and its policy allows
 * it; where not, the slot is no scrap. Sends nothing when none is due. A slot that cannot be erased now stays due, and
 * is tried again at the next call: it does not fail. Not while a creation is open: its reserved room is not ours.
 */
void driver_settle_erasures(struct driver *driver);

#endif
