/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The application's header: the ATECC508A/608A/608B as a secure element of Mbed TLS 3.6 PSA Crypto. The platform says
 * which chip and which store; everything else that an application calls is Mbed TLS's own API:
 *
 *     psa_register_se_driver(PSA_ATECC608A_LOCATION, &atecc608a_drv_info);
 *     psa_crypto_init();
 *     psa_set_key_lifetime(&attributes, PSA_ATECC608A_LIFETIME);
 *     psa_set_key_slot_number(&attributes, 0);
 *     mbedtls_psa_register_se_key(&attributes);
 *
 * docs/reference/psa-keys.md says what an application may rely on. The PSA core is one per process, and so are the chip
 * and the store behind it. One caller at a time.
 */
#ifndef IMPRINT_PSA_H
#define IMPRINT_PSA_H

#include <psa/crypto.h>
#include <psa/crypto_se_driver.h>

#ifdef __cplusplus
extern "C" {
#endif

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

/*
 * Why the last PSA call failed, as a sentence for people: what the driver or the chip said to this very call, else what
 * PSA's status means. Ask after each call, with its status: PSA_SUCCESS gives NULL, and either way what was known is
 * used up, so that no call is explained by another one's reason. A string literal.
 */
const char *imprint_psa_reason(psa_status_t status);

#ifdef __cplusplus
}
#endif

#endif
