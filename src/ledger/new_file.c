/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static bool failed(const char *path, const char *cause, int system_errno, struct error *err)
{
    const bool is_full = system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;

    error_set(err, is_full ? ERROR_STORAGE_FULL : ERROR_STORAGE_FAILED, cause,
              system_errno == EEXIST ? "name another file, or move this one away"
              : is_full              ? "make room there, then run the same command again"
                                     : NULL);
    error_with_errno(err, system_errno);
    error_with_subject(err, path);
    return false;
}

bool new_file_sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX];
    int n = snprintf(folder, sizeof folder, "%.*s", slash == NULL ? 1 : (int)(slash - path + 1),
                     slash == NULL ? "." : path);
    int fd, failure;

    if (n <= 0 || (size_t)n >= sizeof folder) {
        errno = ENAMETOOLONG;
        return false;
    }
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    failure = fsync(fd) == 0 ? 0 : errno;
    (void)close(fd);
    errno = failure;
    return failure == 0 || failure == EINVAL; /* of file systems that cannot sync a folder */
}

FILE *new_file_begin(const char *path, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

    if (file != NULL)
        return file;
    (void)failed(path, "the file cannot be made", errno, err);
    if (fd >= 0)
        (void)close(fd); /* cppcheck-suppress doubleFree ; fdopen() failed, so it is still ours */
    return NULL;
}

bool new_file_end(FILE *file, const char *path, struct error *err)
{
    const bool was_written = ferror(file) == 0; /* else what failed is not in the buffer, and fflush() succeeds */
    bool ok = was_written && fflush(file) == 0 && fsync(fileno(file)) == 0;
    int saved = ok ? 0 : errno != 0 ? errno : EIO;

    if (fclose(file) != 0 && ok) {
        saved = errno;
        ok = false;
    }
    if (!ok)
        (void)unlink(path);
    return ok || failed(path, "the file cannot be written", saved, err);
}

bool new_file_write(const char *path, struct bytes content, struct error *err)
{
    char temp[PATH_MAX];
    int n = snprintf(temp, sizeof temp, "%s.new", path);
    FILE *file;

    if (n <= 0 || (size_t)n >= sizeof temp)
        return failed(path, "the path is too long", ENAMETOOLONG, err);
    (void)unlink(temp); /* of a run that was killed */
    file = new_file_begin(temp, err);
    if (file == NULL)
        return false;
    (void)fwrite(content.data, 1, content.len, file); /* new_file_end() sees what failed */
    return new_file_end(file, temp, err) && new_file_publish(temp, path, err);
}

bool new_file_publish(const char *temp, const char *path, struct error *err)
{
    const bool is_there = link(temp, path) == 0;
    const int saved = errno;

    (void)unlink(temp); /* one that stays is a second name of the file */
    if (!is_there)
        return failed(path, "the file cannot be made", saved, err);
    return new_file_sync_folder(path) ||
           failed(path, "the file is there, but a power cut may still take it", errno, err);
}

bool new_file_read(const char *path, struct bytes_out *out, struct error *err)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t n = 1;

    if (fd < 0)
        return failed(path, errno == ENOENT ? "there is no such file" : "the file cannot be read", errno, err);
    while (n > 0 && out->len < out->cap) {
        n = read(fd, out->data + out->len, out->cap - out->len);
        out->len += n > 0 ? (size_t)n : 0;
    }
    if (n < 0)
        (void)failed(path, "the file cannot be read", errno, err);
    (void)close(fd);
    return n >= 0;
}
