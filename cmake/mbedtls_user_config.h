/* SPDX-License-Identifier: Apache-2.0 */
/* What imprint needs beyond Mbed TLS's default configuration. Read after mbedtls_config.h. */
#define MBEDTLS_PSA_CRYPTO_SE_C         /* keys in secure elements */
#define MBEDTLS_USE_PSA_CRYPTO          /* PK and X.509 work on such keys */
#define MBEDTLS_PSA_CRYPTO_BUILTIN_KEYS /* the opaque shell finds keys in the chip that have no record */
#undef MBEDTLS_PSA_ITS_FILE_C           /* storage is ours: psa/its.c */
