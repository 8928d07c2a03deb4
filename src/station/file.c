/* SPDX-License-Identifier: Apache-2.0 */
/* Write aside, sync, rename, sync the folder. */
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

bool file_replace(const char *path, struct bytes content, mode_t mode, enum error_reason reason, struct error *err)
{
    char aside[PATH_MAX], above[PATH_MAX];
    struct stat found;
    bool in_place = stat(path, &found) == 0 && !S_ISREG(found.st_mode);
    int fd = -1, saved = ENAMETOOLONG;
    int n = snprintf(aside, sizeof aside, "%s%s", path, in_place ? "" : ".imprint-new");
    bool ok = n > 0 && (size_t)n < sizeof aside;

    if (!ok)
        goto out;
    folder_above(path, above);
    fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, mode);
    ok = fd >= 0 && write_all(fd, content) && (in_place || fsync(fd) == 0);
    saved = errno;
    if (fd >= 0 && close(fd) != 0 && ok) {
        saved = errno;
        ok = false;
    }
    if (in_place)
        goto out;
    if (ok && (rename(aside, path) != 0 || !folder_sync(above))) {
        saved = errno;
        ok = false;
    }
    if (!ok && fd >= 0)
        unlink(aside);
out:
    if (!ok) {
        error_set(err, reason, "the file cannot be written", NULL);
        error_with_errno(err, saved);
        error_with_subject(err, path);
    }
    return ok;
}
