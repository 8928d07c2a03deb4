/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/status.h"

#include "psa/keys.h"

enum provision_status provision_status_of(const struct error *err)
{
    switch (err->reason) {
    case ERROR_WRONG_PART:
    case ERROR_WRONG_CONFIGURATION:
    case ERROR_FOREIGN_KEY:
    case ERROR_DONE_ELSEWHERE:
    case ERROR_OTHER_PROFILE:
    case ERROR_KEY_RECORDED:
    case ERROR_NO_MARK:
    case ERROR_CERTIFICATE_DIFFERS:
    case ERROR_CONFIG_UNLOCKED:
    case ERROR_CONFIG_LOCKED:
    case ERROR_DATA_UNLOCKED:
    case ERROR_DATA_LOCKED:
    case ERROR_SLOT_POLICY:
    case ERROR_SLOT_LOCKED:
    case ERROR_SLOT_EMPTY:
    case ERROR_SLOT_CLAIMED:
    case ERROR_SLOT_FILLED:
    case ERROR_NO_FREE_SLOT:
        return PROVISION_WRONG;
    case ERROR_DEVICE_MISSING:
    case ERROR_DEVICE_SILENT:
    case ERROR_DEVICE_GARBLED:
    case ERROR_DEVICE_RESET:
    case ERROR_DEVICE_BUSY:
    case ERROR_MESSAGE_TOO_LONG:
        return PROVISION_UNREACHABLE;
    case ERROR_STORAGE_FULL:
    case ERROR_STORAGE_FAILED:
    case ERROR_STORAGE_CORRUPT:
        return PROVISION_STORAGE;
    case ERROR_NOT_ARMED:
        return PROVISION_NOT_ARMED;
    case ERROR_INPUT_FILE:
    case ERROR_WRITE_KEY_MISSING:
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
    keys_explain(provision->driver, status, err);
    if (key != NULL)
        error_with_key(err, key->id);
    return provision_status_of(err);
}

enum provision_status provision_random(const struct provision *provision, uint8_t *out, size_t len, struct error *err)
{
    psa_status_t status;

    keys_forget_reason(provision->driver);
    status = psa_generate_random(out, len);
    return status == PSA_SUCCESS ? PROVISION_OK : provision_psa_failed(provision, status, NULL, err);
}

void provision_prepare_driver(struct provision *provision, struct driver_settings *before)
{
    const struct profile *profile = provision->profile;
    struct driver *driver = provision->driver;
    unsigned named = 0;

    for (size_t i = 0; i < profile->key_count; i++) {
        if (profile->keys[i].slot != PROFILE_SLOT_ANY)
            named |= 1u << profile->keys[i].slot;
    }
    for (size_t i = 0; i < profile_data_count(profile); i++)
        named |= 1u << profile->data[i].slot;
    *before = driver->settings;
    driver->settings.stay_awake = true;
    driver_remember(driver, &provision->seen);
    driver->settings.reserved_slots = (uint16_t)named;
    error_clear(&driver->last_error); /* it belongs to a call before this run */
}

enum provision_status provision_restore_driver(struct provision *provision, const struct driver_settings *before,
                                               bool ok, const struct error *err)
{
    driver_rest(provision->driver); /* it stays awake, by the settings of the run */
    provision->driver->settings = *before;
    driver_remember(provision->driver, NULL);
    return ok ? PROVISION_OK : provision_status_of(err);
}

psa_status_t provision_read_record(struct driver *driver, const struct profile_key *key, bool fresh, uint8_t *slot,
                                   struct error *err)
{
    psa_key_attributes_t has = PSA_KEY_ATTRIBUTES_INIT;
    struct error why = {.reason = ERROR_NONE};
    uint8_t found = KEYS_SLOT_ANY;
    psa_status_t status = keys_attributes(driver, key->id, fresh, &has, &found, &why);
    bool same;

    if (status != PSA_SUCCESS) {
        if (status != PSA_ERROR_INVALID_HANDLE && status != PSA_ERROR_DOES_NOT_EXIST)
            error_pass(err, &why);
        return status;
    }
    same = profile_key_has(key, KEYS_LIFETIME, &has);
    psa_reset_key_attributes(&has);
    if (same && found != PROFILE_SLOT_ANY && (key->slot == PROFILE_SLOT_ANY || key->slot == found)) {
        *slot = found;
        return PSA_SUCCESS;
    }
    error_set(err, ERROR_FOREIGN_KEY,
              same ? "the key id exists, but its key is in another slot than the profile says"
                   : "the key id exists with other attributes than the profile says",
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
