/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core refuses an algorithm or a key type that is not wanted here before it asks a driver. What is "accelerated" is
 * wanted, and left out of the software: the chip does it.
 */
#ifndef IMPRINT_TEST_BENCH_FEATURES_CRYPTO_H
#define IMPRINT_TEST_BENCH_FEATURES_CRYPTO_H

#define PSA_WANT_ALG_SHA_256 1

#define PSA_WANT_KEY_TYPE_AES 1
#define PSA_WANT_ALG_CTR 1
#define PSA_WANT_ALG_GCM 1
#define MBEDTLS_PSA_ACCEL_KEY_TYPE_AES 1
#define MBEDTLS_PSA_ACCEL_ALG_CTR 1
#define MBEDTLS_PSA_ACCEL_ALG_GCM 1

#endif
