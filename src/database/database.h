/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A database: a file (SQLite) on one station, or a server (PostgreSQL) for a line, behind the same calls. A thin layer
 * that knows how imprint wants them: what is committed is durable, waiting ends, foreign keys hold, and each failure is
 * a `struct error` that names the file or the server. What is in the tables is the caller's matter; statements are in
 * database/statement.h.
 *
 * One SQL text serves both engines when it keeps to these rules:
 *
 *   - types TEXT, BIGINT (also for times: milliseconds, UTC) and BYTEA; CHECK, REFERENCES, PRIMARY KEY, UNIQUE, indexes
 *   - INSERT ... ON CONFLICT (c) DO NOTHING / DO UPDATE SET x = excluded.x, UPDATE and INSERT ... RETURNING, WITH,
 *     window functions, ALTER TABLE ADD COLUMN; no AUTOINCREMENT, WITHOUT ROWID, x'...', FOR UPDATE, json operators
 *   - a SELECT that may give many rows has LIMIT: from a server all rows of a statement come at once
 */
#ifndef IMPRINT_DATABASE_DATABASE_H
#define IMPRINT_DATABASE_DATABASE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define DATABASE_BUSY_MS 10000   /* how long another process may hold the database before a call gives up */
#define DATABASE_CONNECT_MS 5000 /* how long a server may take to accept a connection */
#define DATABASE_ANSWER_MS 30000 /* how long it may take to answer */

/*
 * What a database must be to be opened: whose it is, and how each version of its tables is made. All pointers must
 * outlive the database. Several kinds may share one server's database: their tables must have different names.
 */
struct database_kind {
    const char *name;            /* for messages, and the key of its version on a server: "ledger" */
    uint32_t application_id;     /* no other database passes for this one; not 0 */
    const char *const *upgrades; /* upgrades[n]: the SQL that makes version n + 1 of version n; version 0 is empty */
    unsigned version;            /* the version of this program: how many upgrades there are */
    unsigned busy_ms;            /* 0: DATABASE_BUSY_MS */
    const char *upgrader;        /* what to run, as a message's next: brings an older version up to date; NULL: none */
};

enum database_mode {
    DATABASE_READ, /* must be there, and is not changed; writing is refused */
    DATABASE_JOIN, /* must be there, in this version; is written, but its tables belong to somebody else */
    DATABASE_USE,  /* must be there; upgraded where it is of an older version */
    DATABASE_MAKE, /* made where it is not there (a file in a folder that is, tables in a database that is) */
};

/* Where a server is. Pointers need not outlive the call. */
struct database_server {
    /*
     * libpq's connection string or URI: 'host=db.example dbname=line user=st-01 sslmode=verify-full', 'service=line'.
     * Not a password: whoever gives one there is refused.
     */
    const char *settings;
    const char *password; /* NULL: from where libpq has it (pgpass), or another way to log in (certificate, peer) */
    unsigned connect_ms;  /* 0: DATABASE_CONNECT_MS */
    unsigned answer_ms;   /* 0: DATABASE_ANSWER_MS; an upgrade of the tables has a day */
    /* Tables that are there are brought to `version`, as a step to `last`, which may take long. NULL: not called. */
    void (*upgrading)(void *context, const struct database_kind *kind, unsigned version);
    void *context;
};

/* Zero-initialised: closed. Must not move while open. */
struct database {
    void *handle; /* NULL: closed */
    const struct database_kind *kind;
    char path[PATH_MAX]; /* the file; or of a server "database line on db.example:5432 as st-01": for messages */
    /* Private. */
    const struct database_engine *engine;
    bool in_transaction;
    bool syncs_later; /* of a file: the transaction's commit is synced when the write lock is free again */
    bool is_shared;   /* another process has the connection */
    bool is_lost;     /* the connection broke, or what the server does is unknown: nothing more can be asked */
    unsigned answer_ms;
    int64_t waiting_since_ms;
};

/*
 * Opens the file at `path`, mode 0600 where it is made. A symbolic link is not followed. False with a reason, and
 * closed: ERROR_STORAGE_FAILED (errno ENOENT: it is not there, or is empty), ERROR_STORAGE_FULL, ERROR_DATABASE_BUSY,
 * ERROR_DATABASE_VERSION (another version, or not a database of this kind), ERROR_DATABASE_DAMAGED.
 */
bool database_open(struct database *database, const char *path, const struct database_kind *kind,
                   enum database_mode mode, struct error *err);

