/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/open_error.h"

#include <errno.h>
#include <stddef.h>

#define EITHER (OPEN_ERROR_OF_DIRECTORY | OPEN_ERROR_OF_IMAGE)

static const struct {
    int error;
    unsigned of; /* enum open_error_of, one or more */
    enum error_reason reason;
    const char *cause, *next;
} rows[] = {
    {ENOENT, OPEN_ERROR_OF_DIRECTORY, ERROR_STORAGE_FAILED, "there is no such directory",
     "name a directory whose parent exists"},
    {ENOENT, OPEN_ERROR_OF_IMAGE, ERROR_STORAGE_FAILED, "there is no such file",
     "name an image, or a folder that exists"},
    {ENOTDIR, EITHER, ERROR_STORAGE_FAILED, "it is not a directory", "name a directory"},
    {EISDIR, EITHER, ERROR_STORAGE_FAILED, "it is a directory", "name a file"},
    {EACCES, OPEN_ERROR_OF_DIRECTORY, ERROR_STORAGE_FAILED, "permission denied",
     "run as the user who owns the directory"},
    {EACCES, OPEN_ERROR_OF_IMAGE, ERROR_STORAGE_FAILED, "permission denied", "run as the user who owns the image"},
    {EPERM, OPEN_ERROR_OF_DIRECTORY, ERROR_STORAGE_FAILED, "permission denied",
     "run as the user who owns the directory"},
    {EPERM, OPEN_ERROR_OF_IMAGE, ERROR_STORAGE_FAILED, "permission denied", "run as the user who owns the image"},
    {EEXIST, EITHER, ERROR_STORAGE_FAILED, "another process has just made the file", "try again"},
    {EROFS, OPEN_ERROR_OF_DIRECTORY, ERROR_STORAGE_FAILED, "the file system is mounted read-only",
     "name a writable directory"},
    {EROFS, OPEN_ERROR_OF_IMAGE, ERROR_STORAGE_FAILED, "the file system is mounted read-only",
     "name a file on a writable file system"},
    {ELOOP, OPEN_ERROR_OF_DIRECTORY, ERROR_STORAGE_FAILED, "a file of the storage is a symbolic link", "remove it"},
    {ENAMETOOLONG, OPEN_ERROR_OF_DIRECTORY, ERROR_STORAGE_FAILED, "the directory's name is too long",
     "name a shorter one"},
    {ENAMETOOLONG, OPEN_ERROR_OF_IMAGE, ERROR_STORAGE_FAILED, "the file's name is too long", "name a shorter one"},
    {ENOSPC, EITHER, ERROR_STORAGE_FULL, "no room on the file system", "make room"},
    {EDQUOT, EITHER, ERROR_STORAGE_FULL, "the disk quota is used up", "make room"},
    {EFBIG, EITHER, ERROR_STORAGE_FULL, "the file size limit of this process is too small", "raise it (ulimit -f)"},
    {0, EITHER, ERROR_STORAGE_FAILED, "the file system failed", "check the medium"}, /* any other */
};

bool open_error_refuse(struct error *err, enum open_error_of what, int error)
{
    size_t at = 0;

    while (rows[at].error != 0 && (rows[at].error != error || (rows[at].of & (unsigned)what) == 0))
        at++;
    error_set(err, rows[at].reason, rows[at].cause, rows[at].next);
    error_with_errno(err, error);
    return false;
}
