/* SPDX-License-Identifier: Apache-2.0 */
/* The shell under test is that for Mbed TLS's SE_C. */
#include "test/support/world.h"

const struct driver_shell *const world_shell = &driver_shell_all;
const bool world_is_opaque = false;

void world_name_slot(psa_key_attributes_t *attributes, uint8_t slot)
{
    psa_set_key_slot_number(attributes, slot);
}

psa_status_t world_register_key(const psa_key_attributes_t *attributes)
{
    return mbedtls_psa_register_se_key(attributes);
}

psa_status_t world_destroy(const struct driver *driver, psa_key_id_t id)
{
    (void)driver;
    return psa_destroy_key(id);
}

psa_status_t world_connect(void)
{
    return psa_register_se_driver(PSA_ATECC608A_LOCATION, &atecc608a_drv_info);
}
