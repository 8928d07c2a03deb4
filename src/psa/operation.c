/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/operation.h"

#include "chip/operations.h"

/* Each sequence of commands is repeated once after a temporary failure. */
#define ATTEMPTS 2

psa_status_t operation_refuse(struct driver *driver, psa_status_t status, enum error_reason reason, const char *cause,
                              const char *next)
{
    error_set(&driver->last_error, reason, cause, next);
    return status;
}

psa_status_t operation_end(struct driver *driver, uint8_t slot, const char *doing, psa_status_t status)
{
    error_doing(&driver->last_error, doing);
    error_at_slot(&driver->last_error, slot);
    driver_rest(driver);
    return status;
}

bool operation_is_temporary(enum chip_status status)
{
    return status == CHIP_ECC_FAULT || status == CHIP_RESET || status == CHIP_REPLY_LOST || status == CHIP_WATCHDOG;
}

bool operation_again(struct driver *driver, enum chip_status status, int *attempt)
{
    if (!operation_is_temporary(status) || ++*attempt == ATTEMPTS)
        return false;
    error_clear(&driver->last_error);
    return true;
}

psa_status_t operation_of_key(struct driver *driver, uint8_t slot, enum chip_status status)
{
    bool valid = true;

    if (status == CHIP_EXECUTION && chip_read_key_valid(driver->chip, slot, &valid, NULL) == CHIP_OK && !valid) {
        error_clear(&driver->last_error);
        return operation_refuse(driver, PSA_ERROR_DOES_NOT_EXIST, ERROR_SLOT_EMPTY, "the slot no longer holds a key",
                                "destroy the key id and make a new key");
    }
    return driver_outcome(driver, status);
}
