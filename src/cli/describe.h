/* SPDX-License-Identifier: Apache-2.0 */
/* A chip as its config zone tells it, for people and as JSON: the same for a chip at hand and for a dump. */
#ifndef IMPRINT_CLI_DESCRIBE_H
#define IMPRINT_CLI_DESCRIBE_H

#include <jansson.h>

#include "cli/output.h"
#include "psa/slots.h"
#include "station/genuine.h"
#include "station/mark.h"

/*
 * Prints it. `part` CHIP_PART_UNKNOWN: the part that the revision bytes name. `map` NULL: only the config zone is
 * known, as of a dump; else also what the slots hold and which key ids point to them, with names from `record` (may be
 * NULL), what the chip's mark says (may be NULL), and who made the part (`genuine`: NULL, or where that is not known of
 * this kind of part: not told). With --verbose every field of the zone too, and SlotConfig and KeyConfig bit by bit.
 */
void describe_chip(const struct output *output, const struct chip_config *config, enum chip_part part,
                   const struct driver_map *map, const json_t *record, const struct station_mark *mark,
                   const struct genuine *genuine);

/* Which bus the part is made for: "i2c" or "single-wire"; and its 7-bit I2C address, null without. New, the caller's.
 */
const char *describe_bus(const struct chip_config *config);
json_t *describe_address(const struct chip_config *config);

#endif
