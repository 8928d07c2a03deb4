/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of a signer's decisions: a tree over all of them, as a station's ledger has it (ledger/merkle.h), whose root
 * the signer signs with each decision (ledger/note.h), in the transaction that records it. So an edit, a gap, and what
 * was cut off or put in, of decisions and of the certificates that they granted, is found; and against a checkpoint
 * that somebody kept elsewhere also a log that was made anew.
 *
 * The key is in a file beside the database, NAME.key: PKCS#8, PEM, for this user alone. It is not an issuer's.
 */
#ifndef IMPRINT_SIGNER_LOG_H
#define IMPRINT_SIGNER_LOG_H

#include "database/database.h"
#include "ledger/note.h"
#include "ledger/verify.h"

/* Zero-initialised: closed. */
struct signer_log {
    struct note_key key;
    char name[ENTRY_LOG_SIZE]; /* "signer/0123456789abcdef" */
};

/*
 * Opens the log of an open database (signer/store.h), which is written; where there is none, makes it and its key. All
 * decisions that are there already are then its first ones. `path` is the database's. False with a reason.
 */
bool signer_log_open(struct signer_log *log, struct database *database, const char *path, struct error *err);
void signer_log_close(struct signer_log *log);

/* Adds the decision with this number, which the transaction has just stored, and signs. False with a reason. */
bool signer_log_add(const struct signer_log *log, struct database *database, int64_t number, struct error *err);

/* The log as it is now: its name, its public key and its newest checkpoint. */
struct signer_log_head {
    char name[ENTRY_LOG_SIZE], checkpoint[NOTE_MAX];
    struct note_public public_key;
    struct merkle tree;
};

/* False with a reason; ERROR_STORAGE_FAILED where the database has no log yet. Needs no key. */
bool signer_log_head(struct database *database, struct signer_log_head *head, struct error *err);

/*
 * Checks all decisions, and the checkpoints in `verify` (signatures verified: note_open()). Needs no key, and changes
 * nothing. `head` gets the log as it was checked. False with a reason when it could not be checked to the end; what it
 * found is in `verify`.
 */
bool signer_log_verify(struct database *database, struct ledger_verify *verify, struct signer_log_head *head,
                       struct error *err);

#endif
