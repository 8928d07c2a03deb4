/* SPDX-License-Identifier: Apache-2.0 */
/* Mbed TLS for the measured applications: that of firmware/mbedtls/primary.h, and what the core must know of for keys
 * in the chip. */
#ifndef IMPRINT_TEST_BENCH_FEATURES_MBEDTLS_H
#define IMPRINT_TEST_BENCH_FEATURES_MBEDTLS_H

#include "firmware/mbedtls/common.h"

#define MBEDTLS_PSA_CRYPTO_CONFIG_FILE "test/bench/features/crypto.h"

#endif
