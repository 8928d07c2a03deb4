/* SPDX-License-Identifier: Apache-2.0 */
/* ATECC608A-TNGLoRaWAN data sheet, 5.3.5, and the tests of cryptoauthlib against real parts. AES is in kdf_aes.c. */
#include "chip/kdf.h"

#include "crypto/hmac.h"

/* A(0) is the message, A(i) = HMAC(key, A(i - 1)); block i is HMAC(key, A(i) | message). */
bool chip_kdf_prf(struct bytes key, struct bytes message, uint8_t *out, size_t len)
{
    uint8_t a[CRYPTO_SHA256_BYTES];
    bool done = crypto_hmac_sha256(key, &message, 1, a);

    for (size_t at = 0; at < len && done; at += CRYPTO_SHA256_BYTES) {
        const struct bytes pieces[] = {bytes_of(a, sizeof(a)), message};

        done = (at == 0 || crypto_hmac_sha256(key, pieces, 1, a)) && crypto_hmac_sha256(key, pieces, 2, out + at);
    }
    if (!done)
        bytes_wipe(out, len);
    bytes_wipe(a, sizeof(a));
    return done;
}

bool chip_kdf_hkdf(const uint8_t key[static 32], struct bytes message, uint8_t out[static 32])
{
    return crypto_hmac_sha256(bytes_of(key, 32), &message, 1, out);
}
