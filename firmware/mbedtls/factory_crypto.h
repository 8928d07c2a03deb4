/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IMPRINT_FIRMWARE_MBEDTLS_FACTORY_CRYPTO_H
#define IMPRINT_FIRMWARE_MBEDTLS_FACTORY_CRYPTO_H

#define PSA_WANT_ALG_SHA_256 1
#define PSA_WANT_ALG_ECDSA 1
#define PSA_WANT_ECC_SECP_R1_256 1
#define PSA_WANT_KEY_TYPE_ECC_PUBLIC_KEY 1
/* Private keys in software: needed by PK, and to compute the public key of an imported private key. */
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_BASIC 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_IMPORT 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_EXPORT 1

#endif
