/* SPDX-License-Identifier: Apache-2.0 */
/* The mark in its slot of the chip: what the steps expect-mark, begin-mark, fill-data and finish-mark share. */
#ifndef IMPRINT_PROVISION_MARK_SLOT_H
#define IMPRINT_PROVISION_MARK_SLOT_H

#include "provision/run.h"

/* The mark of the plan's profile, begun, and its description, by the slots that the plan's steps have now. */
void provision_begin_mark(const struct provision *provision, const struct provision_plan *plan, struct mark *mark,
                          uint8_t description[static MARK_DESCRIPTION_MAX]);

/* Writes the description, block by block. */
enum provision_status provision_write_description(struct provision *provision, const struct mark *mark,
                                                  const uint8_t description[static MARK_DESCRIPTION_MAX],
                                                  struct error *err);

/* Writes the head. */
enum provision_status provision_write_head(struct provision *provision, const struct mark *mark, struct error *err);

/*
 * Reads the description that `mark`, read from the slot, was written for. ERROR_NO_MARK where what the slot holds is
 * another one.
 */
bool provision_read_description(struct chip *chip, uint8_t slot, const struct mark *mark,
                                uint8_t description[static MARK_DESCRIPTION_MAX], struct error *err);

#endif
