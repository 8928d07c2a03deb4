/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symmetric keys: what sort of HMAC and AES keys the chip's slots can hold, and whether one is there. The uses of such
 * keys are in psa/hmac.h, psa/cipher.h and psa/gcm.h. A key of these types is registered; how it gets into its slot is
 * not PSA's.
 */
#ifndef IMPRINT_PSA_SYMMETRIC_H
#define IMPRINT_PSA_SYMMETRIC_H

#include <psa/crypto.h>

#include "psa/driver.h"
#include "psa/slots.h"

/* PSA_KEY_TYPE_HMAC, PSA_KEY_TYPE_AES or PSA_KEY_TYPE_DERIVE: the chip computes HMACs with a secret to derive from. */
static inline bool driver_is_symmetric(psa_key_type_t type)
{
    return type == PSA_KEY_TYPE_HMAC || type == PSA_KEY_TYPE_AES || type == PSA_KEY_TYPE_DERIVE;
}

/* CHIP_CAN_HMAC or CHIP_CAN_AES, which a slot needs for keys of that type. */
static inline uint32_t driver_symmetric_ability(psa_key_type_t type)
{
    return type == PSA_KEY_TYPE_AES ? CHIP_CAN_AES : CHIP_CAN_HMAC;
}

/* Whether the needs are those of such a key. */
static inline bool driver_needs_symmetric(const struct driver_slot_needs *needs)
{
    return (needs->abilities & (CHIP_CAN_HMAC | CHIP_CAN_AES)) != 0;
}

/* What the driver calls where the program registers such keys: `symmetric` of struct driver. */
struct driver_symmetric {
    /*
     * As driver_needs_of(). An HMAC key has 256 bits: the first 32 bytes of its slot. An AES key has 128: the first 16
     * bytes.
     */
    psa_status_t (*needs_of)(const psa_key_attributes_t *attributes, enum driver_method method,
                             struct driver_slot_needs *needs, struct error *err);

    /*
     * For registration: whether the slot holds a key. PSA_ERROR_DOES_NOT_EXIST if what the chip computes shows that all
     * bytes are 00 or FF, as in a slot that was never written. A key that counts its uses is not asked: that would cost
     * one. PSA_ERROR_BAD_STATE before the data lock.
     */
    psa_status_t (*check_holds)(struct driver *driver, uint32_t ability, uint8_t slot, struct error *err);
};
extern const struct driver_symmetric driver_symmetric_keys;

#endif
