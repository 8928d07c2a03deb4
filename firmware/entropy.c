/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives Mbed TLS random numbers from the chip (MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG). docs/guide/porting.md says when that
 * is not enough.
 */
#include <psa/crypto.h>

#include "psa/driver.h"
#include "psa/random.h"

/* Called by Mbed TLS, which declares it in this configuration. */
psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context, uint8_t *output,
                                             size_t output_size, size_t *output_length)
{
    struct driver *driver = driver_bound();
    psa_status_t status;

    (void)context;
    *output_length = 0;
    if (driver == NULL)
        return PSA_ERROR_BAD_STATE;
    error_clear(&driver->last_error);
    status = driver_random(driver, output, output_size, &driver->last_error);
    if (status == PSA_SUCCESS)
        *output_length = output_size;
    return status;
}
