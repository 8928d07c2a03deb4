/* SPDX-License-Identifier: Apache-2.0 */
/* What SQLite's result codes mean to the person at the command line. */
#include <errno.h>
#include <stddef.h>

#include "base/error_format.h"
#include "database/sqlite.h"

static const struct {
    int code; /* primary or extended */
    enum error_reason reason;
    const char *cause, *next;
} rows[] = {
    {SQLITE_FULL, ERROR_STORAGE_FULL, "no room on the file system", "make room, then run the same command again"},
    {SQLITE_READONLY_DBMOVED, ERROR_STORAGE_FAILED, "another process moved or deleted the file while it was in use",
     "put the file back, then run the same command again"},
    {SQLITE_READONLY, ERROR_STORAGE_FAILED, "the file cannot be written: file, folder or file system is read-only",
     "run as the user who owns the file, on a file system that can be written"},
    {SQLITE_BUSY, ERROR_DATABASE_BUSY, "another process has locked it", NULL},
    {SQLITE_LOCKED, ERROR_DATABASE_BUSY, "another process has locked it", NULL},
    {SQLITE_PROTOCOL, ERROR_DATABASE_BUSY, "another process has locked it", NULL},
    {SQLITE_CORRUPT, ERROR_DATABASE_DAMAGED, "the file is damaged", NULL},
    {SQLITE_NOTADB, ERROR_DATABASE_DAMAGED, "the file is not a database", NULL},
    {SQLITE_PERM, ERROR_STORAGE_FAILED, "permission denied", "run as the user who owns the file"},
    {SQLITE_INTERRUPT, ERROR_INTERRUPTED, "stopped while it was waiting for another process", NULL},
    {SQLITE_CANTOPEN, ERROR_STORAGE_FAILED, "the file cannot be opened", "check the file, its folder and their owners"},
    {SQLITE_IOERR, ERROR_STORAGE_FAILED, "the file system failed", "check the medium"},
};

/* What the system said is more precise than SQLite's word for it. */
static const struct {
    int error;
    enum error_reason reason;
    const char *cause, *next;
} system_rows[] = {
    {ENOSPC, ERROR_STORAGE_FULL, "no room on the file system", "make room, then run the same command again"},
    {EDQUOT, ERROR_STORAGE_FULL, "the disk quota is used up", "make room, then run the same command again"},
    {EFBIG, ERROR_STORAGE_FULL, "the file size limit of this process is too small", "raise it (ulimit -f)"},
    {EROFS, ERROR_STORAGE_FAILED, "the file system is mounted read-only", "mount it writable"},
    {EACCES, ERROR_STORAGE_FAILED, "permission denied", "run as the user who owns the file"},
};

static bool is_of_the_system(int code)
{
    return (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
}

static void set_reason(const struct database *database, int code, int system_errno, struct error *err)
{
    for (size_t i = 0; is_of_the_system(code) && i < sizeof system_rows / sizeof system_rows[0]; i++) {
        if (system_rows[i].error == system_errno)
            error_set(err, system_rows[i].reason, system_rows[i].cause, system_rows[i].next);
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].code == code || rows[i].code == (code & 0xff))
            error_set(err, rows[i].reason, rows[i].cause, rows[i].next);
    }
    error_set(err, ERROR_UNEXPECTED,
              database->handle == NULL ? "SQLite failed"
                                       : error_keep_format(err, "SQLite: %s", sqlite3_errmsg(database->handle)),
              NULL);
}

bool database_sqlite_failed(const struct database *database, int code, struct error *err)
{
    int extended = database->handle == NULL ? code : sqlite3_extended_errcode(database->handle);
    int system_errno = errno; /* SQLite notes it for most calls, but not for what fails in a commit */

    if (err == NULL || err->reason != ERROR_NONE)
        return false;
    if ((extended & 0xff) != (code & 0xff))
        extended = code;
    if (database->handle != NULL && sqlite3_system_errno(database->handle) != 0)
        system_errno = sqlite3_system_errno(database->handle);
    set_reason(database, extended, system_errno, err);
    if (is_of_the_system(extended))
        error_with_errno(err, system_errno);
    error_with_subject(err, database->path);
    return false;
}
