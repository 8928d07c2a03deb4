/* SPDX-License-Identifier: Apache-2.0 */
/* What a product that builds Mbed TLS itself adds to its configuration for imprint (docs/guide/embedding.md). */
#define MBEDTLS_PSA_CRYPTO_SE_C
#define MBEDTLS_USE_PSA_CRYPTO
#undef MBEDTLS_PSA_ITS_FILE_C
