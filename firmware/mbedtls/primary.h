/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mbed TLS for an application that uses keys in the secure element and hashes in software: no elliptic curves, no
 * certificates. Random numbers are the chip's (firmware/entropy.c).
 */
#ifndef IMPRINT_FIRMWARE_MBEDTLS_PRIMARY_H
#define IMPRINT_FIRMWARE_MBEDTLS_PRIMARY_H

#include "firmware/mbedtls/common.h"

#define MBEDTLS_PSA_CRYPTO_CONFIG_FILE "firmware/mbedtls/primary_crypto.h"

/* Public keys as PEM. */
#define MBEDTLS_BASE64_C

#endif
