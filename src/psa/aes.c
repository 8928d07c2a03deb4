/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/aes.h"

#include "psa/operation.h"
#include "psa/slots.h"

psa_status_t driver_aes_begin(struct driver *driver, uint8_t slot)
{
    psa_status_t status = driver_load_config(driver, &driver->last_error);

    if (status == PSA_SUCCESS)
        status = driver_require_use(driver, &driver->config, slot, CHIP_CAN_AES, &driver->last_error);
    return status;
}

typedef enum chip_status block_command(struct chip *chip, uint8_t slot, uint8_t unit,
                                       const uint8_t in[static AES_BLOCK_BYTES], uint8_t out[static AES_BLOCK_BYTES],
                                       struct error *err);

/* A use that was counted is not repeated. */
static psa_status_t run(struct driver *driver, block_command *command, uint8_t slot, const uint8_t *in, uint8_t *out)
{
    const uint32_t counted = driver->chip->counters.counted;
    enum chip_status status;
    int attempt = 0;

    do
        status = command(driver->chip, slot, 0, in, out, &driver->last_error);
    while (driver->chip->counters.counted == counted && operation_again(driver, status, &attempt));
    return driver_outcome(driver, status);
}

psa_status_t driver_aes_encrypt(struct driver *driver, uint8_t slot, const uint8_t in[static AES_BLOCK_BYTES],
                                uint8_t out[static AES_BLOCK_BYTES])
{
    return run(driver, chip_aes_encrypt, slot, in, out);
}

psa_status_t driver_aes_decrypt(struct driver *driver, uint8_t slot, const uint8_t in[static AES_BLOCK_BYTES],
                                uint8_t out[static AES_BLOCK_BYTES])
{
    return run(driver, chip_aes_decrypt, slot, in, out);
}

psa_status_t driver_aes_multiply(struct driver *driver, uint8_t x[static AES_BLOCK_BYTES],
                                 const uint8_t h[static AES_BLOCK_BYTES])
{
    enum chip_status status;
    int attempt = 0;

    do
        status = chip_aes_gfm(driver->chip, h, x, x, &driver->last_error);
    while (operation_again(driver, status, &attempt));
    return driver_outcome(driver, status);
}

void driver_aes_xor(uint8_t *out, const uint8_t *a, const uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = a[i] ^ b[i];
}
