/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 2104: H(key XOR opad | H(key XOR ipad | text)). */
#include "crypto/hmac.h"

#include <psa/crypto.h>
#include <string.h>

#define BLOCK_BYTES 64 /* of SHA-256 */
#define INNER_PAD 0x36
#define OUTER_PAD 0x5C

/* One of the two hashes: `block` XOR `pad`, then the pieces. */
static bool keyed_hash(const uint8_t block[static BLOCK_BYTES], uint8_t pad, const struct bytes *pieces, size_t count,
                       uint8_t digest[static CRYPTO_SHA256_BYTES])
{
    psa_hash_operation_t operation = PSA_HASH_OPERATION_INIT;
    uint8_t padded[BLOCK_BYTES];
    size_t len = 0;
    psa_status_t status;

    for (size_t i = 0; i < BLOCK_BYTES; i++)
        padded[i] = block[i] ^ pad;
    status = psa_hash_setup(&operation, PSA_ALG_SHA_256);
    if (status == PSA_SUCCESS)
        status = psa_hash_update(&operation, padded, sizeof(padded));
    for (size_t i = 0; i < count && status == PSA_SUCCESS; i++)
        status = psa_hash_update(&operation, pieces[i].data, pieces[i].len);
    if (status == PSA_SUCCESS)
        status = psa_hash_finish(&operation, digest, CRYPTO_SHA256_BYTES, &len);
    (void)psa_hash_abort(&operation);
    bytes_wipe(padded, sizeof(padded));
    return status == PSA_SUCCESS && len == CRYPTO_SHA256_BYTES;
}

bool crypto_hmac_sha256(struct bytes key, const struct bytes *pieces, size_t count,
                        uint8_t mac[static CRYPTO_SHA256_BYTES])
{
    uint8_t block[BLOCK_BYTES] = {0};
    uint8_t inner[CRYPTO_SHA256_BYTES];
    const struct bytes inner_piece = bytes_of(inner, sizeof(inner));
    bool done = true;

    if (key.len > BLOCK_BYTES)
        done = crypto_sha256(&key, 1, block);
    else if (key.len != 0)
        memcpy(block, key.data, key.len);
    done = done && keyed_hash(block, INNER_PAD, pieces, count, inner) &&
           keyed_hash(block, OUTER_PAD, &inner_piece, 1, mac);
    if (!done)
        bytes_wipe(mac, CRYPTO_SHA256_BYTES);
    bytes_wipe(block, sizeof(block));
    bytes_wipe(inner, sizeof(inner));
    return done;
}
