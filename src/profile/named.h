/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Microchip's configurations as data: the policy bytes of parts as they are sold, each with its source. Identity,
 * counters and lock bytes are no part of them.
 */
#ifndef IMPRINT_PROFILE_NAMED_H
#define IMPRINT_PROFILE_NAMED_H

#include "profile/profile.h"

/* Where the policy bytes lie in the config zone: three runs, with counters and locks between them. */
#define NAMED_LOW_AT 16 /* I2C_Address to the last SlotConfig */
#define NAMED_LOW_BYTES 36
#define NAMED_MIDDLE_AT 68 /* UseLock to the reserved bytes; on the 508A LastKeyUse, which counts and is no policy */
#define NAMED_MIDDLE_BYTES 16
#define NAMED_HIGH_AT 90 /* ChipOptions to the last KeyConfig */
#define NAMED_HIGH_BYTES 38

struct named_configuration {
    const char *source;
    uint8_t low[NAMED_LOW_BYTES];
    uint8_t middle[NAMED_MIDDLE_BYTES];
    uint8_t high[NAMED_HIGH_BYTES];
};

extern const struct named_configuration named_blank_508a;
extern const struct named_configuration named_blank_608;
extern const struct named_configuration named_trust_and_go_608b;
extern const struct named_configuration named_trust_and_go_608a;
extern const struct named_configuration named_trust_flex;

/* Two places of the config zone, two bytes each, that may together hold something else than the table says. */
struct named_option {
    uint8_t first_at, second_at;
    uint8_t first[2], second[2];
};

/* What a buyer of TrustFLEX parts can have changed when ordering them. */
extern const struct named_option named_trust_flex_options[];
extern const size_t named_trust_flex_option_count;

/* Sets the policy bytes of `config` to those of `named`, as far as they are policy on this part. */
void named_apply(const struct named_configuration *named, enum chip_part part, struct chip_config *config);

/* How many policy bytes of `config` are not those of `named`. */
unsigned named_distance(const struct named_configuration *named, enum chip_part part, const struct chip_config *config);

#endif
