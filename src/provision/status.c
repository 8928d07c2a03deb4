/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/status.h"

struct psa_meaning {
    int16_t status; /* psa_status_t: its values are small */
    enum error_reason reason;
    const char *cause;
    const char *next;
};

/* What a status that came from the PSA core itself, not from the driver, tells a person. */
static const struct psa_meaning psa_meanings[] = {
    {PSA_ERROR_ALREADY_EXISTS, ERROR_KEY_EXISTS, "the key id is in use", "choose another id, or destroy the key first"},
    {PSA_ERROR_INVALID_HANDLE, ERROR_KEY_UNKNOWN, "no key has this id", "list the keys with: imprint keys"},
    {PSA_ERROR_DOES_NOT_EXIST, ERROR_KEY_UNKNOWN, "no key has this id", "list the keys with: imprint keys"},
    {PSA_ERROR_INSUFFICIENT_STORAGE, ERROR_STORAGE_FULL, "there is no room for the key's record",
     "free some room where the state is kept and run again"},
    {PSA_ERROR_STORAGE_FAILURE, ERROR_STORAGE_FAILED, "the key store cannot be read or written",
     "check the medium and the permissions of the state folder"},
    {PSA_ERROR_DATA_CORRUPT, ERROR_STORAGE_CORRUPT, "the key's record is damaged",
     "restore the state folder from a copy, or forget this device's keys with: imprint erase --yes"},
    {PSA_ERROR_DATA_INVALID, ERROR_STORAGE_CORRUPT, "the key's record is not one this version understands",
     "restore the state folder from a copy, or forget this device's keys with: imprint erase --yes"},
    {PSA_ERROR_COMMUNICATION_FAILURE, ERROR_DEVICE_SILENT, "the chip does not answer", "check power and wiring"},
    {PSA_ERROR_NOT_SUPPORTED, ERROR_KEY_ATTRIBUTES, "neither chip nor PSA supports a key of this kind",
     "change type, algorithm or usage in the profile"},
    {PSA_ERROR_INVALID_ARGUMENT, ERROR_KEY_ATTRIBUTES, "PSA refuses the key's attributes",
     "change type, algorithm or usage in the profile"},
};

enum provision_status provision_status_of(const struct error *err)
{
    switch (err->reason) {
    case ERROR_WRONG_PART:
    case ERROR_WRONG_CONFIGURATION:
    case ERROR_FOREIGN_KEY:
        return PROVISION_WRONG;
    case ERROR_DEVICE_MISSING:
    case ERROR_DEVICE_SILENT:
    case ERROR_DEVICE_GARBLED:
    case ERROR_DEVICE_RESET:
    case ERROR_DEVICE_BUSY:
        return PROVISION_UNREACHABLE;
    case ERROR_STORAGE_FULL:
    case ERROR_STORAGE_FAILED:
    case ERROR_STORAGE_CORRUPT:
        return PROVISION_STORAGE;
    case ERROR_NOT_ARMED:
        return PROVISION_NOT_ARMED;
    case ERROR_INPUT_FILE:
        return PROVISION_INPUT;
    case ERROR_INTERRUPTED:
        return PROVISION_INTERRUPTED;
    default:
        return PROVISION_REFUSED;
    }
}

const struct profile_key *provision_key_of(const struct provision *provision, const struct provision_step *step)
{
    return &provision->profile->keys[step->key];
}

enum provision_status provision_psa_failed(const struct provision *provision, psa_status_t status,
                                           const struct profile_key *key, struct error *err)
{
    if (provision->driver->last_error.reason != ERROR_NONE) {
        error_pass(err, &provision->driver->last_error);
    } else {
        for (size_t i = 0; i < sizeof(psa_meanings) / sizeof(psa_meanings[0]); i++) {
            if (psa_meanings[i].status == status)
                error_set(err, psa_meanings[i].reason, psa_meanings[i].cause, psa_meanings[i].next);
        }
        error_set(err, ERROR_PSA, "PSA Crypto refused", NULL);
    }
    error_with_psa(err, status);
    if (key != NULL)
        error_with_key(err, key->id);
    return provision_status_of(err);
}

void provision_begin(struct provision *provision, struct driver_settings *before)
{
    const struct profile *profile = provision->profile;
    struct driver *driver = provision->driver;
    unsigned named = 0;

    for (size_t i = 0; i < profile->key_count; i++) {
        if (profile->keys[i].slot != PROFILE_SLOT_ANY)
            named |= 1u << profile->keys[i].slot;
    }
    *before = driver->settings;
    driver->settings.stay_awake = true;
    driver->settings.reserved_slots = (uint16_t)named;
    error_clear(&driver->last_error); /* of a call before this run: no reason for what fails now */
    driver_forget_config(driver);
}

enum provision_status provision_end(struct provision *provision, const struct driver_settings *before, bool ok,
                                    const struct error *err)
{
    provision->driver->settings = *before;
    driver_rest(provision->driver);
    return ok ? PROVISION_OK : provision_status_of(err);
}

psa_status_t provision_read_record(const struct profile_key *key, uint8_t *slot, struct error *err)
{
    psa_key_attributes_t has = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_slot_number_t number = CHIP_SLOTS; /* stays so where the key is in no slot */
    psa_status_t status = psa_get_key_attributes(key->id, &has);
    bool same;
    uint8_t found;

    if (status != PSA_SUCCESS)
        return status;
    (void)psa_get_key_slot_number(&has, &number);
    found = number < CHIP_SLOTS ? (uint8_t)number : PROFILE_SLOT_ANY;
    same = profile_key_has(key, DRIVER_LIFETIME, &has);
    psa_reset_key_attributes(&has);
    if (same && found != PROFILE_SLOT_ANY && (key->slot == PROFILE_SLOT_ANY || key->slot == found)) {
        *slot = found;
        return PSA_SUCCESS;
    }
    error_set(err, ERROR_FOREIGN_KEY,
              same ? "the key id exists, but points to another slot than the profile's"
                   : "the key id exists with other attributes than the profile's",
              "list it with: imprint keys; correct the profile, or choose another key id");
    if (found != PROFILE_SLOT_ANY)
        error_at_slot(err, found);
    return PSA_SUCCESS;
}

bool provision_same_policy(const struct provision_plan *plan, const struct chip_config *config, struct error *err)
{
    int differs = chip_config_compare_policy(plan->part, config, &plan->wanted);

    if (differs < 0)
        return true;
    chip_config_note_difference(err, differs, &plan->wanted, config);
    return false;
}
