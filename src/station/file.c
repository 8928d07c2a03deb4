/* SPDX-License-Identifier: Apache-2.0 */
/* Write a temporary file, sync, rename, sync the folder. */
#include "station/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/folder.h"
#include "virtual/chip/virtual.h"

#define TEMP_SUFFIX ".imprint-new." /* and the process's number */

bool file_write_all(int fd, struct bytes content)
{
    while (content.len > 0) {
        ssize_t n = write(fd, content.data, content.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        content = bytes_of(content.data + n, content.len - (size_t)n);
    }
    return true;
}

/* The new content of a file, under a name of its own; locked as long as it is open. */
struct temp {
    char path[PATH_MAX];
    int fd;
};

/*
 * Deletes the temporary files that interrupted writes of `path` left: files with the temporary name of `path` that are
 * not locked. A process that is still writing such a file holds its lock, also on another machine with the same folder.
 */
static void remove_stale(const char *path, const char *above)
{
    const char *base = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;
    const size_t len = strlen(base);
    DIR *folder = opendir(above);
    const int folder_fd = folder == NULL ? -1 : dirfd(folder);
    const struct dirent *entry;

    while (folder_fd >= 0 && (entry = readdir(folder)) != NULL) {
        const char *rest = entry->d_name + len;
        int fd;

        if (strncmp(entry->d_name, base, len) != 0 || strncmp(rest, TEMP_SUFFIX, strlen(TEMP_SUFFIX)) != 0)
            continue;
        rest += strlen(TEMP_SUFFIX);
        if (rest[0] == '\0' || rest[strspn(rest, "0123456789")] != '\0')
            continue;
        fd = openat(folder_fd, entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
            (void)unlinkat(folder_fd, entry->d_name, 0);
        if (fd >= 0)
            (void)close(fd);
    }
    if (folder != NULL)
        (void)closedir(folder);
}

/*
 * The owner and the group of the file that will be replaced, as far as this user may set them, and its permissions as
 * far as `mode` has them: who could not read that file cannot read the new one. False with errno.
 */
static bool keep_owner(int fd, const struct stat *kept, mode_t mode)
{
    mode_t allowed = kept->st_mode & mode;

    if (fchown(fd, kept->st_uid, kept->st_gid) != 0 && fchown(fd, (uid_t)-1, kept->st_gid) != 0)
        allowed &= ~(mode_t)S_IRWXG | (mode_t)((allowed & S_IRWXO) << 3); /* another group: no more than all others */
    return fchmod(fd, allowed) == 0;
}

/*
 * Creates a file that no other process has open. What an interrupted run left under this name is deleted, and a
 * symbolic link is not followed. `kept` is the file that will be replaced, or NULL. False with errno and nothing open.
 */
static bool open_temp(struct temp *temp, mode_t mode, const struct stat *kept)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const mode_t allowed = kept != NULL ? kept->st_mode & mode & S_IRWXU : mode & (S_IRUSR | S_IWUSR);
    int saved;

    temp->fd = open(temp->path, flags, allowed);
    if (temp->fd < 0 && errno == EEXIST && unlink(temp->path) == 0)
        temp->fd = open(temp->path, flags, allowed);
    if (temp->fd < 0)
        return false;
    /* Without the lock (a file system that has none) the file can only be taken for a stale one. */
    (void)flock(temp->fd, LOCK_EX | LOCK_NB);
    if (kept == NULL || keep_owner(temp->fd, kept, mode))
        return true;
    saved = errno;
    (void)close(temp->fd);
    (void)unlink(temp->path);
    temp->fd = -1;
    errno = saved;
    return false;
}

/* Writes `content` to `path` by way of a temporary file. False with errno; then the old content is still there. */
static bool replace(const char *path, struct bytes content, mode_t mode, const struct stat *kept)
{
    struct temp temp = {.fd = -1};
    char above[PATH_MAX];
    /* A name of this process alone: two that write the same file do not touch each other's half. */
    int n = snprintf(temp.path, sizeof temp.path, "%s" TEMP_SUFFIX "%ld", path, (long)getpid());
    bool ok;
    int saved;

    errno = ENAMETOOLONG;
    if (n <= 0 || (size_t)n >= sizeof temp.path)
        return false;
    folder_above(path, above);
    remove_stale(path, above);
    if (!open_temp(&temp, mode, kept))
        return false;
    ok = file_write_all(temp.fd, content) && fsync(temp.fd) == 0 && rename(temp.path, path) == 0;
    saved = errno;
    if (!ok)
        (void)unlink(temp.path);
    if (close(temp.fd) != 0 && ok) {
        saved = errno;
        ok = false;
    }
    ok = ok && folder_sync(above);
    errno = ok || saved != 0 ? saved : EIO;
    return ok;
}

/* Writes `content` to what is no regular file. False with errno. */
static bool write_in_place(const char *path, struct bytes content)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY), saved;
    bool ok = fd >= 0 && file_write_all(fd, content);

    saved = errno;
    if (fd >= 0 && close(fd) != 0 && ok) {
        saved = errno;
        ok = false;
    }
    errno = saved;
    return ok;
}

