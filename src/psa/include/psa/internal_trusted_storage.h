/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PSA Internal Trusted Storage API 1.1, restricted to what Mbed TLS uses. psa/its.c implements it over the store
 * given to its_mount(). Types and values are those of the PSA specification.
 */
#ifndef PSA_INTERNAL_TRUSTED_STORAGE_H
#define PSA_INTERNAL_TRUSTED_STORAGE_H

#include <stddef.h>
#include <stdint.h>

#include <psa/crypto_types.h>
#include <psa/crypto_values.h>

typedef uint32_t psa_storage_create_flags_t;
typedef uint64_t psa_storage_uid_t;

struct psa_storage_info_t {
    uint32_t size;
    psa_storage_create_flags_t flags;
};

#define PSA_STORAGE_FLAG_NONE 0u
#define PSA_STORAGE_FLAG_WRITE_ONCE 1u
#define PSA_ITS_API_VERSION_MAJOR 1
#define PSA_ITS_API_VERSION_MINOR 1

/* Stores `data_length` bytes under `uid`, replacing what was there. */
psa_status_t psa_its_set(psa_storage_uid_t uid, uint32_t data_length, const void *p_data,
                         psa_storage_create_flags_t create_flags);

/* Reads up to `data_length` bytes from `data_offset` on; `*p_data_length` says how many there were. */
psa_status_t psa_its_get(psa_storage_uid_t uid, uint32_t data_offset, uint32_t data_length, void *p_data,
                         size_t *p_data_length);

psa_status_t psa_its_get_info(psa_storage_uid_t uid, struct psa_storage_info_t *p_info);
psa_status_t psa_its_remove(psa_storage_uid_t uid);

#endif
