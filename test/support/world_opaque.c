/* SPDX-License-Identifier: Apache-2.0 */
/* The shell under test is the opaque one. Slots are named by the lifetime, which is how a core without SE_C does it. */
#include "test/support/world.h"

#include "psa/location.h"

const struct driver_shell *const world_shell = &driver_shell_opaque;
const bool world_is_opaque = true;

void world_name_slot(psa_key_attributes_t *attributes, uint8_t slot)
{
    /* 126 is the highest that a lifetime can name, and as little a slot of the chip as a higher one. */
    psa_set_key_lifetime(attributes, PSA_ATECC608A_LIFETIME_IN_SLOT(slot < 126 ? slot : 126u));
}

psa_status_t world_register_key(const psa_key_attributes_t *attributes)
{
    return imprint_psa_register_slot(attributes, driver_slot_in_lifetime(psa_get_key_lifetime(attributes)));
}

psa_status_t world_destroy(const struct driver *driver, psa_key_id_t id)
{
    const psa_status_t status = psa_destroy_key(id);

    if (status != PSA_ERROR_DATA_INVALID || driver->last_error.psa_status == PSA_SUCCESS)
        return status;
    return driver->last_error.psa_status;
}

psa_status_t world_connect(void)
{
    return PSA_SUCCESS;
}
