/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PSA location and lifetimes of keys in this chip. They are stored in every key record, so they never change.
 * Applications use them as PSA_ATECC608A_LOCATION, PSA_ATECC608A_LIFETIME and PSA_ATECC608A_LIFETIME_IN_SLOT();
 * psa/call.c asserts that the values are equal.
 */
#ifndef IMPRINT_PSA_LOCATION_H
#define IMPRINT_PSA_LOCATION_H

#include <stdbool.h>
#include <stdint.h>

#include <psa/crypto.h>

#define DRIVER_LOCATION ((psa_key_location_t)0x60)

/* Persistent, in the chip: 0x6001. Keys in a chip's slots are never volatile. */
#define DRIVER_LIFETIME PSA_KEY_LIFETIME_FROM_PERSISTENCE_AND_LOCATION(PSA_KEY_PERSISTENCE_DEFAULT, DRIVER_LOCATION)

/* The same, and names the key's slot: 0x6080 to 0x608f. PSA leaves the persistence levels from 128 to vendors. */
#define DRIVER_PERSISTENCE_OF_SLOT_0 0x80
#define DRIVER_LIFETIME_IN_SLOT(slot)                                                                                  \
    PSA_KEY_LIFETIME_FROM_PERSISTENCE_AND_LOCATION(DRIVER_PERSISTENCE_OF_SLOT_0 + (slot), DRIVER_LOCATION)

#define DRIVER_SLOT_ANY 0xff /* no slot is named */

/* The slot that `lifetime` names, perhaps one above 15, which no chip has; DRIVER_SLOT_ANY for none. */
static inline uint8_t driver_slot_in_lifetime(psa_key_lifetime_t lifetime)
{
    const psa_key_persistence_t level = PSA_KEY_LIFETIME_GET_PERSISTENCE(lifetime);

    if (PSA_KEY_LIFETIME_GET_LOCATION(lifetime) != DRIVER_LOCATION || level < DRIVER_PERSISTENCE_OF_SLOT_0 ||
        level == PSA_KEY_PERSISTENCE_READ_ONLY)
        return DRIVER_SLOT_ANY;
    return (uint8_t)(level - DRIVER_PERSISTENCE_OF_SLOT_0);
}

/*
 * Built-in key ids, of keys that are in the chip without a record (opaque shell). In PSA's range
 * MBEDTLS_PSA_KEY_ID_BUILTIN_MIN to _MAX.
 */
#define DRIVER_BUILTIN_ID(slot) ((psa_key_id_t)0x7fff0000 + (slot))

/* The slot of a built-in key id, DRIVER_SLOT_ANY for every other id. */
static inline uint8_t driver_slot_in_builtin_id(psa_key_id_t id)
{
    return id >= DRIVER_BUILTIN_ID(0) && id <= DRIVER_BUILTIN_ID(15) ? (uint8_t)(id - DRIVER_BUILTIN_ID(0))
                                                                     : DRIVER_SLOT_ANY;
}

/* Whether a key in this chip may have `lifetime`. */
static inline bool driver_serves_lifetime(psa_key_lifetime_t lifetime)
{
    return lifetime == DRIVER_LIFETIME || driver_slot_in_lifetime(lifetime) != DRIVER_SLOT_ANY;
}

#endif
