/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A witness (C2SP tlog-witness): a program on another machine than the logs', which remembers of each log that it knows
 * the newest checkpoint, and cosigns the next one only where the log begins with all that was cosigned before. So a
 * log that was put back, or went on twice, gets no cosignature, and the checkpoint that shows it is kept. The folder:
 *
 *     witness.db   the logs it knows, and the newest checkpoint of each (witness/store.h)
 *     witness.key  the key that cosigns, Ed25519; PKCS#8, PEM, for this user alone
 */
#ifndef IMPRINT_WITNESS_WITNESS_H
#define IMPRINT_WITNESS_WITNESS_H

#include "service/listen.h"
#include "witness/store.h"

/* Zero-initialised: closed. Must not move while open. */
struct witness {
    struct database database;
    char name[NOTE_NAME_SIZE];
    struct note_key key; /* not with DATABASE_READ */
    char key_path[PATH_MAX];
};

/* Makes the folder, which must not be there, with a new key. False with a reason. */
bool witness_make(struct witness *witness, const char *folder, const char *name, struct error *err);

/* DATABASE_READ: only to list; else DATABASE_USE. False with a reason, and closed. */
bool witness_open(struct witness *witness, const char *folder, enum database_mode mode, struct error *err);
void witness_close(struct witness *witness);

/* The public key of a witness that is open to cosign, as C2SP writes it. False with a reason. */
bool witness_vkey(const struct witness *witness, char text[static NOTE_VKEY_SIZE], struct error *err);

/* From now on it cosigns this log. False with a reason; ERROR_DUPLICATE where it knows the name with another key. */
bool witness_trust(struct witness *witness, const char *log, const struct note_public *key, bool *is_new,
                   struct error *err);

/* What becomes of a request. */
enum witness_outcome {
    WITNESS_COSIGNED,
    WITNESS_BAD_REQUEST,    /* it is no add-checkpoint */
    WITNESS_UNKNOWN_LOG,    /* this witness was not told of the log */
    WITNESS_NOT_SIGNED,     /* the log's key has not signed it */
    WITNESS_OTHER_SIZE,     /* the proof does not begin where this witness is: the answer says where that is */
    WITNESS_FORK,           /* same size as cosigned before, another root */
    WITNESS_NOT_CONSISTENT, /* the proof does not hold: the log does not begin with what was cosigned before */
    WITNESS_FAILED,         /* this witness cannot work; `err` says why */
};

struct witness_answer {
    enum witness_outcome outcome;
    uint64_t known;               /* how many entries were cosigned before */
    struct checkpoint checkpoint; /* that was asked for, where it could be read */
    char line[NOTE_LINE_MAX];     /* the cosignature */
};

/* Decides about the body of an add-checkpoint. What it cosigns is stored durably before. */
void witness_decide(struct witness *witness, struct bytes body, struct witness_answer *answer, struct error *err);

/* A word for people and programs: "cosigned", "unknown-log". */
const char *witness_outcome_word(enum witness_outcome outcome);

/* --- as a server (witness/server.c) --- */

struct witness_events {
    void *context;
    /* After each request, from the server's thread; `err` has a reason with WITNESS_FAILED alone. */
    void (*decided)(void *context, const struct witness_answer *answer, const struct error *err);
};

struct witness_server;

/*
 * Serves add-checkpoint over HTTP at HOST:PORT until witness_stop(), from a thread of its own; `address` gets where.
 * Nothing else may use the witness meanwhile. NULL with a reason.
 */
struct witness_server *witness_serve(struct witness *witness, const char *place, const struct witness_events *events,
                                     char address[static SERVICE_ADDRESS_SIZE], struct error *err);
void witness_stop(struct witness_server *server);

#endif