/*
 * A database of this kind that no other process sees, with its tables and no rows: what does not fit into some memory
 * is in files that SQLite deletes by itself, where SQLITE_TMPDIR or TMPDIR names a folder, else in /var/tmp or /tmp.
 * False with a reason, and closed.
 */
bool database_open_temporary(struct database *database, const struct database_kind *kind, struct error *err);

/*
 * As database_open() on a server, whose database must be there. False with a reason, and closed; besides those above:
 * ERROR_SERVER_AWAY (not reached in time, or going down: the same call may succeed later), ERROR_SERVER_UNTRUSTED
 * (TLS), ERROR_SERVER_REFUSED (login, rights), ERROR_USAGE (the settings are wrong, or have a password).
 *
 * Any later call can fail with ERROR_SERVER_AWAY: then whether it was done is unknown, and all further calls fail until
 * the database is closed and opened again. Write statements so that they can be repeated.
 */
bool database_connect(struct database *database, const struct database_server *server, const struct database_kind *kind,
                      enum database_mode mode, struct error *err);

/*
 * The same through another process, which has a connection to that server and answers at `socket`, one end of a pair:
 * without a login, and with DATABASE_JOIN. Only what leaves nothing in the session may be asked: no transactions, no
 * SET, no temporary tables. A transaction and a SET fail with ERROR_UNEXPECTED and end the other process. The socket
 * stays the caller's, and can have several databases, which are asked one after the other. False without a reason where
 * that process has no connection, or another server's, does not answer within two seconds, or has too many who ask it:
 * database_connect() then does it, or says why not.
 */
bool database_connect_shared(struct database *database, int socket, const struct database_server *server,
                             const struct database_kind *kind);

/*
 * Is that process: answers the questions of all whose sockets arrive over `from` (SCM_RIGHTS), one after the other.
 * A socket that is new is closed while a question of each would need more than half of the time for an answer, by the
 * mean of the last four. What came over a socket whose other end is closed since is not asked. From the end of `from`,
 * or when `most_ms` have passed, no new one is accepted: `from` is closed. Returns when the last one has closed its
 * socket, or at once when the connection broke. `server`: whose connection the database is.
 */
void database_share(struct database *database, int from, const struct database_server *server, unsigned most_ms);

/*
 * Gives that process a socket, by the other end `to` of its `from`, if there is room for it at once. The caller's end
 * of `socket` stays open.
 */
bool database_share_give(int to, int socket);

/* Whether a server's settings can be read and have no password. False with ERROR_USAGE; reaches no server. */
bool database_check_settings(const char *settings, struct error *err);

#define DATABASE_VERIFIER_SIZE 256

/*
 * Of a server: what it may keep of a role's password instead of it (SCRAM-SHA-256), so that the password is in no
 * statement and no log. Text without quotes. False with a reason.
 */
bool database_password_verifier(struct database *database, const char *password, const char *role,
                                char verifier[static DATABASE_VERIFIER_SIZE], struct error *err);

/* Rolls an open transaction back. Closed stays closed. */
void database_close(struct database *database);

/*
 * A transaction. database_begin() takes the kind's write lock at once, so that nothing read in it can be changed by
 * another process's transaction before the commit. What is committed is durable when database_commit() returns; other
 * processes may see it a moment before. After a failed commit it is rolled back; where only its sync failed, what is
 * on the disk is unknown. Rolling back without one does nothing.
 */
bool database_begin(struct database *database, struct error *err);
bool database_commit(struct database *database, struct error *err);
void database_rollback(struct database *database);

/*
 * Makes durable what was read last, in case another process's commit is still on its way to the disk. To be called
 * before anything that was read leaves this machine: with the power it must not be lost here and be known there. False
 * with a reason.
 */
bool database_settle(struct database *database, struct error *err);

/* Runs SQL that gives no rows: one statement or several. False with a reason. */
bool database_run(struct database *database, const char *sql, struct error *err);

/*
 * Of a file: reads every page and index. False with ERROR_DATABASE_DAMAGED and the first finding. Takes seconds for
 * gigabytes.
 */
bool database_check(struct database *database, struct error *err);

/*
 * Of a file: writes a copy as of one moment to a new file at `path`, mode 0600, also while other processes write. False
 * with a reason, and no file; ERROR_USAGE when there is a file of that name already.
 */
bool database_copy(struct database *database, const char *path, struct error *err);

#endif
