/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the first rule that a profile breaks, and where. profile_check() reports it as a `struct error`; the text
 * reader uses the place to find line and column.
 */
#ifndef IMPRINT_PROFILE_CHECK_H
#define IMPRINT_PROFILE_CHECK_H

#include "profile/profile.h"

enum profile_place {
    PROFILE_AT_TOP,
    PROFILE_AT_CHIP,
    PROFILE_AT_KEY,
    PROFILE_AT_WRITE_KEY,
    PROFILE_AT_CERTIFICATE,
    PROFILE_AT_DATUM
};

/* One broken rule. All text is string literals. */
struct profile_conflict {
    enum profile_place place;
    size_t index;             /* of the entry, for keys, write keys, certificates and data */
    const char *field;        /* its name in the text form: "slot" */
    enum profile_place other; /* the entry that it contradicts; PROFILE_AT_TOP: none */
    size_t other_index;       /* always an earlier entry: the later one is reported */
    bool has_slot;            /* the cause is about `slot` of the configuration file */
    uint8_t slot;
    enum error_reason reason; /* ERROR_PROFILE_SCHEMA: the value itself; ERROR_PROFILE_CONFLICT: with another one */
    const char *cause, *next; /* what is wrong; what was expected */
};

/* Finds the first broken rule: values of all entries in order, then contradictions. False when no rule is broken. */
bool profile_find_conflict(const struct profile *profile, struct profile_conflict *conflict);

/* Whether the maker has not configured the part: nobody has, or imprint does. */
static inline bool profile_starts_blank(const struct profile *profile)
{
    return profile_writes_config(profile) || profile->configuration == PROFILE_FACTORY_DEFAULT;
}

/* True for a letter followed by letters, digits, - and _, that ends with a NUL within PROFILE_NAME_MAX. */
bool profile_name_valid(const char name[static PROFILE_NAME_MAX]);

/*
 * The 7-bit I2C addresses a device may have: 0x08 to 0x77. The I2C specification (UM10204, section 3.1.12) reserves
 * the rest for general call, high-speed mode and 10-bit addressing.
 */
#define PROFILE_I2C_ADDRESS_MIN 0x08
#define PROFILE_I2C_ADDRESS_MAX 0x77

/* Slots 8 to 15 have room for a public key (72 or 416 bytes); slots 0 to 7 have 36 bytes. */
#define PROFILE_PUBLIC_SLOT_MIN 8

/*
 * The mark needs a slot with room for its blocks: slot 8 has 416 bytes, slots 9 to 15 have 72, enough for the mark of
 * PROFILE_MARK_SMALL_KEYS keys (provision/mark.h asserts it).
 */
#define PROFILE_MARK_SLOT_MIN 8
#define PROFILE_MARK_SMALL_KEYS 4

#endif
