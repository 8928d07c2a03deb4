/* SPDX-License-Identifier: Apache-2.0 */
/* What imprint needs of an Mbed TLS that another project brings. Compiled by cmake/mbedtls.cmake, which shows the
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

extern int imprint_mbedtls_fits;
int imprint_mbedtls_fits = 1;
