/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scrap records: one per slot of a secure element, saying that what the slot holds was never reported to anybody, or
 * was destroyed, and may be overwritten. Left by an interrupted or failed creation and by a destruction, removed when a
 * key in the slot is reported (docs/decisions/0007-scrap-records.md). They say nothing of a slot that a key record
 * points to: whoever reads them reads the key records too. This file knows their form; psa/recovery.c what they
 * mean.
 *
 * The uids lie outside those of keys and of the core: location in the upper half, slot in the lower.
 */
#ifndef IMPRINT_PSA_SCRAP_H
#define IMPRINT_PSA_SCRAP_H

#include "storage/storage.h"

/* The content: version (1), flags (bit 0: erase due), two zeros. */
#define SCRAP_BYTES 4

/* The uid of the scrap record of `slot` at PSA's `location`; 0, which no record has, when either cannot be in one. */
uint64_t scrap_uid(uint32_t location, uint64_t slot);

/*
 * With `erase_due` the key that was destroyed is still in the slot. Writes nothing when the record says so already, and
 * for uid 0.
 */
enum storage_status scrap_set(const struct storage *storage, uint64_t uid, bool erase_due);

/* ABSENT when the slot is none; CORRUPT for a record that this version does not write; `*erase_due` only on OK. */
enum storage_status scrap_get(const struct storage *storage, uint64_t uid, bool *erase_due);

/* OK also when there is none, and for uid 0. */
enum storage_status scrap_clear(const struct storage *storage, uint64_t uid);

#endif
