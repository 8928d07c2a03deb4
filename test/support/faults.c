/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/faults.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/file_name.h"

enum { FDS = 256 };

/* What kind of call it is, for the modes that do not mean every call. */
enum kind { LOOK, CHANGE, INTERRUPTIBLE_LOOK, INTERRUPTIBLE_CHANGE };

static struct {
    enum faults_mode mode;
    unsigned at, calls, changes;
    int error;
    bool fired, crashed;
    bool open[FDS];   /* opened through us and not closed */
    bool dirty[FDS];  /* written and not synced */
    bool exempt[FDS]; /* the lock file: its text may be lost */
    bool renamed_dirty, closed_dirty, names_dirty, parent_dirty;
    ino_t parent; /* of the directory that was made */
} now;

void faults_plan(enum faults_mode mode, unsigned at, int error)
{
    now.mode = mode;
    now.at = at;
    now.error = error;
    now.calls = 0;
    now.changes = 0;
    now.fired = false;
    now.crashed = false;
}

unsigned faults_calls(void)
{
    return now.calls;
}

unsigned faults_changes(void)
{
    return now.changes;
}

bool faults_fired(void)
{
    return now.fired;
}

const char *faults_not_durable(void)
{
    if (now.renamed_dirty)
        return "a file was renamed before its content was synced";
    if (now.names_dirty)
        return "the directory was not synced";
    if (now.parent_dirty)
        return "the directory's own entry was not synced";
    return NULL;
}

void faults_reap(void)
{
    for (int fd = 0; fd < FDS; fd++) {
        if (now.open[fd])
            (void)close(fd);
        now.open[fd] = false;
    }
    now.renamed_dirty = false;
    now.closed_dirty = false;
    now.names_dirty = false;
    now.parent_dirty = false;
    memset(now.dirty, 0, sizeof now.dirty);
}

/* What becomes of the call: done and reported, not done, or done and reported as failed. */
enum fate { DO, REFUSE, DO_AND_FAIL };

static enum fate decide(enum kind kind)
{
    const bool change = kind == CHANGE || kind == INTERRUPTIBLE_CHANGE;
    const bool struck = ++now.calls == now.at;
    now.changes += change;
    if (now.crashed)
        return REFUSE;
    switch (now.mode) {
    case FAULTS_ERROR:
        now.fired |= struck;
        return struck ? REFUSE : DO;
    case FAULTS_ERROR_FROM:
        now.fired |= change && now.calls >= now.at;
        return change && now.calls >= now.at ? REFUSE : DO;
    case FAULTS_LATE_ERROR:
        now.fired |= struck;
        return struck ? DO_AND_FAIL : DO;
    case FAULTS_CRASH:
        now.crashed = now.fired = struck;
        return struck ? REFUSE : DO;
    case FAULTS_TORN:
        now.crashed = now.fired = struck;
        return DO;
    case FAULTS_INTERRUPT:
        if (!struck || kind == LOOK || kind == CHANGE)
            return DO;
        now.fired = true;
        return REFUSE;
    default:
        return DO;
    }
}

static int refusal(void)
{
    return now.crashed ? EIO : now.mode == FAULTS_INTERRUPT ? EINTR : now.error;
}

/* Counts the call and sets errno where it is refused; a call that is done finds errno as it was. */
static enum fate enter(enum kind kind)
{
    const enum fate fate = decide(kind);
    if (fate == REFUSE)
        errno = refusal();
    return fate;
}

static int leave(enum fate fate, int result)
{
    if (fate == DO_AND_FAIL) {
        errno = refusal();
        return -1;
    }
    return result;
}

static int fault_mkdir(const char *path, mode_t mode)
{
    char above[STORAGE_FILE_PATH_MAX];
    struct stat status;
    enum fate fate = enter(CHANGE);
    if (fate == REFUSE)
        return -1;
    int result = storage_file_posix.mkdir(path, mode);
    if (result == 0 && snprintf(above, sizeof above, "%s/..", path) < (int)sizeof above && stat(above, &status) == 0) {
        now.parent = status.st_ino;
        now.parent_dirty = true;
    }
    return leave(fate, result);
}

static int fault_openat(int directory, const char *name, int flags, mode_t mode)
{
    enum fate fate = enter((flags & O_CREAT) != 0 ? INTERRUPTIBLE_CHANGE : INTERRUPTIBLE_LOOK);
    if (fate != DO)
        return leave(DO_AND_FAIL, -1);
    int fd = storage_file_posix.openat(directory, name, flags, mode);
    /* A directory opened to be listed belongs to the DIR that is made of it. */
    if (fd >= 0 && fd < FDS && strcmp(name, ".") != 0) {
        now.open[fd] = true;
        now.dirty[fd] = false;
        now.exempt[fd] = strcmp(name, STORAGE_FILE_LOCK) == 0;
    }
    return fd;
}

static int fault_fchmod(int fd, mode_t mode)
{
    enum fate fate = enter(CHANGE);
    return fate == REFUSE ? -1 : leave(fate, storage_file_posix.fchmod(fd, mode));
}

