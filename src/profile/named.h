/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Microchip's configurations as data: the policy bytes of parts as they are sold, each with its source. Identity,
 * counters and lock bytes are not included.
 */
#ifndef IMPRINT_PROFILE_NAMED_H
#define IMPRINT_PROFILE_NAMED_H

#include "profile/profile.h"

struct named_configuration {
    const char *source;
    struct chip_policy_bytes policy;
};

extern const struct named_configuration named_blank_508a;
extern const struct named_configuration named_blank_608;
extern const struct named_configuration named_trust_and_go_608b;
extern const struct named_configuration named_trust_and_go_608a;
extern const struct named_configuration named_trust_flex;

/* Two policy words that one slot may have instead of the table's. */
struct named_slot_option {
    uint8_t slot;
    uint16_t slot_config, key_config;
};

/* Options that a buyer of TrustFLEX parts can order: slots, and secure boot. */
extern const struct named_slot_option named_trust_flex_options[];
extern const size_t named_trust_flex_option_count;
extern const uint16_t named_trust_flex_secure_boot;

#endif
