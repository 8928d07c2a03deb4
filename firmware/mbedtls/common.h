/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Mbed TLS configuration of both images: PSA Crypto with keys in a secure element, imprint's storage, no files, its
 * own heap.
 */
#ifndef IMPRINT_FIRMWARE_MBEDTLS_COMMON_H
#define IMPRINT_FIRMWARE_MBEDTLS_COMMON_H

#include <stddef.h>

#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_CONFIG
#define MBEDTLS_PSA_CRYPTO_STORAGE_C
#define MBEDTLS_PSA_CRYPTO_SE_C
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG
#define MBEDTLS_USE_PSA_CRYPTO
#define MBEDTLS_PSA_KEY_SLOT_COUNT 8 /* keys open at once: each takes 56 bytes of RAM */

#define MBEDTLS_SHA256_SMALLER

/* firmware/start/heap.c provides the heap; a damaged heap ends the program. */
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_NO_STD_FUNCTIONS
#define MBEDTLS_PLATFORM_EXIT_MACRO imprint_board_end
void imprint_board_end(int status);
/* Deliberately not defined anywhere: code that formats text does not link, so it cannot get into an image. */
#define MBEDTLS_PLATFORM_SNPRINTF_MACRO board_has_no_snprintf
int board_has_no_snprintf(char *text, size_t size, const char *format, ...);
#define MBEDTLS_MEMORY_BUFFER_ALLOC_C

#endif
