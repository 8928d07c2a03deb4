/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stored records that the driver needs: key records, and which slots are scrap. The driver only reads key records;
 * the core writes them (docs/reference/psa-keys.md, Mbed TLS 3.6 `library/psa_crypto_storage.c`). A key record that
 * cannot be read or parsed is an error that names its key id, because it may claim any slot.
 */
#ifndef IMPRINT_PSA_RECORDS_H
#define IMPRINT_PSA_RECORDS_H

#include <psa/crypto.h>

#include "psa/driver.h"

#define DRIVER_RECORD_HEADER_BYTES 36

/* A key record. */
struct driver_record {
    uint32_t key_id;
    uint8_t header[DRIVER_RECORD_HEADER_BYTES]; /* as stored; the functions below parse it */
    bool is_ours;                               /* its location is this driver's */
    uint64_t number;                            /* then: the slot number, as stored */
    uint8_t slot;                               /* CHIP_SLOTS: not in this chip, or a number that no chip has */
};

psa_key_type_t driver_record_type(const struct driver_record *record);
size_t driver_record_bits(const struct driver_record *record);
psa_key_usage_t driver_record_usage(const struct driver_record *record);
psa_algorithm_t driver_record_algorithm(const struct driver_record *record);

/*
 * Reads the record of `key_id`. PSA_ERROR_DOES_NOT_EXIST if there is none; PSA_ERROR_DATA_CORRUPT if it is damaged;
 * PSA_ERROR_DATA_INVALID if it has a later format; PSA_ERROR_STORAGE_FAILURE if it cannot be
 * read.
 */
psa_status_t driver_read_record(struct driver *driver, uint32_t key_id, struct driver_record *record,
                                struct error *err);

/*
 * Calls `visit` for each key record of this driver (uid in PSA's key id range, location DRIVER_LOCATION) in
 * ascending order of id until it returns false. Fails on a damaged record, naming its key id. A record whose slot
 * number no chip has (slot CHIP_SLOTS) is visited too: it claims no slot, and stays until somebody destroys its key.
 */
psa_status_t driver_visit_records(struct driver *driver, bool (*visit)(void *context, const struct driver_record *),
                                  void *context, struct error *err);

/* Finds the lowest key id that points to `slot`, leaving out `except_id`; 0 for none. */
psa_status_t driver_find_claim(struct driver *driver, uint8_t slot, uint32_t except_id, uint32_t *key_id,
                               struct error *err);

/*
 * Whether a key may be created under `key_id`: PSA_ERROR_ALREADY_EXISTS when there is a record with it, of whatever
 * location and however damaged. The core itself does not check this for keys in a secure element.
 */
psa_status_t driver_check_new_id(struct driver *driver, uint32_t key_id, struct error *err);

/*
 * The uid of the scrap record of one of this chip's slots; and whether that record exists, with its erase-due flag in
 * `*due`.
 */
uint64_t driver_scrap_uid(uint8_t slot);
bool driver_scrap_get(const struct driver *driver, uint8_t slot, bool *due);

#endif
