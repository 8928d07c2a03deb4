/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger of a station: every attempt at a device is an entry, entries are only appended, and a tree over them whose
 * root the station signs shows each change (ledger/merkle.h, ledger/note.h). The folder holds
 *
 *     ledger.db   entries, the newest checkpoint, and tables derived from the entries
 *     log.key     the key that signs checkpoints; PKCS#8, PEM, for this user alone. Not there where a chip has it
 *
 * An entry, what is derived from it, and the checkpoint that covers it are committed together, durably, or not at all.
 * docs/reference/ledger.md describes formats and tables.
 */
#ifndef IMPRINT_LEDGER_LEDGER_H
#define IMPRINT_LEDGER_LEDGER_H

#include <jansson.h>

#include "database/database.h"
#include "database/statement.h"
#include "ledger/entry.h"
#include "ledger/note.h"

#define LEDGER_DEVICE_SIZE 64 /* a device's serial number as text, with a NUL */
#define LEDGER_KEY_BYTES 32   /* of a public key: its X; a key and its negative have one secret */
#define LEDGER_NUMBER_MAX 20  /* bytes of a certificate's serial number: RFC 5280, section 4.1.2.2 */

enum ledger_mode {
    LEDGER_READ,  /* nothing is made or changed; ERROR_STORAGE_FAILED with errno ENOENT where there is none yet */
    LEDGER_USE,   /* for appending, where it is there; else as LEDGER_READ */
    LEDGER_WRITE, /* for appending; made where it is not there: the folder must be */
};

/* Where the log's key is. Zero-initialised: in log.key, and Ed25519 where it is made. */
struct ledger_key_choice {
    struct note_keeper keeper; /* it is there, and not in log.key */
    bool is_p256;              /* the kind of key that is made in log.key */
};

/* The statements that are prepared once (ledger/ledger.c: texts). */
enum ledger_statement {
    LEDGER_GET_LOG,
    LEDGER_ADD_ENTRY,
    LEDGER_SET_LOG,
    LEDGER_GET_DEVICE,
    LEDGER_ADD_ATTEMPT,
    LEDGER_ADD_DEVICE,
    LEDGER_ADD_KEY,
    LEDGER_GET_KEY,
    LEDGER_ADD_CERTIFICATE,
    LEDGER_GET_CERTIFICATE,
    LEDGER_GET_ENTRY,
    LEDGER_STATEMENT_COUNT
};

/* Zero-initialised: closed. Must not move while open. */
struct ledger {
    struct database database;
    char log[ENTRY_LOG_SIZE];      /* the log's name: the station's, and a random id */
    struct note_public public_key; /* of the log */
    /* Private. */
    char key_path[PATH_MAX];
    struct ledger_key_choice choice;
    struct note_key key; /* not with LEDGER_READ */
    struct statement statements[LEDGER_STATEMENT_COUNT];
    uint8_t *text; /* ENTRY_MAX bytes, for the entry that is written */
};

/*
 * Opens the ledger in `folder`. `station` names it when it is made; characters that a log's name cannot have become
 * "-". False with a reason, and closed.
 */
bool ledger_open(struct ledger *ledger, const char *folder, const char *station, enum ledger_mode mode,
                 struct error *err);

/*
 * The same where the log's key is not as usual. The ledger takes the keeper over: it is released by ledger_close(), and
 * where this fails. With LEDGER_READ no key is asked for.
 */
bool ledger_open_keyed(struct ledger *ledger, const char *folder, const char *station,
                       const struct ledger_key_choice *choice, enum ledger_mode mode, struct error *err);
void ledger_close(struct ledger *ledger);

/* What belongs to another device already. */
struct ledger_conflict {
    const char *what; /* "public key", "certificate serial number"; NULL: nothing does */
    char other[LEDGER_DEVICE_SIZE];
};

/*
 * Appends an entry, durably: `content` with format, version, log, number and time, which are set here. `*seq` gets its
 * number. `*conflict` says what of it another device has already; the entry is kept all the same. False with a reason;
 * then nothing was appended.
 */
bool ledger_append(struct ledger *ledger, json_t *content, uint64_t *seq, struct ledger_conflict *conflict,
                   struct error *err);

/*
 * The same in a transaction of the caller's (ledger->database), who commits it or rolls it back: for several entries
 * that belong together, and for what may only be said while something holds.
 */
bool ledger_add(struct ledger *ledger, json_t *content, uint64_t *seq, struct ledger_conflict *conflict,
                struct error *err);

/*
 * The device that has this public key (LEDGER_KEY_BYTES) or this certificate serial number, according to the ledger:
 * "" for none. False with a reason.
 */
bool ledger_find_key(struct ledger *ledger, const uint8_t *x, char device[static LEDGER_DEVICE_SIZE],
                     struct error *err);
bool ledger_find_certificate(struct ledger *ledger, struct bytes number, char device[static LEDGER_DEVICE_SIZE],
                             struct error *err);

/* The log as it is now. `time` is that of the newest entry. */
struct ledger_head {
    struct merkle tree;
    char time[ENTRY_TIME_SIZE];
    char checkpoint[NOTE_MAX]; /* signed */
};

/*
 * False with a reason: ERROR_DATABASE_DAMAGED where what is stored cannot be a log's; ERROR_STORAGE_FAILED with errno
 * ENOENT where whoever made the ledger was stopped before it had one.
 */
bool ledger_head(struct ledger *ledger, struct ledger_head *head, struct error *err);

/* All entries in their order: columns 0 number, 1 leaf, 2 body. The caller finishes the statement. */
bool ledger_select_entries(struct ledger *ledger, struct statement *entries, struct error *err);

/*
 * Runs the one statement in a transaction of its own: by itself it would be synced while it has the write lock (see
 * docs/decisions/0062). False with a reason. For the files of this folder.
 */
bool ledger_run(struct ledger *ledger, struct statement *statement, struct error *err);

/* The statement, ready to be bound; NULL with a reason. For the files of this folder. */
struct statement *ledger_prepared(struct ledger *ledger, enum ledger_statement which, struct error *err);

/* Puts into the derived tables what the entry says. False with a reason. For the files of this folder. */
bool ledger_derive(struct ledger *ledger, const json_t *entry, uint64_t seq, struct ledger_conflict *conflict,
                   struct error *err);

/*
 * What of the entry with number `seq` another device has, according to the tables, as ledger_append() said it then:
 * `conflict->what` NULL for nothing. Board number and microcontroller that the device has given up since (it was
 * retired) are nothing. Changes nothing. False with a reason.
 */
bool ledger_find_conflict(struct ledger *ledger, const json_t *entry, uint64_t seq, struct ledger_conflict *conflict,
                          struct error *err);

/*
 * The attempts at a device, newest first: numbers of entries into `seqs`, at most `most`. Their number; 0 also with a
 * reason.
 */
size_t ledger_attempts(struct ledger *ledger, const char *device, uint64_t *seqs, size_t most, struct error *err);

/* The last entry of a run that finished the device. False where there is none, or with a reason. */
bool ledger_last_made(struct ledger *ledger, const char *device, uint64_t *seq, struct error *err);

/* The entry with this number: its text into `text`, ENTRY_MAX bytes. False with a reason, or none where it is not
 * there. */
bool ledger_read(struct ledger *ledger, uint64_t seq, struct bytes_out *text, struct error *err);

/* The same as JSON: the caller's reference. NULL with a reason, or with none where it is not there or damaged. */
json_t *ledger_load(struct ledger *ledger, uint64_t seq, struct error *err);

#endif
