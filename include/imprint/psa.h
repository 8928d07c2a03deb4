/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The application's header: the ATECC508A/608A/608B as a secure element of Mbed TLS 3.6 PSA Crypto. The platform says
 * once which chip and which store; everything else that an application calls is Mbed TLS's own API:
 *
 *     imprint_psa_attach(&psa, &transport, &store, NULL);                          the platform
 *     psa_register_se_driver(PSA_ATECC608A_LOCATION, &atecc608a_drv_info);         the application
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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <psa/crypto.h>
#include <psa/crypto_se_driver.h>

#include <imprint/store.h>
#include <imprint/transport.h>
#include <imprint/write_key.h>

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

/* What the platform decides. Zero-initialised: the defaults. */
struct imprint_psa_settings {
    /*
     * A new key for which the application names no slot may take a slot that holds a key no key id points to, when no
     * empty slot fits. Such a key is lost for ever. False: PSA_ERROR_INSUFFICIENT_STORAGE. An application that names
     * the slot gives its permission by that.
     */
    bool replace_unclaimed;
    uint16_t reserved_slots; /* bit n: keys for which no slot is named leave slot n alone */

    /* For imports into slots that take encrypted keys only. They must outlive `psa`. NULL and 0 for none. */
    const struct imprint_write_key *write_keys;
    size_t write_key_count;
};

/*
 * Room for the chip, the driver and what they remember, given by the caller. Zero-initialised: stopped. It must stay
 * where it is until imprint_psa_stop(), and holds no secret.
 */
struct imprint_psa {
    union {
        uint64_t align;
        uintptr_t words[128];
    } private_part;
};

/*
 * Puts a chip and an open store behind PSA Crypto. Sends and stores nothing. `transport` is copied; its context and
 * `store` must outlive `psa`. `settings` NULL: the defaults. The application then registers a driver table and calls
 * psa_crypto_init() itself.
 */
void imprint_psa_attach(struct imprint_psa *psa, const struct imprint_transport *transport, struct imprint_store *store,
                        const struct imprint_psa_settings *settings);

/*
 * The same, and registers `table` (one of the three above) and calls psa_crypto_init(). Their status; after a failure
 * nothing is started. Starting settles in the store what an interrupted run has left, and needs no chip.
 */
psa_status_t imprint_psa_start(struct imprint_psa *psa, const struct imprint_transport *transport,
                               struct imprint_store *store, const struct imprint_psa_settings *settings,
                               const psa_drv_se_t *table);

/* Ends PSA Crypto, and puts the chip to sleep. Transport and store stay open. Does nothing where nothing was started.
 */
void imprint_psa_stop(struct imprint_psa *psa);

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
