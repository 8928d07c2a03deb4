/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shell connects the driver to one interface of the PSA core: se_c/ to Mbed TLS's SE_C, opaque/ to the unified driver
 * interface. This is what psa/start.h and psa/keys.h need of it: slot numbers in key attributes, registration of a key.
 */
#ifndef IMPRINT_PSA_SHELL_H
#define IMPRINT_PSA_SHELL_H

#include <psa/crypto.h>

#include "psa/driver.h"

/* psa/start.h lists them. NULL members: programs with this shell have no use for the function, and do not contain it.
 */
struct driver_shell {
    const void *table; /* SE_C: the driver table to register */

    /* Called before psa_crypto_init(), which then finds the driver. */
    psa_status_t (*connect)(const struct driver_shell *shell);

    /* Names `slot` for the key that is made next with `attributes`. */
    void (*name_slot)(struct driver *driver, psa_key_attributes_t *attributes, uint8_t slot);

    /* The slot of the key whose attributes the core has returned; `otherwise` if it is in none. */
    uint8_t (*slot_of)(struct driver *driver, const psa_key_attributes_t *attributes, uint8_t otherwise);

    /* Registers the key that is already in `slot`. The reason of a failure that the core has not seen is in last_error.
     */
    psa_status_t (*register_key)(struct driver *driver, const psa_key_attributes_t *attributes, uint8_t slot);
};

#endif
