/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The application's header: the ATECC508A/608A/608B as a secure element of Mbed TLS 3.6 PSA Crypto. Everything else an
 * application calls is Mbed TLS's own API:
 *
 *     psa_register_se_driver(PSA_ATECC608A_LOCATION, &atecc608a_drv_info);
 *     psa_crypto_init();
 *     psa_set_key_lifetime(&attributes, PSA_ATECC608A_LIFETIME);
 *     psa_set_key_slot_number(&attributes, 0);
 *     mbedtls_psa_register_se_key(&attributes);
 *
 * Before that, the platform says which chip and which store: driver_init() (`psa/driver.h`) and driver_attach()
 * (`psa/start.h`). docs/reference/psa-keys.md says what an application may rely on.
 */
#ifndef IMPRINT_DRIVER_ATECC608A_SE_H
#define IMPRINT_DRIVER_ATECC608A_SE_H

#include <psa/crypto.h>
#include <psa/crypto_se_driver.h>

/* Stored in every key record: never changes. */
#define PSA_ATECC608A_LOCATION ((psa_key_location_t)0x60)

/* Persistent, in the chip: 0x6001. The only lifetime the driver accepts; keys in a chip's slots are never volatile. */
#define PSA_ATECC608A_LIFETIME                                                                                         \
    PSA_KEY_LIFETIME_FROM_PERSISTENCE_AND_LOCATION(PSA_KEY_PERSISTENCE_DEFAULT, PSA_ATECC608A_LOCATION)

/* The driver table for psa_register_se_driver(). */
extern const psa_drv_se_t atecc608a_drv_info;

/*
 * The same for an application that only uses keys: it makes, imports, replaces and destroys none (PSA answers with
 * PSA_ERROR_NOT_SUPPORTED or _NOT_PERMITTED), and the code that could is not linked.
 */
extern const psa_drv_se_t atecc608a_drv_info_use_only;

/*
 * For one that generates and registers keys as well: it imports and destroys none, and verifies with public keys in
 * software. A factory application whose profile imports nothing.
 */
extern const psa_drv_se_t atecc608a_drv_info_make_only;

#endif
