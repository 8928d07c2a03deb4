/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IMPRINT_FIRMWARE_MBEDTLS_PRIMARY_TLS_CRYPTO_H
#define IMPRINT_FIRMWARE_MBEDTLS_PRIMARY_TLS_CRYPTO_H

#define PSA_WANT_ALG_SHA_256 1
#define PSA_WANT_ALG_HMAC 1
#define PSA_WANT_ALG_HKDF_EXTRACT 1
#define PSA_WANT_ALG_HKDF_EXPAND 1
#define PSA_WANT_ALG_TLS12_PRF 1
#define PSA_WANT_ALG_GCM 1
#define PSA_WANT_ALG_ECDSA 1
#define PSA_WANT_ALG_ECDH 1
#define PSA_WANT_ECC_SECP_R1_256 1
#define PSA_WANT_KEY_TYPE_AES 1
#define PSA_WANT_KEY_TYPE_HMAC 1
#define PSA_WANT_KEY_TYPE_DERIVE 1
#define PSA_WANT_KEY_TYPE_ECC_PUBLIC_KEY 1
/* The key of a handshake is made in software, for it alone. */
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_BASIC 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_IMPORT 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_EXPORT 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_GENERATE 1

/* 4 KB for the name of a key in a certificate, nothing else: where certificates are put together from the chip. */
#ifdef IMPRINT_CERTIFICATES_FROM_CHIP
#define PSA_WANT_ALG_SHA_1 1
#endif

#endif
