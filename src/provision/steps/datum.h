/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the three steps about a profile's data share: an entry's content, compared with what the chip's slot holds.
 * Other data is read; a secret cannot be, so the chip computes with it and the host with the content it was given. Both
 * are possible only after the data lock; before it the lock's CRC counts the bytes (steps/fill_data.h).
 */
#ifndef IMPRINT_PROVISION_STEPS_DATUM_H
#define IMPRINT_PROVISION_STEPS_DATUM_H

#include "profile/data.h"
#include "provision/provision.h"

/* What a slot holds. */
enum datum_place {
    DATUM_SAME,  /* the content */
    DATUM_BLANK, /* nothing: all bytes are FF or 00 */
    DATUM_OTHER, /* something else */
};

/* The entry of a step that has one. */
const struct profile_datum *provision_datum_of(const struct provision *provision, const struct provision_step *step);

/* Whether the content can be had now; of an IO protection key also where it is still to be made. False with the reason.
 */
bool provision_datum_check(const struct provision *provision, const struct provision_plan *plan, size_t index,
                           struct error *err);

/*
 * Compares the content with what the slot holds, by a fresh challenge for a secret. An IO protection key that is still
 * to be made is in no slot. Notes in `evidence` what the chip
 * showed. False with the reason.
 */
bool provision_datum_compare(const struct provision *provision, const struct provision_plan *plan, size_t index,
                             enum datum_place *place, struct provision_datum_evidence *evidence, struct error *err);

/*
 * Writes the content: a secret's block, or every block of the slot. In clear, or encrypted with the slot's write key.
 * `*is_whole`: the slot has either all of the content, or what it had before, since the chip refused the first block.
 */
enum provision_status provision_datum_write(const struct provision *provision, const struct provision_plan *plan,
                                            size_t index, bool *is_whole, struct error *err);

/*
 * As `block` of struct provision_contents: puts what the slot's block is to hold into `out`, FF after the content. A
 * slot without an entry changes nothing.
 */
enum provision_status provision_datum_block(const struct provision *provision, const struct provision_plan *plan,
                                            uint8_t slot, uint8_t block, uint8_t out[static 32], struct error *err);

#endif
