/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scrap records. The record of a slot says that its content may be overwritten: it is a key that was never reported to
 * the application, or that was destroyed. An interrupted or failed creation stores one, and so does a destruction. It
 * is removed when a key in the slot is reported (docs/decisions/0007-scrap-records.md). A key record that points to the
 * slot overrides it, so readers must check the key records too. This file defines the format; psa/recovery.c uses it.
 *
 * The uids are outside the ranges of keys and of the core: location in the upper half, slot in the lower.
 */
#ifndef IMPRINT_PSA_SCRAP_H
#define IMPRINT_PSA_SCRAP_H

#include "storage/storage.h"

/* The content: version (1), flags (bit 0: erase due), two zeros. */
#define SCRAP_BYTES 4

/* The uid of the scrap record of `slot` at PSA's `location`; 0, which no record has, when either is out of range. */
uint64_t scrap_uid(uint32_t location, uint64_t slot);

/* `erase_due`: a destroyed key is still in the slot. Writes nothing when the record says so already, or for uid 0. */
enum storage_status scrap_set(const struct storage *storage, uint64_t uid, bool erase_due);

/* ABSENT when the slot is not scrap; CORRUPT for a record that this version does not write; `*erase_due` only on OK. */
enum storage_status scrap_get(const struct storage *storage, uint64_t uid, bool *erase_due);

/* OK also when there is no such record, and for uid 0. */
enum storage_status scrap_clear(const struct storage *storage, uint64_t uid);

#endif
