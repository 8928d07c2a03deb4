/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where PSA says that keys of this chip are. Stored in every key record, so neither ever changes; applications know
 * them as PSA_ATECC608A_LOCATION and PSA_ATECC608A_LIFETIME, which psa/se_c/dynamic.h holds against these.
 */
#ifndef IMPRINT_PSA_LOCATION_H
#define IMPRINT_PSA_LOCATION_H

#include <psa/crypto.h>

#define DRIVER_LOCATION ((psa_key_location_t)0x60)

/* Persistent, in the chip: 0x6001. The only lifetime the driver accepts; keys in a chip's slots are never volatile. */
#define DRIVER_LIFETIME PSA_KEY_LIFETIME_FROM_PERSISTENCE_AND_LOCATION(PSA_KEY_PERSISTENCE_DEFAULT, DRIVER_LOCATION)

#endif
