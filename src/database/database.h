/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A database in one file: a thin layer over SQLite that knows how imprint wants it. What is committed is durable
 * (write-ahead log, synchronous=FULL), waiting for another process ends, foreign keys hold, the file is for this user
 * alone, and each failure of SQLite is a `struct error` that names the file. What is in the tables is the caller's
 * matter; statements are in database/statement.h.
 */
#ifndef IMPRINT_DATABASE_DATABASE_H
#define IMPRINT_DATABASE_DATABASE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/error.h"

#define DATABASE_BUSY_MS 10000 /* how long another process may hold the database before a call gives up */

/*
 * What a file must be to be opened: whose it is, and how each version of its tables is made. All pointers must outlive
 * the database.
 */
struct database_kind {
    const char *name;            /* for messages: "ledger" */
    uint32_t application_id;     /* in SQLite's header, so that no other database passes for this one; not 0 */
    const char *const *upgrades; /* upgrades[n]: the SQL that makes version n + 1 of version n; version 0 is empty */
    unsigned version;            /* the version of this program: how many upgrades there are */
    unsigned busy_ms;            /* 0: DATABASE_BUSY_MS */
};

enum database_mode {
    DATABASE_READ, /* must be there, and is not changed; writing is refused */
    DATABASE_USE,  /* must be there; upgraded where it is of an older version */
    DATABASE_MAKE, /* made where it is not there, in a folder that is; else as DATABASE_USE */
};

/* Zero-initialised: closed. Must not move while open. */
struct database {
    sqlite3 *handle; /* for what this layer has no words for; NULL: closed */
    const struct database_kind *kind;
    char path[PATH_MAX];
    /* Private. */
    bool in_transaction;
    unsigned long long waiting_since_ms;
};

/*
 * Opens the file at `path`, mode 0600 where it is made. A symbolic link is not followed. False with a reason, and
 * closed: ERROR_STORAGE_FAILED (errno ENOENT: it is not there, or is empty), ERROR_STORAGE_FULL, ERROR_DATABASE_BUSY,
 * ERROR_DATABASE_VERSION (another version, or not a database of this kind), ERROR_DATABASE_DAMAGED.
 */
bool database_open(struct database *database, const char *path, const struct database_kind *kind,
                   enum database_mode mode, struct error *err);

/* Rolls an open transaction back. Closed stays closed. */
void database_close(struct database *database);

/*
 * A transaction. database_begin() takes the write lock at once, so that nothing read in it can be changed by another
 * process before the commit. After a failed commit it is rolled back. Rolling back without one does nothing.
 */
bool database_begin(struct database *database, struct error *err);
bool database_commit(struct database *database, struct error *err);
void database_rollback(struct database *database);

/* Runs SQL that gives no rows: one statement or several. False with a reason. */
bool database_run(struct database *database, const char *sql, struct error *err);

/*
 * Reads every page and index. False with ERROR_DATABASE_DAMAGED and the first finding. Takes seconds for gigabytes.
 */
bool database_check(struct database *database, struct error *err);

/*
 * Writes a copy as of one moment to a new file at `path`, mode 0600, also while other processes write. False with a
 * reason, and no file; ERROR_USAGE when there is a file of that name already.
 */
bool database_copy(struct database *database, const char *path, struct error *err);

/* Notes SQLite's result `code` as an error of this database. Always false, for returning it. */
bool database_failed(const struct database *database, int code, struct error *err);

#endif
