/* SPDX-License-Identifier: Apache-2.0 */
/* Write a temporary file, sync, rename, sync the folder. */
#include "station/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "station/folder.h"

static bool write_all(int fd, struct bytes content)
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

/*
 * Creates a file that no other process has open, and returns its descriptor; -1 with errno. What an interrupted run
 * left under this name is deleted, and a symbolic link is not followed. `kept` is the file that will be replaced, or
 * NULL: a user who could not read that cannot read the new one.
 */
static int create_temp(const char *temp, mode_t mode, const struct stat *kept)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const mode_t allowed = kept != NULL ? kept->st_mode & mode : mode;
    int fd = open(temp, flags, allowed);

    if (fd < 0 && errno == EEXIST && unlink(temp) == 0)
        fd = open(temp, flags, allowed);
    if (fd >= 0 && kept != NULL && fchmod(fd, allowed) != 0) {
        int saved = errno;

        close(fd);
        unlink(temp);
        errno = saved;
        fd = -1;
    }
    return fd;
}

bool file_replace(const char *path, struct bytes content, mode_t mode, enum error_reason reason, struct error *err)
{
    char temp[PATH_MAX], above[PATH_MAX];
    struct stat found;
    bool is_there = stat(path, &found) == 0, in_place = is_there && !S_ISREG(found.st_mode);
    int fd = -1, saved = ENAMETOOLONG;
    /* A name of this process alone: two that write the same file do not touch each other's half. */
    int n = in_place ? snprintf(temp, sizeof temp, "%s", path)
                     : snprintf(temp, sizeof temp, "%s.imprint-new.%ld", path, (long)getpid());
    bool ok = n > 0 && (size_t)n < sizeof temp;

    if (!ok)
        goto out;
    folder_above(path, above);
    fd = in_place ? open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY) : create_temp(temp, mode, is_there ? &found : NULL);
    ok = fd >= 0 && write_all(fd, content) && (in_place || fsync(fd) == 0);
    saved = errno;
    if (fd >= 0 && close(fd) != 0 && ok) {
        saved = errno;
        ok = false;
    }
    if (in_place)
        goto out;
    if (ok && (rename(temp, path) != 0 || !folder_sync(above))) {
        saved = errno;
        ok = false;
    }
    if (!ok && fd >= 0)
        unlink(temp);
out:
    if (!ok) {
        error_set(err, reason, "the file cannot be written", NULL);
        error_with_errno(err, saved);
        error_with_subject(err, path);
    }
    return ok;
}
