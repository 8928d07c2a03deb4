/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/records.h"

#include <string.h>

#include "base/order.h"
#include "psa/location.h"
#include "psa/scrap.h"
#include "psa/storage_status.h"

/*
 * A key record: magic, version, lifetime, type, bits, usage, algorithm, second algorithm, length of what follows
 * (36 bytes), then for a key in a secure element its slot number, 8 bytes in the order of the machine. All
 * little-endian (psa/transaction.h).
 */
enum {
    RECORD_VERSION = 8,
    RECORD_LIFETIME = 12,
    RECORD_TYPE = 16,
    RECORD_BITS = 18,
    RECORD_USAGE = 20,
    RECORD_ALGORITHM = 24,
    RECORD_LENGTH = 32,
    RECORD_SLOT_BYTES = 8,
};
static const uint8_t record_magic[8] = {'P', 'S', 'A', 0, 'K', 'E', 'Y', 0};

psa_key_type_t driver_record_type(const struct driver_record *record)
{
    return load16_le(record->header + RECORD_TYPE);
}

size_t driver_record_bits(const struct driver_record *record)
{
    return load16_le(record->header + RECORD_BITS);
}

psa_key_usage_t driver_record_usage(const struct driver_record *record)
{
    return load32_le(record->header + RECORD_USAGE);
}

psa_algorithm_t driver_record_algorithm(const struct driver_record *record)
{
    return load32_le(record->header + RECORD_ALGORITHM);
}

/* Of keys elsewhere it reads the header only, because their secrets follow it. CORRUPT if this is not a key record. */
static enum storage_status read_record(const struct storage *storage, struct driver_record *record)
{
    uint8_t slot[RECORD_SLOT_BYTES];
    struct bytes_out out = {.data = record->header, .cap = sizeof record->header};
    struct storage_record stored;
    enum storage_status status = storage->operations->get(storage->context, record->key_id, 0, &out, &stored);

    if (status != STORAGE_OK)
        return status;
    if (out.len != sizeof record->header || memcmp(record->header, record_magic, sizeof record_magic) != 0 ||
        load32_le(record->header + RECORD_VERSION) != 0 ||
        load32_le(record->header + RECORD_LENGTH) != stored.size - sizeof record->header)
        return STORAGE_CORRUPT;
    if (PSA_KEY_LIFETIME_GET_LOCATION(load32_le(record->header + RECORD_LIFETIME)) != DRIVER_LOCATION)
        return STORAGE_OK;

    out = (struct bytes_out){.data = slot, .cap = sizeof slot};
    status = storage->operations->get(storage->context, record->key_id, sizeof record->header, &out, NULL);
    if (status != STORAGE_OK)
        return status;
    if (stored.size != sizeof record->header + sizeof slot)
        return STORAGE_CORRUPT;
    record->number = load64_le(slot);
    record->is_ours = true;
    if (record->number < CHIP_SLOTS)
        record->slot = (uint8_t)record->number;
    return STORAGE_OK;
}

/* Also for an absent record; a caller that asks for one record uses only the status. */
static psa_status_t records_failed(enum storage_status status, struct error *err)
{
    bool medium = status == STORAGE_FAILED || status == STORAGE_READ_ONLY;

    error_set(err, medium ? ERROR_STORAGE_FAILED : ERROR_STORAGE_CORRUPT,
              medium ? "the key records cannot be read"
                     : "a key record is damaged or has a later format, and may claim any slot",
              medium ? "check the storage medium"
                     : "restore the record from a copy, or remove it and register the key again");
    return driver_status_of_storage(status);
}

psa_status_t driver_read_record(struct driver *driver, uint32_t key_id, struct driver_record *record, struct error *err)
{
    *record = (struct driver_record){.key_id = key_id, .slot = CHIP_SLOTS};
    enum storage_status status = read_record(driver->storage, record);
    if (status == STORAGE_OK)
        return PSA_SUCCESS;
    error_with_key(err, key_id);
    return records_failed(status, err);
}

psa_status_t driver_visit_records(struct driver *driver, bool (*visit)(void *context, const struct driver_record *),
                                  void *context, struct error *err)
{
    const struct storage *storage = driver->storage;
    struct driver_record record;
    uint64_t uid = 0;

    for (bool first = true;; first = false) {
        enum storage_status next = storage->operations->next(storage->context, first, &uid);
        if (next == STORAGE_ABSENT || (next == STORAGE_OK && uid > PSA_KEY_ID_VENDOR_MAX))
            return PSA_SUCCESS;
        if (next != STORAGE_OK)
            return records_failed(next, err);
        psa_status_t status = driver_read_record(driver, (uint32_t)uid, &record, err);
        if (status != PSA_SUCCESS)
            return status;
        if (record.is_ours && !visit(context, &record))
            return PSA_SUCCESS;
    }
}

_Static_assert(DRIVER_LOCATION == STORAGE_UID_DRIVER_HIGH, "scrap records must never be write-once");

struct claim {
    uint8_t slot;
    uint32_t except_id;
    uint32_t key_id;
};

static bool find_claim(void *context, const struct driver_record *record)
{
    struct claim *claim = context;

    if (record->slot < CHIP_SLOTS && record->slot == claim->slot && record->key_id != claim->except_id)
        claim->key_id = record->key_id;
    return claim->key_id == 0;
}

psa_status_t driver_find_claim(struct driver *driver, uint8_t slot, uint32_t except_id, uint32_t *key_id,
                               struct error *err)
{
    struct claim claim = {.slot = slot, .except_id = except_id};
    psa_status_t status = driver_visit_records(driver, find_claim, &claim, err);

    *key_id = claim.key_id;
    return status;
}

psa_status_t driver_check_new_id(struct driver *driver, uint32_t key_id, struct error *err)
{
    struct driver_record record;
    psa_status_t found = driver_read_record(driver, key_id, &record, err);

    if (found == PSA_ERROR_STORAGE_FAILURE)
        return found;
    error_clear(err);
    if (found == PSA_ERROR_DOES_NOT_EXIST)
        return PSA_SUCCESS;
    error_set(err, ERROR_KEY_EXISTS, "a key record with this id exists, whole or damaged",
              "use another key id, or destroy that key first");
    return PSA_ERROR_ALREADY_EXISTS;
}

uint64_t driver_scrap_uid(uint8_t slot)
{
    return scrap_uid(DRIVER_LOCATION, slot);
}

bool driver_scrap_get(const struct driver *driver, uint8_t slot, bool *due)
{
    return scrap_get(driver->storage, driver_scrap_uid(slot), due) == STORAGE_OK;
}