static bool begins_with(const char *path, const char *folder)
{
    return strncmp(path, folder, strlen(folder)) == 0;
}

/*
 * Pipes and terminals are written as they are; so is what a name below /dev or /proc stands for, such as /dev/stdout.
 * Below /dev/shm are files like any other, in memory.
 */
static bool is_written_in_place(const char *path, const struct stat *found)
{
    return !S_ISREG(found->st_mode) || (begins_with(path, "/dev/") && !begins_with(path, "/dev/shm/")) ||
           begins_with(path, "/proc/");
}

static bool refuse(const char *path, const char *cause, const char *next, enum error_reason reason, struct error *err)
{
    error_set(err, reason, cause, next);
    error_with_subject(err, path);
    return false;
}

bool file_may_be_written(const char *path, enum error_reason reason, struct error *err)
{
    struct stat found;

    if (virtual_is_chip_file(path))
        return refuse(path, "this is a virtual chip's file: writing it would destroy the chip", "name another file",
                      reason, err);
    if (stat(path, &found) == 0 && S_ISBLK(found.st_mode))
        return refuse(path, "this is a disk", "name a file", reason, err);
    return true;
}

bool file_check_output(const char *output, const char *input, struct error *err)
{
    struct stat written, read;

    if (stat(output, &written) != 0 || stat(input, &read) != 0 || !S_ISREG(written.st_mode) ||
        written.st_dev != read.st_dev || written.st_ino != read.st_ino)
        return true;
    error_doing(err, "write the output");
    return refuse(output, "this run reads the same file", "name another file", ERROR_USAGE, err);
}

bool file_replace(const char *path, struct bytes content, mode_t mode, enum error_reason reason, struct error *err)
{
    struct stat found;
    bool is_there = stat(path, &found) == 0, ok;

    if (!file_may_be_written(path, reason, err))
        return false;
    ok = is_there && is_written_in_place(path, &found) ? write_in_place(path, content)
                                                       : replace(path, content, mode, is_there ? &found : NULL);
    if (!ok) {
        int saved = errno;

        (void)refuse(path, "the file cannot be written", NULL, reason, err);
        error_with_errno(err, saved);
    }
    return ok;
}

/* --- a change that is noted first --- */

static bool fail(const char *path, const char *cause, enum error_reason reason, struct error *err)
{
    const int saved = errno;

    (void)refuse(path, cause, NULL, reason, err);
    error_with_errno(err, saved);
    return false;
}

bool file_name_next(const char *path, char next[static PATH_MAX])
{
    const int len = snprintf(next, PATH_MAX, "%s" FILE_NEXT_SUFFIX, path);

    return len > 0 && len < PATH_MAX;
}

bool file_take_next(const char *path, enum error_reason reason, struct error *err)
{
    char next[PATH_MAX], above[PATH_MAX];

    errno = ENAMETOOLONG;
    folder_above(path, above);
    return (file_name_next(path, next) && rename(next, path) == 0 && folder_sync(above)) ||
           fail(path, "the file cannot be replaced", reason, err);
}

static bool delete_noted(const char *path, enum error_reason reason, file_note *note, void *context, struct error *err)
{
    char above[PATH_MAX];

    folder_above(path, above);
    return note(context, err) &&
           ((unlink(path) == 0 && folder_sync(above)) || fail(path, "the file cannot be deleted", reason, err));
}

/* What was begun of a change that may not be made. False with the reason that `err` has, or that it is there still. */
static bool give_up(const char *next, enum error_reason reason, struct error *err)
{
    char above[PATH_MAX], cause[ERROR_ROOM / 2];
    int saved;

    folder_above(next, above);
    if (unlink(next) == 0 && folder_sync(above))
        return false;
    saved = errno;
    (void)snprintf(cause, sizeof cause, "the change was refused (%s), and what was begun of it cannot be deleted",
                   err != NULL && err->cause != NULL ? err->cause : "no cause is known");
    error_clear(err);
    error_set(err, reason, error_keep(err, cause),
              "delete this file now: otherwise the next change also makes the refused one");
    error_with_subject(err, next);
    error_with_errno(err, saved);
    return false;
}

bool file_replace_noted(const char *path, struct bytes content, mode_t mode, enum error_reason reason, file_note *note,
                        void *context, struct error *err)
{
    struct stat found;
    const bool is_there = stat(path, &found) == 0;
    char next[PATH_MAX];

    if (!file_may_be_written(path, reason, err))
        return false;
    if (is_there && !S_ISREG(found.st_mode))
        return refuse(path, "this is no file", "name another file", reason, err);
    if (content.data == NULL)
        return delete_noted(path, reason, note, context, err);
    errno = ENAMETOOLONG;
    if (!file_name_next(path, next) || !replace(next, content, mode, is_there ? &found : NULL))
        return fail(path, "the file cannot be written", reason, err);
    if (note(context, err))
        return file_take_next(path, reason, err);
    return give_up(next, reason, err);
}
