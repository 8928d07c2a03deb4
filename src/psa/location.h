/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PSA location and lifetime of keys in this chip. Both are stored in every key record, so they never change.
 * Applications use them as PSA_ATECC608A_LOCATION and PSA_ATECC608A_LIFETIME; psa/se_c/dynamic.h asserts that the
 * values are equal.
 */
#ifndef IMPRINT_PSA_LOCATION_H
#define IMPRINT_PSA_LOCATION_H

#include <psa/crypto.h>

#define DRIVER_LOCATION ((psa_key_location_t)0x60)

/* Persistent, in the chip: 0x6001. The only lifetime the driver accepts; keys in a chip's slots are never volatile. */
#define DRIVER_LIFETIME PSA_KEY_LIFETIME_FROM_PERSISTENCE_AND_LOCATION(PSA_KEY_PERSISTENCE_DEFAULT, DRIVER_LOCATION)

#endif
