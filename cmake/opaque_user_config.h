/* SPDX-License-Identifier: Apache-2.0 */
/* What the opaque driver needs beyond a core's default configuration, without SE_C. Read after that. */
#define MBEDTLS_PSA_CRYPTO_BUILTIN_KEYS /* keys in the chip that have no record */
#ifndef MBEDTLS_USE_PSA_CRYPTO          /* always so in TF-PSA-Crypto */
#define MBEDTLS_USE_PSA_CRYPTO
#endif
#undef MBEDTLS_PSA_ITS_FILE_C /* storage is ours: psa/its.c */
