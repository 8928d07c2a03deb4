/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mbed TLS for an application that connects: a client of TLS 1.2 and 1.3 with certificates on P-256, AES-128-GCM and
 * SHA-256, and keys in the secure element. Random numbers are the chip's (firmware/entropy.c).
 */
#ifndef IMPRINT_FIRMWARE_MBEDTLS_PRIMARY_TLS_H
#define IMPRINT_FIRMWARE_MBEDTLS_PRIMARY_TLS_H

#include "firmware/mbedtls/common.h"

#define MBEDTLS_PSA_CRYPTO_CONFIG_FILE "firmware/mbedtls/primary_tls_crypto.h"

/* P-256 in 5 KB instead of 17, and faster: the server's signatures, and the key of the handshake. */
#define MBEDTLS_PSA_P256M_DRIVER_ENABLED

#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_BASE64_C
#define MBEDTLS_OID_C
#define MBEDTLS_MD_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_PK_WRITE_C
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_REMOVE_INFO

#define MBEDTLS_CIPHER_C
#define MBEDTLS_AES_FEWER_TABLES
#define MBEDTLS_AES_ONLY_128_BIT_KEY_LENGTH
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT

#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_SSL_PROTO_TLS1_3
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED
#define MBEDTLS_SSL_TLS1_3_COMPATIBILITY_MODE
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
/*
 * Two things that Mbed TLS 3.6 takes from its own elliptic curves, where p256-m has them here: without the first a
 * hello of TLS 1.2 alone names no curve; without the second the room for ECDH's secret has one byte. No suite with a
 * pre-shared key is offered.
 */
#define MBEDTLS_SSL_TLS1_2_SOME_ECC
#define MBEDTLS_KEY_EXCHANGE_PSK_ENABLED
#define MBEDTLS_SSL_KEEP_PEER_CERTIFICATE
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
#define MBEDTLS_SSL_SERVER_NAME_INDICATION

/* A server may send records of the longest kind; this client sends short ones. */
#define MBEDTLS_SSL_IN_CONTENT_LEN 16384
#define MBEDTLS_SSL_OUT_CONTENT_LEN 2048
#define MBEDTLS_SSL_CIPHERSUITES MBEDTLS_TLS1_3_AES_128_GCM_SHA256, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256

#endif
