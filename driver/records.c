/* SPDX-License-Identifier: Apache-2.0 */
#include "driver/records.h"

#include <string.h>

#include "bytes/order.h"
#include "driver/atecc608a_se.h"
#include "driver/status.h"

/*
 * A key record: magic, version, lifetime, type, bits, usage, algorithm, second algorithm, length of what follows
 * (36 bytes), then for a key in a secure element its slot number, 8 bytes in the order of the machine. All
 * little-endian (storage/transaction.h).
 */
enum {
    RECORD_VERSION = 8,
    RECORD_LIFETIME = 12,
    RECORD_TYPE = 16,
    RECORD_BITS = 18,
    RECORD_USAGE = 20,
    RECORD_ALGORITHM = 24,
    RECORD_LENGTH = 32,
    RECORD_HEADER_BYTES = 36,
    RECORD_SLOT_BYTES = 8,
};
static const uint8_t record_magic[8] = {'P', 'S', 'A', 0, 'K', 'E', 'Y', 0};

static psa_status_t record_damaged(uint32_t key_id, enum storage_status status, struct error *err)
{
    bool medium = status == STORAGE_FAILED || status == STORAGE_READ_ONLY;

    error_set(err, medium ? ERROR_STORAGE_FAILED : ERROR_STORAGE_CORRUPT,
              medium                     ? "a key record cannot be read"
              : status == STORAGE_FUTURE ? "a key record is of a later format, and may claim any slot"
                                         : "a key record is damaged, and may claim any slot",
              medium ? "check the storage medium"
                     : "restore the record from a copy, or remove it and register the key again");
    error_with_key(err, key_id);
    return status == STORAGE_OK ? PSA_ERROR_DATA_CORRUPT : driver_status_of_storage(status);
}

/* Never reads more than the header of other keys, whose secrets follow it. */
psa_status_t driver_read_record(struct driver *driver, uint32_t key_id, bool *ours, struct driver_record *record,
                                struct error *err)
{
    const struct storage *storage = driver->storage;
    uint8_t header[RECORD_HEADER_BYTES], slot_number[RECORD_SLOT_BYTES];
    struct bytes_out out = {.data = header, .cap = sizeof header};
    struct storage_record stored;
    enum storage_status status = storage->operations->get(storage->context, key_id, 0, &out, &stored);

    *ours = false;
    if (status != STORAGE_OK)
        return record_damaged(key_id, status, err);
    if (out.len != sizeof header || memcmp(header, record_magic, sizeof record_magic) != 0 ||
        load32_le(header + RECORD_VERSION) != 0 ||
        load32_le(header + RECORD_LENGTH) != stored.size - RECORD_HEADER_BYTES)
        return record_damaged(key_id, STORAGE_OK, err);

    uint32_t lifetime = load32_le(header + RECORD_LIFETIME);
    if (PSA_KEY_LIFETIME_GET_LOCATION(lifetime) != PSA_ATECC608A_LOCATION)
        return PSA_SUCCESS;
    out = (struct bytes_out){.data = slot_number, .cap = sizeof slot_number};
    status = storage->operations->get(storage->context, key_id, RECORD_HEADER_BYTES, &out, NULL);
    if (status != STORAGE_OK)
        return record_damaged(key_id, status, err);
    if (stored.size != RECORD_HEADER_BYTES + RECORD_SLOT_BYTES || out.len != sizeof slot_number)
        return record_damaged(key_id, STORAGE_OK, err);

    *record = (struct driver_record){
        .key_id = key_id,
        .lifetime = lifetime,
        .type = load16_le(header + RECORD_TYPE),
        .bits = load16_le(header + RECORD_BITS),
        .usage = load32_le(header + RECORD_USAGE),
        .algorithm = load32_le(header + RECORD_ALGORITHM),
        .slot_number = load64_le(slot_number),
    };
    if (record->slot_number >= CHIP_SLOTS)
        return record_damaged(key_id, STORAGE_OK, err);
    *ours = true;
    return PSA_SUCCESS;
}

psa_status_t driver_visit_records(struct driver *driver, bool (*visit)(void *context, const struct driver_record *),
                                  void *context, struct error *err)
{
    const struct storage *storage = driver->storage;
    uint64_t uid = 0;
    enum storage_status next = storage->operations->next(storage->context, true, &uid);

    for (; next == STORAGE_OK && uid <= PSA_KEY_ID_VENDOR_MAX;
         next = storage->operations->next(storage->context, false, &uid)) {
        struct driver_record record;
        bool ours;
        if (uid < PSA_KEY_ID_USER_MIN)
            continue;
        psa_status_t status = driver_read_record(driver, (uint32_t)uid, &ours, &record, err);
        if (status != PSA_SUCCESS)
            return status;
        if (ours && !visit(context, &record))
            return PSA_SUCCESS;
    }
    if (next != STORAGE_OK && next != STORAGE_ABSENT) {
        error_set(err, ERROR_STORAGE_FAILED, "the key records cannot be listed", "check the storage medium");
        return driver_status_of_storage(next);
    }
    return PSA_SUCCESS;
}

psa_status_t driver_check_new_id(struct driver *driver, uint32_t key_id, struct error *err)
{
    const struct storage *storage = driver->storage;
    struct bytes_out nothing = {.data = NULL, .cap = 0};
    enum storage_status status = storage->operations->get(storage->context, key_id, 0, &nothing, NULL);

    if (status == STORAGE_ABSENT)
        return PSA_SUCCESS;
    error_with_key(err, key_id);
    if (status == STORAGE_OK || status == STORAGE_CORRUPT || status == STORAGE_FUTURE) {
        error_set(err, ERROR_KEY_EXISTS,
                  status == STORAGE_OK ? "a key with this id exists" : "a damaged key record with this id exists",
                  "use another key id, or destroy that key first");
        return PSA_ERROR_ALREADY_EXISTS;
    }
    error_set(err, ERROR_STORAGE_FAILED, "the key records cannot be read", "check the storage medium");
    return driver_status_of_storage(status);
}

bool driver_destroyed_id(const struct storage *storage, uint8_t slot, uint32_t *key_id)
{
    const struct storage_destruction *open = &storage->destruction;

    if (open->uid == 0 || open->uid > PSA_KEY_ID_VENDOR_MAX || open->lifetime != PSA_ATECC608A_LIFETIME ||
        open->slot != slot)
        return false;
    *key_id = (uint32_t)open->uid;
    return true;
}
