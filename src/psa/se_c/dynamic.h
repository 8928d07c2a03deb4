/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the shell's files: the methods that Mbed TLS calls, directly or through another one. */
#ifndef IMPRINT_PSA_SE_C_DYNAMIC_H
#define IMPRINT_PSA_SE_C_DYNAMIC_H

#include <imprint/psa.h>

#include "psa/driver.h"
#include "psa/se_session.h"
#include "psa/shell.h"

/*
 * Slot numbers in key attributes, and registration: what psa/keys.h needs of this shell. The tables of psa/start.h
 * differ in what Mbed TLS may call.
 */
psa_status_t se_c_connect(const struct driver_shell *shell);
void se_c_name_slot(struct driver *driver, psa_key_attributes_t *attributes, uint8_t slot);
uint8_t se_c_slot_of(struct driver *driver, const psa_key_attributes_t *attributes, uint8_t otherwise);
psa_status_t se_c_register(struct driver *driver, const psa_key_attributes_t *attributes, uint8_t slot);
#define SE_C_SHELL .connect = se_c_connect, .name_slot = se_c_name_slot, .slot_of = se_c_slot_of

/*
 * Methods that use keys (dynamic_use.c). They finish an interrupted transaction in the store; what is then due in the
 * chip, the erasure of a destroyed key, is left to the full table.
 */
psa_status_t driver_se_init(psa_drv_se_context_t *context, void *persistent_data, psa_key_location_t location);

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
