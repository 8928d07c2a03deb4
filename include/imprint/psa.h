/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For applications: the ATECC508A/608A/608B as a secure element of PSA Crypto, in Mbed TLS 3.6 by its secure element
 * interface (SE_C) or by the opaque driver. The platform code attaches the chip and the key store once; after that an
 * application calls only the core's own API. With SE_C:
 *
 *     imprint_psa_attach(&psa, &transport, &store, NULL);                          the platform
 *     psa_register_se_driver(PSA_ATECC608A_LOCATION, &atecc608a_drv_info);         the application
 *     psa_crypto_init();
 *     psa_set_key_lifetime(&attributes, PSA_ATECC608A_LIFETIME);
 *     psa_set_key_slot_number(&attributes, 0);
 *     mbedtls_psa_register_se_key(&attributes);
 *
 * With a core that has the opaque driver in it, attach the chip before psa_crypto_init() and register no table:
 *
 *     imprint_psa_start_opaque(&psa, &transport, &store, NULL);                    the platform
 *     psa_set_key_lifetime(&attributes, PSA_ATECC608A_LIFETIME);                   the application
 *     imprint_psa_register_slot(&attributes, 0);
 *
 * docs/reference/psa-keys.md lists what an application can rely on. A process has one PSA core, and therefore one
 * attached chip and one store. Calls must not overlap: not thread-safe.
 */
#ifndef IMPRINT_PSA_H
#define IMPRINT_PSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <psa/crypto.h>

/* Without this, the types below have another layout than the core's. */
#ifdef IMPRINT_WITHOUT_SE_C /* whoever builds the core and imprint together, for the opaque driver alone */
#ifdef MBEDTLS_PSA_CRYPTO_SE_C
#error "<imprint/psa.h>: IMPRINT_WITHOUT_SE_C is defined, and the core is configured with MBEDTLS_PSA_CRYPTO_SE_C"
#endif
#elif MBEDTLS_VERSION_NUMBER < 0x03060000 || MBEDTLS_VERSION_NUMBER >= 0x03070000
#error "<imprint/psa.h> needs the headers of Mbed TLS 3.6 first on the include path: those found have another version"
#elif !defined(MBEDTLS_PSA_CRYPTO_SE_C)
#error "<imprint/psa.h> needs an Mbed TLS that is configured with MBEDTLS_PSA_CRYPTO_SE_C"
#endif
#ifdef MBEDTLS_PSA_CRYPTO_SE_C
#include <psa/crypto_se_driver.h>
#endif

#include <imprint/store.h>
#include <imprint/transport.h>
#include <imprint/write_key.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The PSA location of keys in the chip. It is stored in every key record and never changes. */
#define PSA_ATECC608A_LOCATION ((psa_key_location_t)0x60)

/* Persistent, in the chip: 0x6001. The only lifetime the driver accepts; keys in a chip's slots are never volatile. */
#define PSA_ATECC608A_LIFETIME                                                                                         \
    PSA_KEY_LIFETIME_FROM_PERSISTENCE_AND_LOCATION(PSA_KEY_PERSISTENCE_DEFAULT, PSA_ATECC608A_LOCATION)

/*
 * The same, and names the slot of the key that is made with it: an application's form of naming a slot that works with
 * SE_C and with the opaque driver. 0 to 15.
 */
#define PSA_ATECC608A_LIFETIME_IN_SLOT(slot)                                                                           \
    PSA_KEY_LIFETIME_FROM_PERSISTENCE_AND_LOCATION(0x80 + (slot), PSA_ATECC608A_LOCATION)

#ifdef MBEDTLS_PSA_CRYPTO_SE_C /* Mbed TLS 3.6 alone */
/* The driver table for psa_register_se_driver(). */
extern const psa_drv_se_t atecc608a_drv_info;

/*
 * A smaller driver table for an application that only uses existing keys. Generating, importing, registering and
 * destroying keys fails with PSA_ERROR_NOT_SUPPORTED or PSA_ERROR_NOT_PERMITTED, and its code is not linked.
 */
extern const psa_drv_se_t atecc608a_drv_info_use_only;

