/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/creation.h"

#include "psa/its.h"
#include "psa/location.h"
#include "psa/records.h"
#include "psa/settle.h"

/*
 * Gives the session the facts that a core's transaction does not record. A slot chosen automatically without permission
 * to replace is empty or scrap; otherwise the chip is asked.
 */
static psa_status_t note_creation(struct driver *driver, uint32_t key_id, const struct driver_slot_needs *needs,
                                  uint8_t slot, bool known_fresh)
{
    struct transaction_note note = {.creation = TRANSACTION_CREATION_REGISTER, .fresh = known_fresh};
    enum driver_fill fill;

    if (needs->method != 0) {
        note.creation =
            needs->method == CHIP_CAN_GENERATE ? TRANSACTION_CREATION_GENERATE : TRANSACTION_CREATION_IMPORT;
        psa_status_t status = PSA_SUCCESS;
        if (!note.fresh)
            note.fresh = driver_slot_is_scrap(driver, slot);
        if (!note.fresh) {
            status = driver_probe_slot(driver, slot, &fill, &driver->last_error);
            note.fresh = fill == DRIVER_FILL_EMPTY;
        }
        if (status != PSA_SUCCESS)
            return status;
    }
    if (its_session() != NULL)
        se_session_note_creation(its_session(), key_id, note);
    return PSA_SUCCESS;
}

/* The attributes, then that the key id is new, which the cores check only when the chip has made the key, or never. */
static psa_status_t check_new_key(struct driver *driver, const psa_key_attributes_t *attributes,
                                  enum driver_method method, struct driver_slot_needs *needs)
{
    psa_status_t status = driver_needs_of_any(driver, attributes, method, needs, &driver->last_error);

    if (status == PSA_SUCCESS)
        status = driver_require_settled(driver, &driver->last_error);
    if (status == PSA_SUCCESS)
        status = driver_check_new_id(driver, psa_get_key_id(attributes), &driver->last_error);
    return status;
}

/* The slot that caller or lifetime name, or DRIVER_SLOT_ANY. */
static psa_status_t named_slot(struct driver *driver, const psa_key_attributes_t *attributes, uint8_t *slot)
{
    const uint8_t in_lifetime = driver_slot_in_lifetime(psa_get_key_lifetime(attributes));

    if (in_lifetime == DRIVER_SLOT_ANY)
        return PSA_SUCCESS;
    if (*slot != DRIVER_SLOT_ANY && *slot != in_lifetime) {
        error_set(&driver->last_error, ERROR_KEY_ATTRIBUTES, "the key's lifetime names another slot",
                  "name the slot once, by lifetime or by slot number");
        return PSA_ERROR_INVALID_ARGUMENT;
    }
    *slot = in_lifetime;
    return PSA_SUCCESS;
}

psa_status_t driver_find_slot(struct driver *driver, const psa_key_attributes_t *attributes, enum driver_method method,
                              uint8_t *slot)
{
    struct driver_slot_needs needs;
    psa_status_t status = check_new_key(driver, attributes, method, &needs);
    bool named = false;

    if (status == PSA_SUCCESS)
        status = named_slot(driver, attributes, slot);
    if (status == PSA_SUCCESS) {
        named = *slot != DRIVER_SLOT_ANY;
        status = named ? driver_check_slot(driver, &needs, *slot, &driver->last_error)
                       : driver_choose_slot(driver, &needs, slot, &driver->last_error);
    }
    if (status == PSA_SUCCESS)
        status = note_creation(driver, psa_get_key_id(attributes), &needs, *slot,
                               !named && !driver->settings.replace_unclaimed);
    error_doing(&driver->last_error, "create a key in the chip");
    return status;
}