static int fault_lock(int fd, int command, struct flock *lock)
{
    enum fate fate = enter(INTERRUPTIBLE_LOOK);
    return fate == REFUSE ? -1 : leave(fate, storage_file_posix.lock(fd, command, lock));
}

static ssize_t fault_read(int fd, void *buffer, size_t size)
{
    enum fate fate = enter(INTERRUPTIBLE_LOOK);
    if (now.mode == FAULTS_SHORT && size > now.at)
        size = now.at;
    return fate != DO ? leave(DO_AND_FAIL, -1) : storage_file_posix.read(fd, buffer, size);
}

/* Bytes that can be written without a new block, taking a block as large as the file. */
static size_t room_in_file(int fd)
{
    struct stat status;
    const off_t offset = lseek(fd, 0, SEEK_CUR);
    if (fstat(fd, &status) != 0 || offset >= status.st_size)
        return 0;
    return (size_t)(status.st_size - offset);
}

static ssize_t fault_write(int fd, const void *buffer, size_t size)
{
    enum fate fate = enter(INTERRUPTIBLE_CHANGE);
    if (fate == REFUSE)
        return -1;
    if (now.mode == FAULTS_SHORT && size > now.at)
        size = now.at;
    if (now.mode == FAULTS_TORN && now.crashed)
        size /= 2;
    if (now.mode == FAULTS_FULL_FROM && now.calls >= now.at && size > room_in_file(fd)) {
        now.fired = true;
        size = room_in_file(fd);
        if (size == 0) {
            errno = ENOSPC;
            return -1;
        }
    }
    now.dirty[fd] = !now.exempt[fd];
    ssize_t n = storage_file_posix.write(fd, buffer, size);
    return fate == DO_AND_FAIL ? leave(fate, 0) : n;
}

static int fault_ftruncate(int fd, off_t size)
{
    enum fate fate = enter(INTERRUPTIBLE_CHANGE);
    if (fate == REFUSE)
        return -1;
    now.dirty[fd] = !now.exempt[fd];
    return leave(fate, storage_file_posix.ftruncate(fd, size));
}

static int fault_fsync(int fd)
{
    struct stat status;
    enum fate fate = enter(INTERRUPTIBLE_CHANGE);
    if (fate == REFUSE)
        return -1;
    if (now.mode == FAULTS_LYING_SYNC) {
        now.fired = true;
        return 0;
    }
    if (fate == DO && fstat(fd, &status) == 0) {
        now.dirty[fd] = false;
        if (S_ISDIR(status.st_mode) && now.parent_dirty && status.st_ino == now.parent)
            now.parent_dirty = false;
        else if (S_ISDIR(status.st_mode))
            now.names_dirty = false;
    }
    /* The medium is not waited for: what a test can see is the same without. */
    return leave(fate, fcntl(fd, F_GETFD) < 0 ? -1 : 0);
}

static int fault_close(int fd)
{
    enum fate fate = enter(INTERRUPTIBLE_LOOK);
    if (now.crashed && fate == REFUSE)
        return -1; /* faults_reap() does it */
    /* Linux gives the descriptor up, whatever it reports. */
    now.open[fd] = false;
    now.closed_dirty |= now.dirty[fd];
    now.dirty[fd] = false;
    const int error = errno;
    const int result = storage_file_posix.close(fd);
    if (fate == REFUSE)
        errno = error;
    return fate == REFUSE ? -1 : leave(fate, result);
}

static int fault_renameat(int from_directory, const char *from, int to_directory, const char *to)
{
    enum fate fate = enter(CHANGE);
    if (fate == REFUSE)
        return -1;
    /* One file is written at a time, so any unsynced one is this one. */
    now.renamed_dirty |= now.closed_dirty;
    now.names_dirty = true;
    return leave(fate, storage_file_posix.renameat(from_directory, from, to_directory, to));
}

static int fault_unlinkat(int directory, const char *name, int flags)
{
    uint64_t uid;
    enum fate fate = enter(CHANGE);
    if (fate == REFUSE)
        return -1;
    /* That an aside file is gone need not be durable. */
    if (storage_file_name_parse(name, &uid))
        now.names_dirty = true;
    else
        now.closed_dirty = false;
    return leave(fate, storage_file_posix.unlinkat(directory, name, flags));
}

static struct dirent *fault_readdir(DIR *listing)
{
    enum fate fate = enter(LOOK);
    if (fate != DO) {
        (void)leave(DO_AND_FAIL, -1);
        return NULL;
    }
    return storage_file_posix.readdir(listing);
}

const struct storage_file_system faults_system = {
    .mkdir = fault_mkdir,
    .openat = fault_openat,
    .fchmod = fault_fchmod,
    .lock = fault_lock,
    .read = fault_read,
    .write = fault_write,
    .ftruncate = fault_ftruncate,
    .fsync = fault_fsync,
    .close = fault_close,
    .renameat = fault_renameat,
    .unlinkat = fault_unlinkat,
    .readdir = fault_readdir,
};