/*
 * A driver table for an application that also generates and registers keys, but does not import or destroy any, and
 * verifies with public keys in software; for example a factory application whose profile imports no key.
 */
extern const psa_drv_se_t atecc608a_drv_info_make_only;
#endif

/*
 * Refuses attributes that name a slot (psa_set_key_slot_number()) but have another lifetime than the chip's: the core
 * would ignore the slot and make the key in software. PSA_ERROR_INVALID_ARGUMENT, with the reason for
 * imprint_psa_reason(); PSA_SUCCESS for all others. The core cannot tell the driver, so the macros below ask first,
 * wherever this header is included. Define IMPRINT_PSA_WITHOUT_CHECKS before including it to have the core's names
 * bare.
 */
psa_status_t imprint_psa_check_slot(const psa_key_attributes_t *attributes);

#ifndef IMPRINT_PSA_WITHOUT_CHECKS
static inline psa_status_t imprint_psa_generate_key(const psa_key_attributes_t *attributes, mbedtls_svc_key_id_t *key)
{
    const psa_status_t status = imprint_psa_check_slot(attributes);

    return status != PSA_SUCCESS ? status : psa_generate_key(attributes, key);
}

static inline psa_status_t imprint_psa_import_key(const psa_key_attributes_t *attributes, const uint8_t *data,
                                                  size_t data_length, mbedtls_svc_key_id_t *key)
{
    const psa_status_t status = imprint_psa_check_slot(attributes);

    return status != PSA_SUCCESS ? status : psa_import_key(attributes, data, data_length, key);
}

#ifdef MBEDTLS_PSA_CRYPTO_SE_C
static inline psa_status_t imprint_psa_register_se_key(const psa_key_attributes_t *attributes)
{
    const psa_status_t status = imprint_psa_check_slot(attributes);

    return status != PSA_SUCCESS ? status : mbedtls_psa_register_se_key(attributes);
}
#define mbedtls_psa_register_se_key(attributes) imprint_psa_register_se_key(attributes)
#endif

#define psa_generate_key(attributes, key) imprint_psa_generate_key(attributes, key)
#define psa_import_key(attributes, data, data_length, key) imprint_psa_import_key(attributes, data, data_length, key)
#endif

/* Settings of the platform. Zero-initialised: the defaults. */
struct imprint_psa_settings {
    /*
     * If true, a new key for which the application names no slot may replace a key in the chip that has no key id, when
     * no empty slot fits. The replaced key is lost for ever. If false, such a call fails with
     * PSA_ERROR_INSUFFICIENT_STORAGE. Naming the slot always permits the replacement.
     */
    bool replace_unclaimed;
    uint16_t reserved_slots; /* bit n set: slot n is never chosen automatically */

    /*
     * Write keys for imports into slots that accept only encrypted writes. The array is not copied and must stay valid
     * until imprint_psa_stop(). NULL and 0: none.
     */
    const struct imprint_write_key *write_keys;
    size_t write_key_count;

    /*
     * The IO protection key: the 32 bytes that are in the slot which the chip's ChipOptions name. Not copied; must stay
     * valid until imprint_psa_stop(). If there is one, the chip encrypts shared secrets on the bus, where its options
     * allow that. Nothing tells that a given key is wrong, but the secrets, which are then wrong too. NULL: the key
     * that a profile's `io-protection` has put into store and chip, if there is one. A chip whose options say that it
     * uses no such key is asked in clear, also with a given key: who can change the chip's answers on the bus gets the
     * secret so. A key in the store that the chip has proven prevents that.
     */
    const uint8_t *io_key;
};

/*
 * Memory for the state of the chip and the driver, provided by the caller. Zero-initialised: stopped. It must not be
 * moved or freed before imprint_psa_stop(). It holds no secret.
 */
struct imprint_psa {
    union {
        uint64_t align;
        uintptr_t words[144];
    } private_part;
};

