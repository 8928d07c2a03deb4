/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storage backend over files: one directory per device, one file per record, held by an advisory lock for as long as it
 * is open. Each change is written to a temporary file, synced, renamed, and the directory synced. Directories 0700,
 * files 0600, whatever the umask. Symbolic links inside the directory are never followed. The stored format is in
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

/* Private, but for `holder`. Zero-initialise it. */
struct storage_file {
    const struct storage_file_system *system;
    int directory_fd;     /* -1 when closed */
    int lock_fd;          /* -1 when closed */
    bool unsynced;        /* the directory has changed since it was last synced with success */
    bool reserved;        /* the reserved file holds allocated room for one record */
    bool inherited;       /* from an interrupted run: stays when the store is closed, for who settles it needs it */
    size_t reserved_size; /* bytes of it */

    /* After an open that was refused with ERROR_DEVICE_BUSY: what the holder said of itself ("imprint provision"),
     * printable ASCII, or empty. */
    char holder[STORAGE_FILE_HOLDER_MAX];
};

/*
 * Opens (with `create`: makes, in a parent that exists) the store in `directory` and takes its lock, leaving pid and
 * `holder` (such as "imprint provision") in the lock file for the next comer. False with a reason in `err`, whose
 * subject is `directory`: ERROR_DEVICE_BUSY when somebody holds it (err->found is the holder's pid, 0 when it cannot be
 * told, self->holder its text), ERROR_STORAGE_FAILED (no such directory, no permission, read-only, of a later version),
 * ERROR_STORAGE_FULL, ERROR_STORAGE_CORRUPT. `system` NULL means storage_file_posix. Left-overs of an interrupted write
 * are removed; room that an interrupted run has reserved is still reserved. `self` and `storage` must stay where they
 * are while the store is open. One process can open a store once; a second time is refused like a second process.
 */
bool storage_file_open(struct storage_file *self, const char *directory, bool create, const char *holder,
                       const struct storage_file_system *system, struct storage *storage, struct error *err);

/* Gives back reserved room and the lock. Does nothing on a store that is not open (or zero-initialised). */
void storage_file_close(struct storage_file *self);

#endif
