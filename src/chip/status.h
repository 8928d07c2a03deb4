/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each chip_status means to machines: one table for the whole of chip/. Private to chip/; chip/words.h has what it
 * means to people.
 */
#ifndef IMPRINT_CHIP_STATUS_H
#define IMPRINT_CHIP_STATUS_H

#include "chip/chip.h"

/* What a status byte on the wire stands for. CHIP_STATUS_OTHER for one that no data sheet names. */
enum chip_status chip_status_from_byte(uint8_t byte);

/* Notes `status`, a failure, in `err` with its reason. Returns `status`. */
enum chip_status chip_status_note(enum chip_status status, struct error *err);

#endif
