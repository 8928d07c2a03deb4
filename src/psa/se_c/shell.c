/* SPDX-License-Identifier: Apache-2.0 */
/* What psa/start.h, psa/keys.h and imprint/psa.h need of this shell. */
#include "psa/application.h"
#include "psa/location.h"
#include "psa/se_c/dynamic.h"

/* The driver is registered first: a core that was started without it does not know keys in the chip. */
psa_status_t se_c_connect(const struct driver_shell *shell)
{
    return psa_register_se_driver(DRIVER_LOCATION, shell->table);
}

void se_c_name_slot(struct driver *driver, psa_key_attributes_t *attributes, uint8_t slot)
{
    (void)driver;
    psa_set_key_slot_number(attributes, slot);
}

uint8_t se_c_slot_of(struct driver *driver, const psa_key_attributes_t *attributes, uint8_t otherwise)
{
    psa_key_slot_number_t number;

    (void)driver;
    if (psa_get_key_slot_number(attributes, &number) != PSA_SUCCESS || number >= CHIP_SLOTS)
        return otherwise;
    return (uint8_t)number;
}

psa_status_t se_c_register(struct driver *driver, const psa_key_attributes_t *attributes, uint8_t slot)
{
    psa_key_attributes_t named = *attributes;

    se_c_name_slot(driver, &named, slot);
    return mbedtls_psa_register_se_key(&named);
}

/* What is linked follows from the table alone, so that the shell here has no more than it takes to start. */
psa_status_t imprint_psa_start(struct imprint_psa *psa, const struct imprint_transport *transport,
                               struct imprint_store *store, const struct imprint_psa_settings *settings,
                               const psa_drv_se_t *table)
{
    const struct driver_shell shell = {.connect = se_c_connect, .table = table};
    const psa_status_t status = application_start(psa, transport, store, settings, &shell);

    if (status == PSA_SUCCESS)
        driver_bound()->shell = NULL; /* the one here ends with this function */
    return status;
}
