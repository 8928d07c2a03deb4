/* SPDX-License-Identifier: Apache-2.0 */
/* What imprint needs of an Mbed TLS that another project brings. Compiled by cmake/mbedtls_check.cmake, which shows the
 * words. */
#include <mbedtls/build_info.h>

#if MBEDTLS_VERSION_NUMBER < 0x03060000 || MBEDTLS_VERSION_NUMBER >= 0x03070000
#error "it is not Mbed TLS 3.6"
#endif
#ifndef MBEDTLS_PSA_CRYPTO_C
#error "MBEDTLS_PSA_CRYPTO_C is not defined"
#endif
#ifndef MBEDTLS_PSA_CRYPTO_STORAGE_C
#error "MBEDTLS_PSA_CRYPTO_STORAGE_C is not defined"
#endif
#ifndef MBEDTLS_PSA_CRYPTO_SE_C
#error "MBEDTLS_PSA_CRYPTO_SE_C is not defined"
#endif
#ifdef MBEDTLS_PSA_ITS_FILE_C
#error "MBEDTLS_PSA_ITS_FILE_C is defined, while imprint brings the storage"
#endif

/* An installed imprint is compiled already: what its libraries keep in Mbed TLS's types must have the same size. */
#ifdef IMPRINT_HASH_OPERATION_BYTES
#include <psa/crypto.h>
_Static_assert(sizeof(psa_hash_operation_t) <= IMPRINT_HASH_OPERATION_BYTES &&
                   sizeof(mbedtls_svc_key_id_t) == IMPRINT_KEY_ID_BYTES,
               "its configuration gives types of PSA another size than the installed imprint was compiled with");
#endif

extern int imprint_mbedtls_fits;
int imprint_mbedtls_fits = 1;
