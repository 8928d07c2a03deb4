/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record in which Mbed TLS notes what it is about to do to a key in a secure element: which key id, which slot,
 * create or destroy. The core writes it before it calls the driver's method and removes it afterwards; one that is
 * found at start is of an operation that was cut short. Layout: psa_crypto_transaction_t of Mbed TLS 3.6
 * (library/psa_crypto_storage.h), 24 bytes in the order of the machine, which for us is little endian. For a creation
 * psa/se_c/se_session.c appends the driver's note, which the core never sees:
 *
 *   24  note version (1)    25  enum transaction_creation    26  1: the slot was empty, 0: it was not    27  zero
 */
#ifndef IMPRINT_PSA_SE_C_TRANSACTION_H
#define IMPRINT_PSA_SE_C_TRANSACTION_H

#include "storage/storage.h"

/* The uid of the one transaction that there can be (library/psa_crypto_storage.h). */
#define TRANSACTION_UID 0xFFFFFF74u

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

/* What the driver knows of a creation and the core's transaction does not say. */
struct transaction_note {
    enum transaction_creation creation;
    bool fresh; /* the slot was empty before, or held what nobody wants */
};

struct se_transaction {
    enum transaction_kind kind;
    uint32_t lifetime; /* psa_key_lifetime_t */
    uint64_t slot;
    uint64_t uid; /* of the key's record: the key id, with the owner in the upper half where the core has owners */
    struct transaction_note note; /* UNKNOWN where none was stored, or one of another version */
};

/* False for anything but 24 bytes, or these and a note, of a known kind with a key's uid. */
bool transaction_parse(struct bytes content, struct se_transaction *transaction);

/* The note as it is stored after the core's bytes. */
void transaction_write_note(struct transaction_note note, uint8_t stored[static TRANSACTION_NOTE_BYTES]);

/*
 * The transaction that is open in `storage`. ABSENT when none is; CORRUPT also for a record that does not parse; else
 * as get(). Recovery at start (which decides by this and by what the chip holds) begins here.
 */
enum storage_status transaction_read(const struct storage *storage, struct se_transaction *transaction);

#endif
