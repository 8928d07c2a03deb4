/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record in which Mbed TLS notes what it is about to do to a key in a secure element: which key id, which slot,
 * create or destroy. The core writes it before it calls the driver's method and removes it afterwards; one that is
 * found at start is of an operation that was cut short. Layout: psa_crypto_transaction_t of Mbed TLS 3.6
 * (library/psa_crypto_storage.h), 24 bytes in the order of the machine, which for us is little endian. For a creation
 * storage/psa_its.c appends the driver's note, which the core never sees:
 *
 *   24  note version (1)    25  enum storage_creation    26  1: the slot was empty, 0: it was not    27  zero
 */
#ifndef IMPRINT_STORAGE_TRANSACTION_H
#define IMPRINT_STORAGE_TRANSACTION_H

#include "storage/storage.h"

/* The uids that Mbed TLS 3.6 uses beside those of keys (library/psa_crypto_storage.h, psa_crypto_se.h). */
#define STORAGE_UID_TRANSACTION 0xFFFFFF74u
#define STORAGE_UID_DRIVER_DATA 0xFFFFFE00u /* plus the driver's location, 1 to 255 */
#define STORAGE_UID_DRIVER_DATA_LAST 0xFFFFFEFFu

#define STORAGE_TRANSACTION_BYTES 24
#define STORAGE_TRANSACTION_NOTE_BYTES 4
#define STORAGE_TRANSACTION_STORED_MAX (STORAGE_TRANSACTION_BYTES + STORAGE_TRANSACTION_NOTE_BYTES)

enum storage_transaction_kind {
    STORAGE_TRANSACTION_UNKNOWN = 0,
    STORAGE_TRANSACTION_CREATE = 1, /* generate, import or register: the record does not tell which */
    STORAGE_TRANSACTION_DESTROY = 2,
};

struct storage_transaction {
    enum storage_transaction_kind kind;
    uint32_t lifetime; /* psa_key_lifetime_t */
    uint64_t slot;
    uint64_t uid; /* of the key's record: the key id, with the owner in the upper half where the core has owners */
    struct storage_note note; /* UNKNOWN where none was stored, or one of another version */
};

/* False for anything but 24 bytes, or these and a note, of a known kind with a key's uid. */
bool storage_transaction_parse(struct bytes content, struct storage_transaction *transaction);

/* The note as it is stored behind the core's bytes. */
void storage_transaction_write_note(struct storage_note note, uint8_t stored[static STORAGE_TRANSACTION_NOTE_BYTES]);

/*
 * The transaction that is open in `storage`. ABSENT when none is; CORRUPT also for a record that does not parse; else
 * as get(). Recovery at start (which decides by this and by what the chip holds) begins here.
 */
enum storage_status storage_transaction_read(const struct storage *storage, struct storage_transaction *transaction);

#endif
