/* SPDX-License-Identifier: Apache-2.0 */
#include "station/verifier.h"

#include <psa/crypto.h>

bool verifier_start(struct verifier *verifier, struct error *err)
{
    psa_status_t status;

    storage_memory_open(&verifier->memory, verifier->room, sizeof verifier->room, &verifier->storage);
    its_mount(&verifier->its, &verifier->storage);
    verifier->started = true;
    status = psa_crypto_init();
    if (status == PSA_SUCCESS)
        return true;
    error_set(err, ERROR_PSA, "PSA Crypto does not start", NULL);
    error_with_psa(err, status);
    verifier_stop(verifier);
    return false;
}

void verifier_stop(struct verifier *verifier)
{
    if (!verifier->started)
        return;
    mbedtls_psa_crypto_free();
    its_unmount();
    verifier->started = false;
}
