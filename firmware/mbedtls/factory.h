/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mbed TLS for the factory image: keys in the secure element, certificate requests as PEM, and verifying in software,
 * by which the factory proves what the chip has signed. Random numbers are the chip's (firmware/entropy.c).
 */
#ifndef IMPRINT_FIRMWARE_MBEDTLS_FACTORY_H
#define IMPRINT_FIRMWARE_MBEDTLS_FACTORY_H

#include "firmware/mbedtls/common.h"

#define MBEDTLS_PSA_CRYPTO_CONFIG_FILE "firmware/mbedtls/factory_crypto.h"

/* P-256 in 5 KB instead of 17, and faster. */
#define MBEDTLS_PSA_P256M_DRIVER_ENABLED

#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_OID_C
#define MBEDTLS_MD_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_PK_WRITE_C
#define MBEDTLS_BASE64_C
#define MBEDTLS_PEM_WRITE_C

#endif
