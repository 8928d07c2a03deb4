/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/hmac.h"

#include "chip/operations_hmac.h"
#include "psa/operation.h"
#include "psa/slots.h"

/* A use that was counted is not repeated. */
static psa_status_t compute(struct driver *driver, uint8_t slot, struct bytes message,
                            uint8_t mac[static CHIP_DIGEST_BYTES])
{
    const enum chip_part part = chip_config_part(&driver->config);
    const uint32_t counted = driver->chip->counters.counted;
    enum chip_status status;
    int attempt = 0;

    do
        status = chip_hmac_sha256(driver->chip, part, slot, message, mac, &driver->last_error);
    while (driver->chip->counters.counted == counted && operation_again(driver, status, &attempt));
    return driver_outcome(driver, status);
}

psa_status_t driver_hmac(struct driver *driver, uint8_t slot, struct bytes message,
                         uint8_t mac[static CHIP_DIGEST_BYTES])
{
    psa_status_t status = driver_load_config(driver, &driver->last_error);

    if (status == PSA_SUCCESS)
        status = driver_require_use(driver, &driver->config, slot, CHIP_CAN_HMAC, &driver->last_error);
    if (status == PSA_SUCCESS)
        status = compute(driver, slot, message, mac);
    return operation_end(driver, slot, "compute an HMAC", status);
}
