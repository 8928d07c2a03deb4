/* SPDX-License-Identifier: Apache-2.0 */
/* What psa/start.h, psa/keys.h and imprint/psa.h need of this shell. */
#include <imprint/opaque_core.h>
#include <imprint/psa.h>

#include "psa/application.h"
#include "psa/keys.h"
#include "psa/opaque/opaque.h"
#include "psa/records.h"
#include "psa/shell.h"
#include "psa/slots.h"
#include "psa/start.h"

/*
 * Nothing to register: the core was built with this shell. A program whose core was not does not link, because only
 * psa/opaque/core/ has this constant.
 */
static psa_status_t connect(const struct driver_shell *shell)
{
    (void)shell;
    return imprint_opaque_core == IMPRINT_OPAQUE_CORE ? PSA_SUCCESS : PSA_ERROR_NOT_SUPPORTED;
}

/* Not by the lifetime: the engine's keys have the same records through either shell. */
static void name_slot(struct driver *driver, psa_key_attributes_t *attributes, uint8_t slot)
{
    (void)attributes;
    driver->slot_to_use = (uint8_t)(slot + 1);
}

static uint8_t slot_of(struct driver *driver, const psa_key_attributes_t *attributes, uint8_t otherwise)
{
    const psa_key_id_t id = psa_get_key_id(attributes);
    const uint8_t builtin = driver_slot_in_builtin_id(id);
    struct driver_record record;

    if (builtin != DRIVER_SLOT_ANY)
        return builtin;
    if (driver_read_record(driver, id, &record, NULL) != PSA_SUCCESS || record.slot >= CHIP_SLOTS)
        return otherwise;
    return record.slot;
}

/*
 * Whether the slot's built-in key is there and may do all that `attributes` ask for: the core narrows the policy of a
 * copy to the source's without a word, and would so register a key that cannot do what it is for.
 */
static bool builtin_allows(const psa_key_attributes_t *attributes, uint8_t slot)
{
    psa_key_attributes_t builtin = PSA_KEY_ATTRIBUTES_INIT;
    const bool allows = psa_get_key_attributes(DRIVER_BUILTIN_ID(slot), &builtin) == PSA_SUCCESS &&
                        psa_get_key_type(attributes) == psa_get_key_type(&builtin) &&
                        (psa_get_key_usage_flags(attributes) & ~psa_get_key_usage_flags(&builtin)) == 0;

    psa_reset_key_attributes(&builtin);
    return allows;
}

/* Why the slot's key cannot be registered: its policy, or what the chip says is in the slot. */
static psa_status_t refuse(struct driver *driver, const struct driver_slot_needs *needs, uint8_t slot)
{
    if (driver->last_error.psa_status == PSA_ERROR_COMMUNICATION_FAILURE)
        return PSA_ERROR_COMMUNICATION_FAILURE;
    keys_forget_reason(driver);
    const psa_status_t status = driver_check_slot(driver, needs, slot, &driver->last_error);
    if (status != PSA_SUCCESS)
        return status;
    error_set(&driver->last_error, ERROR_KEY_ATTRIBUTES, "the key in the slot is not for this use", NULL);
    return PSA_ERROR_NOT_PERMITTED;
}

/*
 * The built-in key is read anew, with the policy that is asked for, and dropped again: what the slot holds may be
 * another key by the next use.
 */
static psa_status_t copy_builtin(struct driver *driver, const psa_key_attributes_t *attributes,
                                 const struct driver_slot_needs *needs, uint8_t slot)
{
    psa_key_id_t made;
    psa_status_t status;

    (void)psa_purge_key(DRIVER_BUILTIN_ID(slot));
    driver->registering = attributes;
    status = builtin_allows(attributes, slot) ? psa_copy_key(DRIVER_BUILTIN_ID(slot), attributes, &made)
                                              : refuse(driver, needs, slot);
    driver->registering = NULL;
    (void)psa_purge_key(DRIVER_BUILTIN_ID(slot));
    return status;
}

static psa_status_t register_key(struct driver *driver, const psa_key_attributes_t *attributes, uint8_t slot)
{
    struct driver_slot_needs needs;
    psa_status_t status = driver_needs_of_any(driver, attributes, DRIVER_REGISTER, &needs, &driver->last_error);

    if (status == PSA_SUCCESS && slot >= CHIP_SLOTS) {
        error_set(&driver->last_error, ERROR_USAGE, "there is no such slot: they have the numbers 0 to 15", NULL);
        status = PSA_ERROR_INVALID_ARGUMENT;
    }
    if (status == PSA_SUCCESS)
        status = copy_builtin(driver, attributes, &needs, slot);
    if (status != PSA_SUCCESS) {
        error_with_key(&driver->last_error, psa_get_key_id(attributes));
        error_with_psa(&driver->last_error, status);
    }
    return status;
}

const struct driver_shell driver_shell_opaque = {
    .connect = connect, .name_slot = name_slot, .slot_of = slot_of, .register_key = register_key};

psa_status_t imprint_psa_start_opaque(struct imprint_psa *psa, const struct imprint_transport *transport,
                                      struct imprint_store *store, const struct imprint_psa_settings *settings)
{
    return application_start(psa, transport, store, settings, &driver_shell_opaque);
}
