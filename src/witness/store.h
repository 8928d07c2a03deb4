/* SPDX-License-Identifier: Apache-2.0 */
/* What a witness remembers, witness.db: the logs that it knows, the newest checkpoint of each, and what it refused. */
#ifndef IMPRINT_WITNESS_STORE_H
#define IMPRINT_WITNESS_STORE_H

#include "database/database.h"
#include "ledger/note.h"

/* One log. */
struct witness_log {
    char name[NOTE_NAME_SIZE];
    struct note_public key;
    uint64_t size, time; /* of the newest checkpoint that was cosigned, and when (seconds since 1970); 0: none */
    uint8_t root[MERKLE_BYTES];
    uint64_t refused; /* checkpoints, signed by the log, that were not shown to continue what was cosigned */
};

bool witness_store_open(struct database *database, const char *path, enum database_mode mode, struct error *err);

/* The witness's name: NOTE_NAME_SIZE bytes. False with a reason; ERROR_DATABASE_DAMAGED where none was stored. */
bool witness_store_name(struct database *database, char name[static NOTE_NAME_SIZE], struct error *err);
bool witness_store_set_name(struct database *database, const char *name, struct error *err);

/* `*is_there` false, without a reason: it knows no such log. */
bool witness_store_find(struct database *database, const char *name, struct witness_log *log, bool *is_there,
                        struct error *err);
bool witness_store_add(struct database *database, const char *name, const struct note_public *key, struct error *err);

/* The newest checkpoint of a log that is known. In the caller's transaction. */
bool witness_store_update(struct database *database, const struct checkpoint *checkpoint, uint64_t time,
                          struct bytes note, struct error *err);

/* Keeps a checkpoint that was not shown to continue what was cosigned. Once, and not more than a hundred of a log. */
bool witness_store_refuse(struct database *database, const struct checkpoint *checkpoint, uint64_t time,
                          struct bytes note, struct error *err);

/* It has been cosigned since: what was refused was the proof that came with it. */
bool witness_store_clear(struct database *database, const struct checkpoint *checkpoint, struct error *err);

/* Calls for each log, by name. False with a reason. */
bool witness_store_list(struct database *database, void (*each)(void *context, const struct witness_log *log),
                        void *context, struct error *err);

#endif
