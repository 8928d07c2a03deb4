/* SPDX-License-Identifier: Apache-2.0 */
/* ATECC608B-TNGTLS data sheet, 5.2.1: the pad is SHA-256 over the IO protection key and 16 bytes of OutNonce. */
#include "chip/protection.h"

#include "chip/digest.h"
#include "crypto/hash.h"

#define NONCE_PART 16

bool chip_protection_decrypt(const uint8_t io_key[static 32], const uint8_t out_nonce[static CHIP_OUT_NONCE_BYTES],
                             uint8_t data[static 32])
{
    const struct bytes message[] = {bytes_of(io_key, 32), bytes_of(out_nonce, NONCE_PART)};
    uint8_t pad[CRYPTO_SHA256_BYTES];
    bool done = crypto_sha256(PIECES(message), pad);

    if (done)
        chip_digest_xor(data, data, pad, sizeof(pad));
    else
        bytes_wipe(data, 32);
    bytes_wipe(pad, sizeof(pad));
    return done;
}
