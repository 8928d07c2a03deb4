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

void driver_remember(struct driver *driver, struct driver_seen *seen)
{
    driver->seen = seen;
}

void driver_forget_slot(struct driver *driver, uint8_t slot)
{
    struct driver_seen *seen = driver_seen(driver);

    if (seen == NULL || slot >= CHIP_SLOTS)
        return;
    seen->fill[slot] = 0;
    for (uint8_t i = 0; i < seen->count; i++) {
        if (seen->public_keys[i].slot == slot)
            seen->public_keys[i] = seen->public_keys[--seen->count];
    }
}

void driver_forget_config(struct driver *driver)
{
    driver->config_known = false;
}

void driver_know_config(struct driver *driver, const struct chip_config *config)
{
    driver->config = *config;
    driver->config_known = driver->config_current = true;
}

enum chip_status driver_reread_config(struct driver *driver, const struct chip_config **config, struct error *err)
{
    enum chip_status status = driver->config_known && chip_config_is_locked(&driver->config)
                                  ? chip_refresh_locks(driver->chip, &driver->config, err)
                                  : chip_read_config(driver->chip, &driver->config, err);

    *config = &driver->config;
    driver->config_known = driver->config_current = status == CHIP_OK;
    return status;
}

enum chip_status driver_config(struct driver *driver, const struct chip_config **config, struct error *err)
{
    *config = &driver->config;
    if (driver->config_known &&
        (driver->config_current || driver_seen(driver) != NULL || chip_data_is_locked(&driver->config)))
        return CHIP_OK;
    return driver_reread_config(driver, config, err);
}

psa_status_t driver_load_config(struct driver *driver, struct error *err)
{
    const struct chip_config *config;

    return driver_outcome(driver, driver_config(driver, &config, err));
}

psa_status_t driver_refresh_locks(struct driver *driver, struct error *err)
{
    const struct chip_config *config;

    if (driver_seen(driver) != NULL)
        return driver_load_config(driver, err);
    return driver_outcome(driver, driver_reread_config(driver, &config, err));
}

/* After a communication error the chip may have been swapped, or changed by another program: drop what is known. */
psa_status_t driver_outcome(struct driver *driver, enum chip_status status)
{
    psa_status_t outcome = driver_status_of_chip(status);

    if (outcome != PSA_ERROR_COMMUNICATION_FAILURE)
        return outcome;
    driver_forget_config(driver);
    for (uint8_t slot = 0; slot < CHIP_SLOTS; slot++)
        driver_forget_slot(driver, slot);
    return outcome;
}

void driver_rest(struct driver *driver)
{
    driver->config_current = false;
    if (!driver->settings.stay_awake)
        chip_sleep(driver->chip);
}