/*
 * Connects a chip and an open store to PSA Crypto. It sends nothing to the chip and writes nothing to the store.
 * `transport` is copied; its context and `store` must stay valid until imprint_psa_stop(). `settings` is copied, NULL
 * means the defaults. Next, register a driver table with psa_register_se_driver(), if the core has no opaque driver,
 * and call psa_crypto_init().
 */
void imprint_psa_attach(struct imprint_psa *psa, const struct imprint_transport *transport, struct imprint_store *store,
                        const struct imprint_psa_settings *settings);

#ifdef MBEDTLS_PSA_CRYPTO_SE_C
/*
 * Does the same, then registers `table` (one of the three above) and calls psa_crypto_init(). Returns PSA_SUCCESS or
 * the status of the call that failed; after a failure nothing is started. PSA_ERROR_BAD_STATE if a chip is attached
 * already. Starting completes or undoes in the store what an interrupted run has left. It uses the chip only to
 * overwrite a slot whose key was destroyed and could not be overwritten before.
 */
psa_status_t imprint_psa_start(struct imprint_psa *psa, const struct imprint_transport *transport,
                               struct imprint_store *store, const struct imprint_psa_settings *settings,
                               const psa_drv_se_t *table);
#endif

/*
 * The same for a core with the opaque driver in it (imprint::psa_opaque): attaches, then calls psa_crypto_init(). No
 * table is registered. Needs no SE_C.
 */
psa_status_t imprint_psa_start_opaque(struct imprint_psa *psa, const struct imprint_transport *transport,
                                      struct imprint_store *store, const struct imprint_psa_settings *settings);

/*
 * Registers the P-256 key that is in `slot` of the chip under the id, lifetime and policy of `attributes`: by
 * mbedtls_psa_register_se_key() where PSA was started with a driver table, and with the opaque driver by psa_copy_key()
 * from the slot's built-in key id. Statuses of those two; PSA_ERROR_DOES_NOT_EXIST when the slot holds no such key,
 * PSA_ERROR_BAD_STATE when no chip is attached.
 */
psa_status_t imprint_psa_register_slot(const psa_key_attributes_t *attributes, uint8_t slot);

/*
 * ECDH with a private key that is in the chip: psa_raw_key_agreement() for such keys, which the PSA cores refuse before
 * they ask a driver. Through either shell; the key needs the usage DERIVE and PSA_ALG_ECDH as its first or second
 * (enrollment) algorithm. `peer_key` is the other side's public key: 65 bytes, 04, X and Y. `output` gets the shared
 * secret, 32 bytes, the x coordinate of the shared point: pass it through a key derivation before use.
 *
 * Statuses as of psa_raw_key_agreement(), among them PSA_ERROR_INVALID_ARGUMENT for a `peer_key` that is no point of
 * the curve, which never reaches the chip. PSA_ERROR_NOT_SUPPORTED for a key outside the chip: use
 * psa_raw_key_agreement(). PSA_ERROR_NOT_PERMITTED also where the chip's configuration keeps the secret inside, or
 * gives it only encrypted and its IO protection key is neither given (io_key) nor in the store, or not proven yet; and
 * where the store has the key of another chip, or a proven one of this chip, whose options say that it uses none.
 * PSA_ERROR_BAD_STATE when no chip is attached, and before the data zone is locked. After a failure `output` is zeros
 * and *output_length 0.
 */
psa_status_t imprint_key_agreement(psa_algorithm_t alg, mbedtls_svc_key_id_t private_key, const uint8_t *peer_key,
                                   size_t peer_key_length, uint8_t *output, size_t output_size, size_t *output_length);

/*
 * Ends PSA Crypto and puts the chip to sleep. Transport and store stay open; close them afterwards. Does nothing if
 * `psa` was not started.
 */
void imprint_psa_stop(struct imprint_psa *psa);

/*
 * Returns why the last PSA call failed, as a sentence for people: the reason that the driver or the chip gave for this
 * call, or else the meaning of `status`. NULL for PSA_SUCCESS. Call it after each PSA call, with that call's status:
 * each call clears the stored reason, so that it is never reported for a later failure. The result is a string literal.
 */
const char *imprint_psa_reason(psa_status_t status);

#ifdef __cplusplus
}
#endif

#endif
