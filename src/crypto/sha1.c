/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sha1.h"

#include <psa/crypto.h>

bool crypto_sha1(const struct bytes *pieces, size_t count, uint8_t digest[static CRYPTO_SHA1_BYTES])
{
    psa_hash_operation_t operation = PSA_HASH_OPERATION_INIT;
    size_t len = 0;
    psa_status_t status = psa_hash_setup(&operation, PSA_ALG_SHA_1);

    for (size_t i = 0; i < count && status == PSA_SUCCESS; i++)
        status = psa_hash_update(&operation, pieces[i].data, pieces[i].len);
    if (status == PSA_SUCCESS)
        status = psa_hash_finish(&operation, digest, CRYPTO_SHA1_BYTES, &len);
    if (status == PSA_SUCCESS && len == CRYPTO_SHA1_BYTES)
        return true;
    (void)psa_hash_abort(&operation);
    bytes_wipe(digest, CRYPTO_SHA1_BYTES);
    return false;
}
