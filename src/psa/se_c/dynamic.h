/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the shell's three files and private to psa/: how a method begins and ends, and the methods that use a key.
 * The core calls all of them, directly or through a method.
 */
#ifndef IMPRINT_PSA_SE_C_DYNAMIC_H
#define IMPRINT_PSA_SE_C_DYNAMIC_H

#include <imprint/psa.h>

#include "psa/driver.h"
#include "psa/location.h"
#include "psa/se_c/se_session.h"

_Static_assert(PSA_ATECC608A_LIFETIME == 0x6001, "the public location must be the stored one");
_Static_assert(DRIVER_LIFETIME == 0x6001, "the location that the driver looks for must be the stored one");

/* psa/start.h */
struct driver_shell {
    const psa_drv_se_t *table;
};

/* The bound driver with a clean last_error; NULL when there is none. */
struct driver *driver_se_begin(void);

/*
 * The same, after finishing an interrupted transaction in the store. What is then due in the chip, the erasure of a
 * destroyed key, is left to applications with the full table.
 */
struct driver *driver_se_begin_recovered(void);

psa_status_t driver_se_init(psa_drv_se_context_t *context, void *persistent_data, psa_key_location_t location);

/* Returns `status`. Adds a reason to a failure that has none; clears it after success. */
psa_status_t driver_se_finish(struct driver *driver, psa_status_t status);

/* The same for a method that makes the key of `attributes`: a failure names the key (dynamic_make.c). */
psa_status_t driver_se_finish_key(struct driver *driver, const psa_key_attributes_t *attributes, psa_status_t status);

/* Both exports: the core asks for the public part of a key pair, or for a public key as such. */
psa_status_t driver_se_export_public(psa_drv_se_context_t *context, psa_key_slot_number_t key_slot, uint8_t *data,
                                     size_t data_size, size_t *data_length);

psa_status_t driver_se_sign(psa_drv_se_context_t *context, psa_key_slot_number_t key_slot, psa_algorithm_t algorithm,
                            const uint8_t *hash, size_t hash_length, uint8_t *signature, size_t signature_size,
                            size_t *signature_length);

psa_status_t driver_se_verify(psa_drv_se_context_t *context, psa_key_slot_number_t key_slot, psa_algorithm_t algorithm,
                              const uint8_t *hash, size_t hash_length, const uint8_t *signature,
                              size_t signature_length);

/*
 * The key id that the core is destroying, taken from the open transaction because p_destroy gets only a slot number.
 * Does not read the medium, which may be failing. 0 when no such transaction for `slot` is open.
 */
uint32_t driver_se_destroyed_id(const struct se_session *session, uint64_t slot);

/* p_destroy of an application that destroys no keys: the key's record stays. */
psa_status_t driver_se_keep(psa_drv_se_context_t *context, void *persistent_data, psa_key_slot_number_t key_slot);

/* Methods that make keys (dynamic_make.c). */
psa_status_t driver_se_allocate(psa_drv_se_context_t *context, void *persistent_data,
                                const psa_key_attributes_t *attributes, psa_key_creation_method_t method,
                                psa_key_slot_number_t *key_slot);
psa_status_t driver_se_validate_slot_number(psa_drv_se_context_t *context, void *persistent_data,
                                            const psa_key_attributes_t *attributes, psa_key_creation_method_t method,
                                            psa_key_slot_number_t key_slot);
psa_status_t driver_se_generate(psa_drv_se_context_t *context, psa_key_slot_number_t key_slot,
                                const psa_key_attributes_t *attributes, uint8_t *pubkey, size_t pubkey_size,
                                size_t *pubkey_length);

#endif
