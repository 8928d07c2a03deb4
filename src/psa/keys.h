/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys in the chip, for the engine and imprint's own programs: PSA calls on keys that also report why a call failed.
 * Neither this header nor its callers name the interface between the PSA core and the driver. The shell decides
 * it (psa/start.h): Mbed TLS's SE_C or the unified driver interface.
 *
 * Every function first clears the reason of an earlier call. After a failure it sets the reason in `err`: the driver's
 * reason if the driver refused, else the meaning of the core's status. So a failure never shows the reason of another
 * call. If `err` already holds a reason, that one is kept (base/error.h). PSA Crypto must have been started with this
 * driver. Each function returns the statuses of the PSA call named in its comment.
 *
 * Call keys_forget_reason() before, and keys_explain() after, a PSA call that does not go through this header (for
 * example, writing an X.509 request, which signs).
 */
#ifndef IMPRINT_PSA_KEYS_H
#define IMPRINT_PSA_KEYS_H

#include <psa/crypto.h>

#include "base/bytes.h"
#include "base/error.h"
#include "psa/driver.h"
#include "psa/location.h"
#include "base/p256.h"
#include "psa/slots.h"

/* The lifetime of every key in the chip, for attributes. */
#define KEYS_LIFETIME DRIVER_LIFETIME

#define KEYS_SLOT_ANY DRIVER_SLOT_ANY /* no slot is named, or the key is not in a slot */

/* --- planning: nothing is written, neither to the chip nor to the store ------------------------------------------ */

/*
 * Finishes in the store the work of an interrupted run. PSA_ERROR_STORAGE_FAILURE as long as the medium prevents that:
 * the free slots are then unknown. (This function may write to the store, but starts nothing new.)
 */
psa_status_t keys_settle(struct driver *driver, struct error *err);

/*
 * Whether the store has room for the records of `count` more keys. PSA_ERROR_INSUFFICIENT_STORAGE if not,
 * PSA_ERROR_STORAGE_FAILURE if the store cannot be read, with the reason in `err`.
 */
psa_status_t keys_check_room(struct driver *driver, size_t count, struct error *err);

/*
 * Finds the slot for a key with `attributes` made by `method`. `*slot` is the slot that the caller names, or
 * KEYS_SLOT_ANY: then the driver chooses and stores its choice there. `also` lists further abilities (enum
 * chip_ability) that the slot must have. Statuses of driver_needs_of(), driver_choose_slot() and driver_check_slot()
 * (psa/slots.h).
 */
psa_status_t keys_find_slot(struct driver *driver, const psa_key_attributes_t *attributes, enum driver_method method,
                            uint32_t also, uint8_t *slot, struct error *err);

/*
 * Asks the chip what `slot` holds. `*is_scrap`: the content may be overwritten, because an interrupted run left it
 * there or the key was destroyed.
 */
psa_status_t keys_probe_slot(struct driver *driver, uint8_t slot, enum driver_fill *fill, struct error *err);
/*
 * The public key (04 | X | Y) of the key in `slot`, claimed or not. PSA_ERROR_NOT_PERMITTED where the chip does not
 * show it, PSA_ERROR_DOES_NOT_EXIST without a key.
 */
psa_status_t keys_public_in_slot(struct driver *driver, uint8_t slot, uint8_t point[static P256_POINT_BYTES],
                                 struct error *err);
bool keys_slot_is_scrap(struct driver *driver, uint8_t slot);

/*
 * Refuses attributes that name a slot but have a lifetime outside any secure element: the core would ignore the slot
 * and make the key in software. PSA_ERROR_INVALID_ARGUMENT with the reason in `err`; otherwise PSA_SUCCESS.
 */
psa_status_t keys_check_slot(const psa_key_attributes_t *attributes, struct error *err);

/* --- making ------------------------------------------------------------------------------------------------------ */

/*
 * Register the key that is already in a slot, generate a key in a slot, or import a key into one (32-byte scalar or
 * 65-byte point). `attributes` carry id, lifetime KEYS_LIFETIME, type, bits, algorithm, usage. `slot` KEYS_SLOT_ANY:
 * the driver chooses (not for registering). mbedtls_psa_register_se_key() or psa_copy_key(), psa_generate_key(),
 * psa_import_key().
 */
psa_status_t keys_register(struct driver *driver, const psa_key_attributes_t *attributes, uint8_t slot,
                           struct error *err);
psa_status_t keys_generate(struct driver *driver, const psa_key_attributes_t *attributes, uint8_t slot,
                           struct error *err);
psa_status_t keys_import(struct driver *driver, const psa_key_attributes_t *attributes, uint8_t slot, struct bytes key,
                         struct error *err);

/*
 * psa_import_key() of data that the application may export: raw data in the key store, not in the chip. A store without
 * room is told as such, before anything is written.
 */
psa_status_t keys_store_data(struct driver *driver, uint32_t key_id, struct bytes data, struct error *err);

/* --- using ------------------------------------------------------------------------------------------------------- */

/*
 * The key's attributes, and its slot or KEYS_SLOT_ANY (`slot` may be NULL). `fresh`: read from the store, not from the
 * core's cache. The caller resets `attributes`. psa_get_key_attributes(), psa_purge_key().
 */
psa_status_t keys_attributes(struct driver *driver, uint32_t key_id, bool fresh, psa_key_attributes_t *attributes,
                             uint8_t *slot, struct error *err);

/* psa_export_public_key() */
psa_status_t keys_public(struct driver *driver, uint32_t key_id, uint8_t point[static P256_POINT_BYTES],
                         struct error *err);

/* psa_sign_hash(), psa_sign_message() and psa_verify_hash(), with a P-256 key. */
psa_status_t keys_sign_hash(struct driver *driver, uint32_t key_id, psa_algorithm_t algorithm, struct bytes hash,
                            uint8_t signature[static P256_SIGNATURE_BYTES], struct error *err);
psa_status_t keys_sign_message(struct driver *driver, uint32_t key_id, psa_algorithm_t algorithm, struct bytes message,
                               uint8_t signature[static P256_SIGNATURE_BYTES], struct error *err);
psa_status_t keys_verify_hash(struct driver *driver, uint32_t key_id, psa_algorithm_t algorithm, struct bytes hash,
                              const uint8_t signature[static P256_SIGNATURE_BYTES], struct error *err);

/* --- reasons ----------------------------------------------------------------------------------------------------- */

/* Clears the driver's reason. Call it before a PSA call that does not go through this header. */
void keys_forget_reason(struct driver *driver);

/*
 * Sets in `err` why that call failed with `status`. Uses the driver's reason only if it belongs to this status;
 * otherwise the core itself refused. Clears the driver's reason in both cases.
 */
void keys_explain(struct driver *driver, psa_status_t status, struct error *err);

/*
 * The PSA status of the driver's last refusal since keys_forget_reason(), for callers of a library that hides it.
 * `otherwise` when the driver refused nothing.
 */
psa_status_t keys_last_status(const struct driver *driver, psa_status_t otherwise);

#endif
