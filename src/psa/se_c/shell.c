/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/shell.h"

#include "psa/settle.h"

void shell_name_slot(psa_key_attributes_t *attributes, uint8_t slot)
{
    psa_set_key_slot_number(attributes, slot);
}

bool shell_names_slot(const psa_key_attributes_t *attributes)
{
    psa_key_slot_number_t number;

    return psa_get_key_slot_number(attributes, &number) == PSA_SUCCESS;
}

uint8_t shell_slot_of(const psa_key_attributes_t *attributes, uint8_t otherwise)
{
    psa_key_slot_number_t number;

    if (psa_get_key_slot_number(attributes, &number) != PSA_SUCCESS || number >= CHIP_SLOTS)
        return otherwise;
    return (uint8_t)number;
}

psa_status_t shell_register(const psa_key_attributes_t *attributes)
{
    return mbedtls_psa_register_se_key(attributes);
}

psa_status_t shell_settle(struct driver *driver, struct error *err)
{
    return driver_require_settled(driver, err);
}
