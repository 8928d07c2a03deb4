/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storage backend over files: one directory per device, one file per record, protected by an advisory lock while it is
 * open. Each change is written to a temporary file, synced, renamed, and the directory synced. Directories 0700, files
 * 0600, whatever the umask. Symbolic links inside the directory are never followed. The stored format is in
 * docs/reference/storage-format.md.
 */
#ifndef IMPRINT_STORAGE_FILE_H
#define IMPRINT_STORAGE_FILE_H

#include <dirent.h>
#include <fcntl.h>
#include <sys/types.h>

#include "storage/storage.h"

/*
 * The operating system as this backend uses it, so that tests can make any call fail. Each returns what the POSIX call
 * of its name returns and sets errno; `lock` is fcntl() with the two arguments it has for locks. storage_file_posix is
 * the real one.
 */
struct storage_file_system {
    int (*mkdir)(const char *path, mode_t mode);
    int (*openat)(int directory, const char *name, int flags, mode_t mode);
    int (*fchmod)(int fd, mode_t mode);
    int (*lock)(int fd, int command, struct flock *lock);
    ssize_t (*read)(int fd, void *buffer, size_t size);
    ssize_t (*write)(int fd, const void *buffer, size_t size);
    int (*ftruncate)(int fd, off_t size);
    int (*fsync)(int fd);
    int (*close)(int fd);
    int (*renameat)(int from_directory, const char *from, int to_directory, const char *to);
    int (*unlinkat)(int directory, const char *name, int flags);
    struct dirent *(*readdir)(DIR *listing);
};
extern const struct storage_file_system storage_file_posix;

#define STORAGE_FILE_PATH_MAX 4096
#define STORAGE_FILE_HOLDER_MAX 80 /* with the closing NUL */

/* Zero-initialise it. Private except `holder`. */
struct storage_file {
    const struct storage_file_system *system;
    int directory_fd;     /* -1 when closed */
    int lock_fd;          /* -1 when closed */
    bool unsynced;        /* the directory has changed since the last successful sync */
    bool reserved;        /* the reserved file holds allocated room for one record */
    bool inherited;       /* reserved by an interrupted run: kept when the store is closed, because recovery needs it */
    size_t reserved_size; /* its size in bytes */

    /*
     * After ERROR_DEVICE_BUSY: the holder's text from the lock file ("imprint provision"), printable ASCII, or empty.
     */
    char holder[STORAGE_FILE_HOLDER_MAX];
};

/*
 * Opens the store in `directory` and locks it; with `create`, makes it if its parent exists. Writes the pid and
 * `holder` (such as "imprint provision") to the lock file, for the message of a process that is refused. False with a
 * reason in `err`, whose subject is `directory`: ERROR_DEVICE_BUSY when another process uses it (err->found is its pid,
 * 0 if unknown; self->holder its text), ERROR_STORAGE_FAILED (no such directory, no permission, read-only, of a later
 * version), ERROR_STORAGE_FULL, ERROR_STORAGE_CORRUPT. `system` NULL means storage_file_posix. Removes the temporary
 * files of an interrupted write; room that an interrupted run reserved stays reserved. `self` and `storage` must not
 * move while the store is open. One process can open a store once; a second time is refused like a second process.
 */
bool storage_file_open(struct storage_file *self, const char *directory, bool create, const char *holder,
                       const struct storage_file_system *system, struct storage *storage, struct error *err);

/* Releases reserved room and the lock. Does nothing on a store that is not open. */
void storage_file_close(struct storage_file *self);

#endif
