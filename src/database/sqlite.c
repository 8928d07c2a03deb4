/* SPDX-License-Identifier: Apache-2.0 */
/* Files: opening, versions, copies. */
#include "database/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error_format.h"
#include "database/mount.h"

/* Between two tries to get the lock: usually it is held for less than a millisecond. */
#define BUSY_FIRST_MS 1
#define BUSY_POLL_MS 20

/*
 * journal_mode: readers do not stop the writer. synchronous: a commit is on the disk when it returns; NORMAL would lose
 * the last ones with the power (transactions: see begin()). trusted_schema: a file that somebody else made can call no
 * function by its views.
 */
#define SETTINGS                                                                                                       \
    "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"

/* Of a database that is gone when it is closed: nothing is synced, and 16 MiB of it stay in memory. */
#define TEMPORARY_SETTINGS                                                                                             \
    "PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON; PRAGMA temp_store=FILE; PRAGMA cache_size=-16384;"

#define OFF 0 /* what "PRAGMA synchronous" gives where nothing is synced: a test's file */

#define NEW_SETTINGS "PRAGMA journal_mode=WAL;"

/* SQLite asks whether to try again; `tries` counts from 0 for each lock. */
static int on_busy(void *context, int tries)
{
    struct database *database = context;
    unsigned limit = database->kind->busy_ms != 0 ? database->kind->busy_ms : DATABASE_BUSY_MS;

    if (tries == 0)
        database->waiting_since_ms = clock_now_ms();
    if (clock_now_ms() - database->waiting_since_ms >= (int64_t)limit)
        return 0;
    (void)sqlite3_sleep(tries < BUSY_POLL_MS - BUSY_FIRST_MS ? BUSY_FIRST_MS + tries : BUSY_POLL_MS);
    return 1;
}

static bool refuse(const struct database *database, enum error_reason reason, const char *cause, const char *next,
                   int system_errno, struct error *err)
{
    (void)database_refuse(database, reason, cause, next, err);
    error_with_errno(err, system_errno);
    return false;
}

/* --- the file --- */

