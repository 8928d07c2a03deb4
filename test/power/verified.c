/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Half of the harness's time went into Mbed TLS's software verification, which test/crypto holds against published
 * vectors and which has nothing to do with power. So crypto_verify_message() is wrapped (CMakeLists.txt): signatures
 * over SHA-256 are verified by libcrypto here, in a thirtieth of the time.
 */
#include "crypto/verify.h"
#include "virtual/chip/crypto.h"

#define QUOTED(name) #name
#define FOR_LINKER(name) QUOTED(name) /* the name that the linker knows */

psa_status_t real_crypto_verify_message(
    const uint8_t point[static P256_POINT_BYTES], psa_algorithm_t hash, struct bytes message,
    const uint8_t signature[static P256_SIGNATURE_BYTES]) __asm__("__real_" FOR_LINKER(crypto_verify_message));
psa_status_t quick_crypto_verify_message(
    const uint8_t point[static P256_POINT_BYTES], psa_algorithm_t hash, struct bytes message,
    const uint8_t signature[static P256_SIGNATURE_BYTES]) __asm__("__wrap_" FOR_LINKER(crypto_verify_message));

psa_status_t quick_crypto_verify_message(const uint8_t point[static P256_POINT_BYTES], psa_algorithm_t hash,
                                         struct bytes message, const uint8_t signature[static P256_SIGNATURE_BYTES])
{
    static struct virtual_crypto *crypto; /* for as long as the program runs */
    uint8_t digest[32];

    if (crypto == NULL)
        crypto = virtual_crypto_new();
    if (crypto == NULL || hash != PSA_ALG_SHA_256 || point[0] != 4)
        return real_crypto_verify_message(point, hash, message, signature);
    virtual_sha256(message.data, message.len, digest);
    switch (virtual_ecdsa_verify(crypto, point + 1, digest, signature)) {
    case VIRTUAL_SIGNATURE_GOOD:
        return PSA_SUCCESS;
    case VIRTUAL_SIGNATURE_WRONG:
        return PSA_ERROR_INVALID_SIGNATURE;
    case VIRTUAL_SIGNATURE_FAULT:
        break;
    }
    return PSA_ERROR_INVALID_ARGUMENT; /* as psa_import_key() says of what is no point of the curve */
}
