/* SPDX-License-Identifier: Apache-2.0 */
/* The mark of a device whose profile is not known: in whichever data slot it is. */
#ifndef IMPRINT_STATION_MARK_H
#define IMPRINT_STATION_MARK_H

#include "chip/chip.h"
#include "provision/mark.h"

/* A mark, and what it says in words. */
struct station_mark {
    struct mark head;
    uint8_t slot;
    bool described; /* the description is undamaged: `profile` and `keys` hold */
    char profile[PROFILE_NAME_MAX];
    struct mark_key keys[CHIP_SLOTS];
};

/*
 * Looks for a mark in slots 8 to 15, as far as they can be read in clear, and stops at the first, be it damaged. False
 * with a reason where the chip cannot be read; `found->head.state` is MARK_NONE where there is none. Only reads.
 */
bool station_find_mark(struct chip *chip, const struct chip_config *config, struct station_mark *found,
                       struct error *err);

/* Clears the mark that was found. After a cut at any moment, the same again finishes it. False with a reason. */
bool station_clear_mark(struct chip *chip, const struct station_mark *found, struct error *err);

/* "begun", "done", "damaged" */
const char *station_mark_state(enum mark_state state);

#endif
