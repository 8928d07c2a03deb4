/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/random.h"

#include <string.h>

#include "chip/operations.h"
#include "driver/status.h"

#define BLOCK 32

static psa_status_t refuse(psa_status_t status, enum error_reason reason, const char *cause, const char *next,
                           struct error *err)
{
    error_set(err, reason, cause, next);
    return status;
}

/* With its config zone unlocked the chip answers Random with FF FF 00 00 again and again. */
static psa_status_t check_locked(struct driver *driver, struct error *err)
{
    const struct chip_config *config = NULL;
    enum chip_status status = driver_config(driver, &config, err);

    if (status == CHIP_OK && !chip_config_is_locked(config))
        status = driver_refresh_locks(driver, &config, err);
    if (status != CHIP_OK) {
        driver_note_chip_status(driver, status);
        return driver_status_of_chip(status);
    }
    if (!chip_config_is_locked(config))
        return refuse(PSA_ERROR_INSUFFICIENT_ENTROPY, ERROR_CONFIG_UNLOCKED,
                      "the chip has no random numbers to give before its config zone is locked",
                      "configure and lock the chip first", err);
    return PSA_SUCCESS;
}

static psa_status_t fill(struct driver *driver, uint8_t *out, size_t len, struct error *err)
{
    uint8_t block[BLOCK], last[BLOCK] = {0};
    psa_status_t result = check_locked(driver, err);

    for (size_t done = 0; result == PSA_SUCCESS && done < len; done += BLOCK) {
        const size_t n = len - done < BLOCK ? len - done : BLOCK;
        enum chip_status status = chip_random(driver->chip, block, err);

        if (status != CHIP_OK) {
            driver_note_chip_status(driver, status);
            result = driver_status_of_chip(status);
        } else if (memcmp(block, last, BLOCK) == 0 || memcmp(block, block + BLOCK / 2, BLOCK / 2) == 0) {
            result = refuse(PSA_ERROR_INSUFFICIENT_ENTROPY, ERROR_CHIP_REFUSED,
                            "the chip's random numbers repeat themselves", "take this part off the line", err);
        } else {
            memcpy(out + done, block, n);
            memcpy(last, block, BLOCK);
        }
    }
    bytes_wipe(block, sizeof(block));
    bytes_wipe(last, sizeof(last));
    return result;
}

psa_status_t driver_random(struct driver *driver, uint8_t *out, size_t len, struct error *err)
{
    psa_status_t result;

    if (driver->working)
        result = refuse(PSA_ERROR_BAD_STATE, ERROR_DEVICE_BUSY, "the chip is at work for a key", NULL, err);
    else {
        result = fill(driver, out, len, err);
        driver_rest(driver);
    }
    if (result != PSA_SUCCESS)
        bytes_wipe(out, len);
    return result;
}
