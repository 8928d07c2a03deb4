/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/random.h"

#include <string.h>

#include "chip/operations.h"

static psa_status_t refuse(psa_status_t status, enum error_reason reason, const char *cause, const char *next,
                           struct error *err)
{
    error_set(err, reason, cause, next);
    return status;
}

/* While its config zone is unlocked, the chip answers Random with FF FF 00 00 repeated. */
static psa_status_t check_locked(struct driver *driver, struct error *err)
{
    psa_status_t status = driver_load_config(driver, err);

    if (status == PSA_SUCCESS && !chip_config_is_locked(&driver->config))
        status = refuse(PSA_ERROR_INSUFFICIENT_ENTROPY, ERROR_CONFIG_UNLOCKED,
                        "the chip gives no random numbers before its config zone is locked",
                        "configure and lock the chip first", err);
    return status;
}

static psa_status_t fill(struct driver *driver, uint8_t *out, size_t len, struct error *err)
{
    uint8_t block[RANDOM_WATCH_BLOCK];
    psa_status_t status = check_locked(driver, err);

    for (size_t done = 0; status == PSA_SUCCESS && done < len; done += sizeof block) {
        status = driver_outcome(driver, chip_random(driver->chip, block, err));
        if (status != PSA_SUCCESS)
            break;
        if (!random_watch_accepts(&driver->random_watch, block))
            status = refuse(PSA_ERROR_INSUFFICIENT_ENTROPY, ERROR_CHIP_REFUSED, "the chip's random numbers repeat",
                            "take this part off the line", err);
        memcpy(out + done, block, len - done < sizeof block ? len - done : sizeof block);
    }
    bytes_wipe(block, sizeof(block));
    return status;
}

psa_status_t driver_random(struct driver *driver, uint8_t *out, size_t len, struct error *err)
{
    psa_status_t result;

    if (driver->working)
        result = refuse(PSA_ERROR_BAD_STATE, ERROR_DEVICE_BUSY, "the chip is busy with a key operation", NULL, err);
    else {
        result = fill(driver, out, len, err);
        driver_rest(driver);
    }
    if (result != PSA_SUCCESS) {
        bytes_wipe(out, len);
        error_with_psa(err, result); /* psa/keys.h believes a reason only together with its status */
    }
    return result;
}
