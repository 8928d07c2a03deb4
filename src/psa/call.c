/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/call.h"

#include <imprint/psa.h>

#include "psa/its.h"
#include "psa/location.h"
#include "psa/recovery.h"
#include "psa/settle.h"

_Static_assert(PSA_ATECC608A_LIFETIME == 0x6001, "the public location must be the stored one");
_Static_assert(DRIVER_LIFETIME == 0x6001, "the location that the driver looks for must be the stored one");
_Static_assert(PSA_ATECC608A_LIFETIME_IN_SLOT(15) == DRIVER_LIFETIME_IN_SLOT(15), "the same for a named slot");

struct driver *driver_begin(void)
{
    struct driver *driver = driver_bound();

    if (driver != NULL) {
        error_clear(&driver->last_error);
        driver->working = true;
        driver->slot_written = false;
    }
    return driver;
}

struct driver *driver_begin_recovered(void)
{
    struct driver *driver = driver_begin();

    if (driver != NULL)
        driver_recover(driver, its_session());
    return driver;
}

struct driver *driver_begin_settled(void)
{
    struct driver *driver = driver_begin_recovered();

    if (driver != NULL)
        driver_settle_erasures(driver);
    return driver;
}

struct driver *driver_begin_start(void)
{
    struct driver *driver = driver_begin();

    if (driver == NULL)
        return NULL;
    driver_forget_config(driver);
    if (its_session() != NULL)
        driver_recover_again(its_session(), driver);
    return driver;
}

psa_status_t driver_finish(struct driver *driver, psa_status_t status)
{
    driver->working = false;
    error_set(&driver->last_error, ERROR_PSA, "the driver refused", NULL);
    error_with_psa(&driver->last_error, status);
    if (status == PSA_SUCCESS)
        error_clear(&driver->last_error);
    return status;
}

psa_status_t driver_finish_key(struct driver *driver, const psa_key_attributes_t *attributes, psa_status_t status)
{
    if (driver->slot_written && its_session() != NULL)
        se_session_note_chip_written(its_session());
    error_with_key(&driver->last_error, psa_get_key_id(attributes));
    return driver_finish(driver, status);
}