/* The folder that a path names, with a slash at its end. False where it does not fit. */
static bool name_folder(const char *path, char folder[static PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    int n = slash == NULL ? snprintf(folder, PATH_MAX, "./")
                          : snprintf(folder, PATH_MAX, "%.*s", (int)(slash - path + 1), path);

    return n > 0 && n < PATH_MAX;
}

/*
 * The path with its folder resolved, so that SQLITE_OPEN_NOFOLLOW, which refuses every symbolic link, refuses only one
 * in the file's own place. False with errno.
 */
static bool resolve(const char *path, char resolved[static PATH_MAX])
{
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    char folder[PATH_MAX], real[PATH_MAX];
    int n;

    errno = ENAMETOOLONG;
    if (!name_folder(path, folder) || realpath(folder, real) == NULL)
        return false;
    n = snprintf(resolved, PATH_MAX, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
    errno = ENAMETOOLONG;
    return n > 0 && n < PATH_MAX;
}

/* Syncs what is open, and closes it. 0 or an errno. */
static int sync_and_close(int fd)
{
    int failure;

    if (fd < 0)
        return errno;
    failure = fsync(fd) == 0 ? 0 : errno;
    (void)close(fd);
    return failure;
}

/* Makes the empty file durably, with a mode that SQLite also gives to the files beside it. 0 or an errno. */
static int make_file(const char *path)
{
    int failure = sync_and_close(open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    char folder[PATH_MAX];

    if (failure == EEXIST) /* another process was quicker */
        return 0;
    if (failure != 0)
        return failure;
    if (!name_folder(path, folder))
        return ENAMETOOLONG;
    failure = sync_and_close(open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return failure == EINVAL ? 0 : failure; /* of file systems that cannot sync a folder */
}

/*
 * Never opens a file that is there already: to close it again would drop the locks that another connection of this
 * process has on it.
 */
static bool check_file(struct database *database, enum database_mode mode, struct error *err)
{
    struct stat found;

    if (lstat(database->path, &found) != 0) {
        int failure;

        if (errno != ENOENT || mode != DATABASE_MAKE)
            return refuse(database, ERROR_STORAGE_FAILED,
                          errno == ENOENT ? "there is no such file" : "the file cannot be opened", NULL, errno, err);
        failure = make_file(database->path);
        if (failure == 0)
            return true;
        return refuse(database, failure == ENOSPC || failure == EDQUOT ? ERROR_STORAGE_FULL : ERROR_STORAGE_FAILED,
                      "the file cannot be made", "check the folder, its owner and its file system", failure, err);
    }
    if (S_ISLNK(found.st_mode))
        return refuse(database, ERROR_STORAGE_FAILED, "it is a symbolic link", "put the file itself there", 0, err);
    if (!S_ISREG(found.st_mode))
        return refuse(database, ERROR_STORAGE_FAILED, "it is not a file", "remove it", 0, err);
    if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return refuse(database, ERROR_STORAGE_FAILED, "other users may write the file",
                      error_keep_format(err, "find out who did, then: chmod 600 %s", database->path), 0, err);
    return true;
}

/* Whether the file is there, and cannot be written here. Elsewhere it may be: mount_is_unchanging(). */
static bool is_mounted_read_only(const char *path)
{
    struct statvfs place;

    return statvfs(path, &place) == 0 && (place.f_flag & ST_RDONLY) != 0;
}

/* Whether there is nothing in the file beside the database that has this ending. */
static bool is_empty_beside(const char *path, const char *ending)
{
    char beside[PATH_MAX + 16];
    struct stat found;

    (void)snprintf(beside, sizeof beside, "%s%s", path, ending);
    return lstat(beside, &found) == 0 ? found.st_size == 0 : errno == ENOENT;
}

/*
 * Whether the file stays as it is while it is read: then SQLite needs no file beside it, and locks nothing. Else what
 * it reads while a station writes would look like damage. What is in the log is not in the file yet, and what is in the
 * journal is to be taken back there.
 */
static bool cannot_change(const char *path)
{
    return is_mounted_read_only(path) && mount_is_unchanging(path) && is_empty_beside(path, "-wal") &&
           is_empty_beside(path, "-journal");
}

/* SQLite's name of a file that does not change: sqlite.org/uri.html. */
static void name_unchanging(const char *path, char uri[static 3 * PATH_MAX + 32])
{
    size_t len = (size_t)snprintf(uri, 8, "file:");

    for (; *path != '\0'; path++)
        len += (size_t)snprintf(uri + len, 4, strchr("%?#", *path) != NULL ? "%%%02X" : "%c", (unsigned char)*path);
    (void)snprintf(uri + len, 32, "?immutable=1");
}

/*
 * For reading, too, the file is opened for writing: a read-only connection would leave SQLite's two files beside the
 * database. Where the file may not be written, SQLite opens it read-only by itself.
 */
static int open_handle(const struct database *database, enum database_mode mode, sqlite3 **handle)
{
    char uri[3 * PATH_MAX + 32];

    if (mode != DATABASE_READ || !cannot_change(database->path))
        return sqlite3_open_v2(database->path, handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL);
    name_unchanging(database->path, uri);
    return sqlite3_open_v2(uri, handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOFOLLOW, NULL);
}

/* SQLite's words do not fit where folder or file system cannot be written: it misses the files beside the database. */
static void explain_failure(const struct database *database, enum database_mode mode, struct error *err)
{
    char folder[PATH_MAX];

    if (err == NULL || err->reason != ERROR_STORAGE_FAILED || access(database->path, R_OK) != 0 ||
        !name_folder(database->path, folder))
        return;
    if (mode != DATABASE_READ && is_mounted_read_only(database->path)) {
        error_clear(err);
        (void)refuse(database, ERROR_STORAGE_FAILED, "the file system is mounted read-only", "mount it writable", EROFS,
                     err);
    } else if (mode == DATABASE_READ && access(folder, W_OK) != 0) {
        error_clear(err);
        (void)refuse(database, ERROR_STORAGE_FAILED, "it cannot be read where its folder cannot be written",
                     "copy the whole state folder to where you can write, and read the copy: --state COPY", EACCES,
                     err);
    }
}

static bool connect_file(struct database *database, enum database_mode mode, struct error *err)
{
    sqlite3 *handle = NULL;
    const int code = open_handle(database, mode, &handle);

    database->handle = handle;
    if (database->handle == NULL || code != SQLITE_OK)
        return database_sqlite_failed(database, code, err);
    (void)sqlite3_extended_result_codes(database->handle, 0);
    (void)sqlite3_busy_handler(database->handle, on_busy, database);
    (void)sqlite3_db_config(database->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return database_run(database, SETTINGS, err) &&
           (mode != DATABASE_READ || database_run(database, "PRAGMA query_only=ON", err));
}

/* --- the row of functions --- */

static bool run(struct database *database, const char *sql, struct error *err)
{
    int code;

    errno = 0; /* for database_sqlite_failed() */
    code = sqlite3_exec(database->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK || database_sqlite_failed(database, code, err);
}

/* The number that a PRAGMA or SELECT gives. False with a reason. */
static bool read_number(struct database *database, const char *sql, int64_t *number, struct error *err)
{
    struct statement query;
    bool ok = statement_prepare(&query, database, sql, err) && statement_step(&query, err) == STATEMENT_ROW;

    *number = ok ? statement_number(&query, 0) : 0;
    statement_finish(&query);
    return ok;
}

/* SQLite's object for the write-ahead log. NULL: this database has none, or nothing has been read of it yet. */
static sqlite3_file *log_of(const struct database *database)
{
    sqlite3_file *file = NULL;
    const int code = sqlite3_file_control(database->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, (void *)&file);

    return code == SQLITE_OK && file != NULL && file->pMethods != NULL ? file : NULL;
}

/*
 * What processes have committed to the log is in one file, one after the other. Its sync is durable for all of them, so
 * none has to wait for another's: this is called without a lock.
 */
static bool sync_log(struct database *database, struct error *err)
{
    sqlite3_file *file = log_of(database);
    int code;

    errno = 0;
    code = file != NULL ? file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) : SQLITE_OK;
    return code == SQLITE_OK || database_sqlite_failed(database, code, err);
}

/* As it was before begin(). */
static void sync_in_commits(struct database *database)
{
    struct error ignored = {.reason = ERROR_NONE};

    if (database->syncs_later)
        (void)run(database, "PRAGMA synchronous=FULL", &ignored); /* only sets a number of the connection's */
}

/*
 * With FULL, SQLite syncs the log in COMMIT, while it has the write lock: then all processes together commit as often
 * as the disk syncs, one after the other. With NORMAL it syncs the log only where it writes it back or begins it again,
 * and commit() does it once the lock is free. Before that nobody says that anything is done.
 */
static bool begin(struct database *database, struct error *err)
{
    int64_t level;

    if (!read_number(database, "PRAGMA synchronous", &level, err))
        return false;
    database->syncs_later = level != OFF && log_of(database) != NULL; /* NORMAL: sync_in_commits() failed before */
    if (run(database, database->syncs_later ? "PRAGMA synchronous=NORMAL; BEGIN IMMEDIATE" : "BEGIN IMMEDIATE", err))
        return true;
    sync_in_commits(database);
    return false;
}

static bool commit(struct database *database, struct error *err)
{
    if (!run(database, "COMMIT", err))
        return false;
    database->in_transaction = false;
    sync_in_commits(database);
    return !database->syncs_later || sync_log(database, err);
}

static void rollback(struct database *database)
{
    struct error ignored = {.reason = ERROR_NONE};

    (void)run(database, "ROLLBACK", &ignored);
    sync_in_commits(database);
}

/* Only a statement that is not finished makes it fail; the handle then lives until that one is. */
static void close_file(struct database *database)
{
    (void)sqlite3_close_v2(database->handle);
}

static const struct database_engine engine = {
    .run = run,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .settle = sync_log,
    .close = close_file,
    .prepare = database_sqlite_prepare,
    .bind = database_sqlite_bind,
    .step = database_sqlite_step,
    .refused = database_sqlite_refused,
    .reset = database_sqlite_reset,
    .text = database_sqlite_text,
    .bytes = database_sqlite_bytes,
    .number = database_sqlite_number,
    .is_null = database_sqlite_is_null,
    .finish = database_sqlite_finish,
};

/* --- versions --- */

static bool read_version(struct database *database, unsigned *version, bool *is_empty, struct error *err)
{
    const struct database_kind *kind = database->kind;
    int64_t id = 0, number = 0, tables = 0;

    if (!read_number(database, "SELECT count(*) FROM sqlite_schema", &tables, err) ||
        !read_number(database, "PRAGMA application_id", &id, err) ||
        !read_number(database, "PRAGMA user_version", &number, err))
        return false;
    *is_empty = tables == 0 && id == 0 && number == 0;
    *version = (unsigned)number;
    if (*is_empty)
        return true;
    if ((uint32_t)id != kind->application_id)
        return refuse(database, ERROR_DATABASE_VERSION,
                      error_keep_format(err, "the file is a database, but not a %s of imprint's", kind->name),
                      "move the file away, or name another folder", 0, err);
    if (number >= 1 && number <= (int64_t)kind->version)
        return true;
    return refuse(database, ERROR_DATABASE_VERSION,
                  error_keep_format(err, "the %s has version %lld; this program knows versions 1 to %u", kind->name,
                                    (long long)number, kind->version),
                  NULL, 0, err);
}

/* In a transaction: what was read before it may have changed. */
static bool upgrade(struct database *database, struct error *err)
{
    const struct database_kind *kind = database->kind;
    unsigned version = 0;
    bool is_empty, ok = read_version(database, &version, &is_empty, err);
    char sql[96];

    for (; ok && version < kind->version; version++)
        ok = database_run(database, kind->upgrades[version], err);
    snprintf(sql, sizeof sql, "PRAGMA application_id=%lld; PRAGMA user_version=%u;",
             (long long)(int32_t)kind->application_id, kind->version);
    return ok && database_run(database, sql, err);
}

/*
 * Where two processes turn a new file to a write-ahead log at once, SQLite says that it is locked without having asked
 * whether to wait.
 */
static bool set_up_new(struct database *database, struct error *err)
{
    for (int tries = 0; !database_run(database, NEW_SETTINGS, err); tries++) {
        if (err->reason != ERROR_DATABASE_BUSY || !on_busy(database, tries))
            return false;
        error_clear(err);
    }
    return true;
}

static bool bring_to_version(struct database *database, enum database_mode mode, struct error *err)
{
    unsigned version = 0;
    bool is_empty = false;

    if (!read_version(database, &version, &is_empty, err))
        return false;
    if (version == database->kind->version)
        return true;
    /* Whoever made it was stopped before it had tables: it is not there yet. */
    if (is_empty && mode != DATABASE_MAKE)
        return refuse(database, ERROR_STORAGE_FAILED, "the file is empty", NULL, ENOENT, err);
    if (mode == DATABASE_READ || mode == DATABASE_JOIN)
        return refuse(database, ERROR_DATABASE_VERSION, "the tables are of an older version of imprint",
                      database->kind->upgrader != NULL
                          ? database->kind->upgrader
                          : "run a command of this version that writes: it brings the file up to date",
                      0, err);
    if ((is_empty && !set_up_new(database, err)) || !database_begin(database, err))
        return false;
    if (upgrade(database, err))
        return database_commit(database, err);
    database_rollback(database);
    error_doing(err, "bring the database to this version");
    return false;
}

bool database_open(struct database *database, const char *path, const struct database_kind *kind,
                   enum database_mode mode, struct error *err)
{
    memset(database, 0, sizeof *database);
    database->kind = kind;
    database->engine = &engine;
    if (!resolve(path, database->path)) {
        int saved = errno;

        snprintf(database->path, sizeof database->path, "%s", path);
        (void)refuse(database, ERROR_STORAGE_FAILED,
                     saved == ENOENT ? "there is no such folder" : "the folder cannot be opened", NULL, saved, err);
    } else if (check_file(database, mode, err) && connect_file(database, mode, err) &&
               bring_to_version(database, mode, err)) {
        return true;
    } else {
        explain_failure(database, mode, err);
    }
    error_doing(err, error_keep_format(err, "open the %s", kind->name));
    database_close(database);
    return false;
}

bool database_open_temporary(struct database *database, const struct database_kind *kind, struct error *err)
{
    sqlite3 *handle = NULL;
    const int code = sqlite3_open_v2("", &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

    memset(database, 0, sizeof *database);
    database->kind = kind;
    database->engine = &engine;
    database->handle = handle;
    snprintf(database->path, sizeof database->path, "temporary files, in TMPDIR or /var/tmp");
    if (handle != NULL && code == SQLITE_OK && database_run(database, TEMPORARY_SETTINGS, err) &&
        upgrade(database, err))
        return true;
    (void)database_sqlite_failed(database, code, err);
    error_doing(err, error_keep_format(err, "make a temporary %s", kind->name));
    database_close(database);
    return false;
}

/* --- whole files --- */

/* What only a file has. */
static bool check_is_file(const struct database *database, struct error *err)
{
    return database->engine == &engine ||
           refuse(database, ERROR_USAGE, "a server's database has its own tools for this",
                  "ask its administrator (pg_dump, pg_amcheck)", 0, err);
}

bool database_check(struct database *database, struct error *err)
{
    struct statement query;
    const char *finding;
    bool ok;

    if (!check_is_file(database, err))
        return false;
    ok = statement_prepare(&query, database, "PRAGMA quick_check(1)", err) &&
         statement_step(&query, err) == STATEMENT_ROW;
    finding = ok ? statement_text(&query, 0) : NULL;
    if (ok && (finding == NULL || strcmp(finding, "ok") != 0))
        ok = refuse(database, ERROR_DATABASE_DAMAGED,
                    error_keep_format(err, "the file is damaged: %s", finding != NULL ? finding : "no answer"), NULL, 0,
                    err);
    statement_finish(&query);
    return ok;
}

static bool copy_pages(struct database *database, struct database *copy, struct error *err)
{
    sqlite3_backup *backup = sqlite3_backup_init(copy->handle, "main", database->handle, "main");
    int code;

    if (backup == NULL)
        return database_sqlite_failed(copy, sqlite3_errcode(copy->handle), err);
    code = sqlite3_backup_step(backup, -1); /* all of it at once, as of one moment */
    (void)sqlite3_backup_finish(backup);
    if (code == SQLITE_DONE)
        return true;
    return database_sqlite_failed(sqlite3_errcode(copy->handle) != SQLITE_OK ? copy : database, code, err);
}

bool database_copy(struct database *database, const char *path, struct error *err)
{
    struct database copy = {.kind = database->kind, .engine = &engine};
    struct stat found;
    bool ok;

    if (!check_is_file(database, err))
        return false;
    snprintf(copy.path, sizeof copy.path, "%s", path);
    if (!resolve(path, copy.path))
        return refuse(&copy, ERROR_STORAGE_FAILED, "the folder of the copy cannot be opened", NULL, errno, err);
    if (lstat(copy.path, &found) == 0)
        return refuse(&copy, ERROR_USAGE, "there is a file of that name already", "name a new file", 0, err);
    ok = check_file(&copy, DATABASE_MAKE, err);
    if (!ok)
        return false;
    ok = connect_file(&copy, DATABASE_USE, err) && copy_pages(database, &copy, err);
    database_close(&copy);
    if (!ok)
        (void)unlink(copy.path);
    return ok;
}
