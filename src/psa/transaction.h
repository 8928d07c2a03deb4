/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record in which Mbed TLS stores what it is about to do with a key in a secure element: key id, slot, create or
 * destroy. The core writes it before it calls the driver's method and removes it afterwards. A record found at start
 * belongs to an operation that was cut short. Layout: psa_crypto_transaction_t of Mbed TLS 3.6
 * (library/psa_crypto_storage.h), 24 bytes in the machine's byte order (imprint supports little endian only). For a
 * creation psa/se_session.c appends the driver's note, which the core never sees:
 *
 *   24  note version (1)    25  enum transaction_creation    26  1: the slot was empty, 0: it was not    27  zero
 */
#ifndef IMPRINT_PSA_TRANSACTION_H
#define IMPRINT_PSA_TRANSACTION_H

#include "storage/storage.h"

/* The uid of the transaction record; there is at most one (library/psa_crypto_storage.h). */
#define TRANSACTION_UID STORAGE_KEPT_UID

#define TRANSACTION_BYTES 24
#define TRANSACTION_NOTE_BYTES 4
#define TRANSACTION_STORED_MAX (TRANSACTION_BYTES + TRANSACTION_NOTE_BYTES)

enum transaction_kind {
    TRANSACTION_UNKNOWN = 0,
    TRANSACTION_CREATE = 1, /* generate, import or register: the record does not tell which */
    TRANSACTION_DESTROY = 2,
};

/* How a key is put into its slot. Stored: the values never change. */
enum transaction_creation {
    TRANSACTION_CREATION_UNKNOWN = 0,
    TRANSACTION_CREATION_IMPORT = 1,
    TRANSACTION_CREATION_GENERATE = 2,
    TRANSACTION_CREATION_REGISTER = 3,
};

/* Facts about a creation that the driver knows and the core's transaction lacks. */
struct transaction_note {
    enum transaction_creation creation;
    bool fresh; /* the slot was empty or scrap before */
};

struct se_transaction {
    enum transaction_kind kind;
    uint32_t lifetime; /* psa_key_lifetime_t */
    uint64_t slot;
    uint64_t uid;                 /* of the key's record: the key id; upper half: the owner, if the core has owners */
    struct transaction_note note; /* UNKNOWN if none was stored, or another version's */
};

/* Parses a transaction of a known kind with a key's uid: 24 bytes, with or without a note. False for anything else. */
bool transaction_parse(struct bytes content, struct se_transaction *transaction);

/* Writes the core's part of the record: everything but the note. */
void transaction_write(const struct se_transaction *transaction, uint8_t stored[static TRANSACTION_BYTES]);

/* Writes the note as it is stored after the core's bytes. */
void transaction_write_note(struct transaction_note note, uint8_t stored[static TRANSACTION_NOTE_BYTES]);

/*
 * Reads the transaction in `storage`. ABSENT if there is none; CORRUPT also for a record that does not parse; otherwise
 * as get(). Recovery at start begins here.
 */
enum storage_status transaction_read(const struct storage *storage, struct se_transaction *transaction);

#endif
