/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/driver.h"

#include "chip/operations.h"
#include "psa/status.h"

/* Global because Mbed TLS passes no context to its drivers: see driver_bind() in the header. */
static struct driver *bound_driver;

void driver_init(struct driver *driver, struct chip *chip, struct storage *storage,
                 const struct driver_settings *settings)
{
    *driver = (struct driver){.chip = chip, .storage = storage};
    if (settings != NULL)
        driver->settings = *settings;
}

void driver_bind(struct driver *driver)
{
    bound_driver = driver;
}

struct driver *driver_bound(void)
{
    return bound_driver;
}

uint8_t driver_slot_of(uint64_t number)
{
    return number < UINT8_MAX ? (uint8_t)number : UINT8_MAX;
}

void driver_forget_config(struct driver *driver)
{
    driver->config_known = false;
}

/* Reads what can have changed since the last reading: all of an unlocked config zone, of a locked one the locks. */
static enum chip_status read_config(struct driver *driver, struct error *err)
{
    enum chip_status status = driver->config_known && chip_config_is_locked(&driver->config)
                                  ? chip_refresh_locks(driver->chip, &driver->config, err)
                                  : chip_read_config(driver->chip, &driver->config, err);

    driver->config_known = driver->config_current = status == CHIP_OK;
    return status;
}

enum chip_status driver_config(struct driver *driver, const struct chip_config **config, struct error *err)
{
    *config = &driver->config;
    if (driver->config_known && (driver->config_current || chip_data_is_locked(&driver->config)))
        return CHIP_OK;
    return read_config(driver, err);
}

psa_status_t driver_load_config(struct driver *driver, struct error *err)
{
    const struct chip_config *config;

    return driver_outcome(driver, driver_config(driver, &config, err));
}

psa_status_t driver_refresh_locks(struct driver *driver, struct error *err)
{
    return driver_outcome(driver, read_config(driver, err));
}

/* After a communication error the chip may have been swapped, or changed by another program: drop the cached config. */
psa_status_t driver_outcome(struct driver *driver, enum chip_status status)
{
    psa_status_t outcome = driver_status_of_chip(status);

    if (outcome == PSA_ERROR_COMMUNICATION_FAILURE)
        driver_forget_config(driver);
    return outcome;
}

void driver_rest(struct driver *driver)
{
    driver->config_current = false;
    if (!driver->settings.stay_awake)
        chip_sleep(driver->chip);
}
