/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys in the chip, for the engine and for programs of ours: what PSA is asked about them, with the reason of a
 * refusal. Neither this header nor a caller of it names the interface between the PSA core and the driver: which shell
 * is below (Mbed TLS's SE_C now, the unified driver interface later) is decided by what is linked (psa/start.h).
 *
 * Every function first forgets what an earlier call was refused for, and after a failure notes in `err` why this one
 * was: the driver's own reason where the driver refused, else what the core's status means. So no failure is ever
 * explained by another call's. `err` may hold an earlier reason, which is then kept (base/error.h). PSA Crypto has been
 * started with this driver. Statuses are those of the PSA call named with each function.
 *
 * Calls on a key that go past this header (X.509 writing signs by itself) are framed by keys_forget_reason() and
 * keys_explain().
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

#define KEYS_SLOT_ANY 0xff /* no slot is named, or the key is in none */
/* --- planning: nothing is written, neither to the chip nor to the store ------------------------------------------ */

/*
 * Settles in the store what an interrupted run has left. PSA_ERROR_STORAGE_FAILURE as long as the medium prevents that:
 * then nobody knows which slots are free. (This one may write to the store, and finishes only what was started.)
 */
psa_status_t keys_settle(struct driver *driver, struct error *err);

/*
 * In which slot a key with `attributes` would be put by `method`. `*slot` is the slot that the caller names, or
 * KEYS_SLOT_ANY for the driver's choice, which is then told there. `also` are further abilities (enum chip_ability)
 * that the slot must have. Statuses of driver_want_of(), driver_choose_slot() and driver_check_slot() (psa/slots.h).
 */
psa_status_t keys_find_slot(struct driver *driver, const psa_key_attributes_t *attributes, enum driver_method method,
                            uint32_t also, uint8_t *slot, struct error *err);

/*
 * What `slot` holds, asked of the chip; `*is_scrap`: nobody wants what it holds, because an interrupted run left it
 * there or the key was destroyed.
 */
psa_status_t keys_probe_slot(struct driver *driver, uint8_t slot, enum driver_fill *fill, struct error *err);
bool keys_slot_is_scrap(struct driver *driver, uint8_t slot);

/* --- making ------------------------------------------------------------------------------------------------------ */

/*
 * A key id for what is in a slot already, a key generated in a slot, a key imported into one (32-byte scalar or 65-byte
 * point). `attributes` carry id, lifetime KEYS_LIFETIME, type, bits, algorithm, usage. `slot` KEYS_SLOT_ANY: the
 * driver chooses (not for registering). mbedtls_psa_register_se_key(), psa_generate_key(), psa_import_key().
 */
psa_status_t keys_register(struct driver *driver, const psa_key_attributes_t *attributes, uint8_t slot,
                           struct error *err);
psa_status_t keys_generate(struct driver *driver, const psa_key_attributes_t *attributes, uint8_t slot,
                           struct error *err);
psa_status_t keys_import(struct driver *driver, const psa_key_attributes_t *attributes, uint8_t slot, struct bytes key,
                         struct error *err);

/* --- using ------------------------------------------------------------------------------------------------------- */

/*
 * The key's attributes, and its slot or KEYS_SLOT_ANY (`slot` may be NULL). `fresh`: from the store, and not from what
 * the core remembers. The caller resets `attributes`. psa_get_key_attributes(), psa_purge_key().
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

/* Before a call that goes past this header: what the driver said before is not its reason. */
void keys_forget_reason(struct driver *driver);

/*
 * After it: notes in `err` why it failed with `status`. The driver's reason counts only where it is one for this very
 * status; anything else is the core's own refusal. Either way the driver's reason is used up.
 */
void keys_explain(struct driver *driver, psa_status_t status, struct error *err);

/*
 * The status of the driver's last refusal since keys_forget_reason(), for callers to whom a library has hidden PSA's;
 * `otherwise` when the driver refused nothing.
 */
psa_status_t keys_last_status(const struct driver *driver, psa_status_t otherwise);

#endif
